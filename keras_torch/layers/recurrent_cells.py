"""One step of a recurrent layer: `LSTMCell`, `GRUCell`, `SimpleRNNCell`, and cells stacked on each other.

A cell of ours is `advance(project(inputs), states)`: `project` mixes the input, for one step or for all of
them at once, `advance` is the recurrence. Dropout patterns are the same for all steps: a cell keeps them
until `reset_dropout_mask`, which the layer around it calls when it has gone through the sequence.
"""

import torch

from keras_torch import activations
from keras_torch.base import tree
from keras_torch.base.checks import Term, boolean, fail, one_of
from keras_torch.layers.layer import Layer
from keras_torch.layers.own_generator import OwnGenerator

_TANH = {activations.tanh, torch.tanh}
_SIGMOID = {activations.sigmoid, torch.sigmoid}
_RELU = {activations.relu, torch.relu, torch.nn.functional.relu}


class RecurrentCell(OwnGenerator, Layer):
    """What the three cells share: weights, dropout, `call` as `advance(project(inputs), states)`.

    Args:
        units: size of the output and of each state.
        dropout: fraction of the inputs dropped, the same inputs at all steps.
        recurrent_dropout: fraction of the state dropped, the same places at all steps.
        seed: integer; None uses torch's default generator.

    Weights:
        kernel (features, gates * units), recurrent_kernel (units, gates * units), bias

    >>> RecurrentCell.gates
    1
    """

    vocabulary = {
        "unit_forget_bias": Term(boolean, bool, doc="whether the forget gate's bias starts at 1."),
        "reset_after": Term(boolean, bool, doc="whether the reset gate acts behind the recurrent kernel."),
        "implementation": Term(one_of(0, 1, 2), int, optional=False,
                               doc="0 or 1: each gate has its own dropout pattern; 2: they share one."),
    }
    math_input = True
    gates = 1
    implementation = 2

    @property
    def state_size(self):
        """Size of the state (list of sizes for several)."""
        return self.units

    @property
    def output_size(self):
        """Size of the output."""
        return self.units

    @property
    def fused_form(self):
        """The kernel of `ops.recurrence` that computes the same, or None."""
        return self._fused_form() if self.is_plain else None

    @property
    def is_plain(self):
        """Whether `call` is ours, so that the steps may be computed in other ways."""
        return type(self).call is RecurrentCell.call

    def _fused_form(self):
        raise NotImplementedError(f"{type(self).__name__} must say which fused kernel fits. "
                                  "Write _fused_form().")

    def _weight(self, name, shape, rules):
        """A weight by the arguments `<rules>_initializer`, `<rules>_regularizer`, `<rules>_constraint`."""
        return self.add_weight(
            shape=shape, name=name, **{rule: getattr(self, f"{rules}_{rule}")
                                       for rule in ("initializer", "regularizer", "constraint")})

    def build(self, input_shape):
        features, width = self.known_size(input_shape, axis=-1), self.gates * self.units
        self.kernel = self._weight("kernel", (features, width), "kernel")
        self.recurrent_kernel = self._weight("recurrent_kernel", (self.units, width), "recurrent")
        self.bias = self._weight("bias", self.bias_shape, "bias") if self.use_bias else None

    @property
    def bias_shape(self):
        """Shape of the bias."""
        return (self.gates * self.units,)

    @property
    def input_bias(self):
        """The bias that `project` adds, or None."""
        return self.bias

    def call(self, inputs, states, training=False):
        """One step.

        Args:
            inputs: (batch, features).
            states: the state (batch, units), or a list of them.

        Returns:
            `(output, new_states)`, the states in the form they came in.
        """
        listed = list(states) if tree.is_nested(states) else [states]
        output, new_states = self.advance(self.project(inputs, training), listed, training)
        return output, new_states if tree.is_nested(states) else new_states[0]

    def project(self, inputs, training=False):
        """The input's part of all gates: (batch, [steps,] features) -> (batch, [steps,] gates * units)."""
        pattern = None
        if training and self.dropout:
            one_step = inputs[:, 0] if inputs.dim() == 3 else inputs
            pattern = self.get_dropout_mask(one_step)
            pattern = pattern.unsqueeze(-2) if inputs.dim() == 3 else pattern
        outputs = self._mixed(inputs, self.kernel, pattern)
        return outputs if self.input_bias is None else outputs + self.input_bias

    def advance(self, projected, states, training=False):
        """One step from the projected input (batch, gates * units): `(output, new_states)`."""
        raise NotImplementedError(f"{type(self).__name__} has no advance(). Write it.")

    def _mixed(self, values, weight, pattern):
        """`values @ weight`, with a dropout pattern for all gates or, (gates, batch, ...), one for each."""
        if pattern is None:
            return values @ weight
        if not self.has_gate_patterns:
            return (values * pattern) @ weight
        by_gate = weight.unflatten(1, (pattern.shape[0], -1))            # (rows, gates, units)
        return torch.einsum("g...r,rgu->...gu", values * pattern, by_gate).flatten(-2)

    def _state_pattern(self, state, training):
        return self.get_recurrent_dropout_mask(state) if training and self.recurrent_dropout else None

    def get_initial_state(self, batch_size=None):
        """Zeros for each state, in a list.

        Args:
            batch_size: number of rows.
        """
        device = self.kernel.device if self.built else self._data_device()
        return [torch.zeros(batch_size, self.units, dtype=self._input_dtype, device=device)
                for _ in tree.flatten(self.state_size)]

    # ------------------------------------------------------------------------------------------ dropout

    @property
    def has_gate_patterns(self):
        """Whether each gate has its own dropout pattern."""
        return self.gates > 1 and (self.implementation < 2 or self.recurrent_dropout > 0)

    def get_dropout_mask(self, step_input):
        """The dropout pattern (batch, features) of the inputs, or one for each gate; kept until the reset."""
        return self._pattern("input", step_input, self.dropout)

    def get_recurrent_dropout_mask(self, step_input):
        """The dropout pattern (batch, units) of the state, or one for each gate; kept until the reset."""
        return self._pattern("state", step_input, self.recurrent_dropout)

    def reset_dropout_mask(self):
        """Forgets the inputs' pattern: the next step draws a new one."""
        self._patterns.pop("input", None)

    def reset_recurrent_dropout_mask(self):
        """Forgets the state's pattern: the next step draws a new one."""
        self._patterns.pop("state", None)

    @property
    def _patterns(self):
        kept = self.__dict__.get("_kept_patterns")
        if kept is None:  # not `setdefault`, which torch.compile of torch 2.11 cannot trace
            kept = self.__dict__["_kept_patterns"] = {}
        return kept

    def _pattern(self, which, values, rate):
        if not rate:
            return None
        shape = ((self.gates,) if self.has_gate_patterns else ()) + tuple(values.shape)
        pattern = self._patterns.get(which)
        if pattern is None or pattern.shape != shape or pattern.device != values.device:
            pattern = self._patterns[which] = self.dropout_pattern(values, shape, rate)
        return pattern

    def __getstate__(self):
        return {name: value for name, value in super().__getstate__().items() if name != "_kept_patterns"}

    def get_config(self):
        """Arguments that rebuild this cell; `implementation` only where it is not the default."""
        config = super().get_config()
        if config.get("implementation") == 2:
            del config["implementation"]
        return config


class SimpleRNNCell(RecurrentCell):
    """One step of a SimpleRNN: `h = activation(x @ kernel + h @ recurrent_kernel + bias)`.

    Shape:
        inputs (batch, features), state (batch, units) -> output (batch, units), [state]

    Weights:
        kernel (features, units), recurrent_kernel (units, units)
        bias (units,): absent when `use_bias` is False

    Source: Keras SimpleRNNCell. In torch: nn.RNNCell, with transposed weights and two biases.

    >>> output, states = SimpleRNNCell(4)(torch.zeros(2, 3), [torch.zeros(2, 4)])
    >>> output.shape
    torch.Size([2, 4])
    """

    def __init__(self, units, activation="tanh", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
                 bias_initializer="zeros", kernel_regularizer=None, recurrent_regularizer=None,
                 bias_regularizer=None, kernel_constraint=None, recurrent_constraint=None,
                 bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)

    def _fused_form(self):
        if self.activation in _TANH:
            return "rnn_tanh"
        return "rnn_relu" if self.activation in _RELU else None

    def advance(self, projected, states, training=False):
        """One step from the projected input (batch, units)."""
        h = states[0]
        mixed = self._mixed(h, self.recurrent_kernel, self._state_pattern(h, training))
        h = self.activation(projected + mixed)
        return h, [h]


class LSTMCell(RecurrentCell):
    """One step of an LSTM: `c = f * c + i * g`, `h = o * activation(c)`.

    The gates i, f, o are `recurrent_activation`, and g is `activation`, of `x @ kernel + h @ recurrent_kernel
    + bias`.

    Args:
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        implementation: 0 or 1: each gate has its own dropout pattern; 2: they share one.

    Shape:
        inputs (batch, features), states [(batch, units), (batch, units)] -> output (batch, units), states

    Weights:
        kernel (features, 4 * units), recurrent_kernel (units, 4 * units): gates i, f, g, o
        bias (4 * units,): absent when `use_bias` is False

    Source: Hochreiter and Schmidhuber, 1997; Keras LSTMCell. In torch: nn.LSTMCell, with transposed weights.

    >>> output, states = LSTMCell(4)(torch.zeros(2, 3), [torch.zeros(2, 4), torch.zeros(2, 4)])
    >>> output.shape, len(states)
    (torch.Size([2, 4]), 2)
    """

    gates = 4

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
                 bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None,
                 recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None,
                 recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0,
                 seed=None, implementation=2, **kwargs):
        super().__init__(**kwargs)

    @property
    def state_size(self):
        """Sizes of the output state and of the carry."""
        return [self.units, self.units]

    def build(self, input_shape):
        super().build(input_shape)
        if self.use_bias and self.unit_forget_bias:
            with torch.no_grad():
                self.bias[self.units:2 * self.units].fill_(1)

    def _fused_form(self):
        return "lstm" if self.activation in _TANH and self.recurrent_activation in _SIGMOID else None

    def advance(self, projected, states, training=False):
        """One step from the projected input (batch, 4 * units)."""
        h, carry = states
        gates = projected + self._mixed(h, self.recurrent_kernel, self._state_pattern(h, training))
        enter, forget, new, out = gates.chunk(4, dim=-1)
        gate, curve = self.recurrent_activation, self.activation
        carry = gate(forget) * carry + gate(enter) * curve(new)
        h = gate(out) * curve(carry)
        return h, [h, carry]


class GRUCell(RecurrentCell):
    """One step of a GRU: `h = z * h + (1 - z) * g`, where g sees as much of h as the reset gate r lets
    through.

    Args:
        reset_after: True: `g = activation(x @ W + r * (h @ U))`, with a bias on each side; False: `r` acts
            first, `g = activation(x @ W + (r * h) @ U)`. Files of Keras 1 and 2 mostly have False.
        implementation: 0 or 1: each gate has its own dropout pattern; 2: they share one.

    Shape:
        inputs (batch, features), state (batch, units) -> output (batch, units), [state]

    Weights:
        kernel (features, 3 * units), recurrent_kernel (units, 3 * units): gates z, r, g
        bias (2, 3 * units), of input and state, or (3 * units,) without `reset_after`; absent when `use_bias`
            is False

    Source: Cho et al., 2014; Keras GRUCell. In torch: nn.GRUCell (`reset_after`, gates r, z, n).

    >>> output, states = GRUCell(4)(torch.zeros(2, 3), [torch.zeros(2, 4)])
    >>> output.shape
    torch.Size([2, 4])
    """

    gates = 3

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
                 bias_initializer="zeros", kernel_regularizer=None, recurrent_regularizer=None,
                 bias_regularizer=None, kernel_constraint=None, recurrent_constraint=None,
                 bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, reset_after=True, seed=None,
                 implementation=2, **kwargs):
        super().__init__(**kwargs)

    @property
    def bias_shape(self):
        """Shape of the bias."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    @property
    def input_bias(self):
        """The bias that `project` adds, or None."""
        return self.bias[0] if self.reset_after and self.bias is not None else self.bias

    def _fused_form(self):
        usual = self.activation in _TANH and self.recurrent_activation in _SIGMOID
        return "gru" if usual and self.reset_after else None

    def advance(self, projected, states, training=False):
        """One step from the projected input (batch, 3 * units)."""
        h = states[0]
        pattern = self._state_pattern(h, training)
        update_x, reset_x, new_x = projected.chunk(3, dim=-1)
        if self.reset_after:
            mixed = self._mixed(h, self.recurrent_kernel, pattern)
            mixed = mixed if self.bias is None else mixed + self.bias[1]
            update_h, reset_h, new_h = mixed.chunk(3, dim=-1)
            new_h = self.recurrent_activation(reset_x + reset_h) * new_h
        else:
            gates, new = self.recurrent_kernel.split([2 * self.units, self.units], dim=1)
            mixed = self._mixed(h, gates, None if pattern is None else pattern[:2])
            update_h, reset_h = mixed.chunk(2, dim=-1)
            seen = self.recurrent_activation(reset_x + reset_h) * h
            new_h = (seen if pattern is None else seen * pattern[2]) @ new
        update = self.recurrent_activation(update_x + update_h)
        h = update * h + (1 - update) * self.activation(new_x + new_h)
        return h, [h]


def check_cell(owner, argument, value):
    """Raises unless the value can be used as a cell.

    >>> check_cell("RNN", "cell", LSTMCell(2))
    """
    if not (callable(value) or hasattr(value, "call")) or not hasattr(value, "state_size"):
        fail(owner, argument, value, "a cell: an object with `call(inputs, states)` and `state_size`",
             "A cell such as LSTMCell(32), a list of cells, or a layer of your own with both.")


def _check_cells(owner, argument, value):
    if not isinstance(value, (list, tuple)) or not value:
        fail(owner, argument, value, "a list of cells")
    for cell in value:
        check_cell(owner, argument, cell)


def initial_states(cell, batch_size, like):
    """The zeros from which a cell starts, or what its own `get_initial_state` says; always a list.

    Args:
        cell: any cell.
        batch_size: number of rows.
        like: a tensor whose dtype and device the states get.

    >>> [state.shape for state in initial_states(LSTMCell(2), 3, torch.zeros(()))]
    [torch.Size([3, 2]), torch.Size([3, 2])]
    """
    if isinstance(cell, StackedRNNCells):
        return [initial_states(inner, batch_size, like) for inner in cell.cells]
    if hasattr(cell, "get_initial_state") and not isinstance(cell, RecurrentCell):
        states = cell.get_initial_state(batch_size=batch_size)
        return list(states) if tree.is_nested(states) else [states]
    sizes = cell.state_size if isinstance(cell.state_size, (list, tuple)) else [cell.state_size]
    return [torch.zeros((batch_size, *(size if isinstance(size, (list, tuple)) else (size,))),
                        dtype=like.dtype, device=like.device) for size in sizes]


def run_cell(cell, inputs, states, training):
    """One step of any cell: `(output, states)`, the states always a list."""
    extra = {"training": training} if isinstance(cell, Layer) and cell._signature.takes_training else {}
    output, states = (cell if callable(cell) else cell.call)(inputs, states, **extra)
    return output, list(states) if tree.is_nested(states) else [states]


def forget_patterns(cell):
    """Lets a cell, and those inside it, draw new dropout patterns."""
    for inner in cell.cells if isinstance(cell, StackedRNNCells) else [cell]:
        if hasattr(inner, "reset_dropout_mask"):
            inner.reset_dropout_mask()
        if hasattr(inner, "reset_recurrent_dropout_mask"):
            inner.reset_recurrent_dropout_mask()


class StackedRNNCells(Layer):
    """Several cells as one: the output of each is the input of the next.

    Args:
        cells: list of cells.

    Notes:
        States are a list with one list for each cell. `RNN([cell, cell])` makes this by itself.

    Errors:
        ValueError: not a list of cells.

    Source: Keras StackedRNNCells.

    >>> cell = StackedRNNCells([LSTMCell(4), GRUCell(5)])
    >>> cell.state_size, cell.output_size
    ([[4, 4], 5], 5)
    """

    vocabulary = {"cells": Term(_check_cells, list, optional=False, doc="list of cells.")}

    def __init__(self, cells, **kwargs):
        super().__init__(**kwargs)

    @property
    def state_size(self):
        """The state sizes of each cell."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self):
        """Size of the last cell's output."""
        return _output_size(self.cells[-1])

    def build(self, input_shape):
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell._build_for({"inputs": input_shape}, self._build_device)
            input_shape = (input_shape[0], _output_size(cell))

    def call(self, inputs, states, training=False):
        """One step through all cells: `(output, states)`."""
        new_states = []
        for cell, own in zip(self.cells, states, strict=True):
            inputs, own = run_cell(cell, inputs, own, training)
            new_states.append(own)
        return inputs, new_states

    def get_initial_state(self, batch_size=None):
        """Zeros for each state of each cell."""
        like = torch.zeros((), dtype=self._input_dtype, device=self._data_device())
        return initial_states(self, batch_size, like)


def _output_size(cell):
    size = getattr(cell, "output_size", None)
    if size is not None:
        return size
    return cell.state_size[0] if isinstance(cell.state_size, (list, tuple)) else cell.state_size
