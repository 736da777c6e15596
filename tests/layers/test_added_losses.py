"""Losses added while a model runs: found where they are, and no account is kept where there are none."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import torch

import keras_torch as keras
from keras_torch import layers
from keras_torch.layers.added_losses import CHANGES, loss_layers

X = torch.ones(2, 3)


class Penalty(layers.Layer):
    def call(self, inputs):
        self.add_loss(inputs.sum())
        return inputs


def test_only_layers_that_add_losses_are_looked_at():
    plain, adding = keras.Sequential([layers.Dense(2)]), keras.Sequential([layers.Dense(2), Penalty()])
    plain(X), adding(X)
    assert loss_layers(plain) == [] and loss_layers(adding) == [adding.layers[1]]


def test_a_layer_that_added_before_is_found_in_the_model_it_is_put_into():
    penalty = Penalty()
    penalty(X)

    class Net(keras.Model):
        def call(self, inputs):
            return self.penalty(inputs) if hasattr(self, "penalty") else inputs

    net = Net()
    net(X)
    assert net.losses == []
    net.penalty = penalty
    net(X)
    net(X)
    assert [float(loss) for loss in net.losses] == [6.0]


def test_the_answer_is_kept_until_something_changes():
    model = keras.Sequential([keras.Input((3,)), Penalty()])
    model(X)
    before = CHANGES.version
    for _ in range(3):
        model(X)
    assert CHANGES.version == before and loss_layers(model) is loss_layers(model)
    assert [float(loss) for loss in model.losses] == [6.0]


def test_a_function_counts_in_every_step():
    layer = layers.Dense(1, kernel_initializer="ones", use_bias=False)
    model = keras.Sequential([keras.Input((3,)), layer])
    layer.add_loss(lambda: 0.5 * layer.kernel.sum())
    model.compile("sgd", "mse")
    zeros = np.zeros((2, 3), "float32"), np.zeros((2, 1), "float32")
    assert model.evaluate(*zeros, verbose=0) == 1.5
    assert model.evaluate(*zeros, verbose=0) == 1.5


def test_copies_and_pickles_find_their_own_layers():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, activity_regularizer="l2", name="d")])
    model(X)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        twin(X)
        assert loss_layers(twin) == [twin.get_layer("d")]
        assert len(twin.losses) == 1
