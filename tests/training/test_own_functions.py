"""Losses, metrics and steps of the user's own: what they may return, and what they are told."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cases.training_models import LABELS, NUMBERS, OTHER, SAMPLES, WEIGHTS, X, two_headed

import keras_torch
from keras_torch import layers, models, optimizers
from keras_torch.training.function_metrics import FunctionMetric


def model_of(cls=keras_torch.Model, **arguments):
    """One Dense layer, compiled."""
    x = keras_torch.Input((4,))
    model = cls(x, layers.Dense(1, kernel_initializer=keras_torch.initializers.Constant(0.5))(x))
    model.compile(arguments.pop("optimizer", "sgd"), **{"loss": "mse", **arguments})
    return model


def fitted(model, **arguments):
    return model.fit(X, NUMBERS, verbose=0, shuffle=False, **arguments).history


# ------------------------------------------------------------------------------------------ losses


@pytest.mark.parametrize(("loss", "shown"), [
    (lambda y_true, y_pred: None, "None"),
    (lambda y_true, y_pred: "x", "'x'"),
    (lambda y_true, y_pred: ((y_true - y_pred) ** 2, 1.0), r"\(tensor"),
    (lambda y_true, y_pred: (y_true > y_pred).long(), "torch.int64"),
])  # fmt: skip
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_a_loss_function_must_return_one_tensor_of_floats(loss, shown, weights):
    message = f'(?s)loss function "<lambda>" returned {shown}.*; it must return one tensor of floats'
    with pytest.raises(TypeError, match=message):
        fitted(model_of(loss=loss), sample_weight=weights)


def test_values_that_weights_do_not_fit_are_refused():
    def folded(y_true, y_pred):
        return ((y_true - y_pred) ** 2).reshape(5, 4)

    with pytest.raises(ValueError, match=r"shape \(20,\) do not fit loss values of shape \(5, 4\)"):
        fitted(model_of(loss=folded), sample_weight=WEIGHTS)


def test_mistakes_inside_a_loss_function_arrive_as_they_are():
    def wrong(y_true, y_pred):
        return y_pred.no_such_thing

    with pytest.raises(AttributeError, match="no_such_thing"):
        fitted(model_of(loss=wrong))


def test_a_lambda_in_a_file_points_to_compile_false(tmp_path):
    model = model_of(loss=lambda y_true, y_pred: (y_true - y_pred) ** 2)
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="'<lambda>'.*custom_objects.*compile=False, and call compile"):
        models.load_model(tmp_path / "model.keras")
    again = models.load_model(tmp_path / "model.keras", compile=False)
    assert np.array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


# ------------------------------------------------------------------------------------------ metrics


def ends(y_true, y_pred):
    """A metric function of Keras 1: several values by name."""
    return {"low": y_pred.min(), "error": (y_true - y_pred).abs()}


def test_a_metric_function_may_return_a_dict():
    model = model_of(metrics=[ends], weighted_metrics=["mae"], optimizer=optimizers.SGD(0.0))
    found = fitted(model, validation_data=(X, NUMBERS))
    names = ["error", "loss", "low", "mae"]
    assert list(found) == names + [f"val_{name}" for name in names]
    predicted = model.predict(X, verbose=0)
    assert found["error"] == pytest.approx([np.abs(predicted - NUMBERS).mean()], rel=1e-5)
    assert found["val_low"] == pytest.approx([predicted.min()], rel=1e-5)
    assert fitted(model)["error"] == found["error"]  # reset in between


def test_a_dict_of_one_of_several_outputs_is_named_after_it():
    model = two_headed(metrics=[[ends], []])
    assert "p_low" in model.fit([X, OTHER], [NUMBERS, LABELS], verbose=0).history


def test_weights_count_in_each_part_of_a_dict():
    model = model_of(weighted_metrics=[ends], optimizer=optimizers.SGD(0.0))
    found = fitted(model, sample_weight=WEIGHTS)["error"][0]
    errors = np.abs(model.predict(X, verbose=0) - NUMBERS)[:, 0]
    assert found == pytest.approx((errors * WEIGHTS).sum() / WEIGHTS.sum(), rel=1e-5)


@pytest.mark.parametrize("returned", [None, "x", object(), []])
def test_a_metric_function_must_return_numbers(returned):
    with pytest.raises(TypeError, match='metric function "lambda" returned .*; it must return a tensor'):
        fitted(model_of(metrics=[lambda y_true, y_pred: returned]))


def test_a_metric_function_must_return_the_same_names():
    metric = FunctionMetric(lambda y_true, y_pred: {f"rows_{len(y_pred)}": y_pred}, "rows")
    metric.update_state(torch.ones(2), torch.ones(2))
    with pytest.raises(TypeError, match=r"returned \['rows_3'\], and before \['rows_2'\]"):
        metric.update_state(torch.ones(3), torch.ones(3))


def test_a_metric_function_runs_once_per_batch():
    calls = []

    def counted(y_true, y_pred):
        calls.append(1)
        return y_pred

    fitted(model_of(metrics=[counted]), batch_size=5, epochs=2)
    assert len(calls) == 8


# ------------------------------------------------------------------------------------------ steps


@pytest.mark.parametrize("returned", [None, 3, "a", [torch.tensor(1.0)]])
@pytest.mark.parametrize("method", ["train_step", "test_step"])
def test_steps_must_return_logs_or_a_loss(method, returned):
    model = model_of(type("Own", (keras_torch.Model,), {method: lambda self, data: returned}))
    run = fitted if method == "train_step" else lambda m: m.evaluate(X, NUMBERS, verbose=0)
    with pytest.raises(TypeError, match=rf"Own.{method}\(\) must return a dict of logs"):
        run(model)


@pytest.mark.parametrize("returned", [None, 0.5, {"loss": 1.0}])
def test_compute_loss_must_return_a_tensor(returned):
    cls = type("Own", (keras_torch.Model,), {"compute_loss": lambda self, *_, **__: returned})
    with pytest.raises(TypeError, match=r"Own.compute_loss\(\) must return the loss, a tensor computed"):
        fitted(model_of(cls))


def test_compute_metrics_must_return_a_dict():
    cls = type("Own", (keras_torch.Model,), {"compute_metrics": lambda self, *_, **__: None})
    with pytest.raises(TypeError, match=r"Own.compute_metrics\(\) must return a dict.*get_metrics_result"):
        fitted(model_of(cls))


def test_predict_step_must_return_predictions():
    cls = type("Own", (keras_torch.Model,), {"predict_step": lambda self, data: {"a": None}})
    with pytest.raises(TypeError, match=r"Own.predict_step\(\) must return predictions.*got None"):
        model_of(cls).predict(X, verbose=0)


def test_predict_step_may_return_arrays_and_ask_for_gradients():
    class Saliency(keras_torch.Model):
        def predict_step(self, data):
            with torch.enable_grad():
                data = data.clone().requires_grad_()
                (gradient,) = torch.autograd.grad(self(data).sum(), data)
            return {"gradient": gradient.numpy(), "output": self(data)}

    found = model_of(Saliency).predict(X, batch_size=8, verbose=0)
    assert found["gradient"].tolist() == np.full((SAMPLES, 4), 0.5).tolist()
    assert found["output"].shape == (SAMPLES, 1)


@pytest.mark.parametrize("arguments", [
    "self, x=None, y=None, y_pred=None, sample_weight=None",
    "self, x, y, y_pred, sample_weight, training=True",
    "self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs",
])  # fmt: skip
def test_compute_loss_of_every_generation(arguments):
    space = {"torch": torch}
    exec(f"def compute_loss({arguments}):\n    return ((y - y_pred) ** 2).mean() * 3", space)
    model = model_of(type("Own", (keras_torch.Model,), {"compute_loss": space["compute_loss"]}),
                     optimizer=optimizers.SGD(0.0))  # fmt: skip
    found = fitted(model, validation_data=(X, NUMBERS))
    expected = 3 * np.square(model.predict(X, verbose=0) - NUMBERS).mean()
    assert found["loss"] == pytest.approx([expected], rel=1e-5) == found["val_loss"]


def test_several_values_of_a_loss_are_summed_for_the_gradient_and_averaged_for_the_logs():
    """As Keras 3.15 on TensorFlow does."""

    class PerSample(keras_torch.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return ((y - y_pred) ** 2).mean(-1)

    own, summed = model_of(PerSample), model_of(loss=keras_torch.losses.MeanSquaredError(reduction="sum"))
    none = model_of(loss=keras_torch.losses.MeanSquaredError(reduction="none"))
    losses = [fitted(model, batch_size=8)["loss"][0] for model in (own, none, summed)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6) and losses[0] < losses[2]
    for other in (none, summed):
        assert np.allclose(own.get_weights()[0], other.get_weights()[0], rtol=1e-6)
    assert none.train_on_batch(X, NUMBERS) == pytest.approx(own.train_on_batch(X, NUMBERS), rel=1e-6)


# --------------------------------------------------------------------------------------- switches of compile


class Counting(keras_torch.Model):
    """Steps of its own: what they call is compiled where compile() says so."""

    def train_step(self, data):
        x, y = data
        self.optimizer.zero_grad()
        loss = ((self(x) - y) ** 2).mean()
        loss.backward()
        self.optimizer.step()
        return loss


@pytest.fixture
def compiled(monkeypatch):
    """torch.compile only notes what it is given."""
    given = []
    monkeypatch.setattr(torch, "compile", lambda function, *_, **__: given.append(function) or function)
    return given


@pytest.mark.parametrize("cls", [keras_torch.Model, Counting])
def test_jit_compile_reaches_standard_and_own_steps(cls, compiled):
    model, plain = model_of(cls, jit_compile=True), model_of(cls)
    assert model.jit_compile and not plain.jit_compile
    assert fitted(model, epochs=2) == fitted(plain, epochs=2)
    assert len(compiled) == 1 and "forward" not in model.__dict__


def test_run_eagerly_and_jit_compile_may_be_set_on_the_model(compiled):
    model = model_of(jit_compile=True)
    model.run_eagerly = True
    fitted(model)
    assert not compiled and model.run_eagerly
    model.run_eagerly = False
    fitted(model)
    assert len(compiled) == 1
    model.jit_compile = False
    fitted(model)
    assert len(compiled) == 1
    with pytest.raises(ValueError, match="`jit_compile` must be one of"):
        model.jit_compile = "yes"


def test_both_at_once_warn():
    with pytest.warns(UserWarning, match="run_eagerly=True leaves jit_compile=True without effect"):
        model_of(jit_compile=True, run_eagerly=True)


def test_the_older_compute_loss_counts_the_loss_as_tf_keras_does():
    class Own(keras_torch.Model):
        def train_step(self, data):
            x, y = data
            self.zero_grad()
            loss = self.compute_loss(x, y, self(x), None)
            loss.backward()
            self.optimizer.step()
            return self.compute_metrics(x, y, self(x), None)

    before = keras_torch.dialects.current_dialect()
    try:
        losses = {}
        for dialect in ("keras3", "tf.keras"):
            keras_torch.set_dialect(dialect)
            losses[dialect] = fitted(model_of(Own, optimizer=optimizers.SGD(0.0)))["loss"][0]
        assert losses["keras3"] == 0.0  # there train_step is to do it
        assert losses["tf.keras"] == pytest.approx(model_of().evaluate(X, NUMBERS, verbose=0), rel=1e-5)
    finally:
        keras_torch.set_dialect(before)
