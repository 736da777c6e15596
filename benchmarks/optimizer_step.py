"""One step of an optimizer against torch's. Run: `python -m benchmarks.optimizer_step`.

The parameters are those of the MLP 784-512-512-10, and six tiny ones, which show the cost of Python alone.
torch's optimizers run on their fused kernels, those without on foreach kernels. Options that they do not have
(`clipnorm`, `use_ema`, ...) are compared with torch's fused Adam and the option written by hand with foreach;
Muon with the same in single precision by hand, as torch's computes in bfloat16.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch

from benchmarks.measure import EXPERT, OURS, Contest, libraries, options, run
from keras_torch.base.third_party import foreach

SHAPES = [(784, 512), (512,), (512, 512), (512,), (512, 10), (10,)]
MATRICES = [(784, 512), (512, 512)]
TINY = [(2,)] * 6
NATIVE = torch.optim
FUSED, FOREACH = {"fused": True}, {"foreach": True}
PAIRS = {  # name -> torch's class and arguments, our class and arguments
    "SGD": (NATIVE.SGD, FUSED, "SGD", {}),
    "SGD, momentum": (NATIVE.SGD, {"momentum": 0.9, **FUSED}, "SGD", {"momentum": 0.9}),
    "SGD, nesterov": (NATIVE.SGD, {"momentum": 0.9, "nesterov": True, **FOREACH}, "SGD",
                      {"momentum": 0.9, "nesterov": True}),
    "SGD, nesterov, fused": (NATIVE.SGD, {"momentum": 0.9, "nesterov": True, **FUSED}, "SGD",
                             {"momentum": 0.9, "nesterov": True}),
    "Adam": (NATIVE.Adam, FUSED, "Adam", {}),
    "Adam, amsgrad": (NATIVE.Adam, {"amsgrad": True, **FUSED}, "Adam", {"amsgrad": True}),
    "AdamW": (NATIVE.AdamW, FUSED, "AdamW", {}),
    "RMSprop": (NATIVE.RMSprop, {"alpha": 0.9, **FOREACH}, "RMSprop", {}),
    "RMSprop, momentum, centered": (NATIVE.RMSprop, {"alpha": 0.9, "momentum": 0.9, "centered": True,
                                                     **FOREACH}, "RMSprop",
                                    {"momentum": 0.9, "centered": True}),
    "Adagrad": (NATIVE.Adagrad, FOREACH, "Adagrad", {}),
    "Adagrad, fused": (NATIVE.Adagrad, FUSED, "Adagrad", {}),
    "Adadelta": (NATIVE.Adadelta, FOREACH, "Adadelta", {}),
    "Adamax": (NATIVE.Adamax, FOREACH, "Adamax", {}),
    "Nadam": (NATIVE.NAdam, FOREACH, "Nadam", {}),
    "Adafactor": (NATIVE.Adafactor, FOREACH, "Adafactor", {}),
}


def parameters(shapes: list[tuple]) -> list[torch.nn.Parameter]:
    """Parameters with a gradient."""
    made = [torch.nn.Parameter(torch.rand(shape)) for shape in shapes]
    for param in made:
        param.grad = torch.rand_like(param)
    return made


def repeated(step: Callable, params: list, steps: int) -> Callable:
    """A round of that many steps, with two sets of gradients in turn: with one, variances come to nothing."""
    first, second = ([torch.rand_like(param) for param in params] for _ in range(2))

    def round_of_steps():
        for _ in range(steps // 2):
            for grads in (first, second):
                for param, grad in zip(params, grads):
                    param.grad = grad
                step()

    return round_of_steps


def contest(name: str, shapes: list[tuple], remark: str) -> Contest:
    """torch's optimizer against ours."""
    make_theirs, their_arguments, class_name, arguments = PAIRS[name]
    steps = 200
    params, own = parameters(shapes), parameters(shapes)
    theirs = make_theirs(params, lr=0.001, **their_arguments)
    ours = getattr(libraries()[OURS].optimizers, class_name)(0.001, **arguments).build(own)
    runs = {"torch.optim": repeated(theirs.step, params, steps), OURS: repeated(ours.step, own, steps)}
    return Contest(f"{name}, {remark}", runs, steps)


def _clip_each(params: list, limit: float) -> None:
    for param in params:
        param.grad.mul_(limit / param.grad.norm().clamp(min=limit))


def _clip_all(params: list, limit: float) -> None:
    torch.nn.utils.clip_grad_norm_(params, limit, foreach=True)


def _clip_values(params: list, limit: float) -> None:
    torch.nn.utils.clip_grad_value_(params, limit, foreach=True)


def clipped_by_hand(clip: Callable, params: list) -> Callable:
    """A step of fused Adam after a clipping that leaves the gradients of the benchmark as they are."""
    optimizer = NATIVE.Adam(params, fused=True)

    def step():
        clip(params, 1e6)
        optimizer.step()

    return step


def averaged_by_hand(params: list) -> Callable:
    """A step of fused Adam, and one of a moving average."""
    optimizer, averages = NATIVE.Adam(params, fused=True), [param.detach().clone() for param in params]

    @torch.no_grad()
    def step():
        optimizer.step()
        foreach.lerp_(averages, params, 0.01)

    return step


def accumulated_by_hand(params: list) -> Callable:
    """Gradients of four steps added up, then a step of fused Adam with their mean."""
    optimizer, sums = NATIVE.Adam(params, fused=True), [torch.zeros_like(param) for param in params]
    made = [0]

    @torch.no_grad()
    def step():
        foreach.add_(sums, [param.grad for param in params])
        made[0] += 1
        if made[0] % 4 == 0:
            foreach.div_(sums, 4)
            kept = [param.grad for param in params]
            for param, total in zip(params, sums):
                param.grad = total
            optimizer.step()
            for param, grad in zip(params, kept):
                param.grad = grad
            foreach.zero_(sums)

    return step


OPTIONS = {  # name -> arguments of ours, the same by hand
    "clipnorm": ({"clipnorm": 1e6}, functools.partial(clipped_by_hand, _clip_each)),
    "global_clipnorm": ({"global_clipnorm": 1e6}, functools.partial(clipped_by_hand, _clip_all)),
    "clipvalue": ({"clipvalue": 1e6}, functools.partial(clipped_by_hand, _clip_values)),
    "use_ema": ({"use_ema": True}, averaged_by_hand),
    "gradient_accumulation_steps": ({"gradient_accumulation_steps": 4}, accumulated_by_hand),
}


def option_contest(name: str, shapes: list[tuple], remark: str) -> Contest:
    """Adam with an option against fused Adam with the option by hand."""
    arguments, by_hand = OPTIONS[name]
    params, own = parameters(shapes), parameters(shapes)
    ours = libraries()[OURS].optimizers.Adam(**arguments).build(own)
    runs = {EXPERT: repeated(by_hand(params), params, 200), OURS: repeated(ours.step, own, 200)}
    return Contest(f"Adam, {name}, {remark}", runs, 200)


def muon_by_hand(params: list) -> Callable:
    """Muon in single precision, as Keras computes it."""
    momentum = [torch.zeros_like(param) for param in params]

    @torch.no_grad()
    def step():
        foreach.mul_(momentum, 0.95)
        foreach.add_(momentum, [param.grad for param in params])
        for param, average in zip(params, momentum):
            found = param.grad + 0.95 * average
            turned = param.shape[0] > param.shape[1]
            found = (found.T if turned else found) / (found.norm() + 1e-7)
            for _ in range(5):
                square = found @ found.T
                found = 3.4445 * found + (-4.775 * square + 2.0315 * square @ square) @ found
            param.mul_(1 - 0.001 * 0.004)
            param.sub_(found.T if turned else found, alpha=0.001 * 0.2 * max(param.shape) ** 0.5)

    return step


def muon_contest() -> Contest:
    """Muon on matrices against the same by hand."""
    params, own = parameters(MATRICES), parameters(MATRICES)
    ours = libraries()[OURS].optimizers.Muon().build(own)
    runs = {EXPERT: repeated(muon_by_hand(params), params, 10), OURS: repeated(ours.step, own, 10)}
    return Contest("Muon in single precision, 784x512 and 512x512", runs, 10)


def main() -> None:
    """Measures all pairs."""
    subjects = [(SHAPES, "MLP 784-512-512-10"), (TINY, "six tiny parameters")]
    chosen = options(__doc__)
    run("A step of an optimizer",
        [functools.partial(contest, name, *subject) for name in PAIRS for subject in subjects], chosen)
    run("An option of an optimizer",
        [functools.partial(option_contest, name, *subject) for name in OPTIONS for subject in subjects]
        + [muon_contest], chosen)


if __name__ == "__main__":
    main()
