"""Arrays of all kinds as tensors: pandas categories, whole numbers of every size."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from cases.training_models import LABELS, X, classifier

from keras_torch.training.data.batch import as_array, as_tensor


@pytest.mark.parametrize("kind", ["int64", "uint8", "float32", "bool"])
def test_categories_that_are_numbers_are_these_numbers(kind):
    values = LABELS.astype(kind)
    np.testing.assert_array_equal(as_array(pd.Series(values).astype("category"), "fit(): `y`"), values)
    frame = pd.DataFrame({"a": pd.Series(values).astype("category"), "b": values})
    np.testing.assert_array_equal(as_array(frame, "fit(): `x`"), np.stack([values, values], 1))
    assert str(frame["a"].dtype) == "category"


def test_gaps_among_categories_are_nan():
    found = as_array(pd.Series([3, None, 4], dtype="category"), "fit(): `x`")
    np.testing.assert_array_equal(found, [3.0, np.nan, 4.0])


def test_models_train_on_categories():
    series = pd.Series(LABELS).astype("category")
    model = classifier()
    expected = model.evaluate(X, LABELS, verbose=0)
    assert model.evaluate(X, series, verbose=0) == pytest.approx(expected)


def test_a_series_without_a_name_is_called_the_series():
    with pytest.raises(ValueError, match=r"`y` must hold numbers; .* do not: the Series \(category\)"):
        as_array(pd.Series(["a", "b"]).astype("category"), "fit(): `y`")
    with pytest.raises(ValueError, match=r"do not: 'kind' \(category\)"):
        as_array(pd.Series(["a", "b"], name="kind").astype("category"), "fit(): `y`")


@pytest.mark.parametrize("kind", ["uint16", "uint32", "uint64", "int8"])
def test_whole_numbers_of_every_size(kind):
    for labels in (LABELS.astype(kind), torch.from_numpy(LABELS.astype(kind))):
        assert as_tensor(labels, "fit(): `y`").dtype is torch.int64
        model = classifier()
        expected = model.evaluate(X, LABELS, verbose=0)
        assert model.evaluate(X, labels, verbose=0) == pytest.approx(expected)
        batches = [(X[start:start + 5], labels[start:start + 5]) for start in range(0, 20, 5)]
        assert model.evaluate(iter(batches), verbose=0) == pytest.approx(expected)


def test_whole_numbers_beyond_64_bits_are_refused():
    with pytest.raises(ValueError, match="`x` holds 18446744073709551615, too large.*astype"):
        as_tensor(np.array([2**64 - 1], "uint64"), "fit(): `x`")
