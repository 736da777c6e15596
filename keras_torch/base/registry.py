"""`Registry`: the names of one family (initializers, losses, ...) and what they stand for."""

from keras_torch.base import custom_objects as custom
from keras_torch.base.checks import nearest
from keras_torch.base.names import to_snake_case
from keras_torch.base.serialization import (
    add_registry,
    deserialize_keras_object,
    is_object_config,
    serialize_keras_object,
)


class Registry:
    """Finds the classes and functions of a family by name, class, config or instance.

    Args:
        kind: what errors call a member, for example 'initializer'.
        members: dict, name -> class or function.
        plural: name of the family's module; default `kind` + 's'.

    >>> shapes = Registry("shape", {"Round": dict})
    >>> shapes.get("round")
    {}
    """

    def __init__(self, kind, members=None, plural=None):
        self.kind = kind
        self.plural = plural or kind + "s"
        self._members = {}
        self._names = {}
        for name, target in (members or {}).items():
            self._add(name, target)
        add_registry(self)

    def _add(self, name, target):
        self._members[name] = target
        self._names.setdefault(target, name)
        if isinstance(target, type):
            self._members.setdefault(to_snake_case(name), target)

    def register(self, target, *aliases):
        """Adds a class or function under its own name and the given aliases; returns it."""
        self._add(target.__name__, target)
        for alias in aliases:
            self._add(alias, target)
        return target

    def alias(self, name, target):
        """Adds one more name of a member; configs are still written under its own."""
        self._members.setdefault(name, target)

    def names(self):
        """All known names, aliases included."""
        return list(self._members)

    def name_of(self, target):
        """The name of a class or function, or None."""
        try:
            return self._names.get(target)
        except TypeError:  # unhashable callables are not in the table
            return None

    def find(self, name):
        """The class or function of that name, or None."""
        members = self._members
        return members.get(name) or members.get(to_snake_case(name)) or members.get(name.lower())

    def get(self, identifier, custom_objects=None):
        """The member that `identifier` stands for.

        Args:
            identifier: None, name, config dictionary, class, instance or function.

        Returns:
            None for None; an instance for a class name, class or config; the thing itself otherwise.

        Errors:
            ValueError: an unknown name; the nearest known ones are given.
            TypeError: something that is none of these.
        """
        if identifier is None:
            return None
        if is_object_config(identifier):
            return self.deserialize(identifier, custom_objects)
        if isinstance(identifier, str):
            target = custom.lookup(identifier, custom_objects) or self.find(identifier)
            if target is None:
                raise ValueError(f"No {self.kind} is called {identifier!r}. "
                                 f"{nearest(identifier, self.names())}")
            return target() if isinstance(target, type) else target
        if isinstance(identifier, type):
            return identifier()
        if callable(identifier):
            return identifier
        raise TypeError(f"A {self.kind} must be a name, a config, a class, an object or a function; "
                        f"got {identifier!r}.")

    def serialize(self, target):
        """Config or name of a member."""
        return serialize_keras_object(target)

    def deserialize(self, config, custom_objects=None):
        """The member that a config or name describes."""
        if isinstance(config, dict) and "class_name" in config and "module" not in config:
            config = {**config, "module": "keras." + self.plural}
        if isinstance(config, str):
            return self.get(config, custom_objects)
        return deserialize_keras_object(config, custom_objects)
