"""Class numbers become rows; vectors get length one; a seed makes numbers repeat."""

import random

import numpy as np
import pytest
import torch

from keras_torch import utils
from keras_torch.dialects import dialect
from keras_torch.utils import normalize, set_random_seed, to_categorical, to_ordinal


@pytest.mark.parametrize("generation, dtype", [("keras1", "float64"), ("keras2.3", "float32"),
                                               ("tf.keras", "float32"), ("keras3", "float64")])
def test_dtype_of_each_generation(generation, dtype):
    with dialect(generation):
        assert to_categorical([0, 1]).dtype == dtype


@pytest.mark.parametrize("classes", [[0, 2, 1], [[0], [2]], [[0, 1], [2, 2]], [[[1]]], 2, [1.0, 2.0],
                                     np.array([1, 2], "uint8")])
def test_rows_of_any_shape(classes):
    expected = np.array(classes, "int64")
    if expected.ndim > 1 and expected.shape[-1] == 1:
        expected = expected[..., 0]
    rows = to_categorical(classes, num_classes=3)
    assert rows.shape == (*expected.shape, 3)
    np.testing.assert_array_equal(rows.argmax(-1), expected)
    np.testing.assert_array_equal(rows.sum(-1), np.ones(expected.shape))


def test_older_names_and_dtype():
    rows = to_categorical(y=[1], nb_classes=3, dtype="int32")
    assert rows.tolist() == [[0, 1, 0]] and rows.dtype == "int32"
    assert to_categorical([], num_classes=4).shape == (0, 4)


def test_tensors_stay_tensors():
    rows = to_categorical(torch.tensor([[1], [0]]), num_classes=2)
    assert rows.dtype == torch.float32 and rows.tolist() == [[0, 1], [1, 0]]
    assert to_ordinal(torch.tensor([1]), 3).tolist() == [[1, 0]]


def test_ordinal_rows():
    rows = to_ordinal([0, 1, 2, 3])
    assert rows.tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]] and rows.dtype == "float32"


@pytest.mark.parametrize("act, error, message", [
    (lambda: to_categorical([0, 3], 3), ValueError, "classes from 0 to 3; they must be from 0 to 2"),
    (lambda: to_categorical([-1, 1]), ValueError, "classes from -1 to 1"),
    (lambda: to_ordinal([0, 3], 3), ValueError, r"to_ordinal\(\) was given classes from 0 to 3"),
    (lambda: to_categorical([0], 0), ValueError, "`num_classes` must be a positive integer"),
    (lambda: to_categorical([0], classes=2), TypeError, "has no argument `classes`"),
    (lambda: to_categorical(), TypeError, r"needs the class numbers. Write to_categorical\(x\)"),
    (lambda: set_random_seed(-1), ValueError, r"`seed` must be an integer from 0 to 2\*\*32 - 1; got -1"),
    (lambda: set_random_seed(0.5), ValueError, "`seed` must be"),
])
def test_errors(act, error, message):
    with pytest.raises(error, match=message):
        act()


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("order", [1, 2, np.inf])
def test_vectors_get_length_one(axis, order):
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    x[0], x[:, 0] = 0, 0
    unit = normalize(x, axis, order)
    assert unit.dtype == np.float32
    norm = np.linalg.norm(unit, order, axis)
    assert np.all(np.isclose(norm, 1, atol=1e-6) | (norm == 0)) and (norm == 0).sum() == 1
    np.testing.assert_allclose(normalize(torch.from_numpy(x), axis, order).numpy(), unit, rtol=1e-6)


def test_normalize_takes_lists():
    assert normalize([3.0, 4.0]).tolist() == [0.6, 0.8]


def test_a_seed_makes_all_numbers_repeat():
    def draw():
        set_random_seed(np.int64(5))
        return random.random(), np.random.rand(), torch.rand(1).item()

    assert draw() == draw()


def test_the_window_shows_progress():
    assert utils.Progbar(3).target == 3 and utils.is_interactive_logging_enabled()
