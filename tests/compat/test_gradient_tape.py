"""tf.GradientTape: the numbers of TensorFlow 2, in scripts and in train_step."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import keras_torch as keras
from keras_torch import layers, losses, metrics, optimizers
from keras_torch.compat.gradient_tape import GradientTape


def vector():
    return torch.tensor([1.0, 2.0])


def test_gradient_of_a_watched_tensor():
    x = vector()
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
    assert tape.gradient(y, x).tolist() == [2.0, 4.0]
    assert not x.requires_grad


def test_what_is_not_watched_has_no_gradient():
    x = vector()
    with GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, x) is None


def test_a_persistent_tape_answers_often_and_in_every_structure():
    x = vector()
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = y * y
    assert tape.gradient(z, x).tolist() == [4.0, 32.0]
    assert tape.gradient(z, y).tolist() == [2.0, 8.0]
    assert tape.gradient(y, {"a": x})["a"].tolist() == [2.0, 4.0]
    assert [part.tolist() for part in tape.gradient([y, z], [x, y])] == [[6.0, 36.0], [3.0, 9.0]]
    weighted = tape.gradient(y, [x], output_gradients=torch.tensor([1.0, 10.0]))
    assert weighted[0].tolist() == [2.0, 40.0]


def test_unconnected_sources():
    x = vector()
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = torch.ones(1)
    assert tape.gradient(y, x) is None
    assert tape.gradient(y, x, unconnected_gradients="zero").tolist() == [0.0, 0.0]


def test_jacobian():
    x = vector()
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
    assert tape.jacobian(y, x).tolist() == [[2.0, 0.0], [0.0, 4.0]]


def test_batch_jacobian():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
    assert tape.batch_jacobian(y, x).tolist() == [[[2.0, 0.0], [0.0, 4.0]], [[6.0, 0.0], [0.0, 8.0]]]


def test_second_derivative():
    x = vector()
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = x**3
        first = inner.gradient(y, x)
    assert outer.gradient(first, x).tolist() == [6.0, 12.0]


def test_variables_count_by_themselves_unless_they_are_frozen():
    one, other = keras.Variable(2.0), keras.Variable(3.0, trainable=False)
    with GradientTape() as tape:
        y = one * one * other
    found = tape.gradient(y, [one, other])
    assert float(found[0]) == 12.0 and found[1] is None


def test_variables_may_have_to_be_watched():
    one, other = keras.Variable(2.0), keras.Variable(3.0)
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(one)
        y = one * one * other
    found = tape.gradient(y, [one, other])
    assert float(found[0]) == 12.0 and found[1] is None


def test_stop_recording():
    one = keras.Variable(2.0)
    with GradientTape() as tape:
        y = one * one
        with tape.stop_recording():
            z = one**3
        y = y + z
    assert float(tape.gradient(y, one)) == 4.0


def test_the_block_records_inside_no_grad():
    one = keras.Variable(2.0)
    with torch.no_grad():
        with GradientTape() as tape:
            y = one * one
        assert not torch.is_grad_enabled()
        assert float(tape.gradient(y, one)) == 4.0


def test_one_set_of_gradients_unless_persistent():
    one = keras.Variable(2.0)
    with GradientTape() as tape:
        y = one * one
    tape.gradient(y, one)
    with pytest.raises(RuntimeError, match="one set of gradients. Make it with persistent=True"):
        tape.gradient(y, one)
    tape.reset()
    assert float(tape.gradient(one * 3.0, one)) == 3.0


@pytest.mark.parametrize(("call", "message"), [
    (lambda tape: tape.watch(np.ones(2)), "`tensor` must be a tensor or a variable"),
    (lambda tape: tape.watch(torch.ones(2, dtype=torch.int64)), "whole numbers have no gradients"),
    (lambda tape: tape.gradient(None, keras.Variable(1.0)), "`target` must hold tensors.*got None"),
    (lambda tape: tape.gradient(torch.ones(1), ["w"]), "`sources` must hold tensors"),
])  # fmt: skip
def test_wrong_arguments(call, message):
    with pytest.raises(TypeError, match=message):
        call(GradientTape())


def test_watched_variables_are_not_known():
    with pytest.raises(NotImplementedError, match="Write model.trainable_variables"):
        GradientTape().watched_variables()


X = np.random.RandomState(0).randn(20, 4).astype("float32")
Y = X[:, :1] * 2


class TapeModel(keras.Model):
    """The train_step of the guides of tf.keras 2."""

    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
        trainable_vars = self.trainable_variables
        gradients = tape.gradient(loss, trainable_vars)
        self.optimizer.apply_gradients(zip(gradients, trainable_vars, strict=True))
        self.compiled_metrics.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


class MinimizeModel(keras.Model):
    """The train_step of tf.keras itself."""

    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred, None)
        self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        return self.compute_metrics(x, y, y_pred, None)


@pytest.fixture
def tf_keras():
    before = keras.dialects.current_dialect()
    keras.set_dialect("tf.keras")
    yield
    keras.set_dialect(before)


@pytest.mark.parametrize("cls", [TapeModel, MinimizeModel])
def test_train_steps_of_tf_keras_equal_the_built_in_one(cls, tf_keras):
    histories, weights = [], []
    for model_class in (cls, keras.Model):
        x = keras.Input((4,))
        outputs = layers.Dense(1, kernel_initializer="ones", kernel_regularizer="l2")(x)
        model = model_class(x, outputs)
        model.compile(optimizers.Adam(0.1), "mse", metrics=["mae"])
        histories.append(model.fit(X, Y, batch_size=6, epochs=3, shuffle=False, verbose=0).history)
        weights.append(model.get_weights()[0])
    assert list(histories[0]) == ["loss", "mae"]
    assert histories[0]["loss"] == pytest.approx(histories[1]["loss"], rel=1e-6)
    assert histories[0]["mae"] == pytest.approx(histories[1]["mae"], rel=1e-6)
    assert np.allclose(*weights, rtol=1e-6)


def test_two_tapes_at_once_as_in_the_tutorial_of_adversarial_networks():
    generator = keras.Sequential([keras.Input((2,)), layers.Dense(4)])
    discriminator = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    judge, before = losses.BinaryCrossentropy(from_logits=True), generator.get_weights()[0].copy()
    optimizer = [optimizers.Adam(0.01), optimizers.Adam(0.01)]
    for _ in range(3):
        noise = torch.randn(5, 2)
        with GradientTape() as gen_tape, GradientTape() as disc_tape:
            fake = generator(noise, training=True)
            real_score, fake_score = discriminator(torch.tensor(X[:5])), discriminator(fake)
            gen_loss = judge(torch.ones_like(fake_score), fake_score)
            disc_loss = judge(torch.ones_like(real_score), real_score) + judge(
                torch.zeros_like(fake_score), fake_score
            )
        for tape, loss, model, opt in (
            (gen_tape, gen_loss, generator, optimizer[0]), (disc_tape, disc_loss, discriminator, optimizer[1])
        ):  # fmt: skip
            gradients = tape.gradient(loss, model.trainable_variables)
            opt.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    assert not np.array_equal(before, generator.get_weights()[0])


def test_a_gradient_penalty_reaches_the_weights():
    class Penalized(keras.Model):
        def __init__(self):
            super().__init__()
            self.critic, self.tracker = layers.Dense(1, activation="tanh"), metrics.Mean(name="gp")

        def train_step(self, data):
            data = data[0] if isinstance(data, tuple) else data
            with GradientTape() as tape:
                with GradientTape() as inner:
                    inner.watch(data)
                    scores = self.critic(data)
                gradients = inner.gradient(scores, [data])[0]
                penalty = ((gradients.square().sum(1).sqrt() - 1) ** 2).mean()
            found = tape.gradient(penalty, self.critic.trainable_variables)
            self.optimizer.apply_gradients(zip(found, self.critic.trainable_variables, strict=True))
            self.tracker.update_state(penalty)
            return {"gp": self.tracker.result()}

    model = Penalized()
    model.compile(optimizers.Adam(0.05))
    values = model.fit(X, batch_size=10, epochs=5, verbose=0).history["gp"]
    assert values[-1] < values[0]
