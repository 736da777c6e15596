"""Recurrent layers of old generations: those that asked for CuDNN, and Keras 1's base for one's own."""


from keras_torch.layers.layer import Layer
from keras_torch.layers.recurrent import GRU, LSTM
from keras_torch.ops.recurrence import Walk
from keras_torch.ops.recurrence_scan import scan


class CuDNNLSTM(LSTM):
    """`LSTM` with the activations that CuDNN has, which takes the fused kernel wherever it runs.

    Notes:
        The weights are those of an LSTM: files with CuDNN's own layout (bias of 8 * units) are converted.

    Source: Keras 2 CuDNNLSTM.

    >>> import torch
    >>> CuDNNLSTM(4)(torch.zeros(2, 7, 3)).shape
    torch.Size([2, 4])
    """

    def __init__(self, units, kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
                 bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None,
                 recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, recurrent_constraint=None, bias_constraint=None,
                 return_sequences=False, return_state=False, stateful=False, **kwargs):
        fixed = {"activation": "tanh", "recurrent_activation": "sigmoid", "implementation": 2}
        super().__init__(**{**fixed, **_given(locals())})


class CuDNNGRU(GRU):
    """`GRU` with the activations that CuDNN has, which takes the fused kernel wherever it runs.

    Notes:
        The weights are those of a GRU with `reset_after`: files with CuDNN's own layout are converted.

    Source: Keras 2 CuDNNGRU.

    >>> import torch
    >>> CuDNNGRU(4)(torch.zeros(2, 7, 3)).shape
    torch.Size([2, 4])
    """

    def __init__(self, units, kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
                 bias_initializer="zeros", kernel_regularizer=None, recurrent_regularizer=None,
                 bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
                 recurrent_constraint=None, bias_constraint=None, return_sequences=False,
                 return_state=False, stateful=False, **kwargs):
        fixed = {"activation": "tanh", "recurrent_activation": "sigmoid", "implementation": 2,
                 "reset_after": True}
        super().__init__(**{**fixed, **_given(locals())})


def _given(local):
    """The arguments of a constructor, from its `locals()`."""
    named = {name: value for name, value in local.items()
             if name not in ("self", "kwargs", "fixed", "__class__")}
    return {**named, **local["kwargs"]}


class Recurrent(Layer):
    """Keras 1's base of recurrent layers: a subclass sets `output_dim` and `states`, and writes `step`.

    Args:
        return_sequences: whether every step's output is returned; False: the last one.
        go_backwards: whether the sequence is read from its end.
        stateful: whether the states after a batch are those that the next batch starts with.
        unroll, consume_less: wishes that change nothing here.

    Shape:
        (batch, steps, features) -> (batch, output_dim), or (batch, steps, output_dim) with `return_sequences`

    Notes:
        `step(x, states) -> (output, new_states)` gets one step of what `preprocess_input(inputs)` made, and
        the states followed by what `get_constants(inputs)` gives. `get_initial_states(inputs)` starts with
        zeros for each member of `self.states`.

    Source: Keras 1 Recurrent; today a cell in `RNN`.

    >>> import torch
    >>> class Total(Recurrent):
    ...     output_dim, states = 3, [None]
    ...     def step(self, x, states):
    ...         return states[0] + x, [states[0] + x]
    >>> Total()(torch.ones(1, 5, 3))
    tensor([[5., 5., 5.]])
    """

    supports_masking = True

    def __init__(self, return_sequences=False, go_backwards=False, stateful=False, unroll=False,
                 consume_less="cpu", **kwargs):
        super().__init__(**kwargs)
        self.__dict__["_kept"] = None

    def step(self, x, states):
        """One step: `(output, new_states)`; a subclass writes it."""
        raise NotImplementedError(f"{type(self).__name__} has no step(self, x, states). Write one.")

    def get_constants(self, x):
        """What each step is given behind the states."""
        return []

    def get_initial_states(self, x):
        """Zeros (batch, output_dim) for each state."""
        return [x.new_zeros(x.shape[0], self.output_dim) for _ in self.states]

    def preprocess_input(self, x):
        """What the steps are taken from: (batch, steps, ...)."""
        return x

    def call(self, x, mask=None):
        states = self._kept if self.stateful and self._kept is not None else self.get_initial_states(x)
        constants = list(self.get_constants(x))
        walk = Walk(self.go_backwards, self.return_sequences)
        outputs, states = scan(lambda one, old: self.step(one, [*old, *constants]), self.preprocess_input(x),
                               list(states), mask, walk)
        if self.stateful and not x.is_meta:
            self.__dict__["_kept"] = [state.detach() for state in states]
        return outputs

    def reset_states(self):
        """Lets the next batch start with the initial states."""
        self.__dict__["_kept"] = None

    def compute_mask(self, inputs, mask=None):
        """The mask for outputs that are sequences."""
        return mask if self.return_sequences else None
