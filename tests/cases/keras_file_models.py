"""Small models with an optimizer's state, made alike by Keras 3, tf_keras and keras_torch.

Each maker takes the library (`keras`, `tf_keras` or `keras_torch`) and returns a compiled model. Nadam is not
among the optimizers: files of Keras lack one of its variables, so that its training differs after a reload.
The embeddings train by SGD: with others Keras 3 on TensorFlow updates only the rows that a batch has.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def dense(keras: Any) -> Any:
    """A Sequential of Dense layers with Adam and a regularizer."""
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(3, "tanh", kernel_regularizer="l2", name="hidden"),
            layers.Dense(1, use_bias=False),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


def schedule(keras: Any) -> Any:
    """A learning rate schedule, momentum, gradient clipping, a loss object and metric objects."""
    layers, schedules = keras.layers, keras.optimizers.schedules
    model = keras.Sequential([layers.Input((4,)), layers.Dense(3, "relu"), layers.Dense(1, "sigmoid")])
    rate = schedules.ExponentialDecay(0.1, 3, 0.5, staircase=True)
    model.compile(
        keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, clipnorm=1.0),
        keras.losses.BinaryCrossentropy(label_smoothing=0.1),
        metrics=[keras.metrics.BinaryAccuracy(), keras.metrics.AUC(num_thresholds=20)],
    )
    return model


def shared(keras: Any) -> Any:
    """A layer used twice, a model inside a model, two inputs by name and loss weights."""
    layers = keras.layers
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    encoder = keras.Sequential(
        [layers.Input((4,)), layers.Dense(3, "relu"), layers.BatchNormalization()], name="encoder"
    )
    twice = layers.Dense(3, "tanh", name="twice")
    merged = layers.Concatenate()([twice(encoder(left)), twice(encoder(right)), layers.Add()([left, right])])
    model = keras.Model([left, right], layers.Dense(1, name="out")(merged), name="siamese")
    model.compile(keras.optimizers.RMSprop(0.01), "mean_squared_error", loss_weights=[0.5])
    return model


def recurrent(keras: Any) -> Any:
    """Masked embeddings, a Bidirectional LSTM and a GRU."""
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((5,), dtype="int32"),
            layers.Embedding(7, 3, mask_zero=True),
            layers.Bidirectional(layers.LSTM(2, return_sequences=True)),
            layers.GRU(2),
            layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.SGD(0.1, momentum=0.5), "mse")
    return model


def images(keras: Any) -> Any:
    """Convolutions, pooling and normalization, trained by AdamW with amsgrad."""
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((6, 6, 2)),
            layers.Conv2D(3, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.DepthwiseConv2D(2),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.AdamW(0.01, weight_decay=0.01, amsgrad=True), "mse")
    return model


def averaged(keras: Any) -> Any:
    """An exponential average of the weights beside the optimizer's slots."""
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.5), "mse")
    return model


MODELS = {
    "dense": dense,
    "schedule": schedule,
    "shared": shared,
    "recurrent": recurrent,
    "images": images,
    "averaged": averaged,
}


def batches(name: str) -> tuple:
    """(x, y) for a model: 8 samples."""
    random = np.random.RandomState(7)
    y = random.randint(0, 2, (8, 1)).astype("float32")
    if name == "shared":
        return [random.rand(8, 4).astype("float32"), random.rand(8, 4).astype("float32")], y
    if name == "recurrent":
        return random.randint(0, 7, (8, 5)).astype("int32"), y
    if name == "images":
        return random.rand(8, 6, 6, 2).astype("float32"), y
    return random.rand(8, 4).astype("float32"), y
