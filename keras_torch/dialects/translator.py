"""Turns arguments of any Keras generation into today's, by the rows of `table.py`."""

import functools

from keras_torch.dialects import table
from keras_torch.dialects.state import current_dialect


def _up_to(values, generation):
    """The value of the first listed generation that is not older than `generation`, as (found, value)."""
    position = table.ORDER.index(generation)
    for name in table.ORDER[position:]:
        if name in values:
            return True, values[name]
    return False, None


def behaviour(topic):
    """How the current generation behaves in a matter that `table.BEHAVES` lists.

    Errors:
        KeyError: no row has that topic (a mistake of ours).

    >>> behaviour("accuracy key")
    'accuracy'
    """
    return _up_to(_behaviours()[topic], current_dialect())[1]


@functools.lru_cache(maxsize=1)
def _behaviours():
    return {row.topic: row.values for row in table.BEHAVES}


@functools.lru_cache(maxsize=None)
def _renames(owners):
    found = {}
    for row in table.RENAMED:
        if row.owner in owners or row.owner == "*":
            found.setdefault(row.old, row.new)
    return found


def translate(cls, signature, args, kwargs):
    """`kwargs` with old names replaced and the generation's own defaults filled in.

    Args:
        cls: the class that is being made.
        signature: its constructor's `names` and `positional`.
        args: positional arguments given.
        kwargs: named arguments given.

    Returns:
        dict: a new one when something changed.

    Errors:
        TypeError: an argument is given under its old and its new name.
    """
    owners = tuple(base.__name__ for base in cls.__mro__)
    renames = _renames(owners)
    old_names = [name for name in kwargs if name in renames and name not in signature.names
                 and renames[name] in signature.names]
    if old_names:
        kwargs = dict(kwargs)
    for old in old_names:
        new = renames[old]
        if new in kwargs:
            raise TypeError(f"{cls.__name__} got `{old}` and `{new}`, two names of one argument. Keep `{new}`.")
        kwargs[new] = _value(old, kwargs.pop(old))
    return _with_defaults(owners, signature, args, kwargs)


_OLD_VALUES = {("dim_ordering", "tf"): "channels_last", ("dim_ordering", "th"): "channels_first",
               ("dim_ordering", "default"): None}


def _value(old, value):
    return _OLD_VALUES.get((old, value), value) if isinstance(value, str) else value


def _with_defaults(owners, signature, args, kwargs):
    if current_dialect() == "keras3":
        return kwargs
    given = set(signature.positional[:len(args)]) | set(kwargs)
    extra = {}
    for row in table.DEFAULTS:
        if row.owner in owners[:1] and row.argument in signature.names and row.argument not in given:
            found, value = _up_to(row.values, current_dialect())
            if found:
                extra[row.argument] = value
    return {**kwargs, **extra} if extra else kwargs
