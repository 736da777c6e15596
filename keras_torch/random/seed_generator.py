"""Seeds: fixed ones, generators that go on from draw to draw, and torch's own generator."""

import random as python_random

import torch

from keras_torch.base.checks import fail, is_integer, unknown_argument
from keras_torch.base.names import unique_name
from keras_torch.ops.core import current_device


class SeedGenerator:
    """Gives each draw other numbers, and the same sequence of them for the same seed.

    Args:
        seed: integer of at least 0; None takes one from Python's `random`.
        name: name; default automatic.

    Errors:
        ValueError: another seed.

    Notes:
        It owns a `torch.Generator` for each device it is used on, which lives on the host: a seed kept in a
        tensor would be read back at every draw. `get_config` gives the seed, not how far it has come.

    Source: Keras 3 `random.SeedGenerator`. In torch: `torch.Generator`.

    >>> first, again = SeedGenerator(7), SeedGenerator(7)
    >>> a, b = (torch.rand(2, generator=one.generator_on("cpu")) for one in (first, again))
    >>> torch.equal(a, b)
    True
    """

    def __init__(self, seed=None, name=None, **older):
        for argument in older:
            unknown_argument("SeedGenerator", argument, ["seed", "name"])
        if seed is not None and (not is_integer(seed) or seed < 0):
            fail("SeedGenerator", "seed", seed, "an integer of at least 0, or None")
        self.name = unique_name("seed_generator") if name is None else name
        self.seed = python_random.randint(1, 2**31 - 1) if seed is None else int(seed)
        self._generators = {}
        self._count = 0

    def generator_on(self, device):
        """The `torch.Generator` of a device."""
        device = torch.device(device)
        if device not in self._generators:
            self._generators[device] = torch.Generator(device).manual_seed(self.seed)
        return self._generators[device]

    def next(self, ordered=True):
        """Two whole numbers that name the next draw: the seed and how many were given before.

        Args:
            ordered: whether calls are counted; False gives the same numbers until a counted call.
        """
        state = torch.tensor([self.seed, self._count], dtype=torch.int64)
        self._count += bool(ordered)
        return state

    def get_config(self):
        """What `SeedGenerator(**config)` needs."""
        return {"seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config):
        """The generator that `get_config` described, at its beginning."""
        return cls(**config)

    def state_dict(self):
        """The seed and how far the sequence has come, as plain values and tensors.

        >>> SeedGenerator(7).state_dict()
        {'seed': 7, 'count': 0, 'generators': {}}
        """
        states = {str(device): generator.get_state() for device, generator in self._generators.items()}
        return {"seed": self.seed, "count": self._count, "generators": states}

    def load_state_dict(self, state):
        """Goes on from where `state_dict` was asked."""
        self.seed, self._count = state["seed"], state["count"]
        self._generators = {}
        for device, stored in state["generators"].items():
            self.generator_on(device).set_state(stored)

    def __getstate__(self):
        return {**self.__dict__, "_generators": {}}


def source_of(owner, seed, device=None):
    """(generator, device) for a draw.

    Args:
        owner: what errors call the function.
        seed: None (torch's own generator), an integer (the same numbers each time), a `SeedGenerator`, a
            `torch.Generator`, or what `SeedGenerator.next` gave.
        device: where the numbers go; None means the default device ("meta" while shapes are inferred).

    Errors:
        ValueError: another seed.

    >>> source_of("normal()", None, "cpu")
    (None, device(type='cpu'))
    """
    device = torch.device(current_device() if device is None else device)
    if seed is None or device.type == "meta":
        return None, device
    if isinstance(seed, torch.Generator):
        return seed, device
    if isinstance(seed, SeedGenerator):
        return seed.generator_on(device), device
    if isinstance(seed, torch.Tensor) and seed.numel() == 2:
        first, second = seed.tolist()
        seed = (int(first) * 1_000_003 + int(second)) % 2**63
    if not is_integer(seed) or seed < 0:
        fail(owner, "seed", seed, "None, an integer of at least 0, a SeedGenerator or a torch.Generator")
    return torch.Generator(device).manual_seed(int(seed)), device

