"""Activation functions against Keras 3.15 (TensorFlow backend), and the lookup by name."""

import sys

import numpy as np
import pytest
import torch

from keras_torch import activations
from keras_torch.dialects.state import dialect

X = [-5.0, -2.5, -1.0, -0.4, 0.0, 0.3, 1.0, 2.5, 5.0, 7.0]

# Values of keras.activations at X.
EXPECTED = {
    "relu": [0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 1.0, 2.5, 5.0, 7.0],
    "sigmoid": [
        0.00669285,
        0.0758582,
        0.268941,
        0.401312,
        0.5,
        0.574442,
        0.731059,
        0.924142,
        0.993307,
        0.999089,
    ],
    "softmax": [
        5.33308e-06,
        6.49703e-05,
        0.000291177,
        0.000530558,
        0.0007915,
        0.00106841,
        0.00215152,
        0.00964244,
        0.117469,
        0.867985,
    ],
    "elu": [-0.993262, -0.917915, -0.632121, -0.32968, 0.0, 0.3, 1.0, 2.5, 5.0, 7.0],
    "selu": [-1.74625, -1.61379, -1.11133, -0.57961, 0.0, 0.31521, 1.0507, 2.62675, 5.25351, 7.35491],
    "softplus": [
        0.00671535,
        0.0788897,
        0.313262,
        0.513015,
        0.693147,
        0.854355,
        1.31326,
        2.57889,
        5.00672,
        7.00091,
    ],
    "softsign": [-0.833333, -0.714286, -0.5, -0.285714, 0.0, 0.230769, 0.5, 0.714286, 0.833333, 0.875],
    "silu": [-0.0334643, -0.189645, -0.268941, -0.160525, 0.0, 0.172333, 0.731059, 2.31035, 4.96654, 6.99362],
    "tanh": [
        -0.999909,
        -0.986614,
        -0.761594,
        -0.379949,
        0.0,
        0.291313,
        0.761594,
        0.986614,
        0.999909,
        0.999998,
    ],
    "exponential": [
        0.00673795,
        0.082085,
        0.367879,
        0.67032,
        1.0,
        1.34986,
        2.71828,
        12.1825,
        148.413,
        1096.63,
    ],
    "hard_sigmoid": [0.0, 0.0833333, 0.333333, 0.433333, 0.5, 0.55, 0.666667, 0.916667, 1.0, 1.0],
    "hard_silu": [-0.0, -0.208333, -0.333333, -0.173333, 0.0, 0.165, 0.666667, 2.29167, 5.0, 7.0],
    "linear": [-5.0, -2.5, -1.0, -0.4, 0.0, 0.3, 1.0, 2.5, 5.0, 7.0],
    "mish": [-0.0335762, -0.196816, -0.303401, -0.188916, 0.0, 0.208001, 0.865098, 2.47139, 4.99955, 6.99999],
    "log_softmax": [
        -12.1416,
        -9.64158,
        -8.14158,
        -7.54158,
        -7.14158,
        -6.84158,
        -6.14158,
        -4.64158,
        -2.14158,
        -0.141581,
    ],
    "gelu": [-1.43326e-06, -0.0155242, -0.158655, -0.137831, 0.0, 0.185373, 0.841345, 2.48448, 5.0, 7.0],
    "leaky_relu": [-1.0, -0.5, -0.2, -0.08, 0.0, 0.3, 1.0, 2.5, 5.0, 7.0],
    "relu6": [0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 1.0, 2.5, 5.0, 6.0],
    "tanh_shrink": [
        -4.00009,
        -1.51339,
        -0.238406,
        -0.020051,
        0.0,
        0.00868738,
        0.238406,
        1.51339,
        4.00009,
        6.0,
    ],
    "hard_tanh": [-1.0, -1.0, -1.0, -0.4, 0.0, 0.3, 1.0, 1.0, 1.0, 1.0],
    "soft_shrink": [-4.5, -2.0, -0.5, 0.0, 0.0, 0.0, 0.5, 2.0, 4.5, 6.5],
    "hard_shrink": [-5.0, -2.5, -1.0, 0.0, 0.0, 0.0, 1.0, 2.5, 5.0, 7.0],
    "squareplus": [0.192582, 0.350781, 0.618034, 0.819804, 1.0, 1.16119, 1.61803, 2.85078, 5.19258, 7.14005],
    "glu": [-2.87221, -1.82765, -0.924142, -0.397323, 0.0],
    "celu": [-0.993262, -0.917915, -0.632121, -0.32968, 0.0, 0.3, 1.0, 2.5, 5.0, 7.0],
    "log_sigmoid": [
        -5.00672,
        -2.57889,
        -1.31326,
        -0.913015,
        -0.693147,
        -0.554355,
        -0.313262,
        -0.0788897,
        -0.00671535,
        -0.000911466,
    ],
    "sparse_plus": [0.0, 0.0, 0.0, 0.09, 0.25, 0.4225, 1.0, 2.5, 5.0, 7.0],
    "sparse_sigmoid": [0.0, 0.0, 0.0, 0.3, 0.5, 0.65, 1.0, 1.0, 1.0, 1.0],
    "sparsemax": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
}

RELU_ARGUMENTS = [
    (dict(negative_slope=0.1), [-0.5, -0.25, -0.1, -0.04, 0.0, 0.3, 1.0, 2.5, 5.0, 7.0]),
    (dict(max_value=2.0), [0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 1.0, 2.0, 2.0, 2.0]),
    (dict(threshold=0.5), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.5, 5.0, 7.0]),
    (
        dict(negative_slope=0.1, max_value=2.0, threshold=0.5),
        [-0.55, -0.3, -0.15, -0.09, -0.05, -0.02, 1.0, 2.0, 2.0, 2.0],
    ),
    (dict(max_value=6), [0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 1.0, 2.5, 5.0, 6.0]),
]


def close(actual, expected):
    # The reference values are printed with six digits.
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=5e-5, atol=1e-6)


@pytest.mark.parametrize("name", EXPECTED)
def test_values_are_those_of_keras(name):
    close(activations.get(name)(torch.tensor([X]))[0], EXPECTED[name])


@pytest.mark.parametrize("name", EXPECTED)
def test_numpy_input_is_accepted(name):
    close(activations.get(name)(np.array([X], "float32"))[0], EXPECTED[name])


@pytest.mark.parametrize("name", EXPECTED)
def test_gradients_are_finite_and_meta_tensors_pass(name):
    x = torch.tensor([X], requires_grad=True)
    activations.get(name)(x).sum().backward()
    assert torch.isfinite(x.grad).all()
    outputs = activations.get(name)(torch.empty(1, 10, device="meta"))
    assert tuple(outputs.shape) == (1, len(EXPECTED[name]))


@pytest.mark.parametrize("arguments, expected", RELU_ARGUMENTS)
def test_relu_with_arguments(arguments, expected):
    close(activations.relu(torch.tensor(X), **arguments), expected)


def test_gelu_can_be_approximated():
    expected = [-0.0, -0.0150842, -0.158808, -0.137839, 0.0, 0.185371, 0.841192, 2.48492, 5.0, 7.0]
    close(activations.gelu(torch.tensor(X), approximate=True), expected)


def test_threshold_replaces_small_values():
    close(activations.threshold(torch.tensor(X), 0.5, -3.0), [-3, -3, -3, -3, -3, -3, 1, 2.5, 5, 7])


def test_softmax_over_several_axes_sums_to_one():
    outputs = activations.softmax(torch.rand(2, 3, 4), axis=(0, 2))
    torch.testing.assert_close(outputs.sum((0, 2)), torch.ones(3))


def test_sparsemax_along_another_axis_is_the_projection_on_the_simplex():
    outputs = activations.sparsemax(torch.tensor([[0.1, 2.0], [0.3, 0.0], [-1.0, 1.8]]), axis=0)
    close(outputs, [[0.4, 0.6], [0.6, 0.0], [0.0, 0.4]])


def test_default_relu_costs_one_python_frame():
    frames = []

    def trace(frame, event, argument):
        if event == "call":
            frames.append(frame.f_code.co_name)

    x, function = torch.ones(2), activations.get("relu")
    sys.setprofile(trace)
    try:
        function(x)
    finally:
        sys.setprofile(None)
    assert frames == ["relu"]


def test_names_and_functions_round_trip():
    for name in EXPECTED:
        assert activations.deserialize(activations.serialize(activations.get(name))) is activations.get(name)
    assert activations.get("swish") is activations.silu and activations.serialize(activations.swish) == "silu"
    assert activations.get("hard_swish") is activations.hard_silu


def test_get_passes_functions_on_and_takes_none_as_linear():
    assert activations.get(None) is activations.linear
    assert activations.get(torch.sin) is torch.sin


def test_unknown_name_is_an_error_with_the_nearest_known():
    with pytest.raises(ValueError, match="No activation is called 'rellu'.*'relu'"):
        activations.get("rellu")


def test_unnamed_function_cannot_be_serialized():
    with pytest.raises(ValueError, match="no name that a config could give"):
        activations.serialize(lambda x: x)


@pytest.mark.parametrize("generation, expected", [("keras1", 0.7), ("tf.keras", 0.7), ("keras3", 2 / 3)])
def test_hard_sigmoid_has_the_slope_of_the_dialect(generation, expected):
    with dialect(generation):
        function = activations.get("hard_sigmoid")
    assert float(function(torch.tensor(1.0))) == pytest.approx(expected)
    assert activations.deserialize(activations.serialize(function)) is function
