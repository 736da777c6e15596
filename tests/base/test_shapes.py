"""Shapes with unknown sizes, and data formats."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from keras_torch.base import settings
from keras_torch.base.shapes import as_shape, check_data_format, is_shape, resolved_data_format, tuple_of


@pytest.mark.parametrize(
    "given, shape",
    [
        ([None, 3], (None, 3)),
        ((2, 3), (2, 3)),
        (5, (5,)),
        (torch.Size([2, 3]), (2, 3)),
        ((), ()),
        ((0, 1), (0, 1)),
        ((np.int64(3), None), (3, None)),
    ],
)
def test_shapes_become_tuples(given, shape):
    result = as_shape(given)
    assert result == shape and all(size is None or type(size) is int for size in result)


@pytest.mark.parametrize("given", ["ab", None, (1.0,), (True,), [(1, 2)], {1: 2}])
def test_what_is_no_shape_is_refused(given):
    with pytest.raises(
        ValueError, match=r"^Input: `shape` must be a tuple of integers \(None for an unknown size\)"
    ):
        as_shape(given, "Input")


def test_negative_sizes_are_refused():
    with pytest.raises(
        ValueError, match=r"`batch_shape` must be made of sizes of at least 0 .*; got \(-1, 2\)"
    ):
        as_shape((-1, 2), "Input", "batch_shape")


@pytest.mark.parametrize(
    "value, answer",
    [
        ((None, 3), True),
        ([1], True),
        ((), True),
        ([(None, 3)], False),
        (3, False),
        ("a", False),
        ((1.5,), False),
    ],
)
def test_a_shape_is_told_from_a_list_of_shapes(value, answer):
    assert is_shape(value) is answer


def test_one_integer_is_repeated():
    assert (
        tuple_of(3, 2) == (3, 3)
        and tuple_of([1, 2], 2) == (1, 2)
        and type(tuple_of(np.int64(3), 1)[0]) is int
    )


@pytest.mark.parametrize(
    "value, meant",
    [
        ("channels_last", "channels_last"),
        ("channels_first", "channels_first"),
        ("th", "channels_first"),
        ("tf", "channels_last"),
    ],
)
def test_data_formats_of_every_generation_are_understood(value, meant):
    assert resolved_data_format(value) == meant


@pytest.mark.parametrize("value", [None, "default"])
def test_without_a_data_format_the_setting_holds(value, monkeypatch):
    monkeypatch.setattr(settings._settings, "image_data_format", "channels_first")
    assert resolved_data_format(value) == "channels_first"


def test_another_data_format_is_refused():
    with pytest.raises(ValueError, match="Conv2D: `data_format` must be 'channels_last' or 'channels_first'"):
        check_data_format("Conv2D", "data_format", "NHWC")
