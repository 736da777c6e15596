"""BaseLogger averages over samples, and leaves alone what is averaged already."""

import torch

import keras_torch
from keras_torch.callbacks import BaseLogger, CallbackList, LambdaCallback
from keras_torch.dialects import dialect


def _epoch(logger, batches, logs):
    logger.on_epoch_begin(0)
    for number, values in enumerate(batches):
        logger.on_batch_end(number, values)
    logger.on_epoch_end(0, logs)
    return logs


BATCHES = [{"batch": 0, "size": 4, "loss": 1.0, "seen": 4}, {"batch": 1, "size": 1, "loss": 2.0, "seen": 5}]


def test_values_are_weighted_by_the_size_of_their_batch():
    logs = _epoch(BaseLogger(["seen"]), BATCHES, {"val_loss": 3.0})
    assert logs == {"val_loss": 3.0, "loss": 1.2, "seen": 5}


def test_params_say_which_names_are_averaged():
    logger = BaseLogger()
    logger.set_params({"metrics": ["loss", "val_loss"]})
    assert _epoch(logger, BATCHES, {}) == {"loss": 1.2}


def test_several_steps_in_one_batch_count():
    batches = [{"size": 2, "num_steps": 3, "loss": 1.0}, {"size": 2, "loss": 5.0}]
    assert _epoch(BaseLogger(), batches, {}) == {"loss": 2.0}


def test_epochs_are_counted_apart_and_no_logs_are_fine():
    logger = BaseLogger()
    _epoch(logger, BATCHES, {})
    assert _epoch(logger, BATCHES[:1], {})["loss"] == 1.0
    logger.on_batch_end(0)
    logger.on_epoch_end(0)


def test_averages_of_fit_are_left_as_they_are():
    model = keras_torch.Sequential([keras_torch.Input((1,)), keras_torch.layers.Dense(1)])
    model.compile("sgd", "mse")
    seen = []
    with dialect("keras2.2"):
        note = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs["loss"]))
        history = model.fit(torch.ones(5, 1), torch.zeros(5, 1), batch_size=4, verbose=0,
                            callbacks=CallbackList([BaseLogger(), note]))
    assert history.history == {"loss": seen}
