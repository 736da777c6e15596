"""Keras 1's words: names of arguments, and of image data formats."""

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


def older_names(*older):
    """Decorator: the function also answers to these argument names of Keras 1.

    Args:
        older: names among those that `_NAMES` translates.

    >>> @older_names("dim_ordering")
    ... def channels(data_format=None):
    ...     return data_format
    >>> channels(dim_ordering="tf")
    'channels_last'
    """

    def decorate(function):
        @functools.wraps(function)
        def translated(*args, **kwargs):
            for name in older:
                if name in kwargs:
                    new = _NAMES[name]
                    if new in kwargs:
                        raise TypeError(f"K.{function.__name__}() got `{name}` and `{new}`, two names of one "
                                        f"argument. Keep `{new}`.")
                    kwargs[new] = kwargs.pop(name)
            if "data_format" in kwargs:
                kwargs["data_format"] = data_format_of(kwargs["data_format"])
            return function(*args, **kwargs)

        return translated

    return decorate
