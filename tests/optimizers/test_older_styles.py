"""Optimizers of the user's own in the words of tf.keras: OptimizerV2, and 2.11 and later."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from cases.training_models import NUMBERS, X

import keras_torch
from keras_torch import layers, ops, optimizers
from keras_torch.base.variable import Variable
from keras_torch.dialects import dialect
from keras_torch.optimizers import SGD, Adam


class MomentumV2(optimizers.legacy.Optimizer):
    """SGD with momentum in the form of OptimizerV2."""

    def __init__(self, learning_rate=0.01, momentum=0.9, name="MomentumV2", **kwargs):
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._set_hyper("decay", self._initial_decay)
        self._set_hyper("momentum", momentum)

    def _create_slots(self, var_list):
        for var in var_list:
            self.add_slot(var, "momentum")

    def _prepare_local(self, var_device, var_dtype, apply_state):
        super()._prepare_local(var_device, var_dtype, apply_state)
        apply_state[(var_device, var_dtype)]["momentum"] = self._get_hyper("momentum", var_dtype)

    def _resource_apply_dense(self, grad, var, apply_state=None):
        var_device, var_dtype = var.device, var.dtype
        coefficients = (apply_state or {}).get((var_device, var_dtype)) or self._fallback_apply_state(
            var_device, var_dtype
        )
        slot = self.get_slot(var, "momentum")
        slot.assign(coefficients["momentum"] * slot - coefficients["lr_t"] * grad)
        return var.assign_add(slot)

    def _resource_apply_sparse(self, grad, var, indices, apply_state=None):
        raise NotImplementedError

    def get_config(self):
        return {
            **super().get_config(),
            "learning_rate": self._serialize_hyperparameter("learning_rate"),
            "decay": self._initial_decay,
            "momentum": self._serialize_hyperparameter("momentum"),
        }


class WithoutState(MomentumV2):
    """The same, without `apply_state`: the learning rate is asked for by `_decayed_lr`."""

    def _resource_apply_dense(self, grad, var):
        slot = self.get_slot(var, "momentum")
        slot.assign(self._get_hyper("momentum") * slot - self._decayed_lr(var.dtype) * grad)
        return var.assign_add(slot)


class Momentum211(optimizers.Optimizer):
    """SGD with momentum in the form of tf.keras 2.11."""

    def __init__(
        self,
        learning_rate=0.01,
        momentum=0.9,
        weight_decay=None,
        clipnorm=None,
        jit_compile=True,
        name="Momentum211",
        **kwargs,
    ):
        super().__init__(
            name=name, weight_decay=weight_decay, clipnorm=clipnorm, jit_compile=jit_compile, **kwargs
        )
        self._learning_rate = self._build_learning_rate(learning_rate)
        self.momentum = momentum

    def build(self, var_list):
        super().build(var_list)
        if hasattr(self, "_built") and self._built:
            return
        self.momentums = []
        for var in var_list:
            self.momentums.append(self.add_variable_from_reference(model_variable=var, variable_name="m"))
        self._built = True

    def update_step(self, gradient, variable):
        rate = ops.cast(self.learning_rate, variable.dtype)
        slot = self.momentums[self._index_dict[self._var_key(variable)]]
        slot.assign(slot * self.momentum - gradient * rate)
        variable.assign_add(slot)

    def get_config(self):
        return {
            **super().get_config(),
            "learning_rate": self._serialize_hyperparameter(self._learning_rate),
            "momentum": self.momentum,
        }


class NameFirst(Momentum211):
    def __init__(self, learning_rate=0.01, momentum=0.9, name="NameFirst", **kwargs):
        optimizers.Optimizer.__init__(self, name, None, kwargs.pop("clipnorm", None), **kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)
        self.momentum = momentum


STYLES = [MomentumV2, WithoutState, Momentum211, NameFirst]


def model_with(optimizer):
    model = keras_torch.Sequential([keras_torch.Input((4,)), layers.Dense(3), layers.Dense(1)])
    model.set_weights([np.linspace(-1, 1, w.size).reshape(w.shape) for w in model.get_weights()])
    model.compile(optimizer, "mse")
    return model


def train(model, epochs=3):
    model.fit(X, NUMBERS, batch_size=5, epochs=epochs, shuffle=False, verbose=0)
    return model.get_weights()


def assert_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=5e-6, atol=1e-6)


SCHEDULE = optimizers.schedules.ExponentialDecay(0.05, 2, 0.5)


@pytest.mark.parametrize("generation", ["tf.keras", "keras3"])
@pytest.mark.parametrize("options", [{}, {"clipnorm": 0.1}, {"learning_rate": SCHEDULE}], ids=str)
@pytest.mark.parametrize("cls", STYLES)
def test_own_optimizers_train(cls, options, generation):
    options = {"learning_rate": 0.02, **options}
    with dialect(generation):
        assert_equal(train(model_with(cls(**options))), train(model_with(SGD(momentum=0.9, **options))))


@pytest.mark.parametrize("cls", [MomentumV2, WithoutState])
def test_decay_goes_into_the_rate(cls):
    found = train(model_with(cls(lr=0.02, decay=0.1)))
    assert_equal(found, train(model_with(SGD(0.02, momentum=0.9, decay=0.1))))


@pytest.mark.parametrize("cls", STYLES)
@pytest.mark.parametrize("again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_go_on_alike(cls, again):
    model = model_with(cls(0.02))
    train(model, 1)
    other = again(model)
    for one, two in zip(train(model), train(other), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("cls", STYLES)
def test_state_and_config_come_back(cls, tmp_path):
    model = model_with(cls(0.02, momentum=0.5))
    train(model, 1)
    assert len(model.optimizer.get_weights()) == 5
    model.save_weights(tmp_path / "a.weights.h5")
    config = optimizers.serialize(model.optimizer)
    other = model_with(optimizers.deserialize(config, custom_objects={cls.__name__: cls}))
    assert other.optimizer.momentum == 0.5 and other.optimizer.learning_rate == 0.02
    other.load_weights(tmp_path / "a.weights.h5")
    for one, two in zip(train(model), train(other), strict=True):
        np.testing.assert_array_equal(one, two)


def test_slots_by_name():
    first, second = Variable([[1.0, 2.0]]), Variable([1.0])
    optimizer = MomentumV2(0.5)
    optimizer._create_all_weights([first, second])
    slot = optimizer.add_slot(first, "other", initializer="ones")
    assert slot is optimizer.get_slot(first, "other") and slot.numpy().tolist() == [[1.0, 1.0]]
    assert optimizer.add_slot(second, "sized", shape=[3]).shape == (3,)
    assert optimizer.add_slot(second, "valued", initializer=np.array([3.0])).numpy() == [3.0]
    assert optimizer.add_slot(second, "made", keras_torch.initializers.Constant(2.0)).numpy() == [2.0]
    assert optimizer.get_slot_names() == ["momentum", "other", "sized", "valued", "made"]
    assert float(optimizer.add_weight("product", shape=[], initializer="ones")) == 1.0
    with pytest.raises(ValueError, match="`slot_name` must be one of .*'momentum', 'other'.*got 'velocity'"):
        optimizer.get_slot(first, "velocity")
    with pytest.raises(ValueError, match="`trainable` must be None or False"):
        optimizer.add_weight("weight", trainable=True)


def test_slots_of_the_house_have_their_old_names():
    variable = Variable([1.0])
    optimizer = Adam(0.5).build([variable])
    optimizer.apply([torch.ones(1)])
    assert optimizer.get_slot(variable, "m").numpy() == pytest.approx(0.1)
    assert optimizer.get_slot(variable, "v").numpy() == pytest.approx(0.001)
    assert optimizer.get_slot_names() == ["momentum", "velocity"]


def test_numbers_by_name():
    optimizer = Adam(0.5, decay=0.5)
    assert optimizer._get_hyper("beta_1") == 0.9
    assert optimizer._get_hyper("beta_1", torch.float64).dtype == torch.float64
    assert optimizer._get_hyper("learning_rate", "float32").dtype == torch.float32
    assert SGD(SCHEDULE)._get_hyper("learning_rate", "float32") is SCHEDULE
    optimizer._set_hyper("learning_rate", 0.25)
    assert optimizer.lr == 0.25
    assert SGD(SCHEDULE)._serialize_hyperparameter("learning_rate")["class_name"] == "ExponentialDecay"
    assert SGD(SCHEDULE)._serialize_hyperparameter(SCHEDULE)["class_name"] == "ExponentialDecay"
    with pytest.raises(ValueError, match="`learning_rate` must be a number"):
        optimizer._build_learning_rate("fast")


EVERY = [
    SGD(0.5, decay=1.0),
    Adam(0.5, decay=1.0),
    optimizers.LossScaleOptimizer(SGD(0.5, decay=1.0)),
    optimizers.RMSprop(SCHEDULE),
    optimizers.NativeOptimizer(torch.optim.SGD),
    MomentumV2(0.5),
]


@pytest.mark.parametrize("optimizer", EVERY, ids=lambda each: each.name)
def test_the_decayed_rate_is_a_metric(optimizer):
    def rate(y_true, y_pred):
        return optimizer._decayed_lr(torch.float32)

    model = model_with(optimizer)
    model.compile(optimizer, "mse", metrics=[rate])
    found = model.fit(X, NUMBERS, batch_size=20, epochs=3, verbose=0).history["rate"]
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    steps = np.arange(1, 4)
    base = (
        [float(SCHEDULE(step)) for step in steps] if inner.name == "rm_sprop" else float(inner.learning_rate)
    )
    np.testing.assert_allclose(found, base / (1 + (inner.decay or 0) * steps), rtol=1e-6)
    assert optimizer._decayed_lr("float64").dtype == torch.float64


def test_state_in_both_orders_of_arguments():
    variable = Variable([1.0, 2.0])
    optimizer = SGD(0.5).build([variable])
    add = optimizer.add_variable_from_reference
    assert add(variable, "a", keras_torch.initializers.Ones()).numpy().tolist() == [1.0, 1.0]
    assert add(variable, "b", [3]).shape == (3,)
    assert add(variable, "c", None, variable.detach()).numpy().tolist() == [1.0, 2.0]
    assert add(model_variable=variable, variable_name="d", shape=()).shape == ()
    assert add(variable, "e", initial_value=5.0, shape=(1,)).numpy() == [5.0]
    assert optimizer.add_variable([2], "float64").dtype == torch.float64
    assert optimizer.add_variable([2], torch.float64, "ones").numpy().tolist() == [1.0, 1.0]
    assert optimizer.add_variable(shape=None).shape == ()
