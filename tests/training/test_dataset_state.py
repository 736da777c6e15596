"""What datasets make of themselves is stored: orders, generators, counters; not their arguments."""

from __future__ import annotations

import numpy as np

from keras_torch.training.dataset_state import dataset_state, has_generators, plain_values, restore_dataset


class Files:
    """A dataset with all kinds of attributes."""

    def __init__(self):
        self.names, self.order, self.labels = ["a", "b"], np.arange(3), np.array(["x", "yy"])
        self.images, self.weights = np.zeros((3, 2)), np.zeros(3)
        self.draws, self.size, self.epoch = np.random.RandomState(1), 8, 0


def test_orders_generators_and_changed_numbers_are_stored():
    dataset, other = Files(), Files()
    before = plain_values(dataset)
    assert before == {"size": 8, "epoch": 0} and has_generators(dataset) and not has_generators([])
    dataset.epoch, dataset.names, dataset.order = 3, ["b", "a"], dataset.order[::-1]
    dataset.labels = dataset.labels[::-1]
    dataset.draws.rand()
    state = dataset_state(dataset, before)
    assert set(state) == {"names", "order", "labels", "draws", "epoch"}
    dataset.order[0] = 9
    restore_dataset(other, state)
    assert other.names == ["b", "a"] and other.order.tolist() == [2, 1, 0] and other.epoch == 3
    assert other.labels.tolist() == ["yy", "x"] and other.draws.rand() == dataset.draws.rand()


def test_a_dataset_may_tell_its_state_itself():
    class Own:
        value = 1

        def state_dict(self):
            return {"value": self.value}

        def load_state_dict(self, state):
            self.value = state["value"]

    dataset, other = Own(), Own()
    dataset.value = 5
    restore_dataset(other, dataset_state(dataset))
    assert other.value == 5


def test_data_without_attributes_have_no_state():
    assert dataset_state(None) == {} and dataset_state([1, 2], {}) == {}
    restore_dataset(None, {})
