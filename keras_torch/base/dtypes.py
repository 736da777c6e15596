"""Names of number types, and dtype policies (compute in one type, keep weights in another)."""

import numpy as np
import torch

from keras_torch.base import settings

TORCH_DTYPES = {
    "float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32, "float64": torch.float64,
    "uint8": torch.uint8, "int8": torch.int8,
    "int16": torch.int16, "int32": torch.int32, "int64": torch.int64,
    "uint16": torch.uint16, "uint32": torch.uint32, "uint64": torch.uint64, "bool": torch.bool,
    "complex64": torch.complex64, "complex128": torch.complex128,
}
_NAMES = {value: key for key, value in TORCH_DTYPES.items()}
_ALIASES = {"half": "float16", "float": "float32", "double": "float64", "int": "int64", "long": "int64"}
_MIXED = {"mixed_bfloat16": "bfloat16", "mixed_float16": "float16"}


def dtype_name(dtype):
    """Keras's name of a number type given as string, torch, numpy or Python type; None means `floatx()`.

    Errors:
        ValueError: not a number type.

    >>> dtype_name(torch.bfloat16), dtype_name(float), dtype_name(np.dtype("int32"))
    ('bfloat16', 'float32', 'int32')
    """
    if dtype is None:
        return settings.floatx()
    if isinstance(dtype, torch.dtype):
        name = _NAMES.get(dtype)
    elif isinstance(dtype, str):
        name = _ALIASES.get(dtype, dtype).removeprefix("torch.")
    elif dtype in (float, int, bool):
        name = {float: settings.floatx(), int: "int64", bool: "bool"}[dtype]
    else:
        name = getattr(dtype, "name", None) or _numpy_name(dtype)
    if name not in TORCH_DTYPES:
        raise ValueError(f"A dtype must be one of {', '.join(TORCH_DTYPES)}; got {dtype!r}.")
    return name


def _numpy_name(dtype):
    try:
        return np.dtype(dtype).name
    except TypeError:
        return str(dtype)


def torch_dtype(dtype=None):
    """The `torch.dtype` of a name, numpy or Python type; None means `floatx()`.

    >>> torch_dtype("int32"), torch_dtype()
    (torch.int32, torch.float32)
    """
    return dtype if isinstance(dtype, torch.dtype) else TORCH_DTYPES[dtype_name(dtype)]


class DTypePolicy:
    """In which number type a layer computes and in which its weights are kept.

    Args:
        name: a dtype ('float32', 'float64', 'bfloat16', 'float16'), or 'mixed_bfloat16' / 'mixed_float16':
            compute in the short type, keep weights in float32. None means the global policy.

    Errors:
        ValueError: an unknown name.

    Source: Keras `DTypePolicy`.

    >>> policy = DTypePolicy("mixed_bfloat16")
    >>> policy.compute_dtype, policy.variable_dtype
    ('bfloat16', 'float32')
    """

    def __init__(self, name=None):
        name = dtype_policy().name if name is None else name
        if isinstance(name, str) and name in _MIXED:
            self._name, self._compute, self._variable = name, _MIXED[name], "float32"
            return
        try:
            plain = dtype_name(name)
        except ValueError as error:
            raise ValueError(f"A dtype policy must be a dtype name, 'mixed_bfloat16' or 'mixed_float16'; "
                             f"got {name!r}.") from error
        self._name = self._compute = self._variable = plain

    @property
    def name(self):
        """The name the policy was made from."""
        return self._name

    @property
    def compute_dtype(self):
        """Name of the type in which the layer computes."""
        return self._compute

    @property
    def variable_dtype(self):
        """Name of the type of the weights."""
        return self._variable

    @property
    def is_mixed(self):
        """Whether weights and computation differ in type."""
        return self._compute != self._variable

    def get_config(self):
        """What `DTypePolicy(**config)` needs."""
        return {"name": self._name}

    @classmethod
    def from_config(cls, config):
        """The policy that `get_config` described."""
        return cls(**config)

    def __eq__(self, other):
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self):
        return hash(self._name)

    def __repr__(self):
        return f'<DTypePolicy "{self._name}">'


_policy = [None]


def dtype_policy():
    """The policy of layers that name none: float32 unless `set_dtype_policy` or `set_floatx` changed it.

    >>> dtype_policy().name
    'float32'
    """
    return _policy[0] or DTypePolicy(settings.floatx())


def set_dtype_policy(policy):
    """Sets the policy of layers made from now on, for example 'mixed_bfloat16'.

    Errors:
        ValueError: an unknown name.

    Source: Keras `config.set_dtype_policy`, `mixed_precision.set_global_policy`.

    >>> set_dtype_policy("float32")
    """
    chosen = as_policy(policy)
    _policy[0] = None if chosen.name == settings.floatx() else chosen


def as_policy(value):
    """A `DTypePolicy` from a policy, a name, a dtype, a config or None.

    >>> as_policy("float64").compute_dtype
    'float64'
    """
    if isinstance(value, DTypePolicy):
        return value
    if isinstance(value, dict):
        return DTypePolicy(**value.get("config", value))
    if value is None:
        return dtype_policy()
    return DTypePolicy(value)
