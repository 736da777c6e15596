"""What `trainable` means after compile(), by generation (observed on tf_keras 2.21 and Keras 3.15)."""

import warnings

import numpy as np
import pytest

import keras_torch as keras
from keras_torch.dialects import dialect

X, Z, Y = np.ones((8, 3)), np.ones((8, 2)), np.zeros((8, 1))


def moved(model, *learners_and_data):
    """For each model whether one batch, given to `learner`, changed it."""
    learner, x = learners_and_data
    before = [weight.copy() for weight in model.get_weights()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        learner.train_on_batch(x, Y)
    return any(not np.array_equal(a, b) for a, b in zip(before, model.get_weights()))


def adversaries():
    """A judge compiled as trainable and then frozen inside the combined model, as in every GAN of Keras 2."""
    judge = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    judge.compile("sgd", "mse")
    forger = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    judge.trainable = False
    noise = keras.Input((2,))
    combined = keras.Model(noise, judge(forger(noise)))
    combined.compile("sgd", "mse")
    return judge, forger, combined


@pytest.mark.parametrize("generation", ["keras1", "keras2.2", "keras2.3", "tf.keras"])
def test_up_to_tf_keras_a_model_trains_what_was_trainable_when_it_was_compiled(generation):
    with dialect(generation):
        judge, forger, combined = adversaries()
    assert moved(judge, judge, X)
    assert not judge.trainable and not judge.layers[-1].kernel.requires_grad
    assert moved(forger, combined, Z) and not moved(judge, combined, Z)
    judge.trainable = True
    assert moved(forger, combined, Z) and not moved(judge, combined, Z)
    assert judge.trainable


def test_in_keras3_a_model_trains_what_is_trainable_now():
    judge, forger, combined = adversaries()
    assert not moved(judge, judge, X)
    judge.trainable = True
    assert moved(judge, combined, Z)


def test_fit_trains_what_was_trainable_at_compile_time():
    with dialect("keras2.3"):
        judge, _, _ = adversaries()
    before = judge.get_weights()
    judge.fit(X, Y, verbose=0)
    assert not np.array_equal(before[0], judge.get_weights()[0])
    assert not judge.trainable


def test_compiling_again_reads_trainable_anew():
    with dialect("keras2.3"):
        judge, _, _ = adversaries()
        judge.compile("sgd", "mse")
    assert not moved(judge, judge, X)
