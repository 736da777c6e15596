"""Trainings in the words of Keras 2.2 and 2.3: name -> `row(keras, kept)`, see old_history_case.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases.history_case import class_data, number_data, one_hot, sample_weights
from cases.old_history_case import BATCH_SIZE, Kept, batches

PLAIN = {"epochs": 3, "batch_size": BATCH_SIZE, "shuffle": False, "verbose": 0}
STEPS, FEATURES = 5, 3


def _dense(keras: Any, kept: Kept, outputs: int = 1, activation: str = "linear", **arguments: Any) -> Any:
    layers = keras.layers
    return kept.start(keras.models.Sequential([
        layers.Dense(5, input_shape=(4,), activation="tanh"),
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
    model.compile("sgd", "mse", ["mae"], None, None, ["mse"])
    weights = sample_weights("position")
    watch = kept.watch(moments=("on_epoch_end",))
    kept.history(model.fit(x, y, 4, 4, 0, [watch], 0.3, None, False, None, weights, 1, None, None))
    kept.keep("evaluate", model.evaluate(x, y, 3, 0, weights, None))
    kept.keep("predict", model.predict(x, 3, 0, None))
    kept.keep("train_on_batch", model.train_on_batch(x, y, weights, None))
    kept.keep("test_on_batch", model.test_on_batch(x, y, weights))


def two_classes(keras: Any, kept: Kept) -> None:
    x, y = class_data("two", 2)
    model = _dense(keras, kept, 1, "sigmoid")
    model.compile("adam", "binary_crossentropy", metrics=["accuracy", "mse", "binary_crossentropy"])
    _trained(kept, model, x, y, callbacks=[kept.watch()], validation_data=class_data("two val", 2))


def labels_at_once(keras: Any, kept: Kept) -> None:
    x, _ = number_data("multi")
    y = np.stack([class_data(f"multi{i}", 2)[1] for i in range(3)], 1)
    model = _dense(keras, kept, 3, "sigmoid")
    model.compile("rmsprop", "binary_crossentropy", metrics=["acc", "ce"])
    _trained(kept, model, x, y, validation_split=0.3)


def one_of_three_classes(keras: Any, kept: Kept) -> None:
    x, y = class_data("three", 3)
    model = _dense(keras, kept, 3, "softmax")
    model.compile("adagrad", "categorical_crossentropy",
                  metrics=["accuracy", "crossentropy", "mse", "kullback_leibler_divergence",
                           "cosine_proximity"])
    _trained(kept, model, x, one_hot(y, 3), callbacks=[kept.watch()])


def names_of_metrics(keras: Any, kept: Kept) -> None:
    x, y = number_data("names", outputs=3)
    model = _dense(keras, kept, 3, "sigmoid")
    model.compile("sgd", "mse", metrics=["MSE", "mape", "msle", "logcosh", "cosine", "hinge", "squared_hinge",
                                         "poisson", keras.metrics.mae])
    _trained(kept, model, x, np.abs(y) + 0.1)


def class_numbers(keras: Any, kept: Kept) -> None:
    x, y = class_data("sparse", 3)
    model = _dense(keras, kept, 3, "softmax")
    model.compile("sgd", "sparse_categorical_crossentropy",
                  metrics=["accuracy", "ce", "sparse_categorical_accuracy"])
    _trained(kept, model, x, y)


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

    def elements(y_true: Any, y_pred: Any) -> Any:
        return K.abs(y_true - y_pred)

    model = _dense(keras, kept, 2)
    model.compile("sgd", squares, metrics=[mean_pred, elements, squares, "mae"])
    _trained(kept, model, x, y, callbacks=[kept.watch()], validation_split=0.2)


def losses_of_all_kinds(keras: Any, kept: Kept) -> None:
    for loss in ("mae", "mape", "msle", "squared_hinge", "hinge", "categorical_hinge", "logcosh", "poisson",
                 "cosine_proximity", "kullback_leibler_divergence"):
        x, y = number_data(f"loss {loss}", outputs=3)
        y = np.abs(y) + 0.1
        model = _dense(keras, kept, 3, "sigmoid")
        model.compile("sgd", loss)
        kept.history(model.fit(x, y, **PLAIN), loss)
        kept.keep(f"{loss} evaluate", model.evaluate(x, y, batch_size=4, verbose=0))


def weights_of_classes(keras: Any, kept: Kept) -> None:
    x, y = class_data("class weight", 3)
    model = _dense(keras, kept, 3, "softmax")
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"], weighted_metrics=["accuracy"])
    _trained(kept, model, x, one_hot(y, 3), class_weight={0: 1.0, 1: 3.0, 2: 0.0}, callbacks=[kept.watch()])


def weights_of_samples(keras: Any, kept: Kept) -> None:
    x, y = number_data("sample weight")
    model = _dense(keras, kept)
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mae", "mse"])
    weights = sample_weights("sample weight")
    weights[[1, 8]] = 0.0
    _trained(kept, model, x, y, sample_weight=weights, callbacks=[kept.watch()],
             validation_data=(*number_data("sample weight val"), sample_weights("sample weight val")))


def classes_and_samples(keras: Any, kept: Kept) -> None:
    x, y = class_data("classes and samples", 3)
    model = _dense(keras, kept, 3, "softmax")
    model.compile("sgd", "categorical_crossentropy", weighted_metrics=["mse"])
    _trained(kept, model, x, one_hot(y, 3), class_weight={0: 1.0, 1: 3.0, 2: 0.5},
             sample_weight=sample_weights("classes and samples"))


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
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mae"], sample_weight_mode="temporal")
    weights = sample_weights("temporal", 10, STEPS)
    weights[::2, 3:] = 0.0
    _trained(kept, model, x, y, sample_weight=weights, callbacks=[kept.watch()])


def mask_and_weights_of_steps(keras: Any, kept: Kept) -> None:
    x, y = _sequence_data("both")
    model = _sequence(keras, kept)
    model.compile("sgd", "mae", weighted_metrics=["mse"], sample_weight_mode="temporal")
    _trained(kept, model, x, y, sample_weight=sample_weights("both", 10, STEPS))


def mask_and_weights_of_samples(keras: Any, kept: Kept) -> None:
    x, y = _sequence_data("both samples")
    model = _sequence(keras, kept)
    model.compile("sgd", "mae", metrics=["mse"])
    _trained(kept, model, x, y, sample_weight=sample_weights("both samples"))


def _two_heads(keras: Any, kept: Kept) -> Any:
    layers = keras.layers
    first, second = layers.Input(shape=(4,), name="first"), layers.Input(shape=(3,), name="second")
    shared = layers.Dense(5, activation="tanh")(layers.concatenate([first, second]))
    size = layers.Dense(1, name="size")(shared)
    kind = layers.Dense(3, activation="softmax", name="kind")(shared)
    return kept.start(keras.models.Model(inputs=[first, second], outputs=[size, kind]))


def _two_heads_data(label: str) -> tuple:
    x = [number_data(label)[0], number_data(f"{label} second", (3,))[0]]
    return x, [number_data(label)[1], one_hot(class_data(label, 3)[1], 3)]


def two_outputs(keras: Any, kept: Kept) -> None:
    x, y = _two_heads_data("two outputs")
    model = _two_heads(keras, kept)
    metrics = {"size": "mse", "kind": ["accuracy"]}  # 2.3 on Theano knows no sizes to take accuracies by
    model.compile("sgd", ["mse", "categorical_crossentropy"], loss_weights=[1.0, 0.3], metrics=metrics)
    _trained(kept, model, x, y, callbacks=[kept.watch()], validation_data=_two_heads_data("two outputs val"))


def two_outputs_by_name(keras: Any, kept: Kept) -> None:
    (first, second), (size, kind) = _two_heads_data("by name")
    x, y = {"first": first, "second": second}, {"size": size, "kind": kind}
    model = _two_heads(keras, kept)
    model.compile("sgd", {"size": "mae", "kind": "categorical_crossentropy"}, loss_weights={"kind": 2.0},
                  metrics={"size": "mse", "kind": ["accuracy", "mae"]}, weighted_metrics={"kind": "accuracy"})
    kept.history(model.fit(x, y, class_weight={"kind": {0: 1.0, 1: 2.0, 2: 0.5}},
                           sample_weight={"size": sample_weights("by name")}, **PLAIN))
    _finish(kept, model, x, y)


def one_output_without_loss(keras: Any, kept: Kept) -> None:
    x, y = _two_heads_data("without")
    model = _two_heads(keras, kept)
    model.get_layer("kind").trainable = False
    model.compile("sgd", {"size": "mae"}, metrics={"size": "mse"})
    kept.history(model.fit(x, y[0], callbacks=[kept.watch()], **PLAIN))
    kept.words("metrics_names", *model.metrics_names)
    kept.keep("evaluate", model.evaluate(x, y[0], verbose=0))


def modes_by_output(keras: Any, kept: Kept) -> None:
    layers = keras.layers
    inputs = layers.Input(shape=(STEPS, FEATURES))
    states = layers.SimpleRNN(4, return_sequences=True)(inputs)
    each = layers.TimeDistributed(layers.Dense(2), name="each")(states)
    last = layers.Dense(1, name="last")(layers.SimpleRNN(3)(states))
    model = kept.start(keras.models.Model(inputs, [each, last]))
    model.compile("sgd", "mse", sample_weight_mode={"each": "temporal", "last": None})
    x, y = _sequence_data("modes", False)
    kept.history(model.fit(x, [y, y[:, 0, :1]], sample_weight=[sample_weights("each", 10, STEPS),
                                                             sample_weights("last")], **PLAIN))
    kept.words("metrics_names", *model.metrics_names)
    kept.keep("evaluate", model.evaluate(x, [y, y[:, 0, :1]], verbose=0))


def stateful(keras: Any, kept: Kept) -> None:
    layers = keras.layers
    model = kept.start(keras.models.Sequential([
        layers.SimpleRNN(4, batch_input_shape=(4, STEPS, FEATURES), stateful=True), layers.Dense(1)]))
    model.compile("sgd", "mse")
    x, y = number_data("stateful", (STEPS, FEATURES), samples=8)
    kept.history(model.fit(x, y, **PLAIN))
    kept.keep("going on", model.predict(x, batch_size=4))
    model.reset_states()
    kept.history(model.fit(x, y, validation_data=(x, y), **PLAIN), "from rest")
    model.reset_states()
    _finish(kept, model, x, y)


def generators(keras: Any, kept: Kept) -> None:
    x, y = number_data("generator")
    model = _dense(keras, kept)
    model.compile("sgd", "mse", metrics=["mae"])
    kept.history(model.fit_generator(
        batches(x, y, 4, 4, 2), steps_per_epoch=3, epochs=3, verbose=0, callbacks=[kept.watch()],
        validation_data=batches(*number_data("generator val"), 5), validation_steps=1))
    kept.keep("evaluate", model.evaluate_generator(batches(x, y, 5), steps=1))
    kept.keep("predict", model.predict_generator(batches(x, y, 4, 4, 2), steps=3))
    kept.weights(model)


def generator_by_position(keras: Any, kept: Kept) -> None:
    """Keras 2 takes three arguments by position here, and no more."""
    x, y = class_data("generator position", 3)
    y = one_hot(y, 3)
    model = _dense(keras, kept, 3, "softmax")
    model.compile("sgd", "categorical_crossentropy", ["accuracy"])
    watch = kept.watch(moments=("on_epoch_end",))
    kept.history(model.fit_generator(batches(x, y, 5), 2, 4, verbose=0, callbacks=[watch],
                                     validation_data=(x, y), class_weight={0: 2.0, 1: 1.0, 2: 0.5},
                                     max_queue_size=10, workers=1, use_multiprocessing=False, shuffle=True,
                                     initial_epoch=1))
    kept.keep("evaluate", model.evaluate_generator(batches(x, y, 5), 1))
    kept.keep("predict", model.predict_generator(batches(x, y, 5), 2))


def words_of_keras1(keras: Any, kept: Kept) -> None:
    """Keras 2 understands them, with a warning; lengths are batches all the same."""
    x, y = number_data("older words")
    model = _dense(keras, kept)
    model.compile("sgd", "mse")
    kept.history(model.fit(x, y, nb_epoch=2, batch_size=4, shuffle=False, verbose=0))
    kept.history(model.fit_generator(batches(x, y, 4, 4, 2), samples_per_epoch=3, nb_epoch=2, verbose=0,
                                     validation_data=batches(x, y, 10), nb_val_samples=1, nb_worker=1,
                                     max_q_size=5, pickle_safe=False))
    kept.keep("evaluate", model.evaluate_generator(batches(x, y, 10), val_samples=1, max_q_size=5))
    kept.keep("predict", model.predict_generator(batches(x, y, 5), val_samples=2))


def weighted_generator(keras: Any, kept: Kept) -> None:
    x, y = number_data("weighted generator")
    model = _dense(keras, kept)
    model.compile("sgd", "mse", metrics=["mae"])
    weights = sample_weights("weighted generator")
    kept.history(model.fit_generator(batches(x, y, 4, 4, 2, weights=weights), 3, 3, verbose=0))


def _numbered(keras: Any, x: Any, y: Any, size: int = 4) -> Any:
    class Numbered(keras.utils.Sequence):
        ended = 0

        def __len__(self) -> int:
            return -(-len(x) // size)

        def __getitem__(self, number: int) -> tuple:
            return x[number * size:(number + 1) * size], y[number * size:(number + 1) * size]

        def on_epoch_end(self) -> None:
            self.ended += 1

    return Numbered()


def sequences(keras: Any, kept: Kept) -> None:
    x, y = number_data("sequence")
    model = _dense(keras, kept)
    model.compile("sgd", "mse", metrics=["mae"])
    data = _numbered(keras, x, y)
    kept.history(model.fit_generator(data, epochs=3, verbose=0, shuffle=False, callbacks=[kept.watch()],
                                     validation_data=_numbered(keras, *number_data("sequence val"), 10)))
    kept.keep("evaluate", model.evaluate_generator(_numbered(keras, x, y, 10)))
    kept.keep("predict", model.predict_generator(data))
    kept.weights(model)


def part_of_a_sequence(keras: Any, kept: Kept) -> None:
    x, y = number_data("part")
    model = _dense(keras, kept)
    model.compile("sgd", "mse")
    kept.history(model.fit_generator(_numbered(keras, x, y), steps_per_epoch=2, epochs=4, verbose=0,
                                     shuffle=False, workers=1))
    kept.history(model.fit_generator(_numbered(keras, x, y), steps_per_epoch=2, epochs=4, verbose=0,
                                     shuffle=False, workers=0), "in turn")
    kept.history(model.fit_generator(_numbered(keras, x, y), steps_per_epoch=4, epochs=3, verbose=0,
                                     shuffle=False), "longer")
    kept.weights(model)


def single_batches(keras: Any, kept: Kept) -> None:
    x, y = class_data("single", 3)
    y = one_hot(y, 3)
    model = _dense(keras, kept, 3, "softmax")
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy", "mae"])
    kept.keep("train", model.train_on_batch(x, y))
    kept.keep("train weighted", model.train_on_batch(x[:3], y[:3], sample_weights("single", 3)))
    kept.keep("train by class", model.train_on_batch(x, y, class_weight={0: 1.0, 1: 3.0, 2: 0.5}))
    kept.keep("test", model.test_on_batch(x[3:], y[3:]))
    kept.keep("test weighted", model.test_on_batch(x[:3], y[:3], sample_weights("single", 3)))
    kept.keep("predict", model.predict_on_batch(x[:2]))
    model.compile("sgd", "mse")
    kept.keep("loss alone", model.train_on_batch(x, y))
    kept.keep("test alone", model.test_on_batch(x, y))
    kept.keep("predict_classes", model.predict_classes(x))
    kept.keep("predict_proba", model.predict_proba(x))


def penalties(keras: Any, kept: Kept) -> None:
    layers, rules = keras.layers, keras.regularizers
    model = kept.start(keras.models.Sequential([
        layers.Dense(5, input_dim=4, activation="tanh", kernel_regularizer=rules.l2(0.1),
                     bias_regularizer=rules.l1(0.1)),
        layers.Dense(1, kernel_regularizer=rules.l1_l2(0.01, 0.02))]))
    model.compile("sgd", "mse", metrics=["mse"])
    x, y = number_data("penalties")
    _trained(kept, model, x, y, callbacks=[kept.watch()], sample_weight=sample_weights("penalties"))


def penalties_of_activity(keras: Any, kept: Kept) -> None:
    layers, rules = keras.layers, keras.regularizers
    model = kept.start(keras.models.Sequential([
        layers.Dense(5, input_dim=4, activation="tanh", activity_regularizer=rules.l2(0.1)),
        layers.ActivityRegularization(l1=0.01, l2=0.02), layers.Dense(1)]))
    model.compile("sgd", "mse", metrics=["mse"])
    x, y = number_data("activity")
    _trained(kept, model, x, y, callbacks=[kept.watch()])


def an_added_loss(keras: Any, kept: Kept) -> None:
    K, layers = keras.backend, keras.layers
    inputs = layers.Input(shape=(4,))
    hidden = layers.Dense(5, activation="tanh")(inputs)
    outputs = layers.Dense(1)(hidden)
    model = kept.start(keras.models.Model(inputs, outputs))
    model.add_loss(0.1 * K.mean(K.square(hidden)))
    model.compile("sgd", "mse", metrics=["mae"])
    x, y = number_data("added")
    _trained(kept, model, x, y, callbacks=[kept.watch()])


def an_added_loss_alone(keras: Any, kept: Kept) -> None:
    K, layers = keras.backend, keras.layers
    inputs, wanted = layers.Input(shape=(4,)), layers.Input(shape=(1,))
    outputs = layers.Dense(1)(layers.Dense(5, activation="tanh")(inputs))
    model = kept.start(keras.models.Model([inputs, wanted], outputs))
    model.add_loss(K.mean(K.square(wanted - outputs)))
    model.compile("sgd")
    x, y = number_data("alone")
    kept.history(model.fit([x, y], None, callbacks=[kept.watch()], **PLAIN))
    kept.keep("evaluate", model.evaluate([x, y], None, batch_size=4, verbose=0))


def targets_of_ones_own(keras: Any, kept: Kept) -> None:
    K, layers = keras.backend, keras.layers
    inputs, wanted = layers.Input(shape=(4,)), layers.Input(shape=(1,))
    outputs = layers.Dense(1)(layers.Dense(5, activation="tanh")(inputs))
    model = kept.start(keras.models.Model(inputs, outputs))
    model.compile("sgd", "mse", target_tensors=[wanted])
    x, y = number_data("targets")
    kept.history(model.fit(x, y, **PLAIN))
    model.compile("sgd", "mse", metrics=["mae"], target_tensors=[K.variable(y[:4])])
    kept.keep("train", model.train_on_batch(x[:4], None))
    kept.history(model.fit(x[:4], None, epochs=2, batch_size=4, shuffle=False, verbose=0), "own")


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
    merged = [layers.add(parts), layers.multiply(parts), layers.average(parts), layers.maximum(parts),
              layers.subtract(parts), layers.minimum(parts), layers.dot(parts, axes=1, normalize=True)]
    output = layers.Dense(1)(layers.concatenate(merged, axis=-1))
    model = kept.start(keras.models.Model([one, two], output))
    model.compile("sgd", "mse")
    x, y = number_data("shared")
    _trained(kept, model, [x, number_data("shared two")[0]], y)


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
                           **{**PLAIN, "epochs": 5, "initial_epoch": 2}))
    kept.weights(model)


def one_epoch(keras: Any, kept: Kept) -> None:
    model = _dense(keras, kept)
    model.compile("sgd", "mse")
    x, y = number_data("one")
    kept.history(model.fit(x, y, shuffle=False, verbose=0, callbacks=[kept.watch()]))
    kept.keep("evaluate", model.evaluate(x, y, verbose=0))


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
    kept.history(model.fit_generator(batches(x, y, 4, 4, 2), 3, 3, verbose=0, callbacks=[watch],
                                     validation_data=(x, y)), "generator")
    kept.weights(model)


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


# --- Keras 2.2 alone ---


def _evaluated_within(keras: Any, kept: Kept) -> None:
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


def _uneven_validation(keras: Any, kept: Kept) -> None:
    x, y = number_data("uneven")
    model = _dense(keras, kept)
    model.compile("sgd", "mse", metrics=["mae"])
    kept.history(model.fit_generator(
        batches(x, y, 4, 4, 2), 3, 3, verbose=0, validation_data=batches(*number_data("uneven val"), 3, 3, 4),
        validation_steps=3))
    kept.keep("evaluate", model.evaluate_generator(batches(x, y, 4, 4, 2), 3))
    kept.keep("evaluate", model.evaluate_generator(_numbered(keras, x, y)))


def _a_metric_that_counts(keras: Any, kept: Kept) -> None:
    """A layer is the metric, as in the guide of that time; it counts through the epoch."""
    K = keras.backend

    class Hits(keras.layers.Layer):
        def __init__(self, name: str = "hits", **kwargs: Any):
            super().__init__(name=name, **kwargs)
            self.stateful = True
            self.hits = K.variable(value=0, dtype="int32")

        def reset_states(self) -> None:
            K.set_value(self.hits, 0)

        def __call__(self, y_true: Any, y_pred: Any) -> Any:
            right = K.cast(K.equal(K.cast(y_true, "int32"), K.cast(K.round(y_pred), "int32")), "int32")
            found = K.cast(K.sum(right), "int32")
            current = self.hits * 1
            self.add_update(K.update_add(self.hits, found), inputs=[y_true, y_pred])
            return current + found

    x, y = class_data("counts", 2)
    model = _dense(keras, kept, 1, "sigmoid")
    model.compile("sgd", "binary_crossentropy", metrics=["acc", Hits()])
    kept.history(model.fit(x, y, callbacks=[kept.watch()], validation_data=class_data("counts val", 2),
                           **PLAIN))
    kept.keep("evaluate", model.evaluate(x, y, batch_size=4, verbose=0))


KERAS22 = {"evaluated within": _evaluated_within, "uneven validation": _uneven_validation,
           "a metric that counts": _a_metric_that_counts}


# --- Keras 2.3 alone ---


def _classes_of_metrics(keras: Any, kept: Kept) -> None:
    metrics, losses = keras.metrics, keras.losses
    x, y = class_data("metric classes", 2)
    model = _dense(keras, kept, 1, "sigmoid")
    model.compile("sgd", losses.BinaryCrossentropy(label_smoothing=0.1), metrics=[
        metrics.BinaryAccuracy(), metrics.AUC(num_thresholds=20), metrics.Precision(), metrics.Recall(0.4),
        metrics.TruePositives(name="hits"), metrics.MeanSquaredError()],
        weighted_metrics=[metrics.MeanAbsoluteError()])
    _trained(kept, model, x, y, callbacks=[kept.watch()], validation_data=class_data("metric classes val", 2),
             sample_weight=sample_weights("metric classes"))


def _a_metric_class_of_ones_own(keras: Any, kept: Kept) -> None:
    K = keras.backend

    class Hits(keras.metrics.Metric):
        def __init__(self, name: str = "hits", **kwargs: Any):
            super().__init__(name=name, **kwargs)
            self.hits = self.add_weight("hits", shape=(), initializer="zeros")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
            right = K.cast(K.equal(y_true, K.round(y_pred)), "float32")
            return K.update_add(self.hits, K.sum(right))

        def result(self) -> Any:
            return self.hits

    x, y = class_data("own metric", 2)
    model = _dense(keras, kept, 1, "sigmoid")
    model.compile("sgd", "binary_crossentropy", metrics=["acc", Hits()])
    kept.history(model.fit(x, y, callbacks=[kept.watch()], validation_data=class_data("own val", 2), **PLAIN))
    kept.keep("evaluate", model.evaluate(x, y, batch_size=4, verbose=0))


def _sums_as_losses(keras: Any, kept: Kept) -> None:
    x, y = number_data("sums")
    for reduction in ("sum", "sum_over_batch_size"):
        model = _dense(keras, kept)
        model.compile(keras.optimizers.SGD(0.01), keras.losses.MeanSquaredError(reduction=reduction))
        kept.history(model.fit(x, y, callbacks=[kept.watch(reduction)],
                               sample_weight=sample_weights("sums"), **PLAIN))
        kept.keep("evaluate", model.evaluate(x, y, batch_size=4, verbose=0))


def _every_second_epoch(keras: Any, kept: Kept) -> None:
    x, y = number_data("second")
    model = _dense(keras, kept)
    model.compile("sgd", "mse", metrics=["mae"])
    kept.history(model.fit(x, y, validation_data=(x, y), validation_freq=2, callbacks=[kept.watch()],
                           **{**PLAIN, "epochs": 5}))
    kept.history(model.fit(x, y, validation_data=(x, y), validation_freq=[1, 3], **PLAIN), "listed")


def _hooks_of_every_pass(keras: Any, kept: Kept) -> None:
    x, y = number_data("hooks")
    model = _dense(keras, kept)
    model.compile("sgd", "mse", metrics=["mae"])
    moments = ("on_train_batch_begin", "on_train_batch_end", "on_test_batch_begin", "on_test_batch_end")
    watch = kept.watch(moments=moments)
    kept.history(model.fit(x, y, validation_data=(x[:7], y[:7]), callbacks=[watch], **PLAIN))
    kept.keep("evaluate", model.evaluate(x, y, batch_size=4, verbose=0, callbacks=[watch]))


def _generators_in_fit(keras: Any, kept: Kept) -> None:
    x, y = number_data("in fit")
    model = _dense(keras, kept)
    model.compile("sgd", "mse", metrics=["mae"])
    kept.history(model.fit(batches(x, y, 4, 4, 2), steps_per_epoch=3, epochs=3, verbose=0,
                           callbacks=[kept.watch()], validation_data=_numbered(keras, x, y, 10)))
    kept.history(model.fit(_numbered(keras, x, y), epochs=2, verbose=0, shuffle=False), "numbered")
    kept.keep("evaluate", model.evaluate(_numbered(keras, x, y, 10), verbose=0))
    kept.keep("predict", model.predict(_numbered(keras, x, y)))


def _kept_metrics(keras: Any, kept: Kept) -> None:
    x, y = number_data("kept")
    model = _dense(keras, kept)
    model.compile("sgd", "mse", metrics=["mae"])
    for number in range(3):
        part = slice(3 * number, 3 * number + 3)
        kept.keep("train", model.train_on_batch(x[part], y[part], reset_metrics=False))
    model.reset_metrics()
    for number in range(2):
        part = slice(3 * number, 3 * number + 3 + number)
        kept.keep("test", model.test_on_batch(x[part], y[part], reset_metrics=False))


def _an_added_metric(keras: Any, kept: Kept) -> None:
    K, layers = keras.backend, keras.layers
    inputs = layers.Input(shape=(4,))
    hidden = layers.Dense(5, activation="tanh")(inputs)
    model = kept.start(keras.models.Model(inputs, layers.Dense(1)(hidden)))
    model.add_metric(K.sum(hidden), "activity")
    model.compile("sgd", "mse", metrics=["mae"])
    x, y = number_data("added metric")
    _trained(kept, model, x, y, callbacks=[kept.watch()])


KERAS23 = {
    "classes of metrics": _classes_of_metrics, "a metric class of ones own": _a_metric_class_of_ones_own,
    "sums as losses": _sums_as_losses, "every second epoch": _every_second_epoch,
    "hooks of every pass": _hooks_of_every_pass, "generators in fit": _generators_in_fit,
    "kept metrics": _kept_metrics, "an added metric": _an_added_metric}
