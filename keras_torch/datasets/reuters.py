"""Reuters: 11228 newswires as word numbers, in 46 topics."""

import numpy as np

from keras_torch.base.archives import load_npz
from keras_torch.base.checks import fraction_below_one
from keras_torch.base.download import dataset_file
from keras_torch.datasets import words

SHA256 = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
INDEX_MD5 = "4d44cc38712099c9e383dc6e5f11a921"
LABELS = (
    "cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply",
    "coffee", "sugar", "trade", "reserves", "ship", "cotton", "carcass", "crude", "nat-gas", "cpi",
    "money-fx", "interest", "gnp", "meal-feed", "alum", "oilseed", "gold", "tin",
    "strategic-metal", "livestock", "retail", "ipi", "iron-steel", "rubber", "heat", "jobs", "lei",
    "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver", "wpi", "hog", "lead",
)


def load_data(path="reuters.npz", num_words=None, skip_top=0, maxlen=None, test_split=0.2, seed=113,
              start_char=1, oov_char=2, index_from=3, cache_dir=None, **older):
    """The newswires as lists of word numbers, the most frequent word first, and the number of the topic.

    Args:
        path: name in the cache's folder 'datasets', or an absolute path.
        num_words: words that count; rarer ones become `oov_char`. None means all.
        skip_top: most frequent words that become `oov_char` too.
        maxlen: newswires of that length or longer are left out. None keeps all.
        test_split: share for testing, from 0 to below 1.
        seed: of the shuffling.
        start_char: put in front of each newswire; None puts nothing.
        oov_char: stands for words that do not count; None leaves them out.
        index_from: added to each word number.
        cache_dir: the cache; None is `$KERAS_HOME`, else `~/.keras`.
        nb_words: older name of `num_words`.

    Returns:
        (x_train, y_train), (x_test, y_test): arrays of lists, and of labels 0..45.

    Errors:
        ConnectionError: neither in the cache nor reachable. ValueError: another file, or nothing left.

    Source: Keras `datasets.reuters.load_data`.
    """
    fraction_below_one("load_data()", "test_split", test_split)
    num_words = words.older_num_words("load_data()", num_words, older)
    file = load_npz(dataset_file(path, words.FOLDER + "reuters.npz", SHA256, cache_dir))
    x, y = words.shuffled([file["x"], file["y"]], np.random.RandomState(seed))
    x, y = words.without_long(words.marked(x, start_char, index_from), y, maxlen)
    x = words.limited(x, num_words, skip_top, oov_char)
    cut = int(len(x) * (1 - test_split))
    return (words.as_objects(x[:cut]), y[:cut]), (words.as_objects(x[cut:]), y[cut:])


def get_word_index(path="reuters_word_index.json", cache_dir=None):
    """Word -> number, before `index_from` is added.

    Args:
        path: name in the cache's folder 'datasets', or an absolute path.
        cache_dir: the cache; None is `$KERAS_HOME`, else `~/.keras`.

    Returns:
        dict.

    Source: Keras `datasets.reuters.get_word_index`.
    """
    return words.read_json(dataset_file(path, words.FOLDER + "reuters_word_index.json", INDEX_MD5, cache_dir))


def get_label_names():
    """Names of the 46 topics, by number.

    Source: Keras `datasets.reuters.get_label_names`.

    >>> get_label_names()[3]
    'earn'
    """
    return LABELS
