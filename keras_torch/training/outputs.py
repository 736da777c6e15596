"""Things given by output: as one value, a list, a dict by output name, or nested as the outputs are."""

from keras_torch.base import tree
from keras_torch.base.checks import fail, nearest
from keras_torch.symbolic import KerasTensor


def per_output(value, names, argument, allow_single=True):
    """One entry per output from a single value, a list, or a dict by output name.

    Args:
        value: what the user gave to compile or as a batch's part.
        names: names of the outputs.
        argument: name of the argument, for errors.
        allow_single: whether one value stands for all outputs.

    Errors:
        ValueError: another number of entries, or unknown names.

    >>> per_output({"b": 2}, ["a", "b"], "loss")
    [None, 2]
    """
    if isinstance(value, dict):
        _refuse_unknown(value, names, argument)
        return [value.get(name) for name in names]
    if isinstance(value, (list, tuple)):
        if len(value) != len(names):
            raise ValueError(
                f"`{argument}` has {len(value)} entries; the model has {len(names)} output(s) {names}. "
                "Give one entry per output, or a dict by output name."
            )
        return list(value)
    if not allow_single and len(names) > 1 and value is not None:
        fail("compile()", argument, value, f"a list or dict with one entry per output {names}")
    return [value] * len(names)


def _refuse_unknown(value, names, argument):
    unknown = [key for key in value if key not in names]
    if unknown:
        raise ValueError(
            f"`{argument}` names the output {unknown[0]!r}; the model's outputs are {list(names)}. "
            f"{nearest(unknown[0], names)}"
        )


def is_deep(structure):
    """Whether outputs are nested more than once, such as a dict of lists.

    >>> is_deep({"a": [1, 2], "b": 3}), is_deep({"a": 1})
    (True, False)
    """
    children = structure.values() if isinstance(structure, dict) else structure
    return tree.is_nested(structure) and any(tree.is_nested(child) for child in children)


def aligned(value, structure, argument):
    """One entry per output of a deep structure, from a value that is nested as the outputs are.

    Args:
        value: at any level one thing that is no container, or None, stands for everything below.
        structure: the structure of the outputs; its leaves are not looked at.
        argument: name of the argument, for errors.

    Errors:
        ValueError: other containers, lengths or keys.

    >>> aligned({"a": ["mse", None], "b": "mae"}, {"a": [0, 0], "b": 0}, "loss")
    ['mse', None, 'mae']
    """
    if not tree.is_nested(structure):
        return [value]
    if not tree.is_nested(value):
        return [value] * len(tree.flatten(structure))
    if isinstance(structure, dict) and isinstance(value, dict):
        _refuse_unknown(value, sorted(structure), argument)
        parts = [(value.get(key), structure[key]) for key in sorted(structure)]
    elif not isinstance(structure, dict) and not isinstance(value, dict) and len(value) == len(structure):
        parts = list(zip(value, structure))
    else:
        shown = tree.map_structure(lambda _: "...", structure)
        raise ValueError(f"`{argument}` must be nested as the model's outputs are, {shown}; got a "
                         f"{type(value).__name__} of {len(value)} there. Give one entry per output.")
    return [leaf for part, inner in parts for leaf in aligned(part, inner, argument)]


def paths_of(structure, before=()):
    """Keys and places that lead to each leaf, in the order of `tree.flatten`.

    >>> paths_of({"a": [0, 0], "b": 0})
    [('a', 0), ('a', 1), ('b',)]
    """
    if not tree.is_nested(structure):
        return [before]
    keys = sorted(structure) if isinstance(structure, dict) else range(len(structure))
    return [path for key in keys for path in paths_of(structure[key], (*before, key))]


def names_of(structure, graph_names=None):
    """What dicts by output call the outputs: keys of a flat dict, the graph's names, else made-up ones.

    Args:
        structure: structure of the outputs.
        graph_names: names of a functional model's outputs, or None.

    >>> names_of({"b": 0, "a": 0}), names_of([0, 0]), names_of((0, {"u": 0}))
    (['a', 'b'], ['output_1', 'output_2'], ['output_1', 'output_2_u'])
    """
    paths = paths_of(structure)
    if isinstance(structure, dict) and not is_deep(structure):
        return [key for (key,) in paths]
    if graph_names is not None and len(graph_names) == len(paths):
        return list(graph_names)
    if not is_deep(structure):
        return pseudo_names(len(paths))
    joined = ["_".join(str(part if isinstance(part, str) else part + 1) for part in path) for path in paths]
    return joined if isinstance(structure, dict) else [f"output_{name}" for name in joined]


def pseudo_names(count):
    """Names of outputs that have none: output_1, output_2, ...

    >>> pseudo_names(2)
    ['output_1', 'output_2']
    """
    return [f"output_{index + 1}" for index in range(count)]


def own_targets(target_tensors):
    """The `target_tensors` of compile() as targets; None where they are symbols, which only announce `y`.

    Args:
        target_tensors: None, a tensor, array or symbol, or list or dict of them by output.

    Errors:
        ValueError: something else.

    >>> own_targets([1])
    Traceback (most recent call last):
    ...
    ValueError: compile(): `target_tensors` must be tensors...
    """
    leaves = tree.flatten(target_tensors)
    if any(not hasattr(leaf, "shape") for leaf in leaves if leaf is not None):
        fail("compile()", "target_tensors", target_tensors, "tensors, arrays or symbols, by output")
    symbolic = any(isinstance(leaf, KerasTensor) for leaf in leaves)
    return None if symbolic or not leaves else target_tensors
