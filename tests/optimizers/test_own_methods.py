"""Subclasses of house optimizers with methods of their own: fit goes by them, as Keras's does."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from cases.training_models import NUMBERS, X

import keras_torch
from keras_torch import layers, optimizers
from keras_torch.base.variable import Variable
from keras_torch.dialects import dialect
from keras_torch.optimizers import SGD, Adam, AdamW, LossScaleOptimizer


def model_with(optimizer, cls=keras_torch.Model):
    x = keras_torch.Input((4,))
    hidden = layers.Dense(3, kernel_initializer=keras_torch.initializers.GlorotUniform(seed=1), name="a")(x)
    model = cls(
        x,
        layers.Dense(1, kernel_initializer=keras_torch.initializers.GlorotUniform(seed=2), name="b")(hidden),
    )
    model.compile(optimizer, "mse")
    return model


def trained(optimizer, epochs=3, cls=keras_torch.Model):
    model = model_with(optimizer, cls)
    model.fit(X, NUMBERS, batch_size=5, epochs=epochs, shuffle=False, verbose=0)
    return model.get_weights()


def assert_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-6, atol=1e-7)


def assert_differ(found, expected):
    assert any(np.abs(one - other).max() > 1e-4 for one, other in zip(found, expected))


class PassesStepsOn(Adam):
    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, learning_rate)


class PassesStepsOnAsTfKeras(Adam):
    def update_step(self, gradient, variable):
        super().update_step(gradient, variable)


class PassesDenseOn(Adam):
    def _resource_apply_dense(self, grad, var, apply_state=None):
        assert (var.device, var.dtype) in apply_state
        return super()._resource_apply_dense(grad, var, apply_state=apply_state)


class PassesApplyOn(Adam):
    def apply(self, grads, trainable_variables=None):
        super().apply(grads, trainable_variables)


class PassesApplyGradientsOn(Adam):
    def apply_gradients(self, grads_and_vars, **kwargs):
        grads, variables = zip(*grads_and_vars)
        return super().apply_gradients(zip(grads, variables), **kwargs)


class PassesMinimizeOn(Adam):
    def minimize(self, loss, var_list, tape=None):
        return super().minimize(loss, var_list, tape=tape)


class PassesComputeOn(Adam):
    def _compute_gradients(self, loss, var_list, grad_loss=None, tape=None):
        return super()._compute_gradients(loss, var_list, grad_loss, tape)


class PassesTapeOn(Adam):
    def compute_gradients(self, loss, var_list, tape=None):
        return list(zip(tape.gradient(loss, var_list), var_list))


class PassesClippingOn(Adam):
    def _clip_gradients(self, grads):
        return super()._clip_gradients(grads)


class PassesTransformOn(Adam):
    def _transform_gradients(self, grads_and_vars):
        return super()._transform_gradients(grads_and_vars)


class PassesScaleOn(Adam):
    def scale_loss(self, loss):
        return super().scale_loss(loss)


PASSING = [
    PassesStepsOn,
    PassesStepsOnAsTfKeras,
    PassesDenseOn,
    PassesApplyOn,
    PassesApplyGradientsOn,
    PassesMinimizeOn,
    PassesComputeOn,
    PassesTapeOn,
    PassesClippingOn,
    PassesTransformOn,
    PassesScaleOn,
]
OPTIONS = [
    {},
    {"clipnorm": 0.1},
    {"weight_decay": 0.1},
    {"amsgrad": True, "global_clipnorm": 0.2},
    {"use_ema": True, "gradient_accumulation_steps": 2},
    {"learning_rate": optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("cls", PASSING)
def test_a_method_that_only_passes_on_changes_nothing(cls, options):
    options = {"learning_rate": 0.05, **options}
    assert_equal(trained(cls(**options)), trained(Adam(**options)))


HOUSE = [
    optimizers.SGD,
    optimizers.RMSprop,
    optimizers.Adam,
    optimizers.AdamW,
    optimizers.Adamax,
    optimizers.Nadam,
    optimizers.Adagrad,
    optimizers.Adadelta,
    optimizers.Adafactor,
    optimizers.Lion,
    optimizers.Lamb,
    optimizers.Ftrl,
    optimizers.Muon,
    optimizers.ScheduleFreeAdamW,
]
SGDS = [{"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}]


@pytest.mark.parametrize("cls, options", [*((cls, {}) for cls in HOUSE), *((SGD, each) for each in SGDS)])
def test_every_optimizer_updates_single_variables(cls, options):
    class Own(cls):
        def update_step(self, gradient, variable, learning_rate):
            super().update_step(gradient, variable, learning_rate)

    assert_equal(trained(Own(learning_rate=0.01, **options)), trained(cls(learning_rate=0.01, **options)))


# Recipes.


class CentralizedByApply(Adam):
    """Gradient centralization, Yong et al. 2020."""

    def apply(self, grads, trainable_variables=None):
        super().apply(
            [grad - grad.mean(0, keepdim=True) if grad.dim() > 1 else grad for grad in grads],
            trainable_variables,
        )


class CentralizedByApplyGradients(Adam):
    def apply_gradients(self, grads_and_vars, name=None, **kwargs):
        return super().apply_gradients(
            [
                (grad - grad.mean(0, keepdim=True) if grad.dim() > 1 else grad, variable)
                for grad, variable in grads_and_vars
            ],
            name=name,
            **kwargs,
        )


class CentralizedByCompute(Adam):
    def compute_gradients(self, loss, var_list, tape=None):
        return [
            (grad - grad.mean(0, keepdim=True) if grad.dim() > 1 else grad, variable)
            for grad, variable in super().compute_gradients(loss, var_list, tape)
        ]


class CentralizedByClipping(Adam):
    def _clip_gradients(self, grads):
        return [grad - grad.mean(0, keepdim=True) if grad.dim() > 1 else grad for grad in grads]


class CentralizedByStep(Adam):
    def update_step(self, gradient, variable, learning_rate):
        if gradient.dim() > 1:
            gradient = gradient - gradient.mean(0, keepdim=True)
        super().update_step(gradient, variable, learning_rate)


class Centralizes(keras_torch.Model):
    """The same by hand, as the numbers to reach."""

    def train_step(self, data):
        x, y = data
        self.optimizer.zero_grad()
        loss = ((self(x) - y) ** 2).mean()
        loss.backward()
        for weight in self.trainable_weights:
            if weight.dim() > 1:
                weight.grad -= weight.grad.mean(0, keepdim=True)
        self.optimizer.step()
        return loss


CENTRALIZED = [
    CentralizedByApply,
    CentralizedByApplyGradients,
    CentralizedByCompute,
    CentralizedByClipping,
    CentralizedByStep,
]


@pytest.mark.parametrize("cls", CENTRALIZED)
def test_gradient_centralization(cls):
    found = trained(cls(0.05))
    assert_equal(found, trained(Adam(0.05), cls=Centralizes))
    assert_differ(found, trained(Adam(0.05)))


def test_a_torch_loop_and_a_custom_step_go_by_own_methods_too():
    class TorchHabit(keras_torch.Model):
        def train_step(self, data):
            x, y = data
            self.optimizer.zero_grad()
            loss = ((self(x) - y) ** 2).mean()
            loss.backward()
            self.optimizer.step()
            return loss

    class OwnLoss(keras_torch.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return ((y_pred - y) ** 2).mean()

    expected = trained(CentralizedByStep(0.05))
    for cls in (TorchHabit, OwnLoss):
        for optimizer in (CentralizedByApply(0.05), CentralizedByApplyGradients(0.05)):
            assert_equal(trained(optimizer, cls=cls), expected)
    assert_equal(trained(CentralizedByCompute(0.05), cls=OwnLoss), expected)


class Multiplied(SGD):
    """Learning rate multipliers by layer."""

    def __init__(self, learning_rate=0.05, multipliers=None, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.multipliers = multipliers or {}

    def update_step(self, gradient, variable, learning_rate):
        factor = self.multipliers.get(variable.path.split("/")[-2], 1.0)
        super().update_step(gradient, variable, learning_rate * factor)


class MultipliedBySlotsOfOld(SGD):
    """The same in the form of OptimizerV2."""

    def __init__(self, learning_rate=0.05, multipliers=None, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.multipliers = multipliers or {}

    def _resource_apply_dense(self, grad, var, apply_state=None):
        coefficients = dict(apply_state[var.device, var.dtype])
        coefficients["lr_t"] = coefficients["lr_t"] * self.multipliers.get(var.path.split("/")[-2], 1.0)
        return super()._resource_apply_dense(grad, var, apply_state={(var.device, var.dtype): coefficients})


@pytest.mark.parametrize("cls", [Multiplied, MultipliedBySlotsOfOld])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_learning_rate_multipliers(cls, momentum):
    found = trained(cls(0.05, multipliers={"a": 0.25}, momentum=momentum))
    model = model_with(SGD(0.05, momentum=momentum))
    kernels = {path: [w for w in model.trainable_weights if w.path.split("/")[-2] == path] for path in "ab"}
    model.optimizer.build([{"params": kernels["a"], "lr": 0.0125}, {"params": kernels["b"]}])
    model.fit(X, NUMBERS, batch_size=5, epochs=3, shuffle=False, verbose=0)
    assert_equal(found, model.get_weights())


class DecaysByHand(Adam):
    """AdamW as recipes write it: the weights that decay are chosen by name."""

    def update_step(self, gradient, variable, learning_rate):
        if "bias" not in variable.path:
            variable.assign_sub(variable * 0.1 * learning_rate)
        super().update_step(gradient, variable, learning_rate)


class DecaysOwnWay(Adam):
    def _apply_weight_decay(self, variables):
        for variable in variables:
            if "bias" not in variable.path:
                variable.assign_sub(variable * 0.1 * float(self.learning_rate))


class DecaysSome(AdamW):
    def _use_weight_decay(self, variable):
        return super()._use_weight_decay(variable) and "bias" not in variable.path


@pytest.mark.parametrize(
    "optimizer", [DecaysByHand, DecaysOwnWay, lambda rate: DecaysSome(rate, weight_decay=0.1)]
)
def test_recipes_of_adamw(optimizer):
    reference = AdamW(0.05, weight_decay=0.1)
    reference.exclude_from_weight_decay(var_names=["bias"])
    found = trained(optimizer(0.05))
    assert_equal(found, trained(reference))
    assert_differ(found, trained(Adam(0.05)))


class SharpnessAware(SGD):
    """SAM, Foret et al. 2021, in two halves that a train_step calls."""

    def climb(self, grads, variables, rho=0.05):
        norm = torch.stack([grad.norm() for grad in grads]).norm()
        self.moves = [grad * (rho / norm) for grad in grads]
        for variable, move in zip(variables, self.moves):
            variable.assign_add(move)

    def apply_gradients(self, grads_and_vars):
        pairs = list(grads_and_vars)
        for (_, variable), move in zip(pairs, self.moves):
            variable.assign_sub(move)
        return super().apply_gradients(pairs)


class SamModel(keras_torch.Model):
    def train_step(self, data):
        x, y = data
        weights = self.trainable_weights
        for last in (False, True):
            self.zero_grad()
            loss = ((self(x) - y) ** 2).mean()
            loss.backward()
            grads = [weight.grad.clone() for weight in weights]
            if last:
                self.optimizer.apply_gradients(zip(grads, weights))
            else:
                self.optimizer.climb(grads, weights)
        return loss


def test_sharpness_aware_minimization():
    found = trained(SharpnessAware(0.05), cls=SamModel)
    kernels = [torch.tensor(w, requires_grad=True) for w in model_with("sgd").get_weights()]
    for _ in range(3):
        for start in range(0, len(X), 5):
            x, y = torch.tensor(X[start : start + 5]), torch.tensor(NUMBERS[start : start + 5]).reshape(-1, 1)

            def gradients(weights, x=x, y=y):
                a, a_bias, b, b_bias = weights
                return torch.autograd.grad(((((x @ a + a_bias) @ b + b_bias) - y) ** 2).mean(), weights)

            first = gradients(kernels)
            norm = torch.stack([grad.norm() for grad in first]).norm()
            moved = [(w + 0.05 * g / norm).detach().requires_grad_() for w, g in zip(kernels, first)]
            kernels = [(w - 0.05 * g).detach().requires_grad_() for w, g in zip(kernels, gradients(moved))]
    assert_equal(found, [kernel.detach().numpy() for kernel in kernels])


class AdaptivelyClipped(SGD):
    """Clips each gradient to a share of its weight's norm, as AGC does."""

    def apply(self, grads, trainable_variables=None):
        clipped = [
            grad * (0.01 * variable.norm() / grad.norm()).clamp(max=1.0)
            for grad, variable in zip(grads, trainable_variables)
        ]
        super().apply(clipped, trainable_variables)


def test_gradient_clipping_by_override():
    variable = Variable([3.0, 4.0])
    optimizer = AdaptivelyClipped(1.0).build([variable])
    (variable * torch.tensor([3.0, 4.0])).sum().backward()
    optimizer.step()
    np.testing.assert_allclose(variable.numpy(), [2.97, 3.96], rtol=1e-6)


def test_a_direct_apply_gradients_reaches_update_step():
    seen = []

    class Own(SGD):
        def update_step(self, gradient, variable, learning_rate):
            seen.append((variable, float(learning_rate)))
            super().update_step(gradient, variable)

    variable = Variable([1.0])
    Own(0.5).apply_gradients([(torch.ones(1), variable)])
    assert seen == [(variable, 0.5)] and float(variable) == 0.5


def test_update_step_may_be_called_by_hand():
    variable, twin = Variable([1.0]), Variable([1.0])
    optimizer, other = Adam(0.5, weight_decay=0.1).build([variable]), Adam(0.5).build([twin])
    with torch.no_grad():
        optimizer.update_step(torch.ones(1), variable)
        other.update_step(torch.ones(1), twin, torch.tensor(0.5))
    assert float(variable) == float(twin) == pytest.approx(0.5, abs=1e-5)
    with pytest.raises(ValueError, match="was built on other variables"):
        optimizer.update_step(torch.ones(1), twin)
    with pytest.raises(NotImplementedError, match="has no update"):
        optimizers.Optimizer(0.5).apply([torch.ones(1)], [Variable([1.0])])


def test_a_gradient_in_another_memory_order_is_laid_out():
    class Own(Adam):
        def update_step(self, gradient, variable, learning_rate):
            super().update_step(gradient.t().contiguous().t().double(), variable, learning_rate)

    variable, twin = (Variable(torch.arange(6.0).reshape(2, 3)) for _ in range(2))
    grad = torch.arange(6.0).reshape(2, 3)
    Own(0.5).apply([grad], [variable])
    Adam(0.5).apply([grad], [twin])
    np.testing.assert_array_equal(variable.numpy(), twin.numpy())


def test_methods_patched_on_an_object_count():
    optimizer = Adam(0.05)
    before = optimizer.apply_gradients
    optimizer.apply_gradients = lambda pairs: before([(grad * 0.0, variable) for grad, variable in pairs])
    model = model_with(optimizer)
    start = model.get_weights()
    model.fit(X, NUMBERS, batch_size=5, verbose=0)
    assert_equal(model.get_weights(), start)


def test_own_methods_inside_loss_scaling_and_multi_optimizer():
    expected = trained(CentralizedByApply(0.05))
    for inner in (CentralizedByApply(0.05), CentralizedByStep(0.05)):
        assert_equal(trained(LossScaleOptimizer(inner, initial_scale=2.0**10)), expected)
        assert not inner.capturable
    multi = optimizers.MultiOptimizer(
        optimizers.OptimizerMap(CentralizedByStep(0.05), {"a/.*": CentralizedByApply(0.05)})
    )
    assert_equal(trained(multi), expected)
    with pytest.raises(
        NotImplementedError, match="LossScaleOptimizer .*cannot scale the loss for CentralizedByCom"
    ):
        trained(LossScaleOptimizer(CentralizedByCompute(0.05)))
    with pytest.raises(NotImplementedError, match="MultiOptimizer.*CentralizedByCompute takes the loss"):
        trained(optimizers.MultiOptimizer(optimizers.OptimizerMap(CentralizedByCompute(0.05))))


def test_own_transformations_come_before_or_after_clipping_or_in_its_place():
    class Doubles(SGD):
        def _transform_gradients(self, grads_and_vars):
            return [(grad * 2.0, variable) for grad, variable in super()._transform_gradients(grads_and_vars)]

    class Triples(SGD):
        def _transform_gradients(self, grads_and_vars):
            return [(grad * 3.0, variable) for grad, variable in grads_and_vars]

    for optimizer, expected in [(Doubles(1.0, clipvalue=0.5), 0.0), (Triples(1.0, clipvalue=0.5), -2.0)]:
        variable = Variable([1.0])
        optimizer.apply_gradients([(torch.ones(1), variable)])
        assert float(variable) == expected


def test_own_methods_of_optimizers_around_others():
    class Halves(LossScaleOptimizer):
        def apply_gradients(self, grads_and_vars, **kwargs):
            halves = [(grad * 0.5, variable) for grad, variable in grads_and_vars]
            return super().apply_gradients(halves, **kwargs)

    class HalvesAll(optimizers.MultiOptimizer):
        def apply(self, grads, trainable_variables=None):
            super().apply([grad * 0.5 for grad in grads], trainable_variables)

    shares = optimizers.OptimizerMap(SGD(0.1), {"a/.*": SGD(0.1)})
    for optimizer in (Halves(SGD(0.1), initial_scale=8.0), Halves(HalvesAll(shares)), HalvesAll(shares)):
        expected = 0.025 if isinstance(getattr(optimizer, "inner_optimizer", None), HalvesAll) else 0.05
        assert_equal(trained(copy.deepcopy(optimizer)), trained(SGD(expected)))


def test_own_scaling_of_the_loss():
    class Scaled(SGD):
        def scale_loss(self, loss):
            return loss * 4.0

    assert_equal(trained(Scaled(0.0125)), trained(SGD(0.05)))


class CentralizedByGetGradients(Adam):
    def get_gradients(self, loss, params):
        return [
            grad - grad.mean(0, keepdim=True) if grad.dim() > 1 else grad
            for grad in super().get_gradients(loss, params)
        ]


def test_get_gradients_is_called_in_keras_1_and_2():
    for generation in ("keras1", "keras2.2", "keras2.3"):
        with dialect(generation):
            found, plain = trained_in_old(CentralizedByGetGradients(0.05)), trained_in_old(Adam(0.05))
            by_step = trained_in_old(CentralizedByStep(0.05))
        assert_equal(found, by_step)
        assert_differ(found, plain)
    with pytest.warns(UserWarning, match="training calls it in Keras 1 and 2, not in tf.keras and Keras 3"):
        optimizer = CentralizedByGetGradients(0.05)
    assert not optimizer.learns_from_loss


def trained_in_old(optimizer):
    model = model_with(optimizer)
    for _ in range(3):
        for start in range(0, len(X), 5):
            model.train_on_batch(X[start : start + 5], NUMBERS[start : start + 5])
    return model.get_weights()


def test_a_loss_without_weights_is_told_with_own_methods_too():
    class Detached(keras_torch.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return y_pred.detach().sum()

    with pytest.raises(ValueError, match="does not depend on any trainable weight"):
        trained(PassesMinimizeOn(0.05), cls=Detached)


@pytest.mark.parametrize(
    "name, way_out",
    [
        ("_backend_update_step", "Override update_step"),
        ("_distributed_apply", "Override apply_gradients"),
        ("_resource_apply_sparse", "gradients are dense tensors. Override _resource_apply_dense"),
        ("_apply_dense", "Override _resource_apply_dense"),
    ],
)
def test_what_would_never_be_called_is_an_error(name, way_out):
    cls = type("Own", (Adam,), {name: lambda self, *args: None})
    with pytest.raises(NotImplementedError, match=rf"Own.{name}\(\) is never called here.*{way_out}"):
        cls(0.05)


def test_native_optimizers_have_no_own_methods():
    cls = type("Own", (optimizers.NativeOptimizer,), {"apply_gradients": lambda self, pairs: None})
    with pytest.raises(
        NotImplementedError, match=r"Own.apply_gradients\(\) is never called: the torch optim"
    ):
        cls(torch.optim.SGD)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
@pytest.mark.parametrize(
    "make",
    [
        lambda: PassesStepsOn(0.05),
        lambda: SGD(0.05, momentum=0.9, nesterov=True),
        lambda: Adam(0.05, use_ema=True, gradient_accumulation_steps=2),
        lambda: LossScaleOptimizer(Adam(0.05)),
        lambda: torch.optim.Adam,
        lambda: optimizers.MultiOptimizer(optimizers.OptimizerMap(Adam(0.05))),
        lambda: torch.optim.SGD,
        lambda: CentralizedByApplyGradients(0.05),
    ],
)
def test_a_copied_model_goes_on_alike(make, again):
    model = keras_torch.Sequential([keras_torch.Input((4,)), layers.Dense(3), layers.Dense(1)])
    model.compile(make(), "mse")
    model.fit(X, NUMBERS, batch_size=7, shuffle=False, verbose=0)
    other = again(model)
    for each in (model, other):
        each.fit(X, NUMBERS, batch_size=5, epochs=3, shuffle=False, verbose=0)
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert model.optimizer.iterations == other.optimizer.iterations > 0
