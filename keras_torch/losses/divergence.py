"""Losses between distributions that are no cross-entropy: Kullback-Leibler divergence and Poisson."""

from keras_torch.base import settings
from keras_torch.losses.loss import FormulaLoss, as_pair


def kl_divergence(y_true, y_pred):
    """`sum(y_true * log(y_true / y_pred))` over the last axis; both are kept in epsilon..1.

    Source: Keras `losses.kl_divergence`; torch `F.kl_div`.

    >>> kl_divergence([[0.5, 0.5]], [[0.5, 0.5]])
    tensor([0.])
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    epsilon = settings.epsilon()
    y_true, y_pred = y_true.clamp(epsilon, 1.0), y_pred.clamp(epsilon, 1.0)
    return (y_true * (y_true / y_pred).log()).sum(-1)


def poisson(y_true, y_pred):
    """`mean(y_pred - y_true * log(y_pred))` over the last axis, with epsilon added inside the logarithm.

    Source: Keras `losses.poisson`; torch `F.poisson_nll_loss`.

    >>> poisson([[3.0]], [[1.0]])
    tensor([1.0000])
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return (y_pred - y_true * (y_pred + settings.epsilon()).log()).mean(-1)


class KLDivergence(FormulaLoss):
    """`sum(y_true * log(y_true / y_pred))`.

    Source: Keras `losses.KLDivergence`. In torch: nn.KLDivLoss.

    >>> KLDivergence()([[0.5, 0.5], [0.5, 0.5]], [[0.5, 0.5], [0.5, 0.5]])
    tensor(0.)
    """

    formula = kl_divergence


class Poisson(FormulaLoss):
    """`mean(y_pred - y_true * log(y_pred))`.

    Source: Keras `losses.Poisson`. In torch: nn.PoissonNLLLoss.

    >>> Poisson()([[0.0]], [[1.0]])
    tensor(1.)
    """

    formula = poisson
