"""Scores of one batch, as Keras 1 had them: a mean over batches, not a score of all data.

`Precision`, `Recall`, `FBetaScore` count over all batches and are what new code should use. In the dialect
keras1 the names 'precision', 'recall' and 'fbeta_score' mean these functions.
"""

import torch

from keras_torch.base import settings
from keras_torch.base.checks import fail, is_number
from keras_torch.losses.loss import as_pair


def _decided(values):
    return values.clamp(0.0, 1.0).round()


def matthews_correlation(y_true, y_pred):
    """Matthews's correlation of labels and rounded predictions of one batch, -1..1.

    Shape:
        y_true, y_pred (batch, ...) -> ()

    Source: Keras 1 `metrics.matthews_correlation`.

    >>> round(float(matthews_correlation([1.0, 0.0], [0.9, 0.2])), 4)
    1.0
    """
    y_true, y_pred = (_decided(values) for values in as_pair(y_true, y_pred))
    right, wrong = (y_true * y_pred).sum(), ((1.0 - y_true) * y_pred).sum()
    rejected, missed = ((1.0 - y_true) * (1.0 - y_pred)).sum(), (y_true * (1.0 - y_pred)).sum()
    product = (right + wrong) * (right + missed) * (rejected + wrong) * (rejected + missed)
    return (right * rejected - wrong * missed) / (product.sqrt() + settings.epsilon())


def _share_of_right(y_true, y_pred, whole):
    return _decided(y_true * y_pred).sum() / (_decided(whole).sum() + settings.epsilon())


def precision(y_true, y_pred):
    """How many of the positive predictions of one batch are right, 0..1; predictions are rounded.

    Shape:
        y_true, y_pred (batch, ...) -> ()

    Source: Keras 1 `metrics.precision`.

    >>> round(float(precision([1.0, 0.0], [0.9, 0.8])), 4)
    0.5
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return _share_of_right(y_true, y_pred, y_pred)


def recall(y_true, y_pred):
    """How many of the positive labels of one batch are found, 0..1; predictions are rounded.

    Shape:
        y_true, y_pred (batch, ...) -> ()

    Source: Keras 1 `metrics.recall`.

    >>> round(float(recall([1.0, 1.0], [0.9, 0.2])), 4)
    0.5
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    return _share_of_right(y_true, y_pred, y_true)


def fbeta_score(y_true, y_pred, beta=1):
    """`(1 + beta**2) * precision * recall / (beta**2 * precision + recall)` of one batch.

    It is 0 for a batch without positive labels.

    Args:
        beta: how much more recall counts than precision, at least 0.

    Shape:
        y_true, y_pred (batch, ...) -> ()

    Source: Keras 1 `metrics.fbeta_score`.

    >>> round(float(fbeta_score([1.0, 1.0], [0.9, 0.2])), 4)
    0.6667
    """
    if not is_number(beta) or beta < 0:
        fail("fbeta_score()", "beta", beta, "a number of at least 0")
    y_true, y_pred = as_pair(y_true, y_pred)
    found, right, squared = recall(y_true, y_pred), precision(y_true, y_pred), beta**2
    score = (1 + squared) * right * found / (squared * right + found + settings.epsilon())
    return torch.where(_decided(y_true).sum() == 0, torch.zeros_like(score), score)


def fmeasure(y_true, y_pred):
    """`fbeta_score` with precision and recall counting alike.

    Source: Keras 1 `metrics.fmeasure`.

    >>> round(float(fmeasure([1.0, 0.0], [0.9, 0.2])), 4)
    1.0
    """
    return fbeta_score(y_true, y_pred)
