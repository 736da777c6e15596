"""The benchmarks run, and their tables say what was measured."""

import argparse
import importlib
import pathlib
import sys

import pytest
import torch

ROOT = str(pathlib.Path(__file__).resolve().parent.parent)


@pytest.fixture
def measure(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)  # without real Keras, wherever it is
    return importlib.import_module("benchmarks.measure")


def test_ratios_are_to_the_first_contestant(measure, capsys):
    contestants = {"once": lambda: sum(range(20000)), "ten times": lambda: sum(range(200000))}
    contest = measure.Contest("sums", contestants, 2)
    chosen = argparse.Namespace(rounds=3, only="", markdown=None)
    measure.run("Numbers", [lambda: contest], chosen)
    result = measure.compare(contest, 3)
    assert result.ratios["once"] == 1.0 and result.ratios["ten times"] > 2
    assert "| | once, ms | ten times |" in capsys.readouterr().out


def test_frames_are_counted(measure):
    def inner():
        return 1

    assert measure.frames_of(lambda: (inner(), inner())) == 3


def test_a_section_takes_the_place_of_the_old_one(measure, tmp_path):
    file = tmp_path / "performance.md"
    for text in ("## A\n\nold", "## B\n\nkept", "## A\n\nnew"):
        measure.write_section(str(file), text)
    assert file.read_text() == "# Performance\n\n## B\n\nkept\n\n## A\n\nnew\n"


@pytest.mark.parametrize("index", range(5))
def test_every_task_trains_in_both_columns(measure, index):
    fit_step, tasks = (importlib.import_module(f"benchmarks.{name}") for name in ("fit_step", "tasks"))
    task = tasks.TASKS[index]
    inputs, targets = task.data(4)
    assert fit_step.expert_epoch(task, inputs, targets)() > 0
    fit_step.keras_epoch(sys.modules["keras_torch"], task, inputs, targets)()


@pytest.mark.parametrize("index", [0, 3])
def test_every_weighting_of_a_task_trains(measure, index):
    weighted_step, tasks = (importlib.import_module(f"benchmarks.{n}") for n in ("weighted_step", "tasks"))
    task = tasks.TASKS[index]
    for weighting in ("unweighted", *weighted_step.WEIGHTINGS):
        weighted_step.epoch(task, *task.data(4), weighting)()


def test_both_columns_of_a_task_have_the_same_weights(measure):
    tasks = importlib.import_module("benchmarks.tasks")
    keras_torch = importlib.import_module("keras_torch")
    for task in tasks.TASKS:
        ours = sum(weight.numel() for weight in task.keras_model(keras_torch).trainable_weights)
        theirs = sum(weight.numel() for weight in task.torch_model().parameters())
        assert 0 <= theirs - ours <= 512, task.title  # nn.LSTM has a second bias


def test_prediction_and_calls_can_be_measured(measure):
    call, predict = (importlib.import_module(f"benchmarks.{name}") for name in ("call", "predict"))
    keras_torch = importlib.import_module("keras_torch")
    assert call.chain(keras_torch, 2)(torch.zeros(1, 8)).shape == (1, 8)
    assert "| functional graph of 5 Dense |" in call.frame_table()
    sample = torch.rand(3, 16)
    assert predict.predict_by_hand(predict.torch_small(), sample, 2).shape == (3, 1)
    assert predict.small(keras_torch).predict(sample, verbose=0).shape == (3, 1)
