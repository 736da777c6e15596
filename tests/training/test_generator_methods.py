"""fit_generator, evaluate_generator and predict_generator under all names their arguments have had."""

from __future__ import annotations

import numpy as np
import pytest
from cases.training_models import CLASSES, LABELS, SAMPLES, Numbered, X, classifier, endless

import keras_torch
from keras_torch.dialects.state import dialect

SIZE = 8


def even():
    """Batches of one size, forever."""
    while True:
        for start in range(0, SAMPLES - SIZE + 1, SIZE):
            yield X[start:start + SIZE], LABELS[start:start + SIZE]


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
            even(), validation_data=even(), class_weight={0: 2.0}, verbose=0, **FIT[name]
        )
        expected = seeded_classifier().fit(
            even(), steps_per_epoch=3, epochs=2, validation_data=even(), validation_steps=2, verbose=0,
            class_weight={0: 2.0}, shuffle=False,
        )  # fmt: skip
    assert history.history == expected.history


@pytest.mark.parametrize("name", PASS)
def test_evaluate_generator_and_predict_generator_are_evaluate_and_predict(name):
    with dialect(name):
        model = classifier()
        expected = model.evaluate(even(), steps=3, verbose=0)
        assert model.evaluate_generator(even(), **PASS[name]) == expected
        found = model.predict_generator(even(), **PASS[name])
        assert np.array_equal(found, model.predict(even(), steps=3, verbose=0))


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
    with dialect("tf.keras"), pytest.raises(TypeError, match="`nb_worker`, an argument of keras1"):
        getattr(classifier(), method)(endless(), nb_worker=3)


def test_keras2_takes_the_words_of_keras1_with_a_warning():
    warning = r"`val_samples` is now called `steps`. It counts"
    with dialect("keras2.3"), pytest.warns(UserWarning, match=warning):
        found = classifier().predict_generator(endless(), val_samples=3)
    assert found.shape == (SAMPLES, CLASSES)


def test_an_epoch_of_keras1_ends_when_its_samples_are_reached():
    sizes = []
    note = keras_torch.callbacks.LambdaCallback(on_batch_end=lambda batch, logs: sizes.append(logs["size"]))
    with dialect("keras1"), pytest.warns(UserWarning, match="an epoch of 10 samples took"):
        classifier().fit_generator(endless(), 10, 2, verbose=0, callbacks=[note])
    assert sizes == [8, 8, 4, 8]


POSITIONS = {  # dialect -> (fit_generator, evaluate_generator)
    "keras1": (lambda data, notes, more: (data, SIZE, 3, 0, notes, more, SIZE, {0: 2.0}, 10, 1, False, 1),
               lambda data: (data, SIZE, 10, 1, False)),
    "keras2.2": (lambda data, notes, more: (data, 1, 3, 0, notes, more, 1, {0: 2.0}, 10, 1, False, True, 1),
                 lambda data: (data, 1, 10, 1, False, 0)),
    "keras2.3": (lambda data, notes, more: (data, 1, 3, 0, notes, more, 1, 2, {0: 2.0}, 10, 1, False, True,
                                            1),
                 lambda data: (data, 1, None, 10, 1, False, 0)),
}  # fmt: skip


@pytest.mark.parametrize("name", POSITIONS)
def test_positions_are_those_of_the_generation(name):
    fit, evaluate = POSITIONS[name]
    with dialect(name):
        model, epochs = seeded_classifier(), []
        note = keras_torch.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
        history = model.fit_generator(*fit(even(), [note], even()))
        expected = seeded_classifier().fit_generator(
            even(), steps_per_epoch=1, epochs=2, class_weight={0: 2.0}, verbose=0
        ) if name != "keras1" else None  # fmt: skip
        assert len(model.evaluate_generator(*evaluate(even()))) == 2
        assert model.predict_generator(*evaluate(even())).shape == (SIZE, CLASSES)
    assert epochs == [1, 2] and len(history.history["val_loss"]) == (1 if name == "keras2.3" else 2)
    assert expected is None or history.history["loss"] == expected.history["loss"]


def test_too_many_positions_and_a_name_given_twice_are_told():
    with dialect("keras1"):
        with pytest.raises(TypeError, match=r"fit_generator\(\) takes at most 12 positional arguments"):
            classifier().fit_generator(even(), 8, 1, 0, None, None, None, None, 10, 1, False, 0, True)
        with pytest.raises(TypeError, match=r"fit_generator\(\) got `class_weight` twice"):
            classifier().fit_generator(even(), 8, 1, 0, None, None, None, None, class_weight={0: 1.0})


def test_lengths_of_keras1_are_positive():
    with dialect("keras1"), pytest.raises(ValueError, match="`steps` must be a positive integer"):
        classifier().evaluate_generator(endless(), val_samples=0)
