"""Gradient descent with momentum."""

from keras_torch.base.third_party import foreach, fused_sgd
from keras_torch.optimizers.optimizer import Optimizer
from keras_torch.optimizers.steps import descend


class SGD(Optimizer):
    """Gradient descent: `w -= rate * g`; with momentum `m = momentum * m - rate * g; w += m`.

    Args:
        learning_rate: step size: a number, a schedule, or a function without arguments.
        momentum: share kept of the last update, 0..1.
        nesterov: look ahead: `w += momentum * m - rate * g`.
        **kwargs: those of `Optimizer`.

    Source: Keras 3 `optimizers.SGD`. In torch: `torch.optim.SGD`, whose momentum does not contain the
        learning rate.

    >>> SGD(0.1, momentum=0.9).momentum
    0.9
    """

    optional_slots = {"momentum": "momentum"}

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, **kwargs):
        super().__init__(learning_rate, **kwargs)

    def rule(self, params, grads, rate, step, momentum=None):
        """One update; see `Optimizer.rule`."""
        if momentum is None:
            return descend(params, grads, rate)
        share = self.momentum if self.nesterov else 1.0  # of the momentum that goes into the weights
        if isinstance(rate, float):
            # torch's kernel computes m = momentum * m + (1 - dampening) * g; w -= lr * m.
            fused_sgd(params, grads, momentum, weight_decay=0.0, momentum=self.momentum, lr=-share,
                      dampening=1 + rate, nesterov=False, maximize=False, is_first_step=False)
        else:
            foreach.mul_(momentum, self.momentum)
            descend(momentum, grads, rate)
            foreach.add_(params, momentum, alpha=share)
        return descend(params, grads, rate) if self.nesterov else None
