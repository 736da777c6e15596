"""After an exception or Ctrl-C: its class unchanged, the model usable, its history whole."""

from __future__ import annotations

import concurrent.futures
import copy
import pickle
import threading
import traceback

import numpy as np
import pytest
from cases.training_models import LABELS, NUMBERS, Numbered, X, batches, classifier, generated

import keras_torch
from keras_torch import callbacks, layers


class Users(Exception):
    """An exception that only the user's code knows."""


class Failing(callbacks.Callback):
    """Raises in one hook, in the second epoch where there is one."""

    def __init__(self, hook, error=Users):
        super().__init__()
        self.error, self.at_once = error, hook == "on_train_begin"
        setattr(self, hook, self._fail)

    def _fail(self, *event, **logs):
        if self.at_once or len(self.model.history.epoch) == 1:
            raise self.error("mine")


def _usable(model):
    assert not model.training
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert len(model.fit(X, LABELS, epochs=2, verbose=0).history["loss"]) == 2


@pytest.mark.parametrize("error", [Users, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize(
    "hook", ["on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_train_batch_end", "on_epoch_end"]
)
def test_errors_of_callbacks_arrive_unchanged(hook, error):
    model = classifier()
    with pytest.raises(error, match="mine") as caught:
        model.fit(X, LABELS, batch_size=4, epochs=3, callbacks=[Failing(hook, error)], verbose=0)
    assert "_fail" in "".join(traceback.format_tb(caught.tb))
    _usable(model)


def test_history_keeps_the_whole_epochs_before_an_interruption():
    model = classifier()
    with pytest.raises(KeyboardInterrupt):
        model.fit(
            X, LABELS, epochs=4, callbacks=[Failing("on_train_batch_end", KeyboardInterrupt)], verbose=0
        )
    assert model.history.epoch == [0] and len(model.history.history["loss"]) == 1
    _usable(model)


def _raising(items):
    yield from items
    raise Users("mine")


@pytest.mark.parametrize("workers", [1, 3])
def test_errors_of_datasets_arrive_unchanged(workers):
    class Broken(Numbered):
        def __getitem__(self, index):
            if index == 2:
                raise Users("mine")
            return super().__getitem__(index)

    model = classifier()
    with pytest.raises(Users, match="mine"):
        model.fit(Broken(workers=workers), shuffle=False, verbose=0)
    _usable(model)


@pytest.mark.parametrize(
    "call",
    [
        lambda model: model.fit(_raising(batches()), steps_per_epoch=5, verbose=0),
        lambda model: model.fit(_raising([]), verbose=0),
        lambda model: model.fit(X, LABELS, validation_data=_raising([]), verbose=0),
        lambda model: model.evaluate(_raising(batches()), verbose=0),
        lambda model: model.predict(_raising(batches()), verbose=0),
    ],
)
def test_errors_of_generators_arrive_unchanged(call):
    model = classifier()
    with pytest.raises(Users, match="mine"):
        call(model)
    _usable(model)


def test_errors_of_layers_arrive_unchanged():
    class Moody(layers.Layer):
        angry = False

        def call(self, inputs):
            if self.angry:
                raise Users("mine")
            return inputs

    x = keras_torch.Input((4,))
    moody = Moody()
    model = keras_torch.Model(x, layers.Dense(3, activation="softmax")(moody(x)))
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(X, LABELS, verbose=0)
    moody.angry = True
    for method in (model.fit, model.evaluate, model.train_on_batch):
        with pytest.raises(Users, match="mine"):
            method(X, LABELS)
        assert not model.training
    moody.angry = False
    _usable(model)


def test_a_failed_fit_does_not_decide_what_accuracy_means():
    model = classifier()
    with pytest.raises(ValueError, match="one-hot"):
        model.fit(X, np.eye(3)[LABELS], verbose=0)
    expected = (model.predict(X, verbose=0).argmax(-1) == LABELS).mean()
    assert model.evaluate(X, LABELS, verbose=0)[1] == pytest.approx(expected)


def test_predict_from_many_threads():
    model = classifier()
    expected = model.predict(X, verbose=0)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: model.predict(X, verbose=0), range(20)))
    assert all(np.array_equal(result, expected) for result in results)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_go_on_training_as_the_original(duplicate):
    model = keras_torch.Sequential(
        [keras_torch.Input((4,)), layers.Dense(8, kernel_regularizer="l2"), layers.Dense(1)]
    )
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(X, NUMBERS, verbose=0, shuffle=False)
    other = duplicate(model)
    first, second = (m.fit(X, NUMBERS, verbose=0, shuffle=False, epochs=2).history for m in (model, other))
    assert first == second


def test_threads_of_a_dataset_end_with_the_fit():
    data = Numbered(batches(2), workers=3)
    classifier().fit(data, steps_per_epoch=2, verbose=0)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        names = pool.submit(_living_threads).result()
    assert not [name for name in names if name.startswith("batches")]


def _living_threads():
    return [thread.name for thread in threading.enumerate()]


def test_generators_are_not_started_by_a_refused_fit():
    started = []

    def data():
        started.append(True)
        yield X, LABELS

    with pytest.raises(ValueError, match="epochs"):
        classifier().fit(data(), epochs=-1, verbose=0)
    assert not started and list(generated([1])) == [1]


@pytest.mark.parametrize("call", ["fit", "evaluate", "predict"])
@pytest.mark.parametrize("at", [0, 1, 6])
def test_a_stop_iteration_of_a_dataset_stays_one(call, at):
    class Stopping(keras_torch.utils.PyDataset):
        def __len__(self):
            return 10

        def __getitem__(self, index):
            if index == at:
                raise StopIteration("mine")
            return X, LABELS

    arguments = {"shuffle": False} if call == "fit" else {}
    with pytest.raises(StopIteration, match="mine"):
        getattr(classifier(), call)(Stopping(), verbose=0, **arguments)
