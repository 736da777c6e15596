"""The differences between the Keras generations, a row each. Add a row, never an `if` in a layer.

Here: names, values and defaults of arguments. Their order is in `orders.py`, meanings are in `meanings.py`.

`Renamed(owner, old, new, until)`: an argument that had another name up to that generation.
`Packed(owner, old, new, until)`: several arguments that are one tuple today.
`OldValue(old, values)`: what the values of an argument with an older name mean today.
`Order(owner, names, until)`: the order of positional arguments, when it was another one.
`Default(owner, argument, values)`: a default that differs; `values` maps the last generation with it to it.
`Behaves(topic, values)`: a meaning that differs; the constructor reads it once (`behaviour(topic)`).
`Dropped(owner, argument, until, reason, harmless)`: an argument that is gone; one whose value is in
`harmless` (None: any value) changes nothing and is left out, another is refused with the reason.
The owner is a class name, or '*' for every class that accepts the new name; in `Order` also
'losses.<class>' where two families have a class of one name.
"""

from keras_torch.dialects.rows import Default, Dropped, OldValue, Packed, Renamed

_K1 = "keras1"
_CONV1 = {
    "nb_filter": "filters",
    "border_mode": "padding",
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
    "dim_ordering": "data_format",
}
_RNN1 = {
    "output_dim": "units",
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "consume_less": "implementation",
}
_POOL1 = {
    "pool_length": "pool_size",
    "stride": "strides",
    "border_mode": "padding",
    "dim_ordering": "data_format",
}


def _renamed(owners, pairs, until):
    return [Renamed(owner, old, new, until) for owner in owners for old, new in pairs.items()]


RENAMED = [
    *_renamed(
        ["Dense", "Highway", "MaxoutDense"],
        {
            "output_dim": "units",
            "init": "kernel_initializer",
            "W_regularizer": "kernel_regularizer",
            "b_regularizer": "bias_regularizer",
            "W_constraint": "kernel_constraint",
            "b_constraint": "bias_constraint",
            "bias": "use_bias",
        },
        _K1,
    ),
    *_renamed(
        ["Conv1D"],
        {
            **_CONV1,
            "filter_length": "kernel_size",
            "subsample_length": "strides",
            "atrous_rate": "dilation_rate",
        },
        _K1,
    ),
    *_renamed(
        ["Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose", "SeparableConv2D", "LocallyConnected2D"],
        {**_CONV1, "subsample": "strides", "atrous_rate": "dilation_rate"},
        _K1,
    ),
    *_renamed(
        ["LocallyConnected1D"],
        {**_CONV1, "filter_length": "kernel_size", "subsample_length": "strides"},
        _K1,
    ),
    *_renamed(
        ["ConvLSTM2D"],
        {
            **{old: new for old, new in _RNN1.items() if new not in ("units", "implementation")},
            "nb_filter": "filters",
            "border_mode": "padding",
            "subsample": "strides",
            "dim_ordering": "data_format",
            "forget_bias_init": "unit_forget_bias",
        },
        _K1,
    ),
    *_renamed(
        ["SReLU"],
        {f"{name}_init": f"{name}_initializer" for name in ("t_left", "a_left", "t_right", "a_right")},
        _K1,
    ),
    *_renamed(["LSTM", "GRU", "SimpleRNN"], _RNN1, _K1),
    Renamed("LSTM", "forget_bias_init", "unit_forget_bias", _K1),
    *_renamed(
        [
            "MaxPooling1D",
            "AveragePooling1D",
            "MaxPooling2D",
            "AveragePooling2D",
            "MaxPooling3D",
            "AveragePooling3D",
            "GlobalMaxPooling2D",
            "GlobalAveragePooling2D",
            "GlobalMaxPooling3D",
            "GlobalAveragePooling3D",
        ],
        _POOL1,
        _K1,
    ),
    *_renamed(
        [
            "ZeroPadding2D",
            "ZeroPadding3D",
            "UpSampling2D",
            "UpSampling3D",
            "Cropping2D",
            "Cropping3D",
            "SpatialDropout2D",
            "SpatialDropout3D",
        ],
        {"dim_ordering": "data_format"},
        _K1,
    ),
    *_renamed(["UpSampling1D"], {"length": "size"}, _K1),
    *_renamed(["Dropout"], {"p": "rate"}, _K1),
    *_renamed(["GaussianNoise"], {"sigma": "stddev"}, _K1),
    *_renamed(
        ["GaussianDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"], {"p": "rate"}, _K1
    ),
    *_renamed(
        ["Embedding"],
        {
            "init": "embeddings_initializer",
            "W_regularizer": "embeddings_regularizer",
            "W_constraint": "embeddings_constraint",
        },
        _K1,
    ),
    *_renamed(
        ["BatchNormalization"], {"beta_init": "beta_initializer", "gamma_init": "gamma_initializer"}, _K1
    ),
    Renamed("LeakyReLU", "alpha", "negative_slope", "tf.keras"),
    Renamed("LayerNormalization", "gamma_init", "gamma_initializer", "keras2.2"),
    Renamed("*", "lr", "learning_rate", "keras2.3"),
    Renamed("Nadam", "decay", "schedule_decay", "tf.keras"),
    Renamed("ReduceLROnPlateau", "epsilon", "min_delta", "keras2.2"),
    Renamed("PReLU", "init", "alpha_initializer", _K1),
    Renamed("InputLayer", "input_dtype", "dtype", _K1),
    Renamed("L1", "l", "l1", "keras2.3"),
    Renamed("L2", "l", "l2", "keras2.3"),
    Renamed("MaxNorm", "m", "max_value", _K1),
    Renamed("MinMaxNorm", "low", "min_value", _K1),
    Renamed("MinMaxNorm", "high", "max_value", _K1),
    Renamed("TimeDistributed", "module", "layer", _K1),
]

PACKED = [
    *(
        Packed(owner, ("nb_row", "nb_col"), "kernel_size", _K1)
        for owner in ("Conv2D", "Conv2DTranspose", "SeparableConv2D", "LocallyConnected2D", "ConvLSTM2D")
    ),
    Packed("Conv3D", ("kernel_dim1", "kernel_dim2", "kernel_dim3"), "kernel_size", _K1),
]

OLD_VALUES = [
    OldValue("dim_ordering", {"tf": "channels_last", "th": "channels_first", "default": None}),
    OldValue("consume_less", {"cpu": 0, "mem": 1, "gpu": 2}),
    OldValue("forget_bias_init", {"one": True, "ones": True, "zero": False, "zeros": False}),
]

DROPPED = [
    Dropped("BatchNormalization", "fused", "tf.keras", "The kernel is chosen by torch."),
    Dropped(
        "BatchNormalization",
        "virtual_batch_size",
        "tf.keras",
        "Statistics are those of the whole batch.",
        (None,),
    ),
    Dropped(
        "BatchNormalization", "adjustment", "tf.keras", "Scale the output with a layer of its own.", (None,)
    ),
    Dropped("Layer", "dynamic", "tf.keras", "Every layer may run any Python here."),
    Dropped(
        "UpSampling1D", "data_format", "keras2.3", "Permute the axes around it.", ("channels_last", None)
    ),
    Dropped(
        "MultiHeadAttention",
        "softmax_robust_masking",
        "tf.keras",
        "Rows without valid keys give zeros anyway.",
    ),
    *(
        Dropped(owner, "groups", "tf.keras", "Every input channel is a group of its own here.", (1,))
        for owner in ("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D")
    ),
    *(
        Dropped(
            f"Conv{rank}DTranspose", "groups", "tf.keras", "Transposed convolutions have no groups.", (1,)
        )
        for rank in (1, 2, 3)
    ),
    *(
        Dropped(owner, f"kernel_{rule}", "tf.keras", f"Give depthwise_{rule} and pointwise_{rule}.")
        for owner in ("SeparableConv1D", "SeparableConv2D")
        for rule in ("initializer", "regularizer", "constraint")
    ),
    *(
        Dropped(owner, f"kernel_{rule}", "tf.keras", f"Give depthwise_{rule}.")
        for owner in ("DepthwiseConv1D", "DepthwiseConv2D")
        for rule in ("initializer", "regularizer", "constraint")
    ),
    Dropped("Softmax", "robust_masking", "tf.keras", "Rows without valid values are safe anyway."),
    Dropped("Optimizer", "gradient_aggregator", "tf.keras", "torch averages over processes.", (None,)),
    Dropped(
        "Optimizer",
        "gradient_transformers",
        "tf.keras",
        "Change the gradients between backward() and step().",
        (None, [], ()),
    ),
    Dropped("LossScaleOptimizer", "dynamic", "tf.keras", "Give the optimizer `loss_scale_factor`.", (True,)),
    Dropped("LossScaleOptimizer", "loss_scale", "tf.keras", "Give `initial_scale`.", ("dynamic",)),
    Dropped("Optimizer", "jit_compile", "tf.keras", "Updates run on fused kernels already."),
    *(
        Dropped(owner, argument, "tf.keras", "torch has one kind of generator.")
        for owner in (
            "Dropout",
            "SpatialDropout1D",
            "SpatialDropout2D",
            "SpatialDropout3D",
            "GaussianNoise",
            "GaussianDropout",
            "AlphaDropout",
            "Attention",
            "AdditiveAttention",
        )
        for argument in ("rng_type", "force_generator")
    ),
]

DEFAULTS = [
    *(Default(name, "implementation", {"keras1": 0, "keras2.2": 1}) for name in ("LSTM", "GRU")),
    Default("LSTM", "recurrent_activation", {"keras2.2": "hard_sigmoid"}),
    Default("GRU", "recurrent_activation", {"keras2.2": "hard_sigmoid"}),
    Default("LSTMCell", "recurrent_activation", {"keras2.2": "hard_sigmoid"}),
    Default("GRUCell", "recurrent_activation", {"keras2.2": "hard_sigmoid"}),
    *(
        Default(f"ConvLSTM{rank}D{end}", "recurrent_activation", {"tf.keras": "hard_sigmoid"})
        for rank in (1, 2, 3)
        for end in ("", "Cell")
    ),
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
    Default("Nadam", "schedule_decay", {"keras2.3": 0.004}),
    Default("RMSprop", "ema_overwrite_frequency", {"keras2.3": None, "tf.keras": 100}),
    Default("Lion", "learning_rate", {"tf.keras": 1e-4}),
    Default("Orthogonal", "gain", {"keras1": 1.1}),
    *(
        Default(name, "dtype", {"tf.keras": "float32"})
        for name in ("IoU", "BinaryIoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU")
    ),
    *(Default(name, "epsilon", {"keras1": 1e-8}) for name in ("Adadelta", "Adagrad", "Adamax", "Nadam")),
]
