"""EarlyStopping: ends training when a value no longer improves."""

from keras_torch.base.checks import boolean, nonnegative_int
from keras_torch.callbacks.monitor import MonitorCallback
from keras_torch.callbacks.progress import check_verbose, say


class EarlyStopping(MonitorCallback):
    """Ends training when the watched value has not improved for `patience` epochs.

    Args:
        monitor: key of logs to watch.
        min_delta: the least change that counts as an improvement.
        patience: epochs without improvement before training ends.
        verbose: 1 says so in the terminal, 0 is silent.
        mode: 'min', 'max', or 'auto' (the metric knows).
        baseline: training also ends when this value is not beaten within `patience` epochs.
        restore_best_weights: whether the weights of the best epoch are put back at the end.
        start_from_epoch: epochs at the beginning that are not watched.

    Errors:
        ValueError: an argument out of range.

    Notes:
        `stopped_epoch` is the epoch that ended training (from 0), `best` the best value, `best_epoch` its
        epoch.

    Source: Keras `callbacks.EarlyStopping`.

    >>> EarlyStopping("val_accuracy", patience=3).patience
    3
    """

    stored_attributes = ("wait", "stopped_epoch", "best_epoch", "best", "best_weights")

    def __init__(self, monitor="val_loss", min_delta=0, patience=0, verbose=0, mode="auto", baseline=None,
                 restore_best_weights=False, start_from_epoch=0):
        super().__init__(monitor, mode, min_delta=min_delta, baseline=baseline)
        nonnegative_int("EarlyStopping", "patience", patience)
        nonnegative_int("EarlyStopping", "start_from_epoch", start_from_epoch)
        check_verbose("EarlyStopping", "verbose", verbose)
        boolean("EarlyStopping", "restore_best_weights", restore_best_weights)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self._forget()

    def _forget(self):
        self.wait, self.stopped_epoch, self.best_epoch = 0, 0, 0
        self.best, self.best_weights = None, None

    def on_train_begin(self, logs=None):
        self._forget()

    def on_epoch_end(self, epoch, logs=None):
        value = self.monitored(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self._remember(epoch)   # even a run in which nothing improves (nan) has a best epoch
        self.wait += 1
        if self.improved(value):
            self._remember(epoch)
            if self.baseline is None or self.is_better(value, than=self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _remember(self, epoch):
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs=None):
        if self.stopped_epoch and self.verbose:
            say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                say(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)
