"""Shapes with unknown sizes: tuples of integers and None."""

from keras_torch.base import settings
from keras_torch.base.checks import fail, is_integer, one_of

check_data_format = one_of(*settings.DATA_FORMATS)
_OLD_FORMATS = {"tf": "channels_last", "th": "channels_first", "default": None}


def resolved_data_format(value):
    """The data format meant by an argument: None is the global setting, 'tf' and 'th' are Keras 1's names.

    >>> resolved_data_format("th")
    'channels_first'
    """
    value = _OLD_FORMATS.get(value, value)
    return settings.image_data_format() if value is None else value


def as_shape(shape, owner="shape", argument="shape"):
    """A tuple of integers and None from a list, tuple, torch.Size or one integer.

    Errors:
        ValueError: something else, or a negative size (-1 means unknown in no Keras).

    >>> as_shape([None, 3])
    (None, 3)
    """
    if is_integer(shape):
        shape = (shape,)
    if not isinstance(shape, (list, tuple)) or not all(size is None or is_integer(size) for size in shape):
        fail(owner, argument, shape, "a tuple of integers (None for an unknown size)")
    if any(size is not None and size < 0 for size in shape):
        fail(owner, argument, shape, "made of sizes of at least 0 (None for an unknown size)")
    return tuple(None if size is None else int(size) for size in shape)


def is_shape(value):
    """Whether a value is one shape (and not a list of shapes).

    >>> is_shape((None, 3)), is_shape([(None, 3), (None, 4)])
    (True, False)
    """
    return isinstance(value, (list, tuple)) and all(size is None or is_integer(size) for size in value)


def tuple_of(value, rank):
    """`value` repeated `rank` times when it is one integer; a tuple of it otherwise.

    >>> tuple_of(3, 2), tuple_of([1, 2], 2)
    ((3, 3), (1, 2))
    """
    return (int(value),) * rank if is_integer(value) else tuple(value)
