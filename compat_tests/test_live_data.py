"""Every data row against the Keras that is installed, with the stored numbers and with new ones."""

from __future__ import annotations

import pytest
from cases import arrays, reference_files
from cases.data_cases import DATA_CASES
from contracts import test_data_contracts
from reference_keras import ask

pytestmark = pytest.mark.slow
NEW = "live"


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What Keras answers for new data and starting weights."""
    return ask("make_data_references.py", tmp_path_factory.mktemp("data"), NEW)


def test_stored_references_are_what_this_keras_answers(tmp_path):
    live, stored = ask("make_data_references.py", tmp_path), reference_files.read("data")
    assert set(live) <= set(stored)  # pandas and scipy may be missing there
    for name, parts in live.items():
        for part, array in parts.items():
            assert reference_files.distance(stored[name][part], array) < 1e-6, f"{name}, {part}"


@pytest.mark.parametrize("name", DATA_CASES)
def test_new_numbers_equal_keras(name, answers, monkeypatch):
    if name not in answers:
        pytest.skip("the Keras installed has not the package that the row needs")
    monkeypatch.setattr(arrays, "SEED", NEW)
    monkeypatch.setattr(test_data_contracts, "every_row", lambda: answers)
    test_data_contracts.test_data_are_used_as_by_keras(name)
