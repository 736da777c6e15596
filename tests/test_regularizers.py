"""Regularizers against Keras 3.15 (TensorFlow backend)."""

import pytest
import torch

from keras_torch import regularizers

W = [[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]]


@pytest.mark.parametrize(
    "regularizer, expected",
    [
        (regularizers.L1(0.1), 0.75),
        (regularizers.L2(0.1), 1.525),
        (regularizers.L1L2(0.1, 0.2), 3.8),
        (regularizers.L1L2(), 0.0),
        (regularizers.OrthogonalRegularizer(0.1), 0.0897085),
        (regularizers.OrthogonalRegularizer(0.1, "columns"), 0.0664731),
    ],
)
def test_values_are_those_of_keras(regularizer, expected):
    assert float(regularizer(torch.tensor(W))) == pytest.approx(expected, rel=1e-5)


def test_penalties_have_gradients():
    w = torch.tensor(W, requires_grad=True)
    regularizers.L2(0.5)(w).backward()
    torch.testing.assert_close(w.grad, w.detach())


@pytest.mark.parametrize(
    "regularizer, config",
    [
        (regularizers.L1(), {"l1": 0.01}),
        (regularizers.L2(None), {"l2": 0.01}),
        (regularizers.L1L2(l1=None, l2=1), {"l1": 0.0, "l2": 1.0}),
        (regularizers.OrthogonalRegularizer(), {"factor": 0.01, "mode": "rows"}),
    ],
)
def test_config_round_trip(regularizer, config):
    assert regularizer.get_config() == config
    again = regularizers.deserialize(regularizers.serialize(regularizer))
    assert type(again) is type(regularizer) and again.get_config() == config


def test_names_of_all_generations():
    assert regularizers.get(None) is None
    for name, cls in [
        ("l1", "L1"),
        ("l2", "L2"),
        ("l1_l2", "L1L2"),
        ("l1l2", "L1L2"),
        ("L1L2", "L1L2"),
        ("orthogonal_regularizer", "OrthogonalRegularizer"),
    ]:
        assert type(regularizers.get(name)).__name__ == cls
    assert regularizers.l2(0.3).l2 == 0.3
    assert regularizers.get(abs) is abs


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: regularizers.L1(-1.0), "`l1` must be a finite number of at least 0; got -1.0"),
        (lambda: regularizers.L2(float("nan")), "`l2` must be a finite number"),
        (lambda: regularizers.L1L2(l2="x"), "`l2` must be a finite number"),
        (lambda: regularizers.OrthogonalRegularizer(mode="cols"), "`mode` must be 'rows' or 'columns'"),
        (lambda: regularizers.OrthogonalRegularizer()(torch.ones(2)), "takes matrices only"),
        (lambda: regularizers.get("l3"), "No regularizer is called 'l3'"),
    ],
)
def test_wrong_use_is_a_value_error(make, message):
    with pytest.raises(ValueError, match=message):
        make()
