"""What is special about pooling: memory, defaults, masks, sizes, errors. Numbers are in the contracts."""

from __future__ import annotations

import pytest
import torch

from keras_torch.layers import pooling
from keras_torch.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    GlobalAveragePooling1D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)

COPIES = ("aten::copy_", "aten::clone", "aten::contiguous")
SHAPES = {1: (2, 8, 16), 2: (2, 8, 7, 16), 3: (1, 8, 7, 6, 16)}


@pytest.mark.parametrize("kind", ["Max", "Average"])
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_a_built_layer_copies_nothing(kind, rank, padding):
    layer, inputs = getattr(pooling, f"{kind}Pooling{rank}D")(3, 2, padding), torch.randn(SHAPES[rank])
    layer(inputs)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], acc_events=True) as profile:
        outputs = layer(inputs)
    assert [event.name for event in profile.events() if event.name in COPIES] == []
    assert outputs.is_contiguous()


def test_strides_are_the_pool_size_unless_given():
    assert MaxPooling2D((2, 3)).strides == (2, 3)
    assert MaxPooling2D((2, 3), strides=1).strides == (1, 1)
    assert MaxPooling2D().pool_size == (2, 2)


def test_same_padding_never_counts():
    assert (MaxPooling2D(3, 2, "same")(torch.full((1, 5, 6, 1), -2.0)) == -2).all()
    assert (AveragePooling2D(3, 1, "same")(torch.ones(1, 5, 6, 1)) == 1).all()
    assert AveragePooling1D(2, 1, "same")(torch.tensor([[[2.0], [4.0]]])).flatten().tolist() == [3.0, 4.0]


def test_capitals_are_understood():
    assert MaxPooling2D(2, padding="SAME").padding == "same"


def test_unknown_sizes_stay_unknown():
    assert MaxPooling2D(2).compute_output_shape((None, None, 9, 3)) == (None, None, 4, 3)
    assert GlobalMaxPooling2D().compute_output_shape((None, None, None, 3)) == (None, 3)


def test_masked_steps_do_not_count():
    inputs, mask = torch.tensor([[[1.0], [9.0], [5.0]]]), torch.tensor([[True, False, True]])
    layer = GlobalAveragePooling1D()
    assert layer(inputs, mask=mask).tolist() == [[3.0]]
    assert layer(inputs).tolist() == [[5.0]]
    assert layer.compute_mask(inputs, mask) is None


def test_masked_nan_does_not_count():
    inputs = torch.tensor([[[1.0], [float("nan")]]])
    assert GlobalAveragePooling1D()(inputs, mask=torch.tensor([[True, False]])).tolist() == [[1.0]]


def test_a_sequence_without_steps_has_no_mean():
    outputs = GlobalAveragePooling1D()(torch.ones(1, 3, 2), mask=torch.zeros(1, 3, dtype=torch.bool))
    assert outputs.isnan().all()


def test_masks_of_channels_first():
    inputs, mask = torch.randn(2, 3, 5), torch.rand(2, 5) > 0.3
    first = GlobalAveragePooling1D(data_format="channels_first")(inputs, mask=mask)
    torch.testing.assert_close(first, GlobalAveragePooling1D()(inputs.movedim(1, 2), mask=mask))


@pytest.mark.parametrize("kind", ["Max", "Average"])
@pytest.mark.parametrize("rank, size", [(1, 3), (2, (3, 4)), (3, (2, None, 5))])
def test_adaptive_pooling_is_that_of_torch(kind, rank, size):
    inputs = torch.randn(SHAPES[rank])
    torch_name = f"adaptive_{'avg' if kind == 'Average' else 'max'}_pool{rank}d"
    expected = getattr(torch.nn.functional, torch_name)(inputs.movedim(-1, 1), size)
    last = getattr(pooling, f"Adaptive{kind}Pooling{rank}D")(size)
    first = getattr(pooling, f"Adaptive{kind}Pooling{rank}D")(size, data_format="channels_first")
    torch.testing.assert_close(last(inputs).movedim(-1, 1), expected)
    torch.testing.assert_close(first(inputs.movedim(-1, 1)), expected)


ERRORS = [
    (lambda: pooling.AdaptiveMaxPooling2D(0), "`output_size` must be a positive integer or 2 of them; got 0"),
    (lambda: pooling.AdaptiveMaxPooling2D((1, 2, 3)), "`output_size` must be a positive integer or 2"),
    (lambda: MaxPooling2D(2, padding="full"), "`padding` must be 'valid' or 'same'; got 'full'"),
    (lambda: MaxPooling2D(0), "`pool_size` must be a positive integer or 2 of them; got 0"),
    (lambda: MaxPooling2D(2)(torch.zeros(1, 4, 3)), r"MaxPooling2D .*takes 4 axes, .* got shape \(1, 4, 3\)"),
    (lambda: MaxPooling1D(6)(torch.zeros(1, 5, 3)), r"window of \(6,\) cells .* a smaller `pool_size`"),
    (lambda: MaxPooling3D(2)(torch.zeros(1, 4, 4, 1, 3)), r"\(2, 2, 2\) cells does not fit .* \(4, 4, 1\)"),
    (lambda: GlobalMaxPooling2D()(torch.zeros(1, 4, 3)), "takes 4 axes"),
]


@pytest.mark.parametrize("call, message", ERRORS, ids=[message for _, message in ERRORS])
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
