"""Functions that only old generations had."""

import importlib

import pytest
import torch

from keras_torch import Input, Sequential, layers, regularizers
from keras_torch.compat.install import install_as_keras, uninstall
from keras_torch.compat.old_names import OLD_NAMES, merge
from keras_torch.dialects import dialect

A, B = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 5.0]])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("sum", [[4.0, 7.0]]),
        ("mul", [[3.0, 10.0]]),
        ("ave", [[2.0, 3.5]]),
        ("max", [[3.0, 5.0]]),
        ("concat", [[1.0, 2.0, 3.0, 5.0]]),
        ("dot", [[13.0]]),
        ("cos", [[[13.0 / (5.0 * 34.0) ** 0.5]]]),
        (lambda pair: pair[0] - pair[1], [[-2.0, -3.0]]),
    ],
)
def test_merge_modes(mode, expected):
    assert torch.allclose(merge([A, B], mode=mode), torch.tensor(expected))


def test_merge_refuses_an_unknown_mode():
    with pytest.raises(ValueError, match="Merge: `mode` must be one of 'sum'.* or a function; got 'min'"):
        merge([A, B], mode="min")


def test_merge_is_a_function_in_keras1_and_a_module_in_keras2():
    install_as_keras()
    try:
        layers = importlib.import_module("keras.layers")
        with dialect("keras1"):
            assert layers.merge is merge
        with dialect("keras2.3"):
            assert layers.merge.Concatenate is layers.Concatenate
    finally:
        uninstall()


def branch():
    return Sequential([Input((2,)), layers.Dense(3)])


def test_merge_as_a_layer_starts_a_sequential_with_several_inputs():
    left, right = branch(), branch()
    model = Sequential()
    model.add(layers.Merge([left, right], mode="concat"))
    model.add(layers.Dense(1))
    model.compile("sgd", "mse")
    model.fit([A.numpy(), B.numpy()], [[1.0]], verbose=0)
    assert model.predict([A, B], verbose=0).shape == (1, 1)
    assert len(model.inputs) == 2 and len(model.trainable_weights) == 6


def test_branches_may_share_an_input():
    trunk = branch()
    heads = [Sequential([trunk, layers.Dense(1)]) for _ in range(2)]
    assert len(layers.Merge([trunk, trunk], mode="sum").inputs) == 1
    assert layers.Merge(heads, mode="concat").output_shape == (None, 2)


def test_merge_as_a_layer_without_branches_is_called_later():
    assert layers.Merge(mode="mul")([A, B]).tolist() == [[3.0, 10.0]]


def test_penalties_of_activities_have_their_name_of_keras1():
    assert OLD_NAMES["regularizers"]["activity_l2"] == [("keras1", regularizers.l2)]
