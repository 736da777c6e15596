"""Layers of Keras 1 that have no successor: `Highway`, `MaxoutDense`, `TimeDistributedDense`."""

import torch

from keras_torch import activations
from keras_torch.base.checks import Term, positive_int
from keras_torch.layers.dense import Dense
from keras_torch.layers.layer import Layer


class Highway(Layer):
    """Mixes what a dense layer makes of the input with the input itself: `t * f(x) + (1 - t) * x`.

    The gate is `t = sigmoid(x @ carry_kernel + carry_bias)`, and `f(x) = activation(x @ kernel + bias)`.

    Shape:
        (batch, features) -> the same

    Weights:
        kernel, carry_kernel (features, features)
        bias, carry_bias (features,): absent when `use_bias` is False; carry_bias starts at 1

    Errors:
        ValueError: the last axis of the input has no known size.

    Source: Srivastava et al., 2015; Keras 1 Highway.

    >>> Highway()(torch.zeros(2, 3)).shape
    torch.Size([2, 3])
    """

    math_input = True
    vocabulary = {"activation": Term(None, activations.get, optional=False)}  # None is `linear`

    def __init__(self, activation=None, use_bias=True, kernel_initializer="glorot_uniform",
                 kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)

    def build(self, input_shape):
        features = self.known_size(input_shape, axis=-1)
        self.kernel = self.make_weight("kernel", (features, features))
        self.carry_kernel = self.make_weight("carry_kernel", (features, features),
                                             initializer=self.kernel_initializer)
        self.bias = self.carry_bias = None
        if self.use_bias:
            self.bias = self.make_weight("bias", (features,), initializer="zeros")
            self.carry_bias = self.make_weight("carry_bias", (features,), initializer="ones")

    def call(self, inputs):
        gate, outputs = inputs @ self.carry_kernel, inputs @ self.kernel
        if self.bias is not None:
            gate, outputs = gate + self.carry_bias, outputs + self.bias
        return torch.lerp(inputs, self.activation(outputs), torch.sigmoid(gate))


class MaxoutDense(Layer):
    """The greatest of several dense layers, value by value: `max(inputs @ kernel[i] + bias[i] over i)`.

    Args:
        units: size of the last axis of the output.
        nb_feature: number of dense layers of which the greatest counts.

    Shape:
        (batch, features) -> (batch, units)

    Weights:
        kernel (nb_feature, features, units)
        bias (nb_feature, units): absent when `use_bias` is False

    Errors:
        ValueError: the last axis of the input has no known size.

    Source: Goodfellow et al., 2013; Keras 1 MaxoutDense.

    >>> MaxoutDense(4)(torch.zeros(2, 3)).shape
    torch.Size([2, 4])
    """

    math_input = True
    vocabulary = {"nb_feature": Term(positive_int, int, doc="number of dense layers.", optional=False)}

    def __init__(self, units, nb_feature=4, kernel_initializer="glorot_uniform", use_bias=True,
                 kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)

    def build(self, input_shape):
        features = self.known_size(input_shape, axis=-1)
        self.kernel = self.make_weight("kernel", (self.nb_feature, features, self.units))
        self.bias = self.make_weight("bias", (self.nb_feature, self.units), initializer="zeros") \
            if self.use_bias else None

    def call(self, inputs):
        outputs = torch.einsum("...f,nfu->...nu", inputs, self.kernel)
        return (outputs if self.bias is None else outputs + self.bias).amax(dim=-2)


class TimeDistributedDense(Dense):
    """`Dense` on each step, which every `Dense` is since Keras 2.

    Shape:
        (batch, steps, features) -> (batch, steps, units)

    Source: Keras 1 TimeDistributedDense.

    >>> TimeDistributedDense(4)(torch.zeros(2, 7, 3)).shape
    torch.Size([2, 7, 4])
    """
