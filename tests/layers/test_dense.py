"""Dense: what the rows of tests/cases do not ask. Numbers of Keras are in the layer contracts."""

import sys

import pytest
import torch

from keras_torch import activations, constraints, initializers, regularizers
from keras_torch.layers.dense import Dense


def frames_of(function):
    """Names of the Python functions that a call runs."""
    names = []

    def trace(frame, event, argument):
        if event == "call":
            names.append(frame.f_code.co_name)

    sys.setprofile(trace)
    try:
        function()
    finally:
        sys.setprofile(None)
    return names[:-1]  # the last one is sys.setprofile's own finally


@pytest.mark.parametrize("activation", [None, "relu", "sigmoid", "softmax", "tanh"])
def test_a_built_call_stays_within_the_budget_of_twenty_frames(activation):
    layer, x = Dense(4, activation=activation), torch.ones(2, 3)
    layer(x)
    assert len(frames_of(lambda: layer(x))) <= 20


def test_weights_have_names_shapes_and_start_values():
    layer = Dense(4)
    layer(torch.zeros(2, 3))
    assert [(w.name, tuple(w.shape)) for w in layer.weights] == [("kernel", (3, 4)), ("bias", (4,))]
    assert layer.bias.numpy().tolist() == [0.0] * 4
    assert 0 < layer.kernel.abs().max() <= (6 / 7) ** 0.5


def test_bias_is_absent_when_use_bias_is_false():
    layer = Dense(4, use_bias=False)
    layer(torch.zeros(2, 3))
    assert layer.bias is None and len(layer.weights) == 1


@pytest.mark.parametrize("shape", [(5, 3), (1, 3), (0, 3), (2, 5, 3), (2, 0, 3), (2, 2, 2, 3), (3,)])
@pytest.mark.parametrize("use_bias", [True, False])
def test_any_number_of_axes_is_the_formula(shape, use_bias):
    layer, x = Dense(4, use_bias=use_bias, bias_initializer="ones"), torch.randn(shape)
    expected = layer(x) * 0 + x @ layer.kernel + (1 if use_bias else 0)
    torch.testing.assert_close(layer(x), expected)


def test_activation_may_be_changed_later():
    layer, x = Dense(2, activation="relu", kernel_initializer="ones"), torch.tensor([[-1.0]])
    assert layer(x).tolist() == [[0.0, 0.0]]
    layer.activation = activations.linear
    assert layer(x).tolist() == [[-1.0, -1.0]]


def test_activation_may_be_a_module():
    module = torch.nn.PReLU()
    layer = Dense(2, activation=module)
    layer(torch.ones(1, 2))
    assert any(weight is module.weight for weight in layer.parameters())


def test_no_activation_is_linear():
    assert Dense(2).activation is activations.linear
    assert Dense(2).get_config()["activation"] == "linear"


def test_arguments_become_objects():
    layer = Dense(
        2,
        kernel_initializer="he_normal",
        kernel_regularizer="l2",
        bias_regularizer=regularizers.L1(0.5),
        kernel_constraint="non_neg",
        activity_regularizer="l1",
    )
    assert isinstance(layer.kernel_initializer, initializers.HeNormal)
    assert isinstance(layer.kernel_constraint, constraints.NonNeg)
    layer(torch.ones(1, 3))
    assert len(layer.losses) == 3


def test_integers_are_cast():
    assert Dense(2)(torch.ones(1, 3, dtype=torch.int64)).dtype == torch.float32


def test_names_of_keras1_are_translated():
    layer = Dense(output_dim=4, init="zero", W_regularizer="l2", bias=False)
    assert (layer.units, layer.use_bias) == (4, False)
    assert isinstance(layer.kernel_initializer, initializers.Zeros)


@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda: Dense(0), ValueError, "`units` must be a positive integer; got 0"),
        (lambda: Dense(2.5), ValueError, "`units` must be a positive integer; got 2.5"),
        (lambda: Dense(None), ValueError, "`units` must be a positive integer; got None"),
        (lambda: Dense(), TypeError, "needs the argument `units`"),
        (lambda: Dense(2, "rellu"), ValueError, "No activation is called 'rellu'.*'relu'"),
        (lambda: Dense(2, unit=3), TypeError, "no argument `unit`.*'units'"),
        (lambda: Dense(2, kernel_initializer="glorot"), ValueError, "No initializer is called 'glorot'"),
        (
            lambda: Dense(2, name="head").build((None, None)),
            ValueError,
            'Dense "head" was given shape .*the last axis',
        ),
        (lambda: Dense(2).build(()), ValueError, "it has no axis -1"),
    ],
)
def test_wrong_use_is_explained(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_inputs_of_another_size_are_explained():
    layer = Dense(2, name="head")
    layer(torch.ones(1, 3))
    with pytest.raises(
        ValueError, match=r'Dense "head" was built for inputs of shape \(None, 3\) and was given'
    ):
        layer(torch.ones(1, 4))
