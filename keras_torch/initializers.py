"""Start values of weights: `initializer(shape, dtype=None, device=None)` gives a new tensor.

Initializer
+-- Zeros, Ones, Constant, Identity, STFT
+-- RandomInitializer: RandomNormal, RandomUniform, TruncatedNormal, Orthogonal
    +-- VarianceScaling: GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal
"""

import copy
import functools
import inspect
import math
import types

import numpy as np
import torch

from keras_torch.base import settings
from keras_torch.base.checks import Term, boolean, fail, is_integer, number, one_of, positive_number
from keras_torch.base.configurable import Configurable, is_house_class
from keras_torch.base.dtypes import torch_dtype
from keras_torch.base.registry import Registry
from keras_torch.dialects.translator import behaviour

# Standard deviation of a standard normal variable cut at -2 and 2.
STDDEV_OF_TRUNCATED_NORMAL = 0.8796256610342398


def _seed(owner, argument, value):
    if not is_integer(value) and not hasattr(value, "next"):
        fail(owner, argument, value, "an integer or a SeedGenerator")


def _axes(value):
    return (value,) if is_integer(value) else tuple(value)


class Initializer(Configurable):
    """Base of all initializers: write `__call__(self, shape, dtype=None, device=None)`.

    Errors:
        NotImplementedError: called without a `__call__` of its own.

    Source: Keras Initializer.

    >>> class Twos(Initializer):
    ...     def __call__(self, shape, dtype=None, device=None):
    ...         return torch.full(shape, 2.0)
    >>> Twos()((2,))
    tensor([2., 2.])
    """

    vocabulary = {
        "seed": Term(_seed, doc="integer: every call of one object gives the same values; None: fresh ones."),
        "gain": Term(number, doc="factor on all values."),
    }

    def __call__(self, shape, dtype=None, device=None):
        """A new tensor.

        Args:
            shape: sizes of the tensor.
            dtype: None means `floatx()`.
            device: None means the default device.
        """
        raise NotImplementedError(f"{type(self).__name__} lacks __call__(self, shape, dtype=None).")

    @classmethod
    def from_config(cls, config):
        """The initializer that `get_config` described; the `dtype` that tf.keras wrote is left out."""
        if is_house_class(cls):
            config = {name: value for name, value in config.items() if name != "dtype"}
        return super().from_config(config)

    def clone(self):
        """Another initializer with the same arguments."""
        return type(self).from_config(self.get_config())

    def in_layout(self, layout):
        """The initializer for a weight of that layout ('convolution' or None): itself, as a rule."""
        return self


class Zeros(Initializer):
    """All 0.

    >>> Zeros()((2,))
    tensor([0., 0.])
    """

    def __call__(self, shape, dtype=None, device=None):
        return torch.zeros(tuple(shape), **_placement(dtype, device))


class Ones(Initializer):
    """All 1.

    >>> Ones()((2,))
    tensor([1., 1.])
    """

    def __call__(self, shape, dtype=None, device=None):
        return torch.ones(tuple(shape), **_placement(dtype, device))


class Constant(Initializer):
    """The same number everywhere, or a given array.

    Args:
        value: number, or array or tensor that broadcasts to the shape asked for.

    Errors:
        ValueError: the array does not fit the shape.

    >>> Constant(3.0)((2,))
    tensor([3., 3.])
    """

    def __init__(self, value=0.0):
        pass

    def __call__(self, shape, dtype=None, device=None):
        value = np.asarray(self.value) if isinstance(self.value, (list, tuple)) else self.value
        value = torch.as_tensor(value, **_placement(dtype, device))
        try:
            return value.detach().expand(tuple(shape)).clone(memory_format=torch.contiguous_format)
        except RuntimeError as error:
            raise ValueError(
                f"Constant: `value` of shape {tuple(value.shape)} does not fit a weight of "
                f"shape {tuple(shape)}. Give a number or an array of that shape."
            ) from error

    def config_value(self, name):
        """The number, or the array as numpy."""
        if isinstance(self.value, torch.Tensor):
            return self.value.detach().cpu().tolist()
        return super().config_value(name)


class Identity(Initializer):
    """`gain` on the diagonal of a matrix, 0 elsewhere.

    Errors:
        ValueError: the shape has not two axes; up to Keras 2.2, the longer side is no multiple of the other.

    Notes:
        Up to Keras 2.2 a matrix that is not square was filled with several identity matrices.

    >>> Identity()((2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    def __init__(self, gain=1.0):
        self._repeats = behaviour("identity of a long matrix") == "repeated"

    def __call__(self, shape, dtype=None, device=None):
        if len(shape) != 2:
            raise ValueError(f"Identity makes matrices only; got shape {tuple(shape)}. Use Orthogonal.")
        if not self._repeats:
            return self.gain * torch.eye(*shape, **_placement(dtype, device))
        side = min(shape)
        if max(shape) % side:
            raise ValueError(f"Identity: up to Keras 2.2 the longer side of a matrix is a multiple of the "
                             f"other; got shape {tuple(shape)}.")
        eye = torch.eye(side, **_placement(dtype, device))
        return self.gain * eye.repeat(shape[0] // side, shape[1] // side)


class STFT(Initializer):
    """Kernel of a short-time Fourier transform: windowed cosines or sines.

    Args:
        side: 'real' (cosines) or 'imag' (sines).
        window: 'hann', 'hamming', 'blackman', 'bartlett', 'cosine', 'nuttall', an array of frame_length
            values, or None.
        scaling: 'density' divides by the root of the summed squared window, 'spectrum' by its sum, None by 1.
        periodic: True for a window that continues periodically, False for a symmetric one.

    Shape:
        (frame_length, channels, frequencies)

    Errors:
        ValueError: the window array has not frame_length values, or the shape has not three axes.

    >>> STFT()((4, 1, 3)).shape
    torch.Size([4, 1, 3])
    """

    _windows = {
        name: getattr(torch.signal.windows, name)
        for name in ("hann", "hamming", "blackman", "bartlett", "cosine", "nuttall")
    }
    vocabulary = {
        "side": Term(one_of("real", "imag")),
        "scaling": Term(one_of("density", "spectrum")),
        "periodic": Term(boolean),
    }

    def __init__(self, side="real", window="hann", scaling="density", periodic=False):
        if isinstance(window, str) and window not in self._windows:
            known = ", ".join(map(repr, self._windows))
            fail("STFT", "window", window, f"one of {known}, an array or None")

    def __call__(self, shape, dtype=None, device=None):
        if len(shape) != 3:
            raise ValueError(
                "STFT makes kernels of three axes (frame_length, channels, frequencies); "
                f"got shape {tuple(shape)}."
            )
        frame_length, channels, frequencies = shape
        placement = _placement(dtype, device)
        time = torch.arange(frame_length, **placement).view(-1, 1, 1)
        frequency = torch.arange(frequencies, **placement) / max(1, 2 * (frequencies - 1))
        angle = -2 * math.pi * time * frequency
        kernel = torch.cos(angle) if self.side == "real" else torch.sin(angle)
        return (kernel * self._scaled_window(frame_length, placement)).expand(tuple(shape)).clone()

    def _scaled_window(self, frame_length, placement):
        """The window over its scale, (frame_length, 1, 1)."""
        if self.window is None:
            return torch.ones(frame_length, 1, 1, **placement)
        if isinstance(self.window, str):
            window = self._windows[self.window](frame_length, sym=not self.periodic, **placement)
        else:
            window = torch.as_tensor(self.window, **placement)
        if window.shape != (frame_length,):
            raise ValueError(
                f"STFT: `window` must have {frame_length} values, one per frame step; "
                f"got shape {tuple(window.shape)}."
            )
        if self.scaling is None:
            scale = 1.0
        else:
            scale = window.square().sum().sqrt() if self.scaling == "density" else window.abs().sum()
        return (window / scale).view(-1, 1, 1)


class RandomInitializer(Initializer):
    """Base of the random ones: write `fill(self, values, generator)`, which overwrites `values` in place.

    Notes:
        With a seed, values are drawn on the CPU, so that all devices get the same. Without one, torch's
        default generator of the device is used: `utils.set_random_seed` makes it repeatable.
        Keras 3 repeats the values of an unseeded object; ours are fresh at every call, as in Keras 1 and 2.
        In Keras 2.3 a seed counts up with every call; in all others an object repeats its values.
    """

    _counts = False  # whether the seed counts up

    def __new__(cls, *args, **kwargs):
        made = super().__new__(cls)
        made._counts = behaviour("seed of an initializer") == "counts"
        return made

    def __init__(self, seed=None):
        pass

    def __call__(self, shape, dtype=None, device=None):
        placement = _placement(dtype, device)
        exact = torch.float64 if placement["dtype"] == torch.float64 else torch.float32
        generator, place = None, placement["device"]
        if self.seed is not None and place.type != "meta":
            generator, place = torch.Generator().manual_seed(self._number()), torch.device("cpu")
        values = torch.empty(tuple(shape), dtype=exact, device=place)
        with torch.no_grad():
            self.fill(values, generator)
        return values.to(**placement)

    def _number(self):
        if not is_integer(self.seed):
            return int(torch.as_tensor(self.seed.next()).flatten()[-1])
        number = int(self.seed)
        if self._counts:
            self.seed = number + 1
        return number

    def fill(self, values, generator):
        """Overwrites `values` with random numbers from `generator` (None: torch's default one)."""
        raise NotImplementedError(f"{type(self).__name__} has no fill(self, values, generator). Write one.")


class RandomNormal(RandomInitializer):
    """Normal distribution.

    Args:
        mean: centre.
        stddev: standard deviation.

    >>> RandomNormal(seed=1)((2, 3)).shape
    torch.Size([2, 3])
    """

    vocabulary = {"mean": Term(number), "stddev": Term(number)}

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        pass

    def fill(self, values, generator):
        """Normal numbers."""
        values.normal_(self.mean, self.stddev, generator=generator)


class RandomUniform(RandomInitializer):
    """Uniform distribution from `minval` to `maxval`.

    >>> RandomUniform(0.0, 1.0, seed=1)((2, 3)).shape
    torch.Size([2, 3])
    """

    vocabulary = {"minval": Term(number), "maxval": Term(number)}

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        if self.maxval < self.minval:
            fail("RandomUniform", "maxval", maxval, f"at least `minval`, which is {self.minval}")

    def fill(self, values, generator):
        """Uniform numbers."""
        values.uniform_(self.minval, self.maxval, generator=generator)


class TruncatedNormal(RandomInitializer):
    """Normal distribution without the values farther than two standard deviations from the mean.

    >>> TruncatedNormal(stddev=1.0, seed=1)((100,)).abs().max() <= 2
    tensor(True)
    """

    vocabulary = {"mean": Term(number), "stddev": Term(number)}

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        pass

    def fill(self, values, generator):
        """Normal numbers within two standard deviations."""
        _fill_truncated_normal(values, self.mean, self.stddev, generator)


def _fill_truncated_normal(values, mean, stddev, generator):
    """Draws by the inverse of the distribution function, so no value has to be drawn twice."""
    edge = math.erf(2 / math.sqrt(2))
    values.uniform_(-edge, edge, generator=generator)
    values.erfinv_().mul_(math.sqrt(2)).clamp_(-2, 2).mul_(stddev).add_(mean)


class VarianceScaling(RandomInitializer):
    """Random numbers of variance `scale / n`, n being the number of inputs or outputs of a unit.

    Args:
        scale: positive number.
        mode: n is 'fan_in' (inputs), 'fan_out' (outputs) or 'fan_avg' (their mean).
        distribution: 'truncated_normal' (also called 'normal'), 'untruncated_normal' or 'uniform'.
        input_axes, output_axes: axes whose sizes multiply to the numbers of inputs and outputs; by default
            the last two axes, times the size of all others (the window of a convolution).

    >>> VarianceScaling(seed=1)((2, 3)).shape
    torch.Size([2, 3])
    """

    vocabulary = {
        "scale": Term(positive_number, convert=float),
        "mode": Term(one_of("fan_in", "fan_out", "fan_avg")),
        "distribution": Term(
            one_of("uniform", "truncated_normal", "untruncated_normal", "normal"),
            convert=lambda name: "truncated_normal" if name == "normal" else name,
        ),
        "input_axes": Term(convert=_axes),
        "output_axes": Term(convert=_axes),
    }

    def __init__(
        self,
        scale=1.0,
        mode="fan_in",
        distribution="truncated_normal",
        seed=None,
        input_axes=None,
        output_axes=None,
    ):
        pass

    def __new__(cls, *args, **kwargs):
        made = super().__new__(cls)
        made._fans = _FANS[behaviour("fans")]
        if cls in _NORMAL and behaviour("normal start values") == "whole":
            made.distribution = "untruncated_normal"
        return made

    def in_layout(self, layout):
        """Itself; in Keras 1, for the window of a convolution, one that counts as Keras 1 did there."""
        if layout != "convolution" or self._fans is not _fans_of_keras1:
            return self
        made = copy.copy(self)
        made._fans = _fans_of_convolution1
        return made

    def fill(self, values, generator):
        """Numbers of the distribution, scaled by the fans of the shape."""
        inputs, outputs = self._fans(values.shape, self.input_axes, self.output_axes)
        count = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}[self.mode]
        variance = self.scale / max(1.0, count)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            values.uniform_(-limit, limit, generator=generator)
        elif self.distribution == "untruncated_normal":
            values.normal_(0.0, math.sqrt(variance), generator=generator)
        else:
            _fill_truncated_normal(values, 0.0, math.sqrt(variance) / STDDEV_OF_TRUNCATED_NORMAL, generator)


def compute_fans(shape, input_axes=None, output_axes=None):
    """Numbers of inputs and outputs of one unit of a weight.

    Args:
        shape: Keras's shape of the weight, such as (features, units) or (height, width, channels, filters).
        input_axes, output_axes: tuples of axes; used when both are given.

    Returns:
        (inputs, outputs)

    >>> compute_fans((3, 3, 8, 16))
    (72, 144)
    """
    shape = tuple(shape)
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        return (math.prod(shape),) * 2
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


def _fans_of_keras2(shape, input_axes=None, output_axes=None):
    """As `compute_fans`; a weight that is neither a matrix nor a window counts as a square one."""
    if len(shape) in (2, 3, 4, 5) or input_axes is not None:
        return compute_fans(shape, input_axes, output_axes)
    return (math.sqrt(math.prod(shape)),) * 2


def _fans_of_keras1(shape, input_axes=None, output_axes=None):
    """As Keras 2, which counts three axes as a window; Keras 1 took them for a square."""
    if len(shape) == 3 and input_axes is None:
        return (math.sqrt(math.prod(shape)),) * 2
    return _fans_of_convolution1(shape, input_axes, output_axes) if len(shape) == 5 else \
        _fans_of_keras2(shape, input_axes, output_axes)


def _fans_of_convolution1(shape, input_axes=None, output_axes=None):
    """As the convolutions of Keras 1 counted, their slips included.

    Convolution1D took (steps, 1, features, filters) for Theano's order (filters, features, ...), and
    Convolution3D forgot the third axis of a window in TensorFlow's order.
    """
    if len(shape) == 3:
        steps, features, filters = shape
        return features * filters, steps * features * filters
    if len(shape) == 5 and settings.image_data_format() == "channels_last":
        window = shape[0] * shape[1]
        return shape[-2] * window, shape[-1] * window
    return _fans_of_keras2(shape, input_axes, output_axes)


_FANS = {"of Keras 1": _fans_of_keras1, "of Keras 2": _fans_of_keras2, "today": compute_fans}


class GlorotUniform(VarianceScaling):
    """Uniform within `sqrt(6 / (inputs + outputs))` of 0; Dense's default.

    Source: Glorot and Bengio, 2010.

    >>> GlorotUniform(seed=1)((2, 3)).shape
    torch.Size([2, 3])
    """

    scale, mode, distribution = 1.0, "fan_avg", "uniform"

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        pass


class GlorotNormal(VarianceScaling):
    """Truncated normal of variance `2 / (inputs + outputs)`.

    Source: Glorot and Bengio, 2010.

    >>> GlorotNormal(seed=1)((2, 3)).shape
    torch.Size([2, 3])
    """

    scale, mode, distribution = 1.0, "fan_avg", "truncated_normal"

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        pass


class HeUniform(VarianceScaling):
    """Uniform within `sqrt(6 / inputs)` of 0.

    Source: He et al., 2015.

    >>> HeUniform(seed=1)((2, 3)).shape
    torch.Size([2, 3])
    """

    scale, mode, distribution = 2.0, "fan_in", "uniform"

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        pass


class HeNormal(VarianceScaling):
    """Truncated normal of variance `2 / inputs`.

    Source: He et al., 2015.

    >>> HeNormal(seed=1)((2, 3)).shape
    torch.Size([2, 3])
    """

    scale, mode, distribution = 2.0, "fan_in", "truncated_normal"

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        pass


class LecunUniform(VarianceScaling):
    """Uniform within `sqrt(3 / inputs)` of 0.

    Source: LeCun et al., 1998.

    >>> LecunUniform(seed=1)((2, 3)).shape
    torch.Size([2, 3])
    """

    scale, mode, distribution = 1.0, "fan_in", "uniform"

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        pass


class LecunNormal(VarianceScaling):
    """Truncated normal of variance `1 / inputs`; goes with selu.

    Source: LeCun et al., 1998; Klambauer et al., 2017.

    >>> LecunNormal(seed=1)((2, 3)).shape
    torch.Size([2, 3])
    """

    scale, mode, distribution = 1.0, "fan_in", "truncated_normal"

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        pass


_NORMAL = (GlorotNormal, HeNormal, LecunNormal)  # in Keras 1 of the whole normal distribution


class Orthogonal(RandomInitializer):
    """Random matrix with orthonormal rows or columns (whichever are fewer), times `gain`.

    Axes before the last count as one.

    Errors:
        ValueError: the shape has fewer than two axes.

    Source: Saxe et al., 2013.

    >>> q = Orthogonal(seed=1)((3, 3))
    >>> torch.allclose(q @ q.T, torch.eye(3), atol=1e-5)
    True
    """

    def __init__(self, gain=1.0, seed=None):
        pass

    def fill(self, values, generator):
        """The orthogonal factor of a normal matrix, with the signs that make it uniformly distributed."""
        if values.dim() < 2:
            raise ValueError(
                f"Orthogonal needs a shape of at least two axes; got {tuple(values.shape)}. "
                "Use RandomNormal for vectors."
            )
        rows, columns = math.prod(values.shape[:-1]), values.shape[-1]
        normal = values.new_empty(max(rows, columns), min(rows, columns)).normal_(generator=generator)
        q, r = torch.linalg.qr(normal)
        q = q * torch.sign(torch.diagonal(r))
        values.copy_((q if rows >= columns else q.T).reshape(values.shape) * self.gain)


IdentityInitializer = Identity
OrthogonalInitializer = Orthogonal
STFTInitializer = STFT
zeros, ones, constant, identity, stft = Zeros, Ones, Constant, Identity, STFT
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
variance_scaling, orthogonal = VarianceScaling, Orthogonal
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
he_uniform, he_normal = HeUniform, HeNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal
# Names of Keras 1 and 2.
zero, one, normal, uniform = Zeros, Ones, RandomNormal, RandomUniform


def _placement(dtype, device):
    """Keyword arguments that put a new tensor in its place."""
    return {
        "dtype": torch_dtype(dtype),
        "device": settings.default_device() if device is None else torch.device(device),
    }


registry = Registry(
    "initializer",
    {
        "Initializer": Initializer,
        "Zeros": Zeros,
        "Ones": Ones,
        "Constant": Constant,
        "Identity": Identity,
        "STFT": STFT,
        "RandomNormal": RandomNormal,
        "RandomUniform": RandomUniform,
        "TruncatedNormal": TruncatedNormal,
        "VarianceScaling": VarianceScaling,
        "GlorotUniform": GlorotUniform,
        "GlorotNormal": GlorotNormal,
        "HeUniform": HeUniform,
        "HeNormal": HeNormal,
        "LecunUniform": LecunUniform,
        "LecunNormal": LecunNormal,
        "Orthogonal": Orthogonal,
        "IdentityInitializer": Identity,
        "OrthogonalInitializer": Orthogonal,
        "STFTInitializer": STFT,
        "zero": Zeros,
        "one": Ones,
        "normal": RandomNormal,
        "uniform": RandomUniform,
    },
)


def get(identifier):
    """The initializer of a name, config, class, object, function `(shape, dtype=None)`, or array.

    Errors:
        ValueError: an unknown name; the message gives the nearest known ones.

    Notes:
        A function of Keras 1, `(shape, name=None)` or `(shape, name=None, dim_ordering='tf')`, is taken too.

    >>> get("glorot_uniform").mode
    'fan_avg'
    >>> get(lambda shape, name: torch.ones(shape))((2,), dtype="float32")
    tensor([1., 1.])
    """
    if isinstance(identifier, (np.ndarray, torch.Tensor)):
        return Constant(identifier)
    if isinstance(identifier, (types.FunctionType, functools.partial)):
        return _of_function(identifier)
    return registry.get(identifier)


def _of_function(function):
    """A user's function as `(shape, dtype=None)`; one of Keras 1 took a name, and the order of a window."""
    known = getattr(function, "initializer", None)  # a function of `keras.initializations`
    if known is not None:
        return registry.get(known)
    names = inspect.signature(function).parameters
    if "name" not in names or "dtype" in names:
        return function

    @functools.wraps(function)
    def of_keras1(shape, dtype=None):
        order = {"dim_ordering": "tf"} if "dim_ordering" in names and len(shape) > 3 else {}
        return torch.as_tensor(function(tuple(shape), name=None, **order), dtype=torch_dtype(dtype))

    del of_keras1.__wrapped__  # `inspect.signature` would look through it and find the old arguments
    return of_keras1


def serialize(initializer):
    """The config of an initializer.

    >>> serialize(Zeros())["class_name"]
    'Zeros'
    """
    return registry.serialize(initializer)


def deserialize(config, custom_objects=None):
    """The initializer that a config describes.

    Args:
        custom_objects: dict from name to class or function, searched first.

    >>> deserialize({"class_name": "Constant", "config": {"value": 2.0}}).value
    2.0
    """
    return registry.deserialize(config, custom_objects)
