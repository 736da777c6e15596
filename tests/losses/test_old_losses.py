"""Losses of Keras 1.2.2, 2.2.4 and 2.3.1 against the real ones, by the names their scripts use."""

from __future__ import annotations

import pytest
from cases import old_objective_case, old_objective_run, reference_files
from cases.old_objective_cases import FORMULAS, WEIGHTED

REFERENCES = {generation: reference_files.read(file) for generation, file in old_objective_case.FILES.items()}
LOSSES = [case for case in FORMULAS if case.module in ("losses", "objectives")]


def named(cases):
    """Parameters with a readable id each."""
    return [pytest.param(case, id=f"{case.generation} {case.name}") for case in cases]


@pytest.mark.parametrize("case", named(LOSSES))
def test_loss_and_gradient_are_those_of_that_keras(case):
    found = old_objective_run.formula(case)
    assert old_objective_run.differences(case, found, REFERENCES[case.generation][case.name]) == []


@pytest.mark.parametrize("case", named(WEIGHTED))
def test_weights_and_masks_count_as_in_that_keras(case):
    found = old_objective_run.weighted(case)
    assert old_objective_run.differences(case, found, REFERENCES[case.generation][case.name]) == []


def test_a_wrong_number_and_a_wrong_shape_are_noticed():
    case = LOSSES[0]
    expected = REFERENCES[case.generation][case.name]
    assert old_objective_run.differences(case, {**expected, "value": expected["value"] * 1.0001}, expected)
    assert old_objective_run.differences(case, {"value": expected["value"]}, expected)
    assert old_objective_run.differences(case, {**expected, "value": expected["value"][None]}, expected)
    assert old_objective_run.differences(case, {**expected, "more": expected["value"]}, expected)
