"""remat and RematScope: equal results and gradients, less memory, no traces of the second run."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks

import keras_torch as keras
from keras_torch import layers, metrics

X = np.random.RandomState(0).randn(16, 8).astype("float32")
Y = X[:, :2]


def deep(block, mode=None, **scope):
    """A model of three blocks, made inside a scope, with equal weights each time."""
    keras.utils.set_random_seed(5)
    x = outputs = keras.Input((8,))
    with keras.RematScope(mode=mode, **scope):
        for number in range(3):
            outputs = block(number)(outputs)
    return keras.Model(x, layers.Dense(2)(outputs))


def trained(model, **arguments):
    """Losses of three epochs and the weights."""
    keras.utils.set_random_seed(6)
    model.compile("sgd", "mse")
    history = model.fit(X, Y, batch_size=4, epochs=3, verbose=0, **arguments).history["loss"]
    return history, model.get_weights()


def same_training(one, other):
    (losses, weights), (others, other_weights) = trained(one), trained(other)
    assert losses == pytest.approx(others, rel=1e-6)
    for mine, theirs in zip(weights, other_weights, strict=True):
        assert np.allclose(mine, theirs, rtol=1e-6, atol=1e-7)


def dense(number):
    return layers.Dense(8, activation="tanh", name=f"part_{number}")


BLOCKS = {
    "Dense": dense,
    "Dropout": lambda number: layers.Dropout(0.5),
    "seeded Dropout": lambda number: layers.Dropout(0.5, seed=number),
    "GaussianNoise": lambda number: layers.GaussianNoise(0.5, seed=number),
    "BatchNormalization": lambda number: layers.BatchNormalization(momentum=0.5),
    "inner model": lambda number: keras.Sequential(
        [keras.Input((8,)), layers.Dense(8, activation="relu"), layers.Dropout(0.3), layers.Dense(8)]
    ),
}
SCOPES = {
    "full": {"mode": "full"},
    "activations": {"mode": "activations"},
    "larger_than": {"mode": "larger_than", "output_size_threshold": 8},
    "list_of_layers": {"mode": "list_of_layers", "layer_names": ["part_0", "part_2", "sequential"]},
}


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("block", BLOCKS)
def test_training_is_the_same(block, scope):
    same_training(deep(BLOCKS[block], **SCOPES[scope]), deep(BLOCKS[block]))


@pytest.mark.parametrize("mode", ["full", "activations"])
@pytest.mark.parametrize("layer", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_recurrent_layers_train_the_same(layer, mode):
    def make(scope):
        keras.utils.set_random_seed(5)
        x = keras.Input((4, 3))
        with keras.RematScope(mode=scope):
            hidden = layer(5, return_sequences=True)(x)
            outputs = layer(2)(hidden)
        return keras.Model(x, outputs)

    data = np.random.RandomState(1).randn(8, 4, 3).astype("float32")
    found = []
    for scope in (mode, None):
        model = make(scope)
        model.compile("sgd", "mse")
        model.fit(data, data[:, 0, :2], epochs=2, shuffle=False, verbose=0)
        found.append(model.get_weights())
    assert all(np.allclose(a, b, rtol=1e-6, atol=1e-7) for a, b in zip(*found, strict=True))


def kept(model):
    """Numbers that a forward pass keeps for the gradients, the weights not counted."""
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    sizes = {}

    def note(tensor):
        if tensor.untyped_storage().data_ptr() not in weights:
            sizes[tensor.untyped_storage().data_ptr()] = tensor.numel()
        return tensor

    model.train()
    with saved_tensors_hooks(note, lambda tensor: tensor):
        outputs = model(torch.tensor(X))
    assert outputs.requires_grad
    return sum(sizes.values())


def wide_block(number):
    return keras.Sequential(
        [keras.Input((8,)), layers.Dense(256, activation="gelu"), layers.Dense(256, activation="gelu"),
         layers.Dense(8)], name=f"block_{number}"
    )  # fmt: skip


def test_a_named_block_keeps_only_its_input():
    names = {"layer_names": [f"block_{number}" for number in range(3)]}
    plain, named = deep(wide_block), deep(wide_block, "list_of_layers", **names)
    assert kept(named) * 10 < kept(plain)
    same_training(named, plain)


def test_larger_than_means_the_size_of_the_output_with_the_batch():
    block = {"small": 8 * 16 + 1, "large": 8 * 16 - 1}
    keeps = {name: kept(deep(lambda n: layers.Dense(8, activation="gelu"), "larger_than",
                             output_size_threshold=size)) for name, size in block.items()}  # fmt: skip
    assert keeps["large"] < keeps["small"] == kept(deep(lambda n: layers.Dense(8, activation="gelu")))


def test_scopes_nest_and_none_switches_off():
    with keras.RematScope():
        outer = layers.Dense(1)
        with keras.RematScope(mode=None):
            inner = layers.Dense(1)
        again = layers.Dense(1)
    after = layers.Dense(1)
    under = ["forward" in layer.__dict__ for layer in (outer, inner, again, after)]
    assert under == [True, False, True, False]


def test_a_layer_outside_of_scopes_costs_nothing():
    assert "forward" not in layers.Dense(1).__dict__


def test_remat_of_a_function():
    calls = []

    def wide(x, factor=1.0, *, shift=0.0):
        calls.append(1)
        return (x * factor).tanh().exp() + shift

    x = torch.linspace(-1, 1, 5, requires_grad=True)
    outputs = keras.remat(wide)(x, 2.0, shift=1.0)
    assert len(calls) == 1
    (gradient,) = torch.autograd.grad(outputs.sum(), x)
    assert len(calls) == 2
    (expected,) = torch.autograd.grad(wide(x, 2.0, shift=1.0).sum(), x)
    assert torch.equal(gradient, expected)
    assert keras.remat(wide).__name__ == "wide"


def test_remat_computes_once_where_no_gradients_are_wanted():
    calls = []
    with torch.no_grad():
        keras.remat(lambda x: calls.append(1) or x)(torch.ones(1, requires_grad=True))
    assert len(calls) == 1


def test_remat_of_a_method_as_in_the_guide_of_keras():
    class Custom(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.remat_function = keras.remat(self.intermediate_function)

        def intermediate_function(self, x):
            for _ in range(2):
                x = x + x * 0.1
            return x

        def call(self, inputs):
            return self.remat_function(inputs)

    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Dense(1)(Custom()(layers.Dense(4, activation="relu")(inputs))))
    model.compile("sgd", "mse")
    first, last = model.fit(X[:, :4], X[:, :1], epochs=2, verbose=0).history["loss"]
    assert last < first
    assert np.allclose(copy.deepcopy(model).predict(X[:, :4], verbose=0), model.predict(X[:, :4], verbose=0))


def test_remat_of_a_layer():
    layer = layers.Dense(3, activation="tanh")
    x = torch.ones(2, 4)
    keras.remat(layer)(x).sum().backward()
    again = torch.autograd.grad(layer(x).sum(), layer.kernel)[0]
    assert torch.equal(layer.kernel.grad, again)


def test_two_backward_passes_through_one_part():
    layer = layers.BatchNormalization()
    layer.build((None, 8))
    x = torch.tensor(X, requires_grad=True)
    outputs = keras.remat(layer)(x, training=True)
    moving = layer.moving_mean.numpy().copy()
    first = torch.autograd.grad(outputs[:, 0].sum() ** 2, x, retain_graph=True)[0]
    assert torch.equal(first, torch.autograd.grad(outputs[:, 0].sum() ** 2, x)[0])
    assert np.array_equal(moving, layer.moving_mean.numpy())


def test_a_part_that_is_not_built_yet_runs_once():
    layer, calls = layers.BatchNormalization(), []
    layer.register_forward_pre_hook(lambda *_: calls.append(1))
    x = torch.tensor(X, requires_grad=True)
    keras.remat(layer)(x, training=True).sum().backward()
    assert len(calls) == 1
    keras.remat(layer)(x, training=True).sum().backward()
    assert len(calls) == 3


def test_an_explicit_phase_holds_for_the_second_run_too():
    torch.manual_seed(0)
    layer = keras.Sequential([keras.Input((8,)), layers.Dropout(0.5), layers.Dense(2)])
    x = torch.ones(4, 8, requires_grad=True)
    keras.remat(layer)(x, training=True).sum().backward()
    assert (x.grad == 0).any()


def test_losses_and_metrics_count_once():
    class Adds(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.calls = metrics.Sum(name="calls")

        def call(self, inputs):
            self.calls.update_state(1.0)
            self.add_loss(inputs.square().mean())
            self.add_metric(inputs.sum(), name="s")
            return inputs * 2

    def block(number):
        return Adds()

    histories = []
    for mode in (None, "full"):
        model = deep(block, mode)
        model.compile("sgd", "mse")
        histories.append(model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0).history)
    for name, values in histories[0].items():
        assert histories[1][name] == pytest.approx(values, rel=1e-6), name
    assert histories[0]["calls"] == [4.0, 4.0]


def test_mixed_precision():
    def block(number):
        return layers.Dense(8, activation="tanh", dtype="mixed_bfloat16")

    same_training(deep(block, "full"), deep(block))


def test_models_under_a_scope_are_copied_pickled_and_saved(tmp_path):
    model = deep(dense, "full")
    expected = model.predict(X, verbose=0)
    other = copy.deepcopy(model)
    assert other.layers[1].__dict__["forward"].layer is other.layers[1]
    for copied in (other, pickle.loads(pickle.dumps(model))):
        assert np.allclose(copied.predict(X, verbose=0), expected)
    model.save(tmp_path / "model.keras")
    assert np.allclose(keras.models.load_model(tmp_path / "model.keras").predict(X, verbose=0), expected)


@pytest.mark.parametrize(("arguments", "message"), [
    ({"mode": "all"}, "RematScope: `mode` must be one of .*got 'all'"),
    ({"output_size_threshold": -1}, "`output_size_threshold` must be an integer of at least 0"),
    ({"layer_names": "dense"}, "`layer_names` must be a list of names of layers; got 'dense'"),
])  # fmt: skip
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        keras.RematScope(**arguments)


def test_remat_takes_what_can_be_called():
    with pytest.raises(TypeError, match=r"remat\(\): `f` must be a function or a layer; got 3"):
        keras.remat(3)
