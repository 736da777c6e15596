"""Epochs of a given number of steps: which batches they see, when the data are shorter or longer."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

import keras_torch as keras
from keras_torch.dialects import dialect

X = np.repeat(np.arange(5.0), 2)[:, None]  # five batches of two rows


class Recorder(keras.Model):
    """Notes the first value of each batch, 100 more in evaluation."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.seen = []

    def call(self, inputs):
        return self.dense(inputs)

    def train_step(self, data):
        self.seen.append(int(data[0][0, 0]))
        return {"loss": 0.0}

    def test_step(self, data):
        self.seen.append(100 + int(data[0][0, 0]))
        return {"loss": 0.0}


class Numbered(keras.utils.PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        return X[2 * index:2 * index + 2], X[2 * index:2 * index + 2]


SOURCES = {
    "arrays": lambda: {"x": X, "y": X, "batch_size": 2, "shuffle": False},
    "dataset": lambda: {"x": Numbered(), "shuffle": False},
    "loader": lambda: {"x": torch.utils.data.DataLoader(list(zip(X, X)), batch_size=2)},
}


def epochs_of(source, steps, epochs=4):
    """The batches of each epoch, as text: '0 1 2 | 3 4'."""
    model, ends = Recorder(), []
    model.compile("sgd", "mse")
    end = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(len(model.seen)))
    model.fit(**SOURCES[source](), steps_per_epoch=steps, epochs=epochs, verbose=0, callbacks=[end])
    parts = [model.seen[first:last] for first, last in zip([0, *ends], ends)]
    return " | ".join(" ".join(map(str, part)) for part in parts)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "steps, batches",
    [
        (3, "0 1 2 | 3 4 | 0 1 2 | 3 4"),
        (5, "0 1 2 3 4 | 0 1 2 3 4 | 0 1 2 3 4 | 0 1 2 3 4"),
        (7, "0 1 2 3 4 | 0 1 2 3 4 | 0 1 2 3 4 | 0 1 2 3 4"),
    ],
)
def test_an_epoch_ends_with_the_data_as_in_keras3(source, steps, batches):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert epochs_of(source, steps) == batches


@pytest.mark.parametrize(
    "steps, batches", [(3, "0 1 2 | 3 4 0 | 1 2 3 | 4 0 1"), (7, "0 1 2 3 4 0 1 | 2 3 4 0 1 2 3")]
)
def test_arrays_start_again_within_an_epoch_up_to_tf_keras(steps, batches):
    with dialect("tf.keras"):
        assert epochs_of("arrays", steps, epochs=batches.count("|") + 1) == batches


def test_a_short_epoch_is_told():
    with pytest.warns(UserWarning, match="ended after 5 of 7 steps"):
        epochs_of("arrays", 7, epochs=1)


def test_evaluation_begins_with_the_data_each_time():
    model = Recorder()
    model.compile("sgd", "mse")
    model.fit(X, X, batch_size=2, shuffle=False, validation_data=(X, X), validation_batch_size=2,
              validation_steps=3, epochs=2, verbose=0)  # fmt: skip
    assert model.seen == [0, 1, 2, 3, 4, 100, 101, 102] * 2
    model.seen.clear()
    with pytest.warns(UserWarning, match=r"evaluate\(\): the pass over the data ended after 5 of 7 steps"):
        model.evaluate(X, X, batch_size=2, steps=7, verbose=0)
    assert model.seen == [100, 101, 102, 103, 104]
