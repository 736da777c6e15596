"""Convolutions whose kernel differs from place to place: `LocallyConnected1D`, `LocallyConnected2D`."""

import math

import torch

from keras_torch.base.checks import Term, one_of
from keras_torch.layers.spatial import PaddingTerm, Spatial
from keras_torch.ops.windows import Window

_BY_RANK = {  # patches (batch, channels, places..., window...), kernel -> outputs
    (1, "channels_last"): "bchi,hicf->bhf",
    (1, "channels_first"): "bchi,hcif->bfh",
    (2, "channels_last"): "bchwij,hwijcf->bhwf",
    (2, "channels_first"): "bchwij,hwcijf->bfhw",
}


class LocallyConnected(Spatial):
    """A convolution with a kernel and a bias of its own at each place.

    Use LocallyConnected1D or LocallyConnected2D.

    Args:
        filters: number of output channels.
        kernel_size: cells under a kernel along each spatial axis; integer or one per axis.
        strides: distance of the places; integer or one per axis.
        padding: only 'valid': kernels lie inside.
        implementation: only 1; the others of tf.keras keep their weights in other shapes.

    Shape:
        (batch, spatial..., channels) -> (batch, places..., filters), or channels on axis 1 with
        data_format='channels_first'

    Weights:
        kernel (number of places, cells * channels, filters): a row goes over the cells and the channels of
            a window in the order in which they lie in the input
        bias (places..., filters): absent when `use_bias` is False. With channels_first its numbers are read
            as (filters, places...), as Keras does

    Errors:
        ValueError: an axis of unknown size, or a kernel that does not fit into the input.

    Source: Keras LocallyConnected2D, up to tf.keras.

    >>> LocallyConnected2D(4, 3)(torch.zeros(1, 5, 5, 2)).shape
    torch.Size([1, 3, 3, 4])
    """

    math_input = True
    vocabulary = {
        "padding": PaddingTerm(one_of("valid", hint="Pad with a ZeroPadding layer before it.")),
        "implementation": Term(one_of(1), int, optional=False, doc="how the weights are kept."),
    }

    def __init__(self, filters, kernel_size, strides=1, padding="valid", data_format=None, activation=None,
                 use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
                 kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, implementation=1, **kwargs):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.window = Window(self.kernel_size, self.strides, self.padding, self.data_format)

    def build(self, input_shape):
        self.check_window(self.window, input_shape, "kernel_size")
        first = 1 if self.data_format == "channels_last" else 2
        sizes = [self.known_size(input_shape, axis) for axis in range(first, first + self.rank)]
        channels = self.known_size(input_shape, self.channel_axis)
        self.places = self.window.output_sizes(sizes)
        cells = (*self.kernel_size, channels) if self.channel_axis == -1 else (channels, *self.kernel_size)
        self.unfolded = (*self.places, *cells, self.filters)
        shape = (math.prod(self.places), math.prod(cells), self.filters)
        self.kernel = self.make_weight("kernel", shape)
        self.bias = self.make_weight("bias", (*self.places, self.filters)) if self.use_bias else None

    def call(self, inputs):
        patches = inputs.movedim(-1, 1) if self.channel_axis == -1 else inputs
        for axis, (size, step) in enumerate(zip(self.kernel_size, self.strides), start=2):
            patches = patches.unfold(axis, size, step)
        formula = _BY_RANK[self.rank, self.data_format]
        outputs = torch.einsum(formula, patches, self.kernel.view(self.unfolded))
        if self.bias is not None:
            outputs = outputs + self.bias.view(outputs.shape[1:])
        return self.activation(outputs)


class LocallyConnected1D(LocallyConnected):
    """`LocallyConnected` along one axis: (batch, steps, channels) -> (batch, places, filters).

    >>> LocallyConnected1D(4, 3)(torch.zeros(1, 5, 2)).shape
    torch.Size([1, 3, 4])
    """

    rank = 1


class LocallyConnected2D(LocallyConnected):
    """`LocallyConnected` over images: (batch, height, width, channels) -> (batch, rows, columns, filters).

    >>> LocallyConnected2D(4, (1, 2), strides=(2, 1))(torch.zeros(1, 5, 5, 2)).shape
    torch.Size([1, 3, 4, 4])
    """

    rank = 2
