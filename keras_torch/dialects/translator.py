"""Turns arguments of any Keras generation into today's, by the rows of `table.py`."""

import dataclasses
import functools

from keras_torch.dialects import meanings, orders, table
from keras_torch.dialects.rows import ORDER
from keras_torch.dialects.state import current_dialect


def _up_to(values, generation):
    """The value of the first listed generation that is not older than `generation`, as (found, value)."""
    position = ORDER.index(generation)
    for name in ORDER[position:]:
        if name in values:
            return True, values[name]
    return False, None


def behaviour(topic):
    """How the current generation behaves in a matter that `meanings.BEHAVES` lists.

    Errors:
        KeyError: no row has that topic (a mistake of ours).

    >>> behaviour("accuracy key")
    'accuracy'
    """
    return _up_to(_behaviours()[topic], current_dialect())[1]


@functools.lru_cache(maxsize=1)
def _behaviours():
    return {row.topic: row.values for row in meanings.BEHAVES}


@dataclasses.dataclass(frozen=True)
class _Rules:
    """The rows that concern one class.

    `renames`, `packed` and `dropped` include those of its bases; `orders` (generation -> names) and
    `defaults` are its own, since a class below may list its arguments in another way.
    """

    renames: dict
    packed: list
    dropped: dict
    orders: dict
    defaults: list
    constructor: object


@functools.cache
def _rules(cls):
    owners = [base.__name__ for base in cls.__mro__]
    house = next((base for base in cls.__mro__ if base.__module__.split(".")[0] == "keras_torch"), cls)
    renames = {}
    for row in table.RENAMED:
        if row.owner in owners or row.owner == "*":
            renames.setdefault(row.old, row.new)
    return _Rules(
        renames,
        packed=[row for row in table.PACKED if row.owner in owners],
        dropped={row.argument: row for row in table.DROPPED if row.owner in owners},
        orders={row.until: row.names for row in orders.ORDERS
                if row.owner in (house.__name__, f"{_family(house)}.{house.__name__}")},
        defaults=[row for row in table.DEFAULTS if row.owner == house.__name__],
        constructor=getattr(house.__init__, "house_signature", None),
    )


def _family(cls):
    """The module of the house that a class belongs to: 'losses', 'layers', ..."""
    return cls.__module__.split(".")[1] if cls.__module__.startswith("keras_torch.") else ""


_OLD_VALUES = {row.old: row.values for row in table.OLD_VALUES}


def translate(cls, signature, args, kwargs):
    """The arguments of a constructor in today's order and names, the generation's defaults filled in.

    Args:
        cls: the class that is being made.
        signature: `names` and `positional` of the constructor that is running: of the class, or of a base.
        args: positional arguments given.
        kwargs: named arguments given.

    Returns:
        tuple: (args, kwargs); the same objects when nothing changed.

    Errors:
        TypeError: an argument is given under its old and its new name.
        ValueError: an argument that is gone has a value that meant something.
    """
    rules = _rules(cls)
    if signature is rules.constructor and args and rules.orders:
        args, kwargs = _named_by_order(cls, rules, args, kwargs)
    kwargs = _packed(rules, signature, kwargs)
    kwargs = _renamed(cls, rules, signature, kwargs)
    kwargs = _without_dropped(cls, rules, signature, kwargs)
    if current_dialect() != "keras3":
        kwargs = _with_defaults(rules, signature, args, kwargs)
    return args, kwargs


def _named_by_order(cls, rules, args, kwargs):
    """Positional arguments by name, when the current generation lists them in another order than we do."""
    found, names = _up_to(rules.orders, current_dialect())
    names = _words_of_keras1(rules, args) or names
    same_start = found and names[0] == rules.constructor.positional[0]
    if not found or (len(args) == 1 and same_start) or len(args) > len(names):
        return args, kwargs
    if "nb_row" in names and isinstance(args[1], (tuple, list)):
        return args, kwargs  # Conv2D(32, (3, 3)): Keras 2 in a script that has words of Keras 1 as well
    named = dict(zip(names, args))
    for name in named:
        if name in kwargs:
            raise TypeError(f"{cls.__name__} got `{name}` twice, by position and by name. Give it once.")
    return (), {**named, **kwargs}


def _words_of_keras1(rules, args):
    """The names of Keras 1 where Keras 2 understood its order too: Conv2D(32, 3, 3)."""
    names = rules.orders.get("keras1") if current_dialect() in ("keras2.2", "keras2.3") else None
    for row in rules.packed if names else ():
        sizes = args[names.index(row.old[0]) :]
        if len(sizes) == len(row.old) and all(isinstance(size, int) for size in sizes):
            return names
    return None


def _packed(rules, signature, kwargs):
    for row in rules.packed:
        if row.new in signature.names and all(name in kwargs for name in row.old):
            kwargs = {
                **{name: value for name, value in kwargs.items() if name not in row.old},
                row.new: tuple(kwargs[name] for name in row.old),
            }
    return kwargs


def _renamed(cls, rules, signature, kwargs):
    renames = rules.renames
    old_names = [
        name
        for name in kwargs
        if name in renames and name not in signature.names and renames[name] in signature.names
    ]
    if not old_names:
        return kwargs
    kwargs = dict(kwargs)
    for old in old_names:
        new = renames[old]
        if new in kwargs:
            raise TypeError(
                f"{cls.__name__} got `{old}` and `{new}`, two names of one argument. Keep `{new}`."
            )
        value = kwargs.pop(old)
        kwargs[new] = _OLD_VALUES.get(old, {}).get(value, value) if isinstance(value, str) else value
    return kwargs


def _without_dropped(cls, rules, signature, kwargs):
    gone = [name for name in kwargs if name in rules.dropped and name not in signature.names]
    for name in gone:
        row, value = rules.dropped[name], kwargs[name]
        if row.harmless is not None and value not in row.harmless:
            raise ValueError(
                f"{cls.__name__}: `{name}`, an argument of Keras up to {row.until}, cannot be {value!r}. "
                f"{row.reason}"
            )
    return {name: value for name, value in kwargs.items() if name not in gone} if gone else kwargs


def _with_defaults(rules, signature, args, kwargs):
    given = set(signature.positional[: len(args)]) | set(kwargs)
    extra = {}
    for row in rules.defaults:
        if row.argument in signature.names and row.argument not in given:
            found, value = _up_to(row.values, current_dialect())
            if found:
                extra[row.argument] = value
    return {**kwargs, **extra} if extra else kwargs
