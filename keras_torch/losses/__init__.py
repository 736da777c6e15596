"""Floor 3: losses. A formula gives a value per sample; `Loss` weighs and reduces."""

from keras_torch.base.registry import Registry
from keras_torch.dialects.translator import behaviour
from keras_torch.losses.alignment import CTC as CTC
from keras_torch.losses.alignment import ctc as ctc
from keras_torch.losses.crossentropy import BinaryCrossentropy as BinaryCrossentropy
from keras_torch.losses.crossentropy import BinaryFocalCrossentropy as BinaryFocalCrossentropy
from keras_torch.losses.crossentropy import CategoricalCrossentropy as CategoricalCrossentropy
from keras_torch.losses.crossentropy import CategoricalFocalCrossentropy as CategoricalFocalCrossentropy
from keras_torch.losses.crossentropy import (
    CategoricalGeneralizedCrossEntropy as CategoricalGeneralizedCrossEntropy,
)
from keras_torch.losses.crossentropy import SparseCategoricalCrossentropy as SparseCategoricalCrossentropy
from keras_torch.losses.crossentropy import binary_crossentropy as binary_crossentropy
from keras_torch.losses.crossentropy import binary_focal_crossentropy as binary_focal_crossentropy
from keras_torch.losses.crossentropy import categorical_crossentropy as categorical_crossentropy
from keras_torch.losses.crossentropy import categorical_focal_crossentropy as categorical_focal_crossentropy
from keras_torch.losses.crossentropy import (
    categorical_generalized_cross_entropy as categorical_generalized_cross_entropy,
)
from keras_torch.losses.crossentropy import sparse_categorical_crossentropy as sparse_categorical_crossentropy
from keras_torch.losses.divergence import KLDivergence as KLDivergence
from keras_torch.losses.divergence import Poisson as Poisson
from keras_torch.losses.divergence import kl_divergence as kl_divergence
from keras_torch.losses.divergence import poisson as poisson
from keras_torch.losses.hinges import CategoricalHinge as CategoricalHinge
from keras_torch.losses.hinges import Hinge as Hinge
from keras_torch.losses.hinges import SquaredHinge as SquaredHinge
from keras_torch.losses.hinges import categorical_hinge as categorical_hinge
from keras_torch.losses.hinges import hinge as hinge
from keras_torch.losses.hinges import squared_hinge as squared_hinge
from keras_torch.losses.labels import validate_labels as validate_labels
from keras_torch.losses.loss import FormulaLoss as FormulaLoss
from keras_torch.losses.loss import Loss as Loss
from keras_torch.losses.loss import Reduction as Reduction
from keras_torch.losses.regression import CosineSimilarity as CosineSimilarity
from keras_torch.losses.regression import Huber as Huber
from keras_torch.losses.regression import LogCosh as LogCosh
from keras_torch.losses.regression import MeanAbsoluteError as MeanAbsoluteError
from keras_torch.losses.regression import MeanAbsolutePercentageError as MeanAbsolutePercentageError
from keras_torch.losses.regression import MeanSquaredError as MeanSquaredError
from keras_torch.losses.regression import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
from keras_torch.losses.regression import cosine_similarity as cosine_similarity
from keras_torch.losses.regression import huber as huber
from keras_torch.losses.regression import log_cosh as log_cosh
from keras_torch.losses.regression import mean_absolute_error as mean_absolute_error
from keras_torch.losses.regression import mean_absolute_percentage_error as mean_absolute_percentage_error
from keras_torch.losses.regression import mean_squared_error as mean_squared_error
from keras_torch.losses.regression import mean_squared_logarithmic_error as mean_squared_logarithmic_error
from keras_torch.losses.segmentation import Dice as Dice
from keras_torch.losses.segmentation import Tversky as Tversky
from keras_torch.losses.segmentation import dice as dice
from keras_torch.losses.segmentation import tversky as tversky
from keras_torch.losses.similarity import Circle as Circle
from keras_torch.losses.similarity import circle as circle
from keras_torch.losses.wrapping import LossFunctionWrapper as LossFunctionWrapper

# Names of Keras 1, 2 and tf.keras.
mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
bce = BCE = binary_crossentropy
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh = log_cosh
huber_loss = huber
cosine_proximity = cosine = cosine_similarity

CLASSES = (
    BinaryCrossentropy, BinaryFocalCrossentropy, CategoricalCrossentropy, CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy, SparseCategoricalCrossentropy, KLDivergence, Poisson,
    CategoricalHinge, Hinge, SquaredHinge, CosineSimilarity, Huber, LogCosh, MeanAbsoluteError,
    MeanAbsolutePercentageError, MeanSquaredError, MeanSquaredLogarithmicError, Dice, Tversky, Circle, CTC,
)
_CLASS_OF = {cls.formula: cls for cls in CLASSES}
_ALIASES = {
    "mse": mse, "mae": mae, "mape": mape, "msle": msle, "bce": bce, "kld": kld,
    "kullback_leibler_divergence": kld, "logcosh": log_cosh, "huber_loss": huber,
    "cosine_proximity": cosine_similarity, "cosine": cosine_similarity,
}

registry = Registry("loss", {formula.__name__: formula for formula in _CLASS_OF}, plural="losses")
for _cls in CLASSES:
    registry.register(_cls)
for _alias, _formula in _ALIASES.items():
    registry.register(_formula, _alias)
registry.register(Loss)
registry.register(LossFunctionWrapper)


def get(identifier):
    """The loss that a name, config, class, function or instance stands for.

    Args:
        identifier: 'mse' or 'mean_squared_error' gives the function, 'MeanSquaredError' an instance of the
            class.

    Errors:
        ValueError: an unknown name; the nearest known ones are given.

    Source: Keras `losses.get`.

    >>> get("mse").__name__, get("MeanSquaredError").name
    ('mean_squared_error', 'mean_squared_error')
    """
    return registry.get(identifier)


def serialize(loss):
    """Config of a `Loss`, or the name of a loss function.

    Source: Keras `losses.serialize`.

    >>> serialize(mean_squared_error)
    'mean_squared_error'
    """
    return registry.serialize(loss)


def deserialize(config, custom_objects=None):
    """The loss that `serialize` described.

    Args:
        custom_objects: dict, name -> class or function, tried first.

    Source: Keras `losses.deserialize`.

    >>> deserialize({"class_name": "Huber", "config": {"delta": 2.0}}).delta
    2.0
    """
    return registry.deserialize(config, custom_objects)


def as_loss(identifier, name=None):
    """A `Loss` object for anything that `compile(loss=...)` accepts; known functions become their classes.

    Args:
        identifier: what `get` takes, or any function (y_true, y_pred) -> values.
        name: name of a loss made from a function; default the name given, or the function's.

    Returns:
        Loss or None.

    >>> as_loss("mse")
    <MeanSquaredError "mse">
    """
    loss = get(identifier)
    if loss is None or isinstance(loss, Loss):
        return loss
    if name is None and isinstance(identifier, str):
        name = identifier
    known = _CLASS_OF.get(loss) if getattr(loss, "__hash__", None) else None
    return LossFunctionWrapper(loss, name=name) if known is None else known(name=name)


def resolve_crossentropy(y_true_shape, y_pred_shape, loss=None):
    """The cross-entropy that 'crossentropy' (or 'ce') means for these shapes.

    Args:
        y_true_shape: shape of the labels, batch included.
        y_pred_shape: shape of the predictions, batch included.
        loss: the output's loss, where the name is that of a metric: up to Keras 2.3 one that is a
            `binary_crossentropy` makes it binary for several outputs too.

    Returns:
        function: binary for one output, sparse for labels without a class axis, else categorical.

    Source: Keras 3 `compile(loss="crossentropy")`.

    >>> resolve_crossentropy((None,), (None, 10)).__name__
    'sparse_categorical_crossentropy'
    """
    if y_pred_shape[-1] == 1 or is_binary_by_loss(loss):
        return binary_crossentropy
    if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:
        return sparse_categorical_crossentropy
    return categorical_crossentropy


def is_binary_by_loss(loss):
    """Whether the generation lets a loss decide about 'accuracy', and this one is a `binary_crossentropy`.

    >>> is_binary_by_loss(BinaryCrossentropy())
    False
    """
    if loss is None or behaviour("accuracy by") == "shapes":
        return False
    formula = type(loss).formula if isinstance(loss, FormulaLoss) else getattr(loss, "fn", loss)
    return formula is binary_crossentropy
