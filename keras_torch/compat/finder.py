"""The meta path finder that lets `import keras` and its relatives resolve to keras_torch."""

import importlib.abc
import importlib.machinery
import sys

from keras_torch.compat import modules, paths


class AliasLoader(importlib.abc.Loader):
    """Makes the alias module; there is nothing to execute."""

    def create_module(self, spec):
        """The alias module for a spec."""
        return modules.make_module(spec.name)

    def exec_module(self, module):
        """Does nothing: names are looked up when they are asked for."""


class AliasFinder(importlib.abc.MetaPathFinder):
    """Answers for `keras`, `tensorflow`, `tf_keras` and everything below them.

    Notes:
        Libraries ask `importlib.util.find_spec("tensorflow")` to learn whether they may use TensorFlow. They
        may not: what we provide is Keras and a few functions. Such a question is left to the other finders,
        while a real `import tensorflow` is answered here.

    >>> AliasFinder().find_spec("keras.layers").name
    'keras.layers'
    >>> AliasFinder().find_spec("numpy") is None
    True
    """

    def find_spec(self, fullname, path=None, target=None):
        """A spec for a module that we provide; None for the rest of the world.

        Errors:
            ModuleNotFoundError: a path below `keras` or `tensorflow` that we do not provide.
        """
        if fullname.partition(".")[0] not in paths.ROOTS:
            return None
        if fullname == "tensorflow" and _is_question():
            return None
        if not modules.is_provided(fullname):
            # Without `name=`, which would let the import system put its own sentence in the place of ours.
            raise ModuleNotFoundError(modules.missing_module(fullname))
        return importlib.machinery.ModuleSpec(fullname, AliasLoader(), origin="keras_torch", is_package=True)


def _is_question():
    """Whether `importlib.util.find_spec` asks, rather than an import statement."""
    frame = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") == "importlib._bootstrap":
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__") in ("importlib.util", "pkgutil")
