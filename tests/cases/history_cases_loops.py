"""Rows about the loop: validation, steps, generators, epochs, schedules; and networks of every family."""

from __future__ import annotations

from cases.arrays import array, floats
from cases.history_case import (
    BATCH_SIZE,
    SAMPLES,
    Build,
    Fitting,
    class_data,
    number_data,
    sample_weights,
    set_starting_weights,
    small_model,
)

MSE = {"optimizer": "sgd", "loss": "mse", "metrics": ["mae"]}


def _validation_data(keras):
    x, y = number_data("validation")
    fit = {"x": x, "y": y, "validation_data": number_data("validation 2", samples=7)}
    return Fitting(small_model(keras), MSE, fit)


def _weighted_validation_data(keras):
    x, y = number_data("validation")
    validation = (*number_data("validation 2", samples=7), sample_weights("validation 2", 7))
    fit = {"x": x, "y": y, "validation_data": validation, "validation_batch_size": 3}
    return Fitting(small_model(keras), {**MSE, "weighted_metrics": ["mae"]}, fit)


def _validation_split(keras):
    x, y = number_data("split")
    fit = {"x": x, "y": y, "sample_weight": sample_weights("split"), "validation_split": 0.33}
    return Fitting(small_model(keras), {**MSE, "weighted_metrics": ["mae"]}, fit)


def _validation_freq(keras):
    fitting = _validation_data(keras)
    fitting.fit |= {"validation_freq": 2, "epochs": 4}
    return fitting


def _validation_epochs(keras):
    fitting = _validation_data(keras)
    fitting.fit |= {"validation_freq": [1, 3], "epochs": 4}
    return fitting


def _validation_steps(keras):
    fitting = _validation_data(keras)
    fitting.fit |= {"validation_steps": 1, "validation_batch_size": 3}
    return fitting


def _class_weight_and_validation(keras):
    """Class weights do not reach the validation loss."""
    x, labels = class_data("class weight", 3)
    fit = {"x": x, "y": labels, "class_weight": {0: 0.3, 1: 2.0, 2: 1.0}, "validation_split": 0.3}
    setup = {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    return Fitting(small_model(keras, 3, "softmax"), setup, fit)


def _batches(x, y, *weights):
    """Endless batches of four, the last one of each round with two samples."""
    while True:
        for start in range(0, SAMPLES, BATCH_SIZE):
            yield tuple(part[start : start + BATCH_SIZE] for part in (x, y, *weights))


def _same_batch(*parts):
    """One batch for ever: how far Keras reads ahead in a generator is not defined."""
    while True:
        yield parts


def _generator(keras):
    x, y = number_data("generator")
    fit = {"x": _batches(x, y), "steps_per_epoch": 2, "batch_size": None}
    return Fitting(small_model(keras), MSE, fit, evaluate={"x": x, "y": y}, predict=x)


def _weighted_generator(keras):
    x, y = number_data("generator")
    weights = sample_weights("generator")
    fit = {"x": _batches(x, y, weights), "steps_per_epoch": 3, "batch_size": None}
    fit |= {"validation_data": _same_batch(x[:4], y[:4], weights[:4]), "validation_steps": 2}
    return Fitting(
        small_model(keras), {**MSE, "weighted_metrics": ["mae"]}, fit, evaluate={"x": x, "y": y}, predict=x
    )


def _sequence(keras):
    class Pages(getattr(keras.utils, "PyDataset", None) or keras.utils.Sequence):
        """Three batches by number."""

        def __init__(self, x, y):
            super().__init__()
            self.x, self.y = x, y

        def __len__(self):
            return 3

        def __getitem__(self, index):
            chosen = slice(index * BATCH_SIZE, (index + 1) * BATCH_SIZE)
            return self.x[chosen], self.y[chosen]

    x, y = number_data("pages")
    fit = {"x": Pages(x, y), "batch_size": None, "class_weight": None}
    return Fitting(small_model(keras), MSE, fit, evaluate={"x": x, "y": y}, predict=x)


def _steps_per_epoch(keras):
    x, y = number_data("steps")
    return Fitting(small_model(keras), MSE, {"x": x, "y": y, "steps_per_epoch": 1})


def _initial_epoch(keras):
    x, y = number_data("initial epoch")
    fit = {"x": x, "y": y, "initial_epoch": 3, "epochs": 5}
    return Fitting(small_model(keras), MSE, fit)


def _fit_twice(keras):
    """The optimizer's state goes on; the history starts anew."""
    x, y = number_data("twice")
    setup = {"optimizer": "adam", "loss": "mse"}
    return Fitting(small_model(keras), setup, {"x": x, "y": y}, then={"x": x, "y": y, "initial_epoch": 1})


def _learning_rate_scheduler(keras):
    x, y = number_data("scheduler")
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5 if epoch else 0.1)
    return Fitting(small_model(keras), MSE, {"x": x, "y": y, "callbacks": [schedule]})


def _reduce_on_plateau(keras):
    x, y = number_data("plateau")
    plateau = keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1, min_delta=10.0)
    return Fitting(small_model(keras), MSE, {"x": x, "y": y, "callbacks": [plateau], "epochs": 5})


def _early_stopping(keras):
    x, y = number_data("early")
    stop = keras.callbacks.EarlyStopping(
        monitor="loss", patience=1, min_delta=10.0, restore_best_weights=True
    )
    return Fitting(small_model(keras), MSE, {"x": x, "y": y, "callbacks": [stop], "epochs": 6})


def _batch_normalization(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(5),
            layers.BatchNormalization(momentum=0.8),
            layers.Activation("relu"),
            layers.Dropout(0.0),
            layers.Dense(1),
        ]
    )
    x, y = number_data("batch normalization")
    setup = {"optimizer": keras.optimizers.SGD(0.05, momentum=0.9), "loss": "mse", "metrics": ["mae"]}
    return Fitting(model, setup, {"x": x, "y": y, "validation_split": 0.3})


def _frozen_batch_normalization(keras):
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(5), layers.BatchNormalization(trainable=False), layers.Dense(1)]
    )
    x, y = number_data("frozen")
    return Fitting(model, MSE, {"x": x, "y": y})


def _frozen_layer(keras):
    model = small_model(keras)
    set_starting_weights(model)
    model.layers[0].trainable = False
    x, y = number_data("frozen layer")
    return Fitting(model, {"optimizer": "adam", "loss": "mse"}, {"x": x, "y": y})


def _convolutional(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.Conv2D(3, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Conv2D(4, 2, strides=2),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    x, labels = class_data("convolutional", 3, (6, 6, 2))
    setup = {
        "optimizer": keras.optimizers.Adam(0.01),
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
    }
    return Fitting(model, setup, {"x": x, "y": labels})


def _recurrent(layer):
    def build(keras):
        layers = keras.layers
        one = getattr(layers, layer)
        model = keras.Sequential(
            [keras.Input((5, 3)), one(4, return_sequences=True), one(3), layers.Dense(1)]
        )
        x, y = number_data("recurrent", (5, 3))
        return Fitting(model, {"optimizer": keras.optimizers.Adam(0.02), "loss": "mse"}, {"x": x, "y": y})

    return build


def _stateful(keras):
    """Batches of two go on where the last ones stopped; a callback resets the states after each epoch."""

    class Reset(keras.callbacks.Callback):
        """Forgets the states."""

        def on_epoch_end(self, epoch, logs=None):
            for layer in self.model.layers:
                if getattr(layer, "stateful", False):
                    layer.reset_states()

    layers = keras.layers
    model = keras.Sequential(
        [keras.Input(batch_shape=(2, 4, 3)), layers.LSTM(4, stateful=True), layers.Dense(1)]
    )
    x, y = number_data("stateful", (4, 3))
    fit = {"x": x, "y": y, "batch_size": 2, "callbacks": [Reset()]}
    setup = {"optimizer": keras.optimizers.SGD(0.1), "loss": "mse"}
    return Fitting(model, setup, fit, evaluate={"x": x, "y": y, "batch_size": 2}, predict=x[:2])


def _nested(keras):
    layers = keras.layers
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="tanh"), layers.Dense(3)])
    left, right = keras.Input((4,)), keras.Input((4,))
    model = keras.Model([left, right], layers.Dense(1)(layers.Subtract()([inner(left), inner(right)])))
    x, y = number_data("nested")
    x = [x, array(floats(SAMPLES, 4), "nested/right")]
    return Fitting(model, MSE, {"x": x, "y": y})


LOOPS: dict[str, Build] = {
    "validation data": _validation_data,
    "weighted validation data": _weighted_validation_data,
    "validation split": _validation_split,
    "validation freq": _validation_freq,
    "validation epochs": _validation_epochs,
    "validation steps": _validation_steps,
    "class weight and validation": _class_weight_and_validation,
    "generator": _generator,
    "weighted generator": _weighted_generator,
    "sequence": _sequence,
    "steps per epoch": _steps_per_epoch,
    "initial epoch": _initial_epoch,
    "fit twice": _fit_twice,
    "learning rate scheduler": _learning_rate_scheduler,
    "reduce on plateau": _reduce_on_plateau,
    "early stopping": _early_stopping,
}

NETWORKS: dict[str, Build] = {
    "batch normalization": _batch_normalization,
    "frozen batch normalization": _frozen_batch_normalization,
    "frozen layer": _frozen_layer,
    "convolutional": _convolutional,
    "simple rnn": _recurrent("SimpleRNN"),
    "lstm": _recurrent("LSTM"),
    "gru": _recurrent("GRU"),
    "stateful": _stateful,
    "nested": _nested,
}
