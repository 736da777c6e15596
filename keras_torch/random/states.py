"""Where all generators of random numbers stand, as plain values that can be stored and put back."""

import random

import numpy as np
import torch

from keras_torch.random.seed_generator import SeedGenerator

GENERATORS = (torch.Generator, np.random.Generator, np.random.RandomState, random.Random, SeedGenerator)
_MERSENNE_SIZE = 624


def random_states():
    """Where the global generators of Python, numpy and torch (all devices in use) stand.

    >>> state = random_states()
    >>> first = torch.rand(2)
    >>> restore_random_states(state)
    >>> torch.equal(first, torch.rand(2))
    True
    """
    state = {"python": _python_state(random), "numpy": np.random.get_state(legacy=False),
             "torch": torch.get_rng_state()}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def restore_random_states(state):
    """Puts the global generators back to where `random_states` found them.

    Errors:
        ValueError: a state that is none.
    """
    _check_numpy(state["numpy"])
    _set_python_state(random, state["python"])
    np.random.set_state(state["numpy"])
    torch.set_rng_state(state["torch"])
    for index, device in enumerate(state.get("cuda", ())[: torch.cuda.device_count()]):
        torch.cuda.set_rng_state(device, index)


def _python_state(generator):
    """The state of Python's generator with its 625 numbers as an array: a tenth of the work to store."""
    version, numbers, gauss = generator.getstate()
    return [version, np.array(numbers, dtype=np.uint32), gauss]


def _set_python_state(generator, state):
    version, numbers, gauss = state
    generator.setstate((version, tuple(numbers.tolist()), gauss))


def _check_numpy(state):
    """numpy believes a position without looking; one out of bounds would read foreign memory."""
    if state.get("bit_generator") == "MT19937":
        inner = state["state"]
        if len(inner["key"]) != _MERSENNE_SIZE or not 0 <= inner["pos"] <= _MERSENNE_SIZE:
            raise ValueError("The stored state of numpy's random numbers is none.")


def generator_state(generator):
    """Where one generator stands (one of the classes in `GENERATORS`).

    >>> mine = np.random.RandomState(7)
    >>> state = generator_state(mine)
    >>> first = mine.rand()
    >>> restored_generator(mine, state).rand() == first
    True
    """
    if isinstance(generator, SeedGenerator):
        return {"kind": "seeds", "state": generator.state_dict()}
    if isinstance(generator, torch.Generator):
        return {"kind": "torch", "device": str(generator.device), "state": generator.get_state()}
    if isinstance(generator, random.Random):
        return {"kind": "python", "state": _python_state(generator)}
    if isinstance(generator, np.random.RandomState):
        return {"kind": "numpy", "state": generator.get_state(legacy=False)}
    return {"kind": "numpy", "state": generator.bit_generator.state}


def restored_generator(generator, state):
    """Puts a generator to where `generator_state` found one; returns it.

    Args:
        generator: the generator; None makes one, for those that torch layers make when first used.
        state: what `generator_state` gave.

    Errors:
        ValueError: a generator of another kind.
    """
    kind = state["kind"]
    if generator is None and kind == "torch":
        generator = torch.Generator(state["device"])
    if generator is None or generator_state(generator)["kind"] != kind:
        raise ValueError(f"A generator of random numbers of the kind {kind!r} was stored where there is "
                         f"{type(generator).__name__} now.")
    if kind == "seeds":
        generator.load_state_dict(state["state"])
    elif kind == "torch":
        generator.set_state(state["state"])
    elif kind == "python":
        _set_python_state(generator, state["state"])
    else:
        _check_numpy(state["state"])
        if isinstance(generator, np.random.RandomState):
            generator.set_state(state["state"])
        else:
            generator.bit_generator.state = state["state"]
    return generator
