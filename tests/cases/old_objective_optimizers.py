"""Rows of the optimizers and start values of Keras 1.2.2, 2.2.4 and 2.3.1."""

from __future__ import annotations

from cases.old_objective_case import GENERATIONS, OldOptimizer, Start

EVERY = ("SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "Adamax", "Nadam")
_ALIASES = ("sgd", "rmsprop", "adagrad", "adadelta", "adam", "adamax", "nadam")
_POSITIONAL = {  # up to Keras 2.2
    "SGD": (0.05, 0.8, 0.1, True), "RMSprop": (0.02, 0.8, 0.01, 0.1), "Adagrad": (0.05, 0.01, 0.1),
    "Adadelta": (0.5, 0.9, 0.01, 0.1), "Adam": (0.02, 0.8, 0.9, 0.01, 0.1),
    "Adamax": (0.02, 0.8, 0.9, 0.01, 0.1), "Nadam": (0.02, 0.8, 0.9, 0.01, 0.02),
}
_POSITIONAL_23 = {
    "SGD": (0.05, 0.8, True), "RMSprop": (0.02, 0.8), "Adagrad": (0.05,), "Adadelta": (0.5, 0.9),
    "Adam": (0.02, 0.8, 0.9, True), "Adamax": (0.02, 0.8, 0.9), "Nadam": (0.02, 0.8, 0.9),
}


_NEAR_ZERO = "a weight comes near zero, where single precision differs by 1e-6"


def _rows(generation):
    def row(name, *positional, constraint=None, **arguments):
        return OldOptimizer(generation, name, positional, arguments, constraint, 3e-5, _NEAR_ZERO)

    order = _POSITIONAL_23 if generation == "keras2.3" else _POSITIONAL
    for name in EVERY:
        yield row(name)
        yield row(name, lr=0.05)
        yield row(name, *order[name])
        yield row(name, lr=0.05, clipnorm=0.5)
        yield row(name, lr=0.05, clipvalue=0.2)
        yield row(name, lr=0.05, clipnorm=0.5, clipvalue=0.2)
        yield row(name, lr=0.05, clipnorm=0.0, clipvalue=0.0)
        if name != "Nadam":
            yield row(name, lr=0.05, decay=0.1)
        if name != "SGD":
            yield row(name, lr=0.05, epsilon=0.1)
            yield row(name, lr=0.05, epsilon=0.0)
        yield row(name, lr=0.05, constraint=("NonNeg", {}))
    for momentum in (0.9, 1.0):
        yield row("SGD", lr=0.05, momentum=momentum)
        yield row("SGD", lr=0.05, momentum=momentum, nesterov=True, decay=0.01)
    yield row("RMSprop", lr=0.05, rho=0.5)
    yield row("Adadelta", lr=0.05, rho=0.5)
    yield row("Adam", lr=0.05, beta_1=0.5, beta_2=0.6, decay=0.01)
    yield row("Adamax", lr=0.05, beta_1=0.5, beta_2=0.6)
    yield row("Nadam", lr=0.05, beta_1=0.5, beta_2=0.6, schedule_decay=0.1)
    yield row("SGD", lr=0.1, constraint=("MaxNorm", {"axis": 0}))
    yield row("Adam", lr=0.1, constraint=("UnitNorm", {"axis": 1}))
    if generation == "keras1":
        return
    yield from (row(name, lr=0.05) for name in _ALIASES)
    yield row("Adam", lr=0.05, amsgrad=True, beta_2=0.6)
    if generation == "keras2.2":
        yield from (row(name, lr=0.05, epsilon=None) for name in EVERY if name != "SGD")
    else:
        yield from (row(name, learning_rate=0.05) for name in EVERY)
        yield row("Adam", learning_rate=0.05, amsgrad=True, decay=0.1, epsilon=1e-4)


_WIDE, _IMAGE, _SEQUENCE = (300, 200), (3, 4, 60, 70), (5, 60, 90)
_FANS = ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform")


def _starts_of_keras1():
    for name in (*_FANS, "uniform", "normal", "orthogonal", "zero", "one"):
        yield Start("keras1", name, _WIDE)
    for name in _FANS:
        yield Start("keras1", name, _IMAGE, {"dim_ordering": "tf"}, image=True)
        yield Start("keras1", name, _IMAGE)
        yield Start("keras1", name, (4000,))
        yield Start("keras1", name, (20, 30, 40))
    yield Start("keras1", "uniform", _WIDE, {"scale": 0.3})
    yield Start("keras1", "normal", _WIDE, {"scale": 0.3})
    yield Start("keras1", "orthogonal", (200, 300))
    yield Start("keras1", "orthogonal", _WIDE, {"scale": 0.5})
    yield Start("keras1", "identity", (50, 50))
    yield Start("keras1", "identity", (50, 50), {"scale": 0.5})


def _starts_of_keras2(generation):
    for name in (*_FANS, "lecun_normal"):
        for shape in (_WIDE, _IMAGE, _SEQUENCE, (4000,)):
            yield Start(generation, name, shape)
    for name in ("RandomUniform", "uniform", "RandomNormal", "normal", "TruncatedNormal", "Orthogonal",
                 "VarianceScaling", "zeros", "zero", "ones", "one", "Constant"):
        yield Start(generation, name, _WIDE)
    for distribution in ("normal", "uniform"):
        for mode in ("fan_in", "fan_out", "fan_avg"):
            yield Start(generation, "VarianceScaling", _WIDE,
                        {"scale": 2.0, "mode": mode, "distribution": distribution})
    yield Start(generation, "Orthogonal", (200, 300), {"gain": 0.5})
    yield Start(generation, "Identity", (50, 50), {"gain": 0.5})
    yield Start(generation, "Identity", (50, 100))
    yield Start(generation, "Identity", (100, 50))
    yield Start(generation, "RandomUniform", _WIDE, {"minval": 0.0, "maxval": 0.3})
    yield Start(generation, "RandomNormal", _WIDE, {"mean": 0.5, "stddev": 0.3})
    yield Start(generation, "TruncatedNormal", _WIDE, {"mean": 0.5, "stddev": 0.3})
    yield Start(generation, "Constant", (3, 4), {"value": 0.3})


OPTIMIZERS = [row for generation in GENERATIONS for row in _rows(generation)]
STARTS = [*_starts_of_keras1(), *_starts_of_keras2("keras2.2"), *_starts_of_keras2("keras2.3")]
