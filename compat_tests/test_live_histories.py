"""Every training row against the Keras that is installed, with the stored numbers and with new ones."""

from __future__ import annotations

import functools

import pytest
from cases import arrays, reference_files
from cases.history_case import answers
from cases.history_cases import KERAS3_CASES, TF_KERAS_CASES
from contracts.test_history_contracts import differing
from reference_keras import ask

import keras_torch

pytestmark = pytest.mark.slow
NEW = "live"
SCRIPTS = {
    "histories": ("make_history_references.py", "keras3", KERAS3_CASES),
    "histories_tf_keras": ("make_tf_keras_history_references.py", "tf.keras", TF_KERAS_CASES),
}
ROWS = [(file, name) for file, (_, _, rows) in SCRIPTS.items() for name in rows]


@pytest.fixture(scope="module")
def new_answers(tmp_path_factory):
    """Function: what Keras answers for new data and starting weights, by file."""
    folder = tmp_path_factory.mktemp("histories")
    return functools.cache(lambda file: ask(SCRIPTS[file][0], folder, NEW))


@pytest.mark.parametrize("file", SCRIPTS)
def test_stored_references_are_what_this_keras_answers(file, tmp_path):
    live, stored = ask(SCRIPTS[file][0], tmp_path), reference_files.read(file)
    assert set(live) == set(stored)
    for name, parts in stored.items():
        for part, array in parts.items():
            assert reference_files.distance(live[name][part], array) < 1e-6, f"{name}, {part}"


@pytest.mark.parametrize(("file", "name"), ROWS)
def test_new_numbers_equal_keras(file, name, new_answers, monkeypatch):
    theirs = new_answers(file)[name]
    _, dialect, rows = SCRIPTS[file]
    monkeypatch.setattr(arrays, "SEED", NEW)
    before = keras_torch.dialects.current_dialect()
    keras_torch.set_dialect(dialect)
    try:
        differences = differing(answers(keras_torch, rows[name]), theirs)
    finally:
        keras_torch.set_dialect(before)
    assert not differences, differences
