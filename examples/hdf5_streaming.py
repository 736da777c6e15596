"""Data larger than memory: batches are read from an HDF5 file as they are needed."""

import os
import tempfile

import h5py
import numpy as np
from keras.layers import Dense, Dropout
from keras.models import Sequential
from keras.optimizers import RMSprop
from keras.utils.io_utils import HDF5Matrix

np.random.seed(1)
rows, features = 20000, 30
path = os.path.join(tempfile.mkdtemp(), "data.h5")
direction = np.random.normal(size=features)
with h5py.File(path, "w") as file:
    x = file.create_dataset("x", (rows, features), dtype="float32", chunks=(500, features))
    y = file.create_dataset("y", (rows,), dtype="float32")
    for start in range(0, rows, 500):  # written piece by piece as well
        part = np.random.normal(size=(500, features))
        x[start:start + 500] = part
        y[start:start + 500] = part @ direction > 0

x_train, y_train = HDF5Matrix(path, "x", start=0, end=18000), HDF5Matrix(path, "y", start=0, end=18000)
x_test, y_test = HDF5Matrix(path, "x", start=18000), HDF5Matrix(path, "y", start=18000)

model = Sequential()
model.add(Dense(32, activation="relu", input_dim=features))
model.add(Dropout(0.1))
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer=RMSprop(lr=0.005), metrics=["accuracy"])
model.fit(
    x_train, y_train, batch_size=100, epochs=3, shuffle="batch", validation_data=(x_test, y_test), verbose=2
)

loss, accuracy = model.evaluate(x_test, y_test, batch_size=500, verbose=0)
print(f"test accuracy {accuracy:.3f}")
assert accuracy > 0.95, accuracy
print("learned: from a file")
