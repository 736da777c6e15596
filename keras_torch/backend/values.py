"""Values: variables, constants and placeholders, what they are like, and how they are read and written."""

import numpy as np
import torch

from keras_torch import ops
from keras_torch.backend.older import older_names
from keras_torch.backend.phase import holds_updates
from keras_torch.base import settings
from keras_torch.base.checks import fail
from keras_torch.base.dtypes import dtype_name
from keras_torch.base.variable import Variable, label
from keras_torch.layers.input_layer import Input
from keras_torch.ops.core import one_node
from keras_torch.symbolic import KerasTensor


def variable(value, dtype=None, name=None, constraint=None):
    """A variable with a start value; its shape is that of the value.

    Args:
        value: number, list, array or tensor.
        dtype: number type; None means `floatx()`.
        name: name.
        constraint: function that training applies to the value after each step.

    Source: Keras 2 `backend.variable`.

    >>> variable([1.0, 2.0]).numpy()
    array([1., 2.], dtype=float32)
    """
    value = value.toarray() if hasattr(value, "tocsr") else value   # scipy sparse
    made = Variable(value, dtype=dtype_name(dtype), name=name)
    return label(made, constraint=constraint)


def constant(value, dtype=None, shape=None, name=None):
    """A tensor of a number, or of the values of a list or array.

    Args:
        dtype: number type; None means `floatx()`.
        shape: sizes to which one number is repeated, or the values are arranged.
        name: no tensor has a name in torch; it may be given and says nothing.

    >>> constant(2.0, shape=(3,))
    tensor([2., 2., 2.])
    """
    tensor = ops.convert_to_tensor(value, dtype_name(dtype))
    if shape is None:
        return tensor
    return tensor.reshape(tuple(shape)) if tensor.numel() > 1 else tensor.expand(tuple(shape)).clone()


def placeholder(shape=None, ndim=None, dtype=None, sparse=False, name=None, ragged=False):
    """A symbol that stands for data, batch axis included.

    Args:
        shape: sizes with the batch axis; None where unknown.
        ndim: number of axes, all of unknown size; in place of `shape`.
        dtype: number type; None means `floatx()`.
        sparse, ragged: only False: torch tensors are dense here.
        name: name.

    Errors:
        ValueError: neither `shape` nor `ndim`, or a sparse or ragged one.

    Source: Keras 2 `backend.placeholder`. Today: `keras.Input(batch_shape=...)`.

    >>> placeholder((None, 3)).shape
    (None, 3)
    """
    if sparse or ragged:
        fail("K.placeholder()", "sparse" if sparse else "ragged", True, "False: tensors here are dense")
    if shape is None and ndim is None:
        raise ValueError("K.placeholder() needs `shape` or `ndim`; got neither. Write "
                         "K.placeholder((None, 3)).")
    sizes = (None,) * ndim if shape is None else tuple(shape)
    return Input(batch_shape=sizes, dtype=dtype_name(dtype), name=name)


def _filled(make, shape, dtype, name):
    return Variable(make(tuple(shape), dtype_name(dtype)), name=name)


def zeros(shape, dtype=None, name=None):
    """A variable of zeros.

    >>> zeros((2,)).numpy()
    array([0., 0.], dtype=float32)
    """
    return _filled(ops.zeros, shape, dtype, name)


def ones(shape, dtype=None, name=None):
    """A variable of ones.

    >>> ones((2,)).numpy()
    array([1., 1.], dtype=float32)
    """
    return _filled(ops.ones, shape, dtype, name)


def eye(size, dtype=None, name=None):
    """A variable with ones on the diagonal; `size` is one number or (rows, columns).

    >>> eye(2).numpy()
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    rows, columns = (size, size) if isinstance(size, int) else size
    return Variable(ops.eye(rows, columns, dtype=dtype_name(dtype)), name=name)


def zeros_like(x, dtype=None, name=None):
    """Zeros in the shape of `x`.

    >>> zeros_like([1.0, 2.0])
    tensor([0., 0.])
    """
    return ops.zeros_like(x, dtype)


def ones_like(x, dtype=None, name=None):
    """Ones in the shape of `x`.

    >>> ones_like([1.0, 2.0])
    tensor([1., 1.])
    """
    return ops.ones_like(x, dtype)


def arange(start, stop=None, step=1, dtype="int32"):
    """Numbers from `start` to below `stop` (from 0 to below `start` when `stop` is None).

    >>> arange(3)
    tensor([0, 1, 2], dtype=torch.int32)
    """
    return ops.arange(start, stop, step, dtype=dtype)


def identity(x, name=None):
    """A new tensor with the values of `x`.

    >>> identity(torch.ones(1))
    tensor([1.])
    """
    return ops.copy(x)


# ------------------------------------------------------------------------------------ what they are like


def int_shape(x):
    """The sizes as a tuple of integers, None where unknown; None for what has no shape.

    >>> int_shape(torch.zeros(2, 3)), int_shape(KerasTensor((None, 3))), int_shape("text")
    ((2, 3), (None, 3), None)
    """
    sizes = getattr(x, "shape", None)
    return None if sizes is None else tuple(sizes)


def shape(x):
    """The sizes as a tuple; of a symbol, sizes that can be used in `reshape` and arithmetic.

    >>> shape(torch.zeros(2, 3))
    (2, 3)
    """
    return ops.shape(x)


get_variable_shape = int_shape


def ndim(x):
    """Number of axes.

    >>> ndim(torch.zeros(2, 3))
    2
    """
    return ops.ndim(x)


def dtype(x):
    """Name of the number type.

    >>> dtype(torch.zeros(2))
    'float32'
    """
    return ops.dtype(x)


def count_params(x):
    """Number of values in a variable or tensor.

    >>> count_params(torch.zeros(2, 3))
    6
    """
    return int(np.prod(int_shape(x)))


def size(x, name=None):
    """Number of values in a tensor.

    >>> size(torch.zeros(2, 3))
    6
    """
    return ops.size(x)


def cast(x, dtype):
    """The values in another number type.

    >>> cast([1.7], "int32")
    tensor([1], dtype=torch.int32)
    """
    return ops.cast(x, dtype)


def cast_to_floatx(x):
    """The values in the default float type: a tensor for a tensor, else a numpy array.

    >>> cast_to_floatx([1, 2])
    array([1., 2.], dtype=float32)
    """
    if isinstance(x, (torch.Tensor, KerasTensor)):
        return ops.cast(x, settings.floatx())
    return np.asarray(x, dtype=settings.floatx())


def is_tensor(x):
    """Whether `x` is a torch tensor or a symbol.

    >>> is_tensor(torch.zeros(1)), is_tensor([0.0])
    (True, False)
    """
    return isinstance(x, (torch.Tensor, KerasTensor))


def is_keras_tensor(x):
    """Whether `x` is a symbol.

    Errors:
        ValueError: in the older generations, `x` is no tensor at all. Here the answer is False.

    >>> is_keras_tensor(KerasTensor((None,))), is_keras_tensor(torch.zeros(1))
    (True, False)
    """
    return isinstance(x, KerasTensor)


def is_placeholder(x):
    """Whether `x` is a symbol where data comes in (of `Input` or `placeholder`).

    >>> is_placeholder(placeholder((None, 2)))
    True
    """
    return isinstance(x, KerasTensor) and x.node is not None and x.node.is_input


def is_variable(x):
    """Whether `x` is a variable.

    >>> is_variable(variable(1.0)), is_variable(torch.zeros(1))
    (True, False)
    """
    return hasattr(x, "assign") and isinstance(x, torch.Tensor)


def is_sparse(tensor):
    """Whether `tensor` is a sparse torch tensor.

    >>> is_sparse(torch.zeros(2))
    False
    """
    return bool(getattr(tensor, "is_sparse", False))


def to_dense(tensor):
    """The tensor with all its values stored.

    >>> to_dense(torch.ones(1).to_sparse())
    tensor([1.])
    """
    return tensor.to_dense() if is_sparse(tensor) else tensor


def is_float_dtype(dtype):
    """Whether a number type is one of floats.

    >>> is_float_dtype("float16"), is_float_dtype("int32")
    (True, False)
    """
    return "float" in dtype_name(dtype)


def is_int_dtype(dtype):
    """Whether a number type is one of whole numbers.

    >>> is_int_dtype("uint8"), is_int_dtype("bool")
    (True, False)
    """
    return "int" in dtype_name(dtype)


def standardize_dtype(dtype):
    """Keras's name of a number type; None means `floatx()`.

    >>> standardize_dtype(torch.float16)
    'float16'
    """
    return dtype_name(dtype)


def result_type(*dtypes):
    """Name of the number type that an operation on these types gives, as torch promotes them.

    >>> result_type("int32", "float16")
    'float16'
    """
    zeros = [ops.zeros((1,), dtype=one) for one in dtypes or (None,)]
    result = zeros[0].dtype
    for other in zeros[1:]:
        result = torch.promote_types(result, other.dtype)
    return dtype_name(result)


# ----------------------------------------------------------------------------------- reading and writing


def get_value(x):
    """The value as a numpy array.

    Errors:
        TypeError: a symbol, which has no value.

    >>> get_value(variable([1.0]))
    array([1.], dtype=float32)
    """
    return x.__array__() if isinstance(x, KerasTensor) else np.array(ops.convert_to_numpy(x))


eval = get_value


@one_node
def print_tensor(x, message="", summarize=3):
    """Prints a message and the values when they are computed; gives the tensor back.

    Args:
        message: what to print before.
        summarize: values shown at each end of an axis; -1 for all.

    >>> _ = print_tensor(torch.ones(9), "ones: ", summarize=1)
    ones: [1. ... 1.]
    """
    if not x.is_meta:
        edge = x.numel() if summarize < 0 else summarize
        print(message + np.array2string(get_value(x), threshold=2 * edge, edgeitems=edge))
    return x


@older_names(ops="tensors", xs="tensors")
def batch_get_value(tensors):
    """The values of several tensors, as a list of numpy arrays.

    >>> batch_get_value([variable(1.0)])
    [array(1., dtype=float32)]
    """
    return [get_value(tensor) for tensor in tensors]


def set_value(x, value):
    """Gives a variable another value.

    Errors:
        TypeError: `x` is no variable. ValueError: another shape.

    >>> weight = variable([1.0])
    >>> set_value(weight, [3.0])
    >>> weight.numpy()
    array([3.], dtype=float32)
    """
    _variable_in("set_value", x).assign(value)


def batch_set_value(tuples):
    """`set_value` for pairs (variable, value).

    >>> weight = variable([1.0])
    >>> batch_set_value([(weight, [3.0])])
    >>> weight.numpy()
    array([3.], dtype=float32)
    """
    for x, value in tuples:
        set_value(x, value)


def _variable_in(function, x):
    if not hasattr(x, "assign"):
        raise TypeError(f"K.{function}() changes a variable; got {type(x).__name__}. "
                        "Make one with K.variable().")
    return x


def update(x, new_x):
    """Gives a variable another value, at once; returns it.

    Notes:
        Up to Keras 2.3 a layer's updates are made in training only: inside `call` this function and its kin
        leave the variable as it is otherwise.

    >>> update(variable([1.0]), [2.0]).numpy()
    array([2.], dtype=float32)
    """
    return x if holds_updates() else _variable_in("update", x).assign(new_x)


def update_add(x, increment):
    """Adds to a variable, at once; returns it.

    >>> update_add(variable([1.0]), 2.0).numpy()
    array([3.], dtype=float32)
    """
    return x if holds_updates() else _variable_in("update_add", x).assign_add(increment)


def update_sub(x, decrement):
    """Subtracts from a variable, at once; returns it.

    >>> update_sub(variable([1.0]), 2.0).numpy()
    array([-1.], dtype=float32)
    """
    return x if holds_updates() else _variable_in("update_sub", x).assign_sub(decrement)


@older_names(variable="x")
def moving_average_update(x, value, momentum):
    """`x * momentum + value * (1 - momentum)` into the variable `x`, at once; returns it.

    >>> moving_average_update(variable([1.0]), 2.0, 0.75).numpy()
    array([1.25], dtype=float32)
    """
    if holds_updates():
        return x
    x = _variable_in("moving_average_update", x)
    return x.assign(x.detach() * momentum + ops.convert_to_tensor(value).detach() * (1 - momentum))
