"""Metrics mean what their generation meant."""

from __future__ import annotations

import pytest
import torch

from keras_torch import dialects, losses, metrics

FIRST, SECOND = torch.tensor([[3.0, 4.0]]), torch.tensor([[4.0, 3.0]])


@pytest.mark.parametrize("generation, expected", [
    ("keras1", -0.48), ("keras2.2", -0.96), ("keras2.3", 0.96), ("tf.keras", 0.96), ("keras3", 0.96),
])
def test_cosine_had_the_sign_of_the_loss_up_to_keras_2_2(generation, expected):
    with dialects.dialect(generation):
        metric, called = metrics.as_metric("cosine_proximity"), metrics.cosine_proximity(FIRST, SECOND)
    assert metric.name == "cosine_proximity"
    assert metric(FIRST, SECOND).item() == pytest.approx(expected)
    assert called.item() == pytest.approx(expected)


def test_names_of_keras_1_are_means_over_batches():
    batches = [(torch.tensor([1.0, 0.0]), torch.tensor([0.9, 0.8])), (torch.ones(1), torch.ones(1))]
    with dialects.dialect("keras1"):
        precision, recall = metrics.as_metric("precision"), metrics.as_metric("recall")
    today = metrics.as_metric("precision")
    for batch in batches:
        precision.update_state(*batch)
        recall.update_state(*batch)
        today.update_state(*batch)
    assert precision.result().item() == pytest.approx((0.5 * 2 + 1.0) / 3)
    assert recall.result().item() == pytest.approx(1.0)
    assert today.result().item() == pytest.approx(2 / 3)


@pytest.mark.parametrize("name, expected", [
    ("matthews_correlation", 0.0), ("fmeasure", 0.5), ("precision", 0.5), ("recall", 0.5),
])
def test_scores_of_keras_1(name, expected):
    y_true, y_pred = torch.tensor([1.0, 1.0, 0.0, 0.0]), torch.tensor([0.9, 0.2, 0.7, 0.1])
    assert getattr(metrics, name)(y_true, y_pred).item() == pytest.approx(expected, abs=1e-6)
    if name in ("matthews_correlation", "fmeasure"):
        assert metrics.as_metric(name)(y_true, y_pred).item() == pytest.approx(expected, abs=1e-6)


def test_fbeta_score_of_keras_1():
    y_true, y_pred = torch.tensor([1.0, 1.0, 0.0]), torch.tensor([0.9, 0.2, 0.1])
    assert metrics.fbeta_score(y_true, y_pred, beta=2).item() == pytest.approx(5 * 0.5 / (4 + 0.5))
    assert metrics.fbeta_score(torch.zeros(3), y_pred).item() == 0.0
    with pytest.raises(ValueError, match=r"`beta` must be a number of at least 0; got -1"):
        metrics.fbeta_score(y_true, y_pred, beta=-1)


@pytest.mark.parametrize("generation, expected", [("keras1", 1.5), ("keras2.2", 1.5), ("keras2.3", 2.0),
                                                  ("keras3", 2.0)])
def test_value_of_a_whole_batch_counts_its_samples_up_to_keras_2_2(generation, expected):
    with dialects.dialect(generation):
        metric = metrics.as_metric(lambda y_true, y_pred: y_pred.mean())
    metric.update_state(torch.zeros(3, 1), torch.ones(3, 1))
    metric.update_state(torch.zeros(1, 1), torch.full((1, 1), 3.0))
    assert metric.result().item() == pytest.approx(expected)


@pytest.mark.parametrize("loss, older", [
    (losses.BinaryCrossentropy(), "BinaryAccuracy"), (losses.as_loss("mse"), "CategoricalAccuracy"),
])
def test_loss_decided_about_accuracy_up_to_keras_2_3(loss, older):
    for generation, expected in (("keras2.3", older), ("tf.keras", "CategoricalAccuracy")):
        with dialects.dialect(generation):
            metric = metrics.as_metric("accuracy", (None, 3), (None, 3), loss)
        assert type(metric).__name__ == expected and metric.name == "accuracy"


@pytest.mark.parametrize("generation, name", [("keras2.3", "auc"), ("tf.keras", "auc"), ("keras3", "AUC")])
def test_class_names_were_lower_case_in_logs_up_to_tf_keras(generation, name):
    with dialects.dialect(generation):
        assert metrics.as_metric("AUC").name.startswith(name)
        assert metrics.as_metric("mse").name == "mse"


def test_divergence_was_named_in_full_up_to_tf_keras():
    with dialects.dialect("tf.keras"):
        assert metrics.KLDivergence().name == "kullback_leibler_divergence"
        assert metrics.as_metric("kld").name == "kld"
    assert metrics.KLDivergence().name == "kl_divergence"


def test_intersections_were_counted_in_float32_up_to_tf_keras():
    with dialects.dialect("tf.keras"):
        metric = metrics.MeanIoU(2)
    metric.update_state(torch.tensor([0, 1]), torch.tensor([0, 1]), sample_weight=torch.tensor([0.5, 0.25]))
    assert metric.total_cm.sum().item() == 0.75
