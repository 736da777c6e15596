"""Rows of the metric classes of Keras 2.3.1.

On Theano it has no `top_k` and no weights for `class_id`, and a weighted RootMeanSquaredError loses the size
of its last axis, which TensorFlow knows.
"""

from __future__ import annotations

from cases.old_objective_case import OldMetric

_KINDS = [
    ("MeanSquaredError", "float", "float"), ("RootMeanSquaredError", "float", "float"),
    ("MeanAbsoluteError", "float", "float"), ("MeanAbsolutePercentageError", "float", "float"),
    ("MeanSquaredLogarithmicError", "positive", "positive"), ("CosineSimilarity", "float", "float"),
    ("LogCoshError", "float", "float"), ("Hinge", "binary", "float"), ("SquaredHinge", "signs", "float"),
    ("CategoricalHinge", "one_hot", "float"), ("Poisson", "positive", "positive"),
    ("KLDivergence", "softmax", "softmax"), ("BinaryCrossentropy", "binary", "unit"),
    ("CategoricalCrossentropy", "one_hot", "softmax"), ("BinaryAccuracy", "binary", "unit"),
    ("SparseCategoricalCrossentropy", "column", "softmax"), ("CategoricalAccuracy", "one_hot", "softmax"),
    ("SparseCategoricalAccuracy", "column", "softmax"), ("TruePositives", "binary", "unit"),
    ("TrueNegatives", "binary", "unit"), ("FalsePositives", "binary", "unit"),
    ("FalseNegatives", "binary", "unit"), ("Precision", "binary", "unit"), ("Recall", "binary", "unit"),
    ("AUC", "binary", "unit"), ("Mean", None, "float"), ("Sum", None, "float"),
]
_COUNTS = ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives", "Precision", "Recall")


def _rows():
    for name, y_true, y_pred in _KINDS:
        for weights in ("none",) if name == "RootMeanSquaredError" else ("none", "positive", "zeros"):
            yield OldMetric(name, y_true, y_pred, weights=weights)
    for name in _COUNTS:
        yield OldMetric(name, "binary", "unit", arguments={"thresholds": 0.3})
        yield OldMetric(name, "binary", "unit", arguments={"thresholds": [0.3, 0.7]}, weights="positive")
    for curve in ("ROC", "PR"):
        for summation in ("interpolation", "minoring", "majoring"):
            yield OldMetric("AUC", "binary", "unit", (40, 1), {"curve": curve, "summation_method": summation,
                                                               "num_thresholds": 21}, "positive")
    yield OldMetric("AUC", "binary", "unit", (40, 1), {"thresholds": [0.2, 0.5, 0.9]})
    yield OldMetric("BinaryAccuracy", "binary", "unit", arguments={"threshold": 0.3}, weights="positive")
    for value in (0.4, 0.7):
        yield OldMetric("SensitivityAtSpecificity", "binary", "unit", (40, 1), {"specificity": value})
        yield OldMetric("SpecificityAtSensitivity", "binary", "unit", (40, 1), {"sensitivity": value})
    for name, y_true in (("TopKCategoricalAccuracy", "one_hot"), ("SparseTopKCategoricalAccuracy", "column")):
        for weights in ("none", "positive"):
            yield OldMetric(name, y_true, "softmax", (12, 8), {"k": 2}, weights)
    yield OldMetric("BinaryCrossentropy", "binary", "float", arguments={"from_logits": True})
    yield OldMetric("CategoricalCrossentropy", "one_hot", "softmax", arguments={"label_smoothing": 0.2})


METRICS = list(_rows())
