"""Objects <-> plain dictionaries, with one resolver of names.

A name in a config resolves only among custom objects and the registries of keras_torch's own classes and functions;
nothing is ever imported or executed because a file says so.
"""

import numpy as np
import torch

from keras_torch.base import custom_objects as custom
from keras_torch.base.checks import nearest

_registries = []


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
        return value.tolist() if value.ndim == 0 else {"class_name": "__numpy__",
                                                      "config": {"value": value.tolist(), "dtype": value.dtype.name}}
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
    cls = type(value)
    registered = custom.scoped_name(cls)
    return {"module": _public_module(cls), "class_name": cls.__name__, "config": value.get_config(),
            "registered_name": registered}


def _public_module(cls):
    parts = cls.__module__.split(".")
    if parts[0] != "keras_torch":
        return None
    return "keras" if len(parts) == 1 else "keras." + parts[1]


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
        raise ValueError("deserialize_keras_object(): `safe_mode` must be True; code stored in configs is never run. "
                         "Pass the function in custom_objects instead.")
    if not is_object_config(config):
        return deserialize_value(config)
    name, inner = config["class_name"], config["config"]
    if name in ("__tuple__", "__numpy__", "function", "DTypePolicy"):
        return _special(name, config, custom_objects)
    with custom.CustomObjectScope(custom_objects):
        target = resolve(config.get("registered_name") or name, config.get("module"), fallback=name)
        if isinstance(target, type):
            return target.from_config(inner) if hasattr(target, "from_config") else target(**inner)
        return target


def _special(name, config, custom_objects):
    inner = config["config"]
    if name == "function":
        return resolve(inner, config.get("module"), custom_objects=custom_objects)
    if name == "__numpy__":
        return np.array(inner["value"], dtype=inner["dtype"])
    if name == "DTypePolicy":
        return inner["name"]
    return tuple(deserialize_value(item) for item in (inner if isinstance(inner, list) else config.get("items", [])))


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
    raise ValueError(f"Nothing is called {name!r} here. {nearest(name, known)} If it is your own, register it with "
                     "keras_torch.saving.register_keras_serializable() or pass it in custom_objects.")
