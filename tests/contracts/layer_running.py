"""How the contracts make, feed and compare a layer row with keras_torch."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
import torch
from cases import reference_files
from cases.layer_case import (
    LayerCase,
    arrange,
    as_list,
    call_values,
    cotangent,
    input_arrays,
    make_layer,
    weight_arrays,
)

import keras_torch

every_row = functools.cache(functools.partial(reference_files.read, "layers"))


def reference(case: LayerCase) -> dict[str, np.ndarray]:
    """What real Keras answered for this row: part -> array."""
    return every_row()[case.name]


def reference_outputs(case: LayerCase) -> list[np.ndarray]:
    """The outputs of real Keras."""
    return [array for part, array in reference(case).items() if part.startswith("output")]


def assert_close(ours: Any, theirs: np.ndarray, what: str, tolerance: float) -> None:
    """Fails with the numbers when a tensor is further from the reference than the tolerance."""
    ours = ours.detach().float().cpu().numpy() if isinstance(ours, torch.Tensor) else np.asarray(ours)
    assert ours.shape == theirs.shape, f"{what}: shape {ours.shape}, Keras has {theirs.shape}"
    distance = reference_files.distance(ours, theirs)
    assert distance <= tolerance, (
        f"{what}: {distance:.2e} away from Keras, allowed {tolerance:.0e}\n"
        f"ours  {np.ravel(ours)[:12]}\nKeras {np.ravel(theirs)[:12]}"
    )


def tensors(
    case: LayerCase, turn: int, device: str = "cpu", dtype: torch.dtype | None = None
) -> list[torch.Tensor]:
    """The inputs; floating point inputs want a gradient."""
    made = [_tensor(array, device, dtype) for array in input_arrays(case, turn)]
    return [one.requires_grad_() if one.is_floating_point() else one for one in made]


def _tensor(array: np.ndarray, device: str, dtype: torch.dtype | None) -> torch.Tensor:
    made = torch.from_numpy(array).to(device)
    return made.to(dtype) if dtype is not None and made.is_floating_point() else made


def call_arguments(case: LayerCase, device: str = "cpu", dtype: torch.dtype | None = None) -> dict:
    """The further arguments of the call."""
    return call_values(case, lambda array, label: _tensor(array, device, dtype))


def new_layer(case: LayerCase, **extra: Any) -> Any:
    """The unbuilt layer, or a skipped test when the package has no such class."""
    if not hasattr(keras_torch.layers, case.layer):
        pytest.skip(f"keras_torch.layers has no {case.layer}; see test_every_layer_of_the_rows_exists.")
    return make_layer(keras_torch, case, **extra)


def build(case: LayerCase, layer: Any) -> Any:
    """Builds a layer by calling it, gives it the row's weights, and forgets states of the call."""
    layer(*arrange(case, tensors(case, 0)), **call_arguments(case))
    set_weights(case, layer)
    if case.arguments.get("stateful"):
        layer.reset_states()
    return layer


def set_weights(case: LayerCase, layer: Any) -> None:
    """The weights that the reference was computed with."""
    layer.set_weights(weight_arrays(case, [tuple(weight.shape) for weight in layer.weights]))


def run(
    case: LayerCase, layer: Any, device: str = "cpu", dtype: torch.dtype | None = None
) -> tuple[list, list]:
    """The last inputs and their outputs, after the warm-up calls."""
    call = call_arguments(case, device, dtype)
    for turn in range(case.warm_up):
        layer(*arrange(case, tensors(case, turn, device, dtype)), **call)
    inputs = tensors(case, case.warm_up, device, dtype)
    return inputs, as_list(layer(*arrange(case, inputs), **call))


def assert_same_outputs(case: LayerCase, layer: Any, what: str, tolerance: float | None = None) -> None:
    """A layer with the row's weights answers like Keras."""
    for i, (ours, theirs) in enumerate(zip(run(case, layer)[1], reference_outputs(case), strict=True)):
        assert_close(ours, theirs, f"{what}, output {i}", tolerance or case.tolerance)


def total(case: LayerCase, outputs: list[torch.Tensor]) -> torch.Tensor:
    """The number whose gradient is compared: outputs times cotangents, summed up."""
    return sum(
        (output * torch.from_numpy(cotangent(case, i, tuple(output.shape))).to(output.dtype)).sum()
        for i, output in enumerate(outputs)
    )


def symbolic_model(case: LayerCase, layer: Any, unknown_batch: bool) -> tuple[Any, list]:
    """A functional model of one layer: its inputs are those of the row and of the call; and its outputs."""
    symbols = []

    def symbol(array: np.ndarray, label: str = "") -> Any:
        batch = None if unknown_batch else array.shape[0]
        symbols.append(keras_torch.Input(batch_shape=(batch, *array.shape[1:]), dtype=str(array.dtype)))
        return symbols[-1]

    inputs = [symbol(array) for array in input_arrays(case)]
    outputs = layer(*arrange(case, inputs), **call_values(case, symbol))
    return keras_torch.Model(list(symbols), outputs), as_list(outputs)


def model_inputs(case: LayerCase) -> list[torch.Tensor]:
    """What `symbolic_model` is called with."""
    extra = []
    call_values(case, lambda array, label: extra.append(torch.from_numpy(array)))
    return tensors(case, case.warm_up) + extra
