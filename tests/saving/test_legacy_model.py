"""Whole models in HDF5: configs of old generations, what compile() was given, and what is refused."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

import keras_torch
from keras_torch import layers, models
from keras_torch.base.files import open_h5_safely
from keras_torch.saving import legacy_model, register_keras_serializable

DATA = Path(__file__).parent / "data" / "legacy_h5"
X = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)


def small(**compiled):
    """A Sequential of two Dense layers, compiled when arguments are given."""
    model = keras_torch.Sequential([layers.Input((3,)), layers.Dense(4, name="one"), layers.Dense(2)])
    if compiled:
        model.compile(**compiled)
    return model


def edited(path, attribute, change):
    """The file with the JSON of an attribute changed (by what `change` returns, or in place)."""
    with h5py.File(path, "a") as file:
        value = json.loads(file.attrs[attribute])
        value = change(value) or value
        file.attrs[attribute] = json.dumps(value)
    return path


@pytest.fixture
def saved(tmp_path):
    """A file of a trained model."""
    model = small(optimizer="adam", loss="mse", metrics=["mae"])
    model.fit(X, np.zeros((4, 2)), verbose=0)
    model.save(tmp_path / "m.h5")
    return tmp_path / "m.h5"


# ---------------------------------------------------------------------- old configs


def test_configs_of_keras_2_are_read(tmp_path):
    model = small()
    model.save(tmp_path / "m.h5")
    scaling = {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None}
    dense = {"activation": "linear", "use_bias": True, "trainable": True,
             "kernel_initializer": {"class_name": "VarianceScaling", "config": scaling},
             "bias_initializer": {"class_name": "Zeros", "config": {}}, "kernel_regularizer": None}
    first = {**dense, "name": "one", "units": 4, "dtype": "float32", "batch_input_shape": [None, 3]}
    configs = [first, {**dense, "name": "two", "units": 2}]
    entries = [{"class_name": "Dense", "config": config} for config in configs]
    for config in (entries, {"name": "sequential_1", "layers": entries}):
        whole = {"class_name": "Sequential", "config": config}
        edited(tmp_path / "m.h5", "model_config", lambda _, whole=whole: whole)
        with h5py.File(tmp_path / "m.h5", "a") as file:
            file.attrs["keras_version"] = np.bytes_("2.2.4")
        again = models.load_model(tmp_path / "m.h5")
        assert np.array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


@pytest.mark.parametrize(
    "version, generation",
    [("1.2.2", "keras1"), ("2.0.9", "keras2.2"), ("2.2.4", "keras2.2"), ("2.3.1", "keras2.3"),
     ("2.2.4-tf", "tf.keras"), ("2.4.0", "tf.keras"), ("2.21.0", "tf.keras"), ("3.0.0", "keras3")],
)  # fmt: skip
def test_the_version_tells_the_generation(version, generation, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["keras_version"] = version
    with open_h5_safely(tmp_path / "a.h5") as file:
        assert legacy_model._dialect_of(file) == generation


def test_a_file_of_ours_is_read_in_the_dialect_of_its_making(saved):
    with h5py.File(saved, "a") as file:
        assert file.attrs["dialect"] == b"keras3"
        file.attrs["dialect"] = np.bytes_("nonsense")
    assert models.load_model(saved).compiled


# ---------------------------------------------------------------------- kinds of models


def test_a_sequential_without_an_input_is_built_as_it_was(tmp_path):
    model = keras_torch.Sequential([layers.Dense(2)])
    model.build((None, 3))
    model.save(tmp_path / "m.h5")
    assert np.array_equal(models.load_model(tmp_path / "m.h5").get_weights()[0], model.get_weights()[0])


def test_a_subclassed_model_is_built_as_it_was(tmp_path):
    @register_keras_serializable("test_legacy_model")
    class Doubling(keras_torch.Model):
        def __init__(self, units=2, **kwargs):
            super().__init__(**kwargs)
            self.dense = layers.Dense(units)

        def call(self, inputs):
            return 2 * self.dense(inputs)

    model = Doubling(3)
    model(torch.zeros(1, 3))
    model.save(tmp_path / "m.h5")
    again = models.load_model(tmp_path / "m.h5")
    assert type(again) is Doubling
    assert np.array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


def test_an_unbuilt_model_is_saved_with_a_warning(tmp_path):
    with pytest.warns(UserWarning, match="is not built: the file will hold no weights"):
        keras_torch.Sequential([layers.Dense(2)]).save(tmp_path / "m.h5")
    assert not models.load_model(tmp_path / "m.h5").built


def test_layers_that_keep_files_are_refused(tmp_path):
    class Words(layers.Dense):
        def save_assets(self, folder):
            """Writes nothing."""

    model = keras_torch.Sequential([layers.Input((3,)), Words(2)])
    with pytest.raises(ValueError, match="save_assets.. keeps files.* '.keras'"):
        model.save(tmp_path / "m.h5")
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------------- compile()


def test_what_compile_was_given_comes_back(saved):
    again = models.load_model(saved)
    assert int(again.optimizer.iterations) == 1
    assert again.evaluate(X, np.zeros((4, 2)), verbose=0, return_dict=True).keys() == {"loss", "mae"}
    with h5py.File(saved) as file:
        assert json.loads(file.attrs["training_config"])["loss"] == "mean_squared_error"


def test_compile_can_be_left_out(saved, tmp_path):
    assert not models.load_model(saved, compile=False).compiled
    small(optimizer="adam", loss="mse").save(tmp_path / "bare.h5", include_optimizer=False)
    assert not models.load_model(tmp_path / "bare.h5").compiled
    with h5py.File(tmp_path / "bare.h5") as file:
        assert "training_config" not in file.attrs and "optimizer_weights" not in file


def test_functions_of_your_own_are_found_in_custom_objects(tmp_path):
    def own_loss(y_true, y_pred):
        return ((y_true - y_pred) ** 2).mean(-1) / 2

    small(optimizer="sgd", loss=own_loss).save(tmp_path / "m.h5")
    assert models.load_model(tmp_path / "m.h5", custom_objects={"own_loss": own_loss}).loss is own_loss
    with pytest.raises(ValueError, match="own_loss"):
        models.load_model(tmp_path / "m.h5")


def test_native_optimizers_are_left_out_with_a_warning(tmp_path):
    model = small(optimizer=torch.optim.Rprop, loss="mse")
    with pytest.warns(UserWarning, match="is saved without its compile.. arguments"):
        model.save(tmp_path / "m.h5")
    assert not models.load_model(tmp_path / "m.h5").compiled


def test_state_that_does_not_fit_is_left_out_with_a_warning(saved):
    with h5py.File(saved, "a") as file:
        group = file["optimizer_weights"]
        group.attrs["weight_names"] = group.attrs["weight_names"][:-1]
    with pytest.warns(UserWarning, match="The optimizer's state in .*m.h5' does not fit and was left out"):
        assert int(models.load_model(saved).optimizer.iterations) == 0


def as_keras_2(file):
    """Puts Adam's state as Keras 2.3 has it: all first slots, all second ones, then placeholders."""
    group = file["optimizer_weights"]
    values = [group[name.decode()][()] for name in group.attrs["weight_names"]]
    count, first, second = values[0], values[2::2], values[3::2]
    del file["optimizer_weights"]
    group = file.create_group("optimizer_weights")
    values = [count, *first, *second, *(np.zeros(1, "float32") for _ in first)]
    names = ["Adam/iterations:0", *(f"Adam/Variable_{number}:0" for number in range(len(values) - 1))]
    for name, value in zip(names, values):
        group[name] = value
    group.attrs["weight_names"] = [name.encode() for name in names]
    file.attrs["keras_version"] = np.bytes_("2.3.1")
    del file.attrs["dialect"]


def test_state_stored_slot_by_slot_is_put_in_order(saved):
    expected = [variable.numpy() for variable in models.load_model(saved).optimizer.variables]
    with h5py.File(saved, "a") as file:
        as_keras_2(file)
    found = [variable.numpy() for variable in models.load_model(saved).optimizer.variables]
    assert len(found) == 10
    assert all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True))


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda config: {"loss": "mse"}, "tells no optimizer, so the model was not compiled"),
        (lambda config: {**config, "sample_weight_mode": "temporal"}, "sample_weight_mode='temporal'"),
    ],
)
def test_what_is_not_restored_is_told(change, message, saved):
    with pytest.warns(UserWarning, match=message):
        models.load_model(edited(saved, "training_config", change))


# ---------------------------------------------------------------------- what is refused


def test_files_of_weights_are_no_models(tmp_path):
    small().save_weights(tmp_path / "w.h5")
    small().save_weights(tmp_path / "w.weights.h5")
    for name in ("w.h5", "w.weights.h5"):
        with pytest.raises(ValueError, match="holds no whole model.*call load_weights"):
            models.load_model(tmp_path / name)


@pytest.mark.parametrize("name", ["Lambda", "Dense"])
def test_code_in_a_file_is_refused(name, saved):
    def put(config):
        code = ["4wEAAAA=", None, None]
        config_of_lambda = {"name": "mine", "function": code, "function_type": "lambda"}
        entry = {"class_name": "Lambda", "config": config_of_lambda}
        if name == "Lambda":
            config["config"]["layers"].append(entry)
        else:
            config["config"]["layers"][1]["config"]["activation"] = {"class_name": "__lambda__",
                                                                     "config": {"code": "4wE="}}

    with pytest.raises(ValueError, match="code"):
        models.load_model(edited(saved, "model_config", put))


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", "is damaged: its model_config cannot be read"),
        ("[" * 200_000, "nested too deeply|is damaged"),
        ("[]", "its model_config describes no model"),
        ('{"class_name": "Dense", "config": {"units": 3}}', "holds a Dense, which is no model"),
        ('{"class_name": "Seqential", "config": {}}', "Nothing is called 'Seqential' here"),
        ('{"class_name": "Functional", "config": {"layers": 3}}', "does not describe a model"),
        ('{"class_name": "Sequential", "config": {"layers": 3}}', "does not describe a model"),
        ('{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense"}]}}', "describe a model"),
        ('{"class_name": ["Sequential"], "config": {}}', "does not describe a model"),
        ([1, 2], "its attribute 'model_config' is no text"),
        (3, "'model_config' holds int64 where text belongs"),
    ],
)
def test_configs_that_describe_no_model_are_refused(text, message, saved):
    with h5py.File(saved, "a") as file:
        file.attrs["model_config"] = text
    with pytest.raises(ValueError, match=message):
        models.load_model(saved)


def test_sizes_beyond_the_file_are_refused_before_memory_is_taken(saved):
    def grow(config):
        config["config"]["layers"][1]["config"]["units"] = 10 ** 9

    with pytest.raises(ValueError, match="more than the file .* holds"):
        models.load_model(edited(saved, "model_config", grow))


def test_a_file_that_does_not_tell_the_input_is_refused(saved):
    def forget(config):
        del config["config"]["layers"][0], config["config"]["build_input_shape"]
        for entry in config["config"]["layers"]:
            entry.pop("build_config", None)

    with pytest.raises(ValueError, match="does not tell the shape of the model's input"):
        models.load_model(edited(saved, "model_config", forget))


def test_functions_of_tensorflow_are_named(saved):
    with pytest.raises(ValueError, match="calls a function of TensorFlow"):
        models.load_model(edited(saved, "model_config", lambda c: c["config"]["layers"].append(
            {"class_name": "TFOpLambda", "config": {"name": "add", "function": "math.add"}, "name": "add"})))


def test_a_failed_write_leaves_the_old_file(saved, monkeypatch):
    before = saved.read_bytes()
    monkeypatch.setattr(legacy_model.legacy_h5, "write_weights", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        small().save(saved)
    assert saved.read_bytes() == before and [path.name for path in saved.parent.iterdir()] == ["m.h5"]
