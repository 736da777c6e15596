"""Layers that make spatial axes longer by whole factors."""

from keras_torch.base.checks import Term, one_of
from keras_torch.layers.spatial import Spatial
from keras_torch.ops.windows import per_axis, upsample


class FactorsTerm(Term):
    """The argument `size`: a positive integer, or one per spatial axis; UpSampling1D keeps its integer."""

    def apply(self, instance, owner, argument, value):
        factors = per_axis(value, instance.rank, owner, argument)
        return factors[0] if instance.rank == 1 else factors


class UpSampling(Spatial):
    """Makes the spatial axes longer. Use UpSampling1D, UpSampling2D or UpSampling3D.

    Args:
        size: factor for each spatial axis; integer or one per axis.

    Shape:
        (batch, spatial..., channels) -> (batch, size * spatial..., channels), or channels on axis 1 with
        data_format='channels_first'.

    >>> import torch
    >>> UpSampling2D((2, 3))(torch.zeros(1, 4, 4, 3)).shape
    torch.Size([1, 8, 12, 3])
    """

    interpolation = "nearest"
    vocabulary = {"size": FactorsTerm(optional=False)}

    def build(self, input_shape):
        self.spatial_sizes(input_shape)
        self.factors = (self.size,) if self.rank == 1 else self.size

    def call(self, inputs):
        return upsample(inputs, self.factors, self.data_format, self.interpolation)


class UpSampling1D(UpSampling):
    """Repeats each step `size` times: (batch, steps, channels) -> (batch, size * steps, channels).

    Source: Keras UpSampling1D.

    >>> import torch
    >>> UpSampling1D(2)(torch.tensor([[[1.0], [2.0]]])).flatten()
    tensor([1., 1., 2., 2.])
    """

    rank = 1

    def __init__(self, size=2, **kwargs):
        super().__init__(**kwargs)


class UpSampling2D(UpSampling):
    """Makes images larger: (batch, height, width, channels) -> `size` times the height and width.

    Args:
        interpolation: 'nearest' repeats cells; 'bilinear', 'bicubic', 'lanczos3' and 'lanczos5' blend them.

    Source: Keras UpSampling2D.

    >>> import torch
    >>> UpSampling2D(2, interpolation="bilinear")(torch.ones(1, 2, 2, 3)).shape
    torch.Size([1, 4, 4, 3])
    """

    rank = 2
    vocabulary = {"interpolation": Term(one_of("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"))}

    def __init__(self, size=(2, 2), data_format=None, interpolation="nearest", **kwargs):
        super().__init__(**kwargs)


class UpSampling3D(UpSampling):
    """Repeats the cells of volumes: (batch, depth, height, width, channels) -> size times longer axes.

    Source: Keras UpSampling3D.

    >>> import torch
    >>> UpSampling3D((2, 1, 3))(torch.zeros(1, 2, 3, 4, 5)).shape
    torch.Size([1, 4, 3, 12, 5])
    """

    rank = 3

    def __init__(self, size=(2, 2, 2), data_format=None, **kwargs):
        super().__init__(**kwargs)
