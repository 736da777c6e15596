"""A seed makes two runs bit-equal: with threads and processes, with data that draw random numbers."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from cases.training_models import LABELS, X
from torch.utils.data import DataLoader, Dataset

import keras_torch
from keras_torch import layers
from keras_torch.training.data import seeds
from keras_torch.training.data.habits import Habits

DRAWS = {
    "numpy": lambda: np.random.rand(4, 4),
    "python": lambda: np.array([[random.random() for _ in range(4)] for _ in range(4)]),
    "torch": lambda: torch.rand(4, 4).numpy(),
    "nothing": lambda: 0.5,
}


class Noisy(keras_torch.utils.PyDataset):
    """Batches with noise, after a moment that differs from run to run."""

    def __init__(self, kind, **arguments):
        super().__init__(**arguments)
        self.draw, self.busy = DRAWS[kind], random.SystemRandom()

    def __len__(self):
        return 6

    def __getitem__(self, index):
        sum(range(self.busy.randrange(20000)))
        row = index % 4
        return (X[row : row + 4] + self.draw()).astype("float32"), LABELS[row : row + 4]


def noise(kind):
    """The same as an endless generator."""
    data = Noisy(kind)
    while True:
        for index in range(6):
            yield data[index]


def trained(data, seed=7, **arguments):
    """The losses and weights after two epochs of a model with dropout."""
    keras_torch.utils.set_random_seed(seed)
    model = keras_torch.Sequential([keras_torch.Input((4,)), layers.Dropout(0.5),
                                    layers.Dense(3, activation="softmax")])  # fmt: skip
    model.compile("sgd", "sparse_categorical_crossentropy")
    losses = model.fit(data(), epochs=2, verbose=0, **arguments).history["loss"]
    return [*losses, *np.concatenate([weight.ravel() for weight in model.get_weights()]).tolist()]


QUEUES = [{"workers": 0}, {"workers": 1}, {"workers": 3}, {"workers": 2, "use_multiprocessing": True}]


@pytest.mark.parametrize("kind", DRAWS)
def test_a_seed_repeats_the_run_with_any_workers(kind):
    runs = [trained(lambda: Noisy(kind), **queue) for queue in QUEUES for _ in range(2)]
    assert all(run == runs[0] for run in runs)
    assert trained(lambda: Noisy(kind), seed=8) != runs[0]


@pytest.mark.parametrize("kind", DRAWS)
@pytest.mark.parametrize("queue", [{}, {"use_multiprocessing": True}])
def test_a_seed_repeats_the_run_with_generators(kind, queue):
    first, second = (trained(lambda: noise(kind), steps_per_epoch=5, **queue) for _ in range(2))
    assert first == second


class NoisyRows(Dataset):
    def __len__(self):
        return 16

    def __getitem__(self, index):
        return torch.tensor(X[index]) + torch.rand(4), int(LABELS[index])


@pytest.mark.parametrize("workers", [0, 2])
def test_a_seed_repeats_the_run_with_loaders(workers):
    def loader():
        return DataLoader(NoisyRows(), batch_size=4, shuffle=True, num_workers=workers)

    assert trained(loader) == trained(loader)


def test_batches_of_an_epoch_and_of_two_epochs_differ():
    seen = []

    class Seen(keras_torch.Model):
        def train_step(self, data):
            seen.append(float(data[0].sum()))
            return {}

    class Same(Noisy):
        def __getitem__(self, index):
            return self.draw(), LABELS[:4]

    keras_torch.utils.set_random_seed(1)
    for queue in QUEUES[1:]:
        seen.clear()
        model = Seen()
        model.compile("sgd", "mse")
        model.fit(Same("numpy"), epochs=2, verbose=0, **queue)
        assert len(set(seen)) == 12


def test_the_generators_of_the_training_thread_stay_as_they_are():
    keras_torch.utils.set_random_seed(1)
    expected = np.random.rand(), random.random()
    keras_torch.utils.set_random_seed(1)
    model = keras_torch.Sequential([keras_torch.Input((4,)), layers.Dense(3)])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(Noisy("numpy"), verbose=0)
    assert (np.random.rand(), random.random()) == expected


# Habits


def _habits(draw, **arguments):
    """Habits after the first two items, and the items' numbers."""
    habits = Habits(**{"workers": 3, "processes": False, **arguments})
    for number in range(2):
        assert habits.in_turn(number == 0, False)
        habits.watched(lambda job: draw(), number, at_start=number == 0)
    return habits


def test_data_that_draw_from_torch_are_made_in_turn():
    keras_torch.utils.set_random_seed(1)
    assert _habits(DRAWS["torch"]).in_turn(False, False)
    assert not _habits(DRAWS["numpy"]).in_turn(False, False) and _habits(DRAWS["numpy"]).count == 1
    assert _habits(DRAWS["numpy"]).in_turn(False, True)  # where states are stored
    assert _habits(DRAWS["python"]).drawn == {"python"}
    assert _habits(DRAWS["nothing"]).count == 3 and not _habits(DRAWS["nothing"]).in_turn(False, True)


def test_a_pass_may_draw_its_order_at_its_start():
    keras_torch.utils.set_random_seed(1)
    habits = Habits(3, False, judges_first=False)
    habits.watched(lambda job: torch.rand(2), 0, at_start=True)
    habits.watched(lambda job: 0, 1)
    assert not habits.drawn
    assert habits.in_turn(True, False) and not habits.in_turn(False, False)


def test_without_a_seed_workers_start_at_once(monkeypatch):
    monkeypatch.setattr(seeds, "is_seeded", lambda: False)
    assert not Habits(3, False).in_turn(True, False)
    assert Habits(1, False).in_turn(True, False)  # one worker is on trial
    assert Habits(0, False).in_turn(True, False) and Habits(0, True).in_turn(True, False)
    assert not Habits(1, True).in_turn(True, False)


def test_a_run_is_seeded_by_torch_too(monkeypatch):
    monkeypatch.setattr(seeds, "_set", [False])
    torch.manual_seed(5)
    assert seeds.is_seeded()
    torch.seed()
    assert not seeds.is_seeded()
    keras_torch.utils.set_random_seed(3)
    torch.seed()
    assert seeds.is_seeded()


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "one"])
def test_seeds_are_integers_in_range(seed):
    with pytest.raises(ValueError, match="`seed` must be an integer from 0"):
        keras_torch.utils.set_random_seed(seed)
