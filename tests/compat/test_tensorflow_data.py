"""`tf.data.Dataset`: what the pipelines of tutorials give, element by element."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

import keras_torch as keras
from keras_torch.compat.tensorflow_data import INFINITE, UNKNOWN, Dataset, Options, TensorSpec

X, Y = np.arange(10, dtype="float32").reshape(5, 2), np.array([0, 1, 0, 1, 1])


def numbers(dataset, count=None):
    return [item.tolist() for item in itertools.islice(dataset, count)]


# What TensorFlow 2.21 gives for the same pipelines: list of elements, then cardinality.
PIPELINES = {
    "batch": (lambda d: d.batch(2), [[0, 1], [2, 3], [4]], 3),
    "drop_remainder": (lambda d: d.batch(2, drop_remainder=True), [[0, 1], [2, 3]], 2),
    "repeat": (lambda d: d.repeat(2).batch(4), [[0, 1, 2, 3], [4, 0, 1, 2], [3, 4]], 3),
    "batch then repeat": (lambda d: d.batch(4).repeat(2), [[0, 1, 2, 3], [4], [0, 1, 2, 3], [4]], 4),
    "take and skip": (lambda d: d.skip(1).take(2), [1, 2], 2),
    "take all": (lambda d: d.take(-1), [0, 1, 2, 3, 4], 5),
    "shard": (lambda d: d.shard(2, 1), [1, 3], 2),
    "concatenate": (lambda d: d.take(1).concatenate(d.skip(4)), [0, 4], 2),
    "map": (lambda d: d.map(lambda x: x * 2, num_parallel_calls=-1), [0, 2, 4, 6, 8], 5),
    "filter": (lambda d: d.filter(lambda x: x % 2 == 0), [0, 2, 4], UNKNOWN),
    "unbatch": (lambda d: d.batch(2).unbatch(), [0, 1, 2, 3, 4], UNKNOWN),
    "cache and prefetch": (lambda d: d.cache().prefetch(-1), [0, 1, 2, 3, 4], 5),
    "flat_map": (lambda d: d.take(3).flat_map(Dataset.range), [0, 0, 1], UNKNOWN),
    "apply": (lambda d: d.apply(lambda e: e.take(1)), [0], 1),
    "batch of batches": (lambda d: d.batch(2, True).batch(2), [[[0, 1], [2, 3]]], 1),
    "with_options": (lambda d: d.with_options(Options()).take(1), [0], 1),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_pipelines_give_tensorflows_elements(name):
    make, elements, cardinality = PIPELINES[name]
    dataset = make(Dataset.range(5))
    assert numbers(dataset) == elements and numbers(dataset) == elements
    assert dataset.cardinality() == cardinality
    if cardinality >= 0:
        assert len(dataset) == cardinality


def test_endless_datasets():
    dataset = Dataset.range(2).repeat()
    assert numbers(dataset, 5) == [0, 1, 0, 1, 0] and dataset.cardinality() == INFINITE
    assert dataset.take(3).cardinality() == 3
    with pytest.raises(TypeError, match="endless"):
        len(dataset)
    with pytest.raises(TypeError, match="unknown length"):
        len(Dataset.range(2).filter(bool))


def test_structures():
    dataset = Dataset.from_tensor_slices(({"a": X, "b": [1, 2, 3, 4, 5]}, Y))
    features, label = next(iter(dataset.batch(3)))
    assert features["a"].shape == (3, 2) and label.tolist() == [0, 1, 0]
    assert features["b"].dtype == torch.int32
    spec = dataset.element_spec
    assert (spec[0]["a"].shape, spec[1].shape, spec[1].dtype) == ((2,), (), torch.int64)
    assert [sorted(x) for x, _ in dataset.map(lambda x, y: (x, y))] == [["a", "b"]] * 5
    assert isinstance(next(dataset.as_numpy_iterator())[0]["a"], np.ndarray)


def test_batches_are_taken_out_of_the_arrays_at_once(monkeypatch):
    dataset = Dataset.from_tensor_slices((X, Y)).shuffle(5).repeat(2).take(8).batch(4)
    monkeypatch.setattr(torch, "stack", None)
    x, y = next(iter(dataset))
    assert [list(row) for row in X[(x[:, 0] / 2).long()]] == x.tolist() and y.shape == (4,)


def test_shuffle_gives_every_element_once_in_another_order_each_time():
    for buffer in (100, 7):
        dataset = Dataset.range(50).shuffle(buffer)
        first, second = numbers(dataset), numbers(dataset)
        assert sorted(first) == sorted(second) == list(range(50)) and first != second != list(range(50))


def test_a_small_buffer_moves_elements_little():
    assert all(item <= place + 3 for place, item in enumerate(numbers(Dataset.range(40).shuffle(4))))


def test_shuffle_with_a_seed_repeats():
    again = Dataset.range(20).shuffle(20, seed=3, reshuffle_each_iteration=False)
    assert numbers(again) == numbers(again) == numbers(Dataset.range(20).shuffle(20, seed=3))


def test_zip_ends_with_the_shortest():
    zipped = Dataset.zip((Dataset.range(3), Dataset.range(10, 12)))
    assert [(int(a), int(b)) for a, b in zipped] == [(0, 10), (1, 11)] and len(zipped) == 2
    assert [(int(a), int(b)) for a, b in Dataset.zip(Dataset.range(1), Dataset.range(1))] == [(0, 0)]


def test_generators_are_called_for_each_pass():
    def generate(stop=2):
        for number in range(stop):
            yield [number, number], number

    dataset = Dataset.from_generator(generate, (torch.float32, torch.int64), args=(3,))
    for _ in range(2):
        items = list(dataset)
        assert [int(y) for _, y in items] == [0, 1, 2] and items[0][0].dtype == torch.float32
    spec = (TensorSpec((2,), torch.float64), TensorSpec((), torch.int32))
    x, y = next(iter(Dataset.from_generator(generate, output_signature=spec)))
    assert x.dtype == torch.float64 and y.dtype == torch.int32


def test_text_stays_text():
    dataset = Dataset.from_tensor_slices((["one", "two"], [1, 2])).batch(2)
    words, _ = next(iter(dataset))
    assert list(words) == ["one", "two"]


def test_reduce_and_enumerate():
    assert int(Dataset.range(5).reduce(0, lambda total, x: total + x)) == 10
    assert [int(i) for i, _ in Dataset.range(3).enumerate(start=5)] == [5, 6, 7]


def test_models_take_datasets():
    dataset = Dataset.from_tensor_slices((X, Y)).shuffle(5).batch(2)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(dataset, validation_data=dataset, epochs=2, verbose=0).history
    assert len(history["val_loss"]) == 2
    assert model.predict(dataset, verbose=0).shape == (5, 1)
    assert len(model.fit(dataset.repeat(), steps_per_epoch=2, verbose=0).history["loss"]) == 1


@pytest.mark.parametrize(
    "call, error, sentence",
    [
        (lambda: Dataset.from_tensor_slices((X, Y[:2])), ValueError, r"arrays with \[2, 5\] rows"),
        (lambda: Dataset.range(2).batch(0), ValueError, "`batch_size` must be"),
        (lambda: Dataset.range(2).shuffle(0), ValueError, "`buffer_size` must be"),
        (lambda: Dataset.range(2).cache("file"), ValueError, "kept in memory"),
        (lambda: Dataset.from_generator(iter([1])), TypeError, "Pass the function"),
    ],
)
def test_errors_name_the_argument(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()
