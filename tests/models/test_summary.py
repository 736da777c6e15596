"""`model.summary()`: rows, columns that fit, nested models, counts, and each error."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cases.subclassed_models import Net, TorchNet

import keras_torch as keras
from keras_torch import Model, Sequential, layers


def text_of(model, **arguments):
    lines = []
    model.summary(print_fn=lines.append, **arguments)
    return "\n".join(lines)


def branched():
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    shared = layers.Dense(4, name="shared")
    inner = Sequential([keras.Input((4,)), layers.Dense(4, name="inside")], name="inner")
    return Model([left, right], layers.Add(name="sum")([shared(left), inner(shared(right))]), name="branched")


def test_a_plain_model_looks_as_in_keras():
    model = Sequential([keras.Input((4,)), layers.Dense(3, name="one"),
                        layers.BatchNormalization(name="norm")], name="m")
    text = text_of(model)
    assert text.startswith('Model: "m"\n┏━')
    assert "┃ Layer (type)" in text and "│ one (Dense)" in text and "│ (None, 3)" in text
    assert text.endswith(" Total params: 27 (108.00 B)\n Trainable params: 21 (84.00 B)\n"
                         " Non-trainable params: 6 (24.00 B)")


@pytest.mark.parametrize("width", [50, 80, 133])
@pytest.mark.parametrize("extra", [{}, {"expand_nested": True, "show_trainable": True}])
def test_all_lines_of_the_table_are_equally_long(width, extra):
    table = [line for line in text_of(branched(), line_length=width, **extra).split("\n")
             if line[0] in "┏┃┡│├└"]
    assert {len(line) for line in table} == {width}


def test_a_branched_model_tells_the_calls_that_each_layer_takes():
    text = text_of(branched(), line_length=120)
    assert "Connected to" in text
    assert "left[0][0]," in text and "shared[1][0]" in text and "inner[0][0]" in text


def test_nested_models_are_expanded_on_request():
    assert "inside" not in text_of(branched())
    assert "└ inside (Dense)" in text_of(branched(), expand_nested=True, line_length=120)


def test_frozen_layers_are_marked():
    model = Sequential([keras.Input((4,)), layers.Dense(3, name="a"), layers.Dense(2, name="b"),
                        layers.ReLU(name="c")])
    model.layers[0].trainable = False
    rows = {line.split()[1]: line.split("│")[-2].strip()
            for line in text_of(model, show_trainable=True).split("\n")
            if line.startswith("│")}
    assert rows == {"a": "N", "b": "Y", "c": "-"}


def test_the_optimizer_counts_in_the_total_as_in_keras():
    model = Sequential([keras.Input((4,)), layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit(np.ones((2, 4)), np.ones((2, 2)), verbose=0)
    text = text_of(model)
    assert "Total params: 32" in text and "Optimizer params: 22 (92.00 B)" in text


def test_unbuilt_layers_are_said_to_be_unbuilt():
    assert text_of(Sequential([layers.Dense(3)])).count("0 (unbuilt)") == 1
    assert "?" in text_of(Net())


def test_subclassed_models_list_shapes_and_native_modules():
    model = TorchNet()
    model(torch.zeros(3, 4))
    text = text_of(model)
    assert "linear (Linear)" in text and "more (ModuleList)" in text and "(3, 2)" in text
    assert "Total params: 47" in text


def test_several_outputs_are_listed():
    x = keras.Input((5, 4))
    assert "[(None, 3), (None, 3)," in text_of(Model(x, layers.LSTM(3, return_state=True)(x)))


def test_a_range_of_layers_is_shown():
    model = Sequential([keras.Input((4,)), *(layers.Dense(2, name=f"d{i}") for i in range(4))])
    text = text_of(model, layer_range=("d1", "d2"))
    assert "d1" in text and "d2" in text and "d0" not in text and "d3" not in text


def test_functions_of_the_graph_are_rows():
    x = keras.Input((4,))
    assert "relu (Relu)" in text_of(Model(x, torch.relu(x)))


def test_without_print_fn_it_is_printed(capsys):
    Sequential([keras.Input((4,)), layers.Dense(2)], name="shown").summary()
    assert capsys.readouterr().out.startswith('Model: "shown"')


@pytest.mark.parametrize(("arguments", "sentence"), [
    ({"layer_range": ("nobody", "d")}, "`layer_range` must be the name of a layer.*got 'nobody'"),
    ({"layer_range": "d"}, "`layer_range` must be two layer names"),
    ({"positions": [0.5]}, "`positions` must be 3 column ends")])
def test_wrong_arguments_are_named(arguments, sentence):
    model = Sequential([keras.Input((4,)), layers.Dense(2, name="d")])
    with pytest.raises(ValueError, match=sentence):
        model.summary(**arguments)
