"""Shapes and dtypes of results, found by running the call on meta tensors.

Unknown sizes are replaced by probe sizes, twice with different ones: a result size that is equal in both runs
is known, any other is unknown. Results remember their probe sizes, so that `x.reshape(b * s, f).reshape(b, s,
f)` finds the sizes it came from. This happens when a graph is built, never on a hot path (a meta operation
costs 60 us).
"""

import contextlib

import torch

from keras_torch.base import tree
from keras_torch.symbolic.keras_tensor import KerasTensor, SymbolicSize

_SMALLEST_CARRIED = 6  # halved again and again, a probe size would end at 1 in both runs and look known


def _probe(run, axis):
    """Probe sizes that differ from axis to axis, divisible by the usual strides."""
    return (6, 10)[run] if axis == 0 else (24, 120)[run] * (axis + 1)


def _carried(symbol, run):
    """The probe sizes that the symbol's shape was found with."""
    carried = symbol.probe_shapes[run] if symbol.probe_shapes is not None else (None,) * symbol.ndim
    usable = symbol.probe_shapes is not None
    return [size if size is not None else
            carried[axis] if usable and symbol.probe_shapes[0][axis] >= _SMALLEST_CARRIED
            else _probe(run, axis)
            for axis, size in enumerate(symbol.shape)]


def _by_axis(symbol, run):
    """Fresh probe sizes: for tensors whose sizes come from different sources and have to agree."""
    return [_probe(run, axis) if size is None else size for axis, size in enumerate(symbol.shape)]


def _all_equal(symbol, run):
    """One probe size for all axes: for calls that need two unknown axes to agree."""
    return [(24, 120)[run] if size is None else size for size in symbol.shape]


_STRATEGIES = (_carried, _by_axis, _all_equal)


def _stand_in(leaf, run, size_of):
    if isinstance(leaf, SymbolicSize):
        return leaf.probes[run]
    if isinstance(leaf, KerasTensor):
        return torch.empty(size_of(leaf, run), dtype=leaf.dtype, device="meta")
    if isinstance(leaf, torch.Tensor):
        return leaf.detach().as_subclass(torch.Tensor).to("meta")
    return torch.device("meta") if isinstance(leaf, torch.device) else leaf


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
        The result's structure with a KerasTensor for each tensor; integers that depend on unknown sizes
        become SymbolicSize, other values stay.

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
        if any(isinstance(leaf, SymbolicSize) for leaf in tree.flatten((args, kwargs))):
            # Sizes 48 and 240 both have remainder 0: a number made of an unknown size is never taken as
            # known.
            results = [tree.map_structure(_Number.wrapped, result) for result in results]
        return tree.map_structure(_unify, *results)
    raise first


class _Number:
    """A number that depends on an unknown size."""

    def __init__(self, value):
        self.value = value

    @classmethod
    def wrapped(cls, leaf):
        """Numbers as _Number, the rest unchanged."""
        return cls(leaf) if isinstance(leaf, (int, float)) and not isinstance(leaf, bool) else leaf


def _has_unknown(args, kwargs):
    return any(isinstance(leaf, KerasTensor) and None in leaf.shape for leaf in tree.flatten((args, kwargs)))


# What torch says when values of meta tensors are asked for.
_NEEDS_VALUES = ("meta device type tensor to numpy", "cannot be called on meta tensors")


def _run(function, args, kwargs, strategy, run, context):
    try:
        with context(), torch.no_grad(), torch.device("meta"):
            return function(*_stand_ins(args, run, strategy), **_stand_ins(kwargs, run, strategy))
    except (RuntimeError, TypeError) as error:
        if any(sentence in str(error) for sentence in _NEEDS_VALUES):
            raise type(error)("A symbolic tensor has no values yet, and this computation reads them: by "
                              "numpy, .item(), float(), int() or `if`. Write it with functions of torch or "
                              "keras.ops (torch.log instead of np.log).") from error
        raise


def _unify(first, second):
    if isinstance(first, torch.Tensor):
        if first.dim() != second.dim():
            raise ValueError("The number of axes of the result depends on an unknown size, which a graph "
                             "cannot hold. "
                             "Give the sizes in Input(shape=...).")
        symbol = KerasTensor([a if a == b else None for a, b in zip(first.shape, second.shape)], first.dtype)
        symbol.probe_shapes = (tuple(first.shape), tuple(second.shape))
        return symbol
    if isinstance(first, _Number):
        return SymbolicSize((first.value, second.value))
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
    """Puts meta twins in place of the module's weights until the block around ends, if there is one."""
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
