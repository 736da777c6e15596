"""Class weights: turned into sample weights before the loss, for every kind of data."""

import math
import warnings

import torch

from keras_torch.base import tree
from keras_torch.base.checks import fail, is_number, one_of, quote
from keras_torch.base.dtypes import torch_dtype
from keras_torch.dialects.translator import behaviour
from keras_torch.losses.loss import class_of
from keras_torch.training.outputs import names_of, per_output


def is_by_output(class_weight):
    """Whether class weights are given output by output: a list, or a dict with names of outputs.

    >>> is_by_output({0: 1.0}), is_by_output({"head": {0: 1.0}})
    (False, True)
    """
    if isinstance(class_weight, (list, tuple)):
        return True
    return bool(class_weight) and any(isinstance(value, dict) for value in class_weight.values())


def settled_class_weight(class_weight, owner="fit()"):
    """Class weights with ints as classes and floats as weights.

    Args:
        class_weight: dict class -> weight, or such dicts by output name (or in a list); classes may be any
            whole numbers and booleans, weights any numbers and arrays of one.
        owner: how errors call the method.

    Returns:
        dict or list, in the form given; None where there are none, or up to Keras 2.3 none that count there.

    Errors:
        ValueError: anything else.

    >>> settled_class_weight({0.0: 1, True: 2})
    {0: 1.0, 1: 2.0}
    """
    if class_weight is None:
        return None
    listed = isinstance(class_weight, (list, tuple)) and all(
        table is None or isinstance(table, dict) for table in class_weight
    )
    if not isinstance(class_weight, dict) and not listed:
        return _without_effect(class_weight, owner)
    if listed:
        return [None if table is None else _settled_table(table, owner) for table in class_weight]
    if not is_by_output(class_weight):
        return _settled_table(class_weight, owner)
    return {name: None if table is None else _settled_table(table, owner)
            for name, table in class_weight.items()}  # fmt: skip


def _without_effect(class_weight, owner):
    """None, with a warning, up to Keras 2.3; later generations raise."""
    if isinstance(class_weight, str):
        way = ("Write dict(zip(classes, weights)) with weights such as sklearn's "
               "compute_class_weight('balanced', classes=classes, y=labels).")  # fmt: skip
    elif len(getattr(class_weight, "shape", (0,))) == 1:
        way = "Write dict(enumerate(weights))."
    else:
        way = "For weights per sample use sample_weight."
    if behaviour("class weights that are no dict") == "without effect":
        warnings.warn(f"{owner}: `class_weight` {quote(class_weight)} has no effect in this Keras: it takes "
                      f"dicts {{class number: weight}}. {way}", stacklevel=4)  # fmt: skip
        return None
    fail(owner, "class_weight", class_weight, "a dict {class number: weight}, or such dicts by output name",
         way)  # fmt: skip


def _settled_table(table, owner):
    if not isinstance(table, dict):
        _without_effect(table, owner)
        return None
    settled = {}
    for label, weight in table.items():
        number, value = _plain(label), _plain(weight)
        if not isinstance(number, (int, float)) or not 0 <= number < math.inf or number != int(number):
            fail(owner, "class_weight", table, "a dict whose keys are class numbers of at least 0")
        if not is_number(value) or not 0 <= value < math.inf:
            fail(owner, "class_weight", table, "a dict whose values are finite weights of at least 0")
        settled[int(number)] = float(value)
    return settled


def _plain(value):
    """A number of numpy or torch, or an array of one, as Python's; anything else as it is."""
    alone = hasattr(value, "item") and math.prod(getattr(value, "shape", (0,))) == 1
    return value.item() if alone else value


def class_weights_of(y_true, class_weight, sparse=False):
    """One weight per sample: that of its class; classes that are not listed weigh 1.

    Args:
        y_true: labels (batch,), (batch, 1) or (batch, steps, 1), or one-hot rows (batch, ..., classes).
        class_weight: dict class -> weight.
        sparse: whether `y_true` is known to be class numbers: (batch, steps) is then one per step.

    Shape:
        (batch, ...) -> (batch,) or (batch, steps)

    >>> class_weights_of(torch.tensor([0, 1, 1]), {0: 1.0, 1: 3.0})
    tensor([1., 3., 3.])
    """
    return ClassTable(class_weight).weights_of(y_true, sparse)


def check_classes(class_weight, classes):
    """Raises when class weights name a class that an output does not have.

    Args:
        class_weight: dict class -> weight.
        classes: number of classes of the output.

    >>> check_classes({0: 1.0, 1: 2.0}, 2)
    """
    if class_weight and max(class_weight) >= classes:
        fail(
            "fit()",
            "class_weight",
            class_weight,
            f"a dict with class numbers from 0 to {classes - 1}",
            f"The model's output has {classes} classes.",
        )


def labels_of(y_true, sparse=False):
    """Class numbers of targets; see `class_weights_of`.

    >>> labels_of(torch.tensor([[0.0, 1.0], [1.0, 0.0]]))
    tensor([1, 0])
    """
    if y_true.dim() > 1:
        if y_true.shape[-1] == 1:
            y_true = y_true.squeeze(-1)
        elif not sparse:
            y_true = class_of(y_true)
    if y_true.is_floating_point():
        y_true = y_true.round()
    return y_true if y_true.dtype is torch.int64 else y_true.long()


class ClassTable:
    """The weights of classes as one tensor: made once, and moved to the device of the targets once.

    Args:
        class_weight: dict class -> weight.

    >>> ClassTable({0: 1.0, 1: 3.0}).weights_of(torch.tensor([0, 1, 7, -1]))
    tensor([1., 3., 1., 1.])
    """

    def __init__(self, class_weight):
        values = [1.0] * (max(class_weight, default=0) + 2)
        for label, weight in class_weight.items():
            values[int(label)] = float(weight)
        self._values = torch.tensor(values, dtype=torch_dtype())

    def weights_of(self, y_true, sparse=False):
        """The weight of each label; see `class_weights_of`."""
        labels = labels_of(y_true, sparse)
        if self._values.device != labels.device:
            self._values = self._values.to(labels.device)
        return self._values.take(labels.clamp(-1, len(self._values) - 1))  # the last, 1, is for all others


class ClassWeights:
    """Class weights on their way into sample weights, for the batches of one pass.

    Args:
        class_weight: dict class -> weight, or such dicts by output name / in a list.
        objectives: the model's `Objectives`; knows the outputs, at the latest after the first batch.

    Errors:
        ValueError: class weights of one dict for several outputs.
    """

    def __init__(self, class_weight, objectives):
        self.class_weight, self.objectives = class_weight, objectives
        self._tables = self._only = None
        self._multiplies = behaviour("class weights beside sample weights") == "multiply"

    def _tables_for(self, targets, y_true):
        """(table or None, whether the targets are class numbers) by output; made at the first batch."""
        objectives, given = self.objectives, self.class_weight
        names = objectives.names or objectives.known_names or names_of(y_true)
        if is_by_output(given):
            by_output = per_output(given, names, "class_weight")
        elif len(targets) > 1 and behaviour("class weights that are no dict") == "without effect":
            warnings.warn(f"`class_weight` {quote(given)} has no effect in this Keras on the outputs {names}."
                          f" Write {{{names[0]!r}: {{0: ..., 1: ...}}}}.", stacklevel=4)  # fmt: skip
            by_output = [None] * len(targets)
        elif len(targets) > 1:
            fail("fit()", "class_weight", given, f"given by output name for the outputs {names}",
                 f"Write {{{names[0]!r}: {{0: ..., 1: ...}}}}.")  # fmt: skip
        else:
            by_output = [given]
        tables = [None if table is None else ClassTable(table) for table in by_output]
        return list(zip(tables, objectives.takes_labels(names)))

    def combined(self, sample_weight, y_true):
        """Sample weights of a batch multiplied by class weights, by output; up to 2.2 the former alone.

        Args:
            sample_weight: tensor, list or dict by output, or None.
            y_true: structure of targets.
        """
        if self._only is not None and isinstance(y_true, torch.Tensor) and sample_weight is None:
            table, sparse = self._only  # one output, as nearly always
            return table.weights_of(y_true, sparse)
        targets = self.objectives.targets(y_true)
        if self._tables is None:
            self._tables = self._tables_for(targets, y_true)
            if len(self._tables) == 1 and self._tables[0][0] is not None:
                self._only = self._tables[0]
        if len(targets) == 1 and not tree.is_nested(sample_weight):
            return self._weighted(self._tables[0], targets[0], sample_weight)
        given = self.objectives.sample_weights(sample_weight)
        given = given * len(targets) if len(given) == 1 else given
        parts = zip(self._tables, targets, given)
        return [self._weighted(entry, target, weight) for entry, target, weight in parts]

    def _weighted(self, entry, target, weight):
        table, sparse = entry
        if table is None or target is None or weight is not None and not self._multiplies:
            return weight
        return _product(weight, table.weights_of(target, sparse))


def _product(first, second):
    if first is None or second is None:
        return second if first is None else first
    while first.dim() < second.dim():
        first = first.unsqueeze(-1)
    while second.dim() < first.dim():
        second = second.unsqueeze(-1)
    return first * second


def check_modes(modes):
    """Raises unless each entry of compile()'s `sample_weight_mode` is None, 'temporal' or 'samplewise'.

    >>> check_modes({"head": "temporal", "tail": None})
    """
    for mode in tree.flatten(modes):
        one_of(None, "temporal", "samplewise")("compile()", "sample_weight_mode", mode)


def check_ranks(modes, names, sample_weights, targets, sparse, owner):
    """Compares the axes of sample weights and targets with `sample_weight_mode`, as Keras 2 does.

    Args:
        modes: what compile() was given.
        names: names of the outputs.
        sample_weights, targets: tensors or None, by output.
        sparse: by output, whether the targets are class numbers.
        owner: how errors call the method.

    Errors:
        ValueError: weights without a step axis for 'temporal', targets without one, or weights per step for
            'samplewise'.
    """
    for name, mode, weight, target, labels in zip(
        names, per_output(modes, names, "sample_weight_mode"), sample_weights, targets, sparse
    ):
        if mode is None or weight is None or target is None:
            continue
        where = "`sample_weight`" if len(names) == 1 else f"`sample_weight` of the output {name!r}"
        shape = tuple(weight.shape)
        if mode == "samplewise" and weight.dim() > 1 and shape[1:] != (1,):
            raise ValueError(
                f"{owner}: {where} has shape {shape}; sample_weight_mode='samplewise' takes one weight per "
                "sample. For one per step compile with sample_weight_mode='temporal'."
            )
        if mode == "temporal" and target.dim() < (2 if labels else 3):
            raise ValueError(
                f"{owner}: sample_weight_mode='temporal' needs targets with a step axis, (batch, steps, "
                f"...); those of {name!r} have shape {tuple(target.shape)}. Leave sample_weight_mode out."
            )
        if mode == "temporal" and weight.dim() < 2:
            raise ValueError(
                f"{owner}: {where} has shape {shape}; sample_weight_mode='temporal' takes one weight per "
                "step, (batch, steps). For one per sample leave sample_weight_mode out."
            )
