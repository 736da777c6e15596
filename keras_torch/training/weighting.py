"""Class weights: turned into sample weights before the loss, for every kind of data."""

import torch

from keras_torch.base.checks import fail, is_integer, is_number


def check_class_weight(class_weight, names=None):
    """Raises unless class_weight is a dict class -> weight, or such dicts by output name (or in a list).

    >>> check_class_weight({0: 1.0, 1: 2.0})
    """
    if class_weight is None:
        return
    if isinstance(class_weight, (list, tuple)):
        for one in class_weight:
            check_class_weight(one)
        return
    if not isinstance(class_weight, dict):
        fail(
            "fit()",
            "class_weight",
            class_weight,
            "a dict {class number: weight}",
            "For weights per sample use sample_weight.",
        )
    if class_weight and all(isinstance(value, dict) or value is None for value in class_weight.values()):
        for one in class_weight.values():
            check_class_weight(one)
        return
    for label, weight in class_weight.items():
        if not is_integer(label) or label < 0:
            fail("fit()", "class_weight", class_weight, "a dict whose keys are class numbers of at least 0")
        if not is_number(weight) or weight < 0:
            fail("fit()", "class_weight", class_weight, "a dict whose values are weights of at least 0")


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
    if isinstance(class_weight, dict) and not (
        class_weight and all(isinstance(value, dict) or value is None for value in class_weight.values())
    ):
        if len(targets) > 1:
            fail(
                "fit()",
                "class_weight",
                class_weight,
                f"given by output name for the outputs {names}",
                f"Write {{{names[0]!r}: {{0: ..., 1: ...}}}}.",
            )
        by_output = [class_weight]
    else:
        by_output = (
            list(class_weight)
            if isinstance(class_weight, (list, tuple))
            else [class_weight.get(name) for name in names]
        )
    given = (
        sample_weight
        if isinstance(sample_weight, (list, tuple))
        else [sample_weight.get(name) for name in names]
        if isinstance(sample_weight, dict)
        else [sample_weight] * len(targets)
    )
    result = [
        _product(weight, None if table is None else class_weights_of(target, table))
        for weight, table, target in zip(given, by_output, targets)
    ]
    return result[0] if len(result) == 1 else result


def _product(first, second):
    if first is None or second is None:
        return second if first is None else first
    while first.dim() < second.dim():
        first = first.unsqueeze(-1)
    while second.dim() < first.dim():
        second = second.unsqueeze(-1)
    return first * second
