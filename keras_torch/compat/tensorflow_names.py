"""The functions of TensorFlow that Keras scripts use most, on torch: one table from name to function.

TensorFlow's argument names and defaults, torch's tensors. What a script needs beyond this table is refused
with a sentence that names the way in torch (`ADVICE`).
"""

import functools
import logging

import torch

from keras_torch import ops
from keras_torch.base.checks import fail
from keras_torch.base.dtypes import torch_dtype
from keras_torch.base.variable import Variable
from keras_torch.compat import tensorflow_data
from keras_torch.compat.gradient_tape import GradientTape

DTYPES = {
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "float32": torch.float32,
    "float64": torch.float64,
    "int8": torch.int8,
    "int16": torch.int16,
    "int32": torch.int32,
    "int64": torch.int64,
    "uint8": torch.uint8,
    "bool": torch.bool,
    "complex64": torch.complex64,
    "complex128": torch.complex128,
}


def _tf(function, **renamed):
    """`function` under TensorFlow's argument names: `renamed` maps TensorFlow's to ours."""

    @functools.wraps(function)
    def translated(*args, **kwargs):
        return function(*args, **{renamed.get(name, name): value for name, value in kwargs.items()})

    return translated


def _reduction(function):
    return _tf(function, input_tensor="x", keep_dims="keepdims")


def _of_x(function):
    return _tf(function, input="x", features="x", logits="x", tensor="x", value="x")


def _of_two(function):
    return _tf(function, x="x1", y="x2", a="x1", b="x2")


def _constant(value, dtype=None, shape=None):
    made = ops.convert_to_tensor(value, dtype=dtype)
    if shape is None:
        return made
    return made.expand(shape).clone() if made.numel() == 1 else made.reshape(shape)


def _variable(initial_value, trainable=True, name=None, dtype=None):
    return Variable(ops.convert_to_tensor(initial_value, dtype=dtype), trainable=trainable, name=name)


def _matmul(a, b, transpose_a=False, transpose_b=False):
    a, b = ops.convert_to_tensor(a), ops.convert_to_tensor(b)
    return (a.mT if transpose_a else a) @ (b.mT if transpose_b else b)


def _arg(function):
    """TensorFlow looks along axis 0 unless told otherwise."""
    return lambda input, axis=0: function(input, axis=axis)


def _split(value, num_or_size_splits, axis=0):
    value = ops.convert_to_tensor(value)
    if isinstance(num_or_size_splits, int):
        if value.shape[axis] % num_or_size_splits:
            fail("tf.split", "num_or_size_splits", num_or_size_splits, f"a divisor of {value.shape[axis]}")
        num_or_size_splits = [value.shape[axis] // num_or_size_splits] * num_or_size_splits
    return list(value.split(list(num_or_size_splits), dim=axis))


def _gather(params, indices, axis=0):
    return ops.take(params, indices, axis=axis)


def _one_hot(indices, depth, on_value=1.0, off_value=0.0, axis=-1, dtype="float32"):
    return ops.one_hot(indices, depth, axis=axis, dtype=dtype) * (on_value - off_value) + off_value


def _norm(tensor, ord="euclidean", axis=None, keepdims=False):
    return ops.norm(tensor, ord=None if ord == "euclidean" else ord, axis=axis, keepdims=keepdims)


def _generator(seed):
    return None if seed is None else torch.Generator().manual_seed(seed)


def _random_normal(shape, mean=0.0, stddev=1.0, dtype="float32", seed=None):
    drawn = torch.randn(tuple(shape), generator=_generator(seed), dtype=torch_dtype(dtype))
    return ops.convert_to_tensor(drawn * stddev + mean)


def _random_uniform(shape, minval=0, maxval=None, dtype="float32", seed=None):
    dtype = torch_dtype(dtype)
    if dtype.is_floating_point:
        drawn = torch.rand(tuple(shape), generator=_generator(seed), dtype=dtype)
        return drawn * ((1 if maxval is None else maxval) - minval) + minval
    if maxval is None:
        fail("tf.random.uniform", "maxval", maxval, "given for an integer dtype")
    return torch.randint(minval, maxval, tuple(shape), generator=_generator(seed), dtype=dtype)


def _shuffle(value, seed=None):
    value = ops.convert_to_tensor(value)
    return value[torch.randperm(value.shape[0], generator=_generator(seed))]


def _set_seed(seed):
    torch.manual_seed(seed)


def _function(func=None):
    """Returns the function: calls are eager, so there is nothing to trace."""
    return _function if func is None else func


def _stop_if_false(condition, message="assertion failed"):
    if not bool(ops.convert_to_tensor(condition).all()):
        raise ValueError(message)


class PhysicalDevice:
    """A device as `tf.config.list_physical_devices` lists it.

    >>> PhysicalDevice("GPU", 0).name
    '/physical_device:GPU:0'
    """

    def __init__(self, device_type, index):
        self.device_type = device_type
        self.name = f"/physical_device:{device_type}:{index}"

    def __repr__(self):
        return f"PhysicalDevice(name={self.name!r}, device_type={self.device_type!r})"


def _list_physical_devices(device_type=None):
    counts = {"CPU": 1, "GPU": torch.cuda.device_count()}
    return [
        PhysicalDevice(kind, index)
        for kind, count in counts.items()
        for index in range(count)
        if device_type in (None, kind)
    ]


def _set_memory_growth(device, enable):
    if not enable:
        fail(
            "tf.config.experimental.set_memory_growth",
            "enable",
            enable,
            "True",
            "PyTorch always takes GPU memory as it needs it.",
        )


def _gpu_device_name():
    return "/device:GPU:0" if torch.cuda.is_available() else ""


_REDUCTIONS = {
    "mean": ops.mean,
    "sum": ops.sum,
    "max": ops.max,
    "min": ops.min,
    "prod": ops.prod,
    "any": ops.any,
    "all": ops.all,
    "std": ops.std,
    "variance": ops.var,
    "logsumexp": ops.logsumexp,
}
_OF_X = {
    name: getattr(ops, name)
    for name in """
        abs square sqrt rsqrt exp log log1p expm1 sin cos tan tanh sigmoid sign floor ceil round
        negative reciprocal softplus cumsum
    """.split()
}
_OF_TWO = {
    name: getattr(ops, name)
    for name in """
        add subtract multiply divide maximum minimum equal not_equal greater greater_equal less
        less_equal logical_and logical_or mod floor_divide
    """.split()
}
_NN = {
    name: getattr(ops, name)
    for name in """
        relu relu6 elu selu gelu silu sigmoid tanh softplus softsign softmax log_softmax leaky_relu
    """.split()
}

_MATH = {
    **{f"reduce_{name}": _reduction(function) for name, function in _REDUCTIONS.items()},
    **{name: _of_x(function) for name, function in _OF_X.items()},
    **{name: _of_two(function) for name, function in _OF_TWO.items()},
    "pow": _of_two(ops.power),
    "squared_difference": lambda x, y: ops.square(ops.subtract(x, y)),
    "argmax": _arg(ops.argmax),
    "argmin": _arg(ops.argmin),
    "logical_not": _of_x(ops.logical_not),
    "is_nan": ops.isnan,
    "is_inf": ops.isinf,
    "is_finite": ops.isfinite,
    "l2_normalize": _tf(ops.normalize),
    "softmax": _of_x(ops.softmax),
    "top_k": _tf(ops.top_k, input="x"),
}

_RANDOM = {"set_seed": _set_seed, "normal": _random_normal, "uniform": _random_uniform, "shuffle": _shuffle}

_PLAIN = {
    **DTYPES,
    "Tensor": torch.Tensor,
    "Variable": _variable,
    "constant": _constant,
    "convert_to_tensor": _constant,
    "is_tensor": ops.is_tensor,
    "function": _function,
    "executing_eagerly": lambda: True,
    "cast": lambda x, dtype: ops.cast(x, dtype),
    "shape": lambda input: ops.shape(input),
    "rank": lambda input: ops.ndim(input),
    "size": lambda input: ops.size(input),
    "identity": lambda input: ops.convert_to_tensor(input).clone(),
    "stop_gradient": lambda input: ops.stop_gradient(input),
    "zeros": lambda shape, dtype="float32": ops.zeros(shape, dtype=dtype),
    "ones": lambda shape, dtype="float32": ops.ones(shape, dtype=dtype),
    "zeros_like": _of_x(ops.zeros_like),
    "ones_like": _of_x(ops.ones_like),
    "fill": lambda dims, value: ops.full(dims, value),
    "eye": lambda num_rows, num_columns=None, dtype="float32": ops.eye(num_rows, num_columns, dtype=dtype),
    "range": lambda *limits, dtype=None: ops.arange(*limits, dtype=dtype),
    "linspace": lambda start, stop, num: ops.linspace(start, stop, num),
    "matmul": _matmul,
    "tensordot": lambda a, b, axes: ops.tensordot(a, b, axes=axes),
    "einsum": lambda equation, *inputs: ops.einsum(equation, *inputs),
    "norm": _norm,
    "reshape": lambda tensor, shape: ops.reshape(tensor, tuple(shape)),
    "transpose": lambda a, perm=None: ops.transpose(a, axes=perm),
    "expand_dims": lambda input, axis: ops.expand_dims(input, axis),
    "squeeze": lambda input, axis=None: ops.squeeze(input, axis=axis),
    "concat": lambda values, axis: ops.concatenate(list(values), axis=axis),
    "stack": lambda values, axis=0: ops.stack(list(values), axis=axis),
    "unstack": lambda value, axis=0: list(ops.convert_to_tensor(value).unbind(axis)),
    "split": _split,
    "tile": lambda input, multiples: ops.tile(input, tuple(multiples)),
    "repeat": lambda input, repeats, axis=None: ops.repeat(input, repeats, axis=axis),
    "reverse": lambda tensor, axis: ops.flip(tensor, axis=axis),
    "pad": lambda tensor, paddings, mode="CONSTANT", constant_values=0: ops.pad(
        tensor,
        paddings,
        mode=mode.lower(),
        **({"constant_values": constant_values} if mode == "CONSTANT" else {}),
    ),
    "gather": _gather,
    "where": lambda condition, x, y: ops.where(condition, x, y),
    "one_hot": _one_hot,
    "clip_by_value": lambda t, clip_value_min, clip_value_max: ops.clip(t, clip_value_min, clip_value_max),
    "set_random_seed": _set_seed,
    "random_normal": _random_normal,
    "random_uniform": _random_uniform,
    "get_logger": lambda: logging.getLogger("tensorflow"),
}

NAMES = {
    **_PLAIN,
    **{
        name: _MATH[name]
        for name in _MATH
        if name
        not in (
            "softmax",
            "l2_normalize",
            "top_k",
            "is_nan",
            "is_inf",
            "is_finite",
            "log",
            "log1p",
            "reciprocal",
            "softplus",
        )
    },
    "log": _MATH["log"],  # TensorFlow 1 had it at the top
    **{f"math.{name}": function for name, function in _MATH.items()},
    **{f"nn.{name}": _of_x(function) for name, function in _NN.items()},
    "nn.swish": _of_x(ops.silu),
    "nn.l2_normalize": _MATH["l2_normalize"],
    **{f"random.{name}": function for name, function in _RANDOM.items()},
    "linalg.matmul": _matmul,
    "linalg.norm": _norm,
    "linalg.eye": _PLAIN["eye"],
    **{f"dtypes.{name}": dtype for name, dtype in DTYPES.items()},
    "dtypes.cast": _PLAIN["cast"],
    "debugging.Assert": _stop_if_false,
    "GradientTape": GradientTape,
    "config.list_physical_devices": _list_physical_devices,
    "config.experimental.list_physical_devices": _list_physical_devices,
    "config.experimental.set_memory_growth": _set_memory_growth,
    "newaxis": None,
    "TensorSpec": tensorflow_data.TensorSpec,
    "data.Dataset": tensorflow_data.Dataset,
    "data.Options": tensorflow_data.Options,
    "data.AUTOTUNE": tensorflow_data.AUTOTUNE,
    "data.experimental.AUTOTUNE": tensorflow_data.AUTOTUNE,
    "data.INFINITE_CARDINALITY": tensorflow_data.INFINITE,
    "data.UNKNOWN_CARDINALITY": tensorflow_data.UNKNOWN,
    "test.gpu_device_name": _gpu_device_name,
    "test.is_gpu_available": torch.cuda.is_available,
    "test.is_built_with_cuda": torch.backends.cuda.is_built,
}

ADVICE = {
    "gradients": "Write `torch.autograd.grad(loss, variables)`.",
    "data": "tf.data.Dataset begins with from_tensor_slices, from_generator, range or zip here; for files "
    "use a torch DataLoader, a generator or a keras.utils.PyDataset, which fit() takes.",
    "Session": "PyTorch computes at once: call the function or the model, no session is needed.",
    "placeholder": "Use keras.Input for the inputs of a model; everything else is computed at once.",
    "compat": "Remove the calls to tf.compat: PyTorch computes at once, as TensorFlow 2 does.",
    "saved_model": "Use model.save('name.keras') and keras.models.load_model.",
    "train": "Use keras.optimizers and keras.callbacks.ModelCheckpoint.",
    "image": "Use keras.ops.image, keras.layers.Resizing or torchvision.transforms.",
    "distribute": "Start the script with torchrun; see the README.",
    "lite": "Export with torch.export or torch.onnx.",
    "string": "Strings stay numpy arrays or lists; keras.layers.TextVectorization takes them.",
    "contrib": "tf.contrib left TensorFlow in version 2.",
    "device": "Move the model with model.to('cuda'), as in PyTorch.",
}
