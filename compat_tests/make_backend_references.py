"""Asks tf_keras.backend for every row of tests/cases/backend_cases.py; writes tests/references/backend.npz.

Run it with a Python that has tf_keras and TensorFlow: `python compat_tests/make_backend_references.py`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import tensorflow as tf  # noqa: E402 - the path is set above
import tf_keras  # noqa: E402
from cases.backend_cases import BACKEND_CASES, answer  # noqa: E402
from cases.reference_files import write  # noqa: E402


def _main():
    answers = {}
    for case in BACKEND_CASES:
        try:
            found = answer(tf_keras.backend, case, tf.constant)
        except (ValueError, TypeError, AttributeError, IndexError, tf.errors.OpError) as error:
            print(f"FAILED {case.name}: {type(error).__name__}: {str(error)[:300]}")
            continue
        answers[case.name] = {f"output{i}": part for i, part in enumerate(found)}
    write("backend", answers, {"tf_keras": tf_keras.__version__, "tensorflow": tf.__version__})


if __name__ == "__main__":
    _main()
