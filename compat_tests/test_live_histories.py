"""Every training row against the Keras that is installed, with the stored numbers and with new ones."""

from __future__ import annotations

import pytest
from cases import arrays, reference_files
from cases.history_cases import HISTORY_CASES
from contracts import test_history_contracts
from reference_keras import ask

pytestmark = pytest.mark.slow
NEW = "live"


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What Keras answers for new data and starting weights."""
    return ask("make_history_references.py", tmp_path_factory.mktemp("histories"), NEW)


def test_stored_references_are_what_this_keras_answers(tmp_path):
    live, stored = ask("make_history_references.py", tmp_path), reference_files.read("histories")
    assert set(live) == set(stored)
    for name, parts in stored.items():
        for part, array in parts.items():
            assert reference_files.distance(live[name][part], array) < 1e-6, f"{name}, {part}"


@pytest.mark.parametrize("name", HISTORY_CASES)
def test_new_numbers_equal_keras(name, answers, monkeypatch):
    monkeypatch.setattr(arrays, "SEED", NEW)
    monkeypatch.setattr(test_history_contracts, "every_row", lambda: answers)
    test_history_contracts.test_training_equals_keras(name)
