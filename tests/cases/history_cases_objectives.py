"""Rows that vary the optimizer, the loss and the metrics of one small model."""

from __future__ import annotations

from typing import Any

from cases.history_case import (
    Build,
    Fitting,
    class_data,
    math_of,
    number_data,
    one_hot,
    sample_weights,
    small_model,
)


def _with_optimizer(name: str, **arguments: Any) -> Build:
    """Mean squared error with an optimizer and its arguments; a schedule is given as ("Class", arguments)."""

    def build(keras):
        x, y = number_data("optimizer")
        settings = dict(arguments)
        if isinstance(settings.get("learning_rate"), tuple):
            schedule, schedule_arguments = settings["learning_rate"]
            settings["learning_rate"] = getattr(keras.optimizers.schedules, schedule)(**schedule_arguments)
        optimizer = getattr(keras.optimizers, name)(**settings)
        return Fitting(small_model(keras), {"optimizer": optimizer, "loss": "mse"}, {"x": x, "y": y})

    return build


_DECAY = {"initial_learning_rate": 0.2, "decay_steps": 2, "decay_rate": 0.7}
_STAIRS = {"boundaries": [2, 5], "values": [0.2, 0.05, 0.01]}
_COSINE = {"initial_learning_rate": 0.2, "decay_steps": 6}

OPTIMIZERS: dict[str, Build] = {
    "sgd": _with_optimizer("SGD", learning_rate=0.1),
    "sgd momentum": _with_optimizer("SGD", learning_rate=0.05, momentum=0.9),
    "sgd nesterov": _with_optimizer("SGD", learning_rate=0.05, momentum=0.9, nesterov=True),
    "adam": _with_optimizer("Adam", learning_rate=0.02),
    "adam amsgrad": _with_optimizer("Adam", learning_rate=0.02, amsgrad=True),
    "adamw": _with_optimizer("AdamW", learning_rate=0.02, weight_decay=0.1),
    "rmsprop": _with_optimizer("RMSprop", learning_rate=0.02),
    "rmsprop centered": _with_optimizer("RMSprop", learning_rate=0.02, momentum=0.5, centered=True),
    "adagrad": _with_optimizer("Adagrad", learning_rate=0.1),
    "adadelta": _with_optimizer("Adadelta", learning_rate=1.0),
    "adamax": _with_optimizer("Adamax", learning_rate=0.02),
    "nadam": _with_optimizer("Nadam", learning_rate=0.02),
    "ftrl": _with_optimizer("Ftrl", learning_rate=0.1, l1_regularization_strength=0.01),
    "lion": _with_optimizer("Lion", learning_rate=0.01),
    "adafactor": _with_optimizer("Adafactor", learning_rate=0.02),
    "clipnorm": _with_optimizer("SGD", learning_rate=0.1, clipnorm=0.3),
    "clipvalue": _with_optimizer("SGD", learning_rate=0.1, clipvalue=0.1),
    "global clipnorm": _with_optimizer("Adam", learning_rate=0.02, global_clipnorm=0.3),
    "weight decay": _with_optimizer("SGD", learning_rate=0.1, weight_decay=0.05),
    "moving average": _with_optimizer("SGD", learning_rate=0.1, use_ema=True, ema_momentum=0.9),
    "moving average written back": _with_optimizer(
        "SGD", learning_rate=0.1, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=2
    ),
    "accumulation": _with_optimizer("Adam", learning_rate=0.02, gradient_accumulation_steps=2),
    "exponential decay": _with_optimizer("SGD", learning_rate=("ExponentialDecay", _DECAY)),
    "piecewise constant": _with_optimizer("Adam", learning_rate=("PiecewiseConstantDecay", _STAIRS)),
    "cosine decay": _with_optimizer("SGD", learning_rate=("CosineDecay", _COSINE), momentum=0.9),
}


def _with_loss(loss: str, activation: str | None = None, targets: str = "numbers", **arguments: Any) -> Build:
    """Adam with a loss class and weighted samples.

    `targets`: "numbers", "unit" (0..1), "signs" (-1, 1), "bits" (0, 1), "labels" or "one hot".
    """

    def build(keras):
        outputs = 3 if targets in ("labels", "one hot") else 2
        x, y = number_data("loss", outputs=outputs)
        labels = class_data("loss", outputs)[1]
        y = {
            "numbers": y,
            "unit": (y + 1) / 2,
            "signs": (y > 0) * 2.0 - 1.0,
            "bits": (y > 0) * 1.0,
            "labels": labels,
            "one hot": one_hot(labels, outputs),
        }[targets]
        setup = {
            "optimizer": keras.optimizers.Adam(learning_rate=0.02),
            "loss": getattr(keras.losses, loss)(**arguments),
        }
        fit = {"x": x, "y": y, "sample_weight": sample_weights("loss")}
        return Fitting(small_model(keras, outputs, activation), setup, fit)

    return build


LOSSES: dict[str, Build] = {
    "mean absolute error": _with_loss("MeanAbsoluteError"),
    "mean absolute percentage error": _with_loss("MeanAbsolutePercentageError", targets="unit"),
    "mean squared logarithmic error": _with_loss("MeanSquaredLogarithmicError", "sigmoid", "unit"),
    "huber": _with_loss("Huber", delta=0.5),
    "log cosh": _with_loss("LogCosh"),
    "cosine similarity": _with_loss("CosineSimilarity"),
    "poisson": _with_loss("Poisson", "softplus", "unit"),
    "kl divergence": _with_loss("KLDivergence", "softmax", "unit"),
    "hinge": _with_loss("Hinge", "tanh", "signs"),
    "squared hinge": _with_loss("SquaredHinge", "tanh", "bits"),
    "categorical hinge": _with_loss("CategoricalHinge", "tanh", "one hot"),
    "binary crossentropy": _with_loss("BinaryCrossentropy", "sigmoid", "bits"),
    "binary crossentropy from logits smoothed": _with_loss(
        "BinaryCrossentropy", None, "bits", from_logits=True, label_smoothing=0.1
    ),
    "binary focal crossentropy": _with_loss("BinaryFocalCrossentropy", "sigmoid", "bits"),
    "categorical crossentropy": _with_loss("CategoricalCrossentropy", "softmax", "one hot"),
    "categorical crossentropy from logits smoothed": _with_loss(
        "CategoricalCrossentropy", None, "one hot", from_logits=True, label_smoothing=0.1
    ),
    "categorical focal crossentropy": _with_loss("CategoricalFocalCrossentropy", "softmax", "one hot"),
    "sparse crossentropy": _with_loss("SparseCategoricalCrossentropy", "softmax", "labels"),
    "sparse crossentropy from logits": _with_loss(
        "SparseCategoricalCrossentropy", None, "labels", from_logits=True
    ),
    "sparse crossentropy ignored class": _with_loss(
        "SparseCategoricalCrossentropy", "softmax", "labels", ignore_class=1
    ),
    "reduction sum": _with_loss("MeanSquaredError", reduction="sum"),
    "reduction mean with sample weight": _with_loss("MeanSquaredError", reduction="mean_with_sample_weight"),
}


def _loss_function(keras):
    """A loss that is a plain function of tensors, and one metric of the same kind."""
    x, y = number_data("function", outputs=2)

    def squared(y_true, y_pred):
        return math_of(keras).mean((y_true - y_pred) ** 2, axis=-1)

    setup = {"optimizer": keras.optimizers.SGD(0.1), "loss": squared, "metrics": [squared]}
    fit = {"x": x, "y": y, "sample_weight": sample_weights("function")}
    return Fitting(small_model(keras, 2), setup, fit)


def _binary_metrics(keras):
    x, labels = class_data("binary metrics", 2)
    metrics = ["accuracy", keras.metrics.AUC(name="auc"), keras.metrics.Precision(name="precision")]
    metrics += [
        keras.metrics.Recall(name="recall"),
        keras.metrics.BinaryAccuracy(name="strict", threshold=0.6),
    ]
    setup = {
        "optimizer": keras.optimizers.Adam(0.05),
        "loss": "binary_crossentropy",
        "metrics": metrics,
        "weighted_metrics": ["accuracy", keras.metrics.AUC(name="weighted_auc")],
    }
    fit = {"x": x, "y": labels[:, None], "sample_weight": sample_weights("binary metrics")}
    return Fitting(small_model(keras, 1, "sigmoid"), setup, fit)


def _class_metrics(keras):
    x, labels = class_data("class metrics", 3)
    metrics = [
        "accuracy",
        "sparse_categorical_crossentropy",
        keras.metrics.SparseTopKCategoricalAccuracy(k=2, name="top2"),
    ]
    setup = {
        "optimizer": keras.optimizers.Adam(0.05),
        "loss": "sparse_categorical_crossentropy",
        "metrics": metrics,
        "weighted_metrics": ["acc"],
    }
    fit = {"x": x, "y": labels, "sample_weight": sample_weights("class metrics")}
    return Fitting(small_model(keras, 3, "softmax"), setup, fit)


def _number_metrics(keras):
    x, y = number_data("number metrics", outputs=2)
    metrics = [
        "mae",
        "mse",
        "mape",
        keras.metrics.RootMeanSquaredError(name="rmse"),
        keras.metrics.R2Score(name="r2"),
    ]
    setup = {
        "optimizer": keras.optimizers.Adam(0.05),
        "loss": "mse",
        "metrics": metrics,
        "weighted_metrics": ["mae", keras.metrics.RootMeanSquaredError(name="weighted_rmse")],
    }
    fit = {"x": x, "y": y, "sample_weight": sample_weights("number metrics")}
    return Fitting(small_model(keras, 2), setup, fit)


def _one_hot_accuracy(keras):
    x, labels = class_data("one hot accuracy", 3)
    setup = {
        "optimizer": "adam",
        "loss": "categorical_crossentropy",
        "metrics": ["accuracy", "categorical_crossentropy"],
    }
    return Fitting(small_model(keras, 3, "softmax"), setup, {"x": x, "y": one_hot(labels, 3)})


METRICS: dict[str, Build] = {
    "loss function": _loss_function,
    "binary metrics": _binary_metrics,
    "class metrics": _class_metrics,
    "number metrics": _number_metrics,
    "one-hot accuracy": _one_hot_accuracy,
}
