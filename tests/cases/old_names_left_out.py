"""What of real old Keras is missing here, and what is another way, with the reason of each.

>>> LEFT_OUT["func_dump"]
"stores a function's code in text; nothing here runs code out of a file"
"""

from __future__ import annotations

# Module paths (and all below them) that are looked at nowhere.
MODULES = {
    "applications": "awaited: the models of keras.applications",
    "preprocessing.image": "awaited: the image generators",
    "wrappers": "awaited: the wrappers for scikit-learn",
    "legacy.interfaces": "the decorators by which Keras 2 took Keras 1's words; the dialect table does it",
    "engine.training_arrays": "the inside of its training loop",
    "engine.training_generator": "the inside of its training loop",
    "engine.training_utils": "the inside of its training loop",
    "utils.losses_utils": "the inside of its losses",
    "utils.metrics_utils": "the inside of its metrics",
}


def _for(reason: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), reason)


AWAITED = _for("awaited from the layers", """
    ConvRecurrent2D ConvRNN2D
""")
LEFT_OUT = {
    **_for("stores a function's code in text; nothing here runs code out of a file", "func_dump func_load"),
    **_for("weights of files older than Keras 1", "legacy_weight_ordering set_legacy_weight_ordering"),
    **_for("the inside of its training loop", """
        batch_shuffle check_array_lengths check_array_length_consistency check_loss_and_target_compatibility
        collect_metrics make_batches slice_X standardize_class_weights standardize_input_data
        standardize_sample_or_class_weights standardize_sample_weights standardize_weights weighted_objective
        weighted_masked_objective
    """),
    **_for("the inside of its graph of layers", "Node disable_tracking print_layer_summary "
                                                "time_distributed_dense"),
    **_for("the inside of its HDF5 files; save_weights and load_weights use them", """
        h5dict H5Dict load_attributes_from_hdf5_group save_attributes_to_hdf5_group
        load_weights_from_hdf5_group load_weights_from_hdf5_group_by_name save_weights_to_hdf5_group
        preprocess_weights_for_loading pickle_model unpickle_model load_from_binary_h5py
        save_to_binary_h5py allow_read_from_gcs allow_write_to_gcs
    """),
    **_for("the inside of its data loading", "get_index init_pool init_pool_generator next_sample "
                                             "load_batch"),
    **_for("files of PyTables", "load_array save_array"),
    **_for("the inside of its tests", "layer_test tf_file_io_proxy"),
    **_for("the inside of its drawing", "add_edge is_model is_wrapped_model"),
    **_for("the inside of its argument checks", "check_for_unexpected_keys getargspec"),
    **_for("the inside of its metrics", "Reduce SensitivitySpecificityBase"),
    **_for("the inside of its losses", "is_categorical_crossentropy"),
    **_for("a question about TensorFlow's sessions", "is_symbolic v1_variable_initialization"),
}

# Module and name -> why arguments or defaults are another way.
_SAME_MEANING = "the same meaning in another form"
_BY_POSITION = "given by position"
ARGUMENTS = {
    "activations relu": "`alpha` is the slope by position and by name",
    "activations deserialize": _BY_POSITION,
    "losses deserialize": _BY_POSITION,
    "utils serialize_keras_object": _BY_POSITION,
    "backend batch_normalization": "a float in the place of `axis` is Keras 1's epsilon",
    "backend binary_crossentropy": "the dialect exchanges the first two",
    "backend categorical_crossentropy": "the dialect exchanges the first two",
    "backend sparse_categorical_crossentropy": "the dialect exchanges the first two",
    "backend conv2d": "`filter_dilation`, behind two hints for Theano, goes by name",
    "backend function": _SAME_MEANING,
    "backend spatial_2d_padding": _SAME_MEANING,
    "backend spatial_3d_padding": _SAME_MEANING,
    "backend temporal_padding": _SAME_MEANING,
    "backend ctc_decode": "`merge_repeated` belongs to TensorFlow's beam search",
    "callbacks CallbackList": "the loop makes it",
    "callbacks Progbar": "a shorter bar",
    "utils Progbar": "a shorter bar",
    "callbacks ProgbarLogger": "fit makes it, with its own count",
    "callbacks TensorBoard": "./logs is logs, and the batch size that of fit",
    "constraints get": "arguments of a constraint go to its class",
    "optimizers get": "arguments of an optimizer go to its class",
    "regularizers get": "arguments of a regularizer go to its class",
    "datasets.imdb get_word_index": "the file's name of Keras 2",
    "datasets.imdb load_data": "the file's name of Keras 2",
    "datasets.mnist load_data": "the file's name of Keras 2",
    "datasets.reuters get_word_index": "the file's name of Keras 2",
    "datasets.reuters load_data": "the file's name of Keras 2",
    "datasets.imdb get_file": "Keras 2's order; `untar` goes by name",
    "engine Input": "None is float32",
    "engine InputLayer": "a layer without a shape is no input",
    "engine Merge": "has a config once it has been called",
    "engine Model": "takes symbols",
    "engine.topology Container": "takes symbols",
    "engine get_source_inputs": "a symbol knows its layer",
    "utils get_source_inputs": "a symbol knows its layer",
    "engine.training GeneratorEnqueuer": "reported: the words of its threads",
    "utils GeneratorEnqueuer": "reported: the words of its threads",
    "layers Recurrent": "a base for steps of one's own; a state is returned by today's RNN",
    "layers.wrappers Wrapper": "Keras 2.3 lists `layer` as any arguments",
    "layers SeparableConv2D": "reported: `init` of Keras 1",
    "layers GRU": "`implementation` has one meaning",
    "layers LSTM": "`implementation` has one meaning",
    "layers AtrousConv1D": "Keras 2 takes anything and makes a Conv1D",
    "layers AtrousConv2D": "Keras 2 takes anything and makes a Conv2D",
    "layers AtrousConvolution1D": "Keras 2 takes anything and makes a Conv1D",
    "layers AtrousConvolution2D": "Keras 2 takes anything and makes a Conv2D",
    "losses sparse_categorical_crossentropy": "`axis` goes by name; the class -1 is no label",
    "metrics MeanIoU": "None is int64 there, which counts alike",
    "optimizers TFOptimizer": "takes an optimizer of torch",
    "utils to_categorical": "None is float32 in this dialect",
    "utils.layer_utils print_summary": "takes the model",
}

# Class -> methods and properties that are missing.
MEMBERS = {
    "the inside of its layers": """
        ConvLSTM2D.conv_step ConvLSTM2D.conv_step_hidden ConvLSTM2D.get_constants ConvLSTM2D.step
        ConvLSTM2DCell.input_conv ConvLSTM2DCell.recurrent_conv
        GRU.get_constants GRU.preprocess_input GRU.step LSTM.get_constants LSTM.preprocess_input LSTM.step
        SimpleRNN.get_constants SimpleRNN.preprocess_input SimpleRNN.step
        Layer.add_inbound_node Layer.create_input_layer
        Layer.assert_input_compatibility Container.run_internal_graph Network.run_internal_graph
        Sequential.flattened_layers Sequential.training_data Sequential.validation_data
        OrderedEnqueuer.join_end_of_epoch AUC.interpolate_pr_auc
        Bidirectional.constraints Container.constraints Container.input_spec Container.regularizers
        Layer.regularizers Network.input_spec Sequential.constraints Sequential.regularizers
        Sequential.model Layer.built CuDNNGRU.cell CuDNNLSTM.cell Recurrent.get_initial_state
        Wrapper.activity_regularizer
    """,
    "the inside of its files": """
        Container.load_weights_from_hdf5_group Container.load_weights_from_hdf5_group_by_name
        Container.save_weights_to_hdf5_group
    """,
    "without effect in Keras 1 already": "Regularizer.set_layer Regularizer.set_param",
    "awaited from the layers and models": """
        Layer.get_updates_for Layer.get_losses_for Layer.get_output_shape_for Layer.updates
        Bidirectional.get_losses_for Bidirectional.get_updates_for Bidirectional.updates
        Container.state_updates Container.to_yaml Container.updates Container.uses_learning_phase
        Network.state_updates Network.to_yaml Network.updates Network.uses_learning_phase
        Wrapper.get_losses_for Wrapper.get_updates_for Wrapper.updates
        RNN.get_losses_for StackedRNNCells.get_losses_for Sequential.get_losses_for
        Sequential.get_updates_for Sequential.state_updates Sequential.updates
        Sequential.uses_learning_phase
    """,
}
EVERYWHERE = "get_output_shape_for"  # of every layer of Keras 1
