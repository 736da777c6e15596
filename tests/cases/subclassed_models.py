"""Models by subclass, at module level so that they can be pickled."""

from __future__ import annotations

import torch

from keras_torch import Model
from keras_torch.layers import BatchNormalization, Dense, Layer


class Block(Layer):
    """Dense and normalization."""

    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense, self.norm = Dense(units), BatchNormalization()

    def call(self, inputs, training=False):
        """As Keras has it."""
        return torch.relu(self.norm(self.dense(inputs), training=training))


class Net(Model):
    """Layers in a list, a dict, a tuple and an attribute."""

    def __init__(self, count=2, **kwargs):
        super().__init__(**kwargs)
        self.blocks = [Block() for _ in range(count)]
        self.heads = {"a": Dense(2), "b": Dense(2)}
        self.pair = (Dense(2), Dense(2))
        self.last = Dense(2)

    def call(self, inputs):
        """As Keras has it."""
        for block in self.blocks:
            inputs = block(inputs)
        return self.last(self.heads["b"](inputs) + self.heads["a"](inputs) + self.pair[0](inputs))


class TorchNet(Model):
    """torch's way: `forward`, native modules and containers."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 3)
        self.more = torch.nn.ModuleList([Dense(3), torch.nn.Linear(3, 3)])
        self.head = Dense(2)

    def forward(self, inputs):
        """As torch has it."""
        inputs = self.linear(inputs)
        for module in self.more:
            inputs = module(inputs)
        return self.head(inputs)


class Growing(Model):
    """Starts with an empty list and an empty dict."""

    def __init__(self):
        super().__init__()
        self.stages, self.extras = [], {}

    def call(self, inputs):
        """Whatever there is."""
        for stage in self.stages:
            inputs = stage(inputs)
        return inputs
