"""What `optimizers.get` understands, and torch's own optimizers with Keras's face."""

import copy
import functools
import pickle

import numpy as np
import pytest
import torch

import keras_torch
from keras_torch import optimizers
from keras_torch.optimizers import NativeOptimizer, TFOptimizer


def param(gradient=0.5):
    made = torch.nn.Parameter(torch.ones(2))
    made.grad = torch.full((2,), gradient)
    return made


NAMES = ("sgd SGD adam Adam adamw AdamW rmsprop RMSprop adagrad adadelta adamax nadam ftrl lion lamb "
         "adafactor").split()


@pytest.mark.parametrize("name", NAMES)
def test_names_are_known_in_any_writing(name):
    assert type(optimizers.get(name)).__name__.lower() == name.lower()


def test_configs_classes_and_objects():
    assert optimizers.get({"class_name": "SGD", "config": {"learning_rate": 0.5}}).learning_rate == 0.5
    assert optimizers.get({"class_name": "adam"}).learning_rate == 0.001
    assert isinstance(optimizers.get(optimizers.SGD), optimizers.SGD)
    made = optimizers.SGD()
    assert optimizers.get(made) is made
    assert optimizers.get(None) is None


def test_errors_name_the_nearest():
    with pytest.raises(ValueError, match="No optimizer is called 'adm'.*'adam'"):
        optimizers.get("adm")
    with pytest.raises(TypeError, match="An optimizer must be a name.*got 3"):
        optimizers.get(3)
    with pytest.raises(TypeError, match="An optimizer must be a name, a config"):
        optimizers.get(abs)


def test_legacy_names_are_old_forms_of_the_same_classes():
    for name in ("SGD", "Adam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl"):
        assert issubclass(getattr(optimizers.legacy, name), getattr(optimizers, name))
        assert getattr(optimizers.experimental, name) is getattr(optimizers, name)
        if name != "Ftrl":
            assert getattr(optimizers, name.lower()) is getattr(optimizers, name)


@pytest.mark.parametrize("make", [lambda p: torch.optim.SGD([p], lr=0.5), lambda p: torch.optim.SGD,
                                  lambda p: functools.partial(torch.optim.SGD, lr=0.5)])
def test_torch_optimizers_are_taken(make):
    weights = param()
    optimizer = optimizers.get(make(weights)).build([weights])
    optimizer.learning_rate = 0.25
    optimizer.step()
    torch.testing.assert_close(weights.data, torch.full((2,), 1 - 0.125))
    assert optimizer.iterations == 1
    optimizer.apply([torch.ones(2)])
    torch.testing.assert_close(weights.data, torch.full((2,), 0.625))
    optimizer.zero_grad()
    assert weights.grad is None


def test_a_native_optimizer_keeps_its_state():
    weights = param()
    optimizer = NativeOptimizer(torch.optim.Adam).build([weights])
    optimizer.step()
    stored = optimizer.state_dict()
    other = NativeOptimizer(torch.optim.Adam).build([param()])
    other.load_state_dict(stored)
    assert len(other.variables) == len(optimizer.variables) == 5  # count, rate, step, two averages
    again, copied = copy.deepcopy((weights, optimizer))
    again.grad = torch.ones(2)
    copied.step()
    assert not torch.equal(again.data, weights.data)
    assert pickle.loads(pickle.dumps(optimizer)).learning_rate == optimizer.learning_rate


def test_native_errors():
    with pytest.raises(ValueError, match="built on other variables"):
        NativeOptimizer(torch.optim.SGD([param()], lr=0.1)).build([param()])
    with pytest.raises(NotImplementedError, match="SGD is a torch optimizer and has no Keras config"):
        NativeOptimizer(torch.optim.SGD([param()], lr=0.1)).get_config()
    with pytest.raises(RuntimeError, match="has no parameters yet"):
        NativeOptimizer(torch.optim.SGD).step()


def test_the_state_of_a_native_optimizer_is_stored_and_restored_before_its_first_step():
    momentum = functools.partial(torch.optim.SGD, lr=0.1, momentum=0.9)
    for make in (torch.optim.Adam, momentum, torch.optim.NAdam):
        weights = param()
        optimizer = NativeOptimizer(make).build([weights])
        optimizer.step()
        store = {}
        optimizer.save_own_variables(store)
        twin = torch.nn.Parameter(weights.detach().clone())
        other = NativeOptimizer(make).build([twin])
        assert {np.shape(array) for array in store.values()} <= other.expected_shapes() | {()}
        other.load_own_variables(store)
        assert other.iterations == 1
        for each, optimized in ((weights, optimizer), (twin, other)):
            each.grad = torch.full((2,), 0.25)
            optimized.step()
        torch.testing.assert_close(weights.data, twin.data)


def test_a_native_optimizer_goes_on_from_a_weights_file(tmp_path):
    def made():
        keras_torch.utils.set_random_seed(1)
        model = keras_torch.Sequential([keras_torch.Input((2,)), keras_torch.layers.Dense(1)])
        model.compile(functools.partial(torch.optim.Adam, lr=0.1), "mse")
        return model

    x, y = np.ones((8, 2), "float32"), np.ones((8, 1), "float32")
    first, second = made(), made()
    first.fit(x, y, verbose=0)
    first.save_weights(tmp_path / "first.weights.h5")
    second.load_weights(tmp_path / "first.weights.h5")
    for model in (first, second):
        model.fit(x, y, verbose=0)
    for mine, theirs in zip(first.get_weights(), second.get_weights()):
        np.testing.assert_array_equal(mine, theirs)


def test_other_state_is_refused_by_a_native_optimizer():
    optimizer = NativeOptimizer(torch.optim.Adam).build([param()])
    with pytest.raises(ValueError, match="the state of Adam has 3 tensors; 1 arrays of other number"):
        optimizer.load_own_variables({"0": np.int64(1), "1": np.float32(0.5), "2": np.ones(7)})


def test_loss_scaling_goes_around_a_native_optimizer():
    weights = param(float("inf"))
    optimizer = optimizers.LossScaleOptimizer(NativeOptimizer(functools.partial(torch.optim.SGD, lr=1.0)),
                                              initial_scale=4.0).build([weights])
    optimizer.step()
    torch.testing.assert_close(weights.data, torch.ones(2))
    weights.grad = torch.ones(2)
    optimizer.step()
    torch.testing.assert_close(weights.data, torch.full((2,), 0.5))


def test_tf_optimizer_wraps_torch_optimizers_and_ours():
    for wrapped in (functools.partial(torch.optim.SGD, lr=0.5), optimizers.SGD(0.5)):
        weights = param(1.0)
        optimizer = TFOptimizer(wrapped, iterations=3).build([weights])
        optimizer.step()
        assert optimizer.iterations == 4 and optimizer.name == "tf_optimizer"
        torch.testing.assert_close(weights.data, torch.full((2,), 0.5))
