"""Activations, regularizers, constraints and start values of old Keras against the real ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cases import old_objective_case, old_objective_run, reference_files
from cases.old_objective_cases import FORMULAS
from cases.old_objective_optimizers import STARTS

from keras_torch import initializers
from keras_torch.base.variable import Variable
from keras_torch.dialects import dialect

REFERENCES = {generation: reference_files.read(file) for generation, file in old_objective_case.FILES.items()}
FAMILIES = ("activations", "regularizers", "constraints")
# Of so many numbers: quarters and deviation within 3 % of the range; the extremes of a normal vary more.
ROUGHLY = {"quarters": 0.03, "mean": 0.03, "deviation": 0.03, "range": 0.4}


def named(cases):
    """Parameters with a readable id each."""
    return [pytest.param(case, id=f"{case.generation} {case.name}") for case in cases]


@pytest.mark.parametrize("case", named(case for case in FORMULAS if case.module in FAMILIES))
def test_function_gives_what_that_keras_gave(case):
    found = old_objective_run.formula(case)
    assert old_objective_run.differences(case, found, REFERENCES[case.generation][case.name]) == []


def assert_alike(values, expected):
    """Whether random numbers come from the distribution that made the expected statistics."""
    found = old_objective_case.statistics(values)
    scale = max(np.abs(expected["range"]).max(), 1e-6)
    for part, tolerance in ROUGHLY.items():
        assert np.abs(found[part] - expected[part]).max() <= tolerance * scale, part
    largest = max(expected["singular"].max(), 1e-6)
    assert np.abs(found["singular"] - expected["singular"]).max() <= 0.05 * largest


@pytest.mark.parametrize("case", named(STARTS))
def test_start_values_have_the_distribution_of_that_keras(case):
    torch.manual_seed(1)
    with dialect(case.generation):
        if case.generation == "keras1":
            function = old_objective_run.look_up("initializations", case.initializer)
            value = function(case.shape, name="w", **case.arguments)
            assert isinstance(value, Variable) and value.name == "w"
            value = value.numpy()
        else:
            value = old_objective_run.look_up("initializers", case.initializer)(**case.arguments)(case.shape)
    assert_alike(value, REFERENCES[case.generation][case.name])


@pytest.mark.parametrize("case", named(case for case in STARTS if case.generation == "keras1" and (
    case.image or (len(case.shape) <= 2 and not case.arguments))))
def test_a_name_means_in_a_layer_what_the_function_of_keras1_meant(case):
    torch.manual_seed(1)
    with dialect("keras1"):
        function = old_objective_run.look_up("initializations", case.initializer)
        by_name, by_function = initializers.get(case.initializer), initializers.get(function)
    assert_alike(by_name(case.shape), REFERENCES["keras1"][case.name])
    assert_alike(by_function(case.shape), REFERENCES["keras1"][case.name])
