"""Layers that go over a sequence step by step: `RNN` with any cell, and `LSTM`, `GRU`, `SimpleRNN`.

Sequences run on torch's fused kernels wherever the mathematics fits, masked ones too (`ops/recurrence.py`);
all else runs step by step (`ops/recurrence_scan.py`). `layer.kernel_path` tells which.
"""

import operator

import torch

from keras_torch.base import tree
from keras_torch.base.checks import Term, boolean, fail, one_of
from keras_torch.base.names import to_snake_case
from keras_torch.base.scopes import name_scope
from keras_torch.base.shapes import is_shape
from keras_torch.dialects.translator import behaviour
from keras_torch.layers.layer import Layer
from keras_torch.layers.recurrent_cells import (
    GRUCell,
    LSTMCell,
    RecurrentCell,
    SimpleRNNCell,
    StackedRNNCells,
    check_cell,
    forget_patterns,
    initial_states,
    run_cell,
)
from keras_torch.ops.recurrence import Walk, fused
from keras_torch.ops.recurrence_scan import scan


def _check_cell(owner, argument, value):
    for cell in value if isinstance(value, (list, tuple)) else [value]:
        check_cell(owner, argument, cell)


def _one_cell(value):
    return StackedRNNCells(value) if isinstance(value, (list, tuple)) else value


class RNN(Layer):
    """Goes over a sequence with a cell, step by step.

    Args:
        cell: what happens at one step: LSTMCell(32), ..., a list of cells to be stacked, or an object of
            yours with `call(inputs, states) -> (output, new_states)` and `state_size` (integer, or list of
            them).
        return_sequences: whether every step's output is returned; False: the last one.
        return_state: whether the states after the last step are returned too.
        go_backwards: whether the sequence is read from its end; outputs come in that order.
        stateful: whether the states after a batch are those that the next batch starts with.
        unroll: a wish of Keras 1 to 3 to write the loop out, which PyTorch always does; it needs a known
            number of steps and changes nothing else.
        zero_output_for_mask: whether the output of a masked step is zero; False: it repeats the one before.

    Shape:
        (batch, steps, features) -> (batch, units), or (batch, steps, units) with `return_sequences`
        with `return_state`: a tuple of that and each state, (batch, state_size)

    Errors:
        ValueError: not a cell; `stateful` and an unknown or another batch size; `unroll` and unknown steps.

    Notes:
        Calls: `layer(inputs, initial_state=[...], mask=mask)`. The mask (batch, steps) is True where a step
        is valid; masked steps are skipped. A row without valid steps keeps its states, and its outputs are
        zero.

    Source: Keras RNN.

    >>> layer = RNN([LSTMCell(4), GRUCell(5)], return_sequences=True)
    >>> layer(torch.zeros(2, 7, 3)).shape
    torch.Size([2, 7, 5])
    """

    vocabulary = {
        "cell": Term(_check_cell, _one_cell, optional=False, doc="what happens at one step."),
        "zero_output_for_mask": Term(boolean, bool, doc="whether masked steps put out zero."),
        "use_cudnn": Term(one_of("auto", True, False), optional=False,
                          doc="False: step by step; True: raise when there is no fused kernel."),
    }
    supports_masking = True

    def __init__(self, cell, return_sequences=False, return_state=False, go_backwards=False, stateful=False,
                 unroll=False, zero_output_for_mask=False, **kwargs):
        if kwargs.pop("time_major", False):
            fail(self.label, "time_major", True, "False", "Swap the first two axes of input and output.")
        super().__init__(**kwargs)
        self._returned = {"list": list, "tuple": tuple}[behaviour("return_state container")]
        self._state_names = None

    @property
    def state_size(self):
        """The cell's state sizes, always a list."""
        size = self.cell.state_size
        return list(size) if isinstance(size, (list, tuple)) else [size]

    def build(self, input_shape):
        shape = input_shape if is_shape(input_shape) else input_shape[0]
        if self.unroll and shape[1] is None:
            raise ValueError(f"{self.label} has unroll=True and was given shape {tuple(shape)}: the number "
                             "of steps must be known. Give it in Input(shape=(steps, features)).")
        if isinstance(self.cell, Layer) and not self.cell.built:
            with name_scope(self.name):
                self.cell._build_for({"inputs": (shape[0], *shape[2:])}, self._build_device)
        if self.stateful:
            self._make_states(shape[0])

    def call(self, sequences, initial_state=None, mask=None, training=False):
        """Goes over the sequence.

        Args:
            sequences: (batch, steps, features); or, as in Keras 1 and 2, a list of it and the initial states.
            initial_state: the state, or list of states, to start from; None: zeros (when stateful: the kept
                ones).
            mask: bool (batch, steps), True = valid.
        """
        if isinstance(sequences, (list, tuple)):
            sequences, *given = sequences
            initial_state = given or initial_state
        states = self._first_states(sequences, initial_state)
        outputs, states = self._go(sequences, states, _step_mask(mask), training)
        if self.stateful:
            self._keep(states)
        return self._returned((outputs, *states)) if self.return_state else outputs

    def _go(self, sequences, states, mask, training):
        walk = Walk(self.go_backwards, self.return_sequences, self.zero_output_for_mask,
                    keep_carry=self.return_state or self.stateful)
        form, cell = self._fused_form(training), self.cell
        try:
            if form is not None:
                if training and cell.dropout:
                    sequences = sequences * cell.get_dropout_mask(sequences[:, 0])[:, None]
                weights = (cell.kernel, cell.recurrent_kernel, cell.bias)
                return fused(form, sequences, states, weights, mask, walk)
            if isinstance(cell, RecurrentCell) and cell.is_plain:  # all steps' inputs in one multiplication
                sequences = cell.project(sequences, training)
                return scan(lambda x, old: cell.advance(x, old, training), sequences, states, mask, walk)
            return scan(lambda x, old: run_cell(cell, x, old, training), sequences, states, mask, walk)
        finally:
            forget_patterns(cell)

    def _fused_form(self, training):
        """The fused kernel for a call in this phase, or None."""
        cell = self.cell
        if not isinstance(cell, RecurrentCell) or self._use_cudnn is False:
            return None
        if training and (cell.recurrent_dropout or (cell.dropout and cell.has_gate_patterns)):
            return None
        return cell.fused_form

    @property
    def _use_cudnn(self):
        return self.__dict__.get("use_cudnn", "auto")

    @property
    def kernel_path(self):
        """'fused' when calls in the present phase run on torch's fused kernels, 'scan' when step by step."""
        return "scan" if self._fused_form(self.training) is None else "fused"

    def compute_mask(self, inputs, mask=None):
        """The mask for the outputs when they are sequences; states have none."""
        mask = tree.flatten(mask)[0] if tree.is_nested(mask) else mask
        outputs_mask = mask if self.return_sequences else None
        return [outputs_mask, *[None] * len(self.state_size)] if self.return_state else outputs_mask

    # ------------------------------------------------------------------------------------------ states

    def get_initial_state(self, batch_size):
        """The states from which a batch of this size starts: zeros, unless the cell says otherwise."""
        return initial_states(self.cell, batch_size, torch.zeros((), dtype=self._input_dtype,
                                                                 device=self._data_device()))

    def _first_states(self, sequences, given):
        if self.stateful and sequences.shape[0] != self.states_batch:
            raise ValueError(f"{self.label} is stateful with batches of {self.states_batch}; got one of "
                             f"{sequences.shape[0]}. Every batch must have the same size: use batch_size=... "
                             "in Input and in fit, and drop the last, smaller batch.")
        if given is None:
            if self.stateful:
                return tree.map_structure(torch.clone, self.states)  # overwritten before the backward pass
            return initial_states(self.cell, sequences.shape[0], sequences)
        given = list(given) if isinstance(given, (list, tuple)) else [given]
        if len(given) != len(self.state_size):
            raise ValueError(f"{self.label} has {len(self.state_size)} states; `initial_state` brought "
                             f"{len(given)}. Give one tensor (batch, units) for each.")
        return given

    def _make_states(self, batch_size):
        if batch_size is None:
            raise ValueError(f"{self.label} is stateful and needs a fixed batch size to keep its states. "
                             "Give it in Input(batch_shape=(batch, steps, features)).")
        states = self.get_initial_state(batch_size)
        leaves = tree.flatten(states)
        names = [f"state_{index}" for index in range(len(leaves))]
        for name, leaf in zip(names, leaves):
            self.register_buffer(name, leaf, persistent=False)
        self._state_names = tree.pack(states, names)

    @property
    def states(self):
        """The kept states of a stateful layer (for stacked cells: lists of them); None before it is built."""
        if self._state_names is None:
            return None
        return tree.map_structure(lambda name: self._buffers[name], self._state_names)

    @property
    def states_batch(self):
        """The batch size that a stateful layer was built for."""
        return tree.flatten(self.states)[0].shape[0]

    def _keep(self, states):
        with torch.no_grad():
            for kept, new in zip(tree.flatten(self.states), tree.flatten(states), strict=True):
                kept.copy_(new)

    def reset_state(self, states=None):
        """Sets the kept states.

        Args:
            states: array, or list of arrays, one for each state; None means zeros.

        Errors:
            ValueError: states are given and the layer keeps none, or another number of them.
        """
        if self.states is None:
            if states is not None:
                raise ValueError(f"{self.label} keeps no states yet. Make it with stateful=True, "
                                 "and build it first.")
            return
        kept = tree.flatten(self.states)
        given = [torch.zeros_like(state) for state in kept] if states is None else \
            [torch.as_tensor(state) for state in tree.flatten(states)]
        if len(given) != len(kept):
            raise ValueError(f"{self.label} keeps {len(kept)} states; reset_state() was given {len(given)}.")
        self._keep(given)

    reset_states = reset_state


def _step_mask(mask):
    """A mask (batch, steps) of bool; Keras also passes (batch, steps, 1), and a list for a list of inputs."""
    if isinstance(mask, (list, tuple)):
        mask = mask[0]
    if mask is None:
        return None
    return (mask[:, :, 0] if mask.dim() == 3 else mask).bool()


def of_cell(name):
    """A property that shows the cell's own attribute: each argument is kept in one place."""
    return property(operator.attrgetter(f"cell.{name}"), doc=f"`{name}` of the cell.")


class CellRNN(RNN):
    """Base of the layers that make their own cell: `cell_class` and the arguments that belong to it.

    Args:
        use_cudnn: 'auto' takes the fused kernel where the mathematics fits; True raises when it does not;
            False goes step by step (needed for gradients of gradients on a GPU).
    """

    cell_class = None

    units = of_cell("units")
    activation = of_cell("activation")
    use_bias = of_cell("use_bias")
    kernel_initializer = of_cell("kernel_initializer")
    recurrent_initializer = of_cell("recurrent_initializer")
    bias_initializer = of_cell("bias_initializer")
    kernel_regularizer = of_cell("kernel_regularizer")
    recurrent_regularizer = of_cell("recurrent_regularizer")
    bias_regularizer = of_cell("bias_regularizer")
    kernel_constraint = of_cell("kernel_constraint")
    recurrent_constraint = of_cell("recurrent_constraint")
    bias_constraint = of_cell("bias_constraint")
    dropout = of_cell("dropout")
    recurrent_dropout = of_cell("recurrent_dropout")
    seed = of_cell("seed")
    implementation = of_cell("implementation")

    def _start(self, given):
        """Makes the cell and the layer from all arguments of the constructor, sorted by whose they are.

        Args:
            given: `locals()` of the constructor.
        """
        kwargs = dict(given["kwargs"])
        own = {name: given[name] for name in (
            "return_sequences", "return_state", "go_backwards", "stateful", "unroll") if name in given}
        names = self.cell_class.__init__.house_signature.names
        cell = {name: given[name] for name in names if name in given}
        cell.update({name: kwargs[name] for name in ("dtype", "trainable") if name in kwargs})
        name = to_snake_case(self.cell_class.__name__)
        RNN.__init__(self, self.cell_class(**cell, name=name), **own,
                     activity_regularizer=given["activity_regularizer"], **kwargs)
        self._check_use_cudnn()

    def _check_use_cudnn(self):
        if self._use_cudnn is True and self._fused_form(training=True) is None:
            fail(self.label, "use_cudnn", True, "'auto' or False: these arguments have no fused kernel",
                 "They need the default activations (SimpleRNN: or relu), no recurrent_dropout and, for "
                 "a GRU, reset_after=True.")

    def build(self, input_shape):
        shape = input_shape if is_shape(input_shape) else input_shape[0]
        if len(shape) != 3:
            raise ValueError(f"{self.label} takes (batch, steps, features); got shape {tuple(shape)}. "
                             "Give the input three axes.")
        super().build(input_shape)

    def get_config(self):
        """Arguments that rebuild this layer; rare ones only where they are not the default."""
        config = super().get_config()
        del config["cell"]
        for name, default in (("use_cudnn", "auto"), ("implementation", 2)):
            if config.get(name) == default:
                del config[name]
        return config


class SimpleRNN(CellRNN):
    """The plain recurrence `h = activation(x @ kernel + h @ recurrent_kernel + bias)`.

    Args:
        units: size of the output.
        dropout: fraction of the inputs dropped, the same inputs at all steps.
        recurrent_dropout: fraction of the state dropped, the same places at all steps; runs step by step.
        implementation: 0, 1 or 2, which are the same with one gate.

    Shape:
        (batch, steps, features) -> (batch, units), or (batch, steps, units) with `return_sequences`

    Weights:
        kernel (features, units), recurrent_kernel (units, units)
        bias (units,): absent when `use_bias` is False

    Notes:
        More arguments, masks and states: see `RNN`.

    Source: Keras SimpleRNN. In torch: nn.RNN.

    >>> SimpleRNN(4)(torch.zeros(2, 7, 3)).shape
    torch.Size([2, 4])
    """

    cell_class = SimpleRNNCell
    vocabulary = {"implementation": Term(one_of(0, 1, 2), int, optional=False)}

    def __init__(self, units, activation="tanh", use_bias=True, kernel_initializer="glorot_uniform",
                 recurrent_initializer="orthogonal", bias_initializer="zeros", kernel_regularizer=None,
                 recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, recurrent_constraint=None, bias_constraint=None,
                 dropout=0.0, recurrent_dropout=0.0, return_sequences=False, return_state=False,
                 go_backwards=False, stateful=False, unroll=False, seed=None, use_cudnn="auto",
                 implementation=2, **kwargs):
        self._start(locals())


class LSTM(CellRNN):
    """Long short-term memory: a carry that gates fill, empty and show.

    Args:
        units: size of the output and of the carry.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        dropout: fraction of the inputs dropped, the same inputs at all steps.
        recurrent_dropout: fraction of the state dropped, the same places at all steps; runs step by step.
        implementation: 0 or 1: each gate has its own dropout pattern; 2: they share one.

    Shape:
        (batch, steps, features) -> (batch, units), or (batch, steps, units) with `return_sequences`
        with `return_state`: a tuple of that, the last output and the last carry

    Weights:
        kernel (features, 4 * units), recurrent_kernel (units, 4 * units): gates i, f, g, o
        bias (4 * units,): absent when `use_bias` is False

    Notes:
        More arguments, masks and states: see `RNN`; the formula: see `LSTMCell`.

    Source: Hochreiter and Schmidhuber, 1997; Keras LSTM. In torch: nn.LSTM.

    >>> LSTM(4, return_sequences=True)(torch.zeros(2, 7, 3)).shape
    torch.Size([2, 7, 4])
    """

    cell_class = LSTMCell
    stored_form = "lstm"
    recurrent_activation = of_cell("recurrent_activation")
    unit_forget_bias = of_cell("unit_forget_bias")

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
                 bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None,
                 recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0,
                 recurrent_dropout=0.0, seed=None, return_sequences=False, return_state=False,
                 go_backwards=False, stateful=False, unroll=False, use_cudnn="auto", implementation=2,
                 **kwargs):
        self._start(locals())


class GRU(CellRNN):
    """Gated recurrent unit: the output is its own memory, and two gates decide what of it stays.

    Args:
        units: size of the output.
        reset_after: where the reset gate acts, see `GRUCell`; False runs step by step.
        dropout: fraction of the inputs dropped, the same inputs at all steps.
        recurrent_dropout: fraction of the state dropped, the same places at all steps; runs step by step.
        implementation: 0 or 1: each gate has its own dropout pattern; 2: they share one.

    Shape:
        (batch, steps, features) -> (batch, units), or (batch, steps, units) with `return_sequences`

    Weights:
        kernel (features, 3 * units), recurrent_kernel (units, 3 * units): gates z, r, g
        bias (2, 3 * units), of input and state, or (3 * units,) without `reset_after`; absent when `use_bias`
            is False

    Notes:
        More arguments, masks and states: see `RNN`; the formula: see `GRUCell`.

    Source: Cho et al., 2014; Keras GRU. In torch: nn.GRU.

    >>> GRU(4)(torch.zeros(2, 7, 3)).shape
    torch.Size([2, 4])
    """

    cell_class = GRUCell
    stored_form = "gru"
    recurrent_activation = of_cell("recurrent_activation")
    reset_after = of_cell("reset_after")

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
                 bias_initializer="zeros", kernel_regularizer=None, recurrent_regularizer=None,
                 bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
                 recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0,
                 seed=None, return_sequences=False, return_state=False, go_backwards=False, stateful=False,
                 unroll=False, reset_after=True, use_cudnn="auto", implementation=2, **kwargs):
        self._start(locals())
