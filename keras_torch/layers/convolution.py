"""Convolution layers: one computation for one, two and three spatial axes."""

from keras_torch.base.checks import fail, one_of
from keras_torch.layers.spatial import PaddingTerm, Spatial
from keras_torch.ops.windows import Window, convolve

_CAUSAL = "For causal padding use Conv1D(padding='causal')."


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

    >>> Conv2D(4, 3, padding="same")(torch.zeros(1, 8, 8, 2)).shape
    torch.Size([1, 8, 8, 4])
    """

    math_input = True
    vocabulary = {"padding": PaddingTerm(one_of("valid", "same", hint=_CAUSAL))}

    def __init__(self, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1,
                 groups=1, activation=None, use_bias=True,
                 kernel_initializer="glorot_uniform", bias_initializer="zeros",
                 kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if self.filters % self.groups:
            fail(self.label, "filters", self.filters, f"divisible by `groups` ({self.groups})")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            expected = f"1 where `dilation_rate` is above 1 ({self.dilation_rate})"
            fail(self.label, "strides", self.strides, expected)
        self.window = Window(self.kernel_size, self.strides, self.padding, self.data_format,
                             self.dilation_rate)

    def build(self, input_shape):
        self.check_window(self.window, input_shape, "kernel_size")
        channels = self.known_size(input_shape, axis=self.channel_axis)
        if channels % self.groups:
            fail(self.label, "groups", self.groups, f"a divisor of the {channels} input channels")
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = self.make_weight("kernel", shape, layout="convolution")
        self.bias = self.make_weight("bias", (self.filters,)) if self.use_bias else None

    def call(self, inputs):
        outputs = convolve(inputs, self.kernel, self.bias, self.window, self.groups)
        return outputs if self.activation is None else self.activation(outputs)


class Conv1D(Conv):
    """`Conv` along one axis: (batch, steps, channels) -> (batch, new_steps, filters).

    >>> Conv1D(4, 3, padding="causal")(torch.zeros(1, 8, 2)).shape
    torch.Size([1, 8, 4])
    """

    rank = 1
    vocabulary = {"padding": PaddingTerm(one_of("valid", "same", "causal"))}


class Conv2D(Conv):
    """`Conv` over images: (batch, height, width, channels) -> (batch, new_height, new_width, filters).

    >>> Conv2D(4, (3, 3), strides=2)(torch.zeros(1, 9, 9, 2)).shape
    torch.Size([1, 4, 4, 4])
    """

    rank = 2


class Conv3D(Conv):
    """`Conv` over volumes: (batch, depth, height, width, channels) -> (batch, new_depth, ..., filters).

    >>> Conv3D(4, 2)(torch.zeros(1, 4, 4, 4, 2)).shape
    torch.Size([1, 3, 3, 3, 4])
    """

    rank = 3
