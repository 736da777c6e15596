"""`model.summary()`: the table of layers, output shapes and weights."""

import re
import shutil

from keras_torch.base import tree
from keras_torch.base.checks import fail
from keras_torch.layers.layer import Layer

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
    """Output shape of a layer, '?' when it was never called on symbols."""
    if isinstance(layer, Layer) and getattr(layer, "_graph", None) is not None:
        return str(layer.output_shape)
    nodes = layer.inbound_nodes
    if not nodes:
        return "?"
    shapes = {str(_structure_text(node.outputs_structure)) for node in nodes}
    return shapes.pop() if len(shapes) == 1 else "multiple"


def _structure_text(structure):
    shapes = tree.map_structure(lambda leaf: tuple(leaf.shape) if hasattr(leaf, "shape") else leaf, structure)
    return shapes


def _parameters_text(layer):
    if not isinstance(layer, Layer):
        return "0"
    if not layer.built:
        return "0 (unbuilt)"
    return f"{layer.count_params():,}"


def _trainable_text(layer):
    if not isinstance(layer, Layer) or not layer.weights:
        return "-"
    return "Y" if layer.trainable else "N"


def _sources_text(model, layer):
    """The layers whose outputs a layer of a branched graph takes."""
    graph = model._graph
    kept = {id(node) for node in graph.nodes}
    found = []
    for node in layer.inbound_nodes:
        if id(node) in kept:
            found += [f"{symbol.node.operation.name}[{symbol.tensor_index}]" for symbol in node.input_tensors
                      if symbol.node is not None]
    return ", ".join(found) if found else "-"


def _is_plain_chain(model):
    graph = getattr(model, "_graph", None)
    if graph is None or hasattr(model, "_stack"):
        return True
    return len(graph.flat_inputs) == 1 and len(graph.flat_outputs) == 1 and \
        all(len(node.input_tensors) == 1 for node in graph.nodes) and \
        len({id(s) for node in graph.nodes for s in node.input_tensors}) == len(graph.nodes)


def _rows(model, columns, expand_nested, depth, show_trainable):
    for layer in model.operations if getattr(model, "_graph", None) is not None and not hasattr(model, "_stack") \
            else model.layers:
        label = f"{'  ' * depth}{'└ ' if depth else ''}{layer.name} ({type(layer).__name__})"
        row = [label, _shape_text(layer), _parameters_text(layer)]
        if columns >= 4 and "sources" in _extra(model, show_trainable):
            row.append(_sources_text(model, layer))
        if show_trainable:
            row.append(_trainable_text(layer))
        yield layer.name, row + [""] * (columns - len(row))
        if expand_nested and isinstance(layer, Layer) and hasattr(layer, "layers") and layer.layers:
            yield from ((name, row[:columns]) for name, row in
                        _rows(layer, columns, expand_nested, depth + 1, show_trainable))


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


def _widths(titles, line_length, positions):
    default = [0.45, 0.8, 1.0] if len(titles) == 3 else [0.33, 0.58, 0.73, 1.0] if len(titles) == 4 else \
        [0.3, 0.54, 0.68, 0.9, 1.0]
    ends = list(positions) if positions else default
    if len(ends) < len(titles):
        fail("summary()", "positions", positions, f"{len(titles)} column ends")
    ends = [int(end * line_length) if end <= 1 else int(end) for end in ends[:len(titles)]]
    return [max(4, end - start) for start, end in zip([0, *ends], ends)]


def _wrapped(text, width):
    """Pieces of a text that fit a column."""
    return [text[i:i + width] for i in range(0, max(len(text), 1), max(width, 1))]


def _table(titles, rows, widths):
    inner = [width - 3 for width in widths]
    bar = {kind: left + mid.join(fill * (width - 1) for width in widths) + right
           for kind, left, mid, right, fill in (("top", "┏", "┳", "┓", "━"), ("head", "┡", "╇", "┩", "━"),
                                                ("row", "├", "┼", "┤", "─"), ("end", "└", "┴", "┘", "─"))}
    lines = [bar["top"], *_cells(titles, inner, "┃", "┃"), bar["head"]]
    for index, row in enumerate(rows):
        if index:
            lines.append(bar["row"])
        lines += _cells(row, inner, "│", "│")
    return [*lines, bar["end"]]


def _cells(row, inner, edge, separator):
    pieces = [_wrapped(text, width) for text, width in zip(row, inner)]
    height = max(len(piece) for piece in pieces)
    for line in range(height):
        parts = []
        for column, (piece, width) in enumerate(zip(pieces, inner)):
            text = piece[line] if line < len(piece) else ""
            parts.append(f" {text:>{width}} " if column == 2 else f" {text:<{width}} ")
        yield edge + separator.join(parts) + edge


def summary_text(model, line_length=None, positions=None, expand_nested=False, show_trainable=False, layer_range=None):
    """The text that `model.summary()` prints; arguments as there."""
    titles = ["Layer (type)", "Output Shape", "Param #"]
    titles += {(): [], ("sources",): ["Connected to"], ("trainable",): ["Trai…"],
               ("sources", "trainable"): ["Connected to", "Trai…"]}[tuple(_extra(model, show_trainable))]
    if line_length is None:
        line_length = min(max(shutil.get_terminal_size((96, 24)).columns, 72), 100 if len(titles) < 4 else 120)
    rows = _in_range(list(_rows(model, len(titles), expand_nested, 0, show_trainable)), layer_range)
    table = _table(titles, [row for _, row in rows], _widths(titles, line_length, positions))
    return "\n".join([f'Model: "{model.name}"', *table, *_totals(model)])


def _count(weights):
    return sum(w.numel() for w in weights), sum(w.numel() * w.element_size() for w in weights)


def _totals(model):
    lines = []
    for title, weights in (("Total", model.weights), ("Trainable", model.trainable_weights),
                           ("Non-trainable", model.non_trainable_weights)):
        number, size = _count(weights)
        lines.append(f" {title} params: {number:,} ({size_text(size, 1)})")
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and optimizer.built:
        number, size = _count([v for v in optimizer.variables if hasattr(v, "numel")])
        lines.append(f" Optimizer params: {number:,} ({size_text(size, 1)})")
    return lines


def print_summary(model, line_length=None, positions=None, print_fn=None, expand_nested=False, show_trainable=False,
                  layer_range=None):
    """Prints the summary, or hands its lines to `print_fn`; arguments as in `model.summary`."""
    text = summary_text(model, line_length, positions, expand_nested, show_trainable, layer_range)
    if print_fn is None:
        print(text)
    else:
        print_fn(text)
