"""TensorFlow 2 as its tutorials write it: tf.data, a subclassed model, GradientTape and an own loop."""

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits
from tensorflow.keras import Model
from tensorflow.keras.layers import Conv2D, Dense, Flatten

tf.random.set_seed(2)
images, labels = load_digits(return_X_y=True)
images = (images.reshape(-1, 8, 8) / 16.0)[..., tf.newaxis].astype("float32")
x_train, y_train, x_test, y_test = images[:1400], labels[:1400], images[1400:], labels[1400:]

train_ds = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(1400).batch(32)
test_ds = tf.data.Dataset.from_tensor_slices((x_test, y_test)).batch(32)


class MyModel(Model):
    def __init__(self):
        super().__init__()
        self.conv1 = Conv2D(16, 3, activation="relu")
        self.flatten = Flatten()
        self.d1 = Dense(64, activation="relu")
        self.d2 = Dense(10)

    def call(self, x):
        x = self.conv1(x)
        x = self.flatten(x)
        x = self.d1(x)
        return self.d2(x)


model = MyModel()
loss_object = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = tf.keras.optimizers.Adam()
train_loss = tf.keras.metrics.Mean(name="train_loss")
train_accuracy = tf.keras.metrics.SparseCategoricalAccuracy(name="train_accuracy")
test_accuracy = tf.keras.metrics.SparseCategoricalAccuracy(name="test_accuracy")


@tf.function
def train_step(images, labels):
    with tf.GradientTape() as tape:
        predictions = model(images, training=True)
        loss = loss_object(labels, predictions)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    train_loss(loss)
    train_accuracy(labels, predictions)


@tf.function
def test_step(images, labels):
    test_accuracy(labels, model(images, training=False))


for epoch in range(8):
    train_loss.reset_states()
    train_accuracy.reset_states()
    test_accuracy.reset_states()
    for images, labels in train_ds:
        train_step(images, labels)
    for test_images, test_labels in test_ds:
        test_step(test_images, test_labels)
    print(
        f"Epoch {epoch + 1}, Loss: {train_loss.result():.3f}, Accuracy: {train_accuracy.result() * 100:.1f}, "
        f"Test Accuracy: {test_accuracy.result() * 100:.1f}"
    )

predicted = model.predict(x_test, verbose=0).argmax(-1)
assert np.allclose(test_accuracy.result().numpy(), (predicted == y_test).mean())
assert test_accuracy.result() > 0.85
print("learned: digits, the TensorFlow way")
