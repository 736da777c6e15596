"""Trains every history row with real Keras (TensorFlow backend) and writes tests/references/histories.*.

Run it with a Python that has Keras and TensorFlow:
`python compat_tests/make_history_references.py [out_name]`.

The training is in double precision, so that the reference has no rounding of its own, and runs eagerly: in a
graph TensorFlow does not know the size of the last batch: Keras then averages the loss of each output over
batches instead of samples (the total loss is right in both).

Rows avoid one thing: Adam on an Embedding with a word twice in a batch. TensorFlow's sparse gradients square
each occurrence by itself there; every other backend of Keras squares the sum.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import keras  # noqa: E402 - the backend is chosen above
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from cases import reference_files  # noqa: E402
from cases.history_case import Build, answers  # noqa: E402
from cases.history_cases import HISTORY_CASES  # noqa: E402


def answers_in(build: Build, dtype: str) -> dict[str, np.ndarray]:
    """The answers with everything computed in one dtype."""
    keras.utils.clear_session()
    keras.backend.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    return answers(keras, build, run_eagerly=True)


def main() -> None:
    """Writes the file; a row that fails in double and in single precision is named and left out."""
    cases, single = {}, []
    for name, build in HISTORY_CASES.items():
        try:
            cases[name] = answers_in(build, "float64")
        except Exception:  # noqa: BLE001 - a kernel may be missing; tried again, then printed
            try:
                cases[name] = answers_in(build, "float32")
                single.append(name)
            except Exception as error:  # noqa: BLE001 - every row is tried, failures are printed
                print(f"FAILED {name}: {type(error).__name__}: {' '.join(str(error).split())[:600]}")
    about = {"keras": keras.__version__, "tensorflow": tf.__version__, "numpy": np.__version__}
    about |= {"dtype": "float64", "computed in float32": single}
    reference_files.write(sys.argv[1] if len(sys.argv) > 1 else "histories", cases, about)
    print(f"{len(cases)} of {len(HISTORY_CASES)} rows written")


if __name__ == "__main__":
    main()
