"""One seed for every generator of random numbers."""

import random

import numpy as np
import torch

from keras_torch.base.checks import fail, is_integer


def set_random_seed(seed):
    """Seeds Python's, numpy's and torch's generators (all devices), so that a run can be repeated.

    Args:
        seed: integer from 0 to 2**32 - 1.

    Errors:
        ValueError: another value.

    Notes:
        On a CPU the same seed gives the same bits. On a GPU some kernels add in varying order; for equal bits
        there call `torch.use_deterministic_algorithms(True)` too.

    Source: Keras `utils.set_random_seed`.

    >>> set_random_seed(1)
    >>> first = torch.rand(2)
    >>> set_random_seed(1)
    >>> torch.equal(first, torch.rand(2))
    True
    """
    if not is_integer(seed) or not 0 <= seed < 2**32:
        fail("set_random_seed()", "seed", seed, "an integer from 0 to 2**32 - 1")
    seed = int(seed)
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)   # CUDA and other devices too
