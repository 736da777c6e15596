"""HDF5 of a whole model, as Keras 1, 2, tf.keras and Keras 3 write it: `model.save("model.h5")`.

    model_config, training_config     attributes: JSON of the architecture and of compile()
    keras_version, backend            attributes: who wrote it
    model_weights/                    the weights; see `legacy_h5.py`
    optimizer_weights/                the optimizer's variables, with the list `weight_names`
"""

import json
import os
import re
import warnings

import numpy as np

from keras_torch import losses, metrics
from keras_torch.base import budget
from keras_torch.base import custom_objects as custom
from keras_torch.base.files import atomic_write, new_h5, open_h5_safely
from keras_torch.dialects.state import DIALECTS, current_dialect, dialect
from keras_torch.saving import keras_file, legacy_h5, weights_h5
from keras_torch.saving.older_configs import completed
from keras_torch.saving.older_optimizer import grouped_state
from keras_torch.saving.optimizer_state import restore

OPTIMIZER = "optimizer_weights"
_LARGEST = 64 * 2 ** 20  # characters of JSON
_SLACK = 16 * 2 ** 20
_WIDENING = 4  # as of .keras files
_SLOT_BY_SLOT = ("keras1", "keras2.2", "keras2.3")  # how these wrote the optimizer's state


# ---------------------------------------------------------------------------------------------- writing


def save_model(model, path, with_optimizer=True):
    """Writes a whole model to an HDF5 file, atomically; Keras 3.15 reads it.

    Args:
        model: the model.
        path: the file.
        with_optimizer: whether the arguments of compile() and the optimizer's state are written.

    Errors:
        ValueError: two layers of one name, or a layer that keeps files, for which HDF5 has no place.
        NotImplementedError: a part of the model has no config.
    """
    _refuse_assets(model)
    legacy_h5.check_layer_names(model)
    described = keras_file.describe_model(model, with_optimizer)
    compiled = described.pop("compile_config", None)
    texts = {"model_config": keras_file.as_json(model, _model_config(described))}
    if compiled is not None:
        texts["training_config"] = keras_file.as_json(model, _training_config(compiled))
    with atomic_write(path) as temporary, new_h5(temporary) as file:
        file.attrs["keras_version"] = np.bytes_(keras_file.FORMAT_VERSION)
        file.attrs["backend"] = np.bytes_("torch")
        file.attrs["dialect"] = np.bytes_(current_dialect())  # ours; others do not look at it
        for name, text in texts.items():
            file.attrs[name] = text
        legacy_h5.write_weights(model, file.create_group(legacy_h5.MODEL_WEIGHTS))
        if compiled is not None:
            _write_optimizer(model.optimizer, file)


def _refuse_assets(model):
    for where, holder in weights_h5.walk(model):
        if hasattr(holder, "save_assets"):
            raise ValueError(f"{where or model.label}: an object with save_assets() keeps files, for which "
                             "HDF5 of Keras 2 has no place. Save to a name that ends in '.keras'.")


def _model_config(described):
    """Class and config as old readers expect them; what the model was built for is told to Sequential."""
    config = {"class_name": described.get("registered_name") or described["class_name"],
              "config": described["config"]}
    build_config = described.get("build_config")
    shape = (build_config or {}).get("input_shape")
    if described["class_name"] == "Sequential" and shape is not None:
        config["config"] = {**config["config"], "build_input_shape": list(shape)}
    elif build_config:
        config["build_config"] = build_config
    return config


def _training_config(compiled):
    optimizer = compiled["optimizer"]
    if not isinstance(optimizer, dict):
        optimizer = {"class_name": optimizer, "config": {}}
    rest = {name: value for name, value in compiled.items() if name != "optimizer"}
    for name in ("loss", "metrics", "weighted_metrics"):
        rest[name] = _named(rest[name], is_loss=name == "loss")
    return {**rest, "optimizer_config": {"class_name": optimizer.get("registered_name") or
                                         optimizer["class_name"], "config": optimizer["config"]}}


def _named(value, is_loss):
    """Functions by name, as old readers expect; losses by their full names, as Keras 3 stumbles on 'mse'."""
    if isinstance(value, str):
        return losses.get(value).__name__ if is_loss and custom.lookup(value) is None else value
    if isinstance(value, dict) and value.get("class_name") == "function":
        return value["config"]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _named(item, is_loss) for key, item in value.items()}
    return [_named(item, is_loss) for item in value] if isinstance(value, (list, tuple)) else value


def _write_optimizer(optimizer, file):
    store = {}
    if not optimizer.built:
        return
    optimizer.save_own_variables(store)
    with optimizer.reading():
        paths = [getattr(variable, "path", None) for variable in optimizer.variables]
    if len(paths) != len(store) or None in paths or len(set(paths)) < len(paths):
        paths = [f"{optimizer.name}/{number}" for number in range(len(store))]
    group = file.create_group(OPTIMIZER)
    legacy_h5.write_names(group, "weight_names", paths)
    for number, path in enumerate(paths):
        group[path] = store[str(number)]


# ---------------------------------------------------------------------------------------------- reading


def load_model(path, custom_objects=None, compile=True):
    """The model of an HDF5 file of keras_torch, Keras 3, tf.keras or Keras 2.

    Args:
        path: the file.
        custom_objects: dict, name -> class or function of your own.
        compile: whether the model is compiled as it was, with the state of its optimizer.

    Errors:
        ValueError: a file of weights only, a damaged or hostile file, an unknown class, code in the file,
            weights that do not fit or have a layout that is not read.

    Notes:
        The file is read in the dialect of the generation that wrote it.
    """
    with open_h5_safely(path) as file, custom.CustomObjectScope(custom_objects):
        config = _document(file, "model_config", path)
        group = legacy_h5.weights_group(file)
        if config is None or group is None:
            raise ValueError(f"{path!r} holds no whole model: its attribute model_config or its weights are "
                             "missing. If it was written by save_weights(), build the model in Python and "
                             "call load_weights().")
        with dialect(_dialect_of(file)):
            with budget.limited(os.path.getsize(path) * _WIDENING + _SLACK, path):
                model = keras_file.built_model(completed(config, path), path, "model_config")
            _read_weights(model, group, path)
            training = _document(file, "training_config", path) if compile else None
            if training is not None:
                _compile(model, training, file, path)
    return model


def _document(file, name, path):
    """The JSON of an attribute; None where there is none."""
    if name not in file.attributes:
        return None
    if file.attributes.get_id(name).shape != ():
        raise ValueError(f"{path!r} is damaged: its attribute {name!r} is no text.")
    text = legacy_h5.as_text(file.attributes[name], path, name)
    try:
        if len(text) > _LARGEST:
            raise ValueError(f"it has {len(text)} characters; {_LARGEST} are allowed")
        return json.loads(text)
    except RecursionError as error:
        raise ValueError(f"{path!r} is refused: its {name} is nested too deeply.") from error
    except ValueError as error:
        raise ValueError(f"{path!r} is damaged: its {name} cannot be read ({error}).") from error


def _dialect_of(file):
    """The generation that wrote the file."""
    attributes = file.attributes
    if "dialect" in attributes:
        told = legacy_h5.as_text(attributes["dialect"], file.label, "dialect")
        if told in DIALECTS:
            return told
    version = legacy_h5.version_of(file)[0]
    numbers = [int(number) for number in re.findall(r"\d+", version)[:2]] + [0, 0]
    if numbers[0] == 1:
        return "keras1"
    if numbers[0] > 2:
        return "keras3"
    if "tf" in version or numbers[1] > 3:
        return "tf.keras"
    return "keras2.3" if numbers[1] == 3 else "keras2.2"


def _read_weights(model, group, path):
    if model.built:
        legacy_h5.read_weights(model, group, path)
        return
    names = legacy_h5.read_names(group, "layer_names", len(group.names()))
    if any(legacy_h5.count_names(legacy_h5.child(group, name), "weight_names") for name in names):
        raise ValueError(f"{path!r} does not tell the shape of the model's input. Build the model in Python "
                         "and call load_weights() with this file.")


# ---------------------------------------------------------------------------------------------- compile()


def _compile(model, training, file, path):
    if not isinstance(training, dict) or not isinstance(training.get("optimizer_config"), dict):
        warnings.warn(f"{path!r} tells no optimizer, so the model was not compiled. Call compile().",
                      stacklevel=4)
        return
    if _tells_anything(training.get("sample_weight_mode")):
        warnings.warn(f"{path!r} was compiled with sample_weight_mode={training['sample_weight_mode']!r}, "
                      "which was not restored. Call compile() with it.", stacklevel=4)
    config = {"optimizer": {"module": "keras.optimizers", **training["optimizer_config"]},
              "loss": _of_module(training.get("loss"), "keras.losses"),
              "loss_weights": training.get("loss_weights"),
              "metrics": _metrics(training.get("metrics"), model),
              "weighted_metrics": _metrics(training.get("weighted_metrics"), model)}
    keras_file.refuse_code(config, model.label)
    model.compile_from_config(config)
    if model.compiled and model.built and file.has(OPTIMIZER):
        _read_optimizer(model, file, path)


def _tells_anything(value):
    if isinstance(value, (list, dict)):
        return any(_tells_anything(item) for item in (value.values() if isinstance(value, dict) else value))
    return value is not None


def _metrics(value, model):
    value = _of_module(value, "keras.metrics")
    single = isinstance(value, list) and len(value) == 1 and isinstance(value[0], list)
    return value[0] if single and len(model.outputs or [None]) == 1 else value


def _of_module(value, module):
    """Objects with a module to look in first; tf.keras's functions in wrappers become metrics again."""
    if isinstance(value, list):
        return [_of_module(item, module) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") == "MeanMetricWrapper":
        return _wrapped(value["config"])
    if "class_name" in value:
        return {"module": module, **value}
    return {key: _of_module(item, module) for key, item in value.items()}


_BY_SHAPE = ("accuracy", "acc", "crossentropy", "ce")  # names that compile() resolves by the output's shape


def _wrapped(config):
    name, function = config.get("name"), config.get("fn")
    if name in _BY_SHAPE:
        return name
    function = function["config"] if isinstance(function, dict) else function
    found = custom.lookup(function) or metrics.get(function)
    return found if isinstance(found, metrics.Metric) else metrics.MeanMetricWrapper(found, name=name)


def _read_optimizer(model, file, path):
    optimizer, group = model.optimizer, file.group(OPTIMIZER)
    if not hasattr(optimizer, "expected_shapes"):
        warnings.warn(f"The optimizer's state in {path!r} was left out: {type(optimizer).__name__} cannot "
                      "take it.", stacklevel=5)
        return
    weights = legacy_h5.weights_group(file)
    if current_dialect() in _SLOT_BY_SLOT and legacy_h5.version_of(weights)[1] != "torch":
        restore(optimizer, lambda: grouped_state(model, group, weights, path), path, optimizer.set_weights)
        return
    restore(optimizer, lambda: _optimizer_arrays(optimizer, model.trainable_weights, group), path)


def _optimizer_arrays(optimizer, trained, group):
    """"0", "1", ... -> array in Keras 3's order."""
    shapes = {()} | optimizer.expected_shapes()
    with optimizer.reading():
        known = len(optimizer.variables)
    names = legacy_h5.read_names(group, "weight_names", known + 4 + 4 * len(trained))
    if names and re.search(r"(^|/)(iter|iterations)(_\d+)?:0$", names[0]):
        names = [names[0], *_interleaved(names[1:], group, trained)]
    if known <= 2 and names and names[0].endswith(":0"):
        del names[1:]  # Keras 2 keeps SGD's slots also where the momentum is 0
    return {str(number): legacy_h5.read_array(group, name, shapes) for number, name in enumerate(names)}


def _interleaved(names, group, trained):
    """Slots variable by variable, from Keras 2's order: all first slots, then all second ones, ...

    A group of placeholders (Adam's without amsgrad) is left out.
    """
    count = len(trained)
    if not count or len(names) % count:
        return names
    wanted = [tuple(weight.shape) for weight in trained]
    columns = [names[start:start + count] for start in range(0, len(names), count)]
    columns = [column for column in columns
               if [legacy_h5.shape_of(group, name) for name in column] == wanted]
    return [name for row in zip(*columns) for name in row]
