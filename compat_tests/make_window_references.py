"""Asks real Keras (TensorFlow backend) for every window row; writes tests/references/windows.npz and .json.

Run it with a Python that has Keras and TensorFlow: `python compat_tests/make_window_references.py`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import keras  # noqa: E402 - the backend is chosen above
import numpy as np  # noqa: E402
from cases.arrays import Values, array  # noqa: E402
from cases.reference_files import write  # noqa: E402
from cases.window_cases import UPSAMPLING_CASES, WINDOW_CASES  # noqa: E402


def _upsampled(note, shape, factors, interpolation):
    layer = getattr(keras.layers, f"UpSampling{len(factors)}D")
    options = {"interpolation": interpolation} if len(factors) == 2 else {}
    size = factors[0] if len(factors) == 1 else factors
    return layer(size, **options)(array(Values(shape), f"upsample-{note}/0"))


def _main():
    answers = {}
    for case in WINDOW_CASES:
        function = getattr(keras.ops, case.function)
        answers[case.name] = {"output": np.asarray(function(*case.arrays(), **case.arguments))}
    for row in UPSAMPLING_CASES:
        answers[f"upsample-{row[0]}"] = {"output": np.asarray(_upsampled(*row))}
    write("windows", answers, {"keras": keras.__version__, "backend": keras.backend.backend()})


if __name__ == "__main__":
    _main()
