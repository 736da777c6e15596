"""Losses that read symbols of the graph: add_loss(symbol), and functions with symbols around them."""

import copy

import numpy as np
import pytest
import torch

import keras_torch as keras
from keras_torch import layers

X = np.random.default_rng(0).random((8, 4)).astype("float32")


def autoencoder():
    inputs = keras.Input((4,))
    code = layers.Dense(2, name="code")(inputs)
    return inputs, code, layers.Dense(4, name="decoded")(code)


def code_of(model):
    return model.get_layer("code")(torch.tensor(X))


def test_a_symbol_added_as_loss_is_the_loss_of_each_batch():
    inputs, code, outputs = autoencoder()
    model = keras.Model(inputs, outputs)
    model.add_loss(torch.mean(code**2) + torch.mean((outputs - inputs) ** 2))
    model.compile("sgd")
    expected = float(
        (torch.mean(code_of(model) ** 2) + torch.mean((model(X) - torch.tensor(X)) ** 2)).detach()
    )
    assert model.evaluate(X, verbose=0) == pytest.approx(expected, rel=1e-5)
    first, last = model.fit(X, epochs=2, verbose=0).history["loss"]
    assert last < first


def test_an_added_loss_comes_on_top_of_the_compiled_one():
    inputs, code, outputs = autoencoder()
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse")
    plain = model.evaluate(X, X, verbose=0)
    model.add_loss([10.0 * torch.mean(code**2)])
    added = 10.0 * float(torch.mean(code_of(model) ** 2).detach())
    assert model.evaluate(X, X, verbose=0) == pytest.approx(plain + added, rel=1e-5)


def test_layers_that_only_the_loss_needs_are_trained():
    inputs, code, outputs = autoencoder()
    model, judge = keras.Model(inputs, outputs), layers.Dense(1, name="judge")
    model.add_loss(torch.mean(judge(code) ** 2))
    model.compile("sgd", "mse")
    before = judge.get_weights()[0]
    model.fit(X, X, verbose=0)
    assert any(weight is judge.kernel for weight in model.trainable_weights)
    assert not np.array_equal(before, judge.get_weights()[0])


@pytest.mark.parametrize(
    "as_structure", [lambda loss: loss, lambda loss: [loss], lambda loss: {"decoded": loss}]
)
def test_a_loss_function_may_read_symbols_around_it(as_structure):
    inputs, code, outputs = autoencoder()

    def loss(y_true, y_pred):
        return torch.mean((y_true - y_pred) ** 2, dim=-1) + torch.sum(code**2, dim=-1)

    model = keras.Model(inputs, outputs)
    model.compile("sgd", as_structure(loss))
    expected = torch.mean((model(X) - torch.tensor(X)) ** 2) + torch.mean(torch.sum(code_of(model) ** 2, -1))
    assert model.evaluate(X, X, verbose=0) == pytest.approx(float(expected.detach()), rel=1e-5)
    history = model.fit(X, X, epochs=2, validation_data=(X, X), verbose=0).history
    assert history["loss"][1] < history["loss"][0]


def test_a_metric_may_read_symbols_and_keeps_its_name():
    inputs, code, outputs = autoencoder()

    def size_of_code(y_true, y_pred):
        return torch.mean(torch.abs(code))

    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse", metrics=[size_of_code])
    found = model.evaluate(X, X, verbose=0, return_dict=True)
    expected = float(code_of(model).abs().mean().detach())
    assert found["size_of_code"] == pytest.approx(expected, rel=1e-5)


def test_a_copy_of_the_model_has_the_loss_too():
    inputs, code, outputs = autoencoder()
    model = keras.Model(inputs, outputs)
    model.add_loss(torch.mean(code**2))
    twin = copy.deepcopy(model)
    twin.compile("sgd")
    expected = float(torch.mean(code_of(model) ** 2).detach())
    assert twin.evaluate(X, verbose=0) == pytest.approx(expected, rel=1e-5)


def test_a_symbol_of_another_graph_is_refused():
    inputs, _, outputs = autoencoder()
    stranger = keras.Input((4,), name="stranger")
    with pytest.raises(ValueError, match="stranger"):
        keras.Model(inputs, outputs).add_loss(torch.mean(stranger))


def test_a_model_without_a_graph_takes_no_symbols():
    class Mine(keras.Model):
        pass

    with pytest.raises(ValueError, match="has no graph yet"):
        Mine().add_loss(torch.mean(keras.Input((4,))))
