"""Losses on numbers: squared, absolute, relative, logarithmic and angular errors."""

import math

import torch.nn.functional as F

from keras_torch.base import settings
from keras_torch.base.checks import Term, integer, nonnegative_number
from keras_torch.base.third_party import loss_kernels
from keras_torch.losses.loss import MEAN, FormulaLoss, Generations, are_alike, as_pair


def mean_squared_error(y_true, y_pred):
    """`mean((y_true - y_pred)**2)` over the last axis.

    Source: Keras `losses.mean_squared_error`.

    >>> mean_squared_error([[0.0, 2.0]], [[1.0, 0.0]])
    tensor([2.5000])
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return (y_pred - y_true).square().mean(-1)


def mean_absolute_error(y_true, y_pred):
    """`mean(|y_true - y_pred|)` over the last axis.

    Source: Keras `losses.mean_absolute_error`.

    >>> mean_absolute_error([[0.0, 2.0]], [[1.0, 0.0]])
    tensor([1.5000])
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return (y_pred - y_true).abs().mean(-1)


def mean_absolute_percentage_error(y_true, y_pred):
    """`100 * mean(|y_true - y_pred| / |y_true|)` over the last axis; |y_true| is at least epsilon.

    Source: Keras `losses.mean_absolute_percentage_error`.

    >>> mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 4.0]])
    tensor([25.])
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    relative = (y_true - y_pred) / y_true.abs().clamp(min=settings.epsilon())
    return 100.0 * relative.abs().mean(-1)


def mean_squared_logarithmic_error(y_true, y_pred):
    """`mean((log(y_true + 1) - log(y_pred + 1))**2)` over the last axis; both are at least epsilon.

    Source: Keras `losses.mean_squared_logarithmic_error`.

    >>> mean_squared_logarithmic_error([[0.0, 1.0]], [[0.0, 1.0]])
    tensor([0.])
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    epsilon = settings.epsilon()
    difference = (y_pred.clamp(min=epsilon) + 1.0).log() - (y_true.clamp(min=epsilon) + 1.0).log()
    return difference.square().mean(-1)


def huber(y_true, y_pred, delta=1.0):
    """Squared error up to `delta`, absolute error beyond: `0.5 e**2`, then `delta |e| - 0.5 delta**2`.

    Notes:
        Up to Keras 2.3 it gave every value, not the mean over the last axis.

    Source: Keras `losses.huber`; torch `F.huber_loss`.

    >>> huber([[0.0, 0.0]], [[1.0, 3.0]])
    tensor([1.5000])
    """
    return HUBER.chosen()(y_true, y_pred, delta)


def _each_huber(y_true, y_pred, delta=1.0):
    y_true, y_pred = as_pair(y_true, y_pred)
    if tuple(y_true.shape) != tuple(y_pred.shape):
        y_true = y_true.expand_as(y_pred)
    return F.huber_loss(y_pred, y_true, reduction="none", delta=delta)


def _huber(y_true, y_pred, delta=1.0):
    return _each_huber(y_true, y_pred, delta).mean(-1)


HUBER = Generations("huber loss", {"mean": _huber, "each value": _each_huber})


def log_cosh(y_true, y_pred):
    """`mean(log(cosh(y_pred - y_true)))` over the last axis, without overflow.

    Source: Keras `losses.log_cosh`.

    >>> log_cosh([[0.0]], [[0.0]])
    tensor([0.])
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    error = y_pred - y_true
    return (error + F.softplus(-2.0 * error) - math.log(2.0)).mean(-1)


def _minus_products(y_true, y_pred, axis):
    """Minus the products of both, each brought to length 1."""
    y_true, y_pred = as_pair(y_true, y_pred)
    epsilon = settings.epsilon()
    y_true, y_pred = F.normalize(y_true, dim=axis, eps=epsilon), F.normalize(y_pred, dim=axis, eps=epsilon)
    return -(y_true * y_pred)


def _minus_cosine(y_true, y_pred, axis=-1):
    return _minus_products(y_true, y_pred, axis).sum(axis)


def _minus_mean_product(y_true, y_pred, axis=-1):
    return _minus_products(y_true, y_pred, axis).mean(axis)


COSINE = Generations("cosine loss", {"sum": _minus_cosine, "mean": _minus_mean_product})


def cosine_similarity(y_true, y_pred, axis=-1):
    """Minus the cosine of the angle between `y_true` and `y_pred` along `axis`: -1 for equal directions.

    Notes:
        Keras 1 took the mean of the products and not their sum.

    Source: Keras `losses.cosine_similarity`.

    >>> cosine_similarity([[0.0, 2.0]], [[0.0, 5.0]])
    tensor([-1.])
    """
    return COSINE.chosen()(y_true, y_pred, axis)


def _mean_of_squares(y_true, y_pred):
    return loss_kernels.mse_loss(y_pred, y_true, MEAN) if are_alike(y_true, y_pred) else None


def _mean_of_absolutes(y_true, y_pred):
    return loss_kernels.l1_loss(y_pred, y_true, MEAN) if are_alike(y_true, y_pred) else None


def _mean_of_huber(y_true, y_pred, delta):
    return loss_kernels.huber_loss(y_pred, y_true, MEAN, delta) if are_alike(y_true, y_pred) else None


class MeanSquaredError(FormulaLoss):
    """`mean((y_true - y_pred)**2)`.

    Source: Keras `losses.MeanSquaredError`. In torch: nn.MSELoss.

    >>> MeanSquaredError()([[0.0, 0.0, 0.0]], [[1.0, 1.0, 1.0]])
    tensor(1.)
    """

    formula = mean_squared_error
    mean_formula = _mean_of_squares


class MeanAbsoluteError(FormulaLoss):
    """`mean(|y_true - y_pred|)`.

    Source: Keras `losses.MeanAbsoluteError`. In torch: nn.L1Loss.

    >>> MeanAbsoluteError()([[0.0, 0.0, 0.0]], [[1.0, 1.0, 1.0]])
    tensor(1.)
    """

    formula = mean_absolute_error
    mean_formula = _mean_of_absolutes


class MeanAbsolutePercentageError(FormulaLoss):
    """`100 * mean(|y_true - y_pred| / |y_true|)`.

    Source: Keras `losses.MeanAbsolutePercentageError`.

    >>> MeanAbsolutePercentageError()([[1.0, 1.0, 1.0]], [[0.0, 0.0, 0.0]])
    tensor(100.)
    """

    formula = mean_absolute_percentage_error


class MeanSquaredLogarithmicError(FormulaLoss):
    """`mean((log(y_true + 1) - log(y_pred + 1))**2)`.

    Source: Keras `losses.MeanSquaredLogarithmicError`.

    >>> MeanSquaredLogarithmicError()([[1.0, 1.0, 1.0]], [[1.0, 1.0, 1.0]])
    tensor(0.)
    """

    formula = mean_squared_logarithmic_error


class Huber(FormulaLoss):
    """Squared error up to `delta`, absolute error beyond.

    Args:
        delta: where the parabola becomes a line.

    Source: Keras `losses.Huber`. In torch: nn.HuberLoss.

    >>> Huber()([[0.0, 0.0, 0.0]], [[1.0, 1.0, 1.0]])
    tensor(0.5000)
    """

    formula = huber
    generations = HUBER
    mean_formula = _mean_of_huber
    options = ("delta",)
    vocabulary = {"delta": Term(nonnegative_number, doc="where the parabola becomes a line", optional=False)}

    def __init__(self, delta=1.0, reduction="sum_over_batch_size", name="huber_loss", dtype=None):
        super().__init__(reduction, name, dtype)


class LogCosh(FormulaLoss):
    """`mean(log(cosh(y_pred - y_true)))`.

    Source: Keras `losses.LogCosh`.

    >>> LogCosh()([[0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]])
    tensor(0.)
    """

    formula = log_cosh


class CosineSimilarity(FormulaLoss):
    """Minus the cosine of the angle between `y_true` and `y_pred`.

    Args:
        axis: axis along which the vectors lie.

    Source: Keras `losses.CosineSimilarity`; `cosine_proximity` of Keras 1 and 2.

    >>> CosineSimilarity()([[1.0, 1.0, 1.0, 1.0]], [[1.0, 1.0, 1.0, 1.0]])
    tensor(-1.)
    """

    formula = cosine_similarity
    generations = COSINE
    options = ("axis",)
    vocabulary = {"axis": Term(integer, doc="axis along which the vectors lie", optional=False)}

    def __init__(self, axis=-1, reduction="sum_over_batch_size", name="cosine_similarity", dtype=None):
        super().__init__(reduction, name, dtype)
