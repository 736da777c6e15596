"""One step of an optimizer against torch's. Run: `python -m benchmarks.optimizer_step`.

The parameters are those of the MLP 784-512-512-10, and six tiny ones, which show the cost of Python alone.
"""

from __future__ import annotations

import functools

import torch

from benchmarks.measure import OURS, Contest, libraries, options, run

SHAPES = [(784, 512), (512,), (512, 512), (512,), (512, 10), (10,)]
STEPS = 200
PAIRS = {
    "Adam": (functools.partial(torch.optim.Adam, fused=True), "Adam", {}),
    "AdamW": (functools.partial(torch.optim.AdamW, fused=True), "AdamW", {}),
    "SGD, momentum": (functools.partial(torch.optim.SGD, lr=0.01, momentum=0.9, fused=True),
                      "SGD", {"momentum": 0.9}),
    "RMSprop": (torch.optim.RMSprop, "RMSprop", {}),
    "Adagrad": (torch.optim.Adagrad, "Adagrad", {}),
    "Nadam": (torch.optim.NAdam, "Nadam", {}),
}


def parameters(shapes: list[tuple]) -> list[torch.nn.Parameter]:
    """Parameters with a gradient."""
    made = [torch.nn.Parameter(torch.rand(shape)) for shape in shapes]
    for param in made:
        param.grad = torch.rand_like(param)
    return made


def contest(name: str, shapes: list[tuple], remark: str) -> Contest:
    """torch's optimizer against ours."""
    make_theirs, class_name, arguments = PAIRS[name]
    theirs = make_theirs(parameters(shapes))
    ours = getattr(libraries()[OURS].optimizers, class_name)(**arguments).build(parameters(shapes))

    def repeated(step):
        return lambda: [step() for _ in range(STEPS)]

    steps = {"torch.optim": repeated(theirs.step), OURS: repeated(ours.step)}
    return Contest(f"{name}, {remark}", steps, STEPS)


def main() -> None:
    """Measures all pairs."""
    subjects = [(SHAPES, "MLP 784-512-512-10"), ([(2,)] * 6, "six tiny parameters")]
    contests = [functools.partial(contest, name, *subject) for name in PAIRS for subject in subjects]
    run("A step of an optimizer", contests, options(__doc__))


if __name__ == "__main__":
    main()
