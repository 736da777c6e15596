"""Twenty steps of every optimizer of Keras 1.2.2, 2.2.4 and 2.3.1, in the words of that generation."""

from __future__ import annotations

import pytest
from cases import old_objective_case, old_objective_run, reference_files
from cases.old_objective_optimizers import OPTIMIZERS

REFERENCES = {generation: reference_files.read(file) for generation, file in old_objective_case.FILES.items()}


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.generation} {case.name}")
                                  for case in OPTIMIZERS])
def test_weights_take_the_way_of_that_keras(case):
    found = old_objective_run.trajectory(case)
    assert len(found) == len(old_objective_case.LOOKS) * len(old_objective_case.SHAPES)
    assert old_objective_run.differences(case, found, REFERENCES[case.generation][case.name]) == []
