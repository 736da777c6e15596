"""Losses, metrics, weights and targets by output, also where outputs are nested more than once."""

from __future__ import annotations

import numpy as np
import pytest
from cases.training_models import LABELS, NUMBERS, OTHER, WEIGHTS, X, two_headed

import keras_torch
from keras_torch import layers, losses, metrics
from keras_torch.training.outputs import aligned, names_of

TARGETS = {"a": [X[:, :2], X[:, 1:3]], "b": X[:, :1]}


def nested(**arguments):
    """Outputs {'a': [a1, a2], 'b': cc}, compiled."""
    x = keras_torch.Input((4,))
    first, second, third = (layers.Dense(n, name=name)(x) for n, name in ((2, "a1"), (2, "a2"), (1, "cc")))
    model = keras_torch.Model(x, {"a": [first, second], "b": third})
    model.compile("sgd", **{"loss": {"a": ["mse", "mae"], "b": "mse"}, **arguments})
    return model


class NestedSubclass(keras_torch.Model):
    """The same without names for the outputs."""

    def __init__(self):
        super().__init__()
        self.two, self.one = layers.Dense(2), layers.Dense(1)

    def call(self, inputs):
        return {"a": [self.two(inputs), self.two(inputs)], "b": self.one(inputs)}


def nested_subclass(**arguments):
    """Compiled too."""
    model = NestedSubclass()
    model.compile("sgd", **{"loss": {"a": ["mse", "mae"], "b": "mse"}, **arguments})
    return model


KERAS3 = {  # as Keras 3.15 names them
    "metrics in lists": (nested, {"metrics": {"a": ["mae", "mse"], "b": ["mae"]}},
                         "a/a1_loss a/a2_loss a1_mae a2_mse b_loss cc_mae loss"),
    "metrics in lists of lists": (
        nested,
        {"metrics": {"a": [["mae"], ["mse"]], "b": ["mae"]},
         "weighted_metrics": {"a": [["mse"], None], "b": ["mse"]}},
        "a/a1_loss a/a2_loss a1_mae a1_mse a2_mse b_loss cc_mae cc_mse loss"),
    "no names": (nested_subclass, {"metrics": {"a": ["mae", "mse"], "b": ["mae"]}},
                 "a/mae_loss a/mse_loss b_loss loss mae mae_1 mse"),
    "a loss missing": (nested_subclass, {"loss": {"a": ["mse", None], "b": "mse"}}, "a/mse_loss b_loss loss"),
    "a branch missing": (nested_subclass, {"loss": {"b": "mse"}}, "loss"),
    "names of losses": (
        nested_subclass, {"loss": {"a": [losses.MeanSquaredError(name="q"), "mse"], "b": "mse"}},
        "a/mse_loss a/q_loss b_loss loss"),
}  # fmt: skip


@pytest.mark.parametrize("name", KERAS3)
def test_names_in_the_history_of_keras3(name):
    make, arguments, names = KERAS3[name]
    model = make(**arguments)
    assert " ".join(model.fit(X, TARGETS, verbose=0).history) == names
    assert set(model.evaluate(X, TARGETS, verbose=0, return_dict=True)) == set(names.split())


@pytest.fixture
def tf_keras():
    before = keras_torch.dialects.current_dialect()
    keras_torch.set_dialect("tf.keras")
    yield
    keras_torch.set_dialect(before)


TF_KERAS = {  # as tf_keras 2.21 names them
    "graph": (nested, {"metrics": {"a": ["mae", "mse"], "b": ["mae"]}},
              "loss a1_loss a2_loss cc_loss a1_mae a2_mse cc_mae"),
    "no names": (nested_subclass, {"metrics": {"a": ["mae", "mse"], "b": ["mae"]}},
                 "loss a_1_loss a_2_loss b_loss a_1_mae a_2_mse b_mae"),
}  # fmt: skip


@pytest.mark.parametrize("name", TF_KERAS)
def test_names_in_the_history_of_tf_keras(name, tf_keras):
    make, arguments, names = TF_KERAS[name]
    assert " ".join(make(**arguments).fit(X, TARGETS, verbose=0).history) == names


def test_outputs_of_a_flat_dict_have_the_names_of_their_layers_in_tf_keras(tf_keras):
    x = keras_torch.Input((4,))
    model = keras_torch.Model(x, {"z": layers.Dense(2, name="a1")(x), "b": layers.Dense(1, name="cc")(x)})
    model.compile("sgd", {"z": "mse", "b": "mse"}, metrics={"z": ["mae"], "b": ["mae"]})
    history = model.fit(X, {"z": X[:, :2], "b": X[:, :1]}, verbose=0).history
    assert " ".join(history) == "loss cc_loss a1_loss cc_mae a1_mae"


def test_a_tuple_of_a_tensor_and_a_dict():
    class Mixed(NestedSubclass):
        def call(self, inputs):
            return self.two(inputs), {"u": self.two(inputs), "v": self.one(inputs)}

    model = Mixed()
    model.compile("sgd", ("mse", {"u": "mae", "v": "mse"}), metrics=[["mae"], {"u": ["mae"], "v": ["mae"]}])
    history = model.fit(X, (X[:, :2], {"u": X[:, 1:3], "v": X[:, :1]}), verbose=0).history
    assert " ".join(history) == "1/u_loss 1/v_loss loss mae mae_1 mae_2 mse_loss"


def test_loss_weights_and_sample_weights_are_nested_too():
    model = nested(loss_weights={"a": [1.0, 2.0], "b": 0.5})
    weights = {"a": [WEIGHTS, None], "b": WEIGHTS}
    found = model.evaluate(X, TARGETS, sample_weight=weights, verbose=0, return_dict=True)
    expected = found["a/a1_loss"] + 2 * found["a/a2_loss"] + 0.5 * found["b_loss"]
    assert found["loss"] == pytest.approx(expected, rel=1e-6)
    plain = model.evaluate(X, TARGETS, verbose=0, return_dict=True)
    assert found["a/a2_loss"] == pytest.approx(plain["a/a2_loss"]) and found["b_loss"] != plain["b_loss"]


def test_predictions_are_nested_as_the_outputs():
    predicted = nested().predict(X, batch_size=8, verbose=0)
    assert [part.shape for part in predicted["a"]] == [(20, 2), (20, 2)]
    assert isinstance(predicted["b"], np.ndarray) and predicted["b"].shape == (20, 1)


def test_metrics_names_know_nested_outputs_before_training():
    model = nested(metrics={"a": ["mae", "mse"], "b": ["mae"]})
    names = model.metrics_names
    assert names == ["loss", "a/a1_loss", "a/a2_loss", "b_loss", "a1_mae", "a2_mse", "cc_mae"]
    assert names == list(dict(zip(names, model.evaluate(X, TARGETS, verbose=0), strict=True)))


@pytest.mark.parametrize(("arguments", "message"), [
    ({"loss": {"a": ["mse"], "b": "mse"}}, r"`loss` must be nested as the model's outputs are, \['...', '"),
    ({"loss": ["mse", "mae", "mse"]}, r"`loss` must be nested.*got a list of 3 there"),
    ({"loss": {"c": "mse"}}, r"`loss` names the output 'c'; the model's outputs are \['a', 'b'\]"),
    ({"loss_weights": {"a": {"x": 1.0}}}, "`loss_weights` must be nested"),
])  # fmt: skip
def test_what_is_nested_otherwise_is_refused_by_compile(arguments, message):
    with pytest.raises(ValueError, match=message):
        nested(**arguments)


def test_targets_that_are_nested_otherwise_are_refused():
    with pytest.raises(ValueError, match="`y` must be nested"):
        nested().fit(X, [X[:, :2], X[:, 1:3], X[:, :1]], verbose=0)


def test_a_metric_with_several_results_is_spread():
    class Ends(metrics.Metric):
        def __init__(self, name="ends"):
            super().__init__(name=name)
            self.total = self.add_weight(name="total")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.total.assign_add(y_pred.sum())

        def result(self):
            return {"u": self.total.value, "v": self.total.value * 2}

    model = two_headed(metrics=[[Ends()], []])
    found = model.fit([X, OTHER], [NUMBERS, LABELS], verbose=0).history
    assert found["v"][0] == pytest.approx(2 * found["u"][0], rel=1e-5)


def test_what_stands_for_a_branch_counts_for_all_of_it():
    assert aligned(3, [0, {"u": 0, "v": 0}], "loss_weights") == [3, 3, 3]
    assert names_of({"a": [0, 0], "b": 0}) == ["a_1", "a_2", "b"]
