"""Metrics of Keras 1.2.2, 2.2.4 and 2.3.1 against the real ones, by the names their scripts use."""

from __future__ import annotations

import pytest
from cases import old_objective_case, old_objective_run, reference_files
from cases.old_objective_cases import FORMULAS
from cases.old_objective_metrics import METRICS

REFERENCES = {generation: reference_files.read(file) for generation, file in old_objective_case.FILES.items()}


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.generation} {case.name}")
                                  for case in FORMULAS if case.module == "metrics"])
def test_metric_function_gives_what_that_keras_gave(case):
    found = old_objective_run.formula(case)
    assert old_objective_run.differences(case, found, REFERENCES[case.generation][case.name]) == []


@pytest.mark.parametrize("case", METRICS, ids=lambda case: case.name)
def test_metric_class_gives_what_keras_2_3_gave(case):
    found = old_objective_run.metric(case)
    assert old_objective_run.differences(case, found, REFERENCES[case.generation][case.name]) == []
