"""Every training in the words of the older generations: dialect -> name -> `row(keras, kept)`.

>>> "generators" in ROWS["keras1"]
True
"""

from __future__ import annotations

from cases import history_cases_keras1 as keras1
from cases import history_cases_keras2 as keras2

FILES = {"keras1": "histories_keras1", "keras2.2": "histories_keras22", "keras2.3": "histories_keras23"}
ROWS = {
    "keras1": keras1.ROWS,
    "keras2.2": {**keras2.ROWS, **keras2.KERAS22},
    "keras2.3": {**keras2.ROWS, **keras2.KERAS23},
}
ALL = [(generation, name) for generation, rows in ROWS.items() for name in rows]

# What is not yet as it was, and which rows show it; take a row out when it passes.
AWAITED = {
    "names of metrics": {
        "keras1": ["one of three classes", "losses of all kinds"],
        "keras2.2": ["arguments by position", "one of three classes", "names of metrics",
                     "weights of samples", "classes and samples", "mask and weights of steps"],
        "keras2.3": ["weights of classes", "weights of samples", "weights of steps", "two outputs by name"]},
    "masks and weights in metrics, which are means of batches": {
        "keras1": ["masked sequences", "mask and weights of samples"],
        "keras2.2": ["masked sequences", "weights of classes", "weights of steps",
                     "mask and weights of samples", "two outputs by name"]},
    "means of the outputs' losses over batches": {"keras2.3": ["two outputs", "modes by output"]},
    "targets of the outputs that have a loss": {
        "keras2.2": ["one output without loss"], "keras2.3": ["one output without loss"]},
    "add_update() of a metric": {"keras2.2": ["a metric that counts"]},
    "add_weight() of a metric": {"keras2.3": ["a metric class of ones own"]},
}


def awaited(generation: str, name: str) -> list[str]:
    """What is not yet as it was and shows in a row."""
    return [reason for reason, rows in AWAITED.items() if name in rows.get(generation, ())]
