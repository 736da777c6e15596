"""The benchmark of losses and metrics runs: every contestant calls or trains."""

from __future__ import annotations

import importlib
import pathlib

import pytest

ROOT = str(pathlib.Path(__file__).resolve().parent.parent.parent)


@pytest.fixture
def metrics_step(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)  # without real Keras, wherever it is
    module = importlib.import_module("benchmarks.metrics_step")
    for name, value in (("CALLS", 1), ("STEPS", 1), ("BATCH", 4), ("SIZES", {"tiny": (3, 4, 5)})):
        monkeypatch.setattr(module, name, value)
    return module


def test_every_call_has_a_counterpart_by_hand(metrics_step):
    for called in metrics_step.CALLED:
        for run in metrics_step.calls(*called).contestants.values():
            run()


def test_fit_with_metrics_and_with_weights_trains(metrics_step):
    for contest in (metrics_step.with_metrics("tiny", "keras_torch"),
                    metrics_step.with_weights("tiny", "keras_torch")):
        assert len(contest.contestants) >= 2
        for run in contest.contestants.values():
            assert run().history["loss"][0] > 0
