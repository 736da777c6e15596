"""Where batches come from. A source is iterated once per epoch and may know its number of batches."""

import itertools
import math
from itertools import repeat

import torch

from keras_torch.base import tree
from keras_torch.base.checks import fail
from keras_torch.training.data.batch import as_tensor, map_arrays
from keras_torch.training.data.seeds import PassSeed


class Source:
    """One source of batches.

    Attributes:
        steps: batches per epoch, or None when unknown.
        samples: number of samples, or None when unknown.
        restarts: whether every pass starts from the beginning (a generator goes on where it stopped).
        draws: batches that one epoch takes, when the loop knows it (`steps_per_epoch`): no more are prepared
            ahead, so that between epochs nothing has been taken from a generator that was not used.

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
        first = next(batches, None)
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
        On CUDA the arrays move to the device once when they fit (a quarter of its free memory), else each
        batch is copied from pinned memory.
    """

    def __init__(self, x, y, sample_weight, batch_size, shuffle, device, owner):
        self.samples = count_samples(owner, x=x, y=y, sample_weight=sample_weight)
        self.batch_size, self.shuffle, self.device = batch_size, shuffle, device
        self.steps = math.ceil(self.samples / batch_size)
        self._seed = PassSeed()
        self._data = (x, y, sample_weight)
        self._leaves = [leaf for leaf in tree.flatten(self._data) if leaf is not None]
        self._place()

    def _place(self):
        resident = all(leaf.device == self.device for leaf in self._leaves)
        if not resident and self.device.type == "cuda":
            size = sum(leaf.numel() * leaf.element_size() for leaf in self._leaves)
            resident = size < torch.cuda.mem_get_info(self.device)[0] // 4
            move = (lambda leaf: leaf.to(self.device)) if resident else (lambda leaf: leaf.pin_memory())
            self._data = tree.map_structure(lambda leaf: None if leaf is None else move(leaf), self._data)
        elif not resident:
            self._data = tree.map_structure(
                lambda leaf: None if leaf is None else leaf.to(self.device), self._data
            )
            resident = True
        self._resident = resident
        self._leaves = [leaf for leaf in tree.flatten(self._data) if leaf is not None]
        self._simple = all(isinstance(part, torch.Tensor) or part is None for part in self._data)

    def batches(self, first=0):
        """An iterator over the batches of this epoch, in a new order when shuffling."""
        if self.shuffle is False and self._simple and self._resident:
            # All views are made at once and handed out by zip: no Python runs between two batches.
            size = self.batch_size
            return zip(*(repeat(None) if part is None else part.split(size)[first:] for part in self._data))
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
            batch = select(index)
            yield batch if self._resident else tree.map_structure(self._copied, batch)

    def as_numpy(self):
        """All arrays, flat, with weights of 1 where none were given: `validation_data` of old callbacks."""
        x, y, weight = self._data
        targets = tree.flatten(y)
        weights = [torch.ones(self.samples) for _ in targets] if weight is None else tree.flatten(weight)
        return [leaf.cpu().numpy() for leaf in (*tree.flatten(x), *targets, *weights) if leaf is not None]

    def _copied(self, leaf):
        return None if leaf is None else leaf.to(self.device, non_blocking=True)

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
            if self._leaves[0].device.type != "cpu":
                order = order.to(self._leaves[0].device)
            return order.split(self.batch_size)
        return slices(self.samples, self.batch_size, self._seed if self.shuffle else None)


def slices(samples, size, seed=None):
    """(start, length) of each batch; with a seed in its random order.

    >>> slices(5, 2)
    [(0, 2), (2, 2), (4, 1)]
    """
    places = [(start, min(size, samples - start)) for start in range(0, samples, size)]
    return places if seed is None else [places[i] for i in seed.permutation(len(places)).tolist()]



def _take_rows(tensor, index):
    return tensor.index_select(0, index)


def _take_slice(tensor, place):
    return tensor.narrow(0, place[0], place[1])


class IterableSource(Source):
    """Batches from anything that yields them: generators, DataLoaders, datasets with `__iter__`.

    Args:
        make: function without arguments that gives an iterator for an epoch.
        device: where batches must be.
        owner: how errors call it.
        steps: batches per epoch, when known.
        restarts: False when the iterator goes on where it stopped (a generator).
        dataset: object whose `on_epoch_begin` and `on_epoch_end`, if any, are called around each pass.
        lists: what a list of two or three means: "batch" (x, y, ...), as old generators give it,
            "inputs" of a model with several inputs, or "always" a batch, of any length.
    """

    def __init__(self, make, device, owner, steps=None, restarts=True, dataset=None, lists="batch"):
        self._make, self.device, self.owner = make, device, owner
        self.steps, self.restarts = steps, restarts
        self._dataset, self._lists = dataset, lists
        self._running = None

    def batches(self, first=0):
        """Batches as (x, y, sample_weight) on the device; the source's own errors arrive unchanged."""
        if self.restarts or self._running is None:
            self._running = iter(self._make())
        for number, item in enumerate(self._running):
            if number >= first:
                yield self._prepared(item, number)

    def peek(self, owner):
        """The first batch; a generator gets it back in front."""
        if self.restarts:
            return super().peek(owner)
        rest = iter(self._make())
        item = next(rest, None)
        if item is None:
            checked_first(None, owner)
        self._running = itertools.chain([item], rest)
        return self._prepared(item, 0)

    def _prepared(self, item, number):
        parts = _unpack(item, self.owner, number, self._lists)
        names = ("x", "y", "sample_weight")
        return tuple([self._moved(part, f"batch {number}, `{name}`") for name, part in zip(names, parts)])

    def _moved(self, part, name):
        def move(leaf):
            tensor = as_tensor(leaf, f"{self.owner}: {name}")
            return tensor if tensor.device == self.device else tensor.to(self.device, non_blocking=True)

        return map_arrays(move, part)

    def begin_epoch(self):
        """Tells a PyDataset."""
        getattr(self._dataset, "on_epoch_begin", _nothing)()

    def end_epoch(self):
        """Lets a PyDataset reorder itself."""
        getattr(self._dataset, "on_epoch_end", _nothing)()


def _nothing():
    """What datasets without these hooks do."""


def _unpack(item, owner, number, lists):
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
