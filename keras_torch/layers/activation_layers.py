"""Activations as layers: the named ones, and those with arguments or weights."""

import torch

from keras_torch import activations, initializers
from keras_torch.base.checks import Term, fail, is_integer, nonnegative_number, number
from keras_torch.layers.layer import Layer


class Activation(Layer):
    """Applies an activation function to each value.

    Args:
        activation: name or function.

    Shape:
        any -> the same

    Source: Keras Activation.

    >>> Activation("relu")(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    supports_masking = True
    vocabulary = {"activation": Term(None, activations.get, optional=False)}

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        return self.activation(inputs)


class ReLU(Layer):
    """`max(x, 0)`; with arguments, a line with a corner and a ceiling.

    Args:
        max_value: largest value that comes out; None means no limit.
        negative_slope: slope below `threshold`.
        threshold: values up to here are cut or follow `negative_slope`.

    Source: Keras ReLU.

    >>> ReLU()(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    supports_masking = True
    vocabulary = {"max_value": Term(nonnegative_number),
                  "negative_slope": Term(nonnegative_number, optional=False),
                  "threshold": Term(nonnegative_number, optional=False)}

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(Layer):
    """`x` where positive, else `negative_slope * x`.

    Args:
        negative_slope: slope below 0; called `alpha` until tf.keras.

    Source: Keras LeakyReLU.

    >>> LeakyReLU(0.5)(torch.tensor([-1.0, 2.0]))
    tensor([-0.5000,  2.0000])
    """

    supports_masking = True
    vocabulary = {"negative_slope": Term(nonnegative_number, optional=False)}

    def __init__(self, negative_slope=0.3, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        return torch.nn.functional.leaky_relu(inputs, self.negative_slope)


class ELU(Layer):
    """`x` where positive, else `alpha * (exp(x) - 1)`.

    Source: Keras ELU.

    >>> ELU()(torch.tensor([0.0, 2.0]))
    tensor([0., 2.])
    """

    supports_masking = True
    vocabulary = {"alpha": Term(number, optional=False)}

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        return torch.nn.functional.elu(inputs, self.alpha)


class ThresholdedReLU(Layer):
    """`x` where greater than `theta`, else 0.

    Source: Keras ThresholdedReLU, until tf.keras.

    >>> ThresholdedReLU(1.0)(torch.tensor([0.5, 2.0]))
    tensor([0., 2.])
    """

    supports_masking = True
    vocabulary = {"theta": Term(nonnegative_number, optional=False)}

    def __init__(self, theta=1.0, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        return torch.nn.functional.threshold(inputs, self.theta, 0.0)


def _as_axes(value):
    return [value] if is_integer(value) else list(value)


def _axes(owner, argument, value):
    axes = value if isinstance(value, (list, tuple)) else [value]
    if not all(is_integer(axis) and axis != 0 for axis in axes):
        fail(owner, argument, value, "axes other than 0, the batch")


def _sizes(layer, input_shape):
    """Sizes of a weight with a value for each feature: the input's without the batch, 1 along shared axes."""
    rank = len(input_shape)
    shared = {axis % rank for axis in layer.shared_axes or ()}
    return [1 if axis in shared else layer.known_size(input_shape, axis) for axis in range(1, rank)]


class PReLU(Layer):
    """`x` where positive, else `alpha * x` with trained slopes.

    Args:
        shared_axes: axes (the batch is 0) along which one slope serves all, such as [1, 2] for images.

    Shape:
        (batch, ...) -> the same

    Weights:
        alpha: the input's sizes without the batch, 1 along `shared_axes`

    Errors:
        ValueError: an axis that is not shared has no known size.

    Source: He et al., 2015; Keras PReLU.

    >>> PReLU(alpha_initializer="ones")(torch.tensor([[-1.0, 2.0]]))
    tensor([[-1.,  2.]], grad_fn=<WhereBackward0>)
    """

    supports_masking = True
    vocabulary = {"shared_axes": Term(_axes, _as_axes)}

    def __init__(self, alpha_initializer="zeros", alpha_regularizer=None, alpha_constraint=None,
                 shared_axes=None, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.alpha = self.make_weight("alpha", _sizes(self, input_shape))

    def call(self, inputs):
        return torch.where(inputs > 0, inputs, self.alpha * inputs)


class ParametricSoftplus(Layer):
    """`alpha * log(1 + exp(beta * x))` with trained alpha and beta.

    Args:
        alpha_init: number at which alpha starts.
        beta_init: number at which beta starts.
        shared_axes: axes (the batch is 0) along which one pair serves all.

    Shape:
        (batch, ...) -> the same

    Weights:
        alpha, beta: the input's sizes without the batch, 1 along `shared_axes`

    Source: Keras 1 ParametricSoftplus.

    >>> ParametricSoftplus(1.0, 1.0)(torch.zeros(1, 2)).detach().round(decimals=2)
    tensor([[0.6900, 0.6900]])
    """

    supports_masking = True
    vocabulary = {"shared_axes": Term(_axes, _as_axes), "alpha_init": Term(number, float, optional=False),
                  "beta_init": Term(number, float, optional=False)}

    def __init__(self, alpha_init=0.2, beta_init=5.0, shared_axes=None, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        sizes = _sizes(self, input_shape)
        self.alpha = self.make_weight("alpha", sizes, initializer=initializers.Constant(self.alpha_init))
        self.beta = self.make_weight("beta", sizes, initializer=initializers.Constant(self.beta_init))

    def call(self, inputs):
        return torch.nn.functional.softplus(self.beta * inputs) * self.alpha


class SReLU(Layer):
    """A line with two corners: slope 1 between `left` and `right`, trained slopes outside.

    The left corner is at `t_left`, the right one at `t_left + |t_right|`.

    Args:
        t_left_initializer, a_left_initializer: start of the left corner and of the slope left of it.
        t_right_initializer, a_right_initializer: start of the distance of the right corner, and of the slope
            right of it.
        shared_axes: axes (the batch is 0) along which one set of values serves all.

    Shape:
        (batch, ...) -> the same

    Weights:
        t_left, a_left, t_right, a_right: the input's sizes without the batch, 1 along `shared_axes`

    Source: Jin et al., 2015; Keras 1 SReLU.

    >>> SReLU()(torch.tensor([[-1.0, 0.0]])).shape
    torch.Size([1, 2])
    """

    supports_masking = True
    vocabulary = {"shared_axes": Term(_axes, _as_axes),
                  **{f"{name}_initializer": Term(None, initializers.get, doc="start values.")
                     for name in ("t_left", "a_left", "t_right", "a_right")}}

    def __init__(self, t_left_initializer="zeros", a_left_initializer="glorot_uniform",
                 t_right_initializer="glorot_uniform", a_right_initializer="ones", shared_axes=None,
                 **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        sizes = _sizes(self, input_shape)
        for name in ("t_left", "a_left", "t_right", "a_right"):
            self.make_weight(name, sizes)

    def call(self, inputs):
        right = self.t_left + self.t_right.abs()
        left_part = torch.where(inputs > self.t_left, inputs, self.t_left + self.a_left * (
            inputs - self.t_left))
        return torch.where(inputs < right, left_part, right + self.a_right * (inputs - right))


class Softmax(Layer):
    """`exp(x) / sum(exp(x))` along `axis`; masked places get 0.

    Args:
        axis: integer, or list of integers.

    Shape:
        any -> the same

    Errors:
        ValueError: a mask that cannot be broadcast to the input.

    Source: Keras Softmax.

    >>> Softmax()(torch.zeros(1, 2), mask=torch.tensor([[True, False]]))
    tensor([[1., 0.]])
    """

    supports_masking = True

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs, mask=None):
        if mask is None:
            return activations.softmax(inputs, self.axis)
        self._check_mask(inputs, mask)
        mask = mask if mask.dtype == torch.bool else mask > 0.5
        lowest = -3e4 if inputs.dtype == torch.float16 else -1e9
        return torch.where(mask, activations.softmax(torch.where(mask, inputs, lowest), self.axis), 0.0)

    def _check_mask(self, inputs, mask):
        pairs = zip(reversed(mask.shape), reversed(inputs.shape))
        if mask.dim() > inputs.dim() or any(size not in (1, other) for size, other in pairs):
            raise ValueError(f"{self.label}: a mask of shape {tuple(mask.shape)} does not fit inputs of "
                             f"shape {tuple(inputs.shape)}. Give each of its axes the input's size, or 1.")
