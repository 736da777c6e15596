"""Items between processes: what is sent is what arrives, arrays without a copy in the pickle."""

from __future__ import annotations

import multiprocessing
import threading

import numpy as np
import pytest
import torch

from keras_torch.training.data import transport
from keras_torch.training.data.transport import packed, receive, send

ITEM = {
    "floats": np.arange(6.0).reshape(2, 3),
    "columns first": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "strided": np.arange(10)[::2],
    "empty": np.empty((0, 3), "float32"),
    "one": np.float32(3),
    "words": ["a", None, 3],
    "tensor": torch.arange(6).reshape(2, 3).T,
    "half": torch.tensor([1.5, 2.5], dtype=torch.bfloat16),
    "truth": torch.tensor([True, False]),
    "scalar": torch.tensor(3.0),
    "none": torch.empty(0, 2),
    "weight": torch.ones(2, requires_grad=True),
}


def _sent(answer):
    here, there = multiprocessing.Pipe()
    thread = threading.Thread(target=send, args=(there, answer))
    thread.start()
    try:
        return receive(here)
    finally:
        thread.join()
        here.close()
        there.close()


@pytest.mark.parametrize("direct", [True, False])
def test_items_arrive_as_they_were(direct, monkeypatch):
    monkeypatch.setattr(transport, "_DIRECT", direct and transport._DIRECT)
    error, item = _sent((None, ITEM))
    assert error is None and item.keys() == ITEM.keys()
    for name, value in ITEM.items():
        if isinstance(value, torch.Tensor):
            assert item[name].dtype == value.dtype and torch.equal(item[name], value.detach())
        else:
            assert np.array_equal(item[name], value) and type(item[name]) is type(value)
    item["floats"][0] = 7  # the memory is one's own
    item["tensor"][0] = 7


@pytest.mark.parametrize("value", [np.ones((1000, 100)), torch.ones(1000, 100)])
def test_arrays_travel_beside_the_pickle(value):
    head, buffers = packed((None, (value, value[:10])))
    assert len(head) < 1000 and sum(len(buffer) for buffer in buffers) == 1010 * 100 * value.itemsize


def test_a_line_that_ends_within_an_array_is_an_error():
    here, there = multiprocessing.Pipe()
    there.send((b"", [100]))
    there.close()
    with pytest.raises((EOFError, OSError)):
        receive(here)
    here.close()
