"""Layers and a model of one's own: build(), call(training=), add_weight, add_loss, get_config, weights."""

import os
import tempfile

import keras
import numpy as np
from keras import layers, ops
from sklearn.datasets import make_moons

keras.utils.set_random_seed(8)


class Linear(layers.Layer):
    """y = x w + b, with a penalty on large outputs."""

    def __init__(self, units=32, penalty=1e-4, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.penalty = penalty

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="glorot_uniform", name="w")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")

    def call(self, inputs):
        outputs = ops.matmul(inputs, self.w) + self.b
        self.add_loss(self.penalty * ops.mean(ops.square(outputs)))
        return outputs

    def get_config(self):
        return {**super().get_config(), "units": self.units, "penalty": self.penalty}


class NoiseInTraining(layers.Layer):
    """Adds noise while training and nothing otherwise."""

    def call(self, inputs, training=None):
        if not training:
            return inputs
        return inputs + 0.05 * keras.random.normal(ops.shape(inputs))


class Classifier(keras.Model):
    """Two hidden layers with noise in front."""

    def __init__(self, width=32, **kwargs):
        super().__init__(**kwargs)
        self.noise = NoiseInTraining()
        self.first = Linear(width)
        self.second = Linear(width)
        self.head = layers.Dense(1, activation="sigmoid")

    def call(self, inputs, training=None):
        x = self.noise(inputs, training=training)
        x = ops.relu(self.first(x))
        x = ops.relu(self.second(x))
        return self.head(x)


x, y = make_moons(1000, noise=0.1, random_state=0)
x = x.astype("float32")
model = Classifier()
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(x[:800], y[:800], epochs=15, batch_size=32, verbose=2)
assert len(model.losses) == 2, model.losses
loss, accuracy = model.evaluate(x[800:], y[800:], verbose=0)
print("test accuracy:", round(accuracy, 3))
assert accuracy > 0.95, accuracy

noisy, quiet = model(x[:4], training=True), model(x[:4], training=False)
assert not np.allclose(ops.convert_to_numpy(noisy), ops.convert_to_numpy(quiet))
assert Linear.from_config(Linear(7).get_config()).units == 7

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "moons.weights.h5")
    model.save_weights(path)
    twin = Classifier()
    twin(x[:1])
    twin.load_weights(path)
np.testing.assert_allclose(twin.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-6)
print("learned: two moons, and the weights came back from a file")
