"""Small models for HDF5 files of Keras 2's layout: those of the `.keras` files, and what is special here."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import keras_file_models


def branches(keras: Any) -> Any:
    """Two inputs, masked recurrent layers, a model inside the model, two outputs; losses by output."""
    layers = keras.layers
    ids, features = keras.Input((5,), dtype="int32", name="ids"), keras.Input((3,), name="features")
    read = layers.Embedding(7, 3, mask_zero=True, name="words")(ids)
    read = layers.Bidirectional(layers.LSTM(2, return_sequences=True), name="both_ways")(read)
    merged = layers.Concatenate(name="merged")([layers.GRU(3, name="last")(read), features])
    start = keras.Input((6,), name="start")
    inner = layers.BatchNormalization(name="norm")(layers.Dense(3, name="mixed")(start))
    inner = keras.Model(start, layers.Dense(2, name="again")(inner), name="inner")
    outputs = [layers.Dense(1, name="out")(inner(merged)), layers.Dense(2, name="aux")(merged)]
    model = keras.Model([ids, features], outputs)
    losses = {"out": "mean_squared_error", "aux": "mean_absolute_error"}
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), losses, loss_weights={"out": 1.0, "aux": 0.5})
    return model


def metrics(keras: Any) -> Any:
    """Classes by accuracy and another metric, with Adam, Dropout and Flatten."""
    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((2, 2)), layers.Flatten(), layers.Dropout(0.0), layers.Dense(2, "softmax")]
    )
    adam = keras.optimizers.Adam(0.01)
    model.compile(adam, "categorical_crossentropy", metrics=["accuracy", "mean_squared_error"])
    return model


def plain(keras: Any) -> Any:
    """SGD without momentum, which has no slots."""
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def old_adam(keras: Any) -> Any:
    """The first optimizers of tf.keras, whose state is stored slot by slot, as that of Keras 2."""
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    optimizers = keras.optimizers.legacy if keras.__name__ == "tf_keras" else keras.optimizers
    model.compile(optimizers.Adam(0.01), "mse")
    return model


MODELS = {**keras_file_models.MODELS, "branches": branches, "metrics": metrics, "plain": plain,
          "old_adam": old_adam}  # fmt: skip
STORED = ("schedule", "branches", "metrics", "old_adam")


def batches(name: str) -> tuple:
    """(x, y) for a model: 8 samples."""
    random = np.random.RandomState(7)
    if name == "branches":
        x = [random.randint(0, 7, (8, 5)).astype("int32"), random.rand(8, 3).astype("float32")]
        return x, [random.rand(8, 1).astype("float32"), random.rand(8, 2).astype("float32")]
    if name == "metrics":
        return random.rand(8, 2, 2).astype("float32"), np.eye(2, dtype="float32")[random.randint(0, 2, 8)]
    return keras_file_models.batches(name)


def answers(model: Any, name: str) -> dict[str, np.ndarray]:
    """Output number -> predictions for `batches(name)`."""
    outputs = model.predict(batches(name)[0], verbose=0)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return {f"output{number}": np.asarray(output) for number, output in enumerate(outputs)}


def train(model: Any, name: str) -> None:
    """Two epochs of two batches each."""
    x, y = batches(name)
    model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
