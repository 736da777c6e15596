"""Learning rates as functions of the step.

A schedule writes `formula(step)` with ordinary operators and the few functions below, so that one formula
serves Python numbers (the optimizer's usual count, costing nothing) and tensors (a count on the device, or a
call by the user).
"""

import math

import numpy as np
import torch

from keras_torch.base import checks
from keras_torch.base.checks import Term, fail
from keras_torch.base.configurable import Configurable
from keras_torch.base.registry import Registry


def _least(a, b):
    return torch.clamp(a, max=b) if isinstance(a, torch.Tensor) else min(a, b)


def _floor(value):
    return torch.floor(value) if isinstance(value, torch.Tensor) else math.floor(value)


def _cos(value):
    return torch.cos(value) if isinstance(value, torch.Tensor) else math.cos(value)


def _log(value):
    return torch.log(value) if isinstance(value, torch.Tensor) else math.log(value)


def _choose(condition, then, otherwise):
    if not isinstance(condition, torch.Tensor):
        return then if condition else otherwise
    like = next((value for value in (then, otherwise) if isinstance(value, torch.Tensor)), torch.zeros(()))
    return torch.where(condition, torch.as_tensor(then).to(like), torch.as_tensor(otherwise).to(like))


def _numbers(owner, argument, value):
    listed = isinstance(value, (list, tuple)) or getattr(value, "ndim", None) == 1
    if not listed or len(value) == 0 or not all(checks.is_number(item) for item in _plain(value)):
        fail(owner, argument, value, "a list of numbers")


def _plain(values):
    """A list of Python's numbers, from a list or an array of one axis."""
    values = values.tolist() if hasattr(values, "tolist") else values
    return [value.item() if isinstance(value, np.generic) else value for value in values]


class LearningRateSchedule(Configurable):
    """A learning rate that follows from the number of steps made.

    Notes:
        A schedule of your own writes `__call__(self, step)`; `step` is a tensor without axes.

    Source: Keras 3 `optimizers.schedules.LearningRateSchedule`.

    >>> class Halving(LearningRateSchedule):
    ...     def __call__(self, step):
    ...         return 0.5 ** step
    >>> float(Halving().at(2))
    0.25
    """

    vocabulary = {
        "initial_learning_rate": Term(checks.number, float, "learning rate of step 0", optional=False),
        "decay_steps": Term(checks.positive_number, doc="number of steps of the decay", optional=False),
        "first_decay_steps": Term(checks.positive_number, doc="number of steps of the first cycle",
                                  optional=False),
        "decay_rate": Term(checks.number, float, "factor or speed of the decay", optional=False),
        "staircase": Term(checks.boolean, bool, "decay in jumps, once every `decay_steps`"),
        "boundaries": Term(_numbers, _plain, "last steps of the values", optional=False),
        "values": Term(_numbers, _plain, "learning rates, one more than boundaries", optional=False),
        "end_learning_rate": Term(checks.number, float, "learning rate at the end", optional=False),
        "power": Term(checks.number, float, "exponent", optional=False),
        "cycle": Term(checks.boolean, bool, "start again, over longer stretches"),
        "alpha": Term(checks.number, float, "share of the rate that remains at the end", optional=False),
        "warmup_target": Term(checks.number, float, "learning rate at the end of the warm-up"),
        "warmup_steps": Term(checks.nonnegative_number, doc="number of steps of the warm-up", optional=False),
        "t_mul": Term(checks.positive_number, float, "growth of the cycles", optional=False),
        "m_mul": Term(checks.number, float, "growth of their first learning rates", optional=False),
    }

    def __call__(self, step):
        """The learning rate after that many steps, as a float32 tensor without axes."""
        step = torch.as_tensor(step)
        rate = self.formula(step.double() if step.device.type == "cpu" else step.float())
        return torch.as_tensor(rate, dtype=torch.float32, device=step.device)

    def formula(self, step):
        """The learning rate for a step that is a number or a tensor."""
        raise NotImplementedError(f"{type(self).__name__} has no formula. Write __call__(self, step).")

    def at(self, step):
        """The learning rate as the optimizer wants it: a float for an int, a tensor for a tensor.

        Args:
            step: number of steps made.
        """
        if isinstance(step, torch.Tensor):
            return torch.as_tensor(self(step), dtype=torch.float32, device=step.device)
        if type(self).__call__ is LearningRateSchedule.__call__:
            return float(self.formula(step))
        return float(self(torch.tensor(step)))


class ExponentialDecay(LearningRateSchedule):
    """`initial_learning_rate * decay_rate ** (step / decay_steps)`.

    Args:
        initial_learning_rate: learning rate of step 0.
        decay_steps: number of steps after which it was multiplied with `decay_rate` once.
        decay_rate: factor.
        staircase: decay in jumps, once every `decay_steps`.
        name: name.

    Source: Keras 3 `schedules.ExponentialDecay`.

    >>> float(ExponentialDecay(1.0, decay_steps=10, decay_rate=0.5)(20))
    0.25
    """

    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False,
                 name="ExponentialDecay"):
        pass

    def formula(self, step):
        """The learning rate for a step that is a number or a tensor."""
        done = step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (_floor(done) if self.staircase else done)


class InverseTimeDecay(LearningRateSchedule):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:
        initial_learning_rate: learning rate of step 0.
        decay_steps: unit of the steps.
        decay_rate: speed.
        staircase: decay in jumps, once every `decay_steps`.
        name: name.

    Source: Keras 3 `schedules.InverseTimeDecay`.

    >>> float(InverseTimeDecay(1.0, decay_steps=10, decay_rate=1.0)(10))
    0.5
    """

    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False,
                 name="InverseTimeDecay"):
        pass

    def formula(self, step):
        """The learning rate for a step that is a number or a tensor."""
        done = step / self.decay_steps
        return self.initial_learning_rate / (1 + self.decay_rate * (_floor(done) if self.staircase else done))


class PiecewiseConstantDecay(LearningRateSchedule):
    """`values[0]` up to and including step `boundaries[0]`, then `values[1]`, and so on.

    Args:
        boundaries: list of steps, rising.
        values: list of learning rates, one more than boundaries.
        name: name.

    Errors:
        ValueError: the numbers of boundaries and values do not fit.

    Source: Keras 3 `schedules.PiecewiseConstantDecay`.

    >>> schedule = PiecewiseConstantDecay([10, 20], [1.0, 0.5, 0.25])
    >>> [float(schedule(step)) for step in (10, 11, 21)]
    [1.0, 0.5, 0.25]
    """

    def __init__(self, boundaries, values, name="PiecewiseConstant"):
        if len(boundaries) != len(values) - 1:
            fail("PiecewiseConstantDecay", "values", values, f"a list of {len(boundaries) + 1} numbers, one "
                                                             "more than "
                 "`boundaries`")

    def formula(self, step):
        """The learning rate for a step that is a number or a tensor."""
        rate = self.values[-1]
        for boundary, value in reversed(list(zip(self.boundaries, self.values))):
            rate = _choose(step <= boundary, value, rate)
        return rate


class PolynomialDecay(LearningRateSchedule):
    """From `initial_learning_rate` to `end_learning_rate` along `(1 - step / decay_steps) ** power`.

    Args:
        initial_learning_rate: learning rate of step 0.
        decay_steps: number of steps until the end.
        end_learning_rate: learning rate at the end and afterwards.
        power: exponent; 1 is a straight line.
        cycle: start again after the end, over 2, 3, ... times `decay_steps`.
        name: name.

    Source: Keras 3 `schedules.PolynomialDecay`.

    >>> float(PolynomialDecay(1.0, decay_steps=10, end_learning_rate=0.5)(5))
    0.75
    """

    def __init__(self, initial_learning_rate, decay_steps, end_learning_rate=0.0001, power=1.0, cycle=False,
                 name="PolynomialDecay"):
        pass

    def formula(self, step):
        """The learning rate for a step that is a number or a tensor."""
        if self.cycle:
            stretches = -_floor(-step / self.decay_steps)  # rounded up
            done = step / (self.decay_steps * _choose(step == 0, 1, stretches))
        else:
            done = _least(step, self.decay_steps) / self.decay_steps
        share = (1 - done) ** self.power
        return (self.initial_learning_rate - self.end_learning_rate) * share + self.end_learning_rate


class CosineDecay(LearningRateSchedule):
    """Half a cosine wave down to `alpha` times the first learning rate, after an optional linear warm-up.

    Args:
        initial_learning_rate: learning rate of step 0.
        decay_steps: number of steps of the decay, warm-up not included.
        alpha: share of the rate that remains at the end.
        name: name.
        warmup_target: learning rate after the warm-up, where the decay starts; None for no warm-up.
        warmup_steps: number of steps of the warm-up.

    Source: Keras 3 `schedules.CosineDecay`.

    >>> float(CosineDecay(1.0, decay_steps=10)(10))
    0.0
    """

    def __init__(self, initial_learning_rate, decay_steps, alpha=0.0, name="CosineDecay", warmup_target=None,
                 warmup_steps=0):
        pass

    def formula(self, step):
        """The learning rate for a step that is a number or a tensor."""
        if self.warmup_target is None:
            return self._decayed(step, self.initial_learning_rate)
        decayed = self._decayed(step - self.warmup_steps, self.warmup_target)
        if not self.warmup_steps:
            return decayed
        rise = (self.warmup_target - self.initial_learning_rate) * (step / self.warmup_steps)
        return _choose(step < self.warmup_steps, self.initial_learning_rate + rise, decayed)

    def _decayed(self, step, first):
        done = _least(step, self.decay_steps) / self.decay_steps
        return first * ((1 - self.alpha) * 0.5 * (1 + _cos(math.pi * done)) + self.alpha)


class CosineDecayRestarts(LearningRateSchedule):
    """Half cosine waves one after the other, each `t_mul` times as long and starting `m_mul` times as high.

    Args:
        initial_learning_rate: learning rate of step 0.
        first_decay_steps: number of steps of the first wave.
        t_mul: growth of the waves' lengths.
        m_mul: growth of their first learning rates.
        alpha: share of the rate that remains at the end of a wave.
        name: name.

    Source: Keras 3 `schedules.CosineDecayRestarts`; Loshchilov and Hutter, "SGDR" (2016).

    >>> float(CosineDecayRestarts(1.0, first_decay_steps=10)(10))
    1.0
    """

    def __init__(self, initial_learning_rate, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0,
                 name="SGDRDecay"):
        pass

    def formula(self, step):
        """The learning rate for a step that is a number or a tensor."""
        done = step / self.first_decay_steps  # in units of the first wave
        if self.t_mul == 1.0:
            wave = _floor(done)
            share = done - wave
        else:
            wave = _floor(_log(1 - done * (1 - self.t_mul)) / math.log(self.t_mul))
            before = (1 - self.t_mul ** wave) / (1 - self.t_mul)
            share = (done - before) / self.t_mul ** wave
        height = 0.5 * self.m_mul ** wave * (1 + _cos(math.pi * share))
        return self.initial_learning_rate * ((1 - self.alpha) * height + self.alpha)


registry = Registry("learning rate schedule", {
    "ExponentialDecay": ExponentialDecay, "InverseTimeDecay": InverseTimeDecay,
    "PiecewiseConstantDecay": PiecewiseConstantDecay, "PolynomialDecay": PolynomialDecay,
    "CosineDecay": CosineDecay,
    "CosineDecayRestarts": CosineDecayRestarts}, plural="schedules")


def serialize(learning_rate_schedule):
    """The config of a schedule, as a dictionary.

    >>> serialize(ExponentialDecay(1.0, 10, 0.5))["class_name"]
    'ExponentialDecay'
    """
    return registry.serialize(learning_rate_schedule)


def deserialize(config, custom_objects=None):
    """The schedule that `serialize` described.

    Args:
        config: dictionary with `class_name` and `config`.
        custom_objects: dict, name -> class, for schedules of your own.

    Errors:
        ValueError: an unknown class name.

    >>> deserialize(serialize(ExponentialDecay(1.0, 10, 0.5))).decay_rate
    0.5
    """
    return registry.deserialize(config, custom_objects)
