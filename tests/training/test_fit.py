"""fit, evaluate, predict and *_on_batch: what they return, and what callbacks see, as in Keras 3.15."""

from __future__ import annotations

import contextlib
import io
import re

import numpy as np
import pytest
import torch
from cases.training_models import (
    LABELS,
    NUMBERS,
    OTHER,
    SAMPLES,
    WEIGHTS,
    Numbered,
    X,
    classifier,
    regressor,
    two_headed,
)

import keras_torch
from keras_torch import callbacks, layers


class Record(callbacks.Callback):
    """Writes down every hook: its short name, its number, the names in its logs."""

    def __init__(self):
        super().__init__()
        self.events, self.logs = [], []

    def _note(self, *event, logs):
        self.events.append(event)
        self.logs.append(dict(logs or {}))

    def on_train_begin(self, logs=None):
        self._note("train", logs=logs)

    def on_epoch_begin(self, epoch, logs=None):
        self._note("epoch", epoch, logs=logs)

    def on_train_batch_begin(self, batch, logs=None):
        self._note("batch", batch, logs=logs)

    def on_train_batch_end(self, batch, logs=None):
        self._note("batch end", batch, logs=logs)

    def on_test_begin(self, logs=None):
        self._note("test", logs=logs)

    def on_test_batch_end(self, batch, logs=None):
        self._note("test batch end", batch, logs=logs)

    def on_test_end(self, logs=None):
        self._note("test end", logs=logs)

    def on_epoch_end(self, epoch, logs=None):
        self._note("epoch end", epoch, logs=logs)

    def on_train_end(self, logs=None):
        self._note("train end", logs=logs)


def _printed(run):
    """Lines that `run` prints, without times."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        run()
    return [re.sub(r"\d+(\.\d+)?[mu]?s(/step)?", "T", line) for line in out.getvalue().splitlines()]


# ------------------------------------------------------------------------------------------ results


def test_history_names_are_sorted_and_hold_floats():
    history = classifier().fit(X, LABELS, verbose=0, epochs=2, validation_data=(X, LABELS, WEIGHTS))
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert all(type(value) is float for values in history.history.values() for value in values)
    assert history.epoch == [0, 1]


def test_weighted_metrics_come_in_the_sorted_order_too():
    model = classifier(weighted_metrics=["accuracy"])
    names = list(model.fit(X, LABELS, verbose=0, validation_data=(X, LABELS)).history)
    assert names == sorted(names) and "val_weighted_accuracy" in names


def test_fit_returns_the_history_of_the_model():
    model = classifier()
    history = model.fit(X, LABELS, verbose=0)
    assert history is model.history
    assert model.fit(X, LABELS, verbose=0) is not history


def test_evaluate_returns_floats_loss_first():
    model = classifier()
    results = model.evaluate(X, LABELS, verbose=0)
    assert [type(value) for value in results] == [float, float]
    named = model.evaluate(X, LABELS, verbose=0, return_dict=True)
    assert list(named) == ["accuracy", "loss"] and results == [named["loss"], named["accuracy"]]
    assert type(regressor().evaluate(X, NUMBERS, verbose=0)) is float


def test_evaluate_lists_losses_of_outputs_then_metrics():
    model = two_headed(metrics=[["mae"], ["accuracy"]])
    results = model.evaluate([X, OTHER], [NUMBERS, LABELS], verbose=0)
    named = model.evaluate([X, OTHER], [NUMBERS, LABELS], verbose=0, return_dict=True)
    assert results == [named[key] for key in ("loss", "p_loss", "q_loss", "p_mae", "q_accuracy")]
    assert model.metrics_names == ["loss", "p_loss", "q_loss", "p_mae", "q_accuracy"]


def test_results_on_one_batch_are_those_of_that_batch():
    model = classifier(optimizer=keras_torch.optimizers.SGD(0.0))
    first = model.train_on_batch(X, LABELS)
    assert [type(value) for value in first] == [float, float]
    model.train_on_batch(X[:5], LABELS[:5])
    assert model.train_on_batch(X, LABELS) == first == model.test_on_batch(X, LABELS)
    assert list(model.train_on_batch(X, LABELS, return_dict=True)) == ["accuracy", "loss"]
    weighted = model.train_on_batch(X, LABELS, class_weight={0: 2.0, 1: 2.0, 2: 2.0})
    assert weighted[0] == pytest.approx(2 * first[0], rel=1e-6)


def test_metrics_go_on_when_they_are_not_reset():
    model = regressor(optimizer=keras_torch.optimizers.SGD(0.0))
    one, other = model.test_on_batch(X[:10], NUMBERS[:10]), model.test_on_batch(X[10:], NUMBERS[10:])
    model.test_on_batch(X[:10], NUMBERS[:10])
    both = model.test_on_batch(X[10:], NUMBERS[10:], reset_metrics=False)
    assert both == pytest.approx((one + other) / 2, rel=1e-6)


def test_predictions_are_numpy_in_the_structure_of_the_outputs():
    model = two_headed()
    first, second = model.predict([X, OTHER], batch_size=7, verbose=0)
    assert first.shape == (SAMPLES, 1) and second.shape == (SAMPLES, 3) and first.dtype == np.float32
    again = model.predict_on_batch({"a": X, "b": OTHER})
    assert np.allclose(again[1], second, atol=1e-6)


def test_predictions_of_a_dict_of_outputs():
    x = keras_torch.Input((4,))
    model = keras_torch.Model(x, {"u": layers.Dense(1)(x), "v": layers.Dense(2)(x)})
    model.compile("sgd", {"u": "mse", "v": "mae"}, metrics={"v": ["mse"]})
    names = list(model.fit(X, {"u": NUMBERS, "v": OTHER}, verbose=0).history)
    assert names == ["loss", "u_loss", "v_loss", "v_mse"]
    assert {key: value.shape for key, value in model.predict(X, verbose=0).items()} == {
        "u": (20, 1),
        "v": (20, 2),
    }


def test_outputs_without_names_are_called_by_their_losses():
    class Two(keras_torch.Model):
        def __init__(self):
            super().__init__()
            self.number, self.scores = layers.Dense(1), layers.Dense(3, activation="softmax")

        def call(self, inputs):
            return self.number(inputs), self.scores(inputs)

    model = Two()
    model.compile("sgd", ["mse", "sparse_categorical_crossentropy"], metrics=[["mae"], ["accuracy"]])
    assert list(model.fit(X, [NUMBERS, LABELS], verbose=0).history) == [
        "accuracy",
        "loss",
        "mae",
        "mse_loss",
        "sparse_categorical_crossentropy_loss",
    ]


def test_names_of_metrics_are_known_before_training():
    assert classifier().metrics_names == ["loss", "accuracy"]
    model = two_headed(metrics=[["mae"], ["accuracy"]])
    names = ["loss", "p_loss", "q_loss", "p_mae", "q_accuracy"]
    assert model.metrics_names == names
    model.fit([X, OTHER], [NUMBERS, LABELS], verbose=0)
    assert model.metrics_names == names


def test_metrics_of_a_model_are_listed_as_in_keras():
    assert [metric.name for metric in classifier().metrics] == ["loss", "compile_metrics"]
    assert [metric.name for metric in regressor().metrics] == ["loss"]
    model = two_headed()
    model.fit([X, OTHER], [NUMBERS, LABELS], verbose=0)
    assert [metric.name for metric in model.metrics] == ["loss", "p_loss", "q_loss"]


# ------------------------------------------------------------------------------------------ epochs and steps


def test_initial_epoch_counts_from_there():
    assert classifier().fit(X, LABELS, epochs=5, initial_epoch=3, verbose=0).epoch == [3, 4]
    assert classifier().fit(X, LABELS, epochs=1, initial_epoch=3, verbose=0).history == {}


@pytest.mark.parametrize(("freq", "times"), [(1, 4), (2, 2), (3, 1), ([2, 4], 2), ([9], 0)])
def test_validation_freq(freq, times):
    history = (
        classifier()
        .fit(X, LABELS, epochs=4, validation_data=(X, LABELS), validation_freq=freq, verbose=0)
        .history
    )
    assert len(history.get("val_loss", [])) == times and len(history["loss"]) == 4


def test_validation_steps_start_anew_each_time():
    history = classifier(optimizer=keras_torch.optimizers.SGD(0.0)).fit(
        X,
        LABELS,
        epochs=2,
        validation_data=(X, LABELS),
        validation_steps=2,
        validation_batch_size=4,
        verbose=0,
    )
    assert history.history["val_loss"][0] == history.history["val_loss"][1]


def test_validation_split_takes_the_last_samples():
    model = classifier(optimizer=keras_torch.optimizers.SGD(0.0))
    history = model.fit(X, LABELS, validation_split=0.25, verbose=0).history
    assert history["val_loss"] == pytest.approx([model.evaluate(X[15:], LABELS[15:], verbose=0)[0]], rel=1e-5)


def test_steps_per_execution_groups_the_batch_hooks():
    record = Record()
    classifier(steps_per_execution=2).fit(X, LABELS, batch_size=4, callbacks=[record], verbose=0)
    numbers = [event for event in record.events if event[0].startswith("batch")]
    assert numbers == [
        ("batch", 0),
        ("batch end", 1),
        ("batch", 2),
        ("batch end", 3),
        ("batch", 4),
        ("batch end", 4),
    ]


def test_shuffle_batch_keeps_the_samples_of_a_batch_together():
    model = keras_torch.Sequential([keras_torch.Input((1,)), layers.Dense(1)])
    seen = []

    class Seen(keras_torch.Model):
        def train_step(self, data):
            seen.append(sorted(data[0].flatten().int().tolist()))
            return {"loss": 0.0}

    model = Seen(model.inputs, model.outputs)
    model.compile("sgd", "mse")
    numbers = np.arange(12.0).reshape(12, 1)
    model.fit(numbers, numbers, batch_size=4, shuffle="batch", verbose=0, epochs=3)
    assert all(batch in ([0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]) for batch in seen)
    assert len({tuple(batch) for batch in seen[:3]}) == 3
    seen.clear()
    model.fit(numbers, numbers, batch_size=4, shuffle=False, verbose=0)
    assert seen == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


# ------------------------------------------------------------------------------------------ callbacks


def test_hooks_come_in_keras_order():
    record = Record()
    classifier().fit(
        X, LABELS, batch_size=10, callbacks=[record], validation_data=(X[:5], LABELS[:5]), verbose=0
    )
    assert record.events == [
        ("train",),
        ("epoch", 0),
        ("batch", 0),
        ("batch end", 0),
        ("batch", 1),
        ("batch end", 1),
        ("test",),
        ("test batch end", 0),
        ("test end",),
        ("epoch end", 0),
        ("train end",),
    ]
    names = dict(zip(record.events, record.logs))
    assert names[("train",)] == {} and list(names[("batch end", 0)]) == ["accuracy", "loss"]
    assert list(names[("epoch end", 0)]) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert names[("train end",)] == names[("epoch end", 0)]


def test_logs_of_batches_are_means_of_the_epoch_so_far():
    model, record = regressor(optimizer=keras_torch.optimizers.SGD(0.0)), Record()
    model.fit(X, NUMBERS, batch_size=8, shuffle=False, callbacks=[record], verbose=0)
    ends = [logs["loss"] for event, logs in zip(record.events, record.logs) if event[0] == "batch end"]
    expected = [model.evaluate(X[:stop], NUMBERS[:stop], verbose=0) for stop in (8, 16, 20)]
    assert ends == pytest.approx(expected, rel=1e-5)


def test_callbacks_get_the_parameters_of_the_run():
    record = Record()
    classifier().fit(X, LABELS, batch_size=8, epochs=2, callbacks=[record], verbose=0)
    assert record.params == {"verbose": 0, "epochs": 2, "steps": 3}
    assert record.validation_data is None


def test_stop_training_ends_after_the_batch_and_still_validates():
    class Stop(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    record = Record()
    history = classifier().fit(
        X, LABELS, batch_size=4, epochs=3, callbacks=[Stop(), record], validation_data=(X, LABELS), verbose=0
    )
    assert len(history.history["val_loss"]) == 1 and ("batch", 2) not in record.events
    assert len(classifier().fit(X, LABELS, epochs=2, verbose=0).epoch) == 2


def test_predict_hooks_see_outputs():
    seen = []

    class Outputs(callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            seen.append((batch, type(logs["outputs"]), logs["outputs"].shape))

    classifier().predict(X, batch_size=10, callbacks=[Outputs()], verbose=0)
    assert seen == [(0, np.ndarray, (10, 3)), (1, np.ndarray, (10, 3))]


# ------------------------------------------------------------------------------------------ what is printed


def test_a_line_per_epoch():
    lines = _printed(lambda: classifier().fit(X, LABELS, epochs=2, verbose=2, validation_data=(X, LABELS)))
    number = r"\d\.\d{4}"
    assert lines[0] == "Epoch 1/2" and lines[2] == "Epoch 2/2"
    assert re.fullmatch(
        rf"1/1 - T - T - accuracy: {number} - loss: {number} - val_accuracy: {number} - val_loss: {number}",
        lines[1],
    )


def test_nothing_is_printed_when_silent():
    model = classifier()
    assert _printed(lambda: (model.fit(X, LABELS, verbose=0), model.evaluate(X, LABELS, verbose=0))) == []
    assert _printed(lambda: model.predict(X, verbose=0)) == []


# ------------------------------------------------------------------------------------------ weights


def test_class_weights_are_sample_weights_for_every_kind_of_data():
    table = {0: 1.0, 1: 2.0, 2: 0.5}
    weights = np.array([table[label] for label in LABELS])
    expected = _losses(X, LABELS, sample_weight=weights, shuffle=False, batch_size=20)
    assert _losses(X, LABELS, class_weight=table, shuffle=False, batch_size=20) == expected
    assert _losses(Numbered([(X, LABELS)]), class_weight=table) == expected
    assert _losses(iter([(X, LABELS)]), class_weight=table, steps_per_epoch=1) == expected
    onehot = _losses(X, np.eye(3)[LABELS], class_weight=table, batch_size=20, loss="categorical_crossentropy")
    assert onehot == pytest.approx(expected, rel=1e-5)


def test_class_weights_and_sample_weights_multiply():
    table = {0: 1.0, 1: 2.0, 2: 0.5}
    weights = np.array([table[label] for label in LABELS]) * WEIGHTS
    expected = _losses(X, LABELS, sample_weight=weights, shuffle=False)
    assert _losses(X, LABELS, class_weight=table, sample_weight=WEIGHTS, shuffle=False) == pytest.approx(
        expected
    )


def test_classes_without_a_weight_weigh_one():
    assert _losses(X, LABELS, class_weight={1: 1.0}) == pytest.approx(_losses(X, LABELS), rel=1e-5)


def test_class_weights_by_output():
    model = two_headed()
    weights = {"q": {0: 0.0, 1: 0.0, 2: 0.0}}
    history = model.fit([X, OTHER], [NUMBERS, LABELS], class_weight=weights, verbose=0).history
    assert history["q_loss"] == [0.0] and history["p_loss"][0] > 0


def test_weights_of_zero_make_a_loss_of_zero():
    assert _losses(X, LABELS, sample_weight=np.zeros(SAMPLES)) == [0.0]


def _losses(*data, loss="sparse_categorical_crossentropy", **arguments):
    keras_torch.utils.set_random_seed(5)
    return classifier(loss=loss).fit(*data, **{"verbose": 0, **arguments}).history["loss"]


# ------------------------------------------------------------------------------------------ again


def test_equal_seeds_give_equal_bits():
    def run():
        keras_torch.utils.set_random_seed(3)
        model = keras_torch.Sequential(
            [
                keras_torch.Input((4,)),
                layers.Dense(8),
                layers.Dropout(0.5),
                layers.Dense(3, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        return model.fit(X, LABELS, epochs=3, batch_size=4, verbose=0).history, model.get_weights()

    first, second = run(), run()
    assert first[0] == second[0]
    assert all(np.array_equal(one, other) for one, other in zip(first[1], second[1], strict=True))


def test_a_second_fit_goes_on_with_the_optimizer():
    model = classifier(optimizer="adam")
    model.fit(X, LABELS, batch_size=10, epochs=2, verbose=0)
    model.fit(X, LABELS, batch_size=10, verbose=0)
    assert int(model.optimizer.iterations) == 6


def test_layers_frozen_between_fits_stay_as_they_are():
    model = classifier(optimizer="adam")
    model.fit(X, LABELS, verbose=0)
    model.layers[0].trainable = False
    before = model.layers[0].get_weights()
    model.fit(X, LABELS, epochs=2, verbose=0)
    assert np.array_equal(model.layers[0].get_weights()[0], before[0])
    model.layers[0].trainable = True
    model.fit(X, LABELS, verbose=0)
    assert not np.array_equal(model.layers[0].get_weights()[0], before[0])


def test_layers_thawed_after_compile_learn():
    model = classifier()
    model.layers[0].trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(X, LABELS, verbose=0)
    before = model.layers[0].get_weights()
    model.layers[0].trainable = True
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(X, LABELS, verbose=0)
    assert not np.array_equal(model.layers[0].get_weights()[0], before[0])


def test_compile_again_starts_new_metrics_and_keeps_weights():
    model = classifier()
    model.fit(X, LABELS, verbose=0)
    weights = model.get_weights()
    model.compile("adam", "sparse_categorical_crossentropy")
    assert all(np.array_equal(one, other) for one, other in zip(weights, model.get_weights(), strict=True))
    assert list(model.fit(X, LABELS, verbose=0).history) == ["loss"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch 2.11's own, while it compiles
def test_jit_compile_gives_the_same_numbers():
    histories = []
    for jit in (False, True):
        keras_torch.utils.set_random_seed(1)
        model = classifier(jit_compile=jit)
        histories.append(
            model.fit(X, LABELS, batch_size=10, epochs=2, shuffle=False, verbose=0).history["loss"]
        )
    assert histories[0] == pytest.approx(histories[1], rel=1e-5)


# ------------------------------------------------------------------------------------------ devices


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_model_trains_where_it_is():
    model = classifier().to("cuda")
    model.fit(X, LABELS, validation_split=0.2, verbose=0)
    model.fit(Numbered(), verbose=0)
    assert {weight.device.type for weight in model.parameters()} == {"cuda"}
    assert isinstance(model.predict(X, verbose=0), np.ndarray)
    assert isinstance(model.evaluate(X, LABELS, verbose=0)[0], float)


def test_to_another_dtype_and_back_keeps_the_model_in_order():
    model = classifier(optimizer="adam").to("cpu")
    assert model.fit(X, LABELS, verbose=0).epoch == [0]
