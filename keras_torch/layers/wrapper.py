"""`Wrapper`: the base of layers around a layer."""

import torch

from keras_torch.base.checks import Term, fail
from keras_torch.layers.layer import Layer


def _module(owner, argument, value):
    if not isinstance(value, torch.nn.Module):
        fail(owner, argument, value, "a layer, a model or a torch module")


class Wrapper(Layer):
    """Base of layers around a layer, which is `self.layer`; a subclass writes `call`.

    Args:
        layer: layer, model or native module.

    Source: Keras Wrapper.

    >>> from keras_torch.layers.dense import Dense
    >>> class Twice(Wrapper):
    ...     def call(self, inputs):
    ...         return 2 * self.layer(inputs)
    >>> Twice(Dense(4))(torch.zeros(2, 3)).shape
    torch.Size([2, 4])
    """

    vocabulary = {"layer": Term(_module, optional=False, doc="the layer inside.")}

    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape=None):
        """Builds the layer inside for the same shape."""
        if isinstance(self.layer, Layer) and not self.layer.built and input_shape is not None:
            self.layer.build(input_shape)
