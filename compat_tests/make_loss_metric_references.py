"""Asks real Keras for every loss and metric row; writes tests/references/losses.* and metrics.*.

Run it with a Python that has Keras and TensorFlow: `python
compat_tests/make_loss_metric_references.py`. With a file name as argument everything goes there instead.
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
import tensorflow as tf  # noqa: E402
import tf_keras  # noqa: E402
from cases.loss_cases import LOSS_CASES  # noqa: E402
from cases.metric_cases import METRIC_CASES, SPLIT  # noqa: E402
from cases.reference_files import write  # noqa: E402

LIBRARIES = {"keras3": keras, "tf.keras": tf_keras}


def _tensor(values, mask):
    tensor = tf.convert_to_tensor(values)
    if mask is not None:
        tensor._keras_mask = tf.convert_to_tensor(mask)
    return tensor


def _loss(case):
    y_true, y_pred, weights, mask = case.data()
    y_pred = _tensor(y_pred, mask)
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        loss = getattr(LIBRARIES[case.generation].losses, case.loss)
        loss = loss(**case.arguments)(y_true, y_pred, weights)
    return {"loss": np.asarray(loss), "gradient": np.asarray(tape.gradient(loss, y_pred))}


def _metric(case):
    y_true, y_pred, weights, mask = case.data()
    metric = getattr(LIBRARIES[case.generation].metrics, case.metric)(**case.arguments)
    edges = np.cumsum((0, *SPLIT)) * len(y_pred) // sum(SPLIT)
    for start, end in zip(edges, edges[1:]):
        part = slice(start, end)
        arguments = [None if values is None else values[part] for values in (y_true, weights)]
        predictions = _tensor(y_pred[part], None if mask is None else mask[part])
        if y_true is None:
            metric.update_state(predictions, sample_weight=arguments[1])
        else:
            metric.update_state(arguments[0], predictions, sample_weight=arguments[1])
    return {"result": np.asarray(metric.result())}


def _answers(cases, answer):
    answers, failed = {}, {}
    for case in cases:
        assert case.name not in answers, f"two rows are called {case.name}"
        try:
            answers[case.name] = answer(case)
        except Exception as error:
            failed[case.name] = error
    for name, error in failed.items():
        print(f"FAILED {name}: {type(error).__name__}: {error}")
    assert not failed, f"{len(failed)} rows failed"
    return answers


def _main():
    about = {"keras": keras.__version__, "backend": keras.backend.backend(), "tf_keras": tf_keras.__version__}
    answers = {"losses": _answers(LOSS_CASES, _loss), "metrics": _answers(METRIC_CASES, _metric)}
    if len(sys.argv) > 1:  # one file for a live comparison
        together = {f"{kind}/{name}": parts for kind in answers for name, parts in answers[kind].items()}
        write(sys.argv[1], together, about)
        return
    for kind, found in answers.items():
        write(kind, found, about)


if __name__ == "__main__":
    _main()
