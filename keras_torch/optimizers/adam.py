"""Adam and its descendants AdamW, Adamax and Nadam."""

import itertools

import numpy as np
import torch

from keras_torch.base import checks
from keras_torch.base.checks import Term
from keras_torch.base.third_party import foreach, fused_adam, fused_adamw
from keras_torch.optimizers.optimizer import Optimizer
from keras_torch.optimizers.steps import descend_ratio, mix, mix_squares

# Note [Keras's epsilon on torch's kernel]
#     Keras:  w -= rate * sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (sqrt(v) + epsilon)
#     torch:  w -= lr / (1 - beta_1**t) * m / (sqrt(v) / sqrt(1 - beta_2**t) + eps)
# With t so large that both powers are 0, torch's kernel is `w -= lr * m / (sqrt(v) + eps)`: Keras's formula
# when `lr` is given as the corrected rate. The kernel's own count then never changes, and needs no update of
# its own.
_SETTLED = 1e30


def constant(owner, value, device):
    """A number or tuple as a tensor on the device, made once: no memory is sent there during a capture.

    >>> constant(Adam(), 3.0, torch.device("cpu"))
    tensor(3.)
    """
    made = owner.__dict__.setdefault("_constants", {})
    if (value, device) not in made:
        made[value, device] = torch.tensor(value, device=device)
    return made[value, device]


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
        # Keras raises its betas to the step in single precision: 0.999 there is 0.99900001287.
        beta_1, beta_2 = float(np.float32(self.beta_1)), float(np.float32(self.beta_2))
        corrected = rate * (1 - beta_2 ** step) ** 0.5 / (1 - beta_1 ** step)
        kernel = fused_adamw if decay else fused_adam
        kernel(params, grads, momentum, velocity, velocity_hat, self._settled(params), lr=corrected,
               beta1=self.beta_1, beta2=self.beta_2, weight_decay=decay / corrected if decay else 0.0,
               eps=self.epsilon, amsgrad=self.amsgrad, maximize=False)

    def _settled(self, params):
        """The kernel's counts; see Note [Keras's epsilon on torch's kernel]."""
        return [constant(self, _SETTLED, params[0].device)] * len(params)


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
        descend_ratio(params, momentum, foreach.add(norm, self.epsilon), rate / (1 - self.beta_1 ** step))


_WARMUP = tuple(itertools.accumulate((1 - 0.5 * 0.96 ** step for step in range(1, 1001)), lambda a, b: a * b,
                                     initial=1.0))  # later factors are 1 in double precision


class Nadam(Optimizer):
    """`Adam` with Nesterov's look-ahead and a momentum that warms up.

    Args:
        learning_rate: step size: a number, a schedule, or a function without arguments.
        beta_1: share kept of the average gradient, 0..1.
        beta_2: share kept of the average squared gradient, 0..1.
        epsilon: small number added to the corrected root; None for the setting `epsilon()`.
        **kwargs: those of `Optimizer`.

    Source: Keras 3 `optimizers.Nadam`; Dozat (2015). In torch: `torch.optim.NAdam`.

    >>> Nadam().beta_1
    0.9
    """

    slots = ("momentum", "velocity")

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate, **kwargs)

    def rule(self, params, grads, rate, step, momentum, velocity):
        """One update; see `Optimizer.rule`."""
        now, following = (self.beta_1 * (1 - 0.5 * 0.96 ** (step + ahead)) for ahead in (0, 1))
        product = self.momentum_product(step)
        mix(momentum, grads, self.beta_1)
        mix_squares(velocity, grads, self.beta_2)
        # (a * m + b * g) / (sqrt(v / c) + epsilon), without the tensors in between.
        root = (1 - self.beta_2 ** step) ** 0.5
        divisors = foreach.sqrt(velocity)
        foreach.add_(divisors, self.epsilon * root)
        descend_ratio(params, momentum, divisors, rate * root * following / (1 - product * following))
        descend_ratio(params, grads, divisors, rate * root * (1 - now) / (1 - product))

    def momentum_product(self, step):
        """The product of the warming-up momentums of steps 1 to `step` (a number or a tensor)."""
        if not isinstance(step, torch.Tensor):
            return self.beta_1 ** step * _WARMUP[min(step, 1000)]
        place = step.clamp(max=1000).long().reshape(1)
        return self.beta_1 ** step * constant(self, _WARMUP, step.device).index_select(0, place)[0]

    def _added_variables(self):
        """Keras's files end with the product, which here follows from the count."""
        return [*super()._added_variables(), MomentumProduct(self.momentum_product(int(self.iterations)))]


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
