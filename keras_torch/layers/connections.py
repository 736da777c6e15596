"""Where a layer stands in graphs: its nodes, and input, output and shapes per node, as in Keras 1 to 3."""

from keras_torch.base import tree
from keras_torch.symbolic import native


def _single(items):
    return items[0] if len(items) == 1 else items


def _shapes(symbols):
    return _single([tuple(symbol.shape) for symbol in symbols])


class Connections:
    """Mix-in of `Layer`: what is known of its calls on symbolic tensors."""

    @property
    def inbound_nodes(self):
        """One node for each call on symbolic tensors."""
        return self._inbound_nodes

    @property
    def _nodes(self):
        return self._inbound_nodes

    def _node(self, index, what):
        if not self._inbound_nodes:
            raise AttributeError(f"The layer {self.name} has never been called and thus has no defined "
                                 f"{what}. Call it on an Input first.")
        if not -len(self._inbound_nodes) <= index < len(self._inbound_nodes):
            raise ValueError(f"Asked to get {what} at node {index}, but the layer {self.name} has only "
                             f"{len(self._inbound_nodes)} inbound nodes.")
        native.intercept()  # a symbol is handed out: native modules may be applied to it
        return self._inbound_nodes[index]

    def _only_node(self, what, getter):
        if len(self._inbound_nodes) > 1:
            raise AttributeError(f"Layer {self.name} has multiple inbound nodes, hence the notion of "
                                 f'"layer {what}" is ill-defined. Use `{getter}(node_index)` instead.')
        return self._node(0, what)

    @property
    def input(self):
        """The symbol (or list of them) that the layer was called on.

        Errors:
            AttributeError: never called on symbols, or called more than once.
        """
        node = self._only_node("input", "get_input_at")
        return _single(node.input_tensors) if node.input_tensors else _single(node.output_tensors)

    @property
    def output(self):
        """The symbol (or structure of them) that the layer returned.

        Errors:
            AttributeError: never called on symbols, or called more than once.
        """
        return _as_given(self._only_node("output", "get_output_at"))

    def get_input_at(self, node_index):
        """The symbol (or list) of one call; calls count from 0."""
        return _single(self._node(node_index, "input").input_tensors)

    def get_output_at(self, node_index):
        """The symbol (or structure) that one call returned."""
        return _as_given(self._node(node_index, "output"))

    def get_input_shape_at(self, node_index):
        """The input shape (or list of shapes) of one call."""
        return _shapes(self._node(node_index, "input shape").input_tensors)

    def get_output_shape_at(self, node_index):
        """The output shape (or list of shapes) of one call."""
        return _shapes(self._node(node_index, "output shape").output_tensors)

    def get_input_mask_at(self, node_index):
        """The mask symbol (or list) that one call received."""
        return _single([symbol._keras_mask for symbol in self._node(node_index, "input mask").input_tensors])

    def get_output_mask_at(self, node_index):
        """The mask symbol (or list) of one call's output."""
        node = self._node(node_index, "output mask")
        return _single([symbol._keras_mask for symbol in node.output_tensors])

    @property
    def input_mask(self):
        """The mask symbol of the only call's input."""
        self._only_node("input mask", "get_input_mask_at")
        return self.get_input_mask_at(0)

    @property
    def output_mask(self):
        """The mask symbol of the only call's output."""
        self._only_node("output mask", "get_output_mask_at")
        return self.get_output_mask_at(0)

    def _common_shape(self, which, symbols_of):
        if not self._inbound_nodes:
            raise AttributeError(f"The layer {self.name} has never been called and thus has no defined "
                                 f"{which}.")
        shapes = [_shapes(symbols_of(node)) for node in self._inbound_nodes]
        if any(shape != shapes[0] for shape in shapes):
            getter = "get_" + which.replace(" ", "_") + "_at"
            raise AttributeError(f'The layer "{self.name}" has multiple inbound nodes, with different '
                                 f'{which}s. Hence the notion of "{which}" is ill-defined for the layer. '
                                 f"Use `{getter}(node_index)` instead.")
        return shapes[0]

    @property
    def input_shape(self):
        """The input shape that all calls share, as a tuple or list of tuples.

        Errors:
            AttributeError: never called, or called with different shapes.
        """
        return self._common_shape("input shape", lambda node: node.input_tensors or node.output_tensors)

    @property
    def output_shape(self):
        """The output shape that all calls share, as a tuple or list of tuples.

        Errors:
            AttributeError: never called, or called with different shapes.
        """
        return self._common_shape("output shape", lambda node: node.output_tensors)


def _as_given(node):
    """A node's outputs in the structure that the layer returned."""
    return tree.map_structure(lambda leaf: leaf, node.outputs_structure)
