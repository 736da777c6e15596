"""Many values to few: sums, means, extremes, orders, counts, running sums. `axis=None` means all axes."""

import builtins

import torch

from keras_torch.ops.core import as_tensor, cast, one_node

_SMALL_INTEGERS = (torch.bool, torch.int8, torch.int16, torch.int32)


def _axes(x, axis):
    """`axis` as torch's `dim`: a list of axes, all of them for None."""
    if axis is None:
        return list(range(x.dim()))
    return list(axis) if isinstance(axis, (list, tuple)) else [axis]


def _floats(x):
    """A float tensor: whole numbers have no mean."""
    x = as_tensor(x)
    return x if x.is_floating_point() or x.is_complex() else x.float()


def _sum_dtype(x):
    """Sums of short integers are int32, as in Keras (torch would make them int64)."""
    return torch.int32 if x.dtype in _SMALL_INTEGERS else x.dtype


def sum(x, axis=None, keepdims=False):
    """The sum over `axis`.

    >>> sum([[1.0, 2.0], [3.0, 4.0]], axis=0)
    tensor([4., 6.])
    """
    x = as_tensor(x)
    return (
        torch.sum(x, dim=_axes(x, axis), keepdim=keepdims, dtype=_sum_dtype(x))
        if x.dim()
        else x.to(_sum_dtype(x))
    )


def mean(x, axis=None, keepdims=False):
    """The mean over `axis`; of whole numbers, as floats.

    >>> mean([[1.0, 2.0], [3.0, 4.0]])
    tensor(2.5000)
    """
    x = _floats(x)
    return torch.mean(x, dim=_axes(x, axis), keepdim=keepdims)


def prod(x, axis=None, keepdims=False, dtype=None):
    """The product over `axis`.

    >>> prod([2.0, 3.0])
    tensor(6.)
    """
    x = as_tensor(x)
    result = x.to(_sum_dtype(x)) if dtype is None else cast(x, dtype)
    for one in sorted((one % builtins.max(x.dim(), 1) for one in _axes(x, axis)), reverse=True):
        result = torch.prod(result, dim=one, keepdim=keepdims, dtype=result.dtype)
    return result


def var(x, axis=None, keepdims=False):
    """The (biased) variance over `axis`.

    >>> var([1.0, 3.0])
    tensor(1.)
    """
    x = _floats(x)
    return torch.var(x, dim=_axes(x, axis), correction=0, keepdim=keepdims)


def std(x, axis=None, keepdims=False):
    """The (biased) standard deviation over `axis`.

    >>> std([1.0, 3.0])
    tensor(1.)
    """
    x = _floats(x)
    return torch.std(x, dim=_axes(x, axis), correction=0, keepdim=keepdims)


def max(x, axis=None, keepdims=False, initial=None):
    """The greatest value over `axis`, and at least `initial`.

    >>> max([[1.0, 2.0], [3.0, 0.0]], axis=1)
    tensor([2., 3.])
    """
    x = as_tensor(x)
    result = torch.amax(x, dim=_axes(x, axis), keepdim=keepdims)
    return result if initial is None else torch.clamp(result, min=initial)


def min(x, axis=None, keepdims=False, initial=None):
    """The smallest value over `axis`, and at most `initial`.

    >>> min([[1.0, 2.0], [3.0, 0.0]], axis=1)
    tensor([1., 0.])
    """
    x = as_tensor(x)
    result = torch.amin(x, dim=_axes(x, axis), keepdim=keepdims)
    return result if initial is None else torch.clamp(result, max=initial)


def amax(x, axis=None, keepdims=False):
    """The greatest value over `axis`.

    >>> amax([1.0, 2.0])
    tensor(2.)
    """
    return max(x, axis, keepdims)


def amin(x, axis=None, keepdims=False):
    """The smallest value over `axis`.

    >>> amin([1.0, 2.0])
    tensor(1.)
    """
    return min(x, axis, keepdims)


def ptp(x, axis=None, keepdims=False):
    """Greatest minus smallest value over `axis`.

    >>> ptp([1.0, 4.0])
    tensor(3.)
    """
    return max(x, axis, keepdims) - min(x, axis, keepdims)


def all(x, axis=None, keepdims=False):
    """Whether every value over `axis` is true (not zero).

    >>> all([True, False])
    tensor(False)
    """
    x = as_tensor(x).bool()
    return torch.all(x, dim=_axes(x, axis), keepdim=keepdims)


def any(x, axis=None, keepdims=False):
    """Whether some value over `axis` is true (not zero).

    >>> any([True, False])
    tensor(True)
    """
    x = as_tensor(x).bool()
    return torch.any(x, dim=_axes(x, axis), keepdim=keepdims)


def count_nonzero(x, axis=None):
    """How many values over `axis` are not zero, as int32.

    >>> count_nonzero([1, 0, 2])
    tensor(2, dtype=torch.int32)
    """
    return sum(torch.ne(as_tensor(x), 0), axis)


def argmax(x, axis=None, keepdims=False):
    """The position of the greatest value along `axis` (of the flattened tensor for None), as int32.

    >>> argmax([[1.0, 2.0], [3.0, 0.0]], axis=1)
    tensor([1, 0], dtype=torch.int32)
    """
    return torch.argmax(as_tensor(x), dim=axis, keepdim=keepdims).int()


def argmin(x, axis=None, keepdims=False):
    """The position of the smallest value along `axis` (of the flattened tensor for None), as int32.

    >>> argmin([[1.0, 2.0], [3.0, 0.0]], axis=1)
    tensor([0, 1], dtype=torch.int32)
    """
    return torch.argmin(as_tensor(x), dim=axis, keepdim=keepdims).int()


@one_node
def average(x, axis=None, weights=None):
    """The mean over `axis`, weighted by `weights` (of the shape of `x`, or of the size of `axis`).

    >>> average([1.0, 2.0], weights=[1.0, 3.0])
    tensor(1.7500)
    """
    x = _floats(x)
    if weights is None:
        return mean(x, axis)
    weights = as_tensor(weights, like=x).to(x.dtype)
    if weights.dim() == 1 and x.dim() > 1:
        sizes = [1] * x.dim()
        sizes[axis] = -1
        weights = weights.reshape(sizes)
    weights = weights.expand(x.shape)
    return sum(x * weights, axis) / sum(weights, axis)


def logsumexp(x, axis=None, keepdims=False):
    """`log(sum(exp(x)))` over `axis`, without overflow.

    >>> logsumexp([0.0, 0.0])
    tensor(0.6931)
    """
    x = _floats(x)
    return torch.logsumexp(x, dim=_axes(x, axis), keepdim=keepdims)


def cumsum(x, axis=None, dtype=None):
    """The running sum along `axis` (of the flattened tensor for None).

    >>> cumsum([1.0, 2.0, 3.0])
    tensor([1., 3., 6.])
    """
    return _running(torch.cumsum, x, axis, dtype)


def cumprod(x, axis=None, dtype=None):
    """The running product along `axis` (of the flattened tensor for None).

    >>> cumprod([1.0, 2.0, 3.0])
    tensor([1., 2., 6.])
    """
    return _running(torch.cumprod, x, axis, dtype)


def _running(function, x, axis, dtype):
    x = as_tensor(x)
    x = x.to(_sum_dtype(x)) if dtype is None else cast(x, dtype)
    if axis is None:
        x, axis = torch.reshape(x, (-1,)), 0
    return function(x, dim=axis, dtype=x.dtype)


def quantile(x, q, axis=None, method="linear", keepdims=False):
    """The value below which the fraction `q` of the values lies.

    Args:
        q: fraction or fractions from 0 to 1; several give a first axis.
        method: between two values: 'linear', 'lower', 'higher', 'midpoint' or 'nearest'.

    >>> quantile([1.0, 2.0, 3.0], 0.5)
    tensor(2.)
    """
    return _quantile(x, q, axis, method, keepdims, skip_nan=False)


def nanquantile(x, q, axis=None, method="linear", keepdims=False):
    """`quantile` of the values that are not NaN.

    >>> nanquantile([1.0, 3.0, float("nan")], 0.5)
    tensor(2.)
    """
    return _quantile(x, q, axis, method, keepdims, skip_nan=True)


@one_node
def _quantile(x, q, axis, method, keepdims, skip_nan):
    x = _floats(x)
    q = as_tensor(q, like=x).to(x.dtype)
    axes = sorted(one % x.dim() for one in _axes(x, axis))
    kept = [one for one in range(x.dim()) if one not in axes]
    flat = x.permute(*kept, *axes).flatten(len(kept)) if axes else x.unsqueeze(-1)
    quantiles = torch.nanquantile if skip_nan else torch.quantile
    result = quantiles(flat, q, dim=-1, interpolation=method)
    if keepdims:
        for one in axes:
            result = result.unsqueeze(one + q.dim())
    return result


def percentile(x, q, axis=None, method="linear", keepdims=False):
    """`quantile` with `q` from 0 to 100.

    >>> percentile([1.0, 2.0, 3.0], 50)
    tensor(2.)
    """
    return quantile(x, as_tensor(q) / 100, axis, method, keepdims)


def median(x, axis=None, keepdims=False):
    """The middle value over `axis`; the mean of the two middle ones of an even number.

    >>> median([1.0, 2.0, 3.0, 4.0])
    tensor(2.5000)
    """
    return quantile(x, 0.5, axis, "midpoint", keepdims)


def sort(x, axis=-1):
    """The values in rising order along `axis`.

    >>> sort([3.0, 1.0, 2.0])
    tensor([1., 2., 3.])
    """
    return torch.sort(as_tensor(x), dim=axis).values


def argsort(x, axis=-1):
    """The positions that sort `x` along `axis` (of the flattened tensor for None), as int32.

    >>> argsort([3.0, 1.0, 2.0])
    tensor([1, 2, 0], dtype=torch.int32)
    """
    x = as_tensor(x)
    if axis is None:
        x, axis = torch.reshape(x, (-1,)), 0
    return torch.argsort(x, dim=axis, stable=True).int()


def argpartition(x, kth, axis=-1):
    """Positions that bring the `kth` value to its sorted place, smaller ones before it, as int32.

    >>> argpartition([3.0, 1.0, 2.0], 1)
    tensor([1, 2, 0], dtype=torch.int32)
    """
    return argsort(x, axis)


def top_k(x, k, sorted=True):
    """The `k` greatest values along the last axis and their positions (int32).

    >>> values, indices = top_k([1.0, 3.0, 2.0], 2)
    >>> values, indices
    (tensor([3., 2.]), tensor([1, 2], dtype=torch.int32))
    """
    values, indices = torch.topk(as_tensor(x), k, sorted=sorted)
    return values, indices.int()


@one_node
def in_top_k(targets, predictions, k):
    """Whether each target class is among the `k` greatest predictions of its row; ties count as in.

    >>> in_top_k([1, 0], [[0.1, 0.9], [0.2, 0.8]], 1)
    tensor([ True, False])
    """
    predictions = as_tensor(predictions)
    targets = as_tensor(targets, like=predictions).long()
    own = torch.gather(predictions, -1, targets.unsqueeze(-1))
    return torch.isfinite(own.squeeze(-1)) & (torch.sum(predictions > own, -1) < k)


@one_node
def bincount(x, weights=None, minlength=0, sparse=False):
    """How often each whole number from 0 occurs in a vector, or in each row of a matrix.

    Args:
        weights: what each occurrence counts; None means 1.
        minlength: least size of the result.

    Errors:
        ValueError: `sparse` is True.

    >>> bincount([1, 1, 2])
    tensor([0, 2, 1], dtype=torch.int32)
    """
    if sparse:
        raise ValueError("bincount(): `sparse`=True is not supported; tensors here are dense. Leave it out.")
    x = as_tensor(x)
    if x.dim() == 2:
        size = builtins.max(minlength, int(x.max()) + 1 if x.numel() else 0)
        weights = [None] * len(x) if weights is None else as_tensor(weights, like=x)
        return torch.stack([bincount(row, weight, size) for row, weight in zip(x, weights)])
    counts = torch.bincount(x, None if weights is None else as_tensor(weights, like=x), minlength)
    return counts.int() if weights is None else counts.to(as_tensor(weights).dtype)


def nanpercentile(x, q, axis=None, method="linear", keepdims=False):
    """`percentile` of the values that are not NaN.

    >>> nanpercentile([1.0, 3.0, float("nan")], 50)
    tensor(2.)
    """
    return nanquantile(x, as_tensor(q) / 100, axis, method, keepdims)


def nanmedian(x, axis=None, keepdims=False):
    """`median` of the values that are not NaN.

    >>> nanmedian([1.0, 3.0, float("nan")])
    tensor(2.)
    """
    return nanquantile(x, 0.5, axis, "midpoint", keepdims)


def _without_nan(x, value):
    x = as_tensor(x)
    return torch.where(torch.isnan(x), value, x) if x.is_floating_point() else x


def nansum(x, axis=None, keepdims=False):
    """`sum` that takes NaN as 0.

    >>> nansum([1.0, float("nan")])
    tensor(1.)
    """
    return sum(_without_nan(x, 0.0), axis, keepdims)


def nanprod(x, axis=None, keepdims=False):
    """`prod` that takes NaN as 1.

    >>> nanprod([2.0, float("nan")])
    tensor(2.)
    """
    return prod(_without_nan(x, 1.0), axis, keepdims)


def nancumsum(x, axis=None, dtype=None):
    """`cumsum` that takes NaN as 0.

    >>> nancumsum([1.0, float("nan")])
    tensor([1., 1.])
    """
    return cumsum(_without_nan(x, 0.0), axis, dtype)


def nancumprod(x, axis=None, dtype=None):
    """`cumprod` that takes NaN as 1.

    >>> nancumprod([2.0, float("nan")])
    tensor([2., 2.])
    """
    return cumprod(_without_nan(x, 1.0), axis, dtype)


def nanmean(x, axis=None, keepdims=False):
    """`mean` of the values that are not NaN.

    >>> nanmean([1.0, float("nan")])
    tensor(1.)
    """
    x = _floats(x)
    return torch.nanmean(x, dim=_axes(x, axis), keepdim=keepdims)


def nanvar(x, axis=None, keepdims=False):
    """`var` of the values that are not NaN.

    >>> nanvar([1.0, 3.0, float("nan")])
    tensor(1.)
    """
    x = _floats(x)
    return nanmean(torch.square(x - nanmean(x, axis, keepdims=True)), axis, keepdims)


def nanstd(x, axis=None, keepdims=False):
    """`std` of the values that are not NaN.

    >>> nanstd([1.0, 3.0, float("nan")])
    tensor(1.)
    """
    return torch.sqrt(nanvar(x, axis, keepdims))


def nanmax(x, axis=None, keepdims=False):
    """`max` of the values that are not NaN; NaN if there is none.

    >>> nanmax([1.0, float("nan")])
    tensor(1.)
    """
    return _nan_if_empty(x, max(_without_nan(x, -torch.inf), axis, keepdims), axis, keepdims)


def nanmin(x, axis=None, keepdims=False):
    """`min` of the values that are not NaN; NaN if there is none.

    >>> nanmin([1.0, float("nan")])
    tensor(1.)
    """
    return _nan_if_empty(x, min(_without_nan(x, torch.inf), axis, keepdims), axis, keepdims)


def _nan_if_empty(x, result, axis, keepdims):
    x = as_tensor(x)
    return (
        torch.where(all(torch.isnan(x), axis, keepdims), torch.nan, result)
        if x.is_floating_point()
        else result
    )


def nanargmax(x, axis=None, keepdims=False):
    """`argmax` of the values that are not NaN.

    >>> nanargmax([1.0, float("nan")])
    tensor(0, dtype=torch.int32)
    """
    return argmax(_without_nan(x, -torch.inf), axis, keepdims)


def nanargmin(x, axis=None, keepdims=False):
    """`argmin` of the values that are not NaN.

    >>> nanargmin([1.0, float("nan")])
    tensor(0, dtype=torch.int32)
    """
    return argmin(_without_nan(x, torch.inf), axis, keepdims)


@one_node
def segment_sum(data, segment_ids, num_segments=None, sorted=False):
    """The sum of the rows of `data` that have the same segment number.

    Args:
        segment_ids: whole numbers, one for each row; rows outside [0, num_segments) are dropped.
        num_segments: size of the result's first axis; None means the greatest number plus one.

    >>> segment_sum([1.0, 2.0, 3.0], [0, 0, 2], 3)
    tensor([3., 0., 3.])
    """
    return _segments(data, segment_ids, num_segments, "sum", 0)


@one_node
def segment_prod(data, segment_ids, num_segments=None, sorted=False):
    """The product of the rows of `data` that have the same segment number; 1 for an empty segment.

    >>> segment_prod([1.0, 2.0, 3.0], [0, 0, 2], 3)
    tensor([2., 1., 3.])
    """
    return _segments(data, segment_ids, num_segments, "prod", 1)


@one_node
def segment_max(data, segment_ids, num_segments=None, sorted=False):
    """The greatest of the rows of `data` that have the same segment number; -inf for an empty segment.

    >>> segment_max([1.0, 2.0, 3.0], [0, 0, 1], 2)
    tensor([2., 3.])
    """
    return _segments(data, segment_ids, num_segments, "amax", -torch.inf)


@one_node
def segment_min(data, segment_ids, num_segments=None, sorted=False):
    """The smallest of the rows of `data` that have the same segment number; inf for an empty segment.

    >>> segment_min([1.0, 2.0, 3.0], [0, 0, 1], 2)
    tensor([1., 3.])
    """
    return _segments(data, segment_ids, num_segments, "amin", torch.inf)


def _segments(data, segment_ids, num_segments, reduction, empty):
    data = as_tensor(data)
    ids = as_tensor(segment_ids, like=data).long()
    count = int(ids.max()) + 1 if num_segments is None else num_segments
    if not data.is_floating_point() and isinstance(empty, float):
        limits = torch.iinfo(data.dtype)
        empty = limits.min if empty < 0 else limits.max
    spare = torch.where(
        (ids >= 0) & (ids < count), ids, count
    )  # rows outside go to a last segment, then away
    result = data.new_full((count + 1, *data.shape[1:]), empty)
    spread = spare.view(-1, *[1] * (data.dim() - 1)).expand(data.shape)
    return result.scatter_reduce(0, spread, data, reduction)[:count]
