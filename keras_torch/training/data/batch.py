"""One batch: what (x, y, sample_weight) a source's item means, and its way to tensors and to the device."""

import numpy as np
import torch

from keras_torch.base import settings, tree
from keras_torch.base.dtypes import torch_dtype

_SMALL_INTEGERS = (torch.int8, torch.int16, torch.int32, torch.uint16, torch.uint32)


def unpack_x_y_sample_weight(data):
    """(x, y, sample_weight) of a batch; missing ones are None.

    Args:
        data: x, (x,), (x, y) or (x, y, sample_weight); a list counts as x.

    Errors:
        ValueError: a tuple of another length.

    Source: Keras `utils.unpack_x_y_sample_weight`.

    >>> unpack_x_y_sample_weight((1, 2))
    (1, 2, None)
    """
    if isinstance(data, list) and len(data) in (2, 3) and all(hasattr(item, "shape") for item in data):
        data = tuple(data)  # torch's DataLoader makes lists of what a Dataset gives as tuples
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            f"A batch must be x, (x, y) or (x, y, sample_weight); got a tuple of {len(data)}. "
            "Put several inputs into a list or dict: ([a, b], y)."
        )
    return tuple(data) + (None,) * (3 - len(data))


def pack_x_y_sample_weight(x, y=None, sample_weight=None):
    """The tuple that `unpack_x_y_sample_weight` takes apart.

    Source: Keras `utils.pack_x_y_sample_weight`.

    >>> pack_x_y_sample_weight(1, 2)
    (1, 2)
    """
    if y is None:
        return (x,) if isinstance(x, (list, tuple)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def as_array(value, owner):
    """One array or tensor from anything that is one: numpy, torch, pandas, scipy rows, lists of numbers.

    Errors:
        ValueError: object arrays, strings, lists of unequal length; a sentence names the argument.
    """
    if isinstance(value, torch.Tensor):
        return value
    if hasattr(value, "toarray") and hasattr(value, "tocsr"):  # scipy sparse
        value = value.toarray()
    elif hasattr(value, "to_numpy") and hasattr(value, "iloc"):  # pandas
        value = value.to_numpy()
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"{owner}: the lists have different lengths, so they are no array: {error}. Pad them, for "
            "example with pad_sequences()."
        ) from error
    if array.dtype.kind not in "fiubc":
        raise ValueError(
            f"{owner} must hold numbers; got an array of dtype {array.dtype} and shape {array.shape}. "
            "Convert it, for example with np.stack(list_of_arrays) or .astype('float32')."
        )
    return array


def as_tensor(value, owner, floats=None):
    """A tensor; numpy's float64 becomes `floatx()`, small signed integers become int64.

    Args:
        value: what `as_array` takes.
        owner: how errors call it.
        floats: dtype of float arrays; default `floatx()`.
    """
    value = as_array(value, owner)
    if isinstance(value, np.ndarray):
        if not value.flags.writeable or any(stride < 0 for stride in value.strides):
            value = (
                value.copy()
            )  # torch warns about memory it may not write to, and knows no negative strides
        if value.dtype.byteorder == ">":
            value = value.astype(value.dtype.newbyteorder("="))
        value = torch.from_numpy(value) if value.ndim else torch.tensor(value[()])
    wanted = floats or torch_dtype(settings.floatx())
    if value.dtype in (torch.float64, torch.float16) and value.dtype != wanted:
        return value.to(wanted)
    return value.to(torch.int64) if value.dtype in _SMALL_INTEGERS else value


def to_device(structure, device, owner):
    """All leaves as tensors on the device; None stays None."""

    def move(leaf):
        if leaf is None:
            return None
        leaf = as_tensor(leaf, owner)
        return leaf if leaf.device == device else leaf.to(device, non_blocking=True)

    return tree.map_structure(move, structure)


def is_array_like(value):
    """Whether a value is one array (lists of numbers count; lists of arrays do not)."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(
            isinstance(item, (int, float, bool, np.number))
            or (isinstance(item, (list, tuple)) and is_array_like(item))
            for item in value
        )
    return (
        hasattr(value, "shape")
        and hasattr(value, "dtype")
        or hasattr(value, "iloc")
        or hasattr(value, "tocsr")
    )


def map_arrays(function, structure):
    """`function` on each array of a structure; None stays, lists of numbers are one array.

    >>> map_arrays(len, {"a": [1, 2, 3], "b": None})
    {'a': 3, 'b': None}
    """
    if structure is None:
        return None
    if is_array_like(structure):
        return function(structure)
    if isinstance(structure, (list, tuple)):
        return [map_arrays(function, item) for item in structure]
    if isinstance(structure, dict):
        return {key: map_arrays(function, item) for key, item in structure.items()}
    return function(structure)
