"""Nesterov's momentum on torch's kernel: whenever somebody looks, the state is Keras's."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from cases.operation_count import CountOperations

from keras_torch.optimizers import SGD, LossScaleOptimizer, MultiOptimizer, OptimizerMap
from keras_torch.optimizers.schedules import ExponentialDecay

SHAPES, STEPS, SHARE = [(3, 2), (4,)], 12, 0.9


def gradients(step: int) -> list:
    """The same in every test."""
    torch.manual_seed(step)
    return [torch.randn(shape) for shape in SHAPES]


def by_hand(rates: list) -> tuple:
    """(weights, momenta) in double precision: m = share * m - rate * g; w += share * m - rate * g."""
    weights = [torch.ones(shape, dtype=torch.float64) for shape in SHAPES]
    momenta = [torch.zeros_like(weight) for weight in weights]
    for step, rate in enumerate(rates):
        for weight, momentum, grad in zip(weights, momenta, gradients(step)):
            momentum.mul_(SHARE).sub_(rate * grad)
            weight.add_(SHARE * momentum - rate * grad)
    return weights, momenta


def trained(optimizer, rates: list, look=None, look_at=()) -> list:
    """The parameters after those steps; `look(optimizer)` is called before some."""
    params = [torch.nn.Parameter(torch.ones(shape)) for shape in SHAPES]
    optimizer.build(params)
    for step, rate in enumerate(rates):
        if rate is not None:
            optimizer.learning_rate = rate
        if step in look_at:
            optimizer = look(optimizer) or optimizer
        for param, grad in zip(optimizer._variables, gradients(step)):
            param.grad = grad
        optimizer.step()
    return optimizer


def check(optimizer, rates: list):
    """Weights and momenta are those by hand."""
    weights, momenta = by_hand(rates)
    for variable, expected in zip(optimizer._variables, weights):
        np.testing.assert_allclose(variable.detach().numpy(), expected, rtol=2e-6, atol=2e-6)
    for stored, expected in zip(optimizer.get_weights()[1:], momenta):
        np.testing.assert_allclose(stored, expected, rtol=2e-6, atol=1e-7)


def nesterov(rate: float = 0.1) -> SGD:
    """The optimizer under test."""
    return SGD(rate, momentum=SHARE, nesterov=True)


def twin(optimizer):
    """A new optimizer with what the old one stored, on the same parameters."""
    store, other = {}, nesterov()
    optimizer.save_own_variables(store)
    other.build(optimizer._variables).load_own_variables(store)
    return other


LOOKS = {
    "nothing": lambda optimizer: None,
    "get_weights": lambda optimizer: optimizer.get_weights() and None,
    "variables": lambda optimizer: list(optimizer.variables) and None,
    "state": lambda optimizer: optimizer.state and None,
    "state_dict": lambda optimizer: optimizer.state_dict() and None,
    "its own state_dict": lambda optimizer: optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict())),
    "its own weights": lambda optimizer: optimizer.set_weights(optimizer.get_weights()),
    "a file": twin,
    "deepcopy": copy.deepcopy,
    "pickle": lambda optimizer: pickle.loads(pickle.dumps(optimizer)),
    "another group": lambda optimizer: optimizer._regroup(),
    "device clock": lambda optimizer: optimizer.use_device_clock(),
}
RATES = {"constant": [0.1] * STEPS, "falling": [0.1 * 0.7 ** step for step in range(STEPS)],
         "zero in between": [0.1, 0.1, 0.0, 0.0, 0.2, *[0.1] * 7]}


@pytest.mark.parametrize("rates", RATES)
@pytest.mark.parametrize("look", LOOKS)
def test_looking_changes_nothing(look, rates):
    check(trained(nesterov(), RATES[rates], LOOKS[look], look_at=(0, 3, 4, 9)), RATES[rates])


def test_a_tensor_that_was_handed_out_stays_keras_momentum():
    params = [torch.nn.Parameter(torch.ones(2))]
    optimizer = nesterov(0.1).build(params)
    held = optimizer.variables[2]
    for _ in range(3):
        params[0].grad = torch.ones(2)
        optimizer.step()
    np.testing.assert_allclose(held.numpy(), [-0.271] * 2, rtol=1e-6)


WRAPPED = {
    "alone": lambda inner: inner,
    "in loss scaling": lambda inner: LossScaleOptimizer(inner, initial_scale=1.0),
    "among several": lambda inner: MultiOptimizer(OptimizerMap(inner)),
}
COPIES = {
    "get_weights": lambda optimizer: optimizer.get_weights(),
    "set_weights": lambda optimizer: optimizer.set_weights(optimizer.get_weights()),
    "save": lambda optimizer: optimizer.save_own_variables({}),
    "expected_shapes": lambda optimizer: optimizer.expected_shapes(),
}


@pytest.mark.parametrize("copies", COPIES)
@pytest.mark.parametrize("wrapped", WRAPPED)
def test_copies_leave_the_fast_way_open(wrapped, copies):
    inner = nesterov()
    optimizer = trained(WRAPPED[wrapped](inner), [None] * 3)
    COPIES[copies](optimizer)
    assert not inner._divided
    for param, grad in zip(optimizer._variables, gradients(3)):
        param.grad = grad
    fused = []
    for _ in range(2):
        with CountOperations() as counted:
            optimizer.step()
        fused.append([name for name in counted.kernels if name in ("_foreach_mul_", "_fused_sgd_")])
    assert fused == [["_foreach_mul_", "_fused_sgd_"], ["_fused_sgd_"]]


def test_variables_without_a_gradient_keep_their_momentum():
    optimizer, momenta = trained(nesterov(), [0.1] * 2), by_hand([0.1] * 2)[1]
    first, second = optimizer._variables
    first.grad, second.grad = None, gradients(2)[1]
    optimizer.step()
    stored = optimizer.get_weights()[1:]
    np.testing.assert_allclose(stored[0], momenta[0], rtol=2e-6, atol=1e-7)
    np.testing.assert_allclose(stored[1], SHARE * momenta[1] - 0.1 * gradients(2)[1], rtol=2e-6, atol=1e-7)


def test_a_schedule_and_loss_scaling_are_no_exception():
    schedule = ExponentialDecay(0.1, 1, 0.7)
    check(trained(SGD(schedule, momentum=SHARE, nesterov=True), [None] * STEPS), RATES["falling"])
    params, inner = [torch.nn.Parameter(torch.ones(shape)) for shape in SHAPES], nesterov()
    optimizer = LossScaleOptimizer(inner, initial_scale=4.0).build(params)
    for step in range(STEPS):
        optimizer.apply([4.0 * grad for grad in gradients(step)])
    check(inner, RATES["constant"])


def test_half_precision_keeps_keras_momentum():
    param = torch.nn.Parameter(torch.ones(2, dtype=torch.float16))
    optimizer = nesterov(1e-6).build([param])
    for _ in range(3):
        param.grad = torch.ones(2, dtype=torch.float16)
        optimizer.step()
    assert not optimizer._divided
    assert torch.isfinite(param).all()
