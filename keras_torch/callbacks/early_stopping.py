"""EarlyStopping: ends training when a value no longer improves."""

from keras_torch.base.checks import boolean, nonnegative_number
from keras_torch.callbacks.monitor import MonitorCallback
from keras_torch.callbacks.progress import check_verbose, say
from keras_torch.dialects import current_dialect
from keras_torch.dialects.translator import behaviour


class EarlyStopping(MonitorCallback):
    """Ends training when the watched value has not improved for `patience` epochs.

    Args:
        monitor: key of logs to watch.
        min_delta: the least change that counts as an improvement.
        patience: epochs without improvement before training ends; 2.5 means 3.
        verbose: 1 says so in the terminal, 0 is silent.
        mode: 'min', 'max', or 'auto' (the metric knows).
        baseline: training also ends when this value is not beaten within `patience` epochs.
        restore_best_weights: whether the weights of the best epoch are put back at the end.
        start_from_epoch: epochs at the beginning that are not watched.

    Errors:
        ValueError: an argument out of range.

    Notes:
        `stopped_epoch` is the epoch that ended training (from 0), `best` the best value, `best_epoch` its
        epoch, `wait` the epochs since, `best_weights` its weights where they are to be restored.
        Up to Keras 2.3 weights are put back only when training is ended here, and `baseline` is the first
        `best`; in Keras 1 training ends one epoch later, when `patience` is exceeded.

    Source: Keras `callbacks.EarlyStopping`.

    >>> EarlyStopping("val_accuracy", patience=3).patience
    3
    """

    stored_attributes = ("wait", "stopped_epoch", "best_epoch", "best", "best_weights")

    def __init__(self, monitor="val_loss", min_delta=0, patience=0, verbose=0, mode="auto", baseline=None,
                 restore_best_weights=False, start_from_epoch=0):
        self._knows_auc = current_dialect() == "tf.keras"
        super().__init__(monitor, mode, min_delta=min_delta, baseline=baseline)
        nonnegative_number("EarlyStopping", "patience", patience)
        nonnegative_number("EarlyStopping", "start_from_epoch", start_from_epoch)
        check_verbose("EarlyStopping", "verbose", verbose)
        boolean("EarlyStopping", "restore_best_weights", restore_best_weights)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self._ends_late = behaviour("patience") == "exceeded"
        self._restores_at_once = behaviour("early stopping restores") == "when it stops"
        self._forget()

    def _forget(self):
        self.wait, self.stopped_epoch, self.best_epoch = 0, 0, 0
        self.best, self.best_weights = self.best_at_first(), None
        if self._restores_at_once and self.baseline is not None:
            self.best = self.baseline   # such a Keras has one bar, later ones have two

    def on_train_begin(self, logs=None):
        self._forget()

    def on_epoch_end(self, epoch, logs=None):
        value = self.get_monitor_value(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None and not self._restores_at_once:
            self._remember(epoch)   # even a run in which nothing improves (nan) has a best epoch
        self.wait += 1
        if self.improved(value):
            self._remember(epoch)
            if self.baseline is None or self._is_improvement(value, self.baseline):
                self.wait = 0
        elif self._has_waited() and (epoch > 0 or self._restores_at_once):
            self.stopped_epoch = epoch
            self.model.stop_training = True
            if self._restores_at_once:
                self._restore("")

    def _has_waited(self):
        return self.wait > self.patience if self._ends_late else self.wait >= self.patience

    def _remember(self, epoch):
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def _restore(self, which):
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose:
                say(f"Restoring model weights from the end of the best epoch{which}")
            self.model.set_weights(self.best_weights)

    def on_train_end(self, logs=None):
        if self.stopped_epoch:
            self._say(self.stopped_epoch, "early stopping")
        if not self._restores_at_once:
            self._restore(f": {self.best_epoch + 1}.")

    def _goes_up_in_older_keras(self):
        return self.monitor.endswith(("acc", "accuracy", "auc")) if self._knows_auc else "acc" in self.monitor
