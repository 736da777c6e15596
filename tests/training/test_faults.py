"""Ctrl-C, errors and full disks at any place: told as they are, the model usable, files from before whole."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import multiprocessing
import os
import threading
import zipfile

import numpy as np
import pytest
import torch
from cases.training_models import LABELS, Numbered, X, batches, classifier

import keras_torch
from keras_torch import callbacks, layers

resource = pytest.importorskip("resource")


class Users(Exception):
    """An exception that only the user's code knows."""


@contextlib.contextmanager
def full_disk(size):
    """No file may grow beyond `size` bytes inside the block; the system refuses, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _helpers():
    """Threads and processes that prepare batches and are still there."""
    threads = [thread.name for thread in threading.enumerate() if thread.name.startswith("batches")]
    return threads + multiprocessing.active_children()


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert _helpers() == []


def _usable(model, x=X, y=LABELS):
    assert not model.training and model.fit_state is None
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    history = model.fit(x, y, epochs=2, verbose=0)
    assert len(history.epoch) == 2 and np.isfinite(history.history["loss"]).all()
    assert model.predict(x, verbose=0).shape == (len(x), 3)


class Counting:
    """Counts calls and raises at one of them."""

    def __init__(self, error, at):
        self.error, self.left = error, at

    def __call__(self, *_, **__):
        self.left -= 1
        if self.left == 0:
            raise self.error("mine")


# --- Ctrl-C and errors inside of a step ---


def _in_a_layer(model, trap):
    model.layers[0].register_forward_pre_hook(trap)


def _in_the_backward_pass(model, trap):
    model.layers[0].kernel.register_hook(trap)


def _in_the_optimizer(model, trap):
    model.optimizer.register_step_pre_hook(trap)


def _after_the_optimizer(model, trap):
    model.optimizer.register_step_post_hook(trap)


@pytest.mark.parametrize("error", [KeyboardInterrupt, Users])
@pytest.mark.parametrize(
    "place", [_in_a_layer, _in_the_backward_pass, _in_the_optimizer, _after_the_optimizer]
)
def test_ctrl_c_in_a_step_leaves_the_model_usable(place, error):
    model = classifier(optimizer="adam")
    model.fit(X, LABELS, verbose=0)
    place(model, Counting(error, 8))
    with pytest.raises(error, match="mine"):
        model.fit(X, LABELS, batch_size=4, epochs=3, verbose=0)
    assert model.history.epoch == [0]
    _usable(model)


def test_ctrl_c_in_a_loss_and_in_a_metric():
    for argument in ("loss", "metrics"):
        trap = Counting(KeyboardInterrupt, 12)

        def scored(y_true, y_pred, trap=trap):
            trap()
            return (y_pred.sum(-1) - y_true.reshape(-1).to(y_pred.dtype)) ** 2

        model = classifier(**{argument: scored if argument == "loss" else [scored]})
        with pytest.raises(KeyboardInterrupt, match="mine"):
            model.fit(X, LABELS, batch_size=4, epochs=9, verbose=0)
        _usable(model)


@pytest.mark.parametrize("hook", ["on_test_begin", "on_test_batch_end", "on_test_end", "on_train_end"])
def test_ctrl_c_in_a_hook_of_validation_or_of_the_end(hook):
    callback = callbacks.Callback()
    setattr(callback, hook, Counting(KeyboardInterrupt, 1))
    model = classifier()
    with pytest.raises(KeyboardInterrupt, match="mine"):
        model.fit(X, LABELS, validation_data=(X, LABELS), verbose=0, callbacks=[callback])
    _usable(model)


def test_a_failing_abandon_does_not_hide_the_others():
    class Noisy(callbacks.Callback):
        def __init__(self, ended):
            super().__init__()
            self.ended = ended

        def on_epoch_end(self, epoch, logs=None):
            raise Users("mine")

        def abandon(self):
            self.ended.append(self)
            raise OSError("closing failed")

    ended = []
    with pytest.raises(Users, match="mine") as caught:
        classifier().fit(X, LABELS, verbose=0, callbacks=[Noisy(ended), Noisy(ended)])
    assert len(ended) == 2
    assert caught.value.__notes__ == ["Noisy.abandon() failed too: OSError('closing failed')"] * 2
    with pytest.raises(OSError, match="closing failed"):
        callbacks.CallbackList([Noisy(ended)]).abandon()


# --- data ---


def _raising_generator(trap):
    while True:
        for batch in batches():
            trap()
            yield batch


@pytest.mark.parametrize("error", [KeyboardInterrupt, Users, SystemExit, MemoryError])
def test_errors_of_a_generator_arrive_unchanged_and_end_its_threads(error):
    model = classifier()
    with pytest.raises(error, match="mine"):
        model.fit(_raising_generator(Counting(error, 8)), steps_per_epoch=3, epochs=9, verbose=0)
    _usable(model)


class Raising(Numbered):
    """Batches of which one raises."""

    def __init__(self, error, **arguments):
        super().__init__(batches(2), **arguments)
        self.error = error

    def __getitem__(self, index):
        if index == 6:
            raise self.error("mine")
        return super().__getitem__(index)


@pytest.mark.parametrize("error", [KeyboardInterrupt, Users, MemoryError])
@pytest.mark.parametrize("arguments", [{"workers": 0}, {"workers": 3}])
def test_errors_of_workers_arrive_unchanged(arguments, error):
    model = classifier()
    with pytest.raises(error, match="mine"):
        model.fit(Raising(error, **arguments), shuffle=False, verbose=0)
    assert _helpers() == []
    _usable(model)


def test_errors_of_worker_processes_arrive_unchanged():
    model = classifier()
    with pytest.raises(Users, match="mine"):
        model.fit(Raising(Users, workers=2, use_multiprocessing=True), shuffle=False, verbose=0)
    assert _helpers() == []
    _usable(model)


def test_ctrl_c_in_the_loop_ends_the_workers_of_the_data():
    callback = callbacks.Callback()
    callback.on_train_batch_end = Counting(KeyboardInterrupt, 3)
    model = classifier()
    with pytest.raises(KeyboardInterrupt, match="mine"):
        model.fit(Numbered(batches(2), workers=3), verbose=0, callbacks=[callback])
    assert _helpers() == []
    _usable(model)


# --- full disks ---


def _large():
    """A model whose files take some 300 KB."""
    model = keras_torch.Sequential(
        [
            keras_torch.Input((4,)),
            layers.Dense(60, activation="relu"),
            layers.Dense(500, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, LABELS, verbose=0)
    return model


@pytest.mark.parametrize("size", [0, 5_000, 150_000])
@pytest.mark.parametrize("method, name", [("save", "model.keras"), ("save_weights", "model.weights.h5")])
def test_a_full_disk_at_save_names_the_file_and_leaves_the_old_one(method, name, size, tmp_path):
    model, path = _large(), tmp_path / name
    getattr(model, method)(path)
    before, weights = path.read_bytes(), model.get_weights()
    model.fit(X, LABELS, verbose=0)
    with full_disk(size), pytest.raises(OSError, match=f"the file was not written.*{name}") as caught:
        getattr(model, method)(path)
    assert caught.value.errno == errno.EFBIG and os.fspath(caught.value.filename) == str(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == [name]
    model.load_weights(path)
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))
    _usable(model)


def _checkpoint(folder):
    return callbacks.ModelCheckpoint(folder / "{epoch}.keras")


def _weights_checkpoint(folder):
    return callbacks.ModelCheckpoint(folder / "w.weights.h5", save_weights_only=True, save_freq=2)


def _backup(folder):
    return callbacks.BackupAndRestore(folder, save_freq=2)


@pytest.mark.parametrize("make, name", [
    (_checkpoint, "1.keras"), (_weights_checkpoint, "w.weights.h5"), (_backup, "latest.state")
])  # fmt: skip
def test_a_full_disk_ends_fit_with_an_error_and_spoils_nothing(make, name, tmp_path):
    model = _large()
    with full_disk(100_000), pytest.raises(OSError, match=f"File too large; the file was not .*{name}"):
        model.fit(X, LABELS, batch_size=4, epochs=2, verbose=0, callbacks=[make(tmp_path)])
    assert os.listdir(tmp_path) == []
    _usable(model)
    model.fit(X, LABELS, batch_size=4, epochs=2, verbose=0, callbacks=[make(tmp_path)])


class Filling(callbacks.Callback):
    """Fills the disk at the end of an epoch."""

    def __init__(self, size):
        super().__init__()
        self.size = size

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 2:
            resource.setrlimit(
                resource.RLIMIT_FSIZE, (self.size, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
            )


@pytest.mark.parametrize("room", [0, 10])
def test_a_full_disk_leaves_whole_lines_in_a_log(room, tmp_path):
    path, model = tmp_path / "log.csv", classifier()
    model.fit(X, LABELS, epochs=2, verbose=0, callbacks=[callbacks.CSVLogger(path)])
    size = path.stat().st_size
    with (
        full_disk(resource.RLIM_INFINITY),
        pytest.raises(OSError, match="the lines from before are whole.*log.csv"),
    ):
        model.fit(X, LABELS, epochs=9, verbose=0, callbacks=[Filling(size + room), callbacks.CSVLogger(path)])
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert [row["epoch"] for row in rows] == ["0", "1"] and all(row["loss"] for row in rows)
    _usable(model)


def test_a_backup_survives_a_disk_that_becomes_full(tmp_path):
    model, folder = classifier(optimizer="adam"), tmp_path / "backup"
    with full_disk(resource.RLIM_INFINITY), pytest.raises(OSError, match="latest.state"):
        model.fit(
            X, LABELS, epochs=5, verbose=0, callbacks=[Filling(1000), callbacks.BackupAndRestore(folder)]
        )
    assert (
        os.listdir(folder) == ["latest.state"] and zipfile.ZipFile(folder / "latest.state").testzip() is None
    )
    again = classifier(optimizer="adam")
    history = again.fit(X, LABELS, epochs=5, verbose=0, callbacks=[callbacks.BackupAndRestore(folder)])
    assert history.epoch == [0, 1, 2, 3, 4]


def test_a_folder_that_may_not_be_written_to_is_named(tmp_path, monkeypatch):
    def refusing(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", "a temporary name")

    monkeypatch.setattr("keras_torch.base.files.tempfile.mkstemp", refusing)
    with pytest.raises(PermissionError, match="Permission denied; the file was not written.*model.keras"):
        classifier().save(tmp_path / "model.keras")


def test_weights_are_whole_after_many_interruptions():
    model = classifier(optimizer="adam")
    for at in range(1, 12):
        handle = model.layers[-1].register_forward_hook(Counting(KeyboardInterrupt, at))
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, LABELS, batch_size=4, epochs=9, verbose=0)
        handle.remove()
    assert isinstance(model.layers[0].kernel, torch.nn.Parameter)
    _usable(model)
