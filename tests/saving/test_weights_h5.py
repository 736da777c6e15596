"""`.weights.h5`: files of real Keras, our own, the optimizer's state, and what happens when something goes wrong."""

from __future__ import annotations

import json
import os

import h5py
import numpy as np
import pytest
import torch
from cases import reference_files
from cases.saving_cases import DATA, SAVING_CASES, answers, trained

import keras_torch as keras
from keras_torch import layers

TOLERANCE = 1e-5
every_row = reference_files.read
by_name = pytest.mark.parametrize("case", SAVING_CASES, ids=lambda case: case.name)


def small(units=2):
    return keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(units)])


def close(ours, theirs):
    return all(reference_files.distance(ours[key], theirs[key]) <= TOLERANCE for key in theirs)


@pytest.fixture(scope="module")
def references():
    return every_row("weight_files")


@by_name
def test_files_of_real_keras_load(case, references):
    model = case.build(keras)
    if case.compiled:
        model.compile(case.compiled(keras), "mse")
    model.load_weights(DATA / f"{case.name}.weights.h5")
    expected = {key: value for key, value in references[case.name].items() if "later" not in key}
    assert close(answers(model, case), expected)


@by_name
def test_training_goes_on_from_a_file_of_real_keras(case, references):
    if not case.compiled:
        pytest.skip("not compiled")
    model = case.build(keras)
    model.compile(case.compiled(keras), "mse")
    model.load_weights(DATA / f"{case.name}.weights.h5")
    model.train_on_batch(case.data(), np.zeros((len(case.data()), 2), "float32"))
    later = {key: value for key, value in references[case.name].items() if "later" in key}
    assert close({f"later {key}": value for key, value in answers(model, case).items()}, later)


@by_name
def test_architectures_written_by_real_keras_load(case, references):
    if not case.has_json:
        pytest.skip("a subclassed model has no JSON")
    model = keras.models.model_from_json((DATA / f"{case.name}.json").read_text())
    model.load_weights(DATA / f"{case.name}.weights.h5")
    expected = {key: value for key, value in references[case.name].items() if "later" not in key}
    assert close(answers(model, case), expected)


@by_name
def test_files_of_tf_keras_load(case):
    expected = every_row("weight_files_tf_keras")[case.name]
    model = case.build(keras)
    if case.compiled:
        model.compile(case.compiled(keras), "mse")
    model.load_weights(DATA / "tf_keras" / f"{case.name}.weights.h5")
    found = answers(model, case)
    if case.compiled:
        model.train_on_batch(case.data(), np.zeros((len(case.data()), 2), "float32"))
        found |= {f"later {key}": value for key, value in answers(model, case).items()}
    assert close(found, expected)


@by_name
def test_architectures_written_by_tf_keras_load(case):
    if not case.has_json:
        pytest.skip("a subclassed model has no JSON")
    expected = every_row("weight_files_tf_keras")[case.name]
    model = keras.models.model_from_json((DATA / "tf_keras" / f"{case.name}.json").read_text())
    model.load_weights(DATA / "tf_keras" / f"{case.name}.weights.h5")
    assert close(answers(model, case), {key: value for key, value in expected.items() if "later" not in key})


@by_name
def test_our_files_have_the_paths_and_shapes_of_real_keras(case, tmp_path):
    def contents(path):
        found = {}
        with h5py.File(path) as file:
            file.visititems(lambda name, item: found.__setitem__(name, item.shape)
                            if isinstance(item, h5py.Dataset) else None)
        return found

    trained(keras, case).save_weights(tmp_path / "ours.weights.h5")
    assert contents(tmp_path / "ours.weights.h5") == contents(DATA / f"{case.name}.weights.h5")


@by_name
def test_our_files_load_again(case, tmp_path):
    model = trained(keras, case)
    model.save_weights(tmp_path / "a.weights.h5")
    other = case.build(keras)
    other.load_weights(tmp_path / "a.weights.h5")
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), other.get_weights(), strict=True))
