"""Shapes and dtypes of results, found by running the call on meta tensors.

Unknown sizes are replaced by probe sizes, twice with different ones: a result size that is equal in both runs is
known, any other is unknown. This happens when a graph is built, never on a hot path (a meta operation costs 60 us).
"""

import contextlib

import torch

from keras_torch.base import tree
from keras_torch.symbolic.keras_tensor import KerasTensor, SymbolicSize


def _by_axis(run):
    """Probe sizes that differ from axis to axis, divisible by the usual strides."""
    return lambda axis: (6, 10)[run] if axis == 0 else (24, 120)[run] * (axis + 1)


def _all_equal(run):
    """One probe size for all axes: for calls that need two unknown axes to agree."""
    return lambda axis: (24, 120)[run]


_STRATEGIES = (_by_axis, _all_equal)


def _stand_in(leaf, run, size_of):
    if isinstance(leaf, SymbolicSize):
        return leaf.probes[run]
    if isinstance(leaf, KerasTensor):
        sizes = [size_of(axis) if size is None else size for axis, size in enumerate(leaf.shape)]
        return torch.empty(sizes, dtype=leaf.dtype, device="meta")
    if isinstance(leaf, torch.Tensor):
        return leaf.detach().as_subclass(torch.Tensor).to("meta")
    return leaf


def _stand_ins(value, run, size_of):
    if isinstance(value, slice):
        return slice(*(_stand_in(part, run, size_of) for part in (value.start, value.stop, value.step)))
    if isinstance(value, torch.Size):
        return value
    if tree.is_nested(value):
        return tree.map_structure(lambda leaf: _stand_ins(leaf, run, size_of), value)
    return _stand_in(value, run, size_of)


def infer(function, args, kwargs, context=contextlib.nullcontext):
    """What `function(*args, **kwargs)` returns, as symbols.

    Args:
        function: any callable on tensors.
        args: positional arguments with symbols among them.
        kwargs: named arguments.
        context: makes a context manager for each run (weights moved to meta, for example).

    Returns:
        The result's structure with a KerasTensor for each tensor; integers that depend on unknown sizes become
        SymbolicSize, other values stay.

    Errors:
        Whatever the function raises for the given shapes.
    """
    last = len(_STRATEGIES) - 1
    for number, strategy in enumerate(_STRATEGIES):
        try:
            results = [_run(function, args, kwargs, strategy, run, context) for run in (0, 1)]
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            if number == last or not _has_unknown(args, kwargs):
                raise
            first = error
            continue
        return tree.map_structure(_unify, *results)
    raise first


def _has_unknown(args, kwargs):
    return any(isinstance(leaf, KerasTensor) and None in leaf.shape for leaf in tree.flatten((args, kwargs)))


def _run(function, args, kwargs, strategy, run, context):
    size_of = strategy(run)
    with context(), torch.no_grad(), torch.device("meta"):
        return function(*_stand_ins(args, run, size_of), **_stand_ins(kwargs, run, size_of))


def _unify(first, second):
    if isinstance(first, torch.Tensor):
        if first.dim() != second.dim():
            raise ValueError("The number of axes of the result depends on an unknown size, which a graph cannot hold. "
                             "Give the sizes in Input(shape=...).")
        shape = [a if a == b else None for a, b in zip(first.shape, second.shape)]
        return KerasTensor(shape, first.dtype)
    if isinstance(first, (int, float)) and not isinstance(first, bool) and first != second:
        return SymbolicSize((first, second))
    return first


_hidden = []  # for each `weights_on_meta` block around us: what it replaced


@contextlib.contextmanager
def weights_on_meta(module):
    """Inside the block the module's weights and buffers are meta tensors, so that it runs on meta inputs.

    Notes:
        Inner layers that are built inside the block make real weights and hide them too (`hide_new_weights`).
    """
    _hidden.append([])
    try:
        hide_new_weights(module)
        yield
    finally:
        for table, name, value in reversed(_hidden.pop()):
            table[name] = value


def hide_new_weights(module):
    """Puts meta twins in place of the module's weights until the block around ends; does nothing outside of one."""
    if not _hidden:
        return
    for child in module.modules():
        for table in (child._parameters, child._buffers):
            for name, value in table.items():
                if value is not None and value.device.type != "meta":
                    _hidden[-1].append((table, name, value))
                    table[name] = _meta_twin(value)


def _meta_twin(value):
    twin = value.detach().as_subclass(torch.Tensor).to("meta")
    return torch.nn.Parameter(twin, requires_grad=False) if isinstance(value, torch.nn.Parameter) else twin
