"""Writes tests/references/ops.json anew: what real Keras (TensorFlow backend) answers to its expressions.

Run it from the repository root with a Python that has keras and tensorflow:
python compat_tests/make_ops_reference.py
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np  # noqa: E402 (the backend is chosen before the import)
from keras import ops  # noqa: E402, F401 (the expressions use it)

FILE = pathlib.Path("tests/references/ops.json")


def plain(value):
    """A result as numbers and names of types."""
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if hasattr(value, "dtype"):
        array = np.array(value)
        parts = [array.real, array.imag] if array.dtype.kind == "c" else [array]
        numbers = [part.tolist() for part in parts]
        return {"value": numbers if len(parts) > 1 else numbers[0], "dtype": str(array.dtype)}
    return list(value) if type(value).__name__ == "TensorShape" else value


if __name__ == "__main__":
    expressions = json.loads(FILE.read_text())
    rows = [f"{json.dumps(text)}: {json.dumps(plain(eval(text)))}" for text in expressions]
    FILE.write_text("{\n" + ",\n".join(rows) + "\n}\n")
