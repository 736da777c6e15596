"""Optimizers by name, config, class or object."""

from keras_torch.base.registry import Registry
from keras_torch.optimizers.adagrad import Adadelta, Adafactor, Adagrad
from keras_torch.optimizers.adam import Adam, Adamax, AdamW, Nadam
from keras_torch.optimizers.lion import Ftrl, Lamb, Lion
from keras_torch.optimizers.loss_scale import LossScaleOptimizer
from keras_torch.optimizers.multi import MultiOptimizer, OptimizerMap
from keras_torch.optimizers.muon import Muon
from keras_torch.optimizers.native import NativeOptimizer, TFOptimizer, is_native
from keras_torch.optimizers.optimizer import Optimizer
from keras_torch.optimizers.rmsprop import RMSprop
from keras_torch.optimizers.schedule_free import ScheduleFreeAdamW
from keras_torch.optimizers.scheduling import is_scheduler
from keras_torch.optimizers.sgd import SGD

registry = Registry("optimizer", {
    "SGD": SGD, "RMSprop": RMSprop, "Adam": Adam, "AdamW": AdamW, "Adamax": Adamax, "Nadam": Nadam,
    "Adagrad": Adagrad, "Adadelta": Adadelta, "Adafactor": Adafactor, "Lion": Lion, "Lamb": Lamb,
    "Ftrl": Ftrl, "Muon": Muon, "ScheduleFreeAdamW": ScheduleFreeAdamW, "MultiOptimizer": MultiOptimizer,
    "OptimizerMap": OptimizerMap, "LossScaleOptimizer": LossScaleOptimizer, "TFOptimizer": TFOptimizer,
    "Optimizer": Optimizer})
for _name, _target in list(registry._members.items()):
    registry.alias(_name.lower(), _target)
for _name in ("Adadelta", "Adagrad", "Adam", "SGD"):  # tf.keras 2.9
    registry.alias("experimental" + _name.lower(), registry.find(_name))
for _name in ("LossScaleOptimizerV1", "LossScaleOptimizerV3"):
    registry.alias(_name, LossScaleOptimizer)
    registry.alias(_name.lower(), LossScaleOptimizer)


def get(identifier):
    """The optimizer that `identifier` stands for.

    Args:
        identifier: name, config dictionary, optimizer, optimizer class; or a `torch.optim` optimizer, class
            or `functools.partial` of a class, which is given Keras's face; or a torch learning rate
            scheduler, whose optimizer is taken and which steps with each epoch or batch of `fit`
            (`Optimizer.scheduled_by`).

    Errors:
        ValueError: an unknown name; the nearest known ones are given.
        TypeError: something that is no optimizer.

    >>> get("sgd").name
    'sgd'
    """
    if is_scheduler(identifier):
        return get(identifier.optimizer).scheduled_by(identifier)
    if is_native(identifier):
        return NativeOptimizer(identifier)
    if isinstance(identifier, dict) and "class_name" in identifier:
        return deserialize(identifier)
    found = registry.get(identifier) if isinstance(identifier, (str, type)) else identifier
    if found is not None and not isinstance(found, Optimizer):
        raise TypeError("An optimizer must be a name, a config, an optimizer of Keras or torch, or a torch "
                        f"learning rate scheduler; got {identifier!r}. Write for example 'adam' or "
                        "Adam(1e-3).")
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
        config: dictionary with `class_name` and `config`, or a name; it is left unchanged.
        custom_objects: dict, name -> class, for optimizers of your own.

    Errors:
        ValueError: an unknown class name.

    Notes:
        Names are taken in any case. See `Optimizer.from_config` about the formulas of old configs.

    >>> deserialize({"class_name": "Custom>SGD", "config": {"lr": 0.5}}).learning_rate
    0.5
    """
    if isinstance(config, dict):
        name = config["class_name"].removeprefix("Custom>").removeprefix("Addons>")
        config = {**config, "class_name": name, "config": config.get("config", {})}
        config.update(registered_name=None if _is_builtin(config) else config.get("registered_name"))
    return registry.deserialize(config, custom_objects)


def _is_builtin(config):
    """Whether tf.keras registered one of its own classes: 'Adam', or 'Custom>Adam' of 2.9."""
    registered = (config.get("registered_name") or "").split(">")[-1]
    return (config.get("module") or "keras").split(".")[0] in ("keras", "tf_keras", "tensorflow") \
        and registered == config["class_name"]
