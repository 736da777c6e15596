"""Finds a Python that has real Keras, and lets it answer the rows in a process of its own.

Keras and its backend stay out of this process: the package compared with it may pose as `keras` here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from cases import reference_files
from old_keras import VARIABLES

HERE = Path(__file__).resolve().parent
VARIABLE = "KERAS_REFERENCE_PYTHON"


def reference_python() -> str:
    """Path of the interpreter: the environment variable's, else this one if it has Keras and TensorFlow."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return chosen
    if find_spec("keras") is None or find_spec("tensorflow") is None:
        pytest.skip(
            f"Keras with TensorFlow is not installed here; install both or name a Python in {VARIABLE}."
        )
    return sys.executable


def ask(script: str, folder: Path, seed: str = "") -> dict[str, dict[str, np.ndarray]]:
    """What a `make_...` script answers now.

    Args:
        script: file name in this folder.
        folder: where the answer may be written.
        seed: changes every input and weight; empty gives those of the stored references.
    """
    run_script(reference_python(), script, folder / "live", seed)
    return reference_files.read(str(folder / "live"))


def run_old(generation: str, script: str, target: Path, seed: str = "") -> None:
    """Lets the Keras of an old generation run a `make_...` script; see old_keras.py.

    Args:
        generation: one of `old_keras.VARIABLES`.
        script: file name in this folder.
        target: where the answer is written.
        seed: as in `ask`.
    """
    run_script(old_python(generation), script, target, seed)


def old_python(generation: str) -> str:
    """Path of the interpreter that has the Keras of an old generation; skips the test without one."""
    python = os.environ.get(VARIABLES[generation])
    if not python:
        pytest.skip(f"Name a Python with that Keras in {VARIABLES[generation]}; see old_keras.py.")
    return python


def run_script(python: str, script: str, target: Path, seed: str) -> None:
    """Runs a `make_...` script; its failures, and those of single rows that it prints, are the test's."""
    environment = {**os.environ, "KERAS_TORCH_CASES_SEED": seed}
    command = [python, str(HERE / script), str(target)]
    done = subprocess.run(command, env=environment, cwd=HERE, capture_output=True, text=True)
    assert done.returncode == 0, f"{script} failed:\n{done.stderr[-3000:]}"
    assert "FAILED" not in done.stdout, done.stdout[-3000:]
