"""What is special about convolutions: memory, compilation, sizes, errors. Numbers are in the contracts."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
import torch.nn.functional as F

from keras_torch.layers.convolution import (
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    DepthwiseConv2D,
    SeparableConv1D,
    SeparableConv2D,
)

COPIES = ("aten::copy_", "aten::clone", "aten::contiguous")


def recorded_copies(function):
    """Names of the copying kernels that ran in `function()`."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], acc_events=True) as profile:
        function()
    return [event.name for event in profile.events() if event.name in COPIES]


def built(layer, *shape):
    layer(torch.zeros(shape))
    return layer


def test_numbers_are_those_of_torch():
    layer, inputs = built(Conv2D(5, 3, bias_initializer="ones"), 2, 8, 7, 4), torch.randn(2, 8, 7, 4)
    torch_layer = torch.nn.Conv2d(4, 5, 3)
    torch_layer.weight.data.copy_(layer.kernel.detach().permute(3, 2, 0, 1))
    torch_layer.bias.data.fill_(1.0)
    expected = torch_layer(inputs.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    torch.testing.assert_close(layer(inputs), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("layer, shape", [
    (Conv1D(4, 3), (2, 9, 8)),
    (Conv1D(4, 3, padding="same", activation="tanh"), (2, 9, 8)),
    (Conv2D(4, 3, padding="same", activation="tanh"), (2, 9, 8, 8)),
    (Conv2D(4, 3, strides=2, padding="same"), (2, 9, 9, 8)),
    (Conv3D(4, 3, padding="same"), (2, 5, 6, 7, 8)),
], ids=str)
def test_a_built_layer_copies_nothing(layer, shape):
    inputs, outputs = torch.randn(shape), []
    built(layer, *shape)
    assert recorded_copies(lambda: outputs.append(layer(inputs))) == []
    assert outputs[0].is_contiguous()


def test_two_layers_in_a_row_copy_nothing_in_training():
    first, second = built(Conv2D(8, 3), 1, 9, 9, 4), built(Conv2D(4, 3), 1, 7, 7, 8)
    inputs = torch.randn(2, 9, 9, 4, requires_grad=True)
    assert recorded_copies(lambda: second(first(inputs))) == []


def test_kernel_keeps_its_memory_order():
    layer = built(Conv2D(4, 3), 1, 5, 5, 2)
    strides = layer.kernel.stride()
    assert layer.kernel.permute(3, 2, 0, 1).is_contiguous(memory_format=torch.channels_last)
    layer.set_weights(layer.get_weights())
    assert layer.kernel.stride() == strides
    assert copy.deepcopy(layer).kernel.stride() == strides
    assert pickle.loads(pickle.dumps(layer)).kernel.stride() == strides
    layer(torch.randn(1, 5, 5, 2)).sum().backward()
    assert layer.kernel.grad.stride() == strides


def test_causal_convolution_does_not_see_later_steps():
    layer = built(Conv1D(3, 3, padding="causal", dilation_rate=2), 1, 10, 2)
    inputs = torch.randn(1, 10, 2, requires_grad=True)
    layer(inputs)[0, 5].sum().backward()
    assert inputs.grad[0].abs().sum(-1).nonzero().flatten().tolist() == [1, 3, 5]


def test_channels_first_is_channels_last_with_axes_moved():
    last = built(Conv2D(6, 3, groups=2, padding="same", strides=2), 2, 8, 7, 4)
    first = built(Conv2D(6, 3, groups=2, padding="same", strides=2, data_format="channels_first"), 2, 4, 8, 7)
    first.set_weights(last.get_weights())
    inputs = torch.randn(2, 8, 7, 4)
    expected = last(inputs).movedim(-1, 1)
    torch.testing.assert_close(first(inputs.movedim(-1, 1)), expected, rtol=1e-5, atol=1e-5)


def test_bias_is_absent_when_use_bias_is_false():
    layer = built(Conv2D(4, 3, use_bias=False), 1, 5, 5, 2)
    assert layer.bias is None
    assert [tuple(weight.shape) for weight in layer.weights] == [(3, 3, 2, 4)]


def test_integer_images_are_convolved_as_floats():
    layer = Conv2D(4, 3)
    assert layer(torch.ones(1, 5, 5, 2, dtype=torch.uint8)).dtype == torch.float32


def test_depthwise_convolution_is_one_convolution_per_channel():
    layer, inputs = built(DepthwiseConv2D(3, depth_multiplier=2), 2, 6, 5, 3), torch.randn(2, 6, 5, 3)
    alone = built(Conv2D(2, 3), 1, 6, 5, 1)
    for channel in range(3):
        alone.set_weights([layer.kernel[:, :, channel:channel + 1], layer.bias[2 * channel:2 * channel + 2]])
        ours = layer(inputs)[..., 2 * channel:2 * channel + 2]
        torch.testing.assert_close(ours, alone(inputs[..., channel:channel + 1]), rtol=1e-5, atol=1e-5)


def test_separable_convolution_takes_causal_padding():
    layer = built(SeparableConv1D(3, 3, padding="causal"), 1, 8, 2)
    inputs = torch.randn(1, 8, 2, requires_grad=True)
    layer(inputs)[0, 4].sum().backward()
    assert inputs.grad[0].abs().sum(-1).nonzero().flatten().tolist() == [2, 3, 4]


def test_transposed_convolution_is_the_gradient_of_convolution():
    inputs = torch.randn(2, 9, 9, 4)
    there = built(Conv2D(3, 3, strides=2, use_bias=False), 2, 9, 9, 4)
    back = built(Conv2DTranspose(4, 3, strides=2, use_bias=False), 2, 4, 4, 3)
    back.set_weights(there.get_weights())
    leaf = inputs.clone().requires_grad_()
    upstream = torch.randn(2, 4, 4, 3)
    there(leaf).backward(upstream)
    torch.testing.assert_close(back(upstream), leaf.grad, rtol=1e-5, atol=1e-5)
    assert back.kernel.permute(3, 2, 0, 1).is_contiguous(memory_format=torch.channels_last)


def test_output_padding_of_transposed_convolution():
    layer = Conv2DTranspose(4, 3, strides=2, padding="same", output_padding=1)
    assert layer.compute_output_shape((None, None, 5, 2)) == (None, None, 10, 4)
    assert layer.output_padding == (1, 1)
    assert Conv2DTranspose.from_config(layer.get_config()).output_padding == (1, 1)


def test_unknown_sizes_stay_unknown():
    assert Conv2D(4, 3).compute_output_shape((None, None, 9, 2)) == (None, None, 7, 4)
    halved = Conv2D(4, 3, strides=2, padding="same")
    assert halved.compute_output_shape((None, 9, None, 2)) == (None, 5, None, 4)
    assert Conv1D(4, 3, padding="causal").compute_output_shape((None, None, 2)) == (None, None, 4)


def test_other_image_sizes_than_those_of_build():
    layer = built(Conv2D(4, 3, strides=2, padding="same"), 1, 8, 8, 2)
    assert layer(torch.zeros(3, 5, 9, 2)).shape == (3, 3, 5, 4)


def test_an_empty_batch():
    assert built(Conv2D(4, 3), 1, 5, 5, 2)(torch.zeros(0, 5, 5, 2)).shape == (0, 3, 3, 4)


def test_mixed_precision_keeps_the_kernel_in_float32():
    layer = Conv2D(4, 3, dtype="mixed_bfloat16")
    inputs = torch.randn(2, 6, 6, 3)
    outputs = layer(inputs)
    outputs.float().sum().backward()
    assert outputs.dtype == torch.bfloat16
    assert layer.kernel.dtype == layer.kernel.grad.dtype == torch.float32
    expected = F.conv2d(inputs.permute(0, 3, 1, 2), layer.kernel.permute(3, 2, 0, 1)).permute(0, 2, 3, 1)
    torch.testing.assert_close(outputs.float(), expected, rtol=0.05, atol=0.05)  # 8 bits of mantissa


@pytest.mark.slow  # torch.compile
def test_compiles_to_one_graph():
    layer = built(Conv2D(4, 3, strides=2, padding="same", activation="relu"), 1, 8, 8, 2)
    compiled = torch.compile(layer.call, fullgraph=True, backend="eager")
    inputs = torch.randn(2, 8, 8, 2)
    torch.testing.assert_close(compiled(inputs), layer(inputs))


ARGUMENT_ERRORS = [
    (lambda: Conv2D(4, 3, padding="full", name="stem"),
     r"Conv2D \"stem\": `padding` must be 'valid' or 'same'; got 'full'. For causal padding use Conv1D"),
    (lambda: Conv2D(4, 3, padding="causal"), "For causal padding use Conv1D"),
    (lambda: Conv1D(4, 3, padding="full"), "must be one of 'valid', 'same', 'causal'; got 'full'"),
    (lambda: Conv2D(0, 3), "`filters` must be a positive integer; got 0"),
    (lambda: Conv2D(5, 3, groups=2), r"`filters` must be divisible by `groups` \(2\); got 5"),
    (lambda: Conv2D(4, 3, strides=2, dilation_rate=2), "`strides` must be 1 where `dilation_rate` is above"),
    (lambda: DepthwiseConv2D(3, depth_multiplier=0), "`depth_multiplier` must be a positive integer; got 0"),
    (lambda: SeparableConv2D(4, 3, padding="causal"), "For causal padding use Conv1D"),
    (lambda: Conv2DTranspose(4, 3, output_padding=(1, 2, 3)), "None, an integer of at least 0, or 2 of them"),
    (lambda: Conv2DTranspose(4, 3, strides=2, output_padding=2), r"less than the strides \(2, 2\)"),
    (lambda: Conv2D(4, (3, 3, 3)), "`kernel_size` must be a positive integer or 2 of them"),
    (lambda: Conv2D(4, 3, strides=0), "`strides` must be a positive integer or 2 of them; got 0"),
]


@pytest.mark.parametrize("make, message", ARGUMENT_ERRORS, ids=[message for _, message in ARGUMENT_ERRORS])
def test_argument_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


SHAPE_ERRORS = [
    (Conv2D(4, 3, name="stem"), (1, 5, 2), r"Conv2D \"stem\" takes 4 axes, \(batch, ..., channels\)"),
    (Conv1D(4, 3, data_format="channels_first"), (1, 5), r"takes 3 axes, \(batch, channels, ...\)"),
    (Conv2D(4, 7), (1, 5, 9, 2), r"a window of \(7, 7\) cells does not fit into the spatial sizes \(5, 9\)"),
    (Conv1D(4, 3, dilation_rate=4), (1, 8, 2), r"a window of \(9,\) cells .* a smaller `kernel_size`"),
    (DepthwiseConv2D(7), (1, 5, 9, 2), r"a window of \(7, 7\) cells does not fit"),
    (Conv2DTranspose(4, 3), (1, 5, 2), "takes 4 axes"),
    (Conv2D(4, 3, groups=2), (1, 5, 5, 3), "`groups` must be a divisor of the 3 input channels; got 2"),
]


@pytest.mark.parametrize("layer, shape, message", SHAPE_ERRORS, ids=[row[2] for row in SHAPE_ERRORS])
def test_shape_errors(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer(torch.zeros(shape))


def test_channels_of_unknown_size():
    with pytest.raises(ValueError, match="the last axis needs a size"):
        Conv2D(4, 3).build((None, 8, 8, None))


def test_inputs_that_do_not_fit_the_built_layer():
    layer = built(Conv2D(4, 3), 1, 8, 8, 2)
    with pytest.raises(ValueError, match=r"was built for inputs of shape \(None, 8, 8, 2\)"):
        layer(torch.zeros(1, 8, 8, 3))
