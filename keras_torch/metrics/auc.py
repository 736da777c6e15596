"""Area under the ROC or the precision-recall curve."""

import torch

from keras_torch.base import settings
from keras_torch.base.checks import Term, boolean, fail, is_integer, one_of, positive_int
from keras_torch.losses.loss import safe_divide
from keras_torch.metrics.confusion import ConfusionMetric
from keras_torch.metrics.counting import KINDS, check_thresholds
from keras_torch.ops.core import as_tensor


def _at_least_two(owner, argument, value):
    if not is_integer(value) or value < 2:
        fail(owner, argument, value, "an integer of at least 2")


class AUC(ConfusionMetric):
    """Area under the ROC (or another) curve, approximated at thresholds.

    Args:
        num_thresholds: how many thresholds; more are more exact.
        curve: 'ROC', 'PR' (precision over recall) or 'PRGAIN'.
        summation_method: height of each slice: 'interpolation' (middle; for PR the exact interpolation),
            'minoring' (lower end) or 'majoring' (upper end).
        name: what history and logs call it.
        dtype: number type of the counts.
        thresholds: list of fractions to use instead of evenly spaced ones; 0 and 1 are added.
        multi_label: compute an area for each column of (batch, labels) and average them.
        num_labels: number of columns, if the states are to be made before the first batch.
        label_weights: list, weight of each column.
        from_logits: predictions are logits, not probabilities.

    Errors:
        ValueError: `num_labels` without `multi_label`, or predictions that are not (batch, labels) with it.

    Source: Keras `metrics.AUC`; Davis and Goadrich 2006 for the interpolated precision-recall curve.

    >>> float(AUC()(torch.tensor([0.0, 0.0, 1.0, 1.0]), torch.tensor([0.1, 0.6, 0.4, 0.9])))
    0.75
    """

    counted = KINDS
    vocabulary = {
        "num_thresholds": Term(_at_least_two, doc="how many thresholds", optional=False),
        "curve": Term(one_of("ROC", "roc", "PR", "pr", "PRGAIN", "prgain"), str.upper, "which curve", False),
        "summation_method": Term(one_of("interpolation", "minoring", "majoring", "Interpolation", "Minoring",
                                        "Majoring"), str.lower, "height of each slice", False),
        "thresholds": Term(check_thresholds, doc="fractions used instead of evenly spaced ones"),
        "multi_label": Term(boolean, bool, "whether each column has its own area", False),
        "num_labels": Term(positive_int, doc="number of columns"),
        "from_logits": Term(boolean, bool, "whether predictions are logits", False),
    }

    def __init__(self, num_thresholds=200, curve="ROC", summation_method="interpolation", name=None,
                 dtype=None, thresholds=None, multi_label=False, num_labels=None, label_weights=None,
                 from_logits=False):
        self.init_thresholds = thresholds
        inner = [i / (num_thresholds - 1) for i in range(1, num_thresholds - 1)] if thresholds is None \
            else sorted(thresholds)
        self.num_thresholds = len(inner) + 2
        super().__init__([-settings.epsilon(), *inner, 1.0 + settings.epsilon()], name, dtype)
        self.column_weights = None
        if label_weights is not None:
            self.column_weights = torch.tensor(label_weights, dtype=self.torch_dtype)
        if num_labels and not multi_label:
            fail(f'AUC "{name}"', "num_labels", num_labels, "None unless `multi_label` is True")

    def config_value(self, name):
        """The thresholds as they were given, else the attribute."""
        return self.init_thresholds if name == "thresholds" else super().config_value(name)

    def columns_are_unknown(self):
        """Whether `multi_label` waits for the first batch."""
        return self.multi_label and not self.num_labels

    def _make_counts(self, columns):
        super()._make_counts(self.num_labels if columns is None and self.multi_label else columns)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts a batch of labels 0 and 1 and scores 0..1 (or logits) of the same shape."""
        y_pred = as_tensor(y_pred).to(self.torch_dtype)
        if self.multi_label and not self._states:
            if y_pred.dim() != 2:
                raise ValueError(f'AUC "{self.name}" with multi_label=True needs predictions (batch, '
                                 f"labels); got {tuple(y_pred.shape)}. Reshape them.")
            self._make_counts(y_pred.shape[1])
        self.follow(y_pred)
        y_true = as_tensor(y_true, like=y_pred).to(y_pred)
        if self.column_weights is not None:
            self.column_weights = self.column_weights.to(y_pred.device)  # once; then it is there
        self._count(y_true, y_pred.sigmoid() if self.from_logits else y_pred, sample_weight,
                    None if self.multi_label else self.column_weights)

    def result(self):
        """The area, 0..1; with `multi_label` the (weighted) mean of the columns."""
        if not self._states:
            return torch.zeros((), dtype=self.torch_dtype, device=settings.default_device())
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._average(self._interpolated_precision())
        x, y = {"ROC": self._roc, "PR": self._precision_recall, "PRGAIN": self._gains}[self.curve]()
        combine = {"interpolation": lambda a, b: (a + b) / 2.0, "minoring": torch.minimum,
                   "majoring": torch.maximum}[self.summation_method]
        return self._average((x[:-1] - x[1:]) * combine(y[:-1], y[1:]))

    def _average(self, slices):
        areas = slices.sum(0)
        if not self.multi_label:
            return areas
        if self.column_weights is None:
            return areas.mean()
        weights = self.column_weights.to(areas)
        return safe_divide((areas * weights).sum(), weights.sum())

    def _roc(self):
        right, wrong = self.true_positives.value, self.false_positives.value
        found = safe_divide(right, right + self.false_negatives.value)
        return safe_divide(wrong, wrong + self.true_negatives.value), found

    def _precision_recall(self):
        right, wrong = self.true_positives.value, self.false_positives.value
        return safe_divide(right, right + self.false_negatives.value), safe_divide(right, right + wrong)

    def _gains(self):
        """Precision and recall as gains over always answering yes (Flach and Kull 2015)."""
        positives = self.true_positives.value
        ratio = safe_divide(positives + self.false_negatives.value,
                            self.true_negatives.value + self.false_positives.value)
        found = 1.0 - ratio * safe_divide(self.false_negatives.value, positives)
        right = 1.0 - ratio * safe_divide(self.false_positives.value, positives)
        nothing = positives == 0
        return found.masked_fill(nothing, 0.0).clamp(min=0.0), right.masked_fill(nothing, 1.0)

    def _interpolated_precision(self):
        """Areas of the slices between thresholds, counts taken as linear in between."""
        positives = self.true_positives.value
        predicted = positives + self.false_positives.value
        gained = positives[:-1] - positives[1:]
        slope = safe_divide(gained, (predicted[:-1] - predicted[1:]).clamp(min=0))
        intercept = positives[1:] - slope * predicted[1:]
        both = (predicted[:-1] > 0) & (predicted[1:] > 0)
        ratio = torch.where(both, safe_divide(predicted[:-1], predicted[1:].clamp(min=0)), 1.0)
        total = (positives[1:] + self.false_negatives.value[1:]).clamp(min=0)
        return safe_divide(slope * (gained + intercept * ratio.log()), total)
