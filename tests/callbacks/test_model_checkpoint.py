"""ModelCheckpoint saves when Keras's does, under the names it would give."""

import math
import os
import pathlib

import numpy as np
import pytest
from cases.fake_model import RECORDED, SEQUENCES

from keras_torch.callbacks import ModelCheckpoint
from keras_torch.dialects.state import dialect
from keras_torch.layers import Dense, Input
from keras_torch.models import Sequential, load_model


def _run(callback, values, batches=4):
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch)
        for batch in range(batches):
            callback.on_train_batch_end(batch, {"loss": value})
        callback.on_epoch_end(epoch, {"loss": value})


@pytest.mark.parametrize("row", RECORDED["model_checkpoint"], ids=lambda row: str(row[0]))
def test_saves_when_keras_does(row, attach, model, tmp_path):
    arguments, saved = row
    path = tmp_path / "{epoch}-{loss:.2f}.keras"
    callback = attach(ModelCheckpoint(path, monitor="loss", **arguments))
    if callback.save_freq == "epoch":
        callback.on_train_batch_end = lambda batch, logs: None   # the list would not call it
    _run(callback, SEQUENCES["zigzag"])
    assert model.saved == [("model", name) for name in saved]


@pytest.mark.parametrize("name", ["best.h5", "weights.hdf5", "w.weights.h5", "checkpoint"])
def test_weights_only_with_any_file_name(name, attach, model, tmp_path):
    path = str(tmp_path / "new" / "folder" / name)
    attach(ModelCheckpoint(path, save_weights_only=True)).on_epoch_end(0, {})
    assert model.saved == [("weights", name)] and (tmp_path / "new" / "folder").is_dir()


def test_placeholders_of_other_generations_and_of_batches(attach, model):
    with pytest.warns(UserWarning, match="names `val_acc`, which is called `val_accuracy` here"):
        attach(ModelCheckpoint("{epoch:02d}-{val_acc:.2f}.h5")).on_epoch_end(2, {"val_accuracy": 0.5})
    every = attach(ModelCheckpoint("{epoch}.{batch}.h5", save_freq=2))
    _run(every, [1.0])
    assert [name for _, name in model.saved] == ["03-0.50.h5", "1.2.h5", "1.4.h5"]


def test_period_of_the_older_generations(attach, model):
    _run(attach(ModelCheckpoint("{epoch}.h5", period=3, save_freq="epoch")), [], 0)
    callback = attach(ModelCheckpoint("{epoch}.h5", period=3))
    for epoch in range(7):
        callback.on_epoch_end(epoch, {})
    assert [name for _, name in model.saved] == ["3.h5", "6.h5"]


def test_messages(attach, capsys):
    callback = attach(ModelCheckpoint("x.h5", "loss", verbose=1, save_best_only=True))
    for epoch, value in enumerate([1.0, 2.0]):
        callback.on_epoch_end(epoch, {"loss": value})
    attach(ModelCheckpoint("y.h5", verbose=1)).on_epoch_end(0, {})
    assert capsys.readouterr().out == ("Epoch 1: loss improved from None to 1.00000, saving model to x.h5\n"
                                       "Epoch 1: finished saving model to x.h5\n"
                                       "Epoch 2: loss did not improve from 1.00000\n"
                                       "Epoch 1: saving model to y.h5\n"
                                       "Epoch 1: finished saving model to y.h5\n")


def test_a_missing_value_warns_once_and_saves_anyway(attach, model):
    callback = attach(ModelCheckpoint("x.h5", save_best_only=True))
    with pytest.warns(UserWarning, match="ModelCheckpoint watches `val_loss`, which is") as caught:
        callback.on_epoch_end(0, {"loss": 1.0})
        callback.on_epoch_end(1, {"loss": 1.0})
    assert len(model.saved) == 2 and len(caught) == 1


def test_an_array_cannot_be_the_best(attach, model):
    callback = attach(ModelCheckpoint("x.h5", "loss", save_best_only=True))
    with pytest.warns(UserWarning, match=r"watches `loss`, which is an array of shape \(2,\)") as caught:
        callback.on_epoch_end(0, {"loss": np.array([1.0, 2.0])})
        callback.on_epoch_end(1, {"loss": np.array([1.0, 2.0])})
    assert len(model.saved) == 2 and len(caught) == 1


def test_the_number_of_a_batch_that_logs_tell_is_theirs(attach, model):
    _run(attach(ModelCheckpoint("{batch}.h5", save_freq=2)), [1.0], batches=2)
    callback = attach(ModelCheckpoint("{batch}.h5", save_freq=1))
    callback.on_train_batch_end(3, {"batch": 3})
    assert [name for _, name in model.saved] == ["2.h5", "3.h5"]


@pytest.mark.parametrize("path, reason", [
    ("{}.h5", "Format string contains positional fields"), ("{loss:d}.h5", "Unknown format code 'd'"),
    ("{epoch.h5", "expected '}'"),
])  # fmt: skip
def test_placeholders_that_cannot_be_filled_in_are_told(path, reason, attach):
    with pytest.raises(ValueError, match=f"`filepath` '{path}' cannot be filled in: {reason}"):
        attach(ModelCheckpoint(path)).on_epoch_end(0, {"loss": 1.0})


@pytest.mark.parametrize("threshold, mode, saved", [(1.5, "min", [1]), (0.5, "min", []), (1, "max", [0, 2])])
def test_the_first_save_must_beat_the_threshold(threshold, mode, saved, attach, model):
    arguments = {"save_best_only": True, "mode": mode, "initial_value_threshold": threshold}
    callback = attach(ModelCheckpoint("{epoch}.h5", "loss", **arguments))
    for epoch, value in enumerate([2.0, 1.0, 3.0]):
        callback.on_epoch_end(epoch, {"loss": value})
    assert [int(name[0]) - 1 for _, name in model.saved] == saved


def test_a_folder_is_refused(attach, tmp_path):
    with pytest.raises(IsADirectoryError, match=f"`filepath` '{pathlib.Path(tmp_path)}' is a folder"):
        attach(ModelCheckpoint(tmp_path)).on_epoch_end(0, {})


def test_an_unknown_placeholder_names_what_there_is(attach):
    with pytest.raises(KeyError, match="names 'auc', not in logs. Available: epoch, loss"):
        attach(ModelCheckpoint("{auc}.h5")).on_epoch_end(0, {"loss": 1.0})


@pytest.mark.parametrize("arguments, error, message", [
    ({"save_freq": "batch"}, ValueError, "`save_freq` must be 'epoch' or a positive number of"),
    ({"save_freq": 0}, ValueError, "`save_freq` must be"),
    ({"period": 0}, ValueError, "`period` must be a positive number of epochs; got 0"),
    ({"load_weights_on_restart": "yes"}, ValueError, "`load_weights_on_restart` must be True or False"),
    ({"save_best_only": "yes"}, ValueError, "`save_best_only` must be True or False"),
    ({"verbose": -1}, ValueError, "`verbose` must be"),
    ({"options": object()}, ValueError, "`options` must be None"),
    ({"save_best": True}, TypeError, "no argument `save_best`. Nearest known: 'save_best_only'"),
])
def test_wrong_arguments_are_refused_when_made(arguments, error, message):
    with pytest.raises(error, match=message):
        ModelCheckpoint("x.h5", **arguments)


@pytest.mark.parametrize(
    "name, weights, end",
    [
        ("weights.{epoch:02d}-{val_loss:.2f}.hdf5", False, "hdf5"),
        ("{epoch}.h5", True, "h5"),
        ("{epoch}.weights.h5", True, "weights.h5"),
        ("{epoch}.keras", False, "keras"),
    ],
)
def test_training_writes_files_that_bring_the_model_back(name, weights, end, tmp_path):
    x, y = np.ones((4, 3), "float32"), np.zeros((4, 1), "float32")
    model = Sequential([Input((3,)), Dense(1)])
    model.compile("adam", "mse")
    saver = ModelCheckpoint(tmp_path / name, save_weights_only=weights)
    model.fit(x, y, epochs=2, validation_data=(x, y), verbose=0, callbacks=[saver])
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2 and all(file.name.endswith(end) for file in files)
    after = model.get_weights()
    if not weights:
        model = load_model(files[-1])
        assert int(model.optimizer.iterations) == 2
    model.load_weights(files[-1])
    assert all(np.array_equal(a, b) for a, b in zip(after, model.get_weights()))


@pytest.mark.parametrize("weights", [False, True])
def test_old_generations_write_hdf5_under_any_name(weights, tmp_path):
    x, y = np.ones((4, 3), "float32"), np.zeros((4, 1), "float32")
    with dialect("keras2.2"):
        model = Sequential([Dense(1, input_shape=(3,))])
        model.compile("sgd", "mse")
        saver = ModelCheckpoint(str(tmp_path / "best_model"), save_weights_only=weights)
        model.fit(x, y, verbose=0, callbacks=[saver])
    after = model.get_weights()
    if not weights:
        model = load_model(tmp_path / "best_model")
    model.load_weights(tmp_path / "best_model")
    assert all(np.array_equal(a, b) for a, b in zip(after, model.get_weights()))


@pytest.mark.parametrize(
    "weights, ending", [(False, "'.keras', or in '.h5'"), (True, "'.weights.h5', or in '.h5'")]
)
def test_a_name_without_an_ending_is_an_error_before_the_first_step(weights, ending, tmp_path):
    model = Sequential([Input((3,)), Dense(1)])
    model.compile("sgd", "mse")
    saver = ModelCheckpoint(str(tmp_path / "best_model"), save_weights_only=weights)
    with pytest.raises(ValueError, match=f"ModelCheckpoint: `filepath` must be a name that ends in {ending}"):
        model.fit(np.ones((4, 3)), np.zeros((4, 1)), verbose=0, callbacks=[saver])
    assert int(model.optimizer.iterations) == 0 and not list(tmp_path.iterdir())


OLDER = ("keras1", "keras2.2", "keras2.3", "tf.keras")


@pytest.mark.parametrize("generation", OLDER)
def test_older_generations_save_nothing_without_their_value(generation, attach, model):
    with dialect(generation):
        callback = attach(ModelCheckpoint("x.h5", save_best_only=True))
        with pytest.warns(UserWarning, match="ModelCheckpoint watches `val_loss`, which is not available"):
            callback.on_epoch_end(0, {"loss": 1.0})
            callback.on_epoch_end(1, {"loss": 0.5})
    assert model.saved == []


@pytest.mark.parametrize("generation, saved", [*((name, [1]) for name in OLDER), ("keras3", [0, 1])])
def test_nan_at_first_is_the_best_in_keras3_alone(generation, saved, attach, model):
    with dialect(generation):
        callback = attach(ModelCheckpoint("{epoch}.h5", "loss", save_best_only=True))
        for epoch, value in enumerate([math.nan, 2.0, math.nan]):
            callback.on_epoch_end(epoch, {"loss": value})
    first = 0 if generation == "keras1" else 1
    assert [int(name[0]) - first for _, name in model.saved] == saved


@pytest.mark.parametrize(
    "generation, lines",
    [
        ("keras1", ["Epoch 00000: loss improved from inf to 1.00000, saving model to 0.h5",
                    "Epoch 00001: loss did not improve"]),
        ("keras2.3", ["Epoch 00001: loss improved from inf to 1.00000, saving model to 1.h5",
                      "Epoch 00002: loss did not improve from 1.00000"]),
        ("tf.keras", ["Epoch 1: loss improved from inf to 1.00000, saving model to 1.h5",
                      "Epoch 2: loss did not improve from 1.00000"]),
        ("keras3", ["Epoch 1: loss improved from None to 1.00000, saving model to 1.h5",
                    "Epoch 1: finished saving model to 1.h5",
                    "Epoch 2: loss did not improve from 1.00000"]),
    ],
)  # fmt: skip
def test_messages_are_those_of_the_generation(generation, lines, attach, capsys):
    with dialect(generation):
        callback = attach(ModelCheckpoint("{epoch}.h5", "loss", verbose=1, save_best_only=True))
        for epoch, value in enumerate([1.0, 2.0]):
            callback.on_epoch_end(epoch, {"loss": value})
    assert capsys.readouterr().out.splitlines() == lines


class Uploads(ModelCheckpoint):
    """Notes what it is asked, and where it saves."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.asked = []

    def _save_model(self, epoch, batch, logs):
        self.asked.append((epoch, batch, dict(logs)))
        super()._save_model(epoch, batch, logs)

    def _get_file_path(self, epoch, batch, logs):
        return "own-" + super()._get_file_path(epoch, batch, logs)

    def _should_save_model(self, epoch, batch, logs, filepath):
        return filepath.startswith("own") and epoch > 0


@pytest.mark.parametrize("generation", ["tf.keras", "keras3"])
def test_methods_of_a_subclass_are_asked(generation, attach, model):
    with dialect(generation):
        callback = attach(Uploads("{epoch}.h5", monitor="loss"))
        for epoch in range(2):
            callback.on_epoch_end(epoch, {"loss": 1.0})
        batchwise = attach(Uploads("{epoch}.{batch}.h5", save_freq=2))
        batchwise.on_epoch_begin(1)
        for batch in range(4):
            batchwise.on_train_batch_end(batch, {"loss": 1.0})
    assert callback.asked == [(0, None, {"loss": 1.0}), (1, None, {"loss": 1.0})]
    assert batchwise.asked == [(1, 1, {"loss": 1.0}), (1, 3, {"loss": 1.0})]
    assert [name for _, name in model.saved] == ["own-2.h5", "own-2.2.h5", "own-2.4.h5"]


def test_what_a_subclass_may_read(attach):
    callback = attach(ModelCheckpoint("x.h5", "loss", save_best_only=True, save_freq=3))
    callback.on_epoch_begin(4)
    callback.on_train_batch_end(1, {"loss": 1.0})
    seen = callback._current_epoch, callback._last_batch_seen, callback._batches_seen_since_last_saving
    assert seen == (4, 1, 2) and callback.best is None
    callback.on_train_batch_end(0, {"loss": 1.0})   # another epoch
    assert callback.best == 1.0 and callback._batches_seen_since_last_saving == 0
    assert callback.epochs_since_last_save == 0 and callback.monitor_op(0.5, callback.best)


def test_weights_are_loaded_when_a_training_starts_anew(tmp_path, model):
    model.load_weights = lambda path: loaded.append(pathlib.Path(path).name)
    loaded, arguments = [], {"load_weights_on_restart": True, "save_weights_only": True}
    for folder in (tmp_path / "none", tmp_path):
        callback = ModelCheckpoint(folder / "w.{epoch:02d}-{loss:.2f}.h5", **arguments)
        callback.set_model(model)
        callback.on_train_begin()
    assert loaded == []
    for second, name in enumerate(["w.02-0.50.h5", "w.01-0.75.h5", "w.03-0.20.h5.tmp", "v.01-0.5.h5"]):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (second, second))
    callback.on_train_begin()
    assert loaded == ["w.01-0.75.h5"]
    os.utime(tmp_path / "w.02-0.50.h5", (1, 1))
    callback.on_train_begin()
    assert loaded[-1] == "w.02-0.50.h5"


class AtTheSecondBatch(ModelCheckpoint):
    """Says itself when a batch is worth a file."""

    def _should_save_on_batch(self, batch):
        return batch == 1


def test_a_subclass_that_decides_by_batch_is_asked_in_training(tmp_path):
    model = Sequential([Input((3,)), Dense(1)])
    model.compile("sgd", "mse")
    saver = AtTheSecondBatch(tmp_path / "{epoch}-{batch}.keras")
    with pytest.raises(KeyError, match="names 'batch', not in logs"):   # at the end of the epoch
        model.fit(np.ones((6, 3)), np.zeros((6, 1)), batch_size=2, verbose=0, callbacks=[saver])
    assert [path.name for path in tmp_path.iterdir()] == ["1-2.keras"]
