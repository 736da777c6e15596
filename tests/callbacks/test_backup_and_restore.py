"""BackupAndRestore: a stopped training goes on exactly, and no backup is ever half a one."""

import errno
import functools
import os
import pathlib
import signal
import subprocess
import sys
import threading
import zipfile

import numpy as np
import pytest
import torch
from cases import restored_fit
from cases.restored_fit import BATCH, DATA, EPOCHS, Interrupt, X, Y, listeners, make_model, train

import keras_torch
from keras_torch import Input, callbacks, layers, optimizers, utils
from keras_torch import random as keras_random
from keras_torch.callbacks import BackupAndRestore
from keras_torch.saving.snapshot import read_snapshot, write_snapshot


class Stop(Exception):
    """Ends a training in its middle."""


def _raise():
    raise Stop


def _equal(model, other):
    return all(np.array_equal(a, b) for a, b in zip(model.get_weights(), other.get_weights(), strict=True))


def _stopped_and_restored(model_of, data, folder, save_freq, batch, **arguments):
    """The model and the history after a stop at a batch of the run, with everything random disturbed."""
    with pytest.raises(Stop):
        model_of().fit(**data(), epochs=EPOCHS, verbose=0, callbacks=[
            *listeners(folder, save_freq), Interrupt(batch, _raise)], **arguments)  # fmt: skip
    model, given = model_of(), data()
    if not hasattr(given["x"], "send"):  # a generator must be as it was in the first run
        torch.manual_seed(99), np.random.seed(98)
    history = model.fit(
        **given, epochs=EPOCHS, verbose=0, callbacks=listeners(folder, save_freq), **arguments
    )
    return model, history


@pytest.mark.filterwarnings("ignore:.*the pass over the data ended")
@pytest.mark.parametrize("save_freq, batch", [("epoch", 13), (3, 11), (1, 7), (2, 5)])
@pytest.mark.parametrize("kind", DATA)
def test_a_stopped_training_ends_as_if_it_had_not_been_stopped(kind, save_freq, batch, tmp_path):
    (whole := tmp_path / "whole").mkdir()
    expected = make_model()
    history = expected.fit(**DATA[kind](), epochs=EPOCHS, verbose=0, callbacks=listeners(whole, save_freq))
    model, restored = _stopped_and_restored(make_model, DATA[kind], tmp_path, save_freq, batch)
    assert _equal(model, expected)
    assert restored.history == history.history and restored.epoch == list(range(EPOCHS))
    assert (tmp_path / "log.csv").read_text() == (whole / "log.csv").read_text()
    assert not (tmp_path / "backup").exists()


def _ends_alike(made, data, folder, save_freq=2, batch=9):
    """Asserts that a stopped and restored training ends as another; returns both models."""
    expected, model = made(), None
    history = expected.fit(**data(), epochs=EPOCHS, verbose=0)
    with pytest.raises(Stop):
        made().fit(**data(), epochs=EPOCHS, verbose=0, callbacks=[
            BackupAndRestore(folder, save_freq), Interrupt(batch, _raise)])  # fmt: skip
    model = made()
    restored = model.fit(**data(), epochs=EPOCHS, verbose=0, callbacks=[BackupAndRestore(folder, save_freq)])
    assert _equal(model, expected) and restored.history == history.history
    return model, expected


def _arrays():
    return {"x": X, "y": Y, "batch_size": BATCH}


HALVING = functools.partial(torch.optim.lr_scheduler.MultiStepLR, milestones=[1, 3], gamma=0.5)
OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.1, momentum=0.9),
    "nadam": lambda: optimizers.Nadam(0.01, use_ema=True),
    "accumulating": lambda: optimizers.Adam(0.01, gradient_accumulation_steps=3, amsgrad=True),
    "scaled": lambda: optimizers.LossScaleOptimizer(optimizers.Adam(0.01), dynamic_growth_steps=3),
    "adafactor": lambda: optimizers.Adafactor(0.01),
    "schedule": lambda: optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 5, 0.9)),
    "torch": lambda: torch.optim.Adam,
    "torch scheduler": lambda: optimizers.SGD(0.1).scheduled_by(HALVING),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_state_of_every_kind_of_optimizer_is_restored(name, tmp_path):
    model, expected = _ends_alike(lambda: make_model(OPTIMIZERS[name]()), _arrays, tmp_path / "b")
    assert int(model.optimizer.iterations) == int(expected.optimizer.iterations)
    assert float(model.optimizer.learning_rate) == float(expected.optimizer.learning_rate)


class Drawing(keras_torch.Model):
    """A model without a graph, with random numbers of its own and something that is no weight."""

    def __init__(self):
        super().__init__()
        self.hidden, self.score, self.seeds = layers.Dense(4), layers.Dense(1), keras_random.SeedGenerator(4)
        self.steps = 0

    def call(self, inputs, training=False):
        self.steps += training
        return self.score(self.hidden(inputs) + keras_random.normal((4,), seed=self.seeds) / (1 + self.steps))

    def get_extra_state(self):
        return {"steps": self.steps}

    def set_extra_state(self, state):
        self.steps = state["steps"]


def _drawing():
    utils.set_random_seed(1)
    model = Drawing()
    model.compile("adam", "mse", metrics=["mae"])
    return model


def _stateful():
    utils.set_random_seed(1)
    model = keras_torch.Sequential(
        [
            Input(batch_shape=(4, 3, 2)),
            layers.LSTM(5, stateful=True, dropout=0.2),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model


def _in_groups():
    model = make_model()
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], steps_per_execution=2)
    return model


@pytest.mark.parametrize("made, data", [
    (_drawing, DATA["generator"]), (_drawing, DATA["loader"]), (_drawing, _arrays), (_in_groups, _arrays),
    (_stateful, lambda: {"x": X.reshape(-1, 3, 2), "y": Y, "batch_size": 4}),
    (make_model, lambda: {**DATA["arrays"](), "validation_freq": 2, "initial_epoch": 1}),
])  # fmt: skip
@pytest.mark.parametrize("batch", [3, 8])
def test_models_of_all_kinds_go_on_exactly(made, data, batch, tmp_path):
    _ends_alike(made, data, tmp_path / "b", batch=batch)


class Adversarial(keras_torch.Model):
    """Two optimizers, built at their first step, and a metric of its own."""

    def __init__(self):
        super().__init__()
        self.maker, self.judge = layers.Dense(6), layers.Dense(1)
        self.first, self.second = optimizers.Adam(0.01), optimizers.SGD(0.1, momentum=0.9)
        self.seen = keras_torch.metrics.Mean(name="seen")

    def call(self, inputs):
        return self.judge(self.maker(inputs))

    def train_step(self, data):
        x, y = data
        for optimizer, part in ((self.first, self.maker), (self.second, self.judge)):
            part.zero_grad()
            loss = ((self(x + torch.rand_like(x)) - y) ** 2).mean()
            loss.backward()
            optimizer.apply_gradients([(w.grad, w) for w in part.trainable_variables])
        self.seen.update_state(loss)
        return {"seen": self.seen.result()}


def test_optimizers_that_are_built_at_their_first_step_are_restored(tmp_path):
    def made():
        utils.set_random_seed(1)
        model = Adversarial()
        model.compile()
        return model

    _ends_alike(made, _arrays, tmp_path / "b", batch=11)


def test_the_same_model_may_be_fitted_again_after_an_exception(tmp_path):
    model = make_model()
    with pytest.raises(Stop):
        train_again(model, tmp_path, Interrupt(8, _raise))
    expected, _ = train((tmp_path / "whole").mkdir() or tmp_path / "whole", "epoch")
    train_again(model, tmp_path)
    assert _equal(model, expected)


def train_again(model, folder, *more):
    return model.fit(X, Y, batch_size=BATCH, epochs=EPOCHS, validation_split=0.2, verbose=0,
                     callbacks=[*listeners(folder, 1), *more])  # fmt: skip


# --- callbacks ---


def test_a_training_that_early_stopping_ended_stays_ended(tmp_path):
    def ended():
        model = make_model()
        backup = BackupAndRestore(tmp_path / "b", delete_checkpoint=False)
        stop = callbacks.EarlyStopping("loss", patience=1, baseline=0.0)
        return model.fit(X, Y, epochs=9, verbose=0, callbacks=[backup, stop]).epoch, model

    (first, model), (second, restored) = ended(), ended()
    assert first == second == [0, 1, 2] and _equal(model, restored)


def test_more_epochs_go_on_from_a_kept_backup(tmp_path):
    def backup():
        return BackupAndRestore(tmp_path / "b", delete_checkpoint=False)

    make_model().fit(X, Y, epochs=2, verbose=0, callbacks=[backup()])
    model, expected = make_model(), make_model()
    assert model.fit(X, Y, epochs=5, verbose=0, callbacks=[backup()]).epoch == [0, 1, 2, 3, 4]
    torch.manual_seed(3)
    expected = make_model()
    expected.fit(X, Y, epochs=5, verbose=0)
    assert _equal(model, expected)


def test_callbacks_of_ones_own_are_restored_in_any_order(tmp_path):
    class Count(callbacks.Callback):
        stored_attributes = ("epochs", "tensor")

        def __init__(self):
            super().__init__()
            self.epochs, self.tensor = [], torch.zeros(1, dtype=torch.bfloat16)

        def on_epoch_end(self, epoch, logs=None):
            self.epochs.append(epoch)
            self.tensor += 1

    def run(*more):
        counts = Count(), Count()
        backup = BackupAndRestore(tmp_path / "b")
        with pytest.raises(Stop) if more else threading.Lock():
            make_model().fit(
                X, Y, batch_size=11, epochs=3, verbose=0, callbacks=[counts[0], backup, counts[1], *more]
            )
        return counts

    run(Interrupt(10, _raise))
    for count in run():
        assert count.epochs == [0, 1, 2] and count.tensor.item() == 3


def test_swapped_weights_are_restored(tmp_path):
    def swapping(folder):
        return [callbacks.SwapEMAWeights(swap_on_epoch=True), BackupAndRestore(folder)]

    def made():
        return make_model(optimizers.Adam(0.01, use_ema=True))

    expected, model = made(), made()
    expected.fit(X, Y, epochs=3, verbose=0, callbacks=swapping(tmp_path / "whole"))
    made_first = made()
    with pytest.raises(Stop):
        made_first.fit(X, Y, epochs=3, verbose=0, callbacks=[*swapping(tmp_path / "b"), Interrupt(3, _raise)])
    model = made()
    model.fit(X, Y, epochs=3, verbose=0, callbacks=swapping(tmp_path / "b"))
    assert _equal(model, expected)


# --- files ---


def _interrupted(folder, batch=9, **arguments):
    with pytest.raises(Stop):
        make_model().fit(X, Y, batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=[
            BackupAndRestore(folder, **arguments), Interrupt(batch, _raise)])  # fmt: skip


def _went_on(folder, model=None, **arguments):
    model = model or make_model()
    model.fit(
        X, Y, batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=[BackupAndRestore(folder, **arguments)]
    )
    return model


def _uninterrupted():
    model = make_model()
    model.fit(X, Y, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return model


@pytest.mark.parametrize("change, message", [
    (lambda: make_model(units=9), r"does not fit: it holds .* of shape \(6, 8\) .* has .* of shape \(6, 9\)"),
    (lambda: make_model("sgd"), "it holds the state of Adam; the model has SGD"),
    (lambda: make_model(optimizers.Adam(amsgrad=True)), "the optimizer kept"),
    (lambda: keras_torch.Sequential([keras_torch.Input((6,)), layers.Dense(1)]), "buffers; the model has 2"),
])  # fmt: skip
def test_a_backup_of_another_model_is_refused_and_changes_nothing(change, message, tmp_path):
    _interrupted(tmp_path / "b", save_freq=2)
    model = change()
    if not model.compiled:
        model.compile("adam", "mse")
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        _went_on(tmp_path / "b", model)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))
    assert model.fit_state is None and not model.training
    assert read_snapshot(tmp_path / "b" / "latest.state")["batch"] > 0


def _cut(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)


def _foreign(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.pkl", b"cos\nsystem\n(S'true'\ntR.")


@pytest.mark.parametrize("damage", [_cut, _flip, _foreign, lambda path: path.write_bytes(b"")])
def test_a_damaged_backup_is_told_and_the_one_before_is_taken(damage, tmp_path):
    _interrupted(tmp_path / "b", save_freq=2, double_checkpoint=True)
    damage(tmp_path / "b" / "latest.state")
    with pytest.warns(UserWarning, match="latest.state' cannot be read .*goes on from the backup before it"):
        model = _went_on(tmp_path / "b")
    assert _equal(model, _uninterrupted())
    _interrupted(tmp_path / "b", save_freq=2)
    damage(tmp_path / "b" / "latest.state")
    with pytest.raises(ValueError, match="latest.state' cannot be read: .*Delete it to begin anew"):
        _went_on(tmp_path / "b")


def test_a_previous_backup_is_kept_only_when_asked_for(tmp_path):
    _interrupted(tmp_path / "one", save_freq=2)
    _interrupted(tmp_path / "two", save_freq=2, double_checkpoint=True)
    assert os.listdir(tmp_path / "one") == ["latest.state"]
    batches = [read_snapshot(tmp_path / "two" / name)["batch"] for name in ("latest.state", "previous.state")]
    assert batches == [2, 6]  # of 6 batches in an epoch


def test_what_else_is_in_the_folder_stays(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "notes.txt").write_text("mine")
    (tmp_path / "b" / ".latest.state.host-1.abc.tmp").write_text("half a file")
    _went_on(tmp_path / "b", double_checkpoint=True)
    assert os.listdir(tmp_path / "b") == ["notes.txt"]


class Full:
    """Has the n-th call of a function fail, as a full disk or Ctrl-C makes it."""

    def __init__(self, monkeypatch, owner, name, number, error):
        original, self.left = getattr(owner, name), number

        def failing(*args, **kwargs):
            self.left -= 1
            if self.left == 0:
                raise error
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, failing)


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("owner, name, number", [
    (os, "fsync", 4), (os, "replace", 2), (os, "replace", 3), (os, "chmod", 3),
    (zipfile.ZipFile, "writestr", 2), (zipfile.ZipFile, "open", 4),
])  # fmt: skip
def test_an_error_anywhere_in_a_write_leaves_the_backup_before(
    owner, name, number, double, monkeypatch, tmp_path
):
    folder = tmp_path / "b"
    with monkeypatch.context() as patched:
        full = Full(patched, owner, name, number, OSError(errno.ENOSPC, "No space left on device"))
        with pytest.raises(
            OSError, match=r"\[Errno 28\] No space left on device; the file was not written.*state"
        ):
            _went_on(folder, save_freq=2, double_checkpoint=double)
    assert full.left <= 0
    assert set(os.listdir(folder)) <= {"latest.state", "previous.state"}
    assert _equal(_went_on(folder, save_freq=2), _uninterrupted())


def test_ctrl_c_in_a_write_leaves_the_backup_before(monkeypatch, tmp_path):
    with monkeypatch.context() as patched:
        Full(patched, os, "fsync", 5, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            _went_on(tmp_path / "b", save_freq=2)
    assert os.listdir(tmp_path / "b") == ["latest.state"]
    assert _equal(_went_on(tmp_path / "b", save_freq=2), _uninterrupted())


def test_a_kill_between_the_two_renames_leaves_the_previous_one(tmp_path):
    _interrupted(tmp_path / "b", save_freq=2)
    os.rename(tmp_path / "b" / "latest.state", tmp_path / "b" / "previous.state")
    assert _equal(_went_on(tmp_path / "b"), _uninterrupted())


def test_a_request_to_end_is_answered_by_a_backup(tmp_path):
    heard = []
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append(True) or _raise())
    try:
        with pytest.raises(Stop):
            make_model().fit(X, Y, batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=[
                BackupAndRestore(tmp_path / "b", False, save_before_preemption=True),
                Interrupt(8, lambda: signal.raise_signal(signal.SIGTERM))])  # fmt: skip
        assert heard == [True] and read_snapshot(tmp_path / "b" / "latest.state")["batch"] == 2
        assert signal.getsignal(signal.SIGTERM).__name__ == "<lambda>"
        assert _equal(_went_on(tmp_path / "b"), _uninterrupted())
        assert signal.getsignal(signal.SIGTERM).__name__ == "<lambda>"
    finally:
        signal.signal(signal.SIGTERM, before)


def test_signals_belong_to_the_main_thread(tmp_path):
    caught = []

    def fit():
        with pytest.raises(RuntimeError, match="in the main thread only") as error:
            _went_on(tmp_path / "b", save_before_preemption=True)
        caught.append(error)

    thread = threading.Thread(target=fit)
    thread.start()
    thread.join()
    assert caught


def test_killed_processes_go_on_where_they_were(tmp_path):
    expected, _ = train((tmp_path / "whole").mkdir() or tmp_path / "whole", 2)
    script, codes = pathlib.Path(restored_fit.__file__), []
    paths = os.pathsep.join([str(script.parents[2]), str(script.parents[1])])
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    for where in ("batch 7", "replace 5"):
        command = [sys.executable, str(script), str(tmp_path), "2", where]
        codes.append(subprocess.run(command, env=environment, timeout=120, check=False).returncode)
    model, _ = train(tmp_path, 2)
    assert codes == [-signal.SIGKILL, -signal.SIGKILL] and _equal(model, expected)
    assert (tmp_path / "log.csv").read_text() == (tmp_path / "whole" / "log.csv").read_text()


# --- arguments ---


@pytest.mark.parametrize("arguments, message", [
    ({"backup_dir": ""}, "`backup_dir` must be the path of a folder"),
    ({"backup_dir": None}, "`backup_dir` must be"),
    ({"backup_dir": "b", "save_freq": "batch"}, "`save_freq` must be 'epoch', a positive number of batch"),
    ({"backup_dir": "b", "save_freq": 0}, "`save_freq` must be"),
    ({"backup_dir": "b", "save_freq": False}, "or save_before_preemption=True"),
    ({"backup_dir": "b", "double_checkpoint": 2}, "`double_checkpoint` must be True or False"),
    ({"backup_dir": "b", "delete_checkpoint": "no"}, "`delete_checkpoint` must be"),
    ({"backup_dir": "b", "save_before_preemption": None}, "`save_before_preemption` must be"),
])  # fmt: skip
def test_wrong_arguments_are_refused_when_made(arguments, message):
    with pytest.raises(ValueError, match=message):
        BackupAndRestore(**arguments)


def test_it_works_inside_fit_only(tmp_path):
    backup = BackupAndRestore(tmp_path)
    backup.set_model(make_model())
    with pytest.raises(RuntimeError, match="BackupAndRestore works inside fit"):
        backup.on_train_begin()


def test_a_format_of_another_version_is_refused(tmp_path):
    (tmp_path / "b").mkdir()
    write_snapshot(tmp_path / "b" / "latest.state", {"format": 99})
    with pytest.raises(ValueError, match="it has the format 99; this version reads 1"):
        _went_on(tmp_path / "b")


def test_epoch_backups_do_not_listen_to_batches(tmp_path):
    wants = [
        callbacks.CallbackList([BackupAndRestore(tmp_path, freq)]).wants_batch("train")
        for freq in ("epoch", 1)
    ]
    assert wants == [False, True]
