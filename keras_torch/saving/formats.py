"""Which format a file has: by its name when it is written, by its content when it is read.

    name                whole model                    weights
    x.keras             Keras 3's zip                  (load_weights only)
    x.weights.h5        -                              HDF5 by the object tree
    x.h5, x.hdf5        HDF5 of Keras 2                HDF5 of Keras 2
    others              keras1, keras2.x: HDF5 of Keras 2; else an error, as in Keras 3
"""

import os
import zipfile

from keras_torch.base.checks import boolean, fail, unknown_argument
from keras_torch.base.files import open_h5_safely
from keras_torch.base.third_party import need
from keras_torch.dialects.state import current_dialect
from keras_torch.saving import keras_file, legacy_h5, legacy_model, weights_h5

_HDF5 = (".h5", ".hdf5")
_HDF5_NAMES = ("h5", "hdf5")
_MODEL_NAMES = "a name that ends in '.keras', or in '.h5' for HDF5 of Keras 2"
_WEIGHT_NAMES = "a name that ends in '.weights.h5', or in '.h5' for HDF5 of Keras 2"
_FOLDERS = ("Without one Keras 1 and 2 wrote HDF5, which the dialects keras1 and keras2.x do; tf.keras wrote "
            "TensorFlow's files, which are not written.")


# ---------------------------------------------------------------------------------------------- names


def model_format(function, filepath, save_format=None):
    """(path, 'keras' or 'h5') for a name that a whole model is saved under.

    Args:
        function: what the error calls the caller.
        filepath: the name.
        save_format: 'keras', 'h5' or 'hdf5' chooses whatever the name; None lets the name choose.

    Errors:
        ValueError: a name that stands for no format.
        TypeError: no path.

    >>> model_format("save()", "model.h5")
    ('model.h5', 'h5')
    """
    path = _as_path(function, filepath)
    if save_format in _HDF5_NAMES:
        return path, "h5"
    if save_format not in (None, "keras"):
        fail(function, "save_format", save_format, "'keras' or 'h5'", "TensorFlow's files are not written.")
    if path.endswith(".keras"):
        return path, "keras"
    if save_format == "keras":
        fail(function, "filepath", path, "a name that ends in '.keras'", "save_format='keras' asks for it.")
    if _keeps_hdf5() or path.endswith(_HDF5) and not path.endswith(".weights.h5"):
        return path, "h5"
    fail(function, "filepath", path, _MODEL_NAMES,
         "'.weights.h5' holds weights only: use save_weights() and load_weights()."
         if path.endswith(".weights.h5") else _FOLDERS)


def weights_format(function, filepath, save_format=None):
    """(path, 'tree' or 'h5') for a name that weights are saved under; see `model_format`.

    >>> weights_format("save_weights()", "model.weights.h5")
    ('model.weights.h5', 'tree')
    """
    path = _as_path(function, filepath)
    if save_format not in (None, *_HDF5_NAMES):
        fail(function, "save_format", save_format, "'h5'", "TensorFlow's checkpoints are not written.")
    if path.endswith(".weights.h5"):
        return path, "tree"
    if path.endswith(_HDF5) or save_format is not None:
        return path, "h5"
    if path.endswith(".keras"):
        fail(function, "filepath", path, _WEIGHT_NAMES, "A whole model goes into a '.keras' file by save().")
    if not _keeps_hdf5():
        fail(function, "filepath", path, _WEIGHT_NAMES, _FOLDERS)
    return path, "h5"


def _keeps_hdf5():
    """Whether the generation in force writes HDF5 under any name."""
    return current_dialect() in ("keras1", "keras2.2", "keras2.3")


def _as_path(function, filepath):
    try:
        return os.fspath(filepath)
    except TypeError:
        fail(function, "filepath", filepath, "a path", error=TypeError)


# ---------------------------------------------------------------------------------------------- whole models


def save_model(model, filepath, overwrite=True, zipped=None, **kwargs):
    """Writes a whole model to a file, atomically; the name chooses the format.

    Args:
        model: the model.
        filepath: name that ends in '.keras', or in '.h5' or '.hdf5' for HDF5 of Keras 2. In the dialects
            keras1 and keras2.x a name with another ending stands for HDF5 too.
        overwrite: whether an existing file is replaced; False raises when there is one.
        zipped: None or True: a .keras file is one zip archive.
        kwargs: `include_optimizer=False` leaves the arguments of compile() and the optimizer's state out;
            `save_format` may be 'keras' or 'h5'.

    Errors:
        ValueError: another ending, `zipped=False`, or a model that the format cannot hold.
        FileExistsError: the file exists and `overwrite` is False.
        NotImplementedError: a part of the model has no config.
        TypeError: a config holds what JSON cannot hold.

    Notes:
        A kill or a full disk leaves the old file as it was. HDF5 of Keras 2 is for old programs: it
        stores layers by name, and no assets.

    Source: Keras 3 `saving.save_model`; Keras 3.15 reads both formats.
    """
    path, chosen = model_format("save()", filepath, kwargs.get("save_format"))
    if chosen == "keras":
        keras_file.save_model(model, path, overwrite, zipped, **kwargs)
        return
    with_optimizer = keras_file.check_options("save()", {**kwargs, "save_format": None})
    boolean("save()", "include_optimizer", with_optimizer)
    if zipped:
        fail("save()", "zipped", zipped, "None", "HDF5 is no zip archive.")
    _refuse_existing(path, overwrite)
    keras_file.warn_if_unbuilt(model)
    legacy_model.save_model(model, path, with_optimizer)


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    """The model of a `.keras` or HDF5 file of keras_torch, Keras 3, tf.keras or Keras 2.

    Args:
        filepath: the file; its content tells the format, not its name.
        custom_objects: dict, name -> class or function of your own; a Lambda's function is found by the
            layer's name.
        compile: whether the model is compiled as it was, with the state of its optimizer.
        safe_mode: only True: code in files is never run.

    Errors:
        FileNotFoundError: no such file.
        ValueError: another format, a damaged or hostile file, an unknown class (the nearest known are named),
            code in the file, weights that do not fit.

    Notes:
        A file is read in the dialect of the generation that wrote it.

    Source: Keras 3 `saving.load_model`.
    """
    if safe_mode is not True:
        fail("load_model()", "safe_mode", safe_mode, "True: code in files is never run",
             "Give the functions in custom_objects={'name of the layer': function}.")
    path = _existing_file("load_model()", filepath)
    if _is_hdf5(path):
        return legacy_model.load_model(path, custom_objects, compile)
    return keras_file.load_model(path, custom_objects, compile)


# ---------------------------------------------------------------------------------------------- weights


def save_weights(model, filepath, overwrite=True, save_format=None, options=None):
    """Writes a model's weights to a file, atomically; the name chooses the format.

    Args:
        model: a built model.
        filepath: name that ends in '.weights.h5', or in '.h5' or '.hdf5' for the layout of Keras 2.
        overwrite: whether an existing file is replaced; False raises when there is one.
        save_format: 'h5' stands for HDF5 whatever the name.
        options: None; they belong to TensorFlow's files.

    Errors:
        ValueError: another ending, or a model that is not built.
        FileExistsError: the file exists and `overwrite` is False.
    """
    if options is not None:
        fail("save_weights()", "options", "...", "None", "They belong to TensorFlow's files.")
    path, chosen = weights_format("save_weights()", filepath, save_format)
    if chosen == "tree":
        weights_h5.save_weights(model, path, overwrite)
        return
    _refuse_existing(path, overwrite)
    weights_h5.need_weights(model, "to save")
    legacy_h5.save_weights(model, path)


def load_weights(model, filepath, skip_mismatch=False, by_name=None):
    """Sets a model's weights from a file: either every weight is set, or none.

    Args:
        model: a built model.
        filepath: a file of weights or of a whole model; its content tells the format, not its name.
        skip_mismatch: whether what does not fit is left out (a warning names it).
        by_name: True loads the layers whose names the file has and leaves all others alone; only for
            HDF5 of Keras 2, which stores names.

    Errors:
        FileNotFoundError: no such file.
        ValueError: another format, or weights that do not fit.
    """
    path = _existing_file("load_weights()", filepath)
    if not _is_hdf5(path):
        _refuse_by_name(path, by_name)
        keras_file.load_weights(model, path, skip_mismatch)
        return
    with open_h5_safely(path) as file:
        group = legacy_h5.weights_group(file)
        if group is not None:
            weights_h5.need_weights(model, "to load into")
            skipped = legacy_h5.read_weights(model, group, path, bool(by_name), skip_mismatch)
            weights_h5.warn_of_skipped(skipped)
            return
    _refuse_by_name(path, by_name)
    weights_h5.load_weights(model, path, skip_mismatch)


def _refuse_by_name(path, by_name):
    if by_name:
        fail("load_weights()", "by_name", by_name, "None or False",
             f"{path!r} does not store layers by name; only HDF5 of Keras 2 ('.h5') does.")


def load_options(flags, options):
    """The arguments `skip_mismatch` and `by_name` of load_weights(), however they were given.

    Args:
        flags: those given by position, in the order of the generation in force.
        options: dict of those given by name.

    Errors:
        TypeError: an unknown argument, one given twice, or too many.

    >>> load_options([True], {"by_name": False})
    {'skip_mismatch': True, 'by_name': False}
    """
    names = ("by_name", "skip_mismatch") if _keeps_hdf5() else ("skip_mismatch", "by_name")
    if len(flags) > len(names):
        raise TypeError(f"load_weights() takes a file name and {len(names)} more arguments by position; got "
                        f"{len(flags)} more.")
    found = dict(zip(names, flags))
    for name, value in options.items():
        if name == "options" and value is None:  # tf.keras
            continue
        if name not in names:
            unknown_argument("load_weights()", name, ["filepath", *names])
        if name in found:
            raise TypeError(f"load_weights() got `{name}` by position and by name. Give it once.")
        found[name] = value
    for name, value in found.items():
        if value is not None:
            boolean("load_weights()", name, value)
    return {name: bool(value) for name, value in found.items()}


# ---------------------------------------------------------------------------------------------- files


def _refuse_existing(path, overwrite):
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{path!r} exists already. Pass overwrite=True, or choose another name.")


def _existing_file(function, filepath):
    path = _as_path(function, filepath)
    if os.path.isdir(path):
        raise ValueError(f"{function}: {path!r} is a folder, such as TensorFlow's SavedModel, which is not "
                         "read. Save the model to a '.keras' or '.h5' file where it was made.")
    if not os.path.isfile(path):
        raise FileNotFoundError(f"There is no file {path!r}. Check the path and the working folder.")
    return path


def _is_hdf5(path):
    """Whether a file is HDF5; one that is neither HDF5 nor a zip goes by its name, for the error."""
    if zipfile.is_zipfile(path):
        return False
    return need("h5py", "to read models").is_hdf5(path) or path.endswith(_HDF5)
