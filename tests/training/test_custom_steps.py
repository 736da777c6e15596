"""train_step and its kin of the user's own: Keras's habit, torch's habit, two optimizers, mixed precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cases.training_models import LABELS, NUMBERS, SAMPLES, WEIGHTS, X, batches, classifier, regressor

import keras_torch
from keras_torch import layers, losses, metrics, optimizers
from keras_torch.base.dtypes import dtype_policy, set_dtype_policy


class KerasHabit(keras_torch.Model):
    """The train_step of Keras's guide for the torch backend."""

    def train_step(self, data):
        x, y, *rest = data
        weight = rest[0] if rest else None
        self.zero_grad()
        y_pred = self(x, training=True)
        loss = self.compute_loss(y=y, y_pred=y_pred, sample_weight=weight)
        loss.backward()
        trainable_weights = list(self.trainable_weights)
        gradients = [v.value.grad for v in trainable_weights]
        with torch.no_grad():
            self.optimizer.apply(gradients, trainable_weights)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred, sample_weight=weight)
        return {m.name: m.result() for m in self.metrics}


class TorchHabit(keras_torch.Model):
    """zero_grad, backward, step; returns the loss."""

    def train_step(self, data):
        x, y = data
        self.optimizer.zero_grad()
        loss = ((self(x) - y) ** 2).mean()
        loss.backward()
        self.optimizer.step()
        return loss


def _functional(cls, units=1, activation=None):
    x = keras_torch.Input((4,))
    return cls(x, layers.Dense(units, activation=activation, kernel_initializer="ones")(x))


def test_the_train_step_of_keras_guide_equals_the_built_in_one():
    histories = []
    for cls in (keras_torch.Model, KerasHabit):
        model = _functional(cls, 3, "softmax")
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        histories.append(model.fit(X, LABELS, batch_size=10, shuffle=False, epochs=3, verbose=0).history)
    assert list(histories[0]) == list(histories[1]) == ["accuracy", "loss"]
    assert histories[1]["loss"] == pytest.approx(histories[0]["loss"], rel=1e-5)
    assert histories[1]["accuracy"] == pytest.approx(histories[0]["accuracy"])


def test_a_train_step_gets_sample_weights():
    model = _functional(KerasHabit)
    model.compile("sgd", "mse", weighted_metrics=["mae"])
    first = model.fit(X, NUMBERS, sample_weight=np.zeros(SAMPLES), verbose=0).history
    assert first["loss"] == [0.0]


def test_torch_habit_returns_the_loss():
    one, other = _functional(TorchHabit), _functional(keras_torch.Model)
    for model in (one, other):
        model.compile("sgd", "mse")
    first = one.fit(X, NUMBERS, batch_size=5, shuffle=False, epochs=2, verbose=0).history
    second = other.fit(X, NUMBERS, batch_size=5, shuffle=False, epochs=2, verbose=0).history
    assert first["loss"] == pytest.approx(second["loss"], rel=1e-5)


def test_metrics_of_the_models_own_are_reset_each_epoch():
    class Own(keras_torch.Model):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.tracker, self.count = metrics.Mean(name="loss"), metrics.Sum(name="count")

        def train_step(self, data):
            x, y = data
            loss = losses.mean_squared_error(y, self(x)).mean()
            self.tracker.update_state(loss)
            self.count.update_state(1.0)
            return {"loss": self.tracker.result(), "count": self.count.result()}

        @property
        def metrics(self):
            return [self.tracker, self.count]

    model = _functional(Own)
    model.compile("sgd")
    assert model.fit(X, NUMBERS, batch_size=5, epochs=2, verbose=0).history["count"] == [4.0, 4.0]


def test_train_step_must_return_logs_or_a_loss():
    class Wrong(keras_torch.Model):
        def train_step(self, data):
            return 3

    model = _functional(Wrong)
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match=r"Wrong.train_step\(\) must return a dict of logs.*got 3"):
        model.fit(X, NUMBERS, verbose=0)


def test_logs_of_a_step_do_not_keep_its_graph():
    class Attached(keras_torch.Model):
        def train_step(self, data):
            return {"l": self(data[0]).sum()}

    model = _functional(Attached)
    model.compile("sgd", "mse")
    model.fit(X, NUMBERS, verbose=0)
    assert not model._step_logs["l"].requires_grad


class GAN(keras_torch.Model):
    """Two models, two optimizers, a compile() of its own."""

    def __init__(self, discriminator, generator):
        super().__init__()
        self.discriminator, self.generator = discriminator, generator
        self.d_loss, self.g_loss = metrics.Mean(name="d_loss"), metrics.Mean(name="g_loss")

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn

    @property
    def metrics(self):
        return [self.d_loss, self.g_loss]

    def _update(self, optimizer, model, loss):
        self.zero_grad()
        loss.backward()
        weights = model.trainable_weights
        with torch.no_grad():
            optimizer.apply([v.value.grad for v in weights], weights)

    def train_step(self, real):
        real = real[0] if isinstance(real, tuple) else real
        ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
        fake = self.generator(torch.randn(len(real), 2)).detach()
        d_loss = self.loss_fn(torch.cat([ones, zeros]), self.discriminator(torch.cat([fake, real])))
        self._update(self.d_optimizer, self.discriminator, d_loss)
        g_loss = self.loss_fn(zeros, self.discriminator(self.generator(torch.randn(len(real), 2))))
        self._update(self.g_optimizer, self.generator, g_loss)
        self.d_loss.update_state(d_loss)
        self.g_loss.update_state(g_loss)
        return {"d_loss": self.d_loss.result(), "g_loss": self.g_loss.result()}


def test_a_gan_trains_both_models():
    discriminator = keras_torch.Sequential([keras_torch.Input((4,)), layers.Dense(1)])
    generator = keras_torch.Sequential([keras_torch.Input((2,)), layers.Dense(4)])
    gan = GAN(discriminator, generator)
    gan.compile(
        d_optimizer=optimizers.Adam(0.01),
        g_optimizer=optimizers.Adam(0.01),
        loss_fn=losses.BinaryCrossentropy(from_logits=True),
    )
    before = discriminator.get_weights()[0].copy(), generator.get_weights()[0].copy()
    history = gan.fit(X, batch_size=5, epochs=2, verbose=0).history
    assert list(history) == ["d_loss", "g_loss"] and len(history["d_loss"]) == 2
    assert not np.array_equal(before[0], discriminator.get_weights()[0])
    assert not np.array_equal(before[1], generator.get_weights()[0])
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.tensor(X)), batch_size=5)
    assert len(gan.fit(loader, verbose=0).history["g_loss"]) == 1


def test_a_step_may_build_its_layers_when_it_runs():
    class Late(keras_torch.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def train_step(self, data):
            self.zero_grad()
            loss = self.dense(data[0]).square().mean()
            loss.backward()
            weights = self.trainable_weights
            with torch.no_grad():
                self.optimizer.apply([v.value.grad for v in weights], weights)
            return {"loss": loss}

    model = Late()
    model.compile(optimizers.SGD(0.1))
    values = model.fit(X, NUMBERS, epochs=3, verbose=0).history["loss"]
    assert values[2] < values[0]


def test_compute_loss_and_compute_metrics_may_be_overridden():
    class Own(keras_torch.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return ((y - y_pred) ** 2).mean() * 2

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return {**super().compute_metrics(x, y, y_pred, sample_weight), "seven": 7.0}

    one, other = _functional(Own), _functional(keras_torch.Model)
    one.compile(optimizers.SGD(0.0), metrics=["mae"])
    other.compile(optimizers.SGD(0.0), "mse", metrics=["mae"])
    first, second = (m.fit(X, NUMBERS, verbose=0, validation_data=(X, NUMBERS)).history for m in (one, other))
    assert first["loss"][0] == pytest.approx(2 * second["loss"][0], rel=1e-6)
    assert first["mae"] == pytest.approx(second["mae"]) and first["val_seven"] == [7.0]


def test_test_step_and_predict_step_may_be_overridden():
    class Own(keras_torch.Model):
        def test_step(self, data):
            x, y = data
            return {"only": (self(x) - y).abs().mean()}

        def predict_step(self, data):
            return self(data).argmax(-1)

    model = _functional(Own, 3)
    model.compile("sgd", "mse")
    y = np.zeros((SAMPLES, 3))
    assert isinstance(model.evaluate(X, y, verbose=0), float)
    assert list(model.evaluate(X, y, verbose=0, return_dict=True)) == ["only"]
    assert list(model.fit(X, y, validation_data=(X, y), verbose=0).history) == ["loss", "val_only"]
    assert model.predict(X, verbose=0).shape == (SAMPLES,)


def test_torch_optimizers_train():
    model = regressor(optimizer=torch.optim.AdamW)
    values = model.fit(X, NUMBERS, epochs=3, verbose=0).history["loss"]
    assert values[2] < values[0]
    model.compile(torch.optim.SGD(model.parameters(), lr=0.01), "mse")
    assert model.fit(X, NUMBERS, verbose=0).history["loss"][0] < values[2] * 1.5


def test_a_bare_torch_module_trains():
    class Net(keras_torch.training.trainer.Trainer, torch.nn.Linear):
        label = "Net"

    net = Net(4, 1)
    net.compile("sgd", "mse", metrics=["mae"])
    history = net.fit(X, NUMBERS, epochs=2, validation_split=0.2, verbose=0).history
    assert list(history) == ["loss", "mae", "val_loss", "val_mae"]
    assert net.predict(X, verbose=0).shape == (SAMPLES, 1)


@pytest.fixture
def policy():
    before = dtype_policy()
    yield set_dtype_policy
    set_dtype_policy(before)


@pytest.mark.parametrize("name", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_keeps_float32_weights(policy, name):
    policy(name)
    model = classifier(optimizer=optimizers.Adam(0.01))
    values = model.fit(X, LABELS, epochs=5, validation_split=0.2, verbose=0).history["loss"]
    assert np.isfinite(values).all() and values[-1] < values[0]
    assert {weight.dtype for weight in model.get_weights()} == {np.dtype("float32")}
    assert isinstance(model.optimizer, optimizers.LossScaleOptimizer) is (name == "mixed_float16")
    assert len(model.train_on_batch(X, LABELS)) == 2


class ScaledByHand(keras_torch.Model):
    """A train_step that scales the loss itself."""

    def train_step(self, data):
        x, y = data
        self.zero_grad()
        loss = self.compute_loss(y=y, y_pred=self(x, training=True))
        self.optimizer.scale_loss(loss).backward()
        self.optimizer.apply([weight.grad for weight in self.trainable_weights], self.trainable_weights)
        return loss


@pytest.mark.parametrize("cls", [keras_torch.Model, ScaledByHand])
def test_a_step_that_overflows_is_left_out_and_halves_the_scale(policy, cls):
    policy("mixed_float16")
    x = keras_torch.Input((4,))
    model = cls(x, layers.Dense(1)(x))
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(0.01), initial_scale=2.0**126)
    model.compile(optimizer, "mse")
    before = model.get_weights()
    model.fit(X, NUMBERS, batch_size=SAMPLES, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert float(optimizer.dynamic_scale) == 2.0**125 and int(optimizer.iterations) == 0
    optimizer.dynamic_scale.fill_(8.0)
    values = model.fit(X, NUMBERS, epochs=3, batch_size=SAMPLES, verbose=0).history["loss"]
    assert values[2] < values[0] and int(optimizer.iterations) == 3


def test_clipped_gradients_make_small_steps():
    for arguments in ({"clipnorm": 1e-3}, {"global_clipnorm": 1e-3}, {"clipvalue": 1e-3}):
        model = regressor(optimizer=optimizers.SGD(1.0, **arguments))
        before = model.get_weights()
        model.fit(X, NUMBERS, batch_size=SAMPLES, verbose=0)
        moved = max(np.abs(a - b).max() for a, b in zip(before, model.get_weights(), strict=True))
        assert 0 < moved <= 1.01e-3


def test_weights_reach_a_step_from_generators():
    model = _functional(KerasHabit)
    model.compile("sgd", "mse")
    assert np.isfinite(model.fit(iter([(X, NUMBERS, WEIGHTS)]), verbose=0).history["loss"]).all()
    assert batches()
