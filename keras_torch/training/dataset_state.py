"""What a dataset of the user's has made of itself during a fit: its order, its counters, its generators.

# Note [state of datasets]
Keras's datasets reorder themselves in `on_epoch_end`, typically by shuffling a list of numbers or names. A
dataset that was made anew by the same script has the order of the first epoch. So what such an order looks
like is stored with a backup: flat lists and 1-D arrays of numbers or names; generators of random numbers; and
plain values that changed since the fit began (a counter of epochs, but not a batch size). A dataset with
other state writes `state_dict` and `load_state_dict`, as torch's do.
"""

import numpy as np

from keras_torch.random.states import GENERATORS, generator_state, restored_generator

_PLAIN = (bool, int, float, str, type(None))


def has_generators(dataset):
    """Whether a dataset draws from a generator of its own.

    >>> has_generators(None)
    False
    """
    return any(isinstance(value, GENERATORS) for value in getattr(dataset, "__dict__", {}).values())


def plain_values(dataset):
    """Name -> value of the attributes that are numbers, texts, booleans or None."""
    values = getattr(dataset, "__dict__", {})
    return {name: value for name, value in values.items() if type(value) in _PLAIN}


def dataset_state(dataset, before=None):
    """What `restore_dataset` needs; see Note [state of datasets].

    Args:
        dataset: the user's object, or None.
        before: `plain_values` of the beginning; None leaves plain values out.

    >>> class Numbers:
    ...     def __init__(self):
    ...         self.order, self.size = [2, 0, 1], 8
    >>> dataset_state(Numbers(), {"size": 8})
    {'order': [2, 0, 1]}
    """
    if hasattr(dataset, "state_dict") and hasattr(dataset, "load_state_dict"):
        return {"own": dataset.state_dict()}
    changed = {} if before is None else {
        name: value for name, value in plain_values(dataset).items() if before.get(name, dataset) != value}
    found = {name: _stored(value) for name, value in getattr(dataset, "__dict__", {}).items()}
    return {**changed, **{name: value for name, value in found.items() if value is not None}}


def _stored(value):
    """An order or a generator as a snapshot takes it; None for everything else."""
    if isinstance(value, GENERATORS):
        return {"generator": generator_state(value)}
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "iuU":
        return value.copy() if value.dtype.kind != "U" else {"names": value.tolist()}
    if isinstance(value, list) and all(type(item) in (int, str) for item in value):
        return list(value)
    return None


def restore_dataset(dataset, state):
    """Gives a dataset back what `dataset_state` told."""
    if "own" in state and hasattr(dataset, "load_state_dict"):
        dataset.load_state_dict(state["own"])
        return
    for name, value in state.items():
        if isinstance(value, dict) and "generator" in value:
            value = restored_generator(getattr(dataset, name, None), value["generator"])
        elif isinstance(value, dict):
            value = np.array(value["names"])
        setattr(dataset, name, value)
