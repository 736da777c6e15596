"""Trains every history row with real Keras (TensorFlow backend) and writes tests/references/histories.*.

Run it with a Python that has Keras and TensorFlow:
`python compat_tests/make_history_references.py [out_name]`. For tf.keras there is
`make_tf_keras_history_references.py`.

The training is in double precision, so that the reference has no rounding of its own, and runs eagerly: in a
graph TensorFlow does not know the size of the last batch: Keras then averages the loss of each output over
batches instead of samples (the total loss is right in both).

Rows avoid one thing: Adam on an Embedding with a word twice in a batch. TensorFlow's sparse gradients square
each occurrence by itself there; every other backend of Keras squares the sum.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import keras  # noqa: E402 - the backend is chosen above
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from cases import reference_files  # noqa: E402
from cases.history_case import Build, answers  # noqa: E402
from cases.history_cases import KERAS3_CASES  # noqa: E402


def use_keras3(dtype: str) -> None:
    """Everything from now on is computed in one dtype."""
    keras.utils.clear_session()
    keras.backend.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)


def write(name: str, library: Any, rows: dict[str, Build], use: Callable[[str], None]) -> None:
    """Writes the file; a row that fails in double and in single precision is named and left out.

    Args:
        name: name of the file.
        library: real Keras.
        rows: the rows.
        use: sets the dtype of everything.
    """
    cases, single = {}, []
    for row, build in rows.items():
        for dtype in ("float64", "float32"):  # a kernel may be missing for double precision
            use(dtype)
            try:
                cases[row] = answers(library, build, run_eagerly=True)
            except Exception as error:  # noqa: BLE001 - every row is tried, failures are printed
                failure = error
                continue
            single += [row] if dtype == "float32" else []
            break
        else:
            print(f"FAILED {row}: {type(failure).__name__}: {' '.join(str(failure).split())[:600]}")
    about = {"keras": library.__version__, "tensorflow": tf.__version__, "numpy": np.__version__}
    about |= {"dtype": "float64", "computed in float32": single}
    reference_files.write(sys.argv[1] if len(sys.argv) > 1 else name, cases, about)
    print(f"{len(cases)} of {len(rows)} rows written")


if __name__ == "__main__":
    write("histories", keras, KERAS3_CASES, use_keras3)
