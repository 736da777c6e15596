"""Random tensors: from a seed, or from torch's own generator, which `utils.set_random_seed` seeds."""

import math

import torch

from keras_torch.base.checks import fail, fraction_below_one
from keras_torch.base.dtypes import torch_dtype
from keras_torch.ops.core import as_tensor, one_node
from keras_torch.random.seed_generator import source_of

_CUT = math.erf(math.sqrt(2))   # share of a normal distribution within two standard deviations


def _sizes(shape):
    return (shape,) if isinstance(shape, int) else tuple(shape)


def _floats(owner, dtype):
    dtype = torch_dtype(dtype)
    if not dtype.is_floating_point:
        fail(owner, "dtype", dtype, "a float type", "Use randint() for whole numbers.")
    return dtype


def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Numbers of a normal distribution.

    Args:
        shape: sizes of the result.
        mean, stddev: of the distribution.
        dtype: a float type; None means `floatx()`.
        seed: None for torch's own generator; an integer for the same numbers each time; or a `SeedGenerator`.

    Errors:
        ValueError: another seed, or no float type.

    Source: Keras 3 `random.normal`. In torch: `torch.normal`.

    >>> torch.equal(normal((2, 3), seed=1), normal((2, 3), seed=1))
    True
    """
    dtype = _floats("normal()", dtype)
    generator, device = source_of("normal()", seed)
    return torch.empty(_sizes(shape), dtype=dtype, device=device).normal_(generator=generator) * stddev + mean


def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Numbers evenly from `minval` to below `maxval`; whole numbers for an integer type.

    Args:
        shape, dtype, seed: as in `normal`; an integer dtype is taken too.

    Source: Keras 3 `random.uniform`. In torch: `torch.rand`.

    >>> float(uniform((), 2.0, 2.0))
    2.0
    """
    dtype = torch_dtype(dtype)
    if not dtype.is_floating_point:
        return randint(shape, int(minval), int(maxval), dtype, seed)
    generator, device = source_of("uniform()", seed)
    draws = torch.empty(_sizes(shape), dtype=dtype, device=device).uniform_(generator=generator)
    return draws * (maxval - minval) + minval


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Numbers of a normal distribution within two standard deviations of the mean.

    Args:
        shape, mean, stddev, dtype, seed: as in `normal`, before truncation.

    Notes:
        The inverse of the distribution function: `sqrt(2) * erfinv(u)`, u even between -erf(sqrt(2)) and
        erf(sqrt(2)).

    Source: Keras 3 `random.truncated_normal`. In torch: `nn.init.trunc_normal_`.

    >>> bool((truncated_normal((100,), stddev=0.5).abs() <= 1).all())
    True
    """
    dtype = _floats("truncated_normal()", dtype)
    generator, device = source_of("truncated_normal()", seed)
    exact = dtype if dtype == torch.float64 else torch.float32
    even = torch.empty(_sizes(shape), dtype=exact, device=device).uniform_(-_CUT, _CUT, generator=generator)
    standard = (torch.erfinv(even) * math.sqrt(2)).clamp(-2.0, 2.0)
    return (standard * stddev + mean).to(dtype)


def randint(shape, minval, maxval, dtype="int32", seed=None):
    """Whole numbers evenly from `minval` to below `maxval`.

    Errors:
        ValueError: no integer type, or an empty range.

    Source: Keras 3 `random.randint`. In torch: `torch.randint`.

    >>> randint((2,), 3, 4)
    tensor([3, 3], dtype=torch.int32)
    """
    dtype = torch_dtype(dtype)
    if dtype.is_floating_point or dtype == torch.bool:
        fail("randint()", "dtype", dtype, "an integer type", "Use uniform() for floats.")
    if not int(minval) < int(maxval):
        fail("randint()", "maxval", maxval, f"above `minval` ({minval})")
    generator, device = source_of("randint()", seed)
    draws = torch.randint(int(minval), int(maxval), _sizes(shape), generator=generator, device=device)
    return draws.to(dtype)


@one_node
def categorical(logits, num_samples, dtype="int32", seed=None):
    """Class numbers, drawn with the probabilities `softmax(logits)`.

    Args:
        logits: (batch, classes).
        num_samples: draws per row.
        dtype: type of the result.
        seed: as in `normal`.

    Shape:
        (batch, classes) -> (batch, num_samples)

    Source: Keras 3 `random.categorical`. In torch: `torch.multinomial`.

    >>> categorical([[0.0, 100.0]], 3)
    tensor([[1, 1, 1]], dtype=torch.int32)
    """
    logits = as_tensor(logits)
    generator, _ = source_of("categorical()", seed, logits.device)
    chances = torch.softmax(logits.float(), -1)
    classes = torch.multinomial(chances, num_samples, replacement=True, generator=generator)
    return classes.to(torch_dtype(dtype))


@one_node
def dropout(inputs, rate, noise_shape=None, seed=None):
    """Zero with probability `rate`, the others divided by `1 - rate`.

    Args:
        inputs: tensor of floats.
        rate: from 0 to below 1.
        noise_shape: sizes of the pattern (1 repeats it along an axis, None takes the size of `inputs`);
            default those of `inputs`.
        seed: as in `normal`.

    Errors:
        ValueError: another rate.

    Source: Keras 3 `random.dropout`. In torch: `nn.functional.dropout`.

    >>> dropout(torch.ones(2), 0.0)
    tensor([1., 1.])
    """
    fraction_below_one("dropout()", "rate", rate)
    inputs = as_tensor(inputs)
    if rate == 0:
        return inputs
    generator, device = source_of("dropout()", seed, inputs.device)
    sizes = inputs.shape if noise_shape is None else _filled_in(noise_shape, inputs.shape)
    kept = torch.empty(sizes, device=device).uniform_(generator=generator) >= rate
    return torch.where(kept, inputs / (1 - rate), 0)


def _filled_in(noise_shape, shape):
    """`noise_shape` with the tensor's own size in place of None."""
    if len(noise_shape) != len(shape):
        fail("dropout()", "noise_shape", noise_shape, f"{len(shape)} sizes, one for each axis of the input")
    return [own if size is None else int(size) for size, own in zip(noise_shape, shape)]


@one_node
def shuffle(x, axis=0, seed=None):
    """The slices along `axis` in random order.

    Source: Keras 3 `random.shuffle`. In torch: `torch.randperm`.

    >>> sorted(shuffle(torch.arange(3)).tolist())
    [0, 1, 2]
    """
    x = as_tensor(x)
    generator, device = source_of("shuffle()", seed, x.device)
    order = torch.empty(x.shape[axis], device=device).uniform_(generator=generator).argsort()
    return torch.index_select(x, axis, order)


def gamma(shape, alpha, dtype=None, seed=None):
    """Numbers of a gamma distribution with scale 1.

    Args:
        alpha: shape of the distribution, above 0: a number or a tensor that broadcasts to `shape`.
        shape, dtype, seed: as in `normal`.

    Source: Keras 3 `random.gamma`. In torch: `torch.distributions.Gamma`.

    >>> bool((gamma((5,), 2.0) > 0).all())
    True
    """
    dtype = _floats("gamma()", dtype)
    generator, device = source_of("gamma()", seed)
    return _standard_gamma(_spread(alpha, shape, device), generator).to(dtype)


def _spread(parameter, shape, device):
    """A parameter of a distribution, repeated to the sizes of the result."""
    return torch.as_tensor(parameter, dtype=torch.float32, device=device).expand(_sizes(shape)).contiguous()


def _standard_gamma(alpha, generator):
    """Marsaglia and Tsang (2000): a cubed normal, tested; alpha < 1 is drawn one higher and scaled back."""
    if alpha.is_meta:
        return torch.empty_like(alpha)
    shift = alpha < 1
    d = torch.where(shift, alpha + 1, alpha) - 1 / 3
    c = 1 / torch.sqrt(9 * d)
    draws, open_places = torch.zeros_like(alpha), torch.ones_like(alpha, dtype=torch.bool)
    while bool(open_places.any()):
        x = torch.empty_like(alpha).normal_(generator=generator)
        u = torch.empty_like(alpha).uniform_(generator=generator)
        v = (1 + c * x) ** 3
        good = (v > 0) & (torch.log(u) < 0.5 * x * x + d - d * v + d * torch.log(v.clamp(min=1e-30)))
        draws = torch.where(open_places & good, d * v, draws)
        open_places = open_places & ~good
    below = torch.empty_like(alpha).uniform_(generator=generator)
    return torch.where(shift, draws * below ** (1 / alpha), draws)


def beta(shape, alpha, beta, dtype=None, seed=None):
    """Numbers of a beta distribution: `a / (a + b)` with a and b of gamma distributions.

    Args:
        alpha, beta: shape of the distribution, above 0: numbers or tensors that broadcast to `shape`.
        shape, dtype, seed: as in `normal`.

    Source: Keras 3 `random.beta`. In torch: `torch.distributions.Beta`.

    >>> bool((beta((5,), 2.0, 3.0) < 1).all())
    True
    """
    dtype = _floats("beta()", dtype)
    generator, device = source_of("beta()", seed)
    first, second = (_standard_gamma(_spread(one, shape, device), generator) for one in (alpha, beta))
    return (first / (first + second)).to(dtype)


def binomial(shape, counts, probabilities, dtype=None, seed=None):
    """How many of `counts` trials succeed, each with its probability.

    Args:
        counts, probabilities: numbers or tensors that broadcast to `shape`.
        shape, dtype, seed: as in `normal`.

    Source: Keras 3 `random.binomial`. In torch: `torch.binomial`.

    >>> binomial((2,), 5, 1.0)
    tensor([5., 5.])
    """
    dtype = _floats("binomial()", dtype)
    generator, device = source_of("binomial()", seed)
    counts, chances = (_spread(one, shape, device) for one in (counts, probabilities))
    return torch.binomial(counts, chances, generator=generator).to(dtype)
