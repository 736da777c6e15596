"""What a layer row of an old Keras is, and how it becomes a layer, there and in keras_torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from cases.arrays import Values, array

GENERATIONS = ("keras1", "keras2.2", "keras2.3")
REFERENCES = {"keras1": "layers_keras1", "keras2.2": "layers_keras22", "keras2.3": "layers_keras23"}


@dataclass(frozen=True)
class Inner:
    """A layer inside the arguments of a layer."""

    layer: str
    arguments: tuple
    named: dict


@dataclass(frozen=True)
class OldLayerCase:
    """One layer in the words of a generation.

    Args:
        generations: those that have it in these words.
        layer: name of the class in `keras.layers`.
        note: what is special; with the class it is the name of the case.
        inputs: one `Values` for each input.
        arguments: by position.
        named: by name.
        weight_kind: kind of the weights' numbers.
        before: a layer in front (`inner("Masking")`), or None.
        training: the training phase, and the states after one step; else inference.
        theano: why Theano's numbers are not TensorFlow's, which are promised; the outputs must differ then.
    """

    generations: tuple
    layer: str
    note: str
    inputs: tuple
    arguments: tuple = ()
    named: dict = field(default_factory=dict)
    weight_kind: str = "float"
    before: Inner | None = None
    training: bool = False
    theano: str = ""

    @property
    def name(self) -> str:
        """Key in the reference files."""
        return f"{self.layer}-{self.note}"


_OPTIONS = ("weight_kind", "before", "training", "theano")


def row(generations: str | tuple, layer: str, note: str, inputs: Any, *arguments: Any, **named: Any) -> Any:
    """An `OldLayerCase` in one line: what is no option of the case is an argument of the layer."""
    options = {option: named.pop(option) for option in _OPTIONS if option in named}
    inputs = (inputs,) if isinstance(inputs, Values) else tuple(inputs)
    generations = (generations,) if isinstance(generations, str) else generations
    return OldLayerCase(generations, layer, note, inputs, arguments, named, **options)


def inner(layer: str, *arguments: Any, **named: Any) -> Inner:
    """A layer that is made when the outer one is."""
    return Inner(layer, arguments, named)


def make(layers: Any, case: OldLayerCase | Inner) -> Any:
    """The layer of a row; `layers` is the module `keras.layers`."""

    def value(one: Any) -> Any:
        return make(layers, one) if isinstance(one, Inner) else one

    named = {name: value(one) for name, one in case.named.items()}
    return getattr(layers, case.layer)(*map(value, case.arguments), **named)


def symbols(layers: Any, case: OldLayerCase) -> tuple[list, Any]:
    """Symbolic inputs and the layer's outputs for them; also the layer."""
    layer = make(layers, case)
    inputs = [layers.Input(batch_shape=one.shape, dtype=one.dtype) for one in case.inputs]
    given = inputs if case.before is None else [make(layers, case.before)(one) for one in inputs]
    outputs = layer(given if len(given) > 1 else given[0])
    return inputs, outputs, layer


def input_arrays(case: OldLayerCase) -> list[np.ndarray]:
    """The numpy inputs."""
    return [array(values, f"{case.name}/input{i}") for i, values in enumerate(case.inputs)]


def weight_arrays(case: OldLayerCase, shapes: list[tuple]) -> list[np.ndarray]:
    """Numbers for weights of these shapes, in the order of `get_weights` of real Keras."""
    return [
        array(Values(tuple(shape), case.weight_kind), f"{case.name}/weight{i}")
        for i, shape in enumerate(shapes)
    ]
