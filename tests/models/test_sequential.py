"""`Sequential`: ways to learn the input shape, add and pop, what may be inside, and each error."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cases.model_checks import check_rebuilt

import keras_torch as keras
from keras_torch import Model, Sequential, layers
from keras_torch.layers import Dense

X = torch.arange(12.0).reshape(3, 4) / 10
Y = X[:, :2]
INPUTS = {
    "Input": lambda: [keras.Input((4,)), Dense(3)],
    "InputLayer": lambda: [layers.InputLayer((4,)), Dense(3)],
    "InputLayer of Keras 2": lambda: [layers.InputLayer(input_shape=(4,)), Dense(3)],
    "input_shape": lambda: [Dense(3, input_shape=(4,))],
    "input_dim": lambda: [Dense(3, input_dim=4)],
    "batch_input_shape": lambda: [Dense(3, batch_input_shape=(None, 4))],
    "a built model": lambda: [Sequential([keras.Input((4,)), Dense(3)])],
    "a functional model": lambda: [Model(*(lambda x: (x, Dense(3)(x)))(keras.Input((4,))))],
}


@pytest.mark.parametrize("way", INPUTS)
def test_a_known_input_shape_builds_the_model(way):
    model = Sequential([*INPUTS[way](), Dense(2)])
    assert model.built and model.output_shape == (None, 2) and len(model.layers) == 2
    check_rebuilt(model, X)


@pytest.mark.parametrize("way", ["call", "build", "fit"])
def test_without_a_shape_the_model_waits_for_one(way):
    model = Sequential([Dense(3), Dense(2)])
    assert not model.built and model.weights == []
    if way == "call":
        model(X)
    elif way == "build":
        model.build((None, 4))
    else:
        model.compile("sgd", "mse")
        model.fit(X.numpy(), Y.numpy(), verbose=0)
    assert model.built and model.output_shape == (None, 2)
    check_rebuilt(model, X)


def test_an_unbuilt_model_can_be_stored():
    for twin in (keras.models.model_from_json(Sequential([Dense(2)]).to_json()),
                 keras.models.clone_model(Sequential([Dense(2)]))):
        assert not twin.built and twin(X).shape == (3, 2)


def test_layers_can_be_added_and_popped_at_any_time():
    model = Sequential()
    model.add(Dense(3, input_shape=(4,)))
    model.add(layers.Activation("relu"))
    model.add(Dense(2))
    assert isinstance(model.pop(), Dense) and model.output_shape == (None, 3)
    model.add(Dense(5))
    assert model(X).shape == (3, 5)
    check_rebuilt(model, X)


def test_native_modules_are_layers():
    model = Sequential([keras.Input((4,)), torch.nn.Linear(4, 3), torch.nn.ReLU(), Dense(2)])
    assert model(X).shape == (3, 2) and len(model.weights) == 4
    assert Sequential([torch.nn.Linear(4, 3), Dense(2)])(X).shape == (3, 2)


def test_a_sequential_is_called_on_symbols_like_a_layer():
    x, model = keras.Input((4,)), Sequential([Dense(3), Dense(2)])
    check_rebuilt(Model(x, model(x)), X)


def test_a_subclass_with_its_own_constructor_is_rebuilt_by_it():
    class Small(Sequential):
        def __init__(self, units=2):
            super().__init__([keras.Input((4,)), Dense(units)])

    assert Small.from_config(Small(3).get_config())(X).shape == (3, 3)


def test_a_frozen_model_freezes_layers_that_are_added():
    model = Sequential()
    model.trainable = False
    model.add(Dense(2))
    model.build((None, 4))
    assert model.trainable_weights == []


def test_integer_inputs_reach_an_embedding():
    words = torch.ones(2, 5, dtype=torch.long)
    model = Sequential([layers.Embedding(10, 4, input_length=5), layers.Flatten(), Dense(2)])
    assert model(words).shape == (2, 2)
    check_rebuilt(Sequential([layers.Embedding(10, 4, input_shape=(5,)), layers.LSTM(2)]), words)


ERRORS = {
    "no layer": (TypeError, lambda: Sequential([3]), "`layer` must be a layer, a model or a torch.nn.Module; "
                                                     "got 3"),
    "a class": (TypeError, lambda: Sequential([Dense]), "`layer` must be a layer"),
    "no list": (TypeError, lambda: Sequential(Dense(2)), r"`layers` must be a list of layers.*Write "
                                                         r"Sequential\(\[Dense"),
    "late input": (ValueError, lambda: Sequential([Dense(2), keras.Input((3,))]), "an Input must come first"),
    "two inputs": (ValueError, lambda: Sequential([keras.Input((4,)), keras.Input((4,))]),
                   "first and only once"),
    "names": (ValueError, lambda: Sequential([Dense(2, name="a"), Dense(2, name="a")]), "two layers are "
                                                                                        "called 'a'"),
    "several outputs": (ValueError, lambda: Sequential([keras.Input((5, 4)),
                                                        layers.LSTM(3, return_state=True), Dense(2)]),
                        "returns 3 outputs, and a Sequential passes on just one"),
    "empty pop": (TypeError, lambda: Sequential().pop(), "has no layers; there is nothing to pop"),
    "several inputs": (ValueError, lambda: Sequential([layers.Add()])([X, X]), "takes one tensor; got a list "
                                                                               "of 2"),
    "empty call": (ValueError, lambda: Sequential()(X), "has no layers. Add some before you call it"),
    "empty build": (ValueError, lambda: Sequential().build((None, 3)), "has no layers. Add some before you "
                                                                       "build it"),
    "no shape": (ValueError, lambda: Sequential([Dense(2)]).build(), "`input_shape` must be a shape with the "
                                                                     "batch axis"),
    "unknown argument": (TypeError, lambda: Sequential([], foo=1), "has no argument `foo`"),
    "unbuilt count": (ValueError, lambda: Sequential([Dense(2)]).count_params(), "is not built"),
    "unbuilt output": (ValueError, lambda: Sequential([Dense(2)]).output, "has no graph yet, so it has no "
                                                                          "`output`"),
    "unbuilt saving": (ValueError, lambda: Sequential([Dense(2)]).save_weights("a.weights.h5"),
                       "no weights to save"),
    "setting layers": (AttributeError, lambda: setattr(Sequential(), "layers", []), "`layers` is computed"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_does_not_fit_is_named(name):
    kind, action, sentence = ERRORS[name]
    with pytest.raises(kind, match=sentence):
        action()


def test_the_layer_that_cannot_take_the_input_is_named():
    with pytest.raises(ValueError, match='Conv2D "conv"'):
        Sequential([keras.Input((4,)), layers.Conv2D(2, 3, name="conv")])


def test_predictions_have_numpy_arrays():
    assert isinstance(Sequential([keras.Input((4,)), Dense(2)]).predict(X.numpy(), verbose=0), np.ndarray)
