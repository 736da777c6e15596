"""Name scopes and the explicit training phase: nested, left after errors, separate in each thread."""

from __future__ import annotations

import threading

import pytest
import torch

from keras_torch import layers
from keras_torch.base.scopes import current_path, explicit_phase, name_scope, phase


def test_name_scopes_nest():
    with name_scope("encoder"):
        with name_scope("block"):
            assert current_path() == "encoder/block"
        assert current_path() == "encoder"
    assert current_path() == ""


def test_a_scope_is_left_after_an_error():
    with pytest.raises(KeyError), name_scope("encoder"), explicit_phase(True):
        raise KeyError
    assert current_path() == "" and phase.training is None


@pytest.mark.parametrize("name", ["a/b", 3, None])
def test_names_with_slashes_are_refused(name):
    with pytest.raises(ValueError, match="name_scope: `name` must be a string without '/'; got "):
        name_scope(name)


def test_weights_made_inside_have_the_prefix():
    dense = layers.Dense(1, name="d")
    with name_scope("encoder"):
        dense.build((None, 2))
    assert dense.kernel.path == "encoder/d/kernel"


def test_phases_nest_and_come_back():
    with explicit_phase(True):
        with explicit_phase(False):
            assert phase.training is False
        assert phase.training is True
    assert phase.training is None


def test_a_layer_follows_the_phase_of_the_call_around():
    dropout = layers.Dropout(0.5)
    ones = torch.ones(1, 100)
    with explicit_phase(True):
        assert not torch.equal(dropout(ones), ones)
    with explicit_phase(False):
        assert torch.equal(dropout(ones), ones)


def test_another_thread_is_in_no_scope():
    seen = []
    with name_scope("encoder"), explicit_phase(True):
        thread = threading.Thread(target=lambda: seen.extend([current_path(), phase.training]))
        thread.start()
        thread.join()
    assert seen == ["", None]
