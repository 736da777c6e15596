"""`Loss`: the one home of weighting and reduction. Formulas give values per sample; here they become one.

# Note [the straight path of a loss]
Nearly every call of a loss in training is the same: two plain tensors of the loss's number type, no
weights, no mask, and a mean. `FormulaLoss` decides at its first call which fused function that is
(`mean_formula` with the options bound) and then goes straight there: for the mean squared error, one kernel.
Each such function looks at shapes itself and answers None when it does not apply; everything then takes the
general way, which is right for all data. A test counts the frames.
"""

import functools

import torch

from keras_torch.base.checks import Term, one_of
from keras_torch.base.configurable import Configurable
from keras_torch.base.dtypes import as_policy, torch_dtype
from keras_torch.base.tree import map_structure
from keras_torch.dialects.translator import behaviour
from keras_torch.losses.foreign import numpy_misuse
from keras_torch.ops.core import as_tensor

MEAN = 1  # torch's number for the reduction 'mean'
MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")


class Reduction:
    """Names of the reductions, as tf.keras spells them.

    Source: tf.keras `losses.Reduction`.

    >>> Reduction.SUM
    'sum'
    """

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"


def match_ranks(first, second):
    """Adds or drops a last axis of size 1 so that both tensors have the same number of axes.

    Args:
        first: tensor.
        second: tensor with at most one axis more or less; a vector gains an axis, a longer tensor loses one.

    Returns:
        tuple: both tensors; unchanged when the ranks agree or the odd axis is larger than 1.

    Source: Keras `squeeze_or_expand_to_same_rank`.

    >>> y_true, y_pred = match_ranks(torch.zeros(4), torch.zeros(4, 1))
    >>> y_true.shape
    torch.Size([4, 1])
    """
    if first.dim() == second.dim():
        return first, second
    if first.dim() == second.dim() + 1 and first.shape[-1] == 1:
        return (first, second.unsqueeze(-1)) if second.dim() == 1 else (first.squeeze(-1), second)
    if second.dim() == first.dim() + 1 and second.shape[-1] == 1:
        return (first.unsqueeze(-1), second) if first.dim() == 1 else (first, second.squeeze(-1))
    return first, second


def floating(y_pred):
    """`y_pred` as a tensor of a float type; whole numbers become `floatx()`.

    >>> floating([1, 2]).dtype
    torch.float32
    """
    y_pred = as_tensor(y_pred)
    if isinstance(y_pred, torch.Tensor) and not y_pred.is_floating_point():
        return y_pred.to(torch_dtype())
    return y_pred


def beside(y_true, y_pred):
    """`y_true` as a tensor on the device of `y_pred`; symbols, which have none, stay as they are.

    >>> beside([1, 2], torch.zeros(2)).shape
    torch.Size([2])
    """
    y_true = as_tensor(y_true, like=y_pred)
    real = isinstance(y_pred, torch.Tensor) and isinstance(y_true, torch.Tensor)
    return y_true.to(y_pred.device) if real and y_true.device != y_pred.device else y_true


def as_pair(y_true, y_pred):
    """Both as tensors, `y_true` in the number type, on the device and with the rank of `y_pred`.

    >>> as_pair([1, 0], torch.zeros(2, 1))[0].shape
    torch.Size([2, 1])
    """
    if is_plain_pair(y_true, y_pred) and y_true.dtype is y_pred.dtype and y_pred.is_floating_point():
        return match_ranks(y_true, y_pred)
    y_pred = floating(y_pred)
    return match_ranks(as_tensor(y_true, like=y_pred).to(y_pred), y_pred)


def class_of(one_hot, axis=-1):
    """Class numbers of one-hot labels or scores; `argmax` itself refuses bool ones, as pandas makes them.

    >>> class_of(torch.tensor([[False, True], [True, False]]))
    tensor([1, 0])
    """
    return (one_hot.byte() if one_hot.dtype is torch.bool else one_hot).argmax(axis)


def is_plain_pair(y_true, y_pred):
    """Whether both are plain tensors on one device: no symbols, arrays or numbers, nothing to convert.

    >>> is_plain_pair(torch.zeros(2), torch.zeros(2)), is_plain_pair([0, 0], torch.zeros(2))
    (True, False)
    """
    plain = type(y_true) is torch.Tensor and type(y_pred) is torch.Tensor
    return plain and y_true.device == y_pred.device


def are_alike(y_true, y_pred):
    """Whether two tensors have one number type and one shape, with at least one value.

    >>> are_alike(torch.zeros(2), torch.zeros(2)), are_alike(torch.zeros(2), torch.zeros(2, 1))
    (True, False)
    """
    shape = y_pred.shape
    return y_true.dtype is y_pred.dtype and y_true.shape == shape and 0 not in shape


def require_equal_shapes(name, y_true, y_pred):
    """Raises when `y_true` has not one value for each of `y_pred`.

    Errors:
        ValueError: the shapes differ.

    >>> require_equal_shapes("mse", torch.zeros(2), torch.zeros(2))
    """
    if tuple(y_true.shape) != tuple(y_pred.shape):
        raise ValueError(f"{name}: y_true has the shape {tuple(y_true.shape)} and y_pred "
                         f"{tuple(y_pred.shape)}. Give y_true one value for each value of y_pred.")


def safe_divide(numerator, denominator):
    """`numerator / denominator`, and 0 where the denominator is 0.

    >>> safe_divide(torch.tensor([1.0, 1.0]), torch.tensor([2.0, 0.0]))
    tensor([0.5000, 0.0000])
    """
    empty = denominator == 0
    return (numerator / denominator.masked_fill(empty, 1)).masked_fill(empty, 0)


def per_sample(weights, values):
    """Weights brought to the rank of the values: (batch,) counts for all steps of (batch, steps).

    Args:
        weights: tensor (), (batch,), (batch, 1), (batch, steps) or (batch, steps, 1).
        values: tensor of loss values; a vector gains a last axis when the weights have one.

    Returns:
        tuple: weights and values, ready to be multiplied.

    Errors:
        ValueError: the shapes cannot be brought together.

    >>> per_sample(torch.ones(2), torch.ones(2, 3))[0].shape
    torch.Size([2, 1])
    """
    given = tuple(weights.shape)
    values, weights = match_ranks(values, weights)
    if 0 < weights.dim() < values.dim():
        weights = weights.reshape(tuple(weights.shape) + (1,) * (values.dim() - weights.dim()))
    aligned = zip(reversed(weights.shape), reversed(values.shape))
    if weights.dim() > values.dim() > 0 or any(w not in (1, v) for w, v in aligned):
        raise ValueError(f"Weights or a mask of shape {given} do not fit loss values of shape "
                         f"{tuple(values.shape)}. Give one weight per sample, or one per step; with a mask, "
                         "y_true needs as many axes as y_pred.")
    return weights, values


def fold_mask(sample_weight, mask, spread, like):
    """One weight tensor from sample weights and a mask.

    Args:
        sample_weight: tensor or None.
        mask: bool tensor, True where a value counts, or None.
        spread: whether valid entries are enlarged by all / valid, so that a mean over all is the mean over
            the valid.
        like: tensor whose number type and device the weights take.

    Returns:
        tensor or None.

    Source: Keras `apply_mask`.

    >>> fold_mask(None, torch.tensor([True, False]), True, torch.ones(2))
    tensor([2., 0.])
    """
    if sample_weight is not None:
        sample_weight = as_tensor(sample_weight, like=like).to(like)
    if mask is None:
        return sample_weight
    mask = as_tensor(mask, like=like).to(like)
    if spread:
        mask = mask * (mask.numel() / mask.sum().clamp(min=1))
    if sample_weight is None:
        return mask
    sample_weight, mask = per_sample(sample_weight, mask)
    return sample_weight * mask


def _over_nonzero(weights):
    """Weights enlarged so that a mean over all is the mean over those that are not 0."""
    return weights * (weights.numel() / (weights != 0).sum().clamp(min=1))


def _weighs_each(weights, values):
    """Whether weights are a plain tensor with one of the same type for each value."""
    return is_plain_pair(weights, values) and weights.dtype is values.dtype and weights.shape == values.shape


def reduce_loss(values, reduction, sample_weight=None, mask=None, average="valid values"):
    """The loss from one value per sample.

    Args:
        values: tensor of loss values; a mask that the formula left on it (`_keras_mask`) counts too.
        reduction: 'sum_over_batch_size' or 'mean': sum(values * weights) / number of values;
            'mean_with_sample_weight': divided by the sum of the weights; 'sum'; 'none' or None: weighted
            values.
        sample_weight: tensor (batch,), (batch, 1), (batch, steps), number, or None.
        mask: bool tensor, True where a value counts, or None.
        average: over what a mean is taken. 'valid values': masked ones do not count, weights of 0 do
            (tf.keras, Keras 3); 'all values': masked ones count as 0 (Keras 2.3); 'nonzero weights': neither
            masked values nor weights of 0 count (Keras 1 and 2.2).

    Source: Keras 3 `Loss.__call__`. Ours also takes weights (batch,) for values (batch, steps).

    >>> reduce_loss(torch.tensor([1.0, 3.0]), "mean", mask=torch.tensor([True, False]))
    tensor(1.)
    """
    own_mask = getattr(values, "_keras_mask", None)
    if own_mask is not None:
        mask = own_mask if mask is None else mask & own_mask
    elif mask is None and reduction in MEANS and 0 not in values.shape:
        if sample_weight is None:
            return values.mean()
        if average != "nonzero weights" and _weighs_each(sample_weight, values) and reduction != MEANS[-1]:
            return (values * sample_weight).mean()
    plain_mean = reduction in ("sum_over_batch_size", "mean")
    if average == "nonzero weights" and sample_weight is not None and plain_mean:
        sample_weight = _over_nonzero(as_tensor(sample_weight, like=values).to(values))
    weights = fold_mask(sample_weight, mask, plain_mean and average != "all values", values)
    if weights is not None:
        weights, values = per_sample(weights, values)
        values = values * weights
    if reduction not in ("sum", *MEANS) or values.dim() == 0:
        return values
    if reduction == "sum" or 0 in values.shape:
        return values.sum()
    if reduction == "mean_with_sample_weight" and weights is not None:
        return safe_divide(values.sum(), weights.sum())
    return values.mean()


def _check_dtype(owner, argument, value):
    torch_dtype(as_policy(value).compute_dtype)


def is_structure(value):
    """Whether a value is a container of tensors or arrays; nested lists of numbers are one array.

    >>> is_structure([[1, 2]]), is_structure({"a": 1})
    (False, True)
    """
    if isinstance(value, (list, tuple)):
        return any(hasattr(item, "shape") or is_structure(item) for item in value)
    return isinstance(value, dict)


class Loss(Configurable):
    """Base of all losses: subclasses write `call(y_true, y_pred)` with one value per sample.

    Args:
        name: what history and logs call it.
        reduction: 'sum_over_batch_size' (also 'mean', and 'auto' of tf.keras), 'sum',
            'mean_with_sample_weight',
            'none' or None.
        dtype: number type in which the loss is computed; None means `floatx()`.

    Shape:
        y_true, y_pred (batch, ...), sample_weight (batch,) or (batch, steps) -> ()

    Errors:
        ValueError: an unknown reduction, or weights that do not fit.

    Source: Keras 3 `losses.Loss`.

    >>> class LargestError(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return (y_true - y_pred).abs().amax(-1)
    >>> LargestError()(torch.zeros(2, 3), torch.ones(2, 3))
    tensor(1.)
    """

    vocabulary = {
        "reduction": Term(one_of("auto", "none", "sum", *MEANS),
                          lambda name: "sum_over_batch_size" if name == "auto" else name,
                          "how the values per sample become one number"),
        "dtype": Term(_check_dtype, lambda value: as_policy(value).compute_dtype, "type of the computation"),
    }
    average = "valid values"  # over what a mean is taken, see `reduce_loss`
    keeps_labels = False  # True where y_true are class numbers, which a float type could not hold exactly

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        self.average = behaviour("loss average")
        self.dtype = self.dtype or as_policy(torch_dtype()).compute_dtype
        self.torch_dtype = torch_dtype(self.dtype)

    def call(self, y_true, y_pred):
        """One loss value per sample; to be written by subclasses.

        Errors:
            NotImplementedError: the subclass has not written it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no call(self, y_true, y_pred). Write one that "
                                  "returns a loss value per sample.")

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The reduced loss; a mask on `y_pred` (`_keras_mask`) is folded into the weights."""
        mask = getattr(y_pred, "_keras_mask", None)
        y_true, y_pred = self.prepare(y_true, y_pred)
        if mask is None and sample_weight is None:
            return self.unweighted(y_true, y_pred)
        return reduce_loss(self._values(y_true, y_pred), self.reduction, sample_weight, mask, self.average)

    def unweighted(self, y_true, y_pred):
        """The reduced loss of prepared tensors without weights; classes with a fused form override it."""
        return reduce_loss(self._values(y_true, y_pred), self.reduction, average=self.average)

    def _values(self, y_true, y_pred):
        """What `call` gives, as a tensor; a tensor in numpy's hands is told in a sentence."""
        try:
            return as_tensor(self.call(y_true, y_pred))
        except (TypeError, RuntimeError) as error:
            sentence = numpy_misuse(self.label(), error)
            if sentence is None:
                raise
            raise TypeError(sentence) from error

    def label(self):
        """What errors call it."""
        return f'{type(self).__name__} "{self.name}"'

    def prepare(self, y_true, y_pred):
        """Both arguments as tensors in the loss's number type, structures of tensors leaf by leaf."""
        if isinstance(y_pred, torch.Tensor) and isinstance(y_true, torch.Tensor):
            if y_pred.dtype == self.torch_dtype and (self.keeps_labels or y_true.dtype == self.torch_dtype):
                return y_true, y_pred
        if is_structure(y_pred):
            return map_structure(self._true_leaf, y_true), map_structure(self._pred_leaf, y_pred)
        return self._true_leaf(y_true), self._pred_leaf(y_pred)

    def _true_leaf(self, y_true):
        y_true = as_tensor(y_true)
        return y_true if self.keeps_labels else y_true.to(self.torch_dtype)

    def _pred_leaf(self, y_pred):
        y_pred = as_tensor(y_pred)
        if y_pred.dtype == self.torch_dtype:
            return y_pred
        logits = getattr(y_pred, "_keras_logits", None)
        y_pred = y_pred.to(self.torch_dtype)
        if logits is not None:  # the new tensor must still tell from which logits it came
            y_pred._keras_logits = logits.to(self.torch_dtype)
        return y_pred

    def __repr__(self):
        return f'<{type(self).__name__} "{self.name}">'


class Generations:
    """One formula as the Keras generations have it.

    Args:
        topic: row of `dialects/meanings.py` that tells them apart.
        formulas: dict, behaviour -> formula; the first one is today's.

    Notes:
        A function asks at every call; a loss or metric asks when it is made, and keeps its meaning.

    >>> Generations("cosine loss", {"sum": torch.sum, "mean": torch.mean}).chosen() is torch.sum
    True
    """

    def __init__(self, topic, formulas):
        self.topic, self.formulas = topic, formulas
        self.today = next(iter(formulas.values()))

    def chosen(self):
        """The formula of the current generation."""
        return self.formulas[behaviour(self.topic)]


def _no_mean(y_true, y_pred):
    """Stands for the fused mean of a loss that has none."""


def _means_its_own_call(cls):
    """Whether the fused mean of a class is that of its `call`: a user's subclass may have written another."""
    for owner in cls.__mro__:
        if "mean_formula" in vars(owner):
            return True
        if "call" in vars(owner) or "formula" in vars(owner):
            return False
    return False


class FormulaLoss(Loss):
    """A loss that is one function: `class MeanSquaredError(FormulaLoss): formula = mean_squared_error`.

    Args:
        reduction: see `Loss`.
        name: default is the formula's name.
        dtype: see `Loss`.

    Notes:
        `formula`: function (y_true, y_pred, **options) -> a value per sample.
        `options`: names of constructor arguments handed to the formula.
        `generations`: optional `Generations`, where older ones have another formula.
        `mean_formula`: optional fused function with the same arguments -> the mean over everything, or None
            when it does not apply; used for plain tensors on one device, without weights and masks.

    >>> class Error(FormulaLoss):
    ...     formula = lambda y_true, y_pred: (y_true - y_pred).mean(-1)
    >>> Error()(torch.ones(2, 3), torch.zeros(2, 3))
    tensor(1.)
    """

    formula = None
    mean_formula = None
    generations = None
    options = ()
    _mean = None
    _mean_is_of_call = False

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls._mean_is_of_call = _means_its_own_call(cls)

    def __init__(self, reduction="sum_over_batch_size", name=None, dtype=None):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self._chosen = None if self.generations is None else self.generations.chosen()

    def default_name(self):
        """The formula's name."""
        return type(self).formula.__name__

    @classmethod
    def from_config(cls, config):
        """The loss that `get_config` described; tf.keras names the formula too (`fn`): the class fixes it."""
        return super().from_config({name: value for name, value in config.items() if name != "fn"})

    def _options(self):
        return {name: getattr(self, name) for name in self.options}

    def call(self, y_true, y_pred):
        """The formula's value per sample."""
        formula = self._chosen or type(self).formula
        return formula(*match_ranks(y_true, y_pred), **self._options())

    def unweighted(self, y_true, y_pred):
        """The fused mean where there is one, else the formula and a reduction."""
        if is_plain_pair(y_true, y_pred):
            loss = self._fused_mean()(*match_ranks(y_true, y_pred))
            if loss is not None:
                return loss
        return super().unweighted(y_true, y_pred)

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The reduced loss; see Note [the straight path of a loss]."""
        if (sample_weight is None and is_plain_pair(y_true, y_pred) and y_pred.dtype is self.torch_dtype
                and getattr(y_pred, "_keras_mask", None) is None):
            loss = (self._mean or self._fused_mean())(y_true, y_pred)
            if loss is not None:
                return loss
        return super().__call__(y_true, y_pred, sample_weight)

    def _fused_mean(self):
        """The fused mean with the options bound, kept until an attribute changes."""
        if self._mean is None:
            today = self._chosen is None or self._chosen is self.generations.today
            fits = today and self.reduction in MEANS and type(self)._mean_is_of_call
            fused = type(self).mean_formula if fits else None
            options = {} if fused is None else self._options()
            self.__dict__["_mean"] = functools.partial(fused or _no_mean, **options)
        return self._mean

    def __setattr__(self, name, value):
        self.__dict__["_mean"] = None
        super().__setattr__(name, value)
