"""Functions that only old generations had."""

import importlib

import pytest
import torch

from keras_torch.compat.install import install_as_keras, uninstall
from keras_torch.compat.old_names import merge
from keras_torch.dialects import dialect

A, B = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 5.0]])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("sum", [[4.0, 7.0]]),
        ("mul", [[3.0, 10.0]]),
        ("ave", [[2.0, 3.5]]),
        ("max", [[3.0, 5.0]]),
        ("concat", [[1.0, 2.0, 3.0, 5.0]]),
        ("dot", [[13.0]]),
        (lambda pair: pair[0] - pair[1], [[-2.0, -3.0]]),
    ],
)
def test_merge_modes(mode, expected):
    assert merge([A, B], mode=mode).tolist() == expected


def test_merge_refuses_an_unknown_mode():
    with pytest.raises(ValueError, match="merge: `mode` must be one of 'sum'.* or a function; got 'cos'"):
        merge([A, B], mode="cos")


def test_merge_is_a_function_in_keras1_and_a_module_in_keras2():
    install_as_keras()
    try:
        layers = importlib.import_module("keras.layers")
        with dialect("keras1"):
            assert layers.merge is merge
        with dialect("keras2.3"):
            assert layers.merge.Concatenate is layers.Concatenate
    finally:
        uninstall()
