"""Budgets of a call, counted: Python frames, torch operations; graphs compile and export in one piece."""

from __future__ import annotations

import sys

import pytest
import torch
from cases.operation_count import CountOperations

import keras_torch as keras
from keras_torch import Model, Sequential, layers

X = torch.ones(3, 4)


def frames(action):
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count - 1  # the action itself


def five(kind="functional"):
    if kind == "sequential":
        return Sequential([keras.Input((4,)), *(layers.Dense(4) for _ in range(5))])
    x = y = keras.Input((4,))
    for _ in range(5):
        y = layers.Dense(4)(y)
    return Model(x, y)


@pytest.fixture(autouse=True, scope="module")
def _another_model_adds_losses():
    """What one model of the process does must not cost the others anything."""
    penalised = Sequential([keras.Input((4,)), layers.Dense(4, activity_regularizer="l2")])
    penalised(X)
    assert len(penalised.losses) == 1


def test_a_built_dense_takes_at_most_20_frames():
    dense = layers.Dense(4)
    dense(X)
    assert frames(lambda: dense(X)) <= 20


@pytest.mark.parametrize("kind", ["functional", "sequential"])
def test_a_model_of_five_dense_takes_at_most_30_frames(kind):
    model = five(kind)
    model(X)
    assert frames(lambda: model(X)) <= 30


def test_a_model_runs_the_operations_of_its_layers_and_no_others():
    x = keras.Input((4,))
    model = Model(x, layers.Dense(2)(layers.Dropout(0.5)(layers.Dense(4, activation="relu")(x))))
    with torch.no_grad(), CountOperations() as operations:
        model(X)
    assert operations.names == ["addmm", "relu", "addmm"]


@pytest.mark.filterwarnings("ignore:.*masked input:UserWarning")
def test_masks_that_nobody_reads_cost_nothing():
    words = keras.Input((5,), dtype="int64")
    model = Model(words, layers.Flatten()(layers.Conv1D(2, 3)(layers.Embedding(9, 4, mask_zero=True)(words))))
    assert "mask" not in model.code


def two_inputs():
    x, words = keras.Input((4,)), keras.Input((5,), dtype="int64")
    embedded = layers.GlobalAveragePooling1D()(layers.Dropout(0.1)(layers.Embedding(9, 3)(words)))
    outputs = layers.Dense(2)(layers.BatchNormalization()(layers.Concatenate()([layers.Dense(3)(x),
                                                                                embedded])))
    return Model([x, words], outputs), [X, torch.ones(3, 5, dtype=torch.long)]


@pytest.mark.slow
def test_a_graph_compiles_in_one_piece():
    model, data = two_inputs()
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(data), model(data))


@pytest.mark.slow
def test_a_graph_exports_for_any_batch():
    model = five()
    program = torch.export.export(model, (X,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    torch.testing.assert_close(program.module()(torch.ones(7, 4)), model(torch.ones(7, 4)))
    model, data = two_inputs()
    torch.testing.assert_close(torch.export.export(model, (data,)).module()(data), model(data))
