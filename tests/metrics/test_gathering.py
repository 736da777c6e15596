"""Batches that wait for the metrics that count: nothing changes by it, and a step costs two kernels."""

from __future__ import annotations

import copy
import gc
import pickle

import numpy as np
import pytest
import torch
from cases.operation_count import CountOperations

import keras_torch
from keras_torch import callbacks, layers, metrics
from keras_torch.metrics import gathering
from keras_torch.metrics.gathering import BATCHES, Gathering

CLASSES, ROWS = 5, 8


def batch(seed: int, rows: int = ROWS, outputs: int = CLASSES) -> tuple:
    """One-hot labels and scores."""
    torch.manual_seed(seed)
    labels = torch.nn.functional.one_hot(torch.randint(outputs, (rows,)), outputs).float()
    return labels, torch.rand(rows, outputs)


MAKERS = {
    "accuracy": metrics.CategoricalAccuracy,
    "top 2": lambda: metrics.TopKCategoricalAccuracy(2),
    "area": lambda: metrics.AUC(20),
    "area by column": lambda: metrics.AUC(20, multi_label=True, num_labels=CLASSES),
    "precision": metrics.Precision,
    "recall of a class": lambda: metrics.Recall(class_id=1),
    "precision of the best": lambda: metrics.Precision(top_k=2),
    "precision at thresholds": lambda: metrics.Precision([0.2, 0.4, 0.9]),
    "wrong positives": metrics.FalsePositives,
    "sensitivity": lambda: metrics.SensitivityAtSpecificity(0.5, num_thresholds=10),
}


def fed(maker, numbers, look_after=()):
    """(the metric, how many batches it took in at once) after those batches."""
    metric = maker()
    waiting, at_once = Gathering([metric]), 0
    for place, number in enumerate(numbers):
        y_true, y_pred = batch(number)
        for taken in waiting.put_aside(y_true, y_pred):
            taken.update_state(y_true, y_pred)
            at_once += 1
        if place in look_after:
            metric.result()
    return metric, at_once, waiting


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("look_after", [(), (3,), (2, 7, 8, 30)])
def test_waiting_changes_no_bit(name, look_after):
    numbers = range(2 * BATCHES + 5)
    alone = MAKERS[name]()
    for number in numbers:
        alone.update_state(*batch(number))
    metric, at_once, _ = fed(MAKERS[name], numbers, look_after)
    assert at_once == 2
    assert torch.equal(metric.result(), alone.result())
    assert all(torch.equal(a, b) for a, b in zip(metric.variables, alone.variables))


@pytest.mark.parametrize("maker", [metrics.MeanSquaredError, metrics.MeanAbsoluteError, metrics.Poisson,
                                   lambda: metrics.AUC(10, label_weights=[0.3] * CLASSES, multi_label=True),
                                   metrics.BinaryAccuracy, lambda: metrics.Precision(dtype="float64")])
def test_sums_that_may_round_are_taken_in_at_once(maker):
    assert fed(maker, range(6))[1] == 6


def test_a_class_of_the_users_is_taken_in_at_once():
    class Own(metrics.CategoricalAccuracy):
        pass

    assert fed(Own, range(6))[1] == 6


def test_binary_accuracy_of_one_output_waits():
    metric, y_true = metrics.BinaryAccuracy(), torch.tensor([[1.0], [0.0]])
    waiting = Gathering([metric])
    for _ in range(5):
        for taken in waiting.put_aside(y_true, y_true):
            taken.update_state(y_true, y_true)
    assert waiting.waiting == 3
    assert metric.result() == 1.0


@pytest.mark.parametrize("look", [lambda m: m.total, lambda m: m.count, lambda m: m.variables,
                                  lambda m: m.merges(), lambda m: m.result(), lambda m: m.settle()])
def test_every_look_finds_all_batches(look):
    metric, _, waiting = fed(metrics.CategoricalAccuracy, range(6))
    assert waiting.waiting == 4
    look(metric)
    assert waiting.waiting == 0
    assert metric.count == 6 * ROWS


def test_reset_forgets_what_waits_and_other_metrics_keep_it():
    first, second = metrics.CategoricalAccuracy(), metrics.Precision()
    waiting = Gathering([first, second])
    for number in range(5):
        for taken in waiting.put_aside(*batch(number)):
            taken.update_state(*batch(number))
    first.reset_state()
    assert first.count == 0
    alone = metrics.Precision()
    for number in range(5):
        alone.update_state(*batch(number))
    assert second.result() == alone.result()


def test_other_sizes_masks_and_conversions_are_taken_in_at_once():
    metric, _, waiting = fed(metrics.CategoricalAccuracy, range(5))
    masked = batch(1)
    masked[1]._keras_mask = torch.ones(ROWS, dtype=torch.bool)
    for odd in (batch(0, rows=3), masked, (batch(0)[0].numpy(), batch(0)[1])):
        assert waiting.put_aside(*odd) == [metric]
    assert waiting.waiting == 3


def test_large_batches_are_taken_in_at_once(monkeypatch):
    monkeypatch.setitem(gathering.LARGEST, "cpu", ROWS * CLASSES - 1)
    assert fed(metrics.CategoricalAccuracy, range(6))[1] == 6


def test_kept_batches_are_copies():
    """A generator may write the next batch into the same memory."""
    metric = metrics.CategoricalAccuracy()
    waiting, memory = Gathering([metric]), [part.clone() for part in batch(0)]
    for number in range(6):
        for part, new in zip(memory, batch(number)):
            part.copy_(new)
        for taken in waiting.put_aside(*memory):
            taken.update_state(*memory)
    alone = metrics.CategoricalAccuracy()
    for number in range(6):
        alone.update_state(*batch(number))
    assert metric.result() == alone.result()


def test_a_metric_waits_in_one_place_only():
    metric, _, first = fed(metrics.CategoricalAccuracy, range(5))
    second = Gathering([metric])
    for number in range(5):
        assert second.put_aside(*batch(number)) == [metric]
    assert first.waiting == 3
    del first
    gc.collect()
    third = Gathering([metric])
    assert [len(third.put_aside(*batch(number))) for number in range(4)] == [1, 1, 0, 0]


COPIES = {"deepcopy": copy.deepcopy, "pickle": lambda made: pickle.loads(pickle.dumps(made))}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copy_has_all_batches_and_waits_for_none(copied):
    metric, _, waiting = fed(metrics.CategoricalAccuracy, range(5))
    twin = copied(metric)
    waiting.put_aside(*batch(9))
    assert twin.count == 5 * ROWS
    assert metric.count == 6 * ROWS


def test_predictions_with_a_graph_leave_none_behind():
    metric, y_true = metrics.CategoricalAccuracy(), batch(0)[0]
    waiting, weight = Gathering([metric]), torch.ones((), requires_grad=True)
    for _ in range(4):
        y_pred = batch(0)[1] * weight
        for taken in waiting.put_aside(y_true, y_pred):
            taken.update_state(y_true, y_pred)
    assert waiting.waiting == 2
    assert not waiting._pred.requires_grad


# In fit and evaluate.


def model(compiled_metrics, inputs=3):
    """A compiled classifier."""
    keras_torch.utils.set_random_seed(1)
    made = keras_torch.Sequential([layers.Input((inputs,)), layers.Dense(CLASSES, activation="softmax")])
    made.compile("sgd", "categorical_crossentropy", metrics=compiled_metrics)
    return made


def data(samples=ROWS * 20 + 3):
    """Inputs and one-hot labels."""
    random = np.random.default_rng(0)
    labels = random.integers(0, CLASSES, samples)
    return random.random((samples, 3), "float32"), np.eye(CLASSES, dtype="float32")[labels]


def some_metrics():
    """Three that count and one that does not."""
    return ["accuracy", metrics.AUC(30, name="area"), metrics.Precision(name="precision"), "mse"]


class Looks(callbacks.Callback):
    """Looks at the logs after each batch, at a state now and then, or not at all."""

    def __init__(self, how):
        super().__init__()
        self.how, self.seen = how, []

    def on_train_batch_end(self, batch, logs=None):
        """Looks."""
        if self.how == "logs":
            self.seen.append(dict(logs))
        elif self.how == "a state" and batch % 3 == 0:
            accuracy = self.model._objectives.plain_metrics[0][1]
            self.seen.append((float(accuracy.total), float(accuracy.count)))


def histories(monkeypatch, waits, how=None):
    """History and evaluation of a training."""
    if not waits:
        monkeypatch.setattr(Gathering, "_joins", lambda *_: False)
    trained, (x, y) = model(some_metrics()), data()
    seen = Looks(how)
    history = trained.fit(x, y, batch_size=ROWS, epochs=3, verbose=0, validation_data=(x[:50], y[:50]),
                          callbacks=[seen]).history
    return history, trained.evaluate(x, y, batch_size=ROWS, verbose=0), seen.seen


@pytest.mark.parametrize("how", [None, "logs", "a state"])
def test_fit_and_evaluate_give_the_same_with_and_without(how, monkeypatch):
    with monkeypatch.context() as patch:
        without = histories(patch, False, how)
    assert histories(monkeypatch, True, how) == without


def test_a_step_costs_two_kernels_more_whatever_counts():
    x, y = data(ROWS * 50)
    kernels = {}
    for name, compiled in (("none", None), ("one", ["accuracy"]), ("many", [
            "accuracy", metrics.AUC(30), metrics.Precision(), metrics.Recall(), metrics.TruePositives()])):
        trained = model(compiled)
        trained.fit(x[:ROWS * 4], y[:ROWS * 4], batch_size=ROWS, verbose=0)
        counts = []
        for steps in (2 * BATCHES + 3, 2 * BATCHES + 9):  # no hand-over between the two
            with CountOperations() as counted:
                trained.fit(x[:ROWS * steps], y[:ROWS * steps], batch_size=ROWS, verbose=0, shuffle=False)
            counts.append(len(counted.kernels))
        kernels[name] = (counts[1] - counts[0]) / 6
    assert kernels["one"] - kernels["none"] == 2
    assert kernels["many"] == kernels["one"]


def test_evaluation_before_training_leaves_room_that_training_can_use():
    trained, (x, y) = model(some_metrics()), data()
    trained.evaluate(x, y, batch_size=ROWS, verbose=0)
    history = trained.fit(x, y, batch_size=ROWS, verbose=0).history
    assert 0 < history["accuracy"][0] < 1


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("epochs", [1, 2])
def test_a_copied_model_counts_as_the_first_one_does(copied, epochs):
    first, (x, y) = model(some_metrics()), data()
    first.fit(x, y, batch_size=ROWS, epochs=epochs, verbose=0)
    first.optimizer.learning_rate = 0.0
    expected = first.evaluate(x, y, batch_size=ROWS, verbose=0)
    second = copied(first)
    for _ in range(2):
        history = second.fit(x, y, batch_size=ROWS, epochs=2, verbose=0, shuffle=False).history
        assert history["accuracy"] == [expected[second.metrics_names.index("accuracy")]] * 2
        assert second.evaluate(x, y, batch_size=ROWS, verbose=0) == expected
    assert first.evaluate(x, y, batch_size=ROWS, verbose=0) == expected


HELD = {"mean": (metrics.CategoricalAccuracy, 1), "count": (lambda: metrics.Precision(0.1), 1),
        "histogram": (lambda: metrics.AUC(10), 2), "mean of errors": (metrics.MeanSquaredError, 1)}


@pytest.mark.parametrize("make, place", HELD.values(), ids=HELD)
def test_a_state_that_somebody_holds_is_up_to_date_after_every_batch(make, place):
    metric, seen, sums = make(), [], []

    class Holds(callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.state = metric.variables[place]

        def on_train_batch_end(self, batch, logs=None):
            held = self.state.numpy()
            seen.append(np.array_equal(held, metric.variables[place].numpy()))
            sums.append(held.sum())

    trained, (x, y) = model([metric]), data(ROWS * 8)
    trained.fit(x, y, batch_size=ROWS, epochs=2, verbose=0, callbacks=[Holds()], shuffle=False)
    assert seen == [True] * 16
    assert sums[7] > 0


@pytest.mark.parametrize("hold", [lambda m: m.count, lambda m: m.variables, lambda m: m.merges()])
def test_a_metric_leaves_when_its_states_are_handed_out(hold):
    metric, _, waiting = fed(metrics.CategoricalAccuracy, range(6))
    held = hold(metric)
    assert waiting.put_aside(*batch(7)) == [metric]
    assert held is not None and waiting.waiting == 0
