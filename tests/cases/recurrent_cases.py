"""Further rows of recurrent layers, wrappers and attention: what `layer_cases_sequences` leaves out.

Their reference is `tests/references/recurrent.npz`, made by `compat_tests/make_recurrent_references.py`.
"""

from __future__ import annotations

from cases.arrays import booleans, floats, step_mask
from cases.layer_case import nested, row

BATCH, STEPS, FEATURES, UNITS = 4, 6, 3, 2
SEQUENCE = floats(BATCH, STEPS, FEATURES)
STATES = {"SimpleRNN": 1, "LSTM": 2, "GRU": 1}
ALL = dict(return_sequences=True, return_state=True)


def _mask(kind):
    return dict(mask=step_mask(kind, BATCH, STEPS))


def _states(layer, times=1):
    return dict(initial_state=[floats(BATCH, UNITS) for _ in range(times * STATES[layer])])


def _stateful(layer):
    kept = dict(units=UNITS, stateful=True, warm_up=2, mixes_batch=True, **ALL)
    return [
        row(layer, "three_calls", SEQUENCE, **kept),
        row(layer, "three_calls_front", SEQUENCE, call=_mask("front"), **kept),
        row(layer, "three_calls_empty_row", SEQUENCE, call=_mask("empty row"), **kept),
        row(layer, "three_calls_backwards", SEQUENCE, go_backwards=True, call=_mask("middle"), **kept),
    ]


def _masked(layer):
    def one(note, mask, **arguments):
        return row(layer, note, SEQUENCE, units=UNITS, call={**_mask(mask), **_states(layer)}, **arguments)

    rows = [one(f"start_{mask.replace(' ', '_')}", mask, **ALL) for mask in ("back", "front", "empty row")]
    rows += [
        one(f"start_backwards_{mask.replace(' ', '_')}", mask, go_backwards=True, **ALL)
        for mask in ("middle", "empty row")
    ]
    return [
        *rows,
        one("start_last_empty_row", "empty row"),
        one("zero_sequences", "front", zero_output_for_mask=True, go_backwards=True, **ALL),
        one("zero_last", "back", zero_output_for_mask=True, return_state=True),
        one("unrolled", "middle", unroll=True, **ALL),
        one("curves", "middle", activation="softsign", go_backwards=True, **ALL),
    ]


def _with_states(note, inner, mask, return_sequences=True, **arguments):
    layer = nested(inner, units=UNITS, return_sequences=return_sequences, return_state=True)
    call = {**_mask(mask), **_states(inner, times=2)}
    return row("Bidirectional", note, SEQUENCE, layer=layer, call=call, **arguments)


RECURRENT = [
    *[one for layer in STATES for one in (*_stateful(layer), *_masked(layer))],
    row(
        "GRU",
        "reset_before_backwards",
        SEQUENCE,
        units=UNITS,
        reset_after=False,
        go_backwards=True,
        call={**_mask("empty row"), **_states("GRU")},
        **ALL,
    ),
    row(
        "LSTM",
        "hard_gates",
        SEQUENCE,
        units=UNITS,
        recurrent_activation="hard_sigmoid",
        call={**_mask("front"), **_states("LSTM")},
        **ALL,
    ),
    row("SimpleRNN", "sigmoid", SEQUENCE, units=UNITS, activation="sigmoid", call=_mask("middle"), **ALL),
]

BIDIRECTIONAL = [
    _with_states("lstm_middle", "LSTM", "middle"),
    _with_states("gru_empty_row", "GRU", "empty row"),
    _with_states("simple_front_sum", "SimpleRNN", "front", merge_mode="sum"),
    _with_states("gru_both", "GRU", "back", merge_mode=None),
    _with_states("lstm_last", "LSTM", "empty row", return_sequences=False),
    _with_states("lstm_last_both", "LSTM", "front", return_sequences=False, merge_mode=None),
    row(
        "Bidirectional",
        "other_layer_masked",
        SEQUENCE,
        layer=nested("LSTM", units=UNITS, return_sequences=True),
        backward_layer=nested("GRU", units=3, go_backwards=True, return_sequences=True, activation="relu"),
        call=_mask("empty row"),
    ),
]

TIME_DISTRIBUTED = [
    row(
        "TimeDistributed",
        "lstm_inner_mask",
        floats(2, 3, 4, 2),
        layer=nested("LSTM", units=2),
        call=dict(mask=booleans(2, 3, 4)),
    ),
    row(
        "TimeDistributed",
        "batch_norm_training",
        floats(4, 3, 2),
        layer=nested("BatchNormalization"),
        weight_kind="positive",
        call=dict(training=True),
        mixes_batch=True,
    ),
    row(
        "TimeDistributed",
        "batch_norm",
        floats(4, 3, 2),
        layer=nested("BatchNormalization"),
        weight_kind="positive",
    ),
]

QUERY, VALUE, GRID = floats(2, 3, 4), floats(2, 5, 6), floats(2, 2, 3, 4)
SCORES = dict(return_attention_scores=True)


def _attention(note, inputs, **arguments):
    return row("MultiHeadAttention", note, inputs, spread=True, **{"num_heads": 2, "key_dim": 3, **arguments})


ATTENTION = [
    _attention("several_axes_out", [QUERY, VALUE], output_shape=(2, 7), value_dim=5),
    _attention("gate", [QUERY, VALUE], use_gate=True),
    _attention("window", [QUERY, VALUE], sliding_window=2),
    _attention("window_causal", [QUERY, VALUE], sliding_window=2, call=dict(use_causal_mask=True, **SCORES)),
    _attention("dropout_at_inference", [QUERY, VALUE], dropout=0.4),
    _attention("heads_mask", [QUERY, VALUE], call=dict(attention_mask=booleans(2, 2, 3, 5))),
    _attention(
        "key_mask", [QUERY, VALUE], call=dict(key=floats(2, 5, 3), key_mask=step_mask("front", 2, 5))
    ),
    _attention(
        "value_mask_scores", [QUERY, VALUE], call=dict(value_mask=step_mask("middle", 2, 5), **SCORES)
    ),
    _attention(
        "causal_and_mask",
        [QUERY, QUERY],
        call=dict(use_causal_mask=True, value_mask=step_mask("back", 2, 3), **SCORES),
    ),
    _attention(
        "grid_mask", [GRID, GRID], attention_axes=(1, 2), call=dict(attention_mask=booleans(2, 2, 3, 2, 3))
    ),
    _attention(
        "grid_one_axis_scores",
        [GRID, GRID],
        attention_axes=(2,),
        call=dict(attention_mask=booleans(2, 2, 3, 3), **SCORES),
    ),
    _attention("nothing_to_see", [QUERY, VALUE], call=dict(value_mask=step_mask("empty row", 2, 5))),
    _attention(
        "nothing_to_see_scores", [QUERY, VALUE], call=dict(value_mask=step_mask("empty row", 2, 5), **SCORES)
    ),
]


def _einsum(note, equation, shape, output_shape, **arguments):
    return row(
        "EinsumDense", note, floats(*shape), equation=equation, output_shape=output_shape, **arguments
    )


EINSUM = [
    _einsum("dense", "ab,bc->ac", (2, 3), 4, bias_axes="c"),
    _einsum("sequence", "abc,cd->abd", (2, 3, 4), (None, 5), bias_axes="d", activation="relu"),
    _einsum("dots_first", "...x,xy->...y", (2, 3, 4), 5, bias_axes="y"),
    _einsum("dots_last", "ab...,bc->ac...", (2, 3, 4), 5, bias_axes="c"),
    _einsum("heads", "abc,cde->abde", (2, 3, 4), (None, 2, 5), bias_axes="de"),
    _einsum("heads_partial_bias", "abc,cde->abde", (2, 3, 4), (None, 2, 5), bias_axes="d"),
    _einsum("heads_back", "abcd,cde->abe", (2, 3, 4, 2), (None, 5), bias_axes="e"),
    _einsum("no_bias", "abc,bd->adc", (2, 3, 4), (5, None)),
    _einsum("per_channel", "abc,bcd->abd", (2, 3, 4), (3, 5), bias_axes="bd"),
]

RECURRENT_CASES = [*RECURRENT, *BIDIRECTIONAL, *TIME_DISTRIBUTED, *ATTENTION, *EINSUM]
