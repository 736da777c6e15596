"""`PyDataset` (Keras 2's `Sequence`): batches by number, prepared ahead by threads or processes."""

import math

from keras_torch.base.checks import boolean, nonnegative_int, positive_int


class PyDataset:
    """A dataset that gives its batches by number; write `__getitem__` and `num_batches` or `__len__`.

    Args:
        workers: number of threads or processes that prepare batches ahead. With 1 a thread prepares them when
            that pays (batches that take longer than 0.1 ms); with 0 each is made when it is needed.
        use_multiprocessing: whether the workers are processes. They are started for each epoch with a copy of
            the dataset as it is then.
        max_queue_size: largest number of batches under way.

    Notes:
        When a seed is set (`utils.set_random_seed`), each batch that draws random numbers starts from a seed
        made of the run's, the epoch's and its number: how many workers there are makes no difference.
        Numbers from torch's generator are drawn in the training thread, or by processes.

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
        boolean("PyDataset", "use_multiprocessing", use_multiprocessing)
        self._workers, self._max_queue_size = workers, max_queue_size
        self._use_multiprocessing = use_multiprocessing

    @property
    def workers(self):
        """Number of threads or processes that prepare batches."""
        return self.__dict__.get("_workers", 1)

    @workers.setter
    def workers(self, value):
        nonnegative_int("PyDataset", "workers", value)
        self._workers = value

    @property
    def max_queue_size(self):
        """Largest number of batches under way."""
        return self.__dict__.get("_max_queue_size", 10)

    @max_queue_size.setter
    def max_queue_size(self, value):
        positive_int("PyDataset", "max_queue_size", value)
        self._max_queue_size = value

    @property
    def use_multiprocessing(self):
        """Whether the workers are processes."""
        return self.__dict__.get("_use_multiprocessing", False)

    @use_multiprocessing.setter
    def use_multiprocessing(self, value):
        boolean("PyDataset", "use_multiprocessing", value)
        self._use_multiprocessing = value

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


def number_of_batches(dataset):
    """Batches per epoch of a dataset with numbered batches; None when endless.

    >>> number_of_batches([1, 2, 3])
    3
    """
    number = dataset.num_batches if hasattr(dataset, "num_batches") else len(dataset)
    return None if number is None or (isinstance(number, float) and math.isinf(number)) else int(number)
