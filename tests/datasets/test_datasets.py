"""Every data set is read from a small file of its own form, with the arguments of Keras."""

import gzip
import hashlib
import json
import pickle
import struct
import tarfile

import numpy as np
import pytest

from keras_torch import datasets
from keras_torch.base import settings
from keras_torch.datasets import (
    boston_housing,
    california_housing,
    cifar,
    cifar10,
    cifar100,
    fashion_mnist,
    imdb,
    mnist,
    reuters,
)

# What Keras 3.15 made of the same small files: x_train, y_train, x_test, y_test.
IMDB = {
    "plain": ([[1, 2, 4], [1, 8, 9, 10, 11], [1, 4, 5, 6], [1, 7]], [1, 0, 0, 1], [[1, 6, 2], [1, 5]],
              [0, 1]),
    "limited": ([[2, 2, 2], [2, 2, 2, 2, 2], [2, 2, 5, 6], [2, 7]], [1, 0, 0, 1], [[2, 6, 2], [2, 5]],
                [0, 1]),
    "without": ([[1, 4], [1], [1, 4, 5, 6], [1, 7]], [1, 0, 0, 1], [[1, 6], [1, 5]], [0, 1]),
    "unmarked": ([[1, 2, 3], [4], [5, 6, 7, 8], [2, 1]], [0, 1, 0, 1], [[2], [3, 2]], [1, 0]),
    "short": ([[1, 2, 4], [1, 7]], [1, 1], [[1, 6, 2], [1, 5]], [0, 1]),
    "reuters": ([[1, 2, 4], [1, 8, 2, 2, 2]], [1, 0], [[1, 4, 5, 6], [1, 7]], [0, 1]),
}
HOUSES = {"train": [14, 11, 19, 17, 1, 4, 8, 3, 13, 15, 16, 9, 0, 7, 6, 18], "test": [12, 10, 2, 5]}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The folder 'datasets' of a fresh cache."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    folder = tmp_path / "datasets"
    folder.mkdir()
    return folder


def _accept(monkeypatch, module, path, name="SHA256", algorithm="sha256"):
    """Makes a module expect the file that the test has made."""
    monkeypatch.setattr(module, name, hashlib.new(algorithm, path.read_bytes()).hexdigest())


def _objects(*lists):
    array = np.empty(len(lists), dtype=object)
    for number, one in enumerate(lists):
        array[number] = one
    return array


def test_every_data_set_is_listed():
    for name in ("boston_housing", "california_housing", "cifar10", "cifar100", "fashion_mnist", "imdb",
                 "mnist", "reuters"):
        assert callable(getattr(datasets, name).load_data)


def test_mnist(folder, monkeypatch):
    parts = {"x_train": np.arange(8, dtype="uint8").reshape(2, 2, 2), "y_train": np.array([1, 2], "uint8"),
             "x_test": np.zeros((1, 2, 2), "uint8"), "y_test": np.array([3], "uint8")}
    np.savez(folder / "mnist.npz", **parts)
    _accept(monkeypatch, mnist, folder / "mnist.npz")
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    for got, name in zip((x_train, y_train, x_test, y_test), parts):
        np.testing.assert_array_equal(got, parts[name])


def test_mnist_at_another_path(folder, monkeypatch, tmp_path):
    elsewhere = tmp_path / "mine.npz"
    np.savez(elsewhere, x_train=[1], y_train=[2], x_test=[3], y_test=[4])
    _accept(monkeypatch, mnist, elsewhere)
    assert mnist.load_data(path=str(elsewhere))[1][0].tolist() == [3]
    cache = tmp_path / "cache" / "datasets"
    cache.mkdir(parents=True)
    (cache / "m.npz").write_bytes(elsewhere.read_bytes())
    assert mnist.load_data("m.npz", cache_dir=str(cache.parent))[1][1].tolist() == [4]


def test_fashion_mnist(folder, monkeypatch):
    (folder / "fashion-mnist").mkdir()
    hashes = {}
    for name in fashion_mnist.MD5:
        shape = (2, 3, 3) if "images" in name else (2,)
        header = struct.pack(f">HBB{len(shape)}i", 0, 8, len(shape), *shape)
        path = folder / "fashion-mnist" / name
        path.write_bytes(gzip.compress(header + bytes(range(int(np.prod(shape))))))
        hashes[name] = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setattr(fashion_mnist, "MD5", hashes)
    (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()
    assert x_train.shape == (2, 3, 3) and x_test[1, 2, 2] == 17
    assert y_train.tolist() == y_test.tolist() == [0, 1]
    x_train[0] = 1   # the arrays may be written to


def test_a_file_that_is_not_idx_is_refused(tmp_path):
    (tmp_path / "x.gz").write_bytes(gzip.compress(b"hello"))
    with pytest.raises(ValueError, match="is not an IDX file of bytes"):
        fashion_mnist.read_idx(tmp_path / "x.gz")


def _cifar(path, tmp_path, batches):
    with tarfile.open(path, "w:gz") as archive:
        for name, batch in batches.items():
            (tmp_path / "part").write_bytes(pickle.dumps(batch, protocol=4))
            archive.add(tmp_path / "part", name)


def _pictures(count):
    return np.arange(count * 3072, dtype=np.uint32).astype("uint8").reshape(count, 3072)


def test_cifar10(folder, monkeypatch, tmp_path):
    path = folder / "cifar-10-batches-py.tar.gz"   # as Keras 2 calls it
    names = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]
    _cifar(path, tmp_path, {f"cifar-10-batches-py/{name}": {b"data": _pictures(2), b"labels": [1, 2]}
                            for name in names})
    _accept(monkeypatch, cifar10, path)
    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    assert (x_train.shape, y_train.shape, x_test.shape) == ((10, 32, 32, 3), (10, 1), (2, 32, 32, 3))
    assert y_test.tolist() == [[1], [2]] and y_test.dtype == np.uint8
    assert x_test[0, 0, 1].tolist() == [_pictures(1)[0, place] for place in (1, 1025, 2049)]


def test_cifar100_with_channels_first(folder, monkeypatch, tmp_path):
    path = folder / cifar100.NAMES[0]
    batch = {b"data": _pictures(1), b"fine_labels": [7], b"coarse_labels": [3]}
    _cifar(path, tmp_path, {"cifar-100-python/train": batch, "cifar-100-python/test": batch})
    _accept(monkeypatch, cifar100, path)
    monkeypatch.setattr(settings._settings, "image_data_format", "channels_first")
    (x_train, y_train), (_, y_test) = cifar100.load_data(label_mode="coarse")
    assert x_train.shape == (1, 3, 32, 32) and y_train.tolist() == y_test.tolist() == [[3]]
    assert cifar100.load_data()[0][1].tolist() == [[7]]


def test_one_batch_file(tmp_path):
    (tmp_path / "batch").write_bytes(pickle.dumps({b"data": _pictures(1), b"labels": [4]}, protocol=4))
    images, labels = cifar.load_batch(str(tmp_path / "batch"))
    assert images.shape == (1, 3, 32, 32) and labels == [4]


class Hostile:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return print, ("executed",)


def test_a_hostile_pickle_is_refused(tmp_path, capsys):
    (tmp_path / "batch").write_bytes(pickle.dumps({b"data": Hostile()}))
    with pytest.raises(pickle.UnpicklingError, match="asks for builtins.print. Files of data sets hold"):
        cifar.load_batch(tmp_path / "batch")
    assert capsys.readouterr().out == ""


REVIEWS = {"x_train": _objects([1, 2, 3], [4], [5, 6, 7, 8], [9, 1]), "y_train": np.array([0, 1, 0, 1]),
           "x_test": _objects([2], [3, 9]), "y_test": np.array([1, 0])}


@pytest.fixture
def reviews(folder, monkeypatch):
    np.savez(folder / "imdb.npz", **REVIEWS)
    _accept(monkeypatch, imdb, folder / "imdb.npz")


def _lists(data):
    (x_train, y_train), (x_test, y_test) = data
    assert x_train.dtype == x_test.dtype == object and x_train.ndim == 1
    return x_train.tolist(), y_train.tolist(), x_test.tolist(), y_test.tolist()


def test_imdb_as_it_comes(reviews):
    assert _lists(imdb.load_data()) == IMDB["plain"]


@pytest.mark.parametrize("name, arguments", [
    ("limited", {"num_words": 8, "skip_top": 5}), ("without", {"num_words": 8, "oov_char": None}),
    ("unmarked", {"start_char": None, "index_from": 0, "seed": 5}), ("short", {"maxlen": 4}),
    ("limited", {"nb_words": 8, "skip_top": 5})])
def test_imdb_with_arguments(reviews, name, arguments):
    assert _lists(imdb.load_data(**arguments)) == IMDB[name]


def test_reuters(folder, monkeypatch):
    np.savez(folder / "reuters.npz", x=REVIEWS["x_train"], y=REVIEWS["y_train"])
    _accept(monkeypatch, reuters, folder / "reuters.npz")
    assert _lists(reuters.load_data(test_split=0.5, num_words=9)) == IMDB["reuters"]
    assert len(reuters.get_label_names()) == 46


@pytest.mark.parametrize("module, name", [(imdb, "imdb_word_index.json"),
                                          (reuters, "reuters_word_index.json")])
def test_word_indices(module, name, folder, monkeypatch):
    (folder / name).write_text(json.dumps({"the": 1}))
    _accept(monkeypatch, module, folder / name, "INDEX_MD5", "md5")
    assert module.get_word_index() == {"the": 1}


def test_hostile_lists_are_refused(folder, monkeypatch, capsys):
    np.savez(folder / "imdb.npz", x_train=_objects(Hostile()), allow_pickle=True)
    _accept(monkeypatch, imdb, folder / "imdb.npz")
    with pytest.raises(pickle.UnpicklingError, match="asks for builtins.print"):
        imdb.load_data()
    assert capsys.readouterr().out == ""


def test_houses(folder, monkeypatch):
    x, y = np.arange(40.0).reshape(20, 2), np.arange(20.0)
    for module in (boston_housing, california_housing):
        path = folder / f"{module.__name__.split('.')[-1]}.npz"
        np.savez(path, x=x, y=y)
        _accept(monkeypatch, module, path)
    (x_train, y_train), (x_test, y_test) = boston_housing.load_data()
    assert y_train.tolist() == HOUSES["train"] and y_test.tolist() == HOUSES["test"]
    np.testing.assert_array_equal(x_train[:, 0], 2 * y_train)
    np.testing.assert_array_equal(x_test[:, 1], 2 * y_test + 1)
    monkeypatch.setattr(california_housing, "SMALL", 5)
    assert sorted(california_housing.load_data("small", test_split=0)[0][1]) == [0, 1, 2, 3, 4]
    assert len(california_housing.load_data(test_split=0.5, seed=1)[0][1]) == 10


@pytest.mark.parametrize("act, error, message", [
    (lambda: cifar100.load_data("medium"), ValueError, "`label_mode` must be 'fine' or 'coarse'; got"),
    (lambda: california_housing.load_data("tiny"), ValueError, "`version` must be 'large' or 'small'"),
    (lambda: boston_housing.load_data(test_split=1), ValueError, "`test_split` must be a fraction from 0"),
    (lambda: reuters.load_data(test_split=-1), ValueError, "`test_split` must be"),
    (lambda: imdb.load_data(words=3), TypeError, "has no argument `words`"),
])
def test_wrong_arguments(act, error, message):
    with pytest.raises(error, match=message):
        act()


def test_nothing_left_is_an_error(reviews):
    with pytest.raises(ValueError, match=r"load_data\(maxlen=2\) leaves no sequence"):
        imdb.load_data(maxlen=2)
    with pytest.raises(ValueError, match="`skip_top` must be an integer of at least 0"):
        imdb.load_data(skip_top=-1)
