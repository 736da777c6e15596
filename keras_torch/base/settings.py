"""Process-wide settings: float type, epsilon, image data format, default device.

They are read once, when an object is made; no hot path looks here. Start values come from `keras.json` in
`$KERAS_HOME` (default `~/.keras`), as Keras reads it; the file is never written.
"""

import json
import os
import pathlib
import warnings

import torch

FLOAT_TYPES = ("float16", "bfloat16", "float32", "float64")
DATA_FORMATS = ("channels_last", "channels_first")
_OLD_DIM_ORDERINGS = {"tf": "channels_last", "th": "channels_first"}  # keras.json of Keras 1


class _Settings:
    """The values themselves; one instance per process."""

    def __init__(self):
        self.floatx = "float32"
        self.epsilon = 1e-7
        self.image_data_format = "channels_last"
        self.device = None


def keras_home():
    """Folder of `keras.json` and of cached data: `$KERAS_HOME`, else `~/.keras`.

    Returns:
        pathlib.Path: it need not exist.

    Source: Keras `config.keras_home`.

    >>> keras_home().name != ""
    True
    """
    return pathlib.Path(os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras")


def _read_keras_json(settings):
    path = keras_home() / "keras.json"
    if not path.is_file():
        return
    try:
        values = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        warnings.warn(f"{path} is not readable JSON and is ignored: {error}. Repair or delete it.",
                      stacklevel=2)
        return
    old = values.get("image_dim_ordering")
    data_format = values.get("image_data_format") or _OLD_DIM_ORDERINGS.get(old, old)
    for name, value in (("floatx", values.get("floatx")), ("epsilon", values.get("epsilon")),
                        ("image_data_format", data_format)):
        if value is not None:
            setattr(settings, name, _checked(name, value, source=str(path)))


def _checked(name, value, source):
    known = {"floatx": FLOAT_TYPES, "image_data_format": DATA_FORMATS}.get(name)
    if known and value not in known:
        raise ValueError(f"{source}: `{name}` must be one of {', '.join(known)}; got {value!r}.")
    if name == "epsilon" and not (isinstance(value, (int, float)) and value > 0):
        raise ValueError(f"{source}: `epsilon` must be a positive number; got {value!r}.")
    return float(value) if name == "epsilon" else value


_settings = _Settings()
_read_keras_json(_settings)


def floatx():
    """Name of the default float type, such as 'float32'.

    Source: Keras `config.floatx`.

    >>> floatx()
    'float32'
    """
    return _settings.floatx


def set_floatx(value):
    """Sets the default float type of objects made from now on: 'float16', 'bfloat16', 'float32' or 'float64'.

    Errors:
        ValueError: another name.

    Source: Keras `config.set_floatx`.

    >>> set_floatx("float32")
    """
    _settings.floatx = _checked("floatx", value, source="set_floatx()")


def epsilon():
    """The small number that keeps divisions and logarithms finite; 1e-7 unless changed.

    >>> epsilon()
    1e-07
    """
    return _settings.epsilon


def set_epsilon(value):
    """Sets `epsilon()` for objects made from now on.

    Errors:
        ValueError: not a positive number.

    >>> set_epsilon(1e-7)
    """
    _settings.epsilon = _checked("epsilon", value, source="set_epsilon()")


def image_data_format():
    """Where images keep their channels by default: 'channels_last' or 'channels_first'.

    >>> image_data_format()
    'channels_last'
    """
    return _settings.image_data_format


def set_image_data_format(data_format):
    """Sets the default data format of layers made from now on.

    Errors:
        ValueError: neither 'channels_last' nor 'channels_first'.

    >>> set_image_data_format("channels_last")
    """
    _settings.image_data_format = _checked("image_data_format", data_format, source="set_image_data_format()")


def backend():
    """Name of the one backend: 'torch'.

    >>> backend()
    'torch'
    """
    return "torch"


def default_device():
    """Device on which new weights are born: that of `set_default_device`, else CUDA when present, else CPU.

    >>> default_device().type in ("cpu", "cuda")
    True
    """
    if _settings.device is None:
        _settings.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return _settings.device


def set_default_device(device):
    """Sets the device of weights made from now on; None returns to CUDA when present, else CPU.

    Args:
        device: torch.device, string such as 'cpu' or 'cuda:1', or None.

    Errors:
        RuntimeError: torch does not know the device.

    >>> set_default_device(None)
    """
    _settings.device = None if device is None else torch.device(device)
