"""Asks real Keras (TensorFlow backend) for every mask row and writes tests/references/masks.npz and .json.

Run it with a Python that has Keras and TensorFlow: `python compat_tests/make_mask_references.py [out_name]`.
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
from cases.mask_cases import MASK_CASES, mask_answers  # noqa: E402


def main() -> None:
    """Writes the file; a row that fails is named and left out."""
    keras.backend.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    cases = {}
    for name, middle in MASK_CASES.items():
        try:
            cases[name] = mask_answers(keras, middle)
        except Exception as error:  # noqa: BLE001 - every row is tried, failures are printed
            print(f"FAILED {name}: {type(error).__name__}: {' '.join(str(error).split())[:600]}")
    about = {
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
        "dtype": "float64",
    }
    reference_files.write(sys.argv[1] if len(sys.argv) > 1 else "masks", cases, about)
    print(f"{len(cases)} of {len(MASK_CASES)} rows written")


if __name__ == "__main__":
    main()
