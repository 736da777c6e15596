"""Layers that add zeros around the spatial axes, or cut cells away."""

from keras_torch.layers.spatial import MarginsTerm, Spatial, margins_of
from keras_torch.ops.windows import crop, zero_pad

_ENDS = {1: ("left_pad", "right_pad"), 2: ("top_pad", "bottom_pad", "left_pad", "right_pad")}


class PaddingMargins(MarginsTerm):
    """Cells at both ends; also Keras 1's dictionary of ends, and its four numbers for images."""

    def apply(self, instance, owner, argument, value):
        """The pairs."""
        ends = _ENDS.get(instance.rank, ())
        if isinstance(value, dict) and value and set(value) <= set(ends):
            value = [value.get(end, 0) for end in ends]
        if instance.rank == 2 and isinstance(value, (list, tuple)) and len(value) == 4:
            value = (tuple(value[:2]), tuple(value[2:]))
        return super().apply(instance, owner, argument, value)


class ZeroPadding(Spatial):
    """Zeros around the spatial axes. Use ZeroPadding1D, ZeroPadding2D or ZeroPadding3D.

    Args:
        padding: cells to add: one integer for all ends, one integer per axis (for one axis: per end), or a
            pair (before, after) per axis. Of Keras 1: four numbers for images (top, bottom, left, right), or
            a dictionary of such ends ('top_pad', ...).

    Shape:
        (batch, spatial..., channels) -> (batch, longer_spatial..., channels), or channels on axis 1 with
        data_format='channels_first'.

    >>> import torch
    >>> ZeroPadding2D(((1, 0), (2, 3)))(torch.zeros(1, 4, 4, 3)).shape
    torch.Size([1, 5, 9, 3])
    """

    vocabulary = {"padding": PaddingMargins(optional=False)}

    def __init__(self, padding=1, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.margins = margins_of(self.padding, self.rank)

    def build(self, input_shape):
        self.spatial_sizes(input_shape)

    def call(self, inputs):
        return zero_pad(inputs, self.margins, self.data_format)


class ZeroPadding1D(ZeroPadding):
    """Zeros before and after the steps: (batch, steps, channels) -> (batch, padded_steps, channels).

    Source: Keras ZeroPadding1D.

    >>> import torch
    >>> ZeroPadding1D((1, 2))(torch.zeros(1, 4, 3)).shape
    torch.Size([1, 7, 3])
    """

    rank = 1


class ZeroPadding2D(ZeroPadding):
    """Zeros around images: (batch, height, width, channels) -> larger height and width.

    Source: Keras ZeroPadding2D.

    >>> import torch
    >>> ZeroPadding2D((1, 2))(torch.zeros(1, 4, 4, 3)).shape
    torch.Size([1, 6, 8, 3])
    """

    rank = 2


class ZeroPadding3D(ZeroPadding):
    """Zeros around volumes: (batch, depth, height, width, channels) -> larger depth, height and width.

    Source: Keras ZeroPadding3D.

    >>> import torch
    >>> ZeroPadding3D(1)(torch.zeros(1, 2, 3, 4, 5)).shape
    torch.Size([1, 4, 5, 6, 5])
    """

    rank = 3


class Cropping(Spatial):
    """Cuts cells away at the ends of the spatial axes. Use Cropping1D, Cropping2D or Cropping3D.

    Args:
        cropping: cells to cut: one integer for all ends, one integer per axis (for one axis: per end), or a
            pair (before, after) per axis.

    Shape:
        (batch, spatial..., channels) -> (batch, shorter_spatial..., channels), or channels on axis 1 with
        data_format='channels_first'.

    Errors:
        ValueError: nothing would be left of an axis of known size.

    >>> import torch
    >>> Cropping2D(((1, 0), (2, 1)))(torch.zeros(1, 4, 4, 3)).shape
    torch.Size([1, 3, 1, 3])
    """

    vocabulary = {"cropping": MarginsTerm(optional=False)}

    def build(self, input_shape):
        sizes = self.spatial_sizes(input_shape)
        self.margins = margins_of(self.cropping, self.rank)
        if any(size is not None and size <= sum(margin) for size, margin in zip(sizes, self.margins)):
            raise ValueError(f"{self.label}: `cropping` {self.cropping} leaves nothing of the spatial sizes "
                             f"{sizes}. Cut fewer cells.")

    def call(self, inputs):
        return crop(inputs, self.margins, self.data_format)


class Cropping1D(Cropping):
    """Cuts the first and last steps: (batch, steps, channels) -> (batch, fewer_steps, channels).

    Source: Keras Cropping1D.

    >>> import torch
    >>> Cropping1D((1, 2))(torch.zeros(1, 4, 3)).shape
    torch.Size([1, 1, 3])
    """

    rank = 1

    def __init__(self, cropping=(1, 1), **kwargs):
        super().__init__(**kwargs)


class Cropping2D(Cropping):
    """Cuts the borders of images: (batch, height, width, channels) -> smaller height and width.

    Source: Keras Cropping2D.

    >>> import torch
    >>> Cropping2D(1)(torch.zeros(1, 4, 4, 3)).shape
    torch.Size([1, 2, 2, 3])
    """

    rank = 2

    def __init__(self, cropping=((0, 0), (0, 0)), data_format=None, **kwargs):
        super().__init__(**kwargs)


class Cropping3D(Cropping):
    """Cuts the borders of volumes: (batch, depth, height, width, channels) -> smaller ones.

    Source: Keras Cropping3D.

    >>> import torch
    >>> Cropping3D(1)(torch.zeros(1, 3, 4, 5, 2)).shape
    torch.Size([1, 1, 2, 3, 2])
    """

    rank = 3

    def __init__(self, cropping=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs):
        super().__init__(**kwargs)
