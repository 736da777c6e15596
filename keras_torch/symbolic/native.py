"""Lets native modules be applied to symbols: `nn.Linear(4, 2)(symbol)` is one node with the module's weights.

# Note [native modules on symbols]
`nn.Module.__call__` runs `forward` at once, and a forward full of Python (BatchNorm reads `self.training`,
LSTM its flat weights) must not be recorded operation by operation: the flags would be frozen. While symbols
are being handed out, `nn.Module.__call__` is replaced by a function that looks for symbols in its arguments
first. It is put back while numbers flow (`interception_paused` in every training loop), so that a loop never
pays for it; between the two it costs a native call about 0.4 us.
"""

import contextlib

import torch

from keras_torch.base import tree
from keras_torch.symbolic.keras_tensor import KerasTensor

_original = torch.nn.Module.__call__
_recorder = [None]


def set_native_recorder(function):
    """Says what records a native module's call: function (module, args, kwargs) -> symbols."""
    _recorder[0] = function


def _has_symbol(values):
    for value in values:
        if isinstance(value, KerasTensor):
            return True
        if isinstance(value, (list, tuple, dict)) and _has_symbol(tree.flatten(value)):
            return True
    return False


def _call(self, *args, **kwargs):
    if _has_symbol(args) or (kwargs and _has_symbol(kwargs.values())):
        return _recorder[0](self, args, kwargs)
    return _original(self, *args, **kwargs)


def is_intercepting():
    """Whether calls of native modules are being looked at.

    >>> is_intercepting() in (True, False)
    True
    """
    return torch.nn.Module.__call__ is _call


def intercept():
    """Looks at native modules' calls from now on; see Note [native modules on symbols]."""
    if torch.nn.Module.__call__ is _original:  # another tool's own replacement (torch.fx) is left alone
        torch.nn.Module.__call__ = _call


@contextlib.contextmanager
def interception_paused():
    """Inside the block native modules are called as torch means it, at no extra cost."""
    was_on = is_intercepting()
    if was_on:
        torch.nn.Module.__call__ = _original
    try:
        yield
    finally:
        if was_on:
            torch.nn.Module.__call__ = _call


def paused_for(module):
    """`interception_paused()` when the module has native modules inside that are called, else nothing to do.

    Notes:
        Replacing `nn.Module.__call__` makes Python forget what it knew of every module class: 50 to 250 us.
    """
    native = is_intercepting() and any(
        type(child).__call__ is torch.nn.Module.__call__
        and type(child).forward is not torch.nn.Module.forward
        for child in module.modules()
    )
    return interception_paused() if native else contextlib.nullcontext()
