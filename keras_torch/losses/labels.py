"""Checks of labels before training, so that a wrong class number is a sentence and not a device assertion."""

import torch

from keras_torch.ops.core import as_tensor


def validate_labels(y_true, classes, ignore_class=None, owner="y_true"):
    """Raises when a class number is not in 0..classes - 1. Reads the data back once; call it before the
    first step.

    Args:
        y_true: class numbers, any shape: tensor, array or list.
        classes: number of classes, the size of the model's class axis.
        ignore_class: one more number that is allowed.
        owner: what the error calls the labels.

    Errors:
        ValueError: a number outside the range or not whole; the first one is named with its position.

    >>> validate_labels([0, 2, 1], classes=3)
    >>> validate_labels([0, 3, 1], classes=3)
    Traceback (most recent call last):
    ...
    ValueError: y_true holds the class number 3 at position 1; ...
    """
    labels = as_tensor(y_true)
    if labels.numel() == 0 or labels.dtype == torch.bool:
        return
    wrong = (labels < 0) | (labels >= classes)
    if labels.is_floating_point():
        wrong |= labels != labels.floor()  # also true for NaN
    if ignore_class is not None:
        wrong &= labels != ignore_class
    if wrong.any():
        _report(labels, wrong, classes, owner)


def _report(labels, wrong, classes, owner):
    position = wrong.nonzero()[0].tolist()
    value = labels[tuple(position)].item()
    place = position[0] if len(position) == 1 else tuple(position)
    count = int(wrong.sum())
    raise ValueError(
        f"{owner} holds the class number {value:g} at position {place}; {classes} classes allow whole "
        f"numbers from 0 to {classes - 1}. {count} of {labels.numel()} labels are outside (range "
        f"{labels.min().item():g} to {labels.max().item():g}). {_way_out(labels, value, classes)}")


def _way_out(labels, value, classes):
    lowest, highest = labels.min().item(), labels.max().item()
    if lowest == 1 and highest == classes:
        return "The labels seem to count from 1: subtract 1."
    if value < 0:
        return f"If {value:g} marks padding, give the loss ignore_class={value:g}."
    if value != int(value) if value == value else True:
        return "For values that are no class numbers, use a loss on numbers such as 'mse'."
    return f"Give the last layer {int(highest) + 1} units, or correct the labels."
