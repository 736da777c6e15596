"""A multilayer perceptron as Keras 2 tutorials wrote it: add(), input_dim, lr, to_categorical."""

import numpy as np
from keras.layers import Activation, Dense, Dropout
from keras.models import Sequential
from keras.optimizers import SGD
from keras.utils import np_utils
from sklearn.datasets import load_iris

np.random.seed(1)
data = load_iris()
order = np.random.permutation(len(data.data))
x = ((data.data - data.data.mean(axis=0)) / data.data.std(axis=0))[order]
y = np_utils.to_categorical(data.target[order], 3)
x_train, y_train, x_test, y_test = x[:100], y[:100], x[100:], y[100:]

model = Sequential()
model.add(Dense(32, input_dim=4, kernel_initializer="uniform"))
model.add(Activation("relu"))
model.add(Dropout(0.1))
model.add(Dense(3))
model.add(Activation("softmax"))

sgd = SGD(lr=0.1, decay=1e-6, momentum=0.9, nesterov=True)
model.compile(loss="categorical_crossentropy", optimizer=sgd, metrics=["accuracy"])
history = model.fit(x_train, y_train, epochs=40, batch_size=16, verbose=0)

score = model.evaluate(x_test, y_test, batch_size=16, verbose=0)
print("first loss", round(history.history["loss"][0], 3), "last loss", round(history.history["loss"][-1], 3))
print("Test loss:", round(score[0], 3))
print("Test accuracy:", round(score[1], 3))
assert score[1] > 0.85, score
print("learned: iris from four measurements")
