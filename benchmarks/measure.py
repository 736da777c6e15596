"""Measuring: contestants take turns, ratios are medians over rounds: a busy machine disturbs all alike."""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.util
import os
import pathlib
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from keras_torch.symbolic import native

EXPERT = "torch, by hand"
OURS = "keras_torch"
KERAS = "Keras 3 on torch"


@dataclass(frozen=True)
class Contest:
    """One subject and those who compete in it.

    Args:
        title: what is measured.
        contestants: name -> function that does one round; the first one is what the others are compared with.
        units: steps, batches or calls in a round.
    """

    title: str
    contestants: dict[str, Callable[[], object]]
    units: int = 1


@dataclass(frozen=True)
class Result:
    """Times in milliseconds per unit and ratios to the first contestant, by name."""

    title: str
    times: dict[str, float]
    ratios: dict[str, float]


def libraries() -> dict[str, object]:
    """keras_torch, and real Keras on torch where it is installed: name of the column -> module."""
    found = {OURS: importlib.import_module("keras_torch")}
    if importlib.util.find_spec("keras") is not None:
        os.environ["KERAS_BACKEND"] = "torch"
        keras = importlib.import_module("keras")
        if getattr(keras, "__version__", "").startswith("3") and keras.backend.backend() == "torch":
            found[KERAS] = keras
    return found


def compare(contest: Contest, rounds: int) -> Result:
    """Runs all contestants in turns.

    Args:
        contest: the subject.
        rounds: measured rounds; two more come first, for warming up.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contest.contestants}
    gc.collect()
    for turn in range(rounds + 2):
        for name, run in contest.contestants.items():
            passed = _seconds_of(run) if name == OURS else without_us(_seconds_of, run)
            if turn >= 2:
                seconds[name].append(passed)
    first = next(iter(contest.contestants))
    ratios = {name: statistics.median(mine / theirs for mine, theirs in zip(values, seconds[first]))
              for name, values in seconds.items()}
    times = {name: 1000 * statistics.median(values) / contest.units for name, values in seconds.items()}
    return Result(contest.title, times, ratios)


def without_us(function: Callable, *args):
    """What a function returns when `nn.Module.__call__` is torch's own: nobody else pays for our symbols."""
    with native.interception_paused():
        return function(*args)


def _seconds_of(run: Callable[[], object]) -> float:
    """Time of one round: processor time with children, which ignores other programs; with a GPU the clock."""
    clock = time.perf_counter if torch.cuda.is_available() else _processor_time
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    start = clock()
    run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return clock() - start


def _processor_time() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def frames_of(call: Callable[[], object]) -> int:
    """How many Python functions a call enters."""
    entered = 0

    def count(frame, event, argument):
        nonlocal entered
        entered += event == "call"

    call()
    sys.setprofile(count)
    try:
        call()
    finally:
        sys.setprofile(None)
    return entered


def as_table(heading: str, results: list[Result]) -> str:
    """A table for people and for markdown: milliseconds of the first column, ratios of the others."""
    columns = list(dict.fromkeys(name for result in results for name in result.times))
    lines = [f"## {heading}", "", "| | " + " | ".join([f"{columns[0]}, ms", *columns[1:]]) + " |",
             "|---" + "|---:" * len(columns) + "|"]
    for result in results:
        cells = [f"{result.times[columns[0]]:.3f}"]
        cells += [f"{result.ratios[name]:.2f}x" if name in result.ratios else "" for name in columns[1:]]
        lines.append(f"| {result.title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def machine() -> str:
    """One sentence about the machine and the versions."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{platform.machine()} CPU"
    return (f"{device}, {torch.get_num_threads()} thread(s), Python {platform.python_version()}, "
            f"torch {torch.__version__}.")


def write_section(path: str, section: str) -> None:
    """Puts a section into a markdown file in place of the one with the same heading, or at its end."""
    file = pathlib.Path(path)
    text = file.read_text(encoding="utf-8") if file.is_file() else "# Performance\n"
    heading = section.splitlines()[0]
    parts = ("\n" + text).split("\n## ")
    kept = [part for part in parts[1:] if "## " + part.splitlines()[0] != heading]
    sections = [*("## " + part.strip() for part in kept), section.strip()]
    file.write_text(parts[0].strip() + "\n\n" + "\n\n".join(sections) + "\n", encoding="utf-8")


def keep_memory() -> None:
    """Starts this program again with an allocator that keeps the memory it was given.

    Else glibc hands large blocks back and fetches them again, and who pays for that is chance: it moved the
    ratio of one and the same pair of programs between 0.8 and 1.0.
    """
    if sys.platform.startswith("linux") and "MALLOC_TRIM_THRESHOLD_" not in os.environ:
        kept = {"MALLOC_MMAP_THRESHOLD_": str(2**32), "MALLOC_TRIM_THRESHOLD_": str(2**33)}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **kept})


def options(description: str) -> argparse.Namespace:
    """The command line that all benchmarks share."""
    keep_memory()
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="measured rounds")
    parser.add_argument("--only", default="", help="run only the subjects whose title contains this")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--markdown", help="file whose section is replaced by the result")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    return chosen


def run(heading: str, contests: list[Callable[[], Contest]], chosen: argparse.Namespace) -> None:
    """Measures the contests whose title fits, prints the table and writes it where wished.

    Args:
        heading: heading of the table.
        contests: functions that make a contest; one exists at a time, so that memory stays small.
        chosen: the command line.
    """
    results = []
    for make in contests:
        contest = make()
        if chosen.only.lower() in contest.title.lower():
            results.append(compare(contest, chosen.rounds))
            print(_line(results[-1]), flush=True)
    if results:
        report(as_table(heading, results), chosen)


def report(table: str, chosen: argparse.Namespace) -> None:
    """Prints a section and writes it where wished."""
    print("\n" + table + "\n" + machine())
    if chosen.markdown:
        write_section(chosen.markdown, table + "\n" + machine())


def _line(result: Result) -> str:
    parts = [f"{name} {time:.3f} ms ({result.ratios[name]:.2f}x)" for name, time in result.times.items()]
    return f"{result.title}: " + ", ".join(parts)
