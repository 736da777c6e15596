"""Every kind of data trains, evaluates and predicts as with real Keras."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from cases import reference_files
from cases.data_cases import DATA_CASES

import keras_torch


@functools.cache
def every_row():
    """Row -> part -> what Keras answered."""
    return reference_files.read("data")


@pytest.mark.parametrize("name", DATA_CASES)
def test_data_are_used_as_by_keras(name):
    expected = every_row()[name]
    found = DATA_CASES[name](keras_torch)
    assert set(found) == set(expected)
    for part, values in expected.items():
        assert reference_files.distance(np.asarray(found[part]), values) < 1e-5, part
