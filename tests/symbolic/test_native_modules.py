"""Native modules applied to symbols become layers of the model, with their parameters."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import nn

import keras_torch as keras
from keras_torch.base import tree
from keras_torch.symbolic import native

MODULES = {
    "Linear": (lambda: nn.Linear(4, 2), (4,), lambda m, x: m(x)),
    "LSTM": (lambda: nn.LSTM(4, 3, batch_first=True), (None, 4), lambda m, x: m(x)[0]),
    "LSTM with states": (lambda: nn.LSTM(4, 3, batch_first=True), (5, 4), lambda m, x: [m(x)[0], *m(x)[1]]),
    "Conv2d": (lambda: nn.Conv2d(3, 4, 3), (3, None, None), lambda m, x: m(x)),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(3), (3, 6, 6), lambda m, x: m(x)),
    "Sequential": (lambda: nn.Sequential(nn.Linear(4, 8), nn.ReLU(inplace=True), nn.Dropout(0.5),
                                         nn.Linear(8, 2)),
                   (4,), lambda m, x: m(x)),
    "MultiheadAttention": (lambda: nn.MultiheadAttention(4, 2, batch_first=True), (5, 4),
                           lambda m, x: m(x, x, x, need_weights=False)[0]),
    "Flatten": (nn.Flatten, (5, 4), lambda m, x: m(x)),
    "TransformerEncoderLayer": (lambda: nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), (5, 4),
                                lambda m, x: m(x)),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_on_a_symbol_is_a_layer_with_its_parameters(name):
    make, shape, apply = MODULES[name]
    module, x = make(), keras.Input(shape)
    model = keras.Model(x, apply(module, x))
    data = torch.randn(2, *(7 if size is None else size for size in shape))
    expected = tree.flatten(apply(module.eval(), data))
    assert {id(p) for p in model.parameters()} == {id(p) for p in module.parameters()}
    assert len(model.trainable_weights) == len(list(module.parameters()))
    assert len(model.state_dict()) == len(module.state_dict())
    for other in (model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        for ours, theirs in zip(tree.flatten(other(data)), expected, strict=True):
            torch.testing.assert_close(ours, theirs)
    model.trainable = False
    assert not model.trainable_weights and not any(p.requires_grad for p in module.parameters())
    assert model.train() and module.training and model.eval() and not module.training


def test_the_same_module_twice_is_one_shared_layer():
    module, x = nn.Linear(4, 4), keras.Input((4,))
    model = keras.Model(x, module(module(x)))
    assert len(model.layers) == 2 and len(model.weights) == 2 and len(model.state_dict()) == 2
    assert len(copy.deepcopy(model).weights) == 2
    other = keras.Input((4,))
    assert keras.Model(other, module(other)).layers[1] is model.layers[1]


def test_a_copied_module_is_a_layer_of_its_own():
    module, x = nn.Linear(4, 1), keras.Input((4,))
    keras.Model(x, module(x))
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert keras.Model(x, twin(x)).weights[0] is twin.weight


def test_a_native_module_with_keras_layers_inside_is_one_layer():
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense, self.linear = keras.layers.Dense(3), nn.Linear(3, 2)

        def forward(self, x):
            return self.linear(self.dense(x))

    x = keras.Input((4,))
    model = keras.Model(x, Mixed()(x))
    assert [tuple(w.shape) for w in model.weights] == [(4, 3), (3,), (2, 3), (2,)]


def test_native_calls_are_not_intercepted_while_numbers_flow():
    seen = []

    class Spy(nn.Module):
        def forward(self, x):
            seen.append(native.is_intercepting())
            return x

    x = keras.Input((4,))
    model = keras.Model(x, nn.Linear(4, 1)(Spy()(x)))
    assert native.is_intercepting()
    seen.clear()
    model.compile("sgd", "mse")
    data = np.ones((4, 4), "float32")
    model.fit(data, data[:, :1], verbose=0)
    model.predict(data, verbose=0)
    model.evaluate(data, data[:, :1], verbose=0)
    assert seen == [False, False, False]


def test_dropout_of_torch_follows_the_models_phase():
    x = keras.Input((100,))
    model, ones = keras.Model(x, nn.Dropout(0.5)(x)), torch.ones(2, 100)
    assert (model(ones) == 1).all() and (model(ones, training=True) == 0).any()
    assert (model.train()(ones) == 0).any()


def test_a_whole_torchvision_network_is_a_layer():
    from torchvision.models import resnet18  # slow to import: only here

    network, x = resnet18(weights=None, num_classes=3), keras.Input((3, 32, 32))
    model = keras.Model(x, keras.layers.Dense(2)(network(x)))
    assert model.output_shape == (None, 2) and len(model.layers) == 3
    assert len(model.trainable_weights) == len(list(network.parameters())) + 2


def test_a_wrapped_module_has_no_config():
    x = keras.Input((4,))
    with pytest.raises(NotImplementedError, match="wraps a Linear, which has no config"):
        keras.Model(x, nn.Linear(4, 2)(x)).to_json()
