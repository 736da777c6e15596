"""Rows of metrics. Keras's answers (result after the batches of SPLIT): references/metrics.npz."""

from __future__ import annotations

from cases.objective_case import MetricCase

SPLIT = (5, 4, 3)
STEPS = (12, 6, 5)


def _row(metric, note, y_true, y_pred, shape=(12, 5), weights=None, masked=False, whole_weights=False,
         generation="keras3", **arguments):
    return MetricCase(metric, note, y_true, y_pred, shape, arguments, weights, masked, whole_weights,
                      generation)


def _mean(metric, y_true, y_pred, **arguments):
    """The rows that every mean of a formula has."""
    return [
        _row(metric, "plain", y_true, y_pred, **arguments),
        _row(metric, "weights", y_true, y_pred, weights=(), **arguments),
        _row(metric, "steps", y_true, y_pred, STEPS, **arguments),
        _row(metric, "steps_weights", y_true, y_pred, STEPS, weights=(6,), **arguments),
        _row(metric, "steps_mask", y_true, y_pred, STEPS, masked=True, **arguments),
        _row(metric, "steps_mask_weights", y_true, y_pred, STEPS, weights=(6,), masked=True, **arguments),
        _row(metric, "zeros", y_true, y_pred, weights=(), **arguments),
        _row(metric, "steps_low_rank_zeros", y_true, y_pred, STEPS, weights=(), **arguments),
        _row(metric, "steps_column", y_true, y_pred, STEPS, weights=(1,), **arguments),
    ]


def _decisions(metric, **arguments):
    """The rows of metrics with thresholds."""
    return [
        _row(metric, "plain", "binary", "unit", **arguments),
        _row(metric, "vector", "binary", "tenths", (12,), **arguments),
        _row(metric, "weights", "binary", "tenths", weights=(), **arguments),
        _row(metric, "weights_each", "binary", "unit", weights=(5,), **arguments),
        _row(metric, "weights_column_zeros", "binary", "unit", weights=(1,), **arguments),
        _row(metric, "steps_zeros", "binary", "unit", STEPS, weights=(6, 1), **arguments),
    ]


def _auc():
    for curve in ("ROC", "PR", "PRGAIN"):
        for method in ("interpolation", "minoring", "majoring"):
            yield _row("AUC", f"{curve}_{method}", "binary", "tenths", (12,), curve=curve,
                       summation_method=method)
    yield _row("AUC", "default", "binary", "unit")
    yield _row("AUC", "weights", "binary", "unit", weights=())
    yield _row("AUC", "few", "binary", "tenths", num_thresholds=11)
    yield _row("AUC", "own_thresholds", "binary", "unit", thresholds=[0.2, 0.3, 0.7])
    yield _row("AUC", "logits", "binary", "float", from_logits=True)
    yield _row("AUC", "label_weights", "binary", "unit", label_weights=[1.0, 2.0, 0.5, 1.0, 3.0])
    for curve in ("ROC", "PR"):
        yield _row("AUC", f"columns_{curve}", "binary", "unit", multi_label=True, curve=curve)
    yield _row("AUC", "columns_weights", "binary", "unit", weights=(), multi_label=True, num_labels=5,
               label_weights=[1.0, 2.0, 0.5, 1.0, 3.0])
    for method in ("interpolation", "minoring", "majoring"):
        for curve in ("ROC", "PR", "PRGAIN"):
            yield _row("AUC", f"columns_{curve}_{method}_zeros", "binary", "unit", weights=(),
                       multi_label=True, curve=curve, summation_method=method, num_thresholds=30)
            yield _row("AUC", f"{curve}_{method}_zeros", "binary", "unit", weights=(5,), curve=curve,
                       summation_method=method, thresholds=[0.1, 0.25, 0.6])
    yield _row("AUC", "steps_zeros", "binary", "unit", STEPS, weights=(6, 1))
    yield _row("AUC", "two_thresholds", "binary", "unit", num_thresholds=2)
    yield _row("AUC", "edges", "binary", "binary", num_thresholds=4)
    yield _row("AUC", "columns_logits", "binary", "float", multi_label=True, from_logits=True, num_labels=5)
    yield _row("AUC", "columns_weights_each_zeros", "binary", "unit", weights=(5,), multi_label=True)
    yield _row("AUC", "columns_label_weights_PR", "binary", "unit", multi_label=True, curve="PR",
               label_weights=[1.0, 2.0, 0.0, 1.0, 3.0], from_logits=False)
    yield _row("AUC", "label_weights_zeros", "binary", "unit", weights=(),
               label_weights=[1.0, 2.0, 0.0, 1.0, 3.0])
    yield _row("AUC", "columns_own_thresholds", "binary", "unit", multi_label=True,
               thresholds=[0.2, 0.3, 0.7])


def _overlaps():
    """The family of intersection over union with weights and in all its options."""
    for note, shape, weights in (("fractions", (40, 4), ()), ("steps_weights", (12, 6, 4), (6,)),
                                 ("zeros", (40, 4), ())):
        arguments = {"shape": shape, "weights": weights, "num_classes": 4, "dtype": "float32"}
        yield _row("MeanIoU", note, "classes", "classes", **arguments)
        yield _row("IoU", note, "classes", "softmax", **arguments, target_class_ids=[3, 1],
                   sparse_y_pred=False)
        yield _row("OneHotIoU", note, "one_hot", "softmax", **arguments, target_class_ids=[1, 2])
        yield _row("OneHotMeanIoU", note, "one_hot", "softmax", **arguments)
    yield _row("BinaryIoU", "fractions", "binary", "unit", (40,), weights=(), dtype="float32", threshold=0.3)
    yield _row("BinaryIoU", "steps_zeros", "binary", "unit", weights=(5,), dtype="float32")
    yield _row("IoU", "options", "one_hot", "one_hot", (12, 6, 4), num_classes=4, target_class_ids=[0, 3],
               ignore_class=0, sparse_y_true=False, sparse_y_pred=False, axis=-1)
    yield _row("MeanIoU", "one_hot_labels", "one_hot", "classes", (40, 4), num_classes=4,
               sparse_y_true=False)
    yield _row("MeanIoU", "ignore_outside", "classes", "classes", (40, 4), num_classes=4, ignore_class=-1)
    yield _row("OneHotIoU", "ignore_class", "one_hot", "classes", (40, 4), num_classes=4,
               target_class_ids=[0, 2], ignore_class=2, sparse_y_pred=True)
    yield _row("OneHotMeanIoU", "ignore_class", "one_hot", "softmax", (40, 4), num_classes=4, ignore_class=1)
    yield _row("MeanIoU", "absent_classes", "classes", "classes", (40, 4), num_classes=7)


def _scores():
    """F-scores, R2 and the means of values with weights that are partly 0."""
    for average in (None, "micro", "macro", "weighted"):
        yield _row("FBetaScore", f"{average}_zeros", "one_hot", "softmax", weights=(), average=average,
                   beta=0.5)
        yield _row("FBetaScore", f"{average}_threshold_zeros", "binary", "unit", weights=(), average=average,
                   beta=2.0, threshold=0.3)
        yield _row("F1Score", f"{average}_weights", "binary", "unit", weights=(), average=average,
                   threshold=1.0 if average is None else 0.6)
    for mode in (None, "uniform_average", "variance_weighted_average"):
        yield _row("R2Score", f"{mode}_zeros", "float", "float", weights=(), class_aggregation=mode)
        yield _row("R2Score", f"{mode}_each_adjusted", "float", "float", weights=(5,),
                   class_aggregation=mode, num_regressors=2)
    yield _row("R2Score", "column", "float", "float", (12, 1))
    yield _row("Mean", "zeros", None, "float", weights=())
    yield _row("Mean", "steps_zeros", None, "float", STEPS, weights=(6,))
    yield _row("Sum", "zeros", None, "float", weights=())
    yield _row("Sum", "steps_low_rank", None, "float", STEPS, weights=(6,))
    yield _row("RootMeanSquaredError", "steps_low_rank_zeros", "float", "float", STEPS, weights=())
    yield _row("Accuracy", "steps_zeros", "tenths", "tenths", STEPS, weights=(6,))
    yield _row("SparseTopKCategoricalAccuracy", "many", "classes", "softmax", k=9)
    yield _row("TopKCategoricalAccuracy", "one_zeros", "one_hot", "tenths", weights=(), k=1)
    yield _row("CosineSimilarity", "axis", "float", "float", STEPS, axis=1)
    yield _row("PearsonCorrelation", "axis", "float", "float", STEPS, axis=1)
    yield _row("ConcordanceCorrelation", "axis", "float", "float", STEPS, axis=1)
    yield _row("CategoricalCrossentropy", "axis", "softmax", "unit", STEPS, axis=1)
    yield _row("Mean", "float64", None, "float", dtype="float64")
    yield _row("Precision", "top_k_zeros", "binary", "unit", weights=(), top_k=2)
    yield _row("Recall", "class_id_zeros", "binary", "unit", weights=(), class_id=2,
               thresholds=[0.0, 0.4, 1.0])
    yield _row("Precision", "steps_class_id", "binary", "unit", STEPS, class_id=2)
    yield _row("SensitivityAtSpecificity", "class_id_zeros", "binary", "unit", weights=(), specificity=0.6,
               class_id=1, num_thresholds=7)
    yield _row("SpecificityAtSensitivity", "never", "binary", "unit", sensitivity=1.0, num_thresholds=3)
    for metric, at in (("SensitivityAtSpecificity", "specificity"), ("RecallAtPrecision", "precision"),
                       ("SpecificityAtSensitivity", "sensitivity"), ("PrecisionAtRecall", "recall")):
        yield _row(metric, "edges", "binary", "binary", **{at: 0.3}, num_thresholds=5)
    yield _row("Precision", "edges", "binary", "binary", thresholds=[0.0, 0.5, 1.0])
    yield _row("PrecisionAtRecall", "class_id_zeros", "binary", "unit", weights=(), recall=0.5, class_id=1)


def _older():
    """Rows that tf_keras answers: metrics that only it has, and what it counts in another way."""
    older = {"generation": "tf.keras"}
    yield _row("MeanRelativeError", "plain", "float", "float", normalizer=[1.0, 2.0, 0.5, 0.0, 3.0], **older)
    yield _row("MeanRelativeError", "zeros", "float", "float", weights=(),
               normalizer=[1.0, 2.0, 0.5, 1.5, 3.0], **older)
    yield _row("SparseCategoricalCrossentropy", "ignore_class", "classes", "softmax", STEPS, ignore_class=1,
               **older)
    for metric, y_true, y_pred in (("BinaryCrossentropy", "binary", "unit"), ("Hinge", "binary", "float"),
                                   ("CosineSimilarity", "float", "float"), ("LogCoshError", "float", "float"),
                                   ("KLDivergence", "softmax", "softmax"), ("AUC", "binary", "unit"),
                                   ("Precision", "binary", "unit"), ("BinaryAccuracy", "binary", "unit"),
                                   ("SparseCategoricalAccuracy", "classes", "softmax"),
                                   ("SparseTopKCategoricalAccuracy", "classes", "softmax"),
                                   ("R2Score", "float", "float"), ("F1Score", "one_hot", "softmax"),
                                   ("RootMeanSquaredError", "float", "float")):
        yield _row(metric, "zeros", y_true, y_pred, weights=(), **older)
    yield _row("Precision", "top_k", "binary", "unit", STEPS, weights=(6, 1), top_k=2, **older)
    yield _row("AUC", "columns_PR", "binary", "unit", weights=(), multi_label=True, curve="PR", **older)
    yield _row("MeanIoU", "weights", "classes", "classes", (40, 4), weights=(), num_classes=4, **older)


METRIC_CASES = [
    _row("Mean", "plain", None, "float"),
    _row("Mean", "weights", None, "float", weights=()),
    _row("Mean", "weights_column", None, "float", weights=(1,)),
    _row("Mean", "weights_each", None, "float", weights=(5,)),
    _row("Sum", "plain", None, "float"),
    _row("Sum", "weights", None, "float", weights=()),
    _row("Sum", "weights_each", None, "float", weights=(5,)),
    *_mean("MeanSquaredError", "float", "float"),
    *_mean("RootMeanSquaredError", "float", "float")[:4],
    *_mean("MeanAbsoluteError", "float", "float"),
    *_mean("MeanAbsolutePercentageError", "float", "float"),
    *_mean("MeanSquaredLogarithmicError", "positive", "positive"),
    *_mean("LogCoshError", "float", "float"),
    *_mean("CosineSimilarity", "float", "float"),
    *_mean("PearsonCorrelation", "float", "float"),
    *_mean("ConcordanceCorrelation", "float", "float"),
    *_mean("KLDivergence", "softmax", "softmax"),
    *_mean("Poisson", "positive", "positive"),
    *_mean("Hinge", "binary", "float"),
    *_mean("SquaredHinge", "signs", "float"),
    *_mean("CategoricalHinge", "one_hot", "float"),
    *_mean("BinaryCrossentropy", "binary", "unit"),
    _row("BinaryCrossentropy", "logits", "binary", "float", from_logits=True, label_smoothing=0.1),
    *_mean("CategoricalCrossentropy", "one_hot", "softmax"),
    _row("CategoricalCrossentropy", "logits", "one_hot", "float", from_logits=True, label_smoothing=0.1),
    *_mean("SparseCategoricalCrossentropy", "classes", "softmax"),
    _row("SparseCategoricalCrossentropy", "logits", "column", "float", from_logits=True),
    _row("SparseCategoricalCrossentropy", "ignore_class", "classes", "softmax", STEPS, ignore_class=1),
    _row("SparseCategoricalCrossentropy", "ignore_class_weights", "classes", "softmax", STEPS, (6,),
         ignore_class=1),
    *_mean("BinaryAccuracy", "binary", "unit"),
    _row("BinaryAccuracy", "threshold", "binary", "tenths", threshold=0.3),
    _row("BinaryAccuracy", "column", "binary", "unit", (12, 1)),
    *_mean("CategoricalAccuracy", "one_hot", "softmax"),
    *_mean("SparseCategoricalAccuracy", "classes", "softmax"),
    _row("SparseCategoricalAccuracy", "column", "column", "softmax"),
    *_mean("TopKCategoricalAccuracy", "one_hot", "softmax", k=2),
    *_mean("SparseTopKCategoricalAccuracy", "classes", "softmax", k=2),
    _row("Accuracy", "plain", "tenths", "tenths", (12, 40)),
    _row("Accuracy", "weights", "binary", "binary", weights=()),
    *_decisions("TruePositives"),
    *_decisions("FalsePositives", thresholds=[0.3, 0.8, 0.1]),
    *_decisions("TrueNegatives", thresholds=0.4),
    *_decisions("FalseNegatives", thresholds=[0.0, 0.5, 1.0]),
    *_decisions("Precision"),
    *_decisions("Recall", thresholds=[0.2, 0.6]),
    _row("Precision", "top_k", "binary", "unit", top_k=2),
    _row("Precision", "class_id", "binary", "unit", class_id=3),
    _row("Precision", "top_k_class_id_threshold", "binary", "unit", top_k=2, class_id=1, thresholds=0.6),
    _row("Precision", "even_thresholds", "binary", "tenths", thresholds=[0.0, 0.25, 0.5, 0.75, 1.0]),
    _row("Recall", "top_k", "binary", "unit", weights=(), top_k=3),
    _row("Recall", "class_id", "binary", "unit", weights=(), class_id=0),
    *_decisions("SensitivityAtSpecificity", specificity=0.4, num_thresholds=20),
    *_decisions("SpecificityAtSensitivity", sensitivity=0.5),
    *_decisions("PrecisionAtRecall", recall=0.6, num_thresholds=1),
    *_decisions("RecallAtPrecision", precision=0.5, num_thresholds=50),
    _row("RecallAtPrecision", "class_id", "binary", "unit", precision=0.4, class_id=2),
    *_auc(),
    *(_row("FBetaScore", str(average), "one_hot", "softmax", average=average, beta=2.0)
      for average in (None, "micro", "macro", "weighted")),
    _row("FBetaScore", "threshold", "binary", "unit", threshold=0.4, beta=0.5),
    _row("FBetaScore", "weights", "one_hot", "softmax", weights=(), average="weighted"),
    _row("F1Score", "plain", "one_hot", "softmax"),
    _row("F1Score", "macro_threshold", "binary", "unit", average="macro", threshold=0.5),
    *(_row("R2Score", str(mode), "float", "float", class_aggregation=mode)
      for mode in (None, "uniform_average", "variance_weighted_average")),
    _row("R2Score", "weights", "float", "float", weights=()),
    _row("R2Score", "adjusted", "float", "float", num_regressors=3),
    _row("IoU", "plain", "classes", "classes", (40, 4), num_classes=4, target_class_ids=[0, 2]),
    _row("IoU", "weights", "classes", "classes", (40, 4), weights=(), whole_weights=True, num_classes=4,
         target_class_ids=[1]),
    _row("BinaryIoU", "plain", "binary", "tenths", threshold=0.4),
    _row("BinaryIoU", "one_class", "binary", "unit", target_class_ids=[1]),
    _row("MeanIoU", "plain", "classes", "classes", (40, 4), num_classes=4),
    _row("MeanIoU", "ignore_class", "classes", "classes", (40, 4), num_classes=4, ignore_class=2),
    _row("MeanIoU", "scores", "classes", "softmax", (40, 4), num_classes=4, sparse_y_pred=False),
    _row("OneHotIoU", "plain", "one_hot", "softmax", (40, 4), num_classes=4, target_class_ids=[0, 3]),
    _row("OneHotMeanIoU", "plain", "one_hot", "softmax", (40, 4), num_classes=4),
    *_overlaps(),
    *_scores(),
    *_older(),
]
