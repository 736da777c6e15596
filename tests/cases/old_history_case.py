"""Tools of the trainings in the words of Keras 1 and 2, run by real Keras of that time and by keras_torch.

A row is a function `row(keras, kept)` that makes a model, trains it with the calls of its generation, and
puts every number worth comparing into `kept`. `numbers(keras, row)` runs it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from cases.arrays import Values, array

EPOCHS, SAMPLES, BATCH_SIZE = 3, 10, 4  # an uneven last batch in nearly every row
MOMENTS = ("on_batch_begin", "on_batch_end", "on_epoch_end")
Row = Callable[[Any, "Kept"], None]


def numbers(keras: Any, row: Row) -> dict[str, np.ndarray]:
    """Runs a row: name -> numbers. Names tell of order too ("history 0:loss")."""
    kept = Kept(keras)
    row(keras, kept)
    return kept.parts


class Kept:
    """What a row keeps.

    Args:
        keras: the module, real Keras or keras_torch.
    """

    def __init__(self, keras: Any):
        self.keras = keras
        self.parts: dict[str, np.ndarray] = {}

    def start(self, model: Any) -> Any:
        """Gives all weights numbers between -0.6 and 0.6 that depend on their place only."""
        model.set_weights([
            array(Values(tuple(np.shape(weight))), f"old history/weight{place}") * np.float32(0.6)
            for place, weight in enumerate(model.get_weights())])
        return model

    def keep(self, name: str, value: Any) -> None:
        """Keeps a number, or arrays in a list (which is told from an array)."""
        if isinstance(value, (list, tuple)):
            for place, item in enumerate(value):
                self.keep(f"{name}[{place}]", item)
        else:
            self.parts[self._free(name)] = np.asarray(value, dtype="float64")

    def append(self, name: str, row: np.ndarray) -> None:
        """Keeps one more row of a table."""
        table = self.parts.get(name)
        self.parts[name] = row if table is None else np.concatenate([table, row])

    def words(self, name: str, *words: Any) -> None:
        """Keeps words, which must be the same and in the same order."""
        self.parts[self._free(f"{name}: {', '.join(map(str, words))}")] = np.zeros(1)

    def history(self, history: Any, name: str = "history") -> None:
        """Keeps what fit returned."""
        for place, (key, values) in enumerate(history.history.items()):
            self.keep(f"{name} {place}:{key}", np.array([float(value) for value in values]))
        self.words(f"{name} epochs", *history.epoch)

    def weights(self, model: Any) -> None:
        """Keeps the sum and the absolute sum of each weight."""
        for place, weight in enumerate(model.get_weights()):
            value = np.asarray(weight, dtype="float64")
            self.keep(f"weight{place}", np.array([value.sum(), np.abs(value).sum()]))

    def watch(self, name: str = "watched", moments: tuple = MOMENTS, act: Callable | None = None) -> Any:
        """A callback that keeps the logs of those moments, `params` and `validation_data`.

        Args:
            name: what its numbers are called.
            moments: names of hooks.
            act: function (callback, name of the hook, number) called after that.
        """
        return _watcher(self, name, moments, act)

    def _free(self, name: str) -> str:
        free, count = name, 1
        while free in self.parts:
            free, count = f"{name} #{count}", count + 1
        return free


def _watcher(kept: Kept, name: str, moments: tuple, act: Callable | None) -> Any:
    def hook(moment: str) -> Callable:
        def watched(self: Any, number: int, logs: Any = None) -> None:
            logs = dict(logs or {})
            row = np.array([[number, *(float(value) for value in logs.values())]])
            kept.append(f"{name} {moment}: {', '.join(logs)}", row)
            if act is not None:
                act(self, moment, number)

        return watched

    def on_train_begin(self: Any, logs: Any = None) -> None:
        for key in sorted(self.params):
            kept.words(f"{name} params {key}", self.params[key])

    def on_epoch_begin(self: Any, epoch: int, logs: Any = None) -> None:
        if not epoch:
            arrays = getattr(self.model, "validation_data", None)  # there in Keras 1
            kept.keep(f"{name} validation_data", arrays or getattr(self, "validation_data", None) or [])

    body = {moment: hook(moment) for moment in moments}
    body = {"on_train_begin": on_train_begin, "on_epoch_begin": on_epoch_begin, **body}
    return type("Watch", (kept.keras.callbacks.Callback,), body)()


def batches(x: Any, y: Any, *sizes: int, weights: Any = None) -> Any:
    """A generator that yields (x, y) forever, in batches of these sizes."""
    while True:
        start = 0
        for size in sizes:
            part = slice(start, start + size)
            yield (x[part], y[part]) if weights is None else (x[part], y[part], weights[part])
            start += size
