"""Rows of `keras.backend`: calls of K, in tf.keras and keras_torch alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from cases.arrays import Values, array, booleans, floats, positive, whole


@dataclass(frozen=True)
class BackendCase:
    """One call of a backend function.

    Args:
        function: its name.
        note: what is special; with the function it is the name of the case.
        arguments: positional ones; `Values` become tensors, also inside of lists.
        options: named ones.
    """

    function: str
    note: str
    arguments: tuple
    options: dict = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Key in the reference file and id of the test."""
        return f"{self.function}-{self.note}"


@dataclass(frozen=True)
class Numbers:
    """Given numbers, as an integer tensor."""

    values: list


def row(function: str, note: str, *arguments: Any, **options: Any) -> BackendCase:
    """A `BackendCase` in one line."""
    return BackendCase(function, note, arguments, options)


def answer(backend: Any, case: BackendCase, convert: Any) -> list[np.ndarray]:
    """What a backend gives for a row, as a flat list of arrays."""
    arguments = [_made(one, f"{case.name}/{i}", convert) for i, one in enumerate(case.arguments)]
    options = {name: _made(one, f"{case.name}/{name}", convert) for name, one in case.options.items()}
    found = getattr(backend, case.function)(*arguments, **options)
    return [np.asarray(backend.get_value(part)) for part in _flat(found)]


def _made(value: Any, label: str, convert: Any) -> Any:
    if isinstance(value, Values):
        return convert(array(value, label))
    if isinstance(value, Numbers):
        return convert(np.array(value.values, dtype="int32"))
    if isinstance(value, list):
        return [_made(one, f"{label}.{i}", convert) for i, one in enumerate(value)]
    return value


def _flat(value: Any) -> list:
    if isinstance(value, (list, tuple)):
        return [leaf for part in value for leaf in _flat(part)]
    return [value]


def _add(x, states):
    """A step of `rnn`: a running sum with a constant, if there is one."""
    total = states[0] + x + (states[1] if len(states) > 1 else 0)
    return total * 2, [total]


X, IMAGE = floats(2, 3, 4), floats(2, 5, 6, 3)
_REDUCTIONS = ("sum", "mean", "max", "min", "prod", "std", "var")
_ELEMENTWISE = (
    "abs",
    "cos",
    "exp",
    "round",
    "sigmoid",
    "sign",
    "sin",
    "softplus",
    "softsign",
    "sqrt",
    "square",
    "tanh",
    "hard_sigmoid",
    "elu",
    "relu",
    "softmax",
    "l2_normalize",
    "flatten",
    "batch_flatten",
    "transpose",
    "argmax",
    "argmin",
    "cumsum",
    "cumprod",
)

BACKEND_CASES = [
    *(row(name, "plain", X) for name in (*_ELEMENTWISE, *_REDUCTIONS)),
    *(row(name, "axis", X, axis=1, keepdims=True) for name in _REDUCTIONS),
    *(row(name, "axes", X, axis=[0, -1]) for name in _REDUCTIONS),
    *(row(name, "axis", booleans(3, 4), axis=-1) for name in ("any", "all")),
    *(
        row(name, "pair", X, floats(2, 3, 4))
        for name in ("maximum", "minimum", "greater", "less_equal", "not_equal")
    ),
    row("log", "positive", positive(2, 3)),
    row("pow", "cube", X, 3),
    row("clip", "both", X, -0.3, 0.4),
    row("clip", "crossed", X, 0.5, 0.1),
    row("relu", "slope_ceiling", X, alpha=0.3, max_value=0.5),
    row("relu", "threshold", X, threshold=0.2),
    row("relu", "slope_threshold", X, alpha=0.1, threshold=0.4, max_value=0.8),
    row("elu", "alpha", X, 0.5),
    row("softmax", "axis", X, axis=1),
    row("l2_normalize", "axis", X, axis=-1),
    row("argmax", "axis", X, axis=1),
    # products
    row("dot", "matrices", floats(2, 3), floats(3, 4)),
    row("dot", "three_and_two", X, floats(4, 5)),
    row("dot", "two_and_three", floats(2, 3), floats(4, 3, 5)),
    row("dot", "three_and_three", floats(2, 3, 4), floats(5, 4, 6)),
    row("batch_dot", "matrices", floats(3, 4), floats(3, 4), axes=1),
    row("batch_dot", "default", floats(2, 3, 4), floats(2, 4, 5)),
    row("batch_dot", "default_two", floats(2, 3, 4), floats(2, 4)),
    row("batch_dot", "default_two_three", floats(2, 4), floats(2, 4, 5)),
    row("batch_dot", "pair", floats(2, 3, 4), floats(2, 5, 4), axes=[2, 2]),
    row("batch_dot", "one", floats(2, 3, 4), floats(2, 3, 5), axes=1),
    row("batch_dot", "four", floats(2, 3, 4, 5), floats(2, 6, 4), axes=(2, 2)),
    row("batch_dot", "four_four", floats(2, 3, 4, 5), floats(2, 6, 5, 7)),
    # arrangement
    row("permute_dimensions", "plain", X, (2, 0, 1)),
    row("reshape", "rest", X, (4, -1)),
    row("expand_dims", "middle", X, 1),
    row("squeeze", "middle", floats(2, 1, 3), 1),
    row("concatenate", "last", [X, floats(2, 3, 2)]),
    row("concatenate", "first", [X, floats(1, 3, 4)], axis=0),
    row("stack", "middle", [X, floats(2, 3, 4)], axis=1),
    row("tile", "plain", floats(2, 3), [2, 1]),
    row("repeat", "plain", floats(2, 3), 4),
    row("repeat_elements", "plain", X, 3, axis=1),
    row("reverse", "two", X, (0, 2)),
    row("gather", "matrix", floats(5, 3), whole(5, (2, 2))),
    row("one_hot", "plain", whole(4, (2, 3)), 4),
    row("temporal_padding", "pair", X, (2, 1)),
    row("spatial_2d_padding", "uneven", IMAGE, ((1, 0), (2, 3))),
    row("spatial_2d_padding", "first", IMAGE, ((1, 0), (2, 3)), data_format="channels_first"),
    row("spatial_3d_padding", "plain", floats(1, 2, 3, 2, 2)),
    row("resize_images", "nearest", IMAGE, 2, 3, "channels_last"),
    row("resize_images", "first", IMAGE, 2, 3, "channels_first"),
    row("resize_images", "bilinear", IMAGE, 2, 2, "channels_last", interpolation="bilinear"),
    row("resize_volumes", "plain", floats(1, 2, 3, 2, 2), 2, 1, 3, "channels_last"),
    row("arange", "steps", 1, 8, 3),
    row("eye", "plain", 3),
    row("cast", "down", positive(2, 3), "int32"),
    # networks
    row("categorical_crossentropy", "rows", positive(3, 4), positive(3, 4)),
    row("categorical_crossentropy", "logits", positive(3, 4), floats(3, 4), from_logits=True),
    row("categorical_crossentropy", "axis", positive(3, 4), positive(3, 4), axis=0),
    row("sparse_categorical_crossentropy", "rows", whole(4, (3,)), positive(3, 4)),
    row("sparse_categorical_crossentropy", "logits", whole(4, (3,)), floats(3, 4), from_logits=True),
    row("binary_crossentropy", "logits", positive(3, 4), floats(3, 4), from_logits=True),
    row("binary_focal_crossentropy", "logits", positive(3, 4), floats(3, 4), from_logits=True),
    row("categorical_focal_crossentropy", "rows", positive(3, 4), positive(3, 4)),
    row("batch_normalization", "vectors", X, floats(4), positive(4), floats(4), positive(4)),
    row(
        "batch_normalization",
        "broadcast",
        X,
        floats(1, 3, 1),
        positive(1, 3, 1),
        floats(1, 3, 1),
        positive(1, 3, 1),
        axis=1,
        epsilon=0.1,
    ),
    row("normalize_batch_in_training", "last", X, positive(4), floats(4), [0, 1]),
    row("normalize_batch_in_training", "middle", X, positive(3), floats(3), [0, 2]),
    row("bias_add", "vector", IMAGE, floats(3)),
    row("bias_add", "vector_first", IMAGE, floats(5), data_format="channels_first"),
    row("bias_add", "places_first", floats(2, 5, 4), floats(4, 5), data_format="channels_first"),
    row("in_top_k", "two", floats(4, 5), whole(5, (4,)), 2),
    row(
        "ctc_batch_cost",
        "plain",
        whole(3, (2, 2)),
        positive(2, 6, 5),
        Numbers([[6], [4]]),
        Numbers([[2], [1]]),
    ),
    # windows
    row("conv1d", "causal", floats(2, 6, 3), floats(3, 3, 4), padding="causal", dilation_rate=2),
    row("conv1d", "same", floats(2, 6, 3), floats(3, 3, 4), strides=2, padding="same"),
    row("conv2d", "same", IMAGE, floats(3, 2, 3, 4), strides=(2, 2), padding="same"),
    row("conv2d", "dilated", IMAGE, floats(2, 2, 3, 4), dilation_rate=(2, 2)),
    row("conv3d", "valid", floats(1, 3, 4, 3, 2), floats(2, 2, 2, 2, 3)),
    row("conv2d_transpose", "valid", IMAGE, floats(3, 3, 4, 3), (2, 11, 13, 4), strides=(2, 2)),
    row(
        "conv2d_transpose", "same", IMAGE, floats(3, 3, 4, 3), (2, 10, 12, 4), strides=(2, 2), padding="same"
    ),
    row(
        "conv2d_transpose",
        "same_odd",
        IMAGE,
        floats(3, 3, 4, 3),
        (2, 9, 11, 4),
        strides=(2, 2),
        padding="same",
    ),
    row("depthwise_conv2d", "same", IMAGE, floats(3, 3, 3, 2), padding="same"),
    row("separable_conv2d", "valid", IMAGE, floats(3, 3, 3, 2), floats(1, 1, 6, 4)),
    row("pool2d", "max", IMAGE, (2, 2), (2, 2)),
    row("pool2d", "average_same", IMAGE, (3, 2), (2, 2), "same", pool_mode="avg"),
    row("pool3d", "max", floats(1, 4, 4, 4, 2), (2, 2, 2)),
    row("local_conv1d", "plain", floats(2, 6, 3), floats(2, 9, 4), (3,), (2,)),
    row("local_conv2d", "plain", IMAGE, floats(20, 12, 4), (2, 2), (1, 1), (4, 5)),
    row(
        "local_conv2d",
        "first",
        floats(2, 3, 5, 6),
        floats(20, 12, 4),
        (2, 2),
        (1, 1),
        (4, 5),
        "channels_first",
    ),
    # loops
    row("switch", "alike", booleans(2, 3, 4), X, floats(2, 3, 4)),
    row("switch", "fewer_axes", booleans(2, 1), floats(2, 1, 4), floats(2, 1, 4)),
    row("rnn", "plain", _add, X, [floats(2, 4)]),
    row("rnn", "backwards", _add, X, [floats(2, 4)], go_backwards=True),
    row("rnn", "masked", _add, X, [floats(2, 4)], mask=booleans(2, 3)),
    row("rnn", "masked_zero", _add, X, [floats(2, 4)], mask=booleans(2, 3), zero_output_for_mask=True),
    row("rnn", "masked_backwards", _add, X, [floats(2, 4)], mask=booleans(2, 3), go_backwards=True),
    row("rnn", "constants", _add, X, [floats(2, 4)], constants=[floats(2, 4)], unroll=True),
    row("rnn", "time_major", _add, floats(3, 2, 4), [floats(2, 4)], time_major=True),
    row("rnn", "last_only", _add, X, [floats(2, 4)], return_all_outputs=False),
    row("map_fn", "plain", lambda x: x * 2 + 1, X),
    row("foldl", "plain", lambda total, x: total * 0.5 + x, X),
    row("foldr", "plain", lambda total, x: total * 0.5 + x, X),
]
