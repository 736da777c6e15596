"""Questions about each element: comparisons, kinds of numbers, logic and bits."""

import torch

from keras_torch.ops.core import as_tensor, pair


def isfinite(x):
    """Whether neither infinite nor NaN.

    >>> isfinite([1.0, float("inf")])
    tensor([ True, False])
    """
    return torch.isfinite(as_tensor(x))


def isinf(x):
    """Whether infinite.

    >>> isinf([1.0, float("inf")])
    tensor([False,  True])
    """
    return torch.isinf(as_tensor(x))


def isnan(x):
    """Whether NaN.

    >>> isnan([1.0, float("nan")])
    tensor([False,  True])
    """
    return torch.isnan(as_tensor(x))


def isneginf(x):
    """Whether minus infinite.

    >>> isneginf([1.0, float("-inf")])
    tensor([False,  True])
    """
    return torch.isneginf(as_tensor(x))


def isposinf(x):
    """Whether plus infinite.

    >>> isposinf([1.0, float("inf")])
    tensor([False,  True])
    """
    return torch.isposinf(as_tensor(x))


def isreal(x):
    """Whether the imaginary part is 0.

    >>> isreal([1.0])
    tensor([True])
    """
    return torch.isreal(as_tensor(x))


def signbit(x):
    """Whether the sign is minus.

    >>> signbit([-1.0])
    tensor([True])
    """
    return torch.signbit(as_tensor(x))


def logical_not(x):
    """Whether false (zero).

    >>> logical_not([True, False])
    tensor([False,  True])
    """
    return torch.logical_not(as_tensor(x))


def bitwise_not(x):
    """Every bit turned over.

    >>> bitwise_not([0])
    tensor([-1], dtype=torch.int32)
    """
    return torch.bitwise_not(as_tensor(x))


def equal(x1, x2):
    """Whether `x1 == x2`.

    >>> equal([1, 2], 2)
    tensor([False,  True])
    """
    return torch.eq(*pair(x1, x2))


def not_equal(x1, x2):
    """Whether `x1 != x2`.

    >>> not_equal([1, 2], 2)
    tensor([ True, False])
    """
    return torch.ne(*pair(x1, x2))


def greater(x1, x2):
    """Whether `x1 > x2`.

    >>> greater([1, 3], 2)
    tensor([False,  True])
    """
    return torch.gt(*pair(x1, x2))


def greater_equal(x1, x2):
    """Whether `x1 >= x2`.

    >>> greater_equal([1, 2], 2)
    tensor([False,  True])
    """
    return torch.ge(*pair(x1, x2))


def less(x1, x2):
    """Whether `x1 < x2`.

    >>> less([1, 2], 2)
    tensor([ True, False])
    """
    return torch.lt(*pair(x1, x2))


def less_equal(x1, x2):
    """Whether `x1 <= x2`.

    >>> less_equal([1, 3], 2)
    tensor([ True, False])
    """
    return torch.le(*pair(x1, x2))


def logical_and(x1, x2):
    """Whether both are true (not zero).

    >>> logical_and([1, 0], [1, 1])
    tensor([ True, False])
    """
    return torch.logical_and(*pair(x1, x2))


def logical_or(x1, x2):
    """Whether one is true (not zero).

    >>> logical_or([1, 0], [0, 0])
    tensor([ True, False])
    """
    return torch.logical_or(*pair(x1, x2))


def logical_xor(x1, x2):
    """Whether just one is true (not zero).

    >>> logical_xor([1, 1], [1, 0])
    tensor([False,  True])
    """
    return torch.logical_xor(*pair(x1, x2))


def bitwise_and(x, y):
    """Bits set in both.

    >>> bitwise_and([6], [3])
    tensor([2], dtype=torch.int32)
    """
    return torch.bitwise_and(*pair(x, y))


def bitwise_or(x, y):
    """Bits set in either.

    >>> bitwise_or([6], [3])
    tensor([7], dtype=torch.int32)
    """
    return torch.bitwise_or(*pair(x, y))


def bitwise_xor(x, y):
    """Bits set in just one.

    >>> bitwise_xor([6], [3])
    tensor([5], dtype=torch.int32)
    """
    return torch.bitwise_xor(*pair(x, y))


def bitwise_left_shift(x, y):
    """Bits moved up by `y` places.

    >>> bitwise_left_shift([1], [3])
    tensor([8], dtype=torch.int32)
    """
    return torch.bitwise_left_shift(*pair(x, y))


def bitwise_right_shift(x, y):
    """Bits moved down by `y` places.

    >>> bitwise_right_shift([8], [3])
    tensor([1], dtype=torch.int32)
    """
    return torch.bitwise_right_shift(*pair(x, y))


def isclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether `|x1 - x2| <= atol + rtol * |x2|`.

    >>> isclose([1.0], [1.0 + 1e-7])
    tensor([True])
    """
    x1, x2 = pair(x1, x2)
    return torch.isclose(x1, x2.to(x1.dtype), rtol=rtol, atol=atol, equal_nan=equal_nan)


def allclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether all elements are close, as a bool tensor without axes.

    >>> allclose([1.0], [1.0])
    tensor(True)
    """
    return torch.all(isclose(x1, x2, rtol, atol, equal_nan))


bitwise_invert = bitwise_not
left_shift = bitwise_left_shift
right_shift = bitwise_right_shift
