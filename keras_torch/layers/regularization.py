"""Layers that disturb or penalize activations in training and do nothing otherwise."""

import math

import torch
from torch.nn import functional

from keras_torch.base.checks import Term, fail, fraction_below_one, is_integer, nonnegative_number
from keras_torch.layers.layer import Layer
from keras_torch.regularizers import L1L2


class Noise(Layer):
    """Base of the random ones: write `disturbed(self, inputs)`.

    Notes:
        Without `seed`, torch's default generator is used: `utils.set_random_seed` makes a run repeatable.
        With one, the layer has a generator of its own, which starts anew in a copy of the layer.

    >>> Noise.supports_masking
    True
    """

    supports_masking = True
    strength = "rate"  # the argument that is 0 when there is nothing to do

    def call(self, inputs, training=False):
        return self.disturbed(inputs) if training and getattr(self, self.strength) > 0 else inputs

    def disturbed(self, inputs):
        """The inputs with noise."""
        raise NotImplementedError(f"{type(self).__name__} has no disturbed(self, inputs). Write one.")

    def generator_for(self, inputs):
        """This layer's own generator on the device of `inputs`, or None for torch's default one."""
        if self.seed is None or inputs.device.type == "meta":
            return None
        own = self.__dict__.get("_generator")
        if own is None or own.device != inputs.device:
            own = self.__dict__["_generator"] = torch.Generator(inputs.device).manual_seed(self.seed)
        return own

    def normal_like(self, inputs):
        """Standard normal numbers in the shape of `inputs`."""
        return torch.empty_like(inputs).normal_(generator=self.generator_for(inputs))

    def kept(self, inputs, shape=None):
        """Which places of `shape` (None: that of the inputs) are kept: True with probability 1 - rate."""
        numbers = torch.empty(inputs.shape if shape is None else shape, device=inputs.device)
        return numbers.uniform_(generator=self.generator_for(inputs)) >= self.rate

    def dropped(self, inputs, shape=None):
        """The inputs with a fraction `rate` of the places of `shape` set to 0, the others scaled up."""
        if shape is None and self.seed is None:
            return functional.dropout(inputs, self.rate)
        if self.rate == 1:
            return torch.zeros_like(inputs)
        return inputs * self.kept(inputs, shape) / (1 - self.rate)

    def __getstate__(self):
        return {name: value for name, value in super().__getstate__().items() if name != "_generator"}


def _noise_shape(owner, argument, value):
    if isinstance(value, str) or not all(size is None or is_integer(size) and size > 0 for size in value):
        fail(owner, argument, value, "a tuple of positive integers (None for the input's own size)")


class Dropout(Noise):
    """Sets a random fraction of the values to 0, the others times `1 / (1 - rate)`, in training only.

    Args:
        rate: fraction of values dropped, 0 to 1.
        noise_shape: sizes of the random pattern; it is repeated along axes of size 1. None, for the whole or
            for one axis, means the input's own size.

    Shape:
        any -> the same

    Source: Srivastava et al., 2014; Keras Dropout.

    >>> Dropout(0.5)(torch.ones(2, 2))
    tensor([[1., 1.],
            [1., 1.]])
    """

    vocabulary = {"noise_shape": Term(_noise_shape, tuple)}

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)

    def disturbed(self, inputs):
        """The inputs with a fraction of them set to 0."""
        return self.dropped(inputs, _pattern_shape(self, inputs))


def _pattern_shape(layer, inputs):
    """Sizes of the random pattern; None means those of the inputs.

    Errors:
        ValueError: `noise_shape` has another number of axes, or a size that is neither 1 nor the input's.
    """
    if layer.noise_shape is None:
        return None
    sizes = tuple(inputs.shape)
    if len(layer.noise_shape) == len(sizes):
        shape = tuple(own if size is None else size for size, own in zip(layer.noise_shape, sizes))
        if all(size in (1, own) for size, own in zip(shape, sizes)):
            return shape
    raise ValueError(f"{layer.label}: `noise_shape` {layer.noise_shape} does not fit inputs of shape "
                     f"{sizes}. Give each axis 1, None or the input's size.")


class SpatialDropout(Noise):
    """Drops whole channels, the same at all places. Use SpatialDropout1D, SpatialDropout2D or 3D.

    Shape:
        (batch, spatial..., channels) -> the same, or channels on axis 1 with data_format='channels_first'

    Errors:
        ValueError: another number of axes.

    Source: Tompson et al., 2014; Keras SpatialDropout2D.

    >>> SpatialDropout2D(0.5)(torch.ones(1, 2, 2, 3), training=True).std((1, 2)).max()
    tensor(0.)
    """

    rank = None
    data_format = "channels_last"

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        if len(input_shape) != self.rank + 2:
            raise ValueError(f"{self.label} takes {self.rank + 2} axes; got shape {tuple(input_shape)}. "
                             "Use the layer of another rank, or Dropout.")

    def disturbed(self, inputs):
        """The inputs with a fraction of the channels of each sample set to 0."""
        ones = [1] * self.rank
        if self.data_format == "channels_first":
            return self.dropped(inputs, (*inputs.shape[:2], *ones))
        return self.dropped(inputs, (inputs.shape[0], *ones, inputs.shape[-1]))

    def get_config(self):
        """Arguments that rebuild this layer; `trainable` only if False: Keras's class does not take it."""
        config = super().get_config()
        if config["trainable"] is False:
            return config
        return {key: value for key, value in config.items() if key != "trainable"}


class SpatialDropout1D(SpatialDropout):
    """`SpatialDropout` for (batch, steps, channels).

    >>> SpatialDropout1D(0.5)(torch.ones(1, 2, 3)).shape
    torch.Size([1, 2, 3])
    """

    rank = 1


class SpatialDropout2D(SpatialDropout):
    """`SpatialDropout` for (batch, height, width, channels).

    >>> SpatialDropout2D(0.5)(torch.ones(1, 2, 2, 3)).shape
    torch.Size([1, 2, 2, 3])
    """

    rank = 2

    def __init__(self, rate, data_format=None, seed=None, **kwargs):
        super().__init__(rate, seed, **kwargs)


class SpatialDropout3D(SpatialDropout):
    """`SpatialDropout` for (batch, depth, height, width, channels).

    >>> SpatialDropout3D(0.5)(torch.ones(1, 2, 2, 2, 3)).shape
    torch.Size([1, 2, 2, 2, 3])
    """

    rank = 3

    def __init__(self, rate, data_format=None, seed=None, **kwargs):
        super().__init__(rate, seed, **kwargs)


class GaussianNoise(Noise):
    """Adds normal noise of mean 0, in training only.

    Args:
        stddev: standard deviation of the noise.

    Source: Keras GaussianNoise.

    >>> GaussianNoise(0.1)(torch.ones(2))
    tensor([1., 1.])
    """

    strength = "stddev"
    vocabulary = {"stddev": Term(nonnegative_number, float, optional=False)}

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(**kwargs)

    def disturbed(self, inputs):
        """The inputs plus noise."""
        return inputs + self.normal_like(inputs) * self.stddev


class GaussianDropout(Noise):
    """Multiplies by normal noise of mean 1 and variance `rate / (1 - rate)`, in training only.

    Args:
        rate: 0 to below 1; the noise is as strong as that of Dropout(rate).

    Source: Srivastava et al., 2014; Keras GaussianDropout.

    >>> GaussianDropout(0.5)(torch.ones(2))
    tensor([1., 1.])
    """

    vocabulary = {"rate": Term(fraction_below_one, float, optional=False)}

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)

    def disturbed(self, inputs):
        """The inputs times noise."""
        return inputs * (1 + self.normal_like(inputs) * math.sqrt(self.rate / (1 - self.rate)))


_SELU_FLOOR = -1.6732632423543772 * 1.0507009873554805  # where selu tends to for very negative inputs


class AlphaDropout(Noise):
    """Dropout that keeps mean and variance of selu activations, in training only.

    Args:
        rate: fraction of values set to selu's lowest value, 0 to below 1.
        noise_shape: as in Dropout.

    Source: Klambauer et al., 2017; Keras AlphaDropout.

    >>> AlphaDropout(0.5)(torch.ones(2))
    tensor([1., 1.])
    """

    vocabulary = {"rate": Term(fraction_below_one, float, optional=False),
                  "noise_shape": Term(_noise_shape, tuple)}

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)

    def disturbed(self, inputs):
        """The inputs with a fraction of them at selu's lowest value, scaled to the old mean and variance."""
        kept = self.kept(inputs, _pattern_shape(self, inputs))
        scale = ((1 - self.rate) * (1 + self.rate * _SELU_FLOOR**2)) ** -0.5
        shift = -scale * _SELU_FLOOR * self.rate
        return torch.where(kept, inputs, _SELU_FLOOR) * scale + shift


class ActivityRegularization(Layer):
    """Passes its inputs on and adds a penalty on them to the loss: `l1 * sum(|x|) + l2 * sum(x**2)`.

    Source: Keras ActivityRegularization.

    >>> layer = ActivityRegularization(l2=0.5)
    >>> layer(torch.ones(1, 2)), layer.losses
    (tensor([[1., 1.]]), [tensor(1.)])
    """

    supports_masking = True
    vocabulary = {"l1": Term(nonnegative_number, float, doc="factor on the sum of sizes.", optional=False),
                  "l2": Term(nonnegative_number, float, doc="factor on the sum of squares.", optional=False)}

    def __init__(self, l1=0.0, l2=0.0, **kwargs):
        super().__init__(activity_regularizer=L1L2(self.l1, self.l2), **kwargs)

    def call(self, inputs):
        return inputs

    def get_config(self):
        """The two factors; the penalty follows from them."""
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return config
