"""A model kept in every way there is must stay the same model."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import torch

import keras_torch as keras
from keras_torch.base import tree


def rebuilt(model: Any) -> list:
    """The model by every way that keeps it: copy, pickle, config, JSON, clone."""
    twins = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    for twin in (type(model).from_config(model.get_config()), keras.models.model_from_json(model.to_json()),
                 keras.models.clone_model(model)):
        twin.set_weights(model.get_weights())
        twins.append(twin)
    return twins


def check_rebuilt(model: Any, data: Any) -> None:
    """Names, weights and numbers are the same in all of them."""
    expected = tree.flatten(model(data))
    for twin in rebuilt(model):
        assert list(twin.state_dict()) == list(model.state_dict())
        assert [layer.name for layer in twin.layers] == [layer.name for layer in model.layers]
        for ours, theirs in zip(tree.flatten(twin(data)), expected, strict=True):
            torch.testing.assert_close(ours, theirs)
