"""Metrics of yes-or-no decisions: counts, precision, recall, and one at a given value of the other."""

import torch

from keras_torch.base.checks import Term, fraction, nonnegative_int, positive_int
from keras_torch.base.configurable import is_house_class
from keras_torch.dialects.translator import behaviour
from keras_torch.losses.loss import is_plain_pair, safe_divide
from keras_torch.metrics.counting import (
    NEVER,
    Tally,
    Thresholds,
    brought_together,
    check_thresholds,
    compared_counts,
    counts_of_one,
)
from keras_torch.metrics.metric import LazyState, Metric
from keras_torch.ops.core import as_tensor

_THRESHOLDS = Term(check_thresholds, doc="fractions above which a prediction counts as positive")


def _listed(thresholds, default):
    thresholds = default if thresholds is None else thresholds
    return list(thresholds) if hasattr(thresholds, "__len__") else [thresholds]


class ConfusionMetric(Metric):
    """Base of metrics that count right and wrong decisions at thresholds.

    Args:
        limits: list of numbers above which a prediction counts as positive.
        name: what history and logs call it.
        dtype: number type of the counts.

    Notes:
        `counted` (class attribute): which of 'true_positives', 'false_positives', 'true_negatives',
        'false_negatives' are kept, each a state (thresholds,), or (thresholds, columns) where a subclass
        counts columns by themselves.

    >>> class Alarms(ConfusionMetric):
    ...     counted = ("false_positives",)
    ...     def result(self):
    ...         return self.false_positives
    >>> Alarms([0.5, 0.9])(torch.tensor([0.0, 1.0]), torch.tensor([0.8, 0.8]))
    tensor([1., 0.])
    """

    counted = ()
    class_id = top_k = None
    column_weights = None
    true_positives, false_positives, true_negatives, false_negatives = (LazyState() for _ in range(4))
    self_managed = Metric.self_managed | {"thresholds"}

    def __init__(self, limits, name=None, dtype=None):
        super().__init__(dtype, name)
        self.limits = Thresholds(limits)
        self._tally = None
        if not self.columns_are_unknown():
            self._make_counts(None)

    def columns_are_unknown(self):
        """Whether the states must wait for the first batch, which tells the number of columns."""
        return False

    def _make_counts(self, columns):
        """The states; `columns` is the number of columns that are counted by themselves, or None."""
        for kind in self.counted:
            self.add_state(kind, (len(self.limits),) if columns is None else (len(self.limits), columns))
        if self.limits.bucketed:
            self._tally = Tally(self.limits, columns or 1, self.torch_dtype)

    @property
    def thresholds(self):
        """list of the thresholds."""
        return self.limits.values

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts a batch.

        Args:
            y_true: labels 0 and 1.
            y_pred: scores of the same shape.
            sample_weight: (batch,) up to the shape of `y_pred`, or None.
        """
        if sample_weight is None and is_plain_pair(y_true, y_pred) and y_pred.dtype is self.torch_dtype:
            if self._decides_once() and y_true.shape == y_pred.shape:
                self.follow(y_pred)
                return self._add(counts_of_one(y_true, y_pred, self.limits.values[0], self.counted))
        y_pred = as_tensor(y_pred).to(self.torch_dtype)
        self.follow(y_pred)
        self._count(as_tensor(y_true, like=y_pred).to(y_pred), y_pred, sample_weight)

    def counts_rows(self, y_true, y_pred):
        """See `Metric.counts_rows`: counts of rows without weights are whole numbers."""
        plain = is_house_class(type(self)) and self.column_weights is None
        return plain and y_pred.dtype is self.torch_dtype is torch.float32 and y_true.shape == y_pred.shape

    def _decides_once(self):
        """Whether all predictions are compared with one number."""
        return len(self.limits.values) == 1 and self.class_id is None and self.top_k is None

    def _count(self, y_true, y_pred, sample_weight, label_weights=None):
        y_true, y_pred, weights = brought_together(y_true, y_pred, sample_weight, self.class_id, self.top_k,
                                                   label_weights)
        if self._tally is not None:
            self._tally.add(y_true, y_pred, weights)
            if self._handed_out:
                self.settle()
        elif weights is None and len(self.limits) == 1:
            self._add(counts_of_one(y_true, y_pred, self.limits.values[0], self.counted))
        else:
            y_true, y_pred = y_true.reshape(-1, 1), y_pred.reshape(-1, 1)
            weights = None if weights is None else weights.reshape(-1, 1)
            self._add(compared_counts(y_true, y_pred, self.limits, self.counted, weights))

    def _add(self, counts):
        for kind in self.counted:
            state, count = self._states[kind], counts[kind]
            state.add_(count.reshape(state.shape) if count.dim() else count)

    @torch.no_grad()
    def settle(self):
        """Takes in what waits: batches, and the histograms where they are kept."""
        super().settle()
        if self._tally is not None and (self._account_on_device or not self._tally.is_empty):
            self._add(self._tally.take())

    def _restart(self):
        if self._tally is not None:
            self._tally.clear()
        super()._restart()

    def _one_or_all(self, values):
        return values[0] if len(self.limits) == 1 else values


class _Count(ConfusionMetric):
    """One of the four counts."""

    vocabulary = {"thresholds": _THRESHOLDS}

    def __init__(self, thresholds=None, name=None, dtype=None):
        self.init_thresholds = thresholds
        super().__init__(_listed(thresholds, 0.5), name, dtype)

    def config_value(self, name):
        """The thresholds as they were given, else the attribute."""
        return self.init_thresholds if name == "thresholds" else super().config_value(name)

    @property
    def accumulator(self):
        """The count, shape (thresholds,)."""
        return getattr(self, self.counted[0])

    def result(self):
        """The count: () for one threshold, else (thresholds,)."""
        return self._one_or_all(self.accumulator.clone())


class TruePositives(_Count):
    """How many positive predictions are right.

    Args:
        thresholds: fraction or list of fractions above which a prediction counts as positive; default 0.5.

    Source: Keras `metrics.TruePositives`.

    >>> float(TruePositives()(torch.tensor([1.0, 0.0]), torch.tensor([0.9, 0.8])))
    1.0
    """

    counted = ("true_positives",)


class FalsePositives(_Count):
    """How many positive predictions are wrong.

    Args:
        thresholds: fraction or list of fractions above which a prediction counts as positive; default 0.5.

    Source: Keras `metrics.FalsePositives`.

    >>> float(FalsePositives()(torch.tensor([1.0, 0.0]), torch.tensor([0.9, 0.8])))
    1.0
    """

    counted = ("false_positives",)


class TrueNegatives(_Count):
    """How many negative predictions are right.

    Args:
        thresholds: fraction or list of fractions above which a prediction counts as positive; default 0.5.

    Source: Keras `metrics.TrueNegatives`.

    >>> float(TrueNegatives()(torch.tensor([1.0, 0.0]), torch.tensor([0.9, 0.2])))
    1.0
    """

    counted = ("true_negatives",)


class FalseNegatives(_Count):
    """How many negative predictions are wrong.

    Args:
        thresholds: fraction or list of fractions above which a prediction counts as positive; default 0.5.

    Source: Keras `metrics.FalseNegatives`.

    >>> float(FalseNegatives()(torch.tensor([1.0, 0.0]), torch.tensor([0.1, 0.2])))
    1.0
    """

    counted = ("false_negatives",)


class _Share(ConfusionMetric):
    """True positives as a share of them and one other count."""

    vocabulary = {"thresholds": _THRESHOLDS,
                  "top_k": Term(positive_int, doc="only the k largest scores of a row may be positive"),
                  "class_id": Term(nonnegative_int, doc="count this class only")}

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        self.init_thresholds = thresholds
        super().__init__(_listed(thresholds, 0.5 if top_k is None else NEVER), name, dtype)

    def config_value(self, name):
        """The thresholds as they were given, else the attribute."""
        return self.init_thresholds if name == "thresholds" else super().config_value(name)

    def result(self):
        """The share, 0..1: () for one threshold, else (thresholds,)."""
        right, other = getattr(self, self.counted[0]).value, getattr(self, self.counted[1]).value
        return self._one_or_all(safe_divide(right, right + other))


class Precision(_Share):
    """How many of the positive predictions are right, 0..1.

    Args:
        thresholds: fraction or list of fractions above which a prediction counts as positive; default 0.5.
        top_k: count the k largest scores of each row as positive (and no threshold, unless one is given).
        class_id: count this class only; predictions are (batch, classes).

    Source: Keras `metrics.Precision`.

    >>> float(Precision()(torch.tensor([1.0, 0.0]), torch.tensor([0.9, 0.8])))
    0.5
    """

    counted = ("true_positives", "false_positives")


class Recall(_Share):
    """How many of the positive labels are found, 0..1.

    Args:
        thresholds: fraction or list of fractions above which a prediction counts as positive; default 0.5.
        top_k: count the k largest scores of each row as positive (and no threshold, unless one is given).
        class_id: count this class only; predictions are (batch, classes).

    Source: Keras `metrics.Recall`.

    >>> float(Recall()(torch.tensor([1.0, 1.0]), torch.tensor([0.9, 0.2])))
    0.5
    """

    counted = ("true_positives", "false_negatives")


_SHARES = {  # measure -> (count, other count): the first as a share of both
    "recall": ("true_positives", "false_negatives"),
    "sensitivity": ("true_positives", "false_negatives"),
    "precision": ("true_positives", "false_positives"),
    "specificity": ("true_negatives", "false_positives"),
}


class _BestAt(ConfusionMetric):
    """The best of one measure over the thresholds at which another reaches a value.

    Notes:
        `best`, `at` (class attributes): the two measures; `at` also names the argument with the value.
    """

    best = at = None
    counted = ("true_positives", "false_positives", "true_negatives", "false_negatives")
    vocabulary = {"num_thresholds": Term(positive_int, doc="how many thresholds are tried", optional=False),
                  "class_id": Term(nonnegative_int, doc="count this class only"),
                  **{name: Term(fraction, doc="value to be reached, 0..1", optional=False)
                     for name in ("specificity", "sensitivity", "recall", "precision")}}

    def __init__(self, num_thresholds=200, class_id=None, name=None, dtype=None):
        spaced = [i / max(num_thresholds - 1, 1) for i in range(num_thresholds)]
        super().__init__([0.5] if num_thresholds == 1 else spaced, name, dtype)
        self._takes_nearest = behaviour("measure at a value") == "nearest"

    def result(self):
        """The best of the measure, 0..1; 0 where the other never reaches its value.

        In Keras 2.3: the measure at the threshold where the other is nearest to its value.
        """
        self.settle()
        if self._takes_nearest:
            distances = (self._measured(self.at) - getattr(self, self.at)).abs()
            return self._measured(self.best)[distances.argmin()]
        where = self._measured(self.at) >= getattr(self, self.at)
        return torch.where(where, self._measured(self.best), 0.0).amax()

    def _measured(self, measure):
        """A measure at each threshold: a count as a share of it and another one."""
        right, wrong = (self._states[kind].value for kind in _SHARES[measure])
        return safe_divide(right, right + wrong)


class SensitivityAtSpecificity(_BestAt):
    """The best sensitivity (recall) at which the specificity is at least a value.

    Args:
        specificity: value to be reached, 0..1.
        num_thresholds: how many thresholds are tried.
        class_id: count this class only.

    Source: Keras `metrics.SensitivityAtSpecificity`.

    >>> float(SensitivityAtSpecificity(0.5)(torch.tensor([0.0, 1.0]), torch.tensor([0.3, 0.8])))
    1.0
    """

    best, at = "sensitivity", "specificity"

    def __init__(self, specificity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(num_thresholds, class_id, name, dtype)


class SpecificityAtSensitivity(_BestAt):
    """The best specificity at which the sensitivity (recall) is at least a value.

    Args:
        sensitivity: value to be reached, 0..1.
        num_thresholds: how many thresholds are tried.
        class_id: count this class only.

    Source: Keras `metrics.SpecificityAtSensitivity`.

    >>> float(SpecificityAtSensitivity(0.5)(torch.tensor([0.0, 1.0]), torch.tensor([0.3, 0.8])))
    1.0
    """

    best, at = "specificity", "sensitivity"

    def __init__(self, sensitivity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(num_thresholds, class_id, name, dtype)


class PrecisionAtRecall(_BestAt):
    """The best precision at which the recall is at least a value.

    Args:
        recall: value to be reached, 0..1.
        num_thresholds: how many thresholds are tried.
        class_id: count this class only.

    Source: Keras `metrics.PrecisionAtRecall`.

    >>> float(PrecisionAtRecall(0.5)(torch.tensor([0.0, 1.0]), torch.tensor([0.3, 0.8])))
    1.0
    """

    best, at = "precision", "recall"

    def __init__(self, recall, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(num_thresholds, class_id, name, dtype)


class RecallAtPrecision(_BestAt):
    """The best recall at which the precision is at least a value.

    Args:
        precision: value to be reached, 0..1.
        num_thresholds: how many thresholds are tried.
        class_id: count this class only.

    Source: Keras `metrics.RecallAtPrecision`.

    >>> float(RecallAtPrecision(0.8)(torch.tensor([0.0, 1.0]), torch.tensor([0.3, 0.8])))
    1.0
    """

    best, at = "recall", "precision"

    def __init__(self, precision, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(num_thresholds, class_id, name, dtype)
