"""Calling models: time against modules by hand, and Python frames. Run: `python -m benchmarks.call`."""

from __future__ import annotations

import functools

import torch
from torch import nn

from benchmarks.measure import EXPERT, Contest, frames_of, libraries, options, report, run, without_us
from benchmarks.tasks import mlp, torch_mlp

CALLS = 200


def repeated(call):
    """A round of calls without gradients."""
    def one_round():
        with torch.no_grad():
            for _ in range(CALLS):
                call()

    return one_round


def chain(keras, layers: int):
    """A functional graph of tiny Dense layers."""
    inputs = values = keras.Input((8,))
    for _ in range(layers):
        values = keras.layers.Dense(8)(values)
    return keras.Model(inputs, values)


def contest(title: str, by_hand, make_model, data: torch.Tensor) -> Contest:
    """`model(x)` for every library against a module by hand."""
    contestants = {EXPERT: repeated(functools.partial(by_hand.eval(), data))}
    for name, keras in libraries().items():
        contestants[name] = repeated(functools.partial(make_model(keras), data))
    return Contest(title, contestants, CALLS)


def frame_table() -> str:
    """Python frames of one call, for every library."""
    found = libraries()
    lines = ["## Python frames of one call", "", "| | torch | " + " | ".join(found) + " |",
             "|---" + "|---:" * (1 + len(found)) + "|"]
    rows = [("Dense(8)", nn.Linear(8, 8), lambda keras: chain(keras, 1).layers[-1]),
            ("functional graph of 5 Dense", nn.Sequential(*(nn.Linear(8, 8) for _ in range(5))),
             lambda keras: chain(keras, 5)),
            ("functional graph of 100 Dense", nn.Sequential(*(nn.Linear(8, 8) for _ in range(100))),
             lambda keras: chain(keras, 100))]
    for title, by_hand, make in rows:
        data = torch.zeros(4, 8)
        models = [by_hand, *map(make, found.values())]
        counts = [without_us(frames_of, functools.partial(model, data)) for model in models]
        lines.append(f"| {title} | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measures calls, then counts frames."""
    chosen = options(__doc__)
    run("A call of a model", [
        lambda: contest("functional graph of 100 tiny Dense layers", nn.Sequential(*(
            nn.Linear(8, 8) for _ in range(100))), lambda keras: chain(keras, 100), torch.rand(4, 8)),
        lambda: contest("MLP, one sample", torch_mlp(), mlp, torch.rand(1, 784)),
    ], chosen)
    if chosen.only.lower() in "python frames":
        report(frame_table(), chosen)


if __name__ == "__main__":
    main()
