"""A training loop of one's own: losses and metrics from Keras, gradients from torch, apply_gradients."""

import keras
import numpy as np
import torch
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(9)
images, labels = load_digits(return_X_y=True)
images = images.astype("float32") / 16

model = keras.Sequential(
    [keras.Input((64,)), layers.Dense(64, activation="relu"), layers.Dropout(0.2), layers.Dense(10)]
)
loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(learning_rate=0.005)
train_accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
mean_loss = keras.metrics.Mean(name="loss")


def train_step(x, y):
    """One update; returns nothing, the metrics remember."""
    logits = model(x, training=True)
    loss = loss_function(y, logits)
    weights = model.trainable_variables
    gradients = torch.autograd.grad(loss, list(weights))
    optimizer.apply_gradients(zip(gradients, weights))
    mean_loss.update_state(loss.detach())
    train_accuracy.update_state(y, logits.detach())


device = model.trainable_variables[0].device  # a GPU when there is one
x_train, y_train = torch.from_numpy(images[:1400]).to(device), torch.from_numpy(labels[:1400]).to(device)
for epoch in range(8):
    mean_loss.reset_state()
    train_accuracy.reset_state()
    for batch in torch.randperm(len(x_train)).split(50):
        train_step(x_train[batch], y_train[batch])
    loss, accuracy = float(mean_loss.result()), float(train_accuracy.result())
    print(f"epoch {epoch + 1}: loss {loss:.3f}, accuracy {accuracy:.3f}")

predicted = model.predict(images[1400:], verbose=0).argmax(axis=-1)
accuracy = float(np.mean(predicted == labels[1400:]))
print("test accuracy:", round(accuracy, 3))
assert accuracy > 0.85, accuracy
assert int(optimizer.iterations) == 8 * 28, optimizer.iterations
print("learned: digits in a hand-written loop")
