"""What training did in the older generations of Keras, when their dialect is in force."""

from __future__ import annotations

import numpy as np
import pytest
from cases.training_models import (
    LABELS,
    NUMBERS,
    OTHER,
    SAMPLES,
    X,
    batches,
    classifier,
    endless,
    regressor,
    two_headed,
)

from keras_torch import Sequential, callbacks, layers
from keras_torch.dialects import DIALECTS, dialect


class Validation(callbacks.Callback):
    """Remembers the `validation_data` of old callbacks."""

    def on_train_begin(self, logs=None):
        self.seen = self.validation_data


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("keras1", ["val_loss", "val_acc", "loss", "acc"]),
        ("keras2.2", ["val_loss", "val_acc", "loss", "acc"]),
        ("keras2.3", ["val_loss", "val_accuracy", "loss", "accuracy"]),
        ("tf.keras", ["loss", "accuracy", "val_loss", "val_accuracy"]),
        ("keras3", ["accuracy", "loss", "val_accuracy", "val_loss"]),
    ],
)
def test_names_and_order_of_history(name, keys):
    with dialect(name):
        history = classifier().fit(X, LABELS, validation_data=(X, LABELS), epochs=1, verbose=0).history
    assert list(history) == keys


@pytest.mark.parametrize("name", DIALECTS)
def test_evaluate_puts_the_loss_first(name):
    with dialect(name):
        model = classifier()
        loss, accuracy = model.evaluate(X, LABELS, verbose=0)
        expected = (model.predict(X, verbose=0).argmax(-1) == LABELS).mean()
    assert accuracy == pytest.approx(expected) and model.metrics_names[0] == "loss"


@pytest.mark.parametrize("name", DIALECTS)
def test_train_on_batch_tells_of_that_batch(name):
    with dialect(name):
        model = regressor()
        model.train_on_batch(X[:5], NUMBERS[:5])
        assert model.test_on_batch(X, NUMBERS) == pytest.approx(
            model.evaluate(X, NUMBERS, verbose=0), rel=1e-6
        )


def test_nb_epoch_is_epochs_of_keras1_and_ten_by_default():
    with dialect("keras1"):
        assert len(regressor().fit(X, NUMBERS, nb_epoch=2, verbose=0).epoch) == 2
        assert len(regressor().fit(X, NUMBERS, verbose=0).epoch) == 10
    with dialect("keras2.3"), pytest.warns(UserWarning, match="`nb_epoch` is now called `epochs`"):
        assert len(regressor().fit(X, NUMBERS, nb_epoch=2, verbose=0).epoch) == 2
    with dialect("tf.keras"), pytest.raises(TypeError, match="`nb_epoch`, an argument of keras1"):
        regressor().fit(X, NUMBERS, nb_epoch=2, verbose=0)


@pytest.mark.parametrize("name", ["keras2.2", "keras2.3", "tf.keras"])
def test_generator_methods(name):
    with dialect(name):
        model = classifier()
        history = model.fit_generator(
            endless(), steps_per_epoch=3, epochs=2, validation_data=endless(), validation_steps=3, verbose=0
        )
        assert len(history.history["val_loss"]) == 2
        assert len(model.evaluate_generator(endless(), steps=3)) == 2
        assert model.predict_generator(endless(), steps=3).shape == (SAMPLES, 3)


def counting(data, seen):
    for batch in data:
        seen.append(len(batch[0]))
        yield batch


def test_generator_methods_of_keras1_count_samples():
    with dialect("keras1"):
        model, size = classifier(), len(next(endless())[0])
        history = model.fit_generator(
            endless(), SAMPLES, 2, verbose=0, validation_data=endless(), nb_val_samples=2 * size, nb_worker=1
        )
        assert len(history.history["loss"]) == len(history.history["val_loss"]) == 2
        seen = []
        model.fit_generator(counting(endless(), seen), samples_per_epoch=2 * size, nb_epoch=1, verbose=0)
        assert 2 <= len(seen) <= 3
        assert len(model.evaluate_generator(endless(), val_samples=size)) == 2
        assert model.predict_generator(endless(), 2 * size).shape[0] == 2 * size


def test_generators_of_keras2_may_yield_lists():
    with dialect("keras2.2"):
        model = classifier()
        data = iter([[x, y] for x, y in batches()])
        assert len(model.fit_generator(data, steps_per_epoch=3, epochs=1, verbose=0).epoch) == 1


@pytest.mark.parametrize(
    ("name", "given"), [("keras1", True), ("keras2.3", True), ("tf.keras", False), ("keras3", False)]
)
def test_callbacks_of_old_find_the_validation_data(name, given):
    with dialect(name):
        callback = Validation()
        regressor().fit(
            X, NUMBERS, validation_data=(X[:6], NUMBERS[:6]), epochs=1, callbacks=[callback], verbose=0
        )
    if not given:
        assert callback.seen is None
        return
    x, y, weights = callback.seen
    assert np.allclose(x, X[:6]) and np.array_equal(weights, np.ones(6))
    assert np.allclose(y, np.reshape(NUMBERS[:6], (6, 1)))


def test_callbacks_of_old_know_sizes_and_names():
    with dialect("keras2.2"):
        callback = Validation()
        model = classifier()
        model.fit(X, LABELS, batch_size=8, epochs=1, validation_split=0.2, callbacks=[callback], verbose=0)
    assert callback.params == {
        "verbose": 0,
        "epochs": 1,
        "steps": None,
        "batch_size": 8,
        "samples": 16,
        "do_validation": True,
        "metrics": ["loss", "acc", "val_loss", "val_acc"],
    }


def test_classes_and_probabilities_of_old_models():
    with dialect("keras2.2"):
        model = classifier()
        probabilities = model.predict_proba(X)
        assert np.array_equal(model.predict_classes(X), probabilities.argmax(-1))


@pytest.mark.parametrize("name", ["keras2.3", "tf.keras"])
def test_metrics_count_for_every_output(name):
    with dialect(name):
        model = two_headed(loss="mse", metrics=["mae"])
        names = model.fit([X, OTHER], [NUMBERS, np.eye(3)[LABELS]], epochs=1, verbose=0).history
    assert {"p_mae", "q_mae", "p_loss", "q_loss"} <= set(names)


@pytest.mark.parametrize(
    ("name", "kind"), [("keras2.3", "BinaryAccuracy"), ("tf.keras", "CategoricalAccuracy")]
)
def test_accuracy_went_by_the_loss_up_to_keras2(name, kind):
    """`binary_crossentropy` for three units: each unit is right or wrong, where later the largest counts."""
    with dialect(name):
        model = Sequential([layers.Dense(3, activation="sigmoid", input_dim=4)])
        model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
        model.fit(np.ones((4, 4)), np.eye(4, 3), verbose=0)
    metric = model._objectives.plain_metrics[0][1]
    assert type(metric).__name__ == kind
