"""CSVLogger, TerminateOnNaN, LambdaCallback and History."""

import math

import numpy as np
import pytest

from keras_torch.callbacks import CSVLogger, History, LambdaCallback, TerminateOnNaN
from keras_torch.dialects import dialect


def test_csv_has_sorted_columns_and_na_for_what_is_missing(attach, tmp_path):
    path = tmp_path / "log.csv"
    callback = attach(CSVLogger(path))
    callback.on_epoch_end(0, {"loss": 0.5, "accuracy": 0.25})
    assert path.read_bytes() == b"epoch,accuracy,loss,val_accuracy,val_loss\r\n0,0.25,0.5,NA,NA\r\n"
    callback.on_epoch_end(1, {"loss": np.array(1.5), "accuracy": np.array([1, 2]), "val_loss": 2.0, "new": 1})
    callback.on_train_end()
    assert path.read_text().splitlines()[-1] == '1,"""[1, 2]""",1.5,NA,2.0'


def test_csv_appends_without_a_second_header(attach, tmp_path):
    path = tmp_path / "log.csv"
    for epoch in range(2):
        callback = attach(CSVLogger(path, separator=";", append=True))
        callback.on_epoch_end(epoch, {"loss": "low", "val_loss": 1.0})
        callback.on_train_end()
    assert path.read_text().splitlines() == ["epoch;loss;val_loss", "0;low;1.0", "1;low;1.0"]


def test_csv_is_overwritten_by_a_new_training_and_closed(attach, tmp_path):
    callback = attach(CSVLogger(tmp_path / "log.csv"))
    callback.on_epoch_end(0, {"val_a": 1.0})
    callback.on_train_begin()
    callback.on_epoch_end(0, {"val_b": 2.0})
    callback.on_train_end()
    assert (tmp_path / "log.csv").read_text().splitlines() == ["epoch,val_b", "0,2.0"]
    assert callback.csv_file is None


@pytest.mark.parametrize("arguments, message", [
    ({"separator": "::"}, "`separator` must be one character; got '::'"),
    ({"append": "a"}, "`append` must be True or False"),
])
def test_csv_arguments(arguments, message):
    with pytest.raises(ValueError, match=f"CSVLogger: {message}"):
        CSVLogger("x.csv", **arguments)


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_training_ends_when_the_loss_is_not_finite(loss, attach, model, capsys):
    callback = attach(TerminateOnNaN())
    callback.on_batch_end(2, {"loss": 1.0})
    callback.on_batch_end(3, {})
    callback.on_batch_end(4)
    assert not model.stop_training
    callback.on_train_batch_end(5, {"loss": loss})
    assert model.stop_training and capsys.readouterr().out == "Batch 5: Invalid loss, terminating training\n"


def test_training_raises_when_asked_to(attach):
    with pytest.raises(RuntimeError, match="TerminateOnNaN: the loss of batch 3 is nan. Lower"):
        attach(TerminateOnNaN(raise_error=True)).on_batch_end(3, {"loss": math.nan})
    with pytest.raises(ValueError, match="`raise_error` must be True or False"):
        TerminateOnNaN("yes")


def test_functions_become_hooks():
    seen = []
    callback = LambdaCallback(on_test_begin=seen.append,
                              on_batch_begin=lambda batch, logs: seen.append(batch))
    callback.on_test_begin({"a": 1})
    callback.on_train_batch_begin(7)
    callback.on_epoch_end(0)
    assert seen == [{"a": 1}, 7]


def test_wrong_functions_are_refused():
    with pytest.raises(TypeError, match="LambdaCallback has no argument `on_epoch_stop`. Nearest"):
        LambdaCallback(on_epoch_stop=print)
    with pytest.raises(ValueError, match="LambdaCallback: `on_train_end` must be a function; got 3"):
        LambdaCallback(on_train_end=3)


def test_history_goes_on_and_counts_epochs_anew(attach, model):
    history = attach(History())
    history.on_epoch_end(0, {"loss": 1.0})
    history.on_train_begin()
    history.on_epoch_end(5, {"loss": 2.0})
    history.on_epoch_end(6)
    assert (history.history, history.epoch, model.history) == ({"loss": [1.0, 2.0]}, [5, 6], history)


@pytest.mark.parametrize(
    "generation, columns",
    [
        ("keras1", "epoch,loss"),
        ("keras2.3", "epoch,loss"),
        ("tf.keras", "epoch,loss,val_loss"),
        ("keras3", "epoch,loss,val_loss"),
    ],
)
def test_columns_of_a_training_without_validation(generation, columns, tmp_path):
    with dialect(generation):
        logger = CSVLogger(tmp_path / "log.csv")
        logger.on_train_begin()
        logger.on_epoch_end(0, {"loss": 0.5})
        logger.on_train_end()
    assert (tmp_path / "log.csv").read_text().splitlines()[0] == columns
