"""`K` in the words of Keras 1.2.2, 2.2.4 and 2.3.1 against the real ones."""

from __future__ import annotations

import pytest
from cases import old_objective_case, old_objective_run, reference_files
from cases.old_objective_backend import BACKEND

REFERENCES = {generation: reference_files.read(file) for generation, file in old_objective_case.FILES.items()}


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.generation} {case.name}")
                                  for case in BACKEND])
def test_function_gives_what_that_keras_gave(case):
    found = old_objective_run.formula(case)
    assert old_objective_run.differences(case, found, REFERENCES[case.generation][case.name]) == []
