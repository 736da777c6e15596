"""ReduceLROnPlateau: lowers the learning rate when a value no longer improves."""

import numpy as np

from keras_torch.base.checks import fail, is_number, nonnegative_number
from keras_torch.callbacks.learning_rate_scheduler import follows_schedule, log_rate, parts_of, rate_of
from keras_torch.callbacks.monitor import MonitorCallback
from keras_torch.callbacks.older_arguments import of_every_generation
from keras_torch.callbacks.progress import check_verbose
from keras_torch.dialects.translator import behaviour


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
        Of a `MultiOptimizer` each optimizer's rate is lowered, and logged as 'learning_rate_<its name>'.
        Where the optimizer's rate follows a schedule, it warns when training begins: the first reduction ends
        the schedule (Keras 3 raises a TypeError there, tf.keras goes on as if nothing had been reduced).
        In Keras 1 the rate is lowered one epoch later, when `patience` is exceeded.

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
        nonnegative_number("ReduceLROnPlateau", "patience", patience)
        nonnegative_number("ReduceLROnPlateau", "cooldown", cooldown)
        nonnegative_number("ReduceLROnPlateau", "min_lr", min_lr)
        check_verbose("ReduceLROnPlateau", "verbose", verbose)
        self.factor, self.patience, self.verbose = factor, patience, verbose
        self.cooldown, self.min_lr = cooldown, min_lr
        self._ends_late = behaviour("patience") == "exceeded"
        self.wait = self.cooldown_counter = 0

    def _reset(self):
        self.best, self.wait, self.cooldown_counter = self.best_at_first(), 0, 0

    def on_train_begin(self, logs=None):
        self._reset()
        for _, optimizer in parts_of(self.model.optimizer):
            if follows_schedule(optimizer):
                self._warn_once(f"ReduceLROnPlateau lowers the rate of {type(optimizer).__name__}, which "
                                "follows a schedule: the first reduction will end the schedule. Compile the "
                                "model with a number as `learning_rate`, or leave the rate to the schedule.")

    def in_cooldown(self):
        """Whether a reduction is so recent that waiting does not count."""
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        log_rate(logs, self.model.optimizer)
        value = self.get_monitor_value(logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improved(value):
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self._has_waited() and self._reduce(epoch):
                self.cooldown_counter, self.wait = self.cooldown, 1 if self._ends_late else 0

    def _has_waited(self):
        return self.wait > self.patience if self._ends_late else self.wait >= self.patience

    def _reduce(self, epoch):
        """Lowers the rate; False when it is at its lower bound already."""
        reduced = [self._reduce_rate(optimizer, epoch, name)
                   for name, optimizer in parts_of(self.model.optimizer)]
        return any(reduced)

    def _reduce_rate(self, optimizer, epoch, name):
        rate = rate_of(optimizer)
        if rate <= self.min_lr:
            return False
        optimizer.learning_rate = lower = max(rate * self.factor, self.min_lr)
        whose = f"{name} " if name else ""
        who = "" if self._ends_late else "ReduceLROnPlateau "   # Keras 1 does not name itself
        self._say(epoch, f"{who}reducing {whose}learning rate to {lower}.")
        return True

    def _take(self, direction):
        super()._take(direction)
        if self._infinite:   # in such a Keras the comparison includes `min_delta`, which keeps its sign
            self.min_delta = abs(self.min_delta)
            self._monitor_op = self._is_below if self._downward else self._is_above

    def _is_below(self, value, best):
        return np.less(value, best - self.min_delta)

    def _is_above(self, value, best):
        return np.greater(value, best + self.min_delta)

    def _is_improvement(self, monitor_value, reference_value):
        if self._infinite:
            return bool(self.monitor_op(monitor_value, reference_value))
        return super()._is_improvement(monitor_value, reference_value)

    def _goes_up_in_older_keras(self):
        return "acc" in self.monitor
