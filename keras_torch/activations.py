"""Activation functions, by name or as functions: `get("relu")`.

Nearly all are the functions of `ops`; here live those whose defaults or arguments differ, and their names.
"""

import torch

from keras_torch.base.registry import Registry
from keras_torch.dialects.translator import behaviour
from keras_torch.ops.core import as_tensor
from keras_torch.ops.nn import celu as celu
from keras_torch.ops.nn import elu as elu
from keras_torch.ops.nn import gelu as _gelu
from keras_torch.ops.nn import glu as glu
from keras_torch.ops.nn import hard_shrink as hard_shrink
from keras_torch.ops.nn import hard_sigmoid as hard_sigmoid
from keras_torch.ops.nn import hard_silu as hard_silu
from keras_torch.ops.nn import hard_tanh as hard_tanh
from keras_torch.ops.nn import leaky_relu as leaky_relu
from keras_torch.ops.nn import log_sigmoid as log_sigmoid
from keras_torch.ops.nn import log_softmax as log_softmax
from keras_torch.ops.nn import relu6 as relu6
from keras_torch.ops.nn import selu as selu
from keras_torch.ops.nn import sigmoid as sigmoid
from keras_torch.ops.nn import silu as silu
from keras_torch.ops.nn import soft_shrink as soft_shrink
from keras_torch.ops.nn import softmax as softmax
from keras_torch.ops.nn import softplus as softplus
from keras_torch.ops.nn import softsign as softsign
from keras_torch.ops.nn import sparse_plus as sparse_plus
from keras_torch.ops.nn import sparse_sigmoid as sparse_sigmoid
from keras_torch.ops.nn import sparsemax as sparsemax
from keras_torch.ops.nn import squareplus as squareplus
from keras_torch.ops.nn import tanh as tanh
from keras_torch.ops.nn import tanh_shrink as tanh_shrink
from keras_torch.ops.nn import threshold as threshold

_HARD_SIGMOID_TODAY = "relu6(x+3)/6"  # as the row of the dialect table words it

swish = silu
hard_swish = hard_silu


def linear(x):
    """`x` itself.

    >>> linear(torch.ones(1))
    tensor([1.])
    """
    return x


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0, alpha=None):
    """`max(x, 0)`; with arguments, a line with a corner and a ceiling.

    Args:
        negative_slope: slope below `threshold`: `negative_slope * (x - threshold)`.
        max_value: largest value that comes out; None means no limit.
        threshold: values up to here are cut (or follow `negative_slope`), values above pass.
        alpha: name of `negative_slope` up to tf.keras.

    Errors:
        TypeError: the slope is given under both names.

    Source: Keras 3.

    >>> relu([-1.0, 2.0])
    tensor([0., 2.])
    >>> relu([-1.0, 2.0, 9.0], negative_slope=0.5, max_value=6)
    tensor([-0.5000,  2.0000,  6.0000])
    """
    if alpha is not None:
        if negative_slope:
            raise TypeError("relu() got `alpha` and `negative_slope`, two names of one argument. Keep "
                            "`negative_slope`.")
        negative_slope = alpha
    if not isinstance(x, torch.Tensor):
        x = as_tensor(x)
    if negative_slope == 0.0 and max_value is None and threshold == 0.0:
        return torch.relu(x)
    above = x if max_value is None else torch.clamp(x, max=max_value)
    below = (x - threshold) * negative_slope if negative_slope else torch.zeros_like(x)
    return torch.where(x > threshold, above, below)


def gelu(x, approximate=False):
    """`x * P(X <= x)` for a standard normal X.

    Args:
        approximate: True uses the tanh formula, False the exact distribution.

    Source: Hendrycks and Gimpel, 2016. `ops.gelu` is the same with `approximate=True` as default (Keras).

    >>> gelu([0.0, 1.0])
    tensor([0.0000, 0.8413])
    """
    return _gelu(x, approximate)


def exponential(x):
    """`exp(x)`.

    >>> exponential([0.0])
    tensor([1.])
    """
    return torch.exp(as_tensor(x))


def mish(x):
    """`x * tanh(softplus(x))`.

    Source: Misra, 2019.

    >>> mish([0.0])
    tensor([0.])
    """
    return torch.nn.functional.mish(as_tensor(x))


def hard_sigmoid_keras2(x):
    """`clip(0.2 * x + 0.5, 0, 1)`: what 'hard_sigmoid' means until tf.keras.

    >>> hard_sigmoid_keras2([-2.5, 0.0, 2.5])
    tensor([0.0000, 0.5000, 1.0000])
    """
    return torch.clamp(as_tensor(x) * 0.2 + 0.5, 0.0, 1.0)


registry = Registry(
    "activation",
    {
        "linear": linear,
        "relu": relu,
        "sigmoid": sigmoid,
        "softmax": softmax,
        "tanh": tanh,
        "elu": elu,
        "selu": selu,
        "softplus": softplus,
        "softsign": softsign,
        "silu": silu,
        "swish": silu,
        "exponential": exponential,
        "hard_sigmoid": hard_sigmoid,
        "hard_sigmoid_keras2": hard_sigmoid_keras2,
        "hard_silu": hard_silu,
        "hard_swish": hard_silu,
        "mish": mish,
        "log_softmax": log_softmax,
        "gelu": gelu,
        "leaky_relu": leaky_relu,
        "relu6": relu6,
        "tanh_shrink": tanh_shrink,
        "hard_tanh": hard_tanh,
        "hard_shrink": hard_shrink,
        "soft_shrink": soft_shrink,
        "squareplus": squareplus,
        "glu": glu,
        "celu": celu,
        "log_sigmoid": log_sigmoid,
        "sparse_plus": sparse_plus,
        "sparse_sigmoid": sparse_sigmoid,
        "sparsemax": sparsemax,
        "threshold": threshold,
    },
)


def get(identifier):
    """The activation function of a name, config, or function; None means `linear`.

    Notes:
        'hard_sigmoid' has the slope of the current dialect: 0.2 until tf.keras, 1/6 in keras3.

    Errors:
        ValueError: an unknown name; the message gives the nearest known ones.

    >>> get("swish").__name__, get(None).__name__
    ('silu', 'linear')
    """
    if identifier is None:
        return linear
    if identifier == "hard_sigmoid" and behaviour("hard_sigmoid") != _HARD_SIGMOID_TODAY:
        return hard_sigmoid_keras2
    return registry.get(identifier)


def serialize(activation):
    """The name of one of our functions, or the config of a registered object.

    >>> serialize(relu)
    'relu'
    """
    return registry.serialize(activation)


def deserialize(config, custom_objects=None):
    """The activation that `serialize` described.

    Args:
        custom_objects: dict from name to function, searched first.

    >>> deserialize("relu").__name__
    'relu'
    """
    return registry.deserialize(config, custom_objects)
