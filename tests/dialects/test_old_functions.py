"""Activations, regularizers, constraints and start values of old Keras against the real ones."""

from __future__ import annotations

import copy
import functools
import pickle

import numpy as np
import pytest
import torch
from cases import old_objective_case, old_objective_run, reference_files
from cases.old_objective_cases import FORMULAS
from cases.old_objective_optimizers import STARTS

from keras_torch import activations, initializers, layers, regularizers
from keras_torch.base.variable import Variable
from keras_torch.compat import old_initializations
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


def test_the_power_method_takes_matrices_only():
    with pytest.raises(ValueError, match="EigenvalueRegularizer takes matrices only; got shape .2, 2, 2."):
        regularizers.EigenvalueRegularizer(0.5)(torch.ones(2, 2, 2))
    with dialect("keras1"):
        assert regularizers.get("WeightRegularizer").get_config() == {"l1": 0.0, "l2": 0.0}


@pytest.mark.parametrize("generation, strength", [("keras1", 0.01), ("keras2.3", 0.01), ("tf.keras", 0.01),
                                                  ("keras3", 0.0)])
def test_l1_l2_by_name_has_the_strength_of_its_generation(generation, strength):
    with dialect(generation):
        made = [regularizers.get(name).get_config() for name in ("l1_l2", "l1l2")]
    assert made == [{"l1": strength, "l2": strength}] * 2


def test_the_slope_of_relu_has_one_name():
    with pytest.raises(TypeError, match="relu.. got `alpha` and `negative_slope`, two names of one argument"):
        activations.relu(torch.ones(1), 0.5, alpha=0.5)


def test_functions_of_keras1_refuse_what_they_refused():
    with pytest.raises(ValueError, match="makes square matrices only; got shape .2, 3."):
        old_initializations.identity((2, 3))
    with pytest.raises(ValueError, match="`dim_ordering` must be 'tf' or 'th'; got 'x'"):
        old_initializations.get_fans((1, 2, 3, 4), "x")
    with pytest.raises(ValueError, match="`identifier` must be one of glorot_normal, .*; got 'no'"):
        old_initializations.get("no")
    assert old_initializations.get(len) is len


def test_a_long_identity_is_repeated_up_to_keras_2_2_and_its_sides_must_fit():
    with dialect("keras2.2"):
        identity = initializers.Identity(2.0)
    assert identity((1, 3)).tolist() == [[2.0, 2.0, 2.0]]
    with pytest.raises(ValueError, match="is a multiple of the other; got shape .2, 3."):
        identity((2, 3))
    with dialect("keras2.3"):
        assert initializers.Identity()((1, 3)).tolist() == [[1.0, 0.0, 0.0]]


@pytest.mark.parametrize("generation, counts", [("keras2.2", False), ("keras2.3", True), ("keras3", False)])
def test_a_seed_counts_up_in_keras_2_3(generation, counts):
    with dialect(generation):
        initializer = initializers.GlorotUniform(seed=3)
    first, second = initializer((4, 4)), initializer((4, 4))
    assert torch.equal(first, second) is not counts
    assert initializer.get_config()["seed"] == (5 if counts else 3)


@pytest.mark.parametrize("function", [
    lambda shape, name: torch.full(shape, 2.0),
    lambda shape, name=None: Variable(torch.full(shape, 2.0), name=name),
    functools.partial(lambda shape, value, name=None: torch.full(shape, value), value=2.0),
    lambda shape, dtype=None: torch.full(shape, 2.0),
])
def test_a_function_of_a_shape_and_a_name_starts_a_weight(function):
    with dialect("keras1"):
        dense = layers.Dense(3, init=function, input_dim=2)
    dense.build((None, 2))
    assert dense.kernel.numpy().tolist() == [[2.0] * 3] * 2


def test_a_function_that_asks_is_told_that_windows_are_in_tensorflow_s_order():
    asked = []

    def start(shape, name=None, dim_ordering="th"):
        asked.append((len(shape), dim_ordering))
        return torch.zeros(shape)

    for shape in ((2, 3), (3, 3, 2, 4)):
        initializers.get(start)(shape)
    assert asked == [(2, "th"), (4, "tf")]


def test_an_initializer_keeps_the_habits_of_its_generation_in_a_copy():
    with dialect("keras1"):
        made = initializers.get("glorot_normal")
    for copied in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert copied.distribution == "untruncated_normal" and copied.get_config() == made.get_config()
    assert initializers.get("glorot_normal").distribution == "truncated_normal"


# What the weights of real Keras 1.2.2 had: layer, start, and the largest number (a uniform one's limit).
LIMITS_OF_KERAS1 = [
    (lambda: layers.Conv1D(16, 3), (None, 9, 8), 0.1083),
    (lambda: layers.Conv2D(16, 3, 3), (None, 9, 9, 8), 0.1667),
    (lambda: layers.LocallyConnected1D(16, 3), (None, 9, 8), 0.2405),
    (lambda: layers.MaxoutDense(16), (None, 8), 0.3641),
    (lambda: layers.Embedding(50, 8), (None, 4), 0.05),
]


@pytest.mark.parametrize("make, shape, limit", LIMITS_OF_KERAS1)
def test_layers_start_within_the_limits_of_keras1(make, shape, limit):
    torch.manual_seed(1)
    with dialect("keras1"):
        layer = make()
        layer.build(shape)
    largest = float(np.abs(layer.weights[0].numpy()).max())
    assert 0.96 * limit < largest <= 1.001 * limit
