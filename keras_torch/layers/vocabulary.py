"""What constructor arguments mean in every layer: argument name -> check, conversion, sentence for docs."""

import dataclasses

from keras_torch import activations, constraints, initializers, regularizers
from keras_torch.base import shapes
from keras_torch.base.checks import (
    Term,
    boolean,
    fail,
    fraction,
    fraction_below_one,
    integer,
    is_integer,
    one_of,
    positive_int,
    positive_number,
)


@dataclasses.dataclass(frozen=True)
class PerAxis(Term):
    """One positive integer per axis; a single integer counts for all (the class says `rank`)."""

    def apply(self, instance, owner, argument, value):
        """The tuple of integers."""
        if value is None:
            return None
        rank = getattr(instance, "rank", None)
        rank = rank if rank is not None else (1 if is_integer(value) else len(value))
        good = is_integer(value) or (isinstance(value, (list, tuple)) and len(value) == rank
                                     and all(is_integer(size) for size in value))
        if not good or min(shapes.tuple_of(value, rank)) < 1:
            fail(owner, argument, value, f"a positive integer or {rank} of them")
        return shapes.tuple_of(value, rank)


@dataclasses.dataclass(frozen=True)
class DataFormat(Term):
    """None means the global setting, read when the layer is made."""

    def apply(self, instance, owner, argument, value):
        """'channels_last' or 'channels_first'."""
        if value is not None:
            one_of("channels_last", "channels_first", "tf", "th", "default")(owner, argument, value)
        return shapes.resolved_data_format(value)


def _initializer(doc):
    return Term(None, initializers.get, doc=doc)


_PADDING = one_of("valid", "same", hint="For causal padding use Conv1D(padding='causal').")

VOCABULARY = {
    "units": Term(positive_int, int, doc="size of the last axis of the output.", optional=False),
    "filters": Term(positive_int, int, doc="number of output channels.", optional=False),
    "activation": Term(None, activations.get, doc="function on the output: name, function or None.",
                       optional=False),
    "recurrent_activation": Term(None, activations.get, doc="function on the gates.", optional=False),
    "use_bias": Term(boolean, bool, doc="whether a bias is added."),
    **{f"{name}_initializer": _initializer(f"start values of the {name}.")
       for name in ("kernel", "bias", "recurrent", "embeddings", "gamma", "beta", "alpha", "moving_mean",
                    "moving_variance", "depthwise", "pointwise")},
    **{f"{name}_regularizer": Term(None, regularizers.get, doc=f"penalty on the {name}, added to the loss.")
       for name in ("kernel", "bias", "recurrent", "embeddings", "gamma", "beta", "alpha", "depthwise",
                    "pointwise")},
    **{f"{name}_constraint": Term(None, constraints.get, doc=f"applied to the {name} after each step.")
       for name in ("kernel", "bias", "recurrent", "embeddings", "gamma", "beta", "alpha", "depthwise",
                    "pointwise")},
    "kernel_size": PerAxis(doc="window size per axis, in cells.", optional=False),
    "strides": PerAxis(doc="step of the window per axis, in cells."),
    "dilation_rate": PerAxis(doc="distance of kernel cells per axis."),
    "pool_size": PerAxis(doc="window size per axis, in cells.", optional=False),
    "groups": Term(positive_int, int, doc="number of channel groups convolved apart."),
    "padding": Term(_PADDING, doc="'valid' (none) or 'same' (output length = input length / stride)."),
    "data_format": DataFormat(doc="'channels_last' or 'channels_first'; None is the global setting."),
    "rate": Term(fraction, float, doc="fraction of values dropped, 0 to 1."),
    "dropout": Term(fraction_below_one, float, doc="fraction of the inputs dropped."),
    "recurrent_dropout": Term(fraction_below_one, float, doc="fraction of the state dropped."),
    "epsilon": Term(positive_number, float, doc="added to the variance."),
    "axis": Term(None, doc="axis or axes."),
    "input_dim": Term(positive_int, int, doc="number of different indices."),
    "output_dim": Term(positive_int, int, doc="length of each vector.", optional=False),
    "mask_zero": Term(boolean, bool, doc="whether index 0 means 'no step' and is masked."),
    "n": Term(positive_int, int, doc="number of repetitions.", optional=False),
    "return_sequences": Term(boolean, bool, doc="whether every step's output is returned, or the last one."),
    "return_state": Term(boolean, bool, doc="whether the last states are returned too."),
    "go_backwards": Term(boolean, bool, doc="whether the sequence is read from its end."),
    "stateful": Term(boolean, bool, doc="whether the last states start the next batch."),
    "unroll": Term(boolean, bool, doc="Keras's hint to unroll the loop; the result is the same."),
    "keepdims": Term(boolean, bool, doc="whether reduced axes stay with size 1."),
    "seed": Term(integer, doc="integer; None uses torch's default generator."),
    "center": Term(boolean, bool, doc="whether beta is added."),
    "scale": Term(boolean, bool, doc="whether gamma is multiplied."),
}
