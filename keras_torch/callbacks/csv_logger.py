"""CSVLogger: writes the logs of every epoch to a CSV file."""

import csv
import io
import os

from keras_torch.base.checks import boolean, fail
from keras_torch.callbacks.callback import Callback
from keras_torch.dialects.translator import behaviour


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
        append: whether to go on with an existing file; else it is overwritten, at the first line.

    Errors:
        ValueError: `separator` is not one character.
        OSError: the file cannot be opened, or the disk is full; what is in it are whole lines then.

    Notes:
        The columns are those of the first epoch; when it has no validation values, each name also has a
        'val_' column (as Keras writes, since tf.keras). What is missing in an epoch is 'NA'. Every line is
        written out before the next epoch begins. When `BackupAndRestore` restores a training, the file goes
        on.

    Source: Keras `callbacks.CSVLogger`.

    >>> CSVLogger("training.log").append
    False
    """

    def __init__(self, filename, separator=",", append=False):
        super().__init__()
        if not isinstance(separator, str) or len(separator) != 1:
            fail("CSVLogger", "separator", separator, "one character")
        boolean("CSVLogger", "append", append)
        self.filename, self.sep, self.append = os.fspath(filename), separator, append
        self.csv_file = self.writer = self.keys = None
        self.append_header = True
        self._adds_validation = behaviour("columns of CSVLogger") == "with validation"
        self._size = 0  # bytes of whole lines in the file

    def on_train_begin(self, logs=None):
        self.on_train_end()
        goes_on = self.append and os.path.exists(self.filename) and os.path.getsize(self.filename) > 0
        self.append_header = not goes_on
        # Opened for appending: a training that is restored (`load_state_dict`) needs the lines there.
        # No buffer in between: what a full disk refuses would be tried again at every further call.
        self.csv_file = open(self.filename, "ab", buffering=0)
        self._size = os.path.getsize(self.filename) if self.append else 0
        self.writer = self.keys = None

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        if self.writer is None:
            self._begin(logs)
        self.writer.writerow({"epoch": epoch, **{name: _cell(logs.get(name, "NA")) for name in self.keys}})
        self._write_out()

    def _begin(self, logs):
        if self.keys is None:
            self.keys = sorted(logs)
            if self._adds_validation and not any(name.startswith("val_") for name in self.keys):
                self.keys += [f"val_{name}" for name in self.keys]
        self._lines = io.StringIO(newline="")
        self.writer = csv.DictWriter(self._lines, ["epoch", *self.keys], delimiter=self.sep)
        if self.append_header:
            self.writer.writeheader()
            self.append_header = False

    def _write_out(self):
        """Appends the lines to the file; after an error the whole lines from before are in it.

        Errors:
            OSError: the disk is full or failed.
        """
        data = self._lines.getvalue().encode("utf-8")
        self._lines.seek(0)
        self._lines.truncate()
        try:
            self.csv_file.truncate(self._size)
            written = 0
            while written < len(data):
                written += self.csv_file.write(data[written:])
        except OSError as error:
            self.csv_file.truncate(self._size)
            raise OSError(error.errno, f"{error.strerror}; the lines from before are whole", self.filename
                          ) from error
        self._size += len(data)

    def state_dict(self):
        """The columns, and how much of the file there is."""
        return {"keys": self.keys, "size": self._size}

    def load_state_dict(self, state):
        """Goes on after the lines that were there, when the file still has them."""
        if self.csv_file is not None and os.path.getsize(self.filename) >= state["size"] > 0:
            self._size, self.keys, self.writer = state["size"], state["keys"], None
            self.append_header = False

    def on_train_end(self, logs=None):
        if self.csv_file is not None:
            self.csv_file.close()
        self.csv_file = self.writer = None

    def abandon(self):
        """Closes the file when an exception ends training."""
        self.on_train_end()
