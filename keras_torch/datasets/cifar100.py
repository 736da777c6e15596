"""CIFAR-100: 60000 small pictures in colour, of a hundred kinds in twenty groups."""

from keras_torch.base.checks import one_of
from keras_torch.datasets.cifar import cifar_archive, read_batches

ORIGIN = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
SHA256 = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"
NAMES = ("cifar-100-python-target_archive", "cifar-100-python_archive", "cifar-100-python.tar.gz",
         "cifar-100-python")


def load_data(label_mode="fine", cache_dir=None):
    """The pictures and their kinds, as uint8.

    Args:
        label_mode: 'fine' for the hundred kinds, 'coarse' for the twenty groups.
        cache_dir: the cache; None is `$KERAS_HOME`, else `~/.keras`.

    Returns:
        (x_train, y_train), (x_test, y_test): images (50000, 32, 32, 3) and (10000, 32, 32, 3), channels
        first when `image_data_format()` says so; labels of shape (n, 1).

    Errors:
        ConnectionError: neither in the cache nor reachable. ValueError: another file or `label_mode`.

    Source: Keras `datasets.cifar100.load_data`.
    """
    one_of("fine", "coarse")("load_data()", "label_mode", label_mode)
    archive = cifar_archive(NAMES, ORIGIN, SHA256, cache_dir)
    parts = (read_batches(archive, [f"cifar-100-python/{part}"], f"{label_mode}_labels")
             for part in ("train", "test"))
    return tuple(parts)
