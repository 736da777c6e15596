"""`.weights.h5`: weights by the path of the object tree, as Keras 3 and tf_keras 2.12+ write them.

    layers/dense/vars/0        own weights of an object, in order
    layers/lstm/cell/vars/0    inner objects by attribute
Members of lists, and the layers of functional and Sequential models, are named by their class in snake case,
made unique in container order (`dense`, `dense_1`), never by their own name.

# Note [order of attributes]
An object is stored where it is met first, and Keras 3 meets attributes in alphabetical order, private ones
last. A subclassed model's `layers` is one of them: `head` has its own group, while a dict of layers called
`table` comes after `layers` and is found there. tf_keras takes `layers` before all other attributes, and does
not count the layers in dicts as `layers`. Both orders are read; Keras 3's is written.
"""

import os
import warnings

import torch

from keras_torch.base.files import atomic_write, new_h5, open_h5_safely
from keras_torch.base.names import to_snake_case
from keras_torch.base.tracking import has_members
from keras_torch.saving.optimizer_state import holds_state, read_optimizer, write_optimizer


def walk(model, layers_first=False):
    """(path, object) for each object of a model that may own weights, each object once.

    Args:
        model: the model.
        layers_first: tf_keras's order and names; see Note [order of attributes].

    Notes:
        An object is a Layer, a native module or another holder of weights (`save_own_variables`).
    """
    yield from _walk(model, "", set(), layers_first)


def _walk(holder, path, seen, layers_first):
    if id(holder) in seen:
        return
    seen.add(id(holder))
    yield path, holder
    for name, child in _children(holder, layers_first):
        inner = f"{path}/{name}" if path else name
        members = _members(child) if isinstance(child, (list, tuple, dict)) else [("", child)]
        for member_name, member in members:
            yield from _walk(member, f"{inner}/{member_name}".rstrip("/"), seen, layers_first)


def _children(holder, layers_first):
    """(attribute name, layer or container of layers), in the order in which Keras visits them."""
    found = [(name, holder.__dict__.get(name, child)) for name, child in holder._modules.items()
             if child is not None]
    found = [(_TF_NAMES.get(name, name) if layers_first else name, child) for name, child in found
             if isinstance(child, torch.nn.Module) or has_members(child)]
    lists_its_layers = getattr(holder, "_graph", None) is not None or hasattr(holder, "_stack")
    if lists_its_layers:
        first = getattr(holder, "_input_layer", None)
        listed = ([] if first is None else [first]) + holder.layers
        ids = {id(layer) for layer in listed}
        return [("layers", listed), *_sorted([(name, child) for name, child in found
                                              if id(child) not in ids])]
    if not hasattr(holder, "get_layer"):
        return _sorted(found)
    if not layers_first:
        return _sorted([*found, ("layers", holder.layers)])
    in_dicts = {id(layer) for _, child in found if isinstance(child, dict) for layer in child.values()}
    return [("layers", [layer for layer in holder.layers if id(layer) not in in_dicts]), *_sorted(found)]


_TF_NAMES = {f"{name}_dense": f"_{name}_dense" for name in ("query", "key", "value", "output")}


def _sorted(children):
    """By name, private ones last."""
    return sorted(children, key=lambda item: "~" + item[0] if item[0].startswith("_") else item[0])


def _members(container):
    """(unique name, object) for each module in a list, tuple or dict; inner ones are called `container`."""
    counts = {}
    for item in container.values() if isinstance(container, dict) else container:
        is_container = isinstance(item, (list, tuple, dict))
        if not is_container and not isinstance(item, torch.nn.Module):
            continue
        base = "container" if is_container else to_snake_case(_class_name(item))
        count = counts.get(base, 0)
        counts[base] = count + 1
        name = f"{base}_{count}" if count else base
        if is_container:
            yield from ((f"{name}/{inner}", member) for inner, member in _members(item))
        else:
            yield name, item


def _class_name(item):
    return getattr(item, "saved_class_name", type(item).__name__)


def _own_variables(holder):
    """Name -> array of what an object owns itself."""
    store = {}
    if hasattr(holder, "save_own_variables"):
        holder.save_own_variables(store)
        return store
    own = [w for w in holder._parameters.values() if w is not None] + \
        [b for name, b in holder._buffers.items() if b is not None
         and name not in holder._non_persistent_buffers_set]
    return {str(index): weight.detach().cpu().numpy() for index, weight in enumerate(own)}


def need_weights(model, purpose):
    """Raises for a model that is not built.

    Args:
        model: the model.
        purpose: completes "it has no weights ...".
    """
    if not model.built:
        raise ValueError(f"{model.label} is not built, so it has no weights {purpose}. Call it on data, or "
                         "build it with build(input_shape).")


def save_weights(model, filepath, overwrite=True):
    """Writes a model's weights (and its built optimizer's state) atomically.

    Errors:
        ValueError: a model whose weights do not exist yet.
        FileExistsError: the file exists and `overwrite` is False.
    """
    path = os.fspath(filepath)
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{path!r} exists already. Pass overwrite=True, or choose another name.")
    need_weights(model, "to save")
    with atomic_write(path) as temporary, new_h5(temporary) as file:
        write_tree(model, file)


def write_tree(model, file, with_optimizer=True):
    """Writes the weights of all objects of a model, and its optimizer's state, into an open HDF5 file."""
    for where, holder in walk(model):
        _write_own(file, f"{where}/vars" if where else "vars", _own_variables(holder))
    optimizer = _optimizer_of(model) if with_optimizer else None
    if optimizer is not None and optimizer.built:
        write_optimizer(optimizer, file)


def _write_own(file, where, store):
    group = file.require_group(where)
    for name, value in store.items():
        group[name] = value


def _optimizer_of(model):
    """The optimizer of a compiled model when it knows how to store its state, else None."""
    optimizer = getattr(model, "optimizer", None)
    stores = hasattr(optimizer, "save_own_variables")  # torch's own optimizers may not
    return optimizer if stores and getattr(model, "compiled", False) else None


def load_weights(model, filepath, skip_mismatch=False):
    """Reads a model's weights; all are checked before any is set.

    Errors:
        FileNotFoundError: no such file.
        ValueError: a weight is missing or has another shape (unless `skip_mismatch`), or a model that is not
            built.
    """
    path = os.fspath(filepath)
    need_weights(model, "to load into")
    with open_h5_safely(path) as file:
        skipped = read_tree(model, file, path, skip_mismatch)
    warn_of_skipped(skipped)


def warn_of_skipped(skipped):
    """Names what `load_weights(skip_mismatch=True)` left out, if anything."""
    if skipped:
        warnings.warn("load_weights(skip_mismatch=True) left out: " + "; ".join(skipped), stacklevel=4)


def read_tree(model, file, path, skip_mismatch=False):
    """Reads the weights of all objects of a model from a SafeGroup; all are checked before any is set.

    The optimizer's state is read too when the model is compiled and the file has one.

    Returns:
        list: a sentence for each object that was left out (with `skip_mismatch`).
    """
    plan, skipped = _planned(model, file, path, skip_mismatch)
    _read_optimizer(model, file, path)  # all or nothing by itself, and before any weight is changed
    for holder, store in plan:
        _set_own(holder, store)
    return skipped


def _planned(model, file, path, skip_mismatch):
    """([(object, its arrays)], what was left out), by the order of attributes that fits the file."""
    plans, first = [], None
    for layers_first in (False, True):
        plan, skipped = [], []
        try:
            for where, holder in walk(model, layers_first):
                store, problem = _read_or_skip(file, where, _own_variables(holder), path, skip_mismatch)
                plan.append((holder, store))
                skipped += [f"{where}: {problem}"] if problem else []
        except ValueError as error:
            first = first or error
            continue
        plans.append((plan, skipped))
        if not skipped:
            break
    if not plans:
        raise first
    plan, skipped = min(plans, key=lambda found: len(found[1]))
    return [(holder, store) for holder, store in plan if store], skipped


def _read_or_skip(file, where, wanted, path, skip_mismatch):
    try:
        return _read(file, where, wanted, path), None
    except ValueError as error:
        if not skip_mismatch:
            raise
        return {}, error


def _read_optimizer(model, file, path):
    optimizer = _optimizer_of(model)
    if optimizer is None or not holds_state(file):
        return
    if not optimizer.built:
        optimizer.build(model.trainable_weights)
    read_optimizer(optimizer, file, path)


def _read(file, where, wanted, path):
    """The arrays of one object, or an error that names what does not fit."""
    group = file
    for name in [part for part in f"{where}/vars".split("/") if part]:
        if not group.has(name):
            group = None
            break
        group = group.group(name)
    found = len(group.names()) if group is not None else 0
    if not wanted and not found:
        return {}
    if found != len(wanted):
        raise ValueError(f"{path!r} holds {found} weight(s) at {where or 'the top'!r}, where the model has "
                         f"{len(wanted)}. The file belongs to a model of another architecture.")
    return {name: group.read(name, value.shape) for name, value in wanted.items()}


def _set_own(holder, store):
    if hasattr(holder, "load_own_variables"):
        holder.load_own_variables(store)
        return
    own = [w for w in holder._parameters.values() if w is not None] + \
        [b for name, b in holder._buffers.items() if b is not None
         and name not in holder._non_persistent_buffers_set]
    with torch.no_grad():
        for index, weight in enumerate(own):
            weight.copy_(torch.as_tensor(store[str(index)]))
