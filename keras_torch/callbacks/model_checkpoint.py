"""ModelCheckpoint: saves the model, or its weights, while it is trained."""

import os
import re

from keras_torch.base.checks import boolean, fail, is_integer, unknown_argument
from keras_torch.callbacks.logs import find_name
from keras_torch.callbacks.monitor import MonitorCallback
from keras_torch.callbacks.older_arguments import of_every_generation
from keras_torch.callbacks.progress import check_verbose
from keras_torch.dialects.translator import behaviour
from keras_torch.saving import formats

_ARGUMENTS = ("filepath", "monitor", "verbose", "save_best_only", "save_weights_only", "mode", "save_freq",
              "initial_value_threshold", "period", "load_weights_on_restart")


class Placeholders(dict):
    """Values for the names in a path; a name of another Keras generation finds its counterpart.

    Notes:
        `taken` tells which names stood for which.

    >>> values = Placeholders(epoch=3, val_accuracy=0.5)
    >>> "{epoch:02d}-{val_acc:.2f}".format_map(values), values.taken
    ('03-0.50', {'val_acc': 'val_accuracy'})
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.taken = {}

    def __missing__(self, name):
        known = find_name(name, self)
        if known is None:
            raise KeyError(name)
        self.taken[name] = known
        return self[known]


class ModelCheckpoint(MonitorCallback):
    """Saves the model every epoch or every so many batches; always, or only when a value has improved.

    Args:
        filepath: where to save; '{epoch:02d}', '{batch}' and names of logs such as '{val_loss:.2f}' are
            filled in ('epoch' and 'batch' count from 1, in Keras 1 epochs from 0; where the logs of an
            older generation tell the batch, it is theirs, from 0). Folders are made. Its end chooses the
            format: '.keras', or '.h5' and '.hdf5' for HDF5 of Keras 2; of weights '.weights.h5', '.h5' or
            '.hdf5'. Another end means HDF5 in the dialects keras1 and keras2.x, and is an error in the
            others.
        monitor: key of logs to watch with `save_best_only`.
        verbose: 1 says what is saved, 0 is silent.
        save_best_only: whether to save only when the watched value has improved.
        save_weights_only: whether to save weights (`model.save_weights`), not the model (`model.save`).
        mode: 'min', 'max', or 'auto' (the metric knows).
        save_freq: 'epoch', or a number of batches between two saves.
        initial_value_threshold: value to beat before the first save with `save_best_only`.
        period: older name: save every so many epochs.
        load_weights_on_restart: of tf.keras: whether the newest file there is gives the first weights.

    Errors:
        ValueError: an argument out of range; when training begins, an ending that stands for no format; or a
            placeholder that does not fit its value, such as '{loss:d}'.
        KeyError: `filepath` names a value that is not in logs.
        OSError: the disk is full or failed; files from before stay, and the model can be used.
        IsADirectoryError: `filepath` is a folder.

    Notes:
        Files are written beside the old one and then renamed: a stopped run leaves a whole file.
        Without the watched value, or with one that is no single number, it warns once and saves; before
        Keras 3 it saves nothing where the value is missing.
        A subclass may override `_save_model`, `_should_save_model`, `_get_file_path` and `_save_handler`.
        `best` is the best value, `epochs_since_last_save` what `period` is compared with.

    Source: Keras `callbacks.ModelCheckpoint`. Keras 3 accepts only '.keras', '.h5' and '.weights.h5';
        tf.keras writes TensorFlow's files under other names.

    >>> ModelCheckpoint("best-{epoch:02d}.keras", save_best_only=True).save_freq
    'epoch'
    """

    stored_attributes = ("best", "_current_epoch", "_last_batch_seen", "_batches_seen_since_last_saving",
                         "epochs_since_last_save")

    @of_every_generation
    def __init__(self, filepath, monitor="val_loss", verbose=0, save_best_only=False, save_weights_only=False,
                 mode="auto", save_freq="epoch", initial_value_threshold=None, **older):
        super().__init__(monitor, mode, baseline=initial_value_threshold)
        self.period = older.pop("period", 1)
        self.load_weights_on_restart = older.pop("load_weights_on_restart", False)
        if older.pop("options", None) is not None:
            fail("ModelCheckpoint", "options", "...", "None", "They belong to TensorFlow's files.")
        for name in older:
            unknown_argument("ModelCheckpoint", name, _ARGUMENTS)
        for name, value in (("save_best_only", save_best_only), ("save_weights_only", save_weights_only),
                            ("load_weights_on_restart", self.load_weights_on_restart)):
            boolean("ModelCheckpoint", name, value)
        if save_freq != "epoch" and not (is_integer(save_freq) and save_freq > 0):
            fail("ModelCheckpoint", "save_freq", save_freq, "'epoch' or a positive number of batches")
        if not is_integer(self.period) or self.period < 1:
            fail("ModelCheckpoint", "period", self.period, "a positive number of epochs")
        check_verbose("ModelCheckpoint", "verbose", verbose)
        self.filepath, self.verbose = os.fspath(filepath), verbose
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.save_freq = save_freq
        self._current_epoch, self._last_batch_seen = 0, -1
        self._batches_seen_since_last_saving = self.epochs_since_last_save = 0
        self._saves_unwatched = behaviour("checkpoint without its value") == "saved"
        self._first_epoch = behaviour("first epoch")
        if save_freq == "epoch" and type(self)._should_save_on_batch is ModelCheckpoint._should_save_on_batch:
            self.idle_hooks = frozenset(["on_train_batch_end"])

    def on_train_begin(self, logs=None):
        """A name that the model cannot save under is an error now, not after the first epoch."""
        save = self.model.save_weights if self.save_weights_only else self.model.save
        if save.__module__.startswith("keras_torch."):
            check = formats.weights_format if self.save_weights_only else formats.model_format
            check("ModelCheckpoint", self.filepath)
        newest = self._newest_file() if self.load_weights_on_restart else None
        if newest is not None:
            self.model.load_weights(newest)

    def _newest_file(self):
        """The file written last whose name fits `filepath`, or None; of two, that whose name sorts last."""
        folder, pattern = os.path.split(os.path.abspath(self.filepath))
        fits = re.compile(".*".join(map(re.escape, re.split(r"\{.*?\}", pattern)))).fullmatch
        entries = os.scandir(folder) if os.path.isdir(folder) else ()
        found = [(entry.stat().st_mtime, entry.path) for entry in entries if fits(entry.name)]
        return max(found)[1] if found else None

    def on_epoch_begin(self, epoch, logs=None):
        self._current_epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self._should_save_on_batch(batch):
            self._save_model(epoch=self._current_epoch, batch=batch, logs=logs)

    def on_epoch_end(self, epoch, logs=None):
        self.epochs_since_last_save += 1
        if self.save_freq == "epoch":
            self._save_model(epoch=epoch, batch=None, logs=logs)

    def _should_save_on_batch(self, batch):
        if self.save_freq == "epoch":
            return False
        new_epoch = batch <= self._last_batch_seen
        self._batches_seen_since_last_saving += batch + 1 if new_epoch else batch - self._last_batch_seen
        self._last_batch_seen = batch
        if self._batches_seen_since_last_saving < self.save_freq:
            return False
        self._batches_seen_since_last_saving = 0
        return True

    def _save_model(self, epoch, batch, logs):
        """Saves when a save is due; `batch` is None at the end of an epoch."""
        counts = self.save_freq == "epoch" and (self._infinite or self.period > 1)   # Keras 3 has no period
        if counts and self.epochs_since_last_save < self.period:
            return
        self.epochs_since_last_save = 0
        logs = logs or {}
        path = self._get_file_path(epoch, batch, logs)
        if self._should_save_model(epoch, batch, logs, path):
            self._save_handler(path)
            if not self._infinite:   # Keras 3 says so
                self._say(epoch, f"finished saving model to {path}")

    def _should_save_model(self, epoch, batch, logs, filepath):
        if not self.save_best_only:
            self._say(epoch, f"saving model to {filepath}")
            return True
        value = self.get_monitor_value(logs)
        if value is None:
            return self._saves_unwatched
        if getattr(value, "ndim", 0):
            self._warn_once(f"ModelCheckpoint watches `{self.monitor}`, which is an array of shape "
                            f"{tuple(value.shape)} and not a number, so that every model is saved. Watch "
                            "another value, or set save_best_only=False.")
            return True
        before = "None" if self.best is None else f"{self.best:.5f}"
        if not self.improved(value):
            compared = f" from {before}" if self._first_epoch else ""
            self._say(epoch, f"{self.monitor} did not improve{compared}")
            return False
        self._say(epoch, f"{self.monitor} improved from {before} to {value:.5f}, saving model to {filepath}")
        return True

    def _save_handler(self, filepath):
        """Writes the file."""
        if os.path.isdir(filepath):
            raise IsADirectoryError(f"ModelCheckpoint: `filepath` {filepath!r} is a folder. "
                                    "Give a file name.")
        os.makedirs(os.path.dirname(filepath) or ".", exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(filepath, overwrite=True)

    def _get_file_path(self, epoch, batch, logs):
        """`filepath` with its placeholders filled in."""
        counted = {} if batch is None else {"batch": batch + 1}
        values = Placeholders({**counted, **logs, "epoch": epoch + self._first_epoch})
        try:
            path = self.filepath.format_map(values)
        except (ValueError, IndexError) as error:
            raise ValueError(f"ModelCheckpoint: `filepath` {self.filepath!r} cannot be filled in: {error}. "
                             "Write placeholders as in '{epoch:02d}-{val_loss:.2f}.keras'.") from error
        except KeyError as error:
            raise KeyError(f"ModelCheckpoint: `filepath` {self.filepath!r} names {error}, not in logs."
                           f" Available: {', '.join(['epoch', *logs])}.") from error
        for name, known in values.taken.items():
            self._warn_once(f"ModelCheckpoint: `filepath` {self.filepath!r} names `{name}`, which is called "
                            f"`{known}` here. Write that name: Keras finds nothing under the other.")
        return path
