"""RMSprop."""

from keras_torch.base.third_party import foreach
from keras_torch.optimizers.optimizer import Optimizer
from keras_torch.optimizers.steps import descend_ratio, mix, mix_squares, roots


class RMSprop(Optimizer):
    """Divides each gradient by the root of a running average of its squares.

    `v = rho * v + (1 - rho) * g**2; w -= rate * g / sqrt(v + epsilon)`, in the generations before Keras 3
    and in `optimizers.legacy` `/ (sqrt(v) + epsilon)`, unless there is momentum.

    Args:
        learning_rate: step size: a number, a schedule, or a function without arguments.
        rho: share kept of the average of squares, 0..1.
        momentum: share kept of the last update, 0..1.
        epsilon: small number under the root; None for the setting `epsilon()`.
        centered: divide by the standard deviation: subtract the squared average gradient under the root.
        **kwargs: those of `Optimizer`.

    Source: Keras 3 `optimizers.RMSprop`. In torch: `torch.optim.RMSprop`, whose epsilon is outside of the
        root.

    >>> RMSprop(0.01, rho=0.8).rho
    0.8
    """

    slots = ("velocity",)
    formula_has_changed = True
    optional_slots = {"momentum": "momentum", "average_gradient": "centered"}

    def __init__(self, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False, **kwargs):
        super().__init__(learning_rate, **kwargs)

    def rule(self, params, grads, rate, step, velocity, momentum=None, average_gradient=None):
        """One update; see `Optimizer.rule`."""
        mix_squares(velocity, grads, self.rho)
        squares = velocity
        if average_gradient is not None:
            mix(average_gradient, grads, self.rho)
            squares = foreach.addcmul(velocity, average_gradient, average_gradient, value=-1.0)
        divisors = roots(squares, self.epsilon, outside=self._is_legacy and momentum is None)
        if momentum is None:
            return descend_ratio(params, grads, divisors, rate)
        foreach.mul_(momentum, self.momentum)
        descend_ratio(momentum, grads, divisors, -rate)
        return foreach.sub_(params, momentum)
