"""Which source is chosen: pandas, datasets like TensorFlow's, iterators of old, arrays too large to move."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import torch
from cases.training_models import LABELS, SAMPLES, X, batches, classifier
from torch.utils.data import TensorDataset

import keras_torch
from keras_torch.training.data import choosing
from keras_torch.training.data.batch import Transfer
from keras_torch.training.data.streams import RowsSource


def _history(*data, **arguments):
    keras_torch.utils.set_random_seed(4)
    model = classifier()
    history = model.fit(*data, **{"verbose": 0, "shuffle": False, "batch_size": 8, **arguments}).history
    return [value for values in history.values() for value in values]


# pandas

MIXED = pd.DataFrame(
    {
        "double": X[:, 0].astype("float64"),
        "whole": np.arange(SAMPLES, dtype="int32"),
        "truth": X[:, 2] > 0,
        "missing": pd.array(np.arange(SAMPLES), dtype="Int64"),
    }
)


def test_frames_of_mixed_columns_are_floats():
    plain = MIXED.astype("float32").to_numpy()
    assert _history(MIXED, pd.Series(LABELS)) == _history(plain, LABELS)
    assert _history(MIXED, pd.Series(LABELS, dtype="Int64"), validation_split=0.25) == _history(
        plain, LABELS, validation_split=0.25
    )


def test_gaps_are_nan_and_refused():
    holed = MIXED.assign(missing=pd.array([None, *range(1, SAMPLES)], dtype="Int64"))
    with pytest.raises(ValueError, match="`x` holds 1 NaN"):
        _history(holed, LABELS)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pd.Categorical(["u", "v"] * 10), "category"),
        (pd.to_datetime(["2020-01-01"] * SAMPLES), "datetime"),
        (pd.Series(["a"] * SAMPLES, dtype="object"), "object"),
    ],
)
def test_columns_without_numbers_are_named(column, kind):
    with pytest.raises(ValueError, match=rf"`x` must hold numbers; these columns do not: 'town' \({kind}"):
        _history(MIXED.assign(town=column), LABELS)


def test_a_series_is_one_feature():
    x = keras_torch.Input((1,))
    model = keras_torch.Model(x, keras_torch.layers.Dense(2)(x))
    series = pd.Series(X[:, 0], name="first")
    assert np.array_equal(model.predict(series, verbose=0), model.predict(X[:, :1], verbose=0))
    with pytest.raises(ValueError, match=r"'town' \(category\)"):
        model.predict(pd.Series(["a", "b"], dtype="category", name="town"), verbose=0)


def test_frames_by_name_of_input():
    a, b = keras_torch.Input((1,), name="a"), keras_torch.Input((1,), name="b")
    model = keras_torch.Model([a, b], keras_torch.layers.Add()([a, b]))
    frame = pd.DataFrame(X[:, :2], columns=["a", "b"])
    assert np.allclose(model.predict(dict(frame), verbose=0)[:, 0], X[:, 0] + X[:, 1])


def test_frames_as_targets_and_in_batches():
    model = classifier(loss="mse", metrics=())
    targets = pd.DataFrame(np.eye(3)[LABELS])
    expected = model.evaluate(X, np.eye(3)[LABELS], batch_size=20, verbose=0)
    assert model.evaluate(pd.DataFrame(X), targets, batch_size=20, verbose=0) == expected
    assert model.evaluate(iter([(pd.DataFrame(X), targets)]), verbose=0) == expected


# Datasets like TensorFlow's


class Value:
    """A tensor of another library, which only has `numpy()`."""

    def __init__(self, array):
        self._array = array
        self.shape, self.dtype = array.shape, array.dtype

    def numpy(self):
        return self._array


class LikeTensorFlow:
    """The interface of a tf.data.Dataset."""

    def __init__(self, items, count):
        self.items, self.count, self.passes = items, count, 0
        self.element_spec = object()

    def cardinality(self):
        return Value(np.int64(self.count))

    def as_numpy_iterator(self):
        self.passes += 1
        while True:
            yield from self.items
            if self.count != -1:
                return

    def __iter__(self):
        return iter(self.as_numpy_iterator())


@pytest.mark.parametrize("count", [3, -2])
def test_datasets_like_those_of_tensorflow(count):
    expected = _history(X, LABELS, epochs=2)
    data = LikeTensorFlow(batches(8), count)
    assert _history(data, epochs=2, batch_size=None) == pytest.approx(expected, rel=1e-6)
    assert data.passes == 2
    source = choosing.batch_source(data, None, False, torch.device("cpu"), "fit()", choosing.Queue())
    assert source.steps == (3 if count == 3 else None)
    assert classifier().predict(data, verbose=0).shape == (SAMPLES, 3)


def test_endless_ones_need_a_number_of_steps():
    data = LikeTensorFlow(batches(8), -1)
    with pytest.raises(ValueError, match=r"evaluate\(\): the data have no end"):
        classifier().evaluate(data, verbose=0)
    assert len(_history(data, epochs=2, steps_per_epoch=4, batch_size=None)) == 4


def test_values_of_other_libraries_in_batches():
    items = [tuple(map(Value, batch)) for batch in batches(8)]
    assert _history(iter(items), batch_size=None) == pytest.approx(_history(X, LABELS), rel=1e-6)
    inside = [({"features": Value(x)}, Value(y)) for x, y in batches(8)]
    assert _history(iter(inside), batch_size=None) == pytest.approx(_history(X, LABELS), rel=1e-6)


# Iterators of old


class OldIterator:
    """Endless, knows `n` and `batch_size`, and has only `next()`."""

    def __init__(self):
        self.n, self.batch_size, self.given = SAMPLES, 8, 0

    def next(self):
        batch = batches(8)[self.given % 3]
        self.given += 1
        return batch


class NewerIterator(OldIterator):
    """The same with today's protocol."""

    def __iter__(self):
        return self

    def __next__(self):
        return self.next()


@pytest.mark.parametrize("kind", [OldIterator, NewerIterator])
def test_iterators_that_know_their_length_have_epochs(kind):
    data, expected = kind(), _history(X, LABELS, epochs=2)
    assert _history(data, epochs=2, batch_size=None) == pytest.approx(expected, rel=1e-6)
    assert data.given == 2 * math.ceil(SAMPLES / 8)
    assert np.array_equal(classifier().predict(data, verbose=0).shape, (SAMPLES, 3))
    assert len(_history(data, epochs=3, steps_per_epoch=4, batch_size=None)) == 6


# Datasets of tensors


def test_a_dataset_of_tensors_trains_as_arrays():
    data = TensorDataset(torch.tensor(X), torch.tensor(LABELS))
    assert _history(data, shuffle=True) == _history(X, LABELS, shuffle=True)
    assert classifier().predict(data, verbose=0).shape == (SAMPLES, 3)


# Devices


class Leaf:
    """A tensor that says what was asked of it."""

    def __init__(self, place="cpu", pinned=False):
        self.device, self.pinned, self.asked = torch.device(place), pinned, []

    def pin_memory(self):
        return Leaf("cpu", pinned=True)

    def to(self, device, non_blocking=False):
        moved = Leaf(str(device))
        moved.asked = [(self.pinned, non_blocking)]
        return moved


def test_batches_for_cuda_are_pinned_by_workers_and_copied_without_waiting():
    transfer = Transfer(torch.device("cuda", 0))
    staged = transfer.staged(({"a": Leaf(), "b": Leaf("cuda:0")}, [Leaf()], None))
    assert staged[0]["a"].pinned and staged[1][0].pinned and not staged[0]["b"].pinned and staged[2] is None
    moved = transfer.moved(staged)
    assert moved[0]["a"].asked == moved[1][0].asked == [(True, True)]
    assert moved[0]["b"] is staged[0]["b"] and transfer.staged(None) is None


def test_batches_for_other_devices_are_not_pinned():
    batch = (Leaf(), None, None)
    assert Transfer(torch.device("cpu")).staged(batch) is batch is Transfer(torch.device("cpu")).moved(batch)
    moved = Transfer(torch.device("mps")).moved(Transfer(torch.device("mps")).staged(batch))
    assert moved[0].asked == [(False, False)]


def test_arrays_too_large_for_the_device_go_there_batch_by_batch(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (4000, 4000))
    x, cuda = torch.zeros(100, 4), torch.device("cuda")
    assert not choosing.fits_on(cuda, [x]) and choosing.fits_on(cuda, [x[:10]])
    source = choosing.array_source(x, None, None, None, True, cuda, "fit()")
    assert isinstance(source, RowsSource) and source.steps == 4


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_streams_train_on_cuda():
    model = classifier().to("cuda")
    for data in ((iter(batches(8)),), (X[:, :], LABELS)):
        assert np.isfinite(model.fit(*data, verbose=0).history["loss"]).all()
    cuda = torch.device("cuda", 0)
    source = RowsSource(torch.tensor(X), None, None, 8, True, cuda, "fit()", choosing.Queue())
    source.begin_epoch()
    assert all(x.device.type == "cuda" for x, _, _ in source.batches())
