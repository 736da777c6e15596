"""Every layer row of Keras 1.2.2, 2.2.4 and 2.3.1: outputs, shapes, weights and configs equal theirs."""

from __future__ import annotations

import functools
import json
import re

import numpy as np
import pytest
import torch
from cases import reference_files
from cases.old_keras_layer_case import GENERATIONS, REFERENCES, input_arrays, symbols, weight_arrays
from cases.old_keras_layer_cases import OLD_LAYER_CASES

import keras_torch
from keras_torch.compat.modules import KerasAlias
from keras_torch.dialects import dialect

VERSIONS = {"keras1": "1.2.2", "keras2.2": "2.2.4", "keras2.3": "2.3.1"}
TOLERANCE = 1e-5  # Theano computes in single precision
ROWS = [
    pytest.param(generation, case, id=f"{generation}-{case.name}")
    for case in OLD_LAYER_CASES
    for generation in case.generations
]
LAYERS = KerasAlias("keras.layers")
read = functools.cache(reference_files.read)


@functools.cache
def configs(name):
    """Row -> the config that real Keras told."""
    return json.loads((reference_files.FOLDER / f"{name}.json").read_text())["about"]["configs"]


def run(generation, case, expected):
    """(layer, symbolic outputs, outputs, weights in the file's order) of ours, with the row's weights."""
    with dialect(generation):
        inputs, outputs, layer = symbols(LAYERS, case)
        model = keras_torch.Model(inputs, outputs)
    shapes = [tuple(int(size) for size in part) for key, part in expected.items() if key.startswith("weight")]
    weights = [*layer.trainable_weights, *layer.non_trainable_weights]
    values = layer.convert_stored(weight_arrays(case, shapes), VERSIONS[generation], "theano")
    assert [tuple(value.shape) for value in values] == [tuple(weight.shape) for weight in weights]
    with torch.no_grad():
        for weight, value in zip(weights, values, strict=True):
            weight.copy_(torch.as_tensor(np.ascontiguousarray(value)))
    arrays = [torch.as_tensor(one) for one in input_arrays(case)]
    found = model(arrays if len(arrays) > 1 else arrays[0], training=case.training)
    as_list = list(found) if isinstance(found, (list, tuple)) else [found]
    symbolic = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    return layer, symbolic, [one.detach().numpy() for one in as_list], weights


@pytest.mark.parametrize("generation, case", ROWS)
def test_a_layer_equals_real_keras(generation, case):
    expected = read(REFERENCES[generation])[case.name]
    _, symbolic, outputs, weights = run(generation, case, expected)
    answers = [part for key, part in expected.items() if key.startswith("output")]
    assert [one.shape for one in outputs] == [one.shape for one in answers]
    assert [tuple(one.shape) for one in symbolic] == [one.shape for one in answers]
    distances = [reference_files.distance(one, answer) for one, answer in zip(outputs, answers, strict=True)]
    states = {int(key[5:]): part for key, part in expected.items() if key.startswith("after")}
    distances += [reference_files.distance(weights[i].detach().numpy(), part) for i, part in states.items()]
    if case.theano:
        assert max(distances) > TOLERANCE, "Theano gives TensorFlow's numbers: the row's reason is none"
    else:
        assert max(distances) <= TOLERANCE


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_row_has_a_reference(generation):
    rows = {case.name for case in OLD_LAYER_CASES if generation in case.generations}
    assert rows == set(read(REFERENCES[generation]))


CONFIGS = [
    pytest.param(generation, case, id=f"{generation}-{case.name}")
    for case in OLD_LAYER_CASES
    for generation in case.generations
    if case.name in configs(REFERENCES[generation])
]


@pytest.mark.parametrize("generation, case", CONFIGS)
def test_a_config_of_real_keras_makes_the_same_layer(generation, case):
    theirs = configs(REFERENCES[generation])[case.name]
    with dialect(generation):
        layer = symbols(LAYERS, case)[2]
        again = type(layer).from_config(theirs)
    ours, found = plain(layer.get_config()), plain(again.get_config())
    for name in ("name", "layer", "cell", "backward_layer"):  # inner layers have names of their own
        ours.pop(name, None), found.pop(name, None)
    assert found == ours


@pytest.mark.parametrize("generation, case", CONFIGS)
def test_automatic_names_are_spelled_as_in_real_keras(generation, case):
    with dialect(generation):
        name = symbols(LAYERS, case)[2].name
    theirs = configs(REFERENCES[generation])[case.name]["name"]
    assert re.sub(r"_\d+$", "", name) == re.sub(r"_\d+$", "", theirs)


@pytest.mark.parametrize("generation", [*GENERATIONS, "tf.keras"])
def test_inputs_are_counted_from_one(generation):
    keras_torch.backend.clear_session()
    with dialect(generation):
        names = [keras_torch.Input((3,)).node.operation.name for _ in range(2)]
    assert names == ["input_1", "input_2"]


_SCALING = {  # names of today for the VarianceScaling that old configs spell out
    "GlorotUniform": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform"},
    "HeNormal": {"scale": 2.0, "mode": "fan_in", "distribution": "truncated_normal"},
}


def plain(config):
    """A config as JSON has it, in single precision, with initializers spelled out."""
    if isinstance(config, dict) and "class_name" in config:
        inner = {name: value for name, value in config["config"].items() if name not in ("name", "seed")}
        return plain(inner | _SCALING.get(config["class_name"], {}))
    if isinstance(config, dict):
        return {name: plain(value) for name, value in config.items() if name not in ("module",)}
    if isinstance(config, (list, tuple)):
        return [plain(item) for item in config]
    return float(np.float32(config)) if isinstance(config, float) else config
