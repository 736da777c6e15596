"""Arrays that follow from a label: inputs, weights and cotangents are computed again, never stored.

A reference file then holds only what real Keras answered. The same label gives the same numbers on every
machine, because `numpy.random.RandomState` is frozen by numpy's own promise.

>>> array(floats(2, 3), "Dense/plain/input0").shape
(2, 3)
>>> array(whole(7, (2, 3)), "Embedding/plain/input0").max() < 7
np.True_
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass

import numpy as np

SEED = os.environ.get("KERAS_TORCH_CASES_SEED", "")  # the live comparisons use numbers nobody has seen before


@dataclass(frozen=True)
class Values:
    """What an array is like: its shape and its kind.

    Args:
        shape: the whole shape, batch included.
        kind: "float" (-1..1), "positive" (0.5..1.5), "bool", "whole" (0..limit-1), "padded" (whole numbers
            whose rows end in zeros), or one of the step masks "back", "front", "middle", "empty row".
        limit: for whole numbers, one more than the largest.
    """

    shape: tuple
    kind: str = "float"
    limit: int = 0

    @property
    def dtype(self) -> str:
        """Name of the numpy dtype."""
        if self.kind in ("float", "positive"):
            return "float32"
        return "int32" if self.kind in ("whole", "padded") else "bool"


def floats(*shape: int) -> Values:
    """Numbers between -1 and 1."""
    return Values(shape)


def positive(*shape: int) -> Values:
    """Numbers between 0.5 and 1.5."""
    return Values(shape, "positive")


def booleans(*shape: int) -> Values:
    """About two thirds True."""
    return Values(shape, "bool")


def whole(limit: int, shape: tuple, padded: bool = False) -> Values:
    """Whole numbers from 0 to limit - 1; `padded` rows end in zeros and are otherwise at least 1."""
    return Values(shape, "padded" if padded else "whole", limit)


def step_mask(kind: str, batch: int, steps: int) -> Values:
    """A mask (batch, steps) with the padding at the "back", the "front", the "middle", or one "empty row"."""
    return Values((batch, steps), kind)


def _lengths(batch: int, steps: int) -> np.ndarray:
    return np.array([max(1, steps - 2 * row) for row in range(batch)])[:, None]


def _step_mask(kind: str, batch: int, steps: int) -> np.ndarray:
    position = np.arange(steps)[None, :]
    valid = position < _lengths(batch, steps)
    if kind == "front":
        return valid[:, ::-1].copy()
    if kind == "middle":
        return (position + np.arange(batch)[:, None]) % 3 != 1
    if kind == "empty row":
        valid[-1] = False
    return valid


def array(values: Values, label: str) -> np.ndarray:
    """The array of this label.

    Args:
        values: shape and kind.
        label: any text; another label gives other numbers.
    """
    random = np.random.RandomState(zlib.crc32((SEED + label).encode()))
    if values.kind in ("back", "front", "middle", "empty row"):
        return _step_mask(values.kind, *values.shape)
    if values.kind == "bool":
        return random.uniform(size=values.shape) < 0.67
    if values.kind == "whole":
        return random.randint(0, values.limit, size=values.shape).astype("int32")
    if values.kind == "padded":
        numbers = random.randint(1, values.limit, size=values.shape).astype("int32")
        return numbers * _step_mask("back", *values.shape)
    low, high = (0.5, 1.5) if values.kind == "positive" else (-1.0, 1.0)
    return random.uniform(low, high, size=values.shape).astype("float32")
