"""Batches prepared ahead: order, bounds, errors, ends; what a generator has given when an epoch is over."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import traceback

import numpy as np
import pytest
import torch
from cases.training_models import LABELS, SAMPLES, Numbered, X, batches, classifier
from torch.utils.data import DataLoader, Dataset, IterableDataset

import keras_torch
from keras_torch import layers
from keras_torch.training.data.batch import Preparation
from keras_torch.training.data.streams import IterableSource, NumberedSource, Queue

SLOW = 0.002  # seconds per batch from which a thread surely pays
CPU = torch.device("cpu")


def _living():
    """Names of threads and processes that prepare batches, and of a DataLoader's."""
    threads = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    others = ("QueueFeederThread", "tqdm_monitor")  # a DataLoader's, on its way out; that of progress bars
    threads = [name for name in threads if name not in others]
    return threads + [process.name for process in multiprocessing.active_children()]


@pytest.fixture(autouse=True)
def _nothing_is_left():
    before = set(_living())
    yield
    assert not set(_living()) - before


class Watched(keras_torch.utils.PyDataset):
    """Slow batches that tell which thread made them."""

    def __init__(self, count=6, seconds=SLOW, **arguments):
        super().__init__(**arguments)
        self.count, self.seconds = count, seconds
        self.threads, self.given = [], []

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        time.sleep(self.seconds)
        self.threads.append(threading.current_thread().name)
        self.given.append(index)
        row = index % SAMPLES
        return X[row : row + 1], LABELS[row : row + 1]


def watched_generator(given, seconds=SLOW):
    """Endless slow batches; `given` gets (number, thread)."""
    number = 0
    while True:
        time.sleep(seconds)
        given.append((number, threading.current_thread().name))
        yield X[:4], LABELS[:4]
        number += 1


def _orders(**arguments):
    source = NumberedSource(Watched(**arguments), False, Preparation("fit()", "batch", True), CPU, "fit()",
                            Queue(arguments.get("workers", 1), 3))  # fmt: skip
    source.begin_epoch()
    seen = [round(float(x[0, 0]), 6) for x, _, _ in source.batches()]
    source.close()
    return seen


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_batches_come_in_order(workers):
    assert _orders(workers=workers) == [round(float(row[0]), 6) for row in X[:6]]


def test_slow_batches_are_made_by_a_thread_and_cheap_ones_in_turn():
    slow, cheap, by_order = Watched(20), Watched(20, 0), Watched(20, workers=0)
    model = classifier()
    for data in (slow, cheap, by_order):
        model.fit(data, verbose=0)
    assert "batches-0" in slow.threads and set(by_order.threads) == {"MainThread"}
    assert cheap.threads.count("MainThread") >= 3


def test_asked_for_workers_all_work():
    data = Watched(12, workers=3)
    classifier().fit(data, verbose=0)
    assert len(set(data.threads) - {"MainThread"}) == 3
    data = Watched(12, workers=3)
    classifier().fit(data, workers=2, max_queue_size=2, verbose=0)  # arguments of fit count more
    assert len(set(data.threads) - {"MainThread"}) == 2


def test_no_more_batches_wait_than_allowed():
    data, model = Watched(10, workers=2), classifier()
    ahead = []

    def look(batch, logs):
        time.sleep(5 * SLOW)
        ahead.append(len(data.given) - batch - 1)

    callback = keras_torch.callbacks.LambdaCallback(on_train_batch_end=look)
    model.fit(data, max_queue_size=3, verbose=0, shuffle=False, callbacks=[callback])
    assert max(ahead) == 2  # and the one in use


@pytest.mark.parametrize("queue", [{}, {"workers": 0}, {"max_queue_size": 2}])
def test_a_generator_gives_what_the_epochs_use_and_nothing_more(queue):
    given, counts = [], []
    count = keras_torch.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: counts.append(len(given)))
    data = watched_generator(given)
    model = classifier()
    model.fit(data, steps_per_epoch=6, epochs=3, verbose=0, callbacks=[count], **queue)
    assert counts == [6, 12, 18] and len(given) == 18
    model.evaluate(data, steps=5, verbose=0, **queue)
    model.predict(data, steps=5, verbose=0, **queue)
    assert [number for number, _ in given] == list(range(28))
    assert ("batches-0" in {thread for _, thread in given}) == (queue.get("workers") != 0)


def test_a_generator_can_be_used_on_after_a_stop():
    given = []
    data, model = watched_generator(given), classifier()

    def stop(batch, logs):
        model.stop_training = batch == 4

    model.fit(data, steps_per_epoch=50, verbose=0, callbacks=[
        keras_torch.callbacks.LambdaCallback(on_train_batch_end=stop)])  # fmt: skip
    assert 5 <= len(given) <= 5 + 11  # up to max_queue_size were under way
    next(data)


def test_validation_generators_run_beside_the_training_generator():
    given, validated = [], []
    classifier().fit(watched_generator(given), steps_per_epoch=4, epochs=2, verbose=0,
                     validation_data=watched_generator(validated), validation_steps=3)  # fmt: skip
    assert len(given) == 8 and len(validated) == 6  # the batch looked at before training is used, too


class Broken(Watched):
    """Raises in batch 4."""

    def __getitem__(self, index):
        if index == 4:
            raise KeyError("row 4")
        return super().__getitem__(index)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_errors_of_data_arrive_with_their_class_and_place(workers):
    with pytest.raises(KeyError, match="row 4") as caught:
        classifier().fit(Broken(workers=workers), shuffle=False, verbose=0)
    assert "__getitem__" in "".join(traceback.format_tb(caught.tb))
    assert not set(_living()) - {"MainThread"}  # although the error is still held


def test_errors_of_generators_arrive_with_their_class_and_place():
    def failing():
        for number in range(9):
            time.sleep(SLOW)
            if number == 7:
                raise KeyError("row 7")
            yield X[:4], LABELS[:4]

    model = classifier()
    for call in (model.fit, model.evaluate, model.predict):
        with pytest.raises(KeyError, match="row 7") as caught:
            call(failing(), verbose=0)
        assert "in failing" in "".join(traceback.format_tb(caught.tb))
        assert not model.training


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("queue", [{"workers": 2}, {"workers": 2, "use_multiprocessing": True}])
def test_nothing_is_left_after_an_interruption(error, queue):
    def interrupt(batch, logs):
        raise error("now")

    model = classifier()
    callback = keras_torch.callbacks.LambdaCallback(on_train_batch_end=interrupt)
    with pytest.raises(error) as caught:
        model.fit(Watched(50, **queue), verbose=0, callbacks=[callback])
    assert caught.value is not None and not _living()
    assert len(model.fit(Watched(4, **queue), verbose=0).epoch) == 1


def test_datasets_whose_epochs_differ():
    class Growing(Watched):
        def on_epoch_end(self):
            self.count += 1

    data = Growing(2)
    classifier().fit(data, epochs=3, verbose=0, shuffle=False)
    assert data.given == [0, 1, 0, 1, 2, 0, 1, 2, 3]


def test_endless_datasets_need_a_number_of_steps():
    class Endless(Watched):
        num_batches = None

    data = Endless()
    with pytest.raises(ValueError, match=r"fit\(\): the data have no end. Give the number of batches"):
        classifier().fit(data, verbose=0)
    classifier().fit(data, steps_per_epoch=3, epochs=2, verbose=0)
    assert data.given[-6:] == list(range(6))


def test_a_generator_may_ask_the_model_itself():
    model = classifier()
    modes = []

    def pseudo_labels():
        while True:
            time.sleep(SLOW)
            yield X, model.predict(X, verbose=0).argmax(-1)

    def look(batch, logs):
        modes.append(model.training)

    look = keras_torch.callbacks.LambdaCallback(on_train_batch_end=look)
    model.fit(pseudo_labels(), steps_per_epoch=8, verbose=0, callbacks=[look])
    assert modes == [True] * 8


@pytest.mark.parametrize("workers", [2, 0])
def test_asking_the_model_from_a_thread_is_told(workers):
    model = classifier()

    class Labels(Watched):
        def __getitem__(self, index):
            time.sleep(5 * SLOW if index == 5 else 0)
            return X, model.predict(X, verbose=0).argmax(-1) if index == 5 else LABELS

    if workers:
        with pytest.raises(RuntimeError, match="asked to predict by its own data.*Give workers=0"):
            model.fit(Labels(), workers=workers, shuffle=False, verbose=0)
    else:
        assert len(model.fit(Labels(), workers=0, shuffle=False, verbose=0).epoch) == 1
    assert not model.training


SCRIPT = """
import signal
import time
import numpy as np
import keras_torch
signal.signal(signal.SIGINT, signal.default_int_handler)  # programs started in the background ignore it
class Slow(keras_torch.utils.PyDataset):
    def __len__(self):
        return 100
    def __getitem__(self, index):
        if index == 6:
            print("ready", flush=True)
            time.sleep(60)
        return np.zeros((2, 4)), np.zeros((2, 1))
model = keras_torch.Sequential([keras_torch.Input((4,)), keras_torch.layers.Dense(1)])
model.compile("sgd", "mse")
try:
    model.fit(Slow(), verbose=0, shuffle=False, workers=2, use_multiprocessing={processes})
except KeyboardInterrupt:
    print("interrupted", model.training, flush=True)
    raise
"""


@pytest.mark.parametrize("processes", [False, True])
def test_control_c_ends_a_fit_that_waits_for_a_batch(processes):
    script = subprocess.Popen([sys.executable, "-c", SCRIPT.format(processes=processes)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              start_new_session=True)  # fmt: skip
    assert script.stdout.readline() == "ready\n"
    time.sleep(0.1)
    start = time.monotonic()
    os.killpg(script.pid, signal.SIGINT)  # as a terminal does: the workers hear it too
    out, errors = script.communicate(timeout=30)
    assert time.monotonic() - start < 20
    assert out == "interrupted False\n" and "KeyboardInterrupt" in errors and script.returncode != 0


# Passes that begin in their middle


def _source(data, queue=None, shuffle=True):
    prepare = Preparation("fit()", "batch", True)
    if hasattr(data, "__getitem__"):
        return NumberedSource(data, shuffle, prepare, CPU, "fit()", queue or Queue())
    return IterableSource(lambda: iter(data), prepare, CPU, "fit()", queue or Queue())


def _seen(batches):
    return [x.sum().item() for x, _, _ in batches]


@pytest.mark.parametrize("kind", ["numbered", "iterable"])
@pytest.mark.parametrize("first", [0, 1, 3])
def test_a_pass_can_be_begun_in_its_middle(kind, first):
    items = batches(4)
    first_run = _source(Numbered(items) if kind == "numbered" else dict.fromkeys(range(0)) or _Again(items))
    first_run.begin_epoch()
    whole = _seen(first_run.batches())
    second = _source(Numbered(items) if kind == "numbered" else _Again(items))
    second.restore(first_run.state())
    second.begin_epoch()
    assert _seen(second.batches(first=first)) == whole[first:]


class _Again:
    """An iterable that starts again."""

    def __init__(self, items):
        self._items = items

    def __iter__(self):
        return iter(self._items)


def test_numbered_batches_are_skipped_and_not_made():
    data = Watched(6)
    source = _source(data, shuffle=False)
    source.begin_epoch()
    assert len(list(source.batches(first=4))) == 2 and data.given == [4, 5]


def test_generators_are_skipped_from_their_beginning():
    items = iter(batches(2))
    source = IterableSource(lambda: items, Preparation("fit()", "batch", True), CPU, "fit()", Queue(),
                            restarts=False)  # fmt: skip
    source.begin_epoch()
    assert next(source.batches(first=3))[0].tolist() == X[6:8].tolist()


# Loaders


class Rows(Dataset):
    """Samples as dicts."""

    def __len__(self):
        return SAMPLES

    def __getitem__(self, index):
        return {"features": X[index], "label": LABELS[index]}


class Dying(Rows):
    def __getitem__(self, index):
        if index == 13:
            raise OSError("no such picture")
        return super().__getitem__(index)


def collated(samples):
    """(x, y) from dicts."""
    return (
        {"features": torch.tensor(np.stack([sample["features"] for sample in samples]))},
        torch.tensor([int(sample["label"]) for sample in samples]),
    )


@pytest.mark.parametrize("workers", [0, 2])
def test_loaders_with_workers_and_a_collate_of_ones_own(workers):
    model = classifier()
    loader = DataLoader(Rows(), batch_size=8, collate_fn=collated, num_workers=workers)
    expected = model.evaluate(X, LABELS, batch_size=8, verbose=0)
    assert model.evaluate(loader, verbose=0) == pytest.approx(expected, rel=1e-6)
    assert len(model.fit(loader, epochs=2, verbose=0).epoch) == 2


@pytest.mark.parametrize("workers", [0, 2])
def test_errors_of_loaders_arrive_and_their_workers_end(workers):
    loader = DataLoader(Dying(), batch_size=4, collate_fn=collated, num_workers=workers)
    with pytest.raises(OSError, match="no such picture") as caught:
        classifier().fit(loader, verbose=0)
    assert caught.value is not None and not _living()


def test_torch_datasets_get_the_workers_asked_for():
    class Pids(IterableDataset):
        def __iter__(self):
            info = torch.utils.data.get_worker_info()
            for row, label in zip(X, LABELS):
                yield row + 0 * (info.num_workers if info else 0), label

    model = classifier()
    assert len(model.fit(Pids(), workers=2, use_multiprocessing=True, verbose=0).epoch) == 1
    assert model.predict(DataLoader(torch.tensor(X), batch_size=6), verbose=0).shape == (SAMPLES, 3)


# Memory


def _tensors():
    return sum(issubclass(type(value), torch.Tensor) for value in gc.get_objects())


@pytest.mark.parametrize("kind", ["arrays", "generator", "dataset", "threads"])
def test_memory_stays_flat_without_garbage_collection(kind):
    """2,000 steps; reference cycles would keep a tensor of each."""
    x = keras_torch.Input((4,))
    model = keras_torch.Model(x, layers.Dense(1)(x))
    model.compile("sgd", "mse")
    rows, targets = np.zeros((2, 4), "float32"), np.zeros((2, 1), "float32")
    items = Numbered([(rows, targets)] * 200, workers=3 if kind == "threads" else 1)

    def forever():
        while True:
            yield rows, targets

    data, arguments = (items,), {}
    if kind == "arrays":
        data, arguments = (np.zeros((400, 4)), np.zeros((400, 1))), {"batch_size": 2}
    elif kind == "generator":
        data, arguments = (forever(),), {"steps_per_epoch": 200}
    model.fit(*data, verbose=0, **arguments)
    gc.collect()
    gc.disable()
    try:
        growths = []
        for _ in range(2):  # other parts of the process may make something once; a leak grows each time
            tensors, objects = _tensors(), len(gc.get_objects())
            model.fit(*data, epochs=5, verbose=0, **arguments)
            growths.append((_tensors() - tensors, len(gc.get_objects()) - objects))
        assert min(growths)[0] < 50 and min(count for _, count in growths) < 750, growths
    finally:
        gc.enable()
