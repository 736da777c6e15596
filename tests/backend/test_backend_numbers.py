"""Every row of tests/cases/backend_cases.py gives the numbers of tf.keras."""

import numpy as np
import pytest
import torch
from cases import reference_files
from cases.backend_cases import BACKEND_CASES, answer

from keras_torch import backend

REFERENCES = reference_files.read("backend")


def test_every_row_has_a_reference():
    assert {case.name for case in BACKEND_CASES} == set(REFERENCES)


@pytest.mark.parametrize("case", BACKEND_CASES, ids=lambda case: case.name)
def test_numbers_equal_keras(case):
    ours = answer(backend, case, torch.as_tensor)
    theirs = REFERENCES[case.name]
    assert len(ours) == len(theirs)
    for mine, (part, reference) in zip(ours, theirs.items()):
        assert mine.shape == reference.shape, part
        assert reference_files.distance(np.asarray(mine, "float64"), reference) < 1e-5, part
