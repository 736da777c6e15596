"""Keras 2's enqueuers: batches of a Sequence or a generator, prepared ahead, for loops of one's own."""

import functools

import torch

from keras_torch.base.checks import boolean, fail, is_number, nonnegative_int, positive_int
from keras_torch.training.data.pydataset import number_of_batches
from keras_torch.training.data.streams import IterableSource, NumberedSource, Queue
from keras_torch.training.data.workers import GRACE


def _as_is(item, number):
    """Items stay what they are; the tuple around them tells None from "no more"."""
    return (item,)


class SequenceEnqueuer:
    """What enqueuers share: `start()`, then `get()` gives an iterator, `stop()` ends the workers.

    Args:
        sequence: what gives the batches.
        use_multiprocessing: whether the workers are processes.

    Errors:
        RuntimeError: `get()` before `start()`, or `start()` twice.

    Source: tf.keras `utils.SequenceEnqueuer`.
    """

    _source = _items = None

    def __init__(self, sequence, use_multiprocessing=False):
        boolean(type(self).__name__, "use_multiprocessing", use_multiprocessing)
        self.sequence, self.use_multiprocessing = sequence, use_multiprocessing

    def _make_source(self, queue):
        raise NotImplementedError(
            f"{type(self).__name__} cannot be used itself. Use OrderedEnqueuer for a Sequence, or "
            "GeneratorEnqueuer for a generator."
        )

    def is_running(self):
        """Whether it was started and not stopped."""
        return self._source is not None

    def start(self, workers=1, max_queue_size=10):
        """Allows batches to be prepared.

        Args:
            workers: number of threads or processes; 0 makes each batch when it is needed.
            max_queue_size: largest number of batches under way.
        """
        nonnegative_int(type(self).__name__, "workers", workers)
        positive_int(type(self).__name__, "max_queue_size", max_queue_size)
        if self.is_running():
            raise RuntimeError(f"{type(self).__name__} runs already. Call stop() before start().")
        self._source = self._make_source(Queue(workers, max_queue_size, self.use_multiprocessing))
        self._items = self._given(self._source)

    def _given(self, source):
        """Batches of a source, epoch after epoch while it starts again; workers end with an error."""
        try:
            while True:
                source.begin_epoch()
                for (item,) in source.batches():
                    if item is not None:
                        yield item
                source.end_epoch()
                if not source.restarts or source is not self._source:
                    return
        finally:
            source.close()

    def get(self):
        """The iterator over the batches, in their order; an error of the data ends it, and is raised."""
        if not self.is_running():
            raise RuntimeError(f"{type(self).__name__} does not run. Call start() before get().")
        return self._items

    def stop(self, timeout=None):
        """Ends the workers.

        Args:
            timeout: seconds to wait for those that are in the middle of a batch; None means 1.
        """
        if timeout is not None and (not is_number(timeout) or timeout < 0):
            fail(type(self).__name__, "timeout", timeout, "a number of seconds of at least 0, or None")
        source, self._source = self._source, None
        if source is not None:
            source.close(GRACE if timeout is None else timeout)


class OrderedEnqueuer(SequenceEnqueuer):
    """Batches of a `Sequence` (`PyDataset`) in order, epoch after epoch without end.

    Args:
        sequence: the dataset; its `on_epoch_end` is called after each epoch.
        use_multiprocessing: whether the workers are processes.
        shuffle: whether the batches of each epoch come in random order.

    Errors:
        ValueError: a dataset without batches.

    Source: tf.keras `utils.OrderedEnqueuer`.

    >>> enqueuer = OrderedEnqueuer([10, 20])
    >>> enqueuer.start(workers=2)
    >>> batches = enqueuer.get()
    >>> next(batches), next(batches), next(batches)
    (10, 20, 10)
    >>> enqueuer.stop()
    """

    def __init__(self, sequence, use_multiprocessing=False, shuffle=False):
        super().__init__(sequence, use_multiprocessing)
        boolean("OrderedEnqueuer", "shuffle", shuffle)
        self.shuffle = shuffle

    def _make_source(self, queue):
        if number_of_batches(self.sequence) == 0:
            raise ValueError("OrderedEnqueuer: the dataset has 0 batches. Give at least one.")
        source = NumberedSource(self.sequence, self.shuffle, _as_is, torch.device("cpu"), "OrderedEnqueuer",
                                queue)  # fmt: skip
        source.endless = False  # it is meant to go on
        return source


class GeneratorEnqueuer(SequenceEnqueuer):
    """Items of a generator, prepared ahead by one thread or process.

    Args:
        generator: the generator, or any iterator.
        use_multiprocessing: whether it runs in a process; this process's own generator does not move then.
        random_seed: seed of Python's, numpy's and torch's random numbers in that process; None draws one.

    Source: tf.keras `utils.GeneratorEnqueuer`, where several processes run copies of the generator, which all
        give the same items.

    >>> enqueuer = GeneratorEnqueuer(iter([1, 2]))
    >>> enqueuer.start()
    >>> list(enqueuer.get())
    [1, 2]
    >>> enqueuer.stop()
    """

    def __init__(self, generator, use_multiprocessing=False, random_seed=None):
        super().__init__(generator, use_multiprocessing)
        if random_seed is not None:
            nonnegative_int("GeneratorEnqueuer", "random_seed", random_seed)
        self.random_seed = random_seed

    def _make_source(self, queue):
        source = IterableSource(functools.partial(iter, self.sequence), _as_is, torch.device("cpu"),
                                "GeneratorEnqueuer", queue, restarts=False)  # fmt: skip
        if self.random_seed is not None:
            source.restore({"seed": self.random_seed})
        return source
