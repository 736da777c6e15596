"""`name_scope` and the phase (`training=`) that an explicit argument sets for everything inside a call."""

import threading


class _Phase(threading.local):
    """The explicit training phase in force in this thread; None when nobody gave one."""

    training = None


phase = _Phase()


class explicit_phase:
    """`with explicit_phase(True):` makes every layer called inside behave as in training.

    >>> with explicit_phase(False):
    ...     phase.training
    False
    """

    def __init__(self, training):
        self.training = training

    def __enter__(self):
        self.before = phase.training
        phase.training = self.training
        return self

    def __exit__(self, *_):
        phase.training = self.before


_names = threading.local()


class name_scope:
    """`with name_scope("encoder"):` prefixes the paths of weights that are made inside.

    Args:
        name: prefix, without slashes.

    Source: Keras `name_scope`.

    >>> with name_scope("encoder"):
    ...     current_path()
    'encoder'
    """

    def __init__(self, name, *_, **__):
        if not isinstance(name, str) or "/" in name:
            raise ValueError(f"name_scope: `name` must be a string without '/'; got {name!r}.")
        self.name = name

    def __enter__(self):
        _names.stack = [*getattr(_names, "stack", []), self.name]
        return self

    def __exit__(self, *_):
        _names.stack = _names.stack[:-1]


def current_path():
    """The names of the scopes around, joined by '/'.

    >>> current_path()
    ''
    """
    return "/".join(getattr(_names, "stack", []))
