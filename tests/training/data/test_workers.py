"""Worker threads and processes: order, errors with their traceback, deaths, and that none is left."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch
from cases.training_models import LABELS, Numbered, X, classifier, endless

import keras_torch
from keras_torch.training.data import workers
from keras_torch.training.data.workers import Processes, Threads


def _living():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("batches")] + \
        multiprocessing.active_children()  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_is_left():
    yield
    assert not _living()


@contextlib.contextmanager
def crew(kind, make, count=2):
    """Workers that are closed at the end."""
    made = Threads(make, count) if kind == "threads" else Processes(make, count, "fit()")
    try:
        yield made
    finally:
        made.close()


class Unpicklable(ValueError):
    """An error that can be pickled and not be rebuilt."""

    def __init__(self, message, cause):
        super().__init__(message)
        self.cause = cause


def make(job):
    """An item, or one of several accidents."""
    if job == "raise":
        raise KeyError("seven")
    if job == "unpicklable error":
        raise Unpicklable("eight", 3)
    if job == "unpicklable item":
        return lambda: 3
    if job == "exit":
        os._exit(3)
    if job == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if job == "sleep":
        time.sleep(60)
    return job * 2


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_items_come_back_to_who_asked(kind):
    with crew(kind, make, 3) as made:
        futures = [made.submit(number) for number in range(20)]
        assert [future.result() for future in futures] == [2 * number for number in range(20)]


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_an_error_belongs_to_its_item(kind):
    with crew(kind, make) as made:
        broken, sound = made.submit("raise"), made.submit(4)
        with pytest.raises(KeyError, match="seven"):
            broken.result()
        assert sound.result() == 8


def test_errors_of_processes_bring_their_traceback():
    with crew("processes", make) as made:
        with pytest.raises(KeyError) as caught:
            made.submit("raise").result()
        notes = "".join(caught.value.__notes__)
        assert "In worker process" in notes and 'raise KeyError("seven")' in notes
        with pytest.raises(RuntimeError, match="Unpicklable: eight") as caught:
            made.submit("unpicklable error").result()
        assert "in make" in "".join(caught.value.__notes__)
        with pytest.raises(TypeError, match="cannot be sent to the training process.*Return arrays"):
            made.submit("unpicklable item").result()
        assert made.submit(4).result() == 8


@pytest.mark.parametrize(("accident", "how"), [("exit", "exited with code 3"), ("killed", "by SIGKILL")])
def test_a_process_that_dies_is_an_error_for_all_who_wait(accident, how):
    with crew("processes", make) as made:
        futures = [made.submit(job) for job in ("sleep", accident, *range(9))]
        start = time.monotonic()
        message = rf"fit\(\): the worker process batches-\d \(pid \d+\) .*{how}"
        with pytest.raises(RuntimeError, match=message):
            futures[1].result(timeout=20)
        with pytest.raises(RuntimeError, match=how):
            futures[-1].result(timeout=20)
        with pytest.raises(RuntimeError, match=how):
            made.submit(3).result(timeout=20)
    assert time.monotonic() - start < 20  # the one that sleeps is ended too


def test_processes_in_the_middle_of_an_item_are_ended():
    with crew("processes", make) as made:
        made.submit("sleep")
        made.submit(3).result()
        start = time.monotonic()
    assert time.monotonic() - start < 10


def test_a_thread_that_is_stuck_does_not_hold_the_training_up(monkeypatch):
    monkeypatch.setattr(workers, "GRACE", 0.05)
    release = threading.Event()
    threads = Threads(lambda job: release.wait(10), 1)
    stuck, waiting = threads.submit(0), threads.submit(1)
    while not stuck.running():
        time.sleep(0.001)
    start = time.monotonic()
    threads.close(0.05)
    assert time.monotonic() - start < 5 and waiting.cancelled()
    release.set()
    assert stuck.result() is True


def test_what_cannot_be_sent_to_a_process_is_told(monkeypatch):
    spawning = multiprocessing.get_context("spawn")
    monkeypatch.setattr(workers.multiprocessing, "get_context", lambda: spawning)
    with pytest.raises(TypeError, match=r"fit\(\): worker processes cannot be started \(spawn\)"):
        Processes(lambda job: job, 1, "fit()")


SCRIPT = """
import os, sys, time
from keras_torch.training.data.workers import Processes
made = Processes(lambda job: os.getpid(), 2, "fit()")
print(*{made.submit(0).result() for _ in range(20)}, flush=True)
print("ready", flush=True)
time.sleep(60)
"""


def test_processes_end_when_their_parent_is_killed():
    script = subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in script.stdout.readline().split()]
    assert script.stdout.readline() == "ready\n"
    script.kill()
    script.wait()
    script.stdout.close()
    deadline = time.monotonic() + 20
    while any(_runs(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert pids and not any(_runs(pid) for pid in pids)


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


# In fit, evaluate and predict


class Batches(Numbered):
    """Batches that tell the process that made them; `accident` happens in batch 2."""

    def __init__(self, accident=None, **arguments):
        super().__init__([(X[:4], LABELS[:4])] * 6, use_multiprocessing=True, **arguments)
        self.accident = accident

    def __getitem__(self, index):
        if index == 2 and self.accident is not None:
            make(self.accident)
        return np.full((4, 4), os.getpid() / 1e6), LABELS[:4]


class Pids(keras_torch.Model):
    """Gives its inputs back."""

    def call(self, inputs):
        return inputs


def test_batches_are_made_by_as_many_processes_as_asked_for():
    found = Pids().predict(Batches(workers=2), verbose=0)
    assert os.getpid() not in (found * 1e6).round() and len(np.unique(found)) == 2


@pytest.mark.parametrize(
    ("accident", "error", "message"),
    [("raise", KeyError, "seven"), ("exit", RuntimeError, "exited with code 3 while it made batch 2"),
     ("killed", RuntimeError, r"fit\(\): the worker process")],
)  # fmt: skip
def test_accidents_end_the_fit(accident, error, message):
    model = classifier()
    with pytest.raises(error, match=message) as caught:
        model.fit(Batches(accident, workers=2), shuffle=False, verbose=0)
    assert caught.value is not None and not _living() and not model.training
    assert len(model.fit(Batches(workers=2), verbose=0).epoch) == 1


def test_processes_see_the_dataset_as_it_is_when_the_epoch_begins():
    class Counting(Batches):
        epoch = 0

        def __getitem__(self, index):
            return np.full((4, 4), self.epoch), LABELS[:4]

        def on_epoch_end(self):
            self.epoch += 1

    seen = []

    class Seen(Pids):
        def train_step(self, data):
            seen.append(int(data[0][0, 0]))
            return {}

    model = Seen()
    model.compile("sgd", "mse")
    model.fit(Counting(workers=2), epochs=2, verbose=0)
    assert seen == [0] * 6 + [1] * 6


def test_a_generator_runs_in_one_process():
    pids = []

    def numbers():
        for number in range(100):
            pids.append(number)
            yield np.full((1, 4), number), LABELS[:1]

    found = Pids().predict(numbers(), steps=5, workers=3, use_multiprocessing=True, verbose=0)
    assert found[:, 0].tolist() == list(range(5))
    assert pids == [0]  # an unbuilt model looks at the first batch; the others were made by the process
    arguments = {"steps_per_epoch": 3, "epochs": 2, "use_multiprocessing": True, "verbose": 0}
    assert len(classifier().fit(endless(), **arguments).epoch) == 2


def test_torch_tensors_come_from_processes():
    class Tensors(Batches):
        def __getitem__(self, index):
            return {"features": torch.full((4, 4), index)}, torch.tensor(LABELS[:4])

    assert Pids().predict(Tensors(), verbose=0)["features"][:, 0].tolist() == np.repeat(range(6), 4).tolist()
