"""fit from a generator and a Sequence against the work by hand. Run: `python -m benchmarks.data_input`.

The work: rows are picked, shifted and scaled by numpy, some hundred microseconds per batch; then a step of
training. By hand: a thread prepares the batches into a queue of ten, the loop takes them (fused Adam, nothing
is read back).
"""

from __future__ import annotations

import functools
import queue
import threading

import numpy as np
import torch

from benchmarks.fit_step import DEVICE
from benchmarks.measure import EXPERT, Contest, libraries, options, run
from benchmarks.tasks import TASKS, Task

STEPS = 60


def prepared(images: np.ndarray, labels: np.ndarray, size: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """A batch of augmented images: each row is shifted, scaled and clipped."""
    rows = np.arange(number * size, (number + 1) * size) % len(images)
    batch = np.roll(images[rows], number % 7, axis=1)
    return np.clip(batch * 1.1 + 0.05, 0.0, 1.0, dtype="float32"), labels[rows]


def expert_epoch(task: Task, make):
    """A function that trains for one epoch on batches that a thread of its own prepares."""
    model = task.torch_model().to(DEVICE).train()
    optimizer = torch.optim.Adam(model.parameters(), fused=True)

    def feed(line):
        for number in range(STEPS):
            x, y = make(number)
            line.put((torch.from_numpy(x), torch.from_numpy(y)))
        line.put(None)

    def epoch():
        line = queue.Queue(10)
        threading.Thread(target=feed, args=(line,), daemon=True).start()
        total = torch.zeros((), device=DEVICE)
        while (batch := line.get()) is not None:
            x, y = (tensor.to(DEVICE, non_blocking=True) for tensor in batch)
            optimizer.zero_grad()
            loss = task.loss[1](model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return float(total)

    return epoch


def keras_model(keras, task: Task):
    """The network, compiled."""
    model = task.keras_model(keras)
    model.compile(optimizer="adam", loss=getattr(keras.losses, task.loss[0])(from_logits=True))
    return model


def generator_epoch(keras, task: Task, make):
    """One epoch of `fit` from a generator."""
    model = keras_model(keras, task)

    def batches():
        for number in range(STEPS):
            yield make(number)

    return lambda: model.fit(batches(), epochs=1, verbose=0)


def sequence_epoch(keras, task: Task, make, **arguments):
    """One epoch of `fit` from a PyDataset."""
    model = keras_model(keras, task)

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return STEPS

        def __getitem__(self, index):
            return make(index)

    return functools.partial(model.fit, Batches(**arguments), epochs=1, verbose=0, shuffle=False)


def contest(task: Task, title: str, keras_epoch) -> Contest:
    """All contestants on the same batches."""
    images, labels = (tensor.numpy() for tensor in task.data(task.batch * 20))
    make = functools.partial(prepared, images, labels, task.batch)
    contestants = {EXPERT: expert_epoch(task, make)}
    for name, keras in libraries().items():
        contestants[name] = keras_epoch(keras, task, make)
    return Contest(f"{title}, batch {task.batch}", contestants, STEPS)


def main() -> None:
    """Measures generators and Sequences, with small and larger batches."""
    contests = []
    for task in TASKS[:2]:
        contests.append(functools.partial(contest, task, "generator", generator_epoch))
        contests.append(functools.partial(contest, task, "Sequence", sequence_epoch))
        threads = functools.partial(sequence_epoch, workers=2)
        contests.append(functools.partial(contest, task, "Sequence with two workers", threads))
    run("Data prepared on the way", contests, options(__doc__))


if __name__ == "__main__":
    main()
