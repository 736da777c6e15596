"""Modules that stand for `keras`, `tensorflow` and their submodules, and say clearly what they lack."""

import importlib
import importlib.util
import sys
import types

from keras_torch.base.checks import nearest
from keras_torch.compat import paths
from keras_torch.compat.old_names import old_name, old_names
from keras_torch.compat.tensorflow_names import ADVICE, NAMES
from keras_torch.dialects import current_dialect

VERSIONS = {
    "keras1": "1.2.2",
    "keras2.2": "2.2.4",
    "keras2.3": "2.3.1",
    "tf.keras": "2.21.0",
    "keras3": "3.15.1",
}
OLD_KERAS = ("keras1", "keras2.2", "keras2.3")  # before it became a part of TensorFlow
TENSORFLOW_VERSIONS = {"keras1": "1.0.0", "keras2.2": "1.15.0", "keras2.3": "2.1.0"}
# Where a module of old Keras had what it showed by importing it, such as `keras.models.Layer`.
_NEIGHBOURS = ("layers", "models", "utils", "callbacks", "optimizers")
_FLAT_FAMILIES = (
    "losses",
    "metrics",
    "optimizers",
    "initializers",
)  # tf.losses is tf.keras.losses, and so on


def public_names(module):
    """The names a module shows: its `__all__`, or all that are neither private nor modules.

    >>> "public_names" in public_names(sys.modules[public_names.__module__])
    True
    """
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return set(listed)
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }


class AliasModule(types.ModuleType):
    """A module without names of its own: each is looked up when it is asked for.

    Notes:
        A name that is missing raises AttributeError with a sentence that says what is missing and what is
        near. `__all__` and `dir()` list what there is; `__version__` is that of the generation in force.
    """

    def __getattr__(self, name):
        if name == "__all__":
            return sorted(self.names())
        if name.startswith("__") and name != "__version__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return self.find(name)

    def __dir__(self):
        return sorted({*super().__dir__(), *self.names()})


class KerasAlias(AliasModule):
    """Stands for `keras`, `tensorflow.keras`, `tf_keras` or a module inside one of these."""

    @property
    def inside(self):
        """The path within Keras, for example 'layers.core'; '' for Keras itself."""
        return paths.inside_keras(self.__name__)

    @property
    def family(self):
        """The first part of that path, for example 'layers'."""
        return self.inside.partition(".")[0]

    def homes(self):
        """The keras_torch modules that hold the names, those that exist."""
        full = [f"keras_torch.{home}".rstrip(".") for home in paths.homes(self.inside)]
        return [importlib.import_module(name) for name in full if exists(name)]

    def names(self):
        """Names that can be imported from here."""
        found = set().union(*map(public_names, self.homes()), old_names(self.family))
        submodules = paths.FAMILIES if self.inside == "" else ()
        return found | {name for name in submodules if exists(f"keras_torch.{name}")}

    def find(self, name):
        """The object that keras_torch has under `name`.

        Errors:
            AttributeError: there is none; the sentence names the nearest.
        """
        if name == "__version__":
            return VERSIONS[current_dialect()]
        value = old_name(self.family, name)
        if value is not None:
            return value
        for home in self.homes():
            value = getattr(home, name, self)
            if value is not self and not isinstance(value, types.ModuleType):
                return value
        submodule = f"{self.__name__}.{name}"
        if is_provided(submodule):
            return importlib.import_module(submodule)
        if self.inside and current_dialect() in OLD_KERAS:
            value = _of_neighbours(name)
            if value is not None:
                return value
        raise AttributeError(missing_name(self.__name__, name, self.names()))


def _of_neighbours(name):
    """What a module of old Keras had by importing it from a neighbour; None where there is nothing."""
    for family in _NEIGHBOURS:
        value = old_name(family, name)
        if value is None:
            value = getattr(importlib.import_module(f"keras_torch.{family}"), name, None)
        if value is not None and not isinstance(value, types.ModuleType):
            return value
    return None


class TensorflowAlias(AliasModule):
    """Stands for `tensorflow` (or `tensorflow.math`, ...): Keras and a few numeric functions on torch."""

    @property
    def prefix(self):
        """What comes before a name in the table: 'math.' for `tensorflow.math`, '' for `tensorflow`."""
        return self.__name__.partition(".")[2] + "." * ("." in self.__name__)

    def names(self):
        """Names that can be imported from here."""
        own = {
            key.removeprefix(self.prefix).partition(".")[0] for key in NAMES if key.startswith(self.prefix)
        }
        return own | ({"keras", *_FLAT_FAMILIES} if self.__name__ == "tensorflow" else set())

    def find(self, name):
        """The object behind `tf.<name>`.

        Errors:
            AttributeError: it is not provided; the sentence says what is, and the way in torch where there
            is one.
        """
        if name == "__version__":
            return TENSORFLOW_VERSIONS.get(current_dialect(), VERSIONS["tf.keras"])
        if self.prefix + name in NAMES:
            return NAMES[self.prefix + name]
        if self.__name__ == "tensorflow" and name in _FLAT_FAMILIES:
            return importlib.import_module(f"tensorflow.keras.{name}")
        submodule = f"{self.__name__}.{name}"
        if is_provided(submodule):
            return importlib.import_module(submodule)
        raise AttributeError(missing_tensorflow_name(self, name))


def exists(fullname):
    """Whether keras_torch has a module of that name.

    >>> exists("keras_torch.compat.modules"), exists("keras_torch.nonsense")
    (True, False)
    """
    if fullname in sys.modules:
        return True
    parent = fullname.rpartition(".")[0]
    return (not parent or exists(parent)) and importlib.util.find_spec(fullname) is not None


def is_provided(fullname):
    """Whether the module path of an old script has something behind it here.

    >>> [is_provided(f"tensorflow.{name}") for name in ("math", "image", "keras.nonsense")]
    [True, False, False]
    """
    inside = paths.inside_keras(fullname)
    if inside is not None:
        known = paths.is_known(inside, private=paths.is_private(fullname))
        return known and any(exists(f"keras_torch.{home}".rstrip(".")) for home in paths.homes(inside))
    below = fullname.partition(".")[2]
    return below == "" or paths.is_way_to_keras(fullname) or any(key.startswith(below + ".") for key in NAMES)


def make_module(fullname):
    """A new alias module for a path for which `is_provided` holds.

    >>> make_module("tensorflow.math").sqrt([9.0])
    tensor([3.])
    """
    kind = TensorflowAlias if paths.inside_keras(fullname) is None else KerasAlias
    return kind(fullname, f"`{fullname}`, provided by keras_torch.")


def missing_name(module, name, known):
    """The sentence about a name that a Keras module lacks.

    >>> missing_name("keras.layers", "Danse", ["Dense"])
    "keras.layers has no `Danse` in keras_torch yet. Nearest known: 'Dense'."
    """
    return f"{module} has no `{name}` in keras_torch yet. {nearest(name, known)}"


def missing_tensorflow_name(module, name):
    """The sentence about a name that our `tensorflow` lacks."""
    asked = module.prefix + name
    advice = ADVICE.get(asked) or ADVICE.get(asked.partition(".")[0]) or nearest(name, module.names())
    return (
        f"{module.__name__} has no `{name}`: keras_torch provides tensorflow.keras and {len(NAMES)} other "
        f"names of TensorFlow, and `{name}` is not one of them. {advice}"
    )


def missing_module(fullname):
    """The sentence about a module path, or a name in `from ... import ...`, that is not provided."""
    parent, _, name = fullname.rpartition(".")
    if parent and is_provided(parent):
        module = sys.modules.get(parent) or make_module(parent)
        if isinstance(module, TensorflowAlias):
            return missing_tensorflow_name(module, name)
        return missing_name(parent, name, module.names())
    return f"There is no module `{fullname}` in keras_torch yet. {nearest(fullname, paths.PREFIXES)}"
