"""Subclassed models: tracked lists and dicts, copies, configs, training that goes on after them."""

from __future__ import annotations

import copy
import io
import pickle

import numpy as np
import pytest
import torch
from cases.subclassed_models import Growing, Net, TorchNet

import keras_torch as keras
from keras_torch import Model, Sequential
from keras_torch.layers import BatchNormalization, Dense

X = torch.arange(12.0).reshape(3, 4) / 10
Y = X[:, :2]


def built(make=Net):
    model = make()
    model(X)
    return model


def test_lists_dicts_and_tuples_of_layers_are_registered():
    names = list(built().state_dict())
    assert names[:2] == ["blocks.0.dense.kernel", "blocks.0.dense.bias"]
    assert {"heads.a.kernel", "heads.b.bias", "pair.0.kernel", "last.kernel"} <= set(names)
    assert len(built().layers) == 7


def test_lists_stay_lists_that_follow_changes():
    model = Growing()
    model.stages.append(Dense(3))
    model.stages += [Dense(2)]
    model.extras["k"] = Dense(2)
    model(X)
    assert list(model.state_dict()) == ["stages.0.kernel", "stages.0.bias", "stages.1.kernel",
                                        "stages.1.bias"]
    assert len(model.layers) == 3 and isinstance(model.stages, list) and isinstance(model.extras, dict)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        twin.stages.append(Dense(1))
        assert twin(X).shape == (3, 1) and len(twin.weights) == 6 and len(model.weights) == 4
    model.stages = [Dense(5)]
    assert model(X).shape == (3, 5) and len(model.weights) == 2


@pytest.mark.parametrize("make", [Net, TorchNet])
def test_copies_and_pickles_are_equal_and_separate(make):
    model = built(make)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert torch.equal(twin(X), model(X)) and list(twin.state_dict()) == list(model.state_dict())
        assert not {id(p) for p in twin.parameters()} & {id(p) for p in model.parameters()}


def test_config_json_and_build_make_the_same_model():
    model = built()
    for twin in (Net.from_config(model.get_config()), keras.models.model_from_json(model.to_json(),
                                                                                   {"Net": Net}),
                 Net(count=2)):
        twin.build((None, 4))
        twin.load_state_dict(model.state_dict())
        assert torch.equal(twin(X), model(X))


def test_a_subclassed_model_is_a_layer_in_graphs():
    x, model = keras.Input((4,)), Net()
    outer = Model(x, model(x))
    torch.testing.assert_close(outer(X), model(X))
    assert torch.equal(copy.deepcopy(outer)(X), outer(X))


def test_forward_and_native_modules_work_as_in_torch():
    model = TorchNet()
    model.compile("adam", "mse")
    model.fit(X.numpy(), Y.numpy(), verbose=0)
    assert len(model.weights) == 8 and model.count_params() == sum(p.numel() for p in model.parameters())


def test_several_inputs_and_named_outputs():
    class Two(Model):
        def __init__(self):
            super().__init__()
            self.dense = Dense(2)

        def call(self, inputs):
            left, right = inputs
            return {"l": self.dense(left), "r": self.dense(right)}

    model = Two()
    model.build([(None, 4), (None, 4)])
    model.compile("sgd", {"l": "mse", "r": "mse"})
    model.fit([X.numpy(), X.numpy()], {"l": Y.numpy(), "r": Y.numpy()}, verbose=0)
    assert set(model.predict([X.numpy(), X.numpy()], verbose=0)) == {"l", "r"}


def test_freezing_before_and_after_building():
    model = Net()
    model.trainable = False
    model(X)
    assert model.trainable_weights == []
    model = Net()
    model.blocks[0].trainable = False
    model(X)
    assert len(model.blocks[0].trainable_weights) == 0 and model.last.trainable_weights
    model.trainable = True
    assert len(model.blocks[0].trainable_weights) == 4


def test_a_subclass_may_give_its_graph_to_the_constructor():
    class Functional(Model):
        def __init__(self, units=2):
            x = keras.Input((4,))
            super().__init__(x, Dense(units)(x))

        def extra(self):
            return "mine"

    class Trained(Model):
        def train_step(self, data):
            return {"loss": torch.zeros(())}

    model = Functional(3)
    assert model(X).shape == (3, 3) and copy.deepcopy(model).extra() == "mine"
    assert Functional.from_config(model.get_config())(X).shape == (3, 3)
    x = keras.Input((4,))
    model = Trained(x, Dense(2)(x))
    model.compile("sgd", "mse")
    assert model.fit(X.numpy(), Y.numpy(), verbose=0).history == {"loss": [0.0]}
    assert type(Trained.from_config(model.get_config())) is Trained


def stack():
    return Sequential([keras.Input((4,)), Dense(3, activation="relu"), BatchNormalization(), Dense(2)])


@pytest.mark.parametrize("make", [stack, Net])
@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_training_goes_on_equally_in_copies_and_pickles(make, optimizer):
    model = make()
    model.compile(optimizer, "mse", metrics=["mae"])
    model.fit(X.numpy(), Y.numpy(), epochs=2, shuffle=False, verbose=0)
    copies = [copy.deepcopy(model), pickle.loads(pickle.dumps(model)), model]
    histories = [twin.fit(X.numpy(), Y.numpy(), epochs=2, shuffle=False, verbose=0).history
                 for twin in copies]
    assert histories[0] == histories[1] == histories[2]
    for twin in copies:
        assert int(twin.optimizer.iterations) == 4
        assert all(np.array_equal(a, b) for a, b in zip(twin.get_weights(), model.get_weights(), strict=True))


def test_state_dicts_go_through_files():
    model, file = built(), io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    twin = built()
    twin.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(twin(X), model(X))


ERRORS = {
    "no call": (NotImplementedError, lambda: type("Empty", (Model,), {})()(X), "neither a graph nor call"),
    "no shape": (ValueError, lambda: Net().build(), "a shape or a structure of shapes"),
    "code": (ValueError, lambda: built().code, "has no graph yet, so it has no `code`"),
    "clone": (ValueError, lambda: keras.models.clone_model(built()), "clones functional and Sequential "
                                                                     "models; got Net"),
    "count": (ValueError, lambda: Net().count_params(), "is not built"),
    "unknown argument": (TypeError, lambda: Net(coutn=3), "coutn"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_a_subclassed_model_cannot_do_is_said(name):
    kind, action, sentence = ERRORS[name]
    with pytest.raises(kind, match=sentence):
        action()
