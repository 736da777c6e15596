"""The orders of positional arguments in the generations that had another one; see `table.py`.

The names are those of that generation or today's. A row holds up to and including its generation.
"""

from keras_torch.dialects.rows import Order

_K1 = "keras1"
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
