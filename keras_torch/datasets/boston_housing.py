"""Boston housing: 506 districts with 13 figures each, and the price of a house."""

from keras_torch.datasets.housing import load_houses

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/boston_housing.npz"
SHA256 = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path="boston_housing.npz", test_split=0.2, seed=113, cache_dir=None):
    """The figures and the prices in thousands of dollars, float64.

    Args:
        path: name in the cache's folder 'datasets', or an absolute path.
        test_split: share for testing, from 0 to below 1.
        seed: of the shuffling.
        cache_dir: the cache; None is `$KERAS_HOME`, else `~/.keras`.

    Returns:
        (x_train, y_train), (x_test, y_test): figures (n, 13), prices (n,).

    Errors:
        ConnectionError: neither in the cache nor reachable. ValueError: another file or share.

    Notes:
        The data come from 1978 and hold a figure on race; see the literature before using them.

    Source: Keras `datasets.boston_housing.load_data`.
    """
    return load_houses(path, ORIGIN, SHA256, test_split, seed, cache_dir)
