"""Functions of old Keras generations that have no successor under their own name."""

import functools

from keras_torch import layers, models, regularizers
from keras_torch.base import tree
from keras_torch.base.checks import fail

_PLAIN_MODES = {
    "sum": layers.Add,
    "mul": layers.Multiply,
    "ave": layers.Average,
    "max": layers.Maximum,
}
_MODES = ("sum", "mul", "ave", "max", "concat", "dot")


def merge(inputs, mode="sum", dot_axes=-1, concat_axis=-1, output_shape=None, name=None):
    """Merges a list of tensors in the way that `mode` names.

    Args:
        inputs: list of at least two tensors, symbolic or not.
        mode: 'sum', 'mul', 'ave', 'max', 'concat', 'dot', or a function of the list.
        dot_axes: axis, or two axes, of mode 'dot'.
        concat_axis: axis of mode 'concat'.
        output_shape: shape of what a function gives, without the batch; None lets it be inferred.
        name: name of the layer that is made.

    Errors:
        ValueError: an unknown mode.

    Source: Keras 1 merge; today the layers Add, Multiply, Average, Maximum, Concatenate and Dot.

    >>> import torch
    >>> merge([torch.ones(2), torch.ones(2)], mode="sum")
    tensor([2., 2.])
    """
    if callable(mode):
        return layers.Lambda(mode, output_shape=output_shape, name=name)(inputs)
    if mode == "concat":
        return layers.Concatenate(axis=concat_axis, name=name)(inputs)
    if mode == "dot":
        return layers.Dot(axes=dot_axes, name=name)(inputs)
    if mode not in _PLAIN_MODES:
        fail("merge", "mode", mode, f"one of {', '.join(map(repr, _MODES))} or a function")
    return _PLAIN_MODES[mode](name=name)(inputs)


def merge_layer(layers=None, mode="sum", concat_axis=-1, dot_axes=-1, output_shape=None, name=None):
    """Keras 1's `Merge`: two branches as the start of a Sequential, or a merge to be called later.

    Args:
        layers: models (or connected layers) whose outputs are merged; None: what it is called on.
        mode, concat_axis, dot_axes, output_shape, name: see `merge`.

    Returns:
        A model from the inputs of all branches to the merged output; without `layers` a function of a list.

    >>> left, right = (models.Sequential([layers.Input((3,)), layers.Dense(2)]) for _ in range(2))
    >>> merge_layer([left, right], mode="concat").output_shape
    (None, 4)
    """
    how = {"mode": mode, "concat_axis": concat_axis, "dot_axes": dot_axes, "output_shape": output_shape,
           "name": name}
    if layers is None:
        return functools.partial(merge, **how)
    inputs = [symbol for branch in layers for symbol in tree.flatten(branch.input)]
    distinct = list({id(symbol): symbol for symbol in inputs}.values())
    return models.Model(distinct, merge([branch.output for branch in layers], **how))


# (family, name) -> the generation that had it last, and the object; later generations do not see it.
OLD_NAMES = {
    ("layers", "merge"): ("keras1", merge),
    ("engine", "merge"): ("keras1", merge),
    ("layers", "Merge"): ("keras1", merge_layer),
    ("engine", "Merge"): ("keras1", merge_layer),
    ("regularizers", "activity_l1"): ("keras1", regularizers.l1),
    ("regularizers", "activity_l2"): ("keras1", regularizers.l2),
    ("regularizers", "activity_l1l2"): ("keras1", regularizers.l1l2),
}
