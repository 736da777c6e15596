"""Forms of the argument, unknown sizes and errors of padding and cropping. Numbers are in the contracts."""

from __future__ import annotations

import pytest
import torch

from keras_torch.layers.padding import (
    Cropping1D,
    Cropping2D,
    Cropping3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)


@pytest.mark.parametrize("layer, stored", [
    (ZeroPadding1D(2), (2, 2)),
    (ZeroPadding1D((0, 2)), (0, 2)),
    (ZeroPadding2D(1), ((1, 1), (1, 1))),
    (ZeroPadding2D((1, 2)), ((1, 1), (2, 2))),
    (ZeroPadding2D([[0, 1], 3]), ((0, 1), (3, 3))),
    (ZeroPadding3D(), ((1, 1), (1, 1), (1, 1))),
], ids=str)
def test_padding_is_stored_as_in_keras(layer, stored):
    assert layer.padding == stored
    assert type(layer).from_config(layer.get_config()).padding == stored


def test_zeros_are_put_where_they_belong():
    assert ZeroPadding1D((1, 2))(torch.ones(1, 2, 1)).flatten().tolist() == [0, 1, 1, 0, 0]
    padded = ZeroPadding2D(((1, 0), (0, 2)), data_format="channels_first")(torch.ones(1, 3, 2, 2))
    assert padded.shape == (1, 3, 3, 4)
    assert padded[0, 0].tolist() == [[0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]]


def test_whole_numbers_stay_whole():
    assert ZeroPadding2D(1)(torch.ones(1, 2, 2, 1, dtype=torch.int32)).dtype == torch.int32


def test_cropping_is_a_view():
    inputs = torch.randn(1, 5, 5, 2)
    assert Cropping2D(1)(inputs).data_ptr() == inputs[:, 1:, 1:].data_ptr()


def test_unknown_sizes_stay_unknown():
    assert ZeroPadding2D(1).compute_output_shape((None, None, 4, 3)) == (None, None, 6, 3)
    assert Cropping1D(1).compute_output_shape((None, None, 3)) == (None, None, 3)
    assert Cropping3D(1).compute_output_shape((None, 3, None, 4, 3)) == (None, 1, None, 2, 3)


ERRORS = [
    (lambda: ZeroPadding2D(-1), "must be an integer of at least 0, or 2 integers or pairs .*; got -1"),
    (lambda: ZeroPadding2D((1, 2, 3)), "or 2 integers or pairs"),
    (lambda: ZeroPadding1D((1, 2, 3)), r"or a pair \(before, after\); got \(1, 2, 3\)"),
    (lambda: ZeroPadding2D("same"), "`padding` must be an integer of at least 0"),
    (lambda: Cropping2D(((1, 2, 3), 1)), "`cropping` must be an integer of at least 0"),
    (lambda: Cropping1D((2, 2))(torch.zeros(1, 4, 3)), r"leaves nothing of the spatial sizes \(4,\)"),
    (lambda: ZeroPadding2D(1)(torch.zeros(1, 4, 3)), "takes 4 axes"),
]


@pytest.mark.parametrize("call, message", ERRORS, ids=[message for _, message in ERRORS])
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
