"""Where generators of random numbers stand can be stored and put back."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
import torch

import keras_torch
from keras_torch import random as keras_random
from keras_torch.random.states import (
    generator_state,
    random_states,
    restore_random_states,
    restored_generator,
)
from keras_torch.saving.snapshot import read_snapshot, write_snapshot


def _stored(state):
    write_snapshot(file := io.BytesIO(), state)
    return read_snapshot(file)


def _draws():
    return [random.random(), random.gauss(0, 1), np.random.rand(), np.random.randn(), float(torch.rand(()))]


def test_the_global_generators_go_on_from_a_stored_state():
    _draws()
    state = _stored(random_states())
    expected = _draws() + _draws()
    keras_torch.utils.set_random_seed(5)
    restore_random_states(state)
    assert _draws() + _draws() == expected


GENERATORS = {
    "torch": (lambda: torch.Generator().manual_seed(1), lambda g: float(torch.rand((), generator=g))),
    "python": (lambda: random.Random(1), lambda g: g.gauss(0, 1)),
    "numpy": (lambda: np.random.default_rng(1), lambda g: g.normal()),
    "older numpy": (lambda: np.random.RandomState(1), lambda g: g.randn()),
    "mersenne": (lambda: np.random.Generator(np.random.MT19937(1)), lambda g: g.normal()),
    "keras": (lambda: keras_random.SeedGenerator(1), lambda g: keras_random.normal((), seed=g).item()),
}  # fmt: skip


@pytest.mark.parametrize("kind", GENERATORS)
def test_a_generator_goes_on_from_a_stored_state(kind):
    make, draw = GENERATORS[kind]
    generator = make()
    draw(generator)
    state = _stored(generator_state(generator))
    expected = [draw(generator) for _ in range(3)]
    other = make()
    assert restored_generator(other, state) is other
    assert [draw(other) for _ in range(3)] == expected


def test_a_torch_generator_that_is_not_there_yet_is_made():
    state = generator_state(torch.Generator().manual_seed(7))
    assert restored_generator(None, state).initial_seed() == 7


@pytest.mark.parametrize("generator", [None, random.Random(), torch.Generator()])
def test_another_kind_of_generator_is_refused(generator):
    state = generator_state(np.random.RandomState(1))
    with pytest.raises(ValueError, match="of the kind 'numpy' was stored where there is"):
        restored_generator(generator, state)


def test_positions_out_of_bounds_are_refused():
    state = random_states()
    state["numpy"]["state"]["pos"] = 100_000
    with pytest.raises(ValueError, match="state of numpy's random numbers is none"):
        restore_random_states(state)
    own = generator_state(np.random.RandomState(1))
    own["state"]["state"]["key"] = own["state"]["state"]["key"][:3]
    with pytest.raises(ValueError, match="state of numpy's random numbers is none"):
        restored_generator(np.random.RandomState(1), own)
