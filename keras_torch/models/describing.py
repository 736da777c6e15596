"""`model.summary()`: the table of layers, output shapes and weights."""

import re
import textwrap

import torch

from keras_torch.base import tree
from keras_torch.base.checks import fail
from keras_torch.base.configurable import is_house_class
from keras_torch.base.shapes import is_shape
from keras_torch.base.tracking import Container
from keras_torch.layers.layer import Layer
from keras_torch.symbolic.graph import FunctionCall, MaskCall

_UNITS = ("B", "KB", "MB", "GB", "TB")


def size_text(values, bytes_per_value):
    """Memory of that many values in readable units.

    >>> size_text(1000, 4)
    '3.91 KB'
    """
    size, unit = values * bytes_per_value, 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.2f} {_UNITS[unit]}"


def _shape_text(layer):
    """Output shape of a layer, '?' when nothing tells it."""
    if isinstance(layer, Layer) and getattr(layer, "_graph", None) is not None:
        return _text_of(layer.output_shape)
    nodes = getattr(layer, "inbound_nodes", ())
    if nodes:
        shapes = {_text_of(tree.map_structure(_shape_of, node.outputs_structure)) for node in nodes}
        return shapes.pop() if len(shapes) == 1 else "multiple"
    if isinstance(layer, Layer) and is_house_class(type(layer)) and is_shape(layer._built_shapes or 0):
        return _text_of(layer.compute_output_shape(layer._built_shapes))
    return "?"


def _shape_of(leaf):
    return tuple(leaf.shape) if hasattr(leaf, "shape") else leaf


def _text_of(shapes):
    if isinstance(shapes, tuple) and not is_shape(shapes):
        shapes = list(shapes)
    return str(shapes)


def _parameters_text(layer):
    if isinstance(layer, FunctionCall):
        return "0"
    if not isinstance(layer, Layer):
        return f"{_count(layer.state_dict().values())[0]:,}"
    if not layer.built:
        return "0 (unbuilt)"
    return f"{layer.count_params():,}"


def _trainable_text(layer):
    if isinstance(layer, Layer):
        return "-" if not layer.weights else "Y" if layer.trainable else "N"
    weights = list(layer.parameters()) if isinstance(layer, torch.nn.Module) else []
    return "-" if not weights else "Y" if any(weight.requires_grad for weight in weights) else "N"


def _sources_text(model, layer, numbers):
    """The layers whose outputs a layer of a branched graph takes, as name[call][output], one a line."""
    found = []
    for node in _nodes_of(model, layer):
        found += [f"{symbol.node.operation.name}[{numbers.get(id(symbol.node), 0)}][{symbol.tensor_index}]"
                  for symbol in node.input_tensors if symbol.node is not None]
    return ",\n".join(found) if found else "-"


def _nodes_of(model, layer):
    return [node for node in model._graph.nodes if node.operation is layer]


def _call_numbers(graph):
    """id of each node -> how many calls of the same operation came before it in this model."""
    numbers, counts = {}, {}
    for node in graph.nodes:
        numbers[id(node)] = counts.get(id(node.operation), 0)
        counts[id(node.operation)] = numbers[id(node)] + 1
    return numbers


def _is_plain_chain(model):
    graph = getattr(model, "_graph", None)
    if graph is None or hasattr(model, "_stack"):
        return True
    nodes = [node for node in graph.nodes if not isinstance(node.operation, MaskCall)]
    sources = [id(symbol.node) for node in nodes for symbol in node.input_tensors]
    return len(graph.flat_inputs) == 1 and all(len(node.input_tensors) <= 1 for node in nodes) and \
        len(set(sources)) == len(sources) and len({id(node.operation) for node in nodes}) == len(nodes)


def _described(model):
    """(name, object) for each row: the graph's operations, or layers and native modules of attributes."""
    if getattr(model, "_graph", None) is not None and not hasattr(model, "_stack"):
        return [(operation.name, operation) for operation in model.operations]
    if hasattr(model, "_stack") or not isinstance(model, Layer):
        return [(layer.name, layer) for layer in model.layers]
    found = []
    for name, child in model._modules.items():
        if isinstance(child, Layer):
            found.append((child.name, child))
        elif isinstance(child, Container):
            found.extend(_described_members(child))
        elif child is not None:
            found.append((name, child))
    return found


def _described_members(container):
    for name, child in container._modules.items():
        if isinstance(child, Container):
            yield from _described_members(child)
        else:
            yield (child.name if isinstance(child, Layer) else name), child


def _type_name(layer):
    if isinstance(layer, FunctionCall):
        return "".join(part.capitalize() for part in layer.function_name.strip("_").split("_"))
    return type(layer).__name__


def _rows(model, extra, expand_nested, depth, numbers):
    for name, layer in _described(model):
        label = f"{'   ' * depth}{'└ ' if depth else ''}{name} ({_type_name(layer)})"
        row = [label, _shape_text(layer), _parameters_text(layer)]
        if "sources" in extra:
            row.append(_sources_text(model, layer, numbers) if depth == 0 else "-")
        if "trainable" in extra:
            row.append(_trainable_text(layer))
        yield name, row
        if expand_nested and isinstance(layer, Layer) and getattr(layer, "layers", None):
            yield from _rows(layer, extra, expand_nested, depth + 1, numbers)


def _extra(model, show_trainable):
    return (["sources"] if not _is_plain_chain(model) else []) + (["trainable"] if show_trainable else [])


def _in_range(rows, layer_range):
    if layer_range is None:
        return rows
    if not isinstance(layer_range, (list, tuple)) or len(layer_range) != 2:
        fail("summary()", "layer_range", layer_range, "two layer names: the first and the last to show")
    first, last = (re.compile(text) for text in layer_range)
    starts = [i for i, (name, _) in enumerate(rows) if first.fullmatch(name)]
    ends = [i for i, (name, _) in enumerate(rows) if last.fullmatch(name)]
    if not starts or not ends:
        missing = layer_range[0] if not starts else layer_range[1]
        fail("summary()", "layer_range", missing, "the name of a layer (regular expressions are allowed)")
    low, high = min(starts), max(ends)
    return rows[min(low, high):max(low, high) + 1]


_COLUMNS = {  # extra columns -> their titles, and where all columns end by default
    (): ([], [0.45, 0.8, 1.0]),
    ("sources",): (["Connected to"], [0.29, 0.54, 0.7, 1.0]),
    ("trainable",): (["Train"], [0.4, 0.7, 0.88, 1.0]),
    ("sources", "trainable"): (["Connected to", "Train"], [0.26, 0.48, 0.63, 0.89, 1.0])}


def _widths(defaults, line_length, positions):
    ends = list(positions) if positions else defaults
    if len(ends) < len(defaults):
        fail("summary()", "positions", positions, f"{len(defaults)} column ends")
    ends = [int(end * line_length) if end <= 1 else int(end) for end in ends[:len(defaults)]]
    return [max(5, end - start) for start, end in zip([0, *ends], ends)]


def _wrapped(text, width):
    """Lines of a text that fit a column: broken at spaces, words that are too long at the width."""
    indent = len(text) - len(text.lstrip(" "))
    lines = []
    for line in text.split("\n"):
        lines += textwrap.wrap(line, max(width, 1), subsequent_indent=" " * min(indent, width // 2),
                               drop_whitespace=True, break_on_hyphens=False) or [""]
    return lines


def _table(titles, rows, widths):
    inner = [width - 3 for width in widths]
    bar = {kind: left + mid.join(fill * (width - 1) for width in widths) + right
           for kind, left, mid, right, fill in (("top", "┏", "┳", "┓", "━"), ("head", "┡", "╇", "┩", "━"),
                                                ("row", "├", "┼", "┤", "─"), ("end", "└", "┴", "┘", "─"))}
    lines = [bar["top"], *_cells(titles, inner, "┃"), bar["head"]]
    for index, row in enumerate(rows):
        if index:
            lines.append(bar["row"])
        lines += _cells(row, inner, "│")
    return [*lines, bar["end"]]


def _cells(row, inner, edge):
    pieces = [_wrapped(text, width) for text, width in zip(row, inner)]
    for line in range(max(len(piece) for piece in pieces)):
        parts = []
        for column, (piece, width) in enumerate(zip(pieces, inner)):
            text = piece[line] if line < len(piece) else ""
            parts.append(f" {text:>{width}} " if column == 2 else f" {text:<{width}} ")
        yield edge + edge.join(parts) + edge


def summary_text(model, line_length=None, positions=None, expand_nested=False, show_trainable=False,
                 layer_range=None):
    """The text that `model.summary()` prints; arguments as there."""
    extra = tuple(_extra(model, show_trainable))
    more, ends = _COLUMNS[extra]
    titles = ["Layer (type)", "Output Shape", "Param #", *more]
    numbers = _call_numbers(model._graph) if "sources" in extra else {}
    rows = _in_range(list(_rows(model, extra, expand_nested, 0, numbers)), layer_range)
    table = _table(titles, [row for _, row in rows], _widths(ends, (line_length or 80) - 1, positions))
    return "\n".join([f'Model: "{model.name}"', *table, *_totals(model)])


def _count(weights):
    return sum(w.numel() for w in weights), sum(w.numel() * w.element_size() for w in weights)


def _totals(model):
    """Total, trainable and frozen numbers; the optimizer's own count in the total, as in Keras."""
    counts = [("Trainable", *_count(model.trainable_weights)),
              ("Non-trainable", *_count(model.non_trainable_weights))]
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and optimizer.built:
        with optimizer.reading():
            variables = optimizer.variables
            numbers = [v for v in variables if not hasattr(v, "numel")]  # steps and learning rate
            number, size = _count([v for v in variables if hasattr(v, "numel")])
        counts.append(("Optimizer", number + len(numbers),
                       size + sum(8 if isinstance(value, int) else 4 for value in numbers)))
    counts.insert(0, ("Total", sum(number for _, number, _ in counts), sum(size for _, _, size in counts)))
    return [f" {title} params: {number:,} ({size_text(size, 1)})" for title, number, size in counts]


def print_summary(model, line_length=None, positions=None, print_fn=None, expand_nested=False,
                  show_trainable=False,
                  layer_range=None):
    """Prints the summary, or hands its lines to `print_fn`; arguments as in `model.summary`."""
    text = summary_text(model, line_length, positions, expand_nested, show_trainable, layer_range)
    if print_fn is None:
        print(text)
    else:
        print_fn(text)
