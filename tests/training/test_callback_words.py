"""`params` and `validation_data` of callbacks, in the words of each generation."""

from __future__ import annotations

import pytest
from cases.training_models import LABELS, NUMBERS, SAMPLES, X, endless, regressor

import keras_torch
from keras_torch import callbacks, layers
from keras_torch.dialects import dialect
from keras_torch.training.callback_words import verbose_of


class Seen(callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.validation, self.of_model = self.validation_data, getattr(self.model, "validation_data", None)


def _seen(generation, model, *data, **arguments):
    seen = Seen()
    with dialect(generation):
        model.fit(*data, epochs=1, verbose=0, callbacks=[seen], **arguments)
    return seen


METRICS = {"metrics": ["loss", "val_loss"], "do_validation": True, "verbose": 0}
ARRAYS = {
    "keras1": {"batch_size": 8, "nb_epoch": 1, "nb_sample": SAMPLES, **METRICS},
    "keras2.3": {"batch_size": 8, "epochs": 1, "steps": None, "samples": SAMPLES, **METRICS},
    "tf.keras": {"epochs": 1, "steps": 3, "verbose": 0},
}
GENERATOR = {
    "keras2.2": {"epochs": 1, "steps": 2, **METRICS, "do_validation": False},
    "keras3": {"epochs": 1, "steps": 2, "verbose": 0},
}


@pytest.mark.parametrize("generation", ARRAYS)
def test_params_of_arrays(generation):
    seen = _seen(generation, regressor(), X, NUMBERS, 8, validation_data=(X, NUMBERS))
    assert seen.params == ARRAYS[generation]


@pytest.mark.parametrize("generation", GENERATOR)
def test_params_of_a_generator(generation):
    assert _seen(generation, regressor(), endless(), steps_per_epoch=2).params == GENERATOR[generation]


def test_a_generator_of_keras1_tells_its_samples():
    seen = Seen()
    with dialect("keras1"):
        regressor().fit_generator(endless(), 16, 1, 0, [seen])
    assert seen.params == {"nb_epoch": 1, "nb_sample": 16, **METRICS, "do_validation": False}


def test_the_batch_size_told_is_the_one_in_force():
    assert _seen("keras2.2", regressor(), X, NUMBERS).params["batch_size"] == 32


def test_validation_data_of_keras1_belong_to_the_model():
    seen = _seen("keras1", regressor(), X, NUMBERS, validation_data=(X[:6], NUMBERS[:6]))
    assert [array.shape for array in seen.of_model] == [(6, 4), (6, 1), (6,)]


def test_a_generator_of_keras1_packs_targets_and_weights():
    seen = Seen()
    with dialect("keras1"):
        regressor().fit_generator(endless(), 16, 1, 0, [seen], (X[:6], NUMBERS[:6]))
    inputs, (targets,), (weights,) = seen.of_model
    assert (inputs.shape, targets.shape, weights.shape) == ((6, 4), (6, 1), (6,))


PHASES = {  # layer -> whether it behaves differently in training
    "plain": (lambda: layers.Dense(3), False),
    "rate": (lambda: layers.Dropout(0.5), True),
    "no rate": (lambda: layers.Dropout(0.0), False),
    "normalisation": (lambda: layers.BatchNormalization(), True),
    "recurrent": (lambda: keras_torch.Sequential([layers.Reshape((2, 2)), layers.SimpleRNN(2)]), False),
    "recurrent rate": (
        lambda: keras_torch.Sequential([layers.Reshape((2, 2)), layers.SimpleRNN(2, dropout=0.5)]), True),
    "wrapped": (lambda: keras_torch.Sequential([layers.Reshape((2, 2)),
                                                layers.TimeDistributed(layers.Dense(2))]), False),
}  # fmt: skip


@pytest.mark.parametrize("name", PHASES)
def test_the_phase_follows_where_layers_have_phases(name):
    make, has_phase = PHASES[name]
    with dialect("keras2.2"):
        model = keras_torch.Sequential(
            [keras_torch.Input((4,)), make(), layers.Flatten(), layers.Dense(3, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
    seen = _seen("keras2.2", model, X, LABELS, validation_split=0.2)
    assert len(seen.validation) == 4 if has_phase else 3
    assert seen.validation[1].shape == (4, 1) and (not has_phase or seen.validation[3] == 0.0)


def test_old_generations_predict_in_silence(capsys):
    with dialect("keras2.3"):
        model = regressor()
        model.predict(X)
        assert capsys.readouterr().out == ""
        model.evaluate(X, NUMBERS)
        assert capsys.readouterr().out
        assert (verbose_of("fit", "auto"), verbose_of("predict", 1)) == (1, 1)
