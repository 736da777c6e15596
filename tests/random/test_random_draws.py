"""Random tensors: their distributions, their seeds, their errors."""

import copy
import pickle

import pytest
import torch

from keras_torch import random
from keras_torch.layers import Input
from keras_torch.models import Model

COUNT = 20000
DRAWS = {  # name -> (draw of COUNT numbers with a seed, mean, standard deviation)
    "normal": (lambda seed: random.normal((COUNT,), 2.0, 3.0, seed=seed), 2.0, 3.0),
    "uniform": (lambda seed: random.uniform((COUNT,), -1.0, 3.0, seed=seed), 1.0, 4 / 12**0.5),
    "truncated_normal": (lambda seed: random.truncated_normal((COUNT,), 1.0, 2.0, seed=seed), 1.0, 1.7593),
    "randint": (lambda seed: random.randint((COUNT,), 0, 5, seed=seed), 2.0, 2.0**0.5),
    "gamma": (lambda seed: random.gamma((COUNT,), 3.0, seed=seed), 3.0, 3.0**0.5),
    "gamma below one": (lambda seed: random.gamma((COUNT,), 0.5, seed=seed), 0.5, 0.5**0.5),
    "beta": (lambda seed: random.beta((COUNT,), 2.0, 3.0, seed=seed), 0.4, 0.2),
    "binomial": (lambda seed: random.binomial((COUNT,), 10, 0.3, seed=seed), 3.0, 2.1**0.5),
    "categorical": (lambda seed: random.categorical([[0.0, 0.0]], COUNT, seed=seed), 0.5, 0.5),
    "dropout": (lambda seed: random.dropout(torch.ones(COUNT), 0.5, seed=seed), 1.0, 1.0),
    "shuffle": (lambda seed: random.shuffle(torch.arange(COUNT), seed=seed), COUNT / 2, COUNT / 12**0.5),
}
every_draw = pytest.mark.parametrize("name", DRAWS)


@every_draw
def test_mean_and_deviation(name):
    draw, mean, deviation = DRAWS[name]
    values = draw(7).double()
    assert float(values.mean()) == pytest.approx(mean, abs=5 * deviation / COUNT**0.5)
    assert float(values.std()) == pytest.approx(deviation, rel=0.05)


@every_draw
def test_a_seed_repeats_and_a_generator_goes_on(name):
    draw = DRAWS[name][0]
    assert torch.equal(draw(3), draw(3)) and not torch.equal(draw(3), draw(4))
    generator, again = random.SeedGenerator(3), random.SeedGenerator(3)
    first, second = draw(generator), draw(generator)
    assert not torch.equal(first, second)
    assert torch.equal(draw(again), first) and torch.equal(draw(again), second)
    torch.manual_seed(1)
    without = draw(None)
    torch.manual_seed(1)
    assert torch.equal(draw(None), without) and not torch.equal(draw(None), without)


def test_truncated_normal_stays_within_two_deviations():
    values = random.truncated_normal((COUNT,), 1.0, 0.5, dtype="bfloat16")
    assert values.dtype == torch.bfloat16 and 0.0 <= float(values.min()) and float(values.max()) <= 2.0


def test_dropout_repeats_its_pattern_along_axes_of_size_one():
    values = random.dropout(torch.ones(3, 50), 0.5, noise_shape=(1, None))
    assert torch.equal(values[0], values[1]) and set(values.unique().tolist()) == {0.0, 2.0}


def test_shuffle_moves_whole_slices():
    x = torch.arange(12).reshape(3, 4)
    shuffled = random.shuffle(x, axis=1, seed=1)
    assert sorted(shuffled[0].tolist()) == [0, 1, 2, 3] and torch.equal(
        shuffled[1] - shuffled[0], torch.full((4,), 4)
    )


def test_draws_on_symbols_are_made_when_the_model_runs():
    x = Input((100,))
    model = Model(x, random.dropout(x, 0.5))
    first, second = model(torch.ones(1, 100)), model(torch.ones(1, 100))
    assert first.shape == (1, 100) and not torch.equal(first, second)


def test_seed_generator_has_a_config_and_copies_start_anew():
    generator = random.SeedGenerator(5, name="mine")
    first = random.normal((2,), seed=generator)
    assert generator.get_config() == {"seed": 5, "name": "mine"}
    for copied in (
        random.SeedGenerator.from_config(generator.get_config()),
        copy.deepcopy(generator),
        pickle.loads(pickle.dumps(generator)),
    ):
        assert torch.equal(random.normal((2,), seed=copied), first)
    assert isinstance(random.SeedGenerator().seed, int)
    state = generator.next()
    assert torch.equal(random.normal((2,), seed=state), random.normal((2,), seed=state))
    assert not torch.equal(state, generator.next()) and torch.equal(
        generator.next(False), generator.next(False)
    )
    assert random.normal((2,), seed=torch.Generator().manual_seed(1)).shape == (2,)


@pytest.mark.parametrize(
    "call, error, sentence",
    [
        (
            lambda: random.SeedGenerator(-1),
            ValueError,
            "`seed` must be an integer of at least 0, or None; got -1",
        ),
        (lambda: random.SeedGenerator(sed=1), TypeError, "SeedGenerator has no argument `sed`"),
        (lambda: random.normal((1,), seed="x"), ValueError, "`seed` must be None, an integer of at least 0"),
        (lambda: random.normal((1,), dtype="int32"), ValueError, "`dtype` must be a float type"),
        (lambda: random.randint((1,), 0, 2, dtype="float32"), ValueError, "`dtype` must be an integer type"),
        (lambda: random.randint((1,), 2, 2), ValueError, r"`maxval` must be above `minval` \(2\); got 2"),
        (
            lambda: random.dropout(torch.ones(1), 1.0),
            ValueError,
            "`rate` must be a fraction from 0 to below 1",
        ),
        (lambda: random.dropout(torch.ones(1), 0.1, (1, 1)), ValueError, "`noise_shape` must be 1 sizes"),
    ],
)
def test_errors_tell_the_way_out(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()
