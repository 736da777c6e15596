"""`PyDataset` (Keras 2's `Sequence`): batches by number, prepared by worker threads."""

import collections
import concurrent.futures
import itertools
import math
import random

from keras_torch.base.checks import boolean, fail, nonnegative_int, positive_int


class PyDataset:
    """A dataset that gives its batches by number; write `__getitem__` and `num_batches` or `__len__`.

    Args:
        workers: number of threads that prepare batches ahead; 0 and 1 prepare them in turn.
        use_multiprocessing: only False: workers are threads.
        max_queue_size: largest number of batches prepared ahead.

    Errors:
        ValueError: `use_multiprocessing=True`.

    Source: Keras 3 `utils.PyDataset`, Keras 2 `utils.Sequence`.

    >>> class Squares(PyDataset):
    ...     def __len__(self):
    ...         return 2
    ...     def __getitem__(self, index):
    ...         return index * index
    >>> list(Squares())
    [0, 1]
    """

    def __init__(self, workers=1, use_multiprocessing=False, max_queue_size=10):
        nonnegative_int("PyDataset", "workers", workers)
        positive_int("PyDataset", "max_queue_size", max_queue_size)
        check_multiprocessing("PyDataset", use_multiprocessing)
        self._workers, self._max_queue_size = workers, max_queue_size

    @property
    def workers(self):
        """Number of threads that prepare batches."""
        return self.__dict__.get("_workers", 1)

    @workers.setter
    def workers(self, value):
        nonnegative_int("PyDataset", "workers", value)
        self._workers = value

    @property
    def max_queue_size(self):
        """Largest number of batches prepared ahead."""
        return self.__dict__.get("_max_queue_size", 10)

    @property
    def use_multiprocessing(self):
        """Always False: workers are threads."""
        return False

    def __getitem__(self, index):
        """The batch of that number."""
        raise NotImplementedError(
            f"{type(self).__name__} has no __getitem__(self, index). Write one that returns a batch (x, y)."
        )

    @property
    def num_batches(self):
        """Batches per epoch; None when endless."""
        if type(self).__len__ is PyDataset.__len__:
            raise NotImplementedError(
                f"{type(self).__name__} has neither __len__() nor num_batches. Write one of "
                "them: the number of batches of an epoch."
            )
        return len(self)

    def __len__(self):
        return self.num_batches

    def on_epoch_begin(self):
        """Called before each epoch."""

    def on_epoch_end(self):
        """Called after each epoch."""

    def __iter__(self):
        for index in range(len(self)):
            yield self[index]


Sequence = PyDataset


def check_multiprocessing(owner, value):
    """Raises unless False: worker processes are not supported, threads are.

    >>> check_multiprocessing("fit()", False)
    """
    boolean(owner, "use_multiprocessing", value)
    if value:
        fail(
            owner,
            "use_multiprocessing",
            value,
            "False: batches are prepared by threads",
            "Set workers to the number of threads.",
        )


def ordered_batches(dataset, workers, ahead, shuffle=False):
    """The batches of an epoch in order, up to `ahead` of them prepared by threads meanwhile.

    Args:
        dataset: object with `__len__` and `__getitem__`.
        workers: number of threads; 0 and 1 prepare a batch when it is needed.
        ahead: largest number of batches in waiting.
        shuffle: whether the batches come in random order.
    """
    number = number_of_batches(dataset)
    order = list(range(number)) if number is not None else None
    if shuffle and order is not None:
        random.shuffle(order)
    order = iter(order) if order is not None else itertools.count()
    if workers <= 1:
        for index in order:
            yield dataset[index]
        return
    waiting = collections.deque()
    with concurrent.futures.ThreadPoolExecutor(workers, thread_name_prefix="batches") as pool:
        try:
            for index in order:
                waiting.append(pool.submit(dataset.__getitem__, index))
                if len(waiting) >= max(ahead, workers):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def number_of_batches(dataset):
    """Batches per epoch of a dataset with numbered batches; None when endless.

    >>> number_of_batches([1, 2, 3])
    3
    """
    number = dataset.num_batches if hasattr(dataset, "num_batches") else len(dataset)
    return None if number is None or (isinstance(number, float) and math.isinf(number)) else int(number)
