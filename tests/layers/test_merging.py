"""Merging layers: broadcasting, masks, unknown sizes, errors. The contracts have Keras's numbers."""

import pytest
import torch

from keras_torch.layers import merging
from keras_torch.layers.merging import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Merging,
    Minimum,
    Multiply,
    Subtract,
)
from keras_torch.symbolic.record import input_symbol


def masked(values, mask):
    x = torch.tensor(values)
    x._keras_mask = None if mask is None else torch.tensor(mask)
    return x


@pytest.mark.parametrize(
    "layer, expected",
    [
        (Add(), [[5.0, 7.0]]),
        (Subtract(), [[-3.0, -3.0]]),
        (Multiply(), [[4.0, 10.0]]),
        (Average(), [[2.5, 3.5]]),
        (Maximum(), [[4.0, 5.0]]),
        (Minimum(), [[1.0, 2.0]]),
        (Concatenate(), [[1.0, 2.0, 4.0, 5.0]]),
        (Dot(1), [[14.0]]),
    ],
)
def test_values(layer, expected):
    assert layer([torch.tensor([[1.0, 2.0]]), torch.tensor([[4.0, 5.0]])]).tolist() == expected


@pytest.mark.parametrize(
    "name", ["add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate", "dot"]
)
def test_functions_are_the_layers(name):
    inputs = [torch.rand(2, 3), torch.rand(2, 3)]
    layer = getattr(merging, name.capitalize())
    made = layer(axes=-1) if name == "dot" else layer()
    assert torch.equal(getattr(merging, name)(inputs), made(inputs))


def test_functions_pass_arguments_on():
    x = [torch.ones(2, 3), torch.ones(2, 3)]
    assert merging.concatenate(x, axis=0).shape == (4, 3)
    torch.testing.assert_close(merging.dot(x, axes=1, normalize=True), torch.ones(2, 1))


@pytest.mark.parametrize(
    "first, second, expected",
    [
        ((None, 3), (None, 3), (None, 3)),
        ((None, 3, 4), (None, 1, 4), (None, 3, 4)),
        ((None, 3, 4), (None, 4), (None, 3, 4)),
        ((None, None, 4), (None, 1, 4), (None, None, 4)),
        ((2, 3), (2, 1), (2, 3)),
        ((None, None), (None, 3), (None, 3)),
        ((None, None, 4), (None, 1, 1), (None, None, 4)),
    ],
)
def test_broadcast_shapes_of_symbols(first, second, expected):
    outputs = Add()([input_symbol(first, "float32"), input_symbol(second, "float32")])
    assert outputs.shape == expected


@pytest.mark.parametrize(
    "axis, shapes, expected",
    [
        (-1, [(None, 2), (None, 3)], (None, 5)),
        (1, [(None, None, 4), (None, 2, 4)], (None, None, 4)),
        (-2, [(None, 3, 4), (None, 2, 4)], (None, 5, 4)),
        (-1, [(None, None, 4), (None, 7, 4)], (None, 7, 8)),
    ],
)
def test_joined_shapes_of_symbols(axis, shapes, expected):
    assert Concatenate(axis)([input_symbol(shape, "float32") for shape in shapes]).shape == expected


@pytest.mark.parametrize(
    "axes, shapes",
    [
        (1, [(2, 3), (2, 3)]),
        ((2, 1), [(2, 3, 4), (2, 4, 5)]),
        ((1, 2), [(2, 3, 4), (2, 5, 3)]),
        ((-1, 1), [(2, 4), (2, 4, 5)]),
        ((1, 3), [(2, 3, 4), (2, 5, 6, 3)]),
        ((3, 1), [(2, 3, 4, 5), (2, 5)]),
    ],
)
def test_dot_contracts_one_axis_of_each(axes, shapes):
    x, y = (torch.rand(shape) for shape in shapes)
    first, second = (axes, axes) if isinstance(axes, int) else axes
    left = "abcdef"[1 : x.dim()]
    right = "ghijkl"[1 : y.dim()]
    first, second = first % x.dim() - 1, second % y.dim() - 1
    right = right[:second] + left[first] + right[second + 1 :]
    kept = left.replace(left[first], "") + right.replace(left[first], "")
    expected = torch.einsum(f"z{left},z{right}->z{kept}", x, y)
    outputs = Dot(axes)([x, y])
    torch.testing.assert_close(outputs, expected.unsqueeze(1) if expected.dim() == 1 else expected)
    symbols = [input_symbol((None, *shape[1:]), "float32") for shape in shapes]
    assert Dot(axes)(symbols).shape == (None, *outputs.shape[1:])


def test_integer_symbols_keep_their_type():
    symbols = [input_symbol((None, 2), "int32"), input_symbol((None, 2), "int32")]
    assert Add()(symbols).dtype == torch.int32


def test_sum_is_masked_where_all_inputs_are():
    outputs = Add()([masked([[[1.0], [2.0]]], [[True, False]]), masked([[[1.0], [2.0]]], [[False, False]])])
    assert outputs._keras_mask.tolist() == [[True, False]]
    outputs = Add()([masked([[[1.0], [2.0]]], [[True, False]]), masked([[[1.0], [2.0]]], None)])
    assert getattr(outputs, "_keras_mask", None) is None


def test_extremes_pass_over_masked_steps():
    first, second = masked([[[1.0], [9.0]]], [[True, False]]), masked([[[5.0], [2.0]]], [[False, True]])
    assert Maximum()([first, second]).tolist() == [[[1.0], [2.0]]]
    assert Minimum()([second, first]).tolist() == [[[1.0], [2.0]]]
    assert Maximum()([first, second])._keras_mask.tolist() == [[True, True]]
    assert Maximum()([first, masked([[[5.0], [2.0]]], None)]).tolist() == [[[5.0], [2.0]]]


def test_joined_masks():
    first, second = masked([[[1.0], [2.0]]], [[True, False]]), masked([[[5.0], [2.0]]], None)
    assert Concatenate(axis=1)([first, second])._keras_mask.tolist() == [[True, False, True, True]]
    third = masked([[[5.0], [2.0]]], [[False, False]])
    assert Concatenate()([first, third])._keras_mask.tolist() == [[True, False]]
    assert getattr(Dot(1)([first, third]), "_keras_mask", None) is None


def test_one_input_is_enough():
    assert Add()([torch.ones(1, 2)]).tolist() == [[1.0, 1.0]]


def test_integers_and_mixed_types_join():
    assert Concatenate()([torch.ones(1, 2), torch.ones(1, 1, dtype=torch.int64)]).dtype == torch.float32


@pytest.mark.parametrize(
    "make, message",
    [
        (
            lambda: Add()(torch.ones(2, 3)),
            r"Add \"add\w*\" takes a list of tensors; got one of shape \(2, 3\)",
        ),
        (
            lambda: Add()([torch.ones(2, 3), torch.ones(2, 4)]),
            r"cannot merge inputs of shapes \(2, 3\), \(2, 4\). Sizes must be equal, or 1",
        ),
        (
            lambda: Add()([torch.ones(2, 3), torch.ones(3, 3)]),
            r"cannot merge inputs of shapes \(2, 3\), \(3, 3\)",
        ),
        (lambda: Subtract()([torch.ones(2, 3)] * 3), "takes 2 inputs; got 3"),
        (
            lambda: Concatenate()([torch.ones(2, 3), torch.ones(2, 3, 1)]),
            "the same number of axes, axis -1 among them",
        ),
        (lambda: Concatenate(axis=3)([torch.ones(2, 3)] * 2), "axis 3 among them"),
        (
            lambda: Concatenate()([torch.ones(2, 3), torch.ones(1, 3)]),
            "All axes but -1 must have equal sizes",
        ),
        (lambda: Concatenate("last"), "`axis` must be an integer; got 'last'"),
        (
            lambda: Dot(1)([torch.ones(2, 3), torch.ones(2, 4)]),
            r"Axis 1 of the first \(3\) must be as long as axis 1 .*\(4\)",
        ),
        (lambda: Dot(0)([torch.ones(2, 3)] * 2), "must be axes of them other than the batch"),
        (lambda: Dot((1, 2, 3)), "`axes` must be an integer or a pair of integers"),
        (lambda: Dot(1, normalize="yes"), "`normalize` must be True or False"),
    ],
)
def test_wrong_use_is_explained(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_built_layer_explains_later_shapes_too():
    layer = Add(name="sum")
    layer([torch.ones(2, 3), torch.ones(2, 3)])
    with pytest.raises(ValueError, match=r'Add "sum" cannot merge inputs of shapes \(2, 3\), \(2, 4\)'):
        layer([torch.ones(2, 3), torch.ones(2, 4)])


def test_base_class_says_what_to_write():
    with pytest.raises(NotImplementedError, match="Merging has no merge"):
        Merging()([torch.ones(1, 1)])
