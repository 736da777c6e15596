"""The few sentences that update rules are made of, each over a list of tensors and in place.

A rate is a Python number, or a tensor without axes when the optimizer counts on the device (Note [two clocks]
in `clock.py`); both are right everywhere here.
"""

import numpy as np
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
    if isinstance(keep, torch.Tensor):  # a share that is a tensor is not for `lerp`
        foreach.mul_(averages, keep)
        foreach.add_(averages, foreach.mul(values, 1 - keep))
    else:
        foreach.lerp_(averages, values, 1 - keep)


def mix_squares(averages, values, keep):
    """averages = keep * averages + (1 - keep) * values**2.

    >>> averages = [torch.zeros(2)]
    >>> mix_squares(averages, [torch.full((2,), 2.0)], 0.75); averages
    [tensor([1., 1.])]
    """
    foreach.mul_(averages, keep)
    foreach.addcmul_(averages, values, values, value=1 - keep)


def descend_ratio(weights, values, divisors, rate):
    """weights -= rate * values / divisors.

    >>> weights = [torch.ones(2)]
    >>> descend_ratio(weights, [torch.ones(2)], [torch.full((2,), 2.0)], 0.5); weights
    [tensor([0.7500, 0.7500])]
    """
    if isinstance(rate, torch.Tensor):
        foreach.sub_(weights, foreach.mul(foreach.div(values, divisors), rate))
    else:
        foreach.addcdiv_(weights, values, divisors, value=-rate)


def roots(squares, epsilon, outside=False):
    """sqrt(squares + epsilon), or sqrt(squares) + epsilon if it is `outside`; new tensors.

    >>> roots([torch.full((2,), 3.0)], 1.0)
    (tensor([2., 2.]),)
    >>> roots([torch.full((2,), 4.0)], 1.0, outside=True)
    (tensor([3., 3.]),)
    """
    if outside:
        found = foreach.sqrt(squares)
        foreach.add_(found, epsilon)
        return found
    found = foreach.add(squares, epsilon)
    foreach.sqrt_(found)
    return found


def adam_correction(beta_1, beta_2, step):
    """sqrt(1 - beta_2**step) / (1 - beta_1**step), the powers as `power` has them.

    >>> round(adam_correction(0.9, 0.999, 1), 5)
    0.31623
    """
    if isinstance(step, torch.Tensor):
        return (1 - power(beta_2, step)) ** 0.5 / (1 - power(beta_1, step))
    count = np.float32(step)
    return (1 - float(np.float32(beta_2) ** count)) ** 0.5 / (1 - float(np.float32(beta_1) ** count))


def power(base, exponent):
    """base ** exponent in single precision, as Keras has it: 0.999 ** 1 is 0.99900001287 there.

    >>> power(0.5, 2), round(power(0.999, 1), 9)
    (0.25, 0.999000013)
    """
    if isinstance(exponent, torch.Tensor):
        return float(np.float32(base)) ** exponent
    return float(np.float32(base) ** np.float32(exponent))


def least(a, b):
    """The smaller of two numbers, or of two tensors without axes.

    >>> least(1.0, 2.0), least(torch.tensor(1.0), torch.tensor(2.0))
    (1.0, tensor(1.))
    """
    tensors = isinstance(a, torch.Tensor) or isinstance(b, torch.Tensor)
    return torch.minimum(torch.as_tensor(a), torch.as_tensor(b)) if tensors else min(a, b)


def constant(owner, value, device):
    """A number or tuple as a tensor on the device, made once: no memory is sent there during a capture.

    >>> import types
    >>> constant(types.SimpleNamespace(), 3.0, torch.device("cpu"))
    tensor(3.)
    """
    made = owner.__dict__.setdefault("_constants", {})
    if (value, device) not in made:
        made[value, device] = torch.tensor(value, device=device)
    return made[value, device]
