"""Where batches come from. A source is iterated once per epoch and may know its number of batches."""

import math
from itertools import repeat

import torch

from keras_torch.base import tree
from keras_torch.dialects.translator import behaviour
from keras_torch.training.data.seeds import PassSeed


class StoppedByData(Exception):
    """Carries a StopIteration of the user's out of generators, which would make a RuntimeError of it.

    Args:
        error: the StopIteration.
    """

    def __init__(self, error):
        super().__init__(error)
        self.error = error


class Source:
    """One source of batches.

    Attributes:
        steps: batches per epoch, or None when unknown.
        samples: number of samples, or None when unknown.
        restarts: whether every pass starts from the beginning (a generator goes on where it stopped).
        draws: batches that one epoch takes, when the loop knows it (`steps_per_epoch`): no more are prepared
            ahead, so that between epochs nothing has been taken from a generator that was not used.
        exact: set it when the state of the random numbers is stored between two batches: data that draw from
            Python's or numpy's global generator are then made in turn. (Those that draw from torch's always
            are, once a seed was set; see habits.py.)
        dataset: the user's object behind the source, whose order may change from epoch to epoch; or None.

    Notes:
        To resume a pass: `restore(state)` with what `state()` said during that pass, then `batches(first=n)`
        begins with its batch n. What comes is the same, bit for bit. Batches before are skipped by their
        number where there is one, else drawn and dropped. For a source that does not restart, `first`
        counts from its very beginning: pass all batches ever taken.
    """

    steps = None
    samples = None
    restarts = True
    draws = None
    exact = False
    dataset = None

    def batches(self, first=0):
        """An iterator over (x, y, sample_weight) for one pass, from batch number `first` on."""
        raise NotImplementedError

    def state(self):
        """What decides the order and the random numbers of the pass in progress: a dict fit for JSON."""
        return {}

    def restore(self, state):
        """Makes the next pass the one that `state` describes."""

    def begin_epoch(self):
        """Called before each epoch."""

    def end_epoch(self):
        """Called after each epoch."""

    def peek(self, owner):
        """The first batch; the next pass still begins with it.

        Errors:
            ValueError: there is no batch.
        """
        batches = self.batches()
        try:
            first = next(batches, None)
        except StoppedByData as stop:
            raise stop.error from None
        if hasattr(batches, "close"):
            batches.close()
        return checked_first(first, owner)

    def close(self):
        """Ends the threads and processes that prepare batches, and with them the passes under way."""


def checked_first(batch, owner):
    """The batch, which is there.

    Errors:
        ValueError: it is None.
    """
    if batch is None:
        raise ValueError(f"{owner}: the data are empty. Give at least one batch.")
    return batch


def count_samples(owner, **named):
    """The common number of samples of several structures of arrays.

    Errors:
        ValueError: different numbers, none at all, or a number without a batch axis.
    """
    found = {}
    for name, structure in named.items():
        for leaf in tree.flatten(structure):
            if leaf is None:
                continue
            if leaf.dim() == 0:
                raise ValueError(
                    f"{owner}: `{name}` holds a single number; arrays need a first axis of samples."
                )
            found.setdefault(leaf.shape[0], name)
    if len(found) > 1:
        parts = ", ".join(f"`{name}` has {count}" for count, name in found.items())
        raise ValueError(
            f"{owner}: all arrays must have the same number of samples; {parts}. Check how x and y were made."
        )
    samples = next(iter(found), 0)
    if samples == 0:
        raise ValueError(f"{owner}: the data are empty (0 samples). Give at least one sample.")
    return samples


class ArraySource(Source):
    """Arrays in memory, indexed batch by batch (a DataLoader would cost 79 us per batch, indexing costs 5).

    Args:
        x, y, sample_weight: structures of tensors with the same number of samples; the last two may be None.
        batch_size: samples per batch.
        shuffle: False, True (samples), or 'batch' (the order of batches).
        device: where batches must be.
        owner: how errors call it.

    Notes:
        Arrays that do not fit on the device are not for this source; see `choosing.array_source`.
    """

    def __init__(self, x, y, sample_weight, batch_size, shuffle, device, owner):
        self.samples = count_samples(owner, x=x, y=y, sample_weight=sample_weight)
        self.batch_size, self.shuffle, self.device = batch_size, shuffle, device
        self.steps = math.ceil(self.samples / batch_size)
        self._seed = PassSeed()
        self._data = (x, y, sample_weight)
        self._data = tree.map_structure(lambda leaf: None if leaf is None else leaf.to(device), self._data)
        self._find_form()

    def _find_form(self):
        self._simple = all(isinstance(part, torch.Tensor) or part is None for part in self._data)

    def weigh(self, weights_of):
        """Sets the sample weights of all samples at once, so that no step has to compute any.

        Args:
            weights_of: function (sample weights or None, y) -> sample weights.
        """
        x, y, weight = self._data
        self._data = x, y, weights_of(weight, y)
        self._find_form()

    def batches(self, first=0):
        """An iterator over the batches of this epoch, in a new order when shuffling."""
        if self.shuffle is False and self._simple:
            # All views are made at once and handed out by zip: no Python runs between two batches.
            size = self.batch_size
            return zip(*(repeat(None) if part is None else part.split(size)[first:] for part in self._data))
        if self.shuffle:
            self._seed.next()
        return self._selected_batches(first)

    def state(self):
        """The seed of the order."""
        return {"seed": self._seed.value}

    def restore(self, state):
        """Makes the next pass that of the seed."""
        self._seed.repeat(state["seed"])

    def _selected_batches(self, first):
        select = self._selector()
        for index in self._indices()[first:]:
            yield select(index)

    def as_numpy(self):
        """Inputs, targets and weights as three flat lists; weights of 1 where none were given."""
        x, y, weight = self._data
        targets = tree.flatten(y)
        weights = [torch.ones(self.samples) for _ in targets] if weight is None else tree.flatten(weight)
        return [[leaf.cpu().numpy() for leaf in part if leaf is not None]
                for part in (tree.flatten(x), targets, weights)]  # fmt: skip

    def _selector(self):
        """Function that takes one batch out: straight-line for plain (x, y, w), by structure else."""
        if self.shuffle is not True:
            take = _take_slice
        else:
            take = _take_rows
        if self._simple:
            x, y, weight = self._data
            return lambda index: (
                take(x, index),
                None if y is None else take(y, index),
                None if weight is None else take(weight, index),
            )
        return lambda index: tree.map_structure(
            lambda leaf: None if leaf is None else take(leaf, index), self._data
        )

    def _indices(self):
        """Row numbers of each batch, or their (start, length)."""
        if self.shuffle is True:
            order = self._seed.permutation(self.samples)
            if self.device.type != "cpu":
                order = order.to(self.device)
            return order.split(self.batch_size)
        return slices(self.samples, self.batch_size, self._seed if self.shuffle else None)


def slices(samples, size, seed=None):
    """(start, length) of each batch; with a seed in random order, up to Keras 2.3 with a smaller one last.

    >>> slices(5, 2)
    [(0, 2), (2, 2), (4, 1)]
    """
    places = [(start, min(size, samples - start)) for start in range(0, samples, size)]
    if seed is None:
        return places
    rest_last = behaviour("batches in random order") == "the rest last"
    moved = samples // size if rest_last else len(places)
    return [places[i] for i in seed.permutation(moved).tolist()] + places[moved:]


def _take_rows(tensor, index):
    return tensor.index_select(0, index)


def _take_slice(tensor, place):
    return tensor.narrow(0, place[0], place[1])
