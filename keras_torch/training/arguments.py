"""Checks of the arguments of compile, fit, evaluate and predict, before anything is done."""

from keras_torch.base.checks import fail, is_integer, is_number, nonnegative_int, positive_int, unknown_argument
from keras_torch.dialects.state import current_dialect
from keras_torch.training.weighting import check_class_weight

_KERAS1 = {"nb_epoch": "epochs", "nb_val_samples": "validation_steps", "nb_worker": "workers",
           "samples_per_epoch": "steps_per_epoch", "max_q_size": "max_queue_size", "pickle_safe": "use_multiprocessing"}
_COMPILE_ONLY = ("loss", "optimizer", "metrics", "loss_weights")


def translated(method, kwargs, known):
    """Old argument names as today's; unknown ones raise.

    Args:
        method: how errors call it, such as 'fit()'.
        kwargs: what was given beyond the named arguments.
        known: today's argument names.

    Errors:
        TypeError: an unknown argument, or one of Keras 1 while another generation is in force.
    """
    found = {}
    for name, value in kwargs.items():
        new = _KERAS1.get(name)
        if new is None or new not in known:
            hint = f"Give `{name}` to compile()." if name in _COMPILE_ONLY else ""
            unknown_argument(method, name, known, hint)
        if current_dialect() != "keras1":
            raise TypeError(f"{method} got `{name}`, an argument of keras1; the current dialect is "
                            f"{current_dialect()}. Write `{new}`, or call keras_torch.set_dialect('keras1').")
        found[new] = value
    return found


def check_verbose(method, verbose):
    """0, 1, 2 or 'auto' (True and False count as 1 and 0).

    >>> check_verbose("fit()", 2)
    """
    if verbose not in (0, 1, 2, "auto"):
        fail(method, "verbose", verbose, "0 (silent), 1 (progress bar), 2 (a line per epoch) or 'auto'")


def check_fit(batch_size, epochs, verbose, validation_split, shuffle, class_weight, initial_epoch, steps_per_epoch,
              validation_steps, validation_batch_size, validation_freq):
    """Raises for the first argument of fit that is out of range."""
    if not is_integer(epochs) or epochs < 1:
        fail("fit()", "epochs", epochs, "a positive integer")
    nonnegative_int("fit()", "initial_epoch", initial_epoch)
    for name, value in (("batch_size", batch_size), ("steps_per_epoch", steps_per_epoch),
                        ("validation_steps", validation_steps), ("validation_batch_size", validation_batch_size)):
        if value is not None:
            positive_int("fit()", name, value)
    check_verbose("fit()", verbose)
    if not is_number(validation_split) or not 0 <= validation_split < 1:
        fail("fit()", "validation_split", validation_split, "a fraction from 0 to below 1")
    if shuffle not in (True, False, "batch"):
        fail("fit()", "shuffle", shuffle, "True, False or 'batch'")
    check_class_weight(class_weight)
    if not isinstance(validation_freq, (list, tuple, set)):
        positive_int("fit()", "validation_freq", validation_freq)


def validates_at(validation_freq, epoch):
    """Whether validation runs after this epoch (counted from 1).

    >>> validates_at(2, 4), validates_at([1, 5], 4)
    (True, False)
    """
    if is_integer(validation_freq):
        return epoch % validation_freq == 0
    return epoch in validation_freq
