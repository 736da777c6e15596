"""Arithmetic value by value, and reductions over axes."""

import torch

from keras_torch import ops
from keras_torch.backend.older import older_names
from keras_torch.ops.core import as_tensor

_of_two = older_names(x="x1", y="x2")

abs = ops.abs
cos = ops.cos
equal = _of_two(ops.equal)
exp = ops.exp
greater = _of_two(ops.greater)
greater_equal = _of_two(ops.greater_equal)
less = _of_two(ops.less)
less_equal = _of_two(ops.less_equal)
lesser, lesser_equal = less, less_equal  # Keras 1's names
log = ops.log
logsumexp = ops.logsumexp
maximum = _of_two(ops.maximum)
minimum = _of_two(ops.minimum)
not_equal = _of_two(ops.not_equal)
round = ops.round
sign = ops.sign
sin = ops.sin
square = ops.square
tanh = ops.tanh


def sqrt(x):
    """The square root; of negative values, 0.

    Source: Keras 2 `backend.sqrt`.

    >>> sqrt([4.0, -1.0])
    tensor([2., 0.])
    """
    return torch.sqrt(torch.clamp(as_tensor(x), min=0))


def pow(x, a):
    """`x` to the power `a`.

    >>> pow([3.0], 2)
    tensor([9.])
    """
    return torch.pow(as_tensor(x), a)


def clip(x, min_value, max_value):
    """Values below `min_value` or above `max_value` brought to it.

    Args:
        min_value, max_value: numbers or tensors; None means no bound. An upper bound below the lower one is
            taken as the lower one.

    >>> clip([-1.0, 0.5, 3.0], 0.0, 1.0)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if isinstance(min_value, (int, float)) and isinstance(max_value, (int, float)) and max_value < min_value:
        max_value = min_value
    x = as_tensor(x)
    return x if min_value is None and max_value is None else torch.clamp(x, min_value, max_value)


def sum(x, axis=None, keepdims=False):
    """The sum over `axis` (a number or several; None: all).

    >>> sum([[1.0, 2.0], [3.0, 4.0]], axis=-1)
    tensor([3., 7.])
    """
    return ops.sum(x, axis, keepdims)


def prod(x, axis=None, keepdims=False):
    """The product over `axis`.

    >>> prod([2.0, 3.0])
    tensor(6.)
    """
    return ops.prod(x, axis, keepdims)


def mean(x, axis=None, keepdims=False):
    """The mean over `axis`; of truth values and whole numbers, as floats.

    >>> mean([True, False])
    tensor(0.5000)
    """
    return ops.mean(x, axis, keepdims)


def var(x, axis=None, keepdims=False):
    """The (biased) variance over `axis`.

    >>> var([1.0, 3.0])
    tensor(1.)
    """
    return ops.var(x, axis, keepdims)


def std(x, axis=None, keepdims=False):
    """The (biased) standard deviation over `axis`.

    >>> std([1.0, 3.0])
    tensor(1.)
    """
    return ops.std(x, axis, keepdims)


def max(x, axis=None, keepdims=False):
    """The greatest value over `axis`.

    >>> max([1.0, 2.0])
    tensor(2.)
    """
    return ops.max(x, axis, keepdims)


def min(x, axis=None, keepdims=False):
    """The smallest value over `axis`.

    >>> min([1.0, 2.0])
    tensor(1.)
    """
    return ops.min(x, axis, keepdims)


def any(x, axis=None, keepdims=False):
    """Whether some value over `axis` is true.

    >>> any([True, False])
    tensor(True)
    """
    return ops.any(x, axis, keepdims)


def all(x, axis=None, keepdims=False):
    """Whether every value over `axis` is true.

    >>> all([True, False])
    tensor(False)
    """
    return ops.all(x, axis, keepdims)


def cumsum(x, axis=0):
    """The running sum along `axis`.

    >>> cumsum([1.0, 2.0])
    tensor([1., 3.])
    """
    return ops.cumsum(x, axis)


def cumprod(x, axis=0):
    """The running product along `axis`.

    >>> cumprod([2.0, 3.0])
    tensor([2., 6.])
    """
    return ops.cumprod(x, axis)


def argmax(x, axis=-1):
    """The position of the greatest value along `axis`, as int64.

    >>> argmax([[1.0, 2.0]])
    tensor([1])
    """
    return torch.argmax(as_tensor(x), dim=axis)


def argmin(x, axis=-1):
    """The position of the smallest value along `axis`, as int64.

    >>> argmin([[1.0, 2.0]])
    tensor([0])
    """
    return torch.argmin(as_tensor(x), dim=axis)
