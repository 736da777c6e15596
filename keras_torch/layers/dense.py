"""`Dense`: a matrix on the last axis."""

import torch
from torch.nn import functional

from keras_torch import activations
from keras_torch.base.checks import Term
from keras_torch.layers.layer import Layer


class Dense(Layer):
    """Mixes the last axis with a matrix: `activation(inputs @ kernel + bias)`.

    Args:
        units: size of the last axis of the output.

    Shape:
        (batch, ..., features) -> (batch, ..., units)

    Weights:
        kernel (features, units)
        bias (units,): absent when `use_bias` is False

    Errors:
        ValueError: the last axis of the input has no known size.

    Source: Keras Dense. In torch: nn.Linear, whose weight is `kernel` transposed.

    >>> Dense(4)(torch.zeros(2, 3)).shape
    torch.Size([2, 4])
    """

    math_input = True
    supports_masking = True
    vocabulary = {"activation": Term(None, activations.get, optional=False)}  # None is `linear`

    def __init__(self, units, activation=None, use_bias=True,
                 kernel_initializer="glorot_uniform", bias_initializer="zeros",
                 kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)

    def build(self, input_shape):
        features = self.known_size(input_shape, axis=-1)
        self.kernel = self.make_weight("kernel", (features, self.units))
        self.bias = self.make_weight("bias", (self.units,)) if self.use_bias else None

    def call(self, inputs):
        kernel, bias = self.kernel, self.bias
        if bias is None:
            outputs = torch.matmul(inputs, kernel)
        elif inputs.dim() == 2:
            outputs = torch.addmm(bias, inputs, kernel)
        else:  # folds the leading axes by itself
            outputs = functional.linear(inputs, kernel.t(), bias)
        return self.activation(outputs)
