"""A training that can be stopped anywhere and gone on with; as a script it kills itself.

Arguments of the script: folder, batches between two backups or 'epoch', and where to kill itself: 'batch 7'
(in the hook of the 7th batch), 'replace 3' (when the third file is about to be renamed), or 'never'.
"""

from __future__ import annotations

import os
import pathlib
import signal
import sys

import numpy as np
import torch

import keras_torch
from keras_torch import callbacks, layers, utils

EPOCHS, SAMPLES, BATCH = 4, 44, 8
X = np.random.RandomState(0).randn(SAMPLES, 6).astype("float32")
Y = (X.sum(1, keepdims=True) > 0).astype("float32")


def make_model(optimizer="adam", units=8):
    """Dropout with and without a generator of its own, and moving statistics."""
    keras_torch.utils.set_random_seed(3)
    model = keras_torch.Sequential(
        [
            keras_torch.Input((6,)),
            layers.Dense(units, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.GaussianNoise(0.1, seed=5),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy", "AUC"])
    return model


def _endless():
    order = np.random.permutation(len(X))
    while True:
        for start in range(0, len(X), BATCH):
            rows = order[start : start + BATCH]
            yield X[rows], Y[rows]


class Reordering(utils.PyDataset):
    """Reorders itself as datasets in Keras's documentation do."""

    def __init__(self):
        super().__init__()
        self.order, self.draws = np.arange(len(X)), np.random.RandomState(4)
        np.random.shuffle(self.order)

    def __len__(self):
        return 6

    def __getitem__(self, index):
        rows = self.order[index * BATCH : (index + 1) * BATCH]
        return X[rows] + self.draws.randn(len(rows), 1).astype("float32"), Y[rows]

    def on_epoch_end(self):
        np.random.shuffle(self.order)


def _loader():
    pairs = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y))
    return torch.utils.data.DataLoader(pairs, batch_size=BATCH, shuffle=True)


DATA = {
    "arrays": lambda: {"x": X, "y": Y, "batch_size": BATCH, "validation_split": 0.2},
    "arrays in order": lambda: {"x": X, "y": Y, "batch_size": BATCH, "shuffle": False},
    "part of a pass": lambda: {"x": X, "y": Y, "batch_size": BATCH // 2, "steps_per_epoch": 5,
                               "shuffle": "batch"},
    "generator": lambda: {"x": _endless(), "steps_per_epoch": 4, "validation_data": _endless(),
                          "validation_steps": 2},
    "dataset": lambda: {"x": Reordering()},
    "loader": lambda: {"x": _loader(), "class_weight": {0: 1.0, 1: 2.0}},
}  # fmt: skip


class Interrupt(callbacks.Callback):
    """Does something at the n-th batch of a run."""

    def __init__(self, batch, action):
        super().__init__()
        self.left, self.action = batch, action

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            self.action()


def kill():
    """kill -9 to this process."""
    os.kill(os.getpid(), signal.SIGKILL)


def kill_at_replace(number):
    """Has this process killed when it is about to rename its n-th file."""
    original, left = os.replace, [number]

    def replace(*args, **kwargs):
        left[0] -= 1
        if left[0] == 0:
            kill()
        return original(*args, **kwargs)

    os.replace = replace


def listeners(folder, save_freq, **arguments):
    """A backup, and callbacks that remember things."""
    folder = pathlib.Path(folder)
    return [
        callbacks.BackupAndRestore(folder / "backup", save_freq, **arguments),
        callbacks.ModelCheckpoint(
            folder / "best.weights.h5", "loss", save_best_only=True, save_weights_only=True
        ),
        callbacks.EarlyStopping("loss", patience=9, restore_best_weights=True),
        callbacks.ReduceLROnPlateau("loss", patience=1, factor=0.5),
        callbacks.CSVLogger(folder / "log.csv"),
    ]


def train(folder, save_freq, *more, epochs=EPOCHS, kind="arrays"):
    """The whole training; returns model and history."""
    model = make_model()
    given = [*listeners(folder, save_freq), *more]
    history = model.fit(**DATA[kind](), epochs=epochs, verbose=0, callbacks=given)
    return model, history.history


def main(folder, save_freq, where):
    """What the script does."""
    kind, _, number = where.partition(" ")
    if kind == "replace":
        kill_at_replace(int(number))
    more = [Interrupt(int(number), kill)] if kind == "batch" else []
    train(folder, int(save_freq) if save_freq.isdigit() else save_freq, *more)


if __name__ == "__main__":
    main(*sys.argv[1:])
