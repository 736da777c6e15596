"""The alias in this process: which imports work, what errors say."""

import importlib
import importlib.util
import sys
import types

import pytest

import keras_torch
from keras_torch.compat.install import install_as_keras, is_installed, uninstall
from keras_torch.dialects import current_dialect, dialect


@pytest.fixture
def alias(monkeypatch):
    """The alias in force for one test, with whatever was imported under these names put aside."""
    for name in list(sys.modules):
        if name.partition(".")[0] in ("keras", "tensorflow", "tf_keras"):
            monkeypatch.delitem(sys.modules, name)
    with dialect(current_dialect()):
        install_as_keras()
        yield
        uninstall()


@pytest.mark.parametrize(
    "path",
    [
        "keras.layers",
        "keras.layers.core",
        "keras.engine.topology",
        "keras.src.layers.core.dense",
        "keras.legacy.layers",
        "tensorflow.keras.layers",
        "tensorflow.python.keras.layers",
        "tf_keras.layers",
        "keras.api.layers",
        "tensorflow.python.keras.layers.core",
        "keras.layers.experimental.preprocessing",
        "tensorflow.compat.v1.keras.layers",
    ],
)
def test_one_class_under_all_paths(alias, path):
    assert importlib.import_module(path).Dense is keras_torch.layers.Dense


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("keras.layers.convolutional", "Conv2D"),
        ("keras.layers.recurrent", "LSTM"),
        ("keras.layers.embeddings", "Embedding"),
        ("keras.layers.normalization", "BatchNormalization"),
        ("keras.layers.advanced_activations", "LeakyReLU"),
        ("keras.layers.merge", "concatenate"),
        ("keras.layers.wrappers", "TimeDistributed"),
        ("keras.models", "Model"),
        ("keras.utils.np_utils", "to_categorical"),
        ("keras.optimizers", "SGD"),
        ("keras.objectives", "mean_squared_error"),
        ("keras.engine.training", "Model"),
        ("keras.callbacks", "EarlyStopping"),
        ("keras.regularizers", "l2"),
        ("keras.preprocessing.sequence", "pad_sequences"),
        ("keras.optimizers.legacy", "Adam"),
        ("keras", "Sequential"),
        ("tensorflow.keras", "Input"),
        ("keras.initializers", "glorot_uniform"),
    ],
)
def test_names_of_old_modules(alias, path, name):
    assert callable(getattr(importlib.import_module(path), name))


def test_import_statements_in_all_forms(alias):
    namespace = {}
    exec(
        "import keras\nimport keras.layers as kl\nfrom keras import layers, backend as K\n"
        "import tensorflow as tf\nfrom tensorflow import keras as tk\n"
        "from tensorflow.keras import layers as tl\nimport tensorflow.keras.models\n"
        "from keras.layers import *",
        namespace,
    )
    kinds = {
        namespace["keras"].layers.Dense,
        namespace["kl"].Dense,
        namespace["layers"].Dense,
        namespace["Dense"],
        namespace["tf"].keras.layers.Dense,
        namespace["tk"].layers.Dense,
        namespace["tl"].Dense,
    }
    assert kinds == {keras_torch.layers.Dense}
    assert namespace["K"].epsilon() == keras_torch.backend.epsilon()
    assert not any(name.startswith("_") for name in set(namespace) - {"__builtins__"})


def test_missing_name_is_named_with_the_nearest(alias):
    with pytest.raises(
        ImportError, match=r"keras.layers has no `Danse` in keras_torch yet. Nearest known: 'Dense'"
    ):
        exec("from keras.layers import Danse")
    keras = importlib.import_module("keras")
    with pytest.raises(
        AttributeError, match=r"keras has no `Sequentiel` in keras_torch yet. Nearest known: 'Seq"
    ):
        keras.Sequentiel  # noqa: B018 - the access is the test


def test_missing_module_is_named(alias):
    with pytest.raises(ModuleNotFoundError, match=r"keras has no `nonsense` in keras_torch yet"):
        importlib.import_module("keras.nonsense")
    with pytest.raises(ModuleNotFoundError, match=r"keras.layers has no `nonsense`"):
        importlib.import_module("keras.layers.nonsense")
    with pytest.raises(ModuleNotFoundError, match=r"tensorflow has no `nonsense`: keras_torch provides"):
        importlib.import_module("tensorflow.nonsense.deeper")


def test_inner_modules_of_keras_torch_are_not_shown(alias):
    keras = importlib.import_module("keras")
    assert not hasattr(keras, "symbolic") and not hasattr(keras, "compat")


def test_missing_tensorflow_name_says_the_way_in_torch(alias):
    tf = importlib.import_module("tensorflow")
    with pytest.raises(AttributeError, match=r"tensorflow has no `gradients`.*torch.autograd.grad"):
        tf.gradients  # noqa: B018
    with pytest.raises(AttributeError, match=r"tensorflow.math has no `sqroot`.*'sqrt'"):
        tf.math.sqroot  # noqa: B018
    with pytest.raises(ImportError, match=r"tensorflow has no `image`.*torchvision"):
        exec("import tensorflow.image")
    assert not hasattr(tf, "Session")


@pytest.mark.parametrize(
    ("name", "keras_version", "major"),
    [
        ("keras1", "1.2.2", 1),
        ("keras2.2", "2.2.4", 1),
        ("keras2.3", "2.3.1", 2),
        ("tf.keras", "2.21.0", 2),
        ("keras3", "3.15.1", 2),
    ],
)
def test_versions_are_those_of_the_generation(alias, name, keras_version, major):
    install_as_keras(name)
    assert current_dialect() == name
    assert importlib.import_module("keras").__version__ == keras_version
    assert int(importlib.import_module("tensorflow").__version__.split(".")[0]) == major


def test_find_spec_finds_keras_and_leaves_the_question_for_tensorflow_alone(alias, monkeypatch):
    assert importlib.util.find_spec("keras").name == "keras"
    monkeypatch.setattr(sys, "path", [])  # whatever is installed here
    importlib.invalidate_caches()
    assert importlib.util.find_spec("tensorflow") is None
    assert importlib.import_module("tensorflow").keras.layers.Dense is keras_torch.layers.Dense


def test_dir_and_all_list_what_there_is(alias):
    keras = importlib.import_module("keras")
    assert {"layers", "Model", "Sequential"} <= set(dir(keras))
    assert "Dense" in keras.layers.__all__ and "torch" not in keras.layers.__all__


def test_names_can_be_put_into_an_alias_module(alias):
    layers = importlib.import_module("keras.layers")
    layers.Mine = int
    assert layers.Mine is int and not hasattr(keras_torch.layers, "Mine")


def test_installing_twice_adds_one_finder_and_uninstall_removes_it(alias):
    before = len(sys.meta_path)
    install_as_keras()
    assert len(sys.meta_path) == before and is_installed()
    importlib.import_module("keras")
    uninstall()
    assert not is_installed() and "keras" not in sys.modules


@pytest.mark.parametrize("name", ["keras", "tensorflow"])
def test_a_real_keras_that_is_imported_already_is_an_error(monkeypatch, name):
    real = types.ModuleType(name)
    real.__file__ = f"/somewhere/{name}/__init__.py"
    monkeypatch.setitem(sys.modules, name, real)
    with pytest.raises(ImportError, match=rf"`{name}` \(/somewhere/{name}/__init__.py\) is imported already"):
        install_as_keras()
    assert not is_installed()


def test_an_unknown_dialect_is_an_error():
    with pytest.raises(ValueError, match="must be one of keras1.*got 'keras4'"):
        install_as_keras("keras4")
    assert not is_installed()
