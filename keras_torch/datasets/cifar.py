"""What CIFAR-10 and CIFAR-100 share: batches of pictures, pickled, in a tar file."""

import os
import tarfile

import numpy as np

from keras_torch.base.archives import ArrayUnpickler
from keras_torch.base.download import get_file, is_whole
from keras_torch.base.settings import image_data_format, keras_home


def cifar_archive(names, origin, sha256, cache_dir):
    """Path of the archive: under the name of any generation, else downloaded under the first one."""
    folder = os.path.join(keras_home() if cache_dir is None else os.path.expanduser(cache_dir), "datasets")
    for name in names:
        path = os.path.join(folder, name)
        if is_whole(path, sha256, "sha256"):
            return path
    return get_file(names[0], origin, file_hash=sha256, cache_dir=cache_dir)


def read_batches(path, members, label_key):
    """Pictures and labels of some members of the archive, which is read in place and never unpacked.

    Args:
        path: the tar file.
        members: names of the batches in it.
        label_key: key of the labels in a batch.

    Returns:
        (images, labels): uint8 (n, 32, 32, 3), or (n, 3, 32, 32) for channels_first; uint8 (n, 1).
    """
    with tarfile.open(path) as archive:
        batches = [load_batch(archive.extractfile(member), label_key) for member in members]
    images = np.concatenate([images for images, _ in batches])
    labels = np.concatenate([np.asarray(labels, "uint8") for _, labels in batches]).reshape(-1, 1)
    if image_data_format() == "channels_last":
        images = images.transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), labels


def load_batch(fpath, label_key="labels"):
    """(images, labels) of one batch file.

    Args:
        fpath: path, or an open file.
        label_key: key of the labels.

    Returns:
        images uint8 (n, 3, 32, 32), labels as a list.

    Errors:
        pickle.UnpicklingError: the file asks for something else than arrays.

    Source: Keras `datasets.cifar.load_batch`.
    """
    if not hasattr(fpath, "read"):
        with open(fpath, "rb") as file:
            return load_batch(file, label_key)
    batch = ArrayUnpickler(fpath, encoding="bytes").load()
    return batch[b"data"].reshape(-1, 3, 32, 32), batch[label_key.encode()]
