"""Small models and data that the tests of training share."""

from __future__ import annotations

import numpy as np

import keras_torch
from keras_torch import layers

SAMPLES, FEATURES, CLASSES = 20, 4, 3
X = np.random.RandomState(0).randn(SAMPLES, FEATURES).astype("float32")
LABELS = np.random.RandomState(1).randint(0, CLASSES, SAMPLES)
WEIGHTS = np.random.RandomState(2).rand(SAMPLES).astype("float32")
NUMBERS = X.sum(1, keepdims=True)
OTHER = X[:, :2].copy()


def classifier(metrics=("accuracy",), optimizer="sgd", **compile_arguments):
    """Two Dense layers on (None, 4), three classes, compiled."""
    model = keras_torch.Sequential(
        [
            keras_torch.Input((FEATURES,), name="features"),
            layers.Dense(8, activation="relu"),
            layers.Dense(CLASSES, activation="softmax", name="scores"),
        ]
    )
    arguments = {"loss": "sparse_categorical_crossentropy", "metrics": list(metrics), **compile_arguments}
    model.compile(optimizer, **arguments)
    return model


def regressor(optimizer="sgd", loss="mse", **compile_arguments):
    """One Dense layer on (None, 4), one number, compiled."""
    model = keras_torch.Sequential([keras_torch.Input((FEATURES,)), layers.Dense(1)])
    model.compile(optimizer, loss, **compile_arguments)
    return model


def two_headed(loss=("mse", "sparse_categorical_crossentropy"), **compile_arguments):
    """Inputs 'a' (None, 4) and 'b' (None, 2), outputs 'p' (one number) and 'q' (three classes), compiled."""
    a, b = keras_torch.Input((FEATURES,), name="a"), keras_torch.Input((2,), name="b")
    joined = layers.Concatenate()([a, b])
    outputs = [
        layers.Dense(1, name="p")(joined),
        layers.Dense(CLASSES, activation="softmax", name="q")(joined),
    ]
    model = keras_torch.Model([a, b], outputs)
    model.compile("sgd", loss if isinstance(loss, (str, dict)) else list(loss), **compile_arguments)
    return model


class Subclassed(keras_torch.Model):
    """A model without a graph: its first batch builds it."""

    def __init__(self):
        super().__init__()
        self.scores = layers.Dense(CLASSES, activation="softmax")

    def call(self, inputs):
        return self.scores(inputs)


def subclassed():
    """A `Subclassed`, compiled."""
    model = Subclassed()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def batches(size=8, weights=False):
    """List of (x, y) or (x, y, sample_weight)."""
    parts = (X, LABELS, WEIGHTS) if weights else (X, LABELS)
    return [tuple(part[start : start + size] for part in parts) for start in range(0, SAMPLES, size)]


def endless(size=8):
    """Generator of (x, y) without end."""
    while True:
        yield from batches(size)


def generated(items):
    """Generator over a list."""
    yield from items


class Numbered(keras_torch.utils.PyDataset):
    """The batches as a PyDataset that counts its epochs."""

    def __init__(self, items=None, **arguments):
        super().__init__(**arguments)
        self.items = batches() if items is None else items
        self.events = []

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]

    def on_epoch_begin(self):
        self.events.append("begin")

    def on_epoch_end(self):
        self.events.append("end")
