"""`Bidirectional`: a recurrent layer run from both ends of the sequence."""

import torch

from keras_torch.base import tree
from keras_torch.base.checks import Term, fail, one_of
from keras_torch.base.scopes import name_scope
from keras_torch.base.shapes import is_shape
from keras_torch.dialects.translator import behaviour
from keras_torch.layers.layer import Layer

_SHARED = ("stateful", "return_sequences", "return_state")


def _recurrent_layer(owner, argument, value):
    if not isinstance(value, Layer) or not hasattr(value, "go_backwards"):
        fail(owner, argument, value, "a recurrent layer, such as LSTM(32)")


_MERGE = {
    "concat": lambda forward, backward: torch.cat([forward, backward], dim=-1),
    "sum": torch.add,
    "ave": lambda forward, backward: (forward + backward) / 2,
    "mul": torch.mul,
}


class Bidirectional(Layer):
    """Runs a recurrent layer over the sequence forwards and a second one backwards, and merges their outputs.

    Args:
        layer: the recurrent layer (LSTM, GRU, SimpleRNN, RNN, ...); copies of it are made from its config.
        merge_mode: 'concat', 'sum', 'ave', 'mul'; None returns both outputs.
        weights: arrays to start from, those of the forward layer first.
        backward_layer: another layer for the way back, with the opposite `go_backwards`; None makes a copy.

    Shape:
        (batch, steps, features) -> (batch, 2 * units) for 'concat', else (batch, units); with
        `return_sequences` (batch, steps, ...), in the input's order
        with `return_state`: a tuple of that, the forward states and the backward states

    Errors:
        ValueError: not a recurrent layer; both layers go the same way, or differ in what they return.

    Notes:
        `initial_state` is a list: forward states, then backward states. With `return_sequences` the outputs
        of masked steps are zero, as in Keras 3.

    Source: Schuster and Paliwal, 1997; Keras Bidirectional. In torch: `bidirectional=True` of nn.LSTM.

    >>> from keras_torch.layers.recurrent import LSTM
    >>> Bidirectional(LSTM(4, return_sequences=True))(torch.zeros(2, 7, 3)).shape
    torch.Size([2, 7, 8])
    """

    vocabulary = {
        "layer": Term(_recurrent_layer, optional=False, doc="the recurrent layer."),
        "backward_layer": Term(_recurrent_layer, doc="the layer for the way back; None makes a copy."),
        "merge_mode": Term(one_of("concat", "sum", "ave", "mul"), doc="how the two outputs become one."),
    }
    self_managed = Layer.self_managed | {"layer", "backward_layer", "weights"}
    supports_masking = True

    def __init__(self, layer, merge_mode="concat", weights=None, backward_layer=None, **kwargs):
        super().__init__(weights=weights, **kwargs)
        self.forward_layer = _renamed_copy(layer, "forward_")
        if backward_layer is None:
            backward_layer = _renamed_copy(layer, "backward_", go_backwards=not layer.go_backwards)
        self.backward_layer = backward_layer
        self._check_pair()
        for one in (self.forward_layer, self.backward_layer):
            if hasattr(one, "zero_output_for_mask"):
                one.zero_output_for_mask = one.return_sequences
        self._returned = {"list": list, "tuple": tuple}[behaviour("return_state container")]

    def _check_pair(self):
        forward, backward = self.forward_layer, self.backward_layer
        if forward.go_backwards == backward.go_backwards:
            fail(self.label, "backward_layer", backward,
                 f"a layer with go_backwards={not forward.go_backwards}")
        for name in _SHARED:
            if getattr(forward, name) != getattr(backward, name):
                fail(self.label, "backward_layer", backward, f"a layer with {name}={getattr(forward, name)}")

    @property
    def layer(self):
        """The forward layer."""
        return self.forward_layer

    @property
    def return_sequences(self):
        """Whether every step's output is returned."""
        return self.forward_layer.return_sequences

    @property
    def return_state(self):
        """Whether the last states are returned too."""
        return self.forward_layer.return_state

    @property
    def stateful(self):
        """Whether the states after a batch start the next one."""
        return self.forward_layer.stateful

    def build(self, input_shape):
        shape = input_shape if is_shape(input_shape) else input_shape[0]
        with name_scope(self.name):
            for layer in (self.forward_layer, self.backward_layer):
                if not layer.built:
                    layer._build_for({"sequences": shape}, self._build_device)

    def call(self, sequences, initial_state=None, mask=None, training=False):
        """Both ways.

        Args:
            sequences: (batch, steps, features); or a list of it and the initial states.
            initial_state: the forward states, then the backward states; None: zeros, or the kept ones.
            mask: bool (batch, steps), True = valid.
        """
        if isinstance(sequences, (list, tuple)):
            sequences, *given = sequences
            initial_state = given or initial_state
        mask = mask[0] if isinstance(mask, (list, tuple)) else mask
        states = self._halves(initial_state)
        forward, backward = (layer(sequences, initial_state=state, mask=mask, training=training)
                             for layer, state in zip((self.forward_layer, self.backward_layer), states))
        new_states = ()
        if self.return_state:
            (forward, *forward_states), (backward, *backward_states) = forward, backward
            new_states = (*forward_states, *backward_states)
        outputs = self._merged(forward, backward.flip(1) if self.return_sequences else backward)
        return self._returned((*outputs, *new_states)) if len(outputs) + len(new_states) > 1 else outputs[0]

    def _merged(self, forward, backward):
        """A tuple of one output, or of both."""
        if self.merge_mode is None:
            return forward, backward
        return (_MERGE[self.merge_mode](forward, backward),)

    def _halves(self, initial_state):
        if initial_state is None:
            return None, None
        if len(initial_state) % 2:
            raise ValueError(f"{self.label}: `initial_state` must hold the forward states and as many "
                             f"backward states; got {len(initial_state)} of them.")
        half = len(initial_state) // 2
        return list(initial_state[:half]), list(initial_state[half:])

    def compute_mask(self, inputs, mask=None):
        """The mask for outputs that are sequences; states have none."""
        mask = tree.flatten(mask)[0] if tree.is_nested(mask) else mask
        mask = mask if self.return_sequences else None
        masks = [mask] * (2 if self.merge_mode is None else 1)
        if self.return_state:
            masks += [None] * (len(self.forward_layer.state_size) + len(self.backward_layer.state_size))
        return masks if len(masks) > 1 else mask

    def reset_state(self):
        """Sets the kept states of both layers to zero."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state

    @property
    def states(self):
        """The kept states, forward then backward; None before the first call or when not stateful."""
        if self.forward_layer.states is None:
            return None
        return [*self.forward_layer.states, *self.backward_layer.states]

    def config_value(self, name):
        """Today's value of one constructor argument."""
        return None if name == "weights" else super().config_value(name)

    def get_config(self):
        """Arguments that rebuild this layer, both layers among them; weights are not."""
        config = super().get_config()
        del config["weights"]
        return config


def _renamed_copy(layer, prefix, **changes):
    """A new layer from the layer's config, `prefix` before its name; no weights, no states."""
    config = layer.get_config()
    name = layer.name
    for used in ("forward_", "backward_"):
        name = name.removeprefix(used)
    return type(layer).from_config({**config, **changes, "name": prefix + name})
