"""ModelCheckpoint saves when Keras's does, under the names it would give."""

import pathlib

import pytest
from cases.fake_model import RECORDED, SEQUENCES

from keras_torch.callbacks import ModelCheckpoint


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
                                       "Epoch 2: loss did not improve from 1.00000\n"
                                       "Epoch 1: saving model to y.h5\n")


def test_a_missing_value_warns_once_and_saves_anyway(attach, model):
    callback = attach(ModelCheckpoint("x.h5", save_best_only=True))
    with pytest.warns(UserWarning, match="ModelCheckpoint watches `val_loss`, which is") as caught:
        callback.on_epoch_end(0, {"loss": 1.0})
        callback.on_epoch_end(1, {"loss": 1.0})
    assert len(model.saved) == 2 and len(caught) == 1


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
    ({"save_best_only": "yes"}, ValueError, "`save_best_only` must be True or False"),
    ({"verbose": -1}, ValueError, "`verbose` must be"),
    ({"options": object()}, ValueError, "`options` must be None"),
    ({"save_best": True}, TypeError, "no argument `save_best`. Nearest known: 'save_best_only'"),
])
def test_wrong_arguments_are_refused_when_made(arguments, error, message):
    with pytest.raises(error, match=message):
        ModelCheckpoint("x.h5", **arguments)
