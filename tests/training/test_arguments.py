"""What arguments of fit, evaluate and predict may be, and what becomes of them."""

from __future__ import annotations

import numpy as np
import pytest
from cases.training_models import (
    LABELS,
    NUMBERS,
    SAMPLES,
    Subclassed,
    X,
    batches,
    classifier,
    endless,
    regressor,
)

from keras_torch import callbacks
from keras_torch.dialects import DIALECTS, dialect
from keras_torch.training.arguments import step_count, verbosity

OLD = [name for name in DIALECTS if name in ("keras1", "keras2.2", "keras2.3")]


class Steps(callbacks.Callback):
    """Counts the batches of each epoch."""

    def on_train_begin(self, logs=None):
        self.counts = []

    def on_epoch_begin(self, epoch, logs=None):
        self.counts.append(0)

    def on_train_batch_end(self, batch, logs=None):
        self.counts[-1] += 1


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
def test_whole_numbers_of_numpy_are_numbers(kind):
    model, steps = classifier(), Steps()
    model.fit(X, LABELS, batch_size=kind(8), epochs=kind(2), initial_epoch=kind(1), verbose=kind(0),
              validation_data=(X, LABELS), validation_batch_size=kind(5), validation_freq=kind(1),
              validation_steps=kind(2), callbacks=[steps])  # fmt: skip
    assert steps.counts == [3] and model.history.epoch == [1]
    model.fit(endless(), steps_per_epoch=kind(2), epochs=1, verbose=0, callbacks=[steps])
    assert steps.counts == [2]
    assert model.predict(X, batch_size=kind(8), steps=kind(2), verbose=0).shape == (16, 3)
    whole = model.evaluate(X, LABELS, batch_size=kind(8), verbose=0)
    assert whole == pytest.approx(model.evaluate(X, LABELS, batch_size=8, verbose=0))


@pytest.mark.parametrize("generation", ["keras2.2", "keras2.3", "tf.keras"])
@pytest.mark.parametrize(("given", "meant"), [(18 / 5, 4), (20 / 5, 4), (np.ceil(3.2), 4), (2.2, 3)])
def test_up_to_tf_keras_half_a_step_is_a_step(generation, given, meant):
    model, steps = classifier(), Steps()
    with dialect(generation):
        model.fit_generator(endless(), given, epochs=1, verbose=0, callbacks=[steps],
                            validation_data=endless(), validation_steps=given)  # fmt: skip
        assert steps.counts == [meant]
        values = model.evaluate_generator(endless(), given)
        assert values == pytest.approx(model.evaluate_generator(endless(), meant))
        assert len(model.predict_generator(endless(4), given)) == 4 * meant


def test_samples_of_keras1_may_be_counted_in_floats():
    steps = Steps()
    with dialect("keras1"), pytest.warns(UserWarning, match="epoch of 18.5 samples took 20"):
        classifier().fit_generator(endless(5), 18.5, nb_epoch=1, verbose=0, callbacks=[steps])
    with dialect("keras1"):
        classifier().fit_generator(endless(5), 20.0, nb_epoch=1, verbose=0, callbacks=[steps])
        assert len(classifier().predict_generator(endless(5), val_samples=20.0)) == 20
    assert steps.counts == [4]


@pytest.mark.parametrize("count", [0, -1, 0.0, -0.5, float("nan"), float("inf"), "3", True])
def test_no_number_of_steps(count):
    with dialect("tf.keras"), pytest.raises(ValueError, match="evaluate.*`steps` must be a positive integer"):
        step_count("evaluate()", "steps", count)


@pytest.mark.parametrize("generation", [*OLD, "keras3"])
def test_no_epochs_train_nothing(generation):
    model = regressor()
    before = model.get_weights()
    with dialect(generation):
        history = model.fit(X, NUMBERS, epochs=0, verbose=0)
    assert history.history == {} and history.epoch == []
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_no_epochs_are_an_error_of_tf_keras():
    with dialect("tf.keras"), pytest.raises(ValueError, match="`epochs` must be a positive integer; got 0"):
        regressor().fit(X, NUMBERS, epochs=0, verbose=0)


@pytest.mark.parametrize("shuffle", [None, False, 0, np.False_])
def test_what_does_not_shuffle(shuffle):
    assert _order(shuffle) == list(range(SAMPLES))


@pytest.mark.parametrize("shuffle", [True, 1, np.True_])
def test_what_shuffles_samples(shuffle):
    order = _order(shuffle)
    assert sorted(order) == list(range(SAMPLES)) and order != list(range(SAMPLES))
    assert len({number // 5 for number in order[:5]}) > 1  # samples, not batches of five


def _order(shuffle):
    """The samples in the order in which they are trained on, by batches of five."""
    seen = []

    class Watched(Subclassed):
        def train_step(self, data):
            seen.extend(data[0][:, 0].int().tolist())
            return {"loss": 0.0}

    model = Watched()
    model.compile("sgd", "mse")
    model.fit(np.arange(float(SAMPLES))[:, None], LABELS, batch_size=5, shuffle=shuffle, verbose=0)
    return seen


@pytest.mark.parametrize(
    ("given", "meant"),
    [(0, 0), (1, 1), (True, 1), (2.0, 2), (np.int64(2), 2), ("auto", "auto"), (3, 0), (-1, 0), (None, 0)],
)
def test_verbosities(given, meant):
    assert verbosity("fit()", given) == meant and type(verbosity("fit()", given)) is type(meant)


def test_other_verbosities_are_silent(capsys):
    model = regressor()
    for verbose in (3, -1, None):
        model.fit(X, NUMBERS, epochs=2, verbose=verbose)
        model.evaluate(X, NUMBERS, verbose=verbose)
        model.predict(X, verbose=verbose)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("generation", [*OLD, "tf.keras"])
@pytest.mark.parametrize("nothing", [(), [], None])
def test_no_validation_data(generation, nothing):
    with dialect(generation):
        history = regressor().fit(X, NUMBERS, epochs=1, validation_data=nothing, verbose=0).history
    assert list(history) == ["loss"]


def test_an_empty_validation_gives_way_to_the_split():
    with dialect("keras2.3"):
        history = regressor().fit(X, NUMBERS, validation_data=(), validation_split=0.5, verbose=0).history
    assert set(history) == {"loss", "val_loss"}


def test_without_validation_its_arguments_do_not_matter():
    history = regressor().fit(X, NUMBERS, validation_split=None, validation_freq=0, verbose=0).history
    assert list(history) == ["loss"]


class Stop(callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.model.stop_training = True


@pytest.mark.parametrize("generation", DIALECTS)
def test_a_stop_before_the_first_epoch(generation):
    """Real ones: 1.2.2, 2.2.4 and 2.3.1 train all epochs, tf_keras and Keras 3 one."""
    with dialect(generation):
        history = regressor().fit(X, NUMBERS, epochs=3, verbose=0, callbacks=[Stop()])
    assert len(history.epoch) == (3 if generation in OLD else 1)


def finite(number):
    """A generator of so many batches."""
    yield from batches(4)[:number]


RAN_OUT = [  # batches of the generator, steps per epoch, epochs -> batches of each epoch
    (5, 3, 3, [3, 2], "after 2 of 3"),
    (3, 3, 3, [3, 0], "after 0 of 3"),
    (5, None, 2, [5, 0], r"after 0 batch\(es\)"),
]


@pytest.mark.parametrize("generation", ["tf.keras", "keras3"])
@pytest.mark.parametrize(("given", "steps", "epochs", "seen", "told"), RAN_OUT)
def test_a_generator_that_runs_out_ends_the_training(generation, given, steps, epochs, seen, told):
    model, count = classifier(), Steps()
    with dialect(generation), pytest.warns(UserWarning, match=rf"fit\(\): .*{told}.*the training ends here"):
        history = model.fit(finite(given), steps_per_epoch=steps, epochs=epochs, verbose=0, callbacks=[count])
    whole = [number for number in seen if number]
    assert count.counts == seen and history.epoch == list(range(len(whole)))
    assert len(history.history["loss"]) == len(whole) and not model.training


@pytest.mark.parametrize("generation", OLD)
def test_a_generator_that_runs_out_is_an_error_of_old(generation):
    with dialect(generation), pytest.raises(ValueError, match=r"ran out after 2 batch\(es\)"):
        classifier().fit(finite(5), steps_per_epoch=3, epochs=3, verbose=0)


@pytest.mark.parametrize("generation", ["tf.keras", "keras3"])
def test_validation_ends_with_its_generator(generation):
    with dialect(generation), pytest.warns(UserWarning, match="validation: .*later epochs are not validated"):
        history = classifier().fit(X, LABELS, epochs=3, verbose=0, validation_data=finite(3)).history
    assert len(history["val_loss"]) == 1 and len(history["loss"]) == 3


@pytest.mark.parametrize("generation", ["tf.keras", "keras3"])
def test_passes_end_with_their_generator(generation):
    model = classifier()
    with dialect(generation):
        with pytest.warns(UserWarning, match=r"evaluate\(\): .*after 3 of 5.*the result is that of these"):
            found = model.evaluate(finite(3), steps=5, verbose=0)
        with pytest.warns(UserWarning, match=r"predict\(\): .*after 3 of 5"):
            assert model.predict(finite(3), steps=5, verbose=0).shape == (12, 3)
        assert found == pytest.approx(model.evaluate(X[:12], LABELS[:12], batch_size=4, verbose=0))
        with pytest.raises(ValueError, match="ran out after 0"):
            model.evaluate(finite(0), verbose=0)
