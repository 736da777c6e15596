"""Dynamic loss scaling: which steps are left out, and how the scale moves."""

import functools

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from keras_torch import optimizers
from keras_torch.base.variable import Variable
from keras_torch.optimizers import (
    SGD,
    Adam,
    LossScaleOptimizer,
    MultiOptimizer,
    NativeOptimizer,
    OptimizerMap,
)


def one_step(optimizer, variable, gradient):
    optimizer.apply([torch.tensor([gradient]) * optimizer.dynamic_scale], [variable])


@pytest.mark.parametrize("on_device", [False, True])
@pytest.mark.parametrize("make", [lambda: SGD(0.5, momentum=0.9), lambda: Adam(0.5), lambda: SGD(0.5),
                                  lambda: SGD(0.5, use_ema=True, ema_overwrite_frequency=2)])
def test_bad_steps_are_left_out(make, on_device):
    expected, variable = Variable([1.0]), Variable([1.0])
    plain, scaled = make().build([expected]), LossScaleOptimizer(make(), initial_scale=8.0).build([variable])
    if on_device:  # the way of an accelerator, on CPU tensors
        scaled._reads_back = lambda: False
    for gradient in (1.0, float("inf"), 0.5, float("nan"), 0.25):
        one_step(scaled, variable, gradient)
        if np.isfinite(gradient):
            plain.apply([torch.tensor([gradient])])
        # On the device the corrections of Adam are computed in float32.
        assert variable.numpy() == pytest.approx(expected.numpy(), rel=1e-6, abs=2e-5 if on_device else 1e-7)
    assert scaled.iterations == 3
    assert float(scaled.dynamic_scale) == 2.0


def multi():
    return MultiOptimizer(OptimizerMap(Adam(0.5), {"other": SGD(0.5, momentum=0.9)}))


def fused():
    return NativeOptimizer(functools.partial(torch.optim.Adam, lr=0.5, fused=True))


@pytest.mark.parametrize("on_device", [False, True])
@pytest.mark.parametrize("make", [multi, fused])
def test_bad_steps_of_inner_optimizers_are_left_out(make, on_device):
    expected, variables = ([Variable([1.0], name=name) for name in ("one", "other")] for _ in range(2))
    plain, scaled = make().build(expected), LossScaleOptimizer(make(), initial_scale=8.0).build(variables)
    assert scaled.inner_optimizer.skips_on_device and scaled._reads_back()  # on the CPU reading is free
    if on_device:
        scaled._reads_back = lambda: False
    for gradient in (1.0, float("inf"), 0.5, float("nan"), 0.25):
        scale = scaled.dynamic_scale.clone()
        scaled.apply([torch.tensor([gradient]) * scale, torch.tensor([0.5]) * scale], variables)
        if np.isfinite(gradient):
            plain.apply([torch.tensor([gradient]), torch.tensor([0.5])], expected)
        for found, other in zip(variables, expected, strict=True):
            assert found.numpy() == pytest.approx(other.numpy(), abs=2e-5)
    assert scaled.iterations == 3 and float(scaled.dynamic_scale) == 2.0
    assert [inner.iterations for inner in getattr(scaled.inner_optimizer, "optimizers", [])] == [3] * 2 or (
        make is fused)
    assert scaled.state_dict()["iterations" if "iterations" in scaled.state_dict() else "param_groups"]


@pytest.mark.parametrize("make", [multi, fused])
def test_inner_optimizers_are_scaled_without_a_read_back(make):
    variables = [Variable([1.0], name=name) for name in ("one", "other")]
    scaled = LossScaleOptimizer(make(), initial_scale=8.0).build(variables)
    scaled._reads_back = lambda: False
    scaled.apply([torch.ones(1)] * 2, variables)

    class ReadBacks(TorchDispatchMode):
        found = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            self.found += "_local_scalar_dense" in str(function)
            return function(*args, **(kwargs or {}))

    with ReadBacks() as counted:
        scaled.apply([torch.ones(1)] * 2, variables)
    assert counted.found == 0


def test_what_needs_python_reads_back():
    variable = Variable([1.0])
    for inner in (NativeOptimizer(torch.optim.SGD), Adam(gradient_accumulation_steps=2)):
        assert not inner.build([variable]).skips_on_device


def test_the_scale_doubles_after_good_steps():
    variable = Variable([1.0])
    optimizer = LossScaleOptimizer(SGD(0.1), initial_scale=8.0, dynamic_growth_steps=2)
    scales = []
    for _ in range(5):
        optimizer.build([variable])
        one_step(optimizer, variable, 1.0)
        scales.append(float(optimizer.dynamic_scale))
    assert scales == [8.0, 16.0, 16.0, 32.0, 32.0]


def test_step_works_from_backward():
    param = torch.nn.Parameter(torch.ones(1))
    optimizer = LossScaleOptimizer(SGD(0.25), initial_scale=8.0).build([param])
    optimizer.scale_loss((param * 2).sum()).backward()
    optimizer.step()
    assert float(param.data) == 0.5
    optimizer.zero_grad()
    assert param.grad is None


def test_learning_rate_is_that_of_the_inner_optimizer():
    optimizer = LossScaleOptimizer(SGD(0.25))
    optimizer.learning_rate = 0.5
    assert optimizer.inner_optimizer.learning_rate == optimizer.lr == 0.5
    optimizer.build([torch.nn.Parameter(torch.ones(1))])
    assert optimizer.param_groups[0]["lr"] == 0.5


def test_state_comes_back():
    optimizer, other = (LossScaleOptimizer(Adam(0.1)).build([Variable([1.0])]) for _ in range(2))
    optimizer.apply([torch.ones(1)])
    store = {}
    optimizer.save_own_variables(store)
    assert list(store) == [str(place) for place in range(8)]
    assert store["3"] == 2.0 ** 15
    other.load_own_variables(store)
    assert int(other.step_counter) == 1 and other.iterations == 1
    third = LossScaleOptimizer(Adam(0.1)).build([Variable([1.0])])
    third.load_state_dict(optimizer.state_dict())
    assert int(third.step_counter) == 1 and third.iterations == 1
    third.set_weights(optimizer.get_weights())


def test_a_built_optimizer_can_be_wrapped():
    first, second = Variable([1.0]), Variable([1.0])
    optimizer = LossScaleOptimizer(SGD(0.5).build([first]), initial_scale=2.0).build([first])
    optimizer.add_param_group({"params": [second]})
    optimizer.apply([torch.full((1,), 2.0)] * 2)
    assert first.numpy() == second.numpy() == 0.5


def test_config_round_trip():
    optimizer = LossScaleOptimizer(SGD(0.25, momentum=0.5), initial_scale=4.0)
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()
    assert again.inner_optimizer.momentum == 0.5


def test_errors():
    with pytest.raises(ValueError, match="`inner_optimizer` must be an optimizer without .*got 'adam'"):
        LossScaleOptimizer("adam")
    with pytest.raises(ValueError, match="without `loss_scale_factor`"):
        LossScaleOptimizer(SGD(loss_scale_factor=2.0))
    with pytest.raises(RuntimeError, match="has no parameters yet"):
        LossScaleOptimizer(SGD()).step()


def test_words_of_tf_keras():
    variable = Variable([1.0])
    optimizer = LossScaleOptimizer(SGD(0.5), dynamic=True, initial_scale=None, dynamic_growth_steps=None)
    assert (optimizer.initial_scale, optimizer.dynamic_growth_steps) == (2.0 ** 15, 2000)
    optimizer = LossScaleOptimizer(SGD(0.5), initial_scale=4.0).build([variable])
    assert float(optimizer.loss_scale) == 4.0
    scaled = optimizer.get_scaled_loss(variable.sum())
    grads = optimizer.get_unscaled_gradients(torch.autograd.grad(scaled, [variable]))
    assert float(grads[0]) == 1.0
    optimizer.apply_gradients(zip(grads, [variable]))
    assert float(variable) == 0.5
    optimizer.apply_gradients([(torch.full((1,), 4.0), variable)])  # the next step unscales again
    assert float(variable) == 0.0


def test_a_fixed_scale_of_tf_keras():
    variable = Variable([1.0])
    optimizer = LossScaleOptimizer(SGD(0.5), dynamic=False, initial_scale=128).build([variable])
    for _ in range(3):
        optimizer.apply([torch.full((1,), 128.0)])
    assert float(variable) == -0.5 and float(optimizer.loss_scale) == 128.0
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert (again.dynamic, again.initial_scale) == (False, 128.0)
    optimizer.apply([torch.full((1,), float("inf"))])  # nobody looks whether gradients are finite
    assert float(variable) == float("-inf") and optimizer.iterations == 4
    for wrong in ({"initial_scale": None}, {"initial_scale": 2.0, "dynamic_growth_steps": 5}):
        with pytest.raises(ValueError, match="`dynamic` must be True where.*A fixed scale has only its"):
            LossScaleOptimizer(SGD(), dynamic=False, **wrong)
