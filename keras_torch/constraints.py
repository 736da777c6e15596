"""Limits on weights, applied after each update: `constraint(weight)` gives the nearest allowed values."""

import torch

from keras_torch.base import settings
from keras_torch.base.checks import Term, fail, fraction, is_integer, nonnegative_number
from keras_torch.base.configurable import Configurable
from keras_torch.base.registry import Registry


def _axis(owner, argument, value):
    items = value if isinstance(value, (list, tuple)) else [value]
    if not items or not all(is_integer(item) for item in items):
        fail(owner, argument, value, "an integer or a list of integers")


class Constraint(Configurable):
    """Base of all constraints: write `__call__(self, w)`.

    Source: Keras Constraint.

    >>> Constraint()(torch.ones(1))
    tensor([1.])
    """

    vocabulary = {
        "axis": Term(
            _axis,
            doc="axis or axes over which a norm is taken: 0 for Dense, [0, 1, 2] for Conv2D.",
            optional=False,
        ),
        "max_value": Term(nonnegative_number, doc="largest allowed norm."),
        "min_value": Term(nonnegative_number, doc="smallest allowed norm."),
    }

    def __call__(self, w):
        """The allowed values nearest to the weight `w`."""
        return w


def _norms(w, axis):
    return torch.sqrt(torch.sum(torch.square(w), dim=axis, keepdim=True))


class MaxNorm(Constraint):
    """Brings norms above `max_value` down to it.

    >>> MaxNorm(1)(torch.tensor([[3.0], [4.0]]))
    tensor([[0.6000],
            [0.8000]])
    """

    def __init__(self, max_value=2, axis=0):
        pass

    def __call__(self, w):
        norms = _norms(w, self.axis)
        return w * (torch.clamp(norms, 0, self.max_value) / (settings.epsilon() + norms))


class NonNeg(Constraint):
    """Brings negative weights up to 0.

    >>> NonNeg()(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def __call__(self, w):
        return torch.relu(w)


class UnitNorm(Constraint):
    """Brings all norms to 1.

    >>> UnitNorm()(torch.tensor([[3.0], [4.0]]))
    tensor([[0.6000],
            [0.8000]])
    """

    def __init__(self, axis=0):
        pass

    def __call__(self, w):
        return w / (settings.epsilon() + _norms(w, self.axis))


class MinMaxNorm(Constraint):
    """Brings norms between `min_value` and `max_value`.

    Args:
        rate: fraction of the way: 1 goes there at once, smaller values go gently.

    >>> MinMaxNorm(0.0, 1.0)(torch.tensor([[3.0], [4.0]]))
    tensor([[0.6000],
            [0.8000]])
    """

    vocabulary = {"rate": Term(fraction)}

    def __init__(self, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
        if self.min_value > self.max_value:
            fail("MinMaxNorm", "min_value", min_value, f"at most `max_value`, which is {max_value}")

    def __call__(self, w):
        norms = _norms(w, self.axis)
        wanted = self.rate * torch.clamp(norms, self.min_value, self.max_value) + (1 - self.rate) * norms
        return w * (wanted / (settings.epsilon() + norms))


max_norm, non_neg, unit_norm, min_max_norm = MaxNorm, NonNeg, UnitNorm, MinMaxNorm
maxnorm, nonneg, unitnorm = MaxNorm, NonNeg, UnitNorm  # names of Keras 1 and 2

registry = Registry(
    "constraint",
    {
        "Constraint": Constraint,
        "MaxNorm": MaxNorm,
        "NonNeg": NonNeg,
        "UnitNorm": UnitNorm,
        "MinMaxNorm": MinMaxNorm,
        "maxnorm": MaxNorm,
        "nonneg": NonNeg,
        "unitnorm": UnitNorm,
    },
)


def get(identifier):
    """The constraint of a name, config, class, object or function; None stays None.

    Errors:
        ValueError: an unknown name; the message gives the nearest known ones.

    >>> get("non_neg")(torch.tensor([-1.0]))
    tensor([0.])
    """
    return registry.get(identifier)


def serialize(constraint):
    """The config of a constraint.

    >>> serialize(UnitNorm(1))["config"]
    {'axis': 1}
    """
    return registry.serialize(constraint)


def deserialize(config, custom_objects=None):
    """The constraint that a config describes.

    Args:
        custom_objects: dict from name to class or function, searched first.

    >>> deserialize({"class_name": "MaxNorm", "config": {"max_value": 3}}).max_value
    3
    """
    return registry.deserialize(config, custom_objects)
