"""What the data sets of houses share: one file with x and y, shuffled and cut in two."""

import numpy as np

from keras_torch.base.checks import fraction_below_one
from keras_torch.base.download import dataset_file
from keras_torch.datasets.words import shuffled


def load_houses(path, origin, sha256, test_split, seed, cache_dir=None, first=None):
    """(x_train, y_train), (x_test, y_test) of the file at `path`; `first` keeps so many rows only.

    Errors:
        ValueError: `test_split` is not from 0 to below 1.
    """
    fraction_below_one("load_data()", "test_split", test_split)
    with np.load(dataset_file(path, origin, sha256, cache_dir), allow_pickle=False) as file:
        x, y = file["x"][:first], file["y"][:first]
    x, y = shuffled([x, y], np.random.RandomState(seed))
    cut = int(len(x) * (1 - test_split))
    return (x[:cut], y[:cut]), (x[cut:], y[cut:])
