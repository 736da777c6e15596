"""What losses, metrics, weights and a callback cost in a step. Run: `python -m benchmarks.metrics_step`.

The first table is calls against torch by hand. In the others the first column is `fit` with nothing added, of
the same library, so a ratio says what is added to a step.
"""

from __future__ import annotations

import functools

import torch
from torch.nn import functional

from benchmarks.measure import EXPERT, OURS, Contest, libraries, options, run

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
BATCH, STEPS, CALLS = 32, 60, 1000
SIZES = {"MLP 784-512-512-10": (784, 512, 512, 10), "MLP 64-64-64-10": (64, 64, 64, 10)}


def by_hand(name: str):
    """(torch function of y_true and y_pred, arguments of ours) for a loss or a metric."""
    total = torch.zeros((), device=DEVICE)
    return {
        "MeanSquaredError": (lambda y, p: functional.mse_loss(p, y), {}),
        "SparseCategoricalCrossentropy": (lambda y, p: functional.cross_entropy(p, y), {"from_logits": True}),
        "BinaryCrossentropy": (lambda y, p: functional.binary_cross_entropy_with_logits(p, y),
                               {"from_logits": True}),
        "SparseCategoricalAccuracy": (lambda y, p: total.add_((p.argmax(-1) == y).sum()), {}),
        "BinaryAccuracy": (lambda y, p: total.add_(((p > 0.5) == y).sum()), {}),
        "Mean": (lambda p: total.add_(p.sum()), {}),
    }[name]


def calls(family: str, name: str) -> Contest:
    """1,000 calls of one loss or updates of one metric, each on a batch of 256."""
    y_pred = torch.rand(256, 10 if "Sparse" in name else 1, device=DEVICE)
    y_true = torch.randint(10, (256,), device=DEVICE) if "Sparse" in name else torch.rand_like(y_pred).round()
    theirs, arguments = by_hand(name)
    ours = getattr(getattr(libraries()[OURS], family), name)(**arguments)
    ours = ours if family == "losses" else ours.update_state
    data = (y_pred,) if name == "Mean" else (y_true, y_pred)

    def repeated(function):
        def run():
            with torch.no_grad():
                for _ in range(CALLS):
                    function(*data)

        return run

    return Contest(f"{family}.{name}", {EXPERT: repeated(theirs), OURS: repeated(ours)})


def six_metrics(keras) -> list:
    """Accuracies, area, precision, recall and an error."""
    metrics = keras.metrics
    return ["accuracy", metrics.TopKCategoricalAccuracy(3), metrics.AUC(), metrics.Precision(),
            metrics.Recall(), "mse"]


def listening_callback(keras):
    """A callback that hears of every batch and looks at the logs of every epoch."""

    class Listener(keras.callbacks.Callback):
        """Keeps what it saw at the end of the epochs."""

        def __init__(self):
            super().__init__()
            self.seen, self.batches = [], 0

        def on_train_batch_end(self, batch, logs=None):
            """Counts."""
            self.batches += 1

        def on_epoch_end(self, epoch, logs=None):
            """Looks."""
            self.seen.append(dict(logs))

    return Listener()


def trained(keras, sizes: tuple, metrics=False, weights=None):
    """A function that trains for one epoch."""
    layers = keras.layers
    hidden = [layers.Dense(units, activation="relu") for units in sizes[1:-1]]
    head = layers.Dense(sizes[-1], activation="softmax")
    model = keras.Sequential([layers.Input(sizes[:1]), *hidden, head])
    model.compile(optimizer="adam", loss="categorical_crossentropy",
                  metrics=six_metrics(keras) if metrics else None)
    samples = BATCH * STEPS
    inputs = torch.rand(samples, sizes[0], device=DEVICE)
    targets = functional.one_hot(torch.randint(sizes[-1], (samples,), device=DEVICE), sizes[-1]).float()
    added = {"callbacks": [listening_callback(keras)]} if metrics else {}
    if weights == "sample_weight":
        added["sample_weight"] = torch.rand(samples, device=DEVICE)
    elif weights == "class_weight":
        added["class_weight"] = {number: 1.0 + number for number in range(sizes[-1])}
    return functools.partial(model.fit, inputs, targets, batch_size=BATCH, epochs=1, verbose=0, **added)


def with_metrics(title: str, library: str) -> Contest:
    """Six metrics and a callback against none."""
    keras, sizes = libraries()[library], SIZES[title]
    contestants = {"fit alone": trained(keras, sizes),
                   "six metrics and a callback": trained(keras, sizes, metrics=True)}
    return Contest(f"{title}, {library}", contestants, STEPS)


def with_weights(title: str, library: str) -> Contest:
    """Weights against none."""
    keras, sizes = libraries()[library], SIZES[title]
    contestants = {"fit alone": trained(keras, sizes)}
    for kind in ("sample_weight", "class_weight"):
        contestants[kind] = trained(keras, sizes, weights=kind)
    return Contest(f"{title}, {library}", contestants, STEPS)


CALLED = (("losses", "MeanSquaredError"), ("losses", "SparseCategoricalCrossentropy"),
          ("losses", "BinaryCrossentropy"), ("metrics", "SparseCategoricalAccuracy"),
          ("metrics", "BinaryAccuracy"), ("metrics", "Mean"))


def main() -> None:
    """Measures all."""
    chosen, subjects = options(__doc__), [(title, library) for title in SIZES for library in libraries()]
    run("A thousand calls of a loss or a metric", [functools.partial(calls, *called) for called in CALLED],
        chosen)
    run("Metrics in a step of fit", [functools.partial(with_metrics, *one) for one in subjects], chosen)
    run("Weights in a step of fit", [functools.partial(with_weights, *one) for one in subjects], chosen)


if __name__ == "__main__":
    main()
