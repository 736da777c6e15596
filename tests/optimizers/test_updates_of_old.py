"""get_updates of the user's own: optimizers as Keras 1 and 2 have them."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from cases.training_models import NUMBERS, X

import keras_torch
from keras_torch import backend as K
from keras_torch import layers, optimizers
from keras_torch.dialects import dialect
from keras_torch.optimizers import SGD, Adam, Optimizer


class AdamOfKeras2(Optimizer):
    """Adam, written as Keras 2 has it."""

    def __init__(self, lr=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, decay=0.0, **kwargs):
        super().__init__(**kwargs)
        with K.name_scope(self.__class__.__name__):
            self.iterations = K.variable(0, dtype="int64", name="iterations")
            self.lr = K.variable(lr, name="lr")
            self.beta_1 = K.variable(beta_1, name="beta_1")
            self.beta_2 = K.variable(beta_2, name="beta_2")
            self.decay = K.variable(decay, name="decay")
        self.epsilon = epsilon
        self.initial_decay = decay

    def get_updates(self, loss, params):
        grads = self.get_gradients(loss, params)
        self.updates = [K.update_add(self.iterations, 1)]
        lr = self.lr
        if self.initial_decay > 0:
            lr = lr * (1.0 / (1.0 + self.decay * K.cast(self.iterations, K.dtype(self.decay))))
        t = K.cast(self.iterations, K.floatx()) + 1
        lr_t = lr * (K.sqrt(1.0 - K.pow(self.beta_2, t)) / (1.0 - K.pow(self.beta_1, t)))
        ms = [K.zeros(K.int_shape(p), dtype=K.dtype(p)) for p in params]
        vs = [K.zeros(K.int_shape(p), dtype=K.dtype(p)) for p in params]
        self.weights = [self.iterations] + ms + vs
        for p, g, m, v in zip(params, grads, ms, vs):
            m_t = (self.beta_1 * m) + (1.0 - self.beta_1) * g
            v_t = (self.beta_2 * v) + (1.0 - self.beta_2) * K.square(g)
            p_t = p - lr_t * m_t / (K.sqrt(v_t) + self.epsilon)
            self.updates.append(K.update(m, m_t))
            self.updates.append(K.update(v, v_t))
            new_p = p_t
            if getattr(p, "constraint", None) is not None:
                new_p = p.constraint(new_p)
            self.updates.append(K.update(p, new_p))
        return self.updates

    def get_config(self):
        config = {"lr": float(K.get_value(self.lr)), "beta_1": float(K.get_value(self.beta_1))}
        return dict(list(super().get_config().items()) + list(config.items()))


class MomentumOfKeras1(Optimizer):
    """SGD with momentum, written as Keras 1 has it, its updates as pairs."""

    def __init__(self, lr=0.01, momentum=0.9, decay=0.0, **kwargs):
        super().__init__(**kwargs)
        self.iterations = K.variable(0.0)
        self.lr = K.variable(lr)
        self.momentum = K.variable(momentum)
        self.decay = K.variable(decay)
        self.initial_decay = decay

    def get_updates(self, params, constraints, loss):
        grads = self.get_gradients(loss, params)
        self.updates = []
        lr = self.lr
        if self.initial_decay > 0:
            lr *= 1.0 / (1.0 + self.decay * self.iterations)
        self.updates.append(K.update_add(self.iterations, 1))
        moments = [K.zeros(K.get_variable_shape(p)) for p in params]
        self.weights = [self.iterations] + moments
        for p, g, m in zip(params, grads, moments):
            v = self.momentum * m - lr * g
            self.updates.append((m, v))
            new_p = p + v
            if p in constraints:
                new_p = constraints[p](new_p)
            self.updates.append((p, new_p))
        return self.updates


class DecaysWeights(Adam):
    """Updates of its own behind those of the class."""

    def get_updates(self, loss, params):
        updates = super().get_updates(loss, params)
        return updates + [K.update_sub(p, 0.01 * p) for p in params]


class ByHand(keras_torch.Sequential):
    """The same in a train_step."""

    def train_step(self, data):
        x, y = data
        self.optimizer.zero_grad()
        loss = ((self(x) - y) ** 2).mean()
        loss.backward()
        before = [weight.detach().clone() for weight in self.trainable_weights]
        self.optimizer.step()
        for weight, old in zip(self.trainable_weights, before):
            weight.assign_sub(0.01 * old)
        return loss


def model_with(optimizer, cls=keras_torch.Sequential):
    model = cls([keras_torch.Input((4,)), layers.Dense(3, kernel_constraint="non_neg"), layers.Dense(1)])
    model.set_weights([np.linspace(0.1, 1, w.size).reshape(w.shape) for w in model.get_weights()])
    model.compile(optimizer, "mse")
    return model


def train(model, passes=3):
    for _ in range(passes):
        for start in range(0, len(X), 5):
            model.train_on_batch(X[start : start + 5], NUMBERS[start : start + 5])
    return model.get_weights()


def assert_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("generation", ["keras1", "keras2.2", "keras2.3", "tf.keras", "keras3"])
@pytest.mark.parametrize("options", [{}, {"decay": 0.1}, {"clipnorm": 0.1}], ids=str)
def test_get_updates_of_keras_1_and_2(options, generation):
    with dialect(generation):
        found = train(model_with(AdamOfKeras2(0.05, **options)))
        assert_equal(found, train(model_with(Adam(0.05, epsilon=1e-7, **options))))
        found = train(model_with(MomentumOfKeras1(0.05, **options)))
        assert_equal(found, train(model_with(SGD(0.05, momentum=0.9, **options))))


def test_fit_calls_it_and_callbacks_set_the_rate():
    rates = keras_torch.callbacks.LearningRateScheduler(lambda epoch: 0.05 / (epoch + 1))
    models = [model_with(AdamOfKeras2(0.05)), model_with(Adam(0.05))]
    for model in models:
        model.fit(X, NUMBERS, batch_size=5, epochs=3, shuffle=False, verbose=0, callbacks=[rates])
    assert_equal(models[0].get_weights(), models[1].get_weights())
    assert models[0].optimizer.iterations == 12
    assert optimizers.serialize(models[0].optimizer)["config"]["lr"] == pytest.approx(0.05 / 3)


def test_the_update_of_the_class_is_one_of_its_updates():
    found = train(model_with(DecaysWeights(0.05)))
    expected = model_with(Adam(0.05), ByHand)
    assert_equal(found, train(expected))


@pytest.mark.parametrize("cls", [AdamOfKeras2, MomentumOfKeras1])
def test_state_stays_and_comes_back(cls, tmp_path):
    model, other = model_with(cls(0.05)), model_with(cls(0.05))
    train(model, 1)
    state = model.optimizer.get_weights()
    assert len(state) == (9 if cls is AdamOfKeras2 else 5) and state[0] == 4
    assert len(model.optimizer.weights) == len(state)
    twin = copy.deepcopy(model)
    train(other, 1)
    other.set_weights(model.get_weights())
    other.optimizer.set_weights(state)
    expected = train(model)
    for each in (twin, other):
        for one, two in zip(train(each), expected, strict=True):
            np.testing.assert_array_equal(one, two)


def test_other_state_in_a_later_step_is_told():
    class Grows(Optimizer):
        def get_updates(self, loss, params):
            self.calls = getattr(self, "calls", 0) + 1
            return [K.update(K.zeros((1,)), [1.0]) for _ in range(self.calls)]

    model = model_with(Grows(0.1))
    with pytest.raises(
        ValueError, match=r"Grows.get_updates\(\) made other variables in its first step than now"
    ):
        train(model)
    assert float(K.update_add(K.variable(1.0), 1.0)) == 2.0  # nothing waits after an error


def test_outside_of_fit_it_says_what_to_write():
    with pytest.raises(NotImplementedError, match="Write loss.backward\\(\\) and optimizer.step\\(\\)"):
        Adam().get_updates(torch.zeros(()), [])
