"""Padding, word pairs and windows are those of tf_keras."""

import json
import random

import numpy as np
import pytest
from cases.preprocessing_records import RECORDED

from keras_torch.preprocessing.sequence import (
    TimeseriesGenerator,
    make_sampling_table,
    pad_sequences,
    skipgrams,
    timeseries_generator_from_json,
)

SERIES = np.arange(30).reshape(15, 2)


@pytest.mark.parametrize("row", RECORDED["padded"], ids=lambda row: str(row[0]))
def test_padding(row):
    arguments, values, dtype = row
    padded = pad_sequences(RECORDED["sequences"], **arguments)
    assert (padded.tolist(), str(padded.dtype)) == (values, dtype)


def test_padding_with_further_axes():
    sequences, values = RECORDED["deep"]
    assert pad_sequences(sequences, maxlen=3).tolist() == values


def test_padding_of_texts_and_arrays_and_nothing():
    assert pad_sequences([["a"], ["b", "c"]], dtype=object, value="-").tolist() == [["-", "a"], ["b", "c"]]
    assert pad_sequences(np.array([[1, 2], [3, 4]]), maxlen=3).tolist() == [[0, 1, 2], [0, 3, 4]]
    assert pad_sequences([[], []]).shape == (2, 0) and pad_sequences([]).shape == (0, 0)
    assert pad_sequences([[1, 2]], maxlen=0).shape == (1, 0)


@pytest.mark.parametrize("act, message", [
    (lambda: pad_sequences([1, 2]), r"`sequences\[0\]` must be a sequence; got 1"),
    (lambda: pad_sequences(iter([])), "`sequences` must be a list of sequences"),
    (lambda: pad_sequences([[1]], padding="left"), "`padding` must be 'pre' or 'post'; got 'left'"),
    (lambda: pad_sequences([[1]], truncating="left"), "`truncating` must be 'pre' or 'post'"),
    (lambda: pad_sequences([[1]], maxlen=-1), "`maxlen` must be an integer of at least 0"),
    (lambda: pad_sequences([[1]], value="x"), "`value` must be a number for dtype int32; got 'x'"),
    (lambda: pad_sequences([[[1, 2]], [[1]]]), r"items of sequence 1 have shape \(1,\), those"),
    (lambda: skipgrams([1], 3, negative_samples=-1), "`negative_samples` must be a number of at least 0"),
    (lambda: TimeseriesGenerator([1], [1, 2], 1), "was given 1 steps of data and 2 targets"),
    (lambda: TimeseriesGenerator([1, 2], [1, 2], 0), "`length` must be a positive integer"),
    (lambda: TimeseriesGenerator([1, 2], [1, 2], 5), r"start_index \+ length = 5 is beyond end_index = 1"),
    (lambda: TimeseriesGenerator([1, 2], [1, 2], 1, shuffle="x"), "`shuffle` must be True or False"),
])
def test_errors(act, message):
    with pytest.raises(ValueError, match=message):
        act()


def test_sampling_table():
    np.testing.assert_allclose(make_sampling_table(50), RECORDED["table"], rtol=1e-14)


@pytest.mark.parametrize("row", RECORDED["skipgrams"], ids=lambda row: str(row[0]))
def test_word_pairs_are_drawn_as_keras_draws_them(row):
    arguments, pairs, labels = row
    arguments = dict(arguments)
    if arguments.pop("sampling", False):
        arguments["sampling_table"] = make_sampling_table(20, 0.05)
    random.seed(7)
    assert skipgrams([1, 5, 0, 3, 2, 9, 4], 20, **arguments) == (pairs, labels)


@pytest.mark.parametrize("row", RECORDED["timeseries"], ids=lambda row: str(row[0]))
def test_windows(row):
    arguments, length, batches = row
    windows = TimeseriesGenerator(SERIES, SERIES[:, 0], **arguments)
    assert len(windows) == length
    assert [[part.tolist() for part in windows[index]] for index in range(length)] == batches
    windows.on_epoch_end()


def test_random_windows():
    x, y = TimeseriesGenerator(SERIES, SERIES[:, 0], length=3, shuffle=True, batch_size=50)[0]
    assert x.shape == (50, 3, 2) and (x[:, -1, 0] + 2 == y).all()


def test_windows_are_rebuilt_from_json():
    windows = TimeseriesGenerator(SERIES, list(range(15)), length=3, start_index=2, reverse=True)
    again = timeseries_generator_from_json(windows.to_json())
    np.testing.assert_array_equal(again[0][0], windows[0][0])
    assert json.loads(windows.to_json(indent=1))["class_name"] == "TimeseriesGenerator"


def test_data_that_json_cannot_hold_are_refused():
    with pytest.raises(TypeError, match="TimeseriesGenerator: `data` cannot be written as JSON"):
        TimeseriesGenerator([{1}, {2}, {3}], [1, 2, 3], length=1).get_config()
