"""Handwritten digits with a small convnet: over 97 % right in well under a minute on two CPU cores.

The data comes with scikit-learn (1797 images of 8x8 pixels), so nothing is downloaded. The script prints a
summary and a progress bar, and draws learning curves and some predictions to digits_convnet.png.
"""

import keras
import matplotlib
import numpy as np
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # after the choice of the backend

keras.utils.set_random_seed(7)

digits = load_digits()
images = digits.images[..., np.newaxis].astype("float32") / 16.0
x_train, x_test, y_train, y_test = train_test_split(
    images, digits.target, test_size=0.2, random_state=0, stratify=digits.target
)

model = keras.Sequential(
    [
        keras.Input(shape=(8, 8, 1)),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.BatchNormalization(momentum=0.9),
        layers.MaxPooling2D(2),
        layers.Dropout(0.25),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.BatchNormalization(momentum=0.9),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ],
    name="digits",
)
model.summary()
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x_train, y_train, batch_size=32, epochs=15, validation_data=(x_test, y_test))

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test loss {loss:.3f}, test accuracy {accuracy:.1%}")
assert accuracy > 0.97, accuracy


def draw(history, images, labels, predicted, path):
    """Learning curves above, twelve test images with their predictions below; mistakes are shown first."""
    figure = plt.figure(figsize=(10, 7), layout="constrained")
    curves, gallery = figure.subfigures(2, 1, height_ratios=[3, 2])
    for axes, name in zip(curves.subplots(1, 2), ("loss", "accuracy")):
        epochs = np.arange(1, len(history[name]) + 1)
        axes.plot(epochs, history[name], label="training")
        axes.plot(epochs, history[f"val_{name}"], label="test")
        axes.set(xlabel="epoch", title=name)
        axes.legend()
        axes.grid(alpha=0.3)
    order = np.argsort(predicted == labels, kind="stable")[:12]
    for axes, index in zip(gallery.subplots(2, 6).flat, order):
        right = predicted[index] == labels[index]
        axes.imshow(images[index, :, :, 0], cmap="gray_r")
        axes.set_title(
            f"{predicted[index]}" if right else f"{predicted[index]}, is {labels[index]}",
            color="black" if right else "tab:red",
            fontsize=10,
        )
        axes.set_axis_off()
    figure.savefig(path, dpi=100)


predicted = model.predict(x_test, verbose=0).argmax(axis=-1)
draw(history.history, x_test, y_test, predicted, "digits_convnet.png")
print("learned: curves and predictions are in digits_convnet.png")
