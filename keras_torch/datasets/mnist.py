"""MNIST: 70000 handwritten digits of 28 x 28 pixels."""

import numpy as np

from keras_torch.base.download import dataset_file

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path="mnist.npz", cache_dir=None):
    """The digits and their numbers, as uint8.

    Args:
        path: name in the cache's folder 'datasets', or an absolute path.
        cache_dir: the cache; None is `$KERAS_HOME`, else `~/.keras`.

    Returns:
        (x_train, y_train), (x_test, y_test): images (60000, 28, 28) and (10000, 28, 28), labels 0..9.

    Errors:
        ConnectionError: neither in the cache nor reachable. ValueError: another file.

    Source: Keras `datasets.mnist.load_data`.
    """
    with np.load(dataset_file(path, ORIGIN, SHA256, cache_dir), allow_pickle=False) as file:
        return (file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])
