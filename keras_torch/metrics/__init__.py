"""Floor 3: metrics. States on the device, an update per batch, a result at any time."""

from keras_torch.base.names import to_snake_case
from keras_torch.base.registry import Registry
from keras_torch.dialects.translator import behaviour
from keras_torch.losses import resolve_crossentropy
from keras_torch.losses.crossentropy import binary_crossentropy as binary_crossentropy
from keras_torch.losses.crossentropy import categorical_crossentropy as categorical_crossentropy
from keras_torch.losses.crossentropy import binary_focal_crossentropy as binary_focal_crossentropy
from keras_torch.losses.crossentropy import categorical_focal_crossentropy as categorical_focal_crossentropy
from keras_torch.losses.crossentropy import sparse_categorical_crossentropy as sparse_categorical_crossentropy
from keras_torch.losses.divergence import kl_divergence as kl_divergence
from keras_torch.losses.divergence import poisson as poisson
from keras_torch.losses.hinges import categorical_hinge as categorical_hinge
from keras_torch.losses.hinges import hinge as hinge
from keras_torch.losses.hinges import squared_hinge as squared_hinge
from keras_torch.losses.regression import huber as huber
from keras_torch.losses.regression import log_cosh as log_cosh
from keras_torch.losses.regression import mean_absolute_error as mean_absolute_error
from keras_torch.losses.regression import mean_absolute_percentage_error as mean_absolute_percentage_error
from keras_torch.losses.regression import mean_squared_error as mean_squared_error
from keras_torch.losses.regression import mean_squared_logarithmic_error as mean_squared_logarithmic_error
from keras_torch.metrics.accuracies import Accuracy as Accuracy
from keras_torch.metrics.accuracies import BinaryAccuracy as BinaryAccuracy
from keras_torch.metrics.accuracies import CategoricalAccuracy as CategoricalAccuracy
from keras_torch.metrics.accuracies import SparseCategoricalAccuracy as SparseCategoricalAccuracy
from keras_torch.metrics.accuracies import SparseTopKCategoricalAccuracy as SparseTopKCategoricalAccuracy
from keras_torch.metrics.accuracies import TopKCategoricalAccuracy as TopKCategoricalAccuracy
from keras_torch.metrics.accuracies import accuracy as accuracy
from keras_torch.metrics.accuracies import binary_accuracy as binary_accuracy
from keras_torch.metrics.accuracies import categorical_accuracy as categorical_accuracy
from keras_torch.metrics.accuracies import resolve_accuracy as resolve_accuracy
from keras_torch.metrics.accuracies import sparse_categorical_accuracy as sparse_categorical_accuracy
from keras_torch.metrics.accuracies import (
    sparse_top_k_categorical_accuracy as sparse_top_k_categorical_accuracy,
)
from keras_torch.metrics.accuracies import top_k_categorical_accuracy as top_k_categorical_accuracy
from keras_torch.metrics.auc import AUC as AUC
from keras_torch.metrics.batchwise import fbeta_score as fbeta_score
from keras_torch.metrics.batchwise import fmeasure as fmeasure
from keras_torch.metrics.batchwise import matthews_correlation as matthews_correlation
from keras_torch.metrics.batchwise import precision as precision
from keras_torch.metrics.batchwise import recall as recall
from keras_torch.metrics.confusion import FalseNegatives as FalseNegatives
from keras_torch.metrics.confusion import FalsePositives as FalsePositives
from keras_torch.metrics.confusion import Precision as Precision
from keras_torch.metrics.confusion import PrecisionAtRecall as PrecisionAtRecall
from keras_torch.metrics.confusion import Recall as Recall
from keras_torch.metrics.confusion import RecallAtPrecision as RecallAtPrecision
from keras_torch.metrics.confusion import SensitivityAtSpecificity as SensitivityAtSpecificity
from keras_torch.metrics.confusion import SpecificityAtSensitivity as SpecificityAtSensitivity
from keras_torch.metrics.confusion import TrueNegatives as TrueNegatives
from keras_torch.metrics.confusion import TruePositives as TruePositives
from keras_torch.metrics.formulas import BinaryCrossentropy as BinaryCrossentropy
from keras_torch.metrics.formulas import CategoricalCrossentropy as CategoricalCrossentropy
from keras_torch.metrics.formulas import CategoricalHinge as CategoricalHinge
from keras_torch.metrics.formulas import ConcordanceCorrelation as ConcordanceCorrelation
from keras_torch.metrics.formulas import CosineSimilarity as CosineSimilarity
from keras_torch.metrics.formulas import Hinge as Hinge
from keras_torch.metrics.formulas import KLDivergence as KLDivergence
from keras_torch.metrics.formulas import LogCoshError as LogCoshError
from keras_torch.metrics.formulas import MeanAbsoluteError as MeanAbsoluteError
from keras_torch.metrics.formulas import MeanAbsolutePercentageError as MeanAbsolutePercentageError
from keras_torch.metrics.formulas import MeanRelativeError as MeanRelativeError
from keras_torch.metrics.formulas import MeanSquaredError as MeanSquaredError
from keras_torch.metrics.formulas import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
from keras_torch.metrics.formulas import PearsonCorrelation as PearsonCorrelation
from keras_torch.metrics.formulas import Poisson as Poisson
from keras_torch.metrics.formulas import RootMeanSquaredError as RootMeanSquaredError
from keras_torch.metrics.formulas import SparseCategoricalCrossentropy as SparseCategoricalCrossentropy
from keras_torch.metrics.formulas import SquaredHinge as SquaredHinge
from keras_torch.metrics.formulas import concordance_correlation as concordance_correlation
from keras_torch.metrics.formulas import cosine_similarity as cosine_similarity
from keras_torch.metrics.formulas import pearson_correlation as pearson_correlation
from keras_torch.metrics.iou import BinaryIoU as BinaryIoU
from keras_torch.metrics.iou import IoU as IoU
from keras_torch.metrics.iou import MeanIoU as MeanIoU
from keras_torch.metrics.iou import OneHotIoU as OneHotIoU
from keras_torch.metrics.iou import OneHotMeanIoU as OneHotMeanIoU
from keras_torch.metrics.metric import Metric as Metric
from keras_torch.metrics.reduction import FormulaMetric as FormulaMetric
from keras_torch.metrics.reduction import Mean as Mean
from keras_torch.metrics.reduction import MeanMetricWrapper as MeanMetricWrapper
from keras_torch.metrics.reduction import MeanTensor as MeanTensor
from keras_torch.metrics.reduction import Sum as Sum
from keras_torch.metrics.scores import F1Score as F1Score
from keras_torch.metrics.scores import FBetaScore as FBetaScore
from keras_torch.metrics.scores import R2Score as R2Score

# Names of Keras 1, 2 and tf.keras.
mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
bce = BCE = binary_crossentropy
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh = log_cosh
cosine_proximity = cosine = cosine_similarity

FUNCTIONS = (
    accuracy, binary_accuracy, categorical_accuracy, sparse_categorical_accuracy, top_k_categorical_accuracy,
    sparse_top_k_categorical_accuracy, cosine_similarity, pearson_correlation, concordance_correlation,
    matthews_correlation, fmeasure,
)
BATCHWISE = {function.__name__: function for function in (precision, recall, fbeta_score)}
CLASSES = (
    Mean, MeanMetricWrapper, MeanTensor, MeanRelativeError, Sum, Accuracy, BinaryAccuracy,
    CategoricalAccuracy, SparseCategoricalAccuracy,
    TopKCategoricalAccuracy, SparseTopKCategoricalAccuracy, AUC, TruePositives, FalsePositives, TrueNegatives,
    FalseNegatives, Precision, Recall, SensitivityAtSpecificity, SpecificityAtSensitivity, PrecisionAtRecall,
    RecallAtPrecision, MeanSquaredError, RootMeanSquaredError, MeanAbsoluteError, MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError, LogCoshError, CosineSimilarity, PearsonCorrelation, ConcordanceCorrelation,
    Hinge, SquaredHinge, CategoricalHinge, KLDivergence, Poisson, BinaryCrossentropy, CategoricalCrossentropy,
    SparseCategoricalCrossentropy, IoU, BinaryIoU, MeanIoU, OneHotIoU, OneHotMeanIoU, FBetaScore, F1Score,
    R2Score,
)
_ALIASES = {
    "mse": MeanSquaredError, "mae": MeanAbsoluteError, "mape": MeanAbsolutePercentageError,
    "msle": MeanSquaredLogarithmicError, "rmse": RootMeanSquaredError, "bce": BinaryCrossentropy,
    "kld": KLDivergence, "kl_divergence": KLDivergence, "kullback_leibler_divergence": KLDivergence,
    "log_cosh": LogCoshError, "logcosh": LogCoshError, "cosine_proximity": CosineSimilarity,
    "cosine": CosineSimilarity, "mean_iou": MeanIoU,
    "fbeta_score": FBetaScore,
}

# Functions first: a name such as "binary_accuracy" then means the class, as in Keras, and the function keeps
# its name.
registry = Registry("metric", {formula.__name__: formula for formula in FUNCTIONS})
for _cls in (Metric, *CLASSES):
    registry.register(_cls, to_snake_case(_cls.__name__))
for _alias, _cls in _ALIASES.items():
    registry.register(_cls, _alias)


def get(identifier):
    """The metric that a name, config, class, function or instance stands for.

    Args:
        identifier: 'mse' and 'MeanSquaredError' both give an instance of the class. For 'accuracy', whose
            meaning depends on the shapes, see `resolve_accuracy`.

    Errors:
        ValueError: an unknown name; the nearest known ones are given.

    Source: Keras `metrics.get`.

    >>> get("mse")
    <MeanSquaredError "mean_squared_error">
    """
    if isinstance(identifier, str) and behaviour("precision and recall") == "mean of batches":
        identifier = BATCHWISE.get(identifier, identifier)
    return registry.get(identifier)


def serialize(metric):
    """Config of a `Metric`, or the name of a metric function.

    Source: Keras `metrics.serialize`.

    >>> serialize(Recall(name="r"))["config"]["name"]
    'r'
    """
    return registry.serialize(metric)


def deserialize(config, custom_objects=None):
    """The metric that `serialize` described.

    Args:
        custom_objects: dict, name -> class or function, tried first.

    Source: Keras `metrics.deserialize`.

    >>> deserialize({"class_name": "TopKCategoricalAccuracy", "config": {"k": 3}}).k
    3
    """
    return registry.deserialize(config, custom_objects)


def as_metric(identifier, y_true_shape=None, y_pred_shape=None, loss=None):
    """A `Metric` object for anything that `compile(metrics=...)` accepts.

    Args:
        identifier: what `get` takes, 'accuracy', 'crossentropy', or any function (y_true, y_pred) -> values.
        y_true_shape: shape of the labels, batch included; needed for 'accuracy' and 'crossentropy'.
        y_pred_shape: shape of the predictions, batch included; needed for the same.
        loss: the output's loss, which up to Keras 2.3 has a say in what 'accuracy' is.

    Returns:
        Metric: named as the user named it. An instance is returned as it is.

    >>> as_metric("acc", (None,), (None, 10)), as_metric("mse")
    (<SparseCategoricalAccuracy "acc">, <MeanSquaredError "mse">)
    """
    name = identifier if isinstance(identifier, str) else None
    if name is not None and name.lower() in ("accuracy", "acc"):
        return resolve_accuracy(name, y_true_shape, y_pred_shape, loss)
    if name is not None and name.lower() in ("crossentropy", "ce"):
        identifier = registry.find(resolve_crossentropy(y_true_shape, y_pred_shape, loss).__name__)
    metric = get(identifier)
    if isinstance(metric, Metric):
        if name is not None:
            own = name == type(metric).__name__ and behaviour("name of a metric class") == "its own"
            metric.name = to_snake_case(name) if own else name
        return metric
    return MeanMetricWrapper(metric, name=name)


def clone_metric(metric):
    """A new metric of the same class and arguments; anything else comes back as it is.

    Source: Keras 2 `metrics.clone_metric`.

    >>> clone_metric(Recall(name="r"))
    <Recall "r">
    """
    return type(metric).from_config(metric.get_config()) if isinstance(metric, Metric) else metric


def clone_metrics(metrics):
    """`clone_metric` for each of a list or dict; None stays None.

    Source: Keras 2 `metrics.clone_metrics`.

    >>> clone_metrics([Recall(name="r"), "mse"])
    [<Recall "r">, 'mse']
    """
    if metrics is None:
        return None
    if isinstance(metrics, dict):
        return {name: clone_metric(metric) for name, metric in metrics.items()}
    return [clone_metric(metric) for metric in metrics]
