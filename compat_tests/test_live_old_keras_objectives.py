"""The rows of losses, metrics, optimizers and names against the old Kerases that are installed."""

from __future__ import annotations

import json

import pytest
from cases import arrays, old_objective_case, old_objective_run, reference_files
from cases.old_names import FILES as NAMES
from cases.old_objective_backend import BACKEND
from cases.old_objective_cases import FORMULAS, WEIGHTED
from cases.old_objective_metrics import METRICS
from cases.old_objective_optimizers import OPTIMIZERS
from old_keras import VARIABLES
from reference_keras import run_old

pytestmark = pytest.mark.slow
NEW = "live"
# Other weights may come nearer to zero, and other labels nearer to the edges of a logarithm.
LOOSER = 10


@pytest.mark.parametrize("generation", VARIABLES)
def test_new_numbers_equal_those_of_that_keras(generation, tmp_path, monkeypatch):
    run_old(generation, "make_old_keras_objective_references.py", tmp_path / "live", NEW)
    references = reference_files.read(str(tmp_path / "live"))
    monkeypatch.setattr(arrays, "SEED", NEW)
    wrong = {}
    formula, trajectory = old_objective_run.formula, old_objective_run.trajectory
    parts = ((FORMULAS + BACKEND, formula), (WEIGHTED, old_objective_run.weighted), (OPTIMIZERS, trajectory),
             (METRICS, old_objective_run.metric))
    for cases, run in parts:
        for case in cases:
            if case.generation == generation:
                found = run(case)
                wrong[case.name] = old_objective_run.differences(case, found, references[case.name], LOOSER)
    assert len(wrong) > 300
    assert {name: sentences for name, sentences in wrong.items() if sentences} == {}


@pytest.mark.parametrize("generation", VARIABLES)
def test_stored_numbers_are_what_that_keras_answers(generation, tmp_path):
    run_old(generation, "make_old_keras_objective_references.py", tmp_path / "live")
    live = reference_files.read(str(tmp_path / "live"))
    stored = reference_files.read(old_objective_case.FILES[generation])
    assert set(live) == set(stored)
    for name, parts in stored.items():
        for part, array in parts.items():
            if not name.startswith("initializers."):  # random numbers of Theano's own
                assert reference_files.distance(live[name][part], array) < 1e-6, f"{name}, {part}"


@pytest.mark.parametrize("generation", VARIABLES)
def test_stored_names_are_those_of_that_keras(generation, tmp_path):
    run_old(generation, "make_old_keras_names.py", tmp_path / "live")
    stored = reference_files.FOLDER / f"{NAMES[generation]}.json"
    assert json.loads((tmp_path / "live.json").read_text()) == json.loads(stored.read_text())
