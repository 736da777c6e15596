"""A model as TensorBoard's graph page shows it."""

import json
import warnings


def write_graph(model, files):
    """Writes the graph of a model: layers and their connections if the model has a graph, else its parts.

    Args:
        model: functional, sequential, or any `nn.Module`.
        files: `EventFiles`.

    Notes:
        A functional or sequential model that JSON cannot hold is warned about and shown by its parts.

    >>> import torch
    >>> class Printing:
    ...     graph = print
    >>> write_graph(torch.nn.Linear(2, 3), Printing)
    train [('Linear', 'Linear', [], {'weights': 'weight (3, 2), bias (3,)'})]
    """
    text = _graph_as_json(model)
    if text is None:
        files.graph("train", module_nodes(model))
    else:
        files.keras_graph("train", text)


def _graph_as_json(model):
    """The JSON of a model with a graph; None for others."""
    if not hasattr(model, "layers") or not hasattr(model, "to_json"):
        return None
    try:
        text = model.to_json()
    except (TypeError, ValueError, NotImplementedError) as error:
        if getattr(model, "inputs", None) is not None:
            warnings.warn(f"TensorBoard cannot draw the connections of {model.name!r}, which has no JSON: "
                          f"{error} Its layers are shown without connections.", stacklevel=2)
        return None
    return text if "layers" in json.loads(text).get("config", {}) else None


def module_nodes(model):
    """The modules of a model as nodes of a graph, without connections.

    Args:
        model: `nn.Module`.

    Returns:
        list: (name, class, [], {'weights': shapes}), a node for each module that has no parts of its own.

    >>> import torch
    >>> module_nodes(torch.nn.Sequential(torch.nn.Linear(2, 3)))
    [('Sequential/0', 'Linear', [], {'weights': 'weight (3, 2), bias (3,)'})]
    """
    root = type(model).__name__
    return [("/".join([root, *path.split(".")]) if path else root, type(module).__name__, [],
             {"weights": _weights_of(module)})
            for path, module in model.named_modules() if not any(True for _ in module.children())]


def _weights_of(module):
    weights = module.named_parameters(recurse=False)
    return ", ".join(f"{name} {tuple(weight.shape)}" for name, weight in weights)
