"""The graph of a model: where it begins, and a picture of it."""

import os

from keras_torch.base import tree
from keras_torch.base.checks import fail, one_of
from keras_torch.base.dtypes import dtype_name
from keras_torch.base.third_party import need
from keras_torch.layers.layer import Layer
from keras_torch.models import Model
from keras_torch.symbolic import KerasTensor


def get_source_inputs(tensor):
    """The symbols where the data comes in from which a symbol is computed.

    Args:
        tensor: symbol, or list of symbols.

    Returns:
        list: symbols of `Input`, in the order in which they are found; each once.

    Errors:
        TypeError: no symbol.

    Source: Keras `utils.get_source_inputs`.

    >>> from keras_torch.layers import Dense, Input
    >>> x = Input((2,))
    >>> get_source_inputs(Dense(3)(x))[0] is x
    True
    """
    found, seen, waiting = [], set(), list(reversed(tree.flatten(tensor)))
    while waiting:
        symbol = waiting.pop()
        if not isinstance(symbol, KerasTensor):
            raise TypeError(f"get_source_inputs() takes symbols of a graph; got {type(symbol).__name__}. "
                            "Give model.output, or what a layer gave for an Input.")
        if id(symbol) in seen:
            continue
        seen.add(id(symbol))
        if symbol.node is None or symbol.node.is_input:
            found.append(symbol)
        else:
            waiting.extend(reversed(symbol.node.needed_symbols))
    return found


def model_to_dot(model, show_shapes=False, show_dtype=False, show_layer_names=True, rankdir="TB",
                 expand_nested=False, dpi=200, subgraph=False, show_layer_activations=False,
                 show_trainable=False, splines="ortho", layer_range=None):
    """The graph of a model as a `pydot` graph: a box for each layer, an arrow for each tensor.

    Args:
        model: a built model.
        show_shapes: whether the boxes tell the output shapes.
        show_dtype: whether they tell the number types.
        show_layer_names: whether they tell the names of the layers.
        rankdir: 'TB' draws downwards, 'LR' to the right ('BT' and 'RL' the other way).
        expand_nested: whether the layers of inner models are drawn inside a frame.
        dpi: dots per inch of the picture.
        subgraph: whether a `pydot.Cluster` is wanted, to be put into another graph.
        show_layer_activations: whether the boxes tell the activation.
        show_trainable: whether they tell if the layer trains.
        splines: how arrows are drawn, a word of Graphviz.
        layer_range: (first, last) name of layers to draw; None draws all.

    Errors:
        ImportError: the package pydot is not installed.
        ValueError: no built model, another `rankdir`, or unknown names in `layer_range`.

    Source: Keras `utils.model_to_dot`.
    """
    one_of("TB", "LR", "BT", "RL")("model_to_dot()", "rankdir", rankdir)
    if not isinstance(model, Model) or not model.built:
        fail("model_to_dot()", "model", model, "a built model",
             "Call model.build(input_shape), or the model on data, first.")
    pydot = need("pydot", "to draw models")
    shown = dict(show_shapes=show_shapes, show_dtype=show_dtype, show_layer_names=show_layer_names,
                 show_layer_activations=show_layer_activations, show_trainable=show_trainable)
    drawing = _Drawing(pydot, shown, expand_nested, _names_in_range(model, layer_range))
    return drawing.whole(model, subgraph, rankdir=rankdir, dpi=dpi, splines=splines)


def plot_model(model, to_file="model.png", show_shapes=False, show_dtype=False, show_layer_names=True,
               rankdir="TB", expand_nested=False, dpi=200, show_layer_activations=False, show_trainable=False,
               splines="ortho", layer_range=None):
    """Writes a picture of the graph of a model.

    Args:
        to_file: name of the picture; its ending tells the format ('png', 'svg', 'pdf', 'dot', ...).
        model, show_shapes, ...: as in `model_to_dot`.

    Errors:
        ImportError: the package pydot, or the program Graphviz, is not installed.
        ValueError: as in `model_to_dot`.

    Source: Keras `utils.plot_model`.
    """
    dot = model_to_dot(model, show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi, False,
                       show_layer_activations, show_trainable, splines, layer_range)
    path = os.fspath(to_file)
    ending = os.path.splitext(path)[1][1:] or "png"
    path = path if os.path.splitext(path)[1] else path + ".png"
    try:
        dot.write(path, format="raw" if ending == "dot" else ending)
    except FileNotFoundError as error:
        raise ImportError(f"The picture {path} cannot be drawn: {error}. Install Graphviz "
                          "(https://graphviz.org/download/), or write a file that ends in '.dot'.") from error


def _names_in_range(model, layer_range):
    """Names of the layers to draw; None for all."""
    if layer_range is None:
        return None
    names = [operation.name for operation in model.operations]
    if len(layer_range) != 2 or not set(layer_range) <= set(names):
        fail("model_to_dot()", "layer_range", layer_range, f"two names of layers of the model: {names}")
    return set(names[names.index(layer_range[0]):names.index(layer_range[1]) + 1])


class _Drawing:
    """Boxes and arrows of a model and of the models inside it."""

    def __init__(self, pydot, shown, expands, kept):
        self.pydot, self.shown, self.expands, self.kept = pydot, shown, expands, kept

    def whole(self, model, is_cluster, **style):
        """The drawing of a model, a cluster when it lies inside another."""
        if is_cluster:
            graph = self.pydot.Cluster(graph_name=model.name, label=model.name, style="dashed")
        else:
            graph = self.pydot.Dot(graph_type="digraph", concentrate="true", **style)
            graph.set_node_defaults(shape="box")
        for operation in model.operations:
            if self.kept is not None and operation.name not in self.kept and not is_cluster:
                continue
            if self._expanded(operation):
                graph.add_subgraph(self.whole(operation, True))
            else:
                graph.add_node(self.pydot.Node(str(id(operation)), label=self._label(operation)))
        for source, target in self._arrows(model):
            graph.add_edge(self.pydot.Edge(source, target))
        return graph

    def _expanded(self, operation):
        graph = getattr(operation, "_graph", None)
        return self.expands and isinstance(operation, Model) and graph is not None

    def _label(self, operation):
        """The text of a box: name, class, and what was asked for."""
        parts = [operation.name] if self.shown["show_layer_names"] else []
        parts.append(f"({type(operation).__name__})" if parts else type(operation).__name__)
        if self.shown["show_layer_activations"] and hasattr(operation, "activation"):
            parts.append(f"activation: {getattr(operation.activation, '__name__', operation.activation)}")
        symbols = [symbol for node in operation.inbound_nodes[:1] for symbol in node.output_tensors]
        if self.shown["show_shapes"]:
            parts.append("output: " + ", ".join(str(tuple(symbol.shape)) for symbol in symbols))
        if self.shown["show_dtype"]:
            parts.append("dtype: " + ", ".join(dtype_name(symbol.dtype) for symbol in symbols))
        if self.shown["show_trainable"] and isinstance(operation, Layer):
            parts.append("trainable" if operation.trainable else "not trainable")
        return "\n".join(parts)

    def _arrows(self, model):
        """(box, box) for each tensor that goes from one layer to another."""
        graph = getattr(model, "_graph", None)
        if graph is None:
            return []
        drawn = {id(operation) for operation in model.operations
                 if self.kept is None or operation.name in self.kept}
        return [(self._end(symbol.node.operation, "outputs"), self._end(node.operation, "inputs"))
                for node in graph.nodes for symbol in node.input_tensors
                if {id(symbol.node.operation), id(node.operation)} <= drawn]

    def _end(self, operation, side):
        """The box where an arrow ends; of an expanded model, its first input or output."""
        if not self._expanded(operation):
            return str(id(operation))
        symbol = getattr(operation, side)[0]
        return self._end(symbol.node.operation, side)
