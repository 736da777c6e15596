"""Metrics as users of Keras 2, tf.keras and Keras 3 write them, and what can be done with every metric."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cases.metric_cases import METRIC_CASES

from keras_torch import backend as K
from keras_torch import metrics, ops

Y_TRUE, Y_PRED = torch.tensor([1.0, 0.0, 1.0, 1.0]), torch.tensor([0.9, 0.8, 0.2, 0.7])


class OfKeras2(metrics.Metric):
    """Old order of add_weight, `K`, `reset_states`."""

    def __init__(self, name="mine", **kwargs):
        super().__init__(name=name, **kwargs)
        self.true_positives = self.add_weight("tp", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        found = K.sum(K.cast(K.equal(y_true, K.round(y_pred)), self.dtype) * y_true)
        self.true_positives.assign_add(found)

    def result(self):
        return self.true_positives

    def reset_states(self):
        K.batch_set_value([(variable, 0) for variable in self.variables])


class OfTfKeras(metrics.Metric):
    """Name and shape, assignments of tensors, `reset_state`."""

    def __init__(self, thresholds=(0.5, 0.75), name="mine", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.limits = list(thresholds)
        self.tp = self.add_weight(name="tp", shape=(len(self.limits),), initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        above = ops.cast(ops.expand_dims(y_pred, 0) > ops.expand_dims(ops.array(self.limits), 1), self.dtype)
        found = above * ops.cast(y_true, self.dtype)
        if sample_weight is not None:
            found = found * ops.cast(sample_weight, self.dtype)
        self.tp.assign(self.tp + ops.sum(found, axis=1))

    def result(self):
        return self.tp[0]

    def reset_state(self):
        for variable in self.variables:
            variable.assign(ops.zeros(variable.shape))

    def get_config(self):
        return {**super().get_config(), "thresholds": self.limits}


class OfKeras3(metrics.Metric):
    """`add_variable` with shape, initializer, name; `assign`; keras.ops."""

    def __init__(self, name="mine", **kwargs):
        super().__init__(name=name, **kwargs)
        self.tp = self.add_variable(shape=(), initializer="zeros", name="tp", aggregation="sum")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = ops.cast(y_true, "bool")
        found = ops.cast(ops.logical_and(y_true, ops.greater(y_pred, 0.5)), self.dtype)
        self.tp.assign(self.tp + ops.sum(found))

    def result(self):
        return self.tp.value


@pytest.mark.parametrize("cls", [OfKeras2, OfTfKeras, OfKeras3])
def test_metric_of_each_habit_counts_resets_merges_and_rebuilds(cls):
    metric = cls()
    metric.update_state(Y_TRUE, Y_PRED)
    assert float(metric.result()) == 2.0 and metric.name == "mine"
    other = cls.from_config(metric.get_config())
    other.update_state(Y_TRUE, Y_PRED.requires_grad_(False))
    metric.merge_state([other])
    assert float(metric.result()) == 4.0
    metric.reset_state()
    assert float(metric.result()) == 0.0
    metric.reset_states()
    assert [variable.name for variable in metric.weights] == ["tp"]


def test_mean_of_a_user_may_be_extended():
    class Percent(metrics.Mean):
        def update_state(self, y_true, y_pred, sample_weight=None):
            right = ops.cast(ops.equal(y_true, ops.round(y_pred)), "float32")
            super().update_state(100 * right, sample_weight)

        def result(self):
            return self.total / self.count

    assert Percent()(Y_TRUE, Y_PRED).item() == 50.0


def test_numpy_function_is_a_metric_and_gets_predictions_without_a_graph():
    def median(y_true, y_pred):
        return np.median((y_true - y_pred).abs().numpy())

    metric = metrics.as_metric(median)
    assert metric(Y_TRUE, Y_PRED.clone().requires_grad_()).item() == pytest.approx(0.55)
    weighed = metrics.as_metric(lambda y_true, y_pred: y_pred.clone())
    weighed.update_state(Y_TRUE, Y_PRED.clone().requires_grad_())
    assert not weighed.total.requires_grad


def test_metric_function_that_numpy_cannot_run_is_told_where():
    def wrong(y_true, y_pred):
        return np.mean(y_pred)

    sentence = r'The metric function "wrong" hands a tensor to numpy, in line \d+ of test_metric_habits.py'
    with pytest.raises(TypeError, match=sentence):
        metrics.as_metric(wrong).update_state(Y_TRUE, Y_PRED)


def test_other_errors_of_metric_functions_stay_as_they_are():
    def wrong(y_true, y_pred):
        raise TypeError("mine")

    with pytest.raises(TypeError, match="^mine$"):
        metrics.as_metric(wrong).update_state(Y_TRUE, Y_PRED)


LAST = {case.metric: case for case in METRIC_CASES if case.generation == "keras3" and not case.masked}


@pytest.mark.parametrize("case", LAST.values(), ids=lambda case: case.metric)
def test_stateless_methods_leave_the_metric_alone(case):
    y_true, y_pred, weights, _ = case.data()
    data = [torch.as_tensor(part) for part in (y_true, y_pred) if part is not None]
    weights = None if weights is None else torch.as_tensor(weights)
    metric, other = (getattr(metrics, case.metric)(**case.arguments) for _ in range(2))
    for one in (metric, other):  # some make their states at the first batch
        one.update_state(*data, sample_weight=weights)
    start = metric.stateless_reset_state()
    assert torch.equal(metric.result(), other.result())
    metric.reset_state()
    once = metric.stateless_update_state(start, *data, sample_weight=weights)
    assert all(torch.equal(before, state) for before, state in zip(start, metric.variables, strict=True))
    assert torch.allclose(metric.stateless_result(once), other.result())


def test_another_number_of_states_is_an_error():
    with pytest.raises(ValueError, match='Mean "mean": `metric_variables` must be 2 values, one for each of'):
        metrics.Mean().stateless_result([torch.zeros(())])


def test_clones_are_new_metrics_of_the_same_arguments():
    metric = metrics.Precision(thresholds=0.3, name="p")
    metric.update_state(Y_TRUE, Y_PRED)
    listed = metrics.clone_metrics([metric, "mse"])
    assert listed[0].thresholds == [0.3] and listed[0].result().item() == 0.0 and listed[1] == "mse"
    assert metrics.clone_metrics({"a": metric})["a"].name == "p" and metrics.clone_metrics(None) is None
