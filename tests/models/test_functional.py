"""Functional models: structures, shared and nested parts, cut graphs, constants, masks, and each error."""

from __future__ import annotations

import copy
import gc
import weakref

import numpy as np
import pytest
import torch
from cases.model_checks import check_rebuilt, rebuilt

import keras_torch as keras
from keras_torch import Model, Sequential, layers
from keras_torch.base import tree

X = torch.arange(12.0).reshape(3, 4) / 10


def dense_model(units=2):
    x = keras.Input((4,))
    return Model(x, layers.Dense(units, name="last")(layers.Dense(5, name="first")(x)))


a, b = "a", "b"
STRUCTURES = {"list": [a, b], "tuple": (a, b), "dict": {"a": a, "b": b}, "nested": {"p": {"q": a}, "r": [b]}}


@pytest.mark.parametrize("outputs", STRUCTURES)
@pytest.mark.parametrize("inputs", STRUCTURES)
def test_data_and_results_have_the_structures_that_were_given(inputs, outputs):
    symbols = {name: keras.Input((4,), name=name) for name in (a, b)}
    made = {name: layers.Dense(2, name=f"to_{name}")(symbols[name]) for name in (a, b)}
    model = Model(tree.map_structure(symbols.get, STRUCTURES[inputs]),
                  tree.map_structure(made.get, STRUCTURES[outputs]))
    data = tree.map_structure(lambda name: X if name == a else X + 1, STRUCTURES[inputs])
    results = model(data)
    assert tree.same_structure(results, STRUCTURES[outputs])
    assert tree.same_structure(model.predict(tree.map_structure(torch.Tensor.numpy, data), verbose=0),
                               results)
    torch.testing.assert_close(tree.flatten(results)[0], model.get_layer("to_a")(X))
    check_rebuilt(model, data)


def test_lists_and_dicts_by_input_name_are_the_same_data():
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    model = Model([left, right], layers.Subtract()([left, right]))
    assert torch.equal(model({"right": X, "left": X + 1}), model([X + 1, X]))


def test_a_shared_layer_has_one_set_of_weights():
    left, right, shared = keras.Input((4,)), keras.Input((4,)), layers.Dense(4)
    model = Model([left, right], [shared(left), shared(shared(right))])
    assert len(model.weights) == 2
    check_rebuilt(model, [X, X + 1])


def test_a_shared_model_has_one_set_of_weights():
    x = keras.Input((4,))
    inner = Model(x, layers.Dense(4)(x), name="inner")
    left, right = keras.Input((4,)), keras.Input((4,))
    model = Model([left, right], layers.Add()([inner(left), inner(inner(right))]))
    assert len(model.weights) == 2
    check_rebuilt(model, [X, X + 1])


def test_nested_models_of_both_kinds_are_layers():
    x, y = keras.Input((4,)), keras.Input((4,))
    inner = Model(x, Sequential([layers.Dense(3), layers.Dense(4)])(layers.Dense(4)(x)))
    check_rebuilt(Model(y, layers.Dense(2)(inner(y))), X)


def test_a_model_can_be_cut_at_any_layer():
    model = dense_model()
    features = Model(model.input, model.get_layer("first").output)
    torch.testing.assert_close(model.get_layer("last")(features(X)), model(X))
    assert len(Model(model.inputs, [layer.output for layer in model.layers])(X)) == 3
    check_rebuilt(features, X)


def test_inner_symbols_can_be_inputs():
    model = dense_model()
    head = Model(model.get_layer("first").output, model.output)
    hidden = torch.randn(3, 5)
    torch.testing.assert_close(head(hidden), model.get_layer("last")(hidden))
    assert [layer.name for layer in head.layers][1:] == ["last"]
    check_rebuilt(head, hidden)


def test_layers_of_nested_models_can_be_outputs_of_new_models():
    inner = dense_model()
    y = keras.Input((4,))
    outer = Model(y, layers.Dense(2)(inner(y)))
    found = outer.get_layer(inner.name)
    assert Model(found.input, found.get_layer("first").output)(X).shape == (3, 5)


def test_an_input_can_be_an_output_and_outputs_can_repeat():
    x = keras.Input((4,))
    y = layers.Dense(2)(x)
    model = Model(x, [x, y, y])
    results = model(X)
    assert torch.equal(results[0], X) and torch.equal(results[1], results[2])
    check_rebuilt(model, X)


def test_inputs_may_be_unused():
    used, unused = keras.Input((4,)), keras.Input((3,))
    check_rebuilt(Model([used, unused], layers.Dense(2)(used)), [X, X[:, :3]])


def test_captured_parameters_train_and_constants_move_with_the_model():
    x, weight = keras.Input((4,)), torch.nn.Parameter(torch.ones(4))
    model = Model(x, x * weight + torch.arange(4.0))
    assert model.trainable_weights[0] is weight and len(model.state_dict()) == 1
    check_rebuilt(model, X)
    assert model.to(torch.float64)(X.double()).dtype == torch.float64
    assert copy.deepcopy(model)(X.double()).dtype == torch.float64


def test_explicit_phase_in_a_graph_is_kept():
    x, ones = keras.Input((100,)), torch.ones(2, 100)
    always = Model(x, layers.Dropout(0.5)(x, training=True))
    assert all((model(ones) == 0).any() for model in [always, *rebuilt(always)])
    y = keras.Input((100,))
    never = Model(y, Model(x, layers.Dropout(0.5)(x))(y, training=False))
    assert (never.train()(ones) == 1).all()


def test_symbols_may_come_as_named_arguments():
    steps, start = keras.Input((5, 4)), keras.Input((3,))
    model = Model([steps, start], layers.GRU(3)(steps, initial_state=start))
    check_rebuilt(model, [torch.randn(2, 5, 4), torch.randn(2, 3)])


def test_masks_leave_a_model_with_its_outputs():
    words = keras.Input((5,), dtype="int32")
    embed = Model(words, layers.Embedding(9, 4, mask_zero=True)(words))
    data = torch.tensor([[1, 2, 0, 0, 0]])
    assert embed(data)._keras_mask.tolist() == [[True, True, False, False, False]]
    y = keras.Input((5,), dtype="int32")
    pooled = Model(y, layers.GlobalAveragePooling1D()(embed(y)))
    torch.testing.assert_close(pooled(data), embed(data)[:, :2].mean(1))
    check_rebuilt(pooled, data)


def test_masks_go_into_models_with_constants_after_a_move():
    x, y = keras.Input((5, 4)), keras.Input((5, 4))
    inner = Model(x, [layers.LSTM(3, return_sequences=True)(x), x * torch.arange(4.0)])
    model = Model(y, layers.GlobalAveragePooling1D()(inner(layers.Masking()(y))[0])).double()
    data = torch.randn(2, 5, 4).double()
    data[0, 2:] = 0
    expected = inner(data)[0][:1, :2].mean(1)
    torch.testing.assert_close(model(data)[:1], expected)


def test_code_is_the_generated_text_and_survives_strange_names():
    x = keras.Input((4,), name="x0")
    model = Model(x, layers.Dense(2, name="class")(layers.Dense(3, name="c0")(x)))
    assert "call(layer_class, x1)" in model.code and model(X).shape == (3, 2)


def graph_errors():
    i, j = keras.Input((4,), name="i"), keras.Input((4,), name="j")
    y = layers.Dense(2, name="y")(i)
    return {
        "disconnected": (lambda: Model(j, y), "Graph disconnected: the outputs depend on the input 'i'"),
        "output is no symbol": (lambda: Model(i, 3), "`outputs` must be symbolic tensors.*got int: 3"),
        "input is data": (lambda: Model(X, y), "`inputs` must be symbolic tensors.*got Tensor"),
        "input twice": (lambda: Model([i, i], y), "the same symbol stands twice in `inputs`"),
        "no outputs": (lambda: Model(i, []), "`outputs` is empty"),
        "no inputs": (lambda: Model([], y), "`inputs` is empty"),
        "names": (lambda: Model(i, layers.Dense(2, name="y")(y)), "the name 'y' is used by two layers"),
        "missing name": (lambda: Model([i, j], y)({"i": X}), "no data for the input 'j'"),
        "missing input": (lambda: Model([i, j], y)([X]), r"takes 2 input\(s\).*got 1"),
        "wrong size": (lambda: Model(i, y)(X[:, :3]), r"was built for inputs of shape \(None, 4\) and was "
                                                      r"given \(3, 3\)"),
        "wrong symbol": (lambda: Model(i, y)(keras.Input((5,))), r"was built for inputs of shape \(None, "
                                                                 r"4\).*\(None, 5\)"),
        "no such layer": (lambda: Model(i, y).get_layer("z"), "has no layer 'z'. Its layers: 'i', 'y'"),
        "no such index": (lambda: Model(i, y).get_layer(index=7), "has 2 layers; there is none at index 7"),
        "neither": (lambda: Model(i, y).get_layer(), "must be one name or one index"),
    }


@pytest.mark.parametrize("name", list(graph_errors()))
def test_wrong_graphs_and_data_are_named(name):
    action, sentence = graph_errors()[name]
    with pytest.raises(ValueError, match=sentence):
        action()


def test_layers_may_return_structures():
    class Split(layers.Layer):
        def call(self, inputs):
            return {"a": inputs + 1, "b": [inputs, inputs * 2]}

    x = keras.Input((4,))
    model = Model(x, Split(name="split")(x))
    assert "y1 = call(split, x0)" in model.code and torch.equal(model(X)["b"][1], X * 2)


def test_models_of_a_graph_are_freed_with_their_last_reference():
    x = keras.Input((4,))
    model = Model(x, layers.Dense(2)(x))
    model(X)
    gone = weakref.ref(model)
    del model, x
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize(("arguments", "sentence"), [
    ({"inputs": 1}, "`outputs` is missing"), ({"outputs": 1}, "`inputs` is missing")])
def test_a_graph_needs_both_ends(arguments, sentence):
    with pytest.raises(TypeError, match=sentence):
        Model(**arguments)


def test_too_many_positions_are_refused():
    with pytest.raises(TypeError, match="takes inputs, outputs and name by position; got 4"):
        Model(1, 2, "name", 4)


def test_layers_tell_their_places_in_graphs():
    small, large = keras.Input((32, 32, 3)), keras.Input((64, 64, 3))
    conv = layers.Conv2D(16, (3, 3), padding="same")
    first = conv(small)
    assert conv.output is first and conv.input is small and conv.input_shape == (None, 32, 32, 3)
    second = conv(large)
    assert conv.get_output_at(0) is first and conv.get_output_at(1) is second
    assert conv.get_input_shape_at(1) == (None, 64, 64,
                                          3) and conv.get_output_shape_at(0) == (None, 32, 32, 16)


def test_ill_defined_places_are_refused_in_keras_words():
    x, shared = keras.Input((4,)), layers.Dense(4, name="shared")
    shared(shared(x))
    with pytest.raises(AttributeError, match='Layer shared has multiple inbound nodes, hence the notion of '
                                             '"layer '
                       r'output" is ill-defined. Use `get_output_at\(node_index\)` instead'):
        shared.output  # noqa: B018 - the access is the test
    with pytest.raises(AttributeError, match="multiple inbound nodes, hence the notion of \"layer input\""):
        shared.input  # noqa: B018 - the access is the test
    assert shared.output_shape == (None, 4)
    conv = layers.Conv2D(2, 1)
    conv(keras.Input((4, 4, 1)))
    conv(keras.Input((5, 5, 1)))
    with pytest.raises(AttributeError, match="with different input shapes"):
        conv.input_shape  # noqa: B018 - the access is the test
    with pytest.raises(ValueError, match="Asked to get output at node 7, but the layer shared has only 2"):
        shared.get_output_at(7)
    with pytest.raises(AttributeError, match="has never been called and thus has no defined output"):
        layers.Dense(3).output  # noqa: B018 - the access is the test


def test_a_frozen_model_freezes_what_is_put_into_it():
    x = keras.Input((4,))
    model = Model(x, layers.Dense(2)(x), trainable=False)
    assert not model.trainable_weights
    model.trainable = True
    assert len(model.trainable_weights) == 2


def test_freezing_one_layer_is_kept_by_configs_copies_and_clones():
    x = keras.Input((4,))
    model = Model(x, layers.Dense(2)(layers.Dense(3, trainable=False)(x)))
    for twin in [model, *rebuilt(model)]:
        assert len(twin.trainable_weights) == 2 and not twin.layers[1].trainable


def test_frozen_inner_models_do_not_train():
    x = keras.Input((4,))
    base = Sequential([keras.Input((4,)), layers.Dense(3), layers.BatchNormalization()])
    base.trainable = False
    model = Model(x, layers.Dense(2)(base(x)))
    before = base.get_weights()
    model.compile("sgd", "mse")
    model.fit(X.numpy(), X[:, :2].numpy(), verbose=0)
    assert all(np.array_equal(old, new) for old, new in zip(before, base.get_weights(), strict=True))
    base.trainable = True
    assert len(model.trainable_weights) == 6


def test_weights_are_listed_counted_and_set_in_keras_order():
    x = keras.Input((4,))
    model = Model(x, layers.BatchNormalization()(layers.Dense(2, name="d")(x)))
    assert [w.shape for w in model.get_weights()] == [(4, 2), (2,), (2,), (2,), (2,), (2,)]
    assert model.count_params() == 18 and model.weights[0].path == "d/kernel"
    weights = [w + 1 for w in model.get_weights()]
    model.set_weights(weights)
    assert all(np.array_equal(old, new) for old, new in zip(weights, model.get_weights(), strict=True))
    with pytest.raises(ValueError, match=r"set_weights\(\) needs 6 arrays.*got 2"):
        model.set_weights(weights[:2])
    with pytest.raises(ValueError, match=r"the weight 'd/kernel' has shape \(4, 2\); set_weights\(\) got "
                                         r"\(2, 4\)"):
        model.set_weights([w.T for w in weights])


def test_forward_hooks_of_inner_layers_fire_and_may_change_outputs():
    model, seen = dense_model(), []
    layer = model.get_layer("last")
    handle = layer.register_forward_hook(lambda module, args, output: seen.append(tuple(output.shape)))
    model(X)
    model.predict(X.numpy(), verbose=0)
    handle.remove()
    model(X)
    assert seen == [(3, 2), (3, 2)]
    layer.register_forward_hook(lambda module, args, output: output * 0)
    assert not model(X).any()
