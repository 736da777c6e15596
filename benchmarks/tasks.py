"""The networks and data of the training benchmarks: each for any Keras and written by hand for torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional


@dataclass(frozen=True)
class Task:
    """A network with its data.

    Args:
        title: name in the table.
        batch: batch size.
        steps: steps of a round.
        data: function -> inputs and targets for that many samples.
        keras_model: function (keras) -> model.
        torch_model: function -> module by hand.
        loss: (name of the Keras loss, torch function).
        channels_last: whether the hand-written module uses that memory order.
    """

    title: str
    batch: int
    steps: int
    data: Callable[[int], tuple[torch.Tensor, torch.Tensor]]
    keras_model: Callable[[Any], Any]
    torch_model: Callable[[], nn.Module]
    loss: tuple[str, Callable]
    channels_last: bool = False


def _classes(shape: tuple, count: int) -> Callable[[int], tuple[torch.Tensor, torch.Tensor]]:
    return lambda samples: (torch.rand(samples, *shape), torch.randint(count, (samples,)))


def _words(steps: int) -> Callable[[int], tuple[torch.Tensor, torch.Tensor]]:
    return lambda samples: (torch.randint(20000, (samples, steps)), torch.randint(2, (samples, 1)).float())


def mlp(keras):
    """784-512-512-10."""
    layers = keras.layers
    return keras.Sequential([layers.Input((784,)), layers.Dense(512, activation="relu"),
                             layers.Dense(512, activation="relu"), layers.Dense(10)])


def torch_mlp():
    """784-512-512-10."""
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


def convnet(keras):
    """Two convolutions with pooling, for 28 x 28 images with the channel last."""
    layers = keras.layers
    return keras.Sequential([
        layers.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(10)])


class TorchConvnet(nn.Sequential):
    """The same, fed with the channel last too."""

    def __init__(self):
        super().__init__(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1600, 10))

    def forward(self, images):
        return super().forward(images.permute(0, 3, 1, 2))


def lstm(keras):
    """Embedding and LSTM, one number out."""
    layers = keras.layers
    return keras.Sequential([layers.Input((80,), dtype="int64"), layers.Embedding(20000, 128),
                             layers.LSTM(128), layers.Dense(1)])


class TorchLSTM(nn.Module):
    """The same with one bias too many, as torch's LSTM has it."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20000, 128)
        self.lstm = nn.LSTM(128, 128, batch_first=True)
        self.head = nn.Linear(128, 1)

    def forward(self, words):
        return self.head(self.lstm(self.embedding(words))[0][:, -1])


def transformer(keras):
    """Two encoder blocks of width 128 over 64 steps, ten classes."""
    layers = keras.layers
    inputs = values = keras.Input((64, 128))
    for _ in range(2):
        attended = layers.MultiHeadAttention(4, 32)(values, values)
        values = layers.LayerNormalization(epsilon=1e-5)(values + attended)
        wide = layers.Dense(128)(layers.Dense(512, activation="relu")(values))
        values = layers.LayerNormalization(epsilon=1e-5)(values + wide)
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling1D()(values)))


class TorchTransformer(nn.Module):
    """The same from torch's own encoder blocks."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(*(nn.TransformerEncoderLayer(128, 4, 512, dropout=0.0, batch_first=True)
                                      for _ in range(2)))
        self.head = nn.Linear(128, 10)

    def forward(self, values):
        return self.head(self.blocks(values).mean(1))


_CLASSES = ("SparseCategoricalCrossentropy", functional.cross_entropy)
_BINARY = ("BinaryCrossentropy", functional.binary_cross_entropy_with_logits)

TASKS = [
    Task("MLP 784-512-512-10, batch 32", 32, 100, _classes((784,), 10), mlp, torch_mlp, _CLASSES),
    Task("MLP 784-512-512-10, batch 1024", 1024, 8, _classes((784,), 10), mlp, torch_mlp, _CLASSES),
    Task("convnet 28x28, batch 128", 128, 4, _classes((28, 28, 1), 10), convnet, TorchConvnet, _CLASSES,
         channels_last=True),
    Task("Embedding and LSTM(128), 80 steps, batch 32", 32, 10, _words(80), lstm, TorchLSTM, _BINARY),
    Task("two-layer transformer encoder, 64 steps, batch 32", 32, 4, _classes((64, 128), 10), transformer,
         TorchTransformer, _CLASSES),
]
