"""LearningRateScheduler sets what the schedule says, with the arguments it takes."""

import functools

import numpy as np
import pytest
import torch

from keras_torch.callbacks import LearningRateScheduler
from keras_torch.dialects import dialect
from keras_torch.optimizers import SGD, MultiOptimizer, OptimizerMap
from keras_torch.optimizers.schedules import ExponentialDecay


class Halving:
    """A schedule that is an object."""

    def __call__(self, epoch, lr):
        return lr / 2


@pytest.mark.parametrize("schedule, rate", [
    (lambda epoch: 0.5, 0.5), (lambda epoch, lr: lr / 2, 0.05), (lambda *both: both[1] / 4, 0.025),
    (Halving(), 0.05), (functools.partial(lambda scale, epoch: scale, 2), 2.0),
    (lambda epoch, lr=None: np.float32(0.25), 0.25),
    (lambda epoch: torch.tensor(0.75), 0.75), (max, 3.0),
], ids=["epoch", "epoch-rate", "star", "object", "partial", "numpy", "tensor", "built-in"])
def test_both_signatures(schedule, rate, attach, model):
    attach(LearningRateScheduler(schedule)).on_epoch_begin(3)
    assert model.optimizer.learning_rate == rate


def test_type_errors_of_the_schedule_arrive_unchanged(attach):
    def wrong(epoch, lr):
        return "a" + 1

    with pytest.raises(TypeError, match="concatenate"):
        attach(LearningRateScheduler(wrong)).on_epoch_begin(0)


def test_the_rate_is_logged(attach):
    logs, older = {}, {}
    attach(LearningRateScheduler(lambda epoch: 0.5)).on_epoch_end(0, logs)
    with dialect("keras2.2"):
        attach(LearningRateScheduler(lambda epoch: 0.5)).on_epoch_end(0, older)
    assert logs == {"learning_rate": 0.1} and older == {"lr": 0.1}


def test_message(attach, capsys):
    attach(LearningRateScheduler(lambda epoch: 0.5, verbose=1)).on_epoch_begin(1)
    assert capsys.readouterr().out == "Epoch 2: LearningRateScheduler setting learning rate to 0.5.\n"


def test_a_schedule_that_returns_no_number_is_refused(attach):
    with pytest.raises(ValueError, match="`schedule` must be a function that returns a number; got None"):
        attach(LearningRateScheduler(lambda epoch: None)).on_epoch_begin(0)


def test_an_optimizer_without_a_rate_is_refused(attach, model):
    model.optimizer = object()
    with pytest.raises(ValueError, match="The optimizer object has no `learning_rate`"):
        attach(LearningRateScheduler(lambda epoch: 0.5)).on_epoch_begin(0)


def test_wrong_arguments_are_refused_when_made():
    with pytest.raises(ValueError, match="`schedule` must be a function; got 0.5"):
        LearningRateScheduler(0.5)
    with pytest.raises(ValueError, match="`verbose` must be"):
        LearningRateScheduler(abs, verbose=5)


def test_two_schedules_are_refused_before_the_first_step(attach, model):
    model.optimizer = SGD(ExponentialDecay(0.5, 10, 0.5))
    with pytest.raises(TypeError, match="sets the rate of SGD, which follows a schedule. Compile"):
        attach(LearningRateScheduler(lambda epoch: 0.25))


def test_older_generations_end_the_schedule_and_say_so(attach, model):
    model.optimizer = SGD(ExponentialDecay(0.5, 10, 0.5))
    with dialect("tf.keras"), pytest.warns(UserWarning, match="which follows a schedule that ends now"):
        attach(LearningRateScheduler(lambda epoch: 0.25)).on_epoch_begin(0)
    assert float(model.optimizer.learning_rate) == 0.25


def test_each_of_several_optimizers(attach, model, capsys):
    model.optimizer = MultiOptimizer(OptimizerMap(SGD(0.5, name="slow"), {"a/.*": SGD(1.0, name="fast")}))
    callback, logs = attach(LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1)), {}
    callback.on_epoch_begin(0)
    callback.on_epoch_end(0, logs)
    assert logs == {"learning_rate_fast": 0.5, "learning_rate_slow": 0.25}
    assert "Epoch 1: LearningRateScheduler setting slow learning rate to 0.25." in capsys.readouterr().out
