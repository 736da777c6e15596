"""`Variable`: a weight. `nn.Parameter` with Keras's manners; any operation on it gives a plain tensor.

Non-trainable state (moving statistics, counters) is a `StateVariable`: the same manners on a module's buffer,
so that DDP and FSDP treat it rightly. Attributes of a Parameter are lost by `.to("meta")`; the layer that
owns a weight remembers what it is called and labels it again (`layers/weights.py`).
"""

import numpy as np
import torch

from keras_torch.base import settings
from keras_torch.base.collected_updates import COLLECTING
from keras_torch.base.dtypes import dtype_name, torch_dtype
from keras_torch.base.third_party import make_subclass, plain_tensor_results

_LABELS = ("_name", "_path", "_trainable", "constraint", "regularizer", "initializer")


def _initial_tensor(value, shape, dtype):
    """The tensor a variable starts from: a value, or an initializer called with the shape."""
    dtype = None if dtype is None else torch_dtype(dtype)
    if callable(value) and not isinstance(value, torch.Tensor):
        if shape is None:
            raise ValueError("Variable: `shape` must be given when the first argument is an initializer; "
                             "got None.")
        return value(tuple(shape), dtype=dtype or torch_dtype())
    if isinstance(value, torch.Tensor):
        return value.detach() if dtype is None else value.detach().to(dtype)
    array = np.asarray(value)
    if dtype is None and array.dtype == np.float64:
        dtype = torch_dtype()
    return torch.as_tensor(array, dtype=dtype, device=settings.default_device())


class _Manners:
    """What a Keras variable can do beyond a tensor."""

    _name = _path = None
    _trainable = True
    constraint = regularizer = initializer = None

    @property
    def name(self):
        """Name inside its layer, such as 'kernel'."""
        return self._name

    @property
    def path(self):
        """Name with its owners, such as 'dense/kernel'."""
        return self._path or self._name

    @property
    def value(self):
        """The variable itself, which is a tensor: its `.grad` is what Keras code with torch reads."""
        return self

    def numpy(self):
        """The current value as a numpy array: a copy, which later training does not change."""
        value = self.detach().as_subclass(torch.Tensor)
        value = value.float() if value.dtype == torch.bfloat16 else value
        return (value.clone() if value.device.type == "cpu" else value.cpu()).numpy()

    def __float__(self):
        return float(self.detach().as_subclass(torch.Tensor))

    def __int__(self):
        return int(self.detach().as_subclass(torch.Tensor))

    def __array__(self, dtype=None, copy=None):
        array = self.numpy()
        return array if dtype is None else array.astype(dtype)

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Replaces the value in place.

        Args:
            value: number, list, array or tensor of the variable's shape.
            use_locking, name, read_value: of TensorFlow, which has locks and named operations; they change
                nothing, here as in its eager mode.

        Errors:
            ValueError: another shape.

        Returns:
            Variable: itself.
        """
        if COLLECTING:
            return COLLECTING[-1].later(self, self.assign, value)
        value = torch.as_tensor(np.asarray(value) if isinstance(value, (list, tuple)) else value)
        if tuple(value.shape) != tuple(self.shape):
            raise ValueError(f"Variable {self.path!r} has shape {tuple(self.shape)}; assign() got a value of "
                             f"shape {tuple(value.shape)}. Reshape the value first.")
        with torch.no_grad():
            self.copy_(value)
        return self

    def assign_add(self, value, use_locking=False, name=None, read_value=True):
        """Adds to the value in place; returns itself. Arguments as in `assign`."""
        if COLLECTING:
            return COLLECTING[-1].later(self, self.assign_add, value)
        with torch.no_grad():
            self.add_(torch.as_tensor(value, device=self.device))
        return self

    def assign_sub(self, value, use_locking=False, name=None, read_value=True):
        """Subtracts from the value in place; returns itself. Arguments as in `assign`."""
        if COLLECTING:
            return COLLECTING[-1].later(self, self.assign_sub, value)
        with torch.no_grad():
            self.sub_(torch.as_tensor(value, device=self.device))
        return self

    def __deepcopy__(self, memo):
        if id(self) in memo:
            return memo[id(self)]
        data = self.detach().clone(memory_format=torch.preserve_format)
        copy = _rebuild(type(self), data, self.requires_grad, labels_of(self))
        memo[id(self)] = copy
        return copy

    def __reduce_ex__(self, protocol):
        data = self.detach().as_subclass(torch.Tensor)
        return _rebuild, (type(self), data, self.requires_grad, labels_of(self))

    def __repr__(self):
        return f"<{type(self).__name__} path={self.path}, shape={tuple(self.shape)}, " \
               f"dtype={dtype_name(self.dtype)}, value={self.detach().as_subclass(torch.Tensor)}>"


def labels_of(variable):
    """The names and rules attached to a variable, as a dictionary.

    >>> labels_of(Variable([1.0], name="scale"))["_name"]
    'scale'
    """
    return {key: variable.__dict__[key] for key in _LABELS if key in variable.__dict__}


def label(variable, **labels):
    """Attaches name, path, constraint, ... to a variable; returns it.

    >>> label(Variable([1.0]), _name="gain").name
    'gain'
    """
    variable.__dict__.update(labels)
    return variable


def _rebuild(cls, data, requires_grad, labels):
    return label(cls._wrap(data, requires_grad), **labels)


class Variable(_Manners, torch.nn.Parameter):
    """A weight that training changes: an `nn.Parameter` of Keras's shape.

    Args:
        initializer: start value (number, list, array, tensor), or a function of (shape, dtype).
        shape: tuple of sizes; needed when `initializer` is a function.
        dtype: number type; default that of the value (`floatx()` for Python floats).
        trainable: whether training changes it.
        name: name, such as 'kernel'.

    Source: Keras 3 `Variable`. In torch: `nn.Parameter`.

    >>> gain = Variable([1.0, 2.0], name="gain")
    >>> type(gain * 2) is torch.Tensor
    True
    """

    __torch_function__ = plain_tensor_results

    def __new__(cls, initializer, shape=None, dtype=None, trainable=True, name=None):
        # A clone, so that assigning to the variable never changes the array that it started from.
        data = _initial_tensor(initializer, shape, dtype).clone(memory_format=torch.preserve_format)
        if COLLECTING:
            state = label(cls._wrap(data, False), _name=name or "variable", _trainable=False)
            return COLLECTING[-1].made(state)
        return label(cls._wrap(data, trainable and data.is_floating_point()), _name=name or "variable",
                     _trainable=trainable)

    def __init__(self, initializer, shape=None, dtype=None, trainable=True, name=None):
        pass  # everything is done in __new__, as in nn.Parameter

    @classmethod
    def _wrap(cls, data, requires_grad):
        return make_subclass(cls, data, requires_grad)

    @property
    def trainable(self):
        """Whether training changes this weight; setting it sets `requires_grad` too."""
        return self.requires_grad

    @trainable.setter
    def trainable(self, value):
        self._trainable = bool(value)
        self.requires_grad_(bool(value))


class StateVariable(_Manners, torch.Tensor):
    """State that the optimizer leaves alone: a buffer with a variable's manners.

    Args:
        value: tensor to wrap; memory is shared.
        name: name, such as 'moving_mean'.

    >>> StateVariable(torch.zeros(2), name="count").trainable
    False
    """

    __torch_function__ = plain_tensor_results

    def __new__(cls, value, name=None):
        return label(cls._wrap(value.detach(), False), _name=name or "state", _trainable=False)

    def __init__(self, value, name=None):
        pass

    @classmethod
    def _wrap(cls, data, requires_grad):
        return make_subclass(cls, data, False)

    @property
    def trainable(self):
        """Always False: this is state, not a weight."""
        return False
