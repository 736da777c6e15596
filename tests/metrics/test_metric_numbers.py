"""Every metric row against real Keras, in one batch, in several, and merged from several metrics."""

from __future__ import annotations

import copy
import pickle
import zlib

import numpy as np
import pytest
import torch
from cases.metric_cases import METRIC_CASES, SPLIT
from cases.operation_count import CountOperations
from cases.reference_files import distance, read

from keras_torch import dialects, metrics

REFERENCES = read("metrics")


def _update(metric, case, part):
    y_true, y_pred, weights, mask = case.data()
    y_pred = torch.tensor(y_pred[part])
    if mask is not None:
        y_pred._keras_mask = torch.tensor(mask[part])
    weights = None if weights is None else torch.tensor(weights[part])
    arguments = (y_pred,) if y_true is None else (torch.tensor(y_true[part]), y_pred)
    metric.update_state(*arguments, sample_weight=weights)


def _parts(case):
    count = case.shape[0]
    edges = np.cumsum((0, *SPLIT)) * count // sum(SPLIT)
    return [slice(start, end) for start, end in zip(edges, edges[1:])]


def _make(case):
    with dialects.dialect(case.generation):
        return getattr(metrics, case.metric)(**case.arguments)


def check_batches(case, reference):
    """Compares the result after a few batches with a reference."""
    metric = _make(case)
    for part in _parts(case):
        _update(metric, case, part)
    _compare(metric, reference["result"])


def _check(metric, case):
    _compare(metric, REFERENCES[case.name]["result"])


def _compare(metric, reference):
    result = metric.result().numpy()
    assert result.shape == reference.shape
    assert distance(result, reference) < 1e-5


def _each(cases=METRIC_CASES):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


@_each()
def test_result_is_keras_s(case):
    check_batches(case, REFERENCES[case.name])


@_each()
def test_result_does_not_depend_on_the_split(case):
    metric = _make(case)
    for start in range(case.shape[0]):
        _update(metric, case, slice(start, start + 1))
    _check(metric, case)
    metric.reset_state()
    _update(metric, case, slice(None))
    _check(metric, case)


@_each()
def test_result_does_not_depend_on_a_random_split_with_empty_batches(case):
    random = np.random.RandomState(zlib.crc32(case.name.encode()))
    edges = np.sort(np.append(random.randint(0, case.shape[0] + 1, size=6), (0, case.shape[0])))
    metric = _make(case)
    for start, end in zip(edges, edges[1:]):
        _update(metric, case, slice(start, end))
    _check(metric, case)


@_each()
def test_metrics_of_parts_merge_to_the_whole(case):
    parts = [_make(case) for _ in SPLIT]
    for metric, part in zip(parts, _parts(case)):
        _update(metric, case, part)
    parts[0].merge_state(parts[1:])
    _check(parts[0], case)


LAST = list({case.metric: case for case in METRIC_CASES}.values())


@_each(LAST)
def test_config_rebuilds_the_metric(case):
    metric = _make(case)
    with dialects.dialect(case.generation):
        again = metrics.deserialize(metrics.serialize(metric))
    assert type(again) is type(metric)
    assert again.get_config() == metric.get_config()
    _update(again, case, slice(None))
    _update(metric, case, slice(None))
    assert torch.equal(again.result(), metric.result())


@_each(LAST)
def test_copies_and_pickles_go_on_by_themselves(case):
    metric = _make(case)
    _update(metric, case, slice(None))
    before = metric.result().clone()
    for other in (copy.deepcopy(metric), pickle.loads(pickle.dumps(metric))):
        other.reset_state()
        assert torch.equal(metric.result(), before)
        _update(other, case, slice(None))
        assert torch.equal(other.result(), before)


@_each()
def test_update_reads_nothing_back(case):
    metric = _make(case)
    _update(metric, case, slice(0, 2))  # some make their states at the first batch
    y_true, y_pred, weights, mask = (part if part is None else torch.tensor(part) for part in case.data())
    if mask is not None:
        y_pred._keras_mask = mask
    with CountOperations() as counted:
        metric.update_state(*((y_pred,) if y_true is None else (y_true, y_pred)), sample_weight=weights)
    assert not counted.read_backs and counted.kernels


@_each(LAST)
def test_states_keep_no_graph(case):
    metric = _make(case)
    y_true, y_pred, _, _ = case.data()
    y_pred = torch.tensor(y_pred)
    if y_pred.is_floating_point():
        y_pred.requires_grad_()
    metric.update_state(*((y_pred,) if y_true is None else (torch.tensor(y_true), y_pred)))
    assert not any(state.requires_grad for state in metric.variables)
    assert not metric.result().requires_grad


@_each(LAST)
def test_numpy_data_is_taken(case):
    y_true, y_pred, weights, _ = case.data()
    data = (y_pred,) if y_true is None else (y_true, y_pred)
    result = _make(case)(*data, sample_weight=weights)
    tensors = [torch.as_tensor(values) for values in data]
    weights = None if weights is None else torch.as_tensor(weights)
    assert torch.equal(result, _make(case)(*tensors, sample_weight=weights))


@_each(LAST)
def test_result_before_the_first_batch_is_a_number(case):
    result = _make(case).result()
    assert isinstance(result, torch.Tensor)
    assert not result.isinf().any()
