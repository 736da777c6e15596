"""`compile(target_tensors=...)` of Keras 2: targets that are there already, or placeholders for them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import keras_torch as keras
from keras_torch import backend as K

X, Y = np.linspace(0, 1, 12, dtype="float32").reshape(6, 2), np.ones((6, 1), "float32")


def line(**options):
    out = keras.layers.Dense(1, kernel_initializer="ones", name="out")
    model = keras.Sequential([keras.Input((2,)), out])
    model.compile("sgd", "mse", **options)
    return model


@pytest.mark.parametrize("given", [torch.from_numpy(Y), [torch.from_numpy(Y)], {"out": Y}, K.variable(Y)])
def test_tensors_are_the_targets_where_no_y_is_given(given):
    model, expected = line(target_tensors=given), line()
    ours = model.fit(X, epochs=2, batch_size=3, shuffle=False, verbose=0).history["loss"]
    theirs = expected.fit(X, Y, epochs=2, batch_size=3, shuffle=False, verbose=0).history["loss"]
    assert ours == theirs
    assert model.evaluate(X, verbose=0) == expected.evaluate(X, Y, verbose=0)
    assert model.train_on_batch(X) == expected.train_on_batch(X, Y)
    assert model.predict(X, verbose=0).shape == (6, 1)


def test_placeholders_stand_for_the_y_that_is_given():
    model = line(target_tensors=[K.placeholder((None, 1))])
    assert model.train_on_batch(X, Y) == line().train_on_batch(X, Y)
    with pytest.raises(ValueError):
        model.fit(X, verbose=0)


def test_validation_has_targets_of_its_own():
    model = line(target_tensors=torch.from_numpy(Y))
    history = model.fit(X, validation_data=(X[:2], Y[:2]), verbose=0)
    assert set(history.history) == {"loss", "val_loss"}


def test_targets_are_given_once():
    with pytest.raises(ValueError, match="`y` must be left out: compile"):
        line(target_tensors=[torch.from_numpy(Y)]).fit(X, Y, verbose=0)


def test_another_number_of_samples_is_told():
    with pytest.raises(ValueError, match="same number of samples"):
        line(target_tensors=[torch.from_numpy(Y[:4])]).fit(X, verbose=0)
