"""An optimizer knows the model it was compiled for: groups and state can be asked for before fit."""

from __future__ import annotations

import copy
import gc

import numpy as np
import pytest
import torch
from cases.training_models import NUMBERS, X

import keras_torch
from keras_torch import layers, optimizers
from keras_torch.optimizers import SGD, Adam, LossScaleOptimizer


def compiled(optimizer, trainable=True):
    model = keras_torch.Sequential(
        [keras_torch.Input((4,)), layers.Dense(3, trainable=trainable), layers.Dense(1)]
    )
    model.compile(optimizer, "mse")
    return model


def multi():
    return optimizers.MultiOptimizer(optimizers.OptimizerMap(Adam(0.1)))


MAKERS = [lambda: Adam(0.1), lambda: LossScaleOptimizer(Adam(0.1)), multi, lambda: torch.optim.Adam]


@pytest.mark.parametrize("make", MAKERS)
def test_groups_and_state_are_there_after_compile(make):
    for ask in (lambda o: o.param_groups, lambda o: o.state_dict()):
        model = compiled(make())
        optimizer = model.optimizer
        assert ask(optimizer)
        assert optimizer.built and len(optimizer._variables) == 4


@pytest.mark.parametrize("make", MAKERS)
def test_state_goes_into_a_compiled_model(make):
    model, other = compiled(make()), compiled(make())
    model.fit(X, NUMBERS, verbose=0)
    other.set_weights(model.get_weights())
    other.optimizer.load_state_dict(copy.deepcopy(model.optimizer.state_dict()))
    for each in (model, other):
        each.fit(X, NUMBERS, shuffle=False, verbose=0)
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_set_weights_builds():
    model, other = compiled(Adam(0.1)), compiled(Adam(0.1))
    model.fit(X, NUMBERS, verbose=0)
    other.optimizer.set_weights(model.optimizer.get_weights())
    assert other.optimizer.iterations == model.optimizer.iterations == 1


def test_a_torch_scheduler_is_made_after_compile():
    model = compiled(Adam(0.1))
    scheduler = torch.optim.lr_scheduler.StepLR(model.optimizer, 1, gamma=0.5)
    for _ in range(2):
        model.fit(X, NUMBERS, verbose=0)
        scheduler.step()
    assert float(model.optimizer.learning_rate) == pytest.approx(0.025)


def test_frozen_weights_come_in_when_they_are_thawed():
    model = compiled(Adam(0.1), trainable=False)
    assert len(model.optimizer.param_groups[0]["params"]) == 2
    model.layers[0].trainable = True
    model.fit(X, NUMBERS, verbose=0)
    assert sum(len(group["params"]) for group in model.optimizer.param_groups) == 4


def test_without_weights_it_says_what_to_do():
    model = keras_torch.Sequential([layers.Dense(3)])
    model.compile("adam", "mse")
    with pytest.raises(RuntimeError, match="hand it to compile\\(\\) of a model whose weights are made"):
        assert model.optimizer.param_groups
    optimizer = model.optimizer
    model.fit(X, np.tile(NUMBERS, (1, 3)), verbose=0)
    assert optimizer.param_groups
    with pytest.raises(ValueError, match="set_weights\\(\\) needs a built optimizer"):
        Adam().set_weights([1])


def test_an_optimizer_does_not_keep_its_model():
    optimizer = Adam(0.1)
    model = compiled(optimizer)
    del model
    gc.collect()
    with pytest.raises(RuntimeError, match="has no parameters yet"):
        optimizer.state_dict()


class Changes(keras_torch.callbacks.Callback):
    def __init__(self, hook, at, make):
        super().__init__()
        self.at, self.make = at, make
        setattr(self, hook, self.change)

    def change(self, number, logs=None):
        if number == self.at:
            self.model.optimizer = self.make()


@pytest.mark.parametrize(
    "hook, at, batches", [("on_epoch_end", 0, 4), ("on_epoch_begin", 1, 4), ("on_train_batch_end", 1, 2)]
)
def test_a_callback_may_give_the_model_another_optimizer(hook, at, batches):
    made = []

    def make():
        made.append(SGD(0.01, momentum=0.9, loss_scale_factor=8.0))
        return made[0]

    model, other = compiled(Adam(0.1)), compiled(Adam(0.1))
    other.set_weights(model.get_weights())
    model.fit(
        X, NUMBERS, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[Changes(hook, at, make)]
    )
    assert model.optimizer is made[0] and made[0].iterations == 8 - batches
    parts = [slice(start, start + 5) for start in range(0, 20, 5)] * 2
    for number, part in enumerate(parts):
        if number == batches:
            other.optimizer = SGD(0.01, momentum=0.9)
        other.train_on_batch(X[part], NUMBERS[part])
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-7)


def test_values_of_variables_go_into_stateless_apply():
    model = compiled(Adam(0.1))
    optimizer = model.optimizer.build(model.trainable_variables)
    before = model.get_weights()
    grads = [torch.ones_like(variable) for variable in model.trainable_variables]
    new, own = optimizer.stateless_apply(
        [v.value for v in optimizer.variables], grads, [v.value for v in model.trainable_variables]
    )
    for now, start, after in zip(model.get_weights(), before, new, strict=True):
        np.testing.assert_array_equal(now, start)
        np.testing.assert_allclose(after.numpy(), start - 0.1, rtol=1e-4, atol=1e-5)
    assert int(own[0]) == 1 and optimizer.iterations == 0
