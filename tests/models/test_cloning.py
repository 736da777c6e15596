"""clone_model, configs and JSON: custom classes, torch functions, shared layers, and what is refused."""

from __future__ import annotations

import copy
import json

import pytest
import torch

import keras_torch as keras
from keras_torch import Model, Sequential, layers
from keras_torch.models import clone_model, model_from_json
from keras_torch.saving import CustomObjectScope, register_keras_serializable

X = torch.arange(12.0).reshape(3, 4) / 10


class Scale(layers.Layer):
    def __init__(self, factor=2.0, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.factor, self.activation = factor, keras.activations.get(activation)

    def build(self, input_shape):
        self.gain = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="gain")

    def call(self, inputs):
        return self.activation(inputs * self.gain * self.factor)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor,
                "activation": keras.activations.serialize(self.activation)}


@register_keras_serializable("tests_of_models")
def halved(x):
    return x / 2


def shared_model():
    x, shared = keras.Input((4,)), layers.Dense(4)
    return Model(x, layers.Dense(2)(shared(shared(x))), name="m")


def without_bias(layer):
    config = layer.get_config()
    if isinstance(layer, layers.Dense):
        config["use_bias"] = False
    return type(layer).from_config(config)


def test_a_clone_has_new_weights_and_the_same_sharing():
    model = shared_model()
    clone = clone_model(model)
    assert clone.name == "m" and len(clone.weights) == 4 and clone.layers[1] is not model.layers[1]
    assert not torch.equal(clone.weights[0], model.weights[0])


def test_a_clone_can_start_from_given_symbols():
    x = keras.Input((4,))
    assert clone_model(shared_model(), input_tensors=[x]).inputs[0] is x
    assert clone_model(Sequential([keras.Input((4,)), layers.Dense(2)]), input_tensors=x)(X).shape == (3, 2)


def test_layers_can_be_kept_or_changed():
    model = shared_model()
    assert clone_model(model, clone_function=lambda layer: layer).layers[1] is model.layers[1]
    assert len(clone_model(model, clone_function=without_bias).weights) == 2


def test_inner_models_are_cloned_layer_by_layer_on_request():
    model = Sequential([keras.Input((4,)), layers.Dense(3), Sequential([layers.Dense(2)])])
    assert len(clone_model(model, clone_function=without_bias).weights) == 3
    assert len(clone_model(model, clone_function=without_bias, recursive=True).weights) == 2


def test_subclasses_stay_subclasses():
    class Mine(Sequential):
        pass

    assert type(clone_model(Mine([keras.Input((4,)), layers.Dense(2)]))) is Mine


@pytest.mark.parametrize("way", ["argument", "scope"])
def test_custom_layers_load_by_name(way):
    x = keras.Input((4,))
    model = Model(x, Scale(3.0, "relu")(x))
    text = model.to_json()
    if way == "argument":
        twin = model_from_json(text, custom_objects={"Scale": Scale})
    else:
        with CustomObjectScope({"Scale": Scale}):
            twin = model_from_json(text)
    assert torch.equal(twin(X), model(X))
    assert torch.equal(copy.deepcopy(model)(X), model(X))


def test_registered_functions_load_everywhere():
    x = keras.Input((4,))
    model = Model(x, layers.Activation(halved)(layers.Lambda(halved)(layers.Dense(2, activation=halved)(x))))
    twin = model_from_json(model.to_json())
    twin.set_weights(model.get_weights())
    assert torch.equal(twin(X), model(X))


def doubled(x):
    return x * 2


def test_functions_of_your_own_stand_in_the_text_by_name():
    x = keras.Input((4,))
    text = Model(x, layers.Lambda(doubled)(layers.Dense(4, activation=doubled)(x))).to_json()
    twin = model_from_json(text, custom_objects={"doubled": doubled})
    assert twin.layers[1].activation is doubled and twin.layers[2].function is doubled


def test_a_lambda_is_only_mentioned():
    x = keras.Input((4,))
    with pytest.warns(UserWarning, match="has 1 lambda.s. of Python, which files do not hold"):
        text = Model(x, layers.Lambda(lambda x: x * 2)(x)).to_json()
    with pytest.raises(ValueError, match="code"):
        model_from_json(text)


def test_a_function_without_a_public_name_cannot_be_written():
    x = keras.Input((4,))
    model = Model(x, torch.relu(x))
    model._graph.operations[-1].function = test_a_lambda_is_only_mentioned
    with pytest.raises(ValueError, match="has no name that a config could give"):
        model.to_json()


REFUSED = {
    "no JSON": ("{", "the text is not JSON"),
    "no text": (3, "the text is not JSON"),
    "a list": ("[]", "A model's config is a dictionary with 'class_name' and 'config'"),
    "a loss": ('{"class_name": "MeanSquaredError", "config": {}}', "which is no model or layer"),
    "unknown class": ('{"class_name": "os.system", "config": {"command": "x"}}', "Nothing is called "
                                                                                 "'os.system'"),
    "unknown layer": ('{"class_name": "Dens", "config": {}}', "Nearest known: .*'Dense'"),
    "empty graph": ('{"class_name": "Functional", "config": {}}', "needs 'layers', 'input_layers' and "
                                                                  "'output_layers'"),
    "quantized": ('{"class_name": "Dense", "config": {"units": 2, "quantization_config": {"mode": "int8"}}}',
                  "is quantized, which cannot be read"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_texts_that_are_no_model_are_refused(name):
    text, sentence = REFUSED[name]
    with pytest.raises(ValueError, match=sentence):
        model_from_json(text)


def graph_json(function="torch.relu", source=("x", 0, 0), module="keras_torch.symbolic"):
    """A graph of one function, as JSON."""
    layer = {"class_name": "InputLayer", "config": {"batch_shape": [None, 4], "dtype": "float32",
                                                    "name": "x"},
             "name": "x", "inbound_nodes": []}
    symbol = {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32",
                                                          "keras_history": list(source)}}
    call = {"module": module, "class_name": "FunctionCall" if module.startswith("keras_torch") else function,
            "config": {"function": function, "name": "f"}, "name": "f",
            "inbound_nodes": [{"args": [symbol], "kwargs": {}}]}
    return json.dumps({"class_name": "Functional", "config": {
        "name": "m", "layers": [layer, call], "input_layers": ["x", 0, 0], "output_layers": ["f", 0, 0]}})


def test_a_config_may_name_functions_of_tensors_only():
    assert torch.equal(model_from_json(graph_json())(-X), torch.zeros(3, 4))
    for function in ("torch.save", "torch.load", "os.system", "Tensor.backward", "Tensor.numpy",
                     "Tensor.add_"):
        with pytest.raises(ValueError, match="which no config may name"):
            model_from_json(graph_json(function))


def test_a_config_of_unknown_operations_is_refused():
    with pytest.raises(ValueError, match="names the operation 'NoSuchThing'"):
        model_from_json(graph_json("NoSuchThing", module="keras.src.ops.numpy"))


def test_a_config_whose_inputs_never_come_is_refused():
    with pytest.raises(ValueError, match="'f' wait for inputs that never come"):
        model_from_json(graph_json(source=("nobody", 0, 0)))


CLONE_ERRORS = {
    "no model": (ValueError, lambda: clone_model(3), "clones functional and Sequential models; got int"),
    "call_function": (ValueError, lambda: clone_model(shared_model(), call_function=len), "`call_function` "
                                                                                          "must be None"),
    "too many inputs": (ValueError, lambda: clone_model(shared_model(),
                                                        input_tensors=[keras.Input((4,))] * 2),
                        "`input_tensors` must be 1 symbolic"),
    "data": (ValueError, lambda: clone_model(shared_model(), input_tensors=X), "`input_tensors` must be 1 "
                                                                               "symbolic"),
    "no layer": (TypeError, lambda: clone_model(shared_model(), clone_function=lambda layer: 3),
                 "must return a layer"),
}


@pytest.mark.parametrize("name", CLONE_ERRORS)
def test_what_cannot_be_cloned_is_named(name):
    kind, action, sentence = CLONE_ERRORS[name]
    with pytest.raises(kind, match=sentence):
        action()


def test_a_config_need_not_tell_the_name_of_a_layer():
    class Plain(layers.Layer):
        def __init__(self, units=2):
            super().__init__()
            self.units = units

        def call(self, inputs):
            return inputs * self.units

        def get_config(self):
            return {"units": self.units}

    inputs = keras.Input((4,))
    model = Model(inputs, Plain(3)(inputs))
    rebuilt = Model.from_config(model.get_config(), custom_objects={"Plain": Plain})
    assert [layer.name for layer in rebuilt.layers] == [layer.name for layer in model.layers]
    assert torch.equal(rebuilt(X), X * 3)
