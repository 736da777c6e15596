"""The optimizer's state in a weights file: `optimizer/vars/0, 1, ...` in Keras 3's order."""

import warnings

import numpy as np


def write_optimizer(optimizer, file):
    """Writes an optimizer's variables into an open HDF5 file.

    Args:
        optimizer: a Keras optimizer; one that made no step yet has only its count and learning rate.
        file: h5py.File.
    """
    store = {}
    optimizer.save_own_variables(store)
    group = file.require_group("optimizer/vars")
    for name, value in store.items():
        group[name] = value


def read_optimizer(optimizer, file, source):
    """Sets a built optimizer's variables from a file that holds them; all or nothing.

    Args:
        optimizer: a built Keras optimizer.
        file: SafeGroup.
        source: what the warning calls the file.

    Notes:
        State that does not fit (layers were frozen since compile()) is left out with a warning, as in Keras.
    """
    if holds_state(file):
        restore(optimizer, lambda: _arrays(optimizer, file.group("optimizer/vars")), source)


def restore(optimizer, read, source, put=None):
    """Sets a built optimizer's variables; where they do not fit, a warning says that they were left out.

    Args:
        optimizer: a built Keras optimizer.
        read: function that returns a dict, "0", "1", ... -> array, or what `put` takes, or raises ValueError.
        source: what the warning calls the file.
        put: the function that takes what was read; default the optimizer's `load_own_variables`.
    """
    rate = getattr(optimizer, "learning_rate", None)  # a MultiOptimizer has none
    try:
        (put or optimizer.load_own_variables)(read())
    except ValueError as error:
        warnings.warn(f"The optimizer's state in {source!r} does not fit and was left out: {error} The "
                      "weights were loaded; compile with the same optimizer to go on as before.",
                      stacklevel=5)
        return
    if rate is None:
        return
    if np.float32(optimizer.learning_rate) == np.float32(rate) and optimizer.learning_rate != rate:
        optimizer.learning_rate = float(rate)  # the file rounds it to single precision


def holds_state(file):
    """Whether a SafeGroup holds variables of an optimizer."""
    if not file.has("optimizer") or not file.group("optimizer").has("vars"):
        return False
    return len(file.group("optimizer/vars").names()) > 0


def _arrays(optimizer, group):
    """The arrays of a group; each must have a shape that the optimizer knows, before it is read."""
    known = {()} | optimizer.expected_shapes()
    found = {}
    for name in group.names():
        shape = tuple(group.dataset(name).shape)
        if shape not in known:
            raise ValueError(f"it holds a variable of shape {shape}, which {optimizer.name!r} does not have.")
        found[name] = group.read(name, shape)
    return found
