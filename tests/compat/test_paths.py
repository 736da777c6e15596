"""The table of module paths."""

import pytest

from keras_torch.compat import paths


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("keras", ""),
        ("keras.layers", "layers"),
        ("keras.src.layers.core.dense", "layers.core.dense"),
        ("tensorflow.keras.models", "models"),
        ("tensorflow.python.keras.utils.np_utils", "utils.np_utils"),
        ("tensorflow.contrib.keras.python.keras.layers", "layers"),
        ("tf_keras.src.engine.base_layer", "engine.base_layer"),
        ("keras_preprocessing.sequence", "preprocessing.sequence"),
        ("tensorflow", None),
        ("tensorflow.data", None),
        ("kerastuner", None),
    ],
)
def test_inside_keras_takes_the_prefix_off(path, inside):
    assert paths.inside_keras(path) == inside


@pytest.mark.parametrize(
    "path",
    [
        "",
        "layers",
        "layers.core",
        "layers.convolutional",
        "layers.recurrent",
        "layers.embeddings",
        "layers.normalization",
        "layers.advanced_activations",
        "layers.merge",
        "layers.experimental.preprocessing",
        "utils.np_utils",
        "engine.topology",
        "legacy.layers",
        "objectives",
        "optimizer_v2.adam",
        "applications.vgg16",
    ],
)
def test_paths_of_all_generations_are_known(path):
    assert paths.is_known(path)


@pytest.mark.parametrize(
    "path", ["layers.Dense", "layers.nonsense", "nonsense", "layers.core.Dense", "training"]
)
def test_other_paths_are_not_known(path):
    assert not paths.is_known(path)


def test_any_depth_is_known_in_the_source_tree_of_old_versions():
    assert paths.is_known("layers.convolutional.conv2d", private=True)
    assert not paths.is_known("layers.convolutional.Conv2D", private=True)


def test_every_family_with_submodules_is_a_family():
    assert set(paths.SUBMODULES) <= set(paths.FAMILIES)
