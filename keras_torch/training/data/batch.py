"""One batch: what (x, y, sample_weight) a source's item means, and its way to tensors and to the device."""

import numpy as np
import torch

from keras_torch.base import settings, tree
from keras_torch.base.checks import fail
from keras_torch.base.dtypes import torch_dtype
from keras_torch.training.data.sources import count_samples

_OTHER_INTEGERS = (torch.int8, torch.int16, torch.int32, torch.uint16, torch.uint32, torch.uint64)


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
        value = _from_pandas(value, owner)
    elif hasattr(value, "numpy") and not hasattr(value, "__array__"):  # what TensorFlow and kin give
        value = value.numpy()
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


def _from_pandas(value, owner):
    """A DataFrame or Series as one array: floats if any column has floats (or gaps), else whole numbers.

    Errors:
        ValueError: columns that hold no numbers, by name.
    """
    value = _without_categories(value)
    columns = dict(value.dtypes.items()) if hasattr(value, "columns") else {value.name: value.dtype}
    wrong = {name: str(dtype) for name, dtype in columns.items() if dtype.kind not in "fiubc"}
    if wrong:
        named = ", ".join(f"{'the Series' if name is None else repr(name)} ({dtype})"
                          for name, dtype in wrong.items())  # fmt: skip
        raise ValueError(
            f"{owner} must hold numbers; these columns do not: {named}. Turn them into numbers first, for "
            "example with pandas.get_dummies(), .cat.codes or .astype('float32'), or leave them out."
        )
    kinds = {dtype.kind for dtype in columns.values()}
    if "c" in kinds or len(columns) == 1 and isinstance(next(iter(columns.values())), np.dtype):
        return value.to_numpy()
    if "f" in kinds or bool(np.asarray(value.isna()).any()):
        return value.to_numpy(dtype=settings.floatx() if settings.floatx() != "bfloat16" else "float32",
                              na_value=np.nan)  # fmt: skip
    return value.to_numpy(dtype="bool" if kinds == {"b"} else "int64")


def _without_categories(value):
    """A DataFrame or Series whose categories, where these are numbers, have become those numbers."""
    for place in range(value.shape[1] if hasattr(value, "columns") else 1):
        column = value.iloc[:, place] if hasattr(value, "columns") else value
        numbers = getattr(getattr(column.dtype, "categories", None), "dtype", None)
        if numbers is None or numbers.kind not in "fiub":
            continue
        column = column.astype("float64" if numbers.kind in "iu" and bool(column.isna().any()) else numbers)
        if not hasattr(value, "columns"):
            return column
        value = value.copy(deep=False)
        value.isetitem(place, column)
    return value


def has_nan(structure):
    """Whether a float tensor of a structure holds NaN.

    >>> has_nan([torch.ones(2), None]), has_nan(torch.tensor(float("nan")))
    (False, True)
    """
    return any(
        isinstance(leaf, torch.Tensor) and leaf.is_floating_point() and bool(torch.isnan(leaf.sum()))
        for leaf in tree.flatten(structure)
    )


def refuse_nan(structure, owner, argument):
    """Raises when a float array holds NaN; one pass over the data.

    Errors:
        ValueError: the argument and the number of NaN values are named.
    """
    for leaf in tree.flatten(structure):
        if has_nan(leaf):  # or an infinity less another one
            count = int(torch.isnan(leaf).sum())
            if count:
                raise ValueError(
                    f"{owner}: `{argument}` holds {count} NaN value(s) in an array of shape "
                    f"{tuple(leaf.shape)}; {_harm(owner)}. Replace them, for example with numpy.nan_to_num()."
                )


def _harm(owner):
    learns = owner.startswith(("fit()", "train_on_batch"))
    return "training would turn all weights into NaN" if learns else "loss and metrics would be NaN"


def as_tensor(value, owner, floats=None):
    """A tensor; numpy's float64 becomes `floatx()`, integers, but for uint8, become int64.

    Args:
        value: what `as_array` takes.
        owner: how errors call it.
        floats: dtype of float arrays; default `floatx()`.
    """
    value = as_array(value, owner)
    if isinstance(value, np.ndarray):
        if not value.flags.writeable or any(stride < 0 for stride in value.strides):
            value = value.copy()  # torch warns of memory it may not write to, and knows no negative strides
        if value.dtype.byteorder == ">":
            value = value.astype(value.dtype.newbyteorder("="))
        if value.dtype == np.uint64 and value.size and value.max() > np.iinfo(np.int64).max:
            raise ValueError(f"{owner} holds {value.max()}, too large for a whole number of 64 bits. "
                             "Convert it with .astype('float32').")  # fmt: skip
        value = torch.from_numpy(value) if value.ndim else torch.tensor(value[()])
    wanted = floats or torch_dtype(settings.floatx())
    if value.dtype in (torch.float64, torch.float16) and value.dtype != wanted:
        return value.to(wanted)
    return value.to(torch.int64) if value.dtype in _OTHER_INTEGERS else value


def to_device(structure, device, owner):
    """All leaves as tensors on the device; None stays None."""

    def move(leaf):
        if leaf is None:
            return None
        leaf = leaf.whole() if hasattr(leaf, "whole") else as_tensor(leaf, owner)
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


class Preparation:
    """From an item of the user's data to (x, y, sample_weight) of tensors.

    Args:
        owner: how errors call the method.
        lists: what a list of two or three means: "batch" (x, y, ...), as old generators give it,
            "inputs" of a model with several inputs, or "always" a batch, of any length.
        on_cpu: whether tensors that lie elsewhere are fetched to the processor.

    Attributes:
        floats: dtype of arrays of floats; None means `floatx()`.
        pairs: whether all parts of a batch must have the same number of samples.

    >>> Preparation("fit()", "batch", True)(([[1.0]], [2]), 0)
    (tensor([[1.]]), tensor([2]), None)
    """

    floats, pairs = None, False

    def __init__(self, owner, lists, on_cpu):
        self.owner, self.lists, self.on_cpu = owner, lists, on_cpu

    def __call__(self, item, number):
        """The batch with that number."""
        x, y, weight = _unpacked(item, self.owner, number, self.lists)
        where = f"{self.owner}: batch {number}"
        batch = (
            map_arrays(lambda leaf: self._tensor(leaf, where, "x"), x),
            map_arrays(lambda leaf: self._tensor(leaf, where, "y"), y),
            map_arrays(lambda leaf: self._tensor(leaf, where, "sample_weight"), weight),
        )
        if self.pairs and y is not None and not _are_pairs(*batch):
            count_samples(where, x=batch[0], y=batch[1], sample_weight=batch[2])
        return batch

    def _tensor(self, leaf, where, name):
        tensor = as_tensor(leaf, f"{where}, `{name}`", self.floats)
        return tensor.cpu() if self.on_cpu else tensor


def _are_pairs(x, y, weight):
    """Whether a plain batch of x and y is in order, as nearly all are; quicker than `count_samples`."""
    plain = weight is None and isinstance(x, torch.Tensor) and isinstance(y, torch.Tensor)
    return plain and x.dim() > 0 and y.dim() > 0 and x.shape[0] == y.shape[0] > 0


def _unpacked(item, owner, number, lists):
    if isinstance(item, list) and (lists == "batch" and len(item) in (2, 3) or lists == "always"):
        item = tuple(item)  # DataLoaders collate tuples to lists, and generators of Keras 1 and 2 gave lists
    if isinstance(item, tuple) and len(item) in (1, 2, 3):
        return tuple(item) + (None,) * (3 - len(item))
    if isinstance(item, tuple):
        raise ValueError(
            f"{owner}: batch {number} is a tuple of {len(item)}; a batch must be x, (x, y) or "
            "(x, y, sample_weight). Put several inputs into a list: ([a, b], y)."
        )
    if item is None or isinstance(item, (str, int, float)):
        fail(owner, f"batch {number}", item, "x, (x, y) or (x, y, sample_weight) of arrays")
    return item, None, None


class Transfer:
    """The way of a batch to the device: pinned by who makes it, then copied while nobody waits.

    Args:
        device: where batches must be.

    Notes:
        Only from pinned memory a copy to CUDA goes on by itself; torch keeps the memory until it is done.
    """

    def __init__(self, device):
        self._device = device
        self._pins = device.type == "cuda"

    def staged(self, batch):
        """The batch in pinned memory; to be called by workers, as pinning waits."""
        if not self._pins or batch is None:
            return batch
        return tree.map_structure(
            lambda leaf: leaf.pin_memory() if leaf is not None and leaf.device.type == "cpu" else leaf, batch
        )

    def moved(self, batch):
        """The batch on the device; the copy goes on by itself."""
        if self._device.type == "cpu":
            return batch
        return tree.map_structure(self._on_device, batch)

    def _on_device(self, leaf):
        if leaf is None or leaf.device == self._device:
            return leaf
        return leaf.to(self._device, non_blocking=self._pins)
