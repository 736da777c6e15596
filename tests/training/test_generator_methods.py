"""fit_generator, evaluate_generator and predict_generator under all names their arguments have had."""

from __future__ import annotations

import numpy as np
import pytest
from cases.training_models import CLASSES, LABELS, SAMPLES, Numbered, X, classifier, endless

import keras_torch
from keras_torch.dialects.state import dialect

SIZE = 8


def seeded_classifier():
    """The same model each time."""
    keras_torch.utils.set_random_seed(3)
    return classifier()


FIT = {  # dialect -> arguments that mean 3 batches, 2 epochs, 2 batches of validation
    "keras1": {
        "samples_per_epoch": 3 * SIZE, "nb_epoch": 2, "nb_val_samples": 2 * SIZE, "max_q_size": 4,
        "nb_worker": 1, "pickle_safe": False,
    },
    "keras2.2": {
        "steps_per_epoch": 3, "epochs": 2, "validation_steps": 2, "max_queue_size": 4, "workers": 2,
        "use_multiprocessing": False, "initial_epoch": 0, "shuffle": False,
    },
    "keras2.3": {"steps_per_epoch": 3, "epochs": 2, "validation_steps": 2, "validation_freq": 1},
    "tf.keras": {"steps_per_epoch": 3, "epochs": 2, "validation_steps": 2, "use_multiprocessing": True},
}  # fmt: skip
PASS = {  # dialect -> arguments that mean 3 batches
    "keras1": {"val_samples": 3 * SIZE, "max_q_size": 3, "nb_worker": 2, "pickle_safe": True},
    "keras2.2": {"steps": 3, "max_queue_size": 3, "workers": 2, "use_multiprocessing": True, "verbose": 0},
    "keras2.3": {"steps": 3, "callbacks": [], "workers": 0},
    "tf.keras": {"steps": 3},
}


@pytest.mark.parametrize("name", FIT)
def test_fit_generator_is_fit(name):
    with dialect(name):
        history = seeded_classifier().fit_generator(
            endless(), validation_data=endless(), class_weight={0: 2.0}, verbose=0, **FIT[name]
        )
        expected = seeded_classifier().fit(
            endless(), steps_per_epoch=3, epochs=2, validation_data=endless(), validation_steps=2, verbose=0,
            class_weight={0: 2.0}, shuffle=False,
        )  # fmt: skip
    assert history.history == expected.history


@pytest.mark.parametrize("name", PASS)
def test_evaluate_generator_and_predict_generator_are_evaluate_and_predict(name):
    with dialect(name):
        model = classifier()
        expected = model.evaluate(endless(), steps=3, verbose=0)
        assert model.evaluate_generator(endless(), **PASS[name]) == expected
        found = model.predict_generator(endless(), **PASS[name])
        assert np.array_equal(found, model.predict(endless(), steps=3, verbose=0))


def test_positions_are_those_of_keras2():
    model = classifier()
    history = model.fit_generator(endless(), 2, 3, 0, None, endless(), 2, 3)
    assert len(history.history["loss"]) == 3 and len(history.history["val_loss"]) == 1
    assert len(model.evaluate_generator(endless(), 2, None, 4, 2, False, 0)) == 2
    assert model.predict_generator(endless(), 3, None, 4, 2, False, 0).shape == (SAMPLES, CLASSES)


def test_sequences_have_their_own_length():
    model = classifier()
    assert len(model.fit_generator(Numbered(), epochs=2, verbose=0, workers=2).epoch) == 2
    assert model.evaluate_generator(Numbered()) == pytest.approx(
        model.evaluate(X, LABELS, batch_size=SIZE, verbose=0), rel=1e-6
    )
    assert model.predict_generator(Numbered(workers=2)).shape == (SAMPLES, CLASSES)


@pytest.mark.parametrize("method", ["fit_generator", "evaluate_generator", "predict_generator"])
def test_unknown_arguments_are_told(method):
    with pytest.raises(TypeError, match=rf"{method}\(\).*`wait_time`"):
        getattr(classifier(), method)(endless(), wait_time=3)
    with dialect("keras2.3"), pytest.raises(TypeError, match="`nb_worker`, an argument of keras1"):
        getattr(classifier(), method)(endless(), nb_worker=3)


def test_lengths_of_keras1_are_positive():
    with dialect("keras1"), pytest.raises(ValueError, match="`steps` must be a positive integer"):
        classifier().evaluate_generator(endless(), val_samples=0)
