"""Three epochs of `fit` from equal weights give the numbers of real Keras, row by row of history_cases.py.

Each row is run in two generations: Keras 3, and tf.keras with that dialect in force.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest
from cases import reference_files
from cases.history_case import answers
from cases.history_cases import KERAS3_CASES, TF_KERAS_CASES

import keras_torch

TOLERANCE = 1e-5
every_row = functools.cache(reference_files.read)


@pytest.fixture
def tf_keras():
    """The dialect tf.keras is in force."""
    before = keras_torch.dialects.current_dialect()
    keras_torch.set_dialect("tf.keras")
    yield
    keras_torch.set_dialect(before)


def test_every_row_has_a_reference():
    assert set(KERAS3_CASES) == set(every_row("histories"))
    assert set(TF_KERAS_CASES) == set(every_row("histories_tf_keras"))


@pytest.mark.parametrize("name", KERAS3_CASES)
def test_training_equals_keras(name: str):
    differences = differing(answers(keras_torch, KERAS3_CASES[name]), every_row("histories")[name])
    assert not differences, differences


@pytest.mark.parametrize("name", TF_KERAS_CASES)
def test_training_equals_tf_keras(name: str, tf_keras):
    differences = differing(answers(keras_torch, TF_KERAS_CASES[name]), every_row("histories_tf_keras")[name])
    assert not differences, differences


def differing(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> str:
    """What is not equal, or nothing."""
    if set(ours) != set(theirs):
        return f"names of the numbers differ: {sorted(set(ours) ^ set(theirs))}"
    return "\n".join(filter(None, (_difference(part, ours[part], array) for part, array in theirs.items())))


def _difference(part: str, ours: np.ndarray, theirs: np.ndarray) -> str:
    if ours.shape != theirs.shape:
        return f"{part}: shape {ours.shape}, Keras has {theirs.shape}"
    distance = reference_files.distance(ours, theirs, floor=0.01)
    if distance <= TOLERANCE:
        return ""
    return f"{part}: {distance:.1e} apart; ours {np.ravel(ours)[:6]}, Keras {np.ravel(theirs)[:6]}"
