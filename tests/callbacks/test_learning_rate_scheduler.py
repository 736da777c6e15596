"""LearningRateScheduler sets what the schedule says, with the arguments it takes."""

import functools

import numpy as np
import pytest
import torch

from keras_torch.callbacks import LearningRateScheduler
from keras_torch.dialects import dialect


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
