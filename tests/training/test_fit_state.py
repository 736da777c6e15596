"""`FitState`: everything is compared before anything changes; copies of a model are not in training."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from cases.training_models import LABELS, NUMBERS, X, classifier, regressor

import keras_torch
from keras_torch import callbacks, layers, optimizers


class Keep(callbacks.Callback):
    """Keeps what is stored at the end of an epoch, or of a batch."""

    comes_last = True

    def __init__(self, batch=None):
        super().__init__()
        self.batch, self.state = batch, None

    def on_train_begin(self, logs=None):
        self.model.fit_state.record(within_epochs=True)

    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 == self.batch:
            self.state = copy.deepcopy(self.model.fit_state.stored(0, batch + 1))

    def on_epoch_end(self, epoch, logs=None):
        if self.batch is None:
            self.state = copy.deepcopy(self.model.fit_state.stored(epoch + 1, 0))


class Restore(callbacks.Callback):
    """Restores a state."""

    comes_last = True

    def __init__(self, state):
        super().__init__()
        self.state = state

    def on_train_begin(self, logs=None):
        self.model.fit_state.restore(self.state)


def _stored(model, batch=None):
    keep = Keep(batch)
    model.fit(X, LABELS, batch_size=5, verbose=0, callbacks=[keep])
    return keep.state


def _restored(model, state, epochs=2):
    return model.fit(X, LABELS, batch_size=5, epochs=epochs, verbose=0, callbacks=[Restore(state)])


def test_epochs_that_are_done_are_not_done_again():
    state = _stored(classifier())
    assert _restored(classifier(), state, epochs=3).epoch == [0, 1, 2]
    assert _restored(classifier(), state, epochs=1).epoch == [0]


def test_the_initial_epoch_of_keras_callbacks_counts():
    class Older(callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.model._initial_epoch = 3

    assert classifier().fit(X, LABELS, epochs=5, verbose=0, callbacks=[Older()]).epoch == [3, 4]
    assert classifier().fit(X, LABELS, epochs=2, verbose=0, callbacks=[Older()]).epoch == []


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_model_may_be_copied_during_training(duplicate):
    class Copy(callbacks.Callback):
        copied = None

        def on_train_batch_end(self, batch, logs=None):
            self.copied = duplicate(self.model)

    keep, model = Copy(), classifier()
    model.fit(X, LABELS, verbose=0, callbacks=[keep])
    assert keep.copied.fit_state is None and model.fit_state is None
    assert all(
        np.array_equal(a, b) for a, b in zip(keep.copied.get_weights(), model.get_weights(), strict=True)
    )


def _other_group(state):
    state["optimizers"]["optimizer"]["variables"][0].pop()


def _other_slot(state):
    state["optimizers"]["optimizer"]["state"]["state"][0]["momentum"] = torch.zeros(7, 7)


def _other_optimizers(state):
    state["optimizers"]["second"] = state["optimizers"]["optimizer"]


def _other_metric(state):
    state["metrics"]["compiled"][0]["states"].pop()


def _fewer_metrics(state):
    state["metrics"]["compiled"].pop()


def _extra(state):
    state["extra"].append({})


def _fewer_weights(state):
    state["weights"].pop()


@pytest.mark.parametrize("change, message", [
    (_other_group, r"the optimizer changed \[3\] weights in its groups; it changes \[4\] now"),
    (_other_slot, r"it holds 'momentum' of shape \(7, 7\) for a weight of shape \(4, 8\)"),
    (_other_optimizers, r"it holds the optimizers \['optimizer', 'second'\]; the model has \['optimizer'\]"),
    (_other_metric, r"it holds a metric with the states .* where the model has 'accuracy' with"),
    (_fewer_metrics, "it holds 0 metrics; the model has 1"),
    (_extra, "it holds the extra state of another number of modules"),
    (_fewer_weights, "it holds 3 weights and buffers; the model has 4"),
])  # fmt: skip
def test_a_state_that_does_not_fit_changes_nothing(change, message):
    def momentum():
        return classifier(optimizer=optimizers.SGD(0.1, momentum=0.9))

    state, model = _stored(momentum(), batch=2), momentum()
    change(state)
    before, numbers = model.get_weights(), torch.get_rng_state()
    with pytest.raises(ValueError, match=message):
        _restored(model, state)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert int(model.optimizer.iterations) == 0 and torch.equal(numbers, torch.get_rng_state())


def test_metrics_that_were_not_restored_are_forgotten():
    state, model = _stored(classifier(), batch=2), classifier()

    def failing():
        raise KeyError("mine")
        yield

    with pytest.raises(KeyError, match="mine"):
        model.fit(failing(), steps_per_epoch=3, verbose=0, callbacks=[Restore(state)])
    assert "build" not in vars(model._objectives)


@pytest.mark.parametrize("data", [
    lambda: {"x": X, "y": NUMBERS, "batch_size": 5},
    lambda: {"x": batched(X, NUMBERS), "steps_per_epoch": 4},
])  # fmt: skip
def test_metrics_that_make_their_states_at_the_first_batch_go_on(data):
    def made():
        keras_torch.utils.set_random_seed(1)
        return regressor(metrics=[keras_torch.metrics.R2Score(name="r"), "mae"])

    keep, whole = Keep(3), made()
    history = whole.fit(**data(), shuffle=False, verbose=0, callbacks=[keep])
    restored = made().fit(**data(), shuffle=False, verbose=0, callbacks=[Restore(keep.state)])
    assert restored.history == history.history


def batched(*arrays):
    """Endless batches of five."""
    while True:
        yield from zip(*(np.split(array, 4) for array in arrays), strict=True)


def test_a_model_of_torch_modules_keeps_its_generators():
    class Noisy(layers.Layer):
        def __init__(self):
            super().__init__()
            self.own, self.seen = torch.Generator().manual_seed(3), []

        def call(self, inputs, training=False):
            if training and inputs.device.type != "meta":
                self.seen.append(float(torch.rand((), generator=self.own)))
            return inputs

    def made():
        keras_torch.utils.set_random_seed(1)
        model = keras_torch.Sequential(
            [keras_torch.Input((4,)), Noisy(), torch.nn.BatchNorm1d(4), layers.Dense(3, activation="softmax")]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    whole, first, second = made(), made(), made()
    whole.fit(X, LABELS, epochs=3, batch_size=5, verbose=0)
    _restored(second, _stored(first))
    _restored(second, _stored(second), epochs=1)
    draws = [model.layers[0].seen for model in (whole, first, second)]
    assert draws[1] + draws[2][:4] == draws[0][:8]
