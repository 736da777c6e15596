"""The order of positional arguments of fit and its kin in each generation, by rows of the dialect table."""

import functools
import inspect

from keras_torch.base.configurable import Signature
from keras_torch.dialects.orders import ORDERS
from keras_torch.dialects.rows import ORDER
from keras_torch.dialects.state import current_dialect
from keras_torch.training.arguments import todays_name


def in_order_of_generation(method):
    """A method that takes positional arguments in the order of the generation in force.

    Args:
        method: a method of `Trainer`; the rows are those of `Model.<its name>`, and of
            `Sequential.<its name>` where the models of that kind have an order of their own.

    Errors:
        TypeError: an argument given by position and by name, or too many (when called).

    >>> class Net:
    ...     @in_order_of_generation
    ...     def fit_generator(self, generator, steps_per_epoch=None, **kwargs):
    ...         return steps_per_epoch
    >>> Net().fit_generator([], 3)
    3
    """
    own = Signature(method).positional
    orders = {owner: _orders(owner, method.__name__) for owner in ("Sequential", "Model")}
    alike = min((_alike(own, names) for rows in orders.values() for names in rows.values()), default=len(own))

    @functools.wraps(method)
    def in_order(self, *args, **kwargs):
        if len(args) > alike:
            args, kwargs = _by_name(self, method.__name__, orders, own, args, kwargs)
        return method(self, *args, **kwargs)

    return in_order


def _orders(owner, name):
    """Generation -> names, by today's, of the rows of a method."""
    rows = [row for row in ORDERS if row.owner == f"{owner}.{name}"]
    return {row.until: [todays_name(word) for word in row.names] for row in rows}


def _alike(first, second):
    """Number of names at the beginning of both lists that are the same."""
    different = (place for place, (one, other) in enumerate(zip(first, second)) if one != other)
    return next(different, min(len(first), len(second)))


def _by_name(model, method, orders, own, args, kwargs):
    """(args, kwargs) with what is given by position put under its name."""
    kinds = {cls.__name__ for cls in inspect.getmro(type(model))}
    names = next((names for owner in ("Sequential", "Model") if owner == "Model" or owner in kinds
                  if (names := _in_force(orders[owner])) is not None), own)
    if len(args) > len(names):
        raise TypeError(f"{method}() takes at most {len(names)} positional arguments ({', '.join(names)}); "
                        f"got {len(args)}. Give the others by name.")
    named = dict(zip(names, args))
    for name in named:
        if name in kwargs:
            raise TypeError(f"{method}() got `{name}` twice, by position and by name. Give it once.")
    return (), {**named, **kwargs}


def _in_force(orders):
    """The names of the first generation that is not older than the one in force, or None."""
    later = ORDER[ORDER.index(current_dialect()):]
    return next((orders[generation] for generation in later if generation in orders), None)
