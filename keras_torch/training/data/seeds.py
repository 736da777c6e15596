"""Random numbers of data: one seed for all generators, a seed for each pass, a seed for each batch."""

import contextlib
import random

import numpy as np
import torch

from keras_torch.base.checks import fail, is_integer

# Note [random numbers of data]
# A run is repeatable when the seed was set (`is_seeded`). Then data that draw random numbers are kept from
# racing with the training loop or with each other: see `streams.py`. Without a seed nothing is repeatable
# anyway, and batches are prepared as fast as they can be.

_set = [False]
_LARGEST = 2**32


def set_random_seed(seed):
    """Seeds Python's, numpy's and torch's generators (all devices), so that a run can be repeated.

    Args:
        seed: integer from 0 to 2**32 - 1.

    Errors:
        ValueError: another value.

    Notes:
        On a CPU the same seed gives the same bits. On a GPU some kernels add in varying order; for equal bits
        there call `torch.use_deterministic_algorithms(True)` too. Batches of a PyDataset that draw random
        numbers depend on the seed, the epoch and their number, and not on how many workers there are.

    Source: Keras `utils.set_random_seed`.

    >>> set_random_seed(1)
    >>> first = torch.rand(2)
    >>> set_random_seed(1)
    >>> torch.equal(first, torch.rand(2))
    True
    """
    if not is_integer(seed) or not 0 <= seed < _LARGEST:
        fail("set_random_seed()", "seed", seed, "an integer from 0 to 2**32 - 1")
    seed = int(seed)
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)   # CUDA and other devices too
    _set[0] = True


def is_seeded():
    """Whether this run is meant to be repeatable: `set_random_seed` or `torch.manual_seed` was called.

    Notes:
        torch seeds itself with a random number of 53 bits, people with small ones.

    >>> set_random_seed(1)
    >>> is_seeded()
    True
    """
    return _set[0] or torch.initial_seed() < _LARGEST


class PassSeed:
    """The seed of the pass in progress: a new one for each pass, from torch's default generator.

    >>> seed = PassSeed()
    >>> seed.repeat(5)
    >>> seed.next()
    5
    """

    value = None
    _repeated = None

    def next(self):
        """The seed of the pass that begins now."""
        self.value = self._repeated
        if self.value is None:
            self.value = int(torch.randint(2**62, ()))
        self._repeated = None
        return self.value

    def repeat(self, value):
        """Makes this the seed of the next pass."""
        self._repeated = value

    def permutation(self, length):
        """The order that belongs to the seed, as a tensor.

        >>> seed = PassSeed()
        >>> seed.value = 3
        >>> sorted(seed.permutation(3).tolist())
        [0, 1, 2]
        """
        return torch.randperm(length, generator=torch.Generator().manual_seed(self.value))


def seed_all(seed):
    """Seeds Python's, numpy's and torch's generators of the processor.

    >>> seed_all(3)
    """
    random.seed(seed)
    np.random.seed(seed % _LARGEST)
    torch.default_generator.manual_seed(seed)


def states():
    """The states of Python's, numpy's and torch's generators, by name."""
    return {"python": random.getstate(), "numpy": np.random.get_state(), "torch": torch.get_rng_state()}


def restore(saved):
    """Puts the generators named in `saved` into those states."""
    if "python" in saved:
        random.setstate(saved["python"])
    if "numpy" in saved:
        np.random.set_state(saved["numpy"])
    if "torch" in saved:
        torch.set_rng_state(saved["torch"])


def drawn_between(before, after):
    """Names of the generators whose states differ.

    >>> before = states()
    >>> _ = random.random()
    >>> drawn_between(before, states())
    {'python'}
    """
    _, keys, *position = before["numpy"]
    _, other_keys, *other_position = after["numpy"]
    same = {
        "python": before["python"] == after["python"],
        "numpy": position == other_position and np.array_equal(keys, other_keys),
        "torch": torch.equal(before["torch"], after["torch"]),
    }
    return {name for name, is_same in same.items() if not is_same}


@contextlib.contextmanager
def seeded(seed, names=("python", "numpy", "torch")):
    """Inside the block the generators start from a seed; afterwards they are as before.

    Args:
        seed: integer of at least 0.
        names: torch's generator is left alone unless it is among these.

    >>> with seeded(3):
    ...     first = random.random()
    >>> with seeded(3):
    ...     print(random.random() == first)
    True
    """
    saved = states()
    random.seed(seed)
    np.random.seed(seed % _LARGEST)
    if "torch" in names:
        torch.default_generator.manual_seed(seed)
    else:
        del saved["torch"]
    try:
        yield
    finally:
        restore(saved)
