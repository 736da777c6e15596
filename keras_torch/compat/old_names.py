"""Functions of old Keras generations that have no successor under their own name."""

from keras_torch import layers
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


# (family, name) -> the generation that had it last, and the object; later generations do not see it.
OLD_NAMES = {
    ("layers", "merge"): ("keras1", merge),
    ("engine", "merge"): ("keras1", merge),
}
