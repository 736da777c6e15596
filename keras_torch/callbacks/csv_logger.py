"""CSVLogger: writes the logs of every epoch to a CSV file."""

import csv
import os

from keras_torch.base.checks import boolean, fail
from keras_torch.callbacks.callback import Callback


def _cell(value):
    """A value as it stands in the file; arrays become a quoted list."""
    if isinstance(value, str) or not hasattr(value, "__iter__") or getattr(value, "ndim", 1) == 0:
        return value
    return f'"[{", ".join(map(str, value))}]"'


class CSVLogger(Callback):
    """Writes one line per epoch: 'epoch' (from 0), then the values in alphabetical order.

    Args:
        filename: path of the file; its folder must exist.
        separator: one character between values.
        append: whether to go on with an existing file; else it is overwritten.

    Errors:
        ValueError: `separator` is not one character.

    Notes:
        The columns are those of the first epoch; when it has no validation values, each name also has a
        'val_' column (as Keras writes). What is missing in an epoch is 'NA'. Every line is written out
        before the next epoch begins.

    Source: Keras `callbacks.CSVLogger`.

    >>> CSVLogger("training.log").append
    False
    """

    keeps_logs = False

    def __init__(self, filename, separator=",", append=False):
        super().__init__()
        if not isinstance(separator, str) or len(separator) != 1:
            fail("CSVLogger", "separator", separator, "one character")
        boolean("CSVLogger", "append", append)
        self.filename, self.sep, self.append = os.fspath(filename), separator, append
        self.csv_file = self.writer = self.keys = None
        self.append_header = True

    def on_train_begin(self, logs=None):
        self.on_train_end()
        goes_on = self.append and os.path.exists(self.filename) and os.path.getsize(self.filename) > 0
        self.append_header = not goes_on
        self.csv_file = open(self.filename, "a" if self.append else "w", newline="", encoding="utf-8")
        self.writer = self.keys = None

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        if self.writer is None:
            self._begin(logs)
        self.writer.writerow({"epoch": epoch, **{name: _cell(logs.get(name, "NA")) for name in self.keys}})
        self.csv_file.flush()

    def _begin(self, logs):
        self.keys = sorted(logs)
        if not any(name.startswith("val_") for name in self.keys):
            self.keys += [f"val_{name}" for name in self.keys]
        self.writer = csv.DictWriter(self.csv_file, ["epoch", *self.keys], delimiter=self.sep)
        if self.append_header:
            self.writer.writeheader()

    def on_train_end(self, logs=None):
        if self.csv_file is not None:
            self.csv_file.close()
        self.csv_file = self.writer = None

    def abandon(self):
        """Closes the file when an exception ends training."""
        self.on_train_end()
