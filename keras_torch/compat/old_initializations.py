"""`keras.initializations` of Keras 1: functions of a shape that give a new weight."""

import math

from keras_torch import initializers
from keras_torch.base.checks import fail
from keras_torch.base.variable import Variable

__all__ = ["get", "get_fans", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity",
           "lecun_uniform", "normal", "one", "orthogonal", "uniform", "zero"]


def get_fans(shape, dim_ordering="th"):
    """Numbers of inputs and outputs of one unit of a weight, as Keras 1 counted them.

    Args:
        dim_ordering: 'th' for windows (outputs, inputs, ...), 'tf' for (..., inputs, outputs).

    Errors:
        ValueError: another `dim_ordering`, for a window.

    Source: Keras 1; in 'tf' it forgot the third axis of a window of three, and so do we.

    >>> get_fans((3, 3, 8, 16), "tf"), get_fans((16, 8, 3, 3))
    ((72, 144), (72, 144))
    """
    if len(shape) == 2:
        return tuple(shape)
    if len(shape) not in (4, 5):
        return (math.sqrt(math.prod(shape)),) * 2
    if dim_ordering == "th":
        window = math.prod(shape[2:])
        return shape[1] * window, shape[0] * window
    if dim_ordering != "tf":
        fail("get_fans()", "dim_ordering", dim_ordering, "'tf' or 'th'")
    window = math.prod(shape[:2])
    return shape[-2] * window, shape[-1] * window


def uniform(shape, scale=0.05, name=None, dim_ordering="th"):
    """A weight of numbers between -scale and scale.

    Source: Keras 1 `initializations.uniform`; so are those below.

    >>> uniform((2, 3), name="w").name
    'w'
    """
    return Variable(initializers.RandomUniform(-scale, scale)(shape), name=name)


def normal(shape, scale=0.05, name=None, dim_ordering="th"):
    """A weight of normal numbers of the standard deviation `scale`.

    >>> normal((2, 3)).shape
    torch.Size([2, 3])
    """
    return Variable(initializers.RandomNormal(0.0, scale)(shape), name=name)


def lecun_uniform(shape, name=None, dim_ordering="th"):
    """A weight of numbers within `sqrt(3 / inputs)` of 0.

    >>> lecun_uniform((2, 3)).shape
    torch.Size([2, 3])
    """
    return uniform(shape, math.sqrt(3 / get_fans(shape, dim_ordering)[0]), name)


def glorot_normal(shape, name=None, dim_ordering="th"):
    """A weight of normal numbers of variance `2 / (inputs + outputs)`.

    >>> glorot_normal((2, 3)).shape
    torch.Size([2, 3])
    """
    return normal(shape, math.sqrt(2 / sum(get_fans(shape, dim_ordering))), name)


def glorot_uniform(shape, name=None, dim_ordering="th"):
    """A weight of numbers within `sqrt(6 / (inputs + outputs))` of 0.

    >>> glorot_uniform((2, 3)).shape
    torch.Size([2, 3])
    """
    return uniform(shape, math.sqrt(6 / sum(get_fans(shape, dim_ordering))), name)


def he_normal(shape, name=None, dim_ordering="th"):
    """A weight of normal numbers of variance `2 / inputs`.

    >>> he_normal((2, 3)).shape
    torch.Size([2, 3])
    """
    return normal(shape, math.sqrt(2 / get_fans(shape, dim_ordering)[0]), name)


def he_uniform(shape, name=None, dim_ordering="th"):
    """A weight of numbers within `sqrt(6 / inputs)` of 0.

    >>> he_uniform((2, 3)).shape
    torch.Size([2, 3])
    """
    return uniform(shape, math.sqrt(6 / get_fans(shape, dim_ordering)[0]), name)


def orthogonal(shape, scale=1.1, name=None, dim_ordering="th"):
    """A weight whose first axis, or the others together, are orthogonal, times `scale`.

    >>> orthogonal((2, 3)).shape
    torch.Size([2, 3])
    """
    rows, columns = shape[0], math.prod(shape[1:])
    return Variable(initializers.Orthogonal(scale)((rows, columns)).reshape(tuple(shape)), name=name)


def identity(shape, scale=1, name=None, dim_ordering="th"):
    """`scale` on the diagonal of a square matrix.

    Errors:
        ValueError: the shape is no square.

    >>> identity((2, 2), scale=3).numpy().tolist()
    [[3.0, 0.0], [0.0, 3.0]]
    """
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ValueError(f"identity() of Keras 1 makes square matrices only; got shape {tuple(shape)}.")
    return Variable(initializers.Identity(scale)(shape), name=name)


def zero(shape, name=None, dim_ordering="th"):
    """A weight of zeros.

    >>> zero((2,)).numpy().tolist()
    [0.0, 0.0]
    """
    return Variable(initializers.Zeros()(shape), name=name)


def one(shape, name=None, dim_ordering="th"):
    """A weight of ones.

    >>> one((2,)).numpy().tolist()
    [1.0, 1.0]
    """
    return Variable(initializers.Ones()(shape), name=name)


_FUNCTIONS = {function.__name__: function for function in (
    glorot_normal, glorot_uniform, he_normal, he_uniform, identity, lecun_uniform, normal, one, orthogonal,
    uniform, zero)}
for _name, _function in _FUNCTIONS.items():
    _function.initializer = _name  # what `initializers.get` takes for it: a layer's window has our order


def get(identifier):
    """The function of that name; a function is returned as it is.

    Errors:
        ValueError: an unknown name.

    Source: Keras 1 `initializations.get`.

    >>> get("uniform") is uniform
    True
    """
    if callable(identifier):
        return identifier
    if identifier not in _FUNCTIONS:
        fail("initializations.get()", "identifier", identifier, f"one of {', '.join(_FUNCTIONS)}, or a "
                                                                "function")
    return _FUNCTIONS[identifier]
