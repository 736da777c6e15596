"""Constraints against Keras 3.15 (TensorFlow backend)."""

import pytest
import torch

from keras_torch import constraints

W = [[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]]


@pytest.mark.parametrize(
    "constraint, expected",
    [
        (constraints.MaxNorm(2), [[1.0, -1.1094, 0.5], [0.0, 1.664101, -1.0]]),
        (constraints.MaxNorm(1.5, axis=1), [[0.654654, -1.309307, 0.327327], [0.0, 1.423025, -0.474342]]),
        (constraints.NonNeg(), [[1.0, 0.0, 0.5], [0.0, 3.0, 0.0]]),
        (constraints.UnitNorm(), [[1.0, -0.5547, 0.447214], [0.0, 0.83205, -0.894427]]),
        (constraints.UnitNorm(axis=[0, 1]), [[0.256074, -0.512148, 0.128037], [0.0, 0.768221, -0.256074]]),
        (
            constraints.MinMaxNorm(0.5, 1.2, 0.7, axis=1),
            [[0.666606, -1.333212, 0.333303], [0.0, 1.696894, -0.565631]],
        ),
    ],
)
def test_values_are_those_of_keras(constraint, expected):
    torch.testing.assert_close(constraint(torch.tensor(W)), torch.tensor(expected), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize(
    "constraint, config",
    [
        (constraints.MaxNorm(), {"max_value": 2, "axis": 0}),
        (constraints.NonNeg(), {}),
        (constraints.UnitNorm([0, 1]), {"axis": [0, 1]}),
        (constraints.MinMaxNorm(), {"min_value": 0.0, "max_value": 1.0, "rate": 1.0, "axis": 0}),
    ],
)
def test_config_round_trip(constraint, config):
    assert constraint.get_config() == config
    again = constraints.deserialize(constraints.serialize(constraint))
    assert type(again) is type(constraint) and again.get_config() == config


def test_names_of_all_generations():
    assert constraints.get(None) is None
    for name, cls in [
        ("max_norm", "MaxNorm"),
        ("maxnorm", "MaxNorm"),
        ("non_neg", "NonNeg"),
        ("nonneg", "NonNeg"),
        ("unit_norm", "UnitNorm"),
        ("unitnorm", "UnitNorm"),
        ("min_max_norm", "MinMaxNorm"),
        ("MaxNorm", "MaxNorm"),
    ]:
        assert type(constraints.get(name)).__name__ == cls
    assert constraints.maxnorm(3).max_value == 3


def test_old_argument_name_m_is_max_value():
    assert constraints.MaxNorm(m=3).max_value == 3


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: constraints.MaxNorm(-1), "`max_value` must be a number of at least 0; got -1"),
        (lambda: constraints.MinMaxNorm(rate=2), "`rate` must be a fraction from 0 to 1"),
        (lambda: constraints.MinMaxNorm(2.0, 1.0), "`min_value` must be at most `max_value`, which is 1.0"),
        (lambda: constraints.UnitNorm(axis="x"), "`axis` must be an integer or a list of integers"),
        (lambda: constraints.get("posi"), "No constraint is called 'posi'"),
    ],
)
def test_wrong_use_is_a_value_error(make, message):
    with pytest.raises(ValueError, match=message):
        make()
