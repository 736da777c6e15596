"""What a layer row is, and how it becomes a layer with inputs and weights, in Keras and keras_torch alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from cases.arrays import Values, array


@dataclass(frozen=True)
class Nested:
    """A layer inside the arguments of a layer, as in `Bidirectional(LSTM(3))`."""

    layer: str
    arguments: dict


@dataclass(frozen=True)
class LayerCase:
    """One layer with its arguments and inputs.

    Args:
        layer: name of the class in `keras.layers`.
        note: what is special, in lower_case words; with the class it is the name of the case.
        inputs: one `Values` for each input.
        arguments: of the constructor.
        call: further arguments of the call; `Values` in it become arrays.
        weight_kind: kind of the weights' numbers ("positive" where a variance is among them).
        spread: several inputs are given one by one and not as a list.
        warm_up: calls made before the one that counts (stateful layers).
        mixes_batch: a row of the output depends on other rows of the batch, or the batch size is fixed.
        tolerance: relative to the largest number of the array.
        reason: why the tolerance is not the usual one.
    """

    layer: str
    note: str
    inputs: tuple[Values, ...]
    arguments: dict = field(default_factory=dict)
    call: dict = field(default_factory=dict)
    weight_kind: str = "float"
    spread: bool = False
    warm_up: int = 0
    mixes_batch: bool = False
    tolerance: float = 1e-5
    reason: str = ""

    @property
    def name(self) -> str:
        """Key in the reference file and id of the test."""
        return f"{self.layer}-{self.note}"


OPTIONS = ("call", "weight_kind", "spread", "warm_up", "mixes_batch", "tolerance", "reason")


def row(layer: str, note: str, inputs: Values | list[Values], /, **arguments: Any) -> LayerCase:
    """A `LayerCase` in one line: what is not an option of the case is an argument of the layer."""
    options = {option: arguments.pop(option) for option in OPTIONS if option in arguments}
    inputs = (inputs,) if isinstance(inputs, Values) else tuple(inputs)
    return LayerCase(layer, note, inputs, arguments, **options)


def nested(layer: str, **arguments: Any) -> Nested:
    """A layer to be made when the outer layer is made."""
    return Nested(layer, arguments)


def make_layer(keras: Any, case: LayerCase | Nested, **extra: Any) -> Any:
    """The layer of a case.

    Args:
        keras: the module, real Keras or keras_torch.
        case: the row.
        extra: arguments for this layer and for those inside it (`dtype="mixed_bfloat16"`).
    """
    arguments = {
        name: make_layer(keras, value, **extra) if isinstance(value, Nested) else value
        for name, value in case.arguments.items()
    }
    return getattr(keras.layers, case.layer)(**arguments, **extra)


def input_arrays(case: LayerCase, turn: int = 0) -> list[np.ndarray]:
    """The numpy inputs; `turn` counts the warm-up calls, the last turn is the one that counts."""
    return [array(values, f"{case.name}/input{i}/turn{turn}") for i, values in enumerate(case.inputs)]


def weight_arrays(case: LayerCase, shapes: list[tuple]) -> list[np.ndarray]:
    """Numbers for the weights of these shapes, in the order of `get_weights`."""
    kind = case.weight_kind
    return [array(Values(tuple(shape), kind), f"{case.name}/weight{i}") for i, shape in enumerate(shapes)]


def cotangent(case: LayerCase, index: int, shape: tuple) -> np.ndarray:
    """What output number `index` is multiplied with before summing up: the gradient's other half."""
    return array(Values(tuple(shape)), f"{case.name}/cotangent{index}")


def call_values(case: LayerCase, convert: Callable[[np.ndarray, str], Any]) -> dict:
    """The further call arguments, each array given to `convert(array, label)`."""
    return {name: _convert(value, f"{case.name}/{name}", convert) for name, value in case.call.items()}


def _convert(value: Any, label: str, convert: Callable) -> Any:
    if isinstance(value, Values):
        return convert(array(value, label), label)
    if isinstance(value, (list, tuple)):
        return [_convert(part, f"{label}{i}", convert) for i, part in enumerate(value)]
    return value


def arrange(case: LayerCase, inputs: list) -> tuple:
    """The positional arguments of the call."""
    if case.spread:
        return tuple(inputs)
    return (inputs if len(inputs) > 1 else inputs[0],)


def as_list(outputs: Any) -> list:
    """What a call returned, flat."""
    if isinstance(outputs, (list, tuple)):
        return [leaf for part in outputs for leaf in as_list(part)]
    return [outputs]
