"""EarlyStopping stops when Keras's does."""

import copy
import math
import pickle

import numpy as np
import pytest
from cases.fake_model import RECORDED, SEQUENCES, FakeMetric

from keras_torch import losses, metrics, ops
from keras_torch.callbacks import EarlyStopping
from keras_torch.callbacks.directions import direction_of, direction_of_name
from keras_torch.callbacks.logs import Logs
from keras_torch.dialects import dialect


@pytest.mark.parametrize("row", RECORDED["early_stopping"], ids=lambda row: f"{row[0]}-{row[1]}")
def test_stops_and_restores_as_keras_does(row, model):
    name, arguments, epochs, stopped_epoch, wait, weights, best_epoch = row
    callback = EarlyStopping("val_loss", **arguments)
    callback.set_model(model)
    callback.on_train_begin()
    ran = 0
    for epoch, value in enumerate(SEQUENCES[name]):
        model.weights, ran = [epoch], ran + 1
        callback.on_epoch_end(epoch, {"val_loss": value})
        if model.stop_training:
            break
    callback.on_train_end()
    assert (ran, callback.stopped_epoch, callback.wait) == (epochs, stopped_epoch, wait)
    assert (model.weights, callback.best_epoch) == ([weights], best_epoch)


def test_a_second_training_starts_fresh(attach, model):
    callback = attach(EarlyStopping("loss"))
    for epoch, value in enumerate([1.0, 2.0]):
        callback.on_epoch_end(epoch, {"loss": value})
    assert model.stop_training
    callback.on_train_begin()
    assert (callback.best, callback.wait, callback.stopped_epoch) == (None, 0, 0)


def test_messages(attach, model, capsys):
    callback = attach(EarlyStopping("loss", verbose=1, restore_best_weights=True))
    for epoch, value in enumerate([1.0, 2.0]):
        callback.on_epoch_end(epoch, {"loss": value})
    callback.on_train_end()
    assert capsys.readouterr().out == (
        "Epoch 2: early stopping\nRestoring model weights from the end of the best epoch: 1.\n")


def test_names_of_other_generations_are_found_and_told(attach, model):
    callback = attach(EarlyStopping("val_acc"))
    with pytest.warns(UserWarning, match="`val_acc`, which is called `val_accuracy` here") as caught:
        for epoch, value in enumerate([0.5, 0.6, 0.4]):
            callback.on_epoch_end(epoch, Logs({"val_accuracy": value}))
    assert len(caught) == 1
    assert model.stop_training and callback.best == 0.6


def test_the_metric_knows_its_direction(attach, model):
    model.metrics = [FakeMetric("steepness", "up"), FakeMetric("head_distance", "down")]
    steepness, distance = attach(EarlyStopping("val_steepness")), attach(EarlyStopping("val_head_distance"))
    assert steepness._is_improvement(0.6, 0.5) and distance._is_improvement(0.4, 0.5)


def test_metrics_inside_containers_are_found(attach, model):
    container = FakeMetric("compile_metrics", None)
    container.named_metrics = {"area": metrics.AUC(name="area")}
    model.metrics = [container]
    assert attach(EarlyStopping("area"))._is_improvement(0.6, 0.5)


@pytest.mark.parametrize("name, direction", [
    ("loss", -1), ("head_loss", -1), ("mae", -1), ("head_mean_absolute_error", -1), ("kl_divergence", -1),
    ("root_mean_squared_error", -1), ("hinge", -1), ("acc", 1), ("head_accuracy", 1), ("auc_2", 1),
    ("precision", 1), ("recall_1", 1), ("f1_score", 1), ("mean_io_u", 1), ("cosine_similarity", 1),
    ("r2_score", 1), ("sparse_top_k_categorical_accuracy", 1), ("fmeasure", 1),
    ("thing", None), ("true_positives", None)])
def test_direction_of_names(name, direction):
    assert direction_of_name(name) == direction


def own(y_true, y_pred):
    """A metric of a user."""


@pytest.mark.parametrize("metric, direction", [
    (metrics.MeanMetricWrapper(own), None), (own, None), (metrics.Mean(), None),
    (metrics.MeanMetricWrapper(losses.hinge), -1), (metrics.MeanMetricWrapper(metrics.cosine_similarity), 1),
    (metrics.BinaryIoU(), 1), (metrics.MeanSquaredError(), -1)])
def test_direction_of_metrics(metric, direction):
    assert direction_of(metric) == direction


def test_unknown_direction_is_an_error_in_keras3_and_down_before(attach):
    with pytest.raises(ValueError, match=r"EarlyStopping cannot tell .*`val_thing` is better. Give"):
        attach(EarlyStopping("val_thing"))._is_improvement(1, 2)
    with dialect("tf.keras"):
        assert attach(EarlyStopping("val_thing"))._is_improvement(1, 2)


def test_numbers_beat_nan(attach):
    callback = attach(EarlyStopping("loss"))
    assert callback.improved(math.nan) and callback.improved(3.0) and not callback.improved(math.nan)


def test_a_missing_value_warns_once_and_names_what_there_is(attach, model):
    callback = attach(EarlyStopping("val_loss"))
    message = "watches `val_loss`, .* Available metrics are: accuracy, loss. .* validation data"
    with pytest.warns(UserWarning, match=message) as caught:
        for epoch in range(3):
            callback.on_epoch_end(epoch, {"accuracy": 1.0, "loss": 1.0})
    assert len(caught) == 1 and not model.stop_training


@pytest.mark.parametrize("arguments, message", [
    ({"patience": -1}, "`patience` must be a number of at least 0; got -1"),
    ({"patience": "2"}, "`patience` must be a number"),
    ({"monitor": 3}, "`monitor` must be a string; got 3"),
    ({"min_delta": "1"}, "`min_delta` must be a number"),
    ({"baseline": "1"}, "`baseline` must be a number"),
    ({"start_from_epoch": -2}, "`start_from_epoch` must be"),
    ({"restore_best_weights": "yes"}, "`restore_best_weights` must be True or False"),
    ({"verbose": 7}, "`verbose` must be one of 0, 1, 2, 'auto'"),
])
def test_wrong_arguments_are_refused_when_made(arguments, message):
    with pytest.raises(ValueError, match=f"EarlyStopping: {message}"):
        EarlyStopping(**arguments)


@pytest.mark.parametrize("mode", [None, "MAX", "up", ["max"]])
def test_an_unknown_mode_means_auto_and_is_told(mode, attach):
    with pytest.warns(UserWarning, match="EarlyStopping: `mode` must be one of 'auto', .*; got .* as 'auto'"):
        callback = attach(EarlyStopping("loss", mode=mode))
    assert callback.mode == "auto" and callback._is_improvement(1.0, 2.0)


@pytest.mark.parametrize("patience, stopped_epoch", [(2.0, 3), (2.5, 4), (10 / 5, 3), (0.0, 2), (1, 2)])
def test_patience_may_be_any_number(patience, stopped_epoch, attach, model):
    callback = attach(EarlyStopping("loss", patience=patience, start_from_epoch=1.0))
    for epoch in range(10):
        callback.on_epoch_end(epoch, {"loss": 1.0})
        if model.stop_training:
            break
    assert callback.stopped_epoch == stopped_epoch


class OwnValue(EarlyStopping):
    """Watches a sum of two values."""

    def get_monitor_value(self, logs):
        return logs["a"] + logs["b"]


class OwnBar(EarlyStopping):
    """Wants ten percent."""

    def _is_improvement(self, monitor_value, reference_value):
        return reference_value in (None, math.inf) or monitor_value < 0.9 * reference_value


@pytest.mark.parametrize("generation", ["keras1", "keras2.3", "tf.keras", "keras3"])
def test_methods_of_a_subclass_are_asked(generation, attach, model):
    with dialect(generation):
        summed, strict = attach(OwnValue("loss", patience=1)), attach(OwnBar("loss", patience=1))
        for epoch, value in enumerate([1.0, 0.95]):
            summed.on_epoch_end(epoch, {"a": value, "b": value, "loss": 1.0})
            strict.on_epoch_end(epoch, {"loss": value})
    assert (summed.best, summed.wait) == (1.9, 0)
    assert (strict.best, strict.wait) == (1.0, 1)


class WholeRule(EarlyStopping):
    """The rule written out by a user, as it stands in many scripts."""

    def on_epoch_end(self, epoch, logs=None):
        current = self.get_monitor_value(logs)
        if self.monitor_op(current - self.min_delta, self.best):
            self.best, self.wait = current, 0
        else:
            self.wait += 1
            if self.wait >= self.patience:
                self.stopped_epoch, self.model.stop_training = epoch, True


@pytest.mark.parametrize("generation", ["keras1", "keras2.2", "keras2.3", "tf.keras"])
@pytest.mark.parametrize("name, values", [("loss", [3.0, 2.9, 2.5, 2.6]), ("acc", [0.1, 0.3, 0.8, 0.7])])
def test_a_rule_written_out_by_a_user_works(generation, name, values, attach, model):
    with dialect(generation):
        callback = attach(WholeRule(name, patience=1, min_delta=0.15))
        assert callback.best == (math.inf if name == "loss" else -math.inf)
        for epoch, value in enumerate(values):
            callback.on_epoch_end(epoch, {name: value})
    assert callback.best == values[2] and callback.wait == 1 and callback.stopped_epoch == 3


def test_the_comparison_may_be_set_and_is_kept(attach):
    for generation in ("tf.keras", "keras3"):
        with dialect(generation):
            callback = attach(EarlyStopping("thing" if generation == "keras3" else "loss"))
            callback.monitor_op = np.greater
            callback.best = -math.inf
            assert [callback.improved(value) for value in (1.0, 0.5, 2.0)] == [True, False, True]


def test_comparisons_are_those_of_the_generation(attach):
    found = {}
    for generation in ("keras2.2", "tf.keras"):
        with dialect(generation):
            found[generation] = EarlyStopping("loss").monitor_op, EarlyStopping("val_acc").monitor_op
    assert found == dict.fromkeys(found, (np.less, np.greater))
    assert EarlyStopping("loss").monitor_op is None
    callback = attach(EarlyStopping("loss", min_delta=0.5))
    assert callback.monitor_op is ops.less and callback.min_delta == -0.5


def test_a_direction_that_an_older_keras_would_not_take_is_told(attach, model):
    model.metrics = [metrics.AUC(name="area")]
    with dialect("tf.keras"):
        callback = attach(EarlyStopping("val_area"))
        with pytest.warns(UserWarning, match="more of `val_area` as better; Keras .* takes less"):
            found = [callback.improved(value) for value in (0.5, 0.4, 0.6)]
    assert found == [True, False, True]


def test_copies_and_pickles_keep_the_comparison(attach):
    for generation in ("tf.keras", "keras3"):
        with dialect(generation):
            callback = EarlyStopping("loss")
            callback.improved(0.5)
            for other in (copy.deepcopy(callback), pickle.loads(pickle.dumps(callback))):
                assert other.improved(0.4) and not other.improved(0.6)
