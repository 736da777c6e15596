"""Gradient descent with momentum."""

import torch

from keras_torch.base.third_party import foreach, fused_sgd
from keras_torch.optimizers.optimizer import Optimizer
from keras_torch.optimizers.steps import descend

_LEAST_RATE, _WIDE = 1e-12, (torch.float32, torch.float64)  # a momentum divided by less would not fit


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
        self._divided = {}  # id of a block's momenta -> (the momenta, the rate that they are divided by)

    def rule(self, params, grads, rate, step, momentum=None):
        """One update; see `Optimizer.rule`."""
        if momentum is None:
            return descend(params, grads, rate)
        if self.nesterov and self._divide(momentum, rate):
            return _fused(params, grads, momentum, self.momentum, lr=rate, dampening=0.0, nesterov=True)
        self.settle()
        share = self.momentum if self.nesterov else 1.0  # of the momentum that goes into the weights
        if isinstance(rate, float):
            # torch's kernel computes m = momentum * m + (1 - dampening) * g; w -= lr * m.
            _fused(params, grads, momentum, self.momentum, lr=-share, dampening=1 + rate, nesterov=False)
        else:
            foreach.mul_(momentum, self.momentum)
            descend(momentum, grads, rate)
            foreach.add_(params, momentum, alpha=share)
        return descend(params, grads, rate) if self.nesterov else None

    # Note [Nesterov's momentum, divided by the rate]
    # Keras's momentum m contains the rate, torch's does not: m = -rate * u. Only u fits torch's kernel, which
    # looks ahead in one pass over memory. So between steps the slots of a block hold u, and the rate they
    # were divided by is kept here. Whoever reads the state settles it first; once its tensors have been
    # handed out (`Optimizer.state`, `variables`, `state_dict`), they stay m, at the price of a second pass.

    def _divide(self, momentum, rate):
        """Turns the momentum of a block into torch's; False where it has to stay Keras's."""
        fits = isinstance(rate, float) and rate >= _LEAST_RATE and momentum[0].dtype in _WIDE
        if self._shown or not fits:
            return False
        divided = self._divided.get(id(momentum))
        if divided is None:
            if not any(block.slots["momentum"] is momentum for block in self._blocks):
                return False  # some of a block's variables have no gradient in this step
            foreach.mul_(momentum, -1 / rate)
        elif divided[1] != rate:
            foreach.mul_(momentum, divided[1] / rate)
        else:
            return True
        self._divided[id(momentum)] = momentum, rate
        return True

    def settle(self):
        """Turns the momentum back into Keras's, which contains the rate."""
        while self._divided:
            momentum, rate = self._divided.popitem()[1]
            foreach.mul_(momentum, -rate)


def _fused(params, grads, momenta, momentum, **options):
    fused_sgd(params, grads, momenta, weight_decay=0.0, momentum=momentum, maximize=False,
              is_first_step=False, **options)
