"""Losses and metrics trace into one graph: a whole training step can be compiled or captured."""

from __future__ import annotations

import pytest
import torch

from keras_torch import losses, metrics

Y_PRED = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.3, 0.3, 0.4], [0.5, 0.4, 0.1]])
CLASSES = torch.tensor([0, 1, 1, 2])


@pytest.mark.slow  # tracing takes seconds on a busy machine
@pytest.mark.parametrize("loss", [
    losses.MeanSquaredError(), losses.Hinge(), losses.BinaryCrossentropy(),
    losses.SparseCategoricalCrossentropy(), losses.SparseCategoricalCrossentropy(ignore_class=1),
    losses.as_loss(lambda t, p: (t - p).abs().mean(-1)),
], ids=lambda loss: loss.name)
def test_loss_is_one_graph(loss):
    torch.compiler.reset()
    y_true = CLASSES if loss.keeps_labels else torch.eye(3)[CLASSES]
    compiled = torch.compile(lambda *data: loss(*data), backend="eager", fullgraph=True)
    weights = torch.arange(4.0)
    assert torch.equal(compiled(y_true, Y_PRED), loss(y_true, Y_PRED))
    assert torch.equal(compiled(y_true, Y_PRED, weights), loss(y_true, Y_PRED, weights))


@pytest.mark.slow  # tracing takes seconds on a busy machine
@pytest.mark.parametrize("metric", [
    metrics.SparseCategoricalAccuracy(), metrics.MeanSquaredError(), metrics.AUC(), metrics.Precision(),
    metrics.F1Score(),
], ids=lambda metric: type(metric).__name__)
def test_update_is_one_graph(metric):
    torch.compiler.reset()
    y_true = CLASSES if "Sparse" in type(metric).__name__ else torch.eye(3)[CLASSES]
    metric.update_state(y_true, Y_PRED)
    expected = metric.result().clone()
    compiled = torch.compile(lambda *data: metric.update_state(*data), backend="eager", fullgraph=True)
    metric.reset_state()
    compiled(y_true, Y_PRED)
    compiled(y_true, Y_PRED)
    assert torch.allclose(metric.result(), expected)
