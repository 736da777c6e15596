"""Callbacks of the older generations on given values: name -> `row(keras, kept)`, see old_history_case.py.

Nothing is trained: the hooks of a callback are called with values that a training could have had.
"""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
from cases.old_history_case import Kept

LOSSES = {
    "falls and rises": [1.0, 0.8, 0.6, 0.7, 0.65, 0.62, 0.61, 0.9, 0.8, 0.7],
    "rises at once": [0.5, 0.6, 0.7, 0.8, 0.9],
    "small steps": [1.0, 0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93],
    "not a number": [float("nan"), 0.5, 0.6, 0.4, 0.5, 0.6],
    "slowly below 0.7": [1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6],
}


def _run(keras: Any, kept: Kept, name: str, callback: Any, values: list, monitor: str = "val_loss") -> None:
    """Calls the hooks until the callback stops the training; keeps rate, counts and a weight by epoch."""
    model = keras.models.Sequential([keras.layers.Dense(1, input_shape=(1,))])
    model.compile(keras.optimizers.SGD(lr=0.5), "mse")
    model.stop_training = False
    callback.set_model(model)
    callback.set_params({"verbose": 0})
    callback.on_train_begin({})
    rows = []
    for epoch, value in enumerate(values):
        model.set_weights([np.full((1, 1), epoch + 1.0), np.zeros(1)])
        callback.on_epoch_begin(epoch, {})
        logs = {"loss": 2.0, monitor: value}
        callback.on_epoch_end(epoch, logs)
        rate = float(keras.backend.get_value(model.optimizer.lr))
        rows.append([rate, float(logs.get("lr", -1)), float(model.get_weights()[0][0, 0])])
        if model.stop_training:
            break
    callback.on_train_end({})
    kept.keep(f"{name}: rate, rate in logs, weight", np.array(rows))
    kept.keep(f"{name}: weight at the end", float(model.get_weights()[0][0, 0]))


def _each(make: Callable, **options: dict) -> Callable:
    def row(keras: Any, kept: Kept) -> None:
        for series, values in LOSSES.items():
            for name, arguments in options.items():
                _run(keras, kept, f"{series}, {name}", make(keras)(**arguments), values)

    return row


def _accuracies(keras: Any, kept: Kept) -> None:
    callbacks = keras.callbacks
    for monitor in ("val_acc", "val_loss"):
        for mode in ("auto", "min", "max"):
            for values in ([0.1, 0.2, 0.3, 0.2, 0.1, 0.05], [0.5, 0.4, 0.3, 0.4, 0.5, 0.6]):
                name = f"{monitor} {mode} {values[0]}"
                stopping = callbacks.EarlyStopping(monitor=monitor, mode=mode, patience=1)
                _run(keras, kept, f"stopping {name}", stopping, values, monitor)
                reducing = callbacks.ReduceLROnPlateau(monitor=monitor, mode=mode, patience=1)
                _run(keras, kept, f"reducing {name}", reducing, values, monitor)


def _files(keras: Any, kept: Kept) -> None:
    """Names of the files that ModelCheckpoint writes."""
    for options in ({}, {"save_best_only": True}, {"period": 2}, {"period": 3, "save_best_only": True}):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "w.{epoch:02d}-{val_loss:.2f}-{loss:.1f}.h5")
            checkpoint = keras.callbacks.ModelCheckpoint(path, save_weights_only=True, **options)
            _run(keras, kept, f"files {options}", checkpoint, LOSSES["falls and rises"])
            names = sorted(os.path.basename(found) for found in glob.glob(os.path.join(folder, "*")))
            kept.words(f"files {options}", *names)


def _csv(keras: Any, kept: Kept) -> None:
    for options in ({}, {"separator": ";"}):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "log.csv")
            for append in (False, True):
                logger = keras.callbacks.CSVLogger(path, append=append, **options)
                _run(keras, kept, f"csv {options}", logger, [0.5, 0.25])
            with open(path) as file:
                for line in file:
                    kept.words(f"csv {options}", line.strip())


def _schedule(keras: Any, kept: Kept) -> None:
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch: 0.5 / (epoch + 1))
    _run(keras, kept, "schedule", scheduler, [0.5, 0.4, 0.3])


STOPPING = {f"patience {patience}": {"patience": patience} for patience in range(4)}
STOPPING |= {"min_delta": {"min_delta": 0.015, "patience": 1}}
STOPPING2 = {
    "baseline": {"baseline": 0.72, "patience": 3}, "harsh baseline": {"baseline": 0.1, "patience": 2},
    "baseline at once": {"baseline": 0.1}, "baseline and min_delta": {"baseline": 0.9, "min_delta": 0.1}}
RESTORING = {"restoring": {"patience": 2, "restore_best_weights": True},
             "restoring late": {"patience": 9, "restore_best_weights": True}}
REDUCING = {f"patience {patience}": {"patience": patience} for patience in range(4)}
REDUCING |= {
    "cooldown": {"patience": 1, "cooldown": 2}, "long cooldown": {"patience": 0, "cooldown": 3},
    "floor": {"patience": 0, "factor": 0.5, "min_lr": 0.1}, "epsilon": {"patience": 1, "epsilon": 0.05}}


def _restoring(keras: Any, kept: Kept) -> None:
    """Not with values that are no numbers: in those Keras it then fails."""
    for series in ("falls and rises", "rises at once", "small steps"):
        for name, arguments in RESTORING.items():
            _run(keras, kept, f"{series}, {name}", keras.callbacks.EarlyStopping(**arguments), LOSSES[series])


ROWS = {
    "early stopping": _each(lambda keras: keras.callbacks.EarlyStopping, **STOPPING),
    "reduced rates": _each(lambda keras: keras.callbacks.ReduceLROnPlateau, **REDUCING),
    "directions": _accuracies, "files of checkpoints": _files, "lines of a csv file": _csv,
    "scheduled rates": _schedule}
KERAS2 = {
    "early stopping with a baseline": _each(lambda keras: keras.callbacks.EarlyStopping, **STOPPING2),
    "restored weights": _restoring}
