"""Rows of the convolution and pooling layers."""

from __future__ import annotations

from cases.arrays import floats, step_mask
from cases.layer_case import row

LINE, IMAGE, VOLUME = floats(2, 7, 4), floats(2, 6, 5, 4), floats(1, 4, 5, 4, 2)
FIRST_LINE, FIRST_IMAGE, FIRST_VOLUME = floats(2, 4, 7), floats(2, 4, 6, 5), floats(1, 2, 4, 5, 4)
FIRST = "channels_first"

CONVOLUTION = [
    row("Conv1D", "valid", LINE, filters=3, kernel_size=3),
    row("Conv1D", "same", LINE, filters=3, kernel_size=4, padding="same"),
    row("Conv1D", "same_strides", LINE, filters=3, kernel_size=3, strides=2, padding="same"),
    row("Conv1D", "causal", LINE, filters=3, kernel_size=3, padding="causal"),
    row("Conv1D", "causal_dilation", LINE, filters=3, kernel_size=2, padding="causal", dilation_rate=2),
    row("Conv1D", "causal_strides", LINE, filters=3, kernel_size=3, padding="causal", strides=2),
    row("Conv1D", "dilation", LINE, filters=3, kernel_size=2, dilation_rate=3, activation="tanh"),
    row("Conv1D", "groups", LINE, filters=6, kernel_size=3, groups=2),
    row("Conv1D", "no_bias", LINE, filters=3, kernel_size=3, use_bias=False),
    row("Conv1D", "channels_first", FIRST_LINE, filters=3, kernel_size=3, data_format=FIRST),
    row("Conv2D", "valid", IMAGE, filters=3, kernel_size=3),
    row("Conv2D", "same_even_kernel", IMAGE, filters=3, kernel_size=(2, 4), padding="same"),
    row("Conv2D", "strides", IMAGE, filters=3, kernel_size=3, strides=(2, 1)),
    row("Conv2D", "same_strides", IMAGE, filters=3, kernel_size=3, strides=2, padding="same"),
    row(
        "Conv2D",
        "same_strides_wide",
        floats(1, 7, 8, 2),
        filters=2,
        kernel_size=(2, 3),
        strides=3,
        padding="same",
    ),
    row("Conv2D", "same_dilation", IMAGE, filters=3, kernel_size=(3, 2), padding="same", dilation_rate=2),
    row("Conv2D", "dilation", IMAGE, filters=3, kernel_size=2, dilation_rate=(2, 3)),
    row("Conv2D", "groups", IMAGE, filters=4, kernel_size=2, groups=2, activation="relu"),
    row("Conv2D", "pointwise", IMAGE, filters=3, kernel_size=1),
    row("Conv2D", "channels_first", FIRST_IMAGE, filters=7, kernel_size=3, data_format=FIRST),
    row(
        "Conv2D",
        "channels_first_same",
        FIRST_IMAGE,
        filters=7,
        kernel_size=2,
        strides=2,
        padding="same",
        data_format=FIRST,
    ),
    row("Conv3D", "valid", VOLUME, filters=2, kernel_size=2),
    row("Conv3D", "same_strides", VOLUME, filters=2, kernel_size=(2, 3, 2), strides=2, padding="same"),
    row("Conv3D", "dilation", VOLUME, filters=2, kernel_size=2, dilation_rate=(1, 2, 1)),
    row("Conv3D", "channels_first", FIRST_VOLUME, filters=2, kernel_size=2, data_format=FIRST),
    row("DepthwiseConv1D", "plain", LINE, kernel_size=3, depth_multiplier=2),
    row("DepthwiseConv2D", "plain", IMAGE, kernel_size=3),
    row(
        "DepthwiseConv2D", "same_strides", IMAGE, kernel_size=3, strides=2, padding="same", depth_multiplier=2
    ),
    row("SeparableConv1D", "plain", LINE, filters=3, kernel_size=3),
    row("SeparableConv2D", "same", IMAGE, filters=3, kernel_size=3, padding="same", depth_multiplier=2),
    row("Conv1DTranspose", "valid", LINE, filters=3, kernel_size=3, strides=2),
    row("Conv1DTranspose", "same", LINE, filters=3, kernel_size=3, strides=2, padding="same"),
    row("Conv2DTranspose", "valid", IMAGE, filters=3, kernel_size=3, strides=2),
    row("Conv2DTranspose", "same", IMAGE, filters=3, kernel_size=(4, 3), strides=2, padding="same"),
    row("Conv3DTranspose", "valid", VOLUME, filters=2, kernel_size=2, strides=2),
]


def _pooling(rank, line, first):
    """The rows of max and average pooling of one rank."""
    rows = []
    for kind in ("MaxPooling", "AveragePooling"):
        layer = f"{kind}{rank}D"
        rows += [
            row(layer, "plain", line, pool_size=2),
            row(layer, "valid", line, pool_size=3, strides=1),
            row(layer, "same", line, pool_size=2, strides=1, padding="same"),
            row(layer, "same_strides", line, pool_size=3, strides=2, padding="same"),
            row(layer, "channels_first", first, pool_size=2, data_format=FIRST),
            row(
                layer, "channels_first_same", first, pool_size=3, strides=2, padding="same", data_format=FIRST
            ),
        ]
    for kind in ("GlobalMaxPooling", "GlobalAveragePooling"):
        layer = f"{kind}{rank}D"
        rows += [
            row(layer, "plain", line),
            row(layer, "keepdims", line, keepdims=True),
            row(layer, "channels_first", first, data_format=FIRST),
        ]
    return rows


POOLING = [
    *_pooling(1, LINE, FIRST_LINE),
    *_pooling(2, IMAGE, FIRST_IMAGE),
    *_pooling(3, VOLUME, FIRST_VOLUME),
    row("MaxPooling2D", "uneven", IMAGE, pool_size=(2, 3), strides=(1, 2)),
    row("AveragePooling2D", "uneven", IMAGE, pool_size=(3, 2), strides=(2, 1), padding="same"),
    row("GlobalAveragePooling1D", "masked", floats(3, 5, 2), call=dict(mask=step_mask("back", 3, 5))),
    row(
        "GlobalAveragePooling1D",
        "masked_keepdims",
        floats(3, 5, 2),
        keepdims=True,
        call=dict(mask=step_mask("middle", 3, 5)),
    ),
]
