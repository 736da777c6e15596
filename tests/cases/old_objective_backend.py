"""Rows of the backend functions of Keras 1.2.2, 2.2.4 and 2.3.1, in the words of each.

Theano answers; rows keep away from what TensorFlow does in another way: Theano turns the kernels of
convolutions round, and its 'same' has other margins where a window moves by more than one.
"""

from __future__ import annotations

from cases.old_objective_case import GENERATIONS, Formula

STEPS, IMAGE = (2, 3, 4), (2, 5, 6, 3)
_SIMPLE = ("abs", "exp", "sigmoid", "sign", "sin", "cos", "softplus", "softsign", "square", "tanh",
           "hard_sigmoid", "elu", "relu", "softmax", "flatten", "batch_flatten", "transpose", "argmax",
           "argmin", "round")
_REDUCTIONS = ("sum", "mean", "max", "min", "prod", "std", "var")


def _rows(generation):
    def row(function, *inputs, shape=(3, 4), positional=(), listed=False, note="", **arguments):
        return Formula(generation, "backend", function, inputs, shape, arguments, positional, note=note,
                       listed=listed)

    yield from (row(name, "float") for name in _SIMPLE)
    yield from (row(name, "float", **{"axis": axis, "keepdims": keepdims}, shape=STEPS)
                for name in _REDUCTIONS for axis, keepdims in ((-1, False), (1, True), ([0, 2], False)))
    yield from (row(name, "float") for name in _REDUCTIONS)
    yield from (row(name, "binary", axis=-1) for name in ("any", "all"))
    yield from (row(name, "tenths", "tenths")
                for name in ("equal", "not_equal", "maximum", "minimum", "greater", "greater_equal"))
    smaller = ("lesser", "lesser_equal") if generation == "keras1" else ("less", "less_equal")
    yield from (row(name, "tenths", "tenths") for name in smaller)
    yield row("log", "positive")
    yield row("sqrt", "float")
    yield row("pow", "float", positional=(3,))
    yield row("clip", "float", positional=(-0.3, 0.4))
    yield row("clip", "float", positional=(0.5, 0.1), note="crossed")
    yield row("relu", "float", alpha=0.3, max_value=0.5)
    yield row("elu", "float", alpha=0.3)
    yield row("l2_normalize", "float", axis=-1)
    yield row("l2_normalize", "float", axis=0)
    yield row("dot", ("float", (3, 4)), ("float", (4, 5)))
    yield row("dot", ("float", STEPS), ("float", (4, 5)))
    yield row("dot", ("float", STEPS), ("float", (2, 4, 5)))
    yield row("batch_dot", ("float", STEPS), ("float", (2, 4, 5)), axes=[2, 1])
    yield row("batch_dot", ("float", STEPS), ("float", (2, 5, 4)), axes=[2, 2])
    yield row("batch_dot", ("float", STEPS), ("float", (2, 4)), axes=[2, 1])
    yield row("batch_dot", ("float", (3, 4)), ("float", (3, 4)), axes=1)
    yield row("batch_dot", ("float", STEPS), ("float", STEPS), axes=1)
    yield row("batch_dot", ("float", STEPS), ("float", (2, 4, 5)))
    yield row("permute_dimensions", "float", positional=((0, 2, 1),), shape=STEPS)
    yield row("reshape", "float", positional=((2, -1),), shape=STEPS)
    yield row("repeat", "float", positional=(3,))
    yield row("repeat_elements", "float", positional=(2, 1), shape=STEPS)
    yield row("tile", "float", positional=((2, 3),))
    yield row("expand_dims", "float", positional=(1,))
    yield row("expand_dims", "float")
    yield row("squeeze", "float", positional=(1,), shape=(3, 1, 4))
    yield row("concatenate", "float", "float", listed=True)
    yield row("concatenate", "float", "float", listed=True, axis=0)
    yield row("stack", "float", "float", listed=True)
    yield row("reverse", "float", positional=(1,), shape=STEPS)
    yield row("gather", ("float", (5, 2)), ("classes", (4, 5)))
    yield row("one_hot", ("classes", (4, 5)), positional=(5,))
    yield row("zeros_like", "float")
    yield row("ones_like", "float")
    yield row("temporal_padding", "float", shape=STEPS)
    yield row("spatial_2d_padding", "float", shape=IMAGE)
    yield row("in_top_k", ("softmax", (6, 5)), ("classes", (6, 5)), positional=(2,))
    yield row("count_params", "float")
    yield row("int_shape", "float", shape=STEPS)
    yield row("ndim", "float", shape=STEPS)
    yield from _images(generation, row)
    yield from _own(generation, row)


def _images(generation, row):
    padding, last = (("border_mode", {"dim_ordering": "tf"}) if generation == "keras1" else
                     ("padding", {"data_format": "channels_last"}))
    valid = {padding: "valid"}
    yield row("pool2d", ("float", IMAGE), positional=((2, 2),), **valid, **last, strides=(2, 2))
    yield row("pool2d", ("float", IMAGE), positional=((2, 2),), pool_mode="avg", strides=(2, 2), **last)
    order = "tf" if generation == "keras1" else "channels_last"
    yield row("resize_images", ("float", IMAGE), positional=(2, 3, order))


def _own(generation, row):
    if generation == "keras1":
        yield row("categorical_crossentropy", "softmax", "one_hot")
        yield row("binary_crossentropy", "unit", "binary")
        yield row("sparse_categorical_crossentropy", "softmax", ("classes", (3, 4)))
        yield row("asymmetric_temporal_padding", "float", positional=(2, 1), shape=STEPS)
        yield row("expand_dims", "float", dim=0)
        yield row("one_hot", ("classes", (4, 5)), nb_classes=5)
        yield row("get_variable_shape", "float", shape=STEPS)
        return
    yield row("categorical_crossentropy", "one_hot", "softmax")
    yield row("binary_crossentropy", "binary", "unit")
    yield row("sparse_categorical_crossentropy", ("classes", (3, 4)), "softmax")
    yield row("bias_add", ("float", STEPS), ("float", (4,)))
    yield row("batch_normalization", ("float", (3, 4)), ("float", (4,)), ("positive", (4,)), ("float", (4,)),
              ("positive", (4,)), epsilon=0.01)
    yield row("logsumexp", "float", axis=-1)
    yield row("cumsum", "float", axis=1)
    yield row("cumprod", "float", axis=0)
    yield row("temporal_padding", "float", positional=((2, 1),), shape=STEPS)
    yield row("spatial_2d_padding", "float", shape=IMAGE, padding=((1, 2), (0, 1)),
              data_format="channels_last")
    yield row("relu", "float", alpha=0.1, threshold=0.4, max_value=0.8)


BACKEND = [case for generation in GENERATIONS for case in _rows(generation)]
