"""Counts true and false positives and negatives at many thresholds at once, without a loop.

Three ways, chosen by the thresholds and the weights when a batch comes: `counts_of_one`, `compared_counts`
and `Tally`.
"""

import numpy as np
import torch

from keras_torch.base import settings
from keras_torch.base.checks import fail, is_number
from keras_torch.losses.loss import match_ranks, per_sample, require_equal_shapes
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
        Three and more thresholds in ascending order are counted by sorting predictions into the buckets
        between them (`Tally`), which takes the same time for 3 and for 300; others by comparing each
        prediction with each threshold. Evenly spaced ones from 0 to 1 are, as in Keras, for predictions from
        0 to 1: what lies outside is taken as 0 or 1.

    >>> Thresholds([0.0, 0.5, 1.0]).even, Thresholds([0.5]).even
    (True, False)
    """

    def __init__(self, values):
        self.values = [float(value) for value in values]
        count = len(self.values)
        spaced = np.arange(count) / max(count - 1, 1)
        self.even = count >= 3 and np.allclose(self.values, spaced, atol=2 * settings.epsilon())
        self.bucketed = count >= 3 and self.values == sorted(self.values)
        # AUC moves the ends outwards by epsilon: a prediction of 0 passes the first threshold.
        self.lowest_passed = 1 if self.values[0] < 0 else 0
        self._tensor = None

    def __len__(self):
        return len(self.values)

    def _like(self, y_pred):
        """The values as a tensor beside `y_pred`; kept, or each batch would copy them from the host."""
        if self._tensor is None or self._tensor.device != y_pred.device or self._tensor.dtype != y_pred.dtype:
            self._tensor = torch.tensor(self.values, dtype=y_pred.dtype, device=y_pred.device)
        return self._tensor

    def passed(self, y_pred):
        """How many ascending thresholds each prediction is above (whole numbers); `y_pred` is contiguous."""
        passed = torch.bucketize(y_pred, self._like(y_pred))
        return passed.clamp_(self.lowest_passed, len(self.values) - 1) if self.even else passed

    def above(self, y_pred):
        """Which predictions (samples, columns) are above which threshold: (thresholds, samples, columns)."""
        if len(self.values) == 1:
            return (y_pred > self.values[0]).unsqueeze(0)
        return y_pred > self._like(y_pred).reshape(-1, 1, 1)


class Tally:
    """How many predictions and how many positive labels lie between which thresholds, on the device.

    Args:
        thresholds: `Thresholds` that are `bucketed`.
        columns: number of columns that are counted by themselves.
        dtype: number type of the counts.

    Notes:
        An update is two additions into histograms. What the metrics call true positives and so on are sums
        over them, and are taken out when somebody looks. `is_empty` is Python's account of that.

    >>> tally = Tally(Thresholds([0.0, 0.5, 1.0]), 1, torch.float32)
    >>> tally.add(torch.tensor([1.0, 0.0]), torch.tensor([0.9, 0.2]), None)
    >>> tally.take()["true_positives"].squeeze(-1)
    tensor([1., 1., 0.])
    """

    def __init__(self, thresholds, columns, dtype):
        self.thresholds, self.columns = thresholds, columns
        self.bins = len(thresholds) + 1
        device = settings.default_device()
        self.everything = torch.zeros(columns * self.bins, dtype=dtype, device=device)
        self.positive = torch.zeros_like(self.everything)
        self.is_empty = True
        self._ones = self._offsets = None

    def add(self, y_true, y_pred, weights):
        """Adds a batch: labels, predictions of the same shape (columns last), and weights of it or None."""
        if self.everything.device != y_pred.device:
            self.everything = self.everything.to(y_pred.device)
            self.positive = self.positive.to(y_pred.device)
        self.is_empty = False
        places = self.thresholds.passed(y_pred.contiguous())
        if self.columns > 1:
            if self._offsets is None or self._offsets.device != places.device:
                self._offsets = torch.arange(self.columns, device=places.device) * self.bins
            places = places + self._offsets
        places, labels = places.reshape(-1), y_true.reshape(-1).ne(0).to(self.positive.dtype)
        weights = self._unit(labels) if weights is None else weights.reshape(-1)
        self.everything.index_add_(0, places, weights)
        self.positive.index_add_(0, places, labels if weights is self._ones else labels * weights)

    def _unit(self, labels):
        """As many ones as there are labels; kept for the next batch."""
        ones = self._ones
        if ones is None or ones.shape != labels.shape or ones.device != labels.device:
            self._ones = torch.ones_like(labels)
        return self._ones

    def take(self):
        """dict: kind -> counts (thresholds, columns) since the last time."""
        # (columns, passed): how many pass at least so many thresholds
        everything, positive = (histogram.view(self.columns, self.bins).flip(-1).cumsum(-1).flip(-1)
                                for histogram in (self.everything, self.positive))
        negative = everything - positive
        self.clear()
        right, wrong = positive[:, 1:].T, negative[:, 1:].T
        return {"true_positives": right, "false_positives": wrong,
                "true_negatives": negative[:, :1].T - wrong, "false_negatives": positive[:, :1].T - right}

    def clear(self):
        """Forgets what was added."""
        self.everything.zero_()
        self.positive.zero_()
        self.is_empty = True


def keep_top(y_pred, k):
    """`y_pred` with all but the `k` largest of each row set to a score that passes no threshold.

    >>> keep_top(torch.tensor([[0.1, 0.9]]), 1)[0, 1]
    tensor(0.9000)
    """
    values, places = y_pred.topk(k, -1)
    return torch.full_like(y_pred, NEVER).scatter(-1, places, values)


def brought_together(y_true, y_pred, sample_weight=None, class_id=None, top_k=None, label_weights=None):
    """Labels, predictions and weights (or None) of one shape.

    Args:
        y_true: labels 0 and 1, shape of `y_pred` (a last axis of size 1 may be missing or extra).
        y_pred: scores, usually 0..1; number type of the counts.
        sample_weight: (batch,) up to the shape of `y_pred`, or None.
        class_id: this column only.
        top_k: all but the k largest scores of each row get one that passes no threshold.
        label_weights: weight of each column, or None.

    >>> [part.shape for part in brought_together(torch.ones(2), torch.ones(2, 1), torch.ones(2))]
    [torch.Size([2, 1]), torch.Size([2, 1]), torch.Size([2, 1])]
    """
    y_pred, y_true = match_ranks(y_pred, y_true)
    if top_k is not None:
        y_pred = keep_top(y_pred, top_k)
    if class_id is not None:
        y_true, y_pred = _column(y_true, class_id), _column(y_pred, class_id)
    require_equal_shapes("a metric of decisions", y_true, y_pred)
    return y_true, y_pred, _weights(y_pred, sample_weight, label_weights)


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


def compared_counts(y_true, y_pred, thresholds, kinds=KINDS, weights=None):
    """Counts by comparing each prediction with each threshold.

    Args:
        y_true: labels 0 and 1.
        y_pred: scores of the same shape.
        thresholds: `Thresholds`.
        kinds: which of `KINDS` are wanted.
        weights: tensor of the same shape, or None.

    Returns:
        dict: kind -> tensor (thresholds, columns).

    >>> y_true, y_pred = torch.tensor([[1.0], [0.0]]), torch.tensor([[0.9], [0.8]])
    >>> counts = compared_counts(y_true, y_pred, Thresholds([0.5]))
    >>> counts["true_positives"], counts["false_positives"]
    (tensor([[1.]]), tensor([[1.]]))
    """
    positive, label = thresholds.above(y_pred), y_true.bool().unsqueeze(0)  # (thresholds, samples, columns)
    counts = {}
    for kind in kinds:
        chosen = _CHOICES[kind](positive, label)
        counts[kind] = (chosen if weights is None else chosen * weights).sum(1, dtype=y_pred.dtype)
    return counts


def counts_of_one(y_true, y_pred, threshold, kinds):
    """Counts at one threshold without weights, in the fewest kernels.

    Returns:
        dict: kind -> tensor (), whole numbers.

    >>> counts_of_one(torch.tensor([1.0, 0.0]), torch.tensor([0.9, 0.8]), 0.5, ("true_positives",))
    {'true_positives': tensor(1)}
    """
    positive, label = y_pred > threshold, y_true.bool()
    return {kind: _CHOICES[kind](positive, label).count_nonzero() for kind in kinds}
