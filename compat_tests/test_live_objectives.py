"""Every loss and metric row against the Keras that is installed, with stored numbers and with new ones."""

from __future__ import annotations

import pytest
from cases import arrays, reference_files
from cases.loss_cases import LOSS_CASES
from cases.metric_cases import METRIC_CASES
from losses import test_loss_numbers
from metrics import test_metric_numbers
from reference_keras import ask

pytestmark = pytest.mark.slow
NEW = "live"
SCRIPT = "make_loss_metric_references.py"


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What Keras answers for new data."""
    return ask(SCRIPT, tmp_path_factory.mktemp("objectives"), NEW)


def test_stored_references_are_what_this_keras_answers(tmp_path):
    live = ask(SCRIPT, tmp_path)
    for kind in ("losses", "metrics"):
        for name, parts in reference_files.read(kind).items():
            for part, array in parts.items():
                assert reference_files.distance(live[f"{kind}/{name}"][part], array) < 1e-6, f"{name}, {part}"


@pytest.mark.parametrize("case", LOSS_CASES, ids=lambda case: case.name)
def test_losses_of_new_numbers_equal_keras(case, answers, monkeypatch):
    monkeypatch.setattr(arrays, "SEED", NEW)
    test_loss_numbers.check(case, answers[f"losses/{case.name}"])


@pytest.mark.parametrize("case", METRIC_CASES, ids=lambda case: case.name)
def test_metrics_of_new_numbers_equal_keras(case, answers, monkeypatch):
    monkeypatch.setattr(arrays, "SEED", NEW)
    test_metric_numbers.check_batches(case, answers[f"metrics/{case.name}"])
