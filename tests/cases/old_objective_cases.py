"""Rows of losses, metrics, activations, regularizers and constraints of Keras 1.2.2, 2.2.4 and 2.3.1.

Real Keras answers on Theano. TensorFlow's meaning is what is promised; where the two could differ, the rows
keep away from it: logits are small, since Theano takes their sigmoid and clips it.
"""

from __future__ import annotations

from cases.old_objective_case import GENERATIONS, Formula, Weighted

STEPS = (3, 6, 5)
_REGRESSION = ("mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mse", "MSE",
               "mae", "mape", "cosine_proximity", "cosine", "hinge", "squared_hinge")
_PROBABILITIES = ("softmax", "tenths", "binary")  # the last two have zeros and ones
_LATER = GENERATIONS[1:]


def _losses_of_all(generation, module):
    for shape in ((4, 5), STEPS):
        for loss in _REGRESSION:
            for kind in ("float", "binary", "signs"):
                yield Formula(generation, module, loss, (kind, "float"), shape, gradient=True)
        for loss in ("mean_squared_logarithmic_error", "msle", "poisson"):
            yield Formula(generation, module, loss, ("positive", "positive"), shape, gradient=True)
            yield Formula(generation, module, loss, ("tenths", "tenths"), shape)
        for loss in ("kullback_leibler_divergence", "kld"):
            yield Formula(generation, module, loss, ("softmax", "softmax"), shape, gradient=True)
            yield Formula(generation, module, loss, ("binary", "tenths"), shape)
        yield Formula(generation, module, "binary_crossentropy", ("binary", "unit"), shape, gradient=True)
        yield Formula(generation, module, "binary_crossentropy", ("binary", "tenths"), shape)
        yield Formula(generation, module, "binary_crossentropy", ("binary", "binary"), shape)
        for kind in ("softmax", "unit", "tenths", "one_hot"):
            yield Formula(generation, module, "categorical_crossentropy", ("one_hot", kind), shape,
                          gradient=kind in ("softmax", "unit"))
        yield Formula(generation, module, "sparse_categorical_crossentropy", ("column", "softmax"), shape,
                      gradient=True)
        yield Formula(generation, module, "sparse_categorical_crossentropy", ("column", "one_hot"), shape)
    yield Formula(generation, module, "mean_absolute_percentage_error", ("binary", "float"), note="zeros")


def _losses_of_keras2(generation):
    for shape in ((4, 5), STEPS):
        yield Formula(generation, "losses", "categorical_hinge", ("one_hot", "float"), shape, gradient=True)
        yield Formula(generation, "losses", "logcosh", ("float", "float"), shape, gradient=True)


def _losses_of_keras23():
    generation = "keras2.3"
    for shape in ((4, 5), STEPS):
        yield Formula(generation, "losses", "huber_loss", ("float", "float"), shape, {"delta": 0.3})
        yield Formula(generation, "losses", "cosine_similarity", ("float", "float"), shape)
    for loss, kind in (("binary_crossentropy", "binary"), ("categorical_crossentropy", "one_hot")):
        yield Formula(generation, "losses", loss, (kind, "float"), arguments={"from_logits": True})
        yield Formula(generation, "losses", loss, (kind, "softmax"), arguments={"label_smoothing": 0.2})
        yield Formula(generation, "losses", loss, (kind, "softmax"), positional=(False, 0.2))
    yield Formula(generation, "losses", "sparse_categorical_crossentropy", ("column", "float"),
                  arguments={"from_logits": True})
    for name, y_true, y_pred in (
            ("MeanSquaredError", "float", "float"), ("MeanAbsoluteError", "float", "float"),
            ("MeanAbsolutePercentageError", "float", "float"), ("Huber", "float", "float"),
            ("MeanSquaredLogarithmicError", "positive", "positive"), ("BinaryCrossentropy", "binary", "unit"),
            ("CategoricalCrossentropy", "one_hot", "softmax"), ("Hinge", "binary", "float"),
            ("SparseCategoricalCrossentropy", "column", "softmax"), ("SquaredHinge", "signs", "float"),
            ("CategoricalHinge", "one_hot", "float"), ("Poisson", "positive", "positive"),
            ("LogCosh", "float", "float"), ("KLDivergence", "softmax", "softmax")):
        for shape in ((4, 5), STEPS):
            yield Formula(generation, "losses", name, (y_true, y_pred), shape, made=True, gradient=True)
        for reduction in ("none", "sum", "sum_over_batch_size"):
            yield Formula(generation, "losses", name, (y_true, y_pred), made=True,
                          arguments={"reduction": reduction})
        weights = (("positive", (4,)),)
        yield Formula(generation, "losses", name, (y_true, y_pred, *weights), made=True, note="weights")
    yield Formula(generation, "losses", "Huber", ("float", "float"), positional=(0.2, "sum"), made=True)
    yield Formula(generation, "losses", "BinaryCrossentropy", ("binary", "float"), positional=(True, 0.1),
                  made=True)
    yield Formula(generation, "losses", "CategoricalCrossentropy", ("one_hot", "float"),
                  positional=(True, 0.1), made=True)


def _metrics_of_keras1():
    generation = "keras1"
    for shape in ((8, 5), STEPS):
        for name in ("mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "hinge",
                     "squared_hinge", "cosine_proximity", "mse", "mae", "mape", "cosine"):
            yield Formula(generation, "metrics", name, ("float", "float"), shape)
        for name in ("mean_squared_logarithmic_error", "poisson", "msle"):
            yield Formula(generation, "metrics", name, ("positive", "positive"), shape)
        yield Formula(generation, "metrics", "kullback_leibler_divergence", ("softmax", "softmax"), shape)
        for name in ("binary_accuracy", "binary_crossentropy", "precision", "recall", "fmeasure", "f1score",
                     "fbeta_score", "fscore", "matthews_correlation"):
            yield Formula(generation, "metrics", name, ("binary", "unit"), shape)
            yield Formula(generation, "metrics", name, ("binary", "binary"), shape)
        yield Formula(generation, "metrics", "fbeta_score", ("binary", "unit"), shape, {"beta": 2})
        for name in ("categorical_accuracy", "categorical_crossentropy"):
            yield Formula(generation, "metrics", name, ("one_hot", "softmax"), shape)
        for name in ("sparse_categorical_accuracy", "sparse_categorical_crossentropy"):
            yield Formula(generation, "metrics", name, ("column", "softmax"), shape)
    yield Formula(generation, "metrics", "top_k_categorical_accuracy", ("one_hot", "softmax"), (16, 8))
    yield Formula(generation, "metrics", "top_k_categorical_accuracy", ("one_hot", "softmax"), (16, 8),
                  {"k": 2})


def _metrics_of_keras2(generation):
    for shape in ((8, 5), STEPS):
        yield Formula(generation, "metrics", "binary_accuracy", ("binary", "unit"), shape)
        yield Formula(generation, "metrics", "categorical_accuracy", ("one_hot", "softmax"), shape)
    yield Formula(generation, "metrics", "sparse_categorical_accuracy", ("column", "softmax"), (8, 5))
    for name, kind in (("top_k_categorical_accuracy", "one_hot"),
                       ("sparse_top_k_categorical_accuracy", "column")):
        for arguments in ({}, {"k": 2}):
            yield Formula(generation, "metrics", name, (kind, "softmax"), (16, 8), arguments)
    for name in ("mean_squared_error", "mae", "mape", "hinge", "cosine_proximity", "cosine"):
        yield Formula(generation, "metrics", name, ("signs", "float"))
    if generation == "keras2.3":
        yield Formula(generation, "metrics", "binary_accuracy", ("binary", "unit"), positional=(0.3,))


def _activations(generation):
    names = ["softmax", "softplus", "softsign", "relu", "tanh", "sigmoid", "hard_sigmoid", "linear", "elu"]
    later = ["selu", "exponential"] if generation != "keras1" else []
    for name in names + later:
        yield Formula(generation, "activations", name, ("wide",), gradient=name != "hard_sigmoid")
    yield Formula(generation, "activations", "softmax", ("wide",), STEPS)
    yield Formula(generation, "activations", "elu", ("wide",), arguments={"alpha": 0.3})
    yield Formula(generation, "activations", "elu", ("wide",), positional=(0.3,))
    yield Formula(generation, "activations", "relu", ("wide",), arguments={"alpha": 0.3})
    yield Formula(generation, "activations", "relu", ("wide",), positional=(0.3, 1.5))
    yield Formula(generation, "activations", "relu", ("wide",), arguments={"alpha": 0.1, "max_value": 2.0})
    if generation != "keras1":
        yield Formula(generation, "activations", "relu", ("wide",),
                      arguments={"alpha": 0.1, "max_value": 2.0, "threshold": 0.5})
        yield Formula(generation, "activations", "softmax", ("wide",), STEPS, {"axis": 1})


def _penalties(generation):
    both = "l1l2" if generation == "keras1" else "l1_l2"
    for name in ("l1", "l2", both):
        yield Formula(generation, "regularizers", name, ("float",), made=True)
    for name in ("l1", "l2"):
        yield Formula(generation, "regularizers", name, ("float",), made=True, arguments={"l": 0.3})
        yield Formula(generation, "regularizers", name, ("float",), made=True, positional=(0.3,))
    yield Formula(generation, "regularizers", both, ("float",), made=True, positional=(0.2, 0.3))
    yield Formula(generation, "regularizers", both, ("float",), made=True, arguments={"l2": 0.3})
    if generation != "keras1":
        yield Formula(generation, "regularizers", "L1L2", ("float",), made=True)
        yield Formula(generation, "regularizers", "L1L2", ("float",), made=True, arguments={"l1": 0.3})
        return
    for name in ("activity_l1", "activity_l2", "activity_l1l2"):
        yield Formula(generation, "regularizers", name, ("float",), made=True)
    for name in ("WeightRegularizer", "ActivityRegularizer", "L1L2Regularizer"):
        yield Formula(generation, "regularizers", name, ("float",), made=True)
        yield Formula(generation, "regularizers", name, ("float",), made=True, positional=(0.1, 0.2))
    yield Formula(generation, "regularizers", "EigenvalueRegularizer", ("unit",), made=True,
                  positional=(0.2,))
    yield Formula(generation, "regularizers", "EigenvalueRegularizer", ("float",), (3, 3), made=True,
                  arguments={"k": 0.5}, gradient=True)


def _limits(generation):
    old = {"max": "m", "low": "low", "high": "high"} if generation == "keras1" else {
        "max": "max_value", "low": "min_value", "high": "max_value"}
    names = ("MaxNorm", "maxnorm") + (() if generation == "keras1" else ("max_norm",))
    for name in names:
        yield Formula(generation, "constraints", name, ("wide",), made=True)
        yield Formula(generation, "constraints", name, ("wide",), made=True, positional=(1.5, 1))
        yield Formula(generation, "constraints", name, ("wide",), made=True, arguments={old["max"]: 0.5})
    for name in ("NonNeg", "nonneg", "UnitNorm", "unitnorm"):
        yield Formula(generation, "constraints", name, ("wide",), made=True)
    yield Formula(generation, "constraints", "UnitNorm", ("wide",), (2, 3, 4, 5), {"axis": [0, 1, 2]},
                  made=True)
    yield Formula(generation, "constraints", "MinMaxNorm", ("wide",), made=True)
    yield Formula(generation, "constraints", "MinMaxNorm", ("wide",), made=True,
                  positional=(0.5, 1.0, 0.7, 1))
    yield Formula(generation, "constraints", "MinMaxNorm", ("wide",), made=True,
                  arguments={old["low"]: 2.0, old["high"]: 3.0, "rate": 0.5, "axis": 0})


def _weighted(generation):
    for loss, y_true, y_pred in (("mean_squared_error", "float", "float"),
                                 ("categorical_crossentropy", "one_hot", "softmax"),
                                 ("sparse_categorical_crossentropy", "column", "softmax"),
                                 ("binary_crossentropy", "binary", "unit")):
        for weights in ("positive", "zeros", "ones"):
            yield Weighted(generation, loss, y_true, y_pred, (6, 5), weights)
            for temporal in (False, True):
                for masked in (False, True):
                    yield Weighted(generation, loss, y_true, y_pred, (6, 4, 5), weights, temporal, masked)


FORMULAS = [
    *_losses_of_all("keras1", "objectives"),
    *(row for generation in _LATER for row in _losses_of_all(generation, "losses")),
    *(row for generation in _LATER for row in _losses_of_keras2(generation)),
    *_losses_of_keras23(),
    *_metrics_of_keras1(),
    *(row for generation in _LATER for row in _metrics_of_keras2(generation)),
    *(row for generation in GENERATIONS for make in (_activations, _penalties, _limits)
      for row in make(generation)),
]
WEIGHTED = [row for generation in GENERATIONS for row in _weighted(generation)]
