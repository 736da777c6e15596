"""Sequences of unequal length as one array, word pairs, and windows over a time series."""

import json
import random

import numpy as np

from keras_torch.base.checks import boolean, nonnegative_number, positive_int
from keras_torch.ops.sequences import pad_sequences as pad_sequences
from keras_torch.training.data.pydataset import PyDataset


def make_sampling_table(size, sampling_factor=1e-5):
    """Chance of keeping a word by its rank, for `skipgrams`: `min(1, sqrt(factor / frequency))`.

    Args:
        size: number of words; word 0 is no word.
        sampling_factor: the factor of word2vec.

    Returns:
        numpy array (size,).

    Notes:
        Frequencies follow Zipf's law: `1 / frequency(r) = r (ln r + 0.577) + 1/2 - 1 / (12 r)`.

    Source: Keras `preprocessing.sequence.make_sampling_table`.

    >>> make_sampling_table(3).round(5)
    array([0.00315, 0.00315, 0.00548])
    """
    rank = np.arange(size)
    rank[0] = 1
    inverse_frequency = rank * (np.log(rank) + 0.577) + 0.5 - 1.0 / (12.0 * rank)
    return np.minimum(1.0, np.sqrt(sampling_factor * inverse_frequency))


def skipgrams(sequence, vocabulary_size, window_size=4, negative_samples=1.0, shuffle=True, categorical=False,
              sampling_table=None, seed=None):
    """Pairs (word, neighbour) with label 1, and (word, random word) with label 0.

    Args:
        sequence: word numbers; 0 is no word and is skipped.
        vocabulary_size: largest word number plus one.
        window_size: words to each side that count as neighbours.
        negative_samples: random pairs per true pair.
        shuffle: whether to shuffle the pairs.
        categorical: whether labels are [0, 1] and [1, 0] instead of 1 and 0.
        sampling_table: chance of keeping each word, or None for 1.
        seed: of the shuffling; None takes one from Python's generator.

    Returns:
        (pairs, labels): two lists of one length.

    Notes:
        Draws from Python's `random` in the order of Keras, so the same `random.seed` gives the same pairs.

    Source: Keras `preprocessing.sequence.skipgrams`.

    >>> skipgrams([1, 2], vocabulary_size=3, negative_samples=0, shuffle=False)
    ([[1, 2], [2, 1]], [1, 1])
    """
    nonnegative_number("skipgrams()", "negative_samples", negative_samples)
    pairs = []
    for position, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        window = range(max(0, position - window_size), min(len(sequence), position + window_size + 1))
        pairs += [[word, sequence[other]] for other in window if other != position and sequence[other]]
    true, false = ([0, 1], [1, 0]) if categorical else (1, 0)
    labels = [true] * len(pairs)
    if negative_samples > 0:
        count, words = int(len(labels) * negative_samples), [word for word, _ in pairs]
        random.shuffle(words)
        pairs += [[words[number % len(words)], random.randint(1, int(vocabulary_size - 1))]
                  for number in range(count)]
        labels += [false] * count
    if shuffle:
        _shuffle_alike(pairs, labels, random.randint(0, int(10e6)) if seed is None else seed)
    return pairs, labels


def _shuffle_alike(first, second, seed):
    for items in (first, second):
        random.seed(seed)
        random.shuffle(items)


class TimeseriesGenerator(PyDataset):
    """Batches of windows over a time series: `data[i - length:i:sampling_rate]` with `targets[i]`.

    Args:
        data: array or list, time first.
        targets: array or list of the same length.
        length: steps of the past in a window.
        sampling_rate: distance of two steps inside a window.
        stride: distance of two windows.
        start_index: first step used.
        end_index: last step used; None means the last one.
        shuffle: whether batches hold random windows.
        reverse: whether windows run backwards in time.
        batch_size: windows in a batch.

    Errors:
        ValueError: lengths differ, or nothing is left between the indices.

    Source: Keras `preprocessing.sequence.TimeseriesGenerator`.

    >>> series = np.arange(10).reshape(10, 1)
    >>> x, y = TimeseriesGenerator(series, series, length=3, batch_size=2)[0]
    >>> x.shape, y.ravel().tolist()
    ((2, 3, 1), [3, 4])
    """

    def __init__(self, data, targets, length, sampling_rate=1, stride=1, start_index=0, end_index=None,
                 shuffle=False, reverse=False, batch_size=128):
        super().__init__()
        if len(data) != len(targets):
            raise ValueError(f"TimeseriesGenerator was given {len(data)} steps of data and {len(targets)} "
                             "targets. Give one target per step.")
        for name, value in (("length", length), ("sampling_rate", sampling_rate), ("stride", stride),
                            ("batch_size", batch_size)):
            positive_int("TimeseriesGenerator", name, value)
        for name, value in (("shuffle", shuffle), ("reverse", reverse)):
            boolean("TimeseriesGenerator", name, value)
        self.data, self.targets, self.length = data, targets, length
        self.sampling_rate, self.stride, self.batch_size = sampling_rate, stride, batch_size
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse = shuffle, reverse
        if self.start_index > self.end_index:
            raise ValueError(f"TimeseriesGenerator: start_index + length = {self.start_index} is beyond "
                             f"end_index = {self.end_index}, so no window is left. Use a shorter `length`.")

    def __len__(self):
        per_batch = self.batch_size * self.stride
        return (self.end_index - self.start_index + per_batch) // per_batch

    def __getitem__(self, index):
        rows = self._rows(index)
        samples = np.array([self.data[row - self.length:row:self.sampling_rate] for row in rows])
        targets = np.array([self.targets[row] for row in rows])
        return (samples[:, ::-1] if self.reverse else samples), targets

    def _rows(self, index):
        if self.shuffle:
            return np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)
        begin = self.start_index + self.batch_size * self.stride * index
        end = min(begin + self.batch_size * self.stride, self.end_index + 1)
        return np.arange(begin, end, self.stride)

    def get_config(self):
        """Arguments as plain values; data and targets as JSON text.

        Errors:
            TypeError: data or targets cannot be written as JSON.
        """
        config = {name: getattr(self, name) for name in ("length", "sampling_rate", "stride", "start_index",
                                                         "end_index", "shuffle", "reverse", "batch_size")}
        return {"data": _json("data", self.data), "targets": _json("targets", self.targets), **config}

    def to_json(self, **kwargs):
        """The config as JSON text; `kwargs` go to `json.dumps`."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def _json(name, values):
    try:
        return json.dumps(values.tolist() if isinstance(values, np.ndarray) else values)
    except TypeError as error:
        raise TypeError(f"TimeseriesGenerator: `{name}` cannot be written as JSON: {error}. "
                        "Give numbers in lists or an array.") from error


def timeseries_generator_from_json(json_string):
    """The `TimeseriesGenerator` that `to_json` wrote.

    Source: keras-preprocessing, whose function is off by `length` in `start_index`.

    >>> series = list(range(9))
    >>> text = TimeseriesGenerator(series, series, length=3).to_json()
    >>> len(timeseries_generator_from_json(text)[0][0])
    6
    """
    config = json.loads(json_string)["config"]
    config["start_index"] -= config["length"]
    config["data"], config["targets"] = json.loads(config["data"]), json.loads(config["targets"])
    return TimeseriesGenerator(**config)
