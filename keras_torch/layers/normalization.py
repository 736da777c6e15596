"""Layers that bring values to mean 0 and variance 1: over the batch, or over the axes of each sample."""

import torch
import torch.distributed as dist
import torch.nn.functional as F

from keras_torch.base.checks import Term, boolean, fail, fraction, integer, is_integer, is_number, one_of
from keras_torch.dialects.translator import behaviour
from keras_torch.layers.layer import Layer


def _along(values, axis, dims):
    """One value per feature, shaped to broadcast along `axis` of a tensor with `dims` axes."""
    return values.reshape([-1 if position == axis else 1 for position in range(dims)])


class _SumOverRanks(torch.autograd.Function):
    """The sum of a tensor over all processes; so is the gradient."""

    @staticmethod
    def forward(ctx, values):
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx, gradient):
        return _SumOverRanks.forward(ctx, gradient)


def _check_clipping(owner, argument, value):
    known = ("rmin", "rmax", "dmax")
    if not isinstance(value, dict) or not all(name in known and is_number(value[name]) for name in value):
        fail(owner, argument, value, "a dict with numbers under 'rmin', 'rmax', 'dmax'")
    if value.get("rmax", 1) < value.get("rmin", 1 if "rmax" not in value else value["rmax"]):
        fail(owner, argument, value, "a dict whose 'rmax' is not below its 'rmin'")
    if value.get("dmax", 0) < 0:
        fail(owner, argument, value, "a dict whose 'dmax' is at least 0")


class _OneAxis(Term):
    """One axis; files of tf.keras give it as a list of one."""

    def apply(self, instance, owner, argument, value):
        """The checked axis."""
        value = value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else value
        return super().apply(instance, owner, argument, value)


class BatchNormalization(Layer):
    """Scales each feature by the batch's statistics: `gamma * (x - mean) / sqrt(variance + epsilon) + beta`.

    In training mean and variance are those of the batch, and moving averages of them are kept; in inference,
    and in training while `trainable` is False, the moving averages are used.

    Args:
        axis: the features' axis.
        momentum: fraction of the old moving average that is kept at each step, 0 to 1.
        epsilon: added to the variance.
        center: whether `beta` is added.
        scale: whether `gamma` is multiplied.
        renorm: batch renormalization: in training too, the values are those that the moving averages would
            give, within the bounds of `renorm_clipping`.
        renorm_clipping: dict with the bounds 'rmin', 'rmax' (of the ratio of deviations) and 'dmax' (of the
            difference of means); None means no bounds.
        renorm_momentum: `momentum` of the averages that renorm compares with.
        synchronized: whether the batch's statistics are those of all processes together.
        mode: of Keras 1: 1 normalizes each row over its own last axis, 2 takes the batch's statistics in
            inference too. 0 is all that is left since Keras 2.

    Shape:
        (batch, ..., features) -> the same

    Weights:
        gamma (features,): absent when `scale` is False
        beta (features,): absent when `center` is False
        moving_mean (features,), moving_variance (features,): states; the variance is the biased one

    Errors:
        ValueError: the features' axis has no known size; a mask has other axes than the input's but the last.

    Notes:
        A mask (batch, ...) leaves cells out of the statistics; their own outputs are computed all the same.
        The moving averages are kept in the type of the weights, however short the compute type is.
        Up to Keras 2.3 a frozen layer takes the batch's statistics in training all the same, and the moving
        variance is another one: see `_variance_factor`. In Keras 2.2 the moving averages are corrected for
        their start: the first batch replaces them.

    Source: Keras BatchNormalization. In torch: nn.BatchNorm2d, whose momentum is `1 - momentum`, whose
        epsilon is 1e-5, and whose moving variance is the unbiased one.

    >>> layer = BatchNormalization()
    >>> layer(torch.tensor([[1.0], [3.0]]), training=True).round(decimals=2).flatten()
    tensor([-1.,  1.], grad_fn=<ViewBackward0>)
    """

    supports_masking = True
    vocabulary = {
        "axis": _OneAxis(integer, int, optional=False, doc="axis of the features."),
        "momentum": Term(fraction, float, doc="fraction of the old moving average that is kept."),
        "renorm": Term(boolean, bool, doc="whether to renormalize."),
        "renorm_clipping": Term(_check_clipping, dict, doc="bounds 'rmin', 'rmax', 'dmax'."),
        "renorm_momentum": Term(fraction, float, doc="`momentum` of the averages that renorm compares with."),
        "synchronized": Term(boolean, bool, doc="whether all processes share the batch's statistics."),
        "mode": Term(one_of(0, 1, 2), int, optional=False, doc="of Keras 1."),
    }

    def __init__(self, axis=-1, momentum=0.99, epsilon=1e-3, center=True, scale=True,
                 beta_initializer="zeros", gamma_initializer="ones",
                 moving_mean_initializer="zeros", moving_variance_initializer="ones",
                 beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None,
                 renorm=False, renorm_clipping=None, renorm_momentum=0.99, synchronized=False, mode=0,
                 **kwargs):
        super().__init__(**kwargs)
        self._kept_variance = behaviour("moving variance")
        self._when_frozen = behaviour("frozen normalization")
        self._corrects_start = behaviour("start of moving averages") == "corrected"
        self.__dict__["_steps_seen"] = 0

    def build(self, input_shape):
        shape = (self.known_size(input_shape, self.axis),)
        self.feature_axis = self.axis % len(input_shape)
        self.reduced_axes = tuple(axis for axis in range(len(input_shape)) if axis != self.feature_axis)
        self.gamma = self.make_weight("gamma", shape) if self.scale else None
        self.beta = self.make_weight("beta", shape) if self.center else None
        self.moving_mean = self.make_weight("moving_mean", shape, trainable=False)
        self.moving_variance = self.make_weight("moving_variance", shape, trainable=False)
        if self.renorm:
            self._build_renorm(shape)

    def _build_renorm(self, shape):
        def start_deviation(shape, dtype=None):
            return self.moving_variance.value.sqrt()

        self.moving_stddev = self.make_weight("moving_stddev", shape, False, initializer=start_deviation)
        self.renorm_mean = self.make_weight("renorm_mean", shape, False,
                                            initializer=self.moving_mean_initializer)
        self.renorm_stddev = self.make_weight("renorm_stddev", shape, False, initializer=start_deviation)

    def call(self, inputs, training=False, mask=None):
        if self.mode == 1:
            return self._normalize_rows(inputs)
        if self.mode == 2 or (training and not self.trainable and self._when_frozen == "batch statistics"):
            return self._normalize(inputs, None, training=True)
        if not training or not (self.trainable or self._when_frozen == "learns"):
            return self._normalize(inputs, self.moving_variance, training=False)
        return self._learn(inputs, mask)

    def _learn(self, inputs, mask):
        count = inputs.numel() // inputs.shape[self.feature_axis]
        if mask is None and not self.renorm and not self.synchronized and count > 1:
            return self._normalize_and_learn(inputs, count)
        return self._normalize_by_moments(inputs, mask, count)

    def _rate(self):
        """Fraction of the new statistics that goes into the moving averages at this step."""
        if not self._corrects_start or self.momentum == 1:
            return 1 - self.momentum
        self.__dict__["_steps_seen"] += 1
        return (1 - self.momentum) / (1 - self.momentum ** self._steps_seen)

    def _variance_factor(self, count):
        """What the biased variance of `count` cells is multiplied with before it is kept.

        Keras 2 counts one cell and `epsilon` less; TensorFlow's kernel for images had done so already.
        """
        if self._kept_variance == "biased":
            return 1.0
        factor = count / (count - 1 - self.epsilon)
        images = self._kept_variance.endswith("of images twice") and self.reduced_axes == (0, 1, 2)
        return factor * count / (count - 1) if images and count > 1 else factor

    def _normalize_rows(self, inputs):
        """Each row by the mean and the deviation of its own last axis."""
        variance, mean = torch.var_mean(inputs, dim=-1, correction=0, keepdim=True)
        outputs = (inputs - mean) / ((variance + self.epsilon).sqrt() + self.epsilon)
        outputs = outputs if self.gamma is None else outputs * self.gamma
        return outputs if self.beta is None else outputs + self.beta

    def _normalize(self, inputs, moving_variance, training, rate=0.0):
        """torch's kernel, on a view with the features second: no memory moves.

        Without `moving_variance` no averages are looked at or moved.
        """
        last = inputs.dim() - 1
        flat = self.feature_axis == last and last not in (1, 3)   # images stay images: channels_last memory
        features = inputs.flatten(0, -2) if flat else inputs.movedim(self.feature_axis, 1)
        outputs = torch.batch_norm(
            features, self.gamma, self.beta, None if moving_variance is None else self.moving_mean,
            moving_variance, training, rate, self.epsilon, torch.backends.cudnn.enabled)
        return outputs.view(inputs.shape) if flat else outputs.movedim(1, self.feature_axis)

    def _normalize_and_learn(self, inputs, count):
        """One kernel normalizes and moves the averages.

        torch mixes the unbiased variance in, which is `ratio` times Keras's. Done between the two factors
        below, new = momentum * old + (1 - momentum) * unbiased becomes the same with Keras's.
        The average itself is not handed over: autograd keeps what the kernel was given, and must find it
        unchanged.
        """
        ratio = count / (count - 1) / self._variance_factor(count)
        moving = self.moving_variance * ratio
        outputs = self._normalize(inputs, moving, True, self._rate())
        torch.mul(moving, 1 / ratio, out=self.moving_variance)
        return outputs

    def _normalize_by_moments(self, inputs, mask, count):
        """The formula itself, for what torch's kernel does not know."""
        values = inputs.to(torch.promote_types(inputs.dtype, torch.float32))
        mean, variance = self._moments(values, mask)
        gamma = 1.0 if self.gamma is None else self.gamma
        beta = 0.0 if self.beta is None else self.beta
        if self.renorm:
            ratio, shift = self._renorm_corrections(mean.detach(), variance.detach())
            gamma, beta = gamma * ratio, gamma * shift + beta
        scale = (variance + self.epsilon).rsqrt() * gamma
        offset = beta - mean * scale
        kept = variance.detach() if mask is not None else variance.detach() * self._variance_factor(count)
        self._move_averages(mean.detach(), kept)
        axis, dims = self.feature_axis, inputs.dim()
        return (values * _along(scale, axis, dims) + _along(offset, axis, dims)).to(inputs.dtype)

    def _moments(self, values, mask):
        """(mean, biased variance) of each feature over the cells that count."""
        if mask is None:
            valid = values.new_ones(()).expand(values.shape)
        elif mask.dim() == values.dim() - 1:
            valid = mask.unsqueeze(-1).to(values.dtype).expand(values.shape)
        else:
            raise ValueError(f"{self.label} was given a mask of shape {tuple(mask.shape)} for inputs of "
                             f"shape {tuple(values.shape)}. Its axes must be the input's but the last.")
        count = self._total(valid.sum(self.reduced_axes)).clamp(min=1)
        mean = self._total(values.where(valid > 0, 0).sum(self.reduced_axes)) / count
        distances = (values - _along(mean, self.feature_axis, values.dim())).where(valid > 0, 0)
        return mean, self._total(distances.square().sum(self.reduced_axes)) / count

    def _total(self, values):
        if self.synchronized and dist.is_available() and dist.is_initialized():
            return _SumOverRanks.apply(values)
        return values

    def _move_averages(self, mean, variance):
        rate = self._rate()
        self.moving_mean.lerp_(mean.to(self.moving_mean.dtype), rate)
        if not self.renorm:
            self.moving_variance.lerp_(variance.to(self.moving_variance.dtype), rate)
            return
        deviation = (variance + self.epsilon).sqrt().to(self.moving_stddev.dtype)
        self.renorm_mean.lerp_(mean.to(self.renorm_mean.dtype), 1 - self.renorm_momentum)
        self.renorm_stddev.lerp_(deviation, 1 - self.renorm_momentum)
        self.moving_stddev.lerp_(deviation, 1 - self.momentum)
        self.moving_variance.copy_((self.moving_stddev.square() - self.epsilon).relu())

    def get_config(self):
        """Arguments that rebuild this layer; `mode` only where it is not 0."""
        config = super().get_config()
        if not config.get("mode"):
            config.pop("mode", None)
        return config

    def _renorm_corrections(self, mean, variance):
        """(ratio of deviations, difference of means): what turns batch statistics into moving ones.

        Source: Ioffe 2017, "Batch Renormalization", r and d.
        """
        bounds = self.renorm_clipping or {}
        deviation = self.renorm_stddev.clamp(min=self.epsilon ** 0.5)
        ratio = (variance + self.epsilon).sqrt() / deviation
        ratio = ratio.clamp(bounds.get("rmin", 0.0), bounds.get("rmax"))
        shift = (mean - self.renorm_mean) / deviation
        dmax = bounds.get("dmax")
        return ratio, shift if dmax is None else shift.clamp(-dmax, dmax)


class AxesTerm(Term):
    """An axis or a list of different axes, at least one; stored as given."""

    def apply(self, instance, owner, argument, value):
        axes = [value] if is_integer(value) else value
        if not isinstance(axes, (list, tuple)) or not axes or not all(is_integer(axis) for axis in axes):
            fail(owner, argument, value, "an integer or a list of integers")
        return int(value) if is_integer(value) else [int(axis) for axis in axes]


def _normalized_axes(layer, input_shape):
    """(sizes of the weights, axes, whether torch's kernel fits, shape in which the weights broadcast).

    Keras sorts the axes as written, negative ones first: that is the order of the weights' sizes.
    """
    dims, written = len(input_shape), sorted([layer.axis] if is_integer(layer.axis) else layer.axis)
    sizes = tuple(layer.known_size(input_shape, axis) for axis in written)
    positions = [axis % dims for axis in written]
    if len(set(positions)) != len(positions):
        fail(layer.label, "axis", layer.axis, f"made of different axes of shape {tuple(input_shape)}")
    trailing = positions == list(range(dims - len(positions), dims))
    broadcast = [input_shape[axis] if axis in positions else 1 for axis in range(dims)]
    return sizes, sorted(positions), trailing, broadcast


class LayerNormalization(Layer):
    """Scales each sample over its own axes: `gamma * (x - mean) / sqrt(variance + epsilon) + beta`.

    Args:
        axis: axis or list of axes over which mean and variance are taken.
        epsilon: added to the variance.
        center: whether `beta` is added.
        scale: whether `gamma` is multiplied.
        rms_scaling: only divides by the deviation, without centering (deprecated in Keras; the deviation is
            about the mean, so RMSNormalization is what is usually wanted).

    Shape:
        (batch, ...) -> the same

    Weights:
        gamma (sizes of the axes): absent when `scale` and `rms_scaling` are False
        beta (sizes of the axes): absent when `center` is False or `rms_scaling` is True

    Errors:
        ValueError: an axis does not exist, is named twice, or has no known size.

    Source: Keras LayerNormalization. In torch: nn.LayerNorm, whose axes are the last ones, with epsilon 1e-5.

    >>> LayerNormalization()(torch.tensor([[1.0, 3.0]])).round(decimals=2)
    tensor([[-1.,  1.]], grad_fn=<RoundBackward1>)
    """

    supports_masking = True
    vocabulary = {
        "axis": AxesTerm(optional=False, doc="axis or axes over which mean and variance are taken."),
        "rms_scaling": Term(boolean, bool, doc="whether to divide by the deviation only."),
    }

    def __init__(self, axis=-1, epsilon=1e-3, center=True, scale=True,
                 beta_initializer="zeros", gamma_initializer="ones",
                 beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None,
                 rms_scaling=False, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.sizes, self.axes, trailing, self.broadcast = _normalized_axes(self, input_shape)
        self.fused = trailing and not self.rms_scaling
        self.gamma = self.make_weight("gamma", self.sizes) if self.scale or self.rms_scaling else None
        self.beta = self.make_weight("beta", self.sizes) if self.center and not self.rms_scaling else None

    def call(self, inputs):
        if self.fused:
            return F.layer_norm(inputs, self.sizes, self.gamma, self.beta, self.epsilon)
        values = inputs.to(torch.promote_types(inputs.dtype, torch.float32))
        variance, mean = torch.var_mean(values, self.axes, correction=0, keepdim=True)
        outputs = (values if self.rms_scaling else values - mean) * (variance + self.epsilon).rsqrt()
        if self.gamma is not None:
            outputs = outputs * self.gamma.reshape(self.broadcast)
        if self.beta is not None:
            outputs = outputs + self.beta.reshape(self.broadcast)
        return outputs.to(inputs.dtype)


def _groups(owner, argument, value):
    if not is_integer(value) or (value < 1 and value != -1):
        fail(owner, argument, value, "a positive integer, or -1 for a group per channel")


class GroupNormalization(Layer):
    """Scales groups of channels of each sample: `gamma * (x - mean) / sqrt(variance + epsilon) + beta`.

    Args:
        groups: number of groups into which the channels are split; -1 means one per channel (instance norm).
        axis: the channels' axis.
        epsilon: added to the variance.
        center: whether `beta` is added.
        scale: whether `gamma` is multiplied.

    Shape:
        (batch, ..., channels) -> the same

    Weights:
        gamma (channels,): absent when `scale` is False
        beta (channels,): absent when `center` is False

    Errors:
        ValueError: the channels have no known size or are not divisible by `groups`; `axis` is the batch.

    Source: Keras GroupNormalization. In torch: nn.GroupNorm, whose epsilon is 1e-5.

    >>> GroupNormalization(groups=2)(torch.zeros(1, 5, 4)).shape
    torch.Size([1, 5, 4])
    """

    supports_masking = True
    vocabulary = {
        "groups": Term(_groups, int, optional=False, doc="number of groups of channels."),
        "axis": Term(integer, int, optional=False, doc="axis of the channels."),
    }

    def __init__(self, groups=32, axis=-1, epsilon=1e-3, center=True, scale=True,
                 beta_initializer="zeros", gamma_initializer="ones",
                 beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None,
                 **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        channels = self.known_size(input_shape, self.axis)
        self.channel_axis = self.axis % len(input_shape)
        if self.channel_axis == 0:
            fail(self.label, "axis", self.axis, "another axis than the batch")
        self.groups = channels if self.groups == -1 else self.groups
        if channels % self.groups:
            fail(self.label, "groups", self.groups, f"a divisor of the {channels} channels")
        self.gamma = self.make_weight("gamma", (channels,)) if self.scale else None
        self.beta = self.make_weight("beta", (channels,)) if self.center else None

    def call(self, inputs):
        features = inputs.movedim(self.channel_axis, 1)
        outputs = F.group_norm(features, self.groups, self.gamma, self.beta, self.epsilon)
        return outputs.movedim(1, self.channel_axis)


class RMSNormalization(Layer):
    """Divides each sample by its root mean square over some axes: `scale * x / sqrt(mean(x ** 2) + epsilon)`.

    Args:
        axis: axis or list of axes over which the mean is taken.
        epsilon: added to the mean.

    Shape:
        (batch, ...) -> the same

    Weights:
        scale (sizes of the axes)

    Errors:
        ValueError: an axis does not exist, is named twice, or has no known size.

    Source: Keras RMSNormalization. In torch: nn.RMSNorm, whose axes are the last ones.

    >>> RMSNormalization()(torch.tensor([[3.0, 4.0]])).round(decimals=2)
    tensor([[0.8500, 1.1300]], grad_fn=<RoundBackward1>)
    """

    supports_masking = True
    vocabulary = {"axis": AxesTerm(optional=False, doc="axis or axes over which the mean is taken.")}

    def __init__(self, axis=-1, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.sizes, self.axes, self.fused, self.broadcast = _normalized_axes(self, input_shape)
        self.scale = self.make_weight("scale", self.sizes, initializer="ones")

    def call(self, inputs):
        values = inputs.to(torch.promote_types(inputs.dtype, torch.float32))
        if self.fused:
            return F.rms_norm(values, self.sizes, self.scale.to(values.dtype), self.epsilon).to(inputs.dtype)
        mean_square = values.square().mean(self.axes, keepdim=True)
        outputs = values * (mean_square + self.epsilon).rsqrt() * self.scale.reshape(self.broadcast)
        return outputs.to(inputs.dtype)


class UnitNormalization(Layer):
    """Divides by the Euclidean length along some axes, so that the length becomes 1.

    Args:
        axis: axis or list of axes along which the length is taken.

    Shape:
        (batch, ...) -> the same

    Source: Keras UnitNormalization. In torch: F.normalize.

    >>> UnitNormalization()(torch.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """

    supports_masking = True
    vocabulary = {"axis": AxesTerm(optional=False, doc="axis or axes along which the length is taken.")}

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        return F.normalize(inputs, dim=self.axis, eps=1e-12)
