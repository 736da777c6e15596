"""Masks travel through layers as they do in real Keras, for every row of mask_cases.py."""

from __future__ import annotations

import functools

import pytest
from cases import reference_files
from cases.mask_cases import MASK_CASES, mask_answers, padded_input

import keras_torch

TOLERANCE = 1e-5
STEPS, FEATURES, UNITS = 5, 3, 4
every_row = functools.cache(functools.partial(reference_files.read, "masks"))


def test_every_mask_row_has_a_reference():
    assert set(MASK_CASES) == set(every_row())


@pytest.mark.filterwarnings("ignore:.*mask:UserWarning")  # a layer that drops a mask says so
@pytest.mark.parametrize("name", MASK_CASES)
def test_masks_arrive_as_in_keras(name: str):
    ours = mask_answers(keras_torch, MASK_CASES[name])
    for kind, theirs in every_row()[name].items():
        distance = reference_files.distance(ours[kind], theirs)
        assert distance <= TOLERANCE, f"{kind}: {distance:.1e} apart\nours {ours[kind]}\nKeras {theirs}"


def test_an_initial_state_does_not_hide_the_mask():
    """Here we differ from Keras 3, which then forgets the mask; Keras 2 keeps it too."""
    inputs = keras_torch.Input((STEPS, FEATURES))
    masked = keras_torch.layers.Masking()(inputs)
    state = keras_torch.layers.Dense(UNITS)(inputs[:, 0])
    outputs = keras_torch.layers.GRU(UNITS, return_sequences=True)(masked, initial_state=state)
    answers = keras_torch.Model(inputs, outputs).predict(padded_input("back"), verbose=0)
    assert (answers[2, 1:] == answers[2, 0]).all()  # one valid step, then four that repeat it
