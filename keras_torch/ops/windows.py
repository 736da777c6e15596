"""Windows that move over space: convolution, pooling, zero padding and upsampling, for 1 to 3 axes.

The only place where data formats move. A channels_last tensor is *viewed* in torch's order
(batch, channels, ...): that view is what torch calls channels_last memory, so kernels take it without a copy,
and the result viewed back is contiguous again. One spatial axis is viewed as an image of height 1, since
torch's own 1D kernels know no channels_last memory.
"""

import functools

import torch
import torch.nn.functional as F
from torch.overrides import handle_torch_function, has_torch_function

from keras_torch.base import settings
from keras_torch.base.checks import fail, is_integer

# Torch's (batch, channels, ...) order seen from channels_last, and back, by number of axes.
_TO_CHANNELS_FIRST = {4: (0, 3, 1, 2), 5: (0, 4, 1, 2, 3)}
_TO_CHANNELS_LAST = {4: (0, 2, 3, 1), 5: (0, 2, 3, 4, 1)}
# Keras's kernel (spatial..., in, out) seen as torch's (out, in, spatial...).
_KERNEL_TO_TORCH = {4: (3, 2, 0, 1), 5: (4, 3, 0, 1, 2)}

_CONVOLVE = {2: F.conv2d, 3: F.conv3d}
_CONVOLVE_TRANSPOSED = {2: F.conv_transpose2d, 3: F.conv_transpose3d}
_MAX_POOL = {2: torch.max_pool2d, 3: torch.max_pool3d}
_AVERAGE_POOL = {2: F.avg_pool2d, 3: F.avg_pool3d}
_ADAPTIVE_MAX = {2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}
_ADAPTIVE_AVERAGE = {2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}


def per_axis(value, rank, owner, argument):
    """The value for each of `rank` axes: one positive integer is repeated.

    Errors:
        ValueError: not a positive integer and not `rank` of them.

    >>> per_axis(3, 2, "conv()", "strides")
    (3, 3)
    """
    values = (value,) * rank if is_integer(value) else value
    if not isinstance(values, (tuple, list)) or len(values) not in (rank, 1):
        fail(owner, argument, value, f"a positive integer or {rank} of them")
    values = tuple(values) * (rank // len(values))
    if not all(is_integer(item) and item > 0 for item in values):
        fail(owner, argument, value, f"a positive integer or {rank} of them")
    return tuple(int(item) for item in values)


class Window:
    """How a window moves over the spatial axes; what does not depend on the input is worked out once, here.

    Args:
        size: cells of the window along each spatial axis (1 to 3 of them).
        strides: step of the window along each axis; None means 1.
        padding: 'valid', 'same' or 'causal'.
        data_format: 'channels_last' or 'channels_first'.
        dilation: distance of neighbouring cells of the window along each axis; None means 1.

    Notes:
        One spatial axis is kept as two, the first of size 1 (`plane` = True).

    >>> Window((3, 3), (1, 1), "same", "channels_last").margins((8, 8))
    [(1, 1), (1, 1)]
    """

    def __init__(self, size, strides=None, padding="valid", data_format="channels_last", dilation=None):
        self.rank = len(size)
        self.padding = padding
        self.plane = self.rank == 1
        self.channels_last = data_format == "channels_last"
        self.size = self._widened(size)
        self.strides = self._widened(strides)
        self.dilation = self._widened(dilation)
        self.extent = tuple((k - 1) * d + 1 for k, d in zip(self.size, self.dilation))
        self.needs_sizes = padding == "same" and max(self.strides) > 1
        self.fixed_recipe = None if self.needs_sizes else _split(self.margins((1,) * len(self.size)))

    def _widened(self, values):
        values = (1,) * self.rank if values is None else tuple(values)
        return (1, *values) if self.plane else values

    def margins(self, sizes):
        """Cells of padding (before, after) along each axis of an input with these spatial sizes."""
        if self.padding == "valid":
            return [(0, 0)] * len(self.size)
        if self.padding == "causal":
            return [(extent - 1, 0) for extent in self.extent]
        totals = [max((-(-n // s) - 1) * s + extent - n, 0) if s > 1 else extent - 1
                  for n, s, extent in zip(sizes, self.strides, self.extent)]
        return [(total // 2, total - total // 2) for total in totals]

    def recipe(self, images):
        """(padding on both sides, further cells to add explicitly or None) for `images` in torch's order."""
        return self.fixed_recipe if not self.needs_sizes else _split(self.margins(images.shape[2:]))

    def output_sizes(self, sizes):
        """Spatial sizes after the window has moved over `sizes`; None stays None.

        >>> Window((3,), (2,), "valid").output_sizes((9,))
        (4,)
        """
        own = slice(1, None) if self.plane else slice(None)
        return tuple(n if n is None else self._output_size(n, s, extent)
                     for n, s, extent in zip(sizes, self.strides[own], self.extent[own]))

    def _output_size(self, n, stride, extent):
        return (n - extent) // stride + 1 if self.padding == "valid" else -(-n // stride)

    def enter(self, inputs):
        """`inputs` viewed in torch's order (batch, channels, ...), at least two spatial axes."""
        if self.plane:
            inputs = inputs.unsqueeze(1 if self.channels_last else 2)
        return inputs.permute(_TO_CHANNELS_FIRST[inputs.dim()]) if self.channels_last else inputs

    def leave(self, outputs):
        """The way back of `enter`."""
        if self.channels_last:
            outputs = outputs.permute(_TO_CHANNELS_LAST[outputs.dim()])
        return outputs.squeeze(1 if self.channels_last else 2) if self.plane else outputs

    def enter_kernel(self, kernel):
        """A Keras kernel (spatial..., in, out) viewed as torch's (out, in, spatial...)."""
        if self.plane:
            kernel = kernel.unsqueeze(0)
        return kernel.permute(_KERNEL_TO_TORCH[kernel.dim()])


def _split(margins):
    """Symmetric padding, which kernels do for free, and the rest as argument of `F.pad` (last axis first)."""
    symmetric = tuple(min(before, after) for before, after in margins)
    rest = [cells - both for (before, after), both in zip(margins, symmetric) for cells in (before, after)]
    if not any(rest):
        return symmetric, None
    pairs = [rest[i:i + 2] for i in range(0, len(rest), 2)]
    return symmetric, [cells for pair in reversed(pairs) for cells in pair]


def convolve(inputs, kernel, bias, window, groups=1):
    """Moves `kernel` over `inputs`; the arithmetic of every convolution layer.

    Args:
        inputs: (batch, spatial..., channels), or (batch, channels, spatial...) where the window says so.
        kernel: (spatial..., channels / groups, filters).
        bias: (filters,) or None.
        window: a `Window` of the kernel's spatial size.

    Returns:
        Tensor: in the data format of `inputs`. With channels_last nothing was copied, except for padding that
        differs between the two sides of an axis.

    >>> window = Window((3, 3), padding="same")
    >>> convolve(torch.zeros(1, 5, 5, 2), torch.zeros(3, 3, 2, 4), None, window).shape
    torch.Size([1, 5, 5, 4])
    """
    images = window.enter(inputs)
    padding, rest = window.recipe(images)
    if rest is not None:
        images = F.pad(images, rest)
    weight = window.enter_kernel(kernel)
    convolution = _CONVOLVE[len(window.size)]
    return window.leave(convolution(images, weight, bias, window.strides, padding, window.dilation, groups))


def depthwise_kernel(kernel):
    """A kernel (spatial..., channels, multiplier) as that of `channels` groups (spatial..., 1, filters).

    >>> depthwise_kernel(torch.zeros(3, 3, 4, 2)).shape
    torch.Size([3, 3, 1, 8])
    """
    return kernel.flatten(-2).unsqueeze(-2)


def transposed_output_size(n, size, stride, padding, output_padding=None, dilation=1):
    """Length of one axis after a transposed convolution; None stays None.

    Source: Keras Conv2DTranspose.

    >>> transposed_output_size(4, 3, 2, "valid"), transposed_output_size(4, 3, 2, "same")
    (9, 8)
    """
    if n is None:
        return None
    extent = (size - 1) * dilation + 1
    if output_padding is None:
        return n * stride + (max(extent - stride, 0) if padding == "valid" else 0)
    return (n - 1) * stride + extent - (2 * (extent // 2) if padding == "same" else 0) + output_padding


def convolve_transposed(inputs, kernel, bias, window, output_padding=None):
    """The gradient of `convolve` with respect to its input, used forwards: spreads each cell over a window.

    Args:
        inputs: (batch, spatial..., channels), or (batch, channels, spatial...) where the window says so.
        kernel: (spatial..., filters, channels); note the order.
        bias: (filters,) or None.
        window: a `Window` of the kernel's spatial size; its strides stretch the output.
        output_padding: extra cells at the end of each axis; None means those that Keras chooses.

    Source: Keras Conv2DTranspose. In torch: nn.ConvTranspose2d, whose cropping is symmetric.

    >>> window = Window((3, 3), (2, 2), "same")
    >>> convolve_transposed(torch.zeros(1, 4, 4, 2), torch.zeros(3, 3, 6, 2), None, window).shape
    torch.Size([1, 8, 8, 6])
    """
    images = window.enter(inputs)
    crops = _transposed_crops(images.shape[2:], window, output_padding)
    symmetric = tuple(max(min(begin, end), 0) for begin, end in crops)
    outputs = _CONVOLVE_TRANSPOSED[len(window.size)](
        images, window.enter_kernel(kernel), None, window.strides, symmetric, 0, 1, window.dilation)
    rest = [both - crop for pair, both in zip(reversed(crops), reversed(symmetric)) for crop in pair]
    if any(rest):
        outputs = F.pad(outputs, rest)  # negative counts crop
    if bias is not None:
        outputs = outputs + bias.reshape(-1, *(1,) * len(window.size))
    return window.leave(outputs)


def _transposed_crops(sizes, window, output_padding):
    """Cells to take away (before, after) along each axis from the full output; negative counts add zeros."""
    extras = (None,) * len(window.size) if output_padding is None else tuple(output_padding)
    if window.plane and output_padding is not None:
        extras = (0, *extras)
    crops = []
    for n, size, stride, dilation, extra in zip(sizes, window.size, window.strides, window.dilation, extras):
        full = (n - 1) * stride + (size - 1) * dilation + 1
        crop = full - transposed_output_size(n, size, stride, window.padding, extra, dilation)
        begin = max(crop, 0) // 2 if window.padding == "same" else 0
        crops.append((begin, crop - begin))
    return crops


def _pool_recipe(window, images):
    """(padding, skipped): 'same' pooling without an explicit pad.

    torch pads both sides alike, but where 'same' wants one cell more at the end, `ceil_mode` lets the last
    window reach over the edge. With stride 1 it does not: there both sides get the larger padding, and the
    first output is skipped.
    """
    if window.padding == "valid":
        return (0,) * len(window.size), None
    margins = window.margins(images.shape[2:])
    uneven = [s == 1 and before != after for s, (before, after) in zip(window.strides, margins)]
    padding = tuple(after if odd else before for odd, (before, after) in zip(uneven, margins))
    return padding, uneven if any(uneven) else None


def _skip_first(outputs, uneven):
    for axis, odd in enumerate(uneven, start=2):
        outputs = outputs.narrow(axis, 1, outputs.shape[axis] - 1) if odd else outputs
    return outputs


def pool_max(inputs, window):
    """The largest value under each position of the window; padding never wins.

    >>> pool_max(torch.arange(4.0).reshape(1, 4, 1), Window((2,), (2,))).flatten()
    tensor([1., 3.])
    """
    images = window.enter(inputs)
    padding, uneven = _pool_recipe(window, images)
    pool = _MAX_POOL[len(window.size)]
    outputs = pool(images, window.size, window.strides, padding, window.dilation, window.padding == "same")
    return window.leave(outputs if uneven is None else _skip_first(outputs, uneven))


def pool_average(inputs, window):
    """The mean of the real cells under each position of the window; padding does not count.

    >>> pool_average(torch.arange(3.0).reshape(1, 3, 1), Window((2,), (2,), "same")).flatten()
    tensor([0.5000, 2.0000])
    """
    images = window.enter(inputs)
    padding, uneven = _pool_recipe(window, images)
    volumes = len(window.size) == 3
    average = _average_volumes if volumes and window.channels_last else _AVERAGE_POOL[len(window.size)]
    outputs = average(images, window.size, window.strides, padding, window.padding == "same", False)
    return window.leave(outputs if uneven is None else _skip_first(outputs, uneven))


def _average_volumes(images, size, strides, padding, ceil_mode, count_include_pad):
    """Average pooling of volumes: over each plane, then over depth; a mean over a box is a mean of means.

    torch's own kernel for volumes copies channels_last memory to channels_first and is several times slower.
    """
    batch, channels, depth, height, width = images.shape
    planes = images.movedim(2, 1).flatten(0, 1)  # (batch * depth, channels, height, width)
    planes = F.avg_pool2d(planes, size[1:], strides[1:], padding[1:], ceil_mode, count_include_pad)
    height, width = planes.shape[2:]
    stack = planes.movedim(1, -1).reshape(batch, depth, height * width, channels).movedim(-1, 1)
    stack = F.avg_pool2d(stack, (size[0], 1), (strides[0], 1), (padding[0], 0), ceil_mode, count_include_pad)
    return stack.unflatten(3, (height, width))


def _adapt(inputs, sizes, data_format, pools):
    window = Window((1,) * len(sizes), data_format=data_format)
    images = window.enter(inputs)
    sizes = (1, *sizes) if window.plane else tuple(sizes)
    return window.leave(pools[len(sizes)](images, sizes))


def adapt_max(inputs, sizes, data_format):
    """The largest value in each of `sizes` nearly equal parts of each spatial axis; None keeps an axis.

    >>> adapt_max(torch.arange(5.0).reshape(1, 5, 1), (2,), "channels_last").flatten()
    tensor([2., 4.])
    """
    return _adapt(inputs, sizes, data_format, _ADAPTIVE_MAX)


def adapt_average(inputs, sizes, data_format):
    """The mean of each of `sizes` nearly equal parts of each spatial axis; None keeps an axis.

    >>> adapt_average(torch.arange(5.0).reshape(1, 5, 1), (2,), "channels_last").flatten()
    tensor([1., 3.])
    """
    return _adapt(inputs, sizes, data_format, _ADAPTIVE_AVERAGE)


def spatial_axes(rank, data_format):
    """Positions of the spatial axes in a tensor with `rank` of them.

    >>> spatial_axes(2, "channels_last"), spatial_axes(2, "channels_first")
    ((1, 2), (2, 3))
    """
    first = 1 if data_format == "channels_last" else 2
    return tuple(range(first, first + rank))


def zero_pad(inputs, margins, data_format):
    """Zeros around the spatial axes.

    Args:
        margins: cells (before, after) for each spatial axis.

    >>> zero_pad(torch.ones(1, 2, 3), ((1, 2),), "channels_last").shape
    torch.Size([1, 5, 3])
    """
    cells = [count for pair in reversed(margins) for count in pair]
    return F.pad(inputs, [0, 0, *cells] if data_format == "channels_last" else cells)


def crop(inputs, margins, data_format):
    """The input without `margins` (before, after) cells at the ends of each spatial axis; a view.

    >>> crop(torch.ones(1, 5, 3), ((1, 2),), "channels_last").shape
    torch.Size([1, 2, 3])
    """
    for axis, (before, after) in zip(spatial_axes(len(margins), data_format), margins):
        inputs = inputs.narrow(axis, before, inputs.shape[axis] - before - after)
    return inputs


def upsample(inputs, factors, data_format, interpolation="nearest"):
    """Makes the spatial axes longer by whole factors.

    Args:
        factors: one positive integer for each spatial axis.
        interpolation: 'nearest' repeats cells. For two spatial axes also 'bilinear', 'bicubic' (Keys, with
            a = -0.5), 'lanczos3' and 'lanczos5'; cells are areas (half-pixel centres), as in Keras.

    >>> upsample(torch.tensor([[[1.0], [2.0]]]), (2,), "channels_last").flatten()
    tensor([1., 1., 2., 2.])
    """
    if interpolation in _FILTERS:
        axes = spatial_axes(len(factors), data_format)
        for axis, factor in zip(axes, factors):
            inputs = _resample(inputs, axis, factor, interpolation)
        return inputs
    if interpolation == "nearest" and not inputs.is_floating_point():
        for axis, factor in zip(spatial_axes(len(factors), data_format), factors):
            inputs = inputs.repeat_interleave(factor, axis)
        return inputs
    window = Window(factors, data_format=data_format)
    images = window.enter(inputs)
    factors = [float(factor) for factor in window.size]
    corners = False if interpolation == "bilinear" else None
    images = F.interpolate(images, scale_factor=factors, mode=interpolation, align_corners=corners)
    return window.leave(images)


def _keys(x):
    """Keys's cubic with a = -0.5 at distances x >= 0."""
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return torch.where(x < 1, near, torch.where(x < 2, far, 0.0))


def _lanczos(radius, x):
    return torch.where(x < radius, torch.sinc(x) * torch.sinc(x / radius), 0.0)


_FILTERS = {
    "bicubic": _keys,
    "lanczos3": functools.partial(_lanczos, 3.0),
    "lanczos5": functools.partial(_lanczos, 5.0),
}


def _resample(inputs, axis, factor, interpolation):
    """One axis, `factor` times longer: each new cell is a weighted mean of the old ones."""
    size = inputs.shape[axis]
    centres = (torch.arange(size * factor, device=inputs.device) + 0.5) / factor - 0.5
    distances = (centres[:, None] - torch.arange(size, device=inputs.device)).abs()   # (new, old)
    weights = _FILTERS[interpolation](distances)
    weights = (weights / weights.sum(1, keepdim=True)).to(inputs.dtype)
    return torch.tensordot(inputs, weights, ([axis], [1])).movedim(-1, axis)


def global_average(inputs, data_format, keepdims=False):
    """The mean over all spatial axes: (batch, channels), or with axes of size 1 left in place.

    >>> global_average(torch.ones(2, 4, 4, 3), "channels_last").shape
    torch.Size([2, 3])
    """
    return inputs.mean(spatial_axes(inputs.dim() - 2, data_format), keepdim=keepdims)


def global_max(inputs, data_format, keepdims=False):
    """The largest value over all spatial axes: (batch, channels), or with axes of size 1 left in place.

    >>> global_max(torch.ones(2, 4, 4, 3), "channels_last").shape
    torch.Size([2, 3])
    """
    return inputs.amax(spatial_axes(inputs.dim() - 2, data_format), keepdim=keepdims)


# The functions of `keras.ops`: arguments as users write them.


def _one_node(function):
    """On a symbol, records the whole call as one node: padding needs sizes that a symbol may not know."""

    @functools.wraps(function)
    def recorded(inputs, *args, **kwargs):
        others = (value for value in (*args, *kwargs.values()) if hasattr(value, "__torch_function__"))
        relevant = (inputs, *others)
        if has_torch_function(relevant):
            return handle_torch_function(recorded, relevant, inputs, *args, **kwargs)
        return function(inputs, *args, **kwargs)

    return recorded


def _window_of(owner, inputs, size, strides, padding, data_format, dilation=1):
    rank = inputs.dim() - 2
    if rank not in (1, 2, 3):
        raise ValueError(f"{owner}: `inputs` must have 1 to 3 axes between batch and channels; got shape "
                         f"{tuple(inputs.shape)}. Reshape to 3, 4 or 5 axes.")
    data_format = settings.image_data_format() if data_format is None else data_format
    if data_format not in settings.DATA_FORMATS:
        fail(owner, "data_format", data_format, "'channels_last' or 'channels_first'")
    if padding not in ("valid", "same"):
        fail(owner, "padding", padding, "'valid' or 'same'")
    size = per_axis(size, rank, owner, "pool_size")
    strides = per_axis(strides, rank, owner, "strides")
    dilation = per_axis(dilation, rank, owner, "dilation_rate")
    if max(strides) > 1 and max(dilation) > 1:
        fail(owner, "strides", strides, f"1 where `dilation_rate` is above 1 ({dilation})")
    window = Window(size, strides, padding, data_format, dilation)
    sizes = [inputs.shape[axis] for axis in spatial_axes(rank, data_format)]
    if min(window.output_sizes(sizes)) < 1 and min(sizes) > 0:
        raise ValueError(f"{owner}: a window of {window.extent[-rank:]} cells does not fit into the spatial "
                         f"sizes {tuple(sizes)}. Use padding='same' or a smaller window.")
    return window


def _channels(inputs, window):
    return inputs.shape[-1 if window.channels_last else 1]


def _check_groups(owner, inputs, kernel, window):
    channels, taken, filters = _channels(inputs, window), kernel.shape[-2], kernel.shape[-1]
    if channels % taken or filters % (channels // taken):
        raise ValueError(f"{owner}: {channels} channels do not fit a kernel of shape {tuple(kernel.shape)}. "
                         "Its axis -2 must divide the channels, and the quotient (the groups) its axis -1.")
    return channels // taken


@_one_node
def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution over 1 to 3 spatial axes.

    Args:
        inputs: (batch, spatial..., channels), or (batch, channels, spatial...) for 'channels_first'.
        kernel: (spatial..., channels / groups, filters).
        strides: integer or one per spatial axis.
        padding: 'valid' or 'same'.
        data_format: 'channels_last', 'channels_first', or None for the process-wide setting.
        dilation_rate: integer or one per spatial axis; above 1 only with strides of 1.

    Errors:
        ValueError: an argument out of range, channels that do not fit, a kernel larger than the input.

    Source: Keras `ops.conv`.

    >>> conv(torch.zeros(1, 5, 5, 2), torch.zeros(3, 3, 2, 4), data_format="channels_last").shape
    torch.Size([1, 3, 3, 4])
    """
    size = tuple(kernel.shape[:-2])
    window = _window_of("conv()", inputs, size, strides, padding, data_format, dilation_rate)
    return convolve(inputs, kernel, None, window, _check_groups("conv()", inputs, kernel, window))


@_one_node
def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution of each channel on its own.

    Args:
        kernel: (spatial..., channels, multiplier).

    Returns:
        Tensor: with channels * multiplier channels.

    Source: Keras `ops.depthwise_conv`.

    >>> depthwise_conv(torch.zeros(1, 5, 5, 2), torch.zeros(3, 3, 2, 4), data_format="channels_last").shape
    torch.Size([1, 3, 3, 8])
    """
    return conv(inputs, depthwise_kernel(kernel), strides, padding, data_format, dilation_rate)


@_one_node
def separable_conv(inputs, depthwise_kernel, pointwise_kernel, strides=1, padding="valid", data_format=None,
                   dilation_rate=1):
    """`depthwise_conv`, then a convolution of size 1 that mixes the channels.

    Args:
        depthwise_kernel: (spatial..., channels, multiplier).
        pointwise_kernel: (1..., channels * multiplier, filters).

    Source: Keras `ops.separable_conv`.

    >>> depthwise, pointwise = torch.zeros(3, 3, 2, 4), torch.zeros(1, 1, 8, 6)
    >>> separable_conv(torch.zeros(1, 5, 5, 2), depthwise, pointwise, data_format="channels_last").shape
    torch.Size([1, 3, 3, 6])
    """
    outputs = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(outputs, pointwise_kernel, 1, "valid", data_format)


@_one_node
def conv_transpose(inputs, kernel, strides=1, padding="valid", output_padding=None, data_format=None,
                   dilation_rate=1):
    """Transposed convolution over 1 to 3 spatial axes.

    Args:
        kernel: (spatial..., filters, channels).
        output_padding: extra cells at the end of each axis, less than the strides; None means Keras's choice.

    Source: Keras `ops.conv_transpose`.

    >>> image, kernel = torch.zeros(1, 4, 4, 2), torch.zeros(3, 3, 6, 2)
    >>> conv_transpose(image, kernel, 2, "same", data_format="channels_last").shape
    torch.Size([1, 8, 8, 6])
    """
    owner, rank = "conv_transpose()", inputs.dim() - 2
    window = _window_of(owner, inputs, 1, strides, padding, data_format, 1)
    window = Window(tuple(kernel.shape[:-2]), window.strides[-rank:], padding,
                    "channels_last" if window.channels_last else "channels_first",
                    per_axis(dilation_rate, rank, owner, "dilation_rate"))
    if _channels(inputs, window) != kernel.shape[-1]:
        raise ValueError(f"{owner}: {_channels(inputs, window)} channels do not fit a kernel of shape "
                         f"{tuple(kernel.shape)}, which is (spatial..., filters, channels).")
    if is_integer(output_padding):
        output_padding = (output_padding,) * rank
    return convolve_transposed(inputs, kernel, None, window, output_padding)


@_one_node
def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The largest value under a window that moves over 1 to 3 spatial axes.

    Args:
        pool_size: integer or one per spatial axis.
        strides: integer or one per spatial axis; None means `pool_size`.
        padding: 'valid' or 'same'.
        data_format: 'channels_last', 'channels_first', or None for the process-wide setting.

    Source: Keras `ops.max_pool`.

    >>> max_pool(torch.zeros(1, 5, 5, 2), 2, data_format="channels_last").shape
    torch.Size([1, 2, 2, 2])
    """
    strides = pool_size if strides is None else strides
    return pool_max(inputs, _window_of("max_pool()", inputs, pool_size, strides, padding, data_format))


@_one_node
def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The mean under a window that moves over 1 to 3 spatial axes; padded cells do not count.

    Args:
        pool_size: integer or one per spatial axis.
        strides: integer or one per spatial axis; None means `pool_size`.
        padding: 'valid' or 'same'.
        data_format: 'channels_last', 'channels_first', or None for the process-wide setting.

    Source: Keras `ops.average_pool`.

    >>> average_pool(torch.zeros(1, 5, 5, 2), 2, data_format="channels_last").shape
    torch.Size([1, 2, 2, 2])
    """
    strides = pool_size if strides is None else strides
    window = _window_of("average_pool()", inputs, pool_size, strides, padding, data_format)
    return pool_average(inputs, window)


def _output_sizes(owner, inputs, output_size):
    rank = inputs.dim() - 2
    sizes = (output_size,) * rank if is_integer(output_size) else output_size
    if not isinstance(sizes, (tuple, list)) or len(sizes) != rank or \
            not all(size is None or (is_integer(size) and size > 0) for size in sizes):
        fail(owner, "output_size", output_size, f"a positive integer or {rank} of them")
    return tuple(sizes)


@_one_node
def adaptive_max_pool(inputs, output_size, data_format=None):
    """The largest value in each of `output_size` nearly equal parts of each spatial axis.

    Args:
        output_size: integer or one per spatial axis; None keeps an axis as it is.
        data_format: 'channels_last', 'channels_first', or None for the process-wide setting.

    Source: Keras `ops.adaptive_max_pool`.

    >>> adaptive_max_pool(torch.zeros(1, 5, 7, 2), 3, data_format="channels_last").shape
    torch.Size([1, 3, 3, 2])
    """
    data_format = settings.image_data_format() if data_format is None else data_format
    return adapt_max(inputs, _output_sizes("adaptive_max_pool()", inputs, output_size), data_format)


@_one_node
def adaptive_average_pool(inputs, output_size, data_format=None):
    """The mean of each of `output_size` nearly equal parts of each spatial axis.

    Args:
        output_size: integer or one per spatial axis; None keeps an axis as it is.
        data_format: 'channels_last', 'channels_first', or None for the process-wide setting.

    Source: Keras `ops.adaptive_average_pool`.

    >>> adaptive_average_pool(torch.zeros(1, 5, 7, 2), 3, data_format="channels_last").shape
    torch.Size([1, 3, 3, 2])
    """
    data_format = settings.image_data_format() if data_format is None else data_format
    return adapt_average(inputs, _output_sizes("adaptive_average_pool()", inputs, output_size), data_format)
