"""A step of `fit` with weights against one without. Run: `python -m benchmarks.weighted_step`."""

from __future__ import annotations

import functools

import torch

import keras_torch
from benchmarks.measure import Contest, options, run
from benchmarks.tasks import TASKS, Task

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
WEIGHTINGS = ("class weights", "sample weights", "both")


def epoch(task: Task, inputs: torch.Tensor, targets: torch.Tensor, weighting: str):
    """A function that trains for one epoch."""
    model = task.keras_model(keras_torch)
    model.compile(optimizer="adam", loss=getattr(keras_torch.losses, task.loss[0])(from_logits=True))
    classes = {number: 1.0 + number / 10 for number in range(int(targets.max()) + 1)}
    given = {"class_weight": classes} if weighting in ("class weights", "both") else {}
    if weighting in ("sample weights", "both"):
        given["sample_weight"] = torch.rand(len(inputs), device=inputs.device)
    return functools.partial(model.fit, inputs, targets, batch_size=task.batch, epochs=1, verbose=0, **given)


def contest(task: Task) -> Contest:
    """The ways to weigh, on the same data."""
    inputs, targets = (tensor.to(DEVICE) for tensor in task.data(task.batch * task.steps))
    ways = ("unweighted", *WEIGHTINGS)
    return Contest(task.title, {way: epoch(task, inputs, targets, way) for way in ways}, task.steps)


def main() -> None:
    """Measures all tasks."""
    run("A weighted step of fit", [functools.partial(contest, task) for task in TASKS], options(__doc__))


if __name__ == "__main__":
    main()
