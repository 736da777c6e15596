"""Schedules beyond their numbers, which the reference rows check."""

import numpy as np
import pytest
import torch

from keras_torch.optimizers import SGD, schedules


class Doubling(schedules.LearningRateSchedule):
    def __init__(self, first):
        self.first = first

    def __call__(self, step):
        return self.first * torch.pow(torch.tensor(2.0), step.float())


def test_a_schedule_of_the_user_is_called_with_a_tensor():
    param = torch.nn.Parameter(torch.zeros(1))
    optimizer = SGD(Doubling(0.5)).build([param])
    for expected in (-0.5, -1.5, -3.5):
        param.grad = torch.ones(1)
        optimizer.step()
        assert param.detach().item() == expected
    assert optimizer.learning_rate == 4.0


def test_calling_gives_a_float32_tensor():
    rate = schedules.ExponentialDecay(0.5, 10, 0.5)(torch.tensor(10))
    assert rate.dtype == torch.float32 and rate.shape == ()


def test_get_config_names_the_arguments():
    assert schedules.ExponentialDecay(0.5, 10, 0.25).get_config() == {
        "initial_learning_rate": 0.5, "decay_steps": 10, "decay_rate": 0.25, "staircase": False,
        "name": "ExponentialDecay"}


def test_errors():
    with pytest.raises(ValueError, match="`decay_steps` must be a positive number; got 0"):
        schedules.ExponentialDecay(0.5, 0, 0.5)
    with pytest.raises(ValueError, match="`values` must be a list of 3 numbers, one more than `boundaries`"):
        schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2])
    with pytest.raises(ValueError, match="`boundaries` must be a list of numbers"):
        schedules.PiecewiseConstantDecay(3, [0.1, 0.2])
    with pytest.raises(NotImplementedError, match="has no formula"):
        schedules.LearningRateSchedule()(1)
    with pytest.raises(ValueError, match="Nothing is called 'Sinus'"):
        schedules.deserialize({"class_name": "Sinus", "config": {}})


def test_boundaries_and_values_may_be_arrays():
    schedule = schedules.PiecewiseConstantDecay(np.array([2, 4]), np.array([1.0, 0.5, 0.25]))
    assert [float(schedule(step)) for step in (2, 3, 5)] == [1.0, 0.5, 0.25]
    assert schedule.get_config()["boundaries"] == [2, 4] and type(schedule.boundaries[0]) is int
    assert schedules.PiecewiseConstantDecay([np.int64(2)], [np.float32(0.5), 0.25]).values == [0.5, 0.25]
    with pytest.raises(ValueError, match="`boundaries` must be a list of numbers"):
        schedules.PiecewiseConstantDecay(np.ones((2, 2)), [1.0])
