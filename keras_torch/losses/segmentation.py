"""Losses on overlapping regions: Dice and Tversky."""

from keras_torch.base import settings
from keras_torch.base.checks import Term, number
from keras_torch.losses.loss import FormulaLoss, as_pair


def _sum(tensor, axis):
    return tensor.sum() if axis is None else tensor.sum(axis)


def dice(y_true, y_pred, axis=None):
    """`1 - 2 * overlap / (sum(y_true) + sum(y_pred))`.

    Args:
        axis: axis or axes of the sums; None means all, the batch included.

    Source: Keras `losses.dice`.

    >>> dice([[1.0, 0.0]], [[1.0, 0.0]])
    tensor(0.)
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    size = _sum(y_true, axis) + _sum(y_pred, axis) + settings.epsilon()
    return 1.0 - 2.0 * _sum(y_true * y_pred, axis) / size


def tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None):
    """`1 - overlap / (overlap + alpha * missed + beta * invented)`.

    Args:
        alpha: weight of what `y_true` has and `y_pred` has not.
        beta: weight of what `y_pred` has and `y_true` has not.
        axis: axis or axes of the sums; None means all, the batch included.

    Source: Keras `losses.tversky`; Salehi et al. 2017, arXiv 1706.05721.

    >>> round(float(tversky([[1.0, 0.0]], [[1.0, 0.0]])), 4)
    0.0
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    overlap = _sum(y_true * y_pred, axis)
    missed = _sum((1.0 - y_pred) * y_true, axis)
    invented = _sum(y_pred * (1.0 - y_true), axis)
    return 1.0 - overlap / (overlap + missed * alpha + invented * beta + settings.epsilon())


class Dice(FormulaLoss):
    """`1 - 2 * overlap / (sum(y_true) + sum(y_pred))`.

    Args:
        axis: axis or axes of the sums; None means all.

    Source: Keras `losses.Dice`.

    >>> Dice()([[1.0, 1.0]], [[1.0, 1.0]])
    tensor(0.)
    """

    formula = dice
    options = ("axis",)

    def __init__(self, reduction="sum_over_batch_size", name="dice", axis=None, dtype=None):
        super().__init__(reduction, name, dtype)


class Tversky(FormulaLoss):
    """`1 - overlap / (overlap + alpha * missed + beta * invented)`.

    Args:
        alpha: weight of what `y_true` has and `y_pred` has not.
        beta: weight of what `y_pred` has and `y_true` has not.
        axis: axis or axes of the sums; None means all.

    Source: Keras `losses.Tversky`.

    >>> Tversky()([[1.0, 1.0]], [[1.0, 1.0]])
    tensor(0.)
    """

    formula = tversky
    options = ("alpha", "beta", "axis")
    vocabulary = {"alpha": Term(number, doc="weight of missed parts", optional=False),
                  "beta": Term(number, doc="weight of invented parts", optional=False)}

    def __init__(self, alpha=0.5, beta=0.5, reduction="sum_over_batch_size", name="tversky", axis=None,
                 dtype=None):
        super().__init__(reduction, name, dtype)
