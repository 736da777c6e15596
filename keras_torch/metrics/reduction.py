"""Sums and means over all batches, and the metrics that are the mean of a function.

# Note [the straight path of a metric]
Nearly every update in training is the same: two plain tensors, no weights, no mask. `FormulaMetric` then
takes the shortest form of its formula: `mean_formula`, the fused mean that the loss of that name has, or
`quick`, the formula without its last conversion (accuracies as bool, which are counted by one kernel). One
kernel adds the sum to `total`.

# Note [the count waits in Python]
How many samples an unweighted batch holds is known to Python. Adding it to `count` would be one more kernel
per update, so `Mean` gathers it in `_waiting` and adds it when somebody looks: `count`, `variables`, `result`
and `merges` do it through `settle`. It is added on the device at once by a compiled update, which would
freeze a Python number, by a metric after `keep_account_on_device()`, whose update is going to be captured,
and by one whose states were handed out.
"""

import torch

from keras_torch.base.checks import Term, function
from keras_torch.base.names import to_snake_case
from keras_torch.base.serialization import resolve
from keras_torch.base.third_party import is_compiling
from keras_torch.dialects.translator import behaviour
from keras_torch.losses.foreign import numpy_misuse
from keras_torch.losses.loss import (
    fold_mask,
    is_plain_pair,
    is_structure,
    match_ranks,
    per_sample,
    reduce_loss,
    safe_divide,
)
from keras_torch.metrics.metric import LazyState, Metric
from keras_torch.ops.core import as_tensor


def _weighted(values, sample_weight):
    """(values, weights) with weights brought to the rank of the values."""
    weights = as_tensor(sample_weight, like=values).to(values)
    own_mask = getattr(values, "_keras_mask", None)
    if own_mask is not None:
        weights = fold_mask(weights, own_mask, False, values)
    weights, values = per_sample(weights, values)
    return values, weights


class Sum(Metric):
    """The (weighted) sum of all values.

    Args:
        name: what history and logs call it.
        dtype: number type of the state.

    Source: Keras `metrics.Sum`.

    >>> float(Sum()([1.0, 3.0]))
    4.0
    """

    def __init__(self, name="sum", dtype=None):
        super().__init__(dtype, name)
        self.add_state("total")

    def update_state(self, values, sample_weight=None):
        """Adds a batch of values, shape (batch, ...), weighted by `sample_weight`."""
        values = as_tensor(values).to(self.torch_dtype)
        self.follow(values)
        if sample_weight is not None:
            values, weights = _weighted(values, sample_weight)
            values = values * weights
        self.total.add_(values.sum())

    def result(self):
        """The sum so far."""
        return self.total


class Mean(Metric):
    """The (weighted) mean of all values; values of one sample are averaged first.

    Args:
        name: what history and logs call it.
        dtype: number type of the states.

    Notes:
        Without weights an update is two small kernels: the sum, and an addition in place. See
        Note [the count waits in Python].

    Source: Keras `metrics.Mean`.

    >>> float(Mean()([1.0, 3.0], sample_weight=[3.0, 1.0]))
    1.5
    """

    total, count = LazyState(), LazyState()

    def __init__(self, name="mean", dtype=None):
        super().__init__(dtype, name)
        self.add_state("total")
        self._waiting = 0
        self.add_state("count")

    def settle(self):
        """Takes in what waits: batches, and the number of samples in Python."""
        super().settle()
        if self._waiting:
            waiting, self._waiting = self._waiting, 0
            with torch.no_grad():
                self._settled_count.add_(waiting)

    def update_state(self, values, sample_weight=None):
        """Adds a batch of values.

        Args:
            values: (batch, ...) or a single value ().
            sample_weight: tensor (batch,) up to the shape of the values, number, or None. A number weighs
                the mean of the whole batch, as `update_state(loss, sample_weight=batch_size)`.
        """
        values = as_tensor(values)
        self.follow(values)
        if sample_weight is None:
            self._add(values)
        elif isinstance(sample_weight, (int, float)):
            values = values.to(self.torch_dtype)
            self._add_mean(values.mean() if values.dim() else values, sample_weight)
        else:
            self._add_weighted(*_weighted(_cast(values, self.torch_dtype), sample_weight))

    def _add(self, values):
        """Adds values (batch, ...) or () without weights."""
        samples, size = values.shape[0] if values.dim() else 1, values.numel()
        if values.dtype is torch.bool:
            values = values.count_nonzero()
        elif size != 1:
            values = values.sum(dtype=self.torch_dtype)
        self._add_mean(values if values.dim() == 0 else values.reshape(()), samples / max(size, 1), samples)

    def _add_mean(self, value, weight, samples=None):
        """`total += value * weight`, and `count += samples` (default: the weight)."""
        self._settled_total.add_(value, alpha=weight)  # not `self.total`, which settles
        samples = weight if samples is None else samples
        if self._account_on_device or self._handed_out or is_compiling():
            self._settled_count.add_(samples)
        else:
            self._waiting += samples

    def _add_weighted(self, values, weights):
        values = values * weights if weights.dim() else values.mean() * weights
        samples = values.shape[0] if values.dim() else 1
        self._settled_total.add_(values.sum(), alpha=samples / max(values.numel(), 1))
        self._settled_count.add_(weights.sum(), alpha=samples / max(weights.numel(), 1))

    def _restart(self):
        self._waiting = 0
        super()._restart()

    def result(self):
        """The mean so far; 0 before the first value."""
        return safe_divide(self.total.value, self.count.value)


def wide(y_pred, dtype):
    """`y_pred` in the metric's number type if its own is half as wide: sums of those would lose digits.

    >>> wide(torch.zeros(1, dtype=torch.bfloat16), torch.float32).dtype
    torch.float32
    """
    if isinstance(y_pred, torch.Tensor) and y_pred.dtype in (torch.float16, torch.bfloat16):
        return _cast(y_pred, dtype)
    return y_pred


def _cast(values, dtype):
    """`values.to(dtype)` that keeps the mask which a formula left on them."""
    if values.dtype == dtype:
        return values
    cast = values.to(dtype)
    if hasattr(values, "_keras_mask"):
        cast._keras_mask = values._keras_mask
    return cast


class MeanTensor(Metric):
    """The (weighted) mean of each element: of tensors of one shape, one for each update.

    Args:
        name: what history and logs call it.
        dtype: number type of the states.
        shape: tuple of sizes; None takes the shape of the first values.

    Errors:
        ValueError: values of another shape than the first.

    Source: tf.keras `metrics.MeanTensor`.

    >>> metric = MeanTensor()
    >>> metric.update_state([0.0, 4.0])
    >>> metric.update_state([2.0, 2.0])
    >>> metric.result()
    tensor([1., 3.])
    """

    def __init__(self, name="mean_tensor", dtype=None, shape=None):
        super().__init__(dtype, name)
        if shape is not None:
            self._make_sums(shape)

    def _make_sums(self, shape):
        self.add_state("total", tuple(shape))
        self.add_state("count", tuple(shape))

    def update_state(self, values, sample_weight=None):
        """Adds one tensor; `sample_weight` has its shape or fits it, or is None."""
        values = as_tensor(values).to(self.torch_dtype)
        if not self._states:
            self._make_sums(values.shape)
        self.follow(values)
        if values.shape != self.total.shape:
            raise ValueError(f'MeanTensor "{self.name}" gathers values of shape {tuple(self.total.shape)}; '
                             f"got {tuple(values.shape)}. Make another metric for them.")
        if sample_weight is None:
            self.total.add_(values)
            self.count.add_(1)
        else:
            values, weights = _weighted(values, sample_weight)
            self.total.add_(values * weights)
            self.count.add_(weights)

    def result(self):
        """The means so far; 0 where nothing was counted."""
        if not self._states:
            return as_tensor(0.0).to(self.torch_dtype)
        return safe_divide(self.total.value, self.count.value)


def _tensors(value):
    """Arrays and lists of numbers as tensors; containers of tensors as they are."""
    return value if value is None or is_structure(value) else as_tensor(value)


def _without_graph(y_pred):
    """Predictions detached from the graph, so that users' functions may use numpy; marks on them stay."""
    if not isinstance(y_pred, torch.Tensor) or not y_pred.requires_grad:
        return y_pred
    detached = y_pred.detach()
    for mark in ("_keras_mask", "_keras_logits"):
        if hasattr(y_pred, mark):
            setattr(detached, mark, getattr(y_pred, mark))
    return detached


def name_of_function(fn):
    """What logs call a metric function or object, in this generation's way; Keras 3 writes it in snake case.

    >>> def F1Score(y_true, y_pred):
    ...     return y_pred
    >>> name_of_function(F1Score), name_of_function(lambda y_true, y_pred: y_pred)
    ('f1_score', 'lambda')
    """
    own = getattr(fn, "name", None)
    if isinstance(own, str):
        return own
    name = getattr(fn, "__name__", None)
    if name is None:
        return to_snake_case(type(fn).__name__)
    return to_snake_case(name) if behaviour("name of a metric function") == "snake case" else name


def _function_or_name(owner, argument, value):
    if not isinstance(value, str):
        function(owner, argument, value)


def _as_function(value):
    """The function itself; a config has the name of one of ours."""
    if not isinstance(value, str):
        return value
    found = resolve(value, module="keras.losses")
    return found.formula if isinstance(found, type) and issubclass(found, FormulaMetric) else found


class MeanMetricWrapper(Mean):
    """The mean of a function's values: any (y_true, y_pred, **kwargs) -> a value per sample.

    Args:
        fn: the function; a custom metric of Keras 1 and 2 is one. It may also return a single value for the
            batch, which counts as one (up to Keras 2.2: as many as the batch has samples).
        name: what history and logs call it; default the function's name.
        dtype: number type of the states.
        **kwargs: handed to the function at every call.

    Errors:
        TypeError: the function returned a dictionary; write a `Metric` whose `result` does.

    Source: Keras 3 `metrics.MeanMetricWrapper`.

    >>> def largest(y_true, y_pred):
    ...     return y_pred.amax(-1)
    >>> metric = MeanMetricWrapper(largest)
    >>> metric.name, float(metric([[0.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]))
    ('largest', 1.0)
    """

    vocabulary = {"fn": Term(_function_or_name, _as_function, "the function", optional=False)}

    def __init__(self, fn, name=None, dtype=None, **kwargs):
        super().__init__(name, dtype)
        self.fn_kwargs = kwargs
        self._weighs_batches = behaviour("weight of a batch value") == "samples"
        self._takes_mask_of_values = behaviour("mask of metric values") == "counts"
        self._over_batches = behaviour("metric over batches")

    def default_name(self):
        """The function's own name, once the function is known."""
        fn = self.__dict__.get("fn")
        return None if fn is None else name_of_function(fn)

    def values(self, y_true, y_pred):
        """What is averaged: the function's values."""
        y_true, y_pred = _tensors(y_true), _without_graph(_tensors(y_pred))
        try:
            return self.fn(y_true, y_pred, **self.fn_kwargs)
        except (TypeError, RuntimeError) as error:
            sentence = numpy_misuse(f'The metric function "{self.name}"', error)
            if sentence is None:
                raise
            raise TypeError(sentence) from error

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch; a mask on `y_pred` (`_keras_mask`) is folded into the weights."""
        self._update(y_true, y_pred, sample_weight)

    def _update(self, y_true, y_pred, sample_weight):
        mask = getattr(y_pred, "_keras_mask", None)
        values = self.values(y_true, y_pred)
        if isinstance(values, dict):
            raise TypeError(f'The metric function "{self.name}" returned a dictionary {sorted(values)}. '
                            "Write one function per entry, or a Metric whose result() is the dictionary.")
        values = as_tensor(values)
        if self._over_batches != "values" and (values.dim() or mask is not None or sample_weight is not None):
            return self._add_mean_of_batch(_cast(values, self.torch_dtype), sample_weight, mask)
        if sample_weight is None and mask is None:
            sample_weight = self._weight_of_generation(values, y_pred)
        if mask is not None:
            sample_weight = fold_mask(sample_weight, mask, False, _cast(values, self.torch_dtype))
        Mean.update_state(self, values, sample_weight)

    def _add_mean_of_batch(self, values, sample_weight, mask):
        """Adds the one value that Keras 1 and 2.2 have of a batch, weighted by its number of samples.

        In 2.2 masks and weights count in it as in a loss; in 1 there are neither.
        """
        self.follow(values)
        if self._over_batches == "means without masks":
            mean = values.mean()
        else:
            mean = reduce_loss(values, "sum_over_batch_size", sample_weight, mask, "nonzero weights")
        self._add_mean(mean, values.shape[0] if values.dim() else 1)

    def _weight_of_generation(self, values, y_pred):
        """What older generations weigh values by that have no weights."""
        if self._weighs_batches and values.dim() == 0 and hasattr(y_pred, "shape"):
            return y_pred.shape[0]
        return getattr(values, "_keras_mask", None) if self._takes_mask_of_values else None

    def get_config(self):
        """Arguments that rebuild this object, the function's own included."""
        return {**super().get_config(), **self.fn_kwargs}


class FormulaMetric(MeanMetricWrapper):
    """A metric that is the mean of one function: `class Hinge(FormulaMetric): formula = hinge`.

    Args:
        name: default is the class name in snake case.
        dtype: number type of the states.

    Notes:
        `formula`: function (y_true, y_pred, **options) -> a value per sample.
        `options`: names of constructor arguments handed to the formula.
        `generations`: optional `losses.loss.Generations`, where older ones have another formula.
        `mean_formula`: optional fused function -> the mean over a batch, or None where it does not apply.
        `quick`: optional shorter form of the formula for tensors, which may give bool values. Neither goes
            with `generations`.

    >>> class Error(FormulaMetric):
    ...     formula = lambda y_true, y_pred: (y_true - y_pred).mean(-1)
    >>> float(Error()([[1.0, 1.0, 1.0]], [[0.0, 0.0, 0.0]]))
    1.0
    """

    formula = mean_formula = quick = generations = None
    options = ()

    def __init__(self, name=None, dtype=None):
        super().__init__(type(self).formula, name, dtype)
        self._chosen = None if self.generations is None else self.generations.chosen()

    def default_name(self):
        """The formula's name."""
        return type(self).formula.__name__

    def values(self, y_true, y_pred):
        """What is averaged: the formula's values."""
        y_true, y_pred = _tensors(y_true), wide(_tensors(y_pred), self.torch_dtype)
        return (self._chosen or type(self).formula)(y_true, y_pred, **self._options())

    def _options(self):
        """The options as they are now."""
        return {name: getattr(self, name) for name in self.options}

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch; see Note [the straight path of a metric]."""
        if (sample_weight is None and is_plain_pair(y_true, y_pred)
                and getattr(y_pred, "_keras_mask", None) is None and self._add_quickly(y_true, y_pred)):
            return
        self._update(y_true, y_pred, sample_weight)

    def _add_quickly(self, y_true, y_pred):
        """Adds a batch of plain tensors without weights; False where only the general way fits."""
        if self._settled_total.device != y_pred.device:
            self.follow(y_pred)
        if y_pred.dtype is not self.torch_dtype:
            y_pred = wide(y_pred, self.torch_dtype)
        options = self._options() if self.options else {}
        if self.mean_formula is not None:
            mean = type(self).mean_formula(*match_ranks(y_true, y_pred), **options)
            if mean is not None:
                self._add_mean(mean, y_pred.shape[0])
                return True
        values = (self._chosen or type(self).quick or type(self).formula)(y_true, y_pred, **options)
        if getattr(values, "_keras_mask", None) is not None:
            return False
        self._add(values)
        return True


def pair_of(metric, y_true, y_pred):
    """Both as tensors of the metric's number type and of one rank, on the device of `y_pred`.

    >>> pair_of(Mean(), [1, 2], [[0.0]])[0].shape
    torch.Size([2, 1])
    """
    y_pred = as_tensor(y_pred).to(metric.torch_dtype)
    metric.follow(y_pred)
    return match_ranks(as_tensor(y_true, like=y_pred).to(y_pred), y_pred)


def is_matrix_pair(metric, y_true, y_pred):
    """Raises unless both are (batch, outputs).

    Errors:
        ValueError: another number of axes.

    >>> is_matrix_pair(Mean(), as_tensor([[0.0]]), as_tensor([[0.0]]))
    """
    if y_true.dim() != 2 or y_pred.dim() != 2:
        raise ValueError(f'{type(metric).__name__} "{metric.name}" needs y_true and y_pred of shape (batch, '
                         f"outputs); got {tuple(y_true.shape)} and {tuple(y_pred.shape)}. Reshape them.")


