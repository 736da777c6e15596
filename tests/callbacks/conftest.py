"""A model small enough to see through, for driving callbacks without training."""

import socket

import pytest
from cases.fake_model import FakeModel


@pytest.fixture
def model():
    """A fresh fake model."""
    return FakeModel()


@pytest.fixture
def attach(model):
    """A function that gives a callback the fake model and begins training."""
    def begin(callback):
        callback.set_model(model)
        callback.on_train_begin()
        return callback
    return begin


@pytest.fixture
def free_port():
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
