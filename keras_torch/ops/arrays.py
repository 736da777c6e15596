"""Values that keep their numbers and change their places: shapes, axes, joining, cutting, choosing."""

import math

import torch
from torch.nn import functional

from keras_torch.base.checks import fail
from keras_torch.base.dtypes import torch_dtype
from keras_torch.ops.core import as_tensor, one_node, pair


def reshape(x, newshape):
    """The values in another shape; one size may be -1.

    >>> reshape([1, 2, 3, 4], (2, -1)).shape
    torch.Size([2, 2])
    """
    newshape = (newshape,) if isinstance(newshape, int) else tuple(newshape)
    return torch.reshape(as_tensor(x), tuple(-1 if size is None else size for size in newshape))


def ravel(x):
    """All values in one axis.

    >>> ravel([[1, 2], [3, 4]]).shape
    torch.Size([4])
    """
    return torch.reshape(as_tensor(x), (-1,))


def size(x):
    """How many values there are.

    >>> size([[1, 2], [3, 4]])
    4
    """
    return math.prod(as_tensor(x).size())


def expand_dims(x, axis):
    """A new axis of size 1 at `axis`; several for a tuple.

    >>> expand_dims([1, 2], 0).shape
    torch.Size([1, 2])
    """
    x = as_tensor(x)
    if isinstance(axis, int):
        return torch.unsqueeze(x, axis)
    rank = x.dim() + len(axis)
    for one in sorted(each % rank for each in axis):
        x = torch.unsqueeze(x, one)
    return x


def squeeze(x, axis=None):
    """Without the axes of size 1, or without the given one(s).

    Errors:
        ValueError: a given axis has another size.

    >>> squeeze([[1, 2]]).shape
    torch.Size([2])
    """
    x = as_tensor(x)
    if axis is None:
        return torch.squeeze(x)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    for one in axes:
        if x.shape[one] not in (1, None):
            fail("squeeze()", "axis", one, f"an axis of size 1 of the shape {tuple(x.shape)}")
    return torch.squeeze(x, axes)


def transpose(x, axes=None):
    """The axes in another order; None turns the order round.

    >>> transpose(torch.zeros(2, 3, 4)).shape
    torch.Size([4, 3, 2])
    """
    x = as_tensor(x)
    return torch.permute(x, tuple(reversed(range(x.dim()))) if axes is None else tuple(axes))


def swapaxes(x, axis1, axis2):
    """Two axes exchanged.

    >>> swapaxes(torch.zeros(2, 3, 4), 0, 2).shape
    torch.Size([4, 3, 2])
    """
    return torch.transpose(as_tensor(x), axis1, axis2)


def moveaxis(x, source, destination):
    """Axes moved to other places, the others keeping their order.

    >>> moveaxis(torch.zeros(2, 3, 4), 0, -1).shape
    torch.Size([3, 4, 2])
    """
    return torch.movedim(as_tensor(x), source, destination)


def broadcast_to(x, shape):
    """Repeated along axes of size 1, up to `shape`.

    >>> broadcast_to([1, 2], (3, 2)).shape
    torch.Size([3, 2])
    """
    return torch.broadcast_to(as_tensor(x), tuple(shape))


def _alike(xs):
    """Tensors of one number type, as joining needs."""
    tensors = [as_tensor(x) for x in xs]
    types = {x.dtype for x in tensors}
    if len(types) == 1:
        return tensors
    common = tensors[0].dtype
    for x in tensors[1:]:
        common = torch.promote_types(common, x.dtype)
    return [x.to(common) for x in tensors]


def concatenate(xs, axis=0):
    """Tensors one after the other along `axis`.

    >>> concatenate([[1, 2], [3]])
    tensor([1, 2, 3], dtype=torch.int32)
    """
    return torch.cat(_alike(xs), axis)


def stack(x, axis=0):
    """Tensors of one shape, one after the other along a new axis.

    >>> stack([[1, 2], [3, 4]]).shape
    torch.Size([2, 2])
    """
    return torch.stack(_alike(x), axis)


def hstack(xs):
    """Tensors side by side: joined along axis 1, vectors along axis 0.

    >>> hstack([[1, 2], [3]])
    tensor([1, 2, 3], dtype=torch.int32)
    """
    return torch.hstack(_alike(xs))


def vstack(xs):
    """Tensors one below the other: joined along axis 0, vectors as rows.

    >>> vstack([[1, 2], [3, 4]]).shape
    torch.Size([2, 2])
    """
    return torch.vstack(_alike(xs))


def dstack(xs):
    """Tensors one behind the other: joined along axis 2.

    >>> dstack([[1, 2], [3, 4]]).shape
    torch.Size([1, 2, 2])
    """
    return torch.dstack(_alike(xs))


def append(x1, x2, axis=None):
    """`x2` after `x1` along `axis`; both flattened for None.

    >>> append([1], [2, 3])
    tensor([1, 2, 3], dtype=torch.int32)
    """
    return concatenate([ravel(x1), ravel(x2)]) if axis is None else concatenate([x1, x2], axis)


def unstack(x, num=None, axis=0):
    """The slices along `axis`, as a list.

    >>> unstack([[1], [2]])
    [tensor([1], dtype=torch.int32), tensor([2], dtype=torch.int32)]
    """
    return list(torch.unbind(as_tensor(x), axis))


def split(x, indices_or_sections, axis=0):
    """Parts along `axis`, as a list.

    Args:
        indices_or_sections: number of equal parts, or the places where to cut.

    Errors:
        ValueError: the size of the axis is not a multiple of the number of parts.

    >>> [len(part) for part in split([1, 2, 3, 4], [1])]
    [1, 3]
    """
    x = as_tensor(x)
    if not isinstance(indices_or_sections, int):
        return list(torch.tensor_split(x, tuple(int(cut) for cut in indices_or_sections), axis))
    whole = x.shape[axis]
    if whole is not None and whole % indices_or_sections:
        raise ValueError(
            f"split(): axis {axis} of size {whole} cannot be cut into {indices_or_sections} equal parts. "
            "Use array_split(), or give the places where to cut."
        )
    return list(torch.tensor_split(x, indices_or_sections, axis))


def array_split(x, indices_or_sections, axis=0):
    """As `split`; parts may differ by one in size.

    >>> [len(part) for part in array_split([1, 2, 3], 2)]
    [2, 1]
    """
    cuts = indices_or_sections if isinstance(indices_or_sections, int) else tuple(indices_or_sections)
    return list(torch.tensor_split(as_tensor(x), cuts, axis))


def hsplit(x, indices_or_sections):
    """Parts side by side: cut along axis 1, vectors along axis 0.

    >>> len(hsplit([[1, 2]], 2))
    2
    """
    x = as_tensor(x)
    return split(x, indices_or_sections, 1 if x.dim() > 1 else 0)


def vsplit(x, indices_or_sections):
    """Parts one below the other: cut along axis 0.

    >>> len(vsplit([[1], [2]], 2))
    2
    """
    return split(x, indices_or_sections, 0)


def dsplit(x, indices_or_sections):
    """Parts one behind the other: cut along axis 2.

    >>> len(dsplit(torch.zeros(1, 1, 4), 2))
    2
    """
    return split(x, indices_or_sections, 2)


def tile(x, repeats):
    """The whole tensor repeated, `repeats` times along each axis.

    >>> tile([1, 2], 2)
    tensor([1, 2, 1, 2], dtype=torch.int32)
    """
    return torch.tile(as_tensor(x), (repeats,) if isinstance(repeats, int) else tuple(repeats))


def repeat(x, repeats, axis=None):
    """Each slice along `axis` repeated (each value of the flattened tensor for None).

    Args:
        repeats: one number, or one for each slice.

    >>> repeat([1, 2], 2)
    tensor([1, 1, 2, 2], dtype=torch.int32)
    """
    x = as_tensor(x)
    if not isinstance(repeats, int):
        repeats = as_tensor(repeats, like=x)
        repeats = int(repeats) if repeats.numel() == 1 else repeats
    if axis is None:
        x, axis = torch.reshape(x, (-1,)), 0
    return torch.repeat_interleave(x, repeats, axis)


def flip(x, axis=None):
    """The order turned round along `axis` (all axes for None).

    >>> flip([1, 2, 3])
    tensor([3, 2, 1], dtype=torch.int32)
    """
    x = as_tensor(x)
    axes = range(x.dim()) if axis is None else (axis if isinstance(axis, (list, tuple)) else [axis])
    return torch.flip(x, tuple(axes))


def flipud(x):
    """Upside down: axis 0 turned round.

    >>> flipud([1, 2])
    tensor([2, 1], dtype=torch.int32)
    """
    return flip(x, 0)


def fliplr(x):
    """Left and right exchanged: axis 1 turned round.

    >>> fliplr([[1, 2]])
    tensor([[2, 1]], dtype=torch.int32)
    """
    return flip(x, 1)


def roll(x, shift, axis=None):
    """Values moved by `shift` places along `axis`; those that fall off the end come in at the front.

    >>> roll([1, 2, 3], 1)
    tensor([3, 1, 2], dtype=torch.int32)
    """
    return torch.roll(as_tensor(x), shift, axis)


def rot90(array, k=1, axes=(0, 1)):
    """Turned by `k` right angles in the plane of `axes`.

    >>> rot90([[1, 2]])
    tensor([[2],
            [1]], dtype=torch.int32)
    """
    return torch.rot90(as_tensor(array), k, tuple(axes))


_PAD_MODES = {"constant": "constant", "reflect": "reflect", "symmetric": "symmetric"}


@one_node
def pad(x, pad_width, mode="constant", constant_values=None):
    """New values before and after, along each axis.

    Args:
        pad_width: one number, one pair (before, after) for all axes, or a pair for each axis.
        mode: 'constant', 'reflect' (mirror at the edge value) or 'symmetric' (mirror beside it).
        constant_values: the new value for 'constant'; None means 0.

    Errors:
        ValueError: another mode, or `constant_values` with a mirror.

    >>> pad([1, 2], 1)
    tensor([0, 1, 2, 0], dtype=torch.int32)
    """
    if mode not in _PAD_MODES:
        fail("pad()", "mode", mode, "'constant', 'reflect' or 'symmetric'")
    if mode != "constant" and constant_values is not None:
        fail("pad()", "constant_values", constant_values, f"None with mode={mode!r}")
    x = as_tensor(x)
    widths = _pairs(pad_width, x.dim())
    if mode == "constant":
        flat = [cells for before_after in reversed(widths) for cells in before_after]
        return functional.pad(x, flat, value=0 if constant_values is None else constant_values)
    for axis, (before, after) in enumerate(widths):
        if before or after:
            x = torch.index_select(x, axis, _mirrored(x.shape[axis], before, after, mode, x.device))
    return x


def _pairs(pad_width, rank):
    if isinstance(pad_width, int):
        return [(pad_width, pad_width)] * rank
    pairs = [
        (width, width) if isinstance(width, int) else tuple(int(cells) for cells in width)
        for width in (
            pad_width
            if not isinstance(pad_width[0], int) or rank == 1 and len(pad_width) == 1
            else [pad_width]
        )
    ]
    pairs = [both * 2 if len(both) == 1 else both for both in pairs]
    return pairs * rank if len(pairs) == 1 else pairs


def _mirrored(size, before, after, mode, device):
    """Positions of the padded axis in the old one."""
    places = torch.arange(-before, size + after, device=device)
    if mode == "reflect":
        period = max(1, 2 * (size - 1))
        places = places.abs() % period
        return torch.minimum(places, period - places)
    places = torch.remainder(places, 2 * size)
    return torch.minimum(places, 2 * size - 1 - places)


def take(x, indices, axis=None):
    """The slices at `indices` along `axis` (None: of the flattened tensor); negative ones count from the end.

    >>> take([[1, 2], [3, 4]], [1], axis=0)
    tensor([[3, 4]], dtype=torch.int32)
    """
    x = as_tensor(x)
    if axis is None:
        x, axis = torch.reshape(x, (-1,)), 0
    return _take(x, indices, axis)


@one_node
def _take(x, indices, axis):
    indices = as_tensor(indices, like=x).long()
    indices = torch.where(indices < 0, indices + x.shape[axis], indices)
    taken = torch.index_select(x, axis, indices.reshape(-1))
    axis = axis % x.dim()
    return taken.reshape((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


@one_node
def take_along_axis(x, indices, axis=None):
    """For every place of `indices`, the value of `x` at that position along `axis`.

    >>> take_along_axis([[1, 2], [3, 4]], [[1], [0]], 1)
    tensor([[2],
            [3]], dtype=torch.int32)
    """
    x = as_tensor(x)
    indices = as_tensor(indices, like=x).long()
    if axis is None:
        x, indices, axis = x.reshape(-1), indices.reshape(-1), 0
    indices = torch.where(indices < 0, indices + x.shape[axis], indices)
    return torch.take_along_dim(x, indices, axis)


def get_item(x, key):
    """`x[key]`.

    >>> get_item([1, 2], 0)
    tensor(1, dtype=torch.int32)
    """
    return as_tensor(x)[key]


def where(condition, x1=None, x2=None):
    """`x1` where the condition holds, else `x2`; with the condition alone, the places where it holds.

    Errors:
        ValueError: just one of `x1` and `x2` is given.

    >>> where([True, False], [1, 2], [3, 4])
    tensor([1, 4], dtype=torch.int32)
    """
    if (x1 is None) != (x2 is None):
        raise ValueError("where() needs both `x1` and `x2`, or neither. Give the missing one.")
    if x1 is None:
        return nonzero(condition)
    condition = as_tensor(condition).bool()
    if isinstance(x1, (int, float)) and isinstance(x2, (int, float)):
        x1 = as_tensor(x1)
    x1, x2 = pair(x1, x2)
    return torch.where(condition, x1, x2)


def nonzero(x):
    """The places of the values that are not zero: a list with one int32 vector for each axis.

    >>> nonzero([1, 0, 2])
    [tensor([0, 2], dtype=torch.int32)]
    """
    return [places.int() for places in torch.nonzero(as_tensor(x), as_tuple=True)]


def select(condlist, choicelist, default=0):
    """For each place, the choice whose condition holds first, else `default`.

    >>> select([torch.tensor([True, False])], [torch.tensor([1, 2])], 0)
    tensor([1, 0])
    """
    result = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        result = where(condition, choice, result)
    return result


def tril(x, k=0):
    """Zeros above the `k`-th diagonal of the last two axes.

    >>> tril([[1, 2], [3, 4]])
    tensor([[1, 0],
            [3, 4]], dtype=torch.int32)
    """
    return torch.tril(as_tensor(x), k)


def triu(x, k=0):
    """Zeros below the `k`-th diagonal of the last two axes.

    >>> triu([[1, 2], [3, 4]])
    tensor([[1, 2],
            [0, 4]], dtype=torch.int32)
    """
    return torch.triu(as_tensor(x), k)


def diag(x, k=0):
    """The `k`-th diagonal of a matrix, or the matrix with that diagonal.

    >>> diag([[1, 2], [3, 4]])
    tensor([1, 4], dtype=torch.int32)
    """
    return torch.diag(as_tensor(x), k)


def diagflat(x, k=0):
    """The matrix that has the flattened values as its `k`-th diagonal.

    >>> diagflat([1, 2])
    tensor([[1, 0],
            [0, 2]], dtype=torch.int32)
    """
    return torch.diagflat(as_tensor(x), k)


def diagonal(x, offset=0, axis1=0, axis2=1):
    """The diagonal of the plane of two axes, as a last axis.

    >>> diagonal([[1, 2], [3, 4]])
    tensor([1, 4], dtype=torch.int32)
    """
    return torch.diagonal(as_tensor(x), offset, axis1, axis2)


def trace(x, offset=0, axis1=0, axis2=1):
    """The sum of the diagonal.

    >>> trace([[1.0, 2.0], [3.0, 4.0]])
    tensor(5.)
    """
    x = diagonal(x, offset, axis1, axis2)
    return torch.sum(x, -1, dtype=x.dtype)


def diff(a, n=1, axis=-1):
    """Differences of neighbours along `axis`, `n` times.

    >>> diff([1, 4, 9])
    tensor([3, 5], dtype=torch.int32)
    """
    return torch.diff(as_tensor(a), n, axis)


@one_node
def unique(
    x,
    sorted=True,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    size=None,
    fill_value=None,
):
    """The different values, in rising order.

    Args:
        return_index: whether to return also where each occurs first.
        return_inverse: whether to return also which of them each value is.
        return_counts: whether to return also how often each occurs.
        axis: compare slices along this axis; None means single values.
        size: the number of values to return: cut, or filled with `fill_value` (None: the smallest).

    >>> unique([3, 1, 1])
    tensor([1, 3], dtype=torch.int32)
    """
    x = as_tensor(x)
    values, inverse, counts = torch.unique(
        x, sorted=sorted, return_inverse=True, return_counts=True, dim=axis
    )
    along = 0 if axis is None else axis
    count = values.shape[along]
    places = torch.arange(inverse.numel(), device=x.device)
    first = places.new_full((count,), inverse.numel()).scatter_reduce(0, inverse.reshape(-1), places, "amin")
    if size is not None:
        values, first, counts = (
            _fitted(part, size, filler, dim)
            for part, filler, dim in ((values, fill_value, along), (first, 0, 0), (counts, 0, 0))
        )
    results = [values]
    for wanted, part in ((return_index, first), (return_inverse, inverse), (return_counts, counts)):
        if wanted:
            results.append(part.int())
    return results[0] if len(results) == 1 else tuple(results)


def _fitted(values, size, filler, axis):
    """Cut or filled to `size` along `axis`."""
    present = values.shape[axis]
    if size <= present:
        return values.narrow(axis, 0, size)
    more = values.narrow(axis, 0, 1).expand(
        [size - present if one == axis else -1 for one in range(values.dim())]
    )
    return torch.cat([values, more if filler is None else torch.full_like(more, filler)], axis)


def isin(x1, x2, assume_unique=False, invert=False):
    """Whether each value of `x1` occurs in `x2`.

    >>> isin([1, 2], [2])
    tensor([False,  True])
    """
    return torch.isin(*pair(x1, x2), assume_unique=assume_unique, invert=invert)


def searchsorted(sorted_sequence, values, side="left"):
    """Where each value would go into a rising sequence to keep it rising, as int32.

    >>> searchsorted([1, 3, 5], [2, 3])
    tensor([1, 1], dtype=torch.int32)
    """
    sorted_sequence, values = pair(sorted_sequence, values)
    return torch.searchsorted(sorted_sequence, values, side=side, out_int32=True)


def digitize(x, bins):
    """In which interval of the rising `bins` each value lies, as int32; 0 is below the first.

    >>> digitize([0.5, 1.5], [0.0, 1.0, 2.0])
    tensor([1, 2], dtype=torch.int32)
    """
    x = as_tensor(x)
    return torch.bucketize(x, as_tensor(bins, like=x), right=True, out_int32=True)


@one_node
def histogram(x, bins=10, range=None):
    """(counts, edges): how many values lie in each of `bins` equal intervals.

    Args:
        range: (lowest, highest); None means those of the data. Values outside are not counted.

    >>> histogram([1.0, 2.0, 1.0], 2)[0]
    tensor([2., 1.])
    """
    x = as_tensor(x).reshape(-1).float()
    low, high = (float(x.min()), float(x.max())) if range is None else range
    high = low + 1.0 if high == low else high
    return torch.histc(x, bins, low, high), torch.linspace(low, high, bins + 1, device=x.device)


def unravel_index(indices, shape):
    """Positions in the flattened tensor as positions along each axis of `shape`: a tuple of int32 tensors.

    >>> unravel_index([3], (2, 2))
    (tensor([1], dtype=torch.int32), tensor([1], dtype=torch.int32))
    """
    return tuple(places.int() for places in torch.unravel_index(as_tensor(indices).long(), tuple(shape)))


def view(x, dtype=None):
    """The same bytes, read as another number type.

    >>> view(torch.ones(1), "int32")
    tensor([1065353216], dtype=torch.int32)
    """
    return as_tensor(x).view(torch_dtype(dtype))


@one_node
def depth_to_space(x, block_size, data_format="channels_last"):
    """Channels moved into blocks of `block_size`**2 cells.

    Shape:
        (batch, height, width, channels) -> (batch, height * b, width * b, channels / b**2)

    >>> depth_to_space(torch.zeros(1, 1, 1, 4), 2).shape
    torch.Size([1, 2, 2, 1])
    """
    x = as_tensor(x)
    b = block_size
    if data_format == "channels_first":
        return torch.movedim(depth_to_space(torch.movedim(x, 1, -1), b), -1, 1)
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height, width, b, b, channels // b**2).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(batch, height * b, width * b, channels // b**2)


@one_node
def space_to_depth(x, block_size, data_format="channels_last"):
    """Blocks of `block_size`**2 cells moved into channels; undoes `depth_to_space`.

    >>> space_to_depth(torch.zeros(1, 2, 2, 1), 2).shape
    torch.Size([1, 1, 1, 4])
    """
    x = as_tensor(x)
    b = block_size
    if data_format == "channels_first":
        return torch.movedim(space_to_depth(torch.movedim(x, 1, -1), b), -1, 1)
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height // b, b, width // b, b, channels).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(batch, height // b, width // b, channels * b**2)
