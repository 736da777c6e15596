"""`predict` and `evaluate` against a loop by hand. Run: `python -m benchmarks.predict`."""

from __future__ import annotations

import functools

import torch
from torch.nn import functional

from benchmarks.measure import EXPERT, Contest, libraries, options, run
from benchmarks.tasks import mlp, torch_mlp

ROWS = 100_000


def small(keras):
    """A network so small that the loop around it is what counts."""
    return keras.Sequential([keras.layers.Input((16,)), keras.layers.Dense(16, activation="relu"),
                             keras.layers.Dense(1)])


def torch_small():
    """The same."""
    return torch.nn.Sequential(torch.nn.Linear(16, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1))


def predict_by_hand(model, inputs, batch):
    """All predictions as one numpy array."""
    with torch.inference_mode():
        parts = [model(inputs[start:start + batch]) for start in range(0, len(inputs), batch)]
        return torch.cat(parts).numpy()


def evaluate_by_hand(model, inputs, targets, batch):
    """The mean loss, read back once."""
    with torch.inference_mode():
        total = torch.zeros(())
        for start in range(0, len(inputs), batch):
            part = inputs[start:start + batch]
            total += functional.mse_loss(model(part), targets[start:start + batch]) * len(part)
        return float(total / len(inputs))


def prediction(batch: int) -> Contest:
    """`predict` over 100,000 rows."""
    inputs = torch.rand(ROWS, 16)
    contestants = {EXPERT: functools.partial(predict_by_hand, torch_small().eval(), inputs, batch)}
    for name, keras in libraries().items():
        contestants[name] = functools.partial(small(keras).predict, inputs, batch_size=batch, verbose=0)
    return Contest(f"predict 100k rows, batch {batch} (per batch)", contestants, -(-ROWS // batch))


def evaluation() -> Contest:
    """`evaluate` over 100,000 rows."""
    inputs, targets = torch.rand(ROWS, 16), torch.rand(ROWS, 1)
    contestants = {EXPERT: functools.partial(evaluate_by_hand, torch_small().eval(), inputs, targets, 256)}
    for name, keras in libraries().items():
        model = small(keras)
        model.compile(optimizer="sgd", loss="mse")
        contestants[name] = functools.partial(model.evaluate, inputs, targets, batch_size=256, verbose=0)
    return Contest("evaluate 100k rows, batch 256 (per batch)", contestants, -(-ROWS // 256))


def single(method: str) -> Contest:
    """One sample at a time."""
    sample, by_hand = torch.rand(1, 784), torch_mlp().eval()

    def many(call):
        return lambda: [call() for _ in range(100)]

    contestants = {EXPERT: many(functools.partial(predict_by_hand, by_hand, sample, 1))}
    for name, keras in libraries().items():
        options_of = {"verbose": 0} if method == "predict" else {}
        contestants[name] = many(functools.partial(getattr(mlp(keras), method), sample.numpy(), **options_of))
    return Contest(f"{method} of one sample", contestants, 100)


def main() -> None:
    """Measures all."""
    run("Prediction", [functools.partial(prediction, 256), functools.partial(prediction, 32), evaluation,
                       functools.partial(single, "predict_on_batch"), functools.partial(single, "predict")],
        options(__doc__))


if __name__ == "__main__":
    main()
