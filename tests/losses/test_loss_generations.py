"""Losses mean what their generation meant: read when a loss is made, and at every call of a function."""

from __future__ import annotations

import copy
import math
import pickle

import pytest
import torch

from keras_torch import dialects, losses

LABELS, SCORES = torch.tensor([[0.0, 1.0]]), torch.tensor([[0.5, 0.5]])
FIRST, SECOND = torch.tensor([[3.0, 4.0]]), torch.tensor([[4.0, 3.0]])


@pytest.mark.parametrize("generation, expected", [
    ("keras1", (1.0 + 0.5) / 2), ("keras2.2", (1.0 + 0.5) / 2), ("keras2.3", (1.5 + 0.5) / 2),
    ("tf.keras", (1.5 + 0.5) / 2), ("keras3", (1.5 + 0.5) / 2),
])
def test_hinge_converts_labels_since_keras_2_3(generation, expected):
    with dialects.dialect(generation):
        made, called = losses.Hinge(), losses.hinge(LABELS, SCORES)
        squared = losses.squared_hinge(LABELS, SCORES)
    assert made(LABELS, SCORES).item() == called.item() == expected
    first = 1.0 if expected == 0.75 else 2.25
    assert squared.item() == pytest.approx((first + 0.25) / 2)


@pytest.mark.parametrize("generation, expected", [("keras1", -0.48), ("keras2.2", -0.96), ("keras3", -0.96)])
def test_cosine_was_a_mean_in_keras_1(generation, expected):
    with dialects.dialect(generation):
        by_name, called = losses.as_loss("cosine_proximity"), losses.cosine(FIRST, SECOND)
    assert by_name(FIRST, SECOND).item() == pytest.approx(expected)
    assert called.item() == pytest.approx(expected)


def test_loss_keeps_its_meaning_when_the_dialect_changes_and_when_it_is_copied():
    with dialects.dialect("keras1"):
        older, today = losses.CosineSimilarity(), None
    today = losses.CosineSimilarity()
    with dialects.dialect("keras1"):
        assert today(FIRST, SECOND).item() == pytest.approx(-0.96)
    for loss in (older, copy.deepcopy(older), pickle.loads(pickle.dumps(older))):
        assert loss(FIRST, SECOND).item() == pytest.approx(-0.48)


def test_binary_crossentropy_of_tf_keras_adds_epsilon_after_clipping():
    y_true, y_pred = torch.tensor([[1.0]]), torch.tensor([[0.0]])
    with dialects.dialect("tf.keras"):
        loss = losses.BinaryCrossentropy()
    assert loss(y_true, y_pred).item() == pytest.approx(-math.log(2e-7))
    assert losses.BinaryCrossentropy()(y_true, y_pred).item() == pytest.approx(-math.log(1e-7))
    with pytest.raises(ValueError, match="Give y_true one value for each value of y_pred"):
        loss(torch.zeros(2, 3), torch.zeros(2, 4))


def test_probabilities_that_know_their_logits_start_from_them_in_tf_keras_too():
    logits = torch.tensor([[30.0]])
    y_pred = logits.sigmoid()
    y_pred._keras_logits = logits
    with dialects.dialect("tf.keras"):
        assert losses.BinaryCrossentropy()(torch.zeros(1, 1), y_pred).item() == 30.0


@pytest.mark.parametrize("loss, shapes, older", [
    (losses.BinaryCrossentropy(), ((None, 3), (None, 3)), "binary_crossentropy"),
    (losses.binary_crossentropy, ((None, 3), (None, 3)), "binary_crossentropy"),
    (losses.LossFunctionWrapper(losses.binary_crossentropy), ((None, 3), (None, 3)), "binary_crossentropy"),
    (losses.MeanSquaredError(), ((None, 3), (None, 3)), "categorical_crossentropy"),
    (None, ((None, 3), (None, 3)), "categorical_crossentropy"),
])
def test_loss_decided_about_crossentropy_up_to_keras_2_3(loss, shapes, older):
    with dialects.dialect("keras2.3"):
        assert losses.resolve_crossentropy(*shapes, loss=loss).__name__ == older
    assert losses.resolve_crossentropy(*shapes, loss=loss).__name__ == "categorical_crossentropy"
