"""What callbacks do, in rows: how one is made, what it is told, and everything that can be seen of it after.

The same functions drive real Keras (`compat_tests/make_callback_references.py`) and keras_torch: each takes
the module `keras` and returns what JSON can hold.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from cases.fake_model import FakeMetric, FakeModel

REFERENCES = Path(__file__).parent.parent / "references" / "callback_actions.json"


# Callbacks driven without training.


@dataclass
class Row:
    """A callback and what it is told.

    Args:
        callback: name of the class.
        arguments: of its constructor; '{folder}' stands for a fresh folder, a lambda's text for a function.
        epochs: the logs at the end of each epoch.
        batches: the logs at the end of each batch of each epoch.
        metrics: name -> direction ('up', 'down', None) of the metrics of the model.
        runs: how often the same kind of training is run, each with a new callback.
    """

    callback: str
    arguments: dict = field(default_factory=dict)
    epochs: list = field(default_factory=list)
    batches: list = field(default_factory=list)
    metrics: dict = field(default_factory=dict)
    runs: int = 1


def _told(name: str, *values: float) -> list[dict]:
    return [{name: value} for value in values]


_FALLING = _told("val_loss", 1.0, 0.5, 0.5, 0.6, 0.4, 0.7, 0.8, 0.9)
_RISING = _told("val_accuracy", 0.1, 0.3, 0.2, 0.25, 0.28, 0.1, 0.2)
_BOTH = [{"loss": 0.5, "accuracy": 0.25, "val_loss": 1.5, "val_accuracy": 0.125}] * 2
_SCHEDULES = {"one": "lambda epoch: 0.1 * 0.5 ** epoch", "two": "lambda epoch, rate: rate * (epoch + 1) / 2"}

ROWS = {
    "stops and says so": Row("EarlyStopping", {"patience": 2, "verbose": 1}, _FALLING),
    "stops at once": Row("EarlyStopping", {}, _FALLING),
    "stops and restores": Row(
        "EarlyStopping", {"patience": 2, "verbose": 1, "restore_best_weights": True}, _FALLING
    ),
    "restores though nothing stopped": Row(
        "EarlyStopping", {"patience": 9, "verbose": 1, "restore_best_weights": True}, _FALLING
    ),
    "never beats its baseline": Row(
        "EarlyStopping", {"patience": 2, "baseline": 0.3, "restore_best_weights": True}, _FALLING
    ),
    "beats its baseline": Row("EarlyStopping", {"patience": 2, "baseline": 0.55}, _FALLING),
    "stops late": Row("EarlyStopping", {"patience": 1, "start_from_epoch": 3}, _FALLING),
    "needs big steps": Row("EarlyStopping", {"patience": 2, "min_delta": 0.2}, _FALLING),
    "negative min_delta": Row("EarlyStopping", {"patience": 2, "min_delta": -0.2}, _FALLING),
    "accuracy goes up": Row(
        "EarlyStopping", {"monitor": "val_accuracy", "patience": 2}, _RISING, metrics={"accuracy": "up"}
    ),
    "min by order": Row("EarlyStopping", {"monitor": "val_accuracy", "patience": 2, "mode": "min"}, _RISING),
    "max by order": Row("EarlyStopping", {"patience": 2, "mode": "max"}, _FALLING),
    "nothing to watch": Row("EarlyStopping", {}, _RISING[:3]),
    "watches the loss": Row("EarlyStopping", {"monitor": "loss"}, _told("loss", 1.0, 0.9, math.nan, 0.8)),
    "lowers the rate and says so": Row("ReduceLROnPlateau", {"patience": 1, "verbose": 1}, _FALLING),
    "halves the rate": Row("ReduceLROnPlateau", {"patience": 1, "factor": 0.5, "min_lr": 0.03}, _FALLING),
    "cools down": Row("ReduceLROnPlateau", {"patience": 1, "cooldown": 2}, _FALLING),
    "rate of an accuracy": Row(
        "ReduceLROnPlateau", {"monitor": "val_accuracy", "patience": 1}, _RISING, metrics={"accuracy": "up"}
    ),
    "rate by max": Row("ReduceLROnPlateau", {"patience": 1, "mode": "max"}, _FALLING),
    "rate with min_delta": Row("ReduceLROnPlateau", {"patience": 1, "min_delta": 0.3}, _FALLING),
    "rate of nothing": Row("ReduceLROnPlateau", {}, _RISING[:2]),
    "schedule of one": Row("LearningRateScheduler", {"schedule": _SCHEDULES["one"]}, _BOTH * 2),
    "schedule of two": Row("LearningRateScheduler", {"schedule": _SCHEDULES["two"]}, _BOTH * 2),
    "schedule that speaks": Row(
        "LearningRateScheduler", {"schedule": _SCHEDULES["one"], "verbose": 1}, _BOTH
    ),
    "loss is nan": Row("TerminateOnNaN", {}, [{}], _told("loss", 1.0, math.nan)),
    "loss is infinite": Row("TerminateOnNaN", {}, [{}], _told("loss", 1.0, -math.inf)),
    "loss is fine": Row("TerminateOnNaN", {}, [{}], [{"loss": 1.0}, {}, {"accuracy": math.nan}]),
    "history": Row("History", {}, [*_BOTH, {"loss": 1.0}]),
    "csv": Row("CSVLogger", {"filename": "{folder}/log.csv"}, [*_BOTH, {"loss": 0.75, "new": 3.0}]),
    "csv without validation at first": Row(
        "CSVLogger",
        {"filename": "{folder}/log.csv"},
        [{"loss": 0.5, "mae": 2.0}, {"loss": 0.25, "val_loss": 1.0}],
    ),
    "csv of lists": Row(
        "CSVLogger",
        {"filename": "{folder}/log.csv", "separator": ";"},
        [{"loss": [1, 2.5], "val_loss": "low"}, {"loss": [3], "val_loss": 2}],
    ),
    "csv goes on": Row("CSVLogger", {"filename": "{folder}/log.csv", "append": True}, _BOTH, runs=2),
    "csv is written anew": Row("CSVLogger", {"filename": "{folder}/log.csv"}, _BOTH, runs=2),
}


def drive(keras: Any, row: Row, folder: Path, make_model: Any = FakeModel) -> dict:
    """Everything that can be seen of a row: by epoch, and at the end."""
    said, seen = io.StringIO(), []
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(said):
        warnings.simplefilter("always")
        for _ in range(row.runs):
            callback, model = _make(keras, row, folder), make_model()
            model.metrics = [FakeMetric(name, direction) for name, direction in row.metrics.items()]
            seen += _train(callback, model, row)
    files = {path.name: path.read_bytes().decode() for path in sorted(folder.iterdir())}
    lines = [re.sub(r"\d\.\d+(e-\d+)?", _short, line) for line in said.getvalue().splitlines() if line]
    ended = {
        "weights": list(model.weights),
        "stopped_epoch": getattr(callback, "stopped_epoch", None),
        "history": getattr(callback, "history", None),
    }
    return {"epochs": seen, "said": lines, "files": files, "warned": bool(_of_callbacks(caught)), **ended}


def _short(number: re.Match) -> str:
    """Six digits of a number in a text, which float32 holds too."""
    return f"{float(number.group()):.6g}"


def _of_callbacks(caught: list) -> list:
    return [warning for warning in caught if issubclass(warning.category, UserWarning)]


def _make(keras: Any, row: Row, folder: Path) -> Any:
    arguments = {
        name: value.replace("{folder}", str(folder)) if isinstance(value, str) else value
        for name, value in row.arguments.items()
    }
    if "schedule" in arguments:
        arguments["schedule"] = eval(arguments["schedule"])  # noqa: S307 - a row of ours
    return getattr(keras.callbacks, row.callback)(**arguments)


def _train(callback: Any, model: Any, row: Row) -> list[dict]:
    callback.set_params({"epochs": len(row.epochs), "steps": len(row.batches), "verbose": 0})
    callback.set_model(model)
    callback.on_train_begin({})
    seen = []
    for epoch, given in enumerate(row.epochs):
        logs, model.weights = dict(given), [epoch]
        callback.on_epoch_begin(epoch, {})
        for batch, values in enumerate(row.batches):
            callback.on_train_batch_begin(batch, {})
            callback.on_train_batch_end(batch, dict(values))
        callback.on_epoch_end(epoch, logs)
        seen.append(
            {
                "rate": _number(model.optimizer.learning_rate),
                "stop": bool(model.stop_training),
                "logs": {name: _number(value) for name, value in sorted(logs.items())},
                "wait": getattr(callback, "wait", None),
            }
        )
        if model.stop_training:
            break
    callback.on_train_end({})
    return seen


def _number(value: Any) -> Any:
    """Seven digits of a number, which float32 holds; other values as they are."""
    if isinstance(value, (list, str)):
        return value
    return float(f"{float(np.asarray(value)):.6g}")


# All hooks of a real training, in order.

HOOKS = [
    "set_params",
    "set_model",
    *(
        f"on_{kind}_{moment}"
        for moment in ("begin", "end")
        for kind in ("train", "test", "predict", "epoch", "train_batch", "test_batch", "predict_batch")
    ),
]
_SAMPLES, _BATCH = 10, 4


def recorder(keras: Any, calls: list, stop_at: int | None = None) -> Any:
    """A callback that notes each call: hook, number, names in logs (predictions: their shape)."""
    callback = keras.callbacks.Callback()

    def noting(hook: str, original: Any) -> Any:
        def note(*args: Any, **kwargs: Any) -> None:
            given = [*args, *kwargs.values()]
            number = next((int(value) for value in given if isinstance(value, (int, np.integer))), None)
            logs = next((sorted(value) for value in given if isinstance(value, dict)), [])
            calls.append([hook, number, [] if hook == "set_model" else logs])
            original(*args, **kwargs)
            if hook == "on_train_batch_end" and number == stop_at:
                callback.model.stop_training = True

        return note

    for hook in HOOKS:
        setattr(callback, hook, noting(hook, getattr(callback, hook)))
    return callback


RUNS = {
    "fit with validation": dict(epochs=2, validation=True),
    "fit alone": dict(epochs=1),
    "fit from the middle": dict(epochs=3, initial_epoch=1),
    "validation now and then": dict(epochs=3, validation=True, validation_freq=2),
    "counted steps": dict(epochs=2, steps_per_epoch=1),
    "stopped in an epoch": dict(epochs=3, validation=True, stop_at=1),
    "two steps per execution": dict(epochs=1, validation=True, steps_per_execution=2),
    "evaluate": dict(method="evaluate"),
    "predict": dict(method="predict"),
    "no epoch": dict(epochs=2, initial_epoch=2),
}


def hooks_of(
    keras: Any,
    method: str = "fit",
    validation: bool = False,
    stop_at: int | None = None,
    steps_per_execution: int = 1,
    **arguments: Any,
) -> list:
    """All calls of hooks in one run of a small model."""
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    model.compile("sgd", "mse", metrics=["mae"], steps_per_execution=steps_per_execution)
    x, y = np.ones((_SAMPLES, 3), "float32"), np.ones((_SAMPLES, 1), "float32")
    calls: list = []
    arguments.update(batch_size=_BATCH, verbose=0, callbacks=[recorder(keras, calls, stop_at)])
    if validation:
        arguments["validation_data"] = (x[:5], y[:5])
    data = (x,) if method == "predict" else (x, y)
    getattr(model, method)(*data, **arguments)
    return calls


# Lines of progress.

LINES = {
    "bar": dict(verbose=1),
    "bar of one epoch": dict(verbose=1, epochs=1),
    "a line per epoch": dict(verbose=2),
    "a line for one epoch": dict(verbose=2, epochs=1),
    "silent": dict(verbose=0),
    "auto": dict(verbose="auto"),
    "unknown number of steps": dict(verbose=1, known=False),
    "unknown, lines": dict(verbose=2, known=False),
    "no values": dict(verbose=1, values={}),
    "small values": dict(verbose=2, values={"loss": 2e-5, "acc": 0.0}),
    "big values": dict(verbose=1, values={"loss": 12345.678}),
    "nan": dict(verbose=2, values={"loss": math.nan}),
    "twelve steps": dict(verbose=1, steps=12),
    "twelve steps, lines": dict(verbose=2, steps=12),
    "evaluate": dict(kind="test", verbose=1),
    "evaluate, lines": dict(kind="test", verbose=2),
    "predict": dict(kind="predict", verbose=1),
    "predict, lines": dict(kind="predict", verbose=2),
}


def lines_of(
    keras: Any,
    kind: str = "train",
    epochs: int = 2,
    steps: int = 3,
    known: bool = True,
    verbose: Any = 1,
    values: dict | None = None,
) -> list[str]:
    """The last line of each epoch as a terminal would show it, without colours and measured times."""
    values = {"loss": 0.5, "accuracy": 0.25} if values is None else values
    said = _Utf8()
    with contextlib.redirect_stdout(said):
        callbacks = keras.callbacks.CallbackList(
            None,
            add_progbar=True,
            model=None,
            epochs=1 if kind != "train" else epochs,
            steps=steps if known else None,
            verbose=verbose,
        )
        begin, end = getattr(callbacks, f"on_{kind}_begin"), getattr(callbacks, f"on_{kind}_end")
        begin()
        for epoch in range(epochs if kind == "train" else 1):
            if kind == "train":
                callbacks.on_epoch_begin(epoch)
            for batch in range(steps):
                getattr(callbacks, f"on_{kind}_batch_begin")(batch)
                getattr(callbacks, f"on_{kind}_batch_end")(batch, dict(values))
            if kind == "train":
                callbacks.on_epoch_end(epoch, {**values, "val_loss": 1.5})
        end({} if kind == "predict" else dict(values))
    return shown_lines(said.getvalue())


class _Utf8(io.StringIO):
    """A stdout that can show every character."""

    encoding = "utf-8"


def shown_lines(text: str) -> list[str]:
    """Text with the moves of the cursor carried out, colours and times taken out."""
    text = re.sub(r"\x1b\[[\d;]*m", "", text)
    lines = []
    for line in text.split("\n"):
        cells: list[str] = []
        place = 0
        for character in line:
            if character in "\r\b":
                place = 0 if character == "\r" else max(place - 1, 0)
            else:
                cells[place : place + 1] = [character]
                place += 1
        lines.append("".join(cells).rstrip())
    plain = [re.sub(r"\b\d+(us|ms|s)/step", "T/step", line) for line in lines if line]
    return [re.sub(r"(?<![\d.:])\d+s\b", "Ns", line) for line in plain]


# What real trainings print, and where averaged weights are in force.

PRINTED = {
    "fit, bar": dict(verbose=1, epochs=2, validation=True),
    "fit, lines": dict(verbose=2, epochs=2, validation=True),
    "fit of one epoch": dict(verbose=2),
    "fit, validation now and then": dict(verbose=2, epochs=2, validation=True, validation_freq=2),
    "fit from the middle": dict(verbose=2, epochs=3, initial_epoch=1),
    "fit of counted steps": dict(verbose=1, steps_per_epoch=2),
    "evaluate, bar": dict(method="evaluate", verbose=1),
    "evaluate, lines": dict(method="evaluate", verbose=2),
    "predict, bar": dict(method="predict", verbose=1),
    "predict, lines": dict(method="predict", verbose=2),
    "fit, rate by epoch": dict(
        verbose=2,
        epochs=2,
        callback="lambda keras: [keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 / (epoch + 1))]",
    ),
}


def _small_model(keras: Any, **compiled: Any) -> tuple:
    """A model with fixed weights, and data."""
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    model.compile(loss="mse", metrics=["mae"], **{"optimizer": "sgd", **compiled})
    model.set_weights([np.arange(6, dtype="float32").reshape(3, 2) / 10, np.zeros(2, "float32")])
    x = np.linspace(-1, 1, 3 * _SAMPLES, dtype="float32").reshape(_SAMPLES, 3)
    return model, x, np.linspace(0, 1, 2 * _SAMPLES, dtype="float32").reshape(_SAMPLES, 2)


def printed(
    keras: Any, method: str = "fit", validation: bool = False, callback: str = "None", **arguments: Any
) -> list[str]:
    """The lines of a real training."""
    model, x, y = _small_model(keras)
    if method == "fit":
        arguments["shuffle"] = False
    if validation:
        arguments["validation_data"] = (x[:5], y[:5])
    made = eval(callback)  # noqa: S307 - a row of ours
    said = _Utf8()
    with contextlib.redirect_stdout(said):
        data = (x,) if method == "predict" else (x, y)
        getattr(model, method)(
            *data, batch_size=_BATCH, callbacks=None if made is None else made(keras), **arguments
        )
    return shown_lines(said.getvalue())


def averaged(keras: Any, swap_on_epoch: bool) -> dict:
    """A training that is evaluated with averaged weights: its history, the weights each epoch and at last."""
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    model, x, y = _small_model(keras, optimizer=optimizer)
    seen: list = []

    def note(*_: Any) -> None:
        seen.append([_number(value) for weight in model.get_weights() for value in weight.reshape(-1)])

    callbacks = [
        keras.callbacks.SwapEMAWeights(swap_on_epoch=swap_on_epoch),
        keras.callbacks.LambdaCallback(on_epoch_begin=note, on_epoch_end=note),
    ]
    fit = model.fit(x, y, batch_size=_BATCH, epochs=3, shuffle=False, verbose=0, callbacks=callbacks,
                    validation_data=(x[:5], y[:5]))  # fmt: skip
    note()
    history = {name: [_number(value) for value in values] for name, values in sorted(fit.history.items())}
    return {"history": history, "weights": seen}


# Which way metrics get better.

MONITORS = """accuracy acc binary_accuracy categorical_accuracy mse mae mape msle mean_squared_error
    MeanSquaredError hinge squared_hinge categorical_hinge kl_divergence kld poisson log_cosh
    cosine_similarity binary_crossentropy AUC Precision Recall F1Score R2Score RootMeanSquaredError
    Mean Sum MeanIoU BinaryIoU TruePositives FalseNegatives TopKCategoricalAccuracy
    CosineSimilarity""".split()


def direction_in_training(keras: Any, name: str, monitor_of: Any) -> str:
    """How a callback takes a metric of a compiled model in mode 'auto': 'up', 'down' or 'error'."""
    metric = getattr(keras.metrics, name) if name[0].isupper() else name
    needed = {"MeanIoU": {"num_classes": 2}, "BinaryIoU": {"target_class_ids": [0]}}
    metric = metric(**needed.get(name, {}), name="watched") if isinstance(metric, type) else metric
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(inputs))
    x, y = np.ones((4, 3), "float32"), np.eye(2, dtype="float32")[[0, 1, 0, 1]]
    model.compile("sgd", "mse", metrics=[metric])
    names = sorted(set(model.fit(x, y, verbose=0).history) - {"loss"})
    return monitor_of(model, names[0])


# Which way metrics get better.


def directions(keras: Any, names: list[str]) -> dict[str, str | None]:
    """What each metric class says of itself: 'up', 'down' or None."""
    found = {}
    for name in names:
        cls = getattr(keras.metrics, name)
        needed = {
            "num_classes": 2,
            "target_class_ids": [0],
            "recall": 0.5,
            "precision": 0.5,
            "sensitivity": 0.5,
            "specificity": 0.5,
            "fn": lambda y_true, y_pred: y_pred,
        }
        takes = cls.__init__.__code__.co_varnames[: cls.__init__.__code__.co_argcount]
        required = takes[1 : cls.__init__.__code__.co_argcount - len(cls.__init__.__defaults__ or ())]
        found[name] = getattr(cls(**{key: needed[key] for key in required}), "_direction", None)
    return found


# TensorBoard: tags and steps.

BOARDS = {
    "by epoch": {},
    "by batch": dict(update_freq="batch"),
    "with speed": dict(update_freq=1, write_steps_per_second=True),
    "speed by epoch": dict(write_steps_per_second=True),
    "with weights": dict(histogram_freq=1, write_images=True),
    "every other epoch": dict(histogram_freq=2),
    "no graph": dict(write_graph=False),
}


def board(keras: Any, folder: Path, **arguments: Any) -> None:
    """Three epochs with validation and an evaluation, written to `folder`."""
    inputs = keras.Input((4,), name="x")
    hidden = keras.layers.Dense(3, name="first")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2, name="second")(hidden))
    model.compile("sgd", "mse", metrics=["mae"])
    x, y = np.ones((_SAMPLES, 4), "float32"), np.ones((_SAMPLES, 2), "float32")
    callback = keras.callbacks.TensorBoard(str(folder), **arguments)
    model.fit(x, y, batch_size=_BATCH, epochs=3, validation_data=(x, y), callbacks=[callback], verbose=0)
    model.evaluate(x, y, batch_size=_BATCH, callbacks=[callback], verbose=0)


def tags_in(folder: Path) -> dict[str, list[int]]:
    """'train/epoch_loss' -> steps, of everything in the event files below a folder."""
    accumulator = __import__("tensorboard.backend.event_processing.event_accumulator", fromlist=["*"])
    found = {}
    for part in sorted(path for path in folder.iterdir() if path.is_dir()):
        events = accumulator.EventAccumulator(
            str(part), {kind: 0 for kind in ("tensors", "scalars", "images", "histograms")}
        ).Reload()
        readers = {
            "tensors": events.Tensors,
            "scalars": events.Scalars,
            "images": events.Images,
            "histograms": events.Histograms,
        }
        for kind, reader in readers.items():
            for tag in events.Tags()[kind]:
                found[f"{part.name}/{tag}"] = sorted({event.step for event in reader(tag)})
    return dict(sorted(found.items()))


def recorded(generation: str) -> dict:
    """What real Keras answered: 'keras3' or 'tf.keras'."""
    return json.loads(REFERENCES.read_text(encoding="utf-8"))[generation]
