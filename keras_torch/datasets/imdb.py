"""IMDB: 50000 reviews of films as word numbers, good or bad."""

import numpy as np

from keras_torch.base.archives import load_npz
from keras_torch.base.download import dataset_file
from keras_torch.datasets import words

SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
INDEX_MD5 = "bfafd718b763782e994055a2d397834f"


def load_data(path="imdb.npz", num_words=None, skip_top=0, maxlen=None, seed=113, start_char=1, oov_char=2,
              index_from=3, cache_dir=None, **older):
    """The reviews as lists of word numbers, the most frequent word first, and 0 (bad) or 1 (good).

    Args:
        path: name in the cache's folder 'datasets', or an absolute path.
        num_words: words that count; rarer ones become `oov_char`. None means all.
        skip_top: most frequent words that become `oov_char` too.
        maxlen: reviews of that length or longer are left out. None keeps all.
        seed: of the shuffling.
        start_char: put in front of each review; None puts nothing.
        oov_char: stands for words that do not count; None leaves them out.
        index_from: added to each word number.
        cache_dir: the cache; None is `$KERAS_HOME`, else `~/.keras`.
        nb_words: older name of `num_words`.

    Returns:
        (x_train, y_train), (x_test, y_test): arrays of lists, and of labels.

    Errors:
        ConnectionError: neither in the cache nor reachable. ValueError: another file, or nothing left.

    Source: Keras `datasets.imdb.load_data`.
    """
    num_words = words.older_num_words("load_data()", num_words, older)
    file = load_npz(dataset_file(path, words.FOLDER + "imdb.npz", SHA256, cache_dir))
    generator = np.random.RandomState(seed)
    halves = []
    for part in ("train", "test"):
        x, y = words.shuffled([file[f"x_{part}"], file[f"y_{part}"]], generator)
        halves.append(words.without_long(words.marked(x, start_char, index_from), y, maxlen))
    (x_train, y_train), (x_test, y_test) = halves
    both = words.limited(x_train + x_test, num_words, skip_top, oov_char)
    x_train, x_test = both[:len(x_train)], both[len(x_train):]
    return (words.as_objects(x_train), y_train), (words.as_objects(x_test), y_test)


def get_word_index(path="imdb_word_index.json", cache_dir=None):
    """Word -> number, before `index_from` is added.

    Args:
        path: name in the cache's folder 'datasets', or an absolute path.
        cache_dir: the cache; None is `$KERAS_HOME`, else `~/.keras`.

    Returns:
        dict.

    Source: Keras `datasets.imdb.get_word_index`.
    """
    return words.read_json(dataset_file(path, words.FOLDER + "imdb_word_index.json", INDEX_MD5, cache_dir))
