"""Rows of losses. Keras's answers (loss, and gradient by the predictions): references/losses.npz."""

from __future__ import annotations

from cases.objective_case import LossCase

STEPS = (3, 6, 5)


def _row(loss, note, y_true, y_pred, shape=(4, 5), weights=None, masked=False, generation="keras3",
         **arguments):
    return LossCase(loss, note, y_true, y_pred, shape, arguments, weights, masked, generation)


def _weighted(loss, y_true, y_pred, **arguments):
    """The rows that every loss has."""
    return [
        _row(loss, "plain", y_true, y_pred, **arguments),
        _row(loss, "steps", y_true, y_pred, STEPS, **arguments),
        _row(loss, "weights", y_true, y_pred, weights=(4,), **arguments),
        _row(loss, "steps_mask", y_true, y_pred, STEPS, masked=True, **arguments),
        _row(loss, "steps_mask_weights", y_true, y_pred, STEPS, weights=(3, 6), masked=True, **arguments),
        _row(loss, "sum", y_true, y_pred, reduction="sum", **arguments),
        _row(loss, "none_weights", y_true, y_pred, STEPS, (3, 6), reduction="none", **arguments),
        _row(loss, "mean_zeros", y_true, y_pred, STEPS, (3, 6), masked=True,
             reduction="mean_with_sample_weight", **arguments),
    ]


def _older():
    """Rows that tf_keras answers: formulas of its own, and classes that only it has."""
    binary = [("BinaryCrossentropy", "binary"), ("BinaryFocalCrossentropy", "binary"), ("Hinge", "binary"),
              ("SquaredHinge", "signs"), ("CosineSimilarity", "float"), ("LogCosh", "float"),
              ("MeanSquaredLogarithmicError", "float"), ("Huber", "float"), ("Poisson", "unit"),
              ("KLDivergence", "softmax"), ("CategoricalFocalCrossentropy", "one_hot")]
    for loss, kind in binary:
        scores = kind == "binary" or kind == "unit"
        pred = "softmax" if kind in ("softmax", "one_hot") else "unit" if scores else "float"
        yield _row(loss, "plain", kind, pred, (8, 5), generation="tf.keras")
        yield _row(loss, "steps_mask_zeros", kind, pred, STEPS, (3, 6), True, generation="tf.keras")
    for loss in ("BinaryCrossentropy", "BinaryFocalCrossentropy"):
        yield _row(loss, "edges", "binary", "tenths", (8, 5), generation="tf.keras")
        yield _row(loss, "logits", "binary", "float", generation="tf.keras", from_logits=True)
        yield _row(loss, "smoothing", "binary", "unit", generation="tf.keras", label_smoothing=0.2)
    for pred in ("softmax", "float"):
        yield _row("SparseCategoricalCrossentropy", f"ignore_class_{pred}", "classes", pred, STEPS,
                   generation="tf.keras", ignore_class=2, from_logits=pred == "float")
    for reduction in ("auto", "none", "sum", "sum_over_batch_size"):
        yield _row("MeanAbsoluteError", reduction, "float", "float", STEPS, (3, 6), generation="tf.keras",
                   reduction=reduction)


def _reductions():
    for reduction in ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None):
        for weights in (None, (3, 1), (3, 6), (3, 6, 1)):
            for masked in (False, True):
                note = f"{reduction}_weights_{weights}_{'masked' if masked else 'whole'}".replace(" ", "")
                yield _row("MeanSquaredError", note, "float", "float", STEPS, weights, masked,
                           reduction=reduction)


LOSS_CASES = [
    *_weighted("MeanSquaredError", "float", "float"),
    *_weighted("MeanAbsoluteError", "float", "float"),
    *_weighted("MeanAbsolutePercentageError", "float", "float"),
    *_weighted("MeanSquaredLogarithmicError", "positive", "positive"),
    _row("MeanSquaredLogarithmicError", "negative", "float", "float"),
    *_weighted("Huber", "float", "float"),
    _row("Huber", "delta", "float", "float", delta=0.3),
    *_weighted("LogCosh", "float", "float"),
    *_weighted("CosineSimilarity", "float", "float"),
    _row("CosineSimilarity", "axis", "float", "float", STEPS, axis=1),
    *_weighted("KLDivergence", "softmax", "softmax"),
    *_weighted("Poisson", "positive", "positive"),
    *_weighted("Hinge", "binary", "float"),
    _row("Hinge", "signs", "signs", "float"),
    *_weighted("SquaredHinge", "binary", "float"),
    _row("SquaredHinge", "signs", "signs", "float"),
    *_weighted("CategoricalHinge", "one_hot", "float"),
    *_weighted("BinaryCrossentropy", "binary", "unit"),
    _row("BinaryCrossentropy", "logits", "binary", "float", from_logits=True),
    _row("BinaryCrossentropy", "smoothing", "binary", "unit", label_smoothing=0.2),
    _row("BinaryCrossentropy", "logits_smoothing", "binary", "float", from_logits=True, label_smoothing=0.2),
    _row("BinaryCrossentropy", "axis", "binary", "unit", STEPS, axis=1),
    *_weighted("BinaryFocalCrossentropy", "binary", "unit"),
    _row("BinaryFocalCrossentropy", "logits", "binary", "float", from_logits=True, gamma=1.5),
    _row("BinaryFocalCrossentropy", "balanced", "binary", "unit", apply_class_balancing=True, alpha=0.3),
    *_weighted("CategoricalCrossentropy", "one_hot", "softmax"),
    _row("CategoricalCrossentropy", "logits", "one_hot", "float", from_logits=True),
    _row("CategoricalCrossentropy", "smoothing", "one_hot", "softmax", label_smoothing=0.2),
    _row("CategoricalCrossentropy", "unnormalised", "one_hot", "unit"),
    _row("CategoricalCrossentropy", "distribution", "softmax", "softmax"),
    *_weighted("CategoricalFocalCrossentropy", "one_hot", "softmax"),
    _row("CategoricalFocalCrossentropy", "logits", "one_hot", "float", from_logits=True, alpha=0.5,
         gamma=1.0),
    *_weighted("SparseCategoricalCrossentropy", "classes", "softmax"),
    _row("SparseCategoricalCrossentropy", "column", "column", "softmax"),
    _row("SparseCategoricalCrossentropy", "steps_column", "column", "softmax", STEPS),
    _row("SparseCategoricalCrossentropy", "logits", "classes", "float", from_logits=True),
    _row("SparseCategoricalCrossentropy", "logits_steps", "classes", "float", STEPS, from_logits=True),
    _row("SparseCategoricalCrossentropy", "ignore_class", "classes", "softmax", STEPS, ignore_class=2),
    _row("SparseCategoricalCrossentropy", "ignore_class_logits", "classes", "float", STEPS, ignore_class=2,
         from_logits=True),
    _row("SparseCategoricalCrossentropy", "ignore_class_weights", "classes", "softmax", STEPS, (3, 6),
         ignore_class=2),
    _row("SparseCategoricalCrossentropy", "ignore_class_mask", "classes", "softmax", STEPS, masked=True,
         ignore_class=2),
    _row("BinaryFocalCrossentropy", "all", "binary", "float", STEPS, apply_class_balancing=True, alpha=0.4,
         gamma=1.0, from_logits=True, label_smoothing=0.1, axis=1),
    _row("BinaryCrossentropy", "all", "binary", "float", STEPS, (3, 6), from_logits=True,
         label_smoothing=0.1, axis=-1, reduction="sum"),
    _row("CategoricalCrossentropy", "logits_smoothing", "one_hot", "float", from_logits=True,
         label_smoothing=0.1),
    _row("CategoricalCrossentropy", "axis", "softmax", "unit", STEPS, axis=1),
    _row("CategoricalFocalCrossentropy", "all", "one_hot", "softmax", STEPS, alpha=0.4, gamma=1.0,
         label_smoothing=0.1, axis=-1, reduction="none"),
    _row("SparseCategoricalCrossentropy", "ignore_class_negative", "classes", "softmax", STEPS, (3, 6),
         ignore_class=0, reduction="mean_with_sample_weight"),
    _row("SparseCategoricalCrossentropy", "sum_ignore_class", "classes", "float", STEPS, (3, 6),
         ignore_class=1, from_logits=True, reduction="sum"),
    _row("CosineSimilarity", "none", "float", "float", STEPS, reduction="none", axis=2),
    *_weighted("CategoricalGeneralizedCrossEntropy", "classes", "softmax", q=0.7),
    _row("CategoricalGeneralizedCrossEntropy", "default", "classes", "softmax"),
    _row("Dice", "plain", "binary", "unit"),
    _row("Dice", "axis", "binary", "unit", STEPS, axis=(1, 2)),
    _row("Tversky", "plain", "binary", "unit", alpha=0.3, beta=0.7),
    _row("Tversky", "axis", "binary", "unit", STEPS, axis=(1, 2)),
    _row("Dice", "none", "binary", "unit", STEPS, axis=(1, 2), reduction="none"),
    _row("Dice", "one_axis", "binary", "unit", STEPS, axis=-1, reduction="sum"),
    _row("Tversky", "none", "binary", "unit", STEPS, axis=(1, 2), reduction="none", alpha=0.2),
    _row("Circle", "plain", "pairs", "unit_vectors", (8, 6)),
    _row("Circle", "diagonal", "pairs", "unit_vectors", (8, 6), remove_diagonal=False, gamma=10.0,
         margin=0.2),
    _row("Circle", "weights", "pairs", "unit_vectors", (8, 6), (8,), gamma=20.0),
    _row("CTC", "plain", "padded", "float", (3, 9, 5)),
    _row("CTC", "weights", "padded", "float", (3, 9, 5), (3,), reduction="sum"),
    *_reductions(),
    *_older(),
]
