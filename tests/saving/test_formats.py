"""Names choose the format of what is written, contents that of what is read."""

import os
import shutil

import h5py
import numpy as np
import pytest

import keras_torch
from keras_torch import layers, models
from keras_torch.dialects.state import dialect
from keras_torch.saving import formats

OLD = pytest.mark.parametrize("generation", ["keras1", "keras2.2", "keras2.3"])


@pytest.fixture
def model():
    """A small compiled model."""
    made = keras_torch.Sequential([layers.Input((3,)), layers.Dense(2, name="only")])
    made.compile("adam", "mse")
    return made


def same_weights(one, other):
    """Whether two models have equal weights."""
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


@pytest.mark.parametrize(
    "name, expected",
    [("m.keras", "keras"), ("m.h5", "h5"), ("m.hdf5", "h5"), ("{epoch:02d}-{val_loss:.2f}.hdf5", "h5")],
)
def test_endings_choose_the_format_of_a_model(name, expected):
    assert formats.model_format("save()", name) == (name, expected)


@pytest.mark.parametrize("name, expected", [("m.weights.h5", "tree"), ("m.h5", "h5"), ("m.hdf5", "h5")])
def test_endings_choose_the_format_of_weights(name, expected):
    assert formats.weights_format("save_weights()", name) == (name, expected)


@OLD
@pytest.mark.parametrize("name", ["best_model", "folder/name.ckpt", "x.weights.h5"])
def test_old_generations_write_hdf5_under_any_name(generation, name):
    with dialect(generation):
        assert formats.model_format("save()", name)[1] == "h5"
        assert formats.weights_format("save_weights()", name)[1] == ("tree" if "weights" in name else "h5")


@pytest.mark.parametrize("generation", ["tf.keras", "keras3"])
def test_other_generations_want_an_ending(generation):
    with dialect(generation):
        with pytest.raises(ValueError, match="got 'best'. Without one Keras 1 and 2 wrote HDF5"):
            formats.model_format("save()", "best")
        with pytest.raises(ValueError, match="ends in '.weights.h5', or in '.h5' .*got 'best'. Without one"):
            formats.weights_format("save_weights()", "best")


@pytest.mark.parametrize(
    "function, arguments, error, message",
    [
        (formats.model_format, ("m.h5", "tf"), ValueError, "`save_format` must be 'keras' or 'h5'; got 'tf'"),
        (formats.model_format, ("m.h5", "keras"), ValueError, "'.keras'; got 'm.h5'. save_format='keras'"),
        (formats.model_format, (3,), TypeError, "`filepath` must be a path; got 3"),
        (formats.weights_format, ("m.h5", "tf"), ValueError, "`save_format` must be 'h5'; got 'tf'"),
        (formats.weights_format, ("m.keras",), ValueError, "A whole model goes into a '.keras' file by save"),
    ],
)
def test_names_that_stand_for_nothing_are_errors(function, arguments, error, message):
    with pytest.raises(error, match=message):
        function("save()", *arguments)


def test_save_format_chooses_whatever_the_name(model, tmp_path):
    model.save(tmp_path / "model", save_format="h5")
    model.save_weights(tmp_path / "weights", save_format="h5")
    assert h5py.is_hdf5(tmp_path / "model") and h5py.is_hdf5(tmp_path / "weights")
    assert same_weights(model, models.load_model(tmp_path / "model"))
    model.load_weights(tmp_path / "weights")


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
@pytest.mark.parametrize("other", ["best_model", "best.h5", "best.keras", "best.ckpt"])
def test_a_file_is_read_by_its_content(name, other, model, tmp_path):
    model.save(tmp_path / name)
    if name != other:
        shutil.move(tmp_path / name, tmp_path / other)
    again = models.load_model(tmp_path / other)
    assert same_weights(model, again) and again.compiled
    for weight in again.weights:
        weight.data.zero_()
    again.load_weights(tmp_path / other)
    assert same_weights(model, again)


def test_weights_are_read_by_their_content(model, tmp_path):
    model.save_weights(tmp_path / "a.weights.h5")
    model.save_weights(tmp_path / "b.h5")
    os.rename(tmp_path / "a.weights.h5", tmp_path / "c.h5")
    os.rename(tmp_path / "b.h5", tmp_path / "a.weights.h5")
    before = model.get_weights()
    for name in ("c.h5", "a.weights.h5"):
        model.set_weights([value * 0 for value in before])
        model.load_weights(tmp_path / name)
        assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))


def test_by_name_needs_a_format_with_names(model, tmp_path):
    model.save_weights(tmp_path / "a.weights.h5")
    model.save(tmp_path / "a.keras")
    for name in ("a.weights.h5", "a.keras"):
        with pytest.raises(ValueError, match="`by_name` must be None .* does not store layers by name"):
            model.load_weights(tmp_path / name, by_name=True)
        model.load_weights(tmp_path / name, by_name=False)


def test_flags_by_position_mean_what_the_generation_means():
    assert formats.load_options([True], {}) == {"skip_mismatch": True}
    with dialect("keras2.3"):
        assert formats.load_options([True, False], {}) == {"by_name": True, "skip_mismatch": False}
    assert formats.load_options([], {"by_name": None, "options": None}) == {"by_name": False}


@pytest.mark.parametrize(
    "flags, options, error, message",
    [
        ([], {"by_nam": True}, TypeError, "no argument `by_nam`. Nearest known: 'by_name'"),
        ([], {"options": 3}, TypeError, "no argument `options`"),
        ([True], {"skip_mismatch": True}, TypeError, "`skip_mismatch` by position and by name"),
        ([1, 2, 3], {}, TypeError, "takes a file name and 2 more arguments by position; got 3 more"),
        ([], {"by_name": "yes"}, ValueError, "`by_name`.*got 'yes'"),
    ],
)
def test_wrong_arguments_of_load_weights_are_errors(flags, options, error, message):
    with pytest.raises(error, match=message):
        formats.load_options(flags, options)


def test_existing_files_are_kept_when_asked(model, tmp_path):
    for save in (model.save, model.save_weights):
        save(tmp_path / "a.h5")
        with pytest.raises(FileExistsError, match="a.h5' exists already"):
            save(tmp_path / "a.h5", overwrite=False)


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"zipped": True}, ValueError, "`zipped` must be None; got True. HDF5 is no zip"),
        ({"include_optimizer": "no"}, ValueError, "`include_optimizer`.*got 'no'"),
        ({"signatures": 1}, ValueError, "`signatures` must be None"),
        ({"overwrte": True}, TypeError, "no argument `overwrte`. Nearest known: 'overwrite'"),
    ],
)
def test_wrong_arguments_of_save_are_errors(arguments, error, message, model, tmp_path):
    with pytest.raises(error, match=message):
        model.save(tmp_path / "a.h5", **arguments)
    assert not list(tmp_path.iterdir())


def test_options_of_tensorflow_are_errors(model, tmp_path):
    with pytest.raises(ValueError, match="`options` must be None"):
        model.save_weights(tmp_path / "a.h5", options=3)


def test_missing_files_and_folders_are_named(model, tmp_path):
    for load in (models.load_model, model.load_weights):
        with pytest.raises(FileNotFoundError, match="There is no file .*none.h5"):
            load(tmp_path / "none.h5")
        with pytest.raises(ValueError, match="is a folder, such as TensorFlow's SavedModel"):
            load(tmp_path)


def test_files_that_are_neither_say_so(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"no" * 600)
    (tmp_path / "a").write_bytes(b"no" * 600)
    with pytest.raises(ValueError, match="a.h5' is not an HDF5 file"):
        models.load_model(tmp_path / "a.h5")
    with pytest.raises(ValueError, match="it is not a zip archive"):
        models.load_model(tmp_path / "a")


def test_unbuilt_models_have_no_weights_for_a_file(tmp_path, model):
    model.save_weights(tmp_path / "a.h5")
    unbuilt = keras_torch.Sequential([layers.Dense(2)])
    for call in (unbuilt.save_weights, unbuilt.load_weights):
        with pytest.raises(ValueError, match="is not built, so it has no weights to"):
            call(tmp_path / "a.h5")
