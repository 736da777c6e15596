"""What callbacks are told of a batch: its own values up to Keras 2.3, and what that may cost."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cases.restored_fit import BATCH, X, Y
from cases.training_models import LABELS, Numbered, classifier, regressor
from cases.training_models import X as FEATURES
from torch.utils._python_dispatch import TorchDispatchMode

import keras_torch
from keras_torch import callbacks, layers
from keras_torch.dialects import dialect


class Told(callbacks.Callback):
    """Keeps the logs of batches and epochs."""

    def __init__(self):
        super().__init__()
        self.batches, self.epochs = [], []

    def on_batch_end(self, batch, logs=None):
        self.batches.append(dict(logs))

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(dict(logs))


def frozen(metrics=("mae",)):
    """A model that learns nothing: the values of a batch do not depend on when it comes."""
    model = keras_torch.Sequential([keras_torch.Input((6,)), layers.Dense(1)])
    model.compile(keras_torch.optimizers.SGD(0.0), "mse", metrics=list(metrics))
    return model


GENERATIONS = {  # -> whether (loss, mae) of the second batch are its own
    "keras1": (True, True), "keras2.2": (True, True), "keras2.3": (True, False), "tf.keras": (False, False),
    "keras3": (False, False)}  # fmt: skip


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_logs_of_a_batch(generation):
    data = {"batch_size": BATCH, "shuffle": False, "verbose": 0}
    with dialect(generation):
        model, told = frozen(), Told()
        own = model.evaluate(X[BATCH:2 * BATCH], Y[BATCH:2 * BATCH], verbose=0)
        so_far = model.evaluate(X[:2 * BATCH], Y[:2 * BATCH], verbose=0)
        whole = model.evaluate(X, Y, batch_size=BATCH, verbose=0)
        model.fit(X, Y, epochs=1, callbacks=[told], **data)
        names = model.metrics_names
    expected = [one if is_own else mean for one, mean, is_own in zip(own, so_far, GENERATIONS[generation])]
    assert [told.batches[1][name] for name in names] == pytest.approx(expected, rel=1e-6)
    assert [told.epochs[0][name] for name in names] == pytest.approx(whole, rel=1e-6)
    assert ("size" in told.batches[1]) == (generation in ("keras1", "keras2.2", "keras2.3"))


class Operations(TorchDispatchMode):
    """Counts operations."""

    def __init__(self):
        super().__init__()
        self.all = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.all += 1
        return function(*args, **(kwargs or {}))


def _operations(listeners, **arguments):
    model = classifier()
    for _ in range(2):  # the first one builds
        with Operations() as operations:
            model.fit(FEATURES, LABELS, 5, shuffle=False, epochs=1, callbacks=listeners, **arguments)
    return operations.all


def test_own_values_cost_nothing_when_nobody_listens_to_batches():
    with dialect("keras2.2"):
        plain = _operations([], verbose=0)
        assert _operations([callbacks.EarlyStopping("loss")], verbose=0) == plain
        assert _operations([Told()], verbose=0) > plain


def test_the_progress_bar_alone_needs_no_own_values(capsys):
    with dialect("keras2.2"):
        listeners = callbacks.CallbackList(add_progbar=True, verbose=1, epochs=1, steps=3)
        assert listeners.wants_batch("train") and not listeners.wants_own_values("train")
        assert _operations(None, verbose=1) < _operations([Told()], verbose=1)


def test_the_progress_bar_shows_the_means_so_far_beside_own_values(monkeypatch):
    shown = []
    monkeypatch.setattr(callbacks.ProgbarLogger, "on_train_batch_end",
                        lambda self, batch, logs: shown.append(logs["mean_absolute_error"]))
    with dialect("keras2.2"):
        model, told = frozen(), Told()
        model.fit(X, Y, batch_size=BATCH, shuffle=False, epochs=1, verbose=1, callbacks=[told])
    own = np.array([logs["mean_absolute_error"] for logs in told.batches])
    sizes = np.array([logs["size"] for logs in told.batches])
    assert shown == pytest.approx(np.cumsum(own * sizes) / np.cumsum(sizes), rel=1e-6)
    assert told.epochs[0]["mean_absolute_error"] == pytest.approx(shown[-1], rel=1e-6)


def test_kept_logs_stay_those_of_their_batch():
    kept = []
    note = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: kept.append(logs))
    with dialect("keras2.2"):
        model, told = frozen(), Told()
        model.fit(X, Y, batch_size=BATCH, shuffle=False, epochs=1, verbose=0, callbacks=[note, told])
    assert [dict(logs) for logs in kept] == told.batches


def test_steps_of_ones_own_tell_what_they_return():
    class Own(keras_torch.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, inputs):
            return self.dense(inputs)

        def train_step(self, data):
            self.count = getattr(self, "count", 0) + 1
            return {"count": torch.tensor(float(self.count))}

    with dialect("keras2.2"):
        model, told = Own(), Told()
        model.compile("sgd", "mse")
        model.fit(X[:16], Y[:16], batch_size=8, epochs=1, verbose=0, callbacks=[told])
    assert [logs["count"] for logs in told.batches] == [1.0, 2.0] and told.epochs == [{"count": 2.0}]


def test_training_that_goes_on_in_the_middle_of_an_epoch_keeps_its_sums(tmp_path):
    def interrupt(batch, logs):
        if batch == 3:
            raise KeyboardInterrupt

    def fitted(folder, *listeners):
        model = regressor()
        model.set_weights([np.full((4, 1), 0.1, "float32"), np.zeros(1, "float32")])
        backup = callbacks.BackupAndRestore(tmp_path / folder, save_freq=2)
        return model.fit(FEATURES, FEATURES[:, :1], batch_size=3, shuffle=False, epochs=2, verbose=0,
                         callbacks=[backup, *listeners]).history  # fmt: skip

    with dialect("keras2.2"):
        whole = fitted("whole", Told())
        with pytest.raises(KeyboardInterrupt):
            fitted("part", Told(), callbacks.LambdaCallback(on_train_batch_end=interrupt))
        assert fitted("part", Told()) == whole


@pytest.mark.parametrize("batch", [1, 3, 4])
def test_part_of_a_sequence_of_tf_keras_goes_on_where_it_was(batch, tmp_path):
    def interrupt(number, logs):
        seen.append(number)
        if len(seen) == batch:
            raise KeyboardInterrupt

    def fitted(folder, *listeners):
        model = classifier()
        model.set_weights([np.full_like(weight, 0.1) for weight in model.get_weights()])
        backup = callbacks.BackupAndRestore(tmp_path / folder, save_freq=1)
        return model.fit(Numbered(), steps_per_epoch=2, shuffle=False, epochs=3, verbose=0,
                         callbacks=[*listeners, backup]).history  # fmt: skip

    seen = []
    with dialect("tf.keras"):
        whole = fitted("whole")
        with pytest.raises(KeyboardInterrupt):
            fitted("part", callbacks.LambdaCallback(on_train_batch_end=interrupt))
        assert fitted("part") == whole


@pytest.mark.parametrize("generation", ["keras2.2", "keras2.3"])
def test_the_loss_of_train_on_batch_is_that_of_the_batch_though_metrics_go_on(generation):
    with dialect(generation):
        model = frozen()
        first = model.test_on_batch(X[:8], Y[:8])
        second = model.test_on_batch(X[8:12], Y[8:12])
        model.reset_metrics()
        model.test_on_batch(X[:8], Y[:8], reset_metrics=False)
        found = model.test_on_batch(X[8:12], Y[8:12], reset_metrics=False)
        both = model.test_on_batch(X[:12], Y[:12])
    assert found[0] == pytest.approx(second[0], rel=1e-6) != first[0]
    assert found[1] == pytest.approx(second[1] if generation == "keras2.2" else both[1], rel=1e-6)
