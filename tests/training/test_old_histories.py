"""Trainings of Keras 1.2, 2.2 and 2.3, in the words of their time, give the numbers that these gave.

The rows are those of history_cases_old.py; each runs in its generation's dialect.
"""

from __future__ import annotations

import functools
import warnings

import pytest
from cases import reference_files
from cases.history_cases_old import FILES, ROWS
from cases.old_history_case import numbers
from contracts.test_history_contracts import differing

import keras_torch
from keras_torch.dialects import dialect

every_row = functools.cache(reference_files.read)
# What is not yet as it was, and which rows show it; take a row out when it passes.
AWAITED = {
    "names of metrics": {
        "keras1": ["one of three classes", "losses of all kinds"],
        "keras2.2": ["arguments by position", "one of three classes", "names of metrics",
                     "weights of samples", "classes and samples", "mask and weights of steps"],
        "keras2.3": ["weights of classes", "weights of samples", "weights of steps", "two outputs by name"]},
    "masks and weights in metrics, which are means of batches": {
        "keras1": ["masked sequences", "mask and weights of samples"],
        "keras2.2": ["masked sequences", "weights of steps", "mask and weights of samples",
                     "two outputs by name"]},
    "means of the outputs' losses over batches": {"keras2.3": ["two outputs", "modes by output"]},
    "targets of the outputs that have a loss": {
        "keras2.2": ["one output without loss"], "keras2.3": ["one output without loss"]},
    "names of an output that is used twice": {
        generation: ["an output used twice"] for generation in ("keras1", "keras2.2", "keras2.3")},
    "merge() and Merge": {
        "keras1": ["two outputs", "two outputs by name", "weights by output in lists", "shared layers",
                   "merged towers"]},
    "activity_l2()": {"keras1": ["penalties of activity"]},
    "add_update() of a metric": {"keras2.2": ["a metric that counts"]},
    "add_weight() of a metric": {"keras2.3": ["a metric class of ones own"]},
}
NAMES = [
    pytest.param(generation, name, id=f"{generation}, {name}", marks=[
        pytest.mark.xfail(reason=reason, strict=False)
        for reason, rows in AWAITED.items() if name in rows.get(generation, ())])
    for generation, rows in ROWS.items() for name in rows]


@pytest.mark.parametrize("generation", ROWS)
def test_every_row_has_a_reference(generation):
    assert set(ROWS[generation]) == set(every_row(FILES[generation]))


@pytest.mark.parametrize(("generation", "name"), NAMES)
def test_training_equals_the_old_keras(generation: str, name: str):
    with dialect(generation), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of words that were already old, and of uneven batches
        ours = numbers(keras_torch, ROWS[generation][name])
    differences = differing(ours, every_row(FILES[generation])[name])
    assert not differences, differences
