"""Where a mask goes: Masking, then the layers of a row, then an average that leaves masked steps out.

The average differs when a mask was lost, kept or changed, so equal numbers mean equal masks. A row is a
function `middle(keras, x) -> x` that is put between the two; it works on symbols of shape (batch, 5, 3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from cases.arrays import array, floats, step_mask
from cases.history_case import set_starting_weights

BATCH, STEPS, FEATURES = 3, 5, 3


def _layer(name: str, **arguments: Any) -> Callable:
    return lambda keras, x: getattr(keras.layers, name)(**arguments)(x)


def _wrapped(name: str, inner: str, **arguments: Any) -> Callable:
    return lambda keras, x: getattr(keras.layers, name)(getattr(keras.layers, inner)(**arguments))(x)


def _merged(name: str, **arguments: Any) -> Callable:
    """Both inputs masked."""
    return lambda keras, x: getattr(keras.layers, name)(**arguments)([x, keras.layers.Dense(FEATURES)(x)])


def _half_masked(name: str, **arguments: Any) -> Callable:
    """The second input comes from a convolution, which drops the mask."""

    def middle(keras, x):
        other = keras.layers.Conv1D(FEATURES, 3, padding="same")(x)
        return getattr(keras.layers, name)(**arguments)([x, other])

    return middle


def _chained(*names_and_arguments: tuple) -> Callable:
    def middle(keras, x):
        for name, arguments in names_and_arguments:
            x = getattr(keras.layers, name)(**arguments)(x)
        return x

    return middle


def _model_inside(keras, x):
    inner = keras.Sequential(
        [keras.Input((STEPS, FEATURES)), keras.layers.Dense(4), keras.layers.LeakyReLU()]
    )
    return inner(x)


def _model_with_masking_inside(keras, x):
    inputs = keras.Input((STEPS, FEATURES))
    inner = keras.Model(inputs, keras.layers.Dense(4)(keras.layers.Masking()(inputs)))
    return inner(keras.layers.Conv1D(FEATURES, 1, use_bias=False)(x))


def _attention(keras, x):
    return keras.layers.MultiHeadAttention(2, 2)(x, x)


def _attention_over_unmasked(keras, x):
    other = keras.layers.Conv1D(FEATURES, 3, padding="same")(x)
    return keras.layers.MultiHeadAttention(2, 2)(x, other)


def _recurrent_state_reused(keras, x):
    """An encoder's state starts a decoder that has the same mask.

    The mask is named: given a state, Keras 3 does not find it by itself (Keras 2 did, keras_torch does).
    """
    mask = keras.ops.any(keras.ops.not_equal(x, 0.0), axis=-1)
    _, state = keras.layers.GRU(4, return_state=True)(x)
    return keras.layers.GRU(4, return_sequences=True)(x, initial_state=state, mask=mask)


RECURRENT = {"units": 4, "return_sequences": True}
MASK_CASES: dict[str, Callable] = {
    "nothing": lambda keras, x: x,
    **{
        name: _layer(name, **arguments)
        for name, arguments in {
            "Dense": {"units": 4},
            "Activation": {"activation": "tanh"},
            "LeakyReLU": {},
            "PReLU": {},
            "ReLU": {},
            "ELU": {},
            "Dropout": {"rate": 0.5},
            "SpatialDropout1D": {"rate": 0.5},
            "GaussianNoise": {"stddev": 0.5},
            "ActivityRegularization": {"l1": 0.1},
            "BatchNormalization": {},
            "LayerNormalization": {},
            "Permute": {"dims": (1, 2)},
            "Reshape": {"target_shape": (5, 3)},
            "Conv1D": {"filters": 4, "kernel_size": 1},
            "ZeroPadding1D": {"padding": 1},
            "UpSampling1D": {"size": 2},
            "MaxPooling1D": {"pool_size": 2},
            "SimpleRNN": RECURRENT,
            "LSTM": RECURRENT,
            "GRU": RECURRENT,
            "Identity": {},
        }.items()
    },
    "backwards LSTM": _layer("LSTM", go_backwards=True, **RECURRENT),
    "TimeDistributed": _wrapped("TimeDistributed", "Dense", units=4),
    "Bidirectional": _wrapped("Bidirectional", "LSTM", **RECURRENT),
    **{name: _merged(name) for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Concatenate")},
    "Concatenate steps": _merged("Concatenate", axis=1),
    "Add half masked": _half_masked("Add"),
    "Concatenate half masked": _half_masked("Concatenate"),
    "Concatenate steps half masked": _half_masked("Concatenate", axis=1),
    "two recurrent layers": _chained(("LSTM", RECURRENT), ("Dropout", {"rate": 0.1}), ("GRU", RECURRENT)),
    "masked twice": _chained(("Dense", {"units": 3}), ("Masking", {"mask_value": 0.5})),
    "model inside": _model_inside,
    "model with masking inside": _model_with_masking_inside,
    "MultiHeadAttention": _attention,
    "MultiHeadAttention over unmasked": _attention_over_unmasked,
    "recurrent state reused": _recurrent_state_reused,
}


def mask_answers(keras: Any, middle: Callable) -> dict[str, np.ndarray]:
    """The output of the model of one row, with padding behind, in front of and between the steps."""
    inputs = keras.Input((STEPS, FEATURES))
    outputs = middle(keras, keras.layers.Masking()(inputs))
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(outputs))
    set_starting_weights(model)
    return {
        kind: np.asarray(model.predict(padded_input(kind), verbose=0)) for kind in ("back", "front", "middle")
    }


def padded_input(kind: str) -> np.ndarray:
    """Numbers whose masked steps are zero."""
    mask = array(step_mask(kind, BATCH, STEPS), "mask")
    return array(floats(BATCH, STEPS, FEATURES), f"mask cases/{kind}") * mask[..., None]
