"""LSTMs whose multiplications are convolutions: `ConvLSTM1D`, `ConvLSTM2D`, `ConvLSTM3D`, and their cells."""

import torch

from keras_torch.base.checks import Term, boolean, one_of
from keras_torch.base.shapes import is_shape
from keras_torch.layers.recurrent import RNN, CellRNN, of_cell
from keras_torch.layers.recurrent_cells import RecurrentCell
from keras_torch.layers.spatial import PaddingTerm, Spatial
from keras_torch.ops.windows import Window, convolve

_TERMS = {
    "padding": PaddingTerm(one_of("valid", "same")),
    "unit_forget_bias": Term(boolean, bool, doc="whether the forget gate's bias starts at 1."),
}


class ConvLSTMCell(RecurrentCell, Spatial):
    """One step of a convolutional LSTM: `c = f * c + i * g`, `h = o * activation(c)`.

    The gates i, f, o are `recurrent_activation`, and g is `activation`, of
    `conv(x, kernel) + conv(h, recurrent_kernel) + bias`. Use ConvLSTM1DCell, ConvLSTM2DCell, ConvLSTM3DCell.

    Args:
        filters: number of channels of the output and of both states.
        kernel_size: cells under both kernels along each spatial axis.
        strides, padding, dilation_rate: of the input's convolution; that of the state keeps all sizes.
        unit_forget_bias: whether the bias of the forget gate starts at 1.

    Shape:
        inputs (batch, spatial..., channels), states 2 x (batch, new_spatial..., filters) -> output, states

    Weights:
        kernel (kernel_size..., channels, 4 * filters)
        recurrent_kernel (kernel_size..., filters, 4 * filters)
        bias (4 * filters,): absent when `use_bias` is False

    Errors:
        ValueError: another number of axes, channels of unknown size, a kernel that does not fit the input.

    Source: Shi et al., 2015; Keras ConvLSTM2DCell.

    >>> cell = ConvLSTM2DCell(4, 3, padding="same")
    >>> states = [torch.zeros(1, 5, 5, 4)] * 2
    >>> cell(torch.zeros(1, 5, 5, 2), states)[0].shape
    torch.Size([1, 5, 5, 4])
    """

    gates = 4
    vocabulary = _TERMS
    has_gate_patterns = True  # each gate has its own dropout pattern

    def __init__(self, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1,
                 activation="tanh", recurrent_activation="sigmoid", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
                 bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None,
                 recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None,
                 recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0,
                 seed=None, **kwargs):
        super().__init__(**kwargs)
        self.window = Window(self.kernel_size, self.strides, self.padding, self.data_format,
                             self.dilation_rate)
        self.state_window = Window(self.kernel_size, None, "same", self.data_format)

    @property
    def units(self):
        """As `filters`."""
        return self.filters

    @property
    def state_size(self):
        """Channels of the output state and of the carry."""
        return [self.filters, self.filters]

    def build(self, input_shape):
        self.check_window(self.window, input_shape, "kernel_size")
        channels, width = self.known_size(input_shape, self.channel_axis), self.gates * self.filters
        self.kernel = self._weight("kernel", (*self.kernel_size, channels, width), "kernel")
        self.recurrent_kernel = self._weight(
            "recurrent_kernel", (*self.kernel_size, self.filters, width), "recurrent")
        self.bias = self._weight("bias", (width,), "bias") if self.use_bias else None
        self.built_sizes = self.spatial_sizes(input_shape)
        if self.use_bias and self.unit_forget_bias:
            with torch.no_grad():
                self.bias[self.filters:2 * self.filters].fill_(1)

    def _fused_form(self):
        return None

    def project(self, inputs, training=False):
        """The input's part of all gates, for one step or for (batch, steps, ...)."""
        has_steps = inputs.dim() == self.rank + 3
        pattern = None
        if training and self.dropout:
            pattern = self.get_dropout_mask(inputs[:, 0] if has_steps else inputs)
            pattern = pattern.unsqueeze(2) if has_steps else pattern
        return self._convolved(inputs, self.kernel, self.bias, self.window, pattern)

    def advance(self, projected, states, training=False):
        """One step from the projected input."""
        h, carry = states
        pattern = self._state_pattern(h, training)
        gates = projected + self._convolved(h, self.recurrent_kernel, None, self.state_window, pattern)
        enter, forget, new, out = gates.chunk(4, dim=self.channel_axis)
        gate, curve = self.recurrent_activation, self.activation
        carry = gate(forget) * carry + gate(enter) * curve(new)
        h = gate(out) * curve(carry)
        return h, [h, carry]

    def _convolved(self, values, kernel, bias, window, pattern):
        """The convolution for all gates, or with a dropout pattern for each (gates, batch, ...)."""
        if pattern is None:
            return self._fold(values, lambda images: convolve(images, kernel, bias, window))
        kernels = kernel.chunk(self.gates, dim=-1)
        biases = [None] * self.gates if bias is None else bias.chunk(self.gates)
        parts = [self._fold(values * one, lambda images, k=k, b=b: convolve(images, k, b, window))
                 for one, k, b in zip(pattern, kernels, biases)]
        return torch.cat(parts, dim=-1 if self.channel_axis == -1 else -self.rank - 1)

    def _fold(self, values, function):
        """A function of images on (batch, [steps,] ...), the steps folded into the batch."""
        if values.dim() == self.rank + 2:
            return function(values)
        return function(values.flatten(0, 1)).unflatten(0, values.shape[:2])

    def get_initial_state(self, batch_size=None, sizes=None):
        """Zeros for both states.

        Args:
            batch_size: number of rows.
            sizes: spatial sizes of the input; default those that the cell was built for.
        """
        sizes = self.window.output_sizes(sizes if sizes is not None else self.built_sizes)
        shape = (*sizes, self.filters) if self.channel_axis == -1 else (self.filters, *sizes)
        like = {"dtype": self._input_dtype, "device": self._data_device()}
        return [torch.zeros(batch_size, *shape, **like) for _ in range(2)]


class ConvLSTM1DCell(ConvLSTMCell):
    """`ConvLSTMCell` along one axis.

    >>> ConvLSTM1DCell(4, 3).state_size
    [4, 4]
    """

    rank = 1


class ConvLSTM2DCell(ConvLSTMCell):
    """`ConvLSTMCell` over images.

    >>> ConvLSTM2DCell(4, 3).state_size
    [4, 4]
    """

    rank = 2


class ConvLSTM3DCell(ConvLSTMCell):
    """`ConvLSTMCell` over volumes.

    >>> ConvLSTM3DCell(4, 3).state_size
    [4, 4]
    """

    rank = 3


class ConvLSTM(CellRNN, Spatial):
    """A long short-term memory of images: the LSTM's multiplications are convolutions.

    Use ConvLSTM1D, ConvLSTM2D or ConvLSTM3D.

    Args:
        filters: number of channels of the output and of the states.
        kernel_size: cells under the kernels along each spatial axis; integer or one per axis.
        strides, padding, dilation_rate: of the input's convolution; that of the state keeps all sizes.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        dropout, recurrent_dropout: fraction of the inputs and of the state dropped, the same cells at all
            steps, for each gate on its own.

    Shape:
        (batch, steps, spatial..., channels) -> (batch, new_spatial..., filters), or
        (batch, steps, new_spatial..., filters) with `return_sequences`; channels before the spatial axes
        with data_format='channels_first'

    Weights:
        kernel (kernel_size..., channels, 4 * filters)
        recurrent_kernel (kernel_size..., filters, 4 * filters)
        bias (4 * filters,): absent when `use_bias` is False

    Errors:
        ValueError: another number of axes, channels of unknown size, a kernel that does not fit the input;
            `stateful` and unknown sizes.

    Notes:
        More arguments, masks and states: see `RNN`; the formula: see `ConvLSTMCell`.

    Source: Shi et al., 2015; Keras ConvLSTM2D.

    >>> ConvLSTM2D(4, 3, padding="same")(torch.zeros(1, 3, 5, 5, 2)).shape
    torch.Size([1, 5, 5, 4])
    """

    stored_form = "convolutional lstm"
    vocabulary = _TERMS
    filters = of_cell("filters")
    kernel_size = of_cell("kernel_size")
    strides = of_cell("strides")
    padding = of_cell("padding")
    data_format = of_cell("data_format")
    dilation_rate = of_cell("dilation_rate")
    recurrent_activation = of_cell("recurrent_activation")
    unit_forget_bias = of_cell("unit_forget_bias")

    def __init__(self, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1,
                 activation="tanh", recurrent_activation="sigmoid", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
                 bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None,
                 recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0,
                 recurrent_dropout=0.0, seed=None, return_sequences=False, return_state=False,
                 go_backwards=False, stateful=False, **kwargs):
        self._start(locals())

    def build(self, input_shape):
        shape = input_shape if is_shape(input_shape) else input_shape[0]
        if len(shape) != self.rank + 3:
            raise ValueError(f"{self.label} takes {self.rank + 3} axes, (batch, steps, ...); got shape "
                             f"{tuple(shape)}.")
        RNN.build(self, input_shape)

    def get_initial_state(self, batch_size):
        """The states from which a batch of this size starts: zeros."""
        if None in self.cell.built_sizes:
            raise ValueError(f"{self.label} was built for spatial sizes {self.cell.built_sizes}; states need "
                             "known sizes. Give them in Input(batch_shape=...).")
        return self.cell.get_initial_state(batch_size)

    def _first_states(self, sequences, given):
        if given is None and not self.stateful:
            one_step = (sequences.shape[0], *sequences.shape[2:])
            return self.cell.get_initial_state(sequences.shape[0], self.cell.spatial_sizes(one_step))
        return super()._first_states(sequences, given)


class ConvLSTM1D(ConvLSTM):
    """`ConvLSTM` along one axis: (batch, steps, cells, channels) -> (batch, new_cells, filters).

    >>> ConvLSTM1D(4, 3)(torch.zeros(1, 3, 5, 2)).shape
    torch.Size([1, 3, 4])
    """

    rank = 1
    cell_class = ConvLSTM1DCell


class ConvLSTM2D(ConvLSTM):
    """`ConvLSTM` of images: (batch, steps, height, width, channels) -> (batch, new ones, filters).

    >>> ConvLSTM2D(4, 3, return_sequences=True)(torch.zeros(1, 3, 5, 5, 2)).shape
    torch.Size([1, 3, 3, 3, 4])
    """

    rank = 2
    cell_class = ConvLSTM2DCell


class ConvLSTM3D(ConvLSTM):
    """`ConvLSTM` of volumes: (batch, steps, depth, height, width, channels) -> (batch, new ones, filters).

    >>> ConvLSTM3D(4, 2)(torch.zeros(1, 2, 3, 3, 3, 2)).shape
    torch.Size([1, 2, 2, 2, 4])
    """

    rank = 3
    cell_class = ConvLSTM3DCell
