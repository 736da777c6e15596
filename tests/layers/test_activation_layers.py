"""Activation layers: arguments, weights and errors; numbers of Keras are in the layer contracts."""

import pytest
import torch

from keras_torch import activations
from keras_torch.layers.activation_layers import (
    ELU,
    Activation,
    LeakyReLU,
    PReLU,
    ReLU,
    Softmax,
    ThresholdedReLU,
)

X = torch.tensor([[-2.0, -0.5, 0.0, 0.5, 8.0]])


def test_activation_takes_names_functions_and_none():
    assert torch.equal(Activation("relu")(X), torch.relu(X))
    assert torch.equal(Activation(torch.sin)(X), torch.sin(X))
    assert Activation(None).activation is activations.linear
    assert Activation("tanh").get_config()["activation"] == "tanh"


@pytest.mark.parametrize(
    "layer, expected",
    [
        (ReLU(6.0), [0.0, 0.0, 0.0, 0.5, 6.0]),
        (ReLU(negative_slope=0.5, threshold=1.0), [-1.5, -0.75, -0.5, -0.25, 8.0]),
        (LeakyReLU(), [-0.6, -0.15, 0.0, 0.5, 8.0]),
        (LeakyReLU(alpha=0.1), [-0.2, -0.05, 0.0, 0.5, 8.0]),
        (ELU(2.0), [-1.729329, -0.786939, 0.0, 0.5, 8.0]),
        (ThresholdedReLU(), [0.0, 0.0, 0.0, 0.0, 8.0]),
        (ThresholdedReLU(theta=0.2), [0.0, 0.0, 0.0, 0.5, 8.0]),
    ],
)
def test_values(layer, expected):
    torch.testing.assert_close(layer(X), torch.tensor([expected]), rtol=1e-5, atol=1e-6)


def test_prelu_has_a_slope_for_each_place_or_shared_ones():
    assert PReLU().compute_output_shape((None, 3, 4)) == (None, 3, 4)
    for shared, shape in [(None, (2, 3, 4)), ([1, 2], (1, 1, 4)), (1, (1, 3, 4)), ([-1], (2, 3, 1))]:
        layer = PReLU(shared_axes=shared, alpha_initializer="ones")
        assert torch.equal(layer(torch.full((1, 2, 3, 4), -2.0)), torch.full((1, 2, 3, 4), -2.0))
        assert tuple(layer.alpha.shape) == shape
    layer = PReLU(shared_axes=[1])
    layer.build((None, None, 4))
    assert tuple(layer.alpha.shape) == (1, 4)


def test_softmax_gives_masked_places_nothing():
    outputs = Softmax()(torch.zeros(1, 3), mask=torch.tensor([[True, True, False]]))
    assert outputs.tolist() == [[0.5, 0.5, 0.0]]
    outputs = Softmax()(torch.zeros(1, 2), mask=torch.tensor([[1.0, 0.0]]))
    assert outputs.tolist() == [[1.0, 0.0]]
    assert (
        Softmax()(torch.zeros(1, 2, dtype=torch.float16), mask=torch.zeros(1, 2, dtype=torch.bool)).sum() == 0
    )


def test_softmax_over_several_axes():
    torch.testing.assert_close(Softmax(axis=[1, 2])(torch.rand(2, 3, 4)).sum((1, 2)), torch.ones(2))


def test_masks_go_through():
    x = torch.ones(1, 2, 3)
    x._keras_mask = torch.tensor([[True, False]])
    for layer in (Activation("relu"), ReLU(), LeakyReLU(), ELU(), PReLU(), ThresholdedReLU()):
        assert layer(x)._keras_mask is x._keras_mask


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Activation("rellu"), "No activation is called 'rellu'"),
        (lambda: ReLU(max_value=-1.0), "`max_value` must be a number of at least 0; got -1.0"),
        (lambda: ReLU(negative_slope=None), "`negative_slope` must be a number of at least 0; got None"),
        (lambda: ReLU(threshold=-1), "`threshold` must be a number of at least 0; got -1"),
        (lambda: LeakyReLU(-0.1), "`negative_slope` must be a number of at least 0; got -0.1"),
        (lambda: ELU("x"), "`alpha` must be a number; got 'x'"),
        (lambda: ThresholdedReLU(None), "`theta` must be a number of at least 0; got None"),
        (lambda: PReLU(shared_axes=[0]), "`shared_axes` must be axes other than 0, the batch"),
        (lambda: PReLU().build((None, None)), "the last axis needs a size"),
        (
            lambda: Softmax()(torch.zeros(2, 3), mask=torch.ones(2, 2, dtype=torch.bool)),
            r"a mask of shape \(2, 2\) does not fit inputs of shape \(2, 3\)",
        ),
    ],
)
def test_wrong_use_is_explained(make, message):
    with pytest.raises(ValueError, match=message):
        make()
