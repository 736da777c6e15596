"""add_metric, and metrics that layers keep as attributes: in the logs, reset each epoch, free if unused."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch

import keras_torch as keras
from keras_torch import layers, metrics
from keras_torch.layers.added_metrics import metrics_of

X = np.random.RandomState(0).randn(10, 4).astype("float32")
Y = X[:, :2]


class Shown(layers.Layer):
    """Passes its inputs on and shows two values of them."""

    def call(self, inputs):
        self.add_metric(inputs.sum(), name="s", aggregation="mean")
        self.add_metric(inputs[:, 0], name="v")
        return inputs


class Keeps(layers.Layer):
    """Passes its inputs on; metrics as attributes."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.mean = metrics.Mean(name="mm")
        self.several = [metrics.Sum(name="sm")]

    def call(self, inputs):
        self.mean.update_state(inputs)
        self.several[0].update_state(inputs)
        return inputs


def model_with(*more, **arguments):
    model = keras.Sequential([keras.Input((4,)), *more, layers.Dense(2)])
    model.compile("sgd", "mse", **arguments)
    return model


def test_added_metrics_are_in_the_history_as_in_tf_keras():
    """The numbers are those of tf_keras 2.21."""
    history = model_with(Shown(), metrics=["mae"]).fit(
        X, Y, batch_size=4, shuffle=False, epochs=2, validation_split=0.2, verbose=0
    )
    assert history.history["s"] == pytest.approx([6.909401893615723] * 2, rel=1e-6)
    assert history.history["v"] == pytest.approx([0.879131555557251] * 2, rel=1e-6)
    assert history.history["val_s"] == pytest.approx([-1.317104458808899] * 2, rel=1e-6)
    assert history.history["val_v"] == pytest.approx([0.17125245928764343] * 2, rel=1e-6)


def test_added_metrics_come_last_in_names_and_results():
    model = model_with(Shown(), metrics=["mae"])
    found = model.evaluate(X, Y, batch_size=4, verbose=0)
    assert model.metrics_names == ["loss", "mae", "s", "v"]
    assert found[2:] == pytest.approx([4.167232990264893, 0.737555742263794], rel=1e-6)  # tf_keras 2.21
    assert found == list(model.evaluate(X, Y, batch_size=4, verbose=0, return_dict=True)[name]
                         for name in model.metrics_names)  # fmt: skip
    assert [metric.name for metric in model.metrics] == ["loss", "compile_metrics", "s", "v"]


def test_metrics_kept_by_layers_are_in_the_history_as_in_keras():
    """The numbers are those of Keras 3.15."""
    model = model_with(Keeps(), metrics=["mae"])
    history = model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, validation_split=0.2, verbose=0).history
    assert list(history) == ["loss", "mae", "mm", "sm", "val_loss", "val_mae", "val_mm", "val_sm"]
    assert history["mm"] == pytest.approx([0.4318375885486603] * 2, rel=1e-6)
    assert history["sm"] == pytest.approx([13.818802833557129] * 2, rel=1e-6)
    assert model.layers[0].metrics == [model.layers[0].mean, *model.layers[0].several]


def test_a_metrics_result_may_be_added_without_a_name():
    class Called(Keeps):
        def call(self, inputs):
            self.add_metric(self.mean(inputs))
            return inputs

    history = model_with(Called()).fit(X, Y, verbose=0).history
    assert history["mm"] == pytest.approx([0.31254249811172485], rel=1e-5)  # tf_keras 2.21


def test_a_symbol_of_the_graph():
    """The numbers are those of tf_keras 2.21 for the same weights."""
    inputs = keras.Input((4,))
    hidden = layers.Dense(3, kernel_initializer="ones")(inputs)
    model = keras.Model(inputs, layers.Dense(2)(hidden))
    model.add_metric(hidden.sum(), name="total", aggregation="mean")
    model.add_metric(hidden, name="mean")
    model.compile(keras.optimizers.SGD(0.0), "mse")
    history = model.fit(X, Y, batch_size=4, shuffle=False, epochs=2, verbose=0).history
    sums = [3 * X[start : start + 4].sum() for start in (0, 4, 8)]
    assert history["total"] == pytest.approx([np.mean(sums)] * 2, rel=1e-5)
    assert history["mean"] == pytest.approx([X.sum(1).mean()] * 2, rel=1e-5)
    assert model.metrics_names == ["loss", "total", "mean"]


def test_a_subclassed_model_adds_its_own():
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, inputs):
            outputs = self.dense(inputs)
            self.add_metric(outputs.mean(), name="middle")
            return outputs

    net = Net()
    net.compile("sgd", "mse")
    assert list(net.fit(X, Y, verbose=0).history) == ["loss", "middle"]
    first = net.train_on_batch(X, Y, return_dict=True)
    assert first["middle"] == pytest.approx(float(net.history.history["middle"][0]), abs=1.0)


def test_layers_inside_inner_models_count():
    x = keras.Input((4,))
    inner = keras.Model(x, layers.Dense(2)(Shown()(x)))
    y = keras.Input((4,))
    outer = keras.Model(y, inner(y))
    outer.compile("sgd", "mse")
    assert list(outer.fit(X, Y, verbose=0).history) == ["loss", "s", "v"]


def test_what_an_inner_model_tracks_stays_there():
    class Inner(keras.Model):
        def __init__(self):
            super().__init__()
            self.tracker, self.dense = metrics.Mean(name="inner"), layers.Dense(2)

        def call(self, inputs):
            return self.dense(inputs)

    outer = model_with(Inner())
    assert list(outer.fit(X, Y, verbose=0).history) == ["loss"]
    assert [metric.name for metric in outer.layers[0].metrics] == ["inner"]


def test_a_call_without_gradients_is_recorded_too_and_none_is_kept():
    layer = Shown()
    layer(torch.ones(2, 4, requires_grad=True))
    assert [float(metric.result()) for metric in layer.metrics] == [8.0, 1.0]
    assert not any(variable.requires_grad for metric in layer.metrics for variable in metric.variables)


def test_models_with_added_metrics_are_copied_and_pickled():
    model = model_with(Shown(), Keeps())
    model.evaluate(X, Y, verbose=0)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model.layers[1]))):
        assert len(metrics_of(other)) in (2, 4)
        assert all(mine is not theirs for mine in metrics_of(other) for theirs in metrics_of(model))


def test_metrics_are_found_anew_only_after_a_change(monkeypatch):
    model = model_with(Shown())
    model.evaluate(X, Y, verbose=0)
    walks = []
    monkeypatch.setattr(type(model), "modules", lambda self: walks.append(1) or iter(()))
    assert len(metrics_of(model)) == 2 and not walks


@pytest.mark.parametrize(("arguments", "message"), [
    ({}, r'Other "o".add_metric\(\): `name` must be a string'),
    ({"name": 3}, "`name` must be a string"),
    ({"name": "a", "aggregation": "sum"}, "`aggregation` must be 'mean' or None; got 'sum'"),
])  # fmt: skip
def test_wrong_arguments(arguments, message):
    class Other(layers.Layer):
        def call(self, inputs):
            self.add_metric(inputs.sum(), **arguments)
            return inputs

    with pytest.raises(ValueError, match=message):
        Other(name="o")(torch.ones(1))


def test_a_symbol_needs_a_graph():
    x = keras.Input((4,))
    model = keras.Sequential([layers.Dense(1)])
    with pytest.raises(ValueError, match=r"no graph yet, so it has no `add_metric\(symbol\)`"):
        model.add_metric(x.sum(), name="s")
