"""Callbacks that watch a value, and lines of progress, in every generation: rows that real Kerases ran too.

The functions take the module `keras` and the generation, and return what JSON can hold; real Kerases answered
through `compat_tests/make_watching_references.py`.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from cases.callback_cases import shown_lines

REFERENCES = Path(__file__).parent.parent / "references" / "watching.json"
OLD = ("keras1", "keras2.2", "keras2.3")
GENERATIONS = (*OLD, "tf.keras")
VALUES = {
    "falls": [1.0, 0.5, 0.5, 0.6, 0.4, 0.7, 0.8, 0.9, 1.0, 1.1],
    "stays": [1.0] * 7,
    "nan": [math.nan, 2.0, math.nan, 1.0, 3.0, 4.0, 5.0],
    "rises": [0.1, 0.3, 0.2, 0.25, 0.28, 0.1, 0.2, 0.1],
}
_STOPPING = [
    *({"patience": patience, "verbose": 1} for patience in (0, 1, 2)),
    {"patience": 1, "min_delta": 0.15},
    {"patience": 1, "monitor": "acc"},
    {"patience": 1, "mode": "max"},
]
_RESTORING = [   # not in Keras 1
    {"patience": 2, "restore_best_weights": True, "verbose": 1},
    {"patience": 20, "restore_best_weights": True, "verbose": 1},
    {"patience": 2, "baseline": 0.55},
    {"patience": 0, "baseline": 0.55},
]
_SAVING = [
    {},
    {"save_best_only": True},
    {"period": 2},
    {"save_best_only": True, "period": 3},
    {"save_best_only": True, "monitor": "missing"},
    {"save_best_only": True, "mode": "max"},
]
_REDUCING = [
    {"patience": 1},
    {"patience": 0},
    {"patience": 2, "cooldown": 1},
    {"patience": 1, "factor": 0.5, "min_lr": 0.125},
    {"patience": 1, "epsilon": 0.3},
    {"patience": 1, "mode": "max"},
]


def rows(generation: str) -> dict[str, tuple]:
    """Name -> (callback, arguments, name of the values)."""
    stopping = _STOPPING if generation == "keras1" else _STOPPING + _RESTORING
    saving = [{"filepath": "{epoch:02d}-{loss:.2f}.h5", "verbose": 1, **row} for row in _SAVING]
    families = {
        "EarlyStopping": stopping,
        "ModelCheckpoint": saving,
        "ReduceLROnPlateau": [{"verbose": 1, **row} for row in _REDUCING],
    }
    return {
        f"{callback} {arguments} {values}": (callback, {"monitor": "loss", **arguments}, values)
        for callback, listed in families.items()
        for arguments in listed
        for values in VALUES
    }


class WatchedModel:
    """`optimizer` has what this Keras calls the rate; `saved` lists names of files."""

    distribute_strategy = None

    def __init__(self, optimizer: Any) -> None:
        self.optimizer, self.stop_training = optimizer, False
        self.weights, self.metrics, self.saved = [-1], [], []

    def get_weights(self) -> list:
        return list(self.weights)

    def set_weights(self, weights: list) -> None:
        self.weights = list(weights)

    def save(self, path: str, overwrite: bool = True) -> None:
        self.saved.append(Path(path).name)


def watched(callback: Any, model: WatchedModel, rate_of: Any, values: str) -> dict:
    """What a callback did: by epoch [stop, rate, wait, best, weights]; then files, weights and messages."""
    said, by_epoch = io.StringIO(), []
    with contextlib.redirect_stdout(said), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        callback.set_model(model)
        callback.on_train_begin({})
        for epoch, value in enumerate(VALUES[values]):
            model.weights = [epoch]
            callback.on_epoch_begin(epoch, {})
            callback.on_epoch_end(epoch, {"loss": value, "acc": value})
            best, wait = getattr(callback, "best", None), getattr(callback, "wait", None)
            best = None if best is None else f"{float(best):.4g}"
            by_epoch.append([model.stop_training, f"{rate_of(model):.2g}", wait, best, *model.weights])
            if model.stop_training:
                break
        callback.on_train_end({})
    lines = [re.sub(r"\d\.\d+(e-\d+)?", _short, line) for line in said.getvalue().splitlines() if line]
    stopped = getattr(callback, "stopped_epoch", None)
    return {"epochs": by_epoch, "saved": model.saved, "ended": [*model.weights, stopped], "said": lines}


def _short(number: re.Match) -> str:
    return f"{float(number.group()):.2g}"


_METHODS = {
    "fit": {"epochs": 1},
    "fit with validation": {"epochs": 2},
    "evaluate": {},
    "predict": {},
}
PRINTED = {f"{method}, {verbose}": (method, verbose) for method in _METHODS for verbose in (0, 1, 2)}


def printed(keras: Any, generation: str, name: str) -> list[str]:
    """The lines of a real training, the last of each epoch, without measured times."""
    kind, verbose = PRINTED[name]
    inputs = {} if generation == "keras3" else {"input_shape": (3,)}
    first = [keras.layers.Input((3,))] if generation == "keras3" else []
    model = keras.models.Sequential([*first, keras.layers.Dense(1, **inputs)])
    model.compile("sgd", "mse", metrics=["mae"])
    model.set_weights([np.arange(3, dtype="float32").reshape(3, 1) / 10, np.zeros(1, "float32")])
    x = np.linspace(-1, 1, 30, dtype="float32").reshape(10, 3)
    y = np.linspace(0, 1, 10, dtype="float32").reshape(10, 1)
    arguments = dict(_METHODS[kind])
    if kind.startswith("fit"):
        epochs = arguments.pop("epochs")
        arguments.update(shuffle=False, **{"nb_epoch" if generation == "keras1" else "epochs": epochs})
    if kind.endswith("validation"):
        arguments["validation_data"] = (x[:5], y[:5])
    said = _Utf8()
    with contextlib.redirect_stdout(said):
        data = (x,) if kind == "predict" else (x, y)
        getattr(model, kind.split()[0])(*data, batch_size=4, verbose=verbose, **arguments)
    lines = [re.sub(r"\b\d+(us|ms|s)\b", "N", line) for line in shown_lines(said.getvalue())]
    return [re.sub(r"N/", "T/", line) for line in lines if "ETA" not in line]


class _Utf8(io.StringIO):
    encoding = "utf-8"


def recorded() -> dict:
    """What real Kerases answered, by generation: {'watched': {row: ...}, 'printed': {row: ...}}."""
    return json.loads(REFERENCES.read_text(encoding="utf-8")) if REFERENCES.exists() else {}
