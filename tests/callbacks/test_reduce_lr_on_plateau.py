"""ReduceLROnPlateau lowers the rate when Keras's does."""

import math

import pytest
from cases.fake_model import RECORDED, SEQUENCES

from keras_torch.callbacks import ReduceLROnPlateau
from keras_torch.callbacks.learning_rate_scheduler import follows_schedule
from keras_torch.dialects import dialect
from keras_torch.optimizers import SGD, MultiOptimizer, OptimizerMap
from keras_torch.optimizers.schedules import ExponentialDecay


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


class OwnRule(ReduceLROnPlateau):
    """The rule written out by a user of Keras 2."""

    def on_epoch_end(self, epoch, logs=None):
        if self.monitor_op(logs["loss"], self.best):
            self.best, self.wait = logs["loss"], 0
        else:
            self.wait += 1


@pytest.mark.parametrize("generation", ["keras1", "keras2.3", "tf.keras"])
def test_the_comparison_of_older_generations_includes_min_delta(generation, attach):
    with dialect(generation):
        down, up = OwnRule("loss", min_delta=0.5), OwnRule("loss", min_delta=0.5, mode="max")
        assert (down.best, up.best) == (math.inf, -math.inf)
        for value in (2.0, 1.75, 1.25):
            attach(down) if value == 2.0 else None
            down.on_epoch_end(0, {"loss": value})
        attach(up)
        for value in (1.0, 1.25, 2.0):
            up.on_epoch_end(0, {"loss": value})
    assert (down.best, up.best) == (1.25, 2.0)


class OwnBar(ReduceLROnPlateau):
    """Nothing is good enough."""

    def _is_improvement(self, monitor_value, reference_value):
        return False


@pytest.mark.parametrize("generation", ["tf.keras", "keras3"])
def test_methods_of_a_subclass_are_asked(generation, attach, model):
    with dialect(generation):
        callback = attach(OwnBar("loss", factor=0.5, patience=1.5))
        for epoch, value in enumerate([3.0, 2.0]):
            callback.on_epoch_end(epoch, {"loss": value})
    assert model.optimizer.learning_rate == 0.05


def test_fractions_of_epochs(attach, model):
    callback = attach(ReduceLROnPlateau("loss", factor=0.5, patience=4 / 2, cooldown=1.0))
    for epoch in range(7):
        callback.on_epoch_end(epoch, {"loss": 1.0})
    assert model.optimizer.learning_rate == 0.0125 and callback.cooldown_counter == 1.0


def test_keras1_waits_one_epoch_more(attach, model):
    with dialect("keras1"):
        callback = attach(ReduceLROnPlateau("loss", factor=0.5, patience=1))
    rates = []
    for epoch in range(5):
        callback.on_epoch_end(epoch, {"loss": 1.0})
        rates.append(model.optimizer.learning_rate)
    assert rates == [0.1, 0.1, 0.05, 0.025, 0.0125]


def test_a_schedule_is_ended_and_told_before(attach, model):
    model.optimizer = SGD(ExponentialDecay(0.5, 10, 0.5))
    with pytest.warns(UserWarning, match="rate of SGD, which follows a schedule: the first reduction"):
        callback = attach(ReduceLROnPlateau("loss", factor=0.5, patience=1))
    for epoch in range(2):
        callback.on_epoch_end(epoch, {"loss": 1.0})
    assert float(model.optimizer.learning_rate) == 0.25 and not follows_schedule(model.optimizer)


def test_each_of_several_optimizers(attach, model, capsys):
    model.optimizer = MultiOptimizer(OptimizerMap(SGD(0.5, name="slow"), {"a/.*": SGD(1.0, name="fast")}))
    callback, logs = attach(ReduceLROnPlateau("loss", factor=0.5, patience=0, verbose=1)), {"loss": 1.0}
    callback.on_epoch_end(0, {"loss": 1.0})
    callback.on_epoch_end(1, logs)
    assert logs == {"loss": 1.0, "learning_rate_fast": 1.0, "learning_rate_slow": 0.5}
    assert sorted(float(part.learning_rate) for part in model.optimizer.optimizers) == [0.25, 0.5]
    assert "reducing fast learning rate to 0.5." in capsys.readouterr().out


class Forgetful(ReduceLROnPlateau):
    """Counts how often a training began."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.begun = 0

    def _reset(self):
        self.begun += 1
        super()._reset()


@pytest.mark.parametrize("generation", ["keras2.3", "keras3"])
def test_what_begins_a_training_may_be_overridden(generation, attach):
    with dialect(generation):
        callback = attach(Forgetful("loss"))
        callback.on_epoch_end(0, {"loss": 1.0})
        callback.on_epoch_end(1, {"loss": 2.0})
        assert (callback.wait, callback.best) == (1, 1.0)
        callback.on_train_begin()
    assert callback.begun == 2 and callback.wait == 0 and callback.best in (None, math.inf)
