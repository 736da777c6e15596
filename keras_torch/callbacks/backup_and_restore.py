"""BackupAndRestore: a fit that was killed goes on where it was, when it is started again."""

import contextlib
import os
import signal
import threading
import warnings

from keras_torch.base.checks import boolean, fail, is_integer
from keras_torch.base.files import TEMPORARY, atomic_write
from keras_torch.callbacks.callback import Callback
from keras_torch.saving.snapshot import read_snapshot, write_snapshot

LATEST, PREVIOUS = "latest.state", "previous.state"


class BackupAndRestore(Callback):
    """Stores a fit under way: the same script, started again after a kill, ends with exactly equal weights.

    Args:
        backup_dir: folder of its own for the backup; made when it is not there.
        save_freq: 'epoch', a number of batches between two backups, or False for none but those of
            `save_before_preemption`.
        double_checkpoint: whether the backup before the last one is kept too, for the case that the disk
            damages the last one.
        delete_checkpoint: whether the backup is removed when training ends as planned.
        save_before_preemption: whether a request to end (the signal SIGTERM, which clusters send) is answered
            by a backup after the batch in progress; then the signal does what it does without.

    Errors:
        ValueError: an argument out of range; or, when training begins, a backup that cannot be read, or that
            belongs to another model: then nothing has changed.
        OSError: the disk is full, when a backup is written: the one before stays.

    Notes:
        Restored are weights, optimizer, random numbers (of Python, numpy, torch and those of layers), order
        and place of the data, running metrics, and what callbacks remember (`Callback.state_dict`): the
        history that `fit` returns has all epochs, `EarlyStopping` has waited as long as it had.
        A script should call `set_random_seed`: what happened before the first backup happens again.
        Arrays and datasets with numbered batches go on at their place. A generator, whose place nobody
        knows, is drawn from its beginning and its batches are dropped up to that place; it must give the same
        batches as before. Between epochs that goes for `steps_per_epoch` too.
        In the middle of an epoch `on_epoch_begin` is called again for the epoch that goes on.
        A training that `EarlyStopping` had ended stays ended. On `delete_checkpoint=False` a further fit goes
        on from the end of the last one.
        A backup is one file, which is replaced as a whole; nothing in it is executed when it is read.

    Source: Keras 3 `callbacks.BackupAndRestore`, which restores weights and number of the epoch. tf.keras's
        has `save_before_preemption`, its third argument is `delete_checkpoint`.

    >>> BackupAndRestore("backup", save_freq=100).save_freq
    100
    """

    comes_last = True  # what the other callbacks did in a hook belongs into the backup
    shows_means = True  # so that the metrics hold the epoch's sums when it stores them

    def __init__(self, backup_dir, save_freq="epoch", double_checkpoint=False, delete_checkpoint=True,
                 save_before_preemption=False):
        super().__init__()
        if not backup_dir or not isinstance(backup_dir, (str, os.PathLike)):
            fail("BackupAndRestore", "backup_dir", backup_dir, "the path of a folder")
        if save_freq is not False and save_freq != "epoch" and not (is_integer(save_freq) and save_freq > 0):
            fail("BackupAndRestore", "save_freq", save_freq, "'epoch', a positive number of batches or False")
        boolean("BackupAndRestore", "double_checkpoint", double_checkpoint)
        boolean("BackupAndRestore", "delete_checkpoint", delete_checkpoint)
        boolean("BackupAndRestore", "save_before_preemption", save_before_preemption)
        if save_freq is False and not save_before_preemption:
            fail("BackupAndRestore", "save_freq", save_freq, "set, or save_before_preemption=True")
        self.backup_dir, self.save_freq = os.fspath(backup_dir), save_freq
        self.double_checkpoint, self.delete_checkpoint = double_checkpoint, delete_checkpoint
        self.save_before_preemption = save_before_preemption
        self._latest = os.path.join(self.backup_dir, LATEST)
        self._previous = os.path.join(self.backup_dir, PREVIOUS)
        self._epoch = self._last_batch = self._batches_since_save = 0
        self._asked_to_end, self._signal_before = False, None
        if not is_integer(save_freq) and not save_before_preemption:
            self.idle_hooks = frozenset(["on_train_batch_end"])

    def on_train_begin(self, logs=None):
        """Restores the backup, if there is one, when all other callbacks have begun."""
        if getattr(self.model, "fit_state", None) is None:
            raise RuntimeError("BackupAndRestore works inside fit(). In a loop of your own, store "
                               "model.state_dict(), optimizer.state_dict() and the number of the epoch.")
        self._epoch, self._last_batch, self._batches_since_save = 0, -1, 0
        self.model.fit_state.record(within_epochs=is_integer(self.save_freq) or self.save_before_preemption)
        self._remove_unfinished()
        state = self._read()
        if state is not None:
            self._restore(state)
        if self.save_before_preemption:
            self._listen()

    def _restore(self, state):
        try:
            self.model.fit_state.restore(state)
        except ValueError as error:
            raise ValueError(f"BackupAndRestore: the backup in {self.backup_dir!r} does not fit: {error}. "
                             "Nothing was changed. Train the model that it was made of, or give another "
                             "`backup_dir`, or delete the folder to begin anew.") from error
        self._last_batch = state["batch"] - 1

    def _read(self):
        """The newest backup that can be read, or None when there is none.

        Errors:
            ValueError: there are backups, and none can be read.
        """
        damage = None
        for path in (self._latest, self._previous):
            if not os.path.exists(path):
                continue
            try:
                state = read_snapshot(path)
            except (OSError, ValueError) as error:
                damage = damage or (path, error)
                continue
            if damage is not None:
                warnings.warn(f"BackupAndRestore: {damage[0]!r} cannot be read ({damage[1]}). Training goes "
                              "on from the backup before it.", stacklevel=2)
            return state
        if damage is not None:
            raise ValueError(f"BackupAndRestore: {damage[0]!r} cannot be read: {damage[1]}. It is damaged, "
                             "or a file of something else. Delete it to begin anew.") from damage[1]
        return None

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        before, self._last_batch = self._last_batch, batch
        self._batches_since_save += batch - before if batch > before else batch + 1
        if self._asked_to_end:
            self._save(self._epoch, batch + 1)
            self._end()
        elif is_integer(self.save_freq) and self._batches_since_save >= self.save_freq:
            self._save(self._epoch, batch + 1)

    def on_epoch_end(self, epoch, logs=None):
        self._last_batch = -1
        if self.save_freq == "epoch" or self._asked_to_end:
            self._save(epoch + 1, 0)
        if self._asked_to_end:
            self._end()

    def _save(self, epoch, batch):
        os.makedirs(self.backup_dir, exist_ok=True)
        state = self.model.fit_state.stored(epoch, batch)
        with atomic_write(self._latest, self._previous if self.double_checkpoint else None) as temporary:
            write_snapshot(temporary, state)
        self._batches_since_save = 0

    def on_train_end(self, logs=None):
        self.abandon()
        if self.delete_checkpoint:
            self._remove_unfinished()
            for path in (self._previous, self._latest):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
            with contextlib.suppress(OSError):  # something else is in the folder, and stays there
                os.rmdir(self.backup_dir)

    def _remove_unfinished(self):
        """Removes what a killed process had begun to write."""
        if os.path.isdir(self.backup_dir):
            for name in os.listdir(self.backup_dir):
                if name.startswith(f".{LATEST}.") and name.endswith(TEMPORARY):
                    os.unlink(os.path.join(self.backup_dir, name))

    # ------------------------------------------------------------------------------------------ preemption

    def _listen(self):
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("BackupAndRestore: save_before_preemption=True listens to a signal, which "
                               "Python allows in the main thread only. Call fit() there.")
        self._asked_to_end = False
        self._signal_before = signal.signal(signal.SIGTERM, self._note_signal) or signal.SIG_DFL

    def _note_signal(self, number, frame):
        self._asked_to_end = True

    def abandon(self):
        """Stops listening to the signal."""
        before, self._signal_before = self._signal_before, None
        if before is not None:
            signal.signal(signal.SIGTERM, before)

    def _end(self):
        """What the signal would have done."""
        self._asked_to_end = False
        self.abandon()
        signal.raise_signal(signal.SIGTERM)
