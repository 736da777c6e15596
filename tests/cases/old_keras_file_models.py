"""Models that Keras 1.2.2, 2.2.4 and 2.3.1 write to files: how each is made there, and the data it is fed.

A maker takes the module `keras` of the generation and returns a compiled model. Data follow from the shapes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from cases.arrays import array, floats, positive, whole


@dataclass(frozen=True)
class FileModel:
    """A maker with its data.

    Args:
        make: function of the module `keras`.
        inputs: one `Values` for each input.
        targets: one for each output.
    """

    make: Callable
    inputs: tuple
    targets: tuple


def data(name: str, values: tuple, kind: str) -> Any:
    """The arrays, or the only one."""
    arrays = [array(one, f"{name}/{kind}{i}") for i, one in enumerate(values)]
    return arrays if len(arrays) > 1 else arrays[0]


def train(model: Any, name: str, file_model: FileModel, steps: int = 2) -> list:
    """Steps on the model's one batch; the losses."""
    x, y = data(name, file_model.inputs, "input"), data(name, file_model.targets, "target")
    return [float(np.ravel(model.train_on_batch(x, y))[0]) for _ in range(steps)]


def predictions(model: Any, name: str, file_model: FileModel) -> list:
    """The model's outputs for its inputs."""
    x = data(name, file_model.inputs, "input")
    found = model.predict(x, batch_size=file_model.inputs[0].shape[0])
    return list(found) if isinstance(found, (list, tuple)) else [found]


def doubled(x: Any) -> Any:
    """A named function for Lambda."""
    return x * 2


# ---------------------------------------------------------------------------------------------- Keras 1


def _sequential(keras: Any, layers: list, optimizer: Any = "adam", loss: str = "mse") -> Any:
    model = keras.models.Sequential()
    for layer in layers:
        model.add(layer)
    model.compile(optimizer, loss)
    return model


def _dense1(keras: Any) -> Any:
    la, reg, con = keras.layers, keras.regularizers, keras.constraints
    layers = [
        # No bias before a normalization: its gradient is 0 but for rounding, which Adam blows up.
        la.Dense(6, input_dim=4, init="uniform", W_regularizer=reg.l2(0.01), W_constraint=con.maxnorm(2),
                 bias=False),
        la.BatchNormalization(epsilon=2e-5), la.Activation("tanh"), la.Dropout(0.0),
        la.Highway(activation="relu"), la.MaxoutDense(5, nb_feature=3), la.PReLU(), la.SReLU(),
        la.ParametricSoftplus(), la.LeakyReLU(0.2), la.ELU(), la.BatchNormalization(mode=1),
        la.Dense(4, bias=False), la.BatchNormalization(mode=2),
        la.Dense(3, activation="softmax", b_regularizer=reg.l1(0.01)),
    ]  # fmt: skip
    return _sequential(keras, layers, keras.optimizers.Adam(lr=0.01), "categorical_crossentropy")


def _images1(keras: Any, order: str, optimizer: Any) -> Any:
    la = keras.layers
    shape, axis = ((7, 6, 2), -1) if order == "tf" else ((2, 7, 6), 1)
    wanted = (None, 10, 10, 2) if order == "tf" else (None, 2, 10, 10)
    layers = [
        # Theano's Python kernels have no gradient of a dilated convolution, so it is first and frozen.
        la.AtrousConvolution2D(3, 2, 2, atrous_rate=(2, 2), dim_ordering=order, input_shape=shape,
                               trainable=False),
        la.Convolution2D(3, 3, 2, dim_ordering=order, bias=False),
        la.BatchNormalization(epsilon=2e-5, axis=axis), la.ZeroPadding2D((1, 1), dim_ordering=order),
        # Pooling comes first: where cells are equal, Theano gives each of them the whole gradient.
        la.MaxPooling2D((2, 2), strides=(1, 1), dim_ordering=order),
        la.UpSampling2D((2, 2), dim_ordering=order),
        la.Deconvolution2D(2, 3, 3, output_shape=wanted, dim_ordering=order),
        la.Cropping2D(((1, 1), (0, 1)), dim_ordering=order),
        la.LocallyConnected2D(2, 3, 3, dim_ordering=order, subsample=(2, 2)),
        la.AveragePooling2D((2, 2), strides=(1, 1), dim_ordering=order), la.Flatten(), la.Dense(2),
    ]  # fmt: skip
    return _sequential(keras, layers, optimizer)


def _lines1(keras: Any) -> Any:
    la = keras.layers
    layers = [
        la.AtrousConvolution1D(3, 2, atrous_rate=2, input_shape=(9, 2), trainable=False),
        la.Convolution1D(4, 3, border_mode="same", activation="relu"),
        la.MaxPooling1D(2, stride=1), la.UpSampling1D(2),
        la.LocallyConnected1D(3, 3), la.TimeDistributedDense(4), la.GlobalMaxPooling1D(), la.Dense(2),
    ]  # fmt: skip
    return _sequential(keras, layers, keras.optimizers.RMSprop(lr=0.01))


def _volumes1(keras: Any) -> Any:
    la = keras.layers
    layers = [
        la.Convolution3D(3, 2, 2, 2, input_shape=(2, 4, 4, 3), dim_ordering="th"),
        la.MaxPooling3D((2, 2, 1), dim_ordering="th"), la.Flatten(), la.Dense(2),
    ]  # fmt: skip
    return _sequential(keras, layers, keras.optimizers.Adamax(lr=0.01))


def _sequences1(keras: Any) -> Any:
    la = keras.layers
    layers = [
        la.Embedding(9, 4, input_length=6, mask_zero=True), la.LSTM(5, return_sequences=True),
        la.Bidirectional(la.LSTM(4, return_sequences=True, inner_activation="sigmoid")),
        la.GRU(4, return_sequences=True), la.TimeDistributed(la.Dense(5, activation="tanh")),
        la.Bidirectional(la.GRU(3, return_sequences=True), merge_mode="ave"), la.SimpleRNN(3), la.Dense(2),
    ]  # fmt: skip
    return _sequential(keras, layers, keras.optimizers.Adam(lr=0.01))


def _gpu1(keras: Any) -> Any:
    la = keras.layers
    layers = [
        la.LSTM(5, return_sequences=True, consume_less="gpu", input_shape=(4, 3)),
        la.GRU(4, return_sequences=True, consume_less="gpu"),
        la.SimpleRNN(3, consume_less="gpu"), la.Dense(2),
    ]  # fmt: skip
    return _sequential(keras, layers, keras.optimizers.SGD(lr=0.05, momentum=0.9, decay=0.01, nesterov=True))


def _stateful1(keras: Any) -> Any:
    la = keras.layers
    layers = [la.LSTM(3, stateful=True, batch_input_shape=(2, 4, 3)), la.Dense(2)]
    return _sequential(keras, layers, keras.optimizers.Adadelta())


def _films1(keras: Any) -> Any:
    la = keras.layers
    layers = [
        la.ConvLSTM2D(2, 3, 3, border_mode="same", input_shape=(3, 4, 5, 2), return_sequences=True,
                      dim_ordering="tf"),
        la.TimeDistributed(la.Convolution2D(2, 2, 2, dim_ordering="tf")), la.Flatten(), la.Dense(2),
    ]  # fmt: skip
    return _sequential(keras, layers, keras.optimizers.Adagrad(lr=0.05))


def _films_th1(keras: Any) -> Any:
    la = keras.layers
    layers = [
        la.ConvLSTM2D(2, 3, 3, border_mode="same", input_shape=(3, 2, 4, 5), dim_ordering="th"),
        la.Flatten(), la.Dense(2),
    ]  # fmt: skip
    return _sequential(keras, layers, keras.optimizers.Nadam())


def _branches1(keras: Any) -> Any:
    la = keras.layers
    left, right = keras.models.Sequential(), keras.models.Sequential()
    left.add(la.Dense(4, input_dim=3, activation="tanh"))
    right.add(la.Dense(4, input_dim=2))
    right.add(la.Highway())
    merged = la.Merge([left, right], mode="concat")
    return _sequential(keras, [merged, la.Dense(3, activation="relu"), la.Dense(1)])


def _graph1(keras: Any) -> Any:
    la, models = keras.layers, keras.models
    first, second = la.Input((3,), name="first"), la.Input((3,), name="second")
    shared = la.Dense(4, activation="tanh", name="shared")
    a, b = shared(first), shared(second)
    inner_input = la.Input((4,))
    inner = models.Model(
        input=inner_input,
        output=la.BatchNormalization(epsilon=2e-5)(la.Dense(4, bias=False)(inner_input)),
        name="inner",
    )
    joined = la.merge([inner(a), b], mode="concat", name="joined")
    summed = la.merge([a, b], mode="sum")
    cosine = la.merge([a, b], mode="dot", dot_axes=1)
    trunk = models.Sequential([la.Dense(3, input_dim=8), la.Dense(3)], name="trunk")
    main = la.Dense(2, name="main")(trunk(joined))
    side = la.Dense(1, name="side")(la.merge([summed, cosine], mode="concat"))
    model = models.Model(input=[first, second], output=[main, side])
    model.compile(keras.optimizers.Adam(lr=0.01), {"main": "mse", "side": "mae"}, loss_weights=[1.0, 0.5])
    return model


def _lambda1(keras: Any) -> Any:
    la = keras.layers
    layers = [la.Dense(3, input_dim=4), la.Lambda(doubled, output_shape=(3,), name="twice"), la.Dense(2)]
    return _sequential(keras, layers, "sgd")


def _frozen1(keras: Any) -> Any:
    la = keras.layers
    layers = [la.Convolution2D(3, 2, 2, input_shape=(4, 4, 1), trainable=False), la.Flatten(),
              la.Dense(3, trainable=False), la.Dense(2)]  # fmt: skip
    return _sequential(keras, layers, keras.optimizers.Adam(lr=0.01))


FIRST = {
    "dense": FileModel(_dense1, (floats(6, 4),), (positive(6, 3),)),
    "images_tf": FileModel(lambda keras: _images1(keras, "tf", keras.optimizers.SGD(0.01, 0.9, 0.0, True)),
                           (floats(2, 7, 6, 2),), (floats(2, 2),)),
    "images_th": FileModel(lambda keras: _images1(keras, "th", keras.optimizers.RMSprop(0.01)),
                           (floats(2, 2, 7, 6),), (floats(2, 2),)),
    "lines": FileModel(_lines1, (floats(3, 9, 2),), (floats(3, 2),)),
    "volumes": FileModel(_volumes1, (floats(2, 2, 4, 4, 3),), (floats(2, 2),)),
    "sequences": FileModel(_sequences1, (whole(9, (3, 6), padded=True),), (floats(3, 2),)),
    "gpu": FileModel(_gpu1, (floats(2, 4, 3),), (floats(2, 2),)),
    "stateful": FileModel(_stateful1, (floats(2, 4, 3),), (floats(2, 2),)),
    "films": FileModel(_films1, (floats(2, 3, 4, 5, 2),), (floats(2, 2),)),
    "films_th": FileModel(_films_th1, (floats(2, 3, 2, 4, 5),), (floats(2, 2),)),
    "branches": FileModel(_branches1, (floats(4, 3), floats(4, 2)), (floats(4, 1),)),
    "graph": FileModel(_graph1, (floats(4, 3), floats(4, 3)), (floats(4, 2), floats(4, 1))),
    "lambda": FileModel(_lambda1, (floats(4, 4),), (floats(4, 2),)),
    "frozen": FileModel(_frozen1, (floats(2, 4, 4, 1),), (floats(2, 2),)),
}  # fmt: skip


# ---------------------------------------------------------------------------------------------- Keras 2


def _dense2(keras: Any) -> Any:
    la, reg, con = keras.layers, keras.regularizers, keras.constraints
    layers = [
        la.Dense(6, input_dim=4, kernel_regularizer=reg.l2(0.01), kernel_constraint=con.max_norm(2)),
        la.Activation("tanh"), la.Dropout(0.0), la.PReLU(), la.LeakyReLU(0.2), la.ELU(),
        la.ThresholdedReLU(0.1), la.ReLU(6.0), la.Reshape((2, 3)), la.Permute((2, 1)), la.Flatten(),
        la.RepeatVector(2), la.GlobalAveragePooling1D(),
        la.Dense(3, activation="softmax", bias_regularizer=reg.l1(0.01)),
    ]  # fmt: skip
    return _sequential(keras, layers, keras.optimizers.Adam(lr=0.01), "categorical_crossentropy")


def _images2(keras: Any, order: str, optimizer: Any) -> Any:
    la = keras.layers
    shape = (7, 6, 2) if order == "channels_last" else (2, 7, 6)
    layers = [
        la.Conv2D(3, 2, dilation_rate=2, data_format=order, input_shape=shape, trainable=False),
        la.Conv2D(3, (3, 2), data_format=order, activation="relu"), la.ZeroPadding2D(data_format=order),
        la.MaxPooling2D(strides=1, data_format=order), la.UpSampling2D(data_format=order),
        la.Conv2DTranspose(2, 3, strides=2, data_format=order), la.SeparableConv2D(3, 3, data_format=order),
        la.DepthwiseConv2D(2, data_format=order), la.Cropping2D(1, data_format=order),
        la.LocallyConnected2D(2, 3, strides=2, data_format=order), la.AveragePooling2D(1, data_format=order),
        la.Flatten(data_format=order), la.Dense(2),
    ]  # fmt: skip
    return _sequential(keras, layers, optimizer)


def _lines2(keras: Any) -> Any:
    la = keras.layers
    layers = [
        la.Conv1D(3, 2, dilation_rate=2, input_shape=(9, 2), trainable=False),
        la.Conv1D(4, 3, padding="causal", activation="relu"),
        la.MaxPooling1D(2, strides=1), la.SeparableConv1D(4, 2),
        la.LocallyConnected1D(3, 3), la.Dense(4), la.GlobalMaxPooling1D(), la.Dense(2),
    ]  # fmt: skip
    return _sequential(keras, layers, keras.optimizers.RMSprop(lr=0.01))


def _volumes2(keras: Any) -> Any:
    la = keras.layers
    layers = [
        la.Conv3D(3, 2, input_shape=(4, 4, 3, 2)), la.Conv3DTranspose(2, 2), la.MaxPooling3D((2, 2, 1)),
        la.Flatten(), la.Dense(2),
    ]  # fmt: skip
    return _sequential(keras, layers, keras.optimizers.Adamax(lr=0.01))


def _sequences2(keras: Any) -> Any:
    la = keras.layers
    layers = [
        la.Embedding(9, 4, input_length=6, mask_zero=True), la.LSTM(5, return_sequences=True),
        la.Bidirectional(la.LSTM(4, return_sequences=True, recurrent_activation="sigmoid")),
        la.GRU(4, return_sequences=True, reset_after=True),
        la.TimeDistributed(la.Dense(5, activation="tanh")),
        la.Bidirectional(la.GRU(3, return_sequences=True), merge_mode="ave"), la.SimpleRNN(3), la.Dense(2),
    ]  # fmt: skip
    return _sequential(keras, layers, keras.optimizers.Adam(lr=0.01, amsgrad=True))


def _cells2(keras: Any) -> Any:
    la = keras.layers
    inputs = la.Input((4, 3))
    outputs, *states = la.LSTM(4, return_state=True, return_sequences=True, name="encoder")(inputs)
    outputs = la.LSTM(4, return_sequences=True, name="decoder")(outputs, initial_state=states)
    outputs = la.RNN(la.GRUCell(3), name="rnn")(outputs)
    model = keras.models.Model(inputs, la.Dense(2)(outputs))
    model.compile(keras.optimizers.SGD(lr=0.05, momentum=0.9, nesterov=True), "mse")
    return model


def _stateful2(keras: Any) -> Any:
    la = keras.layers
    layers = [la.GRU(3, stateful=True, batch_input_shape=(2, 4, 3)), la.Dense(2)]
    return _sequential(keras, layers, keras.optimizers.Adadelta())


def _films2(keras: Any) -> Any:
    la = keras.layers
    layers = [
        la.ConvLSTM2D(2, 3, padding="same", input_shape=(3, 4, 5, 2), return_sequences=True),
        la.TimeDistributed(la.Conv2D(2, 2)), la.Flatten(), la.Dense(2),
    ]  # fmt: skip
    return _sequential(keras, layers, keras.optimizers.Adagrad(lr=0.05))


def _films_first2(keras: Any) -> Any:
    la = keras.layers
    layers = [
        la.ConvLSTM2D(2, 3, padding="same", input_shape=(3, 2, 4, 5), data_format="channels_first"),
        la.Flatten(), la.Dense(2),
    ]  # fmt: skip
    return _sequential(keras, layers, keras.optimizers.Nadam())


def _graph2(keras: Any) -> Any:
    la, models = keras.layers, keras.models
    first, second = la.Input((3,), name="first"), la.Input((3,), name="second")
    shared = la.Dense(4, activation="tanh", name="shared")
    a, b = shared(first), shared(second)
    inner_input = la.Input((4,))
    inner = models.Model(inner_input, la.Dense(4)(la.Dense(4, trainable=False)(inner_input)), name="inner")
    joined = la.concatenate([inner(a), b], name="joined")
    merged = [la.add([a, b]), la.multiply([a, b]), la.average([a, b]), la.maximum([a, b]),
              la.subtract([a, b]), la.dot([a, b], axes=1, normalize=True)]  # fmt: skip
    trunk = models.Sequential([la.Dense(3, input_dim=8), la.Dense(3)], name="trunk")
    main = la.Dense(2, name="main")(trunk(joined))
    side = la.Dense(1, name="side")(la.concatenate(merged))
    model = models.Model([first, second], [main, side])
    model.compile(keras.optimizers.Adam(lr=0.01), {"main": "mse", "side": "mae"}, loss_weights=[1.0, 0.5])
    return model


def _frozen2(keras: Any) -> Any:
    la = keras.layers
    layers = [la.Conv2D(3, 2, input_shape=(4, 4, 1), trainable=False), la.Flatten(),
              la.Dense(3, trainable=False), la.Dense(2)]  # fmt: skip
    return _sequential(keras, layers, keras.optimizers.Adam(lr=0.01))


def _normal2(keras: Any) -> Any:
    la = keras.layers
    layers = [la.Conv1D(3, 2, input_shape=(5, 2)), la.BatchNormalization(epsilon=2e-5), la.Flatten(),
              la.Dense(3), la.BatchNormalization(epsilon=2e-5, momentum=0.9, scale=False),
              la.Dense(2)]  # fmt: skip
    return _sequential(keras, layers, "sgd")


SECOND = {
    "dense": FileModel(_dense2, (floats(6, 4),), (positive(6, 3),)),
    "images": FileModel(lambda keras: _images2(keras, "channels_last",
                                               keras.optimizers.SGD(0.01, momentum=0.9)),
                        (floats(2, 7, 6, 2),), (floats(2, 2),)),
    "images_first": FileModel(lambda keras: _images2(keras, "channels_first", keras.optimizers.RMSprop(0.01)),
                              (floats(2, 2, 7, 6),), (floats(2, 2),)),
    "lines": FileModel(_lines2, (floats(3, 9, 2),), (floats(3, 2),)),
    "volumes": FileModel(_volumes2, (floats(2, 4, 4, 3, 2),), (floats(2, 2),)),
    "sequences": FileModel(_sequences2, (whole(9, (3, 6), padded=True),), (floats(3, 2),)),
    "cells": FileModel(_cells2, (floats(2, 4, 3),), (floats(2, 2),)),
    "stateful": FileModel(_stateful2, (floats(2, 4, 3),), (floats(2, 2),)),
    "films": FileModel(_films2, (floats(2, 3, 4, 5, 2),), (floats(2, 2),)),
    "films_first": FileModel(_films_first2, (floats(2, 3, 2, 4, 5),), (floats(2, 2),)),
    "graph": FileModel(_graph2, (floats(4, 3), floats(4, 3)), (floats(4, 2), floats(4, 1))),
    "lambda": FileModel(_lambda1, (floats(4, 4),), (floats(4, 2),)),
    "frozen": FileModel(_frozen2, (floats(2, 4, 4, 1),), (floats(2, 2),)),
    "normal": FileModel(_normal2, (floats(4, 5, 2),), (floats(4, 2),)),
}  # fmt: skip

# On TensorFlow, which is promised, Keras 2.2 corrects the averages of "normal" for their start.
FILE_MODELS = {
    "keras1": FIRST,
    "keras2.2": {name: one for name, one in SECOND.items() if name != "normal"},
    "keras2.3": SECOND,
}
STORED = {  # those whose files are kept in the repository
    "keras1": ("dense", "images_th", "sequences", "branches", "graph", "lines"),
    "keras2.2": ("images", "sequences", "graph"),
    "keras2.3": ("images_first", "cells"),
}
