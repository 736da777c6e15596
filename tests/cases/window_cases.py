"""Rows of `ops.conv` and its family: function, shapes, arguments. Keras's answers: references/windows.npz."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from cases.arrays import Values, array


@dataclass(frozen=True)
class WindowCase:
    """One call of a `keras.ops` function; `kernels` are shapes of the arrays given after the input."""

    function: str
    note: str
    inputs: tuple
    kernels: tuple = ()
    arguments: dict = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Key in the reference file and id of the test."""
        return f"{self.function}-{self.note}"

    def arrays(self) -> list[np.ndarray]:
        """The input and the kernels."""
        shapes = (self.inputs, *self.kernels)
        return [array(Values(shape), f"{self.name}/{i}") for i, shape in enumerate(shapes)]


def _row(function, note, inputs, *kernels, **arguments):
    return WindowCase(function, note, inputs, kernels, {"data_format": "channels_last", **arguments})


LINE, IMAGE, VOLUME = (2, 9, 4), (2, 7, 6, 4), (1, 5, 6, 4, 2)

CONVOLUTION = [
    _row("conv", "line", LINE, (3, 4, 5)),
    _row("conv", "line_same_even", LINE, (4, 4, 5), padding="same"),
    _row("conv", "line_same_strides", LINE, (3, 4, 5), padding="same", strides=2),
    _row("conv", "line_dilation", LINE, (3, 4, 5), dilation_rate=2),
    _row("conv", "image", IMAGE, (3, 2, 4, 5)),
    _row("conv", "image_same", IMAGE, (3, 3, 4, 5), padding="same"),
    _row("conv", "image_same_strides", IMAGE, (3, 3, 4, 5), padding="same", strides=2),
    _row("conv", "image_same_wide_strides", IMAGE, (2, 5, 4, 5), padding="same", strides=(3, 4)),
    _row("conv", "image_same_dilation", IMAGE, (3, 2, 4, 5), padding="same", dilation_rate=(2, 3)),
    _row("conv", "image_groups", IMAGE, (3, 3, 2, 6)),
    _row("conv", "volume", VOLUME, (2, 3, 2, 2, 3)),
    _row("conv", "volume_same_strides", VOLUME, (3, 2, 3, 2, 3), padding="same", strides=(2, 1, 2)),
    _row("depthwise_conv", "line", LINE, (3, 4, 2)),
    _row("depthwise_conv", "image_same_strides", IMAGE, (3, 3, 4, 2), padding="same", strides=2),
    _row("separable_conv", "line", LINE, (3, 4, 2), (1, 8, 3)),
    _row("separable_conv", "image_same", IMAGE, (3, 3, 4, 1), (1, 1, 4, 3), padding="same"),
    _row("conv_transpose", "line", LINE, (3, 5, 4), strides=2),
    _row("conv_transpose", "line_short_kernel", LINE, (2, 5, 4), strides=3),
    _row("conv_transpose", "image_same", IMAGE, (4, 3, 5, 4), padding="same", strides=2),
    _row("conv_transpose", "image_same_short_kernel", IMAGE, (1, 2, 5, 4), padding="same", strides=3),
    _row("conv_transpose", "image_same_output_padding", IMAGE, (3, 3, 5, 4), padding="same", strides=2,
         output_padding=1),
    _row("conv_transpose", "image_output_padding", IMAGE, (3, 3, 5, 4), strides=3, output_padding=(2, 0)),
    _row("conv_transpose", "image_dilation", IMAGE, (3, 2, 5, 4), padding="same", dilation_rate=2),
    _row("conv_transpose", "volume", VOLUME, (2, 3, 2, 3, 2), strides=2),
]


def _pooling(function):
    return [
        _row(function, "line", LINE, pool_size=2),
        _row(function, "line_same", LINE, pool_size=2, strides=1, padding="same"),
        _row(function, "line_gaps", LINE, pool_size=2, strides=4, padding="same"),
        _row(function, "image", IMAGE, pool_size=(3, 2), strides=(1, 2)),
        _row(function, "image_same", IMAGE, pool_size=(4, 3), strides=1, padding="same"),
        _row(function, "image_same_strides", IMAGE, pool_size=3, strides=2, padding="same"),
        _row(function, "image_same_mixed", IMAGE, pool_size=(2, 4), strides=(1, 3), padding="same"),
        _row(function, "image_same_large", IMAGE, pool_size=9, strides=2, padding="same"),
        _row(function, "volume", VOLUME, pool_size=2),
        _row(function, "volume_same_strides", VOLUME, pool_size=(3, 2, 2), strides=(2, 3, 1), padding="same"),
    ]


WINDOW_CASES = [*CONVOLUTION, *_pooling("max_pool"), *_pooling("average_pool")]

# Upsampling is a layer in Keras: (note, shape, factors, interpolation).
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
UPSAMPLING_CASES = [
    ("line", LINE, (3,), "nearest"),
    ("volume", VOLUME, (2, 1, 3), "nearest"),
    *((name, (2, 5, 4, 3), (3, 2), name) for name in INTERPOLATIONS),
]
