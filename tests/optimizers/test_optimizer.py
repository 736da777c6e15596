"""The two faces of an optimizer: Keras's and torch's."""

import copy
import io
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch

from keras_torch import optimizers
from keras_torch.base.variable import Variable
from keras_torch.optimizers import SGD, Adam, AdamW, RMSprop


def number(variable):
    return variable.detach().item()


def weights(*shapes):
    made = [torch.nn.Parameter(torch.ones(shape)) for shape in shapes or [(3, 2), (2,)]]
    for param in made:
        param.grad = torch.full_like(param, 0.5)
    return made


def plain_loop(optimizer, model, steps=3):
    inputs = torch.ones(4, 3)
    for _ in range(steps):
        optimizer.zero_grad()
        model(inputs).square().mean().backward()
        optimizer.step()
    return [param.detach().clone() for param in model.parameters()]


def linear():
    torch.manual_seed(1)
    return torch.nn.Linear(3, 2)


# torch's face

def test_is_a_torch_optimizer():
    assert isinstance(Adam(), torch.optim.Optimizer)


def test_plain_torch_loop_equals_torch():
    ours, theirs = linear(), linear()
    plain_loop(SGD(0.1).build(ours.parameters()), ours)
    plain_loop(torch.optim.SGD(theirs.parameters(), 0.1), theirs)
    torch.testing.assert_close(list(ours.parameters()), list(theirs.parameters()))


def test_adam_with_tiny_epsilon_equals_torch():
    ours, theirs = linear(), linear()
    plain_loop(Adam(0.1, epsilon=1e-12).build(ours.parameters()), ours)
    plain_loop(torch.optim.Adam(theirs.parameters(), 0.1, eps=1e-12), theirs)
    torch.testing.assert_close(list(ours.parameters()), list(theirs.parameters()))


def test_groups_have_their_own_rate_and_decay():
    first, second = weights((2,), (2,))
    optimizer = SGD(0.1).build([{"params": [first], "lr": 1.0}, {"params": [second], "weight_decay": 0.5}])
    optimizer.step()
    torch.testing.assert_close(first.data, torch.full((2,), 0.5))
    torch.testing.assert_close(second.data, torch.full((2,), 1 - 0.5 * 0.1 - 0.05))


def test_torch_scheduler_sets_the_rate():
    optimizer = SGD(0.8).build(weights())
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    for expected in (0.8, 0.4, 0.2):
        assert optimizer.learning_rate == pytest.approx(expected)
        optimizer.step()
        scheduler.step()


def test_a_grad_scaler_unscales_and_skips():
    model = linear()
    optimizer, scaler = Adam(0.1).build(model.parameters()), torch.amp.GradScaler("cpu", init_scale=8.0)
    scaler.scale(model(torch.ones(4, 3)).mean()).backward()
    expected = [param.grad / 8 for param in model.parameters()]
    scaler.unscale_(optimizer)
    torch.testing.assert_close([param.grad for param in model.parameters()], expected)
    scaler.step(optimizer)
    scaler.update()
    assert optimizer.iterations == 1
    model.weight.grad = torch.full((2, 3), float("inf"))
    scaler.step(optimizer)
    scaler.update()
    assert optimizer.iterations == 1 and scaler.get_scale() == 4.0


def test_param_groups_set_the_rate():
    optimizer = SGD(0.8).build(weights((2,)))
    optimizer.param_groups[0]["lr"] = 0.4
    assert optimizer.learning_rate == 0.4
    optimizer.step()
    torch.testing.assert_close(optimizer.param_groups[0]["params"][0].data, torch.full((2,), 0.8))


@pytest.mark.parametrize("make", [lambda: Adam(0.1, amsgrad=True), lambda: SGD(0.1, momentum=0.5),
                                  lambda: RMSprop(0.1, use_ema=True, gradient_accumulation_steps=2)])
def test_state_dict_resumes_exactly(make):
    model = linear()
    optimizer = make().build(model.parameters())
    plain_loop(optimizer, model)
    file = io.BytesIO()
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, file)
    file.seek(0)
    stored = torch.load(file, weights_only=True)
    expected = plain_loop(optimizer, model)
    again = linear()
    resumed = make().build(again.parameters())
    again.load_state_dict(stored["model"])
    resumed.load_state_dict(stored["optimizer"])
    assert resumed.iterations_made() == 3
    torch.testing.assert_close(plain_loop(resumed, again), expected, rtol=0, atol=0)


def test_loading_a_state_dict_keeps_the_memory():
    optimizer = Adam().build(weights())
    before = [variable.data_ptr() for variable in optimizer.variables[2:]]
    optimizer.load_state_dict(optimizer.state_dict())
    optimizer.step()
    assert [variable.data_ptr() for variable in optimizer.variables[2:]] == before


def test_step_hooks_run():
    seen = []
    optimizer = SGD(0.1).build(weights())
    optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
    optimizer.register_step_post_hook(lambda *_: seen.append("after"))
    optimizer.step()
    assert seen == ["before", "after"]


def test_a_closure_is_called_with_gradients_on():
    param = weights((2,))[0]
    optimizer = SGD(0.1).build([param])

    def closure():
        optimizer.zero_grad()
        loss = param.sum()
        loss.backward()
        return loss.detach()

    assert float(optimizer.step(closure)) == 2.0
    torch.testing.assert_close(param.data, torch.full((2,), 0.9))


def test_zero_grad_forgets_or_zeroes():
    params = weights()
    optimizer = SGD().build(params)
    optimizer.zero_grad(set_to_none=False)
    assert all(float(param.grad.abs().sum()) == 0 for param in params)
    optimizer.zero_grad()
    assert all(param.grad is None for param in params)


def test_a_group_can_be_added_later():
    first, second = weights((2,), (2,))
    optimizer = Adam(0.1).build([first])
    optimizer.step()
    optimizer.add_param_group({"params": [second]})
    optimizer.step()
    assert float(second.data[0]) < 1.0


def test_repr_before_and_after_build():
    assert repr(SGD()) == "SGD(name='sgd', not built)"
    assert "lr: 0.25" in repr(SGD(0.25).build(weights()))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
@pytest.mark.parametrize("make", [lambda: Adam(0.1), lambda: SGD(0.1, momentum=0.9, use_ema=True),
                                  lambda: optimizers.LossScaleOptimizer(Adam(0.1))])
def test_copies_go_on_by_themselves(make, copied):
    model = linear()
    optimizer = make().build(model.parameters())
    plain_loop(optimizer, model)
    again, other = copied((model, optimizer))
    expected = plain_loop(optimizer, model)
    torch.testing.assert_close(plain_loop(other, again), expected, rtol=0, atol=0)
    assert other.iterations == optimizer.iterations == 6


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Nadam", "Lion", "Ftrl",
                                  "Lamb"])
def test_other_float_types_keep_working(name, dtype):
    param = torch.nn.Parameter(torch.ones(3, dtype=dtype))
    param.grad = torch.ones_like(param)
    optimizer = getattr(optimizers, name)(0.1, clipnorm=1.0).build([param])
    optimizer.step()
    optimizer.step()
    assert param.dtype == dtype
    assert bool((param < 1).all()) and bool(torch.isfinite(param).all())


def test_mixed_float_types_are_updated_together():
    first, second = weights((2,), (2,))
    second.data = second.data.double()
    second.grad = torch.full((2,), 0.5, dtype=torch.float64)
    Adam(0.1).build([first, second]).step()
    torch.testing.assert_close(first.data.double(), second.data)


def test_state_follows_a_model_that_moves():
    model = linear()
    optimizer = Adam(0.1).build(model.parameters())
    plain_loop(optimizer, model)
    model.double()
    optimizer.zero_grad()
    model(torch.ones(4, 3, dtype=torch.float64)).mean().backward()
    optimizer.step()
    assert all(bool(torch.isfinite(param).all()) for param in model.parameters())


def test_memory_order_of_gradient_and_weight_may_differ():
    straight, turned = torch.nn.Parameter(torch.ones(2, 3)), torch.nn.Parameter(torch.ones(3, 2).t())
    for param in (straight, turned):
        param.grad = torch.arange(6.0).reshape(2, 3)
    Adam(0.1).build([straight, turned]).step()
    torch.testing.assert_close(straight.data, turned.data)
    assert turned.stride() == (1, 2)


def test_memory_order_may_change_after_build():
    expected, param = torch.nn.Parameter(torch.ones(1, 2, 3, 3)), torch.nn.Parameter(torch.ones(1, 2, 3, 3))
    first, second = SGD(0.1, momentum=0.9).build([expected]), SGD(0.1, momentum=0.9).build([param])
    for step in range(3):
        if step == 1:
            param.data = param.data.to(memory_format=torch.channels_last)
        for each in (expected, param):
            each.grad = torch.arange(18.0).reshape(1, 2, 3, 3)
        first.step()
        second.step()
    torch.testing.assert_close(param.data, expected.data)


def test_sparse_gradients_are_taken_as_dense():
    embedding, dense = torch.nn.Embedding(4, 2, sparse=True), torch.nn.Embedding(4, 2)
    dense.load_state_dict(embedding.state_dict())
    for layer in (embedding, dense):
        layer(torch.tensor([1, 2])).sum().backward()
        Adam(0.1).build(layer.parameters()).step()
    torch.testing.assert_close(embedding.weight.data, dense.weight.data)


def test_a_step_reads_nothing_back(monkeypatch):
    optimizer = Adam(0.1, global_clipnorm=1.0, weight_decay=0.1, use_ema=True).build(weights())
    for name in ("item", "__bool__", "__float__", "__int__", "tolist", "cpu", "numpy"):
        monkeypatch.setattr(torch.Tensor, name, lambda *_, name=name: pytest.fail(f"{name} reads back"))
    optimizer.step()


def test_a_step_enters_few_python_frames():
    optimizer = Adam(0.1).build(weights())
    optimizer.step()
    frames = count_frames(optimizer.step)
    assert frames <= 16, frames


def count_frames(function):
    calls = []
    sys.setprofile(lambda frame, event, _: calls.append(frame) if event == "call" else None)
    try:
        function()
    finally:
        sys.setprofile(None)
    return len(calls)


# Keras's face

def test_learning_rate_reads_and_sets():
    optimizer = Adam(0.1)
    assert optimizer.learning_rate == optimizer.lr == 0.1
    optimizer.lr = 0.2
    optimizer.build(weights())
    assert optimizer.param_groups[0]["lr"] == 0.2
    optimizer.learning_rate.assign(0.3)
    assert optimizer.learning_rate.numpy() == np.float32(0.3)
    optimizer.learning_rate = torch.tensor(0.5)
    assert optimizer.get_config()["learning_rate"] == 0.5


def test_learning_rate_by_a_function():
    param = weights((1,))[0]
    optimizer = SGD(lambda: 0.5).build([param])
    optimizer.step()
    assert number(param) == 0.75


def test_a_number_replaces_a_schedule():
    optimizer = SGD(optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)).build(weights())
    optimizer.step()
    assert optimizer.learning_rate == 0.25
    optimizer.learning_rate = 0.125
    optimizer.step()
    assert optimizer.learning_rate == 0.125


def test_old_arguments_lr_and_decay_are_honoured():
    param = weights((1,))[0]
    optimizer = SGD(lr=1.0, decay=1.0).build([param])
    for expected in (0.5, 0.25, 0.25 - 0.5 / 3):
        optimizer.step()
        assert number(param) == pytest.approx(expected)
    assert optimizer.get_config()["decay"] == 1.0
    assert "decay" not in SGD().get_config()


def test_epsilon_none_means_the_setting():
    assert Adam(epsilon=None).epsilon == 1e-7


def test_iterations_count_updates():
    optimizer = SGD(gradient_accumulation_steps=2).build(weights())
    for _ in range(4):
        optimizer.step()
    assert optimizer.iterations == 2 and optimizer.iterations.numpy() == 2
    assert int(optimizer.variables[0].numpy()) == 4
    optimizer.iterations.assign(5)
    assert optimizer.iterations == 5


def test_apply_gradients_builds_and_updates():
    variable = Variable([1.0, 2.0], name="scale")
    optimizer = SGD(0.5)
    assert optimizer.apply_gradients(zip([torch.ones(2)], [variable])) == 1
    np.testing.assert_allclose(variable.numpy(), [0.5, 1.5])


def test_apply_to_some_of_the_variables():
    first, second = Variable([1.0], name="a"), Variable([1.0], name="b")
    optimizer = SGD(0.5).build([first, second])
    optimizer.apply([torch.ones(1)], [second])
    assert (number(first), number(second)) == (1.0, 0.5)
    optimizer.apply([])
    assert optimizer.iterations == 1


def test_apply_leaves_gradients_alone():
    gradient = torch.full((2,), 4.0)
    for argument in ("clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor"):
        Adam(**{argument: 2.0}).apply([gradient], [Variable([1.0, 2.0])])
    torch.testing.assert_close(gradient, torch.full((2,), 4.0))


@pytest.mark.parametrize("loss", [lambda variable: (lambda: (variable * 2).sum()),
                                  lambda variable: (variable * 2).sum()])
def test_minimize_takes_a_function_or_a_tensor(loss):
    variable = Variable([1.0])
    assert SGD(0.25, loss_scale_factor=8.0).minimize(loss(variable), [variable]) == 1
    assert number(variable) == 0.5


def test_constraints_are_applied_after_the_step():
    variable = Variable([0.5, 2.0])
    variable.constraint = lambda values: values.clamp(min=0)
    SGD(1.0).apply([torch.ones(2)], [variable])
    np.testing.assert_allclose(variable.numpy(), [0.0, 1.0])


def test_weight_decay_leaves_out_excluded_variables():
    kernel, bias = Variable([1.0], name="kernel"), Variable([1.0], name="bias")
    optimizer = AdamW(0.1, weight_decay=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias"], var_list=[])
    optimizer.apply([torch.zeros(1), torch.zeros(1)], [kernel, bias])
    assert (number(kernel), number(bias)) == (pytest.approx(0.9), 1.0)


def test_weight_decay_can_be_set_later():
    param = torch.nn.Parameter(torch.ones(1))
    optimizer = SGD(0.1).build([param])
    optimizer.weight_decay = 0.5
    param.grad = torch.zeros(1)
    optimizer.step()
    assert number(param) == pytest.approx(0.95)


def test_average_goes_into_the_weights_at_the_end():
    param = weights((1,))[0]
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5).build([param])
    optimizer.step()
    optimizer.step()
    optimizer.finalize_variable_values([param])
    assert number(param) == 0.25  # 0.5, then half of 0.5 and 0.0


def test_weights_in_the_old_order_come_back():
    optimizer, other = (Adam(amsgrad=True).build(weights()) for _ in range(2))
    optimizer.step()
    stored = optimizer.get_weights()
    assert [np.shape(array) for array in stored] == [()] + [(3, 2), (2,)] * 3
    other.set_weights(stored)
    assert all(np.array_equal(a, b) for a, b in zip(stored, other.get_weights()))
    other.set_weights([variable.numpy() for variable in optimizer.variables])
    assert all(np.array_equal(a, b) for a, b in zip(stored, other.get_weights()))


def test_placeholders_of_keras_2_are_passed_over():
    optimizer = Adam().build(weights())
    optimizer.set_weights(optimizer.get_weights() + [np.zeros(1), np.zeros(0)])


def test_own_variables_are_stored_and_restored():
    optimizer, other = (RMSprop(0.5, momentum=0.9).build(weights()) for _ in range(2))
    optimizer.step()
    store = {}
    optimizer.save_own_variables(store)
    other.learning_rate = 0.1
    other.load_own_variables(store)
    assert other.learning_rate == 0.5
    without_rate = {str(place): value for place, value in enumerate(v for k, v in store.items() if k != "1")}
    other.load_own_variables(without_rate)
    again = {}
    other.save_own_variables(again)
    assert all(np.array_equal(store[key], again[key]) for key in store)
    other.load_own_variables({"0": np.int64(0), "1": np.float32(0.25)})  # saved before it was built
    assert other.iterations == 0


def test_variables_are_named_as_in_keras():
    variable = Variable([1.0], name="kernel")
    optimizer = Adam().build([variable])
    assert [v.path for v in optimizer.variables] == [
        "adam/iteration", "adam/learning_rate", "adam/kernel_momentum", "adam/kernel_velocity"]
    assert optimizer.variables() == optimizer.variables
    assert optimizer.variables[0].shape == ()


def test_configs_of_all_generations_are_read():
    config = {"class_name": "Custom>Adam", "config": {
        "name": "Adam", "learning_rate": 0.5, "jit_compile": False, "is_legacy_optimizer": False,
        "decay": 0.0, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "amsgrad": False}}
    before = copy.deepcopy(config)
    assert optimizers.deserialize(config).learning_rate == 0.5
    assert config == before


def test_a_schedule_survives_the_config():
    optimizer = Adam(optimizers.schedules.CosineDecay(0.5, 10))
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()
    assert again.learning_rate == 0.5


def test_shared_weights_are_updated_once():
    param = weights((1,))[0]
    SGD(0.5).build([param, param]).step()
    assert number(param) == 0.75


# Classes of the user

class Keras3Style(optimizers.Optimizer):
    def __init__(self, learning_rate=0.1, momentum=0.5, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient, variable, learning_rate):
        average = self.momentums[self._get_variable_index(variable)]
        self.assign(average, average * self.momentum - gradient * learning_rate)
        self.assign_add(variable, average)


class TfKerasStyle(optimizers.Optimizer):
    def update_step(self, gradient, variable):
        variable.assign_sub(gradient * self.learning_rate)


class RuleStyle(optimizers.Optimizer):
    slots = ("sum",)

    def rule(self, params, grads, rate, step, sum):
        for param, grad, total in zip(params, grads, sum):
            total.add_(grad)
            param.sub_(rate * total)


def test_an_optimizer_written_for_keras_3():
    ours, theirs = Variable([1.0]), Variable([1.0])
    optimizer, reference = Keras3Style(0.1), SGD(0.1, momentum=0.5)
    for _ in range(3):
        optimizer.apply([torch.ones(1)], [ours])
        reference.apply([torch.ones(1)], [theirs])
    assert number(ours) == pytest.approx(number(theirs))
    assert len(optimizer.variables) == 3
    config = optimizer.get_config()
    assert config["momentum"] == 0.5 and config["learning_rate"] == pytest.approx(0.1)
    assert len(optimizer.state_dict()["added"]) == 1


def test_an_optimizer_written_for_tf_keras():
    variable = Variable([1.0])
    TfKerasStyle(0.25).apply([torch.ones(1)], [variable])
    assert number(variable) == 0.75


def test_an_optimizer_with_a_rule():
    variable = Variable([1.0])
    optimizer = RuleStyle(0.25)
    optimizer.apply([torch.ones(1)], [variable])
    optimizer.apply([torch.ones(1)], [variable])
    assert number(variable) == 0.25


# Counting on the device

def test_changed_rates_reach_the_device_and_frozen_numbers_are_noticed():
    optimizer = Adam(0.1, clipnorm=1.0).build(weights())
    optimizer.use_device_clock()
    optimizer.step()
    assert optimizer.iterations == 1
    optimizer.learning_rate = 0.2
    assert optimizer.refresh_clock() is True
    assert float(next(iter(optimizer._clock._rates.values()))) == pytest.approx(0.2)
    optimizer.clipnorm = 2.0
    assert optimizer.refresh_clock() is False
    optimizer.use_host_clock()
    optimizer.step()
    assert optimizer.iterations == 2


# Errors

def test_errors_tell_the_way_out():
    with pytest.raises(TypeError, match="`learning_rate` must be a number.*In a torch loop write "
                                        r"`optimizer = Adam\(learning_rate=0.01\).build\(model.param"):
        Adam(linear().parameters(), lr=0.01)
    for arguments in [(list(linear().parameters()),), ([{"params": []}],), (linear().named_parameters(),)]:
        with pytest.raises(TypeError, match=r"SGD\(learning_rate=0.001\).build"):
            SGD(*arguments)
    with pytest.raises(TypeError, match="Adam takes no parameters, it gets them from fit"):
        Adam(params=linear().parameters())
    with pytest.raises(ValueError, match="`learning_rate` must be a number.*In a torch loop write"):
        Adam([0.1, 0.2])
    with pytest.raises(ValueError, match="only one of `clipnorm`.*got clipnorm and clipvalue"):
        Adam(clipnorm=1.0, clipvalue=1.0)
    with pytest.raises(TypeError, match="has no argument `learning_ratee`.*learning_rate"):
        Adam(learning_ratee=1.0)
    with pytest.raises(ValueError, match="`gradient_accumulation_steps` must be an integer of at least 2"):
        Adam(gradient_accumulation_steps=1)
    with pytest.raises(ValueError, match="`weight_decay`"):
        AdamW(weight_decay=None)
    with pytest.raises(ValueError, match="`beta_1` must be a fraction above 0"):
        optimizers.Lion(beta_1=0.0)
    with pytest.raises(ValueError, match="`learning_rate_power` must be a number of at most 0"):
        optimizers.Ftrl(learning_rate_power=0.5)
    with pytest.raises(ValueError, match="`ema_momentum` must be a fraction from 0 to 1"):
        SGD(use_ema=True, ema_momentum=1.5)
    with pytest.raises(ValueError, match="`learning_rate` must be a number"):
        Adam().learning_rate = "fast"


def test_errors_before_build():
    with pytest.raises(RuntimeError, match="has no parameters yet. Call build"):
        _ = Adam().param_groups
    with pytest.raises(RuntimeError, match="has no parameters yet. Call build"):
        Adam().step()
    with pytest.raises(ValueError, match="apply\\(\\) without variables needs a built optimizer"):
        Adam().apply([torch.ones(1)])
    with pytest.raises(ValueError, match="set_weights\\(\\) needs a built optimizer"):
        Adam().set_weights([])
    with pytest.raises(RuntimeError, match="cannot count on the device"):
        Adam().use_device_clock()


def test_errors_of_gradients_and_variables():
    first, second = Variable([1.0], name="a"), Variable([1.0], name="b")
    optimizer = SGD().build([first])
    with pytest.raises(ValueError, match="no variable has a gradient"):
        optimizer.step()
    with pytest.raises(ValueError, match="no variable has a gradient"):
        optimizer.apply([None])
    with pytest.raises(ValueError, match="built on other variables: 'b' is unknown"):
        optimizer.apply([torch.ones(1)], [second])
    with pytest.raises(ValueError, match="apply\\(\\) got 2 gradients for 1 variables"):
        optimizer.apply([torch.ones(1)] * 2)
    with pytest.raises(ValueError, match="the gradient of 'a' has shape \\(2,\\), the variable \\(1,\\)"):
        optimizer.apply([torch.ones(2)])
    with pytest.raises(ValueError, match="`tape` must be None"):
        optimizer.minimize(first.sum(), [first], tape=3)
    with pytest.raises(ValueError, match="may have its own `lr` and `weight_decay`; got \\['momentum'\\]"):
        optimizer.add_param_group({"params": [second], "momentum": 0.5})
    with pytest.raises(TypeError, match="changes parameters, tensors that no operation made; got float"):
        SGD().build([3.0])
    with pytest.raises(ValueError, match="exclude_from_weight_decay\\(\\) comes before build"):
        optimizer.exclude_from_weight_decay(var_names=["b"])


def test_a_missing_gradient_is_a_warning():
    first, second = Variable([1.0], name="a"), Variable([1.0], name="b")
    with pytest.warns(UserWarning, match="no gradient reaches 'b'"):
        SGD().apply([torch.ones(1), None], [first, second])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first.grad = torch.ones(1)
        SGD().build([first, second]).step()  # as in torch: a frozen branch is no mistake


def test_a_scheduler_beside_a_schedule_is_an_error():
    optimizer = SGD(optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)).build(weights())
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 7.0
    with pytest.raises(ValueError, match="has a schedule, and param_groups' `lr` was set to 7.0"):
        optimizer.step()


def test_weights_of_another_optimizer_are_refused():
    optimizer = Adam().build(weights())
    before = optimizer.get_weights()
    with pytest.raises(ValueError, match="has 5 state variables; 3 arrays were given"):
        optimizer.set_weights(before[:3])
    with pytest.raises(ValueError, match="state of shape \\(2,\\) was given an array of shape \\(5,\\)"):
        optimizer.set_weights([np.int64(3), np.ones((3, 2)), np.ones(5), *before[3:]])
    assert all(np.array_equal(a, b) for a, b in zip(before, optimizer.get_weights()))
    with pytest.raises(ValueError, match="state variables"):
        optimizer.load_own_variables({str(place): np.zeros(1) for place in range(4)})


def test_a_class_without_an_update_says_what_to_write():
    class Empty(optimizers.Optimizer):
        pass

    with pytest.raises(NotImplementedError, match="Empty has no update. Write rule"):
        Empty().apply([torch.ones(1)], [Variable([1.0])])


def test_add_variable_takes_no_layout():
    optimizer = Adam().build(weights())
    with pytest.raises(ValueError, match="takes no `layout`"):
        optimizer.add_variable((2,), layout="x")
    with pytest.raises(ValueError, match="`initializer` must be 'zeros'"):
        optimizer.add_variable((2,), initializer="sevens")
    assert optimizer.add_variable((2,), initializer=torch.ones).numpy().sum() == 2


def test_excluded_variables_stay_excluded_in_a_copy():
    kernel, bias = Variable([1.0], name="kernel"), Variable([1.0], name="bias")
    optimizer = SGD(0.1, weight_decay=1.0)
    optimizer.exclude_from_weight_decay(var_list=[bias])
    optimizer.build([kernel, bias])
    (kernel, bias), optimizer = copy.deepcopy(([kernel, bias], optimizer))
    optimizer.apply([torch.zeros(1), torch.zeros(1)], [kernel, bias])
    assert (number(kernel), number(bias)) == (pytest.approx(0.9), 1.0)


def test_state_that_is_switched_on_later_is_made():
    model = linear()
    optimizer = SGD(0.1).build(model.parameters())
    plain_loop(optimizer, model)
    optimizer.momentum = 0.9
    again, resumed = copy.deepcopy((model, optimizer))
    plain_loop(resumed, again)
    assert len(resumed.weights) == 4


def test_named_parameters_and_repeats():
    model = linear()
    optimizer = SGD(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.build(model.named_parameters())
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    assert optimizer._decaying == [True, False]
    with pytest.raises(ValueError, match="has 'tensor of shape .* already. A parameter is in one group"):
        optimizer.add_param_group({"params": list(model.parameters())})


@pytest.mark.slow
def test_making_an_optimizer_does_not_import_the_compiler():
    script = ("import sys, torch, keras_torch.optimizers as o\n"
              "o.Adam().build([torch.nn.Parameter(torch.zeros(2))]).zero_grad()\n"
              "assert 'torch._dynamo' not in sys.modules")
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_weights_that_were_read_stay_as_they_were():
    param = torch.nn.Parameter(torch.ones(2))
    optimizer = optimizers.Adam(0.1).build([param])
    param.grad = torch.ones(2)
    optimizer.step()
    read, store = optimizer.get_weights(), {}
    optimizer.save_own_variables(store)
    values = [np.array(part) for part in (*read, *store.values())]
    optimizer.step()
    assert all(np.array_equal(part, value) for part, value in zip((*read, *store.values()), values))
    optimizer.set_weights(read)
    assert optimizer.iterations == 1 and np.array_equal(optimizer.get_weights()[1], values[1])
