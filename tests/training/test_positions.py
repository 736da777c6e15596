"""Positional arguments of fit and its kin, in the order of each generation."""

from __future__ import annotations

import numpy as np
import pytest
from cases.training_models import LABELS, NUMBERS, WEIGHTS, X, classifier, regressor

from keras_torch import Model, Sequential, layers, models
from keras_torch.dialects import dialect

HEAD = (X, NUMBERS, 8, 3, 0, None, 0.0, (X, NUMBERS), False, None, None, 1)
FIT = {  # generation -> arguments that mean epochs 1 and 2, and validation in every second epoch
    "keras2.3": (*HEAD, None, None, 2, 10, 1, False),
    "tf.keras": (*HEAD, None, None, 5, 2, 10, 1, False),
    "keras3": (*HEAD, None, None, 5, 2),
}


@pytest.mark.parametrize("generation", FIT)
def test_fit(generation):
    with dialect(generation):
        history = regressor().fit(*FIT[generation])
    assert history.epoch == [1, 2] and len(history.history["val_loss"]) == 1


EVALUATE = {
    "keras1": (X, NUMBERS, 8, 0, WEIGHTS), "keras2.2": (X, NUMBERS, 8, 0, WEIGHTS, None),
    "keras2.3": (X, NUMBERS, 8, 0, WEIGHTS, None, None, 10, 1, False),
    "tf.keras": (X, NUMBERS, 8, 0, WEIGHTS, None, None, 10, 1, False, False),
    "keras3": (X, NUMBERS, 8, 0, WEIGHTS, None, None, False)}  # fmt: skip


@pytest.mark.parametrize("generation", EVALUATE)
def test_evaluate(generation):
    with dialect(generation):
        model = regressor()
        expected = model.evaluate(X, NUMBERS, batch_size=8, sample_weight=WEIGHTS, verbose=0)
        assert model.evaluate(*EVALUATE[generation]) == expected


PREDICT = {"keras1": (X, 8, 0), "keras2.3": (X, 8, 0, None, None, 10, 1, False), "keras3": (X, 8, 0, 3, None)}


@pytest.mark.parametrize("generation", PREDICT)
def test_predict(generation):
    with dialect(generation):
        model = regressor()
        assert np.array_equal(model.predict(*PREDICT[generation]), model.predict(X, batch_size=8, verbose=0))


BY_CLASS = {0: 2.0, 1: 1.0, 2: 0.5}
ON_BATCH = {
    "keras2.2": (X, LABELS, WEIGHTS, BY_CLASS), "keras2.3": (X, LABELS, WEIGHTS, BY_CLASS, True),
    "tf.keras": (X, LABELS, WEIGHTS, BY_CLASS, True, False), "keras3": (X, LABELS, WEIGHTS, BY_CLASS, False)}


@pytest.mark.parametrize("generation", ON_BATCH)
def test_train_on_batch_and_test_on_batch(generation):
    with dialect(generation):
        model = classifier()
        weights = model.get_weights()
        found = model.train_on_batch(*ON_BATCH[generation])
        model.set_weights(weights)
        assert found == model.train_on_batch(X, LABELS, sample_weight=WEIGHTS, class_weight=BY_CLASS)
        expected = model.test_on_batch(X, LABELS, sample_weight=WEIGHTS)
        rest = {"tf.keras": (True, False), "keras3": (False,)}.get(generation, ())
        assert model.test_on_batch(X, LABELS, WEIGHTS, *rest) == expected


def test_return_dict_comes_after_class_weight_in_keras3():
    assert set(classifier().train_on_batch(X, LABELS, None, None, True)) == {"loss", "accuracy"}
    assert set(classifier().test_on_batch(X, LABELS, None, True)) == {"loss", "accuracy"}


def _loss(model, *weights):
    model.set_weights([np.full_like(weight, 0.1) for weight in model.get_weights()])
    return model.train_on_batch(X, LABELS, *weights)[0]


def test_sequential_models_of_keras1_take_class_weights_first():
    with dialect("keras1"):
        sequential = classifier()
        functional = models.Model(sequential.inputs, sequential.outputs)
        functional.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        assert _loss(sequential, BY_CLASS) == pytest.approx(_loss(functional, None, BY_CLASS))
        assert _loss(sequential, None, WEIGHTS) == pytest.approx(_loss(functional, WEIGHTS))


def test_compile():
    for generation, arguments, mode in (
        ("keras1", ("sgd", "mse", ["mae"], "temporal"), "temporal"),
        ("keras2.3", ("sgd", "mse", ["mae"], None, "temporal", ["mse"], None), "temporal"),
        ("tf.keras", ("sgd", "mse", ["mae"], None, ["mse"]), None),
    ):
        with dialect(generation):
            model = Sequential([layers.Dense(1, input_shape=(4,))])
            model.compile(*arguments)
        assert model._sample_weight_mode == mode
        assert (model._objectives.weighted_specs == ["mse"]) == (generation != "keras1")
    with dialect("keras1"):
        model = Model(model.inputs, model.outputs)
        model.compile("sgd", "mse", ["mae"], [0.5], None)
    assert model._objectives.loss_weights == [0.5]


def test_errors_name_the_arguments():
    with pytest.raises(TypeError, match=r"predict\(\) got `batch_size` twice, by position and by name"):
        regressor().predict(X, 8, "auto", None, None, 1, batch_size=8)
    with dialect("keras2.3"):
        with pytest.raises(TypeError, match=r"predict\(\) takes at most 8 positional arguments \(x, batch"):
            regressor().predict(X, 8, 0, None, None, 10, 1, False, 0)
