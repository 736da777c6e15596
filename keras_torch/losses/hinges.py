"""Losses of maximum-margin classifiers."""

import torch

from keras_torch.losses.loss import FormulaLoss, Generations, as_pair


def _signs(y_true):
    """Labels 0 and 1 become -1 and 1; labels that are not all 0 or 1 stay. Decided on the device."""
    binary = ((y_true == 0) | (y_true == 1)).all()
    return torch.where(binary, 2.0 * y_true - 1.0, y_true)


def _hinge_of_signs(y_true, y_pred):
    y_true, y_pred = as_pair(y_true, y_pred)
    return (1.0 - y_true * y_pred).relu().mean(-1)


def _hinge(y_true, y_pred):
    y_true, y_pred = as_pair(y_true, y_pred)
    return _hinge_of_signs(_signs(y_true), y_pred)


def _squared_hinge_of_signs(y_true, y_pred):
    y_true, y_pred = as_pair(y_true, y_pred)
    return (1.0 - y_true * y_pred).relu().square().mean(-1)


def _squared_hinge(y_true, y_pred):
    y_true, y_pred = as_pair(y_true, y_pred)
    return _squared_hinge_of_signs(_signs(y_true), y_pred)


HINGE = Generations("hinge labels", {"converted": _hinge, "as given": _hinge_of_signs})
SQUARED_HINGE = Generations("hinge labels", {"converted": _squared_hinge,
                                             "as given": _squared_hinge_of_signs})


def hinge(y_true, y_pred):
    """`mean(max(1 - y_true * y_pred, 0))` over the last axis; labels are -1 and 1, or 0 and 1.

    Notes:
        Up to Keras 2.2 a label 0 counted as it is.

    Source: Keras `losses.hinge`.

    >>> hinge([[-1.0, 1.0]], [[0.0, 2.0]])
    tensor([0.5000])
    """
    return HINGE.chosen()(y_true, y_pred)


def squared_hinge(y_true, y_pred):
    """`mean(max(1 - y_true * y_pred, 0)**2)` over the last axis; labels as in `hinge`.

    Source: Keras `losses.squared_hinge`.

    >>> squared_hinge([[-1.0, 1.0]], [[1.0, 2.0]])
    tensor([2.])
    """
    return SQUARED_HINGE.chosen()(y_true, y_pred)


def categorical_hinge(y_true, y_pred):
    """`max(best wrong class - right class + 1, 0)`; `y_true` is one-hot along the last axis.

    Source: Keras `losses.categorical_hinge`.

    >>> categorical_hinge([[0.0, 1.0]], [[2.0, 0.5]])
    tensor([2.5000])
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    right = (y_true * y_pred).sum(-1)
    wrong = ((1.0 - y_true) * y_pred).amax(-1)
    return (wrong - right + 1.0).relu()


class Hinge(FormulaLoss):
    """`mean(max(1 - y_true * y_pred, 0))`; labels are -1 and 1, or 0 and 1.

    Source: Keras `losses.Hinge`.

    >>> Hinge()(torch.ones(2, 1), torch.zeros(2, 1))
    tensor(1.)
    """

    formula = hinge
    generations = HINGE


class SquaredHinge(FormulaLoss):
    """`mean(max(1 - y_true * y_pred, 0)**2)`; labels are -1 and 1, or 0 and 1.

    Source: Keras `losses.SquaredHinge`.

    >>> SquaredHinge()(torch.ones(2, 1), torch.zeros(2, 1))
    tensor(1.)
    """

    formula = squared_hinge
    generations = SQUARED_HINGE


class CategoricalHinge(FormulaLoss):
    """`max(best wrong class - right class + 1, 0)` for one-hot labels.

    Source: Keras `losses.CategoricalHinge`.

    >>> CategoricalHinge()(torch.tensor([[0.0, 1.0]]), torch.tensor([[0.0, 2.0]]))
    tensor(0.)
    """

    formula = categorical_hinge
