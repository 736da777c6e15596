"""EarlyStopping stops when Keras's does."""

import math

import pytest
from cases.fake_model import RECORDED, SEQUENCES, FakeMetric

from keras_torch import losses, metrics
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


def test_names_of_other_generations_are_found(attach, model):
    callback = attach(EarlyStopping("val_acc"))
    for epoch, value in enumerate([0.5, 0.6, 0.4]):
        callback.on_epoch_end(epoch, Logs({"val_accuracy": value}))
    assert model.stop_training and callback.best == 0.6


def test_the_metric_knows_its_direction(attach, model):
    model.metrics = [FakeMetric("steepness", "up"), FakeMetric("head_distance", "down")]
    steepness, distance = attach(EarlyStopping("val_steepness")), attach(EarlyStopping("val_head_distance"))
    assert steepness.is_better(0.6, than=0.5) and distance.is_better(0.4, than=0.5)


def test_metrics_inside_containers_are_found(attach, model):
    container = FakeMetric("compile_metrics", None)
    container.named_metrics = {"area": metrics.AUC(name="area")}
    model.metrics = [container]
    assert attach(EarlyStopping("area")).is_better(0.6, than=0.5)


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
        attach(EarlyStopping("val_thing")).is_better(1, than=2)
    with dialect("tf.keras"):
        assert attach(EarlyStopping("val_thing")).is_better(1, than=2)


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
    ({"patience": -1}, "`patience` must be an integer of at least 0; got -1"),
    ({"patience": 1.5}, "`patience` must be an integer"),
    ({"mode": "up"}, "`mode` must be one of 'auto', 'min', 'max'; got 'up'"),
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
