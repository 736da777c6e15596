"""California housing: 20640 districts with 8 figures each, and the price of a house."""

from keras_torch.base.checks import one_of
from keras_torch.datasets.housing import load_houses

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/california_housing.npz"
SHA256 = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
SMALL = 600   # districts in the small version


def load_data(version="large", path="california_housing.npz", test_split=0.2, seed=113, cache_dir=None):
    """The figures and the prices in dollars, float32.

    Args:
        version: 'large', or 'small' for the first 600 districts.
        path: name in the cache's folder 'datasets', or an absolute path.
        test_split: share for testing, from 0 to below 1.
        seed: of the shuffling.
        cache_dir: the cache; None is `$KERAS_HOME`, else `~/.keras`.

    Returns:
        (x_train, y_train), (x_test, y_test): figures (n, 8), prices (n,).

    Errors:
        ConnectionError: neither in the cache nor reachable. ValueError: another file, share or version.

    Source: Keras `datasets.california_housing.load_data`.
    """
    one_of("large", "small")("load_data()", "version", version)
    first = SMALL if version == "small" else None
    return load_houses(path, ORIGIN, SHA256, test_split, seed, cache_dir, first)
