"""Rows of the recurrent layers, their wrappers and the attention layers."""

from __future__ import annotations

from cases.arrays import booleans, floats, step_mask, whole
from cases.layer_case import nested, row

SEQUENCE = floats(3, 5, 4)
STATES = {"SimpleRNN": 1, "LSTM": 2, "GRU": 1}


def _mask(kind):
    return dict(mask=step_mask(kind, 3, 5))


def _recurrent(layer):
    """The rows every recurrent layer has."""
    states = [floats(3, 2) for _ in range(STATES[layer])]
    rows = [
        row(layer, "last_output", SEQUENCE, units=2),
        row(layer, "sequences", SEQUENCE, units=2, return_sequences=True),
        row(layer, "state", SEQUENCE, units=2, return_state=True),
        row(layer, "sequences_and_state", SEQUENCE, units=2, return_sequences=True, return_state=True),
        row(layer, "backwards", SEQUENCE, units=2, go_backwards=True),
        row(
            layer,
            "backwards_sequences",
            SEQUENCE,
            units=2,
            go_backwards=True,
            return_sequences=True,
            return_state=True,
        ),
        row(layer, "one_step", floats(3, 1, 4), units=2, return_sequences=True),
        row(layer, "no_bias", SEQUENCE, units=2, use_bias=False),
        row(layer, "unrolled", SEQUENCE, units=2, unroll=True, return_sequences=True),
        row(layer, "relu", SEQUENCE, units=2, activation="relu", return_sequences=True),
        row(layer, "dropout_at_inference", SEQUENCE, units=2, dropout=0.3, recurrent_dropout=0.3),
        row(
            layer,
            "initial_state",
            SEQUENCE,
            units=2,
            return_sequences=True,
            return_state=True,
            call=dict(initial_state=states),
        ),
        row(
            layer,
            "initial_state_masked",
            SEQUENCE,
            units=2,
            return_sequences=True,
            return_state=True,
            call=dict(initial_state=states, **_mask("middle")),
        ),
        row(
            layer,
            "stateful",
            SEQUENCE,
            units=2,
            stateful=True,
            return_sequences=True,
            warm_up=1,
            mixes_batch=True,
        ),
        row(
            layer,
            "stateful_masked",
            SEQUENCE,
            units=2,
            stateful=True,
            return_state=True,
            warm_up=1,
            mixes_batch=True,
            call=_mask("back"),
        ),
        row(
            layer,
            "backwards_masked",
            SEQUENCE,
            units=2,
            go_backwards=True,
            return_sequences=True,
            return_state=True,
            call=_mask("back"),
        ),
        row(
            layer,
            "backwards_front_masked",
            SEQUENCE,
            units=2,
            go_backwards=True,
            return_sequences=True,
            return_state=True,
            call=_mask("front"),
        ),
        row(
            layer,
            "zero_output_masked",
            SEQUENCE,
            units=2,
            return_sequences=True,
            zero_output_for_mask=True,
            call=_mask("middle"),
        )
        if layer == "LSTM"
        else None,
    ]
    for kind in ("back", "front", "middle", "empty row"):
        note = kind.replace(" ", "_")
        rows.append(
            row(
                layer,
                f"mask_{note}",
                SEQUENCE,
                units=2,
                return_sequences=True,
                return_state=True,
                call=_mask(kind),
            )
        )
        rows.append(row(layer, f"mask_{note}_last_output", SEQUENCE, units=2, call=_mask(kind)))
    return [one for one in rows if one]


RECURRENT = [
    *_recurrent("SimpleRNN"),
    *_recurrent("LSTM"),
    *_recurrent("GRU"),
    row(
        "LSTM", "hard_sigmoid", SEQUENCE, units=2, recurrent_activation="hard_sigmoid", return_sequences=True
    ),
    row("LSTM", "no_unit_forget_bias", SEQUENCE, units=2, unit_forget_bias=False),
    row("LSTM", "wide", floats(2, 6, 3), units=5, return_sequences=True),
    row("GRU", "reset_before", SEQUENCE, units=2, reset_after=False, return_sequences=True),
    row(
        "GRU",
        "reset_before_masked",
        SEQUENCE,
        units=2,
        reset_after=False,
        return_sequences=True,
        return_state=True,
        call=_mask("middle"),
    ),
    row("GRU", "reset_before_no_bias", SEQUENCE, units=2, reset_after=False, use_bias=False),
    row("GRU", "hard_sigmoid", SEQUENCE, units=2, recurrent_activation="hard_sigmoid", return_sequences=True),
    row(
        "RNN",
        "lstm_cell",
        SEQUENCE,
        cell=nested("LSTMCell", units=2),
        return_sequences=True,
        return_state=True,
    ),
    row(
        "RNN",
        "gru_cell_masked",
        SEQUENCE,
        cell=nested("GRUCell", units=2),
        return_sequences=True,
        call=_mask("back"),
    ),
    row("RNN", "simple_cell", SEQUENCE, cell=nested("SimpleRNNCell", units=2)),
]

WRAPPERS = [
    *[
        row(
            "Bidirectional",
            f"merge_{mode}",
            SEQUENCE,
            layer=nested("LSTM", units=2, return_sequences=True),
            merge_mode=mode,
        )
        for mode in ("concat", "sum", "mul", "ave", None)
    ],
    *[
        row("Bidirectional", f"last_output_{mode}", SEQUENCE, layer=nested("GRU", units=2), merge_mode=mode)
        for mode in ("concat", "sum", None)
    ],
    row("Bidirectional", "simple_rnn", SEQUENCE, layer=nested("SimpleRNN", units=2, return_sequences=True)),
    row(
        "Bidirectional",
        "state",
        SEQUENCE,
        layer=nested("LSTM", units=2, return_sequences=True, return_state=True),
    ),
    row(
        "Bidirectional",
        "masked_back",
        SEQUENCE,
        layer=nested("LSTM", units=2, return_sequences=True),
        call=_mask("back"),
    ),
    row(
        "Bidirectional",
        "masked_front",
        SEQUENCE,
        layer=nested("GRU", units=2, return_sequences=True),
        call=_mask("front"),
    ),
    row("Bidirectional", "masked_middle_last", SEQUENCE, layer=nested("LSTM", units=2), call=_mask("middle")),
    row(
        "Bidirectional",
        "initial_state",
        SEQUENCE,
        layer=nested("GRU", units=2, return_sequences=True),
        call=dict(initial_state=[floats(3, 2), floats(3, 2)]),
    ),
    row(
        "Bidirectional",
        "backward_layer",
        SEQUENCE,
        layer=nested("LSTM", units=2),
        backward_layer=nested("GRU", units=3, go_backwards=True),
    ),
    row("TimeDistributed", "dense", SEQUENCE, layer=nested("Dense", units=2, activation="tanh")),
    row(
        "TimeDistributed",
        "convolution",
        floats(2, 3, 5, 4, 2),
        layer=nested("Conv2D", filters=2, kernel_size=2),
    ),
    row("TimeDistributed", "masked", SEQUENCE, layer=nested("Dense", units=2), call=_mask("back")),
    row(
        "TimeDistributed",
        "embedding",
        whole(5, (2, 3, 4)),
        layer=nested("Embedding", input_dim=5, output_dim=2),
    ),
    row("TimeDistributed", "lstm", floats(2, 3, 4, 2), layer=nested("LSTM", units=2)),
]

QUERY, VALUE = floats(2, 3, 4), floats(2, 5, 6)
HEADS = dict(num_heads=2, key_dim=3)


def _attention(note, inputs, **arguments):
    return row("MultiHeadAttention", note, inputs, spread=True, **{**HEADS, **arguments})


ATTENTION = [
    _attention("self", [QUERY, QUERY]),
    _attention("cross", [QUERY, VALUE]),
    _attention("key_given", [QUERY, VALUE], call=dict(key=floats(2, 5, 3))),
    _attention("value_dim", [QUERY, VALUE], value_dim=5),
    _attention("output_shape", [QUERY, VALUE], output_shape=7),
    _attention("no_bias", [QUERY, VALUE], use_bias=False),
    _attention("scores", [QUERY, VALUE], call=dict(return_attention_scores=True)),
    _attention("causal", [QUERY, QUERY], call=dict(use_causal_mask=True)),
    _attention(
        "causal_scores", [QUERY, QUERY], call=dict(use_causal_mask=True, return_attention_scores=True)
    ),
    _attention("attention_mask", [QUERY, VALUE], call=dict(attention_mask=booleans(2, 3, 5))),
    _attention(
        "attention_mask_scores",
        [QUERY, VALUE],
        call=dict(attention_mask=booleans(2, 3, 5), return_attention_scores=True),
    ),
    _attention("value_mask", [QUERY, VALUE], call=dict(value_mask=step_mask("back", 2, 5))),
    _attention(
        "masks_and_causal",
        [QUERY, QUERY],
        call=dict(value_mask=step_mask("back", 2, 3), use_causal_mask=True),
    ),
    _attention("image_axes", [floats(2, 2, 3, 4), floats(2, 2, 3, 4)], attention_axes=(1, 2)),
    _attention("one_axis_of_two", [floats(2, 2, 3, 4), floats(2, 2, 3, 4)], attention_axes=(2,)),
    row("Attention", "plain", [floats(2, 3, 4), floats(2, 5, 4)]),
    row("Attention", "causal", [floats(2, 3, 4), floats(2, 3, 4)], call=dict(use_causal_mask=True)),
    row("AdditiveAttention", "plain", [floats(2, 3, 4), floats(2, 5, 4)]),
]
