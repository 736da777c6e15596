"""Trainings of Keras 1.2, 2.2 and 2.3, in the words of their time, give the numbers that these gave.

The rows are those of history_cases_old.py; each runs in its dialect, with keras_torch as the module `keras`.
"""

from __future__ import annotations

import functools
import importlib
import warnings

import numpy as np
import pytest
from cases import reference_files
from cases.history_cases_old import ALL, FILES, ROWS
from cases.old_history_case import Row, numbers
from contracts.test_history_contracts import differing

from keras_torch.compat.install import install_as_keras, uninstall
from keras_torch.dialects import dialect

every_row = functools.cache(reference_files.read)
NAMES = [pytest.param(*row, id=", ".join(row)) for row in ALL]


def as_keras(generation: str, row: Row) -> dict[str, np.ndarray]:
    """What a row gives where `import keras` is keras_torch in that dialect."""
    install_as_keras()
    try:
        with dialect(generation), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of words that were already old, and of uneven batches
            return numbers(importlib.import_module("keras"), row)
    finally:
        uninstall()


@pytest.mark.parametrize("generation", ROWS)
def test_every_row_has_a_reference(generation):
    assert set(ROWS[generation]) == set(every_row(FILES[generation]))


@pytest.mark.parametrize(("generation", "name"), NAMES)
def test_training_equals_the_old_keras(generation: str, name: str):
    ours = as_keras(generation, ROWS[generation][name])
    differences = differing(ours, every_row(FILES[generation])[name])
    assert not differences, differences
