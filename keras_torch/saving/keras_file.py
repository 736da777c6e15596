"""`.keras`: a whole model in a file, as Keras 3 writes it: architecture, weights, compile(), optimizer.

Loading has two phases: everything is read and checked on a new model, which is returned only when all of it
fits. A file is data: classes and functions are found by name among our own and the user's (`custom_objects`,
registered ones); nothing is imported or executed because a file says so.
"""

import datetime
import json
import os
import tempfile
import traceback
import warnings

from keras_torch.base import budget
from keras_torch.base.checks import fail, unknown_argument
from keras_torch.base.custom_objects import CustomObjectScope, lookup
from keras_torch.base.files import atomic_write
from keras_torch.base.serialization import deserialize_keras_object, serialize_keras_object
from keras_torch.dialects.state import DIALECTS, current_dialect, dialect
from keras_torch.saving import weights_h5
from keras_torch.saving.archive import CONFIG, METADATA, Archive, write_archive
from keras_torch.saving.compile_config import describe_function
from keras_torch.saving.optimizer_state import read_optimizer

FORMAT_VERSION = "3.15.1"  # the Keras whose layout is written
_SLACK = 16 * 2 ** 20
_WIDENING = 4  # weights may be kept in fewer bytes than they have in the model


def check_options(function, options):
    """Refuses options of other formats; returns whether the optimizer is saved."""
    include_optimizer = options.pop("include_optimizer", True)
    chosen = options.pop("save_format", None)
    if chosen not in (None, "keras"):
        fail(function, "save_format", chosen, "'keras' or 'h5'")
    for name in ("options", "signatures"):
        if options.pop(name, None) is not None:
            fail(function, name, "...", "None", "It belongs to TensorFlow's SavedModel.")
    for name in options:
        unknown_argument(function, name, ["overwrite", "zipped", "include_optimizer", "save_format"])
    return include_optimizer


# ---------------------------------------------------------------------------------------------- saving


def save_model(model, filepath, overwrite=True, zipped=None, **kwargs):
    """Writes a whole model to a `.keras` file, atomically.

    Args:
        model: the model.
        filepath: name that ends in '.keras'.
        overwrite: whether an existing file is replaced; False raises when there is one.
        zipped: None or True: the file is one zip archive.
        kwargs: `include_optimizer=False` leaves the arguments of compile() and the optimizer's state out;
            `save_format` may be 'keras'.

    Errors:
        ValueError: another ending (the message names the formats there are), or `zipped=False`.
        FileExistsError: the file exists and `overwrite` is False.
        NotImplementedError: a part of the model has no config.
        TypeError: a config holds what JSON cannot hold.

    Notes:
        A kill or a full disk leaves the old file as it was.

    Source: Keras 3 `saving.save_model`; Keras 3.15 reads the file.
    """
    path = os.fspath(filepath)
    with_optimizer = check_options("save()", dict(kwargs))
    if zipped is not None and zipped is not True:
        fail("save()", "zipped", zipped, "None or True", "A .keras file is one zip archive.")
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{path!r} exists already. Pass overwrite=True, or choose another name.")
    warn_if_unbuilt(model)
    described = describe_model(model, with_optimizer)
    documents = {METADATA: json.dumps(_metadata()), CONFIG: as_json(model, described)}
    keeps_state = described.get("compile_config") is not None

    def write_weights(file):
        if model.built:
            weights_h5.write_tree(model, file, with_optimizer=keeps_state)

    with atomic_write(path) as temporary:
        write_archive(temporary, documents, write_weights, _asset_writers(model))


def warn_if_unbuilt(model):
    """Says that a model without weights is saved without them."""
    if not model.built:
        warnings.warn(f"{model.label} is not built: the file will hold no weights. Call the model on data "
                      "first, or build it with build(input_shape).", stacklevel=5)


def _metadata():
    now = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    return {"keras_version": FORMAT_VERSION, "date_saved": now, "writer": "keras_torch",
            "dialect": current_dialect()}


def describe_model(model, with_optimizer=True):
    """The content of config.json as a dictionary.

    Args:
        model: the model.
        with_optimizer: whether the arguments of compile() are described too.
    """
    described = serialize_keras_object(model)
    build_config = model.get_build_config()
    if build_config:
        described["build_config"] = build_config
    if with_optimizer and getattr(model, "compiled", False):
        described["compile_config"] = _compile_config(model)
    return described


def _compile_config(model):
    """The arguments of compile(), or None with a warning where the optimizer is torch's own."""
    try:
        return model.get_compile_config()
    except NotImplementedError as error:
        warnings.warn(f"{model.label} is saved without its compile() arguments: {error} "
                      "Call compile() on the loaded model.", stacklevel=4)
        return None


def as_json(model, described, **kwargs):
    """The description of a model as JSON text; functions are named, lambdas only mentioned.

    Args:
        model: the model, for its name in messages.
        described: the description.
        kwargs: arguments of `json.dumps`.

    Errors:
        TypeError: the description holds what JSON cannot hold.
    """
    owner = []

    def fallback(value):
        if callable(value) and not isinstance(value, type):
            if getattr(value, "__name__", "") == "<lambda>":
                owner.append(value)
                return {"class_name": "__lambda__", "config": {}}
            return describe_function(value)
        raise TypeError(f"{model.label}: its config holds {value!r}, which a file cannot hold. Give its "
                        "class a get_config(), or leave it out of the get_config() of the layer.")

    text = json.dumps(described, default=fallback, **kwargs)
    if owner:
        warnings.warn(f"{model.label} has {len(owner)} lambda(s) of Python, which files do not hold: "
                      "load_model() will need custom_objects={'name of the layer': function}. Use a named "
                      "function, registered with keras_torch.saving.register_keras_serializable().",
                      stacklevel=4)
    return text


# ---------------------------------------------------------------------------------------------- loading


def load_model(path, custom_objects=None, compile=True):
    """The model of a `.keras` file of keras_torch, Keras 3 or tf_keras.

    Args:
        path: the file, which exists.
        custom_objects: dict, name -> class or function of your own; a Lambda's function is found by the
            layer's name.
        compile: whether the model is compiled as it was, with the state of its optimizer.

    Errors:
        ValueError: another format, a damaged or hostile file, an unknown class (the nearest known are named),
            code in the file, weights that do not fit.

    Notes:
        A file of tf_keras is read in the dialect 'tf.keras', one of keras_torch in that it was saved in.

    Source: Keras 3 `saving.load_model`.
    """
    with Archive(path) as archive, CustomObjectScope(custom_objects), dialect(_dialect_of(archive)):
        config = archive.document(CONFIG)
        with budget.limited(archive.weights_size * _WIDENING + _SLACK, path):
            model = built_model(config, path)
        with archive.weights() as file:
            _fill(model, archive, file)
            if compile and config.get("compile_config"):
                model.compile_from_config(config["compile_config"])
                if model.compiled and model.built:
                    read_optimizer(model.optimizer, file, path)
    return model


def load_weights(model, path, skip_mismatch=False):
    """Sets the weights of a model from a `.keras` file, whose config is not looked at; all or nothing.

    Args:
        model: a built model.
        path: the file, which exists.
        skip_mismatch: whether layers whose shapes differ are left out (a warning names them).

    Errors:
        ValueError: weights that do not fit.
    """
    weights_h5.need_weights(model, "to load into")
    with Archive(path) as archive, archive.weights() as file:
        skipped = _fill(model, archive, file, skip_mismatch)
    weights_h5.warn_of_skipped(skipped)


def _dialect_of(archive):
    """The generation that wrote the file."""
    metadata = archive.document(METADATA)
    metadata = metadata if isinstance(metadata, dict) else {}
    if metadata.get("dialect") in DIALECTS:
        return metadata["dialect"]
    return "tf.keras" if str(metadata.get("keras_version", "3")).startswith("2.") else "keras3"


def refuse_code(config, owner="The model"):
    """Raises where a config holds a function's code, unless it is a Lambda's and custom objects give another.

    Errors:
        ValueError: code; the layer is named.

    >>> refuse_code({"class_name": "Dense", "config": {"units": 3}})
    """
    if isinstance(config, dict):
        kind, inner = config.get("class_name"), config.get("config")
        name = inner.get("name") if isinstance(inner, dict) else None
        if kind == "__lambda__":
            raise ValueError(f"{owner} is stored with the code of a Python function, which is never run. "
                             "For a Lambda layer pass custom_objects={'name of the layer': function}; "
                             "else build the model in Python with a named function and call "
                             "load_weights() with this file.")
        if kind == "Lambda" and isinstance(name, str) and lookup(name) is not None:
            return
        owner = f'{kind} "{name}"' if isinstance(kind, str) and isinstance(name, str) else owner
    for item in config.values() if isinstance(config, dict) else config if isinstance(config, list) else ():
        refuse_code(item, owner)


def built_model(config, path, part=CONFIG):
    """The model that a file describes, built for the shapes it was built for.

    Args:
        config: the description.
        path: the file, for errors.
        part: what errors call the part of the file with the description.

    Errors:
        ValueError: it describes no model, one with code in it, or one of unknown classes.
    """
    if not isinstance(config, dict) or "class_name" not in config or "config" not in config:
        raise ValueError(f"{path!r} is no file of a model: its {part} describes no model.")
    try:
        refuse_code(config)
        model = deserialize_keras_object(config)
        if not hasattr(model, "compile_from_config"):
            raise ValueError(f"{path!r} holds a {config['class_name']}, which is no model.")
        if not model.built:
            model.build_from_config(config.get("build_config"))
    except RecursionError as error:
        raise ValueError(f"{path!r} is refused: its {part} is nested too deeply.") from error
    except (KeyError, IndexError, AttributeError) as error:
        if not _is_ours(error):
            raise
        raise ValueError(f"{path!r} is damaged: its {part} does not describe a model "
                         f"({type(error).__name__}: {error}).") from error
    return model


_NEUTRAL = ("keras_torch", "torch", "functools", "contextlib")


def _is_ours(error):
    """Whether our own code stumbled, and not a user's class."""
    modules = [frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__)]
    return all(module.split(".")[0] in _NEUTRAL for module in modules)


def _fill(model, archive, file, skip_mismatch=False):
    """Sets weights and assets of a model from the archive; sentences about what was left out."""
    for where, holder in weights_h5.walk(model):
        if hasattr(holder, "load_assets"):
            with tempfile.TemporaryDirectory() as folder:
                if archive.assets(where, folder):
                    holder.load_assets(folder)
    return weights_h5.read_tree(model, file, archive.path, skip_mismatch) if model.built else []


def _asset_writers(model):
    return [(where, holder.save_assets) for where, holder in weights_h5.walk(model)
            if hasattr(holder, "save_assets")]
