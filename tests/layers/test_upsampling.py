"""Arguments, whole numbers, gradients and errors of upsampling. Numbers are in tests/ops/test_windows.py."""

from __future__ import annotations

import pytest
import torch

from keras_torch.layers.upsampling import UpSampling1D, UpSampling2D, UpSampling3D


def test_size_is_stored_as_in_keras():
    assert UpSampling1D(3).size == 3
    assert UpSampling2D(3).size == (3, 3)
    assert UpSampling3D((1, 2, 3)).get_config()["size"] == (1, 2, 3)


def test_cells_are_repeated():
    assert UpSampling1D(2)(torch.tensor([[[1.0], [2.0]]])).flatten().tolist() == [1, 1, 2, 2]
    image = torch.arange(4).reshape(1, 1, 2, 2)
    repeated = UpSampling2D((1, 2), data_format="channels_first")(image)
    assert repeated[0, 0].tolist() == [[0, 0, 1, 1], [2, 2, 3, 3]]


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_memory_stays_channels_last(interpolation):
    assert UpSampling2D(2, interpolation=interpolation)(torch.randn(2, 3, 4, 5)).is_contiguous()


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"])
def test_gradients_are_those_of_finite_differences(interpolation):
    layer = UpSampling2D((2, 3), interpolation=interpolation, dtype="float64")
    inputs = torch.randn(1, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    torch.autograd.gradcheck(layer, inputs, fast_mode=True)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"])
def test_a_constant_image_stays_constant(interpolation):
    outputs = UpSampling2D(2, interpolation=interpolation)(torch.full((1, 3, 3, 1), 2.0))
    torch.testing.assert_close(outputs, torch.full((1, 6, 6, 1), 2.0))


def test_unknown_sizes_stay_unknown():
    assert UpSampling2D(2).compute_output_shape((None, None, 3, 4)) == (None, None, 6, 4)


ERRORS = [
    (lambda: UpSampling2D(0), "`size` must be a positive integer or 2 of them; got 0"),
    (lambda: UpSampling1D((1, 2)), "`size` must be a positive integer or 1 of them"),
    (lambda: UpSampling2D(2, interpolation="cubic"), "must be one of .* Nearest known: 'bicubic'"),
    (lambda: UpSampling3D(2)(torch.zeros(1, 2, 2, 3)), "takes 5 axes"),
]


@pytest.mark.parametrize("call, message", ERRORS, ids=[message for _, message in ERRORS])
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
