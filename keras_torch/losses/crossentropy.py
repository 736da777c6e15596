"""Cross-entropies: between classes, between yes and no, and their focal forms.

# Note [logits behind probabilities]
`activations.softmax` and `activations.sigmoid` may leave the logits they were given on their result
(`_keras_logits`). A cross-entropy then starts from the logits, as Keras on TensorFlow does: one fused kernel
instead of five, and no loss of digits near 0 and 1. Without them, probabilities are kept from 0 and 1 by
epsilon, as Keras does.
"""

import numpy as np
import torch
import torch.nn.functional as F

from keras_torch.base import settings
from keras_torch.base.checks import (
    Term,
    boolean,
    fail,
    fraction,
    integer,
    is_integer,
    is_number,
    nonnegative_number,
    number,
)
from keras_torch.base.third_party import loss_kernels
from keras_torch.losses.loss import (
    MEAN,
    FormulaLoss,
    Generations,
    are_alike,
    as_pair,
    beside,
    floating,
    match_ranks,
    require_equal_shapes,
)
from keras_torch.ops.core import as_tensor


def _from_logits(y_pred, from_logits):
    """(scores, whether they are logits); see Note [logits behind probabilities]."""
    logits = None if from_logits else getattr(y_pred, "_keras_logits", None)
    return (y_pred, from_logits) if logits is None else (logits, True)


def _within(probabilities):
    epsilon = settings.epsilon()
    return probabilities.clamp(epsilon, 1.0 - epsilon)


def _smooth(y_true, label_smoothing, share):
    return y_true * (1.0 - label_smoothing) + label_smoothing * share if label_smoothing else y_true


def _check_axis(name, axis):
    if not is_integer(axis):
        fail(f"{name}()", "axis", axis, "an integer")


# --- yes or no -----------------------------------------------------------------------------------------


def _binary_logits(y_true, y_pred, from_logits, label_smoothing):
    scores, from_logits = _from_logits(y_pred, from_logits)
    y_true, scores = as_pair(y_true, scores)
    require_equal_shapes("binary_crossentropy", y_true, scores)
    if not from_logits:
        # logit() clips in the same kernel, and unlike F.binary_cross_entropy it lets a NaN through to the
        # loss instead of stopping the device with an assertion.
        scores = torch.logit(scores, eps=settings.epsilon())
    return _smooth(y_true, label_smoothing, 0.5), scores


def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """`-mean(y_true * log(y_pred) + (1 - y_true) * log(1 - y_pred))` over `axis`.

    Args:
        from_logits: `y_pred` are logits; otherwise probabilities, kept from 0 and 1 by epsilon.
        label_smoothing: fraction of each label that is moved to 0.5.
        axis: axis over which the mean is taken.

    Errors:
        ValueError: `y_true` has another shape than `y_pred`.

    Source: Keras `losses.binary_crossentropy`; torch `F.binary_cross_entropy_with_logits`.

    >>> binary_crossentropy([[1.0]], [[0.5]])
    tensor([0.6931])
    """
    return BINARY.chosen()(y_true, y_pred, from_logits, label_smoothing, axis)


def _binary(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    y_true, logits = _binary_logits(y_true, y_pred, from_logits, label_smoothing)
    return F.binary_cross_entropy_with_logits(logits, y_true, reduction="none").mean(axis)


def _entropy_of_probabilities(y_true, y_pred):
    """As tf.keras writes it: epsilon is added in the logarithms as well, after the clipping."""
    epsilon, y_pred = settings.epsilon(), _within(y_pred)
    return -(y_true * (y_pred + epsilon).log() + (1.0 - y_true) * (1.0 - y_pred + epsilon).log())


def _binary_of_probabilities(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    scores, from_logits = _from_logits(y_pred, from_logits)
    if from_logits:
        return _binary(y_true, scores, True, label_smoothing, axis)
    y_true, y_pred = as_pair(y_true, y_pred)
    require_equal_shapes("binary_crossentropy", y_true, y_pred)
    return _entropy_of_probabilities(_smooth(y_true, label_smoothing, 0.5), y_pred).mean(axis)


BINARY = Generations("binary cross-entropy", {"of logits": _binary,
                                              "of probabilities": _binary_of_probabilities})


def _mean_of_binary(y_true, y_pred, from_logits, label_smoothing, axis):
    if not are_alike(y_true, y_pred):
        return None
    scores, from_logits = _from_logits(y_pred, from_logits)
    logits = scores if from_logits else torch.logit(scores, eps=settings.epsilon())
    y_true = _smooth(y_true, label_smoothing, 0.5) if label_smoothing else y_true
    return torch.binary_cross_entropy_with_logits(logits, y_true, None, None, MEAN)


def binary_focal_crossentropy(y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0,
                              from_logits=False, label_smoothing=0.0, axis=-1):
    """`binary_crossentropy` with easy samples weakened: each entry times `(1 - p_t)**gamma`.

    Args:
        apply_class_balancing: weight entries of class 1 by `alpha` and of class 0 by `1 - alpha`.
        alpha: see above, fraction 0..1.
        gamma: how strongly easy samples are weakened.
        from_logits: `y_pred` are logits.
        label_smoothing: fraction of each label that is moved to 0.5.
        axis: axis over which the mean is taken.

    Source: Keras `losses.binary_focal_crossentropy`; Lin et al. 2017, arXiv 1708.02002.

    >>> binary_focal_crossentropy([[1.0]], [[0.5]], gamma=0.0)
    tensor([0.6931])
    """
    return BINARY_FOCAL.chosen()(y_true, y_pred, apply_class_balancing, alpha, gamma, from_logits,
                                 label_smoothing, axis)


def _entropy_of_logits(y_true, y_pred):
    logits = torch.logit(y_pred, eps=settings.epsilon())
    return F.binary_cross_entropy_with_logits(logits, y_true, reduction="none")


def _binary_focal(y_true, y_pred, apply_class_balancing, alpha, gamma, from_logits, label_smoothing, axis,
                  entropy=_entropy_of_logits):
    y_true, y_pred = as_pair(y_true, y_pred)
    require_equal_shapes("binary_focal_crossentropy", y_true, y_pred)
    y_true = _smooth(y_true, label_smoothing, 0.5)
    y_pred = y_pred.sigmoid() if from_logits else y_pred
    right = y_true * y_pred + (1.0 - y_true) * (1.0 - y_pred)
    values = (1.0 - right) ** gamma * entropy(y_true, y_pred)
    if apply_class_balancing:
        values = values * (y_true * alpha + (1.0 - y_true) * (1.0 - alpha))
    return values.mean(axis)


def _binary_focal_of_probabilities(y_true, y_pred, apply_class_balancing, alpha, gamma, from_logits,
                                   label_smoothing, axis):
    return _binary_focal(y_true, y_pred, apply_class_balancing, alpha, gamma, from_logits, label_smoothing,
                         axis, _entropy_of_probabilities)


BINARY_FOCAL = Generations("binary cross-entropy", {"of logits": _binary_focal,
                                                    "of probabilities": _binary_focal_of_probabilities})


# --- one-hot classes -----------------------------------------------------------------------------------


def _one_hot_pair(name, y_true, y_pred, label_smoothing):
    y_true, y_pred = as_pair(y_true, y_pred)
    if tuple(y_true.shape) != tuple(y_pred.shape):
        raise ValueError(f"{name}: y_true has the shape {tuple(y_true.shape)} and y_pred "
                         f"{tuple(y_pred.shape)}; they must be equal. For class numbers use "
                         "sparse_categorical_crossentropy, or make y_true one-hot with to_categorical().")
    return _smooth(y_true, label_smoothing, 1.0 / y_true.shape[-1] if label_smoothing else 0.0), y_pred


def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """`-sum(y_true * log(y_pred))` along the class axis; `y_true` is one-hot or a distribution.

    Args:
        from_logits: `y_pred` are logits; otherwise probabilities, brought to sum 1 and kept from 0 and 1 by
            epsilon.
        label_smoothing: fraction of each label that is spread over all classes.
        axis: the class axis.

    Errors:
        ValueError: `y_true` has another shape than `y_pred`.

    Source: Keras `losses.categorical_crossentropy`.

    >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])
    tensor([0.6931])
    """
    _check_axis("categorical_crossentropy", axis)
    scores, from_logits = _from_logits(y_pred, from_logits)
    y_true, scores = _one_hot_pair("categorical_crossentropy", y_true, scores, label_smoothing)
    if from_logits:
        logarithms = F.log_softmax(scores, axis)
    else:
        logarithms = _within(scores / scores.sum(axis, keepdim=True)).log()
    return -(y_true * logarithms).sum(axis)


def _mean_of_categorical(y_true, y_pred, from_logits, label_smoothing, axis):
    scores, from_logits = _from_logits(y_pred, from_logits)
    if not from_logits or scores.dim() != 2 or axis not in (-1, 1) or not are_alike(y_true, scores):
        return None
    return loss_kernels.cross_entropy_loss(scores, y_true, None, MEAN, -100, label_smoothing)


def categorical_focal_crossentropy(y_true, y_pred, alpha=0.25, gamma=2.0, from_logits=False,
                                   label_smoothing=0.0, axis=-1):
    """`categorical_crossentropy` with easy classes weakened: each term times `alpha * (1 - y_pred)**gamma`.

    Args:
        alpha: factor of the whole loss, or a list with one for each class.
        gamma: how strongly easy classes are weakened.
        from_logits: `y_pred` are logits.
        label_smoothing: fraction of each label that is spread over all classes.
        axis: the class axis.

    Source: Keras `losses.categorical_focal_crossentropy`; Lin et al. 2017, arXiv 1708.02002.

    >>> categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]], alpha=1.0, gamma=0.0)
    tensor([0.6931])
    """
    _check_axis("categorical_focal_crossentropy", axis)
    y_true, y_pred = _one_hot_pair("categorical_focal_crossentropy", y_true, y_pred, label_smoothing)
    y_pred = F.softmax(y_pred, axis) if from_logits else y_pred
    y_pred = _within(y_pred / y_pred.sum(axis, keepdim=True))
    alpha = alpha if is_number(alpha) else as_tensor(alpha, like=y_pred).to(y_pred)
    return (alpha * (1.0 - y_pred) ** gamma * -y_true * y_pred.log()).sum(axis)


# --- class numbers -------------------------------------------------------------------------------------


def _class_numbers(y_true, y_pred, axis):
    """(labels, scores) with the class axis last in the scores and absent from the labels."""
    y_true, y_pred = match_ranks(beside(y_true, y_pred), y_pred)
    if y_true.dim() == y_pred.dim() and y_true.shape[axis] == 1:
        y_true = y_true.squeeze(axis)
    if axis not in (-1, y_pred.dim() - 1):
        y_pred = y_pred.movedim(axis, -1)
    if tuple(y_true.shape) != tuple(y_pred.shape[:-1]):
        raise ValueError(f"sparse_categorical_crossentropy: y_true has the shape {tuple(y_true.shape)}; for "
                         f"y_pred {tuple(y_pred.shape)} (class axis last) it must be "
                         f"{tuple(y_pred.shape[:-1])}: one class number per prediction. For one-hot y_true "
                         "use categorical_crossentropy.")
    return y_true.long(), y_pred


def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """`-log(y_pred[y_true])`: `categorical_crossentropy` for class numbers.

    Args:
        from_logits: `y_pred` are logits; otherwise probabilities, brought to sum 1 and kept from 0 and 1 by
            epsilon.
        ignore_class: class number whose entries get the value 0 and no weight (a mask on the result says so).
        axis: the class axis.

    Shape:
        y_true (batch, ...) or (batch, ..., 1), y_pred (batch, ..., classes) -> (batch, ...)

    Errors:
        ValueError: the shapes do not fit.

    Notes:
        Class numbers are not checked here, which would read them back from the device; `validate_labels`
        does it once.

    Source: Keras `losses.sparse_categorical_crossentropy`; torch `F.cross_entropy`.

    >>> sparse_categorical_crossentropy([1, 0], [[0.5, 0.5], [1.0, 1.0]])
    tensor([0.6931, 0.6931])
    """
    scores, from_logits = _from_logits(floating(y_pred), from_logits)
    labels, scores = _class_numbers(y_true, scores, axis)
    if ignore_class is None:
        return _of_chosen(labels, scores, from_logits)
    valid = labels != ignore_class
    values = _of_chosen(labels.where(valid, 0), scores, from_logits).where(valid, 0.0)
    values._keras_mask = valid
    return values


def _chosen(values, labels):
    return values.gather(-1, labels.unsqueeze(-1)).squeeze(-1)


def _of_chosen(labels, scores, from_logits):
    if from_logits and scores.dim() <= 2:
        return F.cross_entropy(scores, labels, reduction="none")
    if from_logits:  # cross_entropy wants the classes on axis 1; along the last axis log_softmax is faster
        return -_chosen(F.log_softmax(scores, -1), labels)
    # Only the chosen probability is divided, clipped and logged: with many classes, a fifth of the time.
    return -_within(_chosen(scores, labels) / scores.sum(-1)).log()


def _mean_of_sparse(y_true, y_pred, from_logits, ignore_class, axis):
    scores, from_logits = _from_logits(y_pred, from_logits)
    if not from_logits or ignore_class is not None or 0 in y_pred.shape:
        return None
    labels = y_true
    if scores.dim() != 2 or y_true.dtype is not torch.int64 or y_true.shape != scores.shape[:-1]:
        labels, scores = _class_numbers(y_true, scores, axis)
        labels, scores = labels.reshape(-1), scores.reshape(-1, scores.shape[-1])
    return loss_kernels.cross_entropy_loss(scores, labels, None, MEAN)


sparse_categorical_crossentropy.keeps_labels = True


def categorical_generalized_cross_entropy(y_true, y_pred, q):
    """`(1 - y_pred[y_true]**q) / q`, which tolerates wrong labels better than a cross-entropy.

    Args:
        q: from 0 (cross-entropy) to 1 (absolute error), both excluded.

    Source: Keras `losses.categorical_generalized_cross_entropy`; Zhang and Sabuncu 2018, arXiv 1805.07836.

    >>> categorical_generalized_cross_entropy([1], [[0.75, 0.25]], q=0.5)
    tensor([1.])
    """
    labels, y_pred = _class_numbers(y_true, floating(y_pred), -1)
    return (1.0 - _chosen(y_pred, labels) ** q) / q


categorical_generalized_cross_entropy.keeps_labels = True

_LOGITS = Term(boolean, bool, "whether y_pred are logits", optional=False)
_SMOOTHING = Term(fraction, doc="fraction of each label that is spread, 0..1", optional=False)
_AXIS = Term(integer, doc="the class axis", optional=False)
_GAMMA = Term(nonnegative_number, doc="how strongly easy samples are weakened", optional=False)


class BinaryCrossentropy(FormulaLoss):
    """`-mean(y_true * log(y_pred) + (1 - y_true) * log(1 - y_pred))`.

    Args:
        from_logits: `y_pred` are logits, not probabilities.
        label_smoothing: fraction of each label that is moved to 0.5.
        axis: axis over which the mean is taken.

    Source: Keras `losses.BinaryCrossentropy`. In torch: nn.BCELoss, nn.BCEWithLogitsLoss.

    >>> BinaryCrossentropy(from_logits=True)(torch.ones(2, 1), torch.zeros(2, 1))
    tensor(0.6931)
    """

    formula = binary_crossentropy
    generations = BINARY
    mean_formula = _mean_of_binary
    options = ("from_logits", "label_smoothing", "axis")
    vocabulary = {"from_logits": _LOGITS, "label_smoothing": _SMOOTHING, "axis": _AXIS}

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, reduction="sum_over_batch_size",
                 name="binary_crossentropy", dtype=None):
        super().__init__(reduction, name, dtype)


class BinaryFocalCrossentropy(FormulaLoss):
    """`BinaryCrossentropy` with easy samples weakened by `(1 - p_t)**gamma`.

    Args:
        apply_class_balancing: weight class 1 by `alpha` and class 0 by `1 - alpha`.
        alpha: see above.
        gamma: how strongly easy samples are weakened.
        from_logits: `y_pred` are logits, not probabilities.
        label_smoothing: fraction of each label that is moved to 0.5.
        axis: axis over which the mean is taken.

    Source: Keras `losses.BinaryFocalCrossentropy`.

    >>> BinaryFocalCrossentropy(gamma=0.0)(torch.ones(2, 1), torch.full((2, 1), 0.5))
    tensor(0.6931)
    """

    formula = binary_focal_crossentropy
    generations = BINARY_FOCAL
    options = ("apply_class_balancing", "alpha", "gamma", "from_logits", "label_smoothing", "axis")
    vocabulary = {"from_logits": _LOGITS, "label_smoothing": _SMOOTHING, "axis": _AXIS,
                  "apply_class_balancing": Term(boolean, bool, "whether classes are weighted by alpha"),
                  "alpha": Term(fraction, doc="weight of class 1", optional=False),
                  "gamma": _GAMMA}

    def __init__(self, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False,
                 label_smoothing=0.0, axis=-1, reduction="sum_over_batch_size",
                 name="binary_focal_crossentropy", dtype=None):
        super().__init__(reduction, name, dtype)


class CategoricalCrossentropy(FormulaLoss):
    """`-sum(y_true * log(y_pred))` for one-hot labels or distributions.

    Args:
        from_logits: `y_pred` are logits, not probabilities.
        label_smoothing: fraction of each label that is spread over all classes.
        axis: the class axis.

    Source: Keras `losses.CategoricalCrossentropy`. In torch: nn.CrossEntropyLoss.

    >>> CategoricalCrossentropy()(torch.tensor([[0.0, 1.0]]), torch.tensor([[0.5, 0.5]]))
    tensor(0.6931)
    """

    formula = categorical_crossentropy
    mean_formula = _mean_of_categorical
    options = ("from_logits", "label_smoothing", "axis")
    vocabulary = {"from_logits": _LOGITS, "label_smoothing": _SMOOTHING, "axis": _AXIS}

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, reduction="sum_over_batch_size",
                 name="categorical_crossentropy", dtype=None):
        super().__init__(reduction, name, dtype)


def _numbers(owner, argument, value):
    for factor in value if isinstance(value, (list, tuple, np.ndarray)) else [value]:
        if not is_number(factor):
            fail(owner, argument, value, "a number, or a list with a number for each class")


def _as_numbers(value):
    return value if is_number(value) else [float(factor) for factor in value]


class CategoricalFocalCrossentropy(FormulaLoss):
    """`CategoricalCrossentropy` with easy classes weakened by `alpha * (1 - y_pred)**gamma`.

    Args:
        alpha: factor of the whole loss, or a list with one for each class.
        gamma: how strongly easy classes are weakened.
        from_logits: `y_pred` are logits, not probabilities.
        label_smoothing: fraction of each label that is spread over all classes.
        axis: the class axis.

    Source: Keras `losses.CategoricalFocalCrossentropy`.

    >>> loss = CategoricalFocalCrossentropy(alpha=1.0, gamma=0.0)
    >>> loss(torch.tensor([[0.0, 1.0]]), torch.tensor([[0.5, 0.5]]))
    tensor(0.6931)
    """

    formula = categorical_focal_crossentropy
    options = ("alpha", "gamma", "from_logits", "label_smoothing", "axis")
    vocabulary = {"from_logits": _LOGITS, "label_smoothing": _SMOOTHING, "axis": _AXIS,
                  "alpha": Term(_numbers, _as_numbers, "factor of the loss or of each class", False),
                  "gamma": _GAMMA}

    def __init__(self, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1,
                 reduction="sum_over_batch_size", name="categorical_focal_crossentropy", dtype=None):
        super().__init__(reduction, name, dtype)


class SparseCategoricalCrossentropy(FormulaLoss):
    """`-log(y_pred[y_true])` for class numbers.

    Args:
        from_logits: `y_pred` are logits, not probabilities.
        ignore_class: class number whose entries do not count.
        axis: the class axis.

    Source: Keras `losses.SparseCategoricalCrossentropy`. In torch: nn.CrossEntropyLoss.

    >>> SparseCategoricalCrossentropy(from_logits=True)(torch.tensor([1, 0]), torch.zeros(2, 2))
    tensor(0.6931)
    """

    formula = sparse_categorical_crossentropy
    mean_formula = _mean_of_sparse
    keeps_labels = True
    options = ("from_logits", "ignore_class", "axis")
    vocabulary = {"from_logits": _LOGITS, "axis": _AXIS,
                  "ignore_class": Term(integer, doc="class that does not count")}

    def __init__(self, from_logits=False, ignore_class=None, reduction="sum_over_batch_size", axis=-1,
                 name="sparse_categorical_crossentropy", dtype=None):
        super().__init__(reduction, name, dtype)


def _between_zero_and_one(owner, argument, value):
    number(owner, argument, value)
    if not 0 < value < 1:
        fail(owner, argument, value, "above 0 and below 1")


class CategoricalGeneralizedCrossEntropy(FormulaLoss):
    """`(1 - y_pred[y_true]**q) / q`, which tolerates wrong labels.

    Args:
        q: from 0 (cross-entropy) to 1 (absolute error), both excluded.

    Source: Keras `losses.CategoricalGeneralizedCrossEntropy`.

    >>> CategoricalGeneralizedCrossEntropy()(torch.tensor([1]), torch.tensor([[0.75, 0.25]]))
    tensor(1.)
    """

    formula = categorical_generalized_cross_entropy
    keeps_labels = True
    options = ("q",)
    vocabulary = {"q": Term(_between_zero_and_one, doc="0 cross-entropy, 1 absolute error", optional=False)}

    def __init__(self, q=0.5, reduction="sum_over_batch_size", name="categorical_generalized_cross_entropy",
                 dtype=None):
        super().__init__(reduction, name, dtype)
