"""The few sentences that update rules are made of, each over a list of tensors and in place.

A rate is a Python number, or a tensor without axes when the optimizer counts on the device (Note [two clocks]
in `clock.py`); both are right everywhere here.
"""

import torch

from keras_torch.base.third_party import foreach


def descend(weights, updates, rate):
    """weights -= rate * updates.

    >>> weights = [torch.ones(2)]
    >>> descend(weights, [torch.ones(2)], 0.25); weights
    [tensor([0.7500, 0.7500])]
    """
    if isinstance(rate, torch.Tensor):  # `alpha` takes only Python numbers
        foreach.sub_(weights, foreach.mul(updates, rate))
    else:
        foreach.add_(weights, updates, alpha=-rate)


def mix(averages, values, keep):
    """averages = keep * averages + (1 - keep) * values.

    >>> averages = [torch.zeros(2)]
    >>> mix(averages, [torch.ones(2)], 0.75); averages
    [tensor([0.2500, 0.2500])]
    """
    foreach.lerp_(averages, values, 1 - keep)


def mix_squares(averages, values, keep):
    """averages = keep * averages + (1 - keep) * values**2.

    >>> averages = [torch.zeros(2)]
    >>> mix_squares(averages, [torch.full((2,), 2.0)], 0.75); averages
    [tensor([1., 1.])]
    """
    foreach.mul_(averages, keep)
    foreach.addcmul_(averages, values, values, value=1 - keep)


def divide_by_root(values, squares, epsilon):
    """values / sqrt(squares + epsilon), as new tensors.

    >>> divide_by_root([torch.ones(2)], [torch.full((2,), 3.0)], 1.0)
    (tensor([0.5000, 0.5000]),)
    """
    roots = foreach.add(squares, epsilon)
    foreach.sqrt_(roots)
    return foreach.div(values, roots)
