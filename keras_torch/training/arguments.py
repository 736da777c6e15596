"""Checks of the arguments of compile, fit, evaluate and predict, before anything is done."""

import dataclasses
import math
import warnings

from keras_torch.base.checks import (
    boolean,
    fail,
    is_integer,
    is_number,
    nonnegative_int,
    positive_int,
    unknown_argument,
)
from keras_torch.dialects.state import current_dialect
from keras_torch.dialects.translator import behaviour
from keras_torch.training.weighting import settled_class_weight

FIT = (
    "x",
    "y",
    "batch_size",
    "epochs",
    "verbose",
    "callbacks",
    "validation_split",
    "validation_data",
    "shuffle",
    "class_weight",
    "sample_weight",
    "initial_epoch",
    "steps_per_epoch",
    "validation_steps",
    "validation_batch_size",
    "validation_freq",
    "workers",
    "max_queue_size",
    "use_multiprocessing",
)
_PASS = (
    "x",
    "batch_size",
    "verbose",
    "steps",
    "callbacks",
    "workers",
    "max_queue_size",
    "use_multiprocessing",
)
EVALUATE = (*_PASS, "y", "sample_weight", "return_dict")
PREDICT = _PASS
_KERAS1 = {
    "nb_epoch": "epochs",
    "nb_val_samples": "validation_steps",
    "nb_worker": "workers",
    "samples_per_epoch": "steps_per_epoch",
    "val_samples": "steps",
    "max_q_size": "max_queue_size",
    "pickle_safe": "use_multiprocessing",
}
_GENERATIONS_WITH_OLD_WORDS = ("keras1", "keras2.2", "keras2.3")  # Keras 2 takes them with a warning
_SIZES = ("batch_size", "validation_batch_size")
_STEPS = ("steps_per_epoch", "validation_steps")
_COMPILE_ONLY = ("loss", "optimizer", "metrics", "loss_weights")


def translated(method, kwargs, known):
    """Old argument names as today's; unknown ones raise.

    Args:
        method: how errors call it, such as 'fit()'.
        kwargs: what was given beyond the named arguments.
        known: today's argument names.

    Errors:
        TypeError: an unknown argument, or one of Keras 1 while a generation after Keras 2 is in force.
    """
    found = {}
    for name, value in kwargs.items():
        new = _KERAS1.get(name)
        if new is None or new not in known:
            hint = f"Give `{name}` to compile()." if name in _COMPILE_ONLY else ""
            unknown_argument(method, name, known, hint)
        if current_dialect() not in _GENERATIONS_WITH_OLD_WORDS:
            raise TypeError(
                f"{method} got `{name}`, an argument of keras1; the current dialect is "
                f"{current_dialect()}. Write `{new}`, or call keras_torch.set_dialect('keras1')."
            )
        if current_dialect() != "keras1":
            lengths = " It counts batches, not samples." if "samples" in name else ""
            warnings.warn(f"{method}: `{name}` is now called `{new}`.{lengths}", stacklevel=4)
        found[new] = value
    return found


def todays_name(name):
    """What an argument is called that had another name in Keras 1.

    >>> todays_name("nb_epoch"), todays_name("verbose")
    ('epochs', 'verbose')
    """
    return _KERAS1.get(name, name)


def verbosity(method, verbose):
    """0, 1, 2 or 'auto' for what was given as `verbose`: True is 1; False, None and other numbers are 0.

    >>> verbosity("fit()", 2), verbosity("fit()", 3), verbosity("fit()", None)
    (2, 0, 0)
    """
    if verbose in (0, 1, 2, "auto"):
        return verbose if isinstance(verbose, str) else int(verbose)
    if verbose is not None and not is_number(verbose):
        fail(method, "verbose", verbose, "0 (silent), 1 (progress bar), 2 (a line per epoch) or 'auto'")
    return 0


def whole(method, name, value):
    """A positive whole number as an int; what is one already stays as it is.

    >>> whole("fit()", "batch_size", 8)
    8
    """
    positive_int(method, name, value)
    return value if isinstance(value, int) else int(value)


def step_count(method, name, value):
    """A number of steps as an int; up to tf.keras `len(x) / batch_size` is one too, rounded up.

    >>> step_count("fit()", "steps_per_epoch", 3)
    3
    """
    fraction = is_number(value) and not is_integer(value) and 0 < value < math.inf
    if fraction and behaviour("number of steps") == "rounded up":
        return math.ceil(value)
    if fraction:
        fail(method, name, value, "a positive integer", f"Write {math.ceil(value)}.")
    return whole(method, name, value)


@dataclasses.dataclass
class FitArguments:
    """What fit() was asked for, besides the data; meanings as in fit()."""

    batch_size: int | None
    epochs: int | None
    verbose: int | str
    callbacks: list | None
    validation_split: float
    validation_data: object
    shuffle: bool | str
    class_weight: dict | None
    initial_epoch: int
    steps_per_epoch: int | None
    validation_steps: int | None
    validation_batch_size: int | None
    validation_freq: int | list
    workers: int | None
    ahead: int | None
    use_multiprocessing: bool

    def settle(self):
        """Raises for the first argument that is out of range; whole numbers become ints."""
        least = nonnegative_int if behaviour("no epochs") == "allowed" else positive_int
        least("fit()", "epochs", self.epochs)
        nonnegative_int("fit()", "initial_epoch", self.initial_epoch)
        self.epochs, self.initial_epoch = int(self.epochs), int(self.initial_epoch)
        for names, settled in (_SIZES, whole), (_STEPS, step_count):
            for name in names:
                if getattr(self, name) is not None:
                    setattr(self, name, settled("fit()", name, getattr(self, name)))
        self.verbose = verbosity("fit()", self.verbose)
        self._settle_choices()
        self.class_weight = settled_class_weight(self.class_weight)
        check_queue("fit()", self.workers, self.ahead, self.use_multiprocessing)

    def _settle_choices(self):
        """Split, shuffling and the epochs that are validated."""
        self.validation_split = 0.0 if self.validation_split is None else self.validation_split
        if not is_number(self.validation_split) or not 0 <= self.validation_split < 1:
            fail("fit()", "validation_split", self.validation_split, "a fraction from 0 to below 1")
        if self.shuffle not in (True, False, None, "batch"):
            fail("fit()", "shuffle", self.shuffle, "True, False or 'batch'")
        self.shuffle = self.shuffle if isinstance(self.shuffle, str) else bool(self.shuffle)
        if is_left_out(self.validation_data):
            self.validation_data = None
        if self.validation_data is not None or self.validation_split:
            self.validation_freq = settled_validation_freq(self.validation_freq)


def is_left_out(validation_data):
    """Whether `validation_data` says that there are none: None, or up to tf.keras an empty list or tuple.

    >>> is_left_out(None), is_left_out([1])
    (True, False)
    """
    empty = isinstance(validation_data, (list, tuple)) and not validation_data
    return validation_data is None or empty and behaviour("empty validation data") == "none"


def settled_validation_freq(value):
    """A positive number of epochs as an int, or epochs counted from 1.

    >>> settled_validation_freq([1, 5])
    [1, 5]
    """
    if not isinstance(value, (list, tuple, set)):
        return whole("fit()", "validation_freq", value)
    if not all(is_integer(epoch) for epoch in value):
        fail("fit()", "validation_freq", value, "a positive integer or a list of epochs (counted from 1)")
    return value


def check_queue(owner, workers, ahead, use_multiprocessing):
    """The arguments about preparing batches ahead.

    >>> check_queue("fit()", 2, 10, False)
    """
    if workers is not None:
        nonnegative_int(owner, "workers", workers)
    if ahead is not None:
        positive_int(owner, "max_queue_size", ahead)
    boolean(owner, "use_multiprocessing", use_multiprocessing)


def validates_at(validation_freq, epoch):
    """Whether validation runs after this epoch (counted from 1).

    >>> validates_at(2, 4), validates_at([1, 5], 4)
    (True, False)
    """
    if is_integer(validation_freq):
        return epoch % validation_freq == 0
    return epoch in validation_freq
