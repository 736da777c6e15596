"""The recorded graph: nodes, and the part of it between given inputs and outputs.

A node is one call of an operation on symbols. Operations are of three kinds:
    layers (and anything with `inbound_nodes`)   called as modules
    FunctionCall                                 a torch function, method or operator
    MaskCall                                     `layer.compute_mask`, run only when somebody needs the mask
"""

import itertools

from keras_torch.base import tree
from keras_torch.base.names import unique_name
from keras_torch.symbolic.keras_tensor import RECORDER, KerasTensor

_order = itertools.count()


class Node:
    """One call of an operation on symbolic tensors.

    Args:
        operation: what was called.
        args: positional arguments, symbols inside.
        kwargs: named arguments.
        outputs: structure of new symbolic tensors.
        call_extras: named arguments that the layer machinery added (masks), symbols inside.
    """

    def __init__(self, operation, args, kwargs, outputs, call_extras=None):
        self.operation = operation
        self.args = args
        self.kwargs = kwargs
        self.call_extras = call_extras or {}
        self.outputs_structure = outputs
        self.order = next(_order)
        self.input_tensors = symbols_in((args, kwargs))
        self.output_tensors = symbols_in(outputs)
        for index, symbol in enumerate(self.output_tensors):
            symbol.node, symbol.tensor_index = self, index
        operation.inbound_nodes.append(self)

    @property
    def needed_symbols(self):
        """All symbols that must exist before this node runs, masks included."""
        return self.input_tensors + symbols_in(self.call_extras)

    @property
    def outputs(self):
        """The symbols that this node produces, flat."""
        return self.output_tensors

    @property
    def parent_nodes(self):
        """The nodes whose results this one uses."""
        return [symbol.node for symbol in self.input_tensors]

    @property
    def layer(self):
        """The operation, by the name that Keras 2 gives it."""
        return self.operation

    @property
    def is_input(self):
        """Whether this node is where data comes in."""
        return not self.input_tensors and not self.args


def symbols_in(structure):
    """All symbolic tensors in a structure, slices included, in order.

    >>> len(symbols_in([KerasTensor((1,)), slice(0, 2)]))
    1
    """
    found = []
    for leaf in tree.flatten(structure):
        parts = (leaf.start, leaf.stop, leaf.step) if isinstance(leaf, slice) else (leaf,)
        found.extend(part for part in parts if isinstance(part, KerasTensor))
    return found


class FunctionCall:
    """A torch function, Tensor method or operator in a graph.

    Args:
        function: the callable.
        name: base of its automatic name.
    """

    trainable = True

    def __init__(self, function, name):
        self.function = function
        self.function_name = name
        self.name = unique_name(name.strip("_") or "function")
        self.inbound_nodes = []

    def __repr__(self):
        return f"<FunctionCall {self.function_name}, name={self.name}>"


class MaskCall:
    """`layer.compute_mask(inputs, mask)` as a node of its own, so that masks nobody reads cost nothing."""

    def __init__(self, layer):
        self.layer = layer
        self.name = f"{layer.name}_mask"
        self.inbound_nodes = []


def nodes_between(inputs, outputs):
    """The nodes needed to compute `outputs` from `inputs`, in the order of recording.

    Args:
        inputs: flat list of symbols where data comes in (any symbols of the graph: sub-graphs can be cut
            out).
        outputs: flat list of symbols wanted.

    Errors:
        ValueError: an output depends on an Input that is not among `inputs`, or is no symbolic tensor.
    """
    known = {id(symbol) for symbol in inputs}
    nodes, seen, pending = [], set(), list(outputs)
    while pending:
        symbol = pending.pop()
        if id(symbol) in known:
            continue
        node = symbol.node
        if node is None or (node.is_input and not _is_constant(node)):
            raise ValueError(_disconnected(symbol, inputs))
        if id(node) not in seen:
            seen.add(id(node))
            nodes.append(node)
            pending.extend(node.needed_symbols)
    return sorted(nodes, key=lambda node: node.order)


def _is_constant(node):
    return isinstance(node.operation, FunctionCall)


def _disconnected(symbol, inputs):
    name = symbol.node.operation.name if symbol.node is not None else symbol.name
    given = ", ".join(repr(x.node.operation.name if x.node is not None else x.name) for x in inputs)
    return (f"Graph disconnected: the outputs depend on the input {name!r} (shape {tuple(symbol.shape)}), "
            f"which is "
            f"not among the model's inputs ({given}). Add it to `inputs`.")


def replay(nodes, mapping, operations=None):
    """Applies the nodes' operations again, to other symbols.

    Args:
        nodes: nodes in order; mask nodes are skipped, masks come by themselves.
        mapping: dict, id of an old symbol -> new symbol; results are added to it.
        operations: dict, id of an old operation -> the one to call instead; missing ones are called
            themselves.
    """
    operations = operations or {}

    def new(leaf):
        if isinstance(leaf, slice):
            return slice(new(leaf.start), new(leaf.stop), new(leaf.step))
        return mapping.get(id(leaf), leaf) if isinstance(leaf, KerasTensor) else leaf

    for node in nodes:
        if isinstance(node.operation, MaskCall):
            continue
        args, kwargs = tree.map_structure(new, node.args), tree.map_structure(new, node.kwargs)
        operation = operations.get(id(node.operation), node.operation)
        if isinstance(operation, FunctionCall):
            outputs = RECORDER.record(operation.function, args, kwargs, name=operation.function_name)
        else:
            outputs = operation(*args, **kwargs)
        for old, fresh in zip(node.output_tensors, symbols_in(outputs)):
            mapping[id(old)] = fresh
            if old._keras_mask is not None and fresh._keras_mask is not None:
                mapping[id(old._keras_mask)] = fresh._keras_mask


def ordered_operations(inputs, outputs):
    """The operations of a graph in Keras's order: those farthest from the outputs first.

    Args:
        inputs: flat list of symbols.
        outputs: flat list of symbols.

    Returns:
        list: input operations included, mask nodes left out. `get_weights` and topological loading follow it.
    """
    stops = {id(symbol) for symbol in inputs}
    finished, first_seen = _finished_nodes(outputs, stops)
    depth_of_node, depth_of = {}, {}
    for node in reversed(finished):
        depth = max(depth_of_node.get(id(node), 0), depth_of.get(id(node.operation), 0))
        depth_of[id(node.operation)] = depth_of_node[id(node)] = depth
        for symbol in () if _stops_at(node, stops) else node.input_tensors:
            parent = symbol.node
            depth_of_node[id(parent)] = max(depth + 1, depth_of_node.get(id(parent), 0))
    operations = {id(node.operation): node.operation for node in finished}
    for symbol in inputs:  # inputs that no output uses come last
        operation = symbol.node.operation
        if id(operation) not in operations:
            operations[id(operation)] = operation
            depth_of[id(operation)], first_seen[id(operation)] = 0, -1
    return sorted(operations.values(), key=lambda op: (-depth_of[id(op)], first_seen[id(op)]))


def _stops_at(node, stops):
    return node.is_input or any(id(symbol) in stops for symbol in node.output_tensors)


def _finished_nodes(outputs, stops):
    """(nodes as a depth-first walk from the outputs finishes them, operation id -> when first seen)."""
    finished, done, first_seen = [], set(), {}
    for output in outputs:
        stack = [(output.node, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                finished.append(node)
            elif id(node) not in done:
                done.add(id(node))
                first_seen.setdefault(id(node.operation), len(first_seen))
                stack.append((node, True))
                if not _stops_at(node, stops):
                    stack.extend((symbol.node, False) for symbol in reversed(node.input_tensors))
    return finished, first_seen
