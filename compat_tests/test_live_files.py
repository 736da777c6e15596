"""`.keras` files between keras_torch and the Keras that is installed: each reads what the other wrote."""

from __future__ import annotations

import os
import subprocess

import numpy as np
import pytest
from cases import reference_files
from cases.keras_file_models import MODELS, batches
from cases.layer_case import as_list
from cases.layer_cases import LAYER_CASES
from contracts.layer_running import model_inputs, new_layer, set_weights, symbolic_model
from reference_keras import HERE, reference_python

import keras_torch

pytestmark = pytest.mark.slow
rows = pytest.mark.parametrize("case", LAYER_CASES, ids=lambda case: case.name)
TOLERANCE = 2e-5  # Keras computes in single precision here


def run_keras(task: str, folder) -> None:
    """Lets real Keras write files into a folder, or answer with those that lie there."""
    command = [reference_python(), str(HERE / "make_keras_files.py"), task, str(folder)]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "FAILED" not in done.stdout, done.stdout[-3000:]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """The folder with Keras's files and answers."""
    folder = tmp_path_factory.mktemp("theirs")
    run_keras("write", folder)
    return folder


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """The folder with our files, Keras's answers to them, and our own answers."""
    folder, answers = tmp_path_factory.mktemp("ours"), {}
    for case in LAYER_CASES:
        layer = new_layer(case)
        model, _ = symbolic_model(case, layer, unknown_batch=False)
        set_weights(case, layer)
        model.save(folder / f"{case.name}.keras")
        answers[case.name] = [one.detach().numpy() for one in answer(model, case)]
    for name, make in MODELS.items():
        model, (x, y) = make(keras_torch), batches(name)
        model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
        model.save(folder / f"{name}.keras")
        before = model.predict(x, verbose=0)
        model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
        answers[name] = [before, model.predict(x, verbose=0)]
    run_keras("read", folder)
    return folder, answers


def answer(model, case):
    """Outputs of a one-layer model."""
    inputs = model_inputs(case)
    return as_list(model(inputs if len(inputs) > 1 else inputs[0]))


def assert_equal(ours, theirs, tolerance=TOLERANCE):
    """Fails where the arrays differ in shape or by more than the tolerance."""
    assert ours.shape == theirs.shape
    assert reference_files.distance(ours.astype("float32"), theirs.astype("float32")) <= tolerance


def stored(folder, name):
    """What Keras answered: part -> array; the error, if there was one, fails the test."""
    error = folder / f"{name}.error"
    assert not error.exists(), error.read_text()
    return dict(np.load(folder / f"{name}.npz"))


@rows
def test_we_read_a_layer_that_keras_wrote(case, theirs):
    outputs = answer(keras_torch.models.load_model(theirs / f"{case.name}.keras"), case)
    keras = stored(theirs, case.name)
    for i, output in enumerate(outputs):
        assert_equal(output.detach().numpy(), keras[f"output{i}"], max(TOLERANCE, case.tolerance))


@rows
def test_keras_reads_a_layer_that_we_wrote(case, ours):
    folder, answers = ours
    for i, output in enumerate(answers[case.name]):
        assert_equal(output, stored(folder, case.name)[f"output{i}"], max(TOLERANCE, case.tolerance))


@pytest.mark.parametrize("name", MODELS)
def test_we_go_on_training_a_model_that_keras_wrote(name, theirs):
    answers, (x, y) = stored(theirs, name), batches(name)
    model = keras_torch.models.load_model(theirs / f"{name}.keras")
    assert_equal(model.predict(x, verbose=0), answers["before"])
    model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
    assert_equal(model.predict(x, verbose=0), answers["after"], 1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_keras_goes_on_training_a_model_that_we_wrote(name, ours):
    folder, answers = ours
    before, after = answers[name]
    assert_equal(before, stored(folder, name)["before"])
    assert_equal(after, stored(folder, name)["after"], 1e-4)
