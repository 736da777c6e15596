"""HDF5 as Keras 1, 2 and tf.keras keep weights in (`save_weights("w.h5")`): groups by the layers' names.

    layer_names                       attribute: the model's layers, in order
    dense/  weight_names              attribute of a layer's group: its weights, in order
    dense/dense/kernel                a weight
    top_level_model_weights/          weights that belong to no layer
A whole model (`legacy_model.py`) keeps the same in its group `model_weights`.

# Note [legacy order]
Inside a layer the learned weights come first, then the others. Names of weights differ between generations
and are looked at only to tell the backend of Keras 1. Layers are matched by name where file and model have
the same names, because generations list the layers of branched models in different orders; else by position,
as Keras does.
"""

import dataclasses
import itertools
import math
import posixpath
import re
import warnings

import numpy as np
import torch

from keras_torch.base.files import atomic_write, new_h5
from keras_torch.saving.keras_file import FORMAT_VERSION

MODEL_WEIGHTS = "model_weights"
_TOP = "top_level_model_weights"
_LONGEST = 64512  # bytes that fit into one attribute; longer lists are cut into name0, name1, ...
_UNNAMED = 1000  # layers that share a group, because their names have slashes
_NUMBERS = "fiub"
_BIASES = 2 ** 16  # numbers that an older layout may have more than twice those of today


# ---------------------------------------------------------------------------------------------- names


def _names_of(group, attribute):
    """The attributes that hold a list of names: one, or the pieces of a long list."""
    attributes = group.attributes
    if attribute in attributes:
        return [attribute]
    pieces = (f"{attribute}{number}" for number in itertools.count())
    return list(itertools.takewhile(lambda name: name in attributes, pieces))


def count_names(group, attribute):
    """How many names a list in the attributes of a SafeGroup has; none is read.

    Errors:
        ValueError: it is no list.
    """
    shapes = [group.attributes.get_id(name).shape for name in _names_of(group, attribute)]
    if any(shape is None or len(shape) != 1 for shape in shapes):
        raise ValueError(f"{group.label} is damaged: its attribute {attribute!r} is no list of names.")
    return sum(shape[0] for shape in shapes)


def read_names(group, attribute, most):
    """A list of names in the attributes of a SafeGroup.

    Args:
        group: SafeGroup.
        attribute: such as 'layer_names'.
        most: how many there may be.

    Errors:
        ValueError: more, or no list of names.
    """
    count = count_names(group, attribute)
    if count > most:
        raise ValueError(f"{group.label} is refused: its attribute {attribute!r} has {count} names, where "
                         f"{most} at most can be.")
    found = [name for piece in _names_of(group, attribute) for name in group.attributes[piece]]
    return [as_text(name, group.label, attribute) for name in found]


def as_text(value, label, attribute):
    """An attribute's text, which files hold as bytes or as text.

    >>> as_text(b"dense", "w.h5", "layer_names")
    'dense'
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        raise ValueError(f"{label} is damaged: its attribute {attribute!r} holds {type(value).__name__} "
                         "where text belongs.")
    return str(value)


def write_names(group, attribute, names):
    """Writes a list of names into the attributes of an h5py group, in pieces where it is long."""
    encoded = np.array([name.encode("utf-8") for name in names])  # empty: float64, as Keras has it
    count = 1
    while any(piece.nbytes > _LONGEST for piece in np.array_split(encoded, count)):
        count += 1
    if count == 1:
        group.attrs[attribute] = encoded
        return
    for number, piece in enumerate(np.array_split(encoded, count)):
        group.attrs[f"{attribute}{number}"] = piece


def child(group, name):
    """The group of that path; a ValueError that names the file where there is none."""
    try:
        return group.group(name)
    except KeyError as error:
        raise ValueError(f"{group.label} is damaged: {error.args[0]}") from error


def weights_group(file):
    """The SafeGroup with the layers of a legacy file; None for files of another layout."""
    if _names_of(file, "layer_names"):
        return file
    if not file.has(MODEL_WEIGHTS):
        return None
    try:
        inner = file.group(MODEL_WEIGHTS)
    except ValueError:  # a dataset of that name
        return None
    return inner if _names_of(inner, "layer_names") else None


# ---------------------------------------------------------------------------------------------- writing


def save_weights(model, path):
    """Writes a model's weights to an HDF5 file of Keras 2's layout, atomically.

    Args:
        model: a built model.
        path: the file.

    Errors:
        ValueError: two layers of one name.
    """
    check_layer_names(model)
    with atomic_write(path) as temporary, new_h5(temporary) as file:
        write_weights(model, file)


def check_layer_names(model):
    """Refuses a model in which two layers have one name, which subclassed models may.

    Errors:
        ValueError: the name is told.
    """
    names = [layer.name for layer in model.layers]
    for name in names:
        if names.count(name) > 1 or name == _TOP:
            raise ValueError(f"{model.label} cannot be written as HDF5 of Keras 2, which stores layers by "
                             f"name: the name {name!r} is taken twice. Rename one (name=...), or save to a "
                             "'.keras' or '.weights.h5' file.")


def write_weights(model, group):
    """Writes the weights of all layers into an open h5py group."""
    write_names(group, "layer_names", [layer.name for layer in model.layers])
    group.attrs["backend"] = np.bytes_("torch")
    group.attrs["keras_version"] = np.bytes_(FORMAT_VERSION)
    for layer in model.layers:
        write_arrays(group.require_group(layer.name), _legacy_order(layer))
    write_arrays(group.require_group(_TOP), _outside_layers(model))


def write_arrays(group, weights):
    """Writes weights into a group under their paths, and the list of these."""
    names = _free_paths(weights)
    write_names(group, "weight_names", names)
    for name, weight in zip(names, weights):
        group[name] = _array(weight)


def _free_paths(weights):
    """A path for each weight, none of which is another's or lies inside another's."""
    leaves, folders, found = set(), set(), []
    for number, weight in enumerate(weights):
        path = getattr(weight, "path", None) or f"weight_{number}"
        path = "/".join(part for part in path.split("/") if part.strip(".")) or f"weight_{number}"
        while path in leaves | folders or any(parent in leaves for parent in _parents(path)):
            path += f"_{number}"
        leaves.add(path)
        folders.update(_parents(path))
        found.append(path)
    return found


def _parents(path):
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _array(weight):
    if not isinstance(weight, torch.Tensor):  # the count and the rate of an optimizer
        return weight.numpy()
    value = weight.detach().cpu().as_subclass(torch.Tensor)
    return (value.float() if value.dtype == torch.bfloat16 else value).numpy()


def _legacy_order(layer):
    """A layer's weights; see Note [legacy order]."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _outside_layers(model):
    """The weights of a model that are in none of its layers: own ones, and those of native modules."""
    inside = {id(weight) for layer in model.layers for weight in layer.weights}
    return [weight for weight in _legacy_order(model) if id(weight) not in inside]


# ---------------------------------------------------------------------------------------------- reading


def read_weights(model, group, path, by_name=False, skip_mismatch=False):
    """Sets the weights of a built model from a legacy file; all are checked before any is set.

    Args:
        model: the model.
        group: SafeGroup, see `weights_group`.
        path: what errors call the file.
        by_name: whether layers are matched by name and all others left alone.
        skip_mismatch: whether weights that do not fit are left out.

    Returns:
        list: a sentence for each weight or layer that was left out.

    Errors:
        ValueError: the file does not fit the model, or does not tell which way its kernels lie.
    """
    pairs = _pairs_by_name(model, group, path) if by_name else _pairs(model, group, path)
    reader = _Reader(path, writer_of(group), skip_mismatch, by_name)
    for pair in pairs:
        reader.read(*pair)
    with torch.no_grad():
        for weight, value in reader.plan:
            weight.copy_(value)
    return reader.skipped


def stored_layers(model, group, path):
    """(layer, name, group) for each layer that has weights, in the file's order; see Note [legacy order].

    Errors:
        ValueError: another number of layers.
    """
    names = [name for name in _layer_names(group) if count_names(child(group, name), "weight_names")]
    layers = _with_weights(model.layers)
    if len(names) != len(layers):
        layers = _with_weights(_flattened(model.layers))
    known = {layer.name: layer for layer in layers}
    if len(names) != len(layers):
        known = {layer.name: layer for layer in _with_weights(model.layers)}
        raise ValueError(f"{path!r} holds {len(names)} layer(s) with weights ({_listed(names)}), where "
                         f"{model.label} has {len(known)} ({_listed(known)}). The file belongs to a model "
                         "of another architecture; load_weights(by_name=True) loads the layers of both.")
    if set(names) == known.keys():
        layers = [known[name] for name in names]
    return [(layer, name, child(group, name)) for layer, name in zip(layers, names)]


def _with_weights(layers):
    return [layer for layer in layers if layer.weights]


def _flattened(layers):
    """Keras 1 lists the layers of the branches that a Merge at the start of a Sequential joins, each once."""
    found = []
    for layer in layers[:1]:
        for branch in getattr(layer, "layers", None) or [layer]:
            found += _flattened(branch.layers) if hasattr(branch, "layers") else [branch]
    return list({id(layer): layer for layer in [*found, *layers[1:]]}.values())


def _pairs(model, group, path):
    """(label, layer, weights, group) for each layer that has weights."""
    pairs = [(_label(layer, name), layer, _legacy_order(layer), stored)
             for layer, name, stored in stored_layers(model, group, path)]
    return pairs + _top_pair(model, group)


def _pairs_by_name(model, group, path):
    known = {layer.name: layer for layer in [*_flattened(model.layers), *model.layers]}
    pairs = [(_label(known[name], name), known[name], _legacy_order(known[name]), child(group, name))
             for name in _layer_names(group) if name in known]
    if not any(weights for _, _, weights, _ in pairs):
        warnings.warn(f"load_weights(by_name=True): no layer with weights has a name of {path!r}, so nothing "
                      f"was loaded. The file's: {_listed(_layer_names(group))}. The model's: "
                      f"{_listed(known)}.",
                      stacklevel=5)
    return pairs + [pair for pair in _top_pair(model, group) if pair[3] is not None
                    and count_names(pair[3], "weight_names")]


def _top_pair(model, group):
    own = _outside_layers(model)
    stored = child(group, _TOP) if group.has(_TOP) else None
    return [(f"{model.label} (its own weights)", None, own, stored)] if own or stored is not None else []


def _layer_names(group):
    return read_names(group, "layer_names", len(group.names()) + _UNNAMED)


def _label(layer, name):
    return layer.label if layer.name == name else f"{layer.label} (stored as {name!r})"


def _listed(names):
    names = list(names)
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") or "none"


class _Reader:
    """Collects what is to be set: `plan`, pairs of a weight and its value, and sentences about the rest."""

    def __init__(self, path, writer, skip_mismatch, skip_counts):
        self.path, self.writer = path, writer
        self.skip_mismatch, self.skip_counts = skip_mismatch, skip_counts
        self.plan, self.skipped = [], []

    def read(self, label, layer, weights, stored):
        """One layer; `layer` is None for weights that belong to none."""
        names = [] if stored is None else read_names(
            stored, "weight_names", count_names(stored, "weight_names"))
        datasets = [_dataset(stored, name) for name in names]
        shapes = [tuple(weight.shape) for weight in weights]
        if layer is not None and datasets and not (
                self.writer.is_plain and shapes == [tuple(one.shape) for one in datasets]):
            values = self._converted(layer, shapes, datasets)
            if values is not None:
                self.plan += zip(weights, values)
                return
        self._read_plain(label, weights, datasets, names)

    def _converted(self, layer, shapes, datasets):
        """The values of an older layout; None where that does not give the layer's shapes."""
        if sum(map(math.prod, (one.shape for one in datasets))) > 2 * sum(map(math.prod, shapes)) + _BIASES:
            return None
        _refuse_unknown_kernels(self.writer, layer, self.path)
        try:
            values = layer.convert_stored([np.asarray(one[()]) for one in datasets], self.writer.version,
                                          self.writer.backend)
        except ValueError:  # the caller tells which shapes there are
            return None
        if [value.shape for value in values] != shapes:
            return None
        return [torch.as_tensor(np.ascontiguousarray(value)) for value in values]

    def _read_plain(self, label, weights, datasets, names):
        """Array by array, as they are."""
        if len(datasets) != len(weights):
            problem = f"{self.path!r} holds {len(datasets)} weight(s) for {label}, which has {len(weights)}."
            if not (self.skip_mismatch and self.skip_counts):
                raise ValueError(f"{problem} The file belongs to a model of another architecture.")
            self.skipped.append(problem)
            return
        for weight, dataset, name in zip(weights, datasets, names):
            if tuple(dataset.shape) == tuple(weight.shape) and self.writer.is_plain:
                self.plan.append((weight, torch.as_tensor(np.asarray(dataset[()]))))
                continue
            problem = (f"{label}: its weight {getattr(weight, 'path', None) or name!r} has shape "
                       f"{tuple(weight.shape)}, that in {self.path!r} has {tuple(dataset.shape)}.")
            if not self.skip_mismatch:
                raise ValueError(f"{problem} The file belongs to a model of another architecture, and no "
                                 "weight was changed; skip_mismatch=True leaves such weights out.")
            self.skipped.append(problem)


def _dataset(group, name):
    """The dataset of that path, not read; it holds numbers."""
    parent, leaf = posixpath.split(name)
    try:
        dataset = child(group, parent).dataset(leaf)
    except KeyError as error:
        raise ValueError(f"{group.label} is damaged: {error.args[0]}") from error
    if dataset.dtype.kind not in _NUMBERS:
        raise ValueError(f"{dataset.name} in {group.label} holds {dataset.dtype}, where numbers belong.")
    return dataset


def shape_of(group, name):
    """The declared shape of the array of that path."""
    return tuple(_dataset(group, name).shape)


def shapes_of(group):
    """The names and declared shapes of a layer's arrays, in order."""
    names = read_names(group, "weight_names", count_names(group, "weight_names"))
    return [(name, shape_of(group, name)) for name in names]


def read_array(group, name, shapes):
    """The array of that path, whose declared shape must be one of `shapes` before it is read.

    Errors:
        ValueError: another shape.
    """
    dataset = _dataset(group, name)
    if tuple(dataset.shape) not in shapes:
        raise ValueError(f"it holds {name!r} of shape {tuple(dataset.shape)}, which does not belong there.")
    return np.asarray(dataset[()])


# ---------------------------------------------------------------------------------------------- generations


@dataclasses.dataclass(frozen=True)
class Writer:
    """Who wrote a group of layers.

    Args:
        version: of Keras; '1' where the file does not tell, as Keras 1 did not.
        backend: 'tensorflow', 'theano', ...; None where it is unknown.
    """

    version: str
    backend: str | None

    @property
    def is_plain(self):
        """Whether arrays lie in the file as they are today; see Note [older weights] of the layers."""
        return not self.version.startswith("1") and self.backend != "theano"


def version_of(group):
    """(version, backend) that wrote a group of layers; Keras 1 did not tell: '1' and None."""
    attributes, found = group.attributes, []
    for name in ("keras_version", "backend"):
        found.append(as_text(attributes[name], group.label, name) if name in attributes else None)
    return found[0] or "1", found[1]


def writer_of(group):
    """The `Writer` of a group of layers.

    Notes:
        Keras 1 did not tell its backend, but TensorFlow's names of variables end in ':0', Theano's do not.
    """
    version, backend = version_of(group)
    if backend is None and version.startswith("1"):
        names = [name for layer in _layer_names(group)
                 for name in read_names(child(group, layer), "weight_names", _UNNAMED)]
        if any(name.endswith(":0") for name in names):
            backend = "tensorflow"
        elif any(re.search(r"_W(_[a-z]+)?$", name) for name in names):
            backend = "theano"
    return Writer(version, backend)


def _refuse_unknown_kernels(writer, layer, path):
    """Refuses convolution kernels of Keras 1 when the names in the file do not tell the backend."""
    if writer.backend is None and writer.version.startswith("1") and any(
            "convolution" in getattr(one, "stored_form", "") for one in layer.modules()):
        raise ValueError(f"{path!r} was written by Keras 1 and does not tell its backend, of which Theano "
                         "turned convolution kernels round. They are not read, and no weight was changed. "
                         "Load the file with Keras 2, and save it again.")
