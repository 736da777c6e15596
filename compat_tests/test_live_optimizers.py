"""Every optimizer row against the Keras and tf_keras that are installed, with stored numbers and new ones."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from cases import arrays, optimizer_cases, reference_files
from reference_keras import ask

pytestmark = pytest.mark.slow
NEW = "live"
ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests" / "optimizers" / "test_optimizer_references.py"
_spec = importlib.util.spec_from_file_location("optimizer_rows", TESTS)
rows = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(rows)
# Other weights may come nearer to zero, and an update of Muon is a quintic of its gradient, five times.
LOOSER = 3


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What Keras answers for new variables and gradients."""
    return ask("make_optimizer_references.py", tmp_path_factory.mktemp("optimizers"), NEW)


def test_stored_references_are_what_this_keras_answers(tmp_path):
    live, stored = ask("make_optimizer_references.py", tmp_path), reference_files.read("optimizers")
    assert set(live) == set(stored)
    for name, parts in stored.items():
        for part, array in parts.items():
            assert reference_files.distance(live[name][part], array) < 1e-6, f"{name}, {part}"


@pytest.mark.parametrize("case", optimizer_cases.OPTIMIZER_CASES, ids=lambda case: case.name)
def test_new_numbers_equal_keras(case, answers, monkeypatch):
    monkeypatch.setattr(arrays, "SEED", NEW)
    monkeypatch.setattr(rows, "REFERENCES", answers)
    rows.compare(case, rows.run(case, rows.by_step)[0], LOOSER * case.tolerance)
