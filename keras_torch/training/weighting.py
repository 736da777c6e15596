"""Class weights: turned into sample weights before the loss, for every kind of data."""

import math

import torch

from keras_torch.base.checks import fail, is_integer, is_number
from keras_torch.training.outputs import per_output


def is_by_output(class_weight):
    """Whether class weights are given output by output: a list, or a dict with names of outputs.

    >>> is_by_output({0: 1.0}), is_by_output({"head": {0: 1.0}})
    (False, True)
    """
    if isinstance(class_weight, (list, tuple)):
        return True
    return bool(class_weight) and any(isinstance(value, dict) for value in class_weight.values())


def check_class_weight(class_weight, names=None):
    """Raises unless class_weight is a dict class -> weight, or such dicts by output name (or in a list).

    Args:
        class_weight: what was given.
        names: names of the outputs, when known.

    >>> check_class_weight({0: 1.0, 1: 2.0})
    """
    if class_weight is None:
        return
    if not isinstance(class_weight, (dict, list, tuple)):
        _complain(class_weight)
    if not is_by_output(class_weight):
        _check_table(class_weight)
        return
    if names is not None:
        per_output(class_weight, names, "class_weight")
    for table in class_weight.values() if isinstance(class_weight, dict) else class_weight:
        if table is not None:
            _check_table(table)


def _complain(value):
    fail(
        "fit()",
        "class_weight",
        value,
        "a dict {class number: weight}, or such dicts by output name",
        "For weights per sample use sample_weight.",
    )


def _check_table(table):
    if not isinstance(table, dict):
        _complain(table)
    for label, weight in table.items():
        if not is_integer(label) or label < 0:
            fail("fit()", "class_weight", table, "a dict whose keys are class numbers of at least 0")
        if not is_number(weight) or not 0 <= weight < math.inf:
            fail("fit()", "class_weight", table, "a dict whose values are finite weights of at least 0")


def class_weights_of(y_true, class_weight, classes=None):
    """One weight per sample: that of its class; classes that are not listed weigh 1.

    Args:
        y_true: labels (batch,), (batch, 1) or (batch, steps, 1), or one-hot rows (batch, ..., classes).
        class_weight: dict class -> weight.
        classes: number of classes, when known: larger keys are an error.

    Shape:
        (batch, ...) -> (batch,) or (batch, steps)

    >>> class_weights_of(torch.tensor([0, 1, 1]), {0: 1.0, 1: 3.0})
    tensor([1., 3., 3.])
    """
    labels = y_true
    if labels.dim() > 1:
        labels = labels.squeeze(-1) if labels.shape[-1] == 1 else labels.argmax(-1)
    if labels.is_floating_point():
        labels = labels.round()
    labels = labels.long()
    if classes is not None and class_weight and max(class_weight) >= classes:
        fail(
            "fit()",
            "class_weight",
            class_weight,
            f"a dict with class numbers from 0 to {classes - 1}",
            f"The model's output has {classes} classes.",
        )
    table = torch.ones(max(class_weight, default=0) + 2, device=labels.device)
    for label, weight in class_weight.items():
        table[label] = weight
    return table[labels.clamp(0, len(table) - 1)]  # the last entry, 1, stands for all classes beyond


def combined(sample_weight, class_weight, y_true, names, targets_of):
    """Sample weights multiplied by class weights, by output.

    Args:
        sample_weight: tensor, list or dict by output, or None.
        class_weight: dict class -> weight, or dicts by output name / in a list.
        y_true: structure of targets.
        names: names of the outputs.
        targets_of: function y_true -> list of targets by output.

    Errors:
        ValueError: class weights of one dict for several outputs.
    """
    if class_weight is None:
        return sample_weight
    targets = targets_of(y_true)
    if is_by_output(class_weight):
        by_output = per_output(class_weight, names, "class_weight")
    elif len(targets) > 1:
        fail("fit()", "class_weight", class_weight, f"given by output name for the outputs {names}",
             f"Write {{{names[0]!r}: {{0: ..., 1: ...}}}}.")  # fmt: skip
    else:
        by_output = [class_weight]
    given = _given_weights(sample_weight, names)
    result = [
        _product(weight, None if table is None else class_weights_of(target, table))
        for weight, table, target in zip(given, by_output, targets)
    ]
    return result[0] if len(result) == 1 else result


def _given_weights(sample_weight, names):
    """Sample weights by output; one array counts for all."""
    if isinstance(sample_weight, (list, tuple, dict)):
        return per_output(sample_weight, names, "sample_weight")
    return [sample_weight] * len(names)


def _product(first, second):
    if first is None or second is None:
        return second if first is None else first
    while first.dim() < second.dim():
        first = first.unsqueeze(-1)
    while second.dim() < first.dim():
        second = second.unsqueeze(-1)
    return first * second
