"""`add_update` and `K.update` in layers of Keras 1 and 2: variables change in training alone."""

from __future__ import annotations

import numpy as np
import pytest

import keras_torch
from keras_torch import backend, layers
from keras_torch.dialects import dialect

X = np.full((8, 3), 2.0, "float32")
FORMS = {
    "operation": lambda mean, new, share: backend.moving_average_update(mean, new, share),
    "list of operations": lambda mean, new, share: [backend.update(mean, mean * share + new * (1 - share))],
    "addition": lambda mean, new, share: [backend.update_add(mean, (new - mean) * (1 - share))],
    "subtraction": lambda mean, new, share: [backend.update_sub(mean, (mean - new) * (1 - share))],
    "pair": lambda mean, new, share: (mean, mean * share + new * (1 - share)),
    "list of pairs": lambda mean, new, share: [(mean, mean * share + new * (1 - share))],
}


class Running(layers.Layer):
    """Subtracts a running mean, as batch normalizations written by hand did."""

    def __init__(self, form, **kwargs):
        super().__init__(**kwargs)
        self.form = FORMS[form]

    def build(self, input_shape):
        """A mean for each feature."""
        shape = (input_shape[-1],)
        self.mean = self.add_weight(name="mean", shape=shape, initializer="zeros", trainable=False)
        super().build(input_shape)

    def call(self, x):
        """Moves the mean halfway."""
        self.add_update(self.form(self.mean, backend.mean(x, axis=0), 0.5), x)
        return x - self.mean


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("generation", ["keras1", "keras2.2", "keras2.3"])
def test_running_means_move_in_training_alone(generation, form):
    with dialect(generation):
        inputs = layers.Input((3,))
        layer = Running(form)
        model = keras_torch.Model(inputs, layers.Dense(1)(layer(inputs)))
        model.compile("sgd", "mse")
        model.predict(X)
        model.evaluate(X, X[:, :1], verbose=0)
        assert layer.mean.numpy().tolist() == [0.0] * 3
        model.fit(X, X[:, :1], batch_size=8, epochs=2, verbose=0)
        assert layer.mean.numpy().tolist() == [1.5] * 3
        model.predict(X)
        assert layer.mean.numpy().tolist() == [1.5] * 3


def test_outside_of_layers_updates_are_made_at_once():
    variable = backend.variable([1.0])
    with dialect("keras2.2"):
        backend.update_add(variable, [1.0])
        assert backend.update(variable, variable * 3).numpy().tolist() == [6.0]


def test_what_is_no_update_is_refused():
    with pytest.raises(TypeError, match="`updates` must be what K.update"):
        layers.Dense(1).add_update([3.0])
