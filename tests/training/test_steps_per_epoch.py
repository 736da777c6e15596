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
def test_sequences_start_again_within_an_epoch_up_to_keras2(steps, batches):
    with dialect("keras2.3"):
        assert epochs_of("dataset", steps, epochs=batches.count("|") + 1) == batches


RAN_OUT = {  # observed on tf_keras 2.21: (source, steps per epoch, epochs) -> batches
    ("arrays", 3, 4): "0 1 2 | 3 4 0 | 1 2 3 | 4 0 1",
    ("arrays", 7, 2): "0 1 2 3 4 0 1 | 2 3 4",
    ("arrays", 7, 3): "0 1 2 3 4 0 1 | 2 3 4 0 1 2 3 | 4",
    ("arrays", 11, 3): "0 1 2 3 4 0 1 2 3 4 0 | 1 2 3 4",
    ("dataset", 3, 4): "0 1 2 | 0 1 2 | 0 1 2 | 0 1 2",
    ("dataset", 5, 2): "0 1 2 3 4 | 0 1 2 3 4",
    ("dataset", 7, 3): "0 1 2 3 4",
}


@pytest.mark.parametrize(("source", "steps", "epochs"), RAN_OUT)
def test_data_of_tf_keras_last_for_so_many_epochs_and_then_the_training_ends(source, steps, epochs):
    with dialect("tf.keras"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert epochs_of(source, steps, epochs) == RAN_OUT[source, steps, epochs]


def test_an_evaluation_of_tf_keras_ends_with_the_arrays():
    model = Recorder()
    model.compile("sgd", "mse")
    with dialect("tf.keras"):
        with pytest.warns(UserWarning, match=r"evaluate\(\): the pass over the data ended after 5 of 7"):
            model.evaluate(X, X, batch_size=2, steps=7, verbose=0)
        model.fit(X, X, batch_size=2, shuffle=False, validation_data=(X, X), validation_batch_size=2,
                  validation_steps=5, epochs=2, verbose=0)  # fmt: skip
    assert [number for number in model.seen if number >= 100] == [100, 101, 102, 103, 104] * 3


def test_the_end_of_a_training_whose_data_ran_out_is_told():
    with dialect("tf.keras"), pytest.warns(UserWarning, match="after 5 of 7 steps, and with it the training"):
        epochs_of("dataset", 7)


def test_a_sequence_of_tf_keras_is_told_of_every_epoch():
    class Ended(Numbered):
        ends = 0

        def on_epoch_end(self):
            self.ends += 1

    model, data = Recorder(), Ended()
    model.compile("sgd", "mse")
    with dialect("tf.keras"):
        model.fit(data, steps_per_epoch=3, epochs=4, verbose=0)
    assert data.ends == 4


TOLD = {"keras2.2": [3, 3, 3, 5], "keras2.3": [3, 3, 3, 5], "tf.keras": [3, 4, 5, 9], "keras3": [3, 4, 5, 9]}


@pytest.mark.parametrize("generation", TOLD)
def test_whether_a_sequence_hears_of_passes_without_learning(generation):
    """Real 2.3.1 and tf_keras say these numbers; 2.2.4 leaves out the last epoch of a fit."""

    class Ended(Numbered):
        ends = 0

        def on_epoch_end(self):
            self.ends += 1

    model, data, ends = Recorder(), Ended(), []
    model.compile("sgd", "mse")
    with dialect(generation):
        model.fit(data, epochs=3, verbose=0)
        ends.append(data.ends)
        model.evaluate(data, verbose=0)
        ends.append(data.ends)
        model.predict(data, verbose=0)
        ends.append(data.ends)
        model.fit(data, epochs=2, validation_data=data, verbose=0)
    assert [*ends, data.ends] == TOLD[generation]


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
