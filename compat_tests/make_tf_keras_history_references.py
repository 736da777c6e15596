"""Trains the history rows with tf.keras and writes tests/references/histories_tf_keras.*.

Run it with a Python that has tf_keras: `python compat_tests/make_tf_keras_history_references.py [out_name]`.
"""

from __future__ import annotations  # noqa: I001 - the next import makes `cases` importable

from make_history_references import write

import tf_keras
from cases.history_cases import TF_KERAS_CASES


def use_tf_keras(dtype: str) -> None:
    """Everything from now on is computed in one dtype."""
    tf_keras.backend.clear_session()
    tf_keras.backend.set_floatx(dtype)
    tf_keras.mixed_precision.set_global_policy(dtype)


if __name__ == "__main__":
    write("histories_tf_keras", tf_keras, TF_KERAS_CASES, use_tf_keras)
