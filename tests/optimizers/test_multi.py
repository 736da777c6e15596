"""MultiOptimizer and OptimizerMap."""

import copy
import pickle

import numpy as np
import pytest
import torch

import keras_torch
from keras_torch.base.variable import Variable
from keras_torch.optimizers import SGD, Adam, LossScaleOptimizer, MultiOptimizer, OptimizerMap


def pair():
    made = [Variable([1.0, 2.0], name="kernel"), Variable([3.0], name="bias")]
    for variable in made:
        variable.grad = torch.ones_like(variable)
    return made


def multi(**arguments):
    return MultiOptimizer(OptimizerMap(SGD(1.0), {"ker.*": Adam(0.5)}), **arguments)


def test_a_map_finds_by_path_then_by_pattern():
    sgd, adam, default = SGD(), Adam(), SGD()
    chosen = OptimizerMap(default, {"encoder/.*": sgd})
    chosen["encoder/kernel"] = adam
    assert chosen["encoder/kernel"] is adam and chosen["encoder/bias"] is sgd and chosen["head"] is default
    assert (len(chosen), list(chosen), "head" in chosen) == (2, ["encoder/.*", "encoder/kernel"], False)
    del chosen["encoder/kernel"]
    assert chosen["encoder/kernel"] is sgd
    assert chosen(Variable([1.0], name="encoder/x")) is sgd


def test_a_map_refuses():
    chosen = OptimizerMap(SGD(), {"a.*": SGD(), ".*b": SGD()})
    with pytest.raises(ValueError, match="'ab' fits 2 keys"):
        chosen["ab"]
    with pytest.raises(ValueError, match="has an optimizer for 'a.\\*' already"):
        chosen["a.*"] = SGD()
    with pytest.raises(ValueError, match="`key` must be a path"):
        chosen[3] = SGD()
    with pytest.raises(ValueError, match="without loss scaling and no MultiOptimizer"):
        chosen["c"] = LossScaleOptimizer(SGD())
    with pytest.raises(ValueError, match="`optimizer_map` must be a dictionary"):
        OptimizerMap(SGD(), [SGD()])
    with pytest.raises(ValueError, match="`default_optimizer` must be an optimizer"):
        OptimizerMap("sgd")


@pytest.mark.parametrize("one_step", [
    lambda optimizer, variables: optimizer.step(),
    lambda optimizer, variables: optimizer.apply([variable.grad for variable in variables], variables)])
def test_each_variable_has_its_optimizer(one_step):
    variables = pair()
    optimizer = multi().build(variables)
    one_step(optimizer, variables)
    np.testing.assert_allclose(variables[0].numpy(), [0.5, 1.5], atol=1e-5)
    np.testing.assert_allclose(variables[1].numpy(), [2.0])
    assert [int(inner.iterations) for inner in optimizer.optimizers] == [1, 1] and optimizer.iterations == 1


def test_a_function_chooses():
    variables, sgd, adam = pair(), SGD(1.0), Adam(0.5)
    optimizer = MultiOptimizer(lambda variable: sgd if variable.name == "bias" else adam).build(variables)
    optimizer.step()
    assert optimizer.optimizers == [adam, sgd]
    np.testing.assert_allclose(variables[1].numpy(), [2.0])


def test_an_optimizer_without_gradients_makes_no_step():
    variables = pair()
    variables[0].grad = None
    optimizer = multi().build(variables)
    optimizer.step()
    assert [int(inner.iterations) for inner in optimizer.optimizers] == [0, 1]
    variables[1].grad = None
    with pytest.raises(ValueError, match="no variable has a gradient"):
        optimizer.step()


def test_the_loss_scale_is_shared():
    variables = pair()
    optimizer = multi(loss_scale_factor=2.0).build(variables)
    assert [inner.loss_scale_factor for inner in optimizer.optimizers] == [2.0, 2.0]
    assert float(optimizer.scale_loss(torch.tensor(3.0))) == 6.0
    optimizer.step()
    np.testing.assert_allclose(variables[1].numpy(), [2.5])
    optimizer.loss_scale_factor = None
    assert optimizer.optimizers[0].loss_scale_factor is None


def test_the_rate_is_that_of_the_inner_optimizers():
    optimizer = multi().build(pair())
    with pytest.raises(AttributeError, match="no learning rate of its own. Read and set that of its"):
        _ = optimizer.learning_rate
    with pytest.raises(AttributeError, match="no learning rate of its own. Set that of its"):
        optimizer.learning_rate = 0.1
    with pytest.raises(ValueError, match="Call scheduled_by\\(\\) of the inner"):
        optimizer.scheduled_by(torch.optim.lr_scheduler.StepLR)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 1.0]
    optimizer.optimizers[1].scheduled_by(lambda inner: torch.optim.lr_scheduler.ExponentialLR(inner, 0.5))
    optimizer.step()
    optimizer.epoch_ended({})
    assert optimizer.optimizers[1].learning_rate == 0.5


def test_state_comes_back_by_every_way():
    variables = pair()
    optimizer = multi().build(variables)
    optimizer.step()
    store = {}
    optimizer.save_own_variables(store)
    by_store, by_weights, by_dictionary = (multi().build(pair()) for _ in range(3))
    by_store.load_own_variables(store)
    by_weights.set_weights(optimizer.get_weights())
    by_dictionary.load_state_dict(optimizer.state_dict())
    copied = copy.deepcopy((variables, optimizer))[1]
    pickled = pickle.loads(pickle.dumps(optimizer))
    for other in (by_store, by_weights, by_dictionary, copied, pickled):
        assert other.iterations == 1
        for mine, theirs in zip(other.get_weights(), optimizer.get_weights()):
            np.testing.assert_array_equal(mine, theirs)
    with pytest.raises(ValueError, match="has 8 variables; 3 arrays were given"):
        optimizer.set_weights(optimizer.get_weights()[:3])
    with pytest.raises(ValueError, match="set_weights\\(\\) needs a built optimizer"):
        multi().set_weights([])


def test_loss_scaling_around_it_skips_all():
    variables = pair()
    variables[1].grad = torch.tensor([float("inf")])
    optimizer = LossScaleOptimizer(multi(), initial_scale=4.0).build(variables)
    optimizer.step()
    assert float(optimizer.dynamic_scale) == 2.0
    np.testing.assert_array_equal(variables[0].numpy(), [1.0, 2.0])
    variables[1].grad = torch.ones(1)
    optimizer.step()
    np.testing.assert_allclose(variables[1].numpy(), [2.5])


def test_averages_and_exclusions_are_those_of_the_inner_optimizers():
    variables = pair()
    optimizer = MultiOptimizer(OptimizerMap(SGD(1.0, weight_decay=0.5, use_ema=True, ema_momentum=0.5)))
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.build(variables)
    optimizer.step()
    np.testing.assert_allclose(variables[1].numpy(), [2.0])
    optimizer.step()
    optimizer.finalize_variable_values(variables)
    np.testing.assert_allclose(variables[1].numpy(), [1.5])


def test_it_trains_a_model_that_is_saved_and_loaded(tmp_path):
    model = keras_torch.Sequential([keras_torch.Input((2,)), keras_torch.layers.Dense(3, name="first"),
                                    keras_torch.layers.Dense(1, name="last")])
    model.compile(MultiOptimizer(OptimizerMap(SGD(0.1), {".*first/.*": Adam(0.01)})), "mse")
    x, y = np.ones((8, 2), "float32"), np.ones((8, 1), "float32")
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras_torch.models.load_model(tmp_path / "model.keras")
    assert [int(inner.iterations) for inner in again.optimizer.optimizers] == [1, 1]
    model.fit(x, y, verbose=0), again.fit(x, y, verbose=0)
    for mine, theirs in zip(again.get_weights(), model.get_weights()):
        np.testing.assert_array_equal(mine, theirs)


def test_errors():
    with pytest.raises(ValueError, match="an OptimizerMap or a function"):
        MultiOptimizer([SGD()])
    with pytest.raises(ValueError, match="Put LossScaleOptimizer around the MultiOptimizer"):
        MultiOptimizer(lambda variable: LossScaleOptimizer(SGD())).build(pair())
    with pytest.raises(RuntimeError, match="cannot count on the device"):
        multi().build(pair()).use_device_clock()
