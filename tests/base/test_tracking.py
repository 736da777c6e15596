"""Lists and dicts of layers: plain lists for the user, registered modules for torch."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch

from keras_torch import layers
from keras_torch.base.tracking import has_members, track
from keras_torch.base.variable import StateVariable, Variable


def linear():
    return torch.nn.Linear(1, 1)


CHANGES = {
    "append": (lambda view: view.append(linear()), 3),
    "extend": (lambda view: view.extend([linear(), linear()]), 4),
    "insert": (lambda view: view.insert(0, linear()), 3),
    "pop": (lambda view: view.pop(), 1),
    "remove": (lambda view: view.remove(view[0]), 1),
    "clear": (lambda view: view.clear(), 0),
    "reverse": (lambda view: view.reverse(), 2),
    "set": (lambda view: view.__setitem__(0, linear()), 2),
    "delete": (lambda view: view.__delitem__(0), 1),
    "+=": (lambda view: view.__iadd__([linear()]), 3),
}


@pytest.mark.parametrize("how", CHANGES)
def test_every_change_of_a_list_is_followed(how):
    change, count = CHANGES[how]
    view, container = track([linear(), linear()])
    change(view)
    assert list(container._modules) == [str(index) for index in range(count)]
    assert list(container._modules.values()) == list(view)


DICT_CHANGES = {
    "set": (lambda view: view.__setitem__("c", linear()), "abc"),
    "delete": (lambda view: view.__delitem__("a"), "b"),
    "pop": (lambda view: view.pop("a"), "b"),
    "update": (lambda view: view.update(c=linear()), "abc"),
    "setdefault": (lambda view: view.setdefault("c", linear()), "abc"),
    "clear": (lambda view: view.clear(), ""),
}


@pytest.mark.parametrize("how", DICT_CHANGES)
def test_every_change_of_a_dict_is_followed(how):
    change, keys = DICT_CHANGES[how]
    view, container = track({"a": linear(), "b": linear()})
    change(view)
    assert list(container._modules) == list(keys) and list(container._modules.values()) == list(view.values())


def test_structures_inside_structures_have_their_own_names():
    view, container = track([[linear()], {"k": (linear(),)}])
    assert list(container.state_dict()) == ["0.0.weight", "0.0.bias", "1.k.0.weight", "1.k.0.bias"]
    view[0].append(linear())
    assert "0.1.weight" in container.state_dict()


def test_variables_and_states_in_lists_are_registered():
    _, container = track([Variable([1.0]), StateVariable(torch.zeros(2))])
    assert len(list(container.parameters())) == 1 and len(list(container.buffers())) == 1


def test_plain_lists_are_left_alone():
    layer = layers.Identity()
    layer.sizes = [1, 2]
    assert type(layer.sizes) is list and not has_members([1, {"a": "b"}]) and has_members((1, [linear()]))


class Holder(layers.Layer):
    def __init__(self):
        super().__init__()
        self.members = [layers.Dense(1)]


@pytest.mark.parametrize("keep", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))],
                         ids=["deepcopy", "pickle"])
def test_copies_follow_changes_of_their_own_list(keep):
    holder = Holder()
    twin = keep(holder)
    twin.members.append(layers.Dense(1))
    assert len(twin._modules["members"]._modules) == 2 and len(holder._modules["members"]._modules) == 1
    assert twin.members[0] is twin._modules["members"]._modules["0"] is not holder.members[0]
