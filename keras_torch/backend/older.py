"""Keras 1's words: names of arguments, and of image data formats."""

import contextlib
import functools

from keras_torch.base import settings
from keras_torch.base.checks import fail

_NAMES = {
    "border_mode": "padding", "dim_ordering": "data_format", "nb_classes": "num_classes", "std": "stddev",
    "filter_dilation": "dilation_rate", "X": "x", "dims": "pattern", "subsample": "strides",
}
_VALUES = {"tf": "channels_last", "th": "channels_first", "default": None}


def data_format_of(value):
    """Today's word for a data format: Keras 1 wrote 'tf', 'th' and 'default'.

    >>> data_format_of("th"), data_format_of("channels_last"), data_format_of("default")
    ('channels_first', 'channels_last', None)
    """
    return _VALUES.get(value, value)


def standardize_data_format(value):
    """The data format itself, checked; None means the global setting.

    Errors:
        ValueError: neither 'channels_last' nor 'channels_first'.

    >>> standardize_data_format("channels_first")
    'channels_first'
    """
    data_format = data_format_of(value) or settings.image_data_format()
    if data_format not in settings.DATA_FORMATS:
        fail("K", "data_format", value, "'channels_last' or 'channels_first'")
    return data_format


def image_dim_ordering():
    """The image data format in Keras 1's words: 'tf' for channels_last, 'th' for channels_first.

    >>> image_dim_ordering()
    'tf'
    """
    return "tf" if settings.image_data_format() == "channels_last" else "th"


def set_image_dim_ordering(dim_ordering):
    """Sets the image data format in Keras 1's words.

    Errors:
        ValueError: neither 'tf' nor 'th'.

    >>> set_image_dim_ordering("tf")
    """
    if dim_ordering not in ("tf", "th"):
        fail("K.set_image_dim_ordering()", "dim_ordering", dim_ordering, "'tf' or 'th'")
    settings.set_image_data_format(_VALUES[dim_ordering])


_HINTS = ("image_shape", "filter_shape", "volume_shape")  # sizes for Theano, which change nothing


def older_names(*older, **renamed):
    """Decorator: the function also answers to these argument names of older generations.

    Args:
        older: names among those that `_NAMES` translates, or hints for Theano, which are left out.
        renamed: older name = today's, for one function.

    >>> @older_names("dim_ordering", x="tensor")
    ... def channels(tensor, data_format=None):
    ...     return data_format
    >>> channels(x=1, dim_ordering="tf")
    'channels_last'
    """
    hints = {name: None for name in older if name in _HINTS}
    names = {**{name: _NAMES[name] for name in older if name not in _HINTS}, **hints, **renamed}

    def decorate(function):
        @functools.wraps(function)
        def translated(*args, **kwargs):
            for name, new in names.items():
                if name in kwargs:
                    if new is None:
                        del kwargs[name]
                        continue
                    if new in kwargs:
                        raise TypeError(f"K.{function.__name__}() got `{name}` and `{new}`, two names of one "
                                        f"argument. Keep `{new}`.")
                    kwargs[new] = kwargs.pop(name)
            if "data_format" in kwargs:
                kwargs["data_format"] = data_format_of(kwargs["data_format"])
            return function(*args, **kwargs)

        translated.older_names = names
        return translated

    return decorate


set_epsilon = older_names(e="value")(settings.set_epsilon)
set_floatx = older_names(floatx="value")(settings.set_floatx)


def symbolic(func):
    """The function as it is: symbols and values are computed by the same functions.

    Source: Keras 2.3 `backend.symbolic`.

    >>> symbolic(abs) is abs
    True
    """
    return func


def eager(func):
    """The function as it is; see `symbolic`.

    Source: Keras 2.3 `backend.eager`.

    >>> eager(abs) is abs
    True
    """
    return func


def control_dependencies(control_inputs):
    """A block whose code runs after what was computed before it: as all code does here.

    Source: Keras 2.3 `backend.control_dependencies`.

    >>> with control_dependencies([]):
    ...     pass
    """
    return contextlib.nullcontext(control_inputs)
