"""Optimizer rows: each is run for 20 steps by real Keras and by keras_torch on the same gradients.

>>> [row.name for row in OPTIMIZER_CASES][:2]
['SGD-plain', 'SGD-momentum']
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from cases.arrays import array, floats

SHAPES = {"kernel": (3, 2), "wide": (2, 4), "bias": (2,), "filters": (2, 2, 3), "scale": (),
          "embedding": (5, 3)}
STEPS = 20
LOOKS = (1, 3, 20)  # steps after which the weights are compared


@dataclass(frozen=True)
class OptimizerCase:
    """One optimizer with its arguments.

    Args:
        optimizer: name of the class in `keras.optimizers`.
        note: what is special.
        arguments: of the constructor; a `Schedule`, `Inner` or `Map` in it becomes an object.
        answered_by: who answers: "keras", "tf_keras", or "tf_keras legacy" for its `optimizers.legacy`.
        excluded: names of variables kept from weight decay.
        missing: names of variables that get no gradient in every third step.
        constrained: names of variables that are kept from falling below zero.
        overflow: steps, counted from 0, in which a gradient is infinite.
        dtype: of the variables.
        tolerance: relative to the largest number of the array.
        reason: why the tolerance is not the usual one.
    """

    optimizer: str
    note: str
    arguments: dict = field(default_factory=dict)
    answered_by: str = "keras"
    excluded: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    constrained: tuple[str, ...] = ()
    overflow: tuple[int, ...] = ()
    dtype: str = "float32"
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


@dataclass(frozen=True)
class Inner:
    """An optimizer inside of another."""

    optimizer: str
    arguments: dict


@dataclass(frozen=True)
class Map:
    """An `OptimizerMap`."""

    default: Inner
    others: dict[str, Inner]


OPTIONS = ("answered_by", "excluded", "missing", "constrained", "overflow", "dtype", "tolerance", "reason")


def row(optimizer: str, note: str, /, **arguments: Any) -> OptimizerCase:
    """An `OptimizerCase` in one line: what is not an option of the case is an argument of the optimizer."""
    options = {key: arguments.pop(key) for key in OPTIONS if key in arguments}
    return OptimizerCase(optimizer, note, arguments, **options)


def old(optimizer: str, note: str, /, **arguments: Any) -> OptimizerCase:
    """A row that `tf_keras.optimizers.legacy` answers."""
    return row(optimizer, f"legacy {note}", answered_by="tf_keras legacy", **arguments)


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
          "Adafactor", "Muon", "ScheduleFreeAdamW")
_LEGACY = ("SGD", "RMSprop", "Adam", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl")
_NEAR_ZERO = "the only number of a weight comes near zero, where single precision differs by 1e-6"
_HALF = "half precision: Keras rounds after each operation, the kernels here once per update"
_SCHEDULED = dict(zip(_EVERY, [*SCHEDULE_CASES, *list(SCHEDULE_CASES)[:3]]))

OPTIMIZER_CASES = [
    row("SGD", "plain", learning_rate=0.1),
    row("SGD", "momentum", learning_rate=0.1, momentum=0.9),
    row("SGD", "nesterov", learning_rate=0.1, momentum=0.9, nesterov=True),
    row("SGD", "missing gradients", learning_rate=0.1, momentum=0.9, missing=("bias",)),
    row("RMSprop", "plain", learning_rate=0.01),
    row("RMSprop", "momentum", learning_rate=0.01, momentum=0.9, rho=0.8),
    row("RMSprop", "centered", learning_rate=0.01, centered=True, epsilon=1e-3),
    row("RMSprop", "all", learning_rate=0.01, momentum=0.5, centered=True, epsilon=1e-3),
    row("Adam", "plain", learning_rate=0.01),
    row("Adam", "large epsilon", learning_rate=0.01, epsilon=0.1),
    row("Adam", "amsgrad", learning_rate=0.01, amsgrad=True, beta_2=0.9),
    row("Adam", "betas", learning_rate=0.01, beta_1=0.5, beta_2=0.6),
    row("Adam", "missing gradients", learning_rate=0.01, missing=("bias", "filters")),
    row("AdamW", "plain", learning_rate=0.01, weight_decay=0.1),
    row("AdamW", "excluded", learning_rate=0.01, weight_decay=0.1, excluded=("bias",)),
    row("AdamW", "amsgrad", learning_rate=0.01, amsgrad=True, global_clipnorm=0.5),
    row("Adagrad", "plain", learning_rate=0.1),
    row("Adagrad", "start", learning_rate=0.1, initial_accumulator_value=0.5, epsilon=0.01),
    row("Adadelta", "plain", learning_rate=1.0),
    row("Adadelta", "rho", learning_rate=1.0, rho=0.5, epsilon=1e-3),
    row("Adamax", "plain", learning_rate=0.01),
    row("Adamax", "epsilon", learning_rate=0.01, epsilon=0.1, beta_1=0.7, beta_2=0.8),
    row("Nadam", "plain", learning_rate=0.01),
    row("Nadam", "betas", learning_rate=0.01, beta_1=0.7, beta_2=0.8, epsilon=1e-2),
    row("Ftrl", "plain", learning_rate=0.1),
    row("Ftrl", "penalties", learning_rate=0.1, l1_regularization_strength=0.01,
        l2_regularization_strength=0.02, l2_shrinkage_regularization_strength=0.03, beta=0.1,
        learning_rate_power=-0.7),
    row("Ftrl", "start", learning_rate=0.1, initial_accumulator_value=0.5, learning_rate_power=0.0),
    row("Lion", "plain", learning_rate=0.01),
    row("Lion", "betas", learning_rate=0.01, beta_1=0.5, beta_2=0.6),
    row("Lamb", "plain", learning_rate=0.01),
    row("Lamb", "betas", learning_rate=0.01, beta_1=0.5, beta_2=0.6, epsilon=1e-2),
    row("Adafactor", "plain", learning_rate=0.1),
    row("Adafactor", "all", learning_rate=0.1, relative_step=False, clip_threshold=0.5, beta_2_decay=-0.5),
    row("Adafactor", "large rate", learning_rate=0.9, relative_step=False),
    row("Adafactor", "epsilons", learning_rate=0.1, epsilon_1=1e-3, epsilon_2=0.5),
    row("Muon", "plain", learning_rate=0.01),
    row("Muon", "no look ahead", learning_rate=0.01, nesterov=False, momentum=0.8, ns_steps=3, rms_rate=None),
    row("Muon", "exclusions", learning_rate=0.01, exclude_layers=["wid."], exclude_embeddings=False,
        adam_lr_ratio=0.5, adam_beta_1=0.8, adam_beta_2=0.9, epsilon=1e-3),
    row("Muon", "decays", learning_rate=0.01, weight_decay=0.2, adam_weight_decay=None, excluded=("wide",)),
    row("Muon", "coefficients", learning_rate=0.01, muon_a=3.0, muon_b=-4.0, muon_c=1.5),
    row("ScheduleFreeAdamW", "plain"),
    row("ScheduleFreeAdamW", "warm-up", learning_rate=0.01, warmup_steps=7, beta_1=0.8, beta_2=0.9,
        epsilon=1e-3),
    *(row(name, option.replace("_", " "), learning_rate=0.01, **{option: 0.3})
      for name in _EVERY for option in ("clipnorm", "clipvalue", "global_clipnorm")),
    *(row(name, "weight decay", learning_rate=0.01, weight_decay=0.1, excluded=("bias",)) for name in _EVERY),
    *(row(name, "average", learning_rate=0.01, use_ema=True, ema_momentum=0.9) for name in _EVERY),
    *(row(name, "accumulation", learning_rate=0.01, gradient_accumulation_steps=3) for name in _EVERY),
    *(row(name, "schedule", learning_rate=SCHEDULE_CASES[schedule]) for name, schedule in _SCHEDULED.items()),
    *(row(name, "everything", learning_rate=SCHEDULE_CASES["cosine warm"], weight_decay=0.05, use_ema=True,
          ema_momentum=0.8, ema_overwrite_frequency=3, gradient_accumulation_steps=2, loss_scale_factor=4.0,
          global_clipnorm=0.3, constrained=("kernel",)) for name in _EVERY),
    *(row(name, "missing", learning_rate=0.01, gradient_accumulation_steps=2, use_ema=True,
          constrained=("bias", "wide"), missing=("bias", "wide")) for name in _EVERY),
    *(row(name, dtype, learning_rate=0.01, dtype=dtype, weight_decay=0.1, tolerance=tolerance, reason=_HALF)
      for name in ("SGD", "Adam", "RMSprop", "Adagrad", "Lion")
      for dtype, tolerance in (("float16", 2e-2), ("bfloat16", 5e-2))
      if (name, dtype) != ("Adam", "bfloat16")),  # Keras rounds beta_2 to 1 there, and nothing moves
    row("LossScaleOptimizer", "grows", inner_optimizer=Inner("Adam", {"learning_rate": 0.01}),
        initial_scale=8.0, dynamic_growth_steps=3),
    row("LossScaleOptimizer", "overflows",
        inner_optimizer=Inner("SGD", {"learning_rate": 0.5, "momentum": 0.9}), initial_scale=8.0,
        dynamic_growth_steps=4, overflow=(0, 5, 6, 13)),
    row("MultiOptimizer", "map", optimizer_map=Map(Inner("Adam", {"learning_rate": 0.01}), {
        "bias|scale": Inner("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
        "embedding": Inner("Adagrad", {"learning_rate": 0.1, "use_ema": True})}), loss_scale_factor=4.0),
    *(old(name, "plain", learning_rate=0.02) for name in _LEGACY),
    *(old(name, "decay", learning_rate=0.02, decay=0.1) for name in _LEGACY if name != "Nadam"),
    *(old(name, "clips", learning_rate=0.02, clipnorm=0.5, clipvalue=0.2, tolerance=2e-5, reason=_NEAR_ZERO)
      for name in _LEGACY),
    *(old(name, "global clip", learning_rate=0.02, global_clipnorm=0.5, clipvalue=0.3,
          constrained=("kernel",))
      for name in _LEGACY),
    old("SGD", "nesterov", learning_rate=0.02, momentum=0.9, nesterov=True, decay=0.1),
    old("RMSprop", "epsilon", learning_rate=0.02, epsilon=0.1, rho=0.8),
    old("RMSprop", "centered", learning_rate=0.02, epsilon=0.1, centered=True),
    old("RMSprop", "momentum", learning_rate=0.02, epsilon=0.1, momentum=0.9),
    old("RMSprop", "all", learning_rate=0.02, epsilon=0.1, momentum=0.9, centered=True, decay=0.1),
    old("Adagrad", "epsilon", learning_rate=0.02, epsilon=0.1, initial_accumulator_value=0.0),
    old("Adam", "amsgrad", learning_rate=0.02, epsilon=0.1, amsgrad=True),
    old("Adam", "schedule", learning_rate=SCHEDULE_CASES["exponential"], decay=0.1),
    old("Nadam", "epsilon", learning_rate=0.02, epsilon=0.1, schedule_decay=0.5),
    old("Ftrl", "penalties", learning_rate=0.02, l1_regularization_strength=0.01,
        l2_regularization_strength=0.02, l2_shrinkage_regularization_strength=0.03, beta=0.1),
    *(row(name, "tf.keras", answered_by="tf_keras", learning_rate=0.05, weight_decay=0.1, use_ema=True,
          ema_momentum=0.8, ema_overwrite_frequency=3, clipnorm=0.5, constrained=("bias",))
      for name in ("SGD", "RMSprop", "Adam", "AdamW", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl",
                   "Lion", "Adafactor")),
]


def start_values(case: OptimizerCase) -> dict[str, np.ndarray]:
    """The variables before the first step."""
    return {name: array(floats(*shape), f"{case.name}/{name}") for name, shape in SHAPES.items()}


def gradients(case: OptimizerCase, step: int) -> list[np.ndarray | None]:
    """The gradients of a step, counted from 0; few rows of the embedding have one that is not zero."""
    found = {name: array(floats(*shape), f"{case.name}/gradient {name}/{step}")
             for name, shape in SHAPES.items()}
    found["embedding"] *= np.isin(np.arange(5), (step % 4, step % 3))[:, None]
    if step in case.overflow:
        found["filters"][0, 0, 0] = np.inf
    return [None if name in case.missing and step % 3 == 1 else grad for name, grad in found.items()]


def make_optimizer(optimizers: Any, case: OptimizerCase) -> Any:
    """The optimizer of a case; `optimizers` is the module of its library, or ours."""
    optimizer = _made(optimizers, Inner(case.optimizer, case.arguments))
    if case.excluded:
        optimizer.exclude_from_weight_decay(var_names=list(case.excluded))
    return optimizer


def _made(optimizers: Any, value: Any) -> Any:
    if isinstance(value, Inner):
        arguments = {name: _made(optimizers, argument) for name, argument in value.arguments.items()}
        return getattr(optimizers, value.optimizer)(**arguments)
    if isinstance(value, Map):
        others = {path: _made(optimizers, inner) for path, inner in value.others.items()}
        return optimizers.OptimizerMap(_made(optimizers, value.default), others)
    if isinstance(value, Schedule):
        return make_schedule(optimizers, value)
    return value


def make_schedule(optimizers: Any, case: Schedule) -> Any:
    """The schedule of a case."""
    return getattr(optimizers.schedules, case.schedule)(**case.arguments)
