"""Which way a metric gets better: up, down, or nobody knows."""

import inspect

from keras_torch import losses, metrics

UPWARD = (
    metrics.Accuracy, metrics.BinaryAccuracy, metrics.CategoricalAccuracy, metrics.SparseCategoricalAccuracy,
    metrics.TopKCategoricalAccuracy, metrics.SparseTopKCategoricalAccuracy, metrics.AUC, metrics.Precision,
    metrics.Recall, metrics.PrecisionAtRecall, metrics.RecallAtPrecision, metrics.SensitivityAtSpecificity,
    metrics.SpecificityAtSensitivity, metrics.CosineSimilarity, metrics.PearsonCorrelation,
    metrics.ConcordanceCorrelation, metrics.IoU, metrics.FBetaScore, metrics.R2Score,
)
DOWNWARD = (metrics.FormulaMetric, metrics.RootMeanSquaredError)   # what is left of these are errors
_UPWARD_FORMULAS = [cls.formula for cls in UPWARD if issubclass(cls, metrics.FormulaMetric)]
_UPWARD_ENDS = ("acc", "accuracy", "auc")
_OLD_UPWARD_STARTS = ("fmeasure", "fbeta", "f1score", "precision", "recall")


def direction_of(metric):
    """1 when more of a metric is better, -1 when less is, None when nobody knows.

    Args:
        metric: a metric object or class, or a function (y_true, y_pred).

    Notes:
        A metric may say it itself: `_direction`, 'up' or 'down', as in Keras.

    >>> direction_of(metrics.AUC), direction_of(losses.mean_squared_error), direction_of(metrics.Sum())
    (1, -1, None)
    """
    said = getattr(metric, "_direction", None)
    if said is not None:
        return 1 if said == "up" else -1
    cls = metric if isinstance(metric, type) else type(metric)
    if issubclass(cls, UPWARD + DOWNWARD):
        return 1 if issubclass(cls, UPWARD) else -1
    formula = metric if inspect.isfunction(metric) else getattr(metric, "fn", None)
    if formula in _UPWARD_FORMULAS:
        return 1
    name = getattr(formula, "__name__", None)
    return -1 if name is not None and losses.registry.find(name) is formula else None


def direction_of_name(name):
    """The direction of a key of logs, without 'val_', by what its last words are called.

    >>> direction_of_name("loss"), direction_of_name("head_mse"), direction_of_name("auc_1")
    (-1, -1, 1)
    """
    words = name.split("_")
    if len(words) > 1 and words[-1].isdigit():   # 'auc_1' is the second AUC
        words.pop()
    ends = ["_".join(words[start:]) for start in range(len(words))]
    if ends[-1] == "loss":
        return -1
    if ends[-1] in _UPWARD_ENDS or name.startswith(_OLD_UPWARD_STARTS):
        return 1
    found = (metrics.registry.find(end) for end in ends)
    return next((direction_of(metric) for metric in found if metric is not None), None)
