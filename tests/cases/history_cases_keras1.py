"""Trainings in the words of Keras 1: name -> `row(keras, kept)`, see old_history_case.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases.history_case import class_data, number_data, one_hot, sample_weights
from cases.old_history_case import BATCH_SIZE, Kept, batches

PLAIN = {"nb_epoch": 3, "batch_size": BATCH_SIZE, "shuffle": False, "verbose": 0}
STEPS, FEATURES = 5, 3


def _dense(keras: Any, kept: Kept, outputs: int = 1, activation: str = "linear", **arguments: Any) -> Any:
    layers = keras.layers
    return kept.start(keras.models.Sequential([
        layers.Dense(5, input_dim=4, activation="tanh"),
        layers.Dense(outputs, activation=activation, **arguments)]))


def _finish(kept: Kept, model: Any, x: Any, y: Any, sample_weight: Any = None) -> None:
    """evaluate, predict, the names, and the weights."""
    kept.words("metrics_names", *model.metrics_names)
    kept.keep("evaluate", model.evaluate(x, y, batch_size=BATCH_SIZE, verbose=0, sample_weight=sample_weight))
    kept.keep("predict", model.predict(x, batch_size=BATCH_SIZE))
    kept.weights(model)


def _trained(kept: Kept, model: Any, x: Any, y: Any, **fit: Any) -> None:
    kept.history(model.fit(x, y, **{**PLAIN, **fit}))
    _finish(kept, model, x, y, fit.get("sample_weight"))


def numbers_and_validation(keras: Any, kept: Kept) -> None:
    x, y = number_data("plain")
    model = _dense(keras, kept)
    model.compile("sgd", "mse", metrics=["mae", "mean_squared_error"])
    _trained(kept, model, x, y, validation_data=number_data("plain val"), callbacks=[kept.watch()])


def arguments_by_position(keras: Any, kept: Kept) -> None:
    x, y = number_data("position")
    model = _dense(keras, kept)
    model.compile("sgd", "mse", ["mae"])
    weights = sample_weights("position")
    watch = kept.watch(moments=("on_epoch_end",))
    kept.history(model.fit(x, y, 4, 4, 0, [watch], 0.3, None, False, None, weights, 1))
    kept.keep("evaluate", model.evaluate(x, y, 3, 0, weights))
    kept.keep("predict", model.predict(x, 3, 0))


def ten_epochs(keras: Any, kept: Kept) -> None:
    model = _dense(keras, kept)
    model.compile("sgd", "mse")
    x, y = number_data("ten")
    kept.history(model.fit(x, y, batch_size=4, shuffle=False, verbose=0))
    kept.keep("evaluate", model.evaluate(x, y, verbose=0))


def two_classes(keras: Any, kept: Kept) -> None:
    x, y = class_data("two", 2)
    model = _dense(keras, kept, 1, "sigmoid")
    model.compile("adam", "binary_crossentropy", metrics=["accuracy", "precision", "recall", "mse"])
    _trained(kept, model, x, y, callbacks=[kept.watch()], validation_data=class_data("two val", 2))


def labels_at_once(keras: Any, kept: Kept) -> None:
    x, _ = number_data("multi")
    y = np.stack([class_data(f"multi{i}", 2)[1] for i in range(3)], 1)
    model = _dense(keras, kept, 3, "sigmoid")
    model.compile("rmsprop", "binary_crossentropy", metrics=["acc", "precision", "recall"])
    _trained(kept, model, x, y, validation_split=0.3)


def f_measures(keras: Any, kept: Kept) -> None:
    x, y = class_data("f", 2)
    model = _dense(keras, kept, 1, "sigmoid")
    model.compile("sgd", "mse", metrics=["fmeasure", "matthews_correlation"])
    _trained(kept, model, x, y)


def one_of_three_classes(keras: Any, kept: Kept) -> None:
    x, y = class_data("three", 3)
    model = _dense(keras, kept, 3, "softmax")
    model.compile("adagrad", "categorical_crossentropy",
                  metrics=["accuracy", "mse", "kullback_leibler_divergence", "cosine"])
    _trained(kept, model, x, one_hot(y, 3), callbacks=[kept.watch()])


def class_numbers(keras: Any, kept: Kept) -> None:
    x, y = class_data("sparse", 3)
    model = _dense(keras, kept, 3, "softmax")
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    _trained(kept, model, x, y[:, None])


def accuracy_of_another_loss(keras: Any, kept: Kept) -> None:
    x, y = class_data("other", 3)
    model = _dense(keras, kept, 3, "softmax")
    model.compile("adadelta", "mse", metrics=["acc", "categorical_accuracy", "binary_accuracy"])
    _trained(kept, model, x, one_hot(y, 3))


def functions_of_ones_own(keras: Any, kept: Kept) -> None:
    K = keras.backend
    x, y = number_data("own", outputs=2)

    def squares(y_true: Any, y_pred: Any) -> Any:
        return K.sum(K.square(y_true - y_pred), axis=-1)

    def mean_pred(y_true: Any, y_pred: Any) -> Any:
        return K.mean(y_pred)

    def rates(y_true: Any, y_pred: Any) -> Any:
        return {"high": K.max(y_pred), "low": K.min(y_pred)}

    model = _dense(keras, kept, 2)
    model.compile("sgd", squares, metrics=[mean_pred, rates, "mae"])
    _trained(kept, model, x, y, validation_split=0.2)


def losses_of_all_kinds(keras: Any, kept: Kept) -> None:
    for loss in ("mae", "mape", "msle", "squared_hinge", "hinge", "poisson", "cosine_proximity",
                 "kullback_leibler_divergence"):
        x, y = number_data(f"loss {loss}", outputs=3)
        y = np.abs(y) + 0.1
        model = _dense(keras, kept, 3, "sigmoid")
        model.compile("sgd", loss, metrics=[loss])
        kept.history(model.fit(x, y, **PLAIN), loss)
        kept.keep(f"{loss} evaluate", model.evaluate(x, y, batch_size=4, verbose=0))


def weights_of_classes(keras: Any, kept: Kept) -> None:
    x, y = class_data("class weight", 3)
    model = _dense(keras, kept, 3, "softmax")
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    _trained(kept, model, x, one_hot(y, 3), class_weight={0: 1.0, 1: 3.0, 2: 0.0}, callbacks=[kept.watch()])


def weights_of_samples(keras: Any, kept: Kept) -> None:
    x, y = number_data("sample weight")
    model = _dense(keras, kept)
    model.compile("sgd", "mse", metrics=["mae"])
    weights = sample_weights("sample weight")
    weights[[1, 8]] = 0.0
    _trained(kept, model, x, y, sample_weight=weights, callbacks=[kept.watch()],
             validation_data=(*number_data("sample weight val"), sample_weights("sample weight val")))


def split_with_weights(keras: Any, kept: Kept) -> None:
    x, y = number_data("split")
    model = _dense(keras, kept)
    model.compile("sgd", "mse", metrics=["mae"])
    _trained(kept, model, x, y, sample_weight=sample_weights("split"), validation_split=0.3,
             callbacks=[kept.watch(moments=("on_epoch_end",))])


def _sequence(keras: Any, kept: Kept, mask: bool = True) -> Any:
    layers = keras.layers
    front = [layers.Masking(input_shape=(STEPS, FEATURES))] if mask else []
    shape = {} if mask else {"input_shape": (STEPS, FEATURES)}
    return kept.start(keras.models.Sequential([
        *front, layers.SimpleRNN(4, return_sequences=True, **shape),
        layers.TimeDistributed(layers.Dense(2))]))


def _sequence_data(label: str, padded: bool = True) -> tuple:
    x, _ = number_data(label, (STEPS, FEATURES))
    y = np.reshape(number_data(label, outputs=STEPS * 2)[1], (10, STEPS, 2))
    if padded:
        for row in range(10):
            x[row, 1 + row % STEPS:] = 0.0
    return x, y


def masked_sequences(keras: Any, kept: Kept) -> None:
    x, y = _sequence_data("mask")
    model = _sequence(keras, kept)
    model.compile("sgd", "mse", metrics=["mae"])
    _trained(kept, model, x, y, callbacks=[kept.watch()], validation_data=_sequence_data("mask val"))


def weights_of_steps(keras: Any, kept: Kept) -> None:
    x, y = _sequence_data("temporal", False)
    model = _sequence(keras, kept, False)
    model.compile("sgd", "mse", metrics=["mae"], sample_weight_mode="temporal")
    weights = sample_weights("temporal", 10, STEPS)
    weights[::2, 3:] = 0.0
    _trained(kept, model, x, y, sample_weight=weights, callbacks=[kept.watch()])


def mask_and_weights_of_steps(keras: Any, kept: Kept) -> None:
    x, y = _sequence_data("both")
    model = _sequence(keras, kept)
    model.compile("sgd", "mae", sample_weight_mode="temporal")
    _trained(kept, model, x, y, sample_weight=sample_weights("both", 10, STEPS))


def mask_and_weights_of_samples(keras: Any, kept: Kept) -> None:
    x, y = _sequence_data("both samples")
    model = _sequence(keras, kept)
    model.compile("sgd", "mae", metrics=["mse"])
    _trained(kept, model, x, y, sample_weight=sample_weights("both samples"))


def _two_heads(keras: Any, kept: Kept) -> Any:
    layers = keras.layers
    first, second = layers.Input(shape=(4,), name="first"), layers.Input(shape=(3,), name="second")
    shared = layers.Dense(5, activation="tanh")(layers.merge([first, second], mode="concat"))
    size = layers.Dense(1, name="size")(shared)
    kind = layers.Dense(3, activation="softmax", name="kind")(shared)
    return kept.start(keras.models.Model(input=[first, second], output=[size, kind]))


def _two_heads_data(label: str) -> tuple:
    x = [number_data(label)[0], number_data(f"{label} second", (3,))[0]]
    return x, [number_data(label)[1], one_hot(class_data(label, 3)[1], 3)]


def two_outputs(keras: Any, kept: Kept) -> None:
    x, y = _two_heads_data("two outputs")
    model = _two_heads(keras, kept)
    model.compile("sgd", ["mse", "categorical_crossentropy"], loss_weights=[1.0, 0.3], metrics=["accuracy"])
    _trained(kept, model, x, y, callbacks=[kept.watch()], validation_data=_two_heads_data("two outputs val"))


def two_outputs_by_name(keras: Any, kept: Kept) -> None:
    (first, second), (size, kind) = _two_heads_data("by name")
    x, y = {"first": first, "second": second}, {"size": size, "kind": kind}
    model = _two_heads(keras, kept)
    model.compile("sgd", {"size": "mae", "kind": "categorical_crossentropy"}, loss_weights={"kind": 2.0},
                  metrics={"size": "mse", "kind": ["accuracy", "mae"]})
    kept.history(model.fit(x, y, class_weight={"kind": {0: 1.0, 1: 2.0, 2: 0.5}},
                           sample_weight={"size": sample_weights("by name")}, **PLAIN))
    _finish(kept, model, x, y)


def weights_by_output_in_lists(keras: Any, kept: Kept) -> None:
    x, y = _two_heads_data("lists")
    model = _two_heads(keras, kept)
    model.compile("sgd", ["mse", "categorical_crossentropy"])
    _trained(kept, model, x, y, sample_weight=[sample_weights("lists a"), sample_weights("lists b")])


def stateful(keras: Any, kept: Kept) -> None:
    layers = keras.layers
    model = kept.start(keras.models.Sequential([
        layers.SimpleRNN(4, batch_input_shape=(4, STEPS, FEATURES), stateful=True), layers.Dense(1)]))
    model.compile("sgd", "mse")
    x, y = number_data("stateful", (STEPS, FEATURES), samples=8)
    kept.history(model.fit(x, y, **PLAIN))
    kept.keep("going on", model.predict(x, batch_size=4))
    model.reset_states()
    kept.history(model.fit(x, y, **PLAIN), "from rest")
    model.reset_states()
    _finish(kept, model, x, y)


def generators(keras: Any, kept: Kept) -> None:
    x, y = number_data("generator")
    model = _dense(keras, kept)
    model.compile("sgd", "mse", metrics=["mae"])
    kept.history(model.fit_generator(
        batches(x, y, 4, 4, 2), samples_per_epoch=10, nb_epoch=3, verbose=0, callbacks=[kept.watch()],
        validation_data=batches(*number_data("generator val"), 3, 3, 4), nb_val_samples=10))
    kept.keep("evaluate", model.evaluate_generator(batches(x, y, 4, 4, 2), val_samples=10))
    kept.keep("predict", model.predict_generator(batches(x, y, 4, 4, 2), val_samples=10))
    kept.weights(model)


def epochs_counted_in_samples(keras: Any, kept: Kept) -> None:
    x, y = number_data("counted")
    model = _dense(keras, kept)
    model.compile("sgd", "mse")
    watch = kept.watch(moments=("on_batch_begin", "on_epoch_end"))
    kept.history(model.fit_generator(batches(x, y, 4, 4, 2), 20, 2, verbose=0, callbacks=[watch]))
    kept.history(model.fit_generator(batches(x, y, 1, 5, 3, 1), samples_per_epoch=7, nb_epoch=2, verbose=0))
    kept.keep("evaluate", model.evaluate_generator(batches(x, y, 1, 4, 5), 14))
    kept.keep("predict", model.predict_generator(batches(x, y, 2, 5, 3), 17))
    kept.weights(model)


def generator_by_position(keras: Any, kept: Kept) -> None:
    x, y = class_data("generator position", 3)
    y = one_hot(y, 3)
    model = _dense(keras, kept, 3, "softmax")
    model.compile("sgd", "categorical_crossentropy", ["accuracy"])
    watch = kept.watch(moments=("on_epoch_end",))
    weights = {0: 2.0, 1: 1.0, 2: 0.5}
    kept.history(model.fit_generator(
        batches(x, y, 5), 5, 4, 0, [watch], (x, y), None, weights, 10, 1, False, 1))
    kept.keep("evaluate", model.evaluate_generator(batches(x, y, 5), 5, 10, 1, False))
    kept.keep("predict", model.predict_generator(batches(x, y, 5), 5, 10, 1, False))


def weighted_generator(keras: Any, kept: Kept) -> None:
    x, y = number_data("weighted generator")
    model = _dense(keras, kept)
    model.compile("sgd", "mse", metrics=["mae"])
    weights = sample_weights("weighted generator")
    kept.history(model.fit_generator(batches(x, y, 4, 4, 2, weights=weights), 10, 3, verbose=0))
    kept.keep("evaluate", model.evaluate_generator(batches(x, y, 4, 4, 2, weights=weights), 10))


def single_batches(keras: Any, kept: Kept) -> None:
    x, y = class_data("single", 3)
    y = one_hot(y, 3)
    model = _dense(keras, kept, 3, "softmax")
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy", "mae"])
    kept.keep("train", model.train_on_batch(x, y))
    kept.keep("train weighted", model.train_on_batch(x[:3], y[:3], sample_weight=sample_weights("single", 3)))
    kept.keep("train by class", model.train_on_batch(x, y, {0: 1.0, 1: 3.0, 2: 0.5}))
    kept.keep("train twice weighted", model.train_on_batch(x[:3], y[:3], {0: 1.0, 1: 3.0, 2: 0.5},
                                                           sample_weights("single", 3)))
    kept.keep("test", model.test_on_batch(x[3:], y[3:]))
    kept.keep("test weighted", model.test_on_batch(x[:3], y[:3], sample_weights("single", 3)))
    kept.keep("predict", model.predict_on_batch(x[:2]))
    model.compile("sgd", "mse")
    kept.keep("loss alone", model.train_on_batch(x, y))
    kept.keep("test alone", model.test_on_batch(x, y))
    kept.keep("predict_classes", model.predict_classes(x, verbose=0))
    kept.keep("predict_proba", model.predict_proba(x, verbose=0))


def penalties(keras: Any, kept: Kept) -> None:
    layers, rules = keras.layers, keras.regularizers
    model = kept.start(keras.models.Sequential([
        layers.Dense(5, input_dim=4, activation="tanh", W_regularizer=rules.l2(0.1),
                     b_regularizer=rules.l1(0.1)),
        layers.Dense(1, W_regularizer=rules.l1l2(0.01, 0.02))]))
    model.compile("sgd", "mse", metrics=["mse"])
    x, y = number_data("penalties")
    _trained(kept, model, x, y, callbacks=[kept.watch()], sample_weight=sample_weights("penalties"))


def penalties_of_activity(keras: Any, kept: Kept) -> None:
    layers, rules = keras.layers, keras.regularizers
    model = kept.start(keras.models.Sequential([
        layers.Dense(5, input_dim=4, activation="tanh", activity_regularizer=rules.activity_l2(0.1)),
        layers.ActivityRegularization(l1=0.01, l2=0.02), layers.Dense(1)]))
    model.compile("sgd", "mse", metrics=["mse"])
    x, y = number_data("activity")
    _trained(kept, model, x, y, callbacks=[kept.watch()])


def normalised(keras: Any, kept: Kept) -> None:
    """What is learned alone: Theano's moving variances have the epsilon in them, TensorFlow's do not."""
    layers = keras.layers
    model = keras.models.Sequential([
        layers.Dense(5, input_dim=4), layers.BatchNormalization(), layers.Dense(1)])
    for place, outputs, inputs in ((0, 5, 4), (2, 1, 5)):
        alone = keras.models.Sequential([layers.Dense(outputs, input_dim=inputs)])
        model.layers[place].set_weights(kept.start(alone).get_weights())
    model.compile("sgd", "mse")
    x, y = number_data("normal")
    watch = kept.watch(moments=("on_batch_end",))
    history = model.fit(x, y, callbacks=[watch], validation_data=number_data("normal val"), **PLAIN)
    kept.keep("loss", history.history["loss"])


def shared_layers(keras: Any, kept: Kept) -> None:
    layers = keras.layers
    one, two = layers.Input(shape=(4,)), layers.Input(shape=(4,))
    shared = layers.Dense(5, activation="tanh")
    parts = [shared(one), shared(two)]
    merged = [layers.merge(parts, mode=mode) for mode in ("sum", "mul", "ave", "max")]
    merged.append(layers.merge(parts, mode="dot", dot_axes=1))
    output = layers.Dense(1)(layers.merge(merged, mode="concat", concat_axis=-1))
    model = kept.start(keras.models.Model([one, two], output))
    model.compile("sgd", "mse")
    x, y = number_data("shared")
    _trained(kept, model, [x, number_data("shared two")[0]], y)


def merged_towers(keras: Any, kept: Kept) -> None:
    layers, Sequential = keras.layers, keras.models.Sequential
    left = Sequential([layers.Dense(3, input_dim=4)])
    right = Sequential([layers.Dense(3, input_dim=4, activation="tanh")])
    model = kept.start(Sequential([layers.Merge([left, right], mode="concat"), layers.Dense(1)]))
    model.compile("sgd", "mse")
    x, y = number_data("towers")
    _trained(kept, model, [x, x * 2], y)


def blocks_in_any_order(keras: Any, kept: Kept) -> None:
    """All whole blocks are alike, so that their order does not matter; the rest comes last."""
    x, y = number_data("blocks", samples=4)
    rest, rest_y = number_data("blocks rest", samples=2)
    x, y = np.concatenate([x, x, x, rest]), np.concatenate([y, y, y, rest_y])
    model = _dense(keras, kept)
    model.compile("sgd", "mse")
    _trained(kept, model, x, y, shuffle="batch", callbacks=[kept.watch()])


def later_epochs(keras: Any, kept: Kept) -> None:
    x, y = number_data("later")
    model = _dense(keras, kept)
    model.compile("sgd", "mse")
    rate = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))
    kept.history(model.fit(x, y, callbacks=[rate, kept.watch(moments=("on_epoch_end",))],
                           **{**PLAIN, "nb_epoch": 5, "initial_epoch": 2}))
    kept.weights(model)


def stopped(keras: Any, kept: Kept) -> None:
    def stop(callback: Any, moment: str, number: int) -> None:
        if moment == "on_batch_end" and number == 1:
            callback.model.stop_training = True

    x, y = number_data("stopped")
    model = _dense(keras, kept)
    model.compile("sgd", "mse")
    watch = kept.watch(act=stop)
    kept.history(model.fit(x, y, callbacks=[watch], validation_data=(x, y), **PLAIN))
    model.stop_training = False
    kept.history(model.fit_generator(batches(x, y, 4, 4, 2), 10, 3, verbose=0, callbacks=[watch],
                                     validation_data=(x, y)), "generator")
    kept.weights(model)


def evaluated_within(keras: Any, kept: Kept) -> None:
    """A callback evaluates and tries batches in the middle of an epoch: the epoch stays as it was."""
    x, y = number_data("within")
    other, other_y = number_data("within other")

    def evaluate(callback: Any, moment: str, number: int) -> None:
        if moment != "on_epoch_end":
            kept.keep("inside", model.evaluate(other, other_y, batch_size=3, verbose=0))
            kept.keep("tried", model.test_on_batch(other[:2], other_y[:2]))

    model = _dense(keras, kept)
    model.compile("sgd", "mse", metrics=["mae"])
    _trained(kept, model, x, y, callbacks=[kept.watch(act=evaluate), kept.watch("second")])


def named_logs(keras: Any, kept: Kept) -> None:
    """Two callbacks share the logs of a batch and of an epoch; what one writes the next one sees."""
    x, y = number_data("named")
    model = _dense(keras, kept)
    model.compile("sgd", "mse")

    def write(epoch: int, logs: Any = None) -> None:
        logs["twice"] = 2 * logs["loss"]

    lambdas = keras.callbacks.LambdaCallback(on_epoch_end=write, on_batch_end=write)
    _trained(kept, model, x, y, callbacks=[lambdas, kept.watch()])


ROWS = {name.replace("_", " "): row for name, row in list(globals().items())
        if callable(row) and getattr(row, "__module__", None) == __name__ and not name.startswith("_")}
