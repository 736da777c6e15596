"""Configs of models as Keras 1 and 2 wrote them, with what they leave unsaid."""

from keras_torch import ops
from keras_torch.base import custom_objects as custom
from keras_torch.base.names import to_snake_case
from keras_torch.base.serialization import is_object_config

_SILENT = ("UpSampling2D", "UpSampling3D", "ZeroPadding2D", "ZeroPadding3D", "Cropping2D", "Cropping3D",
           "SpatialDropout2D", "SpatialDropout3D")


def completed(config, source):
    """The config of a model, with a module for entries that lack one.

    Args:
        config: the config, of any generation.
        source: what errors call it.

    Errors:
        ValueError: entries that describe nothing.

    Notes:
        Names of layers may be those of functions; the module tells which is meant. Keras 1 did not write
        down the `dim_ordering` of some layers. They get that of the others, where these have just one.

    >>> completed({"class_name": "Dense", "config": {}}, "m.json")["module"]
    'keras.layers'
    """
    orderings = set(_orderings(config))
    return _hinted(config, source, orderings.pop() if len(orderings) == 1 else None)


def _orderings(config):
    """The values of `dim_ordering` in a config."""
    if isinstance(config, dict):
        own = [config["dim_ordering"]] if isinstance(config.get("dim_ordering"), str) else []
        return own + [found for value in config.values() for found in _orderings(value)]
    return [found for item in config for found in _orderings(item)] if isinstance(config, list) else []


def _hinted(config, source, ordering):
    if isinstance(config, list):
        return [_hinted(item, source, ordering) for item in config]
    if not isinstance(config, dict):
        return config
    config = {key: _hinted(value, source, ordering) for key, value in config.items()}
    if not is_object_config(config):
        return config
    name, inner = config["class_name"], config["config"]
    if not _is_sound(name, inner):
        raise ValueError(f"{source!r} is damaged: its model_config does not describe a model.")
    if ordering is not None and name in _SILENT and isinstance(inner, dict):
        config["config"] = {"dim_ordering": ordering, **inner}
    if "module" not in config:
        config["module"] = "keras.ops" if _is_function(config) else "keras.layers"
    return config


def _is_sound(name, config):
    """Whether the description of an object has the types that the readers of configs take for granted."""
    if name in ("Sequential", "Functional", "Model") and isinstance(config, dict):
        return isinstance(config.get("layers", []), list)
    return isinstance(name, str)


def _is_function(entry):
    """Whether an entry of a functional config is a function of `keras.ops`, written like a layer."""
    name, config = entry["class_name"], entry["config"]
    is_node = "inbound_nodes" in entry and isinstance(config, dict) and "trainable" not in config
    return (is_node and name != "InputLayer" and custom.lookup(name) is None
            and callable(getattr(ops, to_snake_case(name), None))
            and all(isinstance(node, dict) for node in entry["inbound_nodes"]))
