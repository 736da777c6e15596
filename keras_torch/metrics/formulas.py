"""Metrics that are the mean of a loss formula: errors, cross-entropies, hinges, divergences, correlations."""

from keras_torch.base import settings
from keras_torch.base.checks import Term, boolean, fraction, integer
from keras_torch.dialects.translator import behaviour
from keras_torch.losses import crossentropy, divergence, hinges, regression
from keras_torch.losses.loss import Generations, as_pair, safe_divide
from keras_torch.metrics.reduction import FormulaMetric, Mean, pair_of
from keras_torch.ops.core import as_tensor

_LOGITS = Term(boolean, bool, "whether y_pred are logits", optional=False)
_SMOOTHING = Term(fraction, doc="fraction of each label that is spread, 0..1", optional=False)
_AXIS = Term(integer, doc="axis of the formula", optional=False)


def cosine_similarity(y_true, y_pred, axis=-1):
    """Cosine of the angle between `y_true` and `y_pred` along `axis`: 1 for equal directions (the loss is
    -1).

    Notes:
        Up to Keras 2.2 the metric was the loss, with a minus; Keras 1 took the mean of the products.

    Source: Keras `metrics.CosineSimilarity`.

    >>> cosine_similarity([[0.0, 2.0]], [[0.0, 5.0]])
    tensor([1.])
    """
    return COSINE.chosen()(y_true, y_pred, axis)


def _cosine(y_true, y_pred, axis=-1):
    return -regression.COSINE.today(y_true, y_pred, axis)


COSINE = Generations("cosine metric", {"sum": _cosine, "minus sum": regression.COSINE.formulas["sum"],
                                       "minus mean": regression.COSINE.formulas["mean"]})


def pearson_correlation(y_true, y_pred, axis=-1):
    """Pearson's correlation along `axis`, from -1 to 1.

    Source: Keras `metrics.pearson_correlation`.

    >>> pearson_correlation([[0.0, 1.0]], [[2.0, 3.0]])
    tensor([1.])
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    y_true = y_true - y_true.mean(axis, keepdim=True)
    y_pred = y_pred - y_pred.mean(axis, keepdim=True)
    spread = (y_true.square().mean(axis) * y_pred.square().mean(axis)).sqrt()
    return (y_true * y_pred).mean(axis) / spread


def concordance_correlation(y_true, y_pred, axis=-1):
    """Lin's concordance along `axis`: like Pearson's, but shifts and other scales lower it.

    Source: Keras `metrics.concordance_correlation`.

    >>> concordance_correlation([[0.0, 2.0]], [[0.0, 2.0]]).round(decimals=4)
    tensor([1.])
    """
    y_true, y_pred = as_pair(y_true, y_pred)
    mean_true, mean_pred = y_true.mean(axis, keepdim=True), y_pred.mean(axis, keepdim=True)
    spread_true = (y_true - mean_true).square().mean(axis, keepdim=True)
    spread_pred = (y_pred - mean_pred).square().mean(axis, keepdim=True)
    common = (y_true - mean_pred) * (y_pred - mean_pred)
    total = spread_true + spread_pred + (mean_true - mean_pred).square()
    return (2.0 * common / (total + settings.epsilon())).mean(axis)


class MeanSquaredError(FormulaMetric):
    """Mean of `(y_true - y_pred)**2`.

    Source: Keras `metrics.MeanSquaredError`.

    >>> float(MeanSquaredError()([[0.0, 0.0, 0.0]], [[1.0, 1.0, 1.0]]))
    1.0
    """

    formula = regression.mean_squared_error
    mean_formula = regression.MeanSquaredError.mean_formula


class RootMeanSquaredError(Mean):
    """Root of the mean of `(y_true - y_pred)**2`.

    Source: Keras `metrics.RootMeanSquaredError`.

    >>> float(RootMeanSquaredError()([[0.0, 0.0]], [[2.0, 2.0]]))
    2.0
    """

    def __init__(self, name="root_mean_squared_error", dtype=None):
        super().__init__(name, dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch of squared errors."""
        y_true, y_pred = pair_of(self, y_true, y_pred)
        super().update_state((y_pred - y_true).square(), sample_weight)

    def result(self):
        """The root of the mean so far."""
        return super().result().sqrt()


class MeanAbsoluteError(FormulaMetric):
    """Mean of `|y_true - y_pred|`.

    Source: Keras `metrics.MeanAbsoluteError`.

    >>> float(MeanAbsoluteError()([[0.0, 0.0, 0.0]], [[1.0, 1.0, 1.0]]))
    1.0
    """

    formula = regression.mean_absolute_error
    mean_formula = regression.MeanAbsoluteError.mean_formula


class MeanAbsolutePercentageError(FormulaMetric):
    """Mean of `100 * |y_true - y_pred| / |y_true|`.

    Source: Keras `metrics.MeanAbsolutePercentageError`.

    >>> float(MeanAbsolutePercentageError()([[1.0, 1.0, 1.0]], [[0.0, 0.0, 0.0]]))
    100.0
    """

    formula = regression.mean_absolute_percentage_error


class MeanRelativeError(Mean):
    """Mean of `|y_true - y_pred| / normalizer`; 0 where the normalizer is 0.

    Args:
        normalizer: list, array or tensor that fits the predictions.

    Source: tf.keras `metrics.MeanRelativeError`.

    >>> float(MeanRelativeError([1.0, 2.0])([1.0, 4.0], [1.0, 2.0]))
    0.5
    """

    def __init__(self, normalizer, name="mean_relative_error", dtype=None):
        super().__init__(name, dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch of relative errors."""
        y_true, y_pred = pair_of(self, y_true, y_pred)
        normalizer = as_tensor(self.normalizer, like=y_pred).to(y_pred).expand_as(y_pred)
        super().update_state(safe_divide((y_pred - y_true).abs(), normalizer), sample_weight)


class MeanSquaredLogarithmicError(FormulaMetric):
    """Mean of `(log(y_true + 1) - log(y_pred + 1))**2`.

    Source: Keras `metrics.MeanSquaredLogarithmicError`.

    >>> float(MeanSquaredLogarithmicError()([[1.0, 1.0, 1.0]], [[1.0, 1.0, 1.0]]))
    0.0
    """

    formula = regression.mean_squared_logarithmic_error


class LogCoshError(FormulaMetric):
    """Mean of `log(cosh(y_pred - y_true))`.

    Source: Keras `metrics.LogCoshError`.

    >>> float(LogCoshError()([[0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]]))
    0.0
    """

    formula = regression.log_cosh

    def __init__(self, name="logcosh", dtype=None):
        super().__init__(name, dtype)


class CosineSimilarity(FormulaMetric):
    """Mean cosine of the angle between `y_true` and `y_pred`.

    Args:
        axis: axis along which the vectors lie.

    Source: Keras `metrics.CosineSimilarity`.

    >>> float(CosineSimilarity()([[1.0, 1.0, 1.0, 1.0]], [[1.0, 1.0, 1.0, 1.0]]))
    1.0
    """

    formula = cosine_similarity
    generations = COSINE
    options = ("axis",)
    vocabulary = {"axis": _AXIS}

    def __init__(self, name="cosine_similarity", dtype=None, axis=-1):
        super().__init__(name, dtype)


class PearsonCorrelation(FormulaMetric):
    """Mean of Pearson's correlation along `axis`.

    Args:
        axis: axis along which the vectors lie; with the batch axis 0 each batch is correlated by itself.

    Source: Keras `metrics.PearsonCorrelation`.

    >>> float(PearsonCorrelation()([[0.0, 1.0]], [[2.0, 3.0]]))
    1.0
    """

    formula = pearson_correlation
    options = ("axis",)
    vocabulary = {"axis": _AXIS}

    def __init__(self, name="pearson_correlation", dtype=None, axis=-1):
        super().__init__(name, dtype)


class ConcordanceCorrelation(FormulaMetric):
    """Mean of Lin's concordance along `axis`.

    Args:
        axis: axis along which the vectors lie.

    Source: Keras `metrics.ConcordanceCorrelation`.

    >>> round(float(ConcordanceCorrelation()([[0.0, 2.0]], [[0.0, 2.0]])), 4)
    1.0
    """

    formula = concordance_correlation
    options = ("axis",)
    vocabulary = {"axis": _AXIS}

    def __init__(self, name="concordance_correlation", dtype=None, axis=-1):
        super().__init__(name, dtype)


class Hinge(FormulaMetric):
    """Mean of `max(1 - y_true * y_pred, 0)`.

    Source: Keras `metrics.Hinge`.

    >>> float(Hinge()([[1.0]], [[0.0]]))
    1.0
    """

    formula = hinges.hinge
    generations = hinges.HINGE


class SquaredHinge(FormulaMetric):
    """Mean of `max(1 - y_true * y_pred, 0)**2`.

    Source: Keras `metrics.SquaredHinge`.

    >>> float(SquaredHinge()([[1.0]], [[0.0]]))
    1.0
    """

    formula = hinges.squared_hinge
    generations = hinges.SQUARED_HINGE


class CategoricalHinge(FormulaMetric):
    """Mean of `max(best wrong class - right class + 1, 0)`.

    Source: Keras `metrics.CategoricalHinge`.

    >>> float(CategoricalHinge()([[1.0, 0.0], [0.0, 1.0]], [[0.0, 0.0]]))
    1.0
    """

    formula = hinges.categorical_hinge


class KLDivergence(FormulaMetric):
    """Mean of `sum(y_true * log(y_true / y_pred))`.

    Source: Keras `metrics.KLDivergence`.

    >>> float(KLDivergence()([[0.5, 0.5], [0.5, 0.5]], [[0.5, 0.5], [0.5, 0.5]]))
    0.0
    """

    formula = divergence.kl_divergence

    def default_name(self):
        """'kl_divergence'; 'kullback_leibler_divergence' up to tf.keras."""
        return behaviour("name of the divergence metric")


class Poisson(FormulaMetric):
    """Mean of `y_pred - y_true * log(y_pred)`.

    Source: Keras `metrics.Poisson`.

    >>> float(Poisson()([[0.0]], [[1.0]]))
    1.0
    """

    formula = divergence.poisson


class BinaryCrossentropy(FormulaMetric):
    """Mean of the cross-entropy between labels 0 and 1 and predictions.

    Args:
        from_logits: predictions are logits, not probabilities.
        label_smoothing: fraction of each label that is moved to 0.5.

    Source: Keras `metrics.BinaryCrossentropy`.

    >>> round(float(BinaryCrossentropy()([[1.0]], [[0.5]])), 4)
    0.6931
    """

    formula = crossentropy.binary_crossentropy
    generations = crossentropy.BINARY
    options = ("from_logits", "label_smoothing")
    vocabulary = {"from_logits": _LOGITS, "label_smoothing": _SMOOTHING}

    def __init__(self, name="binary_crossentropy", dtype=None, from_logits=False, label_smoothing=0):
        super().__init__(name, dtype)


class CategoricalCrossentropy(FormulaMetric):
    """Mean of the cross-entropy between one-hot labels and predictions.

    Args:
        from_logits: predictions are logits, not probabilities.
        label_smoothing: fraction of each label that is spread over all classes.
        axis: the class axis.

    Source: Keras `metrics.CategoricalCrossentropy`.

    >>> round(float(CategoricalCrossentropy()([[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.5], [0.5, 0.5]])), 4)
    0.6931
    """

    formula = crossentropy.categorical_crossentropy
    options = ("from_logits", "label_smoothing", "axis")
    vocabulary = {"from_logits": _LOGITS, "label_smoothing": _SMOOTHING, "axis": _AXIS}

    def __init__(self, name="categorical_crossentropy", dtype=None, from_logits=False, label_smoothing=0,
                 axis=-1):
        super().__init__(name, dtype)


class SparseCategoricalCrossentropy(FormulaMetric):
    """Mean of the cross-entropy between class numbers and predictions.

    Args:
        from_logits: predictions are logits, not probabilities.
        ignore_class: class number whose entries get the value 0 (and, where there are weights, no weight).
        axis: the class axis.

    Source: Keras `metrics.SparseCategoricalCrossentropy`.

    >>> round(float(SparseCategoricalCrossentropy()([0, 1], [[0.5, 0.5], [0.5, 0.5]])), 4)
    0.6931
    """

    formula = crossentropy.sparse_categorical_crossentropy
    options = ("from_logits", "ignore_class", "axis")
    vocabulary = {"from_logits": _LOGITS, "axis": _AXIS,
                  "ignore_class": Term(integer, doc="class that does not count")}

    def __init__(self, name="sparse_categorical_crossentropy", dtype=None, from_logits=False,
                 ignore_class=None, axis=-1):
        super().__init__(name, dtype)
