"""Tensors that numpy may read although they have a gradient or lie on a GPU, as TensorFlow's may."""

import functools

import torch


def _readable(method):
    @functools.wraps(method)
    def read(self, *args, **kwargs):
        return method(self.detach().cpu(), *args, **kwargs)

    read.original = method
    return read


def let_numpy_read_tensors():
    """Lets `model(x).numpy()`, `np.array(model(x))` and `plt.plot(model(x))` work in this process.

    Notes:
        torch raises for a tensor that requires a gradient or lies on a GPU; Keras scripts, which TensorFlow
        never refused that, do it everywhere. Only `run` calls this, for scripts that do not import torch:
        what raised then gives the values, and nothing else changes.

    >>> import numpy as np
    >>> let_numpy_read_tensors()
    >>> weight = torch.ones(2, requires_grad=True)
    >>> (weight * 2).numpy(), np.array(weight)
    (array([2., 2.], dtype=float32), array([1., 1.], dtype=float32))
    >>> let_numpy_ask_torch()
    """
    for name in ("numpy", "__array__"):
        method = getattr(torch.Tensor, name)
        if not hasattr(method, "original"):
            setattr(torch.Tensor, name, _readable(method))


def let_numpy_ask_torch():
    """Takes `let_numpy_read_tensors` back.

    >>> let_numpy_ask_torch()
    """
    for name in ("numpy", "__array__"):
        method = getattr(torch.Tensor, name)
        if hasattr(method, "original"):
            setattr(torch.Tensor, name, method.original)
