"""Accuracies: how many predictions are right."""

import torch

from keras_torch.base.checks import Term, boolean, fail, number, positive_int
from keras_torch.base.configurable import is_house_class
from keras_torch.base.dtypes import torch_dtype
from keras_torch.losses import is_binary_by_loss
from keras_torch.losses.loss import beside, class_of, match_ranks
from keras_torch.metrics.reduction import FormulaMetric
from keras_torch.ops.core import as_tensor


def _pair(y_true, y_pred):
    y_pred = as_tensor(y_pred)
    return match_ranks(beside(y_true, y_pred), y_pred)


def _equal(y_true, y_pred):
    y_true, y_pred = match_ranks(y_true, y_pred)
    return y_true.to(y_pred.dtype) == y_pred


def accuracy(y_true, y_pred):
    """1 where `y_pred` equals `y_true`, else 0, per value.

    Source: Keras `metrics.Accuracy`.

    >>> accuracy([1, 2], [1, 3])
    tensor([1., 0.])
    """
    return _equal(*_pair(y_true, y_pred)).to(torch_dtype())


def _binary_matches(y_true, y_pred, threshold):
    y_true, y_pred = match_ranks(y_true, y_pred)
    return y_true == (y_pred > threshold)


def binary_accuracy(y_true, y_pred, threshold=0.5):
    """1 where `y_pred > threshold` agrees with the label 0 or 1, else 0, per value.

    Source: Keras `metrics.binary_accuracy`.

    >>> binary_accuracy([1.0, 1.0], [0.9, 0.4])
    tensor([1., 0.])
    """
    return _binary_matches(*_pair(y_true, y_pred), threshold).to(torch_dtype())


def _categorical_matches(y_true, y_pred):
    return class_of(y_true) == y_pred.argmax(-1)


def categorical_accuracy(y_true, y_pred):
    """1 where the largest of `y_pred` is the largest of the one-hot `y_true`, else 0.

    Shape:
        (batch, ..., classes) -> (batch, ...)

    Source: Keras `metrics.categorical_accuracy`.

    >>> categorical_accuracy([[0, 1]], [[0.2, 0.8]])
    tensor([1.])
    """
    y_pred = as_tensor(y_pred)
    return _categorical_matches(beside(y_true, y_pred), y_pred).to(torch_dtype())


def _without_class_axis(y_true, y_pred):
    """Class numbers (batch, ..., 1) as (batch, ...)."""
    return y_true.squeeze(-1) if y_true.dim() == y_pred.dim() and y_true.shape[-1] == 1 else y_true


def _sparse_matches(y_true, y_pred):
    return _without_class_axis(y_true, y_pred) == y_pred.argmax(-1)


def sparse_categorical_accuracy(y_true, y_pred):
    """1 where the largest of `y_pred` is at the class number `y_true`, else 0.

    Shape:
        y_true (batch, ...) or (batch, ..., 1), y_pred (batch, ..., classes) -> (batch, ...)

    Source: Keras `metrics.sparse_categorical_accuracy`.

    >>> sparse_categorical_accuracy([1], [[0.2, 0.8]])
    tensor([1.])
    """
    y_pred = as_tensor(y_pred)
    matches = _sparse_matches(beside(y_true, y_pred), y_pred).to(torch_dtype())
    return matches.squeeze(-1) if matches.dim() > 1 and matches.shape[-1] == 1 else matches


def _in_top(labels, y_pred, k):
    """Whether fewer than k classes are above the right one; needs no sorting."""
    right = y_pred.gather(-1, labels.long().unsqueeze(-1))
    return (y_pred > right).sum(-1) < k


def _categorical_in_top(y_true, y_pred, k):
    return _in_top(class_of(y_true), y_pred, k)


def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 where the class of the one-hot `y_true` is among the `k` largest of `y_pred`, else 0.

    Shape:
        (batch, ..., classes) -> (batch, ...)

    Source: Keras `metrics.top_k_categorical_accuracy`.

    >>> top_k_categorical_accuracy([[1, 0, 0]], [[0.3, 0.6, 0.1]], k=2)
    tensor([1.])
    """
    y_pred = as_tensor(y_pred)
    return _categorical_in_top(beside(y_true, y_pred), y_pred, k).to(torch_dtype())


def _sparse_in_top(y_true, y_pred, k, from_sorted_ids):
    y_true = _without_class_axis(y_true, y_pred)
    if from_sorted_ids:
        return (y_true.unsqueeze(-1) == y_pred[..., :k]).any(-1)
    return _in_top(y_true, y_pred, k)


def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5, from_sorted_ids=False):
    """1 where the class number `y_true` is among the `k` largest of `y_pred`, else 0.

    Args:
        from_sorted_ids: `y_pred` holds class numbers, best first, instead of scores.

    Shape:
        y_true (batch, ...) or (batch, ..., 1), y_pred (batch, ..., classes) -> (batch, ...)

    Source: Keras `metrics.sparse_top_k_categorical_accuracy`.

    >>> sparse_top_k_categorical_accuracy([0], [[0.3, 0.6, 0.1]], k=2)
    tensor([1.])
    """
    y_pred = as_tensor(y_pred)
    return _sparse_in_top(beside(y_true, y_pred), y_pred, k, from_sorted_ids).to(torch_dtype())


class _CountOfMatches(FormulaMetric):
    """A mean of yes and no: as long as each row is one of them, its sum is a whole number."""

    def counts_rows(self, y_true, y_pred):
        """See `Metric.counts_rows`."""
        plain = is_house_class(type(self)) and self.torch_dtype is torch.float32
        return plain and self._answers_per_row(y_pred) == 1

    def _answers_per_row(self, y_pred):
        return y_pred[0].numel()


class _CountOfClasses(_CountOfMatches):
    """The same for scores per class."""

    def _answers_per_row(self, y_pred):
        return y_pred[0, ..., 0].numel() if y_pred.dim() > 1 else 0


class Accuracy(_CountOfMatches):
    """How often `y_pred` equals `y_true`.

    Args:
        name: what history and logs call it.
        dtype: number type of the states.

    Source: Keras `metrics.Accuracy`.

    >>> float(Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]))
    0.75
    """

    formula = accuracy
    quick = _equal


class BinaryAccuracy(_CountOfMatches):
    """How often `y_pred > threshold` agrees with the label 0 or 1.

    Args:
        threshold: predictions above it count as 1.

    Source: Keras `metrics.BinaryAccuracy`.

    >>> float(BinaryAccuracy()([1.0, 0.0], [0.8999999761581421, 0.800000011920929]))
    0.5
    """

    formula = binary_accuracy
    quick = _binary_matches
    options = ("threshold",)
    vocabulary = {"threshold": Term(number, doc="predictions above it count as 1", optional=False)}

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        super().__init__(name, dtype)


class CategoricalAccuracy(_CountOfClasses):
    """How often the largest prediction is the class of the one-hot label.

    Source: Keras `metrics.CategoricalAccuracy`.

    >>> float(CategoricalAccuracy()([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]))
    1.0
    """

    formula = categorical_accuracy
    quick = _categorical_matches


class SparseCategoricalAccuracy(_CountOfClasses):
    """How often the largest prediction is the class number given.

    Source: Keras `metrics.SparseCategoricalAccuracy`.

    >>> float(SparseCategoricalAccuracy()([0, 0], [[1.0, 0.0], [0.0, 1.0]]))
    0.5
    """

    formula = sparse_categorical_accuracy
    quick = _sparse_matches


class TopKCategoricalAccuracy(_CountOfClasses):
    """How often the class of the one-hot label is among the `k` largest predictions.

    Args:
        k: how many predictions may be tried.

    Source: Keras `metrics.TopKCategoricalAccuracy`.

    >>> float(TopKCategoricalAccuracy(k=1)([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]))
    1.0
    """

    formula = top_k_categorical_accuracy
    quick = _categorical_in_top
    options = ("k",)
    vocabulary = {"k": Term(positive_int, doc="how many predictions may be tried", optional=False)}

    def __init__(self, k=5, name="top_k_categorical_accuracy", dtype=None):
        super().__init__(name, dtype)


class SparseTopKCategoricalAccuracy(_CountOfClasses):
    """How often the class number is among the `k` largest predictions.

    Args:
        k: how many predictions may be tried.
        from_sorted_ids: predictions are class numbers, best first, instead of scores.

    Source: Keras `metrics.SparseTopKCategoricalAccuracy`.

    >>> float(SparseTopKCategoricalAccuracy(k=1)([0, 0], [[1.0, 0.0], [0.0, 1.0]]))
    0.5
    """

    formula = sparse_top_k_categorical_accuracy
    quick = _sparse_in_top
    options = ("k", "from_sorted_ids")
    vocabulary = {"k": Term(positive_int, doc="how many predictions may be tried", optional=False),
                  "from_sorted_ids": Term(boolean, bool, "predictions are class numbers", optional=False)}

    def __init__(self, k=5, name="sparse_top_k_categorical_accuracy", dtype=None, from_sorted_ids=False):
        super().__init__(name, dtype)


def resolve_accuracy(name, y_true_shape, y_pred_shape, loss=None):
    """The accuracy that 'accuracy' or 'acc' means for these shapes, named as the user named it.

    Args:
        name: 'accuracy' or 'acc'.
        y_true_shape: shape of the labels, batch included.
        y_pred_shape: shape of the predictions, batch included.
        loss: the output's loss: up to Keras 2.3 one that is a `binary_crossentropy` makes the accuracy binary
            for several outputs too.

    Returns:
        Metric: binary for one output, sparse for labels without a class axis, else categorical.

    Errors:
        ValueError: another name.

    Source: Keras 3 `compile(metrics=["accuracy"])`.

    >>> resolve_accuracy("acc", (None, 1), (None, 10))
    <SparseCategoricalAccuracy "acc">
    """
    if str(name).lower() not in ("accuracy", "acc"):
        fail("resolve_accuracy()", "name", name, "'accuracy' or 'acc'", "For others use metrics.get().")
    if y_pred_shape[-1] == 1 or is_binary_by_loss(loss):
        return BinaryAccuracy(name=name)
    if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:
        return SparseCategoricalAccuracy(name=name)
    return CategoricalAccuracy(name=name)
