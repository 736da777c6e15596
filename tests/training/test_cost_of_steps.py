"""What a step may cost: no read-back from the device, a bounded number of frames, no memory."""

from __future__ import annotations

import functools
import gc
import sys

import numpy as np
import pytest
import torch
from cases.training_models import LABELS, X, classifier
from torch.utils._python_dispatch import TorchDispatchMode

import keras_torch
from keras_torch import layers

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


class Adds(layers.Layer):
    """Passes its inputs on; adds a loss and a metric."""

    def call(self, inputs):
        self.add_loss(inputs.square().mean() * 1e-3)
        self.add_metric(inputs.mean(), name="middle")
        return inputs


def _graph_model(cls=keras_torch.Model, *inner, **arguments):
    x = hidden = keras_torch.Input((4,))
    for layer in (layers.Dense(8, activation="relu"), *inner):
        hidden = layer(hidden)
    model = cls(x, layers.Dense(3, activation="softmax")(hidden))
    model.compile("adam", "sparse_categorical_crossentropy", **arguments)
    return model


class OwnStep(keras_torch.Model):
    """The train_step of Keras's guide."""

    def train_step(self, data):
        x, y, weight = data
        self.zero_grad()
        y_pred = self(x, training=True)
        loss = self.compute_loss(y=y, y_pred=y_pred, sample_weight=weight)
        loss.backward()
        weights = list(self.trainable_weights)
        with torch.no_grad():
            self.optimizer.apply([weight.grad for weight in weights], weights)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred, sample_weight=weight)
        return {metric.name: metric.result() for metric in self.metrics}


class OwnLoss(keras_torch.Model):
    """compute_loss overridden."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return super().compute_loss(x, y, y_pred, sample_weight, training) * 0.5


def several(y_true, y_pred):
    """A metric function with two results."""
    return {"low": y_pred.min(), "high": y_pred.max()}


class Looks(keras_torch.callbacks.Callback):
    """Reads the loss of each batch."""

    def on_train_batch_end(self, batch, logs=None):
        self.last = logs["loss"]


LONG_RUNS = {
    "metrics and weights": (
        lambda: _graph_model(metrics=["accuracy", several], weighted_metrics=["accuracy"]),
        {"class_weight": {0: 2.0}, "sample_weight": np.ones(500)}),
    "callbacks": (lambda: _graph_model(metrics=["accuracy"]), {"callbacks": [Looks()]}),
    "added losses and metrics": (lambda: _graph_model(keras_torch.Model, Adds()), {}),
    "own train_step": (lambda: _graph_model(OwnStep, metrics=["accuracy"]), {"sample_weight": np.ones(500)}),
    "own compute_loss": (lambda: _graph_model(OwnLoss, metrics=["accuracy"]), {"callbacks": [Looks()]}),
}  # fmt: skip


def _live():
    """(objects, tensors, numbers in them) that are alive."""
    objects = gc.get_objects()
    tensors = [thing for thing in objects if issubclass(type(thing), torch.Tensor)]
    return np.array([len(objects), len(tensors), sum(tensor.numel() for tensor in tensors)])


@pytest.mark.parametrize("name", LONG_RUNS)
def test_memory_is_flat_over_two_thousand_steps(name):
    make, arguments = LONG_RUNS[name]
    model, data = make(), (np.tile(X, (25, 1)), np.tile(LABELS, 25))
    run = functools.partial(model.fit, *data, batch_size=1, verbose=0, **arguments)
    run()
    gc.collect()
    gc.disable()
    try:
        growths = []
        for _ in range(2):  # other parts of the process may make something once; a leak grows each time
            before = _live()
            run(epochs=2)
            growths.append(_live() - before)
        grown = np.min(growths, axis=0)
    finally:
        gc.enable()
    assert grown[0] <= 60 and grown[1] <= 4 and grown[2] <= 40, grown


def test_a_look_at_single_batches_walks_the_graph_once(monkeypatch):
    model, walks = classifier(), []
    matched = type(model._graph).matched
    monkeypatch.setattr(type(model._graph), "matched", lambda *args: walks.append(1) or matched(*args))
    for _ in range(3):
        model.train_on_batch(X, LABELS)
    assert len(walks) <= 1
    with pytest.raises(ValueError, match="shape"):
        model.train_on_batch(X[:, :3], LABELS)
