"""Sources of a graph, pictures of models, data sets in two parts, the window itself."""

import sys
import types

import numpy as np
import pytest
import torch

import keras_torch
from keras_torch import utils
from keras_torch.layers import Add, Dense, Input
from keras_torch.models import Model, Sequential


class _Recorded(types.SimpleNamespace):
    """Stands for a graph of pydot."""

    def __init__(self, **options):
        super().__init__(options=options, nodes=[], edges=[], subgraphs=[])

    def set_node_defaults(self, **options):
        self.defaults = options

    def add_node(self, node):
        self.nodes.append(node)

    def add_edge(self, edge):
        self.edges.append(edge)

    def add_subgraph(self, graph):
        self.subgraphs.append(graph)

    def write(self, path, format):
        if format == "png":
            raise FileNotFoundError('"dot" not found')
        with open(path, "w") as file:
            file.write(format)


@pytest.fixture
def pydot(monkeypatch):
    """A module that records what is drawn."""
    stand_in = types.ModuleType("pydot")
    stand_in.Dot = stand_in.Cluster = _Recorded
    stand_in.Node = lambda name, label: (name, label)
    stand_in.Edge = lambda source, target: (source, target)
    monkeypatch.setitem(sys.modules, "pydot", stand_in)


def _model():
    x, y = Input((2,), name="x"), Input((3,), name="y")
    inner = Sequential([Input((2,)), Dense(3, activation="relu", name="deep")], name="inner")
    return Model([x, y], Dense(1, name="head")(Add(name="sum")([inner(x), y])))


def test_source_inputs_are_found_once_each():
    x, y = Input((2,)), Input((2,))
    assert utils.get_source_inputs(Add()([Dense(2)(x), x, Dense(2)(y)])) == [x, y]
    with pytest.raises(TypeError, match="takes symbols of a graph; got Tensor"):
        utils.get_source_inputs(torch.ones(1))


def test_a_model_is_drawn_box_by_box(pydot):
    model = _model()
    graph = utils.model_to_dot(
        model, show_shapes=True, show_dtype=True, show_layer_activations=True, show_trainable=True
    )
    names = {name: label for name, label in graph.nodes}
    labels = {label.split("\n")[0]: label for label in names.values()}
    assert list(labels) == [operation.name for operation in model.operations]
    assert "output: (None, 1)" in labels["head"] and "float32" in labels["head"]
    assert "activation: linear" in labels["head"] and "trainable" in labels["head"]
    assert len(graph.edges) == 4 and {end for edge in graph.edges for end in edge} <= set(names)
    nested = utils.model_to_dot(model, expand_nested=True)
    assert len(nested.subgraphs) == 1 and len(nested.nodes) == 4
    part = utils.model_to_dot(model, layer_range=("sum", "head"))
    assert [label.split("\n")[0] for _, label in part.nodes] == ["sum", "head"]


def test_a_picture_is_written(pydot, tmp_path):
    utils.plot_model(_model(), tmp_path / "model.dot")
    assert (tmp_path / "model.dot").read_text() == "raw"
    with pytest.raises(ImportError, match="Install Graphviz"):
        utils.plot_model(_model(), tmp_path / "model")


@pytest.mark.parametrize(
    "call, error, sentence",
    [
        (lambda: utils.model_to_dot(_model(), rankdir="up"), ValueError, "`rankdir` must be one of 'TB'"),
        (lambda: utils.model_to_dot(Sequential([Dense(2)])), ValueError, "`model` must be a built model"),
        (
            lambda: utils.model_to_dot(_model(), layer_range=("a", "b")),
            ValueError,
            "two names of layers of the model",
        ),
    ],
)
def test_errors_of_drawing(pydot, call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()


def test_drawing_needs_pydot(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydot", None)
    with pytest.raises(ImportError, match="The package 'pydot' is needed to draw models"):
        utils.plot_model(_model())


def test_split_dataset_by_fraction_and_number():
    x, y = np.arange(20).reshape(10, 2), np.arange(10)
    left, right = utils.split_dataset((x, y), left_size=0.7)
    assert len(left) == 7 and len(right) == 3
    rows, label = right[0]
    assert rows.tolist() == [14, 15] and label == 7
    left, right = utils.split_dataset({"x": x}, right_size=2, shuffle=True, seed=1)
    assert len(left) == 8 and set(left[0]) == {"x"}
    again, _ = utils.split_dataset({"x": x}, right_size=2, shuffle=True, seed=1)
    assert [item["x"].tolist() for item in left] == [item["x"].tolist() for item in again]
    data = torch.utils.data.TensorDataset(torch.arange(4))
    left, right = utils.split_dataset(data, left_size=1, right_size=2)
    assert len(left) == 1 and [int(item[0]) for item in right] == [1, 2]


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: utils.split_dataset(np.zeros(4)), "needs `left_size` or `right_size`"),
        (lambda: utils.split_dataset(np.zeros(4), 1.5), "`left_size` must be a fraction between 0 and 1"),
        (lambda: utils.split_dataset(np.zeros(4), 3, 3), "parts of 3 and 3 samples cannot be made of 4"),
        (lambda: utils.split_dataset((np.zeros(4), np.zeros(3)), 0.5), r"the arrays have \[3, 4\] samples"),
        (lambda: utils.split_dataset([1, 2], 0.5), "arrays or a torch Dataset"),
        (
            lambda: utils.split_dataset(np.zeros(4), 0.5, preferred_backend="jax"),
            "`preferred_backend` must be",
        ),
    ],
)
def test_errors_of_splitting(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


@pytest.mark.parametrize(
    "name",
    """get_custom_objects CustomObjectScope custom_object_scope get_file Progbar
    register_keras_serializable get_registered_name get_registered_object serialize_keras_object PyDataset
    deserialize_keras_object Sequence unpack_x_y_sample_weight pack_x_y_sample_weight set_random_seed
    to_categorical normalize get_source_inputs split_dataset plot_model model_to_dot clear_session
    pad_sequences is_keras_tensor standardize_dtype""".split(),
)
def test_the_window_shows(name):
    assert callable(getattr(utils, name))


def test_modules_on_demand():
    for name in (
        "backend",
        "config",
        "datasets",
        "dtype_policies",
        "mixed_precision",
        "preprocessing",
        "random",
        "saving",
        "tree",
        "utils",
    ):
        assert getattr(keras_torch, name).__name__ == f"keras_torch.{name}" and name in dir(keras_torch)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        keras_torch.nonsense  # noqa: B018 - asking is the test


def test_clear_session_forgets_names_policy_and_phase():
    keras_torch.backend.set_learning_phase(1)
    keras_torch.config.set_dtype_policy("mixed_bfloat16")
    utils.clear_session()
    assert keras_torch.backend.learning_phase() == 0 and keras_torch.config.dtype_policy().name == "float32"
    assert Dense(1).name == "dense"
