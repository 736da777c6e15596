"""The trainings of old generations against those Kerases themselves: stored numbers, and new ones.

Each generation is asked through the Python that `KERAS1_PYTHON`, `KERAS22_PYTHON` or `KERAS23_PYTHON` names;
see old_keras.py.
"""

from __future__ import annotations

import functools

import pytest
from cases import arrays, reference_files
from cases.history_cases_old import ALL, FILES, ROWS
from contracts.test_history_contracts import differing
from reference_keras import run_old
from training.test_old_histories import as_keras

pytestmark = pytest.mark.slow
SCRIPT, NEW = "make_old_keras_history_references.py", "live"
NAMES = [pytest.param(*row, id=", ".join(row)) for row in ALL]


def ask(generation, folder, seed=""):
    """What the Keras of a generation answers now."""
    run_old(generation, SCRIPT, folder / "live", seed)
    return reference_files.read(str(folder / "live"))


@pytest.fixture(scope="module")
def new_answers(tmp_path_factory):
    """Function: what a generation answers for new data and starting weights."""
    return functools.cache(lambda generation: ask(generation, tmp_path_factory.mktemp("old"), NEW))


@pytest.mark.parametrize("generation", ROWS)
def test_stored_references_are_what_this_keras_answers(generation, tmp_path):
    live, stored = ask(generation, tmp_path), reference_files.read(FILES[generation])
    assert set(live) == set(stored)
    for name, parts in stored.items():
        for part, array in parts.items():
            assert reference_files.distance(live[name][part], array) < 1e-6, f"{name}, {part}"


@pytest.mark.parametrize(("generation", "name"), NAMES)
def test_new_numbers_equal_the_old_keras(generation, name, new_answers, monkeypatch):
    theirs = new_answers(generation)[name]
    monkeypatch.setattr(arrays, "SEED", NEW)
    ours = as_keras(generation, ROWS[generation][name])
    assert not (differences := differing(ours, theirs)), differences
