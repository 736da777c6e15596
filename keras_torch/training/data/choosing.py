"""Chooses the source for what the user gave as data, and checks the data before the first step."""

import collections.abc
import dataclasses
import math
import warnings

import torch

from keras_torch.base import tree
from keras_torch.base.checks import fail, is_integer
from keras_torch.training.data.batch import Preparation, as_tensor, map_arrays
from keras_torch.training.data.batch import is_array_like as is_array_like
from keras_torch.training.data.batch import refuse_nan as refuse_nan
from keras_torch.training.data.columns import Column, column_of
from keras_torch.training.data.pydataset import number_of_batches
from keras_torch.training.data.sources import ArraySource
from keras_torch.training.data.sources import count_samples as count_samples
from keras_torch.training.data.streams import IterableSource, NumberedSource, Queue, RowsSource


def has_no_arrays(x):
    """Whether `x` is a source of batches of its own (and not arrays in memory).

    >>> has_no_arrays(iter([])), has_no_arrays([[1.0]])
    (True, False)
    """
    if x is None or is_array_like(x) or isinstance(x, (list, tuple, dict, str, torch.Tensor)):
        return False
    return isinstance(x, torch.utils.data.Dataset) or any(
        hasattr(x, name) for name in ("__iter__", "__getitem__", "next", "as_numpy_iterator")
    )


def is_sample_dataset(x):
    """Whether `x` is a torch Dataset of single samples, which is batched here.

    >>> is_sample_dataset(torch.utils.data.TensorDataset(torch.zeros(2)))
    True
    """
    return isinstance(x, torch.utils.data.Dataset) and not hasattr(x, "on_epoch_end")


def opened(x, y, sample_weight):
    """(x, y, sample_weight) from a plain TensorDataset, whose rows are taken as those of arrays; others stay.

    >>> x, y, _ = opened(torch.utils.data.TensorDataset(torch.zeros(2), torch.ones(2)), None, None)
    >>> x, y
    (tensor([0., 0.]), tensor([1., 1.]))
    """
    plain = type(x) is torch.utils.data.TensorDataset and len(x.tensors) <= 3
    if not plain or y is not None or sample_weight is not None:
        return x, y, sample_weight
    return (*x.tensors, None, None)[:3]


def tensors(structure, owner, argument, float_types=None, floats=None):
    """A structure of arrays as tensors; those that are not to be read whole become `Column`s.

    Args:
        structure: array, list, tuple or dict of arrays; None stays.
        owner: name of the method, for errors.
        argument: name of the argument.
        float_types: flat list of dtypes that integer arrays become (the model's float inputs), or None.
        floats: dtype of arrays of floats; default `floatx()`.
    """
    if structure is None:
        return None
    made = map_arrays(lambda leaf: _whole(leaf, f"{owner}: `{argument}`", argument == "x", floats), structure)
    if float_types is None:
        return made
    leaves = tree.flatten(made)
    if len(leaves) != len(float_types):
        return made
    fitted = [_as_input(leaf, wanted, f"{owner}: `{argument}`") for leaf, wanted in zip(leaves, float_types)]
    return tree.pack(made, fitted)


def _whole(leaf, owner, is_input, floats):
    """A tensor or `Column`; a pandas Series among the inputs is one feature, (samples, 1), as in Keras."""
    column = column_of(leaf, owner)
    if column is not None:
        return column
    return as_tensor(leaf.to_frame() if is_input and hasattr(leaf, "to_frame") else leaf, owner, floats)


def _as_input(leaf, wanted, owner):
    """An array as an input of the model wants it; `wanted` is a dtype of floats, or None for any."""
    if leaf is None or wanted is None or leaf.is_floating_point():
        return leaf
    if leaf.is_complex():
        raise ValueError(
            f"{owner} holds complex numbers, and the model's input is {wanted}. Give real numbers, such as "
            "np.abs(x), or the real and imaginary parts as two features."
        )
    return leaf.to(wanted)


def array_source(x, y, sample_weight, batch_size, shuffle, device, owner, queue=None):
    """The source for arrays: of tensors in memory, or of rows that are fetched batch by batch.

    Args:
        x, y, sample_weight: structures of tensors and `Column`s.
        batch_size: samples per batch; None means 32.
        shuffle: as in fit.
        device: where batches must be.
        owner: how errors call the method.
        queue: a `Queue`, for rows that are fetched.
    """
    batch_size = 32 if batch_size is None else batch_size
    leaves = [leaf for leaf in tree.flatten((x, y, sample_weight)) if leaf is not None]
    if any(isinstance(leaf, Column) for leaf in leaves) or not fits_on(device, leaves):
        return RowsSource(x, y, sample_weight, batch_size, shuffle, device, owner, queue or Queue())
    return ArraySource(x, y, sample_weight, batch_size, shuffle, device, owner)


def fits_on(device, leaves):
    """Whether tensors may move to the device as a whole: on CUDA they may take a quarter of the free memory.

    >>> fits_on(torch.device("cpu"), [torch.zeros(3)])
    True
    """
    if device.type != "cuda":
        return True
    elsewhere = [leaf for leaf in leaves if leaf.device != device]
    if not elsewhere:
        return True
    size = sum(leaf.numel() * leaf.element_size() for leaf in elsewhere)
    return size < torch.cuda.mem_get_info(device)[0] // 4


def batch_source(x, batch_size, shuffle, device, owner, queue):
    """The source for data that come as batches (or as a torch Dataset, which is batched here).

    Args:
        x: what gives the batches.
        batch_size: samples per batch of torch Datasets; beside data that come in batches it changes
            nothing, as in Keras, and a warning says so.
        shuffle: whether batches with numbers, and samples of torch Datasets, come in random order.
        device: where batches must be.
        owner: how errors call the method.
        queue: `Queue` with None where the user said nothing.

    Errors:
        TypeError: nothing that yields batches.
    """
    if is_sample_dataset(x):
        x = _loader(x, batch_size, shuffle, queue)
    elif batch_size is not None:
        warnings.warn(f"{owner}: `batch_size` {batch_size} changes nothing, as the data come in batches. "
                      "Set it where they are made, and leave it out here.", stacklevel=5)  # fmt: skip
    lists = "inputs" if owner.startswith("predict") else "batch"
    if isinstance(x, torch.utils.data.DataLoader):
        lists = "always"
        queue = dataclasses.replace(queue, workers=0 if x.num_workers else queue.workers, processes=False)
    prepare = Preparation(owner, lists, device.type == "cpu")
    if hasattr(x, "as_numpy_iterator"):
        return _tensorflow_source(x, prepare, device, owner, queue)
    if hasattr(x, "__getitem__") and (hasattr(x, "__len__") or hasattr(x, "num_batches")):
        return _numbered_source(x, shuffle, prepare, device, owner, queue)
    return _iterable_source(x, prepare, device, owner, queue)


def _loader(x, batch_size, shuffle, queue):
    """A DataLoader for a torch Dataset of samples; its worker processes are those asked for."""
    flow = isinstance(x, torch.utils.data.IterableDataset)
    return torch.utils.data.DataLoader(
        x,
        batch_size=32 if batch_size is None else batch_size,
        shuffle=None if flow else bool(shuffle),
        num_workers=(queue.workers or 0) if queue.processes else 0,
    )


def _numbered_source(x, shuffle, prepare, device, owner, queue):
    """Keras's PyDataset and Sequence (and anything with numbered batches)."""
    if number_of_batches(x) == 0:
        raise ValueError(f"{owner}: the dataset has 0 batches. Give at least one.")
    own = Queue(getattr(x, "workers", 1), getattr(x, "max_queue_size", 10),
                getattr(x, "use_multiprocessing", False))  # fmt: skip
    return NumberedSource(x, bool(shuffle), prepare, device, owner, _filled(queue, own))


def _iterable_source(x, prepare, device, owner, queue):
    """Generators, iterators, DataLoaders, and old iterators that have `next()` and know their length."""
    queue = _filled(queue, Queue())
    if not hasattr(x, "__iter__") and not hasattr(x, "__next__") and hasattr(x, "next"):
        x = _NextOnly(x)
    known = _legacy_steps(x)
    if isinstance(x, collections.abc.Iterator):
        return IterableSource(lambda: x, prepare, device, owner, queue, steps=known or _length(x),
                              restarts=False, endless=known is not None, dataset=x)  # fmt: skip
    if not hasattr(x, "__iter__"):
        fail(owner, "x", x, "arrays, a dataset, a DataLoader, a PyDataset or a generator", error=TypeError)
    return IterableSource(lambda: iter(x), prepare, device, owner, queue, steps=_length(x), dataset=x)


class _NextOnly(collections.abc.Iterator):
    """An iterator of old, which has only `next()`."""

    def __init__(self, iterator):
        self._iterator = iterator
        self.n, self.batch_size = getattr(iterator, "n", None), getattr(iterator, "batch_size", None)

    def __next__(self):
        return self._iterator.next()


def _legacy_steps(x):
    """Batches of a pass of an endless iterator that knows `n` samples and its `batch_size`, else None."""
    samples, size = getattr(x, "n", None), getattr(x, "batch_size", None)
    return math.ceil(samples / size) if is_integer(samples) and is_integer(size) and size > 0 else None


def _tensorflow_source(x, prepare, device, owner, queue):
    """Anything with the interface of a `tf.data.Dataset`."""
    steps = _cardinality(x)
    return IterableSource(
        x.as_numpy_iterator, prepare, device, owner, _filled(queue, Queue()),
        steps=None if steps is None or steps < 0 else steps, endless=steps == -1,
    )  # fmt: skip


def _cardinality(x):
    """Number of batches; -1 for endless ones, -2 or None for unknown."""
    count = x.cardinality() if hasattr(x, "cardinality") else _length(x)
    return count if count is None else int(count.numpy() if hasattr(count, "numpy") else count)


def _filled(queue, own):
    """What the user asked for, and for the rest what the dataset says."""
    return Queue(
        own.workers if queue.workers is None else queue.workers,
        own.size if queue.size is None else queue.size,
        queue.processes or own.processes,
    )


def _length(x):
    try:
        return len(x)
    except TypeError:
        return None


def split_off(structures, fraction, owner):
    """(training part, validation part): the last `fraction` of the samples is for validation.

    Args:
        structures: list of structures of tensors (None allowed).
        fraction: 0 to 1.

    Errors:
        ValueError: a part would be empty.
    """
    samples = next(leaf.shape[0] for leaf in tree.flatten(structures) if leaf is not None)
    at = int(samples * (1 - fraction))
    if at == 0 or at == samples:
        raise ValueError(
            f"{owner}: `validation_split`={fraction} of {samples} sample(s) leaves an empty part. "
            "Give more samples or another fraction."
        )

    def part(choose):
        return [
            tree.map_structure(lambda leaf: None if leaf is None else choose(leaf), s) for s in structures
        ]

    return part(lambda leaf: leaf[:at]), part(lambda leaf: leaf[at:])
