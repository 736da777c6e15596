"""One training step of `fit` against an expert's hand-written loop. Run: `python -m benchmarks.fit_step`.

The expert's loop: tensors on the device, batches by a permutation of indices, fused Adam, no value read back
before the end of the epoch, channels-last memory for convolutions.
"""

from __future__ import annotations

import functools

import torch

from benchmarks.measure import EXPERT, Contest, libraries, options, run
from benchmarks.tasks import TASKS, Task

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def expert_epoch(task: Task, inputs: torch.Tensor, targets: torch.Tensor):
    """A function that trains for one epoch."""
    model = task.torch_model().to(DEVICE).train()
    if task.channels_last:
        model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)

    def epoch():
        order = torch.randperm(len(inputs), device=inputs.device)
        total = torch.zeros((), device=inputs.device)
        for start in range(0, len(inputs), task.batch):
            batch = order[start:start + task.batch]
            optimizer.zero_grad()
            loss = task.loss[1](model(inputs[batch]), targets[batch])
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return float(total)

    return epoch


def keras_epoch(keras, task: Task, inputs: torch.Tensor, targets: torch.Tensor):
    """The same by `fit`."""
    model = task.keras_model(keras)
    model.compile(optimizer="adam", loss=getattr(keras.losses, task.loss[0])(from_logits=True))
    return functools.partial(model.fit, inputs, targets, batch_size=task.batch, epochs=1, verbose=0)


def contest(task: Task) -> Contest:
    """All contestants of a task on the same data."""
    inputs, targets = (tensor.to(DEVICE) for tensor in task.data(task.batch * task.steps))
    contestants = {EXPERT: expert_epoch(task, inputs, targets)}
    for name, keras in libraries().items():
        contestants[name] = keras_epoch(keras, task, inputs, targets)
    return Contest(task.title, contestants, task.steps)


def main() -> None:
    """Measures all tasks."""
    run("A step of fit", [functools.partial(contest, task) for task in TASKS], options(__doc__))


if __name__ == "__main__":
    main()
