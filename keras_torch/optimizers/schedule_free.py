"""ScheduleFreeAdamW: Adam without a schedule, by averaging the way."""

import torch

from keras_torch.base import checks
from keras_torch.base.checks import Term
from keras_torch.base.third_party import foreach
from keras_torch.optimizers.optimizer import Optimizer
from keras_torch.optimizers.steps import descend_ratio, mix_squares, power


class ScheduleFreeAdamW(Optimizer):
    """Adam whose weights are the average of the way that its updates take, which replaces a schedule.

    z (slot `momentum`) is the way: `z -= rate * g / (sqrt(v / (1 - beta_2**t)) + epsilon); w += (z - w) / t`

    Args:
        learning_rate: step size: a number, a schedule, or a function without arguments.
        beta_1: of the paper, see Notes; it changes nothing.
        beta_2: share kept of the average squared gradient, 0..1.
        epsilon: small number added to the corrected root.
        warmup_steps: steps over which the learning rate rises from 0.
        **kwargs: those of `Optimizer`.

    Notes:
        In the paper the weights are `(1 - beta_1) z + beta_1 x` with x the average. Keras 3.15 on TensorFlow
        and on torch reads z after its update where the formula means it before, and `beta_1` then cancels:
        the weights are x. The numbers here are Keras's.

    Source: Keras 3 `optimizers.ScheduleFreeAdamW`; Defazio et al. (2024).

    >>> ScheduleFreeAdamW().learning_rate
    0.0025
    """

    slots = ("momentum", "velocity")
    vocabulary = {"warmup_steps": Term(checks.nonnegative_int, doc="steps over which the rate rises from 0",
                                       optional=False)}

    def __init__(self, learning_rate=0.0025, beta_1=0.9, beta_2=0.999, epsilon=1e-8, warmup_steps=0,
                 **kwargs):
        super().__init__(learning_rate, **kwargs)

    def new_slot(self, name, param):
        """The way starts at the weights; see `Optimizer.new_slot`."""
        start = super().new_slot(name, param)
        return start.copy_(param.detach()) if name == "momentum" else start

    def rule(self, params, grads, rate, step, momentum, velocity):
        """One update; see `Optimizer.rule`."""
        rate = rate * self._warmed_up(step)
        root = (1 - power(self.beta_2, step)) ** 0.5
        mix_squares(velocity, grads, self.beta_2)
        divisors = foreach.sqrt(velocity)
        foreach.add_(divisors, self.epsilon * root)
        descend_ratio(momentum, grads, divisors, rate * root)
        if isinstance(step, torch.Tensor):  # a share that is a tensor is not for `lerp`
            return foreach.add_(params, foreach.mul(foreach.sub(momentum, params), 1 / step))
        return foreach.lerp_(params, momentum, 1 / step)

    def _warmed_up(self, step):
        if not self.warmup_steps:
            return 1.0
        done = step / self.warmup_steps
        return done.clamp(max=1.0) if isinstance(done, torch.Tensor) else min(done, 1.0)
