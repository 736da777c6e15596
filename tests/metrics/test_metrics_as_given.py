"""What compile() takes as metrics: names, lists, labels of pandas, functions in a file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import keras_torch
from keras_torch import layers, losses, metrics
from keras_torch.dialects import dialect

X = np.linspace(0, 1, 48, dtype="float32").reshape(12, 4)
CLASSES = np.arange(12) % 3


def classifier(compiled, loss="categorical_crossentropy"):
    """Three classes, always from the same weights."""
    keras_torch.utils.set_random_seed(4)
    model = keras_torch.Sequential([layers.Input((4,)), layers.Dense(3, activation="softmax")])
    model.compile("sgd", loss, metrics=compiled)
    return model


ONE_HOT = {"accuracy": lambda: "accuracy", "categorical": lambda: "categorical_accuracy",
           "AUC": lambda: "AUC", "top 2": lambda: metrics.TopKCategoricalAccuracy(2),
           "precision": metrics.Precision, "mean IoU": lambda: metrics.OneHotMeanIoU(3),
           "IoU": lambda: metrics.OneHotIoU(3, [0, 2])}


@pytest.mark.parametrize("make", ONE_HOT.values(), ids=ONE_HOT)
def test_bool_one_hot_labels_count_as_numbers_do(make):
    frame = pd.get_dummies(pd.Series(CLASSES))
    assert frame.to_numpy().dtype.kind == "b"
    numbers = frame.to_numpy("float32")
    weights = {0: 1.0, 1: 3.0, 2: 0.5}
    for labels in (frame, frame.to_numpy()):
        ours, expected = classifier([make()]), classifier([make()])
        history = ours.fit(X, labels, class_weight=weights, shuffle=False, verbose=0).history
        theirs = expected.fit(X, numbers, class_weight=weights, shuffle=False, verbose=0).history
        assert list(history.values()) == list(theirs.values())
        assert ours.evaluate(X, labels, verbose=0) == expected.evaluate(X, numbers, verbose=0)
        assert ours.train_on_batch(X, labels) == expected.train_on_batch(X, numbers)


@pytest.mark.parametrize("ids", [[0, 2], (0, 2), np.array([0, 2]), range(0, 3, 2)])
def test_target_classes_come_in_any_sequence(ids):
    metric = metrics.IoU(3, ids)
    assert metric.get_config()["target_class_ids"] == [0, 2]
    assert float(metric([0, 1, 2], [0, 2, 2])) == pytest.approx(0.75)


def test_focal_loss_takes_a_factor_for_each_class():
    labels, scores = np.eye(3, dtype="float32"), np.full((3, 3), 1 / 3, "float32")
    for alpha in ([0.25, 0.25, 0.5], np.array([0.25, 0.25, 0.5])):
        loss = losses.CategoricalFocalCrossentropy(alpha=alpha)
        assert float(loss(labels, scores)) == pytest.approx(0.162757, rel=1e-5)  # Keras 3.15
        assert loss.get_config()["alpha"] == [0.25, 0.25, 0.5]
    assert losses.categorical_focal_crossentropy(labels, scores, alpha=[1.0, 2.0, 4.0])[2] == pytest.approx(
        4 * float(losses.categorical_focal_crossentropy(labels, scores, alpha=1.0)[2]))
    with pytest.raises(ValueError, match="`alpha` must be a number, or a list with a number for each class"):
        losses.CategoricalFocalCrossentropy(alpha=["a"])


class Score:
    """A callable object."""

    def __call__(self, y_true, y_pred):
        return y_pred[:, 0]


def IoU(y_true, y_pred):  # noqa: N802 - users call it so
    """A metric function whose name is not in snake case."""
    return y_pred[:, 0]


NAMES = {
    "keras3": ["lambda", "io_u", "score", "mine", "mean_squared_error"],
    "tf.keras": ["<lambda>", "IoU", "score", "mine", "mean_squared_error"],
    "keras2.2": ["<lambda>", "IoU", "score", "mine", "mean_squared_error"],
}


@pytest.mark.parametrize("generation", NAMES)
def test_functions_and_objects_are_called_as_in_their_generation(generation):
    with dialect(generation):
        given = [lambda y_true, y_pred: y_pred[:, 0], IoU, Score(), losses.MeanSquaredError(name="mine"),
                 losses.MeanSquaredError()]
        model = classifier(given)
        model.fit(X, np.eye(3)[CLASSES], verbose=0)
        assert model.metrics_names[1:] == NAMES[generation] or generation == "keras3"
        assert set(NAMES[generation]) <= set(model.history.history)


def test_a_name_of_a_class_counts_no_models_in_tf_keras():
    with dialect("tf.keras"):
        for _ in range(3):
            model = classifier(["AUC"])
            assert "auc" in model.fit(X, np.eye(3)[CLASSES], verbose=0).history


@pytest.mark.parametrize("generation, expected", [
    ("keras3", ["u_mae", "v_mse"]), ("tf.keras", ["u_mae", "u_mse", "v_mae", "v_mse"]),
    ("keras2.3", ["u_mae", "u_mse", "v_mae", "v_mse"])])
def test_a_flat_list_of_metrics_is_for_every_output_up_to_tf_keras(generation, expected):
    with dialect(generation):
        inputs = layers.Input((4,))
        model = keras_torch.Model(inputs, [layers.Dense(1, name=name)(inputs) for name in "uv"])
        targets = [X[:, :1], X[:, 1:2]]
        for given, keys in ((["mae", "mse"], expected), ([["mae"], ["mse"]], ["u_mae", "v_mse"])):
            model.compile("sgd", "mse", metrics=given)
            history = model.fit(X, targets, verbose=0).history
            assert sorted(set(history) - {"loss", "u_loss", "v_loss"}) == keys


def test_lists_in_a_list_are_all_for_the_one_output():
    model = classifier([["mae"], ["mse", "mape"]], loss="mse")
    found = model.evaluate(X, np.eye(3)[CLASSES], verbose=0, return_dict=True)
    assert set(found) == {"loss", "mae", "mse", "mape"}


@pytest.mark.parametrize("fn", [losses.mean_squared_error, metrics.binary_accuracy, losses.kl_divergence])
def test_a_wrapped_function_of_ours_comes_back_from_a_file(fn, tmp_path):
    model = classifier([metrics.MeanMetricWrapper(fn, name="wrapped")])
    expected = model.evaluate(X, np.eye(3)[CLASSES], verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras_torch.models.load_model(tmp_path / "model.keras")
    assert again.evaluate(X, np.eye(3)[CLASSES], verbose=0) == expected


def test_older_form_of_add_weight():
    class Hits(metrics.Metric):
        """A state made in the words of Keras 2.3."""

        def __init__(self):
            super().__init__(name="hits")
            self.hits = self.add_weight("hits", shape=(2,), initializer=None)

    assert Hits().hits.numpy().tolist() == [0, 0] and Hits().hits.name == "hits"
