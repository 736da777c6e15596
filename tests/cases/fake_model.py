"""What callbacks may ask of a model, and what real Keras callbacks did when they were driven the same way."""

import json
import pathlib


class FakeOptimizer:
    """Has a learning rate, nothing else."""

    def __init__(self, learning_rate=0.1):
        self.learning_rate = learning_rate


class FakeModel:
    """`weights` is whatever was set; `saved` lists (what, name of the file)."""

    def __init__(self):
        self.optimizer, self.stop_training = FakeOptimizer(), False
        self.weights, self.metrics, self.saved, self.history = [-1], [], [], None

    def get_weights(self):
        return list(self.weights)

    def set_weights(self, weights):
        self.weights = list(weights)

    def save(self, path, overwrite=True):
        self.saved.append(("model", pathlib.Path(path).name))

    def save_weights(self, path, overwrite=True):
        self.saved.append(("weights", pathlib.Path(path).name))


class FakeMetric:
    """A metric that knows which way is better."""

    def __init__(self, name, direction):
        self.name, self._direction = name, direction


_STORED = pathlib.Path(__file__).parent.parent / "references" / "callbacks.json"
RECORDED = json.loads(_STORED.read_text(encoding="utf-8"))
SEQUENCES = RECORDED["sequences"]   # name -> values of the watched quantity, by epoch
