"""How many bytes of weights a config may want while a file is read: about as many as the file holds."""

import contextlib
import math
import threading


class _Budget(threading.local):
    left = None
    source = None


_budget = _Budget()


@contextlib.contextmanager
def limited(size, source):
    """`with limited(bytes, path): ...` lets layers make weights of that many bytes at most inside the block.

    Args:
        size: number of bytes.
        source: the file, for the error.

    >>> with limited(100, "small.keras"):
    ...     charge((1000, 1000), 4, "Dense")
    Traceback (most recent call last):
    ...
    ValueError: Dense wants a weight of shape (1000, 1000), more than the file 'small.keras' holds...
    """
    before = _budget.left, _budget.source
    _budget.left, _budget.source = size, source
    try:
        yield
    finally:
        _budget.left, _budget.source = before


def charge(shape, item_size, owner):
    """Takes a weight of that shape from the budget, where one is in force.

    Args:
        shape: tuple of sizes.
        item_size: bytes of one value.
        owner: what the error calls the layer.

    Errors:
        ValueError: the budget is used up.

    >>> charge((2, 3), 4, "Dense")
    """
    if _budget.left is None:
        return
    _budget.left -= math.prod(shape) * item_size
    if _budget.left < 0:
        raise ValueError(f"{owner} wants a weight of shape {tuple(shape)}, more than the file "
                         f"{_budget.source!r} holds. Its config and its weights do not belong together; "
                         "build the model in Python and load the weights alone.")
