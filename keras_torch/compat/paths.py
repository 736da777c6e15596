"""Which module paths Keras has had, and where the names behind them live in keras_torch.

Three facts, written once each: under which prefixes Keras is found (`PREFIXES`), which families of names
exist (`FAMILIES`), and which submodules these families have had in any generation (`SUBMODULES`).
"""

import re

PREFIXES = (  # the longest that fits wins
    "keras",
    "keras.src",
    "keras.api",
    "keras.api._v2.keras",
    "keras._tf_keras.keras",
    "tf_keras",
    "tf_keras.src",
    "tf_keras.api._v2.keras",
    "tensorflow.keras",
    "tensorflow._api.v2.keras",
    "tensorflow.compat.v2.keras",
    "tensorflow.compat.v1.keras",
    "tensorflow.python.keras",
    "tensorflow.contrib.keras",
    "tensorflow.contrib.keras.python.keras",
)

ROOTS = ("keras", "tensorflow", "tf_keras", "keras_preprocessing")

FAMILIES = {  # first part of a Keras path -> modules of keras_torch that hold its names
    **{
        name: (name,)
        for name in (
            "activations",
            "applications",
            "backend",
            "callbacks",
            "config",
            "constraints",
            "datasets",
            "distribution",
            "dtype_policies",
            "export",
            "initializers",
            "layers",
            "losses",
            "metrics",
            "mixed_precision",
            "models",
            "ops",
            "optimizers",
            "preprocessing",
            "quantizers",
            "random",
            "regularizers",
            "saving",
            "tree",
            "utils",
            "visualization",
            "wrappers",
        )
    },
    "objectives": ("losses",),
    "initializations": ("compat.old_initializations",),
    "engine": ("layers", "models", "utils", "callbacks"),
    "legacy": ("layers", "models", "utils"),
    "optimizer_v1": ("optimizers",),
    "optimizer_v2": ("optimizers",),
    "optimizers_v1": ("optimizers",),
    "optimizers_v2": ("optimizers",),
    "trainers": ("models",),
    "premade_models": ("models",),
}

SUBMODULES = {  # family -> the submodules it has had; each shows the names of its family
    "layers": """
        core convolutional pooling local recurrent recurrent_v2 embeddings normalization
        normalization_v2 noise advanced_activations merge wrappers convolutional_recurrent
        cudnn_recurrent rnn_cell_impl kernelized dense_attention multi_head_attention einsum_dense
        attention activation activations merging regularization reshaping rnn locally_connected
        serialization preprocessing experimental experimental.preprocessing layer input_spec
    """,
    "utils": """
        np_utils generic_utils data_utils vis_utils visualize_util layer_utils conv_utils io_utils
        test_utils multi_gpu_utils tf_utils losses_utils metrics_utils image_utils numerical_utils
        sequence_utils image_dataset_utils text_dataset_utils timeseries_dataset_utils dataset_utils
        model_visualization summary_utils file_utils progbar rng_utils legacy experimental
        training_utils version_utils
    """,
    "optimizers": """
        legacy experimental schedules adam adamw sgd rmsprop adagrad adadelta adamax nadam ftrl lion
        adafactor lamb muon loss_scale_optimizer optimizer learning_rate_schedule optimizer_v2
    """,
    "optimizer_v2": """
        adam gradient_descent rmsprop adagrad adadelta adamax nadam ftrl optimizer_v2
        learning_rate_schedule
    """,
    "engine": """
        topology training base_layer base_layer_v1 network sequential functional input_layer input_spec
        training_utils training_arrays training_generator data_adapter keras_tensor node saving
    """,
    "legacy": "layers models interfaces saving",
    "backend": "tensorflow_backend theano_backend cntk_backend common load_backend",
    "models": "model sequential functional cloning experimental",
    "losses": "loss losses",
    "metrics": "metrics base_metric metric",
    "callbacks": """
        callback callbacks experimental tensorboard_v1 tensorboard_v2 monitor_callback callback_list
        backup_and_restore csv_logger early_stopping history lambda_callback learning_rate_scheduler
        model_checkpoint orbax_checkpoint progbar_logger reduce_lr_on_plateau remote_monitor
        swap_ema_weights tensorboard terminate_on_nan
    """,
    "initializers": "initializers_v1 initializers_v2 initializer random_initializers constant_initializers",
    "regularizers": "regularizers",
    "constraints": "constraints",
    "activations": "activations",
    "preprocessing": "image sequence text timeseries",
    "datasets": "mnist fashion_mnist cifar cifar10 cifar100 imdb reuters boston_housing california_housing",
    "wrappers": "scikit_learn",
    "applications": """
        vgg16 vgg19 resnet50 resnet resnet_v2 inception_v3 inception_resnet_v2 xception mobilenet
        mobilenetv2 mobilenet_v2 mobilenet_v3 densenet nasnet efficientnet efficientnet_v2 convnext
        regnet resnet_rs imagenet_utils
    """,
    "ops": "numpy nn math linalg image core",
    "random": "random seed_generator",
    "saving": "hdf5_format saved_model serialization_lib saving_lib saving_api legacy",
    "mixed_precision": "experimental policy loss_scale_optimizer",
    "distribution": "distribution_lib",
    "export": "",
}

_MODULE_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def inside_keras(fullname):
    """What is left of a module path after the prefix under which Keras is found; None when it is not Keras.

    >>> inside_keras("tensorflow.keras.layers"), inside_keras("keras"), inside_keras("tensorflow.math")
    ('layers', '', None)
    """
    if fullname == "keras_preprocessing" or fullname.startswith("keras_preprocessing."):
        return fullname.removeprefix("keras_")
    for prefix in sorted(PREFIXES, key=len, reverse=True):
        if fullname == prefix:
            return ""
        if fullname.startswith(prefix + "."):
            return fullname[len(prefix) + 1 :]
    return None


def is_way_to_keras(fullname):
    """Whether a path is a package on the way to one of `PREFIXES`, such as `tensorflow.python`.

    >>> is_way_to_keras("tensorflow.python"), is_way_to_keras("tensorflow.data")
    (True, False)
    """
    return any(prefix.startswith(fullname + ".") for prefix in PREFIXES)


def is_known(inside, private=False):
    """Whether some generation of Keras has had the module path `inside` (without its prefix).

    Args:
        inside: for example 'layers.core'.
        private: whether it was found under `keras.src` or the like, where every depth exists.

    >>> is_known("layers.core"), is_known("layers.Dense"), is_known("layers.core.dense", private=True)
    (True, False, True)
    """
    family, _, rest = inside.partition(".")
    if family not in FAMILIES:
        return family == ""
    if rest == "" or rest in SUBMODULES.get(family, "").split():
        return True
    return private and all(_MODULE_NAME.fullmatch(part) for part in rest.split("."))


def is_private(fullname):
    """Whether a path goes through the source tree of an old Keras instead of its public names.

    >>> is_private("keras.src.layers.core.dense"), is_private("keras.layers.core")
    (True, False)
    """
    return bool({"src", "python"} & set(fullname.split(".")))


def homes(inside):
    """Modules (paths within keras_torch) that can hold the names of a known path, nearest first.

    >>> homes("layers.core")
    ('layers.core', 'layers')
    >>> homes("engine.topology")
    ('layers', 'models', 'utils', 'callbacks')
    """
    family = inside.partition(".")[0]
    known = FAMILIES.get(family, ("",))
    return known if family not in known or inside == family else (inside, *known)
