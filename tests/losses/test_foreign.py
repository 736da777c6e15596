"""A tensor in numpy's hands is told in a sentence that names the line."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from keras_torch import losses
from keras_torch.losses.foreign import numpy_misuse


def of_means(y_true, y_pred):
    return np.mean(y_true - y_pred)


def of_absolutes(y_true, y_pred):
    return np.abs(y_true - y_pred)


def of_arrays(y_true, y_pred):
    return y_true - y_pred.numpy()


@pytest.mark.parametrize("function", [of_means, of_absolutes, of_arrays])
def test_function_written_with_numpy_is_told_where_and_what_to_use(function):
    loss = losses.as_loss(function)
    sentence = (rf'Loss function "{function.__name__}" hands a tensor to numpy, in line \d+ of '
                r"test_foreign.py; numpy knows no gradients and no devices. Write it with torch "
                r"\(torch.mean\) or keras.ops")
    with pytest.raises(TypeError, match=sentence) as caught:
        loss(torch.zeros(2, 3), torch.zeros(2, 3, requires_grad=True))
    assert caught.value.__cause__ is not None


def test_loss_class_written_with_numpy_is_told_too():
    class Mine(losses.Loss):
        def call(self, y_true, y_pred):
            return of_means(y_true, y_pred)

    with pytest.raises(TypeError, match='Mine "mine" hands a tensor to numpy, in line'):
        Mine()(torch.zeros(2), torch.zeros(2, requires_grad=True))


def test_other_errors_of_users_stay_as_they_are():
    def wrong(y_true, y_pred):
        try:
            raise KeyError("first")
        except KeyError as error:
            raise RuntimeError("my own numpy trouble") from error

    with pytest.raises(RuntimeError, match="my own numpy trouble") as caught:
        losses.as_loss(wrong)(torch.zeros(2), torch.zeros(2))
    assert isinstance(caught.value.__cause__, KeyError)
    assert numpy_misuse("Loss", ValueError("numpy()")) is None


def test_numbers_of_numpy_are_values_too():
    loss = losses.as_loss(lambda y_true, y_pred: np.float32(2.0))
    assert loss(torch.zeros(2), torch.zeros(2)).item() == 2.0
