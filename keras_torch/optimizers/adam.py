"""Adam and its descendants AdamW, Adamax and Nadam."""

import math

import numpy as np
import torch

from keras_torch.base import checks
from keras_torch.base.checks import Term
from keras_torch.base.third_party import foreach, fused_adam, fused_adamw
from keras_torch.optimizers.optimizer import Optimizer
from keras_torch.optimizers.steps import adam_correction, constant, descend_ratio, mix, mix_squares, power

# Note [Keras's epsilon on torch's kernel]
#     Keras:  w -= rate * sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (sqrt(v) + epsilon)
#     torch:  w -= lr / (1 - beta_1**t) * m / (sqrt(v) / sqrt(1 - beta_2**t) + eps)
# With t so large that both powers are 0, torch's kernel is `w -= lr * m / (sqrt(v) + eps)`: Keras's formula
# when `lr` is given as the corrected rate. The kernel's own count then never changes, and needs no update of
# its own.
_SETTLED = 1e30


def settled(owner, params):
    """The kernel's counts; see Note [Keras's epsilon on torch's kernel].

    >>> settled(Adam(), [torch.zeros(1)])
    [tensor(1.0000e+30)]
    """
    return [constant(owner, _SETTLED, params[0].device)] * len(params)


class Adam(Optimizer):
    """Divides the average gradient by the root of the average square, both corrected for their start at zero.

    Args:
        learning_rate: step size: a number, a schedule, or a function without arguments.
        beta_1: share kept of the average gradient, 0..1.
        beta_2: share kept of the average squared gradient, 0..1.
        epsilon: small number added to the uncorrected root; None for the setting `epsilon()`.
        amsgrad: divide by the largest average of squares so far.
        **kwargs: those of `Optimizer`.

    Source: Keras 3 `optimizers.Adam`; Kingma and Ba (2014), "epsilon hat" of section 2. In torch:
        `torch.optim.Adam`, whose epsilon is added to the corrected root.

    >>> Adam(0.01).beta_2
    0.999
    """

    slots = ("momentum", "velocity")
    optional_slots = {"velocity_hat": "amsgrad"}
    rule_decays = True

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False, **kwargs):
        super().__init__(learning_rate, **kwargs)

    def rule(self, params, grads, rate, step, momentum, velocity, velocity_hat=(), decay=0.0):
        """One update; see `Optimizer.rule`. `decay` is the fraction taken from each weight."""
        corrected = rate * adam_correction(self.beta_1, self.beta_2, step)
        kernel = fused_adamw if decay else fused_adam
        kernel(params, grads, momentum, velocity, velocity_hat, settled(self, params), lr=corrected,
               beta1=self.beta_1, beta2=self.beta_2, weight_decay=decay / corrected if decay else 0.0,
               eps=self.epsilon, amsgrad=self.amsgrad, maximize=False)


class AdamW(Adam):
    """`Adam` with weight decay: `w -= rate * weight_decay * w` before each update.

    Args:
        learning_rate: step size: a number, a schedule, or a function without arguments.
        weight_decay: fraction taken from each weight per unit of learning rate.
        beta_1: share kept of the average gradient, 0..1.
        beta_2: share kept of the average squared gradient, 0..1.
        epsilon: small number added to the uncorrected root; None for the setting `epsilon()`.
        amsgrad: divide by the largest average of squares so far.
        **kwargs: those of `Optimizer`.

    Source: Keras 3 `optimizers.AdamW`; Loshchilov and Hutter (2017). In torch: `torch.optim.AdamW`.

    >>> AdamW(0.01).weight_decay
    0.004
    """

    vocabulary = {"weight_decay": Term(checks.nonnegative_number, doc="fraction taken from each weight per "
                                                                      "unit of "
                                       "learning rate", optional=False)}

    def __init__(self, learning_rate=0.001, weight_decay=0.004, beta_1=0.9, beta_2=0.999, epsilon=1e-7,
                 amsgrad=False,
                 **kwargs):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **kwargs)


class Adamax(Optimizer):
    """`Adam` with the largest decayed gradient in place of the root.

    `u = max(beta_2 * u, |g|); w -= rate / (1 - beta_1**t) * m / (u + epsilon)`

    Args:
        learning_rate: step size: a number, a schedule, or a function without arguments.
        beta_1: share kept of the average gradient, 0..1.
        beta_2: share kept of the largest gradient, 0..1.
        epsilon: small number that keeps the division finite; None for the setting `epsilon()`.
        **kwargs: those of `Optimizer`.

    Source: Keras 3 `optimizers.Adamax`; Kingma and Ba (2014), section 7. In torch: `torch.optim.Adamax`.

    >>> Adamax().beta_1
    0.9
    """

    slots = ("momentum", "norm")

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate, **kwargs)

    def rule(self, params, grads, rate, step, momentum, norm):
        """One update; see `Optimizer.rule`."""
        mix(momentum, grads, self.beta_1)
        foreach.mul_(norm, self.beta_2)
        foreach.maximum_(norm, foreach.abs(grads))
        rate = rate / (1 - power(self.beta_1, step))
        descend_ratio(params, momentum, foreach.add(norm, self.epsilon), rate)


_TERMS = range(1, 61)  # of the series below; the last is below double precision


class Nadam(Optimizer):
    """`Adam` with Nesterov's look-ahead and a momentum that warms up.

    The momentum of step t is `beta_1 * (1 - 0.5 * 0.96 ** (t * schedule_decay))`.

    Args:
        learning_rate: step size: a number, a schedule, or a function without arguments.
        beta_1: share kept of the average gradient, 0..1.
        beta_2: share kept of the average squared gradient, 0..1.
        epsilon: small number added to the corrected root; None for the setting `epsilon()`.
        schedule_decay: speed of the warm-up; 1 in Keras 3, 0.004 by default in Keras 1, 2 and
            `optimizers.legacy`, where it is also called `decay`.
        **kwargs: those of `Optimizer`.

    Source: Keras 3 `optimizers.Nadam`; Dozat (2015). In torch: `torch.optim.NAdam`.

    >>> Nadam().beta_1
    0.9
    """

    slots = ("momentum", "velocity")
    formula_has_changed = True

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, schedule_decay=1.0,
                 **kwargs):
        super().__init__(learning_rate, **kwargs)
        self._product = 0, 1.0  # a step and the product of the momentums until then

    def rule(self, params, grads, rate, step, momentum, velocity):
        """One update; see `Optimizer.rule`."""
        now, following = self._momentum_of(step), self._momentum_of(step + 1)
        product = self.momentum_product(step)
        mix(momentum, grads, self.beta_1)
        mix_squares(velocity, grads, self.beta_2)
        # (a * m + b * g) / (sqrt(v / c) + epsilon), without the tensors in between.
        root = (1 - power(self.beta_2, step)) ** 0.5
        divisors = foreach.sqrt(velocity)
        foreach.add_(divisors, self.epsilon * root)
        descend_ratio(params, momentum, divisors, rate * root * following / (1 - product * following))
        descend_ratio(params, grads, divisors, rate * root * (1 - now) / (1 - product))

    def _momentum_of(self, step):
        return self.beta_1 * (1 - 0.5 * 0.96 ** (step * self.schedule_decay))

    def momentum_product(self, step):
        """The product of the warming-up momentums of steps 1 to `step` (a number or a tensor)."""
        if isinstance(step, torch.Tensor):
            return self._product_from_start(step)
        before, product = self._product
        if step == before + 1:
            product *= self._momentum_of(step)
        elif step != before:
            product = self._product_from_start(step)
        self._product = step, product
        return product

    def _product_from_start(self, step):
        # log(1 - y) = -sum(y**j / j), summed over the steps k with y = 0.5 * x**k: a geometric series.
        speed = self.schedule_decay * math.log(0.96)
        if not speed:
            return (0.5 * self.beta_1) ** step
        logarithm = sum(0.5 ** j / j * (_expm1(speed * j * step) / math.expm1(-speed * j)) for j in _TERMS)
        return self.beta_1 ** step * _exp(logarithm)

    def get_config(self):
        """See `Optimizer.get_config`; `schedule_decay` only where it is not that of Keras 3."""
        config = super().get_config()
        if config["schedule_decay"] == 1.0:
            del config["schedule_decay"]
        return config

    def _grouped_state(self):
        """tf.keras lists the product in front of the slots."""
        state = super()._grouped_state()
        return [state[-1], *state[:-1]] if self._is_legacy else state

    def _added_variables(self):
        """Keras's files end with the product, which here follows from the count."""
        return [*super()._added_variables(), MomentumProduct(self.momentum_product(int(self.iterations)))]


def _exp(value):
    return torch.exp(value) if isinstance(value, torch.Tensor) else math.exp(value)


def _expm1(value):
    return torch.expm1(value) if isinstance(value, torch.Tensor) else math.expm1(value)


class MomentumProduct(float):
    """`Nadam`'s last entry in Keras's files; it follows from the count, so that a file's value is not needed.

    >>> MomentumProduct(0.5).assign(0.25)
    0.5
    """

    shape = ()
    name = path = "u_product"
    dtype = "float32"

    def numpy(self):
        """The number as a numpy scalar."""
        return np.float32(self)

    def assign(self, value):
        """Nothing to do: the value follows from the count."""
        return self
