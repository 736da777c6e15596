"""Sources whose batches have to be made: numbered ones, those of iterators, and rows read from elsewhere.

# Note [how a batch comes]
A job (a number, row numbers, or just "the next one") is made into (x, y, sample_weight) of tensors by a
worker, or in turn (habits.py says which); the training thread receives the batches in the order of the jobs
and starts the copy to the device. No more than `max_queue_size` are under way, and none that the epoch will
not use: after an epoch with `steps_per_epoch` a generator has given what was used and nothing more. Only what
ends an epoch early (an exception, `stop_training`) can leave batches unused that were taken from a generator.
"""

import collections
import dataclasses
import functools
import itertools
import math
import types

from keras_torch.base import tree
from keras_torch.base.third_party import end_loader_workers
from keras_torch.training.data import seeds
from keras_torch.training.data.batch import Transfer, has_nan, refuse_nan
from keras_torch.training.data.columns import rows_of
from keras_torch.training.data.habits import Habits
from keras_torch.training.data.pydataset import number_of_batches
from keras_torch.training.data.sources import Source, StoppedByData, checked_first, count_samples, slices
from keras_torch.training.data.workers import GRACE, Processes, Threads


@dataclasses.dataclass(frozen=True)
class Queue:
    """How batches are prepared ahead.

    Args:
        workers: number of workers; 0 makes each batch when it is needed.
        size: largest number of batches under way.
        processes: whether the workers are processes.
    """

    workers: int = 1
    size: int = 10
    processes: bool = False


_PARTS = ("x", "y", "sample_weight")


class PreparedSource(Source):
    """A source whose batches are made ahead of need; see Note [how a batch comes].

    Args:
        device: where batches must be.
        owner: how errors call it.
        queue: a `Queue`.
        habits: a `Habits`.
    """

    endless = False

    def __init__(self, device, owner, queue, habits):
        self.device, self.owner, self.queue, self.habits = device, owner, queue, habits
        self._transfer = Transfer(device)
        self._seed = seeds.PassSeed()
        self._left = None  # batches that may still be begun ahead in this epoch; None before the first one
        self._taken = 0  # batches handed out
        self._lines = []
        self._kept_crew = None  # that of a source that does not restart

    def begin_epoch(self):
        """Allows batches to be prepared, as many as the epoch takes.

        Errors:
            ValueError: the data have no end, and nobody said how many batches an epoch has.
        """
        if self.endless and self.draws is None:
            raise ValueError(
                f"{self.owner}: the data have no end. Give the number of batches: steps_per_epoch, "
                "validation_steps, or steps in evaluate() and predict()."
            )
        self._left = math.inf if self.draws is None else self.draws

    def state(self):
        """The seed of the order, and of batches with numbers."""
        return {"seed": self._seed.value}

    def restore(self, state):
        """Makes the next pass that of the seed."""
        self._seed.repeat(state["seed"])

    def close(self, grace=GRACE):
        """Ends the workers; those that are in the middle of a batch have `grace` seconds."""
        for line in list(self._lines):
            line.close(grace)
        crew, self._kept_crew = self._kept_crew, None
        if crew is not None:
            crew.close(grace)

    def _run(self, jobs, make, at_end=None):
        """The batches of jobs in their order, until the jobs end or a batch is None."""
        line = _Line(self, jobs, make)
        self._lines.append(line)
        try:
            while (batch := line.next()) is not None:
                self._taken += 1
                yield self._transfer.moved(batch)
        finally:
            line.close()
            if at_end is not None:
                at_end()

    def _makes_in_turn(self, at_start):
        """Whether the next batch is made by who asks: always before the first epoch begins."""
        return self._left is None or self.habits.in_turn(at_start, self.exact)

    def _hire(self, make):
        """Workers for a pass; those of a source that does not restart stay."""
        if self._kept_crew is not None:
            return self._kept_crew
        if self.habits.processes:
            crew = Processes(self._for_process(make), self.habits.count, self.owner, self._transfer.staged)
        else:
            stage, made = self._transfer.staged, self.habits.made
            crew = Threads(lambda job: stage(made(make, job)), self.habits.count)
        self._kept_crew = None if self.restarts else crew
        return crew

    def _for_process(self, make):
        """What a worker process runs: batches from seeds of their own."""
        return functools.partial(_made_from_seed, make, self._seed.value)


def _made_from_seed(make, seed, number):
    seeds.seed_all(seed + number)
    return make(number)


class _Line:
    """The batches of one pass that are under way."""

    def __init__(self, source, jobs, make):
        self._source, self._jobs, self._make = source, iter(jobs), make
        self._waiting = collections.deque()
        self._crew = None
        self._at_start = True

    def next(self):
        """The next batch, None at the end."""
        if not self._waiting and self._source._makes_in_turn(self._at_start):
            return self._made_in_turn()
        self._fill()
        self._at_start = False
        return self._waiting.popleft().result() if self._waiting else None

    def _made_in_turn(self):
        job = next(self._jobs, None)
        if job is None:
            return None
        at_start, self._at_start = self._at_start, False
        if self._source._left is not None:
            self._source._left -= 1
        return self._source._transfer.staged(self._source.habits.watched(self._make, job, at_start))

    def _fill(self):
        source, waiting = self._source, self._waiting
        while len(waiting) < source.queue.size and (source._left > 0 or not waiting):
            job = next(self._jobs, None)
            if job is None:
                return
            source._left -= 1
            if self._crew is None:
                self._crew = source._hire(self._make)
            waiting.append(self._crew.submit(job))

    def close(self, grace=GRACE):
        """Ends the workers of the pass."""
        if self in self._source._lines:
            self._source._lines.remove(self)
        crew, self._crew = self._crew, None
        self._waiting.clear()
        self._jobs = iter(())
        if crew is not None and self._source.restarts:
            crew.close(grace)


class NumberedSource(PreparedSource):
    """Batches by number: Keras's PyDataset and Sequence, and anything with a length and numbered batches.

    Args:
        dataset: gives the batch of a number; `on_epoch_begin` and `on_epoch_end` are called if there are any.
        shuffle: whether the batches come in random order.
        preparation: from what the dataset gives to a batch.
        device, owner, queue: as for `PreparedSource`.
    """

    def __init__(self, dataset, shuffle, preparation, device, owner, queue):
        habits = Habits(queue.workers, queue.processes, seed_of=lambda number: self._seed.value + number)
        super().__init__(device, owner, queue, habits)
        self.dataset, self._shuffle, self.preparation = dataset, shuffle, preparation
        self.steps = number_of_batches(dataset)
        self.endless = self.steps is None

    def batches(self, first=0):
        """An iterator over the batches of this pass; the dataset's own errors arrive unchanged."""
        self._seed.next()
        number = number_of_batches(self.dataset)
        if number is None:
            jobs = itertools.count(first)
        else:
            jobs = self._seed.permutation(number).tolist()[first:] if self._shuffle else range(first, number)
        return self._run(jobs, functools.partial(_numbered, self.dataset, self.preparation))

    def begin_epoch(self):
        """Tells the dataset."""
        super().begin_epoch()
        getattr(self.dataset, "on_epoch_begin", _nothing)()

    def end_epoch(self):
        """Lets the dataset reorder itself."""
        getattr(self.dataset, "on_epoch_end", _nothing)()


def _numbered(dataset, preparation, number):
    try:
        item = dataset[number]
    except StopIteration as error:
        raise StoppedByData(error) from error
    return preparation(item, number)


def _nothing():
    """What datasets without these hooks do."""


class IterableSource(PreparedSource):
    """Batches from anything that yields them: generators, DataLoaders, datasets with `__iter__`.

    Args:
        make: function without arguments that gives an iterator for a pass.
        preparation: from an item to a batch.
        device, owner, queue: as for `PreparedSource`. The iterator is used by one worker at a time.
        steps: batches of a pass, when known.
        restarts: False when the iterator goes on where it stopped (a generator).
        endless: whether the iterator never ends; with `steps` given a pass ends after those.
        dataset: object whose `on_epoch_begin` and `on_epoch_end`, if any, are called around each epoch.

    Notes:
        With `processes` the iterator runs in one process, whatever the number of workers, as copies of it
        would give the same batches again; the iterator of this process does not move then.
    """

    def __init__(self, make, preparation, device, owner, queue, steps=None, restarts=True, endless=False,
                 dataset=None):
        habits = Habits(min(queue.workers, 1), queue.processes, judges_first=not restarts)
        super().__init__(device, owner, queue, habits)
        self._make, self.preparation, self.dataset = make, preparation, dataset
        self.steps, self.restarts = steps, restarts
        self._ends_by_count = endless and steps is not None
        self.endless = endless and steps is None
        self._running = None

    def batches(self, first=0):
        """An iterator over the batches of this pass; the iterator's own errors arrive unchanged."""
        if self.habits.processes:
            self._seed.next()
        if self.restarts or self._running is None:
            self._running = iter(self._make())
        running, begun = self._running, 0 if self.restarts else self._taken
        for _ in range(first - begun):
            next(running, None)
        begun = max(first, begun)
        by_count = self._ends_by_count and self.draws is None
        jobs = range(begun, begun + self.steps) if by_count else itertools.count(begun)
        make = functools.partial(_next_of, running, self.preparation)
        return self._run(jobs, make, functools.partial(_end, running) if self.restarts else None)

    def peek(self, owner):
        """The first batch; an iterator that does not restart gets it back in front."""
        if self.restarts:
            return super().peek(owner)
        running = iter(self._make())
        item = next(running, None)
        self._running = itertools.chain([] if item is None else [item], running)
        batch = None if item is None else self.preparation(item, 0)
        return self._transfer.moved(checked_first(batch, owner))

    def begin_epoch(self):
        """Tells the dataset."""
        super().begin_epoch()
        getattr(self.dataset, "on_epoch_begin", _nothing)()

    def end_epoch(self):
        """Tells the dataset."""
        getattr(self.dataset, "on_epoch_end", _nothing)()

    def _for_process(self, make):
        return _SeededOnce(make, self._seed.value)


_END = object()


def _next_of(running, preparation, number):
    item = next(running, _END)
    return None if item is _END else preparation(item, number)


class _SeededOnce:
    """A process that runs an iterator starts from one seed."""

    def __init__(self, make, seed):
        self._make, self._seed = make, seed

    def __call__(self, number):
        """The next batch."""
        if self._seed is not None:
            seeds.seed_all(self._seed)
            self._seed = None
        return self._make(number)


def _end(running):
    """Ends an iterator that was made for one pass."""
    end_loader_workers(running)
    if isinstance(running, types.GeneratorType) and not running.gi_running:
        running.close()


class RowsSource(PreparedSource):
    """Arrays whose rows are fetched batch by batch: files, sparse matrices, arrays too large for the device.

    Args:
        x, y, sample_weight: structures of tensors and `Column`s with the same number of samples.
        batch_size: samples per batch.
        shuffle: False, True (samples), or 'batch' (the order of batches).
        device, owner, queue: as for `PreparedSource`.

    Attributes:
        nan_free: function -> names of the parts ("x", "y", "sample_weight") in which NaN is refused. That is
            looked for in each batch: the data are not read before they are needed.
    """

    nan_free = staticmethod(lambda: ())

    def __init__(self, x, y, sample_weight, batch_size, shuffle, device, owner, queue):
        queue = Queue(1 if queue.workers is None else queue.workers, queue.size or Queue.size)
        super().__init__(device, owner, queue, Habits(queue.workers, False, draws=False))
        self.samples = count_samples(owner, x=x, y=y, sample_weight=sample_weight)
        self.batch_size, self.shuffle = batch_size, shuffle
        self.steps = math.ceil(self.samples / batch_size)
        self._data = (x, y, sample_weight)

    def batches(self, first=0):
        """An iterator over the batches of this pass, in a new order when shuffling."""
        if self.shuffle:
            self._seed.next()
        if self.shuffle is True:
            jobs = self._seed.permutation(self.samples).split(self.batch_size)[first:]
        else:
            jobs = slices(self.samples, self.batch_size, self._seed if self.shuffle else None)[first:]
        holes = {}
        made = self._run(enumerate(jobs, first), functools.partial(self._rows, holes))
        return self._without_nan(enumerate(made, first), holes)

    def _rows(self, holes, job):
        """A batch; the names of its parts with NaN are put into `holes`, where it is read, by the worker."""
        number, place = job
        batch = tree.map_structure(lambda leaf: None if leaf is None else rows_of(leaf, place), self._data)
        names = [name for name, part in zip(_PARTS, batch) if has_nan(part)]
        if names:
            holes[number] = names
        return batch

    def _without_nan(self, batches, holes):
        """The batches; one with NaN raises in its turn, as only then it is known what the loss takes."""
        for number, batch in batches:
            if number in holes:
                for name, part in zip(_PARTS, batch):
                    if name in holes[number] and name in self.nan_free():
                        refuse_nan(part, f"{self.owner}, batch {number}", name)
            yield batch

