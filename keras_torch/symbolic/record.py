"""Records what is done to symbolic tensors: torch functions, methods, sizes and native modules."""

import contextlib

import torch

from keras_torch.symbolic import native
from keras_torch.symbolic.graph import FunctionCall, Node, symbols_in
from keras_torch.symbolic.inference import infer
from keras_torch.symbolic.keras_tensor import RECORDER, KerasTensor, SymbolicSize


def record(function, args, kwargs, name=None):
    """One call of a torch function on symbols, as a node; returns the result's symbols.

    Errors:
        Whatever the function raises for these shapes.

    >>> record(torch.relu, (KerasTensor((None, 3)),), {}).shape
    (None, 3)
    """
    with native.interception_paused():
        outputs = infer(function, args, kwargs)
    name = name or getattr(function, "__name__", "function")
    if not symbols_in(outputs):
        return outputs  # a plain fact about the tensor, such as is_floating_point
    Node(FunctionCall(function, name), tuple(args), dict(kwargs), outputs)
    native.intercept()
    return outputs


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
