"""Axes and places: reshaping, joining, repeating, padding and picking."""

import torch

from keras_torch import ops
from keras_torch.backend.older import older_names, standardize_data_format
from keras_torch.ops.core import as_tensor, one_node
from keras_torch.ops.windows import upsample, zero_pad


def reshape(x, shape):
    """The values in another shape; one size may be -1 (or None).

    Args:
        shape: sizes; a tensor of sizes will do.

    >>> reshape(torch.ones(2, 3), (3, -1)).shape
    torch.Size([3, 2])
    """
    return ops.reshape(x, shape.tolist() if isinstance(shape, torch.Tensor) else shape)


@older_names("dims")
def permute_dimensions(x, pattern):
    """The axes in the order `pattern`.

    >>> permute_dimensions(torch.ones(2, 3), (1, 0)).shape
    torch.Size([3, 2])
    """
    return ops.transpose(x, pattern)


def transpose(x):
    """The axes in reverse order.

    >>> transpose(torch.ones(2, 3)).shape
    torch.Size([3, 2])
    """
    return ops.transpose(x)


@older_names(dim="axis")
def expand_dims(x, axis=-1):
    """A new axis of size 1.

    >>> expand_dims(torch.ones(2)).shape
    torch.Size([2, 1])
    """
    return ops.expand_dims(x, axis)


def squeeze(x, axis):
    """Without the axis, whose size must be 1.

    >>> squeeze(torch.ones(2, 1), -1).shape
    torch.Size([2])
    """
    return ops.squeeze(x, axis)


def flatten(x):
    """All values in one axis.

    >>> flatten(torch.ones(2, 3)).shape
    torch.Size([6])
    """
    return torch.reshape(as_tensor(x), (-1,))


def batch_flatten(x):
    """All axes but the first in one.

    >>> batch_flatten(torch.ones(2, 3, 4)).shape
    torch.Size([2, 12])
    """
    x = as_tensor(x)
    return torch.flatten(x, 1) if x.dim() > 1 else torch.unsqueeze(x, -1)


def concatenate(tensors, axis=-1):
    """Tensors one after the other along `axis`.

    >>> concatenate([torch.ones(2, 1), torch.zeros(2, 2)]).shape
    torch.Size([2, 3])
    """
    return ops.concatenate(tensors, axis)


def stack(x, axis=0):
    """Tensors of one shape along a new axis.

    >>> stack([torch.ones(2), torch.zeros(2)]).shape
    torch.Size([2, 2])
    """
    return ops.stack(x, axis)


def tile(x, n):
    """The whole tensor repeated, `n` times along each axis.

    >>> tile(torch.ones(2), 2).shape
    torch.Size([4])
    """
    return ops.tile(x, n)


def repeat(x, n):
    """A matrix (batch, features) repeated along a new axis 1.

    >>> repeat(torch.ones(2, 3), 4).shape
    torch.Size([2, 4, 3])
    """
    return torch.unsqueeze(as_tensor(x), 1).repeat(1, n, 1)


def repeat_elements(x, rep, axis):
    """Each slice along `axis` repeated `rep` times.

    >>> repeat_elements(torch.tensor([1, 2]), 2, 0)
    tensor([1, 1, 2, 2])
    """
    return torch.repeat_interleave(as_tensor(x), rep, axis)


def reverse(x, axes):
    """The order turned round along the axes.

    >>> reverse(torch.tensor([1, 2]), 0)
    tensor([2, 1])
    """
    return ops.flip(x, axes)


def slice(x, start, size):
    """The block that begins at `start` and has the sizes `size`; -1 means up to the end.

    >>> slice(torch.arange(4), [1], [2])
    tensor([1, 2])
    """
    return ops.slice(x, start, size)


def gather(reference, indices):
    """The slices at `indices` along axis 0.

    >>> gather(torch.tensor([5, 6, 7]), [2, 0])
    tensor([7, 5])
    """
    return ops.take(reference, indices, axis=0)


@older_names("nb_classes")
def one_hot(indices, num_classes):
    """1 at the class number along a new last axis, 0 elsewhere.

    >>> one_hot([0, 2], 3)
    tensor([[1., 0., 0.],
            [0., 0., 1.]])
    """
    return ops.one_hot(indices, num_classes)


def _pairs(padding):
    """(before, after) per axis from Keras 2's pairs or Keras 1's single numbers."""
    return tuple((cells, cells) if isinstance(cells, int) else tuple(cells) for cells in padding)


def temporal_padding(x, padding=(1, 1)):
    """Zeros before and after the steps of (batch, steps, features); one number counts for both ends.

    >>> temporal_padding(torch.ones(1, 2, 3)).shape
    torch.Size([1, 4, 3])
    """
    return zero_pad(as_tensor(x), _pairs([padding]), "channels_last")


def asymmetric_temporal_padding(x, left_pad=1, right_pad=1):
    """Zeros before and after the steps of (batch, steps, features). Keras 1's name of `temporal_padding`.

    >>> asymmetric_temporal_padding(torch.ones(1, 2, 3), 2, 0).shape
    torch.Size([1, 4, 3])
    """
    return temporal_padding(x, (left_pad, right_pad))


@older_names("dim_ordering")
def spatial_2d_padding(x, padding=((1, 1), (1, 1)), data_format=None):
    """Zeros around images.

    Args:
        padding: pairs (before, after) for height and width, or a number for each.
        data_format: 'channels_last' or 'channels_first'; None means the global setting.

    >>> spatial_2d_padding(torch.ones(1, 2, 2, 3)).shape
    torch.Size([1, 4, 4, 3])
    """
    return zero_pad(as_tensor(x), _pairs(padding), standardize_data_format(data_format))


@older_names("dim_ordering")
def asymmetric_spatial_2d_padding(x, top_pad=1, bottom_pad=1, left_pad=1, right_pad=1, data_format=None):
    """Zeros around images. Keras 1's name of `spatial_2d_padding`.

    >>> asymmetric_spatial_2d_padding(torch.ones(1, 2, 2, 3), 0, 1, 0, 2).shape
    torch.Size([1, 3, 4, 3])
    """
    return spatial_2d_padding(x, ((top_pad, bottom_pad), (left_pad, right_pad)), data_format)


@older_names("dim_ordering")
def spatial_3d_padding(x, padding=((1, 1), (1, 1), (1, 1)), data_format=None):
    """Zeros around volumes; see `spatial_2d_padding`.

    >>> spatial_3d_padding(torch.ones(1, 2, 2, 2, 3)).shape
    torch.Size([1, 4, 4, 4, 3])
    """
    return zero_pad(as_tensor(x), _pairs(padding), standardize_data_format(data_format))


@older_names("X", "dim_ordering")
def resize_images(x, height_factor, width_factor, data_format=None, interpolation="nearest"):
    """Images larger by whole factors.

    Args:
        data_format: 'channels_last' or 'channels_first'; None means the global setting.
        interpolation: 'nearest', 'bilinear', 'bicubic', 'lanczos3' or 'lanczos5'.

    >>> resize_images(torch.ones(1, 2, 2, 3), 2, 3, "channels_last").shape
    torch.Size([1, 4, 6, 3])
    """
    return _resize(x, (height_factor, width_factor), standardize_data_format(data_format), interpolation)


@older_names("X", "dim_ordering")
def resize_volumes(x, depth_factor, height_factor, width_factor, data_format=None):
    """Volumes larger by whole factors: each cell is repeated.

    >>> resize_volumes(torch.ones(1, 2, 2, 2, 3), 1, 2, 3, "channels_last").shape
    torch.Size([1, 2, 4, 6, 3])
    """
    factors = (depth_factor, height_factor, width_factor)
    return _resize(x, factors, standardize_data_format(data_format), "nearest")


@one_node
def _resize(x, factors, data_format, interpolation):
    return upsample(as_tensor(x), factors, data_format, interpolation)
