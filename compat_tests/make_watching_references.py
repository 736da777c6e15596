"""Runs the rows of watching_cases.py with a real Keras; its answers go to tests/references/watching.json.

Run it with each Python that `old_keras.py` tells of, and with one that has Keras 3 and tf_keras:
`python compat_tests/make_watching_references.py keras2.3 [path]`. The generations are keras1, keras2.2,
keras2.3, tf.keras and keras3 (the last for the lines of progress alone).
"""

from __future__ import annotations

import collections.abc
import importlib
import json
import os
import sys
import types
from pathlib import Path
from typing import Any

os.environ.update(KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from cases import watching_cases as cases  # noqa: E402 - the path is set above
from old_keras import import_keras  # noqa: E402


def _module(generation: str) -> Any:
    if generation not in cases.OLD:
        return importlib.import_module({"tf.keras": "tf_keras", "keras3": "keras"}[generation])
    keras = import_keras()
    collections.Container = collections.abc.Container  # Keras 2.3 looks for it there
    return keras


def _watched(keras: Any, row: tuple) -> dict:
    name, arguments, values = row
    callback, get_value = getattr(keras.callbacks, name)(**arguments), keras.backend.get_value
    model = cases.WatchedModel(types.SimpleNamespace(lr=keras.backend.variable(0.5)))
    if hasattr(callback, "_save_handler"):  # tf_keras asks the model for TensorFlow's strategy
        callback._get_file_path = lambda epoch, batch, logs: callback.filepath.format(epoch=epoch + 1, **logs)
        callback._maybe_remove_file, callback._save_handler = lambda: None, model.save
    return cases.watched(callback, model, lambda told: float(get_value(told.optimizer.lr)), values)


def write(generation: str, path: Path) -> None:
    """Writes the answers of one generation beside those that are there."""
    keras = _module(generation)
    answers: dict = {"printed": {name: cases.printed(keras, generation, name) for name in cases.PRINTED}}
    if generation != "keras3":
        answers["watched"] = {name: _watched(keras, row) for name, row in cases.rows(generation).items()}
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    found[generation] = answers
    text = json.dumps(dict(sorted(found.items())), separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    path.write_text(text.replace('"},', '"},\n').replace('"]},', '"]},\n') + "\n", encoding="utf-8")
    print(generation, keras.__version__, {kind: len(rows) for kind, rows in answers.items()})


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else cases.REFERENCES)
