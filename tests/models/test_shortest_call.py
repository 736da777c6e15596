"""The short way of a pass does what calling the model does: hooks, losses and odd inputs included."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import keras_torch as keras
from keras_torch import layers

X = np.ones((8, 3), "float32")


def small():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    model.compile("sgd", "mse")
    return model


def test_predict_does_not_go_through_the_protocol_of_a_call(monkeypatch):
    model = small()
    monkeypatch.setattr(type(model), "_outermost_call", None)
    assert model.predict(X, batch_size=2, verbose=0).shape == (8, 2)


def test_a_hook_that_comes_up_during_the_pass_is_honoured():
    model, seen = small(), []

    class Hooking(keras.callbacks.Callback):
        def on_predict_batch_begin(self, batch, logs=None):
            if batch == 2:
                self.model.register_forward_hook(lambda module, args, output: seen.append(len(output)))

    model.predict(X, batch_size=2, verbose=0, callbacks=[Hooking()])
    assert seen == [2, 2]


def test_a_call_of_the_users_own_is_called():
    class Loud(keras.Sequential):
        calls = 0

        def __call__(self, *args, **kwargs):
            self.calls += 1
            return super().__call__(*args, **kwargs)

    model = Loud([keras.Input((3,)), layers.Dense(2)])
    model.calls = 0
    model.predict(X, batch_size=4, verbose=0)
    assert model.calls == 2


def test_wrong_sizes_are_told_in_the_models_words():
    with pytest.raises(ValueError, match=r"built for inputs of shape \(None, 3\) and was given \(8, 4\)"):
        small().predict(np.ones((8, 4), "float32"), verbose=0)


def test_a_pass_leaves_every_part_in_the_phase_it_was_in():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.Dropout(0.5)])
    model.compile("sgd", "mse")
    model.train()
    model.layers[0].eval()
    model.predict(X, verbose=0)
    assert [model.training, *(layer.training for layer in model.layers)] == [True, False, True]
    assert torch.equal(model(X), model(X)) is False  # Dropout is at work
