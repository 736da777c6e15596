"""Losses on embeddings: vectors of one class shall be near each other."""

import torch
import torch.nn.functional as F

from keras_torch.base.checks import Term, boolean, number, positive_number
from keras_torch.losses.loss import FormulaLoss, beside, floating

NOTHING = -1e30  # stands for log(0): a sum over no pair, without the NaN gradients of -inf


def _log_of_sum(values, pairs):
    return torch.logsumexp(values.masked_fill(~pairs, NOTHING), 1)


def circle(y_true, y_pred, ref_labels=None, ref_embeddings=None, remove_diagonal=True, gamma=80, margin=0.4):
    """`softplus(log(sum over like pairs) + log(sum over unlike pairs))`, pairs weighted by their error.

    Args:
        y_true: class numbers (batch,).
        y_pred: embeddings (batch, features) of length 1.
        ref_labels: class numbers of the vectors compared with; None means `y_true`.
        ref_embeddings: the vectors compared with; None means `y_pred`.
        remove_diagonal: leave out the pair of a vector with itself.
        gamma: factor of all terms.
        margin: how far like and unlike pairs are to be apart.

    Shape:
        (batch,), (batch, features) -> (batch,)

    Notes:
        Values of 0 have no weight in a mean (a mask on the result says so).

    Source: Keras `losses.circle`; Sun et al. 2020, arXiv 2002.10857.

    >>> circle([0, 0], torch.eye(2)).shape
    torch.Size([2])
    """
    y_pred = floating(y_pred)
    labels = beside(y_true, y_pred).long().reshape(-1, 1)
    others = y_pred if ref_embeddings is None else beside(ref_embeddings, y_pred)
    other_labels = labels if ref_labels is None else beside(ref_labels, y_pred).long().reshape(-1, 1)
    distance = (1.0 - y_pred @ others.T).relu()  # (batch, others)
    like = labels == other_labels.T
    unlike = ~like
    if remove_diagonal:
        like = like & ~torch.ones_like(like).triu().tril()
    near = -gamma * (margin + distance) * (margin - distance)
    far = gamma * (1.0 + margin - distance).relu() * (1.0 - margin - distance)
    values = F.softplus(_log_of_sum(near, like) + _log_of_sum(far, unlike))
    values._keras_mask = values > 0
    return values


class Circle(FormulaLoss):
    """Embeddings of one class shall be near each other, those of others far.

    Args:
        gamma: factor of all terms.
        margin: how far like and unlike pairs are to be apart.
        remove_diagonal: leave out the pair of a vector with itself.

    Shape:
        y_true class numbers (batch,) or (batch, 1), y_pred embeddings (batch, features) of length 1 -> ()

    Source: Keras `losses.Circle`.

    >>> Circle()(torch.tensor([0, 0, 1]), torch.eye(3)).shape
    torch.Size([])
    """

    formula = circle
    keeps_labels = True
    options = ("gamma", "margin", "remove_diagonal")
    vocabulary = {"gamma": Term(positive_number, doc="factor of all terms", optional=False),
                  "margin": Term(number, doc="how far pairs are to be apart", optional=False),
                  "remove_diagonal": Term(boolean, bool, "leave out a vector's pair with itself", False)}

    def __init__(self, gamma=80.0, margin=0.4, remove_diagonal=True, reduction="sum_over_batch_size",
                 name="circle", dtype=None):
        super().__init__(reduction, name, dtype)
