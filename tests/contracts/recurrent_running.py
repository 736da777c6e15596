"""Compares a row of `cases.recurrent_cases` with what real Keras answered."""

from __future__ import annotations

import functools

import numpy as np
from cases import reference_files
from cases.layer_case import LayerCase
from contracts.layer_running import assert_close, build, new_layer, run, total

references = functools.cache(functools.partial(reference_files.read, "recurrent"))


def assert_equals_keras(case: LayerCase) -> None:
    """Outputs, gradients of inputs and weights, and states afterwards are those of Keras.

    Args:
        case: the row.
    """
    layer = build(case, new_layer(case))
    layer.zero_grad()
    inputs, outputs = run(case, layer)
    total(case, outputs).backward()
    for part, theirs in references()[case.name].items():
        assert_close(_ours(part, layer, inputs, outputs, theirs), theirs, part, case.tolerance)


def _ours(part: str, layer, inputs: list, outputs: list, theirs: np.ndarray):
    """Our number for one part of the reference: 'output0', 'input1', 'weight2:kernel:gradient', ..."""
    name, *rest = part.split(":")
    kind = name.rstrip("0123456789")
    index = int(name[len(kind) :])
    if kind == "output":
        return outputs[index]
    if kind == "input":
        gradient = inputs[index].grad
    elif rest[-1] == "afterwards":
        return layer.weights[index]
    else:
        gradient = layer.weights[index].grad
    return np.zeros_like(theirs) if gradient is None else gradient
