"""Parameters that are updated together: the same group, device, number type and weight decay."""

from typing import NamedTuple

import torch


class Part(NamedTuple):
    """What one rule call works on in one step: the parameters of a block that have a gradient."""

    block: "Block"
    params: list
    grads: list
    slots: dict
    extras: dict


class Block:
    """Lists prepared once, so that a step only gathers gradients.

    Args:
        group: the torch parameter group (a dictionary).
        decay_key: name of the weight decay in the group; None where none applies.
        positions: places of the parameters among all variables of the optimizer.
        params: the parameters.
        slots: dict, slot name -> one tensor for each parameter.
        extras: the same for state that the rule does not see (moving average, gradient accumulator).
    """

    __slots__ = ("group", "decay_key", "positions", "params", "slots", "extras", "device", "dtype", "strides")

    def __init__(self, group, decay_key, positions, params, slots, extras):
        self.group = group
        self.decay_key = decay_key
        self.positions = positions
        self.params = params
        self.slots = slots
        self.extras = extras
        self.device = params[0].device
        self.dtype = params[0].dtype
        self.strides = [param.stride() for param in params]

    def gather(self):
        """The part of this step: gradients as `backward` left them. None when the parameters have moved."""
        return self.part([param.grad for param in self.params])

    def part(self, grads):
        """The part for given gradients (None for a parameter without). None when parameters have moved."""
        for param, grad, stride in zip(self.params, grads, self.strides):
            # Fused kernels walk through memory: a gradient laid out differently would give wrong numbers.
            if grad is None or grad.is_sparse or not grad.stride() == stride == param.stride():
                return self._repaired(grads)
        if grads[0].device != self.device or grads[0].dtype is not self.dtype:
            return self._repaired(grads)
        return Part(self, self.params, grads, self.slots, self.extras)

    def _repaired(self, grads):
        if self.has_moved():
            return None
        kept = [index for index, grad in enumerate(grads) if grad is not None]

        def pick(lists):
            return {name: [tensors[index] for index in kept] for name, tensors in lists.items()}

        return Part(self, [self.params[index] for index in kept],
                    [laid_out_like(grads[index], self.params[index]) for index in kept],
                    pick(self.slots), pick(self.extras))

    def has_moved(self):
        """Whether parameters changed device, number type or memory order since the block was made."""
        return any(param.device != self.device or param.dtype != self.dtype or param.stride() != stride
                   for param, stride in zip(self.params, self.strides))


def laid_out_like(grad, param):
    """The gradient, dense, in the memory order and number type of its parameter.

    >>> laid_out_like(torch.zeros(2, 3).t(), torch.zeros(3, 2)).stride()
    (2, 1)
    """
    if grad.is_sparse:
        grad = grad.to_dense()
    if grad.shape != param.shape:
        raise ValueError(f"A gradient of shape {tuple(grad.shape)} was given for a variable of shape "
                         f"{tuple(param.shape)}. Gradients and variables must come in the same order.")
    if grad.stride() == param.stride() and grad.dtype == param.dtype:
        return grad
    return torch.empty_like(param, requires_grad=False).copy_(grad)
