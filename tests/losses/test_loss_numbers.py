"""Every loss row against real Keras: the loss, and its gradient by the predictions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cases.loss_cases import LOSS_CASES
from cases.objective_case import numbers
from cases.operation_count import CountOperations
from cases.reference_files import distance, read

from keras_torch import dialects, losses

REFERENCES = read("losses")


def _run(case):
    y_true, y_pred, weights, mask = case.data()
    y_pred = torch.tensor(y_pred, requires_grad=True)
    if mask is not None:
        y_pred._keras_mask = torch.tensor(mask)
    weights = None if weights is None else torch.tensor(weights)
    with dialects.dialect(case.generation):
        loss = getattr(losses, case.loss)(**case.arguments)
    loss = loss(torch.tensor(y_true), y_pred, weights)
    loss.sum().backward()
    return loss.detach().numpy(), y_pred.grad.numpy()


def check(case, reference):
    """Compares the loss and its gradient with a reference."""
    loss, gradient = _run(case)
    assert loss.shape == reference["loss"].shape
    # A single loss is one number: relative to itself. Gradients are near the clipping edge for no row.
    assert distance(loss, reference["loss"]) < 1e-5
    assert distance(gradient, reference["gradient"]) < 1e-5


@pytest.mark.parametrize("case", LOSS_CASES, ids=lambda case: case.name)
def test_loss_and_gradient_are_keras_s(case):
    check(case, REFERENCES[case.name])


@pytest.mark.parametrize("case", LOSS_CASES, ids=lambda case: case.name)
def test_loss_reads_nothing_back(case):
    y_true, y_pred, weights, mask = (part if part is None else torch.tensor(part) for part in case.data())
    if mask is not None:
        y_pred._keras_mask = mask
    with dialects.dialect(case.generation):
        loss = getattr(losses, case.loss)(**case.arguments)
    with CountOperations() as counted:
        loss(y_true, y_pred, weights)
    assert not counted.read_backs


PLAIN = [case for case in LOSS_CASES if case.note == "plain" and case.generation == "keras3"]


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.loss)
def test_config_rebuilds_the_loss(case):
    loss = getattr(losses, case.loss)(**case.arguments, reduction="sum")
    again = losses.deserialize(losses.serialize(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.loss)
def test_numpy_labels_and_float64_predictions_are_taken(case):
    y_true, y_pred, _, _ = case.data()
    loss = getattr(losses, case.loss)(**case.arguments)
    plain = loss(torch.tensor(y_true), torch.tensor(y_pred))
    assert torch.equal(loss(y_true, y_pred), plain)
    assert loss(y_true, torch.tensor(y_pred).double()).dtype == torch.float32
    assert loss(y_true.tolist(), y_pred.tolist()).item() == pytest.approx(plain.item(), rel=1e-6)


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.loss)
def test_function_and_class_agree(case):
    y_true, y_pred, _, _ = case.data()
    cls = getattr(losses, case.loss)
    values = cls.formula(y_true, y_pred, **{k: v for k, v in case.arguments.items() if k in cls.options})
    assert torch.allclose(values, cls(**case.arguments, reduction="none")(y_true, y_pred), rtol=1e-6)


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.loss)
def test_half_precision_predictions_are_computed_in_float32(case):
    y_true, y_pred, _, _ = case.data()
    loss = getattr(losses, case.loss)(**case.arguments)
    short = torch.tensor(y_pred).bfloat16()
    assert torch.equal(loss(y_true, short), loss(y_true, short.float()))


@pytest.mark.parametrize("name", ["BinaryCrossentropy", "CategoricalCrossentropy",
                                  "SparseCategoricalCrossentropy"])
def test_probabilities_that_know_their_logits_start_from_them(name):
    kind = {"B": "binary", "C": "one_hot", "S": "classes"}[name[0]]
    y_true = numbers(kind, (4, 5), "logits/true")
    logits = 40 * torch.tensor(numbers("float", (4, 5), "logits/pred"))
    y_pred = logits.sigmoid() if name[0] == "B" else logits.softmax(-1)
    y_pred._keras_logits = logits
    cls = getattr(losses, name)
    exact = cls(from_logits=True)(y_true, logits)
    assert torch.equal(cls()(y_true, y_pred), exact)
    assert torch.allclose(cls(reduction="none")(y_true, y_pred).mean(), exact)
    assert torch.allclose(losses.LossFunctionWrapper(cls.formula)(y_true, y_pred), exact)


@pytest.mark.parametrize("name", ["binary_crossentropy", "sparse_categorical_crossentropy", "hinge",
                                  "poisson"])
def test_nan_predictions_give_a_nan_loss_and_no_error(name):
    y_true = np.zeros((2, 1))
    assert losses.get(name)(y_true, torch.full((2, 1), float("nan"))).isnan().all()
