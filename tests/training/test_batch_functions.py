"""make_train_function and its kin: called, forced, overridden and assigned, as Keras has it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cases.training_models import LABELS, NUMBERS, SAMPLES, X, classifier, regressor

import keras_torch
from keras_torch import layers


def _functional(cls):
    x = keras_torch.Input((4,))
    model = cls(x, layers.Dense(1, kernel_initializer="ones")(x))
    model.compile("sgd", "mse")
    return model


def test_the_train_function_draws_a_batch_trains_on_it_and_returns_logs():
    one, other = _functional(keras_torch.Model), _functional(keras_torch.Model)
    logs = one.make_train_function()(iter([(X, NUMBERS)]))
    expected = other.train_on_batch(X, NUMBERS)
    assert float(logs["loss"]) == pytest.approx(expected)
    assert np.array_equal(one.get_weights()[0], other.get_weights()[0]) and not one.training


def test_the_test_function_and_the_predict_function():
    model = classifier()
    before = model.get_weights()
    logs = model.make_test_function()(iter([(X, LABELS)]))
    assert float(logs["loss"]) == pytest.approx(model.evaluate(X, LABELS, verbose=0)[0], rel=1e-5)
    predicted = model.make_predict_function()(iter([(X,)]))
    assert np.allclose(predicted.numpy(), model.predict(X, verbose=0))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_a_model_that_is_not_compiled_has_none():
    model = keras_torch.Sequential([layers.Dense(1)])
    assert model.train_function is None and model.test_function is None


class Overridden(keras_torch.Model):
    """Counts the batches that its functions draw."""

    drawn = 0

    def make_train_function(self, force=False):
        def train_function(iterator):
            self.drawn += 1
            return self.train_step(next(iterator))

        self.train_function = train_function
        return train_function

    def make_test_function(self, force=False):
        def test_function(iterator):
            self.drawn += 1
            return {"seen": self.drawn, "batch": len(next(iterator))}

        self.test_function = test_function  # and returns nothing, as Keras 3 may

    def make_predict_function(self, force=False):
        return lambda iterator: self(next(iterator)) * 0


def test_overridden_functions_run_for_every_batch():
    model, plain = _functional(Overridden), _functional(keras_torch.Model)
    found = model.fit(X, NUMBERS, batch_size=5, shuffle=False, verbose=0).history
    assert found == plain.fit(X, NUMBERS, batch_size=5, shuffle=False, verbose=0).history
    assert model.drawn == 4
    assert model.evaluate(X, NUMBERS, batch_size=10, verbose=0, return_dict=True) == {"seen": 6, "batch": 2}
    assert not model.predict(X, verbose=0).any() and not model.predict_on_batch(X).any()


def test_class_weights_reach_overridden_functions():
    class Seen(Overridden):
        def train_step(self, data):
            self.weights_seen = data[2]
            return super().train_step(data)

    model = _functional(Seen)
    model.fit(X, np.ones((SAMPLES, 1)), class_weight={1: 3.0}, verbose=0)
    assert model.weights_seen.tolist() == [3.0] * SAMPLES


def test_an_assigned_function_is_used_until_it_is_taken_away():
    model = regressor()
    model.train_function = lambda iterator: {"rows": len(next(iterator)[0])}
    assert model.fit(X, NUMBERS, batch_size=5, verbose=0).history == {"rows": [5]}
    assert "loss" in model.make_train_function(force=True)(iter([(X, NUMBERS)]))
    model.train_function = None
    assert list(model.fit(X, NUMBERS, verbose=0).history) == ["loss"]
    model.predict_function = lambda iterator: torch.zeros(len(next(iterator)), 1)
    assert not model.predict(X, verbose=0).any()


def test_compile_forgets_assigned_functions():
    model = regressor()
    model.train_function = lambda iterator: {"rows": 1}
    model.compile("sgd", "mse")
    assert list(model.fit(X, NUMBERS, verbose=0).history) == ["loss"]


def test_an_assigned_function_must_return_logs():
    model = regressor()
    model.train_function = lambda iterator: next(iterator)
    with pytest.raises(TypeError, match=r"Sequential.train_function\(\) must return a dict of logs"):
        model.fit(X, NUMBERS, verbose=0)


def test_hooks_get_the_outputs_of_all_batches_of_an_execution():
    """Numbers and shapes are those of tf_keras 2.21."""
    events = []

    class Watch(keras_torch.callbacks.Callback):
        def on_predict_batch_begin(self, batch, logs=None):
            events.append(batch)

        def on_predict_batch_end(self, batch, logs=None):
            events.append((batch, tuple(logs["outputs"].shape)))

    model = regressor(steps_per_execution=2)
    model.predict(X[:10], batch_size=2, verbose=0, callbacks=[Watch()])
    assert events == [0, (1, (4, 1)), 2, (3, (4, 1)), 4, (4, (2, 1))]
