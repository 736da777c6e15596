"""Objects <-> dictionaries; a config never brings in code."""

from __future__ import annotations

import importlib
import json
import os
import sys

import numpy as np
import pytest
import torch

import keras_torch
from keras_torch import initializers, layers, losses, regularizers
from keras_torch.base.serialization import (
    deserialize_keras_object,
    deserialize_value,
    is_object_config,
    resolve,
    serialize_keras_object,
    serialize_value,
)

OBJECTS = [
    lambda: initializers.Constant(3.0),
    lambda: regularizers.L1L2(0.1, 0.2),
    lambda: losses.Huber(delta=2.0),
    lambda: layers.Dense(3, activation="relu", kernel_regularizer="l2", name="d"),
    lambda: layers.Bidirectional(layers.LSTM(2, name="l"), name="b"),
    lambda: keras_torch.optimizers.Adam(keras_torch.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)),
]


@pytest.mark.parametrize("make", OBJECTS)
def test_objects_make_the_round_trip_through_json(make):
    described = serialize_keras_object(make())
    text = json.dumps(described)
    again = deserialize_keras_object(json.loads(text))
    assert type(again) is type(make()) and json.dumps(serialize_keras_object(again)) == text


def test_the_dictionary_has_the_keys_of_keras_3():
    assert serialize_keras_object(initializers.Zeros()) == {
        "module": "keras.initializers",
        "class_name": "Zeros",
        "config": {},
        "registered_name": None,
    }


@pytest.mark.parametrize(
    "value", [None, 1, 0.5, "same", True, [1, [2]], (1, ("a", None)), {"a": [1, (2,)]}, b"x"]
)
def test_plain_values_stay(value):
    again = deserialize_value(serialize_value(value))
    assert again == value and type(again) is type(value)


@pytest.mark.parametrize("value", [np.arange(6, dtype="int8").reshape(2, 3), np.array([True, False])])
def test_arrays_keep_type_and_shape(value):
    again = deserialize_value(serialize_value({"inside": [value]}))["inside"][0]
    assert again.dtype == value.dtype and np.array_equal(again, value)


def test_numbers_and_types_of_numpy_and_torch_become_plain():
    assert serialize_value([np.float32(2), np.int64(3), np.bool_(True)]) == [2.0, 3, True]
    assert serialize_value(torch.bfloat16) == "bfloat16"


@pytest.mark.parametrize(
    "config, value",
    [
        ({"class_name": "__tuple__", "config": {}, "items": [1, 2]}, (1, 2)),
        ({"class_name": "__tuple__", "config": [1, [2]]}, (1, [2])),
        ({"class_name": "__bytes__", "config": {"value": "x"}}, b"x"),
        ({"class_name": "DTypePolicy", "config": {"name": "float16"}}, "float16"),
    ],
)
def test_special_classes_of_keras_files_are_understood(config, value):
    assert deserialize_keras_object(config) == value


def test_objects_in_lists_and_dicts_are_rebuilt():
    zeros = serialize_keras_object(initializers.Zeros())
    again = deserialize_keras_object({"a": [zeros, {"b": (zeros, 1)}]})
    assert isinstance(again["a"][0], initializers.Zeros) and isinstance(
        again["a"][1]["b"][0], initializers.Zeros
    )


def test_functions_are_their_names():
    assert serialize_keras_object(keras_torch.activations.relu) == "relu"
    config = {"class_name": "function", "config": "relu", "module": "builtins", "registered_name": "relu"}
    assert deserialize_keras_object(config) is keras_torch.activations.relu


def test_a_function_that_no_table_knows_is_refused():
    with pytest.raises(ValueError, match="has no name that a config could give. Register it with"):
        serialize_keras_object(lambda x: x)


def test_custom_objects_are_found_and_win():
    class Zeros(initializers.Zeros):
        """Has the name of a house class."""

    config = {"class_name": "Zeros", "config": {}}
    assert type(deserialize_keras_object(config, {"Zeros": Zeros})) is Zeros
    assert type(deserialize_keras_object(config)) is initializers.Zeros
    assert deserialize_keras_object({"class_name": "function", "config": "f"}, {"f": len}) is len


HOSTILE = [
    {"module": "os", "class_name": "system", "config": {"command": "true"}, "registered_name": None},
    {"module": "os", "class_name": "system", "config": {"command": "true"}, "registered_name": "os>system"},
    {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "eval"},
    {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"},
    {"module": "subprocess", "class_name": "subprocess.Popen", "config": {"args": ["true"]}},
    {"module": "antigravity", "class_name": "Anything", "config": {}},
]


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("config", HOSTILE, ids=lambda config: config["module"])
def test_what_a_config_names_is_neither_imported_nor_called(config, wrapped, monkeypatch):
    def never(*args, **kwargs):
        raise AssertionError("a config was obeyed")

    monkeypatch.setattr(os, "system", never)
    monkeypatch.setattr(importlib, "import_module", never)
    with pytest.raises(ValueError, match="^Nothing is called .* here. .* register it with"):
        deserialize_keras_object({"a": [config]} if wrapped else config)
    assert "antigravity" not in sys.modules


def test_code_in_a_config_is_refused():
    with pytest.raises(ValueError, match="holds the code of a function; code in configs is never run"):
        deserialize_keras_object({"class_name": "__lambda__", "config": {"code": "4wE="}})


@pytest.mark.parametrize("safe_mode", [False, None, 0])
def test_safe_mode_cannot_be_switched_off(safe_mode):
    with pytest.raises(ValueError, match="`safe_mode` must be True; code stored in configs is never run"):
        deserialize_keras_object({"class_name": "Zeros", "config": {}}, safe_mode=safe_mode)


def test_an_unknown_name_names_its_neighbours():
    with pytest.raises(
        ValueError, match="Nothing is called 'Dens' here. Nearest known: 'dense'.*custom_objects"
    ):
        deserialize_keras_object({"class_name": "Dens", "config": {}})


@pytest.mark.parametrize("config", ["x", 3, None])
def test_a_config_that_is_no_dictionary_is_refused(config):
    with pytest.raises(ValueError, match="^The config of a Zeros must be a dictionary; got "):
        deserialize_keras_object({"class_name": "Zeros", "config": config})


def test_the_module_chooses_between_equal_names():
    assert resolve("MeanSquaredError", "keras.losses") is losses.MeanSquaredError
    assert resolve("MeanSquaredError", "keras.metrics") is keras_torch.metrics.MeanSquaredError
    assert resolve("nobody>Nobody", fallback="Zeros") is initializers.Zeros


def test_a_layer_that_stands_twice_is_one_layer_again():
    class Pair(layers.Layer):
        def __init__(self, left, right, **kwargs):
            super().__init__(**kwargs)
            self.left, self.right = left, right

    shared = layers.Dense(2)
    again = deserialize_keras_object(serialize_keras_object(Pair(shared, shared)), {"Pair": Pair})
    assert again.left is again.right
    described = serialize_keras_object(Pair(shared, layers.Dense(2)))
    again = deserialize_keras_object(described, {"Pair": Pair})
    assert again.left is not again.right and "shared_object_id" not in json.dumps(described)


@pytest.mark.parametrize(
    "value, answer",
    [
        ({"class_name": "A", "config": {}}, True),
        ({"class_name": "A"}, False),
        ("A", False),
        (None, False),
    ],
)
def test_configs_of_objects_are_told_from_other_dictionaries(value, answer):
    assert is_object_config(value) is answer
