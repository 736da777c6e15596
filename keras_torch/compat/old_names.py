"""Functions of old Keras generations that have no successor under their own name."""

from keras_torch import activations, layers, metrics, models, regularizers, utils
from keras_torch.backend.older import older_names
from keras_torch.compat import old_calls, old_metrics, old_utils
from keras_torch.dialects import current_dialect
from keras_torch.dialects.rows import ORDER
from keras_torch.preprocessing import text


def merge(inputs, mode="sum", concat_axis=-1, dot_axes=-1, output_shape=None, output_mask=None,
          arguments=None, name=None):
    """Merges a list of tensors in the way that `mode` names.

    Args:
        inputs: list of at least two tensors, symbolic or not.
        mode, concat_axis, dot_axes, output_shape, output_mask, arguments: see `layers.Merge`.
        name: name of the layer that is made.

    Errors:
        ValueError: an unknown mode.

    Source: Keras 1 merge; today the layers Add, Multiply, Average, Maximum, Concatenate and Dot.

    >>> import torch
    >>> merge([torch.ones(2), torch.ones(2)], mode="sum")
    tensor([2., 2.])
    """
    layer = layers.Merge(mode=mode, concat_axis=concat_axis, dot_axes=dot_axes, output_shape=output_shape,
                         output_mask=output_mask, arguments=arguments, name=name)
    return layer(inputs)


_K1, _K22, _K23, _TF = ORDER[:4]
_INPUT = [(_K23, old_calls.input_of_keras1), (_TF, old_calls.input_of_tf_keras)]
_UTILS_OF_KERAS1 = (
    "get_from_module", "make_tuple", "count_total_params", "layer_from_config", "binary_logloss",
    "multiclass_logloss", "accuracy", "categorical_probas_to_classes", "probas_to_classes",
)
_UTILS = (
    "has_arg", "to_list", "unpack_singleton", "object_list_uid", "is_all_none", "slice_arrays",
    "transpose_shape", "validate_file", "ask_to_proceed_with_overwrite", "normalize_tuple",
    "normalize_padding", "conv_output_length", "conv_input_length", "deconv_length", "convert_kernel",
    "convert_all_kernels_in_model", "convert_dense_weights_data_format", "count_params", "print_summary",
    "multi_gpu_model", "keras_test",
)

_OTHER_WORDS_IN_KERAS1 = {
    "conv_output_length": {"border_mode": "padding"}, "conv_input_length": {"border_mode": "padding"},
    "validate_file": {"md5_hash": "file_hash"}, "normalize": {"a": "x"},
}
_TEXT = older_names(text="input_text")

# family -> name -> (the last generation that had it, the object), the oldest first; newer ones do not see it.
OLD_NAMES = {
    "": {"Input": _INPUT},
    "layers": {"merge": [(_K1, merge)], "Input": _INPUT},
    "regularizers": {
        "activity_l1": [(_K1, regularizers.l1)],
        "activity_l2": [(_K1, regularizers.l2)],
        "activity_l1l2": [(_K1, regularizers.l1_l2_both)],
        "l1l2": [(_K1, regularizers.l1_l2_both)],
        "l1_l2": [(_TF, regularizers.l1_l2_both)],
        **{name: [(_K1, regularizers.L1L2)]
           for name in ("L1L2Regularizer", "WeightRegularizer", "ActivityRegularizer")},
    },
    "activations": {"hard_sigmoid": [(_TF, activations.hard_sigmoid_keras2)]},
    "metrics": {
        **{name: [(_K1, old_metrics.whole(getattr(metrics, name)))] for name in old_metrics.WHOLE_IN_KERAS1},
        **{name: [(_K1, metrics.fmeasure)] for name in ("f1score", "fscore")},
        **{name: [(_K22, old_metrics.whole(getattr(metrics, name)))]
           for name in ("top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy")},
    },
    "models": {
        "model_from_yaml": [(_TF, old_utils.model_from_yaml)],
        "Container": [(_K1, models.Model)],
        "Network": [(_K23, models.Model)],
    },
    "preprocessing": {
        name: [(_K23, _TEXT(getattr(text, name)))] for name in ("one_hot", "text_to_word_sequence")
    },
    "optimizers": {
        "optimizer_from_config": [(_K1, old_utils.optimizer_from_config)],
        "clip_norm": [(_K23, old_utils.clip_norm)],
    },
    "utils": {
        **{name: [(_K1, getattr(old_utils, name))] for name in _UTILS_OF_KERAS1},
        **{name: [(_TF, getattr(old_utils, name))] for name in _UTILS},
        "plot": [(_K1, old_calls.plot)],
        **{name: [(_K23, getattr(old_calls, name))]
           for name in ("plot_model", "model_to_dot", "deserialize_keras_object")},
        "get_test_data": [(_K1, old_utils.get_test_data_of_keras1), (_TF, old_utils.get_test_data)],
    },
}
OLD_NAMES["metrics"]["binary_accuracy"] += [(_TF, old_metrics.per_sample(metrics.binary_accuracy))]
for _name, _words in _OTHER_WORDS_IN_KERAS1.items():
    _today = getattr(old_utils, _name, None) or getattr(utils, _name)
    OLD_NAMES["utils"].setdefault(_name, []).insert(0, (_K1, older_names(**_words)(_today)))
OLD_NAMES["engine"] = {**OLD_NAMES["layers"], **OLD_NAMES["models"], **OLD_NAMES["utils"]}
OLD_NAMES["legacy"] = OLD_NAMES["engine"]


def old_name(family, name):
    """The object that a family has under a name up to the generation in force; None where there is none.

    >>> old_name("layers", "merge") is None
    True
    """
    position = ORDER.index(current_dialect())
    for last, value in OLD_NAMES.get(family, {}).get(name, ()):
        if position <= ORDER.index(last):
            return value
    return None


def old_names(family):
    """The names that a family has only in the generation in force and before.

    >>> old_names("layers")
    set()
    """
    return {name for name in OLD_NAMES.get(family, ()) if old_name(family, name) is not None}
