"""`KerasTensor`: a tensor that does not exist yet. What is done to it is recorded as nodes of a graph.

It is no Tensor. It answers `__torch_function__`, so `torch.*`, `torch.nn.functional.*`, operators and native
modules accept it; Tensor's methods and operators come from a table. Each use records one node (`record.py`).
"""

import collections
import dataclasses
import operator

import torch

from keras_torch.base import settings, tree
from keras_torch.base.dtypes import dtype_name, torch_dtype
from keras_torch.base.names import unique_name

KerasHistory = collections.namedtuple("KerasHistory", ["operation", "node_index", "tensor_index"])

OPERATORS = (
    "add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow matmul rmatmul "
    "and rand or ror "
    "xor rxor lshift rshift lt le gt ge ne eq neg pos abs invert getitem").split()
_COMPARISONS = {"lt", "le", "gt", "ge", "ne", "eq"}
_VALUE_READERS = {"item", "numpy", "tolist", "data_ptr", "storage", "untyped_storage", "backward"}
_MOVES = {"cpu", "cuda"}
PROPERTIES = ("T", "mT", "H", "mH", "real", "imag", "data")


@dataclasses.dataclass(frozen=True)
class ReadProperty:
    """A property of tensors as a function, so that a graph can hold, copy and pickle it.

    >>> ReadProperty("mT")(torch.zeros(2, 3)).shape
    torch.Size([3, 2])
    """

    name: str

    def __call__(self, tensor):
        return getattr(tensor, self.name)


class Shape(tuple):
    """Sizes of a symbolic tensor; None where unknown.

    >>> Shape((None, 3)).as_list()
    [None, 3]
    """

    def as_list(self):
        """A list of the sizes (TensorFlow's spelling)."""
        return list(self)

    @property
    def rank(self):
        """Number of axes."""
        return len(self)

    ndims = rank


class KerasTensor:
    """A symbolic tensor: shape (None = unknown size), dtype and the node that will produce it.

    Args:
        shape: tuple of sizes; None where unknown.
        dtype: number type.
        name: name; default automatic.

    Errors:
        TypeError: its values are asked for (bool, float, numpy, iteration over an unknown size).

    Source: Keras 3 `KerasTensor`. Here it records torch functions.

    >>> x = KerasTensor((None, 3))
    >>> torch.relu(x @ torch.ones(3, 2)).shape
    (None, 2)
    """

    _keras_mask = None
    probe_shapes = None  # the sizes with which its shape was found, in both runs; see inference.py
    is_sparse = is_nested = is_quantized = is_cuda = False
    requires_grad = False
    layout = torch.strided
    __array_ufunc__ = None  # `array * symbol` comes to `__rmul__` instead of numpy's loop over elements

    def __init__(self, shape, dtype="float32", sparse=False, ragged=False, record_history=True, name=None):
        if sparse or ragged:
            raise ValueError("KerasTensor: `sparse` and `ragged` must be False; torch layers take dense "
                             "tensors. "
                             "Convert the data with .to_dense() first.")
        self._shape = Shape(shape)
        self._dtype = torch_dtype(dtype)
        self.name = name or unique_name("keras_tensor")
        self.node = None
        self.tensor_index = 0
        self.record_history = record_history

    @property
    def shape(self):
        """Sizes; None where unknown."""
        return self._shape

    @property
    def dtype(self):
        """The torch dtype."""
        return self._dtype

    @property
    def ndim(self):
        """Number of axes."""
        return len(self._shape)

    @property
    def device(self):
        """Where constants made for a symbol belong; they move with the model afterwards."""
        return settings.default_device()

    @property
    def _keras_shape(self):
        return tuple(self._shape)

    @property
    def _keras_history(self):
        operation = self.node.operation
        return KerasHistory(operation, operation.inbound_nodes.index(self.node), self.tensor_index)

    def get_shape(self):
        """The shape (TensorFlow's spelling)."""
        return self._shape

    def dim(self):
        """Number of axes (torch's spelling)."""
        return len(self._shape)

    ndimension = dim

    def size(self, dim=None):
        """Sizes as torch gives them; an unknown one is a symbol, an integer when the model runs."""
        if dim is not None:
            known = self._shape[dim]
            return RECORDER.record_size(self, dim % len(self._shape)) if known is None else known
        return tuple(self.size(axis) for axis in range(self.ndim))

    def is_floating_point(self):
        """Whether the dtype is a float type."""
        return self._dtype.is_floating_point

    def is_complex(self):
        """Whether the dtype is complex."""
        return self._dtype.is_complex

    def reshape(self, *shape, newshape=None):
        """The tensor with another shape; None, as `x.shape` gives it, means the size of the same axis."""
        shape = newshape if newshape is not None else shape
        return RECORDER.record(torch.Tensor.reshape, (self, *self._without_none(shape)), {})

    def view(self, *shape):
        """As `reshape`, or as torch's `view(dtype)`."""
        return RECORDER.record(torch.Tensor.view, (self, *self._without_none(shape)), {})

    def expand(self, *sizes):
        """As torch's `expand`; None means the size of the same axis."""
        return RECORDER.record(torch.Tensor.expand, (self, *self._without_none(sizes)), {})

    def twin(self):
        """A new symbol of the same shape and dtype, made by no node yet."""
        symbol = KerasTensor(self._shape, self._dtype)
        symbol.probe_shapes = self.probe_shapes
        return symbol

    def _without_none(self, shape):
        """Shape arguments whose None, as `x.shape` gives it, is -1 or the symbol of that axis' size."""
        if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
            shape = tuple(shape[0])
        unknown = [axis for axis, size in enumerate(shape) if size is None]
        if len(unknown) == 1 and not any(type(size) is int and size == -1 for size in shape):
            return tuple(-1 if size is None else size for size in shape)
        for axis in unknown:
            if axis >= self.ndim or self._shape[axis] is not None:
                raise ValueError(f"The new shape {shape} of {self!r} has None on axis {axis}, where the "
                                 f"tensor has no "
                                 "unknown size to take. Write -1 for one size that torch shall work out.")
        return tuple(self.size(axis) if size is None else size for axis, size in enumerate(shape))

    def __getattr__(self, name):
        if name in PROPERTIES:
            return RECORDER.record(ReadProperty(name), (self,), {}, name=name)
        method = getattr(torch.Tensor, name, None) if not name.startswith("__") else None
        if name in _VALUE_READERS:
            raise TypeError(_no_value(self, f".{name}()"))
        if name in _MOVES:
            raise TypeError(f"{self!r} is on no device, so .{name}() is not possible. Move the model with "
                            f"model.to().")
        if method is None or not callable(method):
            raise AttributeError(f"A symbolic tensor has no attribute {name!r}. It has the methods of "
                                 f"torch.Tensor "
                                 "that compute something from its values.")

        def recorded(*args, **kwargs):
            return RECORDER.record(method, (self, *args), kwargs)

        recorded.__name__ = name
        return recorded

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return RECORDER.record(function, args, kwargs or {})

    def __setitem__(self, index, value):
        raise TypeError("A symbolic tensor cannot be changed in place. Use torch.where() or torch.cat().")

    def __bool__(self):
        raise TypeError(_no_value(self, "a truth value (`if`, `and`, `while`)"))

    def __float__(self):
        raise TypeError(_no_value(self, "float()"))

    def __int__(self):
        raise TypeError(_no_value(self, "int()"))

    __index__ = __int__

    def __array__(self, *_, **__):
        raise TypeError(_no_value(self, "numpy"))

    def __len__(self):
        if not self._shape or self._shape[0] is None:
            raise TypeError(_no_value(self, "len()"))
        return self._shape[0]

    def __iter__(self):
        if not self._shape or self._shape[0] is None:
            raise TypeError(_no_value(self, "iteration over an axis of unknown size"))
        return (self[position] for position in range(self._shape[0]))

    def __contains__(self, _):
        raise TypeError(_no_value(self, "`in`"))

    def __hash__(self):
        return id(self)

    def __deepcopy__(self, memo):
        """Symbols are shared, never copied: a copied model gets new ones when its graph is rebuilt."""
        memo[id(self)] = self
        return self

    def __repr__(self):
        return f"<KerasTensor shape={tuple(self._shape)}, dtype={dtype_name(self._dtype)}, name={self.name}>"


class SymbolicSize(KerasTensor):
    """An axis size that is known only when the model runs; it records integer arithmetic.

    >>> KerasTensor((None, 3)).size(0)
    <SymbolicSize>
    """

    def __init__(self, probes):
        super().__init__((), "int64", name="size")
        self.probes = probes

    def __hash__(self):
        return id(self)

    def __repr__(self):
        return "<SymbolicSize>"


def _size_operator(name):
    reflected = name.startswith("r") and name[1:] in OPERATORS and name not in ("rshift",)
    function = getattr(operator, {"and": "and_", "or": "or_"}.get(name[1:] if reflected else name,
                                                                  name[1:] if reflected else name))

    def operate(self, *args):
        return RECORDER.record(function, (*args, self) if reflected else (self, *args), {})

    def refuse(self, *args):
        raise TypeError(_no_value(self, "a comparison"))

    operate.__name__ = f"__{name}__"
    return refuse if name in _COMPARISONS else operate


def _no_value(symbol, what):
    return (f"{symbol!r} has no value yet, so {what} is not possible. It stands for data that comes when the "
            f"model "
            "runs. Use torch functions (torch.where instead of `if`), or put the code into a Layer's call().")


def _operator(name):
    method = getattr(torch.Tensor, name)

    def operate(self, *args):
        return RECORDER.record(method, (self, *args), {}, name=name)

    operate.__name__ = name
    return operate


for _name in OPERATORS:
    setattr(KerasTensor, f"__{_name}__", _operator(f"__{_name}__"))
    if _name not in ("getitem", "matmul", "rmatmul"):
        setattr(SymbolicSize, f"__{_name}__", _size_operator(_name))


class _Recorder:
    """Where symbols send what is done to them; `record.py` fills it in (it needs KerasTensor itself)."""

    record = None
    record_size = None


RECORDER = _Recorder()


def is_symbolic(value):
    """Whether a value is a symbolic tensor.

    >>> is_symbolic(KerasTensor((2,))), is_symbolic(torch.zeros(2))
    (True, False)
    """
    return isinstance(value, KerasTensor)


def any_symbolic(*trees):
    """Whether any leaf of the structures is a symbolic tensor.

    >>> any_symbolic([1, {"a": KerasTensor((2,))}])
    True
    """
    return any(isinstance(leaf, KerasTensor) for leaf in tree.flatten(trees))
