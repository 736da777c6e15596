"""A generative adversarial network on digits: two models, two optimizers, one train_step of its own."""

import keras
import numpy as np
import torch
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(7)
latent_dim = 16
images = load_digits().data.astype("float32") / 8 - 1  # -1 to 1, as tanh gives

discriminator = keras.Sequential(
    [
        keras.Input((64,)),
        layers.Dense(64),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Dropout(0.2),
        layers.Dense(1),
    ],
    name="discriminator",
)
generator = keras.Sequential(
    [
        keras.Input((latent_dim,)),
        layers.Dense(64),
        layers.BatchNormalization(),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Dense(64, activation="tanh"),
    ],
    name="generator",
)


class GAN(keras.Model):
    """Trains the discriminator to tell real from made, and the generator to deceive it."""

    def __init__(self, discriminator, generator, latent_dim):
        super().__init__()
        self.discriminator = discriminator
        self.generator = generator
        self.latent_dim = latent_dim
        self.d_loss_tracker = keras.metrics.Mean(name="d_loss")
        self.g_loss_tracker = keras.metrics.Mean(name="g_loss")

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile(loss=loss_fn)
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.loss_fn = loss_fn

    @property
    def metrics(self):
        return [self.d_loss_tracker, self.g_loss_tracker]

    def train_step(self, real_images):
        batch_size = real_images.shape[0]
        device = real_images.device

        noise = torch.randn((batch_size, self.latent_dim), device=device)
        made = self.generator(noise, training=True)
        both = torch.cat([made.detach(), real_images])
        labels = torch.cat([torch.ones((batch_size, 1)), torch.zeros((batch_size, 1))]).to(device)
        d_loss = self.loss_fn(labels, self.discriminator(both, training=True))
        weights = self.discriminator.trainable_weights
        self.d_optimizer.apply(torch.autograd.grad(d_loss, weights), weights)

        noise = torch.randn((batch_size, self.latent_dim), device=device)
        judged = self.discriminator(self.generator(noise, training=True), training=True)
        g_loss = self.loss_fn(torch.zeros((batch_size, 1), device=device), judged)
        weights = self.generator.trainable_weights
        self.g_optimizer.apply(torch.autograd.grad(g_loss, weights), weights)

        self.d_loss_tracker.update_state(d_loss)
        self.g_loss_tracker.update_state(g_loss)
        return {m.name: m.result() for m in self.metrics}


def distance(made):
    """How far the mean image and the spread of made images are from those of real ones."""
    means = np.abs(made.mean(axis=0) - images.mean(axis=0)).mean()
    return float(means + np.abs(made.std(axis=0) - images.std(axis=0)).mean())


gan = GAN(discriminator, generator, latent_dim)
gan.compile(
    d_optimizer=keras.optimizers.Adam(learning_rate=0.001, beta_1=0.5),
    g_optimizer=keras.optimizers.Adam(learning_rate=0.001, beta_1=0.5),
    loss_fn=keras.losses.BinaryCrossentropy(from_logits=True),
)
noise = np.random.default_rng(0).normal(size=(500, latent_dim)).astype("float32")
before = distance(generator.predict(noise, verbose=0))
history = gan.fit(images, batch_size=64, epochs=60, verbose=0)
after = distance(generator.predict(noise, verbose=0))

assert sorted(history.history) == ["d_loss", "g_loss"], history.history.keys()
print(f"distance of made from real images: {before:.2f} before training, {after:.2f} after")
assert after < before / 2, (before, after)
print("learned: to make digits")
