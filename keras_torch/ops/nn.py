"""Curves (activation functions), softmax and its family, encodings, normalizations and per-element losses."""

import math

import torch
from torch.nn import functional

from keras_torch.base import dtypes, settings
from keras_torch.ops.core import as_tensor, one_node


def relu(x):
    """`max(x, 0)`.

    >>> relu([-1.0, 2.0])
    tensor([0., 2.])
    """
    return torch.relu(as_tensor(x))


def relu6(x):
    """`min(max(x, 0), 6)`.

    >>> relu6([-1.0, 2.0, 9.0])
    tensor([0., 2., 6.])
    """
    return functional.relu6(as_tensor(x))


def leaky_relu(x, negative_slope=0.2):
    """`x` where positive, else `negative_slope * x`.

    >>> leaky_relu([-1.0, 2.0])
    tensor([-0.2000,  2.0000])
    """
    return functional.leaky_relu(as_tensor(x), negative_slope)


def elu(x, alpha=1.0):
    """`x` where positive, else `alpha * (exp(x) - 1)`.

    >>> elu([0.0, 2.0])
    tensor([0., 2.])
    """
    return functional.elu(as_tensor(x), alpha)


def celu(x, alpha=1.0):
    """`max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1)`.

    >>> celu([0.0, 2.0])
    tensor([0., 2.])
    """
    return functional.celu(as_tensor(x), alpha)


def selu(x):
    """`scale * elu(x, alpha)` with the constants that keep mean 0 and variance 1 (Klambauer et al., 2017).

    >>> selu([0.0, 1.0])
    tensor([0.0000, 1.0507])
    """
    return functional.selu(as_tensor(x))


def silu(x):
    """`x * sigmoid(x)`, also called swish.

    >>> silu([0.0, 1.0])
    tensor([0.0000, 0.7311])
    """
    return functional.silu(as_tensor(x))


def gelu(x, approximate=True):
    """`x * P(X <= x)` for a standard normal X.

    Args:
        approximate: True uses the tanh formula of Hendrycks and Gimpel (2016), False the exact distribution.

    >>> gelu([0.0, 1.0])
    tensor([0.0000, 0.8412])
    """
    return functional.gelu(as_tensor(x), approximate="tanh" if approximate else "none")


def sigmoid(x):
    """`1 / (1 + exp(-x))`.

    >>> sigmoid([0.0])
    tensor([0.5000])
    """
    if not isinstance(x, torch.Tensor):  # inline: every recurrent step and most last layers come here
        x = as_tensor(x)
    return torch.sigmoid(x)


def tanh(x):
    """The hyperbolic tangent.

    >>> tanh([0.0])
    tensor([0.])
    """
    if not isinstance(x, torch.Tensor):
        x = as_tensor(x)
    return torch.tanh(x)


def hard_sigmoid(x):
    """`min(max(x + 3, 0), 6) / 6`.

    Source: Keras 3. Until tf.keras it was `clip(0.2 * x + 0.5, 0, 1)`.

    >>> hard_sigmoid([-3.0, 0.0, 3.0])
    tensor([0.0000, 0.5000, 1.0000])
    """
    return functional.hardsigmoid(as_tensor(x))


def hard_silu(x):
    """`x * hard_sigmoid(x)`, also called hard_swish.

    >>> hard_silu([0.0, 3.0])
    tensor([0., 3.])
    """
    return functional.hardswish(as_tensor(x))


def hard_tanh(x):
    """`min(max(x, -1), 1)`.

    >>> hard_tanh([-3.0, 0.5, 3.0])
    tensor([-1.0000,  0.5000,  1.0000])
    """
    return functional.hardtanh(as_tensor(x))


def tanh_shrink(x):
    """`x - tanh(x)`.

    >>> tanh_shrink([0.0])
    tensor([0.])
    """
    return functional.tanhshrink(as_tensor(x))


def soft_shrink(x, threshold=0.5):
    """`x` brought nearer to zero by `threshold`, zero between `-threshold` and `threshold`.

    >>> soft_shrink([-1.0, 0.2, 2.0])
    tensor([-0.5000,  0.0000,  1.5000])
    """
    return functional.softshrink(as_tensor(x), threshold)


def hard_shrink(x, threshold=0.5):
    """`x` where its size exceeds `threshold`, else zero.

    >>> hard_shrink([-1.0, 0.2, 2.0])
    tensor([-1.,  0.,  2.])
    """
    return functional.hardshrink(as_tensor(x), threshold)


def threshold(x, threshold, default_value):
    """`x` where greater than `threshold`, else `default_value`.

    >>> threshold([0.1, 2.0], 1.0, 0.0)
    tensor([0., 2.])
    """
    return functional.threshold(as_tensor(x), threshold, default_value)


def softplus(x):
    """`log(1 + exp(x))`.

    >>> softplus([0.0])
    tensor([0.6931])
    """
    return functional.softplus(as_tensor(x))


def softsign(x):
    """`x / (1 + |x|)`.

    >>> softsign([1.0])
    tensor([0.5000])
    """
    return functional.softsign(as_tensor(x))


def squareplus(x, b=4):
    """`(x + sqrt(x**2 + b)) / 2`.

    >>> squareplus([0.0])
    tensor([1.])
    """
    x = as_tensor(x)
    return (x + torch.sqrt(x * x + b)) / 2


def log_sigmoid(x):
    """`log(sigmoid(x))`, exact for very negative `x` too.

    >>> log_sigmoid([0.0])
    tensor([-0.6931])
    """
    return functional.logsigmoid(as_tensor(x))


def sparse_sigmoid(x):
    """`min(max((x + 1) / 2, 0), 1)`.

    >>> sparse_sigmoid([-2.0, 0.0, 2.0])
    tensor([0.0000, 0.5000, 1.0000])
    """
    return torch.clamp((as_tensor(x) + 1) / 2, 0, 1)


def sparse_plus(x):
    """0 up to -1, then the parabola `(x + 1)**2 / 4`, then `x` from 1 on.

    >>> sparse_plus([-2.0, 0.0, 2.0])
    tensor([0.0000, 0.2500, 2.0000])
    """
    x = as_tensor(x)
    parabola = torch.clamp(x + 1, 0, 2) ** 2 / 4
    return torch.where(x < 1, parabola, x)


def glu(x, axis=-1):
    """First half of `axis` times the sigmoid of its second half.

    Errors:
        RuntimeError: the size of `axis` is odd.

    >>> glu([[1.0, 0.0]])
    tensor([[0.5000]])
    """
    return functional.glu(as_tensor(x), axis)


def softmax(x, axis=-1):
    """`exp(x) / sum(exp(x))` along `axis`; several axes at once may be given as a tuple.

    >>> softmax([[0.0, 0.0]])
    tensor([[0.5000, 0.5000]])
    """
    if isinstance(axis, (tuple, list)):
        return _over_axes(torch.softmax, as_tensor(x), axis)
    return torch.softmax(as_tensor(x), axis)


def log_softmax(x, axis=-1):
    """`log(softmax(x))` along `axis` (an integer or a tuple).

    >>> log_softmax([[0.0, 0.0]])
    tensor([[-0.6931, -0.6931]])
    """
    if isinstance(axis, (tuple, list)):
        return _over_axes(torch.log_softmax, as_tensor(x), axis)
    return torch.log_softmax(as_tensor(x), axis)


@one_node
def _over_axes(function, x, axes):
    """`function(x, axis)` over several axes, seen as one."""
    last = tuple(range(-len(axes), 0))
    moved = torch.movedim(x, tuple(axes), last)
    together = function(torch.flatten(moved, start_dim=-len(axes)), -1)
    return torch.movedim(torch.reshape(together, moved.size()), last, tuple(axes))


@one_node
def sparsemax(x, axis=-1):
    """The nearest point to `x` whose entries are >= 0 and sum to 1 along `axis`: softmax with exact zeros.

    Source: Martins and Astudillo, 2016. Keras 3.15 goes wrong where several entries stay
    positive: its results do not sum to 1.

    >>> sparsemax([[0.0, 3.0]])
    tensor([[0., 1.]])
    """
    x = torch.movedim(as_tensor(x), axis, -1)
    ordered = torch.sort(x, dim=-1, descending=True).values
    excess = torch.cumsum(ordered, -1) - 1
    rank = torch.cumsum(torch.ones_like(ordered), -1)
    inside = ordered * rank > excess
    count = torch.sum(inside, -1, keepdim=True)
    level = torch.gather(excess, -1, count - 1) / count
    return torch.movedim(torch.relu(x - level), -1, axis)


@one_node
def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    """1 at the place of each index, 0 elsewhere; an index outside [0, num_classes) gives only zeros.

    Args:
        x: integers of any shape.
        num_classes: size of the new axis.
        axis: where the new axis goes.

    Errors:
        ValueError: `sparse` is True.

    >>> one_hot([0, 2], 3)
    tensor([[1., 0., 0.],
            [0., 0., 1.]])
    """
    _refuse_sparse("one_hot", sparse)
    x = as_tensor(x)
    classes = torch.arange(num_classes, device=x.device)
    hot = torch.eq(torch.unsqueeze(x, -1), classes).to(dtypes.torch_dtype(dtype))
    return hot if axis == -1 else torch.movedim(hot, -1, axis)


@one_node
def multi_hot(inputs, num_classes=None, axis=-1, dtype=None, sparse=False):
    """1 for every class that occurs along the last axis of the integers `inputs`, else 0.

    Args:
        axis: where the axis of classes goes.

    Errors:
        ValueError: `sparse` is True, or `num_classes` is missing.

    >>> multi_hot([[0, 2], [1, 1]], 3)
    tensor([[1., 0., 1.],
            [0., 1., 0.]])
    """
    _refuse_sparse("multi_hot", sparse)
    if num_classes is None:
        raise ValueError("multi_hot(): `num_classes` is needed, the size of the new axis; got None.")
    hot = torch.amax(one_hot(inputs, num_classes, dtype=dtype), -2)
    return hot if axis == -1 else torch.movedim(hot, -1, axis)


def _refuse_sparse(function, sparse):
    if sparse:
        raise ValueError(
            f"{function}(): `sparse`=True is not supported; tensors here are dense. Leave it out."
        )


def moments(x, axes, keepdims=False, synchronized=False):
    """Mean and (biased) variance over `axes`.

    Errors:
        ValueError: `synchronized` is True.

    >>> mean, variance = moments([1.0, 3.0], axes=[0])
    >>> float(mean), float(variance)
    (2.0, 1.0)
    """
    if synchronized:
        raise ValueError(
            "moments(): `synchronized`=True is not supported. Use BatchNormalization(synchronized=True)."
        )
    variance, mean = torch.var_mean(as_tensor(x), dim=axes, correction=0, keepdim=keepdims)
    return mean, variance


@one_node
def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    """`(x - mean) / sqrt(variance + epsilon) * scale + offset`, statistics lying along `axis`.

    >>> batch_normalization([[3.0]], torch.ones(1), torch.full((1,), 4.0), axis=-1, epsilon=0.0)
    tensor([[1.]])
    """
    x = as_tensor(x)
    sizes = [1] * x.dim()
    sizes[axis] = -1
    factor = torch.rsqrt(as_tensor(variance, like=x) + epsilon)
    if scale is not None:
        factor = factor * as_tensor(scale, like=x)
    x = (x - torch.reshape(as_tensor(mean, like=x), sizes)) * torch.reshape(factor, sizes)
    return x if offset is None else x + torch.reshape(as_tensor(offset, like=x), sizes)


@one_node
def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None):
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, with the statistics of `x` itself over `axis`.

    Args:
        gamma, beta: tensors of the sizes of `axis`, or None.
        epsilon: None means the global `epsilon()`.

    >>> layer_normalization([[1.0, 3.0]])
    tensor([[-1.,  1.]])
    """
    x = as_tensor(x)
    epsilon = settings.epsilon() if epsilon is None else epsilon
    mean, variance = moments(x, axis, keepdims=True)
    x = (x - mean) * torch.rsqrt(variance + epsilon)
    if gamma is not None:
        x = x * _along(gamma, x, axis)
    return x if beta is None else x + _along(beta, x, axis)


@one_node
def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    """`x / sqrt(mean(x**2) + epsilon) * scale`, the mean going over `axis`.

    >>> rms_normalization([[3.0, 3.0]])
    tensor([[1., 1.]])
    """
    x = as_tensor(x)
    epsilon = settings.epsilon() if epsilon is None else epsilon
    x = x * torch.rsqrt(torch.mean(x * x, dim=axis, keepdim=True) + epsilon)
    return x if scale is None else x * _along(scale, x, axis)


def _along(values, x, axis):
    """`values`, shaped so that its axes meet `axis` of `x`."""
    values = as_tensor(values, like=x)
    axes = [axis] if isinstance(axis, int) else list(axis)
    sizes = [1] * x.dim()
    for position, one in enumerate(axes):
        sizes[one] = values.shape[position] if values.dim() == len(axes) else x.shape[one]
    return torch.reshape(values, sizes)


def normalize(x, axis=-1, order=2, epsilon=None):
    """`x` divided by its norm of `order` along `axis`, which is taken as at least `epsilon`.

    Source: Keras `ops.normalize`.

    >>> normalize([[3.0, 4.0]])
    tensor([[0.6000, 0.8000]])
    """
    epsilon = settings.epsilon() if epsilon is None else epsilon
    x = as_tensor(x)
    if order == 2:  # Keras bounds the square, so that the gradient at zero stays finite
        return x * torch.rsqrt(torch.sum(x * x, dim=axis, keepdim=True).clamp(min=epsilon**2))
    return x / torch.linalg.vector_norm(x, order, dim=axis, keepdim=True).clamp(min=epsilon)


def binary_crossentropy(target, output, from_logits=False):
    """`-t*log(p) - (1-t)*log(1-p)` of each element.

    Args:
        from_logits: whether `output` holds logits; otherwise probabilities, kept `epsilon()` from 0 and 1.

    >>> binary_crossentropy([1.0], [0.5])
    tensor([0.6931])
    """
    output = as_tensor(output)
    target = as_tensor(target, like=output).to(output.dtype)
    if from_logits:
        return functional.binary_cross_entropy_with_logits(output, target, reduction="none")
    output = output.clamp(settings.epsilon(), 1 - settings.epsilon())
    return -(target * torch.log(output) + (1 - target) * torch.log(1 - output))


def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """`-sum(t * log(p))` along `axis`; probabilities are first divided by their sum.

    >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])
    tensor([0.6931])
    """
    output = as_tensor(output)
    target = as_tensor(target, like=output).to(output.dtype)
    return -torch.sum(target * _log_probabilities(output, from_logits, axis), dim=axis)


def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """`-log(p[t])` along `axis`, `target` holding class numbers; probabilities are divided by their sum.

    >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]])
    tensor([0.6931])
    """
    output = as_tensor(output)
    target = as_tensor(target, like=output).long()
    if target.dim() == output.dim():
        target = torch.squeeze(target, axis)
    if not from_logits:
        output = torch.log(output.clamp(settings.epsilon(), 1 - settings.epsilon()))
    log_probabilities = torch.log_softmax(output, axis)
    return -torch.squeeze(torch.gather(log_probabilities, axis, torch.unsqueeze(target, axis)), axis)


def _log_probabilities(output, from_logits, axis):
    if from_logits:
        return torch.log_softmax(output, axis)
    output = output / torch.sum(output, dim=axis, keepdim=True)
    return torch.log(output.clamp(settings.epsilon(), 1 - settings.epsilon()))


def psnr(x1, x2, max_val):
    """Peak signal-to-noise ratio in decibels: `20 log10(max_val) - 10 log10(mean((x1 - x2)**2))`.

    >>> psnr([0.0, 1.0], [0.0, 0.0], max_val=1.0)
    tensor(3.0103)
    """
    x1 = as_tensor(x1)
    error = torch.mean(torch.square(x1 - as_tensor(x2, like=x1)))
    return 20 * math.log10(max_val) - 10 * torch.log10(error)


@one_node
def dot_product_attention(
    query,
    key,
    value,
    bias=None,
    mask=None,
    scale=None,
    is_causal=False,
    flash_attention=None,
    attn_logits_soft_cap=None,
):
    """Scaled dot product attention, on torch's fused kernels.

    Args:
        query, key, value: (batch, steps, heads, features); the heads of key and value may be fewer, if their
            number divides query's.
        bias: added to the scores, broadcast to (batch, heads, to, from).
        mask: bool, False where attention is forbidden; broadcast likewise.
        scale: None means `1 / sqrt(features)`.
        is_causal: whether a step sees only itself and earlier ones.
        flash_attention: ignored when None or False: torch chooses its kernel; True needs no bias.
        attn_logits_soft_cap: refused; torch's kernels have no such form.

    Shape:
        (batch, to, heads, features)

    Errors:
        ValueError: `attn_logits_soft_cap` is given, or `flash_attention` together with `bias`.

    >>> x = torch.ones(1, 2, 1, 4)
    >>> dot_product_attention(x, x, x).shape
    torch.Size([1, 2, 1, 4])
    """
    if attn_logits_soft_cap is not None:
        raise ValueError("dot_product_attention(): `attn_logits_soft_cap` is not supported. Leave it None.")
    if flash_attention and bias is not None:
        raise ValueError("dot_product_attention(): flash attention takes no `bias`. Leave one out.")
    query, key, value = (torch.transpose(as_tensor(x), 1, 2) for x in (query, key, value))
    outputs = functional.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=_attention_mask(query, key, bias, mask, is_causal),
        scale=scale,
        is_causal=is_causal and bias is None and mask is None,
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return torch.transpose(outputs, 1, 2)


def _attention_mask(query, key, bias, mask, is_causal):
    """One mask for the kernel: bool, or float with -inf where forbidden."""
    if bias is None and mask is None:
        return None
    mask = None if mask is None else as_tensor(mask, like=query).bool()
    if is_causal:
        causal = torch.ones(query.shape[2], key.shape[2], dtype=torch.bool, device=query.device).tril()
        mask = causal if mask is None else mask & causal
    if bias is None:
        return mask
    bias = as_tensor(bias, like=query).to(query.dtype)
    return bias if mask is None else torch.where(mask, bias, -torch.inf)


swish = silu
hard_swish = hard_silu
