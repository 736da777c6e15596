"""The one checker: declares what an argument may be and words every error about arguments.

Error tree (new classes are rare):
    ValueError   a value, shape or name that does not fit
    TypeError    an unknown argument, or a value of the wrong kind
"""

import dataclasses
import difflib
import numbers
from collections.abc import Callable


def nearest(name, known):
    """A sentence with the known names nearest to `name`, or the whole list when it is short.

    >>> nearest("adm", ["adam", "sgd"])
    "Nearest known: 'adam'."
    """
    known = sorted(str(item) for item in known)
    close = difflib.get_close_matches(str(name).lower(), known, n=3, cutoff=0.5)
    if close:
        return "Nearest known: " + ", ".join(repr(item) for item in close) + "."
    if len(known) <= 12:
        return "Known: " + ", ".join(repr(item) for item in known) + "."
    return f"{len(known)} names are known, none is near."


def quote(value):
    """`repr` cut to a readable length.

    >>> quote("full")
    "'full'"
    """
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."


def fail(owner, argument, value, expected, hint="", error=ValueError):
    """Raises the house's one sentence about an argument.

    Args:
        owner: who was given the value, for example 'Conv2D "stem"' or 'fit()'.
        argument: name of the argument.
        value: what was given.
        expected: completes "`argument` must be ...".
        hint: a full sentence with the way out.

    Errors:
        ValueError: always (or the class given as `error`).

    >>> fail("Dense", "units", -3, "a positive integer")
    Traceback (most recent call last):
    ...
    ValueError: Dense: `units` must be a positive integer; got -3.
    """
    raise error(f"{owner}: `{argument}` must be {expected}; got {quote(value)}."
                + (f" {hint}" if hint else ""))


@dataclasses.dataclass(frozen=True)
class Term:
    """What one argument may be: a check, then a conversion, and a sentence for the docs.

    Args:
        check: function (owner, argument, value) that raises through `fail`; None accepts everything.
        convert: function (value) -> stored value; None stores the value as given.
        doc: sentence for the documentation.
        optional: whether None is accepted without a check (and not converted).
    """

    check: Callable | None = None
    convert: Callable | None = None
    doc: str = ""
    optional: bool = True

    def apply(self, instance, owner, argument, value):
        """The stored value for `value`; raises the error that the check words."""
        if value is None and self.optional:
            return None
        if self.check is not None:
            self.check(owner, argument, value)
        return value if self.convert is None else self.convert(value)


def is_integer(value):
    """Whether `value` is a whole number by type (bool is not).

    >>> is_integer(3), is_integer(True), is_integer(3.0)
    (True, False, False)
    """
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def is_number(value):
    """Whether `value` is a real number by type (bool is not).

    >>> is_number(0.5), is_number("0.5")
    (True, False)
    """
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def positive_int(owner, argument, value):
    """A whole number of at least 1.

    >>> positive_int("Dense", "units", 4)
    """
    if not is_integer(value) or value < 1:
        fail(owner, argument, value, "a positive integer")


def nonnegative_int(owner, argument, value):
    """A whole number of at least 0.

    >>> nonnegative_int("fit()", "initial_epoch", 0)
    """
    if not is_integer(value) or value < 0:
        fail(owner, argument, value, "an integer of at least 0")


def integer(owner, argument, value):
    """Any whole number.

    >>> integer("Softmax", "axis", -1)
    """
    if not is_integer(value):
        fail(owner, argument, value, "an integer")


def number(owner, argument, value):
    """Any real number.

    >>> number("ELU", "alpha", 1.0)
    """
    if not is_number(value):
        fail(owner, argument, value, "a number")


def positive_number(owner, argument, value):
    """A real number above 0.

    >>> positive_number("Adam", "epsilon", 1e-7)
    """
    if not is_number(value) or not value > 0:
        fail(owner, argument, value, "a positive number")


def nonnegative_number(owner, argument, value):
    """A real number of at least 0.

    >>> nonnegative_number("L2", "l2", 0.0)
    """
    if not is_number(value) or not value >= 0:
        fail(owner, argument, value, "a number of at least 0")


def fraction(owner, argument, value):
    """A real number from 0 to 1, both included.

    >>> fraction("Dropout", "rate", 0.5)
    """
    if not is_number(value) or not 0 <= value <= 1:
        fail(owner, argument, value, "a fraction from 0 to 1")


def fraction_below_one(owner, argument, value):
    """A real number from 0 (included) to 1 (excluded).

    >>> fraction_below_one("SGD", "momentum", 0.9)
    """
    if not is_number(value) or not 0 <= value < 1:
        fail(owner, argument, value, "a fraction from 0 to below 1")


def boolean(owner, argument, value):
    """True or False (0 and 1 of old scripts count).

    >>> boolean("Dense", "use_bias", True)
    """
    if type(value).__name__ not in ("bool_", "bool") and not (is_number(value) and value in (0, 1)):
        fail(owner, argument, value, "True or False")


def string(owner, argument, value):
    """A string.

    >>> string("Dense", "name", "head")
    """
    if not isinstance(value, str):
        fail(owner, argument, value, "a string")


def function(owner, argument, value):
    """Something that can be called.

    >>> function("Lambda", "function", abs)
    """
    if not callable(value):
        fail(owner, argument, value, "a function")


def one_of(*known, hint=""):
    """A check that accepts just the given values.

    >>> one_of("valid", "same")("Conv2D", "padding", "valid")
    """
    listed = " or ".join(map(repr, known)) if len(known) < 3 else "one of " + ", ".join(map(repr, known))

    def check(owner, argument, value):
        if not any(value is item or (type(value) is type(item) and value == item) for item in known):
            near = nearest(value, known) if isinstance(value, str) and len(known) > 2 else ""
            fail(owner, argument, value, listed, hint or near)

    return check


def unknown_argument(owner, name, known, hint=""):
    """Raises the error for an argument that does not exist, naming the nearest ones that do.

    >>> unknown_argument("Dense", "unit", ["units"])
    Traceback (most recent call last):
    ...
    TypeError: Dense has no argument `unit`. Nearest known: 'units'.
    """
    raise TypeError(f"{owner} has no argument `{name}`. {hint or nearest(name, known)}")
