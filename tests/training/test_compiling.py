"""What a compiled model knows of its metrics and losses: their lists and names in each generation."""

from __future__ import annotations

import pytest
import torch
from cases.training_models import LABELS, NUMBERS, OTHER, X, regressor, two_headed

import keras_torch
from keras_torch import layers, metrics
from keras_torch.dialects import dialect

LISTS = {  # observed: names of `model.metrics` before and after fit, then `metrics_names`
    "keras1": (["mae"], ["mae"], ["loss", "mean_absolute_error"]),
    "keras2.2": (["mae"], ["mae"], ["loss", "mean_absolute_error"]),
    "keras2.3": (["mae"], ["mae"], ["loss", "mae"]),
    "tf.keras": ([], ["loss", "mae"], ["loss", "mae"]),
    "keras3": (["loss", "compile_metrics"], ["loss", "compile_metrics"], ["loss", "mae"]),
}


def names(listed):
    return [getattr(metric, "name", metric) for metric in listed]


@pytest.mark.parametrize("generation", LISTS)
def test_lists_of_metrics(generation):
    before, after, results = LISTS[generation]
    with dialect(generation):
        model = regressor(metrics=["mae"])
        assert names(model.metrics) == before
        model.fit(X, NUMBERS, epochs=1, verbose=0)
        assert names(model.metrics) == after and model.metrics_names == results
        assert len(model.evaluate(X, NUMBERS, verbose=0)) == 2


@pytest.mark.parametrize("generation", LISTS)
def test_metrics_begin_anew_with_each_pass_however_they_are_listed(generation):
    with dialect(generation):
        model = regressor(metrics=["mae"], optimizer=keras_torch.optimizers.SGD(0.0))
        model.fit(X, NUMBERS + 9.0, epochs=1, verbose=0)
        found = model.evaluate(X, NUMBERS, verbose=0)
        assert found == pytest.approx(model.evaluate(X, NUMBERS, verbose=0))


class Tracking(keras_torch.Model):
    """A model with a list of metrics and steps of its own, as examples of VAEs and GANs have them."""

    def __init__(self, listed):
        super().__init__()
        self.dense = layers.Dense(1)
        self.trackers = [metrics.Mean(name=name) for name in listed]

    @property
    def metrics(self):
        return self.trackers

    def call(self, inputs):
        return self.dense(inputs)

    def train_step(self, data):
        for number, tracker in enumerate(self.trackers):
            tracker.update_state(float(number))
        return {tracker.name: tracker.result() for tracker in reversed(self.trackers)}

    def test_step(self, data):
        self(data[0])
        return self.train_step(data)


@pytest.mark.parametrize("generation", ["tf.keras", "keras3"])
@pytest.mark.parametrize("listed", [["loss"], ["loss_tracker"], ["total", "kl"]])
def test_names_follow_a_list_of_the_users_own(generation, listed):
    with dialect(generation):
        model = Tracking(listed)
        model.compile("sgd")
        assert model.metrics_names == listed
        model.fit(X, NUMBERS, epochs=1, verbose=0)
        found = model.evaluate(X, NUMBERS, verbose=0)
        expected = [float(number) for number in range(len(listed))]
        assert found == (expected if len(listed) > 1 else expected[0])
        assert model.metrics_names == listed and names(model.metrics) == listed
        assert list(model.get_metrics_result()) == listed


def test_a_list_of_the_users_own_may_add_to_ours():
    class Adding(keras_torch.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        @property
        def metrics(self):
            return [*super().metrics, EXTRA]

        def call(self, inputs):
            return self.dense(inputs)

    EXTRA = metrics.Mean(name="extra")
    model = Adding()
    model.compile("sgd", "mse", metrics=["mae"])
    history = model.fit(X, NUMBERS, epochs=1, verbose=0).history
    assert model.metrics_names == ["loss", "mae", "extra"] and set(history) == {"loss", "mae", "extra"}
    EXTRA.update_state(5.0)
    model.evaluate(X, NUMBERS, verbose=0)
    assert float(EXTRA.result()) == 0.0


class Penalized(keras_torch.Model):
    """A functional model that lists more losses than ours."""

    @property
    def losses(self):
        return [*super().losses, 5.0, torch.ones(2)]


@pytest.mark.parametrize("regularizer", [None, "l2"])
def test_losses_listed_by_the_model_count(regularizer):
    inputs = keras_torch.Input((4,))
    outputs = layers.Dense(1, kernel_regularizer=regularizer)(inputs)
    plain, model = keras_torch.Model(inputs, outputs), Penalized(inputs, outputs)
    for each in (plain, model):
        each.compile(keras_torch.optimizers.SGD(0.0), "mse")
    expected = plain.evaluate(X, NUMBERS, verbose=0) + 7.0
    assert model.evaluate(X, NUMBERS, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert model.fit(X, NUMBERS, epochs=1, verbose=0).history["loss"] == pytest.approx([expected], rel=1e-5)
    assert model.train_on_batch(X, NUMBERS) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("generation", LISTS)
@pytest.mark.parametrize(
    ("loss", "y"), [(["mse", None], NUMBERS), ([None, "sparse_categorical_crossentropy"], LABELS)]
)
def test_one_array_of_targets_is_that_of_the_output_with_a_loss(generation, loss, y):
    """Keras 3 and tf_keras train so."""
    with dialect(generation):
        model, other = two_headed(loss=loss), two_headed(loss=loss)
        other.set_weights(model.get_weights())
        both = [y, None] if loss[1] is None else [None, y]
        found = model.fit([X, OTHER], y, epochs=1, shuffle=False, verbose=0).history
        expected = other.fit([X, OTHER], dict(zip("pq", both)), epochs=1, shuffle=False, verbose=0).history
    assert found["loss"] == pytest.approx(expected["loss"]) and found.keys() == expected.keys()


MODELS = {
    "sequential": lambda: regressor(metrics=["mae"]),
    "two inputs": lambda: two_headed(),
}


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize(("method", "dtype"), [("double", torch.float64), ("half", torch.float16)])
def test_data_follow_the_number_type_of_the_weights(kind, method, dtype):
    model = getattr(MODELS[kind](), method)()
    x, y = (X, NUMBERS) if kind == "sequential" else ([X, OTHER], [NUMBERS, LABELS])
    found = model.predict(x, verbose=0)
    found = found[0] if isinstance(found, list) else found
    assert torch.as_tensor(found).dtype is dtype
    one = model.predict_on_batch(x)
    assert torch.as_tensor(one[0] if isinstance(one, list) else one).dtype is dtype
    assert all(weight.dtype is dtype for weight in model.parameters())
    if method == "double":  # torch has no softmax loss of halves on every processor
        model.fit(x, y, epochs=1, verbose=0)
        model.evaluate(x, y, verbose=0)
        model.train_on_batch(x, y)
        assert all(weight.dtype is dtype for weight in model.parameters())


def test_a_model_in_double_precision_gets_all_digits():
    model = regressor().double()
    x = torch.full((1, 4), 1.0 + 2.0**-40, dtype=torch.float64)
    with torch.no_grad():
        expected = float(model(x)) - float(model(torch.ones_like(x)))
    found = model.predict(x.numpy(), verbose=0) - model.predict(x.numpy() * 0 + 1.0, verbose=0)
    assert expected != 0.0 and float(found[0, 0]) == expected
    found = model.predict(iter([x.numpy()]), verbose=0) - model.predict(iter([x.numpy() * 0 + 1]), verbose=0)
    assert float(found[0, 0]) == expected
