"""Optimizer rows: each is run for 20 steps by real Keras and by keras_torch on the same gradients.

>>> [row.name for row in OPTIMIZER_CASES][:2]
['SGD-plain', 'SGD-momentum']
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from cases.arrays import array, floats

SHAPES = {"kernel": (3, 2), "bias": (2,), "filters": (2, 2, 3)}
STEPS = 20
LOOKS = (1, 2, 7, 20)  # steps after which the weights are compared


@dataclass(frozen=True)
class OptimizerCase:
    """One optimizer with its arguments.

    Args:
        optimizer: name of the class in `keras.optimizers`.
        note: what is special.
        arguments: of the constructor; a `Schedule` in it becomes one.
        excluded: names of variables kept from weight decay.
        missing: names of variables that get no gradient in every third step.
        tolerance: relative to the largest number of the array.
        reason: why the tolerance is not the usual one.
    """

    optimizer: str
    note: str
    arguments: dict = field(default_factory=dict)
    excluded: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    tolerance: float = 1e-5
    reason: str = ""

    @property
    def name(self) -> str:
        """Key in the reference file and id of the test."""
        return f"{self.optimizer}-{self.note}"


@dataclass(frozen=True)
class Schedule:
    """A learning rate schedule with its arguments."""

    schedule: str
    arguments: dict


OPTIONS = ("excluded", "missing", "tolerance", "reason")


def row(optimizer: str, note: str, /, **arguments: Any) -> OptimizerCase:
    """An `OptimizerCase` in one line: what is not an option of the case is an argument of the optimizer."""
    options = {key: arguments.pop(key) for key in OPTIONS if key in arguments}
    return OptimizerCase(optimizer, note, arguments, **options)


_HALVING = {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5}
_POLYNOMIAL = {"initial_learning_rate": 0.1, "decay_steps": 6}
_WARM = {"initial_learning_rate": 0.01, "decay_steps": 10, "alpha": 0.1, "warmup_target": 0.1,
         "warmup_steps": 4}
SCHEDULE_CASES = {
    "exponential": Schedule("ExponentialDecay", _HALVING),
    "staircase": Schedule("ExponentialDecay", {**_HALVING, "staircase": True}),
    "inverse time": Schedule("InverseTimeDecay", _HALVING),
    "inverse stairs": Schedule("InverseTimeDecay", {**_HALVING, "staircase": True}),
    "piecewise": Schedule("PiecewiseConstantDecay", {"boundaries": [3, 10], "values": [0.1, 0.05, 0.01]}),
    "polynomial": Schedule("PolynomialDecay", {**_POLYNOMIAL, "end_learning_rate": 0.01, "power": 2.0}),
    "polynomial cycle": Schedule("PolynomialDecay", {**_POLYNOMIAL, "cycle": True}),
    "cosine": Schedule("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.1}),
    "cosine warm": Schedule("CosineDecay", _WARM),
    "restarts": Schedule("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5,
                                                 "m_mul": 0.9}),
    "restarts even": Schedule("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5,
                                                      "t_mul": 1.0, "alpha": 0.2}),
}
SCHEDULE_STEPS = (0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 14, 15, 16, 18, 23, 40)

_EVERY = ("SGD", "RMSprop", "Adam", "AdamW", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl", "Lion", "Lamb",
          "Adafactor")
_SMALL = "Keras computes 1 - beta**t in float32, which is off by 1e-5 in the first steps"

OPTIMIZER_CASES = [
    row("SGD", "plain", learning_rate=0.1),
    row("SGD", "momentum", learning_rate=0.1, momentum=0.9),
    row("SGD", "nesterov", learning_rate=0.1, momentum=0.9, nesterov=True),
    row("SGD", "missing gradients", learning_rate=0.1, momentum=0.9, missing=("bias",)),
    row("SGD", "schedule", learning_rate=SCHEDULE_CASES["exponential"], momentum=0.9),
    row("RMSprop", "plain", learning_rate=0.01),
    row("RMSprop", "momentum", learning_rate=0.01, momentum=0.9, rho=0.8),
    row("RMSprop", "centered", learning_rate=0.01, centered=True, epsilon=1e-3),
    row("RMSprop", "all", learning_rate=0.01, momentum=0.5, centered=True, epsilon=1e-3),
    row("Adam", "plain", learning_rate=0.01),
    row("Adam", "large epsilon", learning_rate=0.01, epsilon=0.1),
    row("Adam", "amsgrad", learning_rate=0.01, amsgrad=True, beta_2=0.9),
    row("Adam", "betas", learning_rate=0.01, beta_1=0.5, beta_2=0.6),
    row("Adam", "weight decay", learning_rate=0.01, weight_decay=0.1),
    row("Adam", "missing gradients", learning_rate=0.01, missing=("bias", "filters")),
    row("Adam", "schedule", learning_rate=SCHEDULE_CASES["cosine warm"]),
    row("AdamW", "plain", learning_rate=0.01, weight_decay=0.1),
    row("AdamW", "excluded", learning_rate=0.01, weight_decay=0.1, excluded=("bias",)),
    row("AdamW", "amsgrad", learning_rate=0.01, amsgrad=True, global_clipnorm=0.5),
    row("Adagrad", "plain", learning_rate=0.1),
    row("Adagrad", "start", learning_rate=0.1, initial_accumulator_value=0.5, epsilon=0.01),
    row("Adadelta", "plain", learning_rate=1.0),
    row("Adadelta", "rho", learning_rate=1.0, rho=0.5, epsilon=1e-3),
    row("Adamax", "plain", learning_rate=0.01),
    row("Adamax", "epsilon", learning_rate=0.01, epsilon=0.1, beta_1=0.7, beta_2=0.8),
    row("Nadam", "plain", learning_rate=0.01, tolerance=3e-5, reason=_SMALL),
    row("Nadam", "betas", learning_rate=0.01, beta_1=0.7, beta_2=0.8, epsilon=1e-2),
    row("Ftrl", "plain", learning_rate=0.1),
    row("Ftrl", "penalties", learning_rate=0.1, l1_regularization_strength=0.01,
        l2_regularization_strength=0.02,
        l2_shrinkage_regularization_strength=0.03, beta=0.1, learning_rate_power=-0.7),
    row("Lion", "plain", learning_rate=0.01),
    row("Lion", "betas", learning_rate=0.01, beta_1=0.5, beta_2=0.6),
    row("Lamb", "plain", learning_rate=0.01, tolerance=3e-5, reason=_SMALL),
    row("Adafactor", "plain", learning_rate=0.1),
    row("Adafactor", "all", learning_rate=0.1, relative_step=False, clip_threshold=0.5, beta_2_decay=-0.5),
    *(row(name, "clipnorm", learning_rate=0.01, clipnorm=0.3, tolerance=3e-5, reason=_SMALL)
      for name in ("SGD", "Adam", "RMSprop")),
    *(row(name, "clipvalue", learning_rate=0.01, clipvalue=0.2) for name in ("SGD", "Adam")),
    *(row(name, "global clipnorm", learning_rate=0.01, global_clipnorm=0.3) for name in ("SGD", "Adam")),
    *(row(name, "weight decay and average", learning_rate=0.01, weight_decay=0.05, use_ema=True,
          ema_momentum=0.8,
          ema_overwrite_frequency=3, tolerance=3e-5, reason=_SMALL) for name in _EVERY),
    *(row(name, "accumulation", learning_rate=0.01, gradient_accumulation_steps=3, loss_scale_factor=4.0,
          tolerance=3e-5, reason=_SMALL) for name in _EVERY),
    row("Adam", "accumulation, average and clip", learning_rate=0.01, gradient_accumulation_steps=2,
        use_ema=True,
        ema_overwrite_frequency=2, clipnorm=0.5, amsgrad=True),
]


def start_values(case: OptimizerCase) -> dict[str, np.ndarray]:
    """The variables before the first step."""
    return {name: array(floats(*shape), f"{case.name}/{name}") for name, shape in SHAPES.items()}


def gradients(case: OptimizerCase, step: int) -> list[np.ndarray | None]:
    """The gradients of a step, counted from 0."""
    return [None if name in case.missing and step % 3 == 1 else
            array(floats(*shape), f"{case.name}/gradient {name}/{step}") for name, shape in SHAPES.items()]


def make_optimizer(keras: Any, case: OptimizerCase) -> Any:
    """The optimizer of a case; `keras` is real Keras or keras_torch."""
    arguments = {name: make_schedule(keras, value) if isinstance(value, Schedule) else value
                 for name, value in case.arguments.items()}
    optimizer = getattr(keras.optimizers, case.optimizer)(**arguments)
    if case.excluded:
        optimizer.exclude_from_weight_decay(var_names=list(case.excluded))
    return optimizer


def make_schedule(keras: Any, case: Schedule) -> Any:
    """The schedule of a case."""
    return getattr(keras.optimizers.schedules, case.schedule)(**case.arguments)
