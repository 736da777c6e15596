"""Gradients and losses by hand: apply_gradients, minimize and what older generations call beside them."""

import numpy as np
import pytest
import torch

from keras_torch import backend, optimizers
from keras_torch.base.variable import Variable
from keras_torch.optimizers import SGD, Adam, LossScaleOptimizer


def number(variable):
    return variable.detach().item()


def test_apply_gradients_takes_the_words_of_tf_keras(monkeypatch):
    variable = Variable([1.0])
    optimizer = SGD(0.5)
    pairs = [(torch.ones(1), variable)]
    optimizer.apply_gradients(pairs, name="update")
    optimizer.apply_gradients(pairs, skip_gradients_aggregation=False)
    assert number(variable) == 0.0
    optimizer.apply_gradients(pairs, skip_gradients_aggregation=True)  # one process: nothing to aggregate
    optimizer.apply_gradients(pairs, experimental_aggregate_gradients=False)
    assert number(variable) == -1.0
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    with pytest.raises(ValueError, match="it never sums over processes.*Leave `skip_gradients_agg"):
        optimizer.apply_gradients(pairs, skip_gradients_aggregation=True)
    with pytest.raises(ValueError, match="it never sums over processes"):
        optimizer.apply_gradients(pairs, experimental_aggregate_gradients=False)
    with pytest.raises(ValueError, match="`global_step` must be None"):
        optimizer.apply_gradients(pairs, global_step=optimizer.iterations)
    with pytest.raises(ValueError, match="`name` must be a string"):
        optimizer.apply_gradients(pairs, name=3)


def test_minimize_takes_a_gradient_of_what_follows():
    variable = Variable([1.0])
    SGD(0.5).minimize(lambda: variable.sum(), [variable], grad_loss=torch.tensor(2.0), name="m")
    assert number(variable) == 0.0
    SGD(0.5).minimize(lambda: variable.sum(), lambda: [variable])
    assert number(variable) == -0.5


def test_get_gradients_clips():
    variable = Variable([3.0, 4.0])
    found = SGD(clipnorm=1.0).get_gradients((variable * variable).sum() / 2, [variable])
    np.testing.assert_allclose(found[0].numpy(), [0.6, 0.8], rtol=1e-6)
    with pytest.raises(ValueError, match="does not depend on 'unused'"):
        SGD().get_gradients(variable.sum(), [variable, Variable([1.0], name="unused")])


def test_get_updates_says_what_to_write():
    with pytest.raises(NotImplementedError, match="Write loss.backward\\(\\) and optimizer.step\\(\\)"):
        SGD().get_updates(loss=None, params=[])


def test_values_of_the_backend_reach_the_optimizer():
    optimizer = Adam(0.5)
    backend.set_value(optimizer.lr, 0.25)
    assert backend.get_value(optimizer.learning_rate) == 0.25
    optimizer.learning_rate.assign(0.125)
    assert optimizer.lr == 0.125
    optimizer.iterations = 7
    assert backend.get_value(optimizer.iterations) == 7
    backend.set_value(optimizer.iterations, 3)
    assert optimizer.iterations == 3


@pytest.mark.parametrize("make", [lambda: Adam(0.1), lambda: SGD(0.1, momentum=0.9),
                                  lambda: LossScaleOptimizer(SGD(0.1), initial_scale=2.0)])
def test_stateless_apply_changes_nothing(make):
    variable, twin = Variable([1.0, 2.0]), Variable([1.0, 2.0])
    optimizer, other = make().build([variable]), make().build([twin])
    start = [torch.as_tensor(np.asarray(value.numpy())) for value in optimizer.variables]
    new, own = optimizer.stateless_apply(start, [torch.ones(2)], [variable.detach().clone()])
    np.testing.assert_array_equal(variable.numpy(), [1.0, 2.0])
    assert optimizer.iterations == 0
    other.apply([torch.ones(2)])
    torch.testing.assert_close(new[0], twin.detach().as_subclass(torch.Tensor))
    for mine, theirs in zip(own, other.variables):
        np.testing.assert_allclose(mine.numpy(), np.asarray(theirs.numpy()))
    new, own = optimizer.stateless_apply(own, [torch.ones(2)], new)
    other.apply([torch.ones(2)])
    torch.testing.assert_close(new[0], twin.detach().as_subclass(torch.Tensor))
    with pytest.raises(ValueError, match="stateless_apply\\(\\) needs a built optimizer"):
        optimizer.stateless_apply(own[:1], [torch.ones(2)], new)


def test_constraints_follow_the_average():
    variable = Variable([0.5])
    variable.constraint = lambda value: value.clamp(min=0.0)
    optimizer = SGD(1.0, use_ema=True)
    optimizer.apply([torch.ones(1)], [variable])
    assert number(variable) == 0.0 and number(optimizer.variables[2]) == -0.5


def test_a_variable_without_gradient_is_not_constrained():
    with_gradient, without = Variable([0.5]), Variable([-0.5])
    without.constraint = lambda value: value.clamp(min=0.0)
    optimizer = SGD(1.0).build([with_gradient, without])
    with_gradient.grad = torch.ones(1)
    optimizer.step()
    assert number(without) == -0.5


def test_a_schedule_of_the_users_own_and_a_function():
    class Halving(optimizers.schedules.LearningRateSchedule):
        def __init__(self, first):
            self.first = first

        def __call__(self, step):
            return self.first * 0.5 ** float(step)

        def get_config(self):
            return {"first": self.first}

    variable, rates = Variable([0.0]), []
    optimizer = SGD(Halving(1.0))
    for _ in range(3):
        optimizer.apply([torch.ones(1)], [variable])
        rates.append(float(optimizer.learning_rate))
    assert number(variable) == -1.75 and rates == [0.5, 0.25, 0.125]
    config = optimizers.serialize(optimizer)
    again = optimizers.deserialize(config, custom_objects={"Halving": Halving})
    assert again.learning_rate == 1.0
    by_function = SGD(lambda: 0.5)
    by_function.apply([torch.ones(1)], [variable])
    assert number(variable) == -2.25
