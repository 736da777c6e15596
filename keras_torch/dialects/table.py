"""The differences between the Keras generations, a row each. Add a row, never an `if` in a layer.

`Renamed(owner, old, new, until)`: an argument that had another name up to that generation.
`Default(owner, argument, values)`: a default that differs; `values` maps the last generation with a value to it.
`Behaves(topic, values)`: a meaning that differs; the constructor reads it once (`behaviour(topic)`).
`Dropped(owner, argument, until, reason)`: an argument that no longer does anything; given, it is refused with the
reason unless its value is in `harmless`.
The owner is a class name, or '*' for every class that accepts the new name.
"""

import dataclasses

ORDER = ("keras1", "keras2.2", "keras2.3", "tf.keras", "keras3")


@dataclasses.dataclass(frozen=True)
class Renamed:
    """An argument that had another name."""

    owner: str
    old: str
    new: str
    until: str


@dataclasses.dataclass(frozen=True)
class Default:
    """A default value that differs: `values` maps a generation to the default up to and including it."""

    owner: str
    argument: str
    values: dict


@dataclasses.dataclass(frozen=True)
class Behaves:
    """A meaning that differs, by generation (up to and including it)."""

    topic: str
    values: dict


_K1 = "keras1"
_CONV1 = {"nb_filter": "filters", "border_mode": "padding", "init": "kernel_initializer",
          "W_regularizer": "kernel_regularizer", "b_regularizer": "bias_regularizer",
          "W_constraint": "kernel_constraint", "b_constraint": "bias_constraint", "bias": "use_bias",
          "dim_ordering": "data_format"}
_RNN1 = {"output_dim": "units", "init": "kernel_initializer", "inner_init": "recurrent_initializer",
         "inner_activation": "recurrent_activation", "W_regularizer": "kernel_regularizer",
         "U_regularizer": "recurrent_regularizer", "b_regularizer": "bias_regularizer", "dropout_W": "dropout",
         "dropout_U": "recurrent_dropout"}
_POOL1 = {"pool_length": "pool_size", "stride": "strides", "border_mode": "padding", "dim_ordering": "data_format"}


def _renamed(owners, pairs, until):
    return [Renamed(owner, old, new, until) for owner in owners for old, new in pairs.items()]


RENAMED = [
    *_renamed(["Dense"], {"output_dim": "units", "init": "kernel_initializer", "W_regularizer": "kernel_regularizer",
                          "b_regularizer": "bias_regularizer", "W_constraint": "kernel_constraint",
                          "b_constraint": "bias_constraint", "bias": "use_bias"}, _K1),
    *_renamed(["Conv1D"], {**_CONV1, "filter_length": "kernel_size", "subsample_length": "strides",
                           "atrous_rate": "dilation_rate"}, _K1),
    *_renamed(["Conv2D", "Conv3D"], {**_CONV1, "subsample": "strides", "atrous_rate": "dilation_rate"}, _K1),
    *_renamed(["LSTM", "GRU", "SimpleRNN"], _RNN1, _K1),
    *_renamed(["MaxPooling1D", "AveragePooling1D", "MaxPooling2D", "AveragePooling2D", "MaxPooling3D",
               "AveragePooling3D", "GlobalMaxPooling2D", "GlobalAveragePooling2D"], _POOL1, _K1),
    *_renamed(["ZeroPadding2D", "UpSampling2D"], {"dim_ordering": "data_format"}, _K1),
    *_renamed(["UpSampling1D"], {"length": "size"}, _K1),
    *_renamed(["Dropout"], {"p": "rate"}, _K1),
    *_renamed(["GaussianNoise"], {"sigma": "stddev"}, _K1),
    *_renamed(["GaussianDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"], {"p": "rate"}, _K1),
    *_renamed(["Embedding"], {"init": "embeddings_initializer", "W_regularizer": "embeddings_regularizer",
                              "W_constraint": "embeddings_constraint"}, _K1),
    *_renamed(["BatchNormalization"], {"beta_init": "beta_initializer", "gamma_init": "gamma_initializer"}, _K1),
    Renamed("LeakyReLU", "alpha", "negative_slope", "tf.keras"),
    Renamed("LayerNormalization", "gamma_init", "gamma_initializer", "keras2.2"),
    Renamed("*", "lr", "learning_rate", "keras2.3"),
    Renamed("ReduceLROnPlateau", "epsilon", "min_delta", "keras2.2"),
    Renamed("L1L2", "l", "l1", _K1),
    Renamed("MaxNorm", "m", "max_value", _K1),
    Renamed("TimeDistributed", "module", "layer", _K1),
]

DEFAULTS = [
    Default("LSTM", "recurrent_activation", {"keras2.2": "hard_sigmoid"}),
    Default("GRU", "recurrent_activation", {"keras2.2": "hard_sigmoid"}),
    Default("LSTMCell", "recurrent_activation", {"keras2.2": "hard_sigmoid"}),
    Default("GRUCell", "recurrent_activation", {"keras2.2": "hard_sigmoid"}),
    Default("GRU", "reset_after", {"keras2.3": False}),
    Default("GRUCell", "reset_after", {"keras2.3": False}),
    Default("AveragePooling1D", "pool_size", {"tf.keras": 2}),
    Default("AveragePooling2D", "pool_size", {"tf.keras": (2, 2)}),
    Default("AveragePooling3D", "pool_size", {"tf.keras": (2, 2, 2)}),
    Default("RMSprop", "epsilon", {"keras1": 1e-8}),
    Default("Adam", "epsilon", {"keras1": 1e-8}),
    Default("Adadelta", "learning_rate", {"keras2.3": 1.0}),
    Default("Adagrad", "learning_rate", {"keras2.3": 0.01}),
    Default("Adagrad", "initial_accumulator_value", {"keras2.3": 0.0}),
    Default("Adamax", "learning_rate", {"keras2.3": 0.002}),
    Default("Nadam", "learning_rate", {"keras2.3": 0.002}),
    Default("Lion", "learning_rate", {"tf.keras": 1e-4}),
    *(Default(name, "epsilon", {"keras1": 1e-8}) for name in ("Adadelta", "Adagrad", "Adamax", "Nadam")),
]

BEHAVES = [
    Behaves("hard_sigmoid", {"tf.keras": "clip(0.2x+0.5)", "keras3": "relu6(x+3)/6"}),
    Behaves("accuracy key", {"keras2.2": "acc", "keras3": "accuracy"}),
    Behaves("metric key", {"keras2.2": "full name", "keras3": "as given"}),
    Behaves("history order", {"tf.keras": "loss first", "keras3": "sorted"}),
    Behaves("return_state container", {"tf.keras": "list", "keras3": "tuple"}),
    Behaves("activity regularizer", {"keras2.3": "sum", "keras3": "per sample"}),
    Behaves("functional name", {"tf.keras": "model", "keras3": "functional"}),
    Behaves("validation data on callbacks", {"keras2.3": True, "keras3": False}),
    Behaves("unnamed outputs", {"tf.keras": "numbered", "keras3": "by loss"}),
    Behaves("loss average", {"keras2.2": "nonzero weights", "keras2.3": "all values", "keras3": "valid values"}),
    Behaves("fit epochs", {"keras1": 10, "keras3": 1}),
    Behaves("crossentropy arguments", {"keras1": "output, target", "keras3": "target, output"}),
    Behaves("to_categorical dtype", {"keras1": "float64", "tf.keras": "float32", "keras3": "float64"}),
    Behaves("add_weight order", {"tf.keras": "name, shape", "keras3": "shape, initializer"}),
]
