"""The differences between the Keras generations, a row each. Add a row, never an `if` in a layer.

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
class Packed:
    """Arguments that became one tuple, such as `nb_row` and `nb_col`."""

    owner: str
    old: tuple
    new: str
    until: str


@dataclasses.dataclass(frozen=True)
class OldValue:
    """Today's values for those of an argument that is known by an older name."""

    old: str
    values: dict


@dataclasses.dataclass(frozen=True)
class Order:
    """The positional arguments of a generation, by that generation's or today's names."""

    owner: str
    names: tuple
    until: str


@dataclasses.dataclass(frozen=True)
class Dropped:
    """An argument that is gone: `harmless` values (None: any) are left out, others are refused."""

    owner: str
    argument: str
    until: str
    reason: str
    harmless: tuple | None = None


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
        ["Dense"],
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
        ["Highway", "MaxoutDense"],
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

_W1 = "W_regularizer b_regularizer activity_regularizer W_constraint b_constraint bias"
_U1 = "W_regularizer U_regularizer b_regularizer dropout_W dropout_U"
_TAIL2 = (
    "activation use_bias kernel_initializer bias_initializer kernel_regularizer bias_regularizer "
    "activity_regularizer kernel_constraint bias_constraint"
)
_GATES2 = (
    "dropout recurrent_dropout implementation return_sequences return_state go_backwards stateful unroll"
)
_WEIGHTS2 = (
    "bias_initializer {}kernel_regularizer recurrent_regularizer bias_regularizer activity_regularizer "
    "kernel_constraint recurrent_constraint bias_constraint"
)
_RNN2 = f"{_WEIGHTS2} {_GATES2}"
_START2 = "units activation recurrent_activation use_bias kernel_initializer recurrent_initializer "
_LSTM2, _GRU2 = _START2 + _RNN2.format("unit_forget_bias "), _START2 + _RNN2.format("")


def _order(owner, names, until):
    return Order(owner, tuple(names.split()), until)


def _without_output(names):
    """The arguments of a layer that its cell has: a cell has no penalty on what comes out."""
    return names.replace(" activity_regularizer", "")


_CONV_LSTM2 = (
    "filters kernel_size strides padding data_format dilation_rate activation recurrent_activation use_bias "
    "kernel_initializer recurrent_initializer bias_initializer unit_forget_bias kernel_regularizer "
    "recurrent_regularizer bias_regularizer activity_regularizer kernel_constraint recurrent_constraint "
    "bias_constraint return_sequences go_backwards stateful dropout recurrent_dropout"
)
_LOCAL1 = f"init activation weights padding {{}} {_W1}"

# Several rows of one owner: the one with the first generation that is not older than the current one counts.
ORDERS = [
    _order("Dense", f"units init activation weights {_W1} input_dim", _K1),
    _order(
        "Conv1D",
        f"filters kernel_size init activation weights padding strides {_W1} input_dim input_length",
        _K1,
    ),
    _order("Conv2D", f"filters nb_row nb_col init activation weights padding strides data_format {_W1}", _K1),
    _order(
        "Conv3D",
        "filters kernel_dim1 kernel_dim2 kernel_dim3 init activation weights padding strides data_format "
        + _W1,
        _K1,
    ),
    _order(
        "Conv2DTranspose",
        "filters nb_row nb_col output_shape init activation weights padding strides data_format " + _W1,
        _K1,
    ),
    _order(
        "SeparableConv2D",
        "filters nb_row nb_col init activation weights padding strides depth_multiplier "
        "data_format depthwise_regularizer pointwise_regularizer b_regularizer activity_regularizer "
        "depthwise_constraint pointwise_constraint b_constraint bias",
        _K1,
    ),
    *(
        _order(
            f"Conv{rank}D",
            f"filters kernel_size strides padding data_format dilation_rate {_TAIL2}",
            "keras2.3",
        )
        for rank in (1, 2, 3)
    ),
    _order(
        "AtrousConvolution1D",
        f"filters kernel_size init activation weights padding strides dilation_rate {_W1}",
        _K1,
    ),
    _order(
        "AtrousConvolution2D",
        "filters nb_row nb_col init activation weights padding strides dilation_rate data_format " + _W1,
        _K1,
    ),
    _order(
        "LocallyConnected1D",
        f"filters kernel_size {_LOCAL1.format('strides')} input_dim input_length",
        _K1,
    ),
    _order("LocallyConnected2D", f"filters nb_row nb_col {_LOCAL1.format('strides data_format')}", _K1),
    _order("Highway", f"init activation weights {_W1} input_dim", "keras2.3"),
    _order("MaxoutDense", f"units nb_feature init weights {_W1} input_dim", "keras2.3"),
    _order("TimeDistributedDense", f"units init activation weights {_W1} input_dim input_length", _K1),
    _order(
        "ConvLSTM2D",
        "filters nb_row nb_col init inner_init forget_bias_init activation inner_activation data_format "
        f"padding strides {_U1}",
        _K1,
    ),
    *(_order(f"ConvLSTM{rank}D", _CONV_LSTM2, "tf.keras") for rank in (1, 2, 3)),
    _order("ParametricSoftplus", "alpha_init beta_init weights shared_axes", _K1),
    _order("LSTM", f"units init inner_init forget_bias_init activation inner_activation {_U1}", _K1),
    _order("GRU", f"units init inner_init activation inner_activation {_U1}", _K1),
    _order("SimpleRNN", f"units init inner_init activation {_U1}", _K1),
    _order("LSTM", _LSTM2, "keras2.3"),
    _order("GRU", _GRU2 + " reset_after", "keras2.3"),
    _order("LSTM", _LSTM2.replace(" implementation", ""), "tf.keras"),
    _order("GRU", _GRU2.replace(" implementation", ""), "tf.keras"),
    _order(
        "SimpleRNN", _GRU2.replace(" recurrent_activation", "").replace(" implementation", ""), "tf.keras"
    ),
    _order(
        "Embedding",
        "input_dim output_dim init input_length W_regularizer activity_regularizer W_constraint "
        "mask_zero weights dropout",
        _K1,
    ),
    _order(
        "Embedding",
        "input_dim output_dim embeddings_initializer embeddings_regularizer activity_regularizer "
        "embeddings_constraint mask_zero input_length",
        "tf.keras",
    ),
    _order(
        "BatchNormalization",
        "epsilon mode axis momentum weights beta_init gamma_init gamma_regularizer beta_regularizer",
        _K1,
    ),
    _order("PReLU", "init weights shared_axes", _K1),
    _order("Lambda", "function output_shape arguments", _K1),
    _order("InputLayer", "input_shape batch_input_shape input_dtype input_tensor sparse name", _K1),
    _order(
        "InputLayer", "input_shape batch_size batch_input_shape dtype input_tensor sparse name", "keras2.3"
    ),
    _order("InputLayer", "input_shape batch_size dtype input_tensor sparse name ragged", "tf.keras"),
    _order("Layer", "trainable name dtype", "tf.keras"),
    _order("Sequential", "layers name", "tf.keras"),
    *(
        _order(f"{name}Cell", _without_output(arguments) + " dropout recurrent_dropout" + rest, "keras2.3")
        for name, arguments, rest in (
            ("LSTM", _START2 + _WEIGHTS2.format("unit_forget_bias "), " implementation"),
            ("GRU", _START2 + _WEIGHTS2.format(""), " implementation reset_after"),
            ("SimpleRNN", _START2.replace(" recurrent_activation", "") + _WEIGHTS2.format(""), ""),
        )
    ),
    _order(
        "Conv3DTranspose",
        f"filters kernel_size strides padding output_padding data_format {_TAIL2}",
        "keras2.3",
    ),
    *(
        _order(
            "DepthwiseConv2D",
            f"kernel_size strides padding depth_multiplier data_format {dilation}"
            + _TAIL2.replace("kernel_", "depthwise_"),
            until,
        )
        for dilation, until in (("", "keras2.2"), ("dilation_rate ", "keras2.3"))
    ),
    _order("Loss", "reduction name", "tf.keras"),
    *(
        _order(f"losses.{name}", "from_logits label_smoothing reduction name", "keras2.3")
        for name in ("BinaryCrossentropy", "CategoricalCrossentropy")
    ),
    _order("losses.SparseCategoricalCrossentropy", "from_logits reduction name", "keras2.3"),
    _order("metrics.SparseCategoricalCrossentropy", "name dtype from_logits axis", "keras2.3"),
    _order("Metric", "name dtype", "tf.keras"),
    _order("SGD", "learning_rate momentum decay nesterov", "keras2.2"),
    _order("SGD", "learning_rate momentum nesterov", "keras2.3"),
    *(_order(name, "learning_rate rho epsilon decay", "keras2.2") for name in ("RMSprop", "Adadelta")),
    _order("Adagrad", "learning_rate epsilon decay", "keras2.2"),
    _order("Adam", "learning_rate beta_1 beta_2 epsilon decay amsgrad", "keras2.2"),
    _order("Adam", "learning_rate beta_1 beta_2 amsgrad", "keras2.3"),
    _order("Adamax", "learning_rate beta_1 beta_2 epsilon decay", "keras2.2"),
    _order("Nadam", "learning_rate beta_1 beta_2 epsilon schedule_decay", "keras2.2"),
    _order(
        "ModelCheckpoint",
        "filepath monitor verbose save_best_only save_weights_only mode period",
        "keras2.3",
    ),
    _order(
        "LambdaCallback",
        "on_epoch_begin on_epoch_end on_batch_begin on_batch_end on_train_begin on_train_end",
        "tf.keras",
    ),
    _order(
        "TensorBoard",
        "log_dir histogram_freq write_graph write_images embeddings_freq embeddings_layer_names "
        "embeddings_metadata",
        _K1,
    ),
    _order(
        "TensorBoard",
        "log_dir histogram_freq batch_size write_graph write_grads write_images embeddings_freq "
        "embeddings_layer_names embeddings_metadata embeddings_data update_freq",
        "keras2.3",
    ),
]

_FIT = (
    "x y batch_size epochs verbose callbacks validation_split validation_data shuffle class_weight "
    "sample_weight initial_epoch steps_per_epoch validation_steps "
)
_QUEUE = "max_queue_size workers use_multiprocessing"
_GENERATOR = "generator steps_per_epoch epochs verbose callbacks validation_data validation_steps "
_COMPILE = "optimizer loss metrics loss_weights "
ORDERS += [  # of methods
    _order("Model.fit", _FIT + f"validation_freq {_QUEUE}", "keras2.3"),
    _order("Model.fit", _FIT + f"validation_batch_size validation_freq {_QUEUE}", "tf.keras"),
    _order("Model.evaluate", f"x y batch_size verbose sample_weight steps callbacks {_QUEUE}", "keras2.3"),
    _order(
        "Model.evaluate",
        f"x y batch_size verbose sample_weight steps callbacks {_QUEUE} return_dict",
        "tf.keras",
    ),
    _order("Model.predict", f"x batch_size verbose steps callbacks {_QUEUE}", "tf.keras"),
    _order("Sequential.train_on_batch", "x y class_weight sample_weight", _K1),
    _order("Model.train_on_batch", "x y sample_weight class_weight reset_metrics return_dict", "tf.keras"),
    _order("Model.train_on_batch", "x y sample_weight class_weight return_dict", "keras3"),
    _order("Model.test_on_batch", "x y sample_weight reset_metrics return_dict", "tf.keras"),
    _order("Model.test_on_batch", "x y sample_weight return_dict", "keras3"),
    _order(
        "Model.fit_generator",
        "generator samples_per_epoch nb_epoch verbose callbacks validation_data nb_val_samples class_weight "
        "max_q_size nb_worker pickle_safe initial_epoch",
        _K1,
    ),
    _order("Model.fit_generator", _GENERATOR + f"class_weight {_QUEUE} shuffle initial_epoch", "keras2.2"),
    _order(
        "Model.fit_generator",
        _GENERATOR + f"validation_freq class_weight {_QUEUE} shuffle initial_epoch",
        "keras3",
    ),
    *(
        row
        for name in ("Model.evaluate_generator", "Model.predict_generator")
        for row in (
            _order(name, "generator val_samples max_q_size nb_worker pickle_safe", _K1),
            _order(name, f"generator steps {_QUEUE} verbose", "keras2.2"),
            _order(name, f"generator steps callbacks {_QUEUE} verbose", "keras3"),
        )
    ),
    _order("Sequential.compile", "optimizer loss metrics sample_weight_mode", _K1),
    _order("Model.compile", _COMPILE + "sample_weight_mode weighted_metrics target_tensors", "keras2.3"),
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

BEHAVES = [
    Behaves("optimizer formulas", {"keras2.3": "legacy", "keras3": "today"}),
    Behaves("clipnorm", {"keras2.3": "all gradients", "keras3": "each gradient"}),
    Behaves("moving average of weights", {"tf.keras": "from the start", "keras3": "from the first update"}),
    Behaves("hard_sigmoid", {"tf.keras": "clip(0.2x+0.5)", "keras3": "relu6(x+3)/6"}),
    Behaves("accuracy key", {"keras2.2": "acc", "keras3": "accuracy"}),
    Behaves("metric key", {"keras2.2": "full name", "keras3": "as given"}),
    Behaves(
        "weighted metric key",
        {"keras2.2": "always weighted_", "keras2.3": "numbered", "keras3": "weighted_ beside another"},
    ),
    Behaves(
        "metric over batches",
        {"keras1": "means without masks", "keras2.2": "means like losses", "keras3": "values"},
    ),
    Behaves("measure at a value", {"keras2.3": "nearest", "keras3": "best"}),
    Behaves("flat list of metrics", {"tf.keras": "for every output", "keras3": "by output"}),
    Behaves("output loss over batches", {"keras2.2": "samples", "keras2.3": "batches", "keras3": "samples"}),
    Behaves("history order", {"keras2.3": "validation first", "tf.keras": "loss first", "keras3": "sorted"}),
    Behaves("logs of a batch", {"keras2.2": "own values", "keras2.3": "own loss", "keras3": "so far"}),
    Behaves(
        "stop within an epoch", {"keras1": "at its end", "keras2.3": "unvalidated", "keras3": "validated"}
    ),
    Behaves("class weights beside sample weights", {"keras2.2": "left aside", "keras3": "multiply"}),
    Behaves("batches in random order", {"keras2.3": "the rest last", "keras3": "all"}),
    Behaves("words for callbacks", {"keras1": "nb_epoch, nb_sample", "keras3": "epochs, samples"}),
    Behaves("verbose", {"keras2.3": "but for predict", "keras3": "auto"}),
    Behaves("scheduled rate in the logs", {"keras1": False, "keras3": True}),
    Behaves("best value at first", {"tf.keras": "infinite", "keras3": "None"}),
    Behaves("patience", {"keras1": "exceeded", "keras3": "reached"}),
    Behaves("early stopping restores", {"keras2.3": "when it stops", "keras3": "at the end"}),
    Behaves("checkpoint without its value", {"tf.keras": "skipped", "keras3": "saved"}),
    Behaves("first epoch", {"keras1": 0, "keras3": 1}),
    Behaves(
        "lines of progress",
        {"keras1": "Keras 1", "keras2.3": "Keras 2", "tf.keras": "tf.keras", "keras3": "Keras 3"},
    ),
    Behaves("columns of CSVLogger", {"keras2.3": "as logged", "keras3": "with validation"}),
    Behaves("epoch in messages", {"keras2.3": "05d", "keras3": "d"}),
    Behaves("part of a sequence", {"keras2.3": "goes on", "tf.keras": "starts anew", "keras3": "goes on"}),
    Behaves("return_state container", {"tf.keras": "list", "keras3": "tuple"}),
    Behaves("activity regularizer", {"keras2.3": "sum", "keras3": "per sample"}),
    Behaves(
        "moving variance",
        {
            "keras1": "biased",
            "keras2.2": "nearly unbiased, of images twice",
            "keras2.3": "nearly unbiased",
            "keras3": "biased",
        },
    ),
    Behaves(
        "automatic names",
        {"keras1": "run together", "keras2.3": "split at digits", "keras3": "snake case"},
    ),
    Behaves("name of inputs", {"tf.keras": "input", "keras3": "input_layer"}),
    Behaves("merged masks", {"tf.keras": "all", "keras3": "any"}),
    Behaves("start of moving averages", {"keras1": "kept", "keras2.2": "corrected", "keras3": "kept"}),
    Behaves(
        "frozen normalization",
        {"keras1": "learns", "keras2.3": "batch statistics", "keras3": "moving averages"},
    ),
    Behaves("functional name", {"tf.keras": "model", "keras3": "functional"}),
    Behaves("callbacks know the data", {"keras2.3": True, "keras3": False}),
    Behaves("unnamed outputs", {"tf.keras": "numbered", "keras3": "by loss"}),
    Behaves(
        "loss average", {"keras2.2": "nonzero weights", "keras2.3": "all values", "keras3": "valid values"}
    ),
    Behaves("hinge labels", {"keras2.2": "as given", "keras3": "converted"}),
    Behaves("cosine loss", {"keras1": "mean", "keras3": "sum"}),
    Behaves("huber loss", {"keras2.3": "each value", "keras3": "mean"}),
    Behaves("l1_l2", {"tf.keras": "0.01 each", "keras3": "0"}),
    Behaves("normal start values", {"keras1": "whole", "keras3": "truncated"}),
    Behaves("fans", {"keras1": "of Keras 1", "keras2.3": "of Keras 2", "keras3": "today"}),
    Behaves("seed of an initializer", {"keras2.2": "stays", "keras2.3": "counts", "keras3": "stays"}),
    Behaves("identity of a long matrix", {"keras2.2": "repeated", "keras3": "padded"}),
    Behaves("cosine metric", {"keras1": "minus mean", "keras2.2": "minus sum", "keras3": "sum"}),
    Behaves(
        "binary cross-entropy",
        {"keras2.3": "of logits", "tf.keras": "of probabilities", "keras3": "of logits"},
    ),
    Behaves("accuracy by", {"keras2.3": "loss and shapes", "keras3": "shapes"}),
    Behaves("precision and recall", {"keras1": "mean of batches", "keras3": "of all data"}),
    Behaves("weight of a batch value", {"keras2.2": "samples", "keras3": "one"}),
    Behaves("mask of metric values", {"tf.keras": "counts", "keras3": "counts with weights"}),
    Behaves("name of a metric function", {"tf.keras": "its own", "keras3": "snake case"}),
    Behaves("name of a metric class", {"tf.keras": "its own", "keras3": "as given"}),
    Behaves(
        "name of the divergence metric",
        {"tf.keras": "kullback_leibler_divergence", "keras3": "kl_divergence"},
    ),
    Behaves("compute_loss", {"tf.keras": "counts", "keras3": "computes"}),
    Behaves("vectors of targets", {"tf.keras": "columns", "keras3": "as given"}),
    Behaves("trainable", {"tf.keras": "at compile", "keras3": "at each step"}),
    Behaves("generator lengths", {"keras1": "samples", "keras3": "batches"}),
    Behaves(
        "epoch longer than the data",
        {"keras2.3": "starts again", "tf.keras": "ends the training", "keras3": "ends"},
    ),
    Behaves("fit epochs", {"keras1": 10, "keras3": 1}),
    Behaves(
        "metrics of a model",
        {"keras2.2": "as given", "keras2.3": "compiled", "tf.keras": "one by one", "keras3": "as one"},
    ),
    Behaves("no epochs", {"keras2.3": "allowed", "tf.keras": "refused", "keras3": "allowed"}),
    Behaves("number of steps", {"tf.keras": "rounded up", "keras3": "whole"}),
    Behaves("empty validation data", {"tf.keras": "none", "keras3": "refused"}),
    Behaves("data that run out", {"keras2.3": "raise", "keras3": "end the training"}),
    Behaves("stop before training", {"keras2.3": "forgotten", "keras3": "kept"}),
    Behaves("class weights that are no dict", {"keras2.3": "without effect", "keras3": "refused"}),
    Behaves("end of a pass without learning", {"keras2.3": "untold", "keras3": "told"}),
    Behaves("crossentropy arguments", {"keras1": "output, target", "keras3": "target, output"}),
    Behaves("to_categorical dtype", {"keras1": "float64", "tf.keras": "float32", "keras3": "float64"}),
    Behaves("updates inside a layer", {"keras2.3": "in training", "keras3": "always"}),
    Behaves("add_weight order", {"tf.keras": "name, shape", "keras3": "shape, initializer"}),
]
