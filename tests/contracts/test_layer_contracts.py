"""What every layer promises, asked of every row of tests/cases/layer_cases.py."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest
import torch
from cases.layer_case import LayerCase, arrange, as_list
from cases.layer_cases import LAYER_CASES
from contracts.layer_running import (
    assert_close,
    assert_same_outputs,
    build,
    call_arguments,
    every_row,
    model_inputs,
    new_layer,
    reference,
    reference_outputs,
    run,
    set_weights,
    symbolic_model,
    tensors,
    total,
)

import keras_torch
from keras_torch.layers.added_losses import clear_losses

rows = pytest.mark.parametrize("case", LAYER_CASES, ids=lambda case: case.name)
rows_without_state = pytest.mark.parametrize(
    "case", [case for case in LAYER_CASES if not case.mixes_batch], ids=lambda case: case.name
)
BFLOAT16_TOLERANCE = 0.1  # eight bits of mantissa, and several steps of them in recurrent layers
DOUBLE_TOLERANCE = 2e-6  # the reference is stored in single precision


def test_every_row_has_a_reference():
    assert {case.name for case in LAYER_CASES} == set(every_row())


def test_every_layer_of_the_rows_exists():
    missing = sorted({case.layer for case in LAYER_CASES if not hasattr(keras_torch.layers, case.layer)})
    assert not missing, f"keras_torch.layers lacks {', '.join(missing)}"


@rows
def test_outputs_and_gradients_equal_keras(case: LayerCase):
    layer = build(case, new_layer(case))
    layer.zero_grad()
    inputs, outputs = run(case, layer)
    total(case, outputs).backward() if any(output.requires_grad for output in outputs) else None
    for part, theirs in reference(case).items():
        kind = part.rstrip("0123456789")
        if kind == "output":
            assert_close(outputs[int(part[6:])], theirs, part, case.tolerance)
        elif kind == "input":
            gradient = inputs[int(part[5:])].grad
            assert_close(
                np.zeros_like(theirs) if gradient is None else gradient, theirs, part, case.tolerance
            )
        elif part.startswith("weight"):
            _compare_weight(case, layer, part, theirs)


def _compare_weight(case: LayerCase, layer, part: str, theirs: np.ndarray) -> None:
    weight = layer.weights[int(part.split(":")[0][len("weight") :])]
    if part.endswith(":afterwards"):
        assert_close(weight.numpy(), theirs, part, case.tolerance)
        return
    if weight.grad is None:
        assert not theirs.any(), f"{part}: no gradient arrived; Keras has {np.ravel(theirs)[:8]}"
        return
    assert_close(weight.grad, theirs, part, case.tolerance)


@pytest.mark.parametrize(
    "case", [case for case in LAYER_CASES if "mask" in every_row()[case.name]], ids=lambda case: case.name
)
def test_mask_equals_keras(case: LayerCase):
    layer = build(case, new_layer(case))
    mask = layer.compute_mask(tensors(case, 0)[0], None)
    assert mask.dtype == torch.bool
    assert np.array_equal(mask.numpy(), reference(case)["mask"].astype(bool))


@rows
def test_weights_have_the_order_names_and_shapes_of_keras(case: LayerCase):
    layer = build(case, new_layer(case))
    theirs = [
        (part.split(":")[1], array.shape, part.endswith(":gradient"))
        for part, array in reference(case).items()
        if part.startswith("weight")
    ]
    trainable = {id(weight) for weight in layer.trainable_weights}
    assert [(one.name, tuple(one.shape), id(one) in trainable) for one in layer.weights] == theirs
    assert [array.shape for array in layer.get_weights()] == [shape for _, shape, _ in theirs]


@rows
def test_inferred_shape_is_the_real_shape_and_symbolic_equals_eager(case: LayerCase):
    layer = new_layer(case)
    model, outputs = symbolic_model(case, layer, unknown_batch=not case.mixes_batch)
    real = reference_outputs(case)
    batch = real[0].shape[0] if case.mixes_batch else None
    assert [tuple(output.shape) for output in outputs] == [(batch, *array.shape[1:]) for array in real]
    assert {output.dtype for output in outputs} == {torch.float32}
    set_weights(case, layer)
    if case.warm_up:
        return
    answers = as_list(model(model_inputs(case) if len(model.inputs) > 1 else model_inputs(case)[0]))
    for i, (ours, theirs) in enumerate(zip(answers, real, strict=True)):
        assert_close(ours, theirs, f"output {i} of the model", case.tolerance)


@rows
def test_config_round_trip(case: LayerCase):
    layer = new_layer(case)
    config = json.loads(json.dumps(keras_torch.saving.serialize_keras_object(layer)))
    again = keras_torch.saving.deserialize_keras_object(config)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()
    assert_same_outputs(case, build(case, again), "rebuilt from its config")


@rows
def test_weights_file_round_trip(case: LayerCase, tmp_path):
    layer = new_layer(case)
    model, _ = symbolic_model(case, layer, unknown_batch=False)
    set_weights(case, layer)
    saved = layer.get_weights()
    model.save_weights(tmp_path / "one.weights.h5")
    layer.set_weights([np.zeros_like(array) for array in saved])
    model.load_weights(tmp_path / "one.weights.h5")
    for before, after in zip(saved, layer.get_weights(), strict=True):
        assert np.array_equal(before, after)


@rows
@pytest.mark.parametrize("ending", ["keras"])
def test_model_file_round_trip(case: LayerCase, ending: str, tmp_path):
    layer = new_layer(case)
    model, _ = symbolic_model(case, layer, unknown_batch=not case.mixes_batch)
    set_weights(case, layer)
    model.save(tmp_path / f"one.{ending}")
    again = keras_torch.models.load_model(tmp_path / f"one.{ending}")
    inputs = model_inputs(case) if len(model.inputs) > 1 else model_inputs(case)[0]
    for ours, theirs in zip(as_list(again(inputs)), as_list(model(inputs)), strict=True):
        assert torch.equal(ours, theirs)


@rows
def test_mixed_precision_computes_in_bfloat16_and_keeps_weights_in_float32(case: LayerCase):
    layer = build(case, new_layer(case, dtype="mixed_bfloat16"))
    assert {weight.dtype for weight in layer.trainable_weights} <= {torch.float32}
    outputs = run(case, layer)[1]
    assert {output.dtype for output in outputs} == {torch.bfloat16}
    for i, (ours, theirs) in enumerate(zip(outputs, reference_outputs(case), strict=True)):
        assert_close(ours, theirs, f"output {i}", BFLOAT16_TOLERANCE)


@rows
def test_deepcopy_and_pickle_give_an_equal_independent_layer(case: LayerCase):
    layer = build(case, new_layer(case))
    for again in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert [one.path for one in again.weights] == [one.path for one in layer.weights]
        assert not {id(one) for one in again.weights} & {id(one) for one in layer.weights}
        assert_same_outputs(case, again, "the copy")


@rows
def test_state_dict_round_trip(case: LayerCase):
    layer = build(case, new_layer(case))
    again = build(case, new_layer(case))
    again.set_weights([np.zeros_like(array) for array in again.get_weights()])
    again.load_state_dict(layer.state_dict())
    assert len(list(layer.parameters())) >= len(layer.trainable_weights)
    assert_same_outputs(case, again, "with the other's state")


@rows
def test_moving_to_meta_keeps_shapes_and_names(case: LayerCase):
    layer = build(case, new_layer(case))
    names = [weight.path for weight in layer.weights]
    layer = layer.to("meta")
    assert [weight.path for weight in layer.weights] == names
    outputs = run(case, layer, device="meta")[1]
    assert [tuple(output.shape) for output in outputs] == [array.shape for array in reference_outputs(case)]


@rows
def test_moving_to_double_computes_in_double(case: LayerCase):
    layer = build(case, new_layer(case)).to(torch.float64)
    outputs = run(case, layer, dtype=torch.float64)[1]
    for i, (ours, theirs) in enumerate(zip(outputs, reference_outputs(case), strict=True)):
        assert ours.dtype == torch.float64
        assert_close(ours, theirs, f"output {i}", DOUBLE_TOLERANCE)


@rows_without_state
def test_a_batch_of_one_equals_the_first_row(case: LayerCase):
    layer = build(case, new_layer(case))
    call = {name: _first_row(value) for name, value in call_arguments(case).items()}
    outputs = as_list(layer(*arrange(case, [one[:1] for one in tensors(case, 0)]), **call))
    for i, (ours, theirs) in enumerate(zip(outputs, reference_outputs(case), strict=True)):
        assert_close(ours, theirs[:1], f"output {i}", case.tolerance)


def _first_row(value):
    if isinstance(value, torch.Tensor):
        return value[:1]
    return [_first_row(part) for part in value] if isinstance(value, list) else value


RANDOM_IN_TRAINING = ("Dropout", "Gaussian", "BatchNormalization")


def _is_the_same_in_training(case: LayerCase) -> bool:
    random = any(word in case.layer for word in RANDOM_IN_TRAINING) or "dropout" in case.arguments
    return not random and "training" not in case.call


@pytest.mark.parametrize(
    "case", [case for case in LAYER_CASES if _is_the_same_in_training(case)], ids=lambda case: case.name
)
def test_training_equals_evaluation_where_nothing_is_random(case: LayerCase):
    assert_same_outputs(case, build(case, new_layer(case)).train(), "in training mode")


@pytest.mark.slow
@rows
def test_a_layer_is_one_graph_for_torch_compile(case: LayerCase):
    torch.compiler.reset()
    layer = build(case, new_layer(case))
    clear_losses(layer)  # Dynamo warns when a list that it guards holds results of an earlier call
    compiled = torch.compile(layer, backend="eager", fullgraph=True)
    assert_same_outputs(case, compiled, "compiled")
