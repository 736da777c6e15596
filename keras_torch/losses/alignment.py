"""Losses on sequences of unknown alignment: CTC."""

import torch
import torch.nn.functional as F

from keras_torch.losses.loss import FormulaLoss, beside, floating


def ctc(y_true, y_pred):
    """Connectionist temporal classification: minus the log of the probability of all alignments.

    Args:
        y_true: class numbers (batch, length); 0 is the blank and pads the end.
        y_pred: logits (batch, steps, classes).

    Shape:
        (batch, length), (batch, steps, classes) -> (batch,)

    Errors:
        ValueError: another number of axes.

    Source: Keras `losses.ctc`; torch `F.ctc_loss`.

    >>> ctc([[1, 0]], torch.zeros(1, 2, 3)).round(decimals=4)
    tensor([1.0986])
    """
    y_pred = floating(y_pred)
    labels = beside(y_true, y_pred)
    if labels.dim() != 2 or y_pred.dim() != 3:
        raise ValueError(f"ctc: y_true must be (batch, length) and y_pred (batch, steps, classes); got "
                         f"{tuple(labels.shape)} and {tuple(y_pred.shape)}. Reshape them.")
    labels = labels.long()
    steps = torch.ones_like(y_pred[..., 0], dtype=torch.long).sum(-1)  # all of them, for each row
    logarithms = F.log_softmax(y_pred, -1).transpose(0, 1)  # (steps, batch, classes)
    return F.ctc_loss(logarithms, labels, steps, (labels != 0).sum(-1), blank=0, reduction="none")


ctc.keeps_labels = True


class CTC(FormulaLoss):
    """Connectionist temporal classification for labels (batch, length) and logits (batch, steps, classes).

    Source: Keras `losses.CTC`. In torch: nn.CTCLoss.

    >>> CTC()(torch.tensor([[1, 0]]), torch.zeros(1, 2, 3)).round(decimals=4)
    tensor(1.0986)
    """

    formula = ctc
    keeps_labels = True
