"""Arrays that are read batch by batch: sparse matrices, memory maps, h5py datasets; what is read when."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
import scipy.sparse
import torch
from cases.training_models import LABELS, SAMPLES, WEIGHTS, X, classifier

import keras_torch
from keras_torch.training.data.columns import column_of

SPARSE = np.where(X > 0.3, X, 0).astype("float64")


class Counted:
    """An array that lies elsewhere and counts the rows that are read."""

    def __init__(self, array):
        self._array = array
        self.shape, self.dtype = array.shape, array.dtype
        self.read = []

    def __len__(self):
        return len(self._array)

    def __getitem__(self, rows):
        found = self._array[rows]
        self.read.append(len(found))
        return found


def _mapped(folder, array):
    np.save(folder / "array.npy", array)
    return np.load(folder / "array.npy", mmap_mode="r")


def _in_file(folder, array):
    file = h5py.File(folder / "array.h5", "w")
    return file.create_dataset("array", data=array)


def _as_tensor(folder, array):
    array.tofile(folder / "array.bin")
    flat = torch.from_file(str(folder / "array.bin"), size=array.size, dtype=torch.from_numpy(array).dtype)
    return flat.reshape(array.shape)


KINDS = {
    "csr": lambda folder, array: scipy.sparse.csr_matrix(array),
    "coo": lambda folder, array: scipy.sparse.coo_matrix(array),
    "sparse array": lambda folder, array: scipy.sparse.csc_array(array),
    "memory map": _mapped,
    "view of a map": lambda folder, array: np.asarray(_mapped(folder, np.vstack([array] * 2)))[SAMPLES:],
    "h5py": _in_file,
    "mapped tensor": _as_tensor,
    "elsewhere": lambda folder, array: Counted(array),
}


def _history(x, y, **arguments):
    keras_torch.utils.set_random_seed(4)
    model = classifier()
    history = model.fit(x, y, batch_size=8, epochs=2, verbose=0, **arguments).history
    return [value for values in history.values() for value in values]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shuffle", [True, False, "batch"])
def test_training_is_that_of_arrays_in_memory(kind, shuffle, tmp_path):
    expected = _history(SPARSE, LABELS, shuffle=shuffle)
    assert _history(KINDS[kind](tmp_path, SPARSE), LABELS, shuffle=shuffle) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_evaluation_prediction_and_splits_are_those_of_arrays_in_memory(kind, tmp_path):
    data, model = KINDS[kind](tmp_path, SPARSE), classifier()
    assert model.evaluate(data, LABELS, verbose=0) == model.evaluate(SPARSE, LABELS, verbose=0)
    assert np.array_equal(model.predict(data, verbose=0), model.predict(SPARSE, verbose=0))
    expected = _history(SPARSE, LABELS, validation_split=0.25, sample_weight=WEIGHTS, class_weight={0: 2.0})
    assert expected == _history(
        data, LABELS, validation_split=0.25, sample_weight=WEIGHTS, class_weight={0: 2.0}
    )


@pytest.mark.parametrize("kind", ["h5py", "memory map"])
def test_targets_and_weights_are_read_too(kind, tmp_path):
    folders = [tmp_path / name for name in "yw"]
    for folder in folders:
        folder.mkdir()
    y, weights = KINDS[kind](folders[0], LABELS), KINDS[kind](folders[1], WEIGHTS)
    assert _history(X, y, sample_weight=weights) == _history(X, LABELS, sample_weight=WEIGHTS)


def test_single_batches_of_sparse_rows():
    model = classifier()
    sparse = scipy.sparse.csr_matrix(SPARSE)
    assert np.array_equal(model.predict_on_batch(sparse), model.predict_on_batch(SPARSE))
    assert model.test_on_batch(sparse, LABELS) == model.test_on_batch(SPARSE, LABELS)
    assert model.train_on_batch(sparse, LABELS) == pytest.approx(classifier_loss(model), rel=1)


def classifier_loss(model):
    """Loss and accuracy now: of the size that training gave."""
    return model.test_on_batch(SPARSE, LABELS)


def test_only_the_batches_needed_are_read():
    data = Counted(np.zeros((1000, 4)))
    classifier().fit(data, np.zeros(1000), batch_size=10, steps_per_epoch=5, epochs=2, verbose=0)
    assert sum(data.read) == 100 and max(data.read) == 10
    data.read.clear()
    steps = {"steps_per_epoch": 1, "validation_steps": 2}
    classifier().fit(data, np.zeros(1000), batch_size=10, validation_split=0.5, verbose=0, **steps)
    assert sum(data.read) == 40  # validation data are looked at once before training: 10 + 10 + 20


def test_inputs_of_whole_numbers_become_floats_batch_by_batch(tmp_path):
    pixels = np.random.RandomState(0).randint(0, 255, (SAMPLES, 4)).astype("uint8")
    model = classifier()
    expected = model.predict(pixels, verbose=0)
    assert np.array_equal(model.predict(_in_file(tmp_path, pixels), verbose=0), expected)


def test_nan_is_refused_in_the_batch_where_it_is(tmp_path):
    holed = X.copy()
    holed[-1, 0] = np.nan
    model = classifier()
    with pytest.raises(ValueError, match=r"fit\(\), batch 2: `x` holds 1 NaN value"):
        model.fit(_in_file(tmp_path, holed), LABELS, batch_size=8, shuffle=False, verbose=0)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    targets = np.zeros((SAMPLES, 3))
    targets[-1] = np.nan
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="batch 2: `y` holds 3 NaN"):
        model.fit(Counted(X), targets, batch_size=8, shuffle=False, verbose=0)
    model.compile("sgd", lambda y_true, y_pred: torch.nan_to_num(y_true) - y_pred)
    assert model.fit(Counted(X), targets, batch_size=8, verbose=0).epoch == [0]  # it takes them
    assert np.isnan(model.predict(Counted(holed), verbose=0)[-1]).all()  # prediction takes what it is given


def test_a_train_step_of_ones_own_may_take_nan():
    class Own(keras_torch.Model):
        def train_step(self, data):
            return {"loss": torch.isnan(data[0]).sum()}

    x = keras_torch.Input((4,))
    model = Own(x, keras_torch.layers.Dense(1)(x))
    model.compile("sgd", "mse")
    holed = np.full((4, 4), np.nan)
    assert model.fit(Counted(holed), np.zeros((4, 1)), verbose=0).history["loss"] == [16.0]


def test_arrays_of_text_are_refused(tmp_path):
    with h5py.File(tmp_path / "text.h5", "w") as file:
        words = file.create_dataset("words", data=["a", "b"])
        with pytest.raises(ValueError, match=r"fit\(\): `x` must hold numbers; got an array of dtype object"):
            classifier().fit(words, [0, 1], verbose=0)


def test_different_lengths_are_told_before_anything_is_read():
    data = Counted(X)
    with pytest.raises(ValueError, match="`x` has 20, `y` has 19"):
        classifier().fit(data, LABELS[1:], verbose=0)
    assert not data.read


def test_rows_in_any_order_are_read_in_rising_order():
    class Rising(Counted):
        def __getitem__(self, rows):
            assert isinstance(rows, slice) or (np.diff(rows) > 0).all()
            return super().__getitem__(rows)

    column = column_of(Rising(np.arange(10.0)), "x")[2:]
    assert column.rows(torch.tensor([5, 1, 5, 0])).tolist() == [7, 3, 7, 2]
    assert column.whole().tolist() == list(range(2, 10)) and len(column[3:5]) == 2
    with pytest.raises(ValueError, match="a step of 2"):
        column[::2]


def test_arrays_in_memory_are_no_columns():
    for value in (X, torch.tensor(X), X.tolist(), X[::2], np.float32(3)):
        assert column_of(value, "x") is None


def test_a_mapped_file_larger_than_memory_is_streamed(tmp_path):
    """Eight gigabytes of holes: a copy, a conversion or a look for NaN would take seconds and the memory."""
    rows = 2**20
    data = np.memmap(tmp_path / "large.bin", dtype="float64", mode="w+", shape=(rows, 1024))
    data[:8] = 1.0
    x = keras_torch.Input((1024,))
    model = keras_torch.Model(x, keras_torch.layers.Dense(1)(x))
    model.compile("sgd", "mse")
    peak = _peak()
    model.fit(data, np.zeros((rows, 1), "float32"), steps_per_epoch=3, verbose=0, validation_split=0.5,
              validation_steps=2)  # fmt: skip
    model.evaluate(data, np.zeros((rows, 1), "float32"), steps=2, verbose=0)
    assert model.predict(data, steps=2, verbose=0).shape == (64, 1)
    assert _peak() - peak < 200e6


def _peak():
    """Largest resident memory of this process so far, in bytes."""
    with open("/proc/self/status") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM"))
