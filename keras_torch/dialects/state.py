"""Which Keras generation the user's code speaks."""

import contextlib
import difflib
import os

DIALECTS = ("keras1", "keras2.2", "keras2.3", "tf.keras", "keras3")
_ALIASES = {
    "keras2": "keras2.3",
    "tf_keras": "tf.keras",
    "tensorflow.keras": "tf.keras",
    "1": "keras1",
    "3": "keras3",
}


def _checked(name):
    name = _ALIASES.get(name, name)
    if name not in DIALECTS:
        near = difflib.get_close_matches(str(name), DIALECTS, n=1, cutoff=0.0)
        raise ValueError(
            f"The dialect must be one of {', '.join(DIALECTS)}; got {name!r}. Nearest: {near[0]!r}."
        )
    return name


_current = [_checked(os.environ.get("KERAS_TORCH_DIALECT") or "keras3")]


def current_dialect():
    """Name of the generation in force: 'keras1', 'keras2.2', 'keras2.3', 'tf.keras' or 'keras3'.

    >>> current_dialect()
    'keras3'
    """
    return _current[0]


def set_dialect(name):
    """Chooses the Keras generation for objects made from now on.

    Args:
        name: one of `DIALECTS`; 'keras2' means 'keras2.3'. The variable KERAS_TORCH_DIALECT sets it at start.

    Errors:
        ValueError: an unknown name.

    Notes:
        Objects read the dialect when they are made; those that exist keep their meaning.

    >>> set_dialect("keras3")
    """
    _current[0] = _checked(name)


@contextlib.contextmanager
def dialect(name):
    """`with dialect("keras2.2"): ...` makes objects of that generation inside the block.

    >>> with dialect("keras1"):
    ...     current_dialect()
    'keras1'
    """
    before = _current[0]
    set_dialect(name)
    try:
        yield
    finally:
        _current[0] = before
