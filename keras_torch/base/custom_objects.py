"""Names that users give to their own classes and functions, so that configs and files can name them."""

import threading

_registered = {}
_registered_names = {}
_local = threading.local()


def _scopes():
    if not hasattr(_local, "stack"):
        _local.stack = []
    return _local.stack


class CustomObjectScope:
    """`with CustomObjectScope({"MyLayer": MyLayer}): ...` makes names known inside the block.

    Args:
        custom_objects: dict, name -> class or function.

    Source: Keras `saving.CustomObjectScope`.

    >>> with CustomObjectScope({"twice": lambda x: 2 * x}):
    ...     lookup("twice") is not None
    True
    """

    def __init__(self, custom_objects=None):
        self.custom_objects = dict(custom_objects or {})

    def __enter__(self):
        _scopes().append(self.custom_objects)
        return self

    def __exit__(self, *_):
        _scopes().pop()


custom_object_scope = CustomObjectScope


def get_custom_objects():
    """The process-wide table of custom objects; adding to it makes a name known everywhere.

    >>> isinstance(get_custom_objects(), dict)
    True
    """
    return _registered


def register_keras_serializable(package="Custom", name=None):
    """Decorator that makes a class or function known to configs and files as `package>name`.

    Args:
        package: prefix that keeps names of different authors apart.
        name: name inside the package; default the object's own.

    Errors:
        ValueError: a class without get_config.

    Source: Keras `saving.register_keras_serializable`.

    >>> @register_keras_serializable("docs")
    ... def halve(x):
    ...     return x / 2
    >>> get_registered_name(halve)
    'docs>halve'
    """

    def decorate(target):
        full = f"{package}>{name or target.__name__}"
        if isinstance(target, type) and not hasattr(target, "get_config"):
            raise ValueError(f"{target.__name__} cannot be registered: it has no get_config(). Write one "
                             "that returns the constructor's arguments.")
        _registered[full] = target
        _registered_names[target] = full
        return target

    return decorate


def get_registered_name(target):
    """`package>name` of a registered object, else its own name.

    >>> get_registered_name(len)
    'len'
    """
    return _registered_names.get(target) or getattr(target, "__name__", str(target))


def get_registered_object(name, custom_objects=None):
    """The object of that name among the given, scoped and registered ones, else None.

    >>> get_registered_object("nobody") is None
    True
    """
    return lookup(name, custom_objects)


def is_registered(target):
    """Whether `register_keras_serializable` has seen the object.

    >>> is_registered(len)
    False
    """
    return target in _registered_names if isinstance(target, type) or callable(target) else False


def lookup(name, custom_objects=None):
    """The custom object of that name or None; inner scopes win over outer ones, scopes over the registry.

    >>> lookup("nobody") is None
    True
    """
    tables = [custom_objects or {}, *reversed(_scopes()), _registered]
    for table in tables:
        if name in table:
            return table[name]
    plain = str(name).split(">")[-1]
    if plain != name:
        for table in tables[:-1]:
            if plain in table:
                return table[plain]
        return None
    # A class registered as "package>Name" answers to "Name" as well when only one package uses it.
    matches = [value for key, value in _registered.items() if key.split(">")[-1] == plain]
    return matches[0] if len(matches) == 1 else None


def scoped_name(target):
    """The name under which a scope or the registry knows the object, else None.

    >>> scoped_name(len) is None
    True
    """
    if is_registered(target):
        return _registered_names[target]
    for table in [*reversed(_scopes()), _registered]:
        for key, value in table.items():
            if value is target:
                return key
    return None
