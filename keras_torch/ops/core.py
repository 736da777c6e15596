"""Values in and out of torch: converting, casting, asking for shapes, and writing into part of a tensor."""

import builtins
import functools

import numpy as np
import torch
from torch.overrides import handle_torch_function, has_torch_function

from keras_torch.base import dtypes, settings
from keras_torch.base.checks import fail
from keras_torch.base.variable import StateVariable, Variable


def as_tensor(x, like=None):
    """The tensor itself, or a new one from numbers, lists and arrays.

    Args:
        x: tensor or symbolic tensor (returned as it is), number, list, or numpy array.
        like: a tensor whose device (and, for plain Python numbers, number type) the new tensor takes;
            None means the default device.

    >>> as_tensor(torch.zeros(2)).shape
    torch.Size([2])
    >>> as_tensor([1, 2]).dtype, as_tensor(1.5).dtype
    (torch.int32, torch.float32)
    """
    if hasattr(type(x), "__torch_function__"):
        return x
    # A symbol's device is "meta", where no value can live.
    device = like.device if isinstance(like, torch.Tensor) else current_device()
    if like is not None and isinstance(x, (int, float)):
        stand_in = torch.empty((1,), dtype=like.dtype, device="meta")
        return torch.as_tensor(x, dtype=torch.result_type(stand_in, x), device=device)
    return _from_numbers(x, device)


def current_device():
    """Where new tensors go: the default device, or "meta" while shapes are being inferred.

    >>> with torch.device("meta"):
    ...     current_device()
    device(type='meta')
    """
    chosen = torch.get_default_device()
    return chosen if chosen.type == "meta" else settings.default_device()


def pair(x1, x2):
    """Both operands as tensors; a Python number takes the other one's device and, where it can, number type.

    >>> pair(2.5, torch.ones(1, dtype=torch.float16))[0].dtype
    torch.float16
    """
    if not hasattr(type(x1), "__torch_function__"):
        x1 = as_tensor(x1, like=x2 if hasattr(type(x2), "__torch_function__") else None)
    return x1, as_tensor(x2, like=x1)


def one_node(function):
    """Decorator: given symbols, the whole call is recorded as one node of the graph.

    Needed where a function makes new tensors or reads sizes: a symbol has no device and unknown sizes.

    >>> @one_node
    ... def ramp_like(x):
    ...     return torch.arange(x.shape[0], device=x.device)
    >>> ramp_like(torch.zeros(2))
    tensor([0, 1])
    """

    @functools.wraps(function)
    def recorded(*args, **kwargs):
        relevant = _tensors_in((*args, *kwargs.values()))
        if has_torch_function(relevant):
            return handle_torch_function(recorded, relevant, *args, **kwargs)
        return function(*args, **kwargs)

    return recorded


def _tensors_in(values):
    found = []
    for value in values:
        if hasattr(type(value), "__torch_function__"):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found.extend(_tensors_in(value))
    return tuple(found)


def _from_numbers(x, device):
    if isinstance(x, (list, tuple)) and any(hasattr(type(part), "__torch_function__") for part in x):
        return torch.stack([as_tensor(part) for part in x]).to(device)
    if hasattr(x, "__array__"):
        return torch.as_tensor(np.ascontiguousarray(x), device=device).reshape(np.shape(x))
    array = np.asarray(x)
    if array.dtype == np.float64:
        return torch.as_tensor(array, dtype=dtypes.torch_dtype(), device=device)
    if array.dtype == np.int64:
        small = array.size == 0 or (abs(int(array.min())) < 2**31 and abs(int(array.max())) < 2**31)
        return torch.as_tensor(array, dtype=torch.int32 if small else torch.int64, device=device)
    return torch.as_tensor(array, device=device)


def convert_to_tensor(x, dtype=None, sparse=None, ragged=None):
    """A torch tensor from numbers, lists, numpy arrays or tensors, of type `dtype` if given.

    Args:
        dtype: None keeps the type of tensors and arrays; Python floats become `floatx()`, integers int32.
        sparse: True is refused; torch tensors here are dense.
        ragged: True is refused.

    Errors:
        ValueError: `sparse` or `ragged` is True.

    Source: Keras `ops.convert_to_tensor`.

    >>> convert_to_tensor([[1.0, 2.0]]).dtype
    torch.float32
    """
    if sparse or ragged:
        name = "sparse" if sparse else "ragged"
        raise ValueError(
            f"convert_to_tensor(): `{name}`=True is not supported; tensors here are dense. Leave it out."
        )
    x = as_tensor(x)
    return x if dtype is None else cast(x, dtype)


def convert_to_numpy(x):
    """A numpy array with the values of a tensor (bfloat16 becomes float32), number or list.

    Notes:
        That of a variable is a copy, which training does not change; that of another tensor on the CPU shares
        its memory, as in torch.

    Source: Keras `ops.convert_to_numpy`.

    >>> convert_to_numpy(torch.ones(2))
    array([1., 1.], dtype=float32)
    """
    if not isinstance(x, torch.Tensor):
        return np.asarray(x)
    if isinstance(x, (Variable, StateVariable)):
        return x.numpy()
    x = x.detach().cpu()
    return (x.float() if x.dtype == torch.bfloat16 else x).resolve_conj().numpy()


def is_tensor(x):
    """Whether `x` is a torch tensor.

    >>> is_tensor(torch.ones(2)), is_tensor([1.0])
    (True, False)
    """
    return isinstance(x, torch.Tensor)


def cast(x, dtype):
    """The values of `x` in another number type.

    Source: Keras `ops.cast`.

    >>> cast([1.7, 2.2], "int32")
    tensor([1, 2], dtype=torch.int32)
    """
    return as_tensor(x).to(dtypes.torch_dtype(dtype))


def saturate_cast(x, dtype):
    """`cast`, with values outside the new type's range brought to its ends instead of wrapped around.

    Source: Keras `ops.saturate_cast`.

    >>> saturate_cast([300, -1], "uint8")
    tensor([255,   0], dtype=torch.uint8)
    """
    x, target = as_tensor(x), dtypes.torch_dtype(dtype)
    if target == torch.bool or target.is_complex:
        return x.to(target)
    limits = torch.finfo(target) if target.is_floating_point else torch.iinfo(target)
    own = torch.finfo(x.dtype) if x.dtype.is_floating_point else None
    if own is None and x.dtype != torch.bool:
        own = torch.iinfo(x.dtype)
    if own is not None:
        x = x.clamp(max(limits.min, own.min), min(limits.max, own.max))
    return x.to(target)


def dtype(x):
    """Name of the number type of `x`, such as 'float32'.

    Source: Keras `ops.dtype`.

    >>> dtype(torch.ones(2))
    'float32'
    """
    return dtypes.dtype_name(as_tensor(x).dtype)


def shape(x):
    """The sizes of `x`, one per axis, as a tuple; of a symbolic tensor, sizes that may be used in `reshape`.

    Source: Keras `ops.shape`.

    >>> shape(torch.ones(2, 3))
    (2, 3)
    """
    return tuple(as_tensor(x).size())


def ndim(x):
    """Number of axes of `x`.

    >>> ndim([[1, 2]])
    2
    """
    return as_tensor(x).dim()


def stop_gradient(variable):
    """The same values, through which no gradient flows.

    Source: Keras `ops.stop_gradient`.

    >>> stop_gradient(torch.ones(1, requires_grad=True)).requires_grad
    False
    """
    return as_tensor(variable).detach()


def copy(x):
    """A new tensor with the values of `x`.

    >>> copy([1.0])
    tensor([1.])
    """
    return as_tensor(x).clone()


def slice(inputs, start_indices, shape):
    """The block of `inputs` that begins at `start_indices` and has the sizes `shape`; -1 means up to the end.

    Source: Keras `ops.slice`.

    >>> slice([[1, 2, 3], [4, 5, 6]], [0, 1], [2, 2])
    tensor([[2, 3],
            [5, 6]], dtype=torch.int32)
    """
    inputs = as_tensor(inputs)
    return inputs[_block(start_indices, shape)]


@one_node
def slice_update(inputs, start_indices, updates):
    """A copy of `inputs` in which the block beginning at `start_indices` is replaced by `updates`.

    Source: Keras `ops.slice_update`.

    >>> slice_update([1, 2, 3], [1], [9])
    tensor([1, 9, 3], dtype=torch.int32)
    """
    inputs = as_tensor(inputs)
    updates = as_tensor(updates, like=inputs).to(inputs.dtype)
    outputs = inputs.clone()
    outputs[_block(start_indices, updates.shape)] = updates
    return outputs


def _block(starts, sizes):
    return tuple(_span(int(start), int(size)) for start, size in zip(starts, sizes, strict=True))


def _span(start, size):
    return builtins.slice(start, None if size == -1 else start + size)


@one_node
def scatter(indices, values, shape):
    """A tensor of zeros of sizes `shape`, with `values` added at `indices` (count, axes).

    Source: Keras `ops.scatter`.

    >>> scatter([[0], [2]], [5.0, 7.0], (4,))
    tensor([5., 0., 7., 0.])
    """
    values = as_tensor(values)
    zeros = torch.zeros(tuple(shape), dtype=values.dtype, device=values.device)
    return zeros.index_put(_coordinates(indices, zeros), values, accumulate=True)


@one_node
def scatter_update(inputs, indices, updates, reduction=None):
    """A copy of `inputs` with `updates` written at `indices` (count, axes).

    Args:
        reduction: None replaces; 'add', 'max', 'min', 'mul' combine with the present value.

    Errors:
        ValueError: another `reduction`.

    Source: Keras `ops.scatter_update`.

    >>> scatter_update([0.0, 0.0], [[1]], [3.0])
    tensor([0., 3.])
    """
    names = {"max": "amax", "min": "amin", "mul": "prod"}
    if reduction not in (None, "add", *names):
        fail("scatter_update()", "reduction", reduction, "None, 'add', 'max', 'min' or 'mul'")
    inputs = as_tensor(inputs)
    updates = as_tensor(updates, like=inputs).to(inputs.dtype)
    where = _coordinates(indices, inputs)
    if reduction in (None, "add"):
        return inputs.index_put(where, updates, accumulate=reduction == "add")
    positions = torch.arange(inputs.numel(), device=inputs.device).view(inputs.shape)[where]
    flat = inputs.reshape(-1).scatter_reduce(0, positions.reshape(-1), updates.reshape(-1), names[reduction])
    return flat.view(inputs.shape)


def _coordinates(indices, target):
    return tuple(as_tensor(indices, like=target).long().unbind(-1))


def custom_gradient(f):
    """Decorator for a function that returns its outputs and a function computing its gradients.

    Args:
        f: `(*tensors) -> (outputs, grad)` where `grad(*inputs, upstream=...)` gives one gradient per input.

    Source: Keras `ops.custom_gradient`.

    >>> @custom_gradient
    ... def twice(x):
    ...     return x * 2, lambda *args, upstream: upstream * 2
    >>> twice(torch.ones(1))
    tensor([2.])
    """

    def wrapped(*inputs):
        return _CustomGradient.apply(f, *inputs)

    return wrapped


class _CustomGradient(torch.autograd.Function):
    """Runs a user's function forward and its own gradient function backward."""

    @staticmethod
    def forward(ctx, f, *inputs):
        """The user's outputs; the gradient function is kept for `backward`."""
        outputs, ctx.gradient_function = f(*inputs)
        ctx.save_for_backward(*inputs)
        return outputs

    @staticmethod
    def backward(ctx, *upstream):
        """The user's gradients, one per input."""
        upstream = upstream[0] if len(upstream) == 1 else upstream
        gradients = ctx.gradient_function(*ctx.saved_tensors, upstream=upstream)
        gradients = gradients if isinstance(gradients, (list, tuple)) else (gradients,)
        return None, *gradients
