"""Rows of the core, activation, reshaping, regularization, normalization and merging layers."""

from __future__ import annotations

from cases.arrays import floats, step_mask, whole
from cases.layer_case import row

CORE = [
    row("Dense", "two_axes", floats(3, 4), units=5),
    row("Dense", "three_axes", floats(2, 3, 4), units=5),
    row("Dense", "four_axes_relu", floats(2, 3, 2, 4), units=3, activation="relu"),
    row("Dense", "no_bias", floats(3, 4), units=5, use_bias=False),
    *[
        row("Dense", f"activation_{name}", floats(3, 4), units=5, activation=name)
        for name in (
            "tanh",
            "sigmoid",
            "softmax",
            "softplus",
            "softsign",
            "elu",
            "selu",
            "gelu",
            "swish",
            "exponential",
            "hard_sigmoid",
            "relu6",
            "leaky_relu",
            "mish",
            "log_softmax",
            "hard_silu",
            "linear",
        )
    ],
    row("Embedding", "plain", whole(7, (3, 4)), input_dim=7, output_dim=3),
    row("Embedding", "mask_zero", whole(7, (3, 4), padded=True), input_dim=7, output_dim=3, mask_zero=True),
    row("Embedding", "three_axes", whole(5, (2, 3, 2)), input_dim=5, output_dim=2),
    row("Masking", "zero", floats(2, 3, 2)),
    row("Masking", "other_value", floats(2, 3, 2), mask_value=0.5),
    row("Identity", "plain", floats(2, 3)),
]

ACTIVATIONS = [
    row("Activation", "tanh", floats(2, 5), activation="tanh"),
    row("Activation", "softmax", floats(2, 3, 5), activation="softmax"),
    row("ReLU", "plain", floats(3, 5)),
    row("ReLU", "all_arguments", floats(3, 5), max_value=0.6, negative_slope=0.2, threshold=0.1),
    row("LeakyReLU", "plain", floats(3, 5)),
    row("LeakyReLU", "slope", floats(3, 5), negative_slope=0.1),
    row("ELU", "plain", floats(3, 5)),
    row("ELU", "alpha", floats(3, 5), alpha=0.5),
    row("PReLU", "plain", floats(2, 3, 4)),
    row("PReLU", "shared_axes", floats(2, 3, 4), shared_axes=[1]),
    row("PReLU", "shared_image_axes", floats(2, 3, 2, 4), shared_axes=[1, 2]),
    row("Softmax", "plain", floats(3, 5)),
    row("Softmax", "axis", floats(2, 3, 4), axis=1),
    row("Softmax", "masked", floats(3, 5), call=dict(mask=step_mask("back", 3, 5))),
]

RESHAPING = [
    row("Flatten", "three_axes", floats(2, 3, 4)),
    row("Flatten", "one_axis", floats(3)),
    row("Flatten", "channels_first", floats(2, 3, 2, 2), data_format="channels_first"),
    row("Reshape", "plain", floats(2, 6), target_shape=(3, 2)),
    row("Reshape", "unknown_size", floats(2, 3, 4), target_shape=(-1, 2)),
    row("Permute", "two", floats(2, 3, 4), dims=(2, 1)),
    row("Permute", "three", floats(2, 3, 4, 2), dims=(3, 1, 2)),
    row("RepeatVector", "plain", floats(2, 3), n=4),
    row("ZeroPadding1D", "both_sides", floats(2, 3, 2), padding=2),
    row("ZeroPadding1D", "uneven", floats(2, 3, 2), padding=(0, 2)),
    row("ZeroPadding2D", "plain", floats(2, 3, 2, 2), padding=1),
    row("ZeroPadding2D", "pairs", floats(2, 3, 2, 2), padding=((0, 1), (2, 1))),
    row("ZeroPadding2D", "channels_first", floats(2, 2, 3, 2), padding=(1, 2), data_format="channels_first"),
    row("ZeroPadding3D", "plain", floats(1, 2, 2, 3, 2), padding=(1, 0, 2)),
    row("ZeroPadding3D", "pairs", floats(1, 2, 2, 2, 2), padding=((0, 1), (1, 0), (2, 1))),
    row(
        "ZeroPadding3D",
        "channels_first",
        floats(1, 2, 2, 2, 2),
        padding=((0, 1), (1, 0), (2, 1)),
        data_format="channels_first",
    ),
    row("Cropping1D", "plain", floats(2, 5, 2), cropping=(1, 2)),
    row("Cropping2D", "plain", floats(2, 4, 5, 2), cropping=((1, 0), (2, 1))),
    row("Cropping3D", "plain", floats(1, 3, 4, 3, 2), cropping=((1, 0), (1, 1), (0, 1))),
    row("UpSampling1D", "plain", floats(2, 3, 2), size=2),
    row("UpSampling2D", "nearest", floats(2, 2, 3, 2), size=(2, 3)),
    row("UpSampling2D", "bilinear", floats(2, 3, 3, 2), size=2, interpolation="bilinear"),
    row("UpSampling2D", "channels_first", floats(2, 2, 2, 3), size=(3, 2), data_format="channels_first"),
    row("UpSampling3D", "plain", floats(1, 2, 2, 2, 2), size=(2, 1, 3)),
    row("UpSampling3D", "channels_first", floats(1, 2, 2, 2, 2), size=2, data_format="channels_first"),
]

REGULARIZATION = [
    row("Dropout", "inference", floats(3, 4), rate=0.5),
    row("Dropout", "rate_zero_in_training", floats(3, 4), rate=0.0, call=dict(training=True)),
    row("SpatialDropout1D", "inference", floats(2, 3, 4), rate=0.5),
    row("SpatialDropout2D", "inference", floats(2, 3, 2, 2), rate=0.5),
    row("GaussianNoise", "inference", floats(3, 4), stddev=0.5),
    row("GaussianDropout", "inference", floats(3, 4), rate=0.5),
    row("AlphaDropout", "inference", floats(3, 4), rate=0.5),
    row("ActivityRegularization", "plain", floats(3, 4), l1=0.1, l2=0.2),
]


def _batch_normalization(note, inputs, call=None, training=False, **arguments):
    call = {"training": training, **(call or {})}
    return row(
        "BatchNormalization",
        note,
        inputs,
        call=call,
        weight_kind="positive",
        mixes_batch=training,
        **arguments,
    )


NORMALIZATION = [
    _batch_normalization("inference", floats(4, 3)),
    _batch_normalization("inference_images", floats(2, 3, 2, 3)),
    _batch_normalization("training", floats(4, 3), training=True),
    _batch_normalization("training_images", floats(2, 3, 2, 3), training=True, momentum=0.8, epsilon=1e-2),
    _batch_normalization("training_axis_1", floats(3, 2, 4), training=True, axis=1),
    _batch_normalization("inference_axis_1", floats(3, 2, 4), axis=1),
    _batch_normalization("training_no_scale", floats(4, 3), training=True, scale=False),
    _batch_normalization("training_no_center", floats(4, 3), training=True, center=False),
    _batch_normalization("training_bare", floats(4, 3), training=True, center=False, scale=False),
    _batch_normalization(
        "training_masked", floats(3, 5, 2), call=dict(mask=step_mask("back", 3, 5)), training=True
    ),
    _batch_normalization("inference_masked", floats(3, 5, 2), call=dict(mask=step_mask("back", 3, 5))),
    _batch_normalization("not_trainable", floats(4, 3), call=dict(training=True), trainable=False),
    row("LayerNormalization", "plain", floats(3, 4)),
    row("LayerNormalization", "three_axes", floats(2, 3, 4), epsilon=1e-2),
    row("LayerNormalization", "axis_1", floats(2, 3, 4), axis=1),
    row("LayerNormalization", "two_axes", floats(2, 3, 4), axis=[1, 2]),
    row("LayerNormalization", "bare", floats(3, 4), center=False, scale=False),
    row("LayerNormalization", "no_center", floats(3, 4), center=False),
    row("GroupNormalization", "plain", floats(2, 3, 4), groups=2),
    row("RMSNormalization", "plain", floats(3, 4)),
    row("UnitNormalization", "plain", floats(3, 4)),
]

PAIR = [floats(2, 3, 4), floats(2, 3, 4)]

MERGING = [
    *[
        row(layer, "three_inputs", [*PAIR, floats(2, 3, 4)])
        for layer in ("Add", "Multiply", "Average", "Maximum", "Minimum")
    ],
    *[
        row(layer, "two_inputs", PAIR)
        for layer in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
    ],
    *[
        row(layer, "broadcast", [floats(2, 3, 4), floats(2, 1, 4)])
        for layer in ("Add", "Subtract", "Multiply", "Average")
    ],
    row("Maximum", "broadcast_ranks", [floats(2, 3, 4), floats(2, 4)]),
    row("Add", "broadcast_ranks", [floats(2, 3, 4), floats(2, 4)]),
    row("Concatenate", "last_axis", [floats(2, 3, 4), floats(2, 3, 2)]),
    row("Concatenate", "axis_1", [floats(2, 3, 4), floats(2, 1, 4), floats(2, 2, 4)], axis=1),
    row("Dot", "vectors", [floats(3, 4), floats(3, 4)], axes=1),
    row("Dot", "matrices", [floats(2, 3, 4), floats(2, 5, 4)], axes=2),
    row("Dot", "axes_pair", [floats(2, 3, 4), floats(2, 4, 5)], axes=(2, 1)),
    row("Dot", "matrix_vector", [floats(2, 3, 4), floats(2, 4)], axes=(2, 1)),
    row("Dot", "normalized", [floats(3, 4), floats(3, 4)], axes=1, normalize=True),
    row("Dot", "normalized_matrices", [floats(2, 3, 4), floats(2, 5, 4)], axes=-1, normalize=True),
]
