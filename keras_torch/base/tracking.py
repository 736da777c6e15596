"""Lists, tuples and dicts of layers as attributes: the user keeps a list, torch sees registered modules.

`self.blocks = [Dense(4), Dense(4)]` stays a list for the user (`append`, slicing, `in`), and a hidden module
of the same name holds its members, so that `parameters()`, `state_dict()` (`blocks.0.kernel`) and `.to()`
find them.
"""

import torch

from keras_torch.base.variable import StateVariable, Variable


class Container(torch.nn.Module):
    """Members of a tracked list or dict, registered under their index or key; it is never called."""


def has_members(value):
    """Whether a structure holds modules or variables at any depth.

    >>> has_members([1, [torch.nn.Linear(1, 1)]]), has_members([1, 2])
    (True, False)
    """
    if isinstance(value, (list, tuple)):
        return any(has_members(item) for item in value)
    if isinstance(value, dict):
        return any(has_members(item) for item in value.values())
    return isinstance(value, (torch.nn.Module, Variable, StateVariable))


def track(value):
    """(view, container): what the user reads and what torch registers.

    Args:
        value: list, tuple or dict with modules or variables inside.

    >>> view, container = track([torch.nn.Linear(1, 1)])
    >>> len(view), len(list(container.parameters()))
    (1, 2)
    """
    container = Container()
    if isinstance(value, tuple):
        view = tuple(_enter(container, str(index), item) for index, item in enumerate(value))
        if hasattr(value, "_fields"):
            view = type(value)(*view)
    elif isinstance(value, dict):
        view = TrackedDict(value)
        view._attach(container)
    else:
        view = TrackedList(value)
        view._attach(container)
    return view, container


def _enter(container, key, item):
    """Registers one member under `key`; returns what the view holds."""
    key = key.replace(".", "_")
    if isinstance(item, (list, tuple, dict)) and has_members(item):
        item, inner = track(item)
        container._modules[key] = inner
    elif isinstance(item, torch.nn.Module):
        container._modules[key] = item
    elif isinstance(item, torch.nn.Parameter):
        container._parameters[key] = item
    elif isinstance(item, StateVariable):
        container._buffers[key] = item
    return item


class TrackedList(list):
    """A list whose modules are registered on the layer that owns it; changes are followed."""

    _container = None

    def _attach(self, container):
        self._container = container
        self._sync()

    def _sync(self):
        if self._container is None:  # being unpickled or copied: the container comes with its own members
            return
        _clear(self._container)
        for index, item in enumerate(self):
            list.__setitem__(self, index, _enter(self._container, str(index), item))

    def append(self, item):
        """As list.append."""
        super().append(item)
        self._sync()

    def extend(self, items):
        """As list.extend."""
        super().extend(items)
        self._sync()

    def insert(self, index, item):
        """As list.insert."""
        super().insert(index, item)
        self._sync()

    def pop(self, index=-1):
        """As list.pop."""
        item = super().pop(index)
        self._sync()
        return item

    def remove(self, item):
        """As list.remove."""
        super().remove(item)
        self._sync()

    def clear(self):
        """As list.clear."""
        super().clear()
        self._sync()

    def reverse(self):
        """As list.reverse."""
        super().reverse()
        self._sync()

    def __setitem__(self, index, item):
        super().__setitem__(index, item)
        self._sync()

    def __delitem__(self, index):
        super().__delitem__(index)
        self._sync()

    def __iadd__(self, items):
        self.extend(items)
        return self


class TrackedDict(dict):
    """A dict whose modules are registered on the layer that owns it; changes are followed."""

    _container = None

    def _attach(self, container):
        self._container = container
        self._sync()

    def _sync(self):
        if self._container is None:
            return
        _clear(self._container)
        for key, item in self.items():
            dict.__setitem__(self, key, _enter(self._container, str(key), item))

    def __setitem__(self, key, item):
        super().__setitem__(key, item)
        self._sync()

    def __delitem__(self, key):
        super().__delitem__(key)
        self._sync()

    def pop(self, *args):
        """As dict.pop."""
        item = super().pop(*args)
        self._sync()
        return item

    def update(self, *args, **kwargs):
        """As dict.update."""
        super().update(*args, **kwargs)
        self._sync()

    def setdefault(self, key, default=None):
        """As dict.setdefault."""
        super().setdefault(key, default)
        self._sync()
        return self[key]

    def clear(self):
        """As dict.clear."""
        super().clear()
        self._sync()


def _clear(container):
    for table in (container._modules, container._parameters, container._buffers):
        table.clear()
