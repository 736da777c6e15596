"""Every layer row against the Keras that is installed, with the stored numbers and with new ones."""

from __future__ import annotations

import pytest
from cases import arrays, reference_files
from cases.layer_cases import LAYER_CASES
from contracts import layer_running, test_layer_contracts
from reference_keras import ask

pytestmark = pytest.mark.slow
NEW = "live"


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What Keras answers for new inputs and weights."""
    return ask("make_layer_references.py", tmp_path_factory.mktemp("layers"), NEW)


def test_stored_references_are_what_this_keras_answers(tmp_path):
    live, stored = ask("make_layer_references.py", tmp_path), reference_files.read("layers")
    assert set(live) == set(stored)
    for name, parts in stored.items():
        for part, array in parts.items():
            assert reference_files.distance(live[name][part], array) < 1e-6, f"{name}, {part}"


@pytest.mark.parametrize("case", LAYER_CASES, ids=lambda case: case.name)
def test_new_numbers_equal_keras(case, answers, monkeypatch):
    monkeypatch.setattr(arrays, "SEED", NEW)
    monkeypatch.setattr(layer_running, "every_row", lambda: answers)
    test_layer_contracts.test_outputs_and_gradients_equal_keras(case)
