"""Fashion-MNIST: 70000 pictures of clothes of 28 x 28 pixels."""

import gzip
import os

import numpy as np

from keras_torch.base.download import get_file

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
MD5 = {
    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
}


def load_data(cache_dir=None):
    """The pictures and their kinds, as uint8.

    Args:
        cache_dir: the cache; None is `$KERAS_HOME`, else `~/.keras`.

    Returns:
        (x_train, y_train), (x_test, y_test): images (60000, 28, 28) and (10000, 28, 28), labels 0..9.

    Errors:
        ConnectionError: neither in the cache nor reachable. ValueError: another file.

    Source: Keras `datasets.fashion_mnist.load_data`.
    """
    arrays = []
    for name, md5 in MD5.items():
        path = get_file(name, ORIGIN + name, file_hash=md5, cache_dir=cache_dir,
                        cache_subdir=os.path.join("datasets", "fashion-mnist"))
        arrays.append(read_idx(path))
    y_train, x_train, y_test, x_test = arrays
    return (x_train, y_train), (x_test, y_test)


def read_idx(path):
    """The array of bytes in a gzipped IDX file: two zeros, type 8, number of axes, sizes, bytes.

    Errors:
        ValueError: another kind of file.
    """
    with gzip.open(path, "rb") as file:
        content = file.read()
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise ValueError(f"{path} is not an IDX file of bytes. Remove it to have it downloaded again.")
    axes = content[3]
    shape = tuple(np.frombuffer(content, ">i4", count=axes, offset=4).tolist())
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape).copy()
