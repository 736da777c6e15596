"""What convolution, pooling, padding and upsampling share: the spatial axes and checks of input shapes."""

from keras_torch import activations
from keras_torch.base.checks import Term, fail, is_integer
from keras_torch.layers.layer import Layer
from keras_torch.ops.windows import spatial_axes


class Spatial(Layer):
    """Base of layers that work on `rank` axes between batch and channels.

    Notes:
        `rank` (class attribute) is 1, 2 or 3.
        Layers without a `data_format` argument are channels_last.

    >>> Spatial.rank is None
    True
    """

    rank = None
    data_format = "channels_last"
    vocabulary = {"activation": Term(None, activations.get, optional=False)}  # None is `linear`

    @property
    def channel_axis(self):
        """Position of the channels: -1 or 1."""
        return -1 if self.data_format == "channels_last" else 1

    def spatial_sizes(self, input_shape):
        """Sizes of the spatial axes, None where unknown.

        Errors:
            ValueError: `input_shape` has another number of axes.
        """
        if len(input_shape) != self.rank + 2:
            order = "(batch, ..., channels)" if self.channel_axis == -1 else "(batch, channels, ...)"
            raise ValueError(f"{self.label} takes {self.rank + 2} axes, {order}; got shape "
                             f"{tuple(input_shape)}. Reshape the input, or use the layer of another rank.")
        return tuple(input_shape[axis] for axis in spatial_axes(self.rank, self.data_format))

    def check_window(self, window, input_shape, argument):
        """Raises when the window, set by `argument`, is larger than an axis of known size."""
        sizes = self.spatial_sizes(input_shape)
        if any(size is not None and size < 1 for size in window.output_sizes(sizes)):
            raise ValueError(f"{self.label}: a window of {window.extent[-self.rank:]} cells does not fit "
                             f"into the spatial sizes {sizes} of shape {tuple(input_shape)}. Use "
                             f"padding='same' or a smaller `{argument}`.")


class PaddingTerm(Term):
    """The argument `padding` of windows: one of the given names, in capitals or not."""

    def apply(self, instance, owner, argument, value):
        name = value.lower() if isinstance(value, str) else value
        return super().apply(instance, owner, argument, name)


def _margin(value):
    """(before, after), or None when `value` says something else."""
    if is_integer(value) and value >= 0:
        return int(value), int(value)
    if isinstance(value, (tuple, list)) and len(value) == 2 and all(is_integer(n) and n >= 0 for n in value):
        return tuple(int(n) for n in value)
    return None


class MarginsTerm(Term):
    """Cells at both ends of each spatial axis: 1, (1, 2) or ((1, 2), (3, 4)), stored as pairs for each axis.

    Notes:
        With one spatial axis (1, 2) means 1 before and 2 after, and is stored as such; with two it means 1 at
        both ends of the first axis and 2 at both ends of the second.
    """

    def apply(self, instance, owner, argument, value):
        rank = instance.rank
        if rank == 1:
            found = _margin(value)
        elif is_integer(value):
            found = (_margin(value),) * rank
        else:
            fits = isinstance(value, (tuple, list)) and len(value) == rank
            found = tuple(map(_margin, value)) if fits else None
        if found is None or None in found:
            pairs = "a pair (before, after)" if rank == 1 else f"{rank} integers or pairs (before, after)"
            fail(owner, argument, value, f"an integer of at least 0, or {pairs}")
        return found


def margins_of(value, rank):
    """Pairs for each axis, from what `MarginsTerm` stores.

    >>> margins_of((1, 2), 1), margins_of(((1, 2), (0, 0)), 2)
    (((1, 2),), ((1, 2), (0, 0)))
    """
    return (value,) if rank == 1 else value
