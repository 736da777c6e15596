"""A data set in two parts."""

import random

import numpy as np
import torch

from keras_torch.base import tree
from keras_torch.base.checks import fail, is_integer, is_number


class _Rows(torch.utils.data.Dataset):
    """The rows of arrays, or the items of a data set, at some positions."""

    def __init__(self, source, positions):
        self.source, self.positions = source, positions

    def __len__(self):
        return len(self.positions)

    def __getitem__(self, index):
        place = self.positions[index]
        if isinstance(self.source, torch.utils.data.Dataset):
            return self.source[place]
        return tree.map_structure(lambda rows: rows[place], self.source)


def _fraction_or_count(argument, value, total):
    """How many samples `value` means: a fraction from 0 to 1 or a number of samples."""
    if value is None:
        return None
    if is_integer(value) and 0 < value <= total:
        return int(value)
    if is_number(value) and not is_integer(value) and 0 < value < 1:
        return round(total * value)
    return fail("split_dataset()", argument, value,
                f"a fraction between 0 and 1, or a number from 1 to {total}")


def _sizes(total, left_size, right_size):
    if left_size is None and right_size is None:
        raise ValueError("split_dataset() needs `left_size` or `right_size`; got neither. "
                         "Write left_size=0.8.")
    left = _fraction_or_count("left_size", left_size, total)
    right = _fraction_or_count("right_size", right_size, total)
    left = total - right if left is None else left
    right = total - left if right is None else right
    if left + right > total or not left or not right:
        raise ValueError(f"split_dataset(): parts of {left} and {right} samples cannot be made of {total}. "
                         "Choose other sizes.")
    return left, right


def split_dataset(dataset, left_size=None, right_size=None, shuffle=False, seed=None, preferred_backend=None):
    """Two data sets made of one.

    Args:
        dataset: array, tuple, list or dict of arrays of one length, or a `torch.utils.data.Dataset`.
        left_size: samples of the first part: a fraction between 0 and 1, or a number. None: the rest.
        right_size: samples of the second part, likewise.
        shuffle: whether the samples are put in random order first.
        seed: of the shuffling; an integer.
        preferred_backend: only None or 'torch'.

    Returns:
        (left, right): two `torch.utils.data.Dataset`s.

    Errors:
        ValueError: sizes that do not fit, arrays of different lengths, or another backend.

    Source: Keras `utils.split_dataset`, which gives TensorFlow data sets.

    >>> left, right = split_dataset(np.arange(10), left_size=0.8)
    >>> len(left), [int(item) for item in right]
    (8, [8, 9])
    """
    if preferred_backend not in (None, "torch"):
        fail("split_dataset()", "preferred_backend", preferred_backend, "None or 'torch'")
    total = _length(dataset)
    left, right = _sizes(total, left_size, right_size)
    order = list(range(total))
    if shuffle:
        random.Random(seed).shuffle(order)
    return _Rows(dataset, order[:left]), _Rows(dataset, order[left:left + right])


def _length(dataset):
    """Number of samples."""
    if isinstance(dataset, torch.utils.data.Dataset):
        return len(dataset)
    arrays = (np.ndarray, torch.Tensor)
    if isinstance(dataset, list) and not all(isinstance(item, arrays) for item in dataset):
        fail("split_dataset()", "dataset", type(dataset).__name__, "arrays or a torch Dataset",
             "Turn a list of numbers into a numpy array.")
    lengths = {len(rows) for rows in tree.flatten(dataset)}
    if len(lengths) != 1:
        raise ValueError(f"split_dataset(): the arrays have {sorted(lengths)} samples. "
                         "Give arrays of one length.")
    return lengths.pop()
