"""Convolution and pooling, with Keras 2's arguments (and Keras 1's names of them)."""

import torch

from keras_torch import ops
from keras_torch.backend.older import older_names, standardize_data_format
from keras_torch.base.checks import is_integer, one_of
from keras_torch.ops.core import as_tensor, one_node
from keras_torch.ops.windows import zero_pad


def _convolve(x, kernel, strides, padding, data_format, dilation_rate):
    data_format = standardize_data_format(data_format)
    return ops.conv(as_tensor(x), as_tensor(kernel), strides, padding, data_format, dilation_rate)


@older_names("border_mode", "filter_dilation", "image_shape", "filter_shape", stride="strides")
def conv1d(x, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution of (batch, steps, channels) with a kernel (size, channels, filters).

    Args:
        padding: 'valid', 'same', or 'causal': a step sees only itself and those before.
        data_format: 'channels_last', 'channels_first' or None for the global setting.

    >>> conv1d(torch.ones(1, 5, 2), torch.ones(3, 2, 4), padding="causal").shape
    torch.Size([1, 5, 4])
    """
    if padding == "causal":
        rate = dilation_rate if is_integer(dilation_rate) else dilation_rate[0]
        margins = (((kernel.shape[0] - 1) * rate, 0),)
        x, padding = zero_pad(as_tensor(x), margins, standardize_data_format(data_format)), "valid"
    return _convolve(x, kernel, strides, padding, data_format, dilation_rate)


@older_names("border_mode", "dim_ordering", "filter_dilation", "image_shape", "filter_shape")
def conv2d(x, kernel, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1)):
    """Convolution of images with a kernel (height, width, channels, filters).

    Args:
        padding: 'valid' or 'same'.
        data_format: 'channels_last', 'channels_first' or None for the global setting.

    >>> conv2d(torch.ones(1, 5, 5, 2), torch.ones(3, 3, 2, 4)).shape
    torch.Size([1, 3, 3, 4])
    """
    return _convolve(x, kernel, strides, padding, data_format, dilation_rate)


@older_names("border_mode", "dim_ordering", "volume_shape", "filter_shape")
def conv3d(x, kernel, strides=(1, 1, 1), padding="valid", data_format=None, dilation_rate=(1, 1, 1)):
    """Convolution of volumes with a kernel (depth, height, width, channels, filters); see `conv2d`.

    >>> conv3d(torch.ones(1, 4, 4, 4, 2), torch.ones(3, 3, 3, 2, 5)).shape
    torch.Size([1, 2, 2, 2, 5])
    """
    return _convolve(x, kernel, strides, padding, data_format, dilation_rate)


@older_names("border_mode", "dim_ordering", "image_shape", "filter_shape")
def conv2d_transpose(x, kernel, output_shape, strides=(1, 1), padding="valid", data_format=None,
                     dilation_rate=(1, 1)):
    """Transposed convolution of images with a kernel (height, width, filters, channels).

    Args:
        output_shape: sizes of the result, batch included.
        padding, data_format: as in `conv2d`.

    >>> conv2d_transpose(torch.ones(1, 3, 3, 2), torch.ones(3, 3, 4, 2), (1, 7, 7, 4), (2, 2)).shape
    torch.Size([1, 7, 7, 4])
    """
    return _transposed(x, kernel, tuple(output_shape), strides, padding, data_format, dilation_rate)


deconv2d = conv2d_transpose  # Keras 1's name


@older_names("border_mode", "dim_ordering", "image_shape", "filter_shape")
def atrous_conv2d(x, kernel, rate=1, padding="valid", data_format=None):
    """`conv2d` with `rate - 1` places left out between the rows and columns of the window.

    Source: Keras 1 `backend.atrous_conv2d`.

    >>> atrous_conv2d(torch.ones(1, 5, 5, 2), torch.ones(3, 3, 2, 4), 2).shape
    torch.Size([1, 1, 1, 4])
    """
    return conv2d(x, kernel, 1, padding, data_format, rate)


@older_names("border_mode", "dim_ordering")
def conv3d_transpose(x, kernel, output_shape, strides=(1, 1, 1), padding="valid", data_format=None):
    """Transposed convolution of volumes; see `conv2d_transpose`.

    >>> conv3d_transpose(torch.ones(1, 2, 2, 2, 2), torch.ones(2, 2, 2, 4, 2), (1, 3, 3, 3, 4)).shape
    torch.Size([1, 3, 3, 3, 4])
    """
    return _transposed(x, kernel, tuple(output_shape), strides, padding, data_format, 1)


def _transposed(x, kernel, output_shape, strides, padding, data_format, dilation):
    x, kernel, data_format = as_tensor(x), as_tensor(kernel), standardize_data_format(data_format)
    rank = x.dim() - 2
    strides, dilation = (tuple(one) if not is_integer(one) else (one,) * rank for one in (strides, dilation))
    first = 1 if data_format == "channels_last" else 2
    extra = []
    for axis in range(rank):
        extent = (kernel.shape[axis] - 1) * dilation[axis] + 1
        shortest = (x.shape[first + axis] - 1) * strides[axis] + extent
        shortest -= 2 * (extent // 2) if padding == "same" else 0
        extra.append(int(output_shape[first + axis]) - shortest)
    return ops.conv_transpose(x, kernel, strides, padding, tuple(extra), data_format, dilation)


@older_names("border_mode", "dim_ordering")
def depthwise_conv2d(x, depthwise_kernel, strides=(1, 1), padding="valid", data_format=None,
                     dilation_rate=(1, 1)):
    """Convolution of each channel on its own, with a kernel (height, width, channels, multiplier).

    >>> depthwise_conv2d(torch.ones(1, 5, 5, 2), torch.ones(3, 3, 2, 4)).shape
    torch.Size([1, 3, 3, 8])
    """
    data_format = standardize_data_format(data_format)
    return ops.depthwise_conv(as_tensor(x), as_tensor(depthwise_kernel), strides, padding, data_format,
                              dilation_rate)


def _separable(x, depthwise, pointwise, strides, padding, data_format, dilation_rate):
    return ops.separable_conv(as_tensor(x), as_tensor(depthwise), as_tensor(pointwise), strides, padding,
                              standardize_data_format(data_format), dilation_rate)


def separable_conv1d(x, depthwise_kernel, pointwise_kernel, strides=1, padding="valid", data_format=None,
                     dilation_rate=1):
    """Convolution of each channel on its own, then mixing of the channels; see `separable_conv2d`.

    >>> separable_conv1d(torch.ones(1, 5, 2), torch.ones(3, 2, 1), torch.ones(1, 2, 4)).shape
    torch.Size([1, 3, 4])
    """
    return _separable(x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate)


@older_names("border_mode", "dim_ordering")
def separable_conv2d(x, depthwise_kernel, pointwise_kernel, strides=(1, 1), padding="valid", data_format=None,
                     dilation_rate=(1, 1)):
    """Convolution of each channel on its own, then mixing of the channels.

    Args:
        depthwise_kernel: (height, width, channels, multiplier).
        pointwise_kernel: (1, 1, channels * multiplier, filters).

    >>> separable_conv2d(torch.ones(1, 5, 5, 2), torch.ones(3, 3, 2, 1), torch.ones(1, 1, 2, 4)).shape
    torch.Size([1, 3, 3, 4])
    """
    return _separable(x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate)


def _pool(x, pool_size, strides, padding, data_format, pool_mode):
    one_of("max", "avg")("K.pool", "pool_mode", pool_mode)
    pool = ops.max_pool if pool_mode == "max" else ops.average_pool
    return pool(as_tensor(x), pool_size, strides, padding, standardize_data_format(data_format))


@older_names("border_mode", "dim_ordering")
def pool2d(x, pool_size, strides=(1, 1), padding="valid", data_format=None, pool_mode="max"):
    """The greatest value, or the mean, of windows that move over images.

    Args:
        pool_mode: 'max' or 'avg'.
        strides, padding, data_format: as in `conv2d`.

    Errors:
        ValueError: another `pool_mode`, `padding` or `data_format`.

    >>> pool2d(torch.ones(1, 4, 4, 2), (2, 2), (2, 2)).shape
    torch.Size([1, 2, 2, 2])
    """
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)


@older_names("border_mode", "dim_ordering")
def pool3d(x, pool_size, strides=(1, 1, 1), padding="valid", data_format=None, pool_mode="max"):
    """The greatest value, or the mean, of windows that move over volumes; see `pool2d`.

    >>> pool3d(torch.ones(1, 4, 4, 4, 2), (2, 2, 2), (2, 2, 2)).shape
    torch.Size([1, 2, 2, 2, 2])
    """
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)


@one_node
def local_conv1d(inputs, kernel, kernel_size, strides, data_format=None):
    """Convolution with another kernel at each place.

    Args:
        inputs: (batch, steps, channels).
        kernel: (places, size * channels, filters).
        kernel_size, strides: tuples of one.

    >>> local_conv1d(torch.ones(1, 5, 2), torch.ones(3, 6, 4), (3,), (1,)).shape
    torch.Size([1, 3, 4])
    """
    inputs = inputs if standardize_data_format(data_format) == "channels_last" else inputs.movedim(1, -1)
    patches = inputs.unfold(1, kernel_size[0], strides[0])        # (batch, places, channels, size)
    patches = patches.movedim(-1, 2).flatten(2)                   # (batch, places, size * channels)
    outputs = torch.einsum("bpk,pkf->bpf", patches, kernel)
    return outputs if standardize_data_format(data_format) == "channels_last" else outputs.movedim(-1, 1)


@one_node
def local_conv2d(inputs, kernel, kernel_size, strides, output_shape, data_format=None):
    """Convolution with another kernel at each place.

    Args:
        inputs: images.
        kernel: (rows * columns, height * width * channels, filters).
        kernel_size, strides: tuples of two.
        output_shape: (rows, columns) of the result.

    >>> local_conv2d(torch.ones(1, 4, 4, 2), torch.ones(9, 8, 5), (2, 2), (1, 1), (3, 3)).shape
    torch.Size([1, 3, 3, 5])
    """
    last = standardize_data_format(data_format) == "channels_last"
    inputs = inputs if last else inputs.movedim(1, -1)
    patches = inputs.unfold(1, kernel_size[0], strides[0]).unfold(2, kernel_size[1], strides[1])
    # Inside a window, Keras's kernel has the channels where the data has them.
    order = (0, 1, 2, 4, 5, 3) if last else (0, 1, 2, 3, 4, 5)
    patches = patches.permute(order).flatten(3).flatten(1, 2)     # (batch, places, height * width * channels)
    outputs = torch.einsum("bpk,pkf->bpf", patches, kernel)
    outputs = outputs.unflatten(1, tuple(output_shape))
    return outputs if last else outputs.movedim(-1, 1)
