"""`dot` and `batch_dot`, with Keras's rules for tensors of several axes."""

import math

import torch

from keras_torch.base.checks import fail, is_integer
from keras_torch.ops.core import as_tensor, one_node


def dot(x, y):
    """The product over the last axis of `x` and the last but one of `y` (its only one, if it has one).

    Returns:
        Tensor: the other axes of `x`, then the other axes of `y`.

    Source: Keras 2 `backend.dot`, which follows Theano's.

    >>> dot(torch.ones(2, 3), torch.ones(4, 3, 5)).shape
    torch.Size([2, 4, 5])
    """
    x = as_tensor(x)
    y = as_tensor(y, like=x)
    if x.dim() == 0 or y.dim() == 0:
        return x * y
    if y.dim() <= 2:
        return torch.matmul(x, y)
    return torch.tensordot(x, y, dims=([x.dim() - 1], [y.dim() - 2]))


@one_node
def batch_dot(x, y, axes=None):
    """The product over one axis of each, sample by sample.

    Args:
        x, y: tensors with the batch on axis 0; at least 2 axes each.
        axes: the axis of both, or one for each; None means the last of `x` and the last but one of `y`
            (its last, if it has two).

    Returns:
        Tensor: batch, the other axes of `x`, the other axes of `y`; at least two axes.

    Errors:
        ValueError: too few axes, axis 0, or sizes that differ.

    Source: Keras 2 `backend.batch_dot`.

    >>> batch_dot(torch.ones(4, 2, 3), torch.ones(4, 3, 5)).shape
    torch.Size([4, 2, 5])
    >>> batch_dot(torch.ones(4, 3), torch.ones(4, 3), axes=1).shape
    torch.Size([4, 1])
    """
    x = as_tensor(x)
    y = as_tensor(y, like=x)
    first, second = _contracted(x, y, axes)
    rows, columns = _others(x, first), _others(y, second)
    product = torch.matmul(x.movedim(first, -1).reshape(x.shape[0], math.prod(rows), x.shape[first]),
                           y.movedim(second, 1).reshape(y.shape[0], y.shape[second], math.prod(columns)))
    return product.reshape(x.shape[0], *(rows + columns or (1,)))


def _others(tensor, axis):
    """Sizes without the batch and the contracted axis."""
    return tuple(size for position, size in enumerate(tensor.shape) if position not in (0, axis))


def _contracted(x, y, axes):
    """The two axes, counted from the front."""
    if x.dim() < 2 or y.dim() < 2:
        raise ValueError(f"K.batch_dot() needs tensors with a batch axis and one more; got shapes "
                         f"{tuple(x.shape)} and {tuple(y.shape)}. Use K.expand_dims() or K.dot().")
    if axes is None:
        axes = (x.dim() - 1, 1 if y.dim() == 2 else y.dim() - 2)
    pair = (axes, axes) if is_integer(axes) else tuple(axes)
    if len(pair) != 2 or not all(is_integer(axis) for axis in pair):
        fail("K.batch_dot()", "axes", axes, "an integer or two of them")
    first, second = pair[0] % x.dim(), pair[1] % y.dim()
    if not first or not second:
        fail("K.batch_dot()", "axes", axes, "axes other than 0, the batch")
    if x.shape[first] != y.shape[second]:
        raise ValueError(f"K.batch_dot(): axis {first} of shape {tuple(x.shape)} and axis {second} of shape "
                         f"{tuple(y.shape)} must have one size. Choose other `axes`.")
    return first, second
