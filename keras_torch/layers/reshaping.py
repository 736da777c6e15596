"""Layers that move values to other places: Flatten, Reshape, Permute, RepeatVector."""

import math

import torch

from keras_torch.base.checks import Term, fail, is_integer
from keras_torch.layers.layer import Layer


class Flatten(Layer):
    """All axes but the batch in one.

    Args:
        data_format: with 'channels_first', channels are moved to the end first, so that the order of the
            values is that of channels_last data.

    Shape:
        (batch, a, b, ...) -> (batch, a * b * ...); (batch,) -> (batch, 1)

    Source: Keras Flatten. In torch: nn.Flatten.

    >>> Flatten()(torch.zeros(2, 3, 4)).shape
    torch.Size([2, 12])
    """

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        if inputs.dim() == 1:
            return torch.unsqueeze(inputs, 1)
        if self.data_format == "channels_first" and inputs.dim() > 2:
            inputs = torch.movedim(inputs, 1, -1)
        return torch.flatten(inputs, 1)


def _target(owner, argument, value):
    sizes = [value] if is_integer(value) else value
    if not isinstance(sizes, (list, tuple)) or not all(is_integer(size) and size >= -1 for size in sizes):
        fail(owner, argument, value, "a tuple of sizes of at least 0 (one of them may be -1)")
    if list(sizes).count(-1) > 1:
        fail(owner, argument, value, "a tuple with at most one -1")


class Reshape(Layer):
    """The values of each sample in another shape.

    Args:
        target_shape: sizes without the batch; one may be -1, which takes what is left.

    Shape:
        (batch, ...) -> (batch, *target_shape)

    Errors:
        ValueError: another number of values.

    Source: Keras Reshape.

    >>> Reshape((-1, 2))(torch.zeros(3, 8)).shape
    torch.Size([3, 4, 2])
    """

    vocabulary = {"target_shape": Term(
        _target, lambda value: (int(value),) if is_integer(value) else tuple(int(size) for size in value),
        optional=False)}

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        if None not in input_shape[1:]:
            self._check(input_shape)

    def call(self, inputs):
        if inputs.dim() == 1 or not self.target_shape:
            return torch.reshape(inputs, (inputs.shape[0], *self.target_shape))
        # Of an empty batch, reshape could not tell what -1 is.
        return torch.unflatten(torch.flatten(inputs, 1), 1, self.target_shape)

    def _check(self, input_shape):
        present = math.prod(input_shape[1:])
        wanted = math.prod(size for size in self.target_shape if size != -1)
        fits = wanted > 0 and present % wanted == 0 if -1 in self.target_shape else present == wanted
        if not fits:
            raise ValueError(f"{self.label}: {present} values per sample (shape {tuple(input_shape)}) do not "
                             f"fit `target_shape` {self.target_shape}. Use -1 for one size, or correct them.")

    def _explain(self, args, error):
        """Says which shapes did not go together."""
        self._check(args[0].shape)


def _order(owner, argument, value):
    if not isinstance(value, (list, tuple)) or sorted(value) != list(range(1, len(value) + 1)):
        fail(owner, argument, value, "the numbers 1 to n in some order, for n axes besides the batch")


class Permute(Layer):
    """The axes in another order.

    Args:
        dims: order of the axes, counted from 1 (the batch is 0 and stays): (2, 1) exchanges the two axes of a
            (batch, a, b) input.

    Errors:
        ValueError: the input has another number of axes.

    Source: Keras Permute.

    >>> Permute((2, 1))(torch.zeros(1, 3, 4)).shape
    torch.Size([1, 4, 3])
    """

    vocabulary = {"dims": Term(_order, tuple, optional=False)}

    def __init__(self, dims, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        if len(input_shape) != len(self.dims) + 1:
            raise ValueError(f"{self.label}: `dims` {self.dims} orders {len(self.dims)} axes besides the "
                             f"batch; got shape {tuple(input_shape)}. Name each axis of the input once.")

    def call(self, inputs):
        return torch.permute(inputs, (0, *self.dims))


class RepeatVector(Layer):
    """Each sample repeated `n` times, as steps.

    Shape:
        (batch, features) -> (batch, n, features)

    Errors:
        ValueError: the input has not two axes.

    Source: Keras RepeatVector.

    >>> RepeatVector(3)(torch.zeros(2, 4)).shape
    torch.Size([2, 3, 4])
    """

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        if len(input_shape) != 2:
            raise ValueError(f"{self.label} takes (batch, features); got shape {tuple(input_shape)}. "
                             "Flatten the input first.")

    def call(self, inputs):
        return torch.unsqueeze(inputs, 1).repeat(1, self.n, 1)
