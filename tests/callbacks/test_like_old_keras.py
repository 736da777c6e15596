"""Callbacks that watch a value, and the lines of progress, are those of each real Keras."""

import json
import types

import pytest
from cases import watching_cases as cases

import keras_torch
from keras_torch.dialects import dialect

RECORDED = cases.recorded()
UNFINISHED = ("evaluate, 1", "predict, 1")   # Keras 1 may stop repainting before the end; ours is whole


def _as_stored(answer):
    return json.loads(json.dumps(answer))


@pytest.mark.parametrize(
    "generation, name", [(one, name) for one in cases.GENERATIONS for name in cases.rows(one)]
)
def test_what_a_callback_that_watches_does(generation, name):
    callback, arguments, values = cases.rows(generation)[name]
    model = cases.WatchedModel(types.SimpleNamespace(learning_rate=0.5))
    with dialect(generation):
        made = getattr(keras_torch.callbacks, callback)(**arguments)
        answer = cases.watched(made, model, lambda told: told.optimizer.learning_rate, values)
    assert _as_stored(answer) == RECORDED[generation]["watched"][name]


@pytest.mark.parametrize("name", cases.PRINTED)
@pytest.mark.parametrize("generation", [*cases.GENERATIONS, "keras3"])
def test_lines_of_progress(generation, name):
    if generation == "keras1" and name in UNFINISHED:
        expected = ["10/10 [==============================] - Ns"]
    else:
        expected = RECORDED[generation]["printed"][name]
    with dialect(generation):
        assert cases.printed(keras_torch, generation, name) == expected
