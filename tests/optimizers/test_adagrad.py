"""Adagrad on torch's kernel, which has no epsilon under the root: where it is taken, and how near it is."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cases.operation_count import CountOperations

from keras_torch.optimizers import Adagrad, legacy

STEPS = 50


def trained(optimizer, dtype=torch.float32):
    """(the weights after 50 steps, names of the kernels of the last)."""
    param = torch.nn.Parameter(torch.ones(3, dtype=dtype))
    optimizer.build([param])
    for step in range(STEPS):
        param.grad = torch.tensor([0.01 * step, -1.0, 3.0], dtype=dtype)
        with CountOperations() as counted:
            optimizer.step()
    return param.detach().double().numpy(), counted.kernels


def by_hand(rate: float, start: float, epsilon: float, outside: bool = False) -> np.ndarray:
    """Keras's formula in double precision."""
    weights, sums = np.ones(3), np.full(3, start)
    for step in range(STEPS):
        grad = np.array([0.01 * step, -1.0, 3.0])
        sums += grad ** 2
        weights -= rate * grad / (np.sqrt(sums) + epsilon if outside else np.sqrt(sums + epsilon))
    return weights


@pytest.mark.parametrize("start, epsilon, fused", [(0.1, 1e-7, True), (1.0, 1e-7, True), (0.1, 1e-3, False),
                                                   (0.0, 1e-7, False), (0.01, 1e-7, False)])
def test_the_kernel_is_taken_where_epsilon_is_negligible(start, epsilon, fused):
    weights, kernels = trained(Adagrad(0.01, initial_accumulator_value=start, epsilon=epsilon))
    assert (kernels == ["_fused_adagrad_"]) is fused
    np.testing.assert_allclose(weights, by_hand(0.01, start, epsilon), rtol=1e-6)


def test_double_precision_has_keras_formula_in_full():
    weights, kernels = trained(Adagrad(0.01), torch.float64)
    assert "_fused_adagrad_" not in kernels
    np.testing.assert_allclose(weights, by_hand(0.01, 0.1, 1e-7), rtol=1e-12)


def test_the_older_formula_is_that_of_the_kernel():
    weights, kernels = trained(legacy.Adagrad(0.01, epsilon=1e-3))
    assert kernels == ["_fused_adagrad_"]
    np.testing.assert_allclose(weights, by_hand(0.01, 0.1, 1e-3, outside=True), rtol=1e-6)


def test_sums_set_to_0_by_hand_divide_nothing_by_0():
    param = torch.nn.Parameter(torch.ones(2))
    optimizer = Adagrad(0.01).build([param])
    optimizer.variables[2].assign([0.0, 0.0])
    param.grad = torch.zeros(2)
    optimizer.step()
    assert param.tolist() == [1.0, 1.0]
