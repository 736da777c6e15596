"""Optimizers by name, config, class or object."""

from keras_torch.base.registry import Registry
from keras_torch.optimizers.adagrad import Adadelta, Adafactor, Adagrad
from keras_torch.optimizers.adam import Adam, Adamax, AdamW, Nadam
from keras_torch.optimizers.lion import Ftrl, Lamb, Lion
from keras_torch.optimizers.loss_scale import LossScaleOptimizer
from keras_torch.optimizers.native import NativeOptimizer, is_native
from keras_torch.optimizers.optimizer import Optimizer
from keras_torch.optimizers.rmsprop import RMSprop
from keras_torch.optimizers.sgd import SGD

registry = Registry("optimizer", {
    "SGD": SGD, "RMSprop": RMSprop, "Adam": Adam, "AdamW": AdamW, "Adamax": Adamax, "Nadam": Nadam,
    "Adagrad": Adagrad,
    "Adadelta": Adadelta, "Adafactor": Adafactor, "Lion": Lion, "Lamb": Lamb, "Ftrl": Ftrl,
    "LossScaleOptimizer": LossScaleOptimizer, "adamw": AdamW, "rmsprop": RMSprop})


def get(identifier):
    """The optimizer that `identifier` stands for.

    Args:
        identifier: name, config dictionary, optimizer, optimizer class; or a `torch.optim` optimizer, class
            or `functools.partial` of a class, which is given Keras's face.

    Errors:
        ValueError: an unknown name; the nearest known ones are given.
        TypeError: something that is no optimizer.

    >>> get("sgd").name
    'sgd'
    """
    if is_native(identifier):
        return NativeOptimizer(identifier)
    if isinstance(identifier, dict) and "class_name" in identifier:
        return deserialize(identifier)
    found = registry.get(identifier) if isinstance(identifier, (str, type)) else identifier
    if found is not None and not isinstance(found, Optimizer):
        raise TypeError("An optimizer must be a name, a config, or an optimizer of Keras or torch; "
                        f"got {identifier!r}. Write for example 'adam' or Adam(1e-3).")
    return found


def serialize(optimizer):
    """The config of an optimizer, as a dictionary.

    >>> serialize(SGD(0.5))["config"]["learning_rate"]
    0.5
    """
    return registry.serialize(optimizer)


def deserialize(config, custom_objects=None):
    """The optimizer that `serialize` described, of any Keras generation.

    Args:
        config: dictionary with `class_name` and `config`; it is left unchanged.
        custom_objects: dict, name -> class, for optimizers of your own.

    Errors:
        ValueError: an unknown class name.

    >>> deserialize({"class_name": "Custom>SGD", "config": {"lr": 0.5}}).learning_rate
    0.5
    """
    if isinstance(config, dict):
        config = {**config, "class_name": config["class_name"].removeprefix("Custom>"),
                  "config": config.get("config", {})}
    return registry.deserialize(config, custom_objects)
