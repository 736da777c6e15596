"""A training from equal starting weights, written once and run by real Keras and by keras_torch.

A row is a function `build(keras) -> Fitting`. `answers(keras, build)` runs it and returns every number worth
comparing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from cases.arrays import Values, array, floats, positive, whole

SAMPLES, BATCH_SIZE = 10, 4  # an uneven last batch in every row


@dataclass
class Fitting:
    """A model and what is done with it.

    Args:
        model: built, not compiled.
        compile: arguments of `compile`.
        fit: arguments of `fit`; `epochs=3`, `shuffle=False`, `batch_size=4` and `verbose=0` are added.
        evaluate: arguments of `evaluate`; None takes x, y and sample_weight from `fit`, {} leaves it out.
        predict: inputs of `predict`; None takes x from `fit`.
        then: arguments of a second `fit`, whose history is kept too.
        on_batches: (method, arguments) of calls after that, such as ("train_on_batch", {"x": x, "y": y}).
    """

    model: Any
    compile: dict
    fit: dict
    evaluate: dict | None = None
    predict: Any = None
    then: dict = field(default_factory=dict)
    on_batches: list = field(default_factory=list)


Build = Callable[[Any], Fitting]


def number_data(label: str, shape: tuple = (4,), outputs: int = 1, samples: int = SAMPLES) -> tuple:
    """x (samples, *shape) and y (samples, outputs), both floats."""
    return array(floats(samples, *shape), f"{label}/x"), array(floats(samples, outputs), f"{label}/y")


def class_data(label: str, classes: int, shape: tuple = (4,), samples: int = SAMPLES) -> tuple:
    """x (samples, *shape) and y (samples,), class numbers."""
    return array(floats(samples, *shape), f"{label}/x"), array(whole(classes, (samples,)), f"{label}/y")


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Labels as rows with a single one."""
    return np.eye(classes, dtype="float32")[labels]


def sample_weights(label: str, *shape: int) -> np.ndarray:
    """Weights between 0.5 and 1.5, (samples,) when no shape is given."""
    return array(positive(*(shape or (SAMPLES,))), f"{label}/sample_weight")


def small_model(keras: Any, outputs: int = 1, activation: str | None = None, features: int = 4) -> Any:
    """Two Dense layers."""
    return keras.Sequential(
        [
            keras.Input((features,)),
            keras.layers.Dense(5, activation="tanh"),
            keras.layers.Dense(outputs, activation=activation),
        ]
    )


def set_starting_weights(model: Any) -> None:
    """Gives the trainable weights numbers between -0.6 and 0.6 that depend on their place only."""
    for i, weight in enumerate(model.trainable_variables):
        weight.assign(array(Values(tuple(weight.shape)), f"history/weight{i}") * np.float32(0.6))


def answers(keras: Any, build: Build, **setup: Any) -> dict[str, np.ndarray]:
    """Runs a row.

    Args:
        keras: the module, real Keras or keras_torch.
        build: the row.
        setup: further arguments of `compile`.

    Returns:
        dict: "history:loss" and so on (one number per epoch), "evaluate:loss", "predict0", and for each
        weight its sum and absolute sum.
    """
    fitting = build(keras)
    set_starting_weights(fitting.model)
    fitting.model.compile(**fitting.compile, **setup)
    parts = _fit(fitting.model, fitting.fit, "history")
    if fitting.then:
        parts |= _fit(fitting.model, fitting.then, "second history")
    for number, (method, arguments) in enumerate(fitting.on_batches):
        results = getattr(fitting.model, method)(**arguments, return_dict=True)
        parts |= {f"{method} {number}:{key}": np.array([float(value)]) for key, value in results.items()}
    parts |= _evaluate(fitting)
    x = fitting.fit["x"] if fitting.predict is None else fitting.predict
    outputs = fitting.model.predict(x, batch_size=BATCH_SIZE, verbose=0)
    parts |= {f"predict{i}": np.asarray(output) for i, output in enumerate(_leaves(outputs))}
    for i, weight in enumerate(fitting.model.weights):
        value = np.asarray(weight.numpy(), dtype="float64")
        parts[f"weight{i}:{_name(weight)}"] = np.array([value.sum(), np.abs(value).sum()])
    return parts


def _leaves(outputs: Any) -> list:
    """The arrays of nested outputs, dicts by sorted keys."""
    if isinstance(outputs, dict):
        outputs = [outputs[key] for key in sorted(outputs)]
    if not isinstance(outputs, (list, tuple)):
        return [outputs]
    return [leaf for output in outputs for leaf in _leaves(output)]


def _name(weight: Any) -> str:
    """The name that a layer gives to its weight: 'kernel', where tf.keras says 'dense/kernel:0'."""
    return weight.name.split("/")[-1].split(":")[0]


def _fit(model: Any, arguments: dict, prefix: str) -> dict[str, np.ndarray]:
    arguments = {"epochs": 3, "shuffle": False, "batch_size": BATCH_SIZE, "verbose": 0, **arguments}
    history = model.fit(**arguments).history
    return {
        f"{prefix}:{name}": np.array([float(value) for value in values]) for name, values in history.items()
    }


def _evaluate(fitting: Fitting) -> dict[str, np.ndarray]:
    arguments = fitting.evaluate
    if arguments is None:
        arguments = {key: fitting.fit[key] for key in ("x", "y", "sample_weight") if key in fitting.fit}
    if not arguments:
        return {}
    arguments = {"batch_size": BATCH_SIZE, "verbose": 0, "return_dict": True, **arguments}
    results = fitting.model.evaluate(**arguments)
    return {f"evaluate:{name}": np.array([float(value)]) for name, value in results.items()}


def math_of(keras: Any) -> Any:
    """The functions of numbers: `ops`, or in tf.keras the backend's, which have the same names."""
    return getattr(keras, "ops", None) or keras.backend


def is_keras3(keras: Any) -> bool:
    """Whether the module is of the generation of Keras 3 (keras_torch: whether that is in force)."""
    dialects = getattr(keras, "dialects", None)
    return keras.__version__.startswith("3") if dialects is None else dialects.current_dialect() == "keras3"
