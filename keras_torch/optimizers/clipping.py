"""Gradient clipping as Keras does it: by each gradient's norm, by the norm of all, or by value.

Source: Keras `clipnorm`, `global_clipnorm`, `clipvalue`. Every function returns new tensors: the gradients of
    the caller stay as they are. Nothing is read back from the device.
"""

import torch

from keras_torch.base.third_party import foreach


def clip_each_norm(gradients, limit):
    """Every gradient scaled down to a Euclidean norm of at most `limit`.

    >>> clip_each_norm([torch.tensor([3.0, 4.0])], 1.0)
    [tensor([0.6000, 0.8000])]
    """
    norms = foreach.norm(gradients)
    return [gradient * (limit / norm.clamp(min=limit)) for gradient, norm in zip(gradients, norms)]


def global_scale(gradients, limit):
    """The factor that brings the norm over all gradients down to `limit`, as a tensor without axes.

    Not finite when a gradient is not: the update then shows it, as in Keras.

    >>> global_scale([torch.tensor([3.0]), torch.tensor([4.0])], 1.0)
    tensor(0.2000)
    """
    norms = torch.stack([norm.to(gradients[0].device) for norm in foreach.norm(gradients)])
    norm = torch.linalg.vector_norm(norms)
    return limit / norm.clamp(min=limit) + (norm - norm)


def clip_values(gradients, limit):
    """Every number of every gradient between -limit and limit.

    >>> clip_values([torch.tensor([-3.0, 0.5])], 1.0)
    (tensor([-1.0000,  0.5000]),)
    """
    clipped = foreach.clamp_max(gradients, limit)
    foreach.clamp_min_(clipped, -limit)
    return clipped
