"""What `compile` was given, as a config in a file, and back."""

import warnings

import torch

from keras_torch.base import custom_objects as custom
from keras_torch.base.configurable import is_house_class
from keras_torch.base.serialization import deserialize_keras_object, is_object_config, serialize_keras_object

_TERMS = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")
_SWITCHES = ("run_eagerly", "steps_per_execution", "jit_compile")


class CompileFiles:
    """Mix-in of Model: the arguments of compile() as a config.

    Notes:
        A class with its own `compile` writes both methods itself, as in Keras.
    """

    def get_compile_config(self):
        """The arguments of compile() as plain values; None for a model that is not compiled.

        Errors:
            NotImplementedError: a native torch optimizer, which has no config.
        """
        if not self.compiled:
            return None
        config = {name: _described(self._compile_config[name]) for name in _TERMS}
        return {**config, "run_eagerly": False, "steps_per_execution": self._steps_per_execution,
                "jit_compile": self._jit}

    def compile_from_config(self, config):
        """Compiles the model as `get_compile_config` described, and makes the optimizer's state.

        Args:
            config: dictionary; unknown classes and functions must be registered or in a CustomObjectScope.

        Errors:
            ValueError: an unknown name; the nearest known ones are given.
        """
        if not _compiles_as_keras(type(self)):
            warnings.warn(f"{self.label} was not compiled: its class has its own compile(). Call compile() "
                          "on the loaded model, or write get_compile_config() and compile_from_config().",
                          stacklevel=2)
            return
        try:
            terms = {name: _made(config.get(name)) for name in _TERMS}
        except ValueError as error:
            raise ValueError(f"{self.label}: what compile() was given cannot be made again. {error} Or load "
                             "with compile=False, and call compile() on the loaded model.") from error
        switches = {name: config[name] for name in _SWITCHES if config.get(name) is not None}
        self.compile(**terms, **switches)
        if self.built:
            self.optimizer.build(self.trainable_weights)


def _compiles_as_keras(cls):
    """Whether a class has the compile() of keras_torch and not one of its own."""
    return is_house_class(next(base for base in cls.__mro__ if "compile" in base.__dict__))


def _described(value):
    """A plain value for whatever compile() takes."""
    if isinstance(value, dict):
        return {key: _described(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_described(item) for item in value]
    if isinstance(value, torch.Tensor):
        return value.tolist()
    if callable(value) and not hasattr(value, "get_config") and not isinstance(value, type):
        return describe_function(value)
    return serialize_keras_object(value)


def describe_function(function):
    """The config of a function: its public name, or a name that `custom_objects` must give a meaning.

    >>> def halved(y_true, y_pred):
    ...     return y_pred / 2
    >>> describe_function(halved)["config"]
    'halved'
    """
    try:
        return serialize_keras_object(function)
    except ValueError:  # not registered: whoever loads the file gives it in custom_objects
        name = getattr(function, "__name__", type(function).__name__)
        return {"module": "builtins", "class_name": "function", "config": name, "registered_name": name}


def _made(value):
    """The objects that `_described` described; strings stay names, compile() resolves them."""
    if isinstance(value, str):
        return custom.lookup(value) or value
    if is_object_config(value):
        return deserialize_keras_object(value)
    if isinstance(value, dict):
        return {key: _made(item) for key, item in value.items()}
    return [_made(item) for item in value] if isinstance(value, (list, tuple)) else value
