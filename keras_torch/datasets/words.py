"""What the data sets of texts share: word numbers moved, cut and replaced as the arguments say."""

import json

import numpy as np

from keras_torch.base.checks import nonnegative_int, unknown_argument

FOLDER = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def older_num_words(owner, num_words, older):
    """`num_words`, which Keras 1 called `nb_words`.

    Errors:
        TypeError: another argument.
    """
    for name in older:
        if name != "nb_words":
            unknown_argument(owner, name, ["path", "num_words", "skip_top", "maxlen", "seed", "start_char",
                                           "oov_char", "index_from", "test_split", "cache_dir"])
    return older.get("nb_words", num_words)


def shuffled(arrays, generator):
    """All arrays in one new order."""
    order = np.arange(len(arrays[0]))
    generator.shuffle(order)
    return [array[order] for array in arrays]


def marked(sequences, start_char, index_from):
    """Lists of word numbers, moved by `index_from`, with the start sign in front."""
    start = [] if start_char is None else [start_char]
    return [start + [int(word) + index_from for word in sequence] for sequence in sequences]


def without_long(sequences, labels, maxlen):
    """Sequences shorter than `maxlen`, and their labels; all when `maxlen` is None or 0.

    Errors:
        ValueError: nothing is left.
    """
    if not maxlen:
        return sequences, labels
    kept = [number for number, sequence in enumerate(sequences) if len(sequence) < maxlen]
    if not kept:
        raise ValueError(f"load_data(maxlen={maxlen}) leaves no sequence: all are at least as long. "
                         "Give a larger `maxlen`.")
    return [sequences[number] for number in kept], labels[kept]


def limited(sequences, num_words, skip_top, oov_char):
    """Words from `skip_top` to below `num_words`; the others become `oov_char`, or go when it is None."""
    nonnegative_int("load_data()", "skip_top", skip_top)
    top = num_words or max(max(sequence) for sequence in sequences)
    if oov_char is None:
        return [[word for word in sequence if skip_top <= word < top] for sequence in sequences]
    return [[word if skip_top <= word < top else oov_char for word in sequence] for sequence in sequences]


def as_objects(sequences):
    """Lists as a numpy array of lists, also when they happen to have one length."""
    array = np.empty(len(sequences), dtype=object)
    for number, sequence in enumerate(sequences):
        array[number] = sequence
    return array


def read_json(path):
    """The content of a JSON file."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)
