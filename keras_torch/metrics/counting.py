"""Counts true and false positives and negatives at many thresholds at once, without a loop."""

import numpy as np
import torch

from keras_torch.base import settings
from keras_torch.base.checks import fail, is_number
from keras_torch.losses.loss import match_ranks, per_sample
from keras_torch.ops.core import as_tensor

_CHOICES = {  # of bool tensors: what the prediction says, and what the label says
    "true_positives": lambda positive, label: positive & label,
    "false_positives": lambda positive, label: positive > label,
    "true_negatives": lambda positive, label: ~(positive | label),
    "false_negatives": lambda positive, label: label > positive,
}
KINDS = tuple(_CHOICES)
NEVER = -1e10  # the score of a class that is not among the top k


def check_thresholds(owner, argument, value):
    """A fraction from 0 to 1, or a list of them.

    >>> check_thresholds("Precision", "thresholds", [0.2, 0.8])
    """
    for threshold in value if isinstance(value, (list, tuple, np.ndarray)) else [value]:
        if not is_number(threshold) or not 0 <= threshold <= 1:
            fail(owner, argument, value, "a fraction from 0 to 1, or a list of them")


class Thresholds:
    """Values above which a prediction counts as positive.

    Args:
        values: list of numbers.

    Notes:
        Evenly spaced thresholds from 0 to 1 (as AUC has them) are counted by sorting predictions into
        buckets, which takes the same time for 3 and for 300 thresholds; others by comparing each prediction
        with each threshold.

    >>> Thresholds([0.0, 0.5, 1.0]).even, Thresholds([0.5]).even
    (True, False)
    """

    def __init__(self, values):
        self.values = [float(value) for value in values]
        count = len(self.values)
        spaced = np.arange(count) / max(count - 1, 1)
        self.even = count >= 3 and np.allclose(self.values, spaced, atol=2 * settings.epsilon())
        # Ends moved outwards by epsilon: predictions of exactly 0 pass the first threshold.
        self.lowest_passed = 1 if self.values[0] < 0 else 0
        self._column = None

    def __len__(self):
        return len(self.values)

    def passed(self, y_pred):
        """How many of the evenly spaced thresholds each prediction is above (whole numbers)."""
        count = len(self.values)
        # Clamped as whole numbers: a NaN becomes an index too, and must stay inside the buckets.
        return (y_pred * (count - 1)).ceil().long().clamp(self.lowest_passed, count - 1)

    def above(self, y_pred):
        """Which predictions (samples, columns) are above which threshold: (thresholds, samples, columns)."""
        if len(self.values) == 1:
            return (y_pred > self.values[0]).unsqueeze(0)
        if self._column is None or self._column.device != y_pred.device or self._column.dtype != y_pred.dtype:
            # Kept: a new tensor per batch would be a copy from the host each time.
            column = torch.tensor(self.values, dtype=y_pred.dtype, device=y_pred.device)
            self._column = column.reshape(-1, 1, 1)
        return y_pred > self._column


def keep_top(y_pred, k):
    """`y_pred` with all but the `k` largest of each row set to a score that passes no threshold.

    >>> keep_top(torch.tensor([[0.1, 0.9]]), 1)[0, 1]
    tensor(0.9000)
    """
    values, places = y_pred.topk(k, -1)
    return torch.full_like(y_pred, NEVER).scatter(-1, places, values)


def confusion_counts(y_true, y_pred, thresholds, kinds=KINDS, sample_weight=None, class_id=None, top_k=None,
                     multi_label=False, label_weights=None):
    """Weighted counts of a batch.

    Args:
        y_true: labels 0 and 1, shape of `y_pred` (a last axis of size 1 may be missing or extra).
        y_pred: scores, usually 0..1; number type of the counts.
        thresholds: `Thresholds`.
        kinds: which of `KINDS` are wanted.
        sample_weight: (batch,) up to the shape of `y_pred`, or None.
        class_id: count this column only.
        top_k: count only the k largest scores of each row as positive.
        multi_label: count each column by itself.
        label_weights: weight of each column, or None.

    Returns:
        dict: kind -> tensor (thresholds,), or (thresholds, columns) when `multi_label`.

    >>> counts = confusion_counts(torch.tensor([1.0, 0.0]), torch.tensor([0.9, 0.8]), Thresholds([0.5]))
    >>> counts["true_positives"], counts["false_positives"]
    (tensor([1.]), tensor([1.]))
    """
    y_pred, y_true = match_ranks(y_pred, y_true)
    if top_k is not None:
        y_pred = keep_top(y_pred, top_k)
    if class_id is not None:
        y_true, y_pred = _column(y_true, class_id), _column(y_pred, class_id)
    weights = _weights(y_pred, sample_weight, label_weights)
    if not multi_label:
        y_true, y_pred = y_true.reshape(-1, 1), y_pred.reshape(-1, 1)
        weights = None if weights is None else weights.reshape(-1, 1)
    count = _by_buckets if thresholds.even else _by_comparison
    counts = count(y_true.bool(), y_pred, thresholds, kinds, weights)
    return counts if multi_label else {kind: value.squeeze(-1) for kind, value in counts.items()}


def _column(tensor, class_id):
    if tensor.dim() < 2 or class_id >= tensor.shape[-1]:
        raise ValueError(f"`class_id` is {class_id}, but the shape is {tuple(tensor.shape)}. It needs "
                         "(batch, classes) with more classes than `class_id`.")
    return tensor[..., class_id, None]


def _weights(y_pred, sample_weight, label_weights):
    """One weight for each prediction, or None."""
    weights = None
    if sample_weight is not None:
        weights = per_sample(as_tensor(sample_weight, like=y_pred).to(y_pred), y_pred)[0].expand_as(y_pred)
    if label_weights is not None:
        label_weights = label_weights.to(y_pred).expand_as(y_pred)
        weights = label_weights if weights is None else weights * label_weights
    return weights


def _by_comparison(y_true, y_pred, thresholds, kinds, weights):
    """Each prediction against each threshold; tensors are (thresholds, samples, columns)."""
    positive, label = thresholds.above(y_pred), y_true.unsqueeze(0)
    counts = {}
    for kind in kinds:
        chosen = _CHOICES[kind](positive, label)
        counts[kind] = (chosen if weights is None else chosen * weights).sum(1, dtype=y_pred.dtype)
    return counts


def _by_buckets(y_true, y_pred, thresholds, kinds, weights):
    """A histogram of passed thresholds for each column and label; its sums from above are the counts."""
    columns, bins = y_pred.shape[-1], len(thresholds) + 1
    places = thresholds.passed(y_pred) + y_true.long() * bins
    if columns > 1:
        places = places + torch.arange(columns, device=places.device) * (2 * bins)
    weights = torch.ones_like(y_pred) if weights is None else weights
    histogram = torch.zeros(columns * 2 * bins, dtype=y_pred.dtype, device=y_pred.device)
    histogram.index_add_(0, places.reshape(-1), weights.reshape(-1))
    # (columns, label, passed): how many pass at least so many thresholds
    above = histogram.view(columns, 2, bins).flip(-1).cumsum(-1).flip(-1)
    false_positives, true_positives = above[:, 0, 1:].T, above[:, 1, 1:].T  # (thresholds, columns)
    return {"true_positives": true_positives, "false_positives": false_positives,
            "true_negatives": above[:, 0, 0] - false_positives,
            "false_negatives": above[:, 1, 0] - true_positives}
