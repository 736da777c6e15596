"""Tensors that numpy may read although they have a gradient or lie on a GPU, as TensorFlow's may."""

import torch

_ASKING_TORCH = {name: getattr(torch.Tensor, name) for name in ("numpy", "__array__")}


def _numpy(self, *, force=False):
    return _ASKING_TORCH["numpy"](self.detach().cpu(), force=force)


def _array(self, dtype=None, copy=None):
    values = _numpy(self)
    if dtype is not None:
        return values.astype(dtype, copy=bool(copy))
    return values.copy() if copy else values


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
    torch.Tensor.numpy, torch.Tensor.__array__ = _numpy, _array


def let_numpy_ask_torch():
    """Takes `let_numpy_read_tensors` back.

    >>> let_numpy_ask_torch()
    """
    for name, method in _ASKING_TORCH.items():
        setattr(torch.Tensor, name, method)
