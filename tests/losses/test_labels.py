"""Labels outside of the classes are named before the first step."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from keras_torch.losses import validate_labels


@pytest.mark.parametrize("labels", [
    [0, 1, 2], np.array([[0], [2]]), torch.tensor([0.0, 2.0]), np.zeros((0,)), torch.tensor([True, False]),
    np.array([2], dtype="uint8"),
])
def test_good_labels_pass(labels):
    validate_labels(labels, classes=3)


def test_ignored_class_may_be_outside():
    validate_labels([-1, 0, 2], classes=3, ignore_class=-1)


def test_first_bad_label_its_place_and_the_range_are_named():
    sentence = (r"y_true holds the class number 7 at position \(1, 0\); 3 classes allow whole numbers from 0 "
                r"to 2. 2 of 4 labels are outside \(range 0 to 9\). Give the last layer 10 units")
    with pytest.raises(ValueError, match=sentence):
        validate_labels([[0, 2], [7, 9]], classes=3)


@pytest.mark.parametrize("labels, way_out", [
    ([1, 2, 3], "count from 1: subtract 1"),
    ([-1, 0, 2], "If -1 marks padding, give the loss ignore_class=-1"),
    ([0.5, 1.0], "use a loss on numbers such as 'mse'"),
    ([float("nan"), 1.0], "use a loss on numbers such as 'mse'"),
])
def test_error_tells_the_way_out(labels, way_out):
    with pytest.raises(ValueError, match=way_out):
        validate_labels(labels, classes=3)


def test_owner_names_the_data():
    with pytest.raises(ValueError, match="y of fit"):
        validate_labels([5], classes=3, owner="y of fit()")
