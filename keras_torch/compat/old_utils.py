"""What scripts took from the submodules of `keras.utils` in older generations, and newer ones lack."""

import functools
import hashlib
import inspect

import numpy as np
import torch

from keras_torch import layers, models, optimizers
from keras_torch.base import custom_objects as custom
from keras_torch.base.checks import fail, one_of
from keras_torch.compat import old_yaml

_CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose")


# --- Python ----------------------------------------------------------------------------------------------


def has_arg(fn, name, accept_all=False):
    """Whether a function can be called with an argument of that name.

    Args:
        accept_all: what a function with `**kwargs` counts as.

    Source: Keras 2 `utils.generic_utils.has_arg`; so are `to_list` to `transpose_shape`.

    >>> has_arg(has_arg, "name"), has_arg(has_arg, "x")
    (True, False)
    """
    parameters = inspect.signature(fn).parameters
    if name not in parameters:
        return accept_all and any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    kind = parameters[name].kind
    return kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def to_list(x, allow_tuple=False):
    """A list as it is, anything else as a list of one.

    Args:
        allow_tuple: whether a tuple becomes a list of its members.

    >>> to_list(1), to_list([1, 2]), to_list((1, 2), allow_tuple=True)
    ([1], [1, 2], [1, 2])
    """
    if isinstance(x, list):
        return x
    return list(x) if allow_tuple and isinstance(x, tuple) else [x]


def unpack_singleton(x):
    """The only member of a list of one, anything else as it is.

    >>> unpack_singleton([1]), unpack_singleton([1, 2])
    (1, [1, 2])
    """
    return x[0] if len(x) == 1 else x


def object_list_uid(object_list):
    """The ids of objects as a text.

    >>> object_list_uid([1]) == str(abs(id(1)))
    True
    """
    return ", ".join(str(abs(id(member))) for member in to_list(object_list))


def is_all_none(iterable_or_element):
    """Whether all members are None.

    >>> is_all_none([None, None]), is_all_none([None, 1])
    (True, False)
    """
    return all(member is None for member in to_list(iterable_or_element, allow_tuple=True))


def slice_arrays(arrays, start=None, stop=None):
    """Rows of an array, or of each array of a list.

    Args:
        start: first row, or the rows themselves as a list of numbers or an array.
        stop: row after the last, where `start` is the first.

    >>> slice_arrays([np.arange(4), None], 1, 3)
    [array([1, 2]), None]
    """
    if arrays is None:
        return [None]
    rows = np.asarray(start) if hasattr(start, "__len__") else slice(start, stop)
    if isinstance(arrays, list):
        return [None if array is None else array[rows] for array in arrays]
    return arrays[rows]


def transpose_shape(shape, target_format, spatial_axes):
    """A shape with the channels last, brought to `target_format`.

    Args:
        spatial_axes: indices of the axes between the batch and the channels.

    >>> transpose_shape((16, 128, 64, 32), "channels_first", (1, 2))
    (16, 32, 128, 64)
    """
    one_of("channels_first", "channels_last")("transpose_shape()", "data_format", target_format)
    if target_format == "channels_last":
        return shape
    moved = (*shape[: spatial_axes[0]], shape[-1], *(shape[axis] for axis in spatial_axes))
    return type(shape)(moved) if isinstance(shape, (list, tuple)) else moved


def make_tuple(*args):
    """Its arguments as a tuple.

    >>> make_tuple(1, 2)
    (1, 2)
    """
    return args


def get_from_module(identifier, module_params, module_name, instantiate=False, kwargs=None):
    """A member of a module by name, the user's own objects first; anything else as it is.

    Args:
        module_params: dictionary, name -> object.
        module_name: what the error calls the family.
        instantiate: whether a name gives a call of what is found.
        kwargs: arguments of that call.

    Errors:
        ValueError: an unknown name.

    Source: Keras 1 `utils.generic_utils.get_from_module`.

    >>> get_from_module("here", {"here": dict}, "thing", instantiate=True, kwargs={"a": 1})
    {'a': 1}
    """
    if isinstance(identifier, dict):
        given = {key: value for key, value in identifier.items() if key != "name"}
        return get_from_module(identifier["name"], module_params, module_name, True, given)
    if not isinstance(identifier, str):
        return identifier
    found = custom.get_custom_objects().get(identifier) or module_params.get(identifier)
    if found is None:
        raise ValueError(f"No {module_name} is called {identifier!r}.")
    return found(**(kwargs or {})) if instantiate else found


def validate_file(fpath, file_hash, algorithm="auto", chunk_size=65535):
    """Whether a file has that checksum.

    Args:
        algorithm: 'md5', 'sha256', or 'auto', which goes by the length of the checksum.
        chunk_size: bytes read at once.

    Source: Keras 2 `utils.data_utils.validate_file`.

    >>> import os
    >>> validate_file(os.devnull, "d41d8cd98f00b204e9800998ecf8427e")
    True
    """
    sha = algorithm == "sha256" or (algorithm == "auto" and len(str(file_hash)) == 64)
    digest = hashlib.sha256() if sha else hashlib.md5()
    with open(fpath, "rb") as file:
        for chunk in iter(functools.partial(file.read, chunk_size), b""):
            digest.update(chunk)
    return digest.hexdigest() == str(file_hash)


def ask_to_proceed_with_overwrite(filepath):
    """Asks at the terminal whether a file may be overwritten; the answer as a bool.

    Source: Keras 2 `utils.io_utils.ask_to_proceed_with_overwrite`.
    """
    question = f"[WARNING] {filepath} already exists - overwrite? [y/n]"
    answer = input(question).strip().lower()
    while answer not in ("y", "n"):
        answer = input('Enter "y" (overwrite) or "n" (cancel).').strip().lower()
    return answer == "y"


# --- windows ---------------------------------------------------------------------------------------------


def normalize_tuple(value, n, name):
    """A number `n` times, or a tuple of `n` numbers.

    Errors:
        ValueError: something else.

    Source: Keras 2 `utils.conv_utils`; so are those below.

    >>> normalize_tuple(3, 2, "strides"), normalize_tuple([1, 2], 2, "strides")
    ((3, 3), (1, 2))
    """
    if isinstance(value, int):
        return (value,) * n
    numbers = tuple(value) if hasattr(value, "__iter__") and not isinstance(value, str) else ()
    if len(numbers) != n or not all(isinstance(number, (int, np.integer)) for number in numbers):
        fail("normalize_tuple()", name, value, f"a tuple of {n} integers")
    return numbers


def normalize_padding(value):
    """'valid', 'same' or 'causal', from any case.

    Errors:
        ValueError: something else.

    >>> normalize_padding("SAME")
    'same'
    """
    one_of("valid", "same", "causal")("normalize_padding()", "padding", value.lower())
    return value.lower()


def conv_output_length(input_length, filter_size, padding, stride, dilation=1):
    """How many places a window has that moves over `input_length` values; None stays None.

    Args:
        padding: 'valid', 'same', 'causal' or 'full'.

    >>> conv_output_length(10, 3, "valid", 2), conv_output_length(10, 3, "same", 2)
    (4, 5)
    """
    one_of("valid", "same", "causal", "full")("conv_output_length()", "padding", padding)
    if input_length is None:
        return None
    extent = (filter_size - 1) * dilation
    room = {"valid": -extent, "full": extent}.get(padding, 0)
    return (input_length + room + stride - 1) // stride


def conv_input_length(output_length, filter_size, padding, stride):
    """Over how many values a window moves that has `output_length` places; None stays None.

    >>> conv_input_length(4, 3, "valid", 2)
    9
    """
    one_of("valid", "same", "full")("conv_input_length()", "padding", padding)
    if output_length is None:
        return None
    pad = {"same": filter_size // 2, "valid": 0, "full": filter_size - 1}[padding]
    return (output_length - 1) * stride - 2 * pad + filter_size


def deconv_length(dim_size, stride_size, kernel_size, padding, output_padding=None, dilation=1):
    """How long the result of a transposed convolution is; None stays None.

    Args:
        output_padding: values added at one end; None for as many as make it fit.

    >>> deconv_length(4, 2, 3, "valid"), deconv_length(4, 2, 3, "same", 1)
    (9, 8)
    """
    one_of("valid", "same", "full")("deconv_length()", "padding", padding)
    if dim_size is None:
        return None
    kernel_size += (kernel_size - 1) * (dilation - 1)
    if output_padding is not None:
        pad = {"same": kernel_size // 2, "valid": 0, "full": kernel_size - 1}[padding]
        return (dim_size - 1) * stride_size + kernel_size - 2 * pad + output_padding
    room = {"valid": max(kernel_size - stride_size, 0), "full": 2 - stride_size - kernel_size, "same": 0}
    return dim_size * stride_size + room[padding]


def convert_kernel(kernel, dim_ordering=None):
    """A kernel of Theano's convolution as TensorFlow's, and back: windows are turned by half a turn.

    Args:
        kernel: array; a window of one to three axes, channels and filters.
        dim_ordering: Keras 1: 'tf' when channels and filters come last, 'th' when they come first.

    Errors:
        ValueError: the array has no such number of axes.

    >>> convert_kernel(np.arange(3.0).reshape(3, 1, 1)).ravel()
    array([2., 1., 0.])
    """
    kernel = np.asarray(kernel)
    if not 3 <= kernel.ndim <= 5:
        fail("convert_kernel()", "kernel", kernel.shape, "an array of three to five axes")
    window = range(2, kernel.ndim) if dim_ordering == "th" else range(kernel.ndim - 2)
    return np.flip(kernel, tuple(window)).copy()


def convert_all_kernels_in_model(model):
    """Turns all kernels of a model's convolutions as `convert_kernel` does; for weights made with Theano.

    >>> model = models.Sequential([layers.Input((3, 1)), layers.Conv1D(1, 3)])
    >>> convert_all_kernels_in_model(model)
    """
    for layer in model.layers:
        if any(cls.__name__ in _CONVOLUTIONS for cls in type(layer).__mro__):
            layer.kernel.assign(convert_kernel(layer.kernel.numpy()))


def convert_dense_weights_data_format(dense, previous_feature_map_shape,
                                      target_data_format="channels_first"):
    """Orders the inputs of a Dense layer behind a Flatten for images of the other data format.

    Args:
        previous_feature_map_shape: shape before the Flatten, without the batch, in the target format.
        target_data_format: 'channels_first' or 'channels_last'.

    >>> dense = layers.Dense(1)
    >>> dense.build((None, 4))
    >>> convert_dense_weights_data_format(dense, (2, 1, 2))
    """
    one_of("channels_first", "channels_last")("convert_dense_weights_data_format()", "target_data_format",
                                              target_data_format)
    kernel = torch.as_tensor(dense.kernel.numpy())
    sizes = tuple(previous_feature_map_shape)
    if target_data_format == "channels_first":
        kernel = kernel.reshape(*sizes[1:], sizes[0], -1).permute(2, 0, 1, 3)
    else:
        kernel = kernel.reshape(sizes[2], *sizes[:2], -1).permute(1, 2, 0, 3)
    dense.kernel.assign(kernel.reshape(dense.kernel.shape))


# --- models ----------------------------------------------------------------------------------------------


def count_params(weights):
    """How many numbers weights have together.

    Source: Keras 2 `utils.layer_utils.count_params`.

    >>> count_params([torch.zeros(2, 3), torch.zeros(4)])
    10
    """
    return sum(weight.numel() for weight in {id(weight): weight for weight in weights}.values())


def count_total_params(layers, layer_set=None):
    """(numbers trained, numbers not trained) of a list of layers.

    Args:
        layer_set: layers that are counted already.

    Source: Keras 1 `utils.layer_utils.count_total_params`.

    >>> from keras_torch.layers import Dense
    >>> dense = Dense(3)
    >>> dense.build((None, 2))
    >>> count_total_params([dense])
    (9, 0)
    """
    fresh = [layer for layer in layers if layer not in (layer_set or ())]
    return tuple(count_params([weight for layer in fresh for weight in kind(layer)])
                 for kind in (lambda layer: layer.trainable_weights,
                              lambda layer: layer.non_trainable_weights))


def print_summary(model, line_length=None, positions=None, print_fn=None):
    """`model.summary(...)`.

    Source: Keras 2 `utils.print_summary`.

    >>> print_summary(models.Sequential([layers.Input((2,))]), print_fn=lambda line: None)
    """
    model.summary(line_length=line_length, positions=positions, print_fn=print_fn)


def layer_from_config(config, custom_objects=None):
    """The layer that a config describes.

    Source: Keras 1 `utils.layer_utils.layer_from_config`.

    >>> layer_from_config({"class_name": "Dense", "config": {"units": 3}}).units
    3
    """
    return layers.deserialize(config, custom_objects)


def model_from_yaml(yaml_string, custom_objects=None):
    r"""The model whose architecture `to_yaml` of Keras 1 or 2 wrote; its weights are new.

    Errors:
        ImportError: PyYAML is not installed.
        ValueError: a class that is not known.

    Source: Keras 2 `models.model_from_yaml`. Nothing in the text is executed.

    >>> text = "class_name: Sequential\nconfig: [{class_name: Dense, config: {units: 3}}]"
    >>> len(model_from_yaml(text).layers)  # doctest: +SKIP
    1
    """
    return models.model_from_config(old_yaml.load(yaml_string), custom_objects)


def optimizer_from_config(config, custom_objects=None):
    """The optimizer that a config describes.

    Source: Keras 1 `optimizers.optimizer_from_config`.

    >>> optimizer_from_config({"class_name": "SGD", "config": {"lr": 0.5}}).learning_rate
    0.5
    """
    return optimizers.deserialize(config, custom_objects)


def clip_norm(g, c, n):
    """`g` scaled down to the norm `c` when its norm `n` is larger.

    Source: Keras 2 `optimizers.clip_norm`.

    >>> clip_norm(torch.tensor([3.0, 4.0]), 1.0, 5.0)
    tensor([0.6000, 0.8000])
    """
    return g if c <= 0 else torch.where(torch.as_tensor(n >= c), g * c / n, g)


def multi_gpu_model(model, gpus=None, cpu_merge=True, cpu_relocation=False):
    """Refuses: a model is trained on several devices by one process for each.

    Errors:
        ValueError: always; in Keras too with one GPU.

    Source: Keras 2 `utils.multi_gpu_model`.

    >>> multi_gpu_model(None, gpus=2)
    Traceback (most recent call last):
    ...
    ValueError: multi_gpu_model() is not provided; got gpus=2. Start the script with torchrun...
    """
    raise ValueError(f"multi_gpu_model() is not provided; got gpus={gpus!r}. Start the script with torchrun, "
                     "one process for each GPU; on one GPU use the model itself.")


# --- test data and scores of arrays ----------------------------------------------------------------------


def get_test_data(num_train=1000, num_test=500, input_shape=(10,), output_shape=(2,), classification=True,
                  num_classes=2):
    """Random data to try a model on: ((x, y) to train, (x, y) to test).

    Args:
        classification: y are class numbers, and x is normal around them; otherwise y are numbers.

    Source: Keras 2 `utils.test_utils.get_test_data`; in Keras 1 `nb_train`, `nb_test`, `nb_class`.

    >>> (x, y), _ = get_test_data(20, 10)
    >>> x.shape, y.shape
    ((20, 10), (20,))
    """
    samples = num_train + num_test
    center = (np.random.randint(0, num_classes, size=samples) if classification
              else np.random.random(samples))

    def around(shape):
        places = center.reshape(-1, *(1,) * len(shape))
        return np.random.normal(places, 0.7, (samples, *shape)).astype("float32")

    x = around(tuple(input_shape))
    y = center if classification else around(tuple(output_shape))
    return (x[:num_train], y[:num_train]), (x[num_train:], y[num_train:])


def get_test_data_of_keras1(nb_train=1000, nb_test=500, input_shape=(10,), output_shape=(2,),
                            classification=True, nb_class=2):
    """`get_test_data` in Keras 1's words.

    >>> get_test_data_of_keras1(nb_train=20)[0][0].shape
    (20, 10)
    """
    return get_test_data(nb_train, nb_test, input_shape, output_shape, classification, nb_class)


def binary_logloss(p, y):
    """Mean cross-entropy of probabilities of one class.

    Source: Keras 1 `utils.np_utils`; so are those below.

    >>> round(float(binary_logloss(np.array([0.5]), np.array([1]))), 4)
    0.6931
    """
    p, y = np.clip(p, 1e-15, 1 - 1e-15), np.asarray(y)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def multiclass_logloss(p, y):
    """Mean of `-log(p)` of the right class; class numbers in `y` start at 1.

    >>> round(float(multiclass_logloss(np.array([[0.5, 0.5]]), [1])), 4)
    0.6931
    """
    return -np.mean(np.log([row[number - 1] for row, number in zip(p, y)]))


def accuracy(p, y):
    """Share of equal members.

    >>> float(accuracy([1, 2], [1, 3]))
    0.5
    """
    return np.mean([first == second for first, second in zip(p, y)])


def categorical_probas_to_classes(p):
    """The number of the largest probability of each row.

    >>> categorical_probas_to_classes(np.array([[0.1, 0.9]]))
    array([1])
    """
    return np.argmax(p, axis=1)


def probas_to_classes(y_pred):
    """Class numbers of probabilities: the largest of each row; of one column, whether it is above 0.5.

    >>> probas_to_classes(np.array([[0.1], [0.9]]))
    array([0, 1])
    """
    if y_pred.ndim > 1 and y_pred.shape[1] > 1:
        return categorical_probas_to_classes(y_pred)
    return (np.ravel(y_pred) > 0.5).astype(int)


def keras_test(func):
    """A test as it is: no graph has to be cleared behind it.

    Source: Keras 2 `utils.test_utils.keras_test`.

    >>> keras_test(len) is len
    True
    """
    return func
