"""`.keras`: whole models go to a file and come back, also those of real Keras; hostile files are refused."""

from __future__ import annotations

import json
import os
import pathlib
import zipfile

import h5py
import numpy as np
import pytest
import torch
from cases import reference_files
from cases.keras_file_models import MODELS, batches

import keras_torch
from keras_torch import callbacks, layers, losses, metrics, models, optimizers
from keras_torch.saving import register_keras_serializable

DATA = pathlib.Path(__file__).parent / "data" / "keras_files"
STORED = [
    (writer, path.stem)
    for writer in ("keras3", "tf_keras")
    for path in sorted((DATA / writer).glob("*.keras"))
]


def small_model(**compiled):
    """A Sequential with two Dense layers, compiled when arguments are given."""
    model = keras_torch.Sequential([layers.Input((4,)), layers.Dense(3, "tanh"), layers.Dense(1)])
    if compiled:
        model.compile(**compiled)
    return model


def data():
    """(x, y) for `small_model`."""
    random = np.random.RandomState(0)
    return random.rand(16, 4).astype("float32"), random.rand(16, 1).astype("float32")


def round_trip(model, tmp_path, **arguments):
    """The model after save and load."""
    model.save(tmp_path / "one.keras")
    return models.load_model(tmp_path / "one.keras", **arguments)


def config_of(path):
    """config.json of a file."""
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json"))


def rewritten(path, replace=None, members=None, drop=(), compression=zipfile.ZIP_STORED):
    """Another file beside `path` with its config changed by `replace`, members added or left out."""
    other = path.with_name("other.keras")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(other, "w", compression) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json" and replace is not None:
                config = json.loads(content)
                content = json.dumps(replace(config) or config)
            if name not in drop:
                target.writestr(name, (members or {}).get(name, content))
        for name, content in (members or {}).items():
            if name not in source.namelist():
                target.writestr(name, content)
    return other


@pytest.fixture
def saved(tmp_path):
    """The file of a small model."""
    small_model().save(tmp_path / "one.keras")
    return tmp_path / "one.keras"


# ---------------------------------------------------------------------- round trips


@pytest.mark.parametrize("name", MODELS)
def test_training_goes_on_as_if_it_had_never_stopped(name, tmp_path):
    model, (x, y) = MODELS[name](keras_torch), batches(name)
    model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
    again = round_trip(model, tmp_path)
    assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    assert int(again.optimizer.iterations) == 4
    assert float(again.optimizer.learning_rate) == float(model.optimizer.learning_rate)
    histories = [
        one.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0).history for one in (model, again)
    ]
    assert histories[0] == histories[1]
    assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize(
    "optimizer",
    [
        optimizers.Nadam(0.01),
        optimizers.Adam(0.01, use_ema=True, ema_overwrite_frequency=2),
        optimizers.SGD(0.1, momentum=0.5, gradient_accumulation_steps=3),
        optimizers.Ftrl(0.1),
        optimizers.Lion(1e-3),
        optimizers.LossScaleOptimizer(optimizers.SGD(0.1)),
        optimizers.RMSprop(0.01, momentum=0.3, centered=True),
        optimizers.SGD(optimizers.schedules.CosineDecay(0.1, 20)),
    ],
    ids=lambda one: type(one).__name__,
)
def test_every_kind_of_optimizer_state_comes_back(optimizer, tmp_path):
    model, (x, y) = small_model(optimizer=optimizer, loss="mse"), data()
    model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
    again = round_trip(model, tmp_path)
    for one in (model, again):
        one.fit(x, y, epochs=1, batch_size=4, shuffle=False, verbose=0)
    assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize("writer, name", STORED, ids=lambda part: part)
def test_files_of_real_keras_predict_and_train_as_there(writer, name):
    answers, (x, y) = np.load(DATA / writer / f"{name}.npz"), batches(name)
    model = models.load_model(DATA / writer / f"{name}.keras")
    assert reference_files.distance(model.predict(x, verbose=0), answers["before"]) < 1e-6
    model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
    assert reference_files.distance(model.predict(x, verbose=0), answers["after"]) < 1e-5


def test_compile_arguments_come_back(tmp_path):
    model = small_model(
        optimizer=optimizers.Adam(0.25, clipnorm=2.0),
        loss=losses.Huber(delta=0.5),
        loss_weights=[2.0],
        metrics=["mae", metrics.MeanSquaredError(name="second")],
        weighted_metrics=["mse"],
        steps_per_execution=3,
    )
    config = round_trip(model, tmp_path).get_compile_config()
    assert config == model.get_compile_config()
    assert config["steps_per_execution"] == 3 and config["loss"]["config"]["delta"] == 0.5
    assert config["optimizer"]["config"]["clipnorm"] == 2.0


def test_a_model_that_never_trained_keeps_a_fresh_optimizer(tmp_path):
    again = round_trip(small_model(optimizer="sgd", loss="mse"), tmp_path)
    assert again.compiled and int(again.optimizer.iterations) == 0
    again.fit(*data(), verbose=0)


def test_compile_false_and_include_optimizer_false_give_a_model_that_is_not_compiled(tmp_path):
    model = small_model(optimizer="adam", loss="mse")
    model.fit(*data(), verbose=0)
    assert not round_trip(model, tmp_path, compile=False).compiled
    model.save(tmp_path / "bare.keras", include_optimizer=False, save_format="keras")
    assert not models.load_model(tmp_path / "bare.keras").compiled
    with zipfile.ZipFile(tmp_path / "bare.keras") as archive:
        archive.extract("model.weights.h5", tmp_path)
    with h5py.File(tmp_path / "model.weights.h5") as file:
        assert "optimizer" not in file


def test_frozen_layers_leave_the_optimizer_out_with_a_warning(tmp_path):
    model = small_model(optimizer="adam", loss="mse")
    model.fit(*data(), verbose=0)
    model.layers[0].trainable = False
    with pytest.warns(UserWarning, match="optimizer's state in .* does not fit and was left out"):
        round_trip(model, tmp_path)


def test_save_model_is_the_same_function(tmp_path):
    models.save_model(small_model(), str(tmp_path / "one.keras"))
    assert keras_torch.saving.load_model(str(tmp_path / "one.keras")).count_params() == 19


def test_the_file_looks_as_keras_writes_it(saved):
    with zipfile.ZipFile(saved) as archive:
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
        metadata = json.loads(archive.read("metadata.json"))
    assert metadata["keras_version"].startswith("3.") and metadata["dialect"] == "keras3"
    config = config_of(saved)
    assert config["module"] == "keras" and config["class_name"] == "Sequential"
    assert config["build_config"] == {"input_shape": [None, 4]}
    assert config["config"]["layers"][1]["module"] == "keras.layers"


# ---------------------------------------------------------------------- architectures


def test_a_layer_of_two_models_stays_one_layer(tmp_path):
    dense, first, second = layers.Dense(4, name="both"), keras_torch.Input((4,)), keras_torch.Input((4,))
    inner = keras_torch.Model(first, dense(first), name="inner")
    model = keras_torch.Model(second, dense(inner(second)))
    again = round_trip(model, tmp_path)
    assert again.get_layer("both") is again.get_layer("inner").get_layer("both")
    assert len(again.weights) == 2
    x = torch.rand(2, 4)
    assert torch.equal(again(x), model(x))


def test_torch_functions_in_a_graph_come_back(tmp_path):
    symbol = keras_torch.Input((4,))
    hidden = torch.relu(layers.Dense(4)(symbol)) * 2.0 + symbol[:, :1]
    model = keras_torch.Model(
        {"a": symbol}, [hidden, torch.cat([hidden, symbol], dim=-1).sum(-1, keepdim=True)]
    )
    x = torch.rand(3, 4)
    for ours, theirs in zip(round_trip(model, tmp_path)({"a": x}), model({"a": x})):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "float64"])
def test_dtype_policies_come_back(policy, tmp_path):
    model = keras_torch.Sequential([layers.Input((4,)), layers.Dense(2, dtype=policy)])
    again = round_trip(model, tmp_path)
    assert again.layers[0].dtype_policy.name == policy
    assert again.layers[0].kernel.dtype == model.layers[0].kernel.dtype
    x = torch.rand(2, 4)
    assert torch.equal(again(x), model(x))


@pytest.mark.parametrize("module, name", [("keras", "DTypePolicy"), ("keras.mixed_precision", "Policy")])
def test_dtype_policy_objects_of_both_kerases_are_understood(module, name, saved):
    def replace(config):
        config["config"]["layers"][1]["config"]["dtype"] = {
            "module": module,
            "class_name": name,
            "config": {"name": "mixed_float16"},
            "registered_name": None,
        }

    assert models.load_model(rewritten(saved, replace)).layers[0].compute_dtype == "float16"


def test_an_older_dialect_comes_back_with_the_file(tmp_path):
    with keras_torch.dialects.dialect("keras2.2"):
        model = keras_torch.Sequential([layers.Input((3, 2)), layers.LSTM(2)])
        model.save(tmp_path / "one.keras")
    x = torch.rand(2, 3, 2) * 9
    assert torch.equal(models.load_model(tmp_path / "one.keras")(x), model(x))


@register_keras_serializable("files")
class Scaled(layers.Layer):
    """A layer with a weight, state and its own files."""

    def __init__(self, start=2.0, words=(), **kwargs):
        super().__init__(**kwargs)
        self.start, self.words = start, list(words)

    def build(self, input_shape):
        self.factor = self.add_weight(shape=(), initializer=keras_torch.initializers.Constant(self.start))
        self.calls = self.add_weight(shape=(), initializer="zeros", dtype="int64", trainable=False)

    def call(self, inputs):
        return inputs * self.factor

    def get_config(self):
        return {**super().get_config(), "start": self.start}

    def save_assets(self, folder):
        pathlib.Path(folder, "words.txt").write_text("\n".join(self.words))

    def load_assets(self, folder):
        self.words = pathlib.Path(folder, "words.txt").read_text().split("\n")


@register_keras_serializable("files")
class Tower(keras_torch.Model):
    """A subclassed model."""

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.blocks = [layers.Dense(width), layers.Dense(width)]
        self.head = layers.Dense(1)

    def call(self, inputs):
        for block in self.blocks:
            inputs = torch.relu(block(inputs))
        return self.head(inputs)

    def get_config(self):
        return {**super().get_config(), "width": self.width}


def test_registered_layers_come_back_with_their_own_files(tmp_path):
    model = keras_torch.Sequential([layers.Input((2,)), Scaled(3.0, ["one", "two"])])
    again = round_trip(model, tmp_path)
    assert isinstance(again.layers[0], Scaled) and again.layers[0].words == ["one", "two"]
    assert again.layers[0].calls.dtype == torch.int64 and float(again(torch.ones(1, 2)).detach().sum()) == 6.0
    with zipfile.ZipFile(tmp_path / "one.keras") as archive:
        assert "assets/layers/scaled/words.txt" in archive.namelist()


def test_subclassed_models_come_back_trained(tmp_path):
    model, (x, y) = Tower(3), data()
    model.compile("adam", "mse")
    model.fit(x, y, epochs=2, verbose=0, shuffle=False)
    again = round_trip(model, tmp_path)
    assert isinstance(again, Tower) and again.width == 3
    for one in (model, again):
        one.fit(x, y, epochs=1, verbose=0, shuffle=False)
    assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


class Unregistered(layers.Layer):
    """A layer that only custom_objects can name."""

    def call(self, inputs):
        return inputs + 1


def doubled(inputs):
    """A named function of the user."""
    return inputs * 2


def off_by(y_true, y_pred):
    """A loss of the user."""
    return (y_true - y_pred).abs().mean(-1)


def test_custom_objects_give_classes_and_functions_a_meaning(tmp_path):
    model = keras_torch.Sequential([layers.Input((4,)), Unregistered(), layers.Dense(1, activation=doubled)])
    model.compile("sgd", off_by, metrics=[off_by])
    custom = {"Unregistered": Unregistered, "doubled": doubled, "off_by": off_by}
    again = round_trip(model, tmp_path, custom_objects=custom)
    x, y = data()
    assert again.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
    with keras_torch.saving.custom_object_scope(custom):
        models.load_model(tmp_path / "one.keras")
    with pytest.raises(
        ValueError, match="Nothing is called 'Unregistered' here. .* pass it in custom_objects"
    ):
        models.load_model(tmp_path / "one.keras")
    with pytest.raises(ValueError, match="Nothing is called 'off_by' here"):
        models.load_model(tmp_path / "one.keras", custom_objects={**custom, "off_by": None})


def test_an_unknown_class_names_the_nearest(saved):
    def replace(config):
        config["config"]["layers"][1]["class_name"] = "Dnse"

    with pytest.raises(ValueError, match="Nothing is called 'Dnse' here. Nearest known: 'dense', 'Dense'"):
        models.load_model(rewritten(saved, replace))


def test_functions_of_tensorflow_in_a_graph_are_named(saved):
    def replace(config):
        config["config"]["layers"][1].update(class_name="TFOpLambda", name="tf.math.multiply")

    with pytest.raises(ValueError, match="'tf.math.multiply' calls a function of TensorFlow"):
        models.load_model(rewritten(saved, replace))


@register_keras_serializable("files")
class OwnCompile(keras_torch.Model):
    """A model with its own compile()."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(1)

    def call(self, inputs):
        return self.dense(inputs)

    def compile(self, rate):
        super().compile(optimizers.SGD(rate), "mse")


def test_a_class_with_its_own_compile_is_left_uncompiled_with_a_warning(tmp_path):
    model = OwnCompile()
    model.compile(rate=0.5)
    model.fit(*data(), verbose=0)
    with pytest.warns(UserWarning, match="was not compiled: its class has its own compile"):
        assert not round_trip(model, tmp_path).compiled


def test_a_torch_optimizer_is_left_out_with_a_warning(tmp_path):
    model = small_model(optimizer=torch.optim.Adam, loss="mse")
    model.fit(*data(), verbose=0)
    with pytest.warns(UserWarning, match="saved without its compile.. arguments: Adam is a torch optimizer"):
        model.save(tmp_path / "one.keras")
    assert not models.load_model(tmp_path / "one.keras").compiled


# ---------------------------------------------------------------------- code in files


def test_lambdas_are_not_stored_and_come_back_from_custom_objects(tmp_path):
    model = keras_torch.Sequential([layers.Input((2,)), layers.Lambda(lambda x: x * 3, name="triple")])
    with pytest.warns(UserWarning, match="has 1 lambda.* load_model.. will need custom_objects"):
        model.save(tmp_path / "one.keras")
    with pytest.raises(
        ValueError, match='Lambda "triple" is stored with the code of a Python function, which is never'
    ):
        models.load_model(tmp_path / "one.keras")
    again = models.load_model(tmp_path / "one.keras", custom_objects={"triple": lambda x: x * 3})
    assert float(again(torch.ones(1, 2)).sum()) == 6.0


def test_code_of_keras_is_refused_wherever_it_stands(saved):
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}

    def replace(config):
        config["config"]["layers"][1]["config"]["activation"] = code

    with pytest.raises(ValueError, match='Dense "dense.*" is stored with the code of a Python function'):
        models.load_model(rewritten(saved, replace))


def test_safe_mode_cannot_be_switched_off(saved):
    with pytest.raises(ValueError, match="load_model.*`safe_mode` must be True: code in files is never run"):
        models.load_model(saved, safe_mode=False)


@pytest.mark.parametrize(
    "module, name",
    [
        ("os", "system"),
        ("keras.utils", "get_file"),
        ("builtins", "eval"),
        ("keras.config", "enable_unsafe_deserialization"),
    ],
)
def test_a_file_cannot_name_what_is_not_ours(module, name, saved):
    def replace(config):
        config["config"]["layers"][1]["config"]["activation"] = {
            "module": module,
            "class_name": "function",
            "config": name,
            "registered_name": name,
        }

    with pytest.raises(ValueError, match=f"Nothing is called '{name}' here"):
        models.load_model(rewritten(saved, replace))


# ---------------------------------------------------------------------- hostile and damaged


@pytest.mark.parametrize(
    "name", ["../outside.txt", "/etc/passwd", "assets/../../x", "assets//x", "assets/a\\b", "more"]
)
def test_members_that_do_not_belong_there_are_refused(name, saved):
    with pytest.raises(ValueError, match="is refused: it holds .* only config.json, metadata.json"):
        models.load_model(rewritten(saved, members={name: "x"}))


def test_a_member_may_not_stand_twice(saved):
    with zipfile.ZipFile(saved, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("config.json", "{}")
    with pytest.raises(ValueError, match="is refused: it holds 'config.json' twice"):
        models.load_model(saved)


@pytest.mark.parametrize("name", ["config.json", "metadata.json", "model.weights.h5"])
def test_sizes_are_limited_before_anything_is_unpacked(name, saved):
    bomb = rewritten(saved, members={name: b" " * (80 * 2**20)}, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(
        ValueError, match=f"is refused: it declares 83886080 bytes for '{name}', more than the"
    ):
        models.load_model(bomb)


def test_other_compressions_are_refused(saved):
    with pytest.raises(ValueError, match="by a method other than deflate"):
        models.load_model(rewritten(saved, compression=zipfile.ZIP_BZIP2))


def test_encrypted_members_are_refused(saved):
    content = bytearray(saved.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(mark) + offset] |= 1
    saved.write_bytes(bytes(content))
    with pytest.raises(ValueError, match="is refused: it keeps 'metadata.json' encrypted"):
        models.load_model(saved)


def test_deflated_files_are_read(saved):
    assert models.load_model(rewritten(saved, compression=zipfile.ZIP_DEFLATED)).built


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_missing_members_are_named(name, saved):
    with pytest.raises(ValueError, match=f"is no .keras file: it holds no {name}; it holds"):
        models.load_model(rewritten(saved, drop=[name]))


@pytest.mark.parametrize(
    "content, message",
    [(b"", "is no .keras file: it is not a zip archive"), (b"PK\x03\x04 cut off", "is not a zip archive")],
)
def test_files_that_are_no_archives_are_refused(content, message, tmp_path):
    (tmp_path / "x.keras").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        models.load_model(tmp_path / "x.keras")


@pytest.mark.parametrize(
    "content, message",
    [
        ("{", "is damaged: config.json cannot be read"),
        ("[" * 200_000, "nests config.json too deeply|is damaged"),
        ("[]", "describes no model"),
        ('{"class_name": "Adam", "config": {}}', "holds a Adam, which is no model"),
        (
            '{"class_name": "Functional", '
            '"config": {"layers": [], "input_layers": [["x", 0, 0]], "output_layers": []}}',
            "is damaged: its config.json does not describe a model",
        ),
        (
            '{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": 3}]}}',
            "config of a Dense must be a dictionary",
        ),
    ],
)
def test_configs_that_describe_no_model_are_refused(content, message, saved):
    with pytest.raises(ValueError, match=message):
        models.load_model(rewritten(saved, members={"config.json": content}))


def test_flipped_bits_are_noticed(saved):
    content = bytearray(saved.read_bytes())
    content[-2000] ^= 0xFF
    saved.write_bytes(bytes(content))
    with pytest.raises(ValueError, match="is damaged: model.weights.h5 cannot be read .*Bad CRC"):
        models.load_model(saved)


def test_weights_that_are_no_hdf5_are_refused(saved):
    with pytest.raises(ValueError, match="is damaged: model.weights.h5 is no HDF5 file"):
        models.load_model(rewritten(saved, members={"model.weights.h5": b"no" * 600}))


def test_a_config_may_not_want_more_memory_than_the_file_holds_weights(saved):
    def replace(config):
        config["config"]["layers"][1]["config"]["units"] = 10**9

    with pytest.raises(
        ValueError, match="wants a weight of shape .4, 1000000000., more than the file .* holds"
    ):
        models.load_model(rewritten(saved, replace))


def test_weights_of_another_architecture_are_refused(saved):
    def replace(config):
        config["config"]["layers"][1]["config"]["units"] = 5

    with pytest.raises(
        ValueError, match="has shape .4, 3.; the model's weight has .4, 5.|another architecture"
    ):
        models.load_model(rewritten(saved, replace))


def test_links_in_the_weights_are_refused(saved, tmp_path):
    with h5py.File(tmp_path / "evil.h5", "w") as file:
        file["layers/dense/vars/0"] = h5py.ExternalLink("/etc/passwd", "/x")
        file["layers/dense/vars/1"] = np.zeros(3)
    evil = rewritten(saved, members={"model.weights.h5": (tmp_path / "evil.h5").read_bytes()})
    with pytest.raises(ValueError, match="is a link"):
        models.load_model(evil)


def test_state_of_unknown_shape_is_not_read(tmp_path):
    model = small_model(optimizer="adam", loss="mse")
    model.fit(*data(), verbose=0)
    model.save(tmp_path / "one.keras")
    with zipfile.ZipFile(tmp_path / "one.keras") as archive:
        archive.extract("model.weights.h5", tmp_path)
    with h5py.File(tmp_path / "model.weights.h5", "a") as file:
        del file["optimizer/vars/2"]
        file.create_dataset("optimizer/vars/2", (2**40,), "float32", chunks=(1024,))
    bomb = rewritten(
        tmp_path / "one.keras", members={"model.weights.h5": (tmp_path / "model.weights.h5").read_bytes()}
    )
    with pytest.warns(
        UserWarning, match="it holds a variable of shape .1099511627776,., which 'adam' does not have"
    ):
        models.load_model(bomb)


def test_a_user_class_that_fails_keeps_its_own_error(tmp_path):
    class Broken(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.missing_attribute_of_mine.append(1)

    keras_torch.Sequential([layers.Input((2,)), Unregistered()]).save(tmp_path / "one.keras")
    with pytest.raises(AttributeError, match="missing_attribute_of_mine"):
        models.load_model(tmp_path / "one.keras", custom_objects={"Unregistered": Broken})


# ---------------------------------------------------------------------- paths and formats


@pytest.mark.parametrize(
    "name, message",
    [
        ("folder", "ends in '.keras', or in '.h5' for HDF5 of Keras 2; got .*keras1 and keras2.x do"),
        ("m.weights.h5", "holds weights only: use save_weights.. and load_weights"),
    ],
)
def test_other_names_tell_the_way_out(name, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        small_model().save(tmp_path / name)


def test_a_folder_is_another_format(tmp_path):
    with pytest.raises(ValueError, match="is a folder, such as TensorFlow's SavedModel"):
        models.load_model(tmp_path)


def test_checkpoints_without_an_ending_say_which_names_to_use(tmp_path):
    x, y = data()
    for only_weights, match in ((False, "a name that ends in '.keras'"), (True, "ends in '.weights.h5'")):
        model = small_model(optimizer="sgd", loss="mse")
        saver = callbacks.ModelCheckpoint(tmp_path / "best", save_weights_only=only_weights)
        with pytest.raises(ValueError, match=match):
            model.fit(x, y, verbose=0, callbacks=[saver])
        assert int(model.optimizer.iterations) == 0


def test_checkpoints_save_whole_models(tmp_path):
    model, (x, y) = small_model(optimizer="adam", loss="mse"), data()
    model.fit(x, y, epochs=2, verbose=0, callbacks=[callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras")])
    assert sorted(os.listdir(tmp_path)) == ["1.keras", "2.keras"]
    assert np.array_equal(
        models.load_model(tmp_path / "2.keras").predict(x, verbose=0), model.predict(x, verbose=0)
    )


def test_missing_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file .*nothing.keras"):
        models.load_model(tmp_path / "nothing.keras")
    with pytest.raises(TypeError, match="`filepath` must be a path"):
        small_model().save(3)


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"zipped": False}, ValueError, "`zipped` must be None or True"),
        ({"save_format": "tf"}, ValueError, "`save_format` must be 'keras' or 'h5'; got 'tf'. Tensor"),
        ({"signatures": 1}, ValueError, "`signatures` must be None"),
        ({"overwrte": True}, TypeError, "no argument `overwrte`. Nearest known: 'overwrite'"),
    ],
)
def test_options_of_other_formats_are_refused(arguments, error, message, tmp_path):
    with pytest.raises(error, match=message):
        small_model().save(tmp_path / "one.keras", **arguments)


def test_overwrite_false_keeps_the_file(saved):
    with pytest.raises(FileExistsError, match="exists already. Pass overwrite=True"):
        small_model().save(saved, overwrite=False)


def test_a_failure_leaves_the_old_file_and_nothing_else(saved, monkeypatch):
    before = saved.read_bytes()
    model = small_model()
    monkeypatch.setattr(type(model.layers[0]), "save_own_variables", lambda self, store: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        model.save(saved)
    assert saved.read_bytes() == before and os.listdir(saved.parent) == ["one.keras"]


def test_a_model_that_is_not_built_is_saved_with_a_warning(tmp_path):
    model = keras_torch.Sequential([layers.Dense(2)])
    with pytest.warns(UserWarning, match="is not built: the file will hold no weights"):
        model.save(tmp_path / "one.keras")
    again = models.load_model(tmp_path / "one.keras")
    assert not again.built and again(torch.ones(1, 3)).shape == (1, 2)


def test_a_config_that_json_cannot_hold_is_named(tmp_path):
    class Holder(layers.Layer):
        def call(self, inputs):
            return inputs

        def get_config(self):
            return {**super().get_config(), "thing": object()}

    model = keras_torch.Sequential([layers.Input((2,)), Holder()])
    with pytest.raises(
        TypeError, match="its config holds <object .*which a file cannot hold. Give its class a get_config"
    ):
        model.save(tmp_path / "one.keras")


def test_load_weights_reads_whole_model_files(saved):
    model = small_model()
    model.load_weights(saved)
    assert all(
        np.array_equal(a, b) for a, b in zip(model.get_weights(), models.load_model(saved).get_weights())
    )
    with pytest.raises(ValueError, match="is not built, so it has no weights to load into"):
        keras_torch.Sequential([layers.Dense(2)]).load_weights(saved)
    other = keras_torch.Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(2)])
    with pytest.warns(UserWarning, match="skip_mismatch=True. left out: layers/dense_1"):
        other.load_weights(saved, skip_mismatch=True)
    assert np.array_equal(other.get_weights()[0], model.get_weights()[0])
