"""LearningRateScheduler: sets the learning rate at the beginning of every epoch."""

import inspect
import numbers
import warnings

import torch

from keras_torch.base.checks import fail, function
from keras_torch.callbacks.callback import Callback
from keras_torch.callbacks.progress import check_verbose, epoch_text, say
from keras_torch.dialects import current_dialect
from keras_torch.dialects.translator import behaviour


def rate_of(optimizer):
    """Today's learning rate of an optimizer as a float.

    Errors:
        ValueError: the optimizer has no `learning_rate`.
    """
    if not hasattr(optimizer, "learning_rate"):
        raise ValueError(f"The optimizer {type(optimizer).__name__} has no `learning_rate`. "
                         "Compile the model with a keras_torch optimizer.")
    return float(optimizer.learning_rate)


def parts_of(optimizer):
    """(name, optimizer) of each optimizer inside a `MultiOptimizer`; of another ("", itself).

    >>> parts_of("any other")
    [('', 'any other')]
    """
    inner = getattr(optimizer, "optimizers", None)
    return [("", optimizer)] if inner is None else [(part.name, part) for part in inner]


def follows_schedule(optimizer):
    """Whether the learning rate of an optimizer comes from a schedule.

    >>> follows_schedule(None)
    False
    """
    return getattr(optimizer, "_schedule", None) is not None


def log_rate(logs, optimizer):
    """Puts the learning rate into the logs of an epoch, under the name of the generation in force."""
    key = "learning_rate" if current_dialect() == "keras3" else "lr"
    for name, part in parts_of(optimizer):
        logs[f"{key}_{name}" if name else key] = rate_of(part)


def _takes_rate(schedule):
    """Whether a schedule has room for a second argument, the rate in force."""
    try:
        parameters = inspect.signature(schedule).parameters.values()
    except (TypeError, ValueError):   # built-in functions without a signature
        return True
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len(places) >= 2 or any(p.kind is p.VAR_POSITIONAL for p in parameters)


class LearningRateScheduler(Callback):
    """Sets the learning rate to `schedule(epoch, rate)` at the beginning of every epoch.

    Args:
        schedule: function `(epoch, rate)`, or `(epoch)` as in the older generations, that returns the new
            rate; `epoch` counts from 0, `rate` is the one in force.
        verbose: 1 says so in the terminal, 0 is silent.

    Errors:
        ValueError: `schedule` is no function, or does not return a number.
        TypeError: the optimizer's rate follows a schedule already; in Keras 3, when training begins.

    Notes:
        Adds 'learning_rate' ('lr' in the older generations, nothing in Keras 1) to the logs of the epoch.
        Of a `MultiOptimizer` each optimizer's rate is set, and logged as 'learning_rate_<its name>'.
        Before Keras 3 a schedule of the optimizer ends, with a warning (tf.keras leaves it in force and says
        nothing).

    Source: Keras `callbacks.LearningRateScheduler`.

    >>> LearningRateScheduler(lambda epoch: 0.1 * 0.5 ** epoch).verbose
    0
    """

    def __init__(self, schedule, verbose=0):
        super().__init__()
        function("LearningRateScheduler", "schedule", schedule)
        check_verbose("LearningRateScheduler", "verbose", verbose)
        self.schedule, self.verbose = schedule, verbose
        self._takes_rate = _takes_rate(schedule)
        self._logs_rate = behaviour("scheduled rate in the logs")

    def on_train_begin(self, logs=None):
        """Two who set the rate are a mistake that is told before the first step."""
        for _, optimizer in parts_of(self.model.optimizer):
            if not follows_schedule(optimizer):
                continue
            message = (f"LearningRateScheduler sets the rate of {type(optimizer).__name__}, which follows a "
                       "schedule{}. Compile the model with a number as `learning_rate`, or leave it to the "
                       "schedule.")
            if current_dialect() == "keras3":
                raise TypeError(message.format(""))
            warnings.warn(message.format(" that ends now"), stacklevel=2)

    def on_epoch_begin(self, epoch, logs=None):
        for name, optimizer in parts_of(self.model.optimizer):
            rate = optimizer.learning_rate = self._rate_for(epoch, rate_of(optimizer))
            if self.verbose:
                whose = f"{name} " if name else ""
                say(f"{epoch_text(epoch)}: LearningRateScheduler setting {whose}learning rate to {rate}.")

    def _rate_for(self, epoch, before):
        rate = self.schedule(epoch, before) if self._takes_rate else self.schedule(epoch)
        if isinstance(rate, torch.Tensor) and rate.numel() == 1:
            rate = rate.item()
        if not isinstance(rate, numbers.Real):
            fail("LearningRateScheduler", "schedule", rate, "a function that returns a number")
        return float(rate)

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None and self._logs_rate:
            log_rate(logs, self.model.optimizer)
