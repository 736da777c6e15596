"""What the rows about old Keras are: formulas, weighted losses, optimizers, start values of weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from cases.arrays import Values, array, floats
from cases.objective_case import numbers

GENERATIONS = ("keras1", "keras2.2", "keras2.3")
FILES = {"keras1": "objectives_keras1", "keras2.2": "objectives_keras22", "keras2.3": "objectives_keras23"}
SHAPES = {"kernel": (3, 2), "filters": (2, 2, 3), "bias": (2,)}
STEPS = 20
LOOKS = (1, 3, 20)


def _numbers(kind: str, shape: tuple, label: str) -> np.ndarray:
    return 6 * numbers("float", shape, label) if kind == "wide" else numbers(kind, shape, label)


@dataclass(frozen=True)
class Formula:
    """A function of old Keras, or an object made by it, called on arrays.

    Args:
        generation: "keras1", "keras2.2" or "keras2.3".
        module: module of Keras, such as "objectives".
        function: name in it.
        inputs: kinds of the arrays (see `cases.objective_case.numbers`; "wide" is -6..6), or (kind, shape).
        shape: of the arrays of which only the kind is given.
        arguments: named arguments: of the function, or of what makes the object.
        positional: positional ones after the arrays, or, for an object, all of them.
        made: whether the function makes the object that is called.
        gradient: whether the gradient by the last array is compared too.
        listed: whether the arrays are given as one list.
        note: what is special.
        tolerance: relative to the largest number of the answer.
        reason: why the tolerance is not the usual one.
    """

    generation: str
    module: str
    function: str
    inputs: tuple
    shape: tuple = (4, 5)
    arguments: dict = field(default_factory=dict)
    positional: tuple = ()
    made: bool = False
    gradient: bool = False
    listed: bool = False
    note: str = ""
    tolerance: float = 1e-5
    reason: str = ""

    @property
    def name(self) -> str:
        """Key in the reference file and id of the test."""
        given = [repr(value) for value in self.positional]
        given += [f"{name}={value}" for name, value in self.arguments.items()]
        inputs = " ".join(kind if isinstance(kind, str) else f"{kind[0]}{kind[1]}" for kind in self.inputs)
        parts = (f"{self.module}.{self.function}({', '.join(given)})", inputs, str(self.shape), self.note)
        return " ".join(part for part in parts if part).replace("/", "|")

    def data(self) -> list[np.ndarray]:
        """The arrays."""
        pairs = [(kind, self.shape) if isinstance(kind, str) else kind for kind in self.inputs]
        return [_numbers(kind, shape, f"{self.name}/{place}") for place, (kind, shape) in enumerate(pairs)]


@dataclass(frozen=True)
class Weighted:
    """A loss with weights and a mask, reduced as the training of that generation does it."""

    generation: str
    loss: str
    y_true: str
    y_pred: str
    shape: tuple = (6, 4, 5)
    weights: str = "positive"
    temporal: bool = False
    masked: bool = False

    @property
    def name(self) -> str:
        """Key in the reference file and id of the test."""
        options = [self.weights] + ["temporal"] * self.temporal + ["masked"] * self.masked
        return f"weighted {self.loss} {self.shape} {' '.join(options)}"

    def data(self) -> tuple:
        """(y_true, y_pred, sample weights, mask or None)."""
        weights = numbers("positive", self.shape[: 1 + self.temporal], f"{self.name}/weights")
        if self.weights == "zeros":
            weights.reshape(-1)[::3] = 0.0
        if self.weights == "ones":
            weights[:] = 1.0
        mask = array(Values(self.shape[:2], "back"), self.name) if self.masked else None
        y_true = numbers(self.y_true, self.shape, f"{self.name}/true")
        return y_true, numbers(self.y_pred, self.shape, f"{self.name}/pred"), weights, mask


@dataclass(frozen=True)
class OldOptimizer:
    """An optimizer on given gradients for 20 steps.

    Args:
        constraint: (class, arguments) of the constraint on the kernel, or None.
        note: what is special.
    """

    generation: str
    optimizer: str
    positional: tuple = ()
    arguments: dict = field(default_factory=dict)
    constraint: tuple | None = None
    tolerance: float = 1e-5
    reason: str = ""

    @property
    def name(self) -> str:
        """Key in the reference file and id of the test."""
        given = [str(value) for value in self.positional]
        given += [f"{name}={value}" for name, value in self.arguments.items()]
        held = f" {self.constraint[0]}" if self.constraint else ""
        return f"optimizers.{self.optimizer}({', '.join(given)}){held}"

    def start_values(self) -> dict[str, np.ndarray]:
        """The variables before the first step."""
        return {name: array(floats(*shape), f"{self.name}/{name}") for name, shape in SHAPES.items()}

    def gradients(self, step: int) -> list[np.ndarray]:
        """The gradients of a step, counted from 0."""
        return [array(floats(*shape), f"{self.name}/gradient {name}/{step}")
                for name, shape in SHAPES.items()]


@dataclass(frozen=True)
class Start:
    """The distribution of a start value: mean, deviation, range, and singular values of a matrix.

    Args:
        shape: of the weight.
        arguments: of the initializer's constructor, or, in Keras 1, of the function.
    """

    generation: str
    initializer: str
    shape: tuple
    arguments: dict = field(default_factory=dict)
    image: bool = False

    @property
    def name(self) -> str:
        """Key in the reference file and id of the test."""
        given = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"initializers.{self.initializer}({given}) {self.shape}"


def statistics(values: Any) -> dict[str, np.ndarray]:
    """What is compared of random numbers.

    >>> statistics([[1.0, 0.0], [0.0, 1.0]])["singular"]
    array([1., 1.])
    """
    values = np.asarray(values, "float64")
    rows = values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values.reshape(1, -1)
    singular = np.linalg.svd(rows, compute_uv=False)
    quarters = np.percentile(values, (25, 75))
    return {"range": np.array([values.min(), values.max()]), "quarters": quarters,
            "mean": values.mean(), "deviation": values.std(), "singular": singular[[0, -1]]}


@dataclass(frozen=True)
class OldMetric:
    """A metric class of Keras 2.3 over three uneven batches.

    Args:
        y_true: kind of the labels; None for metrics of plain values.
        weights: "none", "positive" or "zeros" (a third of them 0).
    """

    metric: str
    y_true: str | None
    y_pred: str
    shape: tuple = (12, 5)
    arguments: dict = field(default_factory=dict)
    weights: str = "none"
    tolerance: float = 1e-5
    generation: str = "keras2.3"

    @property
    def name(self) -> str:
        """Key in the reference file and id of the test."""
        given = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"metrics.{self.metric}({given}) {self.y_true} {self.shape} {self.weights} in batches"

    def batches(self) -> list[list[np.ndarray]]:
        """For each batch: the labels if there are any, the predictions, the weights if there are any."""
        kinds = [self.y_pred] if self.y_true is None else [self.y_true, self.y_pred]
        arrays = [_numbers(kind, self.shape, f"{self.name}/{place}") for place, kind in enumerate(kinds)]
        if self.weights != "none":
            arrays.append(numbers("positive", self.shape[:1], f"{self.name}/weights"))
            if self.weights == "zeros":
                arrays[-1][::3] = 0.0
        return [[array[start:end] for array in arrays] for start, end in ((0, 5), (5, 6), (6, self.shape[0]))]
