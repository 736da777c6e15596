"""What a step may cost: no read-back from the device, a bounded number of frames, no memory."""

from __future__ import annotations

import gc
import sys

import numpy as np
import pytest
from cases.training_models import LABELS, X, classifier
from torch.utils._python_dispatch import TorchDispatchMode

SAMPLES = 64
DATA, TARGETS = np.tile(X, (4, 1))[:SAMPLES], np.tile(LABELS, 4)[:SAMPLES]
FEW, MANY = 2, 16  # batches of an epoch
FRAMES_OF_A_STEP = 135  # 121 today, with accuracy and Adam; Keras 3 on torch takes over 2,000


class Operations(TorchDispatchMode):
    """Counts operations, and those that bring a number to Python."""

    def __init__(self):
        super().__init__()
        self.all, self.read_backs = 0, 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.all += 1
        self.read_backs += "_local_scalar_dense" in str(function)
        return function(*args, **(kwargs or {}))


def _per_step(measure, method="fit"):
    """What an additional step costs: the difference of an epoch of many and one of few steps."""
    model = classifier(optimizer="adam")
    counts = []
    for number in (MANY, FEW, MANY):  # the first one warms up
        counts.append(
            measure(lambda n=number: getattr(model, method)(DATA, TARGETS, SAMPLES // n, verbose=0))
        )
    return (counts[2] - counts[1]) / (MANY - FEW)


def _read_backs(run):
    with Operations() as operations:
        run()
    return operations.read_backs


def _frames(run):
    count = 0

    def on_event(frame, event, argument):
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(on_event)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("metrics", [[], ["accuracy"], ["accuracy", "sparse_categorical_crossentropy"]])
def test_no_step_reads_a_number_back(metrics):
    model = classifier(metrics=metrics, optimizer="adam")
    run = {n: _read_backs(lambda n=n: model.fit(DATA, TARGETS, SAMPLES // n, verbose=0)) for n in (MANY, FEW)}
    assert run[MANY] == run[FEW]


def test_no_step_of_evaluate_reads_a_number_back():
    assert _per_step(_read_backs, "evaluate") == 0


def test_python_frames_of_a_step_are_bounded():
    assert _per_step(_frames) <= FRAMES_OF_A_STEP


def test_python_frames_of_an_evaluation_step_are_bounded():
    assert _per_step(_frames, "evaluate") <= 85


def _objects_after(run):
    gc.collect()
    gc.disable()
    try:
        run()
        before = len(gc.get_objects())
        run()
        return len(gc.get_objects()) - before
    finally:
        gc.enable()


def test_two_thousand_steps_leave_no_objects_behind():
    model = classifier(optimizer="adam")
    grown = _objects_after(
        lambda: model.fit(np.tile(X, (25, 1)), np.tile(LABELS, 25), 1, epochs=2, verbose=0)
    )
    assert grown <= 20


@pytest.mark.parametrize("method", ["train_on_batch", "test_on_batch"])
def test_calls_on_batches_leave_no_objects_behind(method):
    model = classifier(optimizer="adam")
    assert _objects_after(lambda: [getattr(model, method)(X, LABELS) for _ in range(100)] and None) <= 20


def test_predictions_leave_no_objects_behind():
    model = classifier()

    def run():
        for _ in range(50):
            model.predict_on_batch(X)
            model.predict(X, verbose=0)

    assert _objects_after(run) <= 20
