"""CIFAR-10: 60000 small pictures in colour, of ten kinds."""

from keras_torch.datasets.cifar import cifar_archive, read_batches

ORIGIN = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
NAMES = ("cifar-10-batches-py-target_archive", "cifar-10-batches-py_archive", "cifar-10-batches-py.tar.gz",
         "cifar-10-batches-py")
FOLDER = "cifar-10-batches-py"


def load_data(cache_dir=None):
    """The pictures and their kinds, as uint8.

    Args:
        cache_dir: the cache; None is `$KERAS_HOME`, else `~/.keras`.

    Returns:
        (x_train, y_train), (x_test, y_test): images (50000, 32, 32, 3) and (10000, 32, 32, 3), channels
        first when `image_data_format()` says so; labels 0..9 of shape (n, 1).

    Errors:
        ConnectionError: neither in the cache nor reachable. ValueError: another file.

    Source: Keras `datasets.cifar10.load_data`.
    """
    archive = cifar_archive(NAMES, ORIGIN, SHA256, cache_dir)
    train = read_batches(archive, [f"{FOLDER}/data_batch_{number}" for number in range(1, 6)], "labels")
    return train, read_batches(archive, [f"{FOLDER}/test_batch"], "labels")
