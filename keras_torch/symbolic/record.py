"""Records what is done to symbolic tensors: torch functions, methods, sizes and native modules."""

import contextlib

import numpy as np
import torch

from keras_torch.base import tree
from keras_torch.base.dtypes import torch_dtype
from keras_torch.symbolic import native
from keras_torch.symbolic.graph import FunctionCall, Node, symbols_in
from keras_torch.symbolic.inference import infer
from keras_torch.symbolic.keras_tensor import RECORDER, KerasTensor, SymbolicSize


def record(function, args, kwargs, name=None):
    """One call of a torch function on symbols, as a node; returns the result's symbols.

    Errors:
        TypeError: the function changes a tensor in place.
        ValueError: the shapes do not fit, or the result's shape depends on values.

    >>> record(torch.relu, (KerasTensor((None, 3)),), {}).shape
    (None, 3)
    """
    name = name or getattr(function, "__name__", "function")
    _refuse_in_place(name, kwargs)
    args, kwargs = tree.map_structure(_constant, tuple(args)), tree.map_structure(_constant, kwargs)
    if function is torch.Tensor.__getitem__:
        args = (args[0], _without_bool_masks(args[1]))
    try:
        with native.interception_paused():
            outputs = infer(function, args, kwargs)
    except NotImplementedError as error:  # what torch raises for data-dependent shapes on meta tensors
        raise ValueError(f"{name}() gives a tensor whose shape depends on values, which a graph cannot hold. "
                         f"Use "
                         "torch.where() or masked_fill(), or put the code into a Layer's call().") from error
    except RuntimeError as error:
        shapes = ", ".join(str(tuple(symbol.shape)) for symbol in symbols_in((args, kwargs)))
        raise ValueError(f"{name}() cannot take inputs of shape {shapes}: {error}") from error
    if not symbols_in(outputs):
        return outputs  # a plain fact about the tensor, such as is_floating_point
    Node(FunctionCall(function, name), tuple(args), dict(kwargs), outputs)
    native.intercept()
    return outputs


def _refuse_in_place(name, kwargs):
    """A symbol has no memory that could change; `__add__` and its kin end in underscores too."""
    if name.endswith("_") and not name.startswith("__"):
        raise TypeError(f"{name}() changes a tensor in place, which a symbolic tensor cannot. "
                        f"Use {name.rstrip('_')}().")
    if kwargs.get("inplace") or kwargs.get("out") is not None:
        argument = "inplace=True" if kwargs.get("inplace") else "out="
        raise TypeError(f"{name}({argument}) changes a tensor in place, which a symbolic tensor cannot. "
                        f"Leave `{argument.split('=')[0]}` out.")


def _constant(value):
    """Arrays as tensors (double precision in the default float type, as layers take it); else unchanged."""
    if isinstance(value, np.ndarray):
        return torch.as_tensor(value, dtype=torch_dtype() if value.dtype == np.float64 else None)
    if isinstance(value, torch.Tensor) and value.requires_grad and not value.is_leaf:
        raise ValueError(f"A tensor of shape {tuple(value.shape)} that was computed from weights cannot be a "
                         f"constant "
                         "of a graph: it would not follow the weights. Do that computation on the symbol as "
                         "well "
                         "(`x * weight`), or give its .detach().")
    return value


def _without_bool_masks(index):
    """An index whose constant bool tensors are replaced by the positions of their True values."""
    if not isinstance(index, tuple):
        if not (isinstance(index, torch.Tensor) and index.dtype == torch.bool):
            return index
        index = (index,)
    found = []
    for part in index:
        is_mask = isinstance(part, torch.Tensor) and part.dtype == torch.bool
        found.extend(part.nonzero(as_tuple=True) if is_mask else [part])
    return tuple(found)


def record_size(symbol, axis):
    """The unknown size of an axis, as a symbol."""
    size = infer(torch.Tensor.size, (symbol, axis), {})
    if not isinstance(size, SymbolicSize):
        return size
    Node(FunctionCall(torch.Tensor.size, "size"), (symbol, axis), {}, size)
    return size


RECORDER.record = record
RECORDER.record_size = record_size


@contextlib.contextmanager
def _nothing():
    yield


def input_symbol(shape, dtype, name=None):
    """A new symbol without a node; the layer that stands for it (InputLayer) makes the node.

    >>> input_symbol((None, 2), "float32").shape
    (None, 2)
    """
    native.intercept()
    return KerasTensor(shape, dtype, name=name)
