"""Chooses the source for what the user gave as data, and checks the data before the first step."""

import collections.abc

import torch

from keras_torch.base import tree
from keras_torch.base.checks import fail
from keras_torch.training.data.batch import as_tensor, map_arrays
from keras_torch.training.data.batch import is_array_like as is_array_like
from keras_torch.training.data.pydataset import number_of_batches, ordered_batches
from keras_torch.training.data.sources import ArraySource, IterableSource
from keras_torch.training.data.sources import count_samples as count_samples


def has_no_arrays(x):
    """Whether `x` is a source of batches of its own (and not arrays in memory).

    >>> has_no_arrays(iter([])), has_no_arrays([[1.0]])
    (True, False)
    """
    if x is None or is_array_like(x) or isinstance(x, (list, tuple, dict, str, torch.Tensor)):
        return False
    return isinstance(x, torch.utils.data.Dataset) or hasattr(x, "__iter__") or hasattr(x, "__getitem__")


def is_sample_dataset(x):
    """Whether `x` is a torch Dataset of single samples, which is batched here.

    >>> is_sample_dataset(torch.utils.data.TensorDataset(torch.zeros(2)))
    True
    """
    return isinstance(x, torch.utils.data.Dataset) and not hasattr(x, "on_epoch_end")


def tensors(structure, owner, argument, float_types=None):
    """A structure of arrays as tensors.

    Args:
        structure: array, list, tuple or dict of arrays; None stays.
        owner: name of the method, for errors.
        argument: name of the argument.
        float_types: flat list of dtypes that integer arrays become (the model's float inputs), or None.
    """
    if structure is None:
        return None
    made = map_arrays(lambda leaf: as_tensor(leaf, f"{owner}: `{argument}`"), structure)
    if float_types is None:
        return made
    leaves = tree.flatten(made)
    if len(leaves) != len(float_types):
        return made
    fitted = [_as_input(leaf, wanted, f"{owner}: `{argument}`") for leaf, wanted in zip(leaves, float_types)]
    return tree.pack(made, fitted)


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


def refuse_nan(structure, owner, argument):
    """Raises when a float array holds NaN; one pass over the data.

    Errors:
        ValueError: the argument and the number of NaN values are named.
    """
    for leaf in tree.flatten(structure):
        if isinstance(leaf, torch.Tensor) and leaf.is_floating_point() and torch.isnan(leaf.sum()):
            count = int(torch.isnan(leaf).sum())
            if count:
                raise ValueError(
                    f"{owner}: `{argument}` holds {count} NaN value(s) in an array of shape "
                    f"{tuple(leaf.shape)}; training would turn all weights into NaN. Replace them, for "
                    "example with numpy.nan_to_num()."
                )


def array_source(x, y, sample_weight, batch_size, shuffle, device, owner):
    """The source for tensors in memory."""
    return ArraySource(x, y, sample_weight, 32 if batch_size is None else batch_size, shuffle, device, owner)


def batch_source(x, batch_size, shuffle, device, owner, workers, ahead):
    """The source for data that come as batches (or as a torch Dataset, which is batched here).

    Errors:
        ValueError: `batch_size` for data that come in batches already.
        TypeError: nothing that yields batches.
    """
    if is_sample_dataset(x):
        flow = isinstance(x, torch.utils.data.IterableDataset)
        x = torch.utils.data.DataLoader(
            x, batch_size=32 if batch_size is None else batch_size, shuffle=None if flow else bool(shuffle)
        )
    elif batch_size is not None:
        fail(owner, "batch_size", batch_size, "left out for data that come in batches",
             "Set the batch size where the batches are made.")  # fmt: skip
    if isinstance(x, torch.utils.data.DataLoader):
        return IterableSource(lambda: iter(x), device, owner, steps=_length(x), lists="always")
    lists = "inputs" if owner.startswith("predict") else "batch"
    if hasattr(x, "__getitem__") and (hasattr(x, "__len__") or hasattr(x, "num_batches")):
        return _numbered_source(x, shuffle, device, owner, workers, ahead, lists)
    if isinstance(x, collections.abc.Iterator):
        return IterableSource(lambda: x, device, owner, steps=_length(x), restarts=False, lists=lists)
    if not hasattr(x, "__iter__"):
        fail(owner, "x", x, "arrays, a dataset, a DataLoader, a PyDataset or a generator", error=TypeError)
    return IterableSource(lambda: iter(x), device, owner, steps=_length(x), lists=lists)


def _numbered_source(x, shuffle, device, owner, workers, ahead, lists):
    """Keras's PyDataset and Sequence (and anything with numbered batches)."""
    workers = getattr(x, "workers", 1) if workers is None else workers
    ahead = getattr(x, "max_queue_size", 10) if ahead is None else ahead
    steps = number_of_batches(x)
    if steps == 0:
        raise ValueError(f"{owner}: the dataset has 0 batches. Give at least one.")
    return IterableSource(
        lambda: ordered_batches(x, workers, ahead, shuffle=bool(shuffle)),
        device, owner, steps=steps, dataset=x, lists=lists,
    )  # fmt: skip


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
