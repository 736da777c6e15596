"""An Inception module, written with the layer names of Keras 1 (border_mode, merge, nb_epoch)."""

import numpy as np
from keras.layers import Convolution2D, Dense, Flatten, Input, MaxPooling2D, merge
from keras.models import Model
from sklearn.datasets import load_digits

np.random.seed(2)
input_img = Input(shape=(8, 8, 1))
tower_1 = Convolution2D(8, 1, 1, border_mode="same", activation="relu")(input_img)
tower_1 = Convolution2D(8, 3, 3, border_mode="same", activation="relu")(tower_1)
tower_2 = Convolution2D(8, 1, 1, border_mode="same", activation="relu")(input_img)
tower_2 = Convolution2D(8, 5, 5, border_mode="same", activation="relu")(tower_2)
tower_3 = MaxPooling2D((3, 3), strides=(1, 1), border_mode="same")(input_img)
tower_3 = Convolution2D(8, 1, 1, border_mode="same", activation="relu")(tower_3)
output = merge([tower_1, tower_2, tower_3], mode="concat", concat_axis=-1)

flat = Flatten()(output)
hidden = Dense(32, init="glorot_normal", activation="relu")(flat)
predictions = Dense(output_dim=10, activation="softmax")(hidden)
model = Model(input=input_img, output=predictions)
model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

images, labels = load_digits(return_X_y=True)
images = images.reshape(-1, 8, 8, 1).astype("float32") / 16
labels = labels.reshape(-1, 1)
history = model.fit(images[:1400], labels[:1400], nb_epoch=8, batch_size=32, verbose=2)
score = model.evaluate(images[1400:], labels[1400:], verbose=0)
print("accuracy of the last epoch:", round(float(history.history["acc"][-1]), 3))
print("test accuracy:", round(float(score[1]), 3))
assert score[1] > 0.85, score
print("learned: digits through three towers")
