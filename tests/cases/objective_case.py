"""What a loss row and a metric row are, and the numbers they are fed with, in real Keras and here alike."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

import numpy as np
from cases.arrays import Values, array

_LABELS = {"pairs": ("whole", 3), "padded": ("padded", 5)}


def numbers(kind: str, shape: tuple, label: str) -> np.ndarray:
    """Labels or predictions.

    Args:
        kind: "float" (-1..1), "positive" (0.5..1.5), "unit" (0..1), "tenths" (0, 0.1, ... 1), "binary" (0,
            1), "signs" (-1, 1), "classes" (class numbers below the last size, which the shape loses),
            "column" (the same with a last axis of size 1), "one_hot", "softmax" (rows of sum 1),
            "unit_vectors", "pairs" (class numbers 0 to 2, one per row), "padded" (up to 3 class
            numbers per row, then 0).
        shape: shape of the predictions.
        label: any text; another label gives other numbers.
    """
    if kind in ("float", "positive"):
        return array(Values(shape, kind), label)
    if kind in ("classes", "column", "one_hot"):
        classes = array(Values(shape[:-1], "whole", shape[-1]), label)
        return {"classes": classes, "column": classes[..., None], "one_hot": np.eye(shape[-1])[classes]}[kind]
    if kind in ("pairs", "padded"):
        return array(Values((shape[0],) if kind == "pairs" else (shape[0], 3), *_LABELS[kind]), label)
    unit = array(Values(shape), label) / 2 + 0.5
    if kind == "unit_vectors":
        return unit / np.linalg.norm(unit, axis=-1, keepdims=True)
    if kind == "softmax":
        powers = np.exp(4 * unit)
        return (powers / powers.sum(-1, keepdims=True)).astype("float32")
    if kind in ("binary", "signs"):
        return ((unit > 0.5) * 2.0 - 1.0 if kind == "signs" else unit > 0.5).astype("float32")
    return (np.round(unit * 10) / 10 if kind == "tenths" else unit).astype("float32")


def _weights(shape: tuple, label: str) -> np.ndarray:
    """Weights from 0.5 to 1.5; every third one is 0 where the label says zeros."""
    weights = numbers("positive", shape, label)
    if "zeros" in label:
        weights.reshape(-1)[::3] = 0.0
    return weights


def _key(subject: str, note: str, generation: str) -> str:
    return f"{subject}-{note}" + ("" if generation == "keras3" else f"@{generation}")


@dataclass(frozen=True)
class LossCase:
    """One loss with arguments and data.

    Args:
        loss: name of the class in `keras.losses`.
        note: what is special; with the class it is the name of the case.
        y_true: kind of the labels.
        y_pred: kind of the predictions.
        shape: of the predictions.
        arguments: of the constructor.
        weights: shape of the sample weights, or None.
        masked: whether the predictions carry a mask (batch, steps).
        generation: "keras3", or "tf.keras" for a row that tf_keras answers.
    """

    loss: str
    note: str
    y_true: str
    y_pred: str
    shape: tuple = (4, 5)
    arguments: dict = field(default_factory=dict)
    weights: tuple | None = None
    masked: bool = False
    generation: str = "keras3"

    @property
    def name(self) -> str:
        """Key in the reference file and id of the test."""
        return _key(self.loss, self.note, self.generation)

    def data(self) -> tuple:
        """(y_true, y_pred, sample_weight or None, mask or None)."""
        weights = None if self.weights is None else _weights(self.weights, f"{self.name}/weights")
        mask = array(Values(self.shape[:2], "back"), self.name) if self.masked else None
        y_true = numbers(self.y_true, self.shape, f"{self.name}/true")
        return y_true, numbers(self.y_pred, self.shape, f"{self.name}/pred"), weights, mask


@dataclass(frozen=True)
class MetricCase:
    """One metric with arguments and data for a few batches.

    Args:
        metric: name of the class in `keras.metrics`.
        note: what is special; with the class it is the name of the case.
        y_true: kind of the labels; None for metrics of plain values.
        y_pred: kind of the predictions.
        shape: of all predictions, the batches together.
        arguments: of the constructor.
        weights: shape of one sample's weight, () for one number; None for no weights.
        masked: whether the predictions carry a mask (batch, steps).
        whole_weights: whether the weights are 1 and 2.
        generation: "keras3", or "tf.keras" for a row that tf_keras answers.

    Notes:
        "zeros" in the note makes a third of the weights 0.
    """

    metric: str
    note: str
    y_true: str | None
    y_pred: str
    shape: tuple = (12, 5)
    arguments: dict = field(default_factory=dict)
    weights: tuple | None = None
    masked: bool = False
    whole_weights: bool = False
    generation: str = "keras3"

    @property
    def name(self) -> str:
        """Key in the reference file and id of the test."""
        return _key(self.metric, self.note, self.generation)

    def data(self) -> tuple:
        """(y_true or None, y_pred, sample_weight or None, mask or None), all batches together."""
        weights = None
        if self.weights is not None:
            weights = _weights((self.shape[0], *self.weights), f"{self.name}/weights")
            weights = np.ceil(weights).astype("int32") if self.whole_weights else weights
        mask = array(Values(self.shape[:2], "middle"), self.name) if self.masked else None
        y_true = None if self.y_true is None else numbers(self.y_true, self.shape, f"{self.name}/true")
        return y_true, numbers(self.y_pred, self.shape, f"{self.name}/pred"), weights, mask


def frames_of(call) -> int:
    """How many Python functions a second call enters, itself included."""
    entered = 0

    def count(frame, event, argument):
        nonlocal entered
        entered += event == "call"

    call()
    sys.setprofile(count)
    try:
        call()
    finally:
        sys.setprofile(None)
    return entered
