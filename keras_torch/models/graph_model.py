"""The graph inside a model: which layers it has, its generated forward, matching of data to its inputs."""

import torch

from keras_torch.base import tree
from keras_torch.base.dtypes import dtype_name
from keras_torch.layers.input_layer import InputLayer
from keras_torch.layers.layer import Layer
from keras_torch.symbolic.codegen import Program
from keras_torch.symbolic.graph import FunctionCall, nodes_between, ordered_operations, replay, symbols_in
from keras_torch.symbolic.keras_tensor import KerasTensor
from keras_torch.symbolic.record import input_symbol


class ModelGraph:
    """A recorded graph between inputs and outputs, with the functions generated from it.

    Args:
        inputs: structure of symbols where data comes in.
        outputs: structure of symbols to compute.
        owner: what errors call the model.

    Errors:
        ValueError: outputs that are no symbols, the same input twice, a disconnected graph, two layers of one
            name.
    """

    def __init__(self, inputs, outputs, owner):
        self.inputs, self.outputs = _list_of(inputs), _list_of(outputs)
        self.flat_inputs, self.flat_outputs = tree.flatten(self.inputs), tree.flatten(self.outputs)
        _check_symbols(owner, "inputs", self.flat_inputs)
        _check_symbols(owner, "outputs", self.flat_outputs)
        if len({id(symbol) for symbol in self.flat_inputs}) != len(self.flat_inputs):
            raise ValueError(f"{owner}: the same symbol stands twice in `inputs`. Give each input once.")
        self.nodes = nodes_between(self.flat_inputs, self.flat_outputs)
        self.input_layers = [_input_layer(symbol) for symbol in self.flat_inputs]
        self.operations = self._ordered()
        self._check_names(owner)
        self._programs, self.constants, self._masked = {}, [], None

    def _ordered(self):
        """Operations in Keras's order; an inner symbol used as input is stood for by an InputLayer."""
        inner = {id(s.node.operation): layer for s, layer in zip(self.flat_inputs, self.input_layers)
                 if s.node.operation is not layer}
        found, used = [], {id(node.operation) for node in self.nodes}
        for operation in ordered_operations(self.flat_inputs, self.flat_outputs):
            if id(operation) in inner:
                found.append(inner[id(operation)])
                if id(operation) not in used:
                    continue
            found.append(operation)
        return found

    def _check_names(self, owner):
        seen = {}
        for operation in self.operations:
            if seen.setdefault(operation.name, operation) is not operation:
                raise ValueError(f"{owner}: the name {operation.name!r} is used by two layers. All layer "
                                 f"names must be "
                                 "unique: give one of them another `name`.")

    @property
    def layers(self):
        """The layers, in Keras's order (functions are operations, not layers)."""
        return [operation for operation in self.operations if isinstance(operation, Layer)]

    def program(self, kind):
        """The generated program of one kind, made at its first use; all share the list `constants`.

        Args:
            kind: 'plain'; 'masked' (inputs come as (inputs, masks)); 'masks' (the outputs' masks instead of
                the outputs); 'masked masks' (both).
        """
        if kind not in self._programs:
            inputs, outputs = self.inputs, self.outputs
            if kind.startswith("masked"):
                inputs, outputs = self._with_input_masks()
            if kind.endswith("masks"):
                outputs = tree.map_structure(lambda symbol: symbol._keras_mask, outputs)
            self._programs[kind] = Program(inputs, outputs, self.constants)
        return self._programs[kind]

    def _with_input_masks(self):
        """The graph once more with masks on its inputs: ((inputs, masks), outputs)."""
        if self._masked is None:
            self._masked = self._recorded_with_masks()
        return self._masked

    def _recorded_with_masks(self):
        counts = {id(op): len(op.inbound_nodes) for op in self.operations}
        fresh = [input_symbol(symbol.shape, dtype_name(symbol.dtype)) for symbol in self.flat_inputs]
        masks = [input_symbol(tuple(symbol.shape)[:2], "bool") for symbol in self.flat_inputs]
        for symbol, mask in zip(fresh, masks):
            symbol._keras_mask = mask
        mapping = {id(old): new for old, new in zip(self.flat_inputs, fresh)}
        replay(self.nodes, mapping)
        for operation in self.operations:  # the replay is no call of the user's
            del operation.inbound_nodes[counts[id(operation)]:]
        outputs = tree.map_structure(lambda symbol: mapping[id(symbol)], self.outputs)
        return [tree.pack(self.inputs, fresh), tree.pack(self.inputs, masks)], outputs

    @property
    def has_output_masks(self):
        """Whether any output carries a mask."""
        return any(symbol._keras_mask is not None for symbol in self.flat_outputs)

    # ------------------------------------------------------------------ data to inputs

    def matched(self, inputs, owner):
        """The data in the structure of the model's inputs.

        Errors:
            ValueError: another number of inputs, missing names, another number of axes or other sizes.
        """
        if isinstance(inputs, dict) and not isinstance(self.inputs, dict):
            inputs = self._by_name(inputs, owner)
        if isinstance(self.inputs, dict) and not isinstance(inputs, dict):
            flat = tree.flatten(inputs)
            inputs = dict(zip(self.inputs, flat)) if len(flat) == len(self.inputs) else inputs
        flat = tree.flatten(inputs)
        if len(flat) != len(self.flat_inputs):
            names = ", ".join(f"{layer.name!r} {tuple(symbol.shape)}"
                              for layer, symbol in zip(self.input_layers, self.flat_inputs))
            raise ValueError(f"{owner} takes {len(self.flat_inputs)} input(s) ({names}); got {len(flat)}. "
                             "Give one array per input, as a list or a dict by input name.")
        flat = [self._fitted(value, symbol, layer, owner)
                for value, symbol, layer in zip(flat, self.flat_inputs, self.input_layers)]
        return tree.pack(self.inputs, flat)

    def _by_name(self, inputs, owner):
        names = [layer.name for layer in self.input_layers]
        missing = [name for name in names if name not in inputs]
        if missing:
            raise ValueError(f"{owner} has no data for the input {missing[0]!r}; the dict has "
                             f"{list(inputs)}. "
                             f"The model's inputs are {names}.")
        return tree.pack(self.inputs, [inputs[name] for name in names])

    def _fitted(self, value, symbol, layer, owner):
        shape, given = tuple(symbol.shape), tuple(value.shape)
        if len(given) == len(shape) - 1 and shape[-1] == 1 and isinstance(value, torch.Tensor):
            value, given = value.unsqueeze(-1), (*given, 1)
        elif len(given) == len(shape) + 1 and given[-1] == 1:
            value, given = value.squeeze(-1), given[:-1]
        if len(given) != len(shape) or any(a is not None and b is not None and a != b
                                           for a, b in zip(shape[1:], given[1:])):
            raise ValueError(f"{owner}: the input {layer.name!r} expects shape {shape} (None is any size); "
                             f"got data of "
                             f"shape {tuple(value.shape)}. Reshape the data, or change the Input.")
        if isinstance(value, torch.Tensor) and value.dtype != symbol.dtype and \
                (symbol.dtype.is_floating_point or not value.dtype.is_floating_point):
            mask = getattr(value, "_keras_mask", None)
            value = value.to(symbol.dtype)
            if mask is not None:
                value._keras_mask = mask
        return value


def _list_of(structure):
    return list(structure) if type(structure) is tuple else structure


def _check_symbols(owner, argument, symbols):
    if not symbols:
        raise ValueError(f"{owner}: `{argument}` is empty. Give at least one symbolic tensor.")
    for symbol in symbols:
        if not isinstance(symbol, KerasTensor) or symbol.node is None:
            raise ValueError(f"{owner}: `{argument}` must be symbolic tensors, made by Input() and by "
                             f"calling layers on "
                             f"it; got {type(symbol).__name__}: {str(symbol)[:80]}.")


def _input_layer(symbol):
    """The InputLayer of a symbol; for an inner symbol (a graph cut open) a new one that stands for it."""
    operation = symbol.node.operation
    if isinstance(operation, InputLayer):
        return operation
    return InputLayer(batch_shape=tuple(symbol.shape), dtype=dtype_name(symbol.dtype))


def keras_history(graph):
    """id of each symbol of the graph -> (layer name, node index, tensor index), counted inside this model.

    Notes:
        A layer shared with other models has nodes there too; only this model's are counted.
    """
    histories, counts = {}, {}
    for symbol, layer in zip(graph.flat_inputs, graph.input_layers):
        histories[id(symbol)] = (layer.name, 0, 0)
    for node in graph.nodes:
        if not isinstance(node.operation, (Layer, FunctionCall)):
            continue
        index = counts.get(id(node.operation), 0)
        counts[id(node.operation)] = index + 1
        for position, symbol in enumerate(symbols_in(node.outputs_structure)):
            histories[id(symbol)] = (node.operation.name, index, position)
    return histories
