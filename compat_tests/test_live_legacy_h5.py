"""HDF5 files of Keras 2's layout between keras_torch and the installed Keras 3 and tf_keras, both ways.

Keras 3 does not go on training a model that it read from such a file, not even its own ("Unknown variable");
so of its reading the predictions and the optimizer's count are compared.
"""

from __future__ import annotations

import os
import subprocess

import numpy as np
import pytest
from cases import reference_files
from cases.layer_case import as_list
from cases.layer_cases import LAYER_CASES
from cases.legacy_h5_models import MODELS, answers, train
from contracts.layer_running import model_inputs, new_layer, set_weights, symbolic_model
from reference_keras import HERE, reference_python

import keras_torch

pytestmark = pytest.mark.slow
names = pytest.mark.parametrize("name", MODELS)
rows = pytest.mark.parametrize("case", LAYER_CASES, ids=lambda case: case.name)
kinds = pytest.mark.parametrize("kind", ["keras3", "tf_keras"])
TOLERANCE = 1e-5  # Keras computes in single precision here
ROW_TOLERANCE = 2e-5  # as for `.keras` files


def run_keras(task, folder):
    """Lets real Keras write files into a folder, or answer with those that lie there."""
    command = [reference_python(), str(HERE / "make_legacy_h5_files.py"), task, str(folder)]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """The folder with the files and answers of both."""
    folder = tmp_path_factory.mktemp("theirs")
    run_keras("write", folder)
    return folder


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """The folder with our files, their answers to them, and our own answers."""
    folder, found = tmp_path_factory.mktemp("ours"), {}
    for name, make in MODELS.items():
        model = make(keras_torch)
        train(model, name)
        model.save(folder / f"{name}.h5")
        model.save_weights(folder / f"{name}.hdf5")
        found[name] = answers(model, name)
    (folder / "rows").mkdir()
    for case in LAYER_CASES:
        layer = new_layer(case)
        model, _ = symbolic_model(case, layer, unknown_batch=False)
        set_weights(case, layer)
        model.save(folder / "rows" / f"{case.name}.h5")
        found[case.name] = outputs_of(model, case)
    run_keras("read", folder)
    return folder, found


def outputs_of(model, case):
    """Outputs of a model of one layer."""
    inputs = model_inputs(case)
    return [one.detach().numpy() for one in as_list(model(inputs if len(inputs) > 1 else inputs[0]))]


def assert_row(case, outputs, path):
    """Fails where outputs differ from those in a file of answers."""
    stored = dict(np.load(path))
    for number, output in enumerate(outputs):
        theirs = stored[f"output{number}"].astype("float32")
        distance = reference_files.distance(output.astype("float32"), theirs)
        assert distance <= max(ROW_TOLERANCE, case.tolerance)


def assert_equal(model, name, expected, prefix="", tolerance=TOLERANCE):
    """Fails where a prediction differs by more than the tolerance."""
    for key, value in answers(model, name).items():
        assert reference_files.distance(value, expected[prefix + key]) <= tolerance


@kinds
@names
def test_we_read_a_model_and_go_on_training(name, kind, theirs):
    expected = dict(np.load(theirs / kind / f"{name}.npz"))
    model = keras_torch.models.load_model(theirs / kind / f"{name}.h5")
    assert_equal(model, name, expected)
    train(model, name)
    assert_equal(model, name, expected, "after_", 1e-4)


@kinds
@names
def test_we_read_weights(name, kind, theirs):
    model = MODELS[name](keras_torch)
    model.load_weights(theirs / kind / (f"{name}.hdf5" if kind == "tf_keras" else f"{name}.h5"))
    assert_equal(model, name, dict(np.load(theirs / kind / f"{name}.npz")))


@pytest.mark.parametrize("part", ["model", "keras3", "tf_keras"])
@names
def test_they_read_what_we_wrote(name, part, ours):
    folder, found = ours
    error = folder / f"{name}.{part}.error"
    assert not error.exists(), error.read_text()
    stored = dict(np.load(folder / f"{name}.{part}.npz"))
    for key, value in found[name].items():
        assert reference_files.distance(value, stored[key]) <= TOLERANCE
    assert part != "model" or stored["steps"] == 4


@rows
def test_we_read_a_layer_that_keras_wrote(case, theirs):
    model = keras_torch.models.load_model(theirs / "rows" / f"{case.name}.h5")
    assert_row(case, outputs_of(model, case), theirs / "rows" / f"{case.name}.npz")


@rows
def test_keras_reads_a_layer_that_we_wrote(case, ours):
    folder, found = ours
    error = folder / "rows" / f"{case.name}.error"
    assert not error.exists(), error.read_text()
    assert_row(case, found[case.name], folder / "rows" / f"{case.name}.npz")
