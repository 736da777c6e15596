"""What a row of the dialects' tables says, and the generations in their order.

`table.py` has names, values and defaults, `orders.py` the order of positional arguments, `meanings.py` what
differs in meaning.
"""

import dataclasses

ORDER = ("keras1", "keras2.2", "keras2.3", "tf.keras", "keras3")


@dataclasses.dataclass(frozen=True)
class Renamed:
    """An argument that had another name."""

    owner: str
    old: str
    new: str
    until: str


@dataclasses.dataclass(frozen=True)
class Packed:
    """Arguments that became one tuple, such as `nb_row` and `nb_col`."""

    owner: str
    old: tuple
    new: str
    until: str


@dataclasses.dataclass(frozen=True)
class OldValue:
    """Today's values for those of an argument that is known by an older name."""

    old: str
    values: dict


@dataclasses.dataclass(frozen=True)
class Order:
    """The positional arguments of a generation, by that generation's or today's names."""

    owner: str
    names: tuple
    until: str


@dataclasses.dataclass(frozen=True)
class Dropped:
    """An argument that is gone: `harmless` values (None: any) are left out, others are refused."""

    owner: str
    argument: str
    until: str
    reason: str
    harmless: tuple | None = None


@dataclasses.dataclass(frozen=True)
class Default:
    """A default value that differs: `values` maps a generation to the default up to and including it."""

    owner: str
    argument: str
    values: dict


@dataclasses.dataclass(frozen=True)
class Behaves:
    """A meaning that differs, by generation (up to and including it)."""

    topic: str
    values: dict
