"""Flatten, Reshape, Permute, RepeatVector: edges and errors; numbers of Keras are in the layer contracts."""

import pytest
import torch

from keras_torch.layers.reshaping import Flatten, Permute, RepeatVector, Reshape


@pytest.mark.parametrize(
    "given, expected",
    [
        ((None, 3, 4), (None, 12)),
        ((None, None, 4), (None, None)),
        ((2, 3), (2, 3)),
        ((None,), (None, 1)),
    ],
)
def test_flattened_shapes(given, expected):
    assert Flatten().compute_output_shape(given) == expected


def test_channels_first_is_flattened_in_the_order_of_channels_last():
    x = torch.arange(12).reshape(1, 3, 2, 2)
    assert torch.equal(Flatten("channels_first")(x), Flatten()(x.permute(0, 2, 3, 1)))


@pytest.mark.parametrize(
    "target, given, expected",
    [
        ((3, 4), (None, 12), (None, 3, 4)),
        ((-1, 2), (None, 3, 4), (None, 6, 2)),
        (6, (None, 2, 3), (None, 6)),
        ((-1, 4), (None, None, 4), (None, None, 4)),
        ((), (None, 1), (None,)),
        ([2, -1], (5, 8), (5, 2, 4)),
    ],
)
def test_reshaped_shapes(target, given, expected):
    assert Reshape(target).compute_output_shape(given) == expected


def test_reshape_takes_empty_batches_and_other_lengths():
    layer = Reshape((-1, 2))
    assert layer(torch.zeros(0, 3, 4)).shape == (0, 6, 2)
    assert layer(torch.zeros(2, 5, 4)).shape == (2, 10, 2)


def test_reshape_explains_shapes_that_were_unknown_when_it_was_built():
    layer = Reshape((3, 4), name="grid")
    layer.build((None, None))
    with pytest.raises(ValueError, match='Reshape "grid": 5 values per sample'):
        layer(torch.zeros(2, 5))


def test_permute_orders_axes_counted_from_one():
    x = torch.rand(2, 3, 4, 5)
    assert torch.equal(Permute((3, 1, 2))(x), x.permute(0, 3, 1, 2))


def test_repeat_vector_repeats_samples_as_steps_of_their_own():
    outputs = RepeatVector(2)(torch.tensor([[1.0, 2.0]]))
    assert outputs.tolist() == [[[1.0, 2.0], [1.0, 2.0]]]
    outputs[0, 0, 0] = 5.0
    assert outputs[0, 1, 0] == 1.0


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Reshape((2, -1, -1)), "`target_shape` must be a tuple with at most one -1"),
        (lambda: Reshape((2, None)), "`target_shape` must be a tuple of sizes"),
        (lambda: Reshape("x"), "`target_shape` must be a tuple of sizes"),
        (lambda: Reshape((5,))(torch.zeros(2, 4)), r"4 values per sample \(shape \(2, 4\)\) do not fit"),
        (lambda: Reshape((-1, 3)).compute_output_shape((None, 4)), "4 values per sample"),
        (lambda: Permute((0, 1)), "`dims` must be the numbers 1 to n"),
        (lambda: Permute((1, 1)), "`dims` must be the numbers 1 to n"),
        (lambda: Permute((2, 1))(torch.zeros(1, 2)), "orders 2 axes besides the batch; got shape"),
        (lambda: RepeatVector(0), "`n` must be a positive integer; got 0"),
        (lambda: RepeatVector(2)(torch.zeros(1, 2, 3)), r"takes \(batch, features\); got shape \(1, 2, 3\)"),
    ],
)
def test_wrong_use_is_explained(make, message):
    with pytest.raises(ValueError, match=message):
        make()
