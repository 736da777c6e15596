"""Models whose files real Keras has written: one function `build(keras) -> model` a row, and data for it.

The files in tests/saving/data hold the weights (`<row>.weights.h5`) and the architecture (`<row>.json`); the
answers to the data are in tests/references/weight_files. Functional and Sequential rows only are written as
JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cases.arrays import Values, array, floats, whole

DATA = Path(__file__).resolve().parent.parent / "saving" / "data"


@dataclass(frozen=True)
class SavingCase:
    """One model.

    Args:
        name: the row's name, and that of its files.
        build: function (keras) -> model, with all layers named.
        inputs: what the data is like.
        compiled: function (keras) -> optimizer; the model is then trained for two steps before it is saved.
        has_json: whether the architecture is written too.
    """

    name: str
    build: Callable
    inputs: tuple[Values, ...]
    compiled: Callable | None = None
    has_json: bool = True

    def data(self) -> Any:
        """The inputs, as one array or a list."""
        arrays = [array(values, f"saving/{self.name}/{index}") for index, values in enumerate(self.inputs)]
        return arrays[0] if len(arrays) == 1 else arrays


def set_numbers(model: Any, name: str) -> None:
    """Weights that follow from the row's name; all are positive, because variances must be."""
    model.set_weights([array(Values(weight.shape, "positive"), f"saving/{name}/weight {index}") * 0.4
                       for index, weight in enumerate(model.get_weights())])


def _stack(*layers: Callable, shape: tuple, dtype: str = "float32") -> Callable:
    def build(keras):
        made = [layer(keras.layers) for layer in layers]
        return keras.Sequential([keras.Input(shape, dtype=dtype, name="data"), *made], name="stack")

    return build


def _branches(keras):
    layers = keras.layers
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    shared = layers.Dense(3, activation="tanh", name="shared")
    joined = layers.Concatenate(name="joined")([shared(left), shared(right)])
    output = layers.Dense(2, name="output")(joined)
    skipped = layers.Add(name="skipped")([layers.Dense(2, name="skip")(left), output])
    return keras.Model([left, right], [output, skipped], name="branches")


def _nested(keras):
    layers = keras.layers
    tower_in = keras.Input((4,), name="tower_in")
    tower_out = layers.BatchNormalization(name="norm")(layers.Dense(3, name="tower_dense")(tower_in))
    tower = keras.Model(tower_in, tower_out, name="tower")
    head = keras.Sequential([keras.Input((3,), name="head_in"), layers.Dense(3, name="head_dense"),
                             layers.LeakyReLU(name="leak")], name="head")
    outer = keras.Input((4,), name="outer_in")
    return keras.Model(outer, layers.Dense(2, name="last")(head(tower(outer))), name="outer")


def _states(keras):
    layers = keras.layers
    steps, start = keras.Input((5, 3), name="steps"), keras.Input((4,), name="start")
    sequence, state = layers.GRU(4, return_sequences=True, return_state=True,
                                 name="first")(steps, initial_state=start)
    second = layers.GRU(4, name="second")(sequence, initial_state=state)
    return keras.Model([steps, start], [second, state], name="states")


def _masked(keras):
    layers = keras.layers
    words = keras.Input((5,), dtype="int32", name="words")
    embedded = layers.Embedding(7, 3, mask_zero=True, name="embedding")(words)
    return keras.Model(words, layers.Bidirectional(layers.LSTM(2, name="inner"), name="both")(embedded),
                       name="masked")


def _attention(keras):
    query, value = keras.Input((4, 3), name="query"), keras.Input((5, 3), name="value")
    attended = keras.layers.MultiHeadAttention(2, 4, name="attention")(query, value)
    return keras.Model([query, value], keras.layers.LayerNormalization(name="norm")(attended),
                       name="attention")


def _subclassed(keras):
    layers = keras.layers

    class Block(layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.dense, self.norm = layers.Dense(units), layers.BatchNormalization()

        def build(self, input_shape):
            self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")
            self.dense.build(input_shape)
            self.norm.build((*input_shape[:-1], self.dense.units))

        def call(self, inputs, training=False):
            return self.norm(self.dense(inputs * self.scale), training=training)

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.blocks = [Block(4), Block(3), layers.Dense(3)]
            self.table = {"one": layers.Dense(3), "two": layers.Dense(3)}
            self.head = layers.Dense(2)

        def call(self, inputs):
            for block in self.blocks:
                inputs = block(inputs)
            return self.head(self.table["two"](self.table["one"](inputs)))

    model = Net()
    model(np.zeros((1, 4), "float32"))
    return model


SAVING_CASES = [
    SavingCase("dense", _stack(lambda k: k.Dense(4, activation="relu", name="one"),
                               lambda k: k.Dropout(0.2, name="drop"),
                               lambda k: k.Dense(2, use_bias=False, name="two"), shape=(3,)),
               (floats(2, 3),)),
    SavingCase("convolution", _stack(
        lambda k: k.Conv2D(3, 3, padding="same", strides=2, name="conv"),
        lambda k: k.BatchNormalization(name="norm"), lambda k: k.Activation("swish", name="swish"),
        lambda k: k.DepthwiseConv2D(2, name="depthwise"), lambda k: k.SeparableConv2D(2, 2, name="separable"),
        lambda k: k.Conv2DTranspose(2, 2, strides=2, name="transposed"),
        lambda k: k.MaxPooling2D(2, name="pool"),
        lambda k: k.GlobalAveragePooling2D(name="mean"), shape=(8, 8, 2)), (floats(2, 8, 8, 2),)),
    SavingCase("sequences", _stack(
        lambda k: k.Embedding(6, 3, name="embedding"), lambda k: k.Conv1D(4, 3, padding="causal",
                                                                          name="conv"),
        lambda k: k.LSTM(3, return_sequences=True, name="lstm"),
        lambda k: k.Bidirectional(k.GRU(2, return_sequences=True, name="gru"), name="both"),
        lambda k: k.TimeDistributed(k.Dense(3, name="inner"), name="steps"),
        lambda k: k.SimpleRNN(3, return_sequences=True, name="simple"),
        lambda k: k.RNN([k.LSTMCell(2, name="a"), k.GRUCell(2, name="b")], name="cells"),
        shape=(5,), dtype="int32"), (whole(6, (2, 5)),)),
    SavingCase("branches", _branches, (floats(3, 4), floats(3, 4))),
    SavingCase("nested", _nested, (floats(3, 4),)),
    SavingCase("states", _states, (floats(2, 5, 3), floats(2, 4))),
    SavingCase("masked", _masked, (whole(7, (3, 5), padded=True),)),
    SavingCase("attention", _attention, (floats(2, 4, 3), floats(2, 5, 3))),
    SavingCase("subclassed", _subclassed, (floats(2, 4),), has_json=False),
    SavingCase("compiled_adam", _nested, (floats(3, 4),), compiled=lambda keras: keras.optimizers.Adam(0.1)),
    SavingCase("compiled_sgd", _stack(lambda k: k.Dense(2, name="only"), shape=(3,)), (floats(2, 3),),
               compiled=lambda keras: keras.optimizers.SGD(0.1, momentum=0.9)),
]


def trained(keras: Any, case: SavingCase) -> Any:
    """The row's model with its numbers, trained for two steps when it is a compiled row."""
    model = case.build(keras)
    set_numbers(model, case.name)
    if case.compiled:
        model.compile(case.compiled(keras), "mse")
        inputs = case.data()
        targets = np.zeros((len(inputs), 2), "float32")
        for _ in range(2):
            model.train_on_batch(inputs, targets)
    return model


def answers(model: Any, case: SavingCase) -> dict[str, np.ndarray]:
    """Output number -> array."""
    outputs = model.predict(case.data(), verbose=0)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return {str(index): np.asarray(output) for index, output in enumerate(outputs)}
