"""Rows about weights, masks, several outputs, and losses that layers add."""

from __future__ import annotations

import numpy as np
from cases.arrays import array, floats, whole
from cases.history_case import (
    SAMPLES,
    Build,
    Fitting,
    class_data,
    math_of,
    number_data,
    one_hot,
    sample_weights,
    small_model,
)

CLASS_WEIGHT = {0: 0.4, 1: 1.7, 2: 0.9}
STEPS, WORDS = 5, 7


def _binary_class_weight(keras):
    x, labels = class_data("binary", 2)
    setup = {"optimizer": "sgd", "loss": "binary_crossentropy", "metrics": ["accuracy"]}
    setup["weighted_metrics"] = ["accuracy"]
    return Fitting(
        small_model(keras, 1, "sigmoid"), setup, {"x": x, "y": labels, "class_weight": {0: 0.4, 1: 1.7}}
    )


def _sparse_class_weight(keras):
    x, labels = class_data("sparse", 3)
    setup = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    setup["weighted_metrics"] = ["accuracy"]
    return Fitting(
        small_model(keras, 3, "softmax"), setup, {"x": x, "y": labels, "class_weight": CLASS_WEIGHT}
    )


def _one_hot_class_weight(keras):
    x, labels = class_data("one hot", 3)
    setup = {"optimizer": "adam", "loss": "categorical_crossentropy", "weighted_metrics": ["accuracy"]}
    fit = {"x": x, "y": one_hot(labels, 3), "class_weight": CLASS_WEIGHT}
    return Fitting(small_model(keras, 3, "softmax"), setup, fit)


def _sample_weight(keras):
    x, y = number_data("sample weight", outputs=2)
    setup = {"optimizer": "sgd", "loss": "mse", "metrics": ["mae"], "weighted_metrics": ["mae"]}
    return Fitting(
        small_model(keras, 2), setup, {"x": x, "y": y, "sample_weight": sample_weights("sample weight")}
    )


def _zero_sample_weight(keras):
    """A whole batch of weight zero."""
    x, y = number_data("zero weight")
    weights = sample_weights("zero weight")
    weights[:4] = 0.0
    setup = {"optimizer": "sgd", "loss": "mse", "weighted_metrics": ["mae"]}
    return Fitting(small_model(keras), setup, {"x": x, "y": y, "sample_weight": weights})


def _sample_weight_column(keras):
    """Weights of shape (samples, 1)."""
    x, y = number_data("column")
    setup = {"optimizer": "sgd", "loss": "mse", "weighted_metrics": ["mae"]}
    return Fitting(
        small_model(keras), setup, {"x": x, "y": y, "sample_weight": sample_weights("column", SAMPLES, 1)}
    )


def sequence_model(keras, outputs=2, activation=None, mask_zero=True):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((STEPS,), dtype="int32"),
            layers.Embedding(WORDS, 3, mask_zero=mask_zero),
            layers.LSTM(4, return_sequences=True),
            layers.Dense(outputs, activation=activation),
        ]
    )


def words(label):
    return array(whole(WORDS, (SAMPLES, STEPS), padded=True), f"{label}/x")


def _temporal_sample_weight(keras):
    x, y = words("temporal"), array(floats(SAMPLES, STEPS, 2), "temporal/y")
    setup = {
        "optimizer": keras.optimizers.SGD(0.2, momentum=0.5),
        "loss": "mse",
        "metrics": ["mae"],
        "weighted_metrics": ["mae"],
    }
    fit = {"x": x, "y": y, "sample_weight": sample_weights("temporal", SAMPLES, STEPS)}
    return Fitting(sequence_model(keras, mask_zero=False), setup, fit)


def masked_sequence(keras):
    x, y = words("masked"), array(floats(SAMPLES, STEPS, 2), "masked/y")
    setup = {
        "optimizer": keras.optimizers.SGD(0.2, momentum=0.5),
        "loss": "mse",
        "metrics": ["mae"],
        "weighted_metrics": ["mae"],
    }
    return Fitting(sequence_model(keras), setup, {"x": x, "y": y})


def _masked_and_weighted_sequence(keras):
    fitting = masked_sequence(keras)
    fitting.fit["sample_weight"] = sample_weights("masked", SAMPLES, STEPS)
    return fitting


def _masked_and_row_weighted_sequence(keras):
    fitting = masked_sequence(keras)
    fitting.fit["sample_weight"] = sample_weights("masked", SAMPLES, 1)
    return fitting


def masked_labels(keras):
    x, y = words("masked labels"), array(whole(3, (SAMPLES, STEPS)), "masked labels/y")
    setup = {
        "optimizer": keras.optimizers.SGD(0.2, momentum=0.5),
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
    }
    return Fitting(sequence_model(keras, 3, "softmax"), setup, {"x": x, "y": y})


def _masked_last_output(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((STEPS, 3)),
            layers.Masking(),
            layers.Bidirectional(layers.GRU(3)),
            layers.Dense(1),
        ]
    )
    x, y = number_data("masking layer", (STEPS, 3))
    x = x * (words("masking layer") != 0)[..., None]
    return Fitting(model, {"optimizer": "rmsprop", "loss": "mse"}, {"x": x, "y": y})


def _masked_through_attention(keras):
    layers = keras.layers
    given = keras.Input((STEPS,), dtype="int32")
    embedded = layers.Embedding(WORDS, 4, mask_zero=True)(given)
    attended = layers.MultiHeadAttention(2, 2)(embedded, embedded)
    hidden = layers.LayerNormalization()(layers.Add()([embedded, attended]))
    pooled = layers.GlobalAveragePooling1D()(hidden)
    model = keras.Model(given, layers.Dense(1)(pooled))
    x, y = words("attention"), array(floats(SAMPLES, 1), "attention/y")
    return Fitting(model, {"optimizer": keras.optimizers.SGD(0.1), "loss": "mse"}, {"x": x, "y": y})


def _embedding_and_adam(keras):
    """No word twice: see the note in make_history_references.py."""
    words = np.arange(SAMPLES * STEPS).reshape(SAMPLES, STEPS) * 7 % (SAMPLES * STEPS)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((STEPS,), dtype="int32"),
            layers.Embedding(SAMPLES * STEPS, 3),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    y = array(floats(SAMPLES, 1), "words/y")
    return Fitting(
        model, {"optimizer": keras.optimizers.Adam(0.02), "loss": "mse"}, {"x": words.astype("int32"), "y": y}
    )


def two_headed_model(keras):
    layers = keras.layers
    inputs = keras.Input((4,), name="features")
    hidden = layers.Dense(5, activation="tanh", name="hidden")(inputs)
    number = layers.Dense(2, name="number")(hidden)
    kind = layers.Dense(3, activation="softmax", name="kind")(hidden)
    return keras.Model(inputs, [number, kind])


def two_targets(label):
    x, y = number_data(label, outputs=2)
    return x, y, class_data(label, 3)[1]


def _outputs_as_lists(keras):
    x, numbers, labels = two_targets("two lists")
    setup = {
        "optimizer": "adam",
        "loss": ["mse", "sparse_categorical_crossentropy"],
        "loss_weights": [0.7, 1.3],
        "metrics": [["mae"], ["accuracy"]],
        "weighted_metrics": [["mse"], ["accuracy"]],
    }
    weights = [sample_weights("two lists 0"), sample_weights("two lists 1")]
    return Fitting(
        two_headed_model(keras), setup, {"x": x, "y": [numbers, labels], "sample_weight": weights}
    )


def _outputs_as_dicts(keras):
    x, numbers, labels = two_targets("two dicts")
    model = two_headed_model(keras)
    model = keras.Model(model.inputs, {"kind": model.outputs[1], "number": model.outputs[0]})
    setup = {
        "optimizer": "adam",
        "loss": {"number": "mse", "kind": "sparse_categorical_crossentropy"},
        "loss_weights": {"number": 0.7, "kind": 1.3},
        "metrics": {"kind": ["accuracy"], "number": ["mae", "mse"]},
        "weighted_metrics": {"kind": ["accuracy"]},
    }
    fit = {"x": x, "y": {"number": numbers, "kind": labels}}
    fit["sample_weight"] = {"number": sample_weights("two dicts 0"), "kind": sample_weights("two dicts 1")}
    return Fitting(model, setup, fit)


def _dict_losses_for_list_outputs(keras):
    x, numbers, labels = two_targets("mixed")
    setup = {
        "optimizer": "sgd",
        "loss": {"number": "mse", "kind": "sparse_categorical_crossentropy"},
        "loss_weights": {"number": 2.0, "kind": 0.5},
    }
    return Fitting(two_headed_model(keras), setup, {"x": x, "y": [numbers, labels]})


def _one_loss_for_all_outputs(keras):
    x, numbers, labels = two_targets("one loss")
    fit = {"x": x, "y": [numbers, one_hot(labels, 3)]}
    return Fitting(two_headed_model(keras), {"optimizer": "sgd", "loss": "mse"}, fit)


def _output_without_loss(keras):
    x, numbers, labels = two_targets("no loss")
    setup = {"optimizer": "sgd", "loss": ["mse", None]}
    return Fitting(two_headed_model(keras), setup, {"x": x, "y": [numbers, labels]})


def _inputs_as_dict(keras):
    layers = keras.layers
    left, right = keras.Input((4,), name="left"), keras.Input((3,), name="right")
    model = keras.Model(
        {"left": left, "right": right}, layers.Dense(1)(layers.Concatenate()([layers.Dense(2)(left), right]))
    )
    x, y = number_data("dict inputs")
    x = {"right": array(floats(SAMPLES, 3), "dict inputs/right"), "left": x}
    return Fitting(model, {"optimizer": "sgd", "loss": "mse"}, {"x": x, "y": y})


def _inputs_as_list(keras):
    layers = keras.layers
    left, right = keras.Input((4,)), keras.Input((3,))
    shared = layers.Dense(3, activation="tanh")
    joined = layers.Dot(axes=1)([shared(layers.Dense(3)(left)), shared(right)])
    model = keras.Model([left, right], layers.Dense(1)(joined))
    x, y = number_data("list inputs")
    x = [x, array(floats(SAMPLES, 3), "list inputs/right")]
    return Fitting(model, {"optimizer": "adam", "loss": "mse"}, {"x": x, "y": y})


def _regularizers(keras):
    layers, regularizers = keras.layers, keras.regularizers
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(
                5, kernel_regularizer="l2", bias_regularizer=regularizers.L1(0.02), activation="tanh"
            ),
            layers.Dense(1, kernel_regularizer=regularizers.L1L2(0.01, 0.03)),
        ]
    )
    x, y = number_data("regularizers")
    setup = {"optimizer": "sgd", "loss": "mse", "metrics": ["mse"]}
    fit = {"x": x, "y": y, "sample_weight": sample_weights("regularizers"), "validation_split": 0.3}
    return Fitting(model, setup, fit)


def _activity_regularizer(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(5, activity_regularizer=keras.regularizers.L2(0.1), activation="tanh"),
            layers.ActivityRegularization(l1=0.05),
            layers.Dense(1),
        ]
    )
    x, y = number_data("activity")
    setup = {"optimizer": "sgd", "loss": "mse", "metrics": ["mse"]}
    return Fitting(model, setup, {"x": x, "y": y, "validation_split": 0.3})


def _added_loss(keras):
    class Spread(keras.layers.Layer):
        """Passes its inputs on and adds a loss."""

        def call(self, inputs):
            self.add_loss(0.1 * math_of(keras).mean(math_of(keras).square(inputs)))
            return inputs

    layers = keras.layers
    model = keras.Sequential([keras.Input((4,)), layers.Dense(5), Spread(), layers.Dense(1)])
    x, y = number_data("added loss")
    setup = {"optimizer": "sgd", "loss": "mse", "metrics": ["mse"]}
    return Fitting(model, setup, {"x": x, "y": y})


def _constraints(keras):
    layers, constraints = keras.layers, keras.constraints
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(5, kernel_constraint=constraints.MaxNorm(0.5), bias_constraint="non_neg"),
            layers.Dense(1, kernel_constraint="unit_norm"),
        ]
    )
    x, y = number_data("constraints")
    return Fitting(model, {"optimizer": keras.optimizers.SGD(0.1), "loss": "mse"}, {"x": x, "y": y})


def _own_train_step(keras):
    """`compute_loss` overridden: half the usual loss."""

    class Halved(keras.Model):
        """A functional model whose loss is halved."""

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **training):
            return 0.5 * super().compute_loss(x, y, y_pred, sample_weight, **training)

    inputs = keras.Input((4,))
    model = Halved(inputs, keras.layers.Dense(1)(keras.layers.Dense(5, activation="tanh")(inputs)))
    x, y = number_data("halved")
    return Fitting(model, {"optimizer": "sgd", "loss": "mse", "metrics": ["mae"]}, {"x": x, "y": y})


def _subclassed(keras):
    class Net(keras.Model):
        """Two layers, written as a class."""

        def __init__(self):
            super().__init__()
            self.hidden = keras.layers.Dense(5, activation="tanh")
            self.out = keras.layers.Dense(1)

        def call(self, inputs, training=False):
            return self.out(self.hidden(inputs))

    model = Net()
    x, y = number_data("subclassed")
    model(np.zeros((1, 4), "float32"))
    return Fitting(model, {"optimizer": "adam", "loss": "mse", "metrics": ["mae"]}, {"x": x, "y": y})


WEIGHTING: dict[str, Build] = {
    "binary class weight": _binary_class_weight,
    "sparse class weight": _sparse_class_weight,
    "one-hot class weight": _one_hot_class_weight,
    "sample weight": _sample_weight,
    "zero sample weight": _zero_sample_weight,
    "sample weight column": _sample_weight_column,
    "temporal sample weight": _temporal_sample_weight,
    "masked sequence": masked_sequence,
    "masked and weighted sequence": _masked_and_weighted_sequence,
    "masked and row-weighted sequence": _masked_and_row_weighted_sequence,
    "masked labels": masked_labels,
    "masked last output": _masked_last_output,
    "masked through attention": _masked_through_attention,
    "embedding and adam": _embedding_and_adam,
}

STRUCTURES: dict[str, Build] = {
    "outputs as lists": _outputs_as_lists,
    "outputs as dicts": _outputs_as_dicts,
    "dict losses for list outputs": _dict_losses_for_list_outputs,
    "one loss for all outputs": _one_loss_for_all_outputs,
    "output without loss": _output_without_loss,
    "inputs as dict": _inputs_as_dict,
    "inputs as list": _inputs_as_list,
    "regularizers": _regularizers,
    "activity regularizer": _activity_regularizer,
    "added loss": _added_loss,
    "constraints": _constraints,
    "own compute_loss": _own_train_step,
    "subclassed": _subclassed,
}
