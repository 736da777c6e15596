"""Files that real Keras 1.2.2, 2.2.4 and 2.3.1 wrote open with their numbers, and training goes on alike."""

from __future__ import annotations

import functools
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from cases import reference_files
from cases.old_keras_file_models import FILE_MODELS, STORED, doubled, predictions, train

import keras_torch
from keras_torch.dialects import dialect

STORE = reference_files.FOLDER / "old_keras_files"
WRITTEN = os.environ.get("KERAS_TORCH_OLD_FILES")  # a folder for each generation with all files of the script
TOLERANCE = 1e-5
CUSTOM = {"twice": doubled}
rows = pytest.mark.parametrize(
    "generation, name",
    [(one, name) for one in FILE_MODELS for name in (FILE_MODELS[one] if WRITTEN else STORED[one])],
)


@functools.cache
def unpacked(generation):
    """The folder with the files of a generation, and what keeps it."""
    keeper = tempfile.TemporaryDirectory()
    zipfile.ZipFile(STORE / f"{generation}.zip").extractall(keeper.name)
    return Path(keeper.name), keeper


def files(generation, name):
    """(path without ending, answers) of a model."""
    path = (Path(WRITTEN) / generation if WRITTEN else unpacked(generation)[0]) / name
    return path, dict(np.load(f"{path}.npz"))


def assert_predicts(model, generation, name, expected, when="before"):
    """Fails where a prediction differs."""
    for i, found in enumerate(predictions(model, name, FILE_MODELS[generation][name])):
        assert reference_files.distance(found, expected[f"{when}{i}"]) <= TOLERANCE


@rows
def test_a_whole_model_opens_and_goes_on_training(generation, name):
    path, expected = files(generation, name)
    model = keras_torch.models.load_model(f"{path}.h5", custom_objects=CUSTOM)
    assert_predicts(model, generation, name, expected)
    model.reset_states()
    with dialect(generation):
        [loss] = train(model, name, FILE_MODELS[generation][name], steps=1)
    assert loss == pytest.approx(float(expected["loss"]), rel=1e-5)
    model.reset_states()
    assert_predicts(model, generation, name, expected, "after")


@rows
def test_json_and_weights_open(generation, name):
    path, expected = files(generation, name)
    with dialect(generation):
        model = keras_torch.models.model_from_json(Path(f"{path}.json").read_text(), custom_objects=CUSTOM)
    model.load_weights(f"{path}_weights.h5")
    assert_predicts(model, generation, name, expected)
    for weight in model.weights:
        weight.assign(np.zeros(weight.shape))
    model.load_weights(f"{path}.h5", by_name=True)
    model.reset_states()
    assert_predicts(model, generation, name, expected)
