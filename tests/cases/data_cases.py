"""Kinds of data whose training, evaluation and prediction is compared with real Keras, one row each.

A row is a function `(keras) -> name -> numbers`; `keras` is ours or the real one. The arrays follow from
labels (`arrays.py`), the model is one Dense layer with given weights.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from cases.arrays import array, floats, positive, whole

SAMPLES, SIZE = 22, 5  # the last of five batches is smaller
Row = Callable[[Any], dict[str, Any]]


def numbers() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x (22, 4), class numbers (22,) and weights (22,)."""
    return (array(floats(SAMPLES, 4), "data/x"), array(whole(3, (SAMPLES,)), "data/y"),
            array(positive(SAMPLES), "data/weights"))  # fmt: skip


def batches(*arrays: np.ndarray) -> list[tuple]:
    """Batches of five rows."""
    return [tuple(part[first : first + SIZE] for part in arrays) for first in range(0, SAMPLES, SIZE)]


def model_of(keras: Any) -> Any:
    """Dense(3, softmax) on four features, with plain SGD."""
    inputs = keras.layers.Input((4,), name="features")
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax", name="scores")(inputs))
    model.set_weights([array(floats(4, 3), "data/kernel"), array(floats(3), "data/bias")])
    model.compile(keras.optimizers.SGD(0.3), "sparse_categorical_crossentropy", metrics=["accuracy"],
                  weighted_metrics=["sparse_categorical_crossentropy"])  # fmt: skip
    return model


def trained(keras: Any, *data: Any, **arguments: Any) -> dict[str, Any]:
    """History and weights after two epochs without shuffling."""
    model = model_of(keras)
    history = model.fit(*data, **{"epochs": 2, "verbose": 0, "shuffle": False, **arguments}).history
    return {**history, "kernel": model.get_weights()[0], "bias": model.get_weights()[1]}


def used(keras: Any, make: Callable[[], Any], **arguments: Any) -> dict[str, Any]:
    """What evaluate and predict say of data that `make` makes."""
    model = model_of(keras)
    results = model.evaluate(make(), verbose=0, **arguments)
    return {"evaluate": np.array(results), "predict": model.predict(make(), verbose=0, **arguments)}


def endless(*arrays: np.ndarray) -> Iterator[tuple]:
    """Batches again and again."""
    while True:
        yield from batches(*arrays)


def numbered(keras: Any, events: list | None = None, **arguments: Any) -> Any:
    """A PyDataset of the batches; `events` gets the numbers and hooks as they come."""
    items = batches(*numbers())
    events = [] if events is None else events

    class Numbered(keras.utils.PyDataset):
        def __len__(self) -> int:
            return len(items)

        def __getitem__(self, index: int) -> tuple:
            events.append(index)
            return items[index]

        def on_epoch_end(self) -> None:
            events.append(-1)

    return Numbered(**arguments)


def dicts() -> Iterator[tuple]:
    """Batches of dicts by name of input."""
    for x, y, weights in endless(*numbers()):
        yield {"features": x}, y, weights


def in_file(keras: Any) -> dict[str, Any]:
    """Rows of an h5py dataset."""
    h5py = importlib.import_module("h5py")
    x, y, weights = numbers()
    with tempfile.TemporaryDirectory() as folder, h5py.File(Path(folder) / "data.h5", "w") as file:
        dataset = file.create_dataset("x", data=x)
        if keras.__name__ == "keras":  # real Keras wants arrays; what is compared is that ours reads the same
            dataset = dataset[:]
        return trained(keras, dataset, y, sample_weight=weights, batch_size=SIZE, validation_split=0.3)


def frames(keras: Any) -> dict[str, Any]:
    """DataFrame and Series, columns of several types."""
    pandas = importlib.import_module("pandas")
    x, y, weights = numbers()
    frame = pandas.DataFrame({"a": x[:, 0], "b": (9 * x[:, 1]).astype("int32"), "c": x[:, 2] > 0,
                              "d": x[:, 3].astype("float64")})  # fmt: skip
    return trained(keras, frame, pandas.Series(y), sample_weight=pandas.Series(weights), batch_size=SIZE,
                   validation_split=0.3)  # fmt: skip


def sparse_rows(keras: Any) -> dict[str, Any]:
    """A sparse matrix."""
    sparse = importlib.import_module("scipy.sparse")
    x, y, weights = numbers()
    matrix = sparse.csr_matrix(np.where(x > 0, x, 0))
    return trained(keras, matrix, y, sample_weight=weights, batch_size=SIZE, validation_split=0.3)


def flowing(keras: Any) -> dict[str, Any]:
    """A dataset of TensorFlow's where there is one, else its interface."""
    items = batches(*numbers())
    if keras.__name__ != "keras":
        return trained(keras, _LikeTensorFlow(items), validation_data=_LikeTensorFlow(items))
    tensorflow = importlib.import_module("tensorflow")
    x, y, weights = numbers()
    dataset = tensorflow.data.Dataset.from_tensor_slices((x, y, weights)).batch(SIZE)
    return trained(keras, dataset, validation_data=dataset)


class _LikeTensorFlow:
    element_spec = None

    def __init__(self, items: list) -> None:
        self._items = items

    def cardinality(self) -> int:
        return len(self._items)

    def as_numpy_iterator(self) -> Iterator:
        return iter(self._items)


DATA_CASES: dict[str, Row] = {
    "generator": lambda keras: trained(keras, endless(*numbers()[:2]), steps_per_epoch=5),
    "generator with weights": lambda keras: trained(keras, endless(*numbers()), steps_per_epoch=5),
    "generator, epochs that end in the middle": lambda keras: trained(
        keras, endless(*numbers()), steps_per_epoch=3, epochs=4
    ),
    "generator of dicts": lambda keras: trained(keras, dicts(), steps_per_epoch=5),
    "validation generator": lambda keras: trained(
        keras, endless(*numbers()), steps_per_epoch=5, validation_data=endless(*numbers()),
        validation_steps=3, epochs=1,  # Keras loses some of its batches between two validations
    ),
    "PyDataset": lambda keras: trained(keras, numbered(keras), validation_data=numbered(keras)),
    "PyDataset, threads": lambda keras: trained(keras, numbered(keras, workers=3, max_queue_size=2)),
    "PyDataset, processes": lambda keras: trained(
        keras, numbered(keras, workers=2, use_multiprocessing=True)
    ),
    "PyDataset, validation that ends in the middle": lambda keras: trained(
        keras, numbered(keras), validation_data=numbered(keras), validation_steps=2
    ),
    "evaluate and predict a PyDataset": lambda keras: used(keras, lambda: numbered(keras)),
    "evaluate and predict a generator": lambda keras: used(keras, lambda: endless(*numbers()), steps=4),
    "evaluate and predict a part of a PyDataset": lambda keras: used(keras, lambda: numbered(keras), steps=3),
    "h5py": in_file,
    "pandas": frames,
    "scipy": sparse_rows,
    "tf.data": flowing,
}
