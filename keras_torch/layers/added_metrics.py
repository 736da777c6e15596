"""Metrics that layers keep: assigned to attributes, or made by add_metric. They appear in the model's logs.

Which layers of a model have any is found anew only after a change, see `added_losses.CHANGES`.
"""

import contextlib

from keras_torch.base.checks import fail
from keras_torch.layers.added_losses import CHANGES
from keras_torch.metrics.metric import Metric
from keras_torch.metrics.reduction import Mean


def note_metrics(layer, values):
    """Remembers the metrics among the values assigned to an attribute.

    Args:
        layer: the layer.
        values: iterable of anything.
    """
    found = [value for value in values if isinstance(value, Metric)]
    kept = layer.__dict__.get("_metrics", ())
    fresh = [metric for metric in found if all(metric is not known for known in kept)]
    if fresh:
        layer.__dict__["_metrics"] = [*kept, *fresh]
        CHANGES.version += 1


def added_mean(layer, name, aggregation):
    """The running mean that `add_metric` of a layer fills; made at its first use.

    Args:
        layer: the layer.
        name: what history and logs call it.
        aggregation: 'mean' or None.

    Errors:
        ValueError: no name, or an unknown aggregation.
    """
    owner = f"{layer.label}.add_metric()"
    if aggregation not in ("mean", None):
        fail(owner, "aggregation", aggregation, "'mean' or None", "Write a metric of your own for others.")
    if not isinstance(name, str):
        fail(owner, "name", name, "a string: what history and logs call the value")
    means = layer.__dict__.setdefault("_added_means", {})
    if name not in means:
        means[name] = Mean(name=name)
        CHANGES.version += 1
    return means[name]


def metrics_of(module):
    """The metrics of all layers in a module, once each; of inner models only what add_metric made.

    >>> import torch
    >>> metrics_of(torch.nn.Linear(2, 2))
    []
    """
    version, found = module.__dict__.get("_layer_metrics", (-1, None))
    if version != CHANGES.version:
        listed = {id(metric): metric for child in module.modules() for metric in _own(child, child is module)}
        found = list(listed.values())
        module.__dict__["_layer_metrics"] = CHANGES.version, found
    return found


@contextlib.contextmanager
def paused(metrics):
    """Inside the block these metrics take nothing in: what runs there are shapes without numbers."""
    for metric in metrics:
        metric.__dict__["update_state"] = _nothing
    try:
        yield
    finally:
        for metric in metrics:
            del metric.__dict__["update_state"]


def _nothing(*args, **kwargs):
    pass


def _own(module, outermost):
    """A module's own metrics. An inner model trains by itself, as in Keras: what it tracks stays there."""
    kept = module.__dict__.get("_metrics", ()) if outermost or not hasattr(module, "train_step") else ()
    return [*kept, *module.__dict__.get("_added_means", {}).values()]
