"""The benchmark of data runs: by hand, from a generator and from a Sequence."""

from __future__ import annotations

import functools
import importlib
import pathlib
import sys

ROOT = str(pathlib.Path(__file__).resolve().parents[3])


def test_all_contestants_train(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    data_input, tasks = (importlib.import_module(f"benchmarks.{name}") for name in ("data_input", "tasks"))
    monkeypatch.setattr(data_input, "STEPS", 3)
    task, keras = tasks.TASKS[0], sys.modules["keras_torch"]
    images, labels = (tensor.numpy() for tensor in task.data(40))
    make = functools.partial(data_input.prepared, images, labels, 8)
    assert data_input.expert_epoch(task, make)() > 0
    assert data_input.generator_epoch(keras, task, make)().epoch == [0]
    assert data_input.sequence_epoch(keras, task, make, workers=2)().epoch == [0]
    assert make(0)[0].shape == (8, 784) and (make(5)[0] != make(4)[0]).any()
