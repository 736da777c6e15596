"""Random tensors, with Keras 2's arguments."""

from keras_torch import random
from keras_torch.backend.older import older_names
from keras_torch.base.dtypes import dtype_name, torch_dtype
from keras_torch.base.variable import Variable


@older_names("std")
def random_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Numbers of a normal distribution.

    >>> random_normal((2, 3)).shape
    torch.Size([2, 3])
    """
    return random.normal(shape, mean, stddev, dtype_name(dtype), seed)


@older_names("std")
def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Numbers of a normal distribution within two standard deviations of the mean.

    >>> bool((truncated_normal((100,)).abs() <= 2).all())
    True
    """
    return random.truncated_normal(shape, mean, stddev, dtype_name(dtype), seed)


@older_names(low="minval", high="maxval")
def random_uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Numbers evenly from `minval` to below `maxval`; whole ones for an integer type.

    >>> random_uniform((2, 3)).shape
    torch.Size([2, 3])
    """
    return random.uniform(shape, minval, maxval, dtype_name(dtype), seed)


def random_binomial(shape, p=0.0, dtype=None, seed=None):
    """1 with probability `p`, else 0.

    >>> random_binomial((3,), p=1.0)
    tensor([1., 1., 1.])
    """
    draws = random.uniform(shape, 0.0, 1.0, "float32", seed)
    return (draws < p).to(torch_dtype(dtype))


random_bernoulli = random_binomial


def random_uniform_variable(shape, low, high, dtype=None, name=None, seed=None):
    """A variable that starts with numbers evenly from `low` to below `high`.

    >>> random_uniform_variable((2,), 0.0, 1.0).shape
    torch.Size([2])
    """
    return Variable(random_uniform(shape, low, high, dtype, seed), name=name)


def random_normal_variable(shape, mean, scale, dtype=None, name=None, seed=None):
    """A variable that starts with numbers of a normal distribution of standard deviation `scale`.

    >>> random_normal_variable((2,), 0.0, 1.0).shape
    torch.Size([2])
    """
    return Variable(random_normal(shape, mean, scale, dtype, seed), name=name)
