"""Layers and files of Keras 1.2.2, 2.2.4 and 2.3.1 against those Kerases themselves, with new numbers.

Each generation is asked through the Python that `KERAS1_PYTHON`, `KERAS22_PYTHON` or `KERAS23_PYTHON` names;
see old_keras.py.
"""

from __future__ import annotations

import functools

import pytest
from cases import arrays, reference_files
from cases.old_keras_file_models import FILE_MODELS
from cases.old_keras_layer_case import GENERATIONS, REFERENCES
from layers import test_old_keras_layers as layer_tests
from reference_keras import run_old
from saving import test_old_keras_files as file_tests

pytestmark = pytest.mark.slow
NEW = "live"
generations = pytest.mark.parametrize("generation", GENERATIONS)


@pytest.fixture(scope="module")
def new_answers(tmp_path_factory):
    """Function: what a generation answers for new inputs and weights of every row."""

    def ask(generation):
        target = tmp_path_factory.mktemp("layers") / "live"
        run_old(generation, "make_old_keras_layer_references.py", target, NEW)
        return reference_files.read(str(target))

    return functools.cache(ask)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Function: the folder of folders in which a generation has written all its files."""
    folder = tmp_path_factory.mktemp("files")

    @functools.cache
    def write(generation):
        run_old(generation, "make_old_keras_files.py", folder / generation)
        return folder

    return write


@generations
def test_stored_references_are_what_this_keras_answers(generation, tmp_path):
    run_old(generation, "make_old_keras_layer_references.py", tmp_path / "live")
    live, stored = reference_files.read(str(tmp_path / "live")), reference_files.read(REFERENCES[generation])
    assert set(live) == set(stored)
    for name, parts in stored.items():
        for part, array in parts.items():
            assert reference_files.distance(live[name][part], array) < 1e-6, f"{name}, {part}"


@pytest.mark.parametrize("generation, case", layer_tests.ROWS)
def test_new_numbers_equal_the_old_keras(generation, case, new_answers, monkeypatch):
    answers = new_answers(generation)
    monkeypatch.setattr(arrays, "SEED", NEW)
    monkeypatch.setattr(layer_tests, "read", lambda name: answers)
    layer_tests.test_a_layer_equals_real_keras(generation, case)


@pytest.mark.parametrize(
    "generation, name", [(one, name) for one in GENERATIONS for name in FILE_MODELS[one]]
)
def test_every_file_opens_and_training_goes_on(generation, name, written, monkeypatch):
    monkeypatch.setattr(file_tests, "WRITTEN", str(written(generation)))
    file_tests.test_a_whole_model_opens_and_goes_on_training(generation, name)
    file_tests.test_json_and_weights_open(generation, name)
