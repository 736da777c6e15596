"""ReduceLROnPlateau lowers the rate when Keras's does."""

import pytest
from cases.fake_model import RECORDED, SEQUENCES

from keras_torch.callbacks import ReduceLROnPlateau
from keras_torch.dialects import dialect


@pytest.mark.parametrize("row", RECORDED["reduce_lr"], ids=lambda row: f"{row[0]}-{row[1]}")
def test_rates_follow_keras(row, attach, model):
    name, arguments, rates = row
    callback = attach(ReduceLROnPlateau("val_loss", **arguments))
    seen = []
    for epoch, value in enumerate(SEQUENCES[name]):
        callback.on_epoch_end(epoch, {"val_loss": value})
        seen.append(model.optimizer.learning_rate)
    assert seen == pytest.approx(rates, rel=1e-6)   # Keras keeps the rate in float32


def test_the_rate_is_logged_under_the_name_of_the_generation(attach):
    logs, older = {"val_loss": 1.0}, {"val_loss": 1.0}
    attach(ReduceLROnPlateau()).on_epoch_end(0, logs)
    with dialect("tf.keras"):
        attach(ReduceLROnPlateau()).on_epoch_end(0, older)
    assert (logs["learning_rate"], older["lr"]) == (0.1, 0.1)


def test_epsilon_is_the_older_name_of_min_delta():
    assert ReduceLROnPlateau(epsilon=0.5).min_delta == 0.5


def test_message(attach, model, capsys):
    callback = attach(ReduceLROnPlateau("loss", factor=0.5, patience=1, verbose=1))
    for epoch in range(2):
        callback.on_epoch_end(epoch, {"loss": 1.0})
    assert capsys.readouterr().out == "Epoch 2: ReduceLROnPlateau reducing learning rate to 0.05.\n"


def test_a_missing_value_warns(attach, model):
    with pytest.warns(UserWarning, match="Available metrics are: loss, learning_rate"):
        attach(ReduceLROnPlateau()).on_epoch_end(0, {"loss": 1.0})
    with pytest.warns(UserWarning, match="Available metrics are: learning_rate"):
        attach(ReduceLROnPlateau()).on_epoch_end(0)


@pytest.mark.parametrize("arguments, error, message", [
    ({"factor": 1.0}, ValueError, "`factor` must be a number from 0 to below 1; got 1.0"),
    ({"patience": -1}, ValueError, "`patience` must be"),
    ({"cooldown": -1}, ValueError, "`cooldown` must be"),
    ({"min_lr": -1}, ValueError, "`min_lr` must be"),
    ({"verbose": 3}, ValueError, "`verbose` must be"),
    ({"min_rate": 0.1}, TypeError, "no argument `min_rate`"),
])
def test_wrong_arguments_are_refused_when_made(arguments, error, message):
    with pytest.raises(error, match=message):
        ReduceLROnPlateau(**arguments)
