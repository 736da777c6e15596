"""ReduceLROnPlateau: lowers the learning rate when a value no longer improves."""

from keras_torch.base.checks import fail, is_number, nonnegative_int, nonnegative_number
from keras_torch.callbacks.learning_rate_scheduler import log_rate, rate_of
from keras_torch.callbacks.monitor import MonitorCallback
from keras_torch.callbacks.older_arguments import of_every_generation
from keras_torch.callbacks.progress import check_verbose, say


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by `factor` when the watched value has not improved for `patience` epochs.

    Args:
        monitor: key of logs to watch.
        factor: what the rate is multiplied with, below 1.
        patience: epochs without improvement before the rate is lowered.
        verbose: 1 says so in the terminal, 0 is silent.
        mode: 'min', 'max', or 'auto' (the metric knows).
        min_delta: the least change that counts as an improvement.
        cooldown: epochs after a reduction in which waiting does not count.
        min_lr: the rate never falls below this.

    Errors:
        ValueError: an argument out of range.

    Notes:
        Adds 'learning_rate' ('lr' in the older generations) to the logs of the epoch: the rate it ran with.

    Source: Keras `callbacks.ReduceLROnPlateau`.

    >>> ReduceLROnPlateau("val_loss", factor=0.2, patience=5, min_lr=1e-3).factor
    0.2
    """

    stored_attributes = ("best", "wait", "cooldown_counter")

    @of_every_generation
    def __init__(self, monitor="val_loss", factor=0.1, patience=10, verbose=0, mode="auto", min_delta=1e-4,
                 cooldown=0, min_lr=0.0):
        super().__init__(monitor, mode, min_delta=min_delta)
        if not is_number(factor) or not 0 <= factor < 1:
            fail("ReduceLROnPlateau", "factor", factor, "a number from 0 to below 1")
        nonnegative_int("ReduceLROnPlateau", "patience", patience)
        nonnegative_int("ReduceLROnPlateau", "cooldown", cooldown)
        nonnegative_number("ReduceLROnPlateau", "min_lr", min_lr)
        check_verbose("ReduceLROnPlateau", "verbose", verbose)
        self.factor, self.patience, self.verbose = factor, patience, verbose
        self.cooldown, self.min_lr = cooldown, min_lr
        self.on_train_begin()

    def on_train_begin(self, logs=None):
        self.best, self.wait, self.cooldown_counter = None, 0, 0

    def in_cooldown(self):
        """Whether a reduction is so recent that waiting does not count."""
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        log_rate(logs, self.model.optimizer)
        value = self.monitored(logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improved(value):
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter, self.wait = self.cooldown, 0

    def _reduce(self, epoch):
        """Lowers the rate; False when it is at its lower bound already."""
        rate = rate_of(self.model.optimizer)
        if rate <= self.min_lr:
            return False
        lower = max(rate * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = lower
        if self.verbose:
            say(f"Epoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {lower}.")
        return True
