"""Asks an old Keras for the rows of losses, metrics, optimizers, penalties, limits and start values.

Run it with a Python of each old generation (see old_keras.py); it writes tests/references/objectives_keras*:
`python compat_tests/make_old_keras_objective_references.py`. With a file name as argument it writes there.
"""

from __future__ import annotations

import functools
import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
from old_keras import generation, import_keras

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from cases import old_objective_case, reference_files  # noqa: E402 - needs the line above
from cases.old_objective_backend import BACKEND  # noqa: E402
from cases.old_objective_cases import FORMULAS, WEIGHTED  # noqa: E402
from cases.old_objective_metrics import METRICS  # noqa: E402
from cases.old_objective_optimizers import OPTIMIZERS, STARTS  # noqa: E402

keras = import_keras()
K = keras.backend
GENERATION = generation(keras)
BEFORE_2 = GENERATION == "keras1"


def module(name: str) -> Any:
    """A module of this Keras."""
    return importlib.import_module(f"keras.{name}")


def formula(case: Any) -> dict[str, np.ndarray]:
    """The value, and the gradient of its sum by the last of two arrays."""
    arrays = case.data()
    whole = "int32" if case.module == "backend" else None  # class numbers; training makes them floats
    inputs = [K.variable(array, dtype=whole if array.dtype.kind == "i" else None) for array in arrays]
    function = getattr(module(case.module), case.function)
    if case.made:
        value = function(*case.positional, **case.arguments)(*inputs)
    else:
        value = function(*([inputs] if case.listed else inputs), *case.positional, **case.arguments)
    if not hasattr(value, "owner"):  # a penalty of strength 0, or sizes
        return {"value": np.asarray(value, "float32")}
    found = {"value": K.eval(value)}
    if case.gradient:
        found["gradient"] = K.eval(K.gradients(K.sum(value), [inputs[-1]])[0])
    return found


def weighted(case: Any) -> dict[str, np.ndarray]:
    """The loss of a batch with weights and a mask."""
    y_true, y_pred, weights, mask = case.data()
    losses = module("objectives" if BEFORE_2 else "losses")
    y_true, y_pred = K.variable(y_true), K.variable(y_pred)
    if GENERATION == "keras2.3":
        loss = losses.LossFunctionWrapper(getattr(losses, case.loss))
        if mask is not None:
            weights = mask * weights.reshape(weights.shape + (1,) * (mask.ndim - weights.ndim))
        value = loss(y_true, y_pred, sample_weight=K.variable(weights))
    else:
        maker = (module("engine.training").weighted_objective if BEFORE_2
                 else module("engine.training_utils").weighted_masked_objective)
        mask = None if mask is None else K.variable(mask.astype("float32"))
        value = maker(getattr(losses, case.loss))(y_true, y_pred, K.variable(weights), mask)
    return {"value": K.eval(value), "gradient": K.eval(K.gradients(value, [y_pred])[0])}


def trajectory(case: Any) -> dict[str, np.ndarray]:
    """Weights after some steps and the optimizer's state after the last; each gradient is an input."""
    start = case.start_values()
    params = [K.variable(value) for value in start.values()]
    slopes = [K.placeholder(shape=value.shape) for value in start.values()]
    loss = sum(K.sum(param * slope) for param, slope in zip(params, slopes))
    optimizer = getattr(module("optimizers"), case.optimizer)(*case.positional, **case.arguments)
    limits = {}
    if case.constraint:
        limits[params[0]] = getattr(module("constraints"), case.constraint[0])(**case.constraint[1])
    if BEFORE_2:
        updates = optimizer.get_updates(params, limits, loss)
    else:
        for param, limit in limits.items():
            param.constraint = limit
        updates = optimizer.get_updates(loss, params)
    step = K.function(slopes, [], updates=updates)
    found = {}
    for number in range(old_objective_case.STEPS):
        step(case.gradients(number))
        if number + 1 in old_objective_case.LOOKS:
            found.update({f"{name} {number + 1}": K.get_value(param) for name, param in zip(start, params)})
    state = enumerate(optimizer.get_weights())
    return {**found, **{f"state {place}": np.asarray(value) for place, value in state}}


def metric(case: Any) -> dict[str, np.ndarray]:
    """The result of a metric class after three batches."""
    made = getattr(module("metrics"), case.metric)(**case.arguments)
    first = case.batches()[0]
    places = [K.placeholder(shape=(None, *array.shape[1:])) for array in first]
    weights = places.pop() if case.weights != "none" else None
    updates = made.update_state(*places, sample_weight=weights)
    step = K.function(places + ([] if weights is None else [weights]), [],
                      updates=updates if isinstance(updates, list) else made.updates)
    for batch in case.batches():
        step(batch)
    return {"value": K.eval(made.result())}


def start_value(case: Any) -> dict[str, np.ndarray]:
    """Statistics of a start value."""
    np.random.seed(1)
    if BEFORE_2:
        value = getattr(module("initializations"), case.initializer)(case.shape, **case.arguments)
    else:
        value = getattr(module("initializers"), case.initializer)(**case.arguments)(case.shape)
    value = np.asarray(value if isinstance(value, np.ndarray) else K.eval(value))
    return old_objective_case.statistics(value)


def answers(rows: list, answer: Any) -> dict[str, dict[str, np.ndarray]]:
    """The answers of the rows of this generation; one that cannot be run is reported."""
    found = {}
    for case in rows:
        if case.generation != GENERATION:
            continue
        assert case.name not in found, f"two rows are called {case.name}"
        try:
            found[case.name] = answer(case)
        except Exception as error:  # the other rows go on
            print("FAILED", case.name, type(error).__name__, str(error)[:300])
    return found


def main() -> None:
    """Runs all rows."""
    parts = ((FORMULAS + BACKEND, formula), (WEIGHTED, weighted), (OPTIMIZERS, trajectory),
             (STARTS, start_value), (METRICS, metric))
    found = functools.reduce(lambda all_, part: {**all_, **answers(*part)}, parts, {})
    target = sys.argv[1] if len(sys.argv) > 1 else old_objective_case.FILES[GENERATION]
    reference_files.write(target, found, {"keras": keras.__version__, "backend": K.backend()})
    print(len(found), "cases")


if __name__ == "__main__":
    main()
