"""Activations as layers: the named ones, and those with arguments or weights."""

import torch

from keras_torch import activations
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
        rank = len(input_shape)
        shared = {axis % rank for axis in self.shared_axes or ()}
        sizes = [1 if axis in shared else self.known_size(input_shape, axis) for axis in range(1, rank)]
        self.alpha = self.make_weight("alpha", sizes)

    def call(self, inputs):
        return torch.where(inputs > 0, inputs, self.alpha * inputs)


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
