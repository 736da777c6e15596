"""Every row of callbacks against the Keras that is installed."""

from __future__ import annotations

import json
import subprocess

import pytest
from cases import callback_cases, watching_cases
from old_keras import VARIABLES
from reference_keras import HERE, old_python, reference_python

pytestmark = pytest.mark.slow


def _close(one: object, other: object) -> bool:
    """Equal, but for the last digits of numbers."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_close(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_close, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, rel=1e-5, abs=1e-6, nan_ok=True)
    return one == other


def test_stored_references_are_what_this_keras_answers(tmp_path):
    command = [reference_python(), str(HERE / "make_callback_references.py"), str(tmp_path / "live.json")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    live = json.loads((tmp_path / "live.json").read_text(encoding="utf-8"))
    for generation in ("keras3", "tf.keras"):
        stored = callback_cases.recorded(generation)
        for kind, answers in stored.items():
            if kind in ("lines", "printed") and generation == "tf.keras":
                continue  # `watching_cases` has its lines
            assert _close(live[generation][kind], answers), f"{generation}, {kind}"


@pytest.mark.parametrize("generation", [*watching_cases.GENERATIONS, "keras3"])
def test_stored_answers_of_callbacks_that_watch(generation, tmp_path):
    python = old_python(generation) if generation in VARIABLES else reference_python()
    path = tmp_path / "live.json"
    command = [python, str(HERE / "make_watching_references.py"), generation, str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    live = json.loads(path.read_text(encoding="utf-8"))[generation]
    stored = watching_cases.recorded()[generation]
    assert live.get("watched") == stored.get("watched")
    assert all(live["printed"][name] == lines for name, lines in stored["printed"].items()
               if generation != "keras1" or name not in ("evaluate, 1", "predict, 1"))  # not always repainted
