"""ModelCheckpoint: saves the model, or its weights, while it is trained."""

import os
import warnings

from keras_torch.base.checks import boolean, fail, is_integer, unknown_argument
from keras_torch.callbacks.logs import find_name
from keras_torch.callbacks.monitor import MonitorCallback
from keras_torch.callbacks.older_arguments import of_every_generation
from keras_torch.callbacks.progress import check_verbose, say
from keras_torch.saving import formats

_ARGUMENTS = ("filepath", "monitor", "verbose", "save_best_only", "save_weights_only", "mode", "save_freq",
              "initial_value_threshold", "period")


class Placeholders(dict):
    """Values for the names in a path; a name of another Keras generation finds its counterpart.

    >>> "{epoch:02d}-{val_acc:.2f}".format_map(Placeholders(epoch=3, val_accuracy=0.5))
    '03-0.50'
    """

    def __missing__(self, name):
        known = find_name(name, self)
        if known is None:
            raise KeyError(name)
        return self[known]


class ModelCheckpoint(MonitorCallback):
    """Saves the model every epoch or every so many batches; always, or only when a value has improved.

    Args:
        filepath: where to save; '{epoch:02d}', '{batch}' and names of logs such as '{val_loss:.2f}' are
            filled in ('epoch' and 'batch' count from 1; where the logs of an older generation tell the
            batch, it is theirs, from 0). Folders are made. Its end chooses the format: '.keras', or '.h5' and
            '.hdf5' for HDF5 of Keras 2; of weights '.weights.h5', '.h5' or '.hdf5'. Another end means HDF5
            in the dialects keras1 and keras2.x, and is an error in the others.
        monitor: key of logs to watch with `save_best_only`.
        verbose: 1 says what is saved, 0 is silent.
        save_best_only: whether to save only when the watched value has improved.
        save_weights_only: whether to save weights (`model.save_weights`), not the model (`model.save`).
        mode: 'min', 'max', or 'auto' (the metric knows).
        save_freq: 'epoch', or a number of batches between two saves.
        initial_value_threshold: value to beat before the first save with `save_best_only`.
        period: older name: save every so many epochs.

    Errors:
        ValueError: an argument out of range; when training begins, an ending that stands for no format; or a
            placeholder that does not fit its value, such as '{loss:d}'.
        KeyError: `filepath` names a value that is not in logs.
        OSError: the disk is full or failed; files from before stay, and the model can be used.
        IsADirectoryError: `filepath` is a folder.

    Notes:
        Files are written beside the old one and then renamed: a stopped run leaves a whole file.
        Without the watched value, or with one that is no single number, it warns once and saves.

    Source: Keras `callbacks.ModelCheckpoint`. Keras 3 accepts only '.keras', '.h5' and '.weights.h5';
        tf.keras writes TensorFlow's files under other names.

    >>> ModelCheckpoint("best-{epoch:02d}.keras", save_best_only=True).save_freq
    'epoch'
    """

    stored_attributes = ("best", "_epoch", "_last_batch", "_batches_since_save", "_epochs_since_save")

    @of_every_generation
    def __init__(self, filepath, monitor="val_loss", verbose=0, save_best_only=False, save_weights_only=False,
                 mode="auto", save_freq="epoch", initial_value_threshold=None, **older):
        super().__init__(monitor, mode, baseline=initial_value_threshold)
        self.period = older.pop("period", 1)
        if older.pop("options", None) is not None:
            fail("ModelCheckpoint", "options", "...", "None", "They belong to TensorFlow's files.")
        for name in older:
            unknown_argument("ModelCheckpoint", name, _ARGUMENTS)
        for name, value in (("save_best_only", save_best_only), ("save_weights_only", save_weights_only)):
            boolean("ModelCheckpoint", name, value)
        if save_freq != "epoch" and not (is_integer(save_freq) and save_freq > 0):
            fail("ModelCheckpoint", "save_freq", save_freq, "'epoch' or a positive number of batches")
        if not is_integer(self.period) or self.period < 1:
            fail("ModelCheckpoint", "period", self.period, "a positive number of epochs")
        check_verbose("ModelCheckpoint", "verbose", verbose)
        self.filepath, self.verbose = os.fspath(filepath), verbose
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.save_freq = save_freq
        self._epoch, self._last_batch = 0, -1
        self._batches_since_save = self._epochs_since_save = 0
        if save_freq == "epoch":
            self.idle_hooks = frozenset(["on_train_batch_end"])

    def on_train_begin(self, logs=None):
        """A name that the model cannot save under is an error now, not after the first epoch."""
        save = self.model.save_weights if self.save_weights_only else self.model.save
        if save.__module__.startswith("keras_torch."):
            check = formats.weights_format if self.save_weights_only else formats.model_format
            check("ModelCheckpoint", self.filepath)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch, self._last_batch = epoch, -1

    def on_train_batch_end(self, batch, logs=None):
        self._batches_since_save += batch - self._last_batch   # several, with steps_per_execution
        self._last_batch = batch
        if self._batches_since_save >= self.save_freq:
            self._batches_since_save = 0
            self._save_if_due(self._epoch, batch, logs or {})

    def on_epoch_end(self, epoch, logs=None):
        self._epochs_since_save += 1
        if self.save_freq == "epoch" and self._epochs_since_save >= self.period:
            self._epochs_since_save = 0
            self._save_if_due(epoch, None, logs or {})

    def _save_if_due(self, epoch, batch, logs):
        path = self._path(epoch, batch, logs)
        if self._is_due(epoch, logs, path):
            self._save(path)

    def _is_due(self, epoch, logs, path):
        value = self._watched(logs) if self.save_best_only else None
        if value is None:   # not asked to watch, or nothing to watch: then saving is the safe thing
            self._say(epoch, f"saving model to {path}")
            return True
        before = "None" if self.best is None else f"{self.best:.5f}"
        if not self.improved(value):
            self._say(epoch, f"{self.monitor} did not improve from {before}")
            return False
        self._say(epoch, f"{self.monitor} improved from {before} to {value:.5f}, saving model to {path}")
        return True

    def _watched(self, logs):
        value = self.monitored(logs)
        if getattr(value, "ndim", 0) == 0:
            return value
        if not self._has_warned:
            self._has_warned = True
            warnings.warn(f"ModelCheckpoint watches `{self.monitor}`, which is an array of shape "
                          f"{tuple(value.shape)} and not a number, so that every model is saved. Watch "
                          "another value, or set save_best_only=False.", stacklevel=2)
        return None

    def _say(self, epoch, message):
        if self.verbose:
            say(f"Epoch {epoch + 1}: {message}")

    def _save(self, path):
        if os.path.isdir(path):
            raise IsADirectoryError(f"ModelCheckpoint: `filepath` {path!r} is a folder. Give a file name.")
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(path, overwrite=True)

    def _path(self, epoch, batch, logs):
        counted = {} if batch is None else {"batch": batch + 1}
        values = Placeholders({**counted, **logs, "epoch": epoch + 1})
        try:
            return self.filepath.format_map(values)
        except (ValueError, IndexError) as error:
            raise ValueError(f"ModelCheckpoint: `filepath` {self.filepath!r} cannot be filled in: {error}. "
                             "Write placeholders as in '{epoch:02d}-{val_loss:.2f}.keras'.") from error
        except KeyError as error:
            raise KeyError(f"ModelCheckpoint: `filepath` {self.filepath!r} names {error}, not in logs."
                           f" Available: {', '.join(['epoch', *logs])}.") from error
