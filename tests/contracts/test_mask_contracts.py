"""Masks travel through layers as they do in real Keras, for every row of mask_cases.py."""

from __future__ import annotations

import functools

import pytest
from cases import reference_files
from cases.mask_cases import MASK_CASES, mask_answers

import keras_torch

TOLERANCE = 1e-5
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
