"""Three epochs of `fit` from equal weights give the numbers of real Keras, row by row of history_cases.py."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from cases import reference_files
from cases.history_case import answers
from cases.history_cases import HISTORY_CASES

import keras_torch

TOLERANCE = 1e-5
every_row = functools.cache(functools.partial(reference_files.read, "histories"))


def test_every_row_has_a_reference():
    assert set(HISTORY_CASES) == set(every_row())


@pytest.mark.parametrize("name", HISTORY_CASES)
def test_training_equals_keras(name: str):
    ours, theirs = answers(keras_torch, HISTORY_CASES[name]), every_row()[name]
    assert set(ours) == set(theirs), f"names of the numbers differ: {sorted(set(ours) ^ set(theirs))}"
    differing = [_difference(part, ours[part], array) for part, array in theirs.items()]
    differing = [text for text in differing if text]
    assert not differing, "\n".join(differing)


def _difference(part: str, ours: np.ndarray, theirs: np.ndarray) -> str:
    """What is wrong with one part, or nothing."""
    if ours.shape != theirs.shape:
        return f"{part}: shape {ours.shape}, Keras has {theirs.shape}"
    distance = reference_files.distance(ours, theirs, floor=0.01)
    if distance <= TOLERANCE:
        return ""
    return f"{part}: {distance:.1e} apart; ours {np.ravel(ours)[:6]}, Keras {np.ravel(theirs)[:6]}"
