"""Pooling layers: the largest value or the mean, under a moving window or over all cells."""

from keras_torch.base.checks import Term, fail, is_integer, one_of
from keras_torch.layers.spatial import PaddingTerm, Spatial
from keras_torch.ops import windows


class Pooling(Spatial):
    """Base of pooling under a moving window; a subclass names the `pool` of `ops.windows`.

    Args:
        pool_size: cells under the window along each spatial axis; integer or one per axis.
        strides: step of the window; None means `pool_size`.
        padding: 'valid' takes only windows that lie inside; 'same' gives ceil(size / stride) cells. Padding
            never counts: not as a maximum, not in a mean.

    Shape:
        (batch, spatial..., channels) -> (batch, new_spatial..., channels), or channels on axis 1 with
        data_format='channels_first'.

    Errors:
        ValueError: another number of axes, a window that does not fit into the input.

    >>> import torch
    >>> MaxPooling2D(2)(torch.zeros(1, 5, 5, 3)).shape
    torch.Size([1, 2, 2, 3])
    """

    pool = None
    vocabulary = {"padding": PaddingTerm(one_of("valid", "same"))}

    def __init__(self, pool_size=2, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        if self.strides is None:
            self.strides = self.pool_size
        self.window = windows.Window(self.pool_size, self.strides, self.padding, self.data_format)

    def build(self, input_shape):
        self.check_window(self.window, input_shape, "pool_size")

    def call(self, inputs):
        return self.pool(inputs, self.window)


class MaxPooling(Pooling):
    """The largest value under a moving window. Use MaxPooling1D, MaxPooling2D or MaxPooling3D."""

    pool = staticmethod(windows.pool_max)


class AveragePooling(Pooling):
    """The mean under a moving window. Use AveragePooling1D, AveragePooling2D or AveragePooling3D."""

    pool = staticmethod(windows.pool_average)


class MaxPooling1D(MaxPooling):
    """The largest value under a window along the steps: (batch, steps, channels) -> fewer steps.

    Source: Keras MaxPooling1D.

    >>> import torch
    >>> MaxPooling1D(2)(torch.arange(4.0).reshape(1, 4, 1)).flatten()
    tensor([1., 3.])
    """

    rank = 1


class MaxPooling2D(MaxPooling):
    """The largest value under a window over images: (batch, height, width, channels) -> smaller ones.

    Source: Keras MaxPooling2D.

    >>> import torch
    >>> MaxPooling2D(2)(torch.zeros(1, 5, 4, 3)).shape
    torch.Size([1, 2, 2, 3])
    """

    rank = 2


class MaxPooling3D(MaxPooling):
    """The largest value under a window over volumes: (batch, depth, height, width, channels) -> smaller ones.

    Source: Keras MaxPooling3D.

    >>> import torch
    >>> MaxPooling3D(2)(torch.zeros(1, 4, 4, 4, 3)).shape
    torch.Size([1, 2, 2, 2, 3])
    """

    rank = 3


class AveragePooling1D(AveragePooling):
    """The mean under a window along the steps: (batch, steps, channels) -> fewer steps.

    Source: Keras AveragePooling1D.

    >>> import torch
    >>> AveragePooling1D(2)(torch.arange(4.0).reshape(1, 4, 1)).flatten()
    tensor([0.5000, 2.5000])
    """

    rank = 1


class AveragePooling2D(AveragePooling):
    """The mean under a window over images: (batch, height, width, channels) -> smaller ones.

    Source: Keras AveragePooling2D.

    >>> import torch
    >>> AveragePooling2D(2)(torch.zeros(1, 5, 4, 3)).shape
    torch.Size([1, 2, 2, 3])
    """

    rank = 2


class AveragePooling3D(AveragePooling):
    """The mean under a window over volumes: (batch, depth, height, width, channels) -> smaller ones.

    Source: Keras AveragePooling3D.

    >>> import torch
    >>> AveragePooling3D(2)(torch.zeros(1, 4, 4, 4, 3)).shape
    torch.Size([1, 2, 2, 2, 3])
    """

    rank = 3


class GlobalPooling(Spatial):
    """Base of pooling over all spatial cells; a subclass names the `pool` of `ops.windows`.

    Args:
        keepdims: whether the spatial axes stay, with size 1.

    Shape:
        (batch, spatial..., channels) -> (batch, channels), or (batch, 1..., channels) with `keepdims`.

    Errors:
        ValueError: another number of axes.

    >>> import torch
    >>> GlobalMaxPooling2D(keepdims=True)(torch.zeros(1, 5, 5, 3)).shape
    torch.Size([1, 1, 1, 3])
    """

    pool = None

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.spatial_sizes(input_shape)

    def call(self, inputs):
        return self.pool(inputs, self.data_format, self.keepdims)


class GlobalMaxPooling1D(GlobalPooling):
    """The largest value over all steps: (batch, steps, channels) -> (batch, channels).

    Source: Keras GlobalMaxPooling1D.

    >>> import torch
    >>> GlobalMaxPooling1D()(torch.zeros(2, 5, 3)).shape
    torch.Size([2, 3])
    """

    rank = 1
    pool = staticmethod(windows.global_max)


class GlobalMaxPooling2D(GlobalPooling):
    """The largest value over height and width: (batch, height, width, channels) -> (batch, channels).

    Source: Keras GlobalMaxPooling2D.

    >>> import torch
    >>> GlobalMaxPooling2D()(torch.zeros(2, 5, 5, 3)).shape
    torch.Size([2, 3])
    """

    rank = 2
    pool = staticmethod(windows.global_max)


class GlobalMaxPooling3D(GlobalPooling):
    """The largest value over each volume: (batch, depth, height, width, channels) -> (batch, channels).

    Source: Keras GlobalMaxPooling3D.

    >>> import torch
    >>> GlobalMaxPooling3D()(torch.zeros(2, 5, 5, 5, 3)).shape
    torch.Size([2, 3])
    """

    rank = 3
    pool = staticmethod(windows.global_max)


class GlobalAveragePooling1D(GlobalPooling):
    """The mean over all steps, or over those that the mask calls valid.

    Shape:
        (batch, steps, channels) -> (batch, channels), or (batch, 1, channels) with `keepdims`.

    Notes:
        A sequence without a valid step has no mean: its result is nan, as in Keras.

    Source: Keras GlobalAveragePooling1D.

    >>> import torch
    >>> mask = torch.tensor([[True, False]])
    >>> GlobalAveragePooling1D()(torch.tensor([[[1.0], [5.0]]]), mask=mask)
    tensor([[1.]])
    """

    rank = 1
    pool = staticmethod(windows.global_average)
    supports_masking = True

    def call(self, inputs, mask=None):
        if mask is None:
            return self.pool(inputs, self.data_format, self.keepdims)
        steps = 1 if self.data_format == "channels_last" else 2
        valid = mask.bool().unsqueeze(3 - steps)
        total = inputs.where(valid, 0).sum(steps, keepdim=self.keepdims)
        return total / valid.sum(steps, keepdim=self.keepdims)

    def compute_mask(self, inputs, mask=None):
        return None


class GlobalAveragePooling2D(GlobalPooling):
    """The mean over height and width: (batch, height, width, channels) -> (batch, channels).

    Source: Keras GlobalAveragePooling2D.

    >>> import torch
    >>> GlobalAveragePooling2D()(torch.zeros(2, 5, 5, 3)).shape
    torch.Size([2, 3])
    """

    rank = 2
    pool = staticmethod(windows.global_average)


class GlobalAveragePooling3D(GlobalPooling):
    """The mean over each volume: (batch, depth, height, width, channels) -> (batch, channels).

    Source: Keras GlobalAveragePooling3D.

    >>> import torch
    >>> GlobalAveragePooling3D()(torch.zeros(2, 5, 5, 5, 3)).shape
    torch.Size([2, 3])
    """

    rank = 3
    pool = staticmethod(windows.global_average)


class OutputSizeTerm(Term):
    """The argument `output_size`: a positive integer, or one (None keeps the axis) per spatial axis."""

    def apply(self, instance, owner, argument, value):
        rank = instance.rank
        sizes = (value,) * rank if is_integer(value) else value
        if not isinstance(sizes, (tuple, list)) or len(sizes) != rank or \
                not all(size is None or (is_integer(size) and size > 0) for size in sizes):
            fail(owner, argument, value, f"a positive integer or {rank} of them")
        return tuple(None if size is None else int(size) for size in sizes)


class AdaptivePooling(Spatial):
    """Base of pooling to a given size: each spatial axis is cut into nearly equal parts.

    Args:
        output_size: number of parts; integer or one per spatial axis, None keeps an axis as it is.

    Shape:
        (batch, spatial..., channels) -> (batch, output_size..., channels), or channels on axis 1 with
        data_format='channels_first'.

    Errors:
        ValueError: another number of axes.

    >>> import torch
    >>> AdaptiveMaxPooling2D((2, 3))(torch.zeros(1, 7, 8, 3)).shape
    torch.Size([1, 2, 3, 3])
    """

    pool = None
    vocabulary = {"output_size": OutputSizeTerm(optional=False, doc="number of parts per axis.")}

    def __init__(self, output_size, data_format=None, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.spatial_sizes(input_shape)

    def call(self, inputs):
        return self.pool(inputs, self.output_size, self.data_format)


class AdaptiveAveragePooling1D(AdaptivePooling):
    """The mean of each part of the steps.

    Source: Keras AdaptiveAveragePooling1D. In torch: nn.AdaptiveAvgPool1d.

    >>> import torch
    >>> AdaptiveAveragePooling1D(2)(torch.zeros(1, 7, 3)).shape
    torch.Size([1, 2, 3])
    """

    rank = 1
    pool = staticmethod(windows.adapt_average)


class AdaptiveAveragePooling2D(AdaptivePooling):
    """The mean of each part of images.

    Source: Keras AdaptiveAveragePooling2D. In torch: nn.AdaptiveAvgPool2d.

    >>> import torch
    >>> AdaptiveAveragePooling2D(2)(torch.zeros(1, 7, 8, 3)).shape
    torch.Size([1, 2, 2, 3])
    """

    rank = 2
    pool = staticmethod(windows.adapt_average)


class AdaptiveAveragePooling3D(AdaptivePooling):
    """The mean of each part of volumes.

    Source: Keras AdaptiveAveragePooling3D. In torch: nn.AdaptiveAvgPool3d.

    >>> import torch
    >>> AdaptiveAveragePooling3D(2)(torch.zeros(1, 7, 8, 9, 3)).shape
    torch.Size([1, 2, 2, 2, 3])
    """

    rank = 3
    pool = staticmethod(windows.adapt_average)


class AdaptiveMaxPooling1D(AdaptivePooling):
    """The largest value of each part of the steps.

    Source: Keras AdaptiveMaxPooling1D. In torch: nn.AdaptiveMaxPool1d.

    >>> import torch
    >>> AdaptiveMaxPooling1D(2)(torch.zeros(1, 7, 3)).shape
    torch.Size([1, 2, 3])
    """

    rank = 1
    pool = staticmethod(windows.adapt_max)


class AdaptiveMaxPooling2D(AdaptivePooling):
    """The largest value of each part of images.

    Source: Keras AdaptiveMaxPooling2D. In torch: nn.AdaptiveMaxPool2d.

    >>> import torch
    >>> AdaptiveMaxPooling2D(2)(torch.zeros(1, 7, 8, 3)).shape
    torch.Size([1, 2, 2, 3])
    """

    rank = 2
    pool = staticmethod(windows.adapt_max)


class AdaptiveMaxPooling3D(AdaptivePooling):
    """The largest value of each part of volumes.

    Source: Keras AdaptiveMaxPooling3D. In torch: nn.AdaptiveMaxPool3d.

    >>> import torch
    >>> AdaptiveMaxPooling3D(2)(torch.zeros(1, 7, 8, 9, 3)).shape
    torch.Size([1, 2, 2, 2, 3])
    """

    rank = 3
    pool = staticmethod(windows.adapt_max)
