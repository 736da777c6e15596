"""Drives the callbacks of real Keras through the rows and writes tests/references/callback_actions.json.

Run it with a Python that has Keras, TensorFlow, tf_keras and tensorboard:
`python compat_tests/make_callback_references.py [path]`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import types
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import keras  # noqa: E402 - the backend is chosen above
import tensorflow as tf  # noqa: E402
import tf_keras  # noqa: E402
from cases import callback_cases as cases  # noqa: E402
from cases.fake_model import FakeModel  # noqa: E402
from keras.src.trainers.compile_utils import MetricsList  # noqa: E402


class _VariableRate:
    """An optimizer whose rate is a variable, as tf_keras wants it."""

    def __init__(self) -> None:
        self.lr = tf.Variable(0.1)

    @property
    def learning_rate(self) -> float:
        return float(self.lr.numpy())


class _ListedModel(FakeModel):
    """Keeps its metrics in a list that Keras 3's callbacks look into."""

    def __setattr__(self, name: str, value: object) -> None:
        if name == "metrics" and value:
            listed = MetricsList([])
            listed.metrics = value
            value = [listed]
        super().__setattr__(name, value)


def _older_model() -> FakeModel:
    model = FakeModel()
    model.optimizer, model._supports_tf_logs = _VariableRate(), False
    return model


def _posted(library: types.ModuleType) -> list:
    """What RemoteMonitor hands to the package requests."""
    sent: list = []
    requests = types.ModuleType("requests")
    requests.post = lambda url, data=None, json=None, headers=None: sent.append([url, data, json, headers])
    requests.exceptions = types.SimpleNamespace(RequestException=OSError)
    module = sys.modules[library.callbacks.RemoteMonitor.__module__]
    before, module.requests = module.requests, requests
    for as_json in (False, True):
        monitor = library.callbacks.RemoteMonitor(
            "http://host:1", headers={"X-Key": "k"}, send_as_json=as_json
        )
        monitor.on_epoch_end(3, {"loss": 0.5, "val_loss": 1.5})
    module.requests = before
    return sent


def _in_folder(make: object) -> object:
    with tempfile.TemporaryDirectory() as folder:
        return make(Path(folder))


def _board(library: types.ModuleType, arguments: dict, folder: Path) -> dict:
    cases.board(library, folder, **arguments)
    return cases.tags_in(folder)


def _monitored(name: str) -> str:
    try:
        return cases.direction_in_training(keras, name, _direction)
    except (TypeError, ValueError) as error:
        return "not in a model" if "EarlyStopping" not in str(error) else "error"


def _direction(model: object, key: str) -> str:
    callback = keras.callbacks.EarlyStopping("val_" + key)
    callback.set_model(model)
    callback._set_monitor_op()
    return "up" if callback.monitor_op is keras.ops.greater else "down"


def answers(library: types.ModuleType, make_model: object) -> dict:
    """Everything one library answers."""
    metrics = sorted(
        name
        for name in dir(keras.metrics)
        if isinstance(getattr(keras.metrics, name), type) and name != "Metric"
    )
    return {
        "rows": {
            name: _in_folder(lambda folder, row=row: cases.drive(library, row, folder, make_model))
            for name, row in cases.ROWS.items()
        },
        "hooks": {name: cases.hooks_of(library, **run) for name, run in cases.RUNS.items()},
        "lines": {name: cases.lines_of(library, **row) for name, row in cases.LINES.items()},
        "directions": cases.directions(library, metrics) if library is keras else {},
        "printed": {name: cases.printed(library, **row) for name, row in cases.PRINTED.items()},
        "averaged": {}
        if library is tf_keras
        else {str(swap): cases.averaged(library, swap) for swap in (False, True)},
        "monitors": {} if library is tf_keras else {name: _monitored(name) for name in cases.MONITORS},
        "boards": {
            name: _in_folder(lambda folder, row=row: _board(library, row, folder))
            for name, row in cases.BOARDS.items()
        },
        "posted": _posted(library),
    }


def main() -> None:
    """Writes the file."""
    found = {
        "about": {"keras": keras.__version__, "tf_keras": tf_keras.__version__, "tensorflow": tf.__version__},
        "keras3": answers(keras, _ListedModel),
        "tf.keras": answers(tf_keras, _older_model),
    }
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else cases.REFERENCES
    path.write_text(json.dumps(found, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")
    print(f"written: {path}")


if __name__ == "__main__":
    main()
