"""Trains every data row with real Keras (TensorFlow backend) and writes tests/references/data.*.

Run it with a Python that has Keras and TensorFlow, pandas and scipy:
`python compat_tests/make_data_references.py [out_name]`. Rows whose package is missing are left out.
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
from cases import reference_files  # noqa: E402
from cases.data_cases import DATA_CASES  # noqa: E402


def main() -> None:
    """Answers all rows."""
    name = sys.argv[1] if len(sys.argv) > 1 else "data"
    answers = {}
    for row, answer in DATA_CASES.items():
        try:
            answers[row] = {part: np.asarray(values) for part, values in answer(keras).items()}
        except ModuleNotFoundError as error:
            print(f"left out: {row}: {error}")
        except Exception as error:  # noqa: BLE001 - every row is tried, failures are printed
            print(f"FAILED: {row}: {type(error).__name__}: {error}")
    reference_files.write(name, answers, {"keras": keras.__version__, "backend": keras.backend.backend()})
    print(f"{len(answers)} rows")


if __name__ == "__main__":
    main()
