"""`.weights.h5`: weights by the path of the object tree, as Keras 3 and tf_keras 2.12+ write them.

    layers/dense/vars/0        own weights of an object, in order
    layers/lstm/cell/vars/0    inner objects by attribute
Members of lists, and the layers of functional and Sequential models, are named by their class in snake case, made
unique in container order (`dense`, `dense_1`), never by their own name.
"""

import os
import warnings

import torch

from keras_torch.base.checks import fail
from keras_torch.base.files import atomic_write, open_h5_safely
from keras_torch.base.names import to_snake_case
from keras_torch.base.third_party import need
from keras_torch.base.tracking import TrackedDict, TrackedList, has_members


def _check_name(function, filepath):
    path = os.fspath(filepath)
    if not path.endswith(".weights.h5"):
        fail(function, "filepath", path, "a name that ends in '.weights.h5'",
             "Other formats (.h5, .keras, TensorFlow checkpoints) are not supported here yet.")
    return path


def walk(model):
    """(path, object) for each object of a model that may own weights, each object once.

    Notes:
        An object is a Layer, a native module or another holder of weights (`save_own_variables`).
    """
    yield from _walk(model, "", set())


def _walk(holder, path, seen):
    if id(holder) in seen:
        return
    seen.add(id(holder))
    yield path, holder
    for name, child in _children(holder):
        inner = f"{path}/{name}" if path else name
        if isinstance(child, (list, tuple, dict)):
            for member_name, member in _members(child):
                yield from _walk(member, f"{inner}/{member_name}", seen)
        else:
            yield from _walk(child, inner, seen)


def _children(holder):
    """(attribute name, layer or container of layers); a model's own layers stand under `layers`."""
    if getattr(holder, "_graph", None) is not None or hasattr(holder, "_stack"):  # a model that lists its layers
        layers = ([holder._input_layer] if getattr(holder, "_input_layer", None) is not None else []) + holder.layers
        yield "layers", layers
        listed = {id(layer) for layer in layers}
        rest = [(name, child) for name, child in holder._modules.items() if id(child) not in listed]
    else:
        rest = list(holder._modules.items())
    for name, child in sorted(rest, key=lambda item: item[0]):
        view = holder.__dict__.get(name)
        if isinstance(view, (TrackedList, TrackedDict, tuple)) and has_members(view):
            yield name, view
        elif isinstance(child, torch.nn.Module):
            yield name, child


def _members(container):
    """(unique name, object) for each module in a list, tuple or dict, nested ones flattened in order."""
    counts = {}
    items = container.values() if isinstance(container, dict) else container
    for item in items:
        if isinstance(item, (list, tuple, dict)):
            yield from _members(item)
        elif isinstance(item, torch.nn.Module):
            base = to_snake_case(_class_name(item))
            count = counts.get(base, 0)
            counts[base] = count + 1
            yield (f"{base}_{count}" if count else base), item


def _class_name(item):
    return getattr(item, "saved_class_name", type(item).__name__)


def _own_variables(holder):
    """Name -> array of what an object owns itself."""
    store = {}
    if hasattr(holder, "save_own_variables"):
        holder.save_own_variables(store)
        return store
    own = [w for w in holder._parameters.values() if w is not None] + \
        [b for name, b in holder._buffers.items() if b is not None and name not in holder._non_persistent_buffers_set]
    return {str(index): weight.detach().cpu().numpy() for index, weight in enumerate(own)}


def save_weights(model, filepath, overwrite=True):
    """Writes a model's weights (and its built optimizer's state) atomically.

    Errors:
        ValueError: another ending, or a model whose weights do not exist yet.
        FileExistsError: the file exists and `overwrite` is False.
    """
    path = _check_name("save_weights()", filepath)
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{path!r} exists already. Pass overwrite=True, or choose another name.")
    if not model.built:
        raise ValueError(f"{model.label} is not built, so it has no weights to save. Call it on data, or build it with "
                         "build(input_shape).")
    h5py = need("h5py", "to write weights")
    with atomic_write(path) as temporary, h5py.File(temporary, "w") as file:
        for where, holder in walk(model):
            group = file.require_group(f"{where}/vars" if where else "vars")
            for name, value in _own_variables(holder).items():
                group[name] = value


def load_weights(model, filepath, skip_mismatch=False):
    """Reads a model's weights; all are checked before any is set.

    Errors:
        FileNotFoundError: no such file.
        ValueError: a weight is missing or has another shape (unless `skip_mismatch`), or a model that is not built.
    """
    path = _check_name("load_weights()", filepath)
    if not model.built:
        raise ValueError(f"{model.label} is not built, so it has no weights to load into. Call it on data, or build it "
                         "with build(input_shape).")
    with open_h5_safely(path) as file:
        plan, skipped = [], []
        for where, holder in walk(model):
            wanted = _own_variables(holder)
            try:
                store = _read(file, where, wanted, path)
            except ValueError as error:
                if not skip_mismatch:
                    raise
                skipped.append(f"{where}: {error}")
                continue
            if store:
                plan.append((holder, store))
    for holder, store in plan:
        _set_own(holder, store)
    if skipped:
        warnings.warn("load_weights(skip_mismatch=True) left out: " + "; ".join(skipped), stacklevel=3)


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
        [b for name, b in holder._buffers.items() if b is not None and name not in holder._non_persistent_buffers_set]
    with torch.no_grad():
        for index, weight in enumerate(own):
            weight.copy_(torch.as_tensor(store[str(index)]))
