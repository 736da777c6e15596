"""Convolution layers: plain, depthwise, separable and transposed; one computation for all numbers of axes."""

import torch

from keras_torch.base.checks import Term, fail, is_integer, one_of, positive_int
from keras_torch.layers.spatial import PaddingTerm, Spatial
from keras_torch.ops.windows import Window, convolve, convolve_transposed, depthwise_kernel, spatial_axes

_CAUSAL = "For causal padding use Conv1D(padding='causal')."


def _window(layer):
    """The window of a layer's arguments; raises when strides and dilation are both above 1."""
    if max(layer.strides) > 1 and max(layer.dilation_rate) > 1:
        expected = f"1 where `dilation_rate` is above 1 ({layer.dilation_rate})"
        fail(layer.label, "strides", layer.strides, expected)
    return Window(layer.kernel_size, layer.strides, layer.padding, layer.data_format, layer.dilation_rate)


class Conv(Spatial):
    """Moves a kernel over the spatial axes, mixing the channels: `activation(conv(inputs) + bias)`.

    Use Conv1D, Conv2D or Conv3D.

    Args:
        filters: number of output channels.
        kernel_size: cells under the kernel along each spatial axis; integer or one per axis.
        strides: step of the kernel; integer or one per axis.
        padding: 'valid' takes only kernels that lie inside; 'same' pads with zeros so that the output has
            ceil(size / stride) cells; 'causal' (Conv1D) pads in front only.
        dilation_rate: distance of neighbouring cells of the kernel; above 1 only with strides of 1.
        groups: the channels are split into this many groups, each with its own filters.

    Shape:
        (batch, spatial..., channels) -> (batch, new_spatial..., filters), or channels on axis 1 with
        data_format='channels_first'.

    Weights:
        kernel (kernel_size..., channels / groups, filters): in memory, ordered as torch's kernels want it
        bias (filters,): absent when `use_bias` is False

    Errors:
        ValueError: another number of axes, channels of unknown size or not divisible by `groups`, a kernel
            that does not fit into the input.

    Source: Keras Conv1D, Conv2D, Conv3D. In torch: nn.Conv2d, whose weight is `kernel.permute(3, 2, 0, 1)`.

    >>> import torch
    >>> Conv2D(4, 3, padding="same")(torch.zeros(1, 8, 8, 2)).shape
    torch.Size([1, 8, 8, 4])
    """

    math_input = True
    stored_form = "convolution"
    vocabulary = {"padding": PaddingTerm(one_of("valid", "same", hint=_CAUSAL))}

    def __init__(self, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1,
                 groups=1, activation=None, use_bias=True,
                 kernel_initializer="glorot_uniform", bias_initializer="zeros",
                 kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if self.filters % self.groups:
            fail(self.label, "filters", self.filters, f"divisible by `groups` ({self.groups})")
        self.window = _window(self)

    def build(self, input_shape):
        self.check_window(self.window, input_shape, "kernel_size")
        channels = self.known_size(input_shape, axis=self.channel_axis)
        if channels % self.groups:
            fail(self.label, "groups", self.groups, f"a divisor of the {channels} input channels")
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = self.make_weight("kernel", shape, layout="convolution")
        self.bias = self.make_weight("bias", (self.filters,)) if self.use_bias else None

    def call(self, inputs):
        return self.activation(convolve(inputs, self.kernel, self.bias, self.window, self.groups))


class Conv1D(Conv):
    """`Conv` along one axis: (batch, steps, channels) -> (batch, new_steps, filters).

    >>> import torch
    >>> Conv1D(4, 3, padding="causal")(torch.zeros(1, 8, 2)).shape
    torch.Size([1, 8, 4])
    """

    rank = 1
    vocabulary = {"padding": PaddingTerm(one_of("valid", "same", "causal"))}


class Conv2D(Conv):
    """`Conv` over images: (batch, height, width, channels) -> (batch, new_height, new_width, filters).

    >>> import torch
    >>> Conv2D(4, (3, 3), strides=2)(torch.zeros(1, 9, 9, 2)).shape
    torch.Size([1, 4, 4, 4])
    """

    rank = 2


class Conv3D(Conv):
    """`Conv` over volumes: (batch, depth, height, width, channels) -> (batch, new_depth, ..., filters).

    >>> import torch
    >>> Conv3D(4, 2)(torch.zeros(1, 4, 4, 4, 2)).shape
    torch.Size([1, 3, 3, 3, 4])
    """

    rank = 3


class AtrousConvolution1D(Conv1D):
    """`Conv1D` whose `atrous_rate`, today `dilation_rate`, may be above 1, as every Conv1D's since Keras 2.

    >>> import torch
    >>> AtrousConvolution1D(4, 3, dilation_rate=2)(torch.zeros(1, 8, 2)).shape
    torch.Size([1, 4, 4])
    """


class AtrousConvolution2D(Conv2D):
    """`Conv2D` whose `atrous_rate`, today `dilation_rate`, may be above 1, as every Conv2D's since Keras 2.

    >>> import torch
    >>> AtrousConvolution2D(4, 3, dilation_rate=2)(torch.zeros(1, 8, 8, 2)).shape
    torch.Size([1, 4, 4, 4])
    """


class DepthwiseConv(Spatial):
    """Convolves each channel on its own: `activation(conv(inputs) + bias)`.

    Use DepthwiseConv1D or DepthwiseConv2D.

    Args:
        kernel_size: cells under the kernel along each spatial axis; integer or one per axis.
        strides: step of the kernel; integer or one per axis.
        depth_multiplier: number of filters for each channel.

    Shape:
        (batch, spatial..., channels) -> (batch, new_spatial..., channels * depth_multiplier), or channels on
        axis 1 with data_format='channels_first'.

    Weights:
        kernel (kernel_size..., channels, depth_multiplier)
        bias (channels * depth_multiplier,): absent when `use_bias` is False

    Errors:
        ValueError: another number of axes, channels of unknown size, a kernel that does not fit the input.

    Source: Keras DepthwiseConv2D. In torch: nn.Conv2d with groups=channels.

    >>> import torch
    >>> DepthwiseConv2D(3, depth_multiplier=2)(torch.zeros(1, 8, 8, 3)).shape
    torch.Size([1, 6, 6, 6])
    """

    math_input = True
    vocabulary = {
        "padding": PaddingTerm(one_of("valid", "same", hint=_CAUSAL)),
        "depth_multiplier": Term(positive_int, int, optional=False, doc="filters for each channel."),
    }

    def __init__(self, kernel_size, strides=1, padding="valid", depth_multiplier=1, data_format=None,
                 dilation_rate=1, activation=None, use_bias=True,
                 depthwise_initializer="glorot_uniform", bias_initializer="zeros",
                 depthwise_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 depthwise_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.window = _window(self)

    def build(self, input_shape):
        self.check_window(self.window, input_shape, "kernel_size")
        self.channels = self.known_size(input_shape, axis=self.channel_axis)
        shape = (*self.kernel_size, self.channels, self.depth_multiplier)
        self.kernel = self.add_weight(
            shape, self.depthwise_initializer, name="kernel", regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint)
        filters = self.channels * self.depth_multiplier
        self.bias = self.make_weight("bias", (filters,)) if self.use_bias else None

    def call(self, inputs):
        kernel = depthwise_kernel(self.kernel)
        return self.activation(convolve(inputs, kernel, self.bias, self.window, self.channels))


class DepthwiseConv1D(DepthwiseConv):
    """`DepthwiseConv` along one axis: (batch, steps, channels) -> (batch, new_steps, filters).

    >>> import torch
    >>> DepthwiseConv1D(3)(torch.zeros(1, 8, 2)).shape
    torch.Size([1, 6, 2])
    """

    rank = 1


class DepthwiseConv2D(DepthwiseConv):
    """`DepthwiseConv` over images: (batch, height, width, channels) -> (batch, new ones, filters).

    >>> import torch
    >>> DepthwiseConv2D(3, padding="same")(torch.zeros(1, 8, 8, 2)).shape
    torch.Size([1, 8, 8, 2])
    """

    rank = 2


class SeparableConv(Spatial):
    """Convolves each channel on its own, then mixes them: `activation(mix(depthwise(inputs)) + bias)`.

    Use SeparableConv1D or SeparableConv2D.

    Args:
        filters: number of output channels.
        kernel_size: cells under the depthwise kernel along each spatial axis; integer or one per axis.
        strides: step of the depthwise kernel; integer or one per axis.
        depth_multiplier: number of depthwise filters for each channel.

    Shape:
        (batch, spatial..., channels) -> (batch, new_spatial..., filters), or channels on axis 1 with
        data_format='channels_first'.

    Weights:
        depthwise_kernel (kernel_size..., channels, depth_multiplier)
        pointwise_kernel (1..., channels * depth_multiplier, filters)
        bias (filters,): absent when `use_bias` is False

    Errors:
        ValueError: another number of axes, channels of unknown size, a kernel that does not fit the input.

    Source: Keras SeparableConv2D.

    >>> import torch
    >>> SeparableConv2D(4, 3)(torch.zeros(1, 8, 8, 3)).shape
    torch.Size([1, 6, 6, 4])
    """

    math_input = True
    stored_form = "separable convolution"
    vocabulary = DepthwiseConv.vocabulary

    def __init__(self, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1,
                 depth_multiplier=1, activation=None, use_bias=True,
                 depthwise_initializer="glorot_uniform", pointwise_initializer="glorot_uniform",
                 bias_initializer="zeros", depthwise_regularizer=None, pointwise_regularizer=None,
                 bias_regularizer=None, activity_regularizer=None,
                 depthwise_constraint=None, pointwise_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.window = _window(self)
        self.one_cell = Window((1,) * self.rank, data_format=self.data_format)

    def build(self, input_shape):
        self.check_window(self.window, input_shape, "kernel_size")
        self.channels = self.known_size(input_shape, axis=self.channel_axis)
        shape = (*self.kernel_size, self.channels, self.depth_multiplier)
        self.depthwise_kernel = self.add_weight(
            shape, self.depthwise_initializer, name="depthwise_kernel",
            regularizer=self.depthwise_regularizer, constraint=self.depthwise_constraint)
        shape = (*self.one_cell.size[-self.rank:], self.channels * self.depth_multiplier, self.filters)
        self.pointwise_kernel = self.add_weight(
            shape, self.pointwise_initializer, name="pointwise_kernel", layout="convolution",
            regularizer=self.pointwise_regularizer, constraint=self.pointwise_constraint)
        self.bias = self.make_weight("bias", (self.filters,)) if self.use_bias else None

    def call(self, inputs):
        kernel = depthwise_kernel(self.depthwise_kernel)
        features = convolve(inputs, kernel, None, self.window, self.channels)
        return self.activation(convolve(features, self.pointwise_kernel, self.bias, self.one_cell))


class SeparableConv1D(SeparableConv):
    """`SeparableConv` along one axis: (batch, steps, channels) -> (batch, new_steps, filters).

    >>> import torch
    >>> SeparableConv1D(4, 3, padding="causal")(torch.zeros(1, 8, 2)).shape
    torch.Size([1, 8, 4])
    """

    rank = 1
    vocabulary = {"padding": PaddingTerm(one_of("valid", "same", "causal"))}


class SeparableConv2D(SeparableConv):
    """`SeparableConv` over images: (batch, height, width, channels) -> (batch, new ones, filters).

    >>> import torch
    >>> SeparableConv2D(4, 3, strides=2, padding="same")(torch.zeros(1, 8, 8, 2)).shape
    torch.Size([1, 4, 4, 4])
    """

    rank = 2


class OutputPaddingTerm(Term):
    """The argument `output_padding`: None, an integer of at least 0, or one per spatial axis."""

    def apply(self, instance, owner, argument, value):
        if value is None:
            return None
        rank = instance.rank
        values = (value,) * rank if is_integer(value) else value
        if not isinstance(values, (tuple, list)) or len(values) != rank or \
                not all(is_integer(item) and item >= 0 for item in values):
            fail(owner, argument, value, f"None, an integer of at least 0, or {rank} of them")
        return tuple(int(item) for item in values)


class ConvTranspose(Spatial):
    """The gradient of a convolution, used forwards to make axes longer: each cell is spread over a window.

    Use Conv1DTranspose, Conv2DTranspose or Conv3DTranspose.

    Args:
        filters: number of output channels.
        kernel_size: cells over which one is spread, along each spatial axis; integer or one per axis.
        strides: factor by which the axes grow; integer or one per axis.
        padding: 'same' gives size * stride cells; 'valid' adds max(kernel_size - stride, 0) to that.
        output_padding: cells added at the end of each axis, less than its stride; None means what `padding`
            says.
        output_shape: of Keras 1 (Conv2DTranspose alone): the whole output's shape, whose spatial sizes count.

    Shape:
        (batch, spatial..., channels) -> (batch, new_spatial..., filters), or channels on axis 1 with
        data_format='channels_first'.

    Weights:
        kernel (kernel_size..., filters, channels): note the order
        bias (filters,): absent when `use_bias` is False

    Errors:
        ValueError: another number of axes, channels of unknown size, `output_padding` not below the strides,
            an `output_shape` that no input of these strides and this padding has.

    Source: Keras Conv2DTranspose, with the cropping of its TensorFlow backend. In torch: nn.ConvTranspose2d.

    >>> import torch
    >>> Conv2DTranspose(4, 3, strides=2, padding="same")(torch.zeros(1, 8, 8, 2)).shape
    torch.Size([1, 16, 16, 4])
    """

    math_input = True
    stored_form = "transposed convolution"
    vocabulary = {
        "padding": PaddingTerm(one_of("valid", "same")),
        "output_padding": OutputPaddingTerm(doc="cells added at the end of each axis."),
    }

    def __init__(self, filters, kernel_size, strides=1, padding="valid", output_padding=None,
                 data_format=None, dilation_rate=1, activation=None, use_bias=True,
                 kernel_initializer="glorot_uniform", bias_initializer="zeros",
                 kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, **kwargs):
        self._wanted = kwargs.pop("output_shape", None) if self.rank == 2 else None
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.window = _window(self)
        if self.output_padding and any(n >= s for n, s in zip(self.output_padding, self.strides)):
            fail(self.label, "output_padding", self.output_padding, f"less than the strides {self.strides}")

    def build(self, input_shape):
        self._check_wanted(self.spatial_sizes(input_shape))
        channels = self.known_size(input_shape, axis=self.channel_axis)
        shape = (*self.kernel_size, self.filters, channels)
        self.kernel = self.make_weight("kernel", shape, layout="convolution")
        self.bias = self.make_weight("bias", (self.filters,)) if self.use_bias else None

    def call(self, inputs):
        if self._wanted is not None:
            return self.activation(self._fitted(inputs))
        outputs = convolve_transposed(inputs, self.kernel, self.bias, self.window, self.output_padding)
        return self.activation(outputs)

    def _wanted_sizes(self):
        """The spatial sizes of Keras 1's `output_shape`."""
        return [self._wanted[axis] for axis in spatial_axes(self.rank, self.data_format)]

    def _check_wanted(self, sizes):
        if self._wanted is None:
            return
        if not isinstance(self._wanted, (list, tuple)) or len(self._wanted) != self.rank + 2:
            fail(self.label, "output_shape", self._wanted, f"a shape of {self.rank + 2} sizes")
        for n, wanted, k, s in zip(sizes, self._wanted_sizes(), self.kernel_size, self.strides):
            least = (n - 1) * s + (k if self.padding == "valid" else 1) if n is not None else wanted
            if not least <= wanted < least + s:
                fail(self.label, "output_shape", self._wanted,
                     f"one with spatial sizes from {least} to {least + s - 1} for inputs of {n} cells")

    def _fitted(self, inputs):
        """The whole spread window, cut or filled to Keras 1's `output_shape`."""
        whole = Window(self.kernel_size, self.strides, "valid", self.data_format)
        outputs = convolve_transposed(inputs, self.kernel, None, whole)
        for axis, wanted, k, s in zip(spatial_axes(self.rank, self.data_format), self._wanted_sizes(),
                                      self.kernel_size, self.strides):
            surplus = max((inputs.shape[axis] - 1) * s + k - wanted, 0) if self.padding == "same" else 0
            missing = [*outputs.shape]
            missing[axis] = max(surplus // 2 + wanted - outputs.shape[axis], 0)
            outputs = torch.cat([outputs, outputs.new_zeros(missing)], axis)
            outputs = outputs.narrow(axis, surplus // 2, wanted)
        if self.bias is None:
            return outputs
        return outputs + (self.bias if self.channel_axis == -1 else self.bias.view(-1, *[1] * self.rank))

    def get_config(self):
        """Arguments that rebuild this layer; `output_shape` only where it was given."""
        config = super().get_config()
        return config if self._wanted is None else {**config, "output_shape": list(self._wanted)}


class Conv1DTranspose(ConvTranspose):
    """`ConvTranspose` along one axis: (batch, steps, channels) -> (batch, more_steps, filters).

    >>> import torch
    >>> Conv1DTranspose(4, 3, strides=2)(torch.zeros(1, 8, 2)).shape
    torch.Size([1, 17, 4])
    """

    rank = 1


class Conv2DTranspose(ConvTranspose):
    """`ConvTranspose` over images: (batch, height, width, channels) -> (batch, larger ones, filters).

    >>> import torch
    >>> Conv2DTranspose(4, 3, strides=2)(torch.zeros(1, 8, 8, 2)).shape
    torch.Size([1, 17, 17, 4])
    """

    rank = 2


class Conv3DTranspose(ConvTranspose):
    """`ConvTranspose` over volumes: (batch, depth, height, width, channels) -> (batch, larger ones, filters).

    >>> import torch
    >>> Conv3DTranspose(4, 2, strides=2)(torch.zeros(1, 3, 3, 3, 2)).shape
    torch.Size([1, 6, 6, 6, 4])
    """

    rank = 3
