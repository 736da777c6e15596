"""HDF5Matrix: rows, slices, parts of files, normalizers, and training from it."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from cases.training_models import LABELS, SAMPLES, X, classifier

import keras_torch
from keras_torch.utils import HDF5Matrix


@pytest.fixture
def path(tmp_path):
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["x"], file["y"] = X, LABELS
    return str(tmp_path / "data.h5")


def test_rows_and_slices_are_those_of_the_part(path):
    part = HDF5Matrix(path, "x", start=4, end=14)
    assert (len(part), part.shape, part.ndim, part.size, part.dtype) == (10, (10, 4), 2, 40, np.float32)
    assert np.array_equal(part[0], X[4]) and np.array_equal(part[2:5], X[6:9])
    assert np.array_equal(part[[1, 3]], X[[5, 7]]) and np.array_equal(part[np.array([0, 9])], X[[4, 13]])
    assert len(part[20:30]) == 0 and np.array_equal(part[-3:], X[11:14])


def test_a_normalizer_changes_what_is_read(path):
    matrix = HDF5Matrix(path, "x", normalizer=lambda rows: (rows * 2).astype("float64")[:, :2])
    assert matrix.shape == (SAMPLES, 2) and matrix.dtype == np.float64
    assert np.allclose(matrix[3:5], 2 * X[3:5, :2])


@pytest.mark.parametrize("shuffle", ["batch", True, False])
def test_training_from_it_is_training_from_arrays(path, shuffle):
    def run(x, y):
        keras_torch.utils.set_random_seed(2)
        model = classifier()
        history = model.fit(x, y, batch_size=6, epochs=2, shuffle=shuffle, verbose=0).history
        return history, model.evaluate(x, y, verbose=0), model.predict(x, verbose=0).tolist()

    part = [HDF5Matrix(path, name, 2, 18) for name in "xy"]
    assert run(*part) == run(X[2:18], LABELS[2:18])


def test_validation_from_another_part(path):
    def run(first, last):
        keras_torch.utils.set_random_seed(2)
        return classifier().fit(*first, validation_data=last, verbose=0, shuffle=False).history

    first, last = ([HDF5Matrix(path, name, *rows) for name in "xy"] for rows in ((0, 12), (12, 20)))
    assert run(first, last) == run((X[:12], LABELS[:12]), (X[12:], LABELS[12:]))


def test_mistakes_are_told(path):
    matrix = HDF5Matrix(path, "x", start=5)
    with pytest.raises(IndexError, match="has rows 0 to 14; got 15"):
        matrix[15]
    with pytest.raises(IndexError, match="rows 0 to 14"):
        matrix[[3, -1]]
    with pytest.raises(IndexError, match="takes row numbers and slices; got 'a'"):
        matrix["a"]
    with pytest.raises(KeyError, match=r"has no dataset 'z'; it has \['x', 'y'\]"):
        HDF5Matrix(path, "z")
    with pytest.raises(ValueError, match="has 20 rows; `start`=9 and `end`=9 leave none"):
        HDF5Matrix(path, "x", 9, 9)
