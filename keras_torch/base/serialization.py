"""Objects <-> plain dictionaries, with one resolver of names.

A name in a config resolves only among custom objects and the registries of keras_torch's own classes and
functions; nothing is ever imported or executed because a file says so.
"""

import collections
import contextlib
import threading

import numpy as np
import torch

from keras_torch.base import custom_objects as custom
from keras_torch.base.checks import nearest

_registries = []


class _Sharing(threading.local):
    """What the outermost call under way has met: layers written, by identity, and objects read, by number."""

    written = None
    read = None


_sharing = _Sharing()


@contextlib.contextmanager
def _outermost(table):
    """Opens one of the tables for the outermost call; yields whether this call is it."""
    first = getattr(_sharing, table) is None
    if first:
        setattr(_sharing, table, {})
    try:
        yield first
    finally:
        if first:
            setattr(_sharing, table, None)


def _number_of(value):
    """The number of a layer in the config under way; the layer is kept, so that its id is not used again."""
    return _sharing.written.setdefault(id(value), (len(_sharing.written) + 1, value))[0]


def _numbers_in(config):
    if isinstance(config, dict):
        own = [config["shared_object_id"]] if "shared_object_id" in config else []
        return own + [number for value in config.values() for number in _numbers_in(value)]
    if isinstance(config, (list, tuple)):
        return [number for item in config for number in _numbers_in(item)]
    return []


def _without_single_numbers(config, single):
    """The config without the numbers of layers that stand in it just once."""
    if isinstance(config, dict):
        return {key: _without_single_numbers(value, single) for key, value in config.items()
                if key != "shared_object_id" or value not in single}
    if type(config) in (list, tuple):
        return type(config)(_without_single_numbers(item, single) for item in config)
    return config


def add_registry(registry):
    """Makes the names of a `Registry` known to `deserialize_keras_object`.

    >>> add_registry.__name__
    'add_registry'
    """
    _registries.append(registry)


def _function_name(function):
    """Public name of a function, or None when no table knows it."""
    name = custom.scoped_name(function)
    if name is not None:
        return name
    for registry in _registries:
        found = registry.name_of(function)
        if found is not None:
            return found
    return None


def serialize_value(value):
    """A config value: plain values stay, Keras objects become their configs, known functions their names.

    >>> serialize_value((1, "same", None))
    (1, 'same', None)
    """
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return value
    if isinstance(value, (list, tuple)):
        return type(value)(serialize_value(item) for item in value) if type(value) in (list, tuple) else \
            [serialize_value(item) for item in value]
    if isinstance(value, dict):
        return {key: serialize_value(item) for key, item in value.items()}
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist() if value.ndim == 0 else {
            "class_name": "__numpy__", "config": {"value": value.tolist(), "dtype": value.dtype.name}}
    if not isinstance(value, type) and hasattr(value, "get_config"):
        return serialize_keras_object(value)
    if callable(value):
        name = _function_name(value)
        return name if name is not None else value
    return value


def serialize_keras_object(value):
    """The dictionary that describes an object: module, class name, config and registered name.

    Args:
        value: object with `get_config`, known function, or plain value.

    Errors:
        ValueError: a function that no table knows.

    Source: Keras 3 `saving.serialize_keras_object`.

    >>> serialize_keras_object(3)
    3
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple, dict)):
        return serialize_value(value)
    if isinstance(value, type) or not hasattr(value, "get_config"):
        name = _function_name(value) if callable(value) else None
        if name is None:
            raise ValueError(f"{value!r} has no name that a config could give. Register it with "
                             "keras_torch.saving.register_keras_serializable().")
        return name
    with _outermost("written") as first:
        described = _described(value)
        if first:
            counts = collections.Counter(_numbers_in(described))
            single = {number for number in counts if counts[number] == 1}
            described = _without_single_numbers(described, single)
    return described


def _described(value):
    cls = type(value)
    described = {"module": _public_module(cls), "class_name": cls.__name__, "config": value.get_config(),
                 "registered_name": custom.scoped_name(cls)}
    if isinstance(value, torch.nn.Module):
        described["shared_object_id"] = _number_of(value)
    return described


_PUBLIC_MODULES = {"Functional": "keras.src.models.functional", "Model": "keras", "Sequential": "keras",
                   "DTypePolicy": "keras"}


def _public_module(cls):
    """The module in which Keras 3 looks for a class of ours; None for a user's class."""
    parts = cls.__module__.split(".")
    if parts[0] != "keras_torch":
        return None
    if cls.__name__ in _PUBLIC_MODULES:
        return _PUBLIC_MODULES[cls.__name__]
    return ".".join(["keras", *(parts[1:3] if parts[2:3] == ["schedules"] else parts[1:2])])


def is_object_config(value):
    """Whether a dictionary describes an object (has a class name and a config).

    >>> is_object_config({"class_name": "Zeros", "config": {}})
    True
    """
    return isinstance(value, dict) and "class_name" in value and "config" in value


def deserialize_value(value):
    """Nested object configs become objects; everything else stays.

    >>> deserialize_value([1, {"a": 2}])
    [1, {'a': 2}]
    """
    if is_object_config(value):
        return deserialize_keras_object(value)
    if isinstance(value, (list, tuple)) and any(isinstance(item, (dict, list, tuple)) for item in value):
        return type(value)(deserialize_value(item) for item in value)
    if isinstance(value, dict):
        return {key: deserialize_value(item) for key, item in value.items()}
    return value


def deserialize_keras_object(config, custom_objects=None, safe_mode=True):
    """The object that `serialize_keras_object` described.

    Args:
        config: the dictionary, or a name, or a plain value.
        custom_objects: dict, name -> class or function, tried first.
        safe_mode: refuse code in configs; there is no way to switch it off here, False is an error.

    Errors:
        ValueError: an unknown class name (the nearest known ones are named), or `safe_mode=False`.

    Source: Keras 3 `saving.deserialize_keras_object`. Ours never imports a module that a config names.

    >>> deserialize_keras_object([1, 2])
    [1, 2]
    """
    if safe_mode is not True:
        raise ValueError("deserialize_keras_object(): `safe_mode` must be True; code stored in configs is "
                         "never run. Pass the function in custom_objects instead.")
    if not is_object_config(config):
        return deserialize_value(config)
    name, number = config["class_name"], config.get("shared_object_id")
    if name in _SPECIAL:
        return _special(name, config, custom_objects)
    with _outermost("read"), custom.CustomObjectScope(custom_objects):
        if number is not None and number in _sharing.read:
            return _sharing.read[number]
        target = resolve(config.get("registered_name") or name, config.get("module"), fallback=name)
        made = _made(target, config["config"]) if isinstance(target, type) else target
        if number is not None:
            _sharing.read[number] = made
    return made


def _made(cls, config):
    # Keras 1 and 2 list a Sequential's layers.
    if not isinstance(config, dict) and cls.__name__ != "Sequential":
        raise ValueError(f"The config of a {cls.__name__} must be a dictionary; got {type(config).__name__}.")
    return cls.from_config(config) if hasattr(cls, "from_config") else cls(**config)


_POLICIES = ("DTypePolicy", "Policy", "FloatDTypePolicy")  # Keras 3, tf.keras, Keras 3.0
_SPECIAL = ("__tuple__", "__numpy__", "function", "__lambda__", "__bytes__", *_POLICIES)


def _special(name, config, custom_objects):
    inner = config["config"]
    if name == "function":
        registered = config.get("registered_name")
        first = registered if registered and ">" in registered else inner
        return resolve(first, config.get("module"), fallback=inner, custom_objects=custom_objects)
    if name == "__lambda__":
        raise ValueError("The config holds the code of a function; code in configs is never run. Name the "
                         "function: def it and register it with "
                         "keras_torch.saving.register_keras_serializable().")
    if name == "__numpy__":
        return np.array(inner["value"], dtype=inner["dtype"])
    if name == "__bytes__":
        return inner["value"].encode("utf-8")
    if name in _POLICIES:
        return inner["name"]
    items = inner if isinstance(inner, list) else config.get("items", [])
    return tuple(deserialize_value(item) for item in items)


def resolve(name, module=None, fallback=None, custom_objects=None):
    """The class or function of that name: custom objects first, then our own registries.

    Args:
        name: class name, function name or 'package>name'.
        module: hint such as 'keras.losses' that chooses between equal names.
        fallback: a second name to try.

    Errors:
        ValueError: nothing has that name.

    >>> resolve("no_such_thing")
    Traceback (most recent call last):
    ...
    ValueError: Nothing is called 'no_such_thing' here...
    """
    for candidate in (name, fallback):
        if candidate is None:
            continue
        found = custom.lookup(candidate, custom_objects)
        if found is not None:
            return found
    ordered = sorted(_registries, key=lambda registry: registry.plural not in str(module or "").split("."))
    for candidate in (name, fallback):
        for registry in ordered if candidate is not None else ():
            found = registry.find(str(candidate).split(">")[-1])
            if found is not None:
                return found
    known = [key for registry in ordered for key in registry.names()]
    raise ValueError(f"Nothing is called {name!r} here. {nearest(name, known)} If it is your own, register "
                     "it with keras_torch.saving.register_keras_serializable() or pass it in custom_objects.")
