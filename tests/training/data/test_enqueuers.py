"""Keras 2's enqueuers: order, epochs, errors, ends."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import threading

import numpy as np
import pytest
from cases.training_models import Numbered

import keras_torch
from keras_torch.utils import GeneratorEnqueuer, OrderedEnqueuer, SequenceEnqueuer


@pytest.fixture(autouse=True)
def _nothing_is_left():
    yield
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("batches")]
    assert not multiprocessing.active_children()


def taken(enqueuer, count, **arguments):
    """That many batches; the enqueuer is stopped then."""
    enqueuer.start(**arguments)
    assert enqueuer.is_running()
    batches = list(itertools.islice(enqueuer.get(), count))
    enqueuer.stop()
    assert not enqueuer.is_running()
    return batches


@pytest.mark.parametrize("processes", [False, True])
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_batches_come_in_order_epoch_after_epoch(processes, workers):
    data = Numbered(list(range(5)))
    enqueuer = OrderedEnqueuer(data, use_multiprocessing=processes)
    assert taken(enqueuer, 12, workers=workers, max_queue_size=3) == [0, 1, 2, 3, 4] * 2 + [0, 1]
    assert data.events == ["begin", "end"] * 2 + ["begin"]


def test_batches_come_shuffled_each_epoch_in_another_order():
    keras_torch.utils.set_random_seed(0)
    first, second = (taken(OrderedEnqueuer(Numbered(list(range(20))), shuffle=True), 40) for _ in range(2))
    assert sorted(first[:20]) == sorted(first[20:]) == list(range(20))
    assert first[:20] != first[20:] and first != second
    keras_torch.utils.set_random_seed(0)
    assert taken(OrderedEnqueuer(Numbered(list(range(20))), shuffle=True), 40) == first


def test_lists_of_arrays_and_nothing_are_left_as_they_are():
    items = [[np.ones(2), "word"], None, {"a": 3}]
    batches = taken(OrderedEnqueuer(Numbered(items), False), 2)
    assert batches[0] is items[0] and batches[1] is items[2]


@pytest.mark.parametrize("processes", [False, True])
def test_generators_end(processes):
    enqueuer = GeneratorEnqueuer((number for number in range(5)), use_multiprocessing=processes)
    assert taken(enqueuer, 9, workers=2) == list(range(5))


def test_the_process_of_a_generator_starts_from_the_seed_given():
    def draws():
        while True:
            yield os.getpid(), np.random.rand()

    first, second = (taken(GeneratorEnqueuer(draws(), True, random_seed=3), 2) for _ in range(2))
    other = taken(GeneratorEnqueuer(draws(), True, random_seed=4), 2)
    assert [value for _, value in first] == [value for _, value in second] != [value for _, value in other]
    assert os.getpid() not in {pid for pid, _ in first}


@pytest.mark.parametrize("workers", [0, 2])
def test_errors_arrive_and_end_the_workers(workers):
    class Broken(Numbered):
        def __getitem__(self, index):
            raise KeyError("row")

    enqueuer = OrderedEnqueuer(Broken([0]))
    enqueuer.start(workers=workers)
    with pytest.raises(KeyError, match="row"):
        next(enqueuer.get())
    enqueuer.stop()
    enqueuer.stop()


def test_an_enqueuer_can_be_started_again():
    enqueuer = OrderedEnqueuer(Numbered([1, 2]))
    assert taken(enqueuer, 3) == taken(enqueuer, 3, workers=2) == [1, 2, 1]


def test_mistakes_are_told():
    enqueuer = OrderedEnqueuer(Numbered([1]))
    with pytest.raises(RuntimeError, match="does not run. Call start"):
        enqueuer.get()
    enqueuer.start()
    with pytest.raises(RuntimeError, match="runs already. Call stop"):
        enqueuer.start()
    with pytest.raises(ValueError, match="`timeout` must be a number of seconds"):
        enqueuer.stop(timeout=-1)
    enqueuer.stop(timeout=3)
    with pytest.raises(ValueError, match="`workers`"):
        enqueuer.start(workers=-1)
    with pytest.raises(ValueError, match="`max_queue_size`"):
        enqueuer.start(max_queue_size=0)
    with pytest.raises(ValueError, match="0 batches"):
        OrderedEnqueuer(Numbered([])).start()
    with pytest.raises(ValueError, match="`shuffle`"):
        OrderedEnqueuer(Numbered([1]), shuffle=3)
    with pytest.raises(ValueError, match="`random_seed`"):
        GeneratorEnqueuer(iter([]), random_seed=-2)
    with pytest.raises(ValueError, match="`use_multiprocessing`"):
        GeneratorEnqueuer(iter([]), use_multiprocessing="yes")
    with pytest.raises(NotImplementedError, match="Use OrderedEnqueuer"):
        SequenceEnqueuer(Numbered([1])).start()
