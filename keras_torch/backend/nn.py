"""Activations, losses per sample, normalization, dropout and other parts of networks."""

import functools

import torch

from keras_torch import activations, ops, random
from keras_torch.backend.older import standardize_data_format
from keras_torch.base import settings
from keras_torch.base.checks import fail
from keras_torch.dialects.translator import behaviour
from keras_torch.ops.core import as_tensor, one_node

_EPSILON_OF_NORMS = 1e-12   # TensorFlow's, under the root

sigmoid = ops.sigmoid
softplus = ops.softplus
softsign = ops.softsign


def relu(x, alpha=0.0, max_value=None, threshold=0.0):
    """`max(x, 0)`; with arguments, a line with a corner and a ceiling.

    Args:
        alpha: slope below `threshold`.
        max_value: largest value that comes out; None means no limit.
        threshold: where the corner is.

    >>> relu([-1.0, 2.0, 9.0], alpha=0.5, max_value=6)
    tensor([-0.5000,  2.0000,  6.0000])
    """
    return activations.relu(x, alpha, max_value, threshold)


def elu(x, alpha=1.0):
    """`x` where positive, else `alpha * (exp(x) - 1)`.

    >>> elu([0.0, 2.0])
    tensor([0., 2.])
    """
    return ops.elu(x, alpha)


def hard_sigmoid(x):
    """`0.2 * x + 0.5`, brought between 0 and 1.

    >>> hard_sigmoid([-3.0, 0.0, 1.0])
    tensor([0.0000, 0.5000, 0.7000])
    """
    return torch.clamp(0.2 * as_tensor(x) + 0.5, 0.0, 1.0)


def softmax(x, axis=-1):
    """`exp(x) / sum(exp(x))` along `axis`.

    >>> softmax([[0.0, 0.0]])
    tensor([[0.5000, 0.5000]])
    """
    return torch.softmax(as_tensor(x), axis)


def _output_first_in_keras1(function):
    """Decorator: the first two arguments, where they come by position, are in the generation's order."""

    @functools.wraps(function)
    def ordered(*args, **kwargs):
        if args and behaviour("crossentropy arguments") == "output, target":
            for name, value in zip(("output", "target"), args):
                if name in kwargs:
                    raise TypeError(f"K.{function.__name__}() got `{name}` twice, by position and by name. "
                                    "In the dialect keras1 the output comes first.")
                kwargs[name] = value
            if len(args) < 3:
                return function(**kwargs)
            return function(kwargs.pop("target"), kwargs.pop("output"), *args[2:], **kwargs)
        return function(*args, **kwargs)

    return ordered


@_output_first_in_keras1
def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """`-sum(target * log(output))` along `axis`; probabilities are divided by their sum first.

    Args:
        target: one-hot rows. output: probabilities, or logits with `from_logits`.

    Notes:
        In the dialect keras1 the first argument is the output, the second the target.

    >>> categorical_crossentropy(torch.tensor([[0.0, 1.0]]), torch.tensor([[0.5, 0.5]]))
    tensor([0.6931])
    """
    return ops.categorical_crossentropy(target, output, from_logits, axis)


@_output_first_in_keras1
def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1, ignore_class=None):
    """`-log(output[target])` along `axis`, `target` holding class numbers.

    Args:
        ignore_class: a class number whose places count as 0; None for no such class.

    Notes:
        In the dialect keras1 the first argument is the output, the second the target.

    >>> sparse_categorical_crossentropy(torch.tensor([1]), torch.tensor([[0.5, 0.5]]))
    tensor([0.6931])
    """
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(target, output, from_logits, axis)
    target = as_tensor(target, like=as_tensor(output))
    valid = target != ignore_class
    values = ops.sparse_categorical_crossentropy(torch.where(valid, target, 0), output, from_logits, axis)
    return torch.where(valid.reshape(values.shape), values, 0.0)


@_output_first_in_keras1
def binary_crossentropy(target, output, from_logits=False):
    """`-t*log(p) - (1-t)*log(1-p)` of each element.

    Notes:
        In the dialect keras1 the first argument is the output, the second the target.

    >>> binary_crossentropy(torch.tensor([1.0]), torch.tensor([0.5]))
    tensor([0.6931])
    """
    return ops.binary_crossentropy(target, output, from_logits)


def binary_focal_crossentropy(target, output, apply_class_balancing=False, alpha=0.25, gamma=2.0,
                              from_logits=False):
    """Binary crossentropy that counts what is already right less: times `(1 - p of the truth) ** gamma`.

    Args:
        apply_class_balancing: whether class 1 is weighted with `alpha` and class 0 with `1 - alpha`.

    >>> binary_focal_crossentropy(torch.tensor([1.0]), torch.tensor([0.5]))
    tensor([0.1733])
    """
    output = as_tensor(output)
    target = as_tensor(target, like=output).to(output.dtype)
    output = torch.sigmoid(output) if from_logits else output
    right = target * output + (1 - target) * (1 - output)
    values = (1 - right) ** gamma * ops.binary_crossentropy(target, output)
    return values * (target * alpha + (1 - target) * (1 - alpha)) if apply_class_balancing else values


def categorical_focal_crossentropy(target, output, alpha=0.25, gamma=2.0, from_logits=False, axis=-1):
    """`-sum(alpha * (1 - p) ** gamma * target * log(p))` along `axis`.

    >>> categorical_focal_crossentropy(torch.tensor([[0.0, 1.0]]), torch.tensor([[0.5, 0.5]]))
    tensor([0.0433])
    """
    output = as_tensor(output)
    target = as_tensor(target, like=output).to(output.dtype)
    output = torch.softmax(output, axis) if from_logits else output / output.sum(axis, keepdim=True)
    output = torch.clamp(output, settings.epsilon(), 1 - settings.epsilon())
    return torch.sum(-alpha * (1 - output) ** gamma * target * torch.log(output), axis)


def dropout(x, level, noise_shape=None, seed=None):
    """Zero with probability `level`, the others divided by `1 - level`, whatever the phase.

    >>> dropout(torch.ones(2), 0.0)
    tensor([1., 1.])
    """
    return random.dropout(x, level, noise_shape, seed)


def l2_normalize(x, axis=None):
    """`x` divided by its Euclidean norm along `axis` (None: over all values).

    >>> l2_normalize(torch.tensor([3.0, 4.0]))
    tensor([0.6000, 0.8000])
    """
    x = as_tensor(x)
    return x * torch.rsqrt(torch.clamp(ops.sum(x * x, axis, keepdims=True), min=_EPSILON_OF_NORMS))


@one_node
def batch_normalization(x, mean, var, beta, gamma, axis=-1, epsilon=1e-3):
    """`(x - mean) / sqrt(var + epsilon) * gamma + beta`.

    Args:
        mean, var, beta, gamma: tensors that broadcast with `x`, or vectors along `axis`; the last two may be
            None.
        axis: axis of the vectors; a float here is Keras 1's sixth argument, epsilon.

    >>> mean, variance = torch.ones(1), torch.full((1,), 4.0)
    >>> batch_normalization(torch.tensor([[3.0]]), mean, variance, None, None, epsilon=0)
    tensor([[1.]])
    """
    if isinstance(axis, float):
        axis, epsilon = -1, axis
    x = as_tensor(x)
    along = [1] * x.dim()
    along[axis] = -1
    mean, var, beta, gamma = (part if part is None or part.dim() != 1 else part.reshape(along)
                              for part in (mean, var, beta, gamma))
    factor = torch.rsqrt(var + epsilon)
    factor = factor if gamma is None else factor * gamma
    return (x - mean) * factor + (0 if beta is None else beta)


@one_node
def normalize_batch_in_training(x, gamma, beta, reduction_axes, epsilon=1e-3):
    """Batch normalization with the statistics of `x` itself.

    Args:
        gamma, beta: vectors over the axes that are left, or None.
        reduction_axes: axes over which the statistics go.

    Returns:
        (normalized, mean, variance): the statistics without the reduced axes; the variance is the biased one.

    >>> normalize_batch_in_training(torch.tensor([[1.0], [3.0]]), None, None, [0], epsilon=0)[0]
    tensor([[-1.],
            [ 1.]])
    """
    x = as_tensor(x)
    axes = [axis % x.dim() for axis in reduction_axes]
    variance, mean = torch.var_mean(x, axes, correction=0)
    sizes = [1 if axis in axes else size for axis, size in enumerate(x.shape)]
    parts = (None if part is None else part.reshape(sizes) for part in (mean, variance, beta, gamma))
    return batch_normalization(x, *parts, epsilon=epsilon), mean, variance


def in_top_k(predictions, targets, k):
    """Whether each target class is among the `k` greatest predictions of its row.

    >>> in_top_k(torch.tensor([[0.1, 0.9], [0.8, 0.2]]), torch.tensor([1, 1]), 1)
    tensor([ True, False])
    """
    return ops.in_top_k(targets, predictions, k)


def stop_gradient(variables):
    """The same values, through which no gradient flows; a list for a list.

    >>> stop_gradient(torch.ones(1, requires_grad=True)).requires_grad
    False
    """
    if isinstance(variables, (list, tuple)):
        return [ops.stop_gradient(one) for one in variables]
    return ops.stop_gradient(variables)


@one_node
def ctc_batch_cost(y_true, y_pred, input_length, label_length):
    """The connectionist temporal classification loss of each sample.

    Args:
        y_true: class numbers (batch, labels).
        y_pred: probabilities (batch, steps, classes); the last class means "nothing".
        input_length: valid steps (batch, 1). label_length: valid labels (batch, 1).

    Returns:
        Tensor: (batch, 1).

    Source: Keras 2 `backend.ctc_batch_cost`. In torch: `nn.functional.ctc_loss`.

    >>> ctc_batch_cost([[0]], torch.full((1, 2, 3), 1 / 3), [[2]], [[1]]).shape
    torch.Size([1, 1])
    """
    y_pred = as_tensor(y_pred)
    if y_pred.is_meta:
        return y_pred.new_empty(y_pred.shape[0], 1)   # torch's kernel reads the lengths
    lengths = (as_tensor(one, like=y_pred).reshape(-1) for one in (label_length, input_length))
    logits = torch.log(y_pred + settings.epsilon())
    return ops.ctc_loss(y_true, logits, *lengths, mask_index=y_pred.shape[-1] - 1).unsqueeze(-1)


def ctc_decode(y_pred, input_length, greedy=True, beam_width=100, top_paths=1):
    """The most probable labels of each sample.

    Args:
        y_pred: probabilities (batch, steps, classes); the last class means "nothing".
        input_length: valid steps (batch,).
        greedy: whether the best class of each step is taken; otherwise beam search.
        beam_width, top_paths: of the beam search.

    Returns:
        (labels, scores): list of (batch, longest) int64 tensors, filled up with -1; scores (batch, paths).

    >>> labels, _ = ctc_decode(torch.tensor([[[0.9, 0.1], [0.1, 0.9]]]), [2])
    >>> labels[0]
    tensor([[0]])
    """
    y_pred = as_tensor(y_pred)
    strategy = "greedy" if greedy else "beam_search"
    logits = torch.log(y_pred + settings.epsilon())
    labels, scores = ops.ctc_decode(logits, input_length, strategy, beam_width, top_paths,
                                    mask_index=y_pred.shape[-1] - 1)
    return [_cut(path) for path in labels.long()], scores


def _cut(labels):
    """Without the columns in which no sample has a label."""
    return labels[:, :int((labels >= 0).sum(1).max())] if labels.numel() else labels


def ctc_label_dense_to_sparse(labels, label_lengths):
    """Refused: TensorFlow's sparse tensors have no counterpart here; `ctc_batch_cost` takes dense labels.

    >>> ctc_label_dense_to_sparse([[1]], [1])
    Traceback (most recent call last):
    ...
    NotImplementedError: K.ctc_label_dense_to_sparse() makes a TensorFlow sparse tensor...
    """
    raise NotImplementedError("K.ctc_label_dense_to_sparse() makes a TensorFlow sparse tensor, which torch "
                              "does not have. Give the dense labels to K.ctc_batch_cost().")


def bias_add(x, bias, data_format=None):
    """`x + bias`, the bias lying along the channels.

    Args:
        bias: a vector (channels,), or sizes of all axes but the batch, channels last.
        data_format: where `x` has its channels; None means the global setting.

    Errors:
        ValueError: another data format, or another number of axes of the bias.

    >>> bias_add(torch.zeros(1, 2, 3), torch.ones(3)).shape
    torch.Size([1, 2, 3])
    """
    data_format = standardize_data_format(data_format)
    x, bias = as_tensor(x), as_tensor(bias)
    if bias.dim() not in (1, x.dim() - 1):
        fail("K.bias_add()", "bias", tuple(bias.shape), f"a vector or {x.dim() - 1} axes")
    if data_format == "channels_last" or x.dim() < 3:
        return x + bias
    if bias.dim() == 1:
        return x + torch.reshape(bias, (-1, *[1] * (x.dim() - 2)))
    # Keras reshapes here, it does not transpose.
    return x + torch.reshape(bias, (bias.shape[-1], *bias.shape[:-1]))
