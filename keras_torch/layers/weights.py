"""The weights of a layer: making, naming, listing, reading and setting them."""

import numpy as np
import torch

from keras_torch import constraints, initializers, regularizers
from keras_torch.base import budget, scopes, settings
from keras_torch.base.checks import fail, is_integer
from keras_torch.base.configurable import is_house_class
from keras_torch.base.dtypes import DTypePolicy, dtype_name, torch_dtype
from keras_torch.base.variable import StateVariable, Variable, label, labels_of
from keras_torch.layers import stored_weights


class LayerWeights:
    """Mix-in of `Layer`: everything about its weights. Own weights first, then those of inner layers."""

    stored_form = "plain"  # how older files keep the weights; see `stored_weights`

    def add_weight(self, *args, **kwargs):
        """Makes a weight and registers it.

        Args:
            shape: tuple of sizes; () for a single number.
            initializer: name, object or function (shape, dtype) -> tensor; default 'glorot_uniform' ('zeros'
                for integers).
            dtype: number type; default the layer's.
            trainable: whether training changes it; False makes a buffer.
            autocast: kept for Keras 3; weights are cast by the computation, True is the only value.
            regularizer: penalty on the weight, added to the loss.
            constraint: function applied after each optimizer step.
            aggregation: kept for Keras 3 distribution, 'none' or 'mean'.
            name: name inside the layer.

        Returns:
            Variable (or StateVariable when not trainable).

        Errors:
            ValueError: unknown sizes or names.

        Notes:
            Keras 2's order `add_weight(name, shape, dtype, initializer, ...)` is understood when the first
            argument is a string.
        """
        if args and isinstance(args[0], str):
            order = ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint")
        else:
            order = ("shape", "initializer", "dtype", "trainable", "autocast", "regularizer", "constraint",
                     "aggregation", "name")
        return self._new_weight(**dict(zip(order, args)), **kwargs)

    add_variable = add_weight

    def _new_weight(self, shape=(), initializer=None, dtype=None, trainable=True, autocast=True,
                    regularizer=None, constraint=None, aggregation="none", name=None, partitioner=None,
                    use_resource=None, synchronization=None, layout=None):
        if autocast is not True or partitioner is not None or synchronization is not None:
            fail(self.label, "autocast, partitioner, synchronization",
                 (autocast, partitioner, synchronization), "left alone: weights are plain torch parameters")
        shape = self._weight_shape(shape, name)
        dtype = torch_dtype(dtype or self.variable_dtype)
        if initializer is None:
            initializer = "glorot_uniform" if dtype.is_floating_point else "zeros"
        budget.charge(shape, dtype.itemsize, self.label)
        value = _initial_value(initializers.get(initializer), shape, dtype, self._weight_device(), layout)
        name = name or "weight"
        labels = {"_name": name, "_path": self._path_of(name), "_trainable": bool(trainable),
                  "constraint": constraints.get(constraint), "regularizer": regularizers.get(regularizer)}
        if trainable and dtype.is_floating_point:
            weight = label(Variable._wrap(value, bool(self.trainable)), **labels)
            self._parameters[self._free_key(name)] = weight
        else:
            weight = label(StateVariable(value), **labels)
            self._buffers[self._free_key(name)] = weight
        return weight

    def make_weight(self, name, shape, trainable=True, dtype=None, layout=None, initializer=None):
        """Makes the weight `name` by the arguments `<name>_initializer`, `_regularizer` and `_constraint`.

        Args:
            name: attribute under which it is registered, such as 'kernel'.
            shape: tuple of sizes.
            trainable: False makes a buffer.
            dtype: number type; default the layer's.
            layout: 'convolution' stores (k..., in, out) so that the convolution takes it without a copy.
            initializer: used when there is no `<name>_initializer`.
        """
        weight = self._new_weight(
            shape, initializer=getattr(self, f"{name}_initializer", initializer), dtype=dtype,
            trainable=trainable, regularizer=getattr(self, f"{name}_regularizer", None),
            constraint=getattr(self, f"{name}_constraint", None), name=name, layout=layout)
        setattr(self, name, weight)
        return weight

    def _weight_shape(self, shape, name):
        shape = (shape,) if is_integer(shape) else tuple(shape if shape is not None else ())
        if not all(is_integer(size) and size >= 0 for size in shape):
            fail(self.label, "shape", shape, f"made of known sizes to make the weight {name!r}",
                 "Give the input its full shape, or build the layer with build(input_shape).")
        return tuple(int(size) for size in shape)

    def _weight_device(self):
        return self._build_device or settings.default_device()

    def _path_of(self, name):
        scope = scopes.current_path()
        return "/".join(part for part in (scope, self.name, name) if part)

    def _free_key(self, name):
        """A registration key: the weight's name where it is free, else the name with a number."""
        key = base = name.replace(".", "_").replace("/", "_").replace(":", "_")
        count = 1
        while key in self._parameters or key in self._buffers or key in self._modules or \
                isinstance(getattr(type(self), key, None), property) or \
                callable(getattr(type(self), key, None)):
            key, count = f"{base}_{count}", count + 1
        self._provisional.add(key)
        return key

    def _forget_provisional(self, weight):
        """Takes a weight out of the key that add_weight chose: it gets the attribute's name now."""
        for key in list(self._provisional):
            for table in (self._parameters, self._buffers):
                if table.get(key) is weight:
                    del table[key]
                    self._provisional.discard(key)

    def _own_weights(self):
        own = [weight for weight in self._parameters.values() if weight is not None]
        return own + [state for name, state in self._buffers.items()
                      if state is not None and name not in self._non_persistent_buffers_set]

    def _weight_sources(self):
        """Child modules in the order in which their weights are listed."""
        return self._modules.values()

    @property
    def weights(self):
        """All weights and states: own ones first, then those of inner layers; shared ones once."""
        found = {}
        _collect(self, found)
        return list(found.values())

    variables = weights

    @property
    def trainable_weights(self):
        """The weights that training changes now (none when the layer is frozen)."""
        return [weight for weight in self.weights
                if isinstance(weight, torch.nn.Parameter) and weight.requires_grad]

    @trainable_weights.setter
    def trainable_weights(self, weights):
        """Keras 1's way to say which variables of `build` are learned; all others of the layer are frozen."""
        own, learned = {id(weight) for weight in self._own_weights()}, {id(weight) for weight in weights}
        for weight in weights:
            if not isinstance(weight, Variable):
                fail(self.label, "trainable_weights", weight, "a list of variables", "Use add_weight().")
            if id(weight) not in own:
                self._parameters[self._free_key(weight.name)] = weight
        for weight in self._parameters.values():
            if weight is not None and id(weight) not in learned:
                label(weight.requires_grad_(False), _trainable=False)

    _trainable_weights = trainable_weights

    @property
    def non_trainable_weights(self):
        """Frozen weights, moving statistics and counters."""
        trainable = {id(weight) for weight in self.trainable_weights}
        return [weight for weight in self.weights if id(weight) not in trainable]

    @property
    def trainable_variables(self):
        """As `trainable_weights`."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self):
        """As `non_trainable_weights`."""
        return self.non_trainable_weights

    @property
    def trainable(self):
        """Whether training changes this layer; setting it sets all inner layers and `requires_grad`."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        value = bool(value)
        for module in self.modules():
            if isinstance(module, LayerWeights):
                module.__dict__["_trainable"] = value
            for weight in module._parameters.values():
                if weight is not None:
                    weight.requires_grad_(value and getattr(weight, "_trainable", True)
                                          and weight.is_floating_point())

    def count_params(self):
        """Number of values in all weights.

        Errors:
            ValueError: the layer has no weights yet.
        """
        if not self.built:
            raise ValueError(f"{self.label} is not built, so its weights cannot be counted. Call it on data, "
                             "or build it with build(input_shape).")
        return sum(weight.numel() for weight in self.weights)

    def get_weights(self):
        """Copies of all weights as numpy arrays, in the order of `weights`."""
        return [_to_numpy(weight) for weight in self.weights]

    def set_weights(self, weights):
        """Sets all weights from arrays in the order of `weights`; all are checked before any changes.

        Errors:
            ValueError: another number of arrays, or an array of another shape.
        """
        own, values = self.weights, list(weights)
        if len(values) != len(own):
            shapes = ", ".join(str(tuple(weight.shape)) for weight in own[:8])
            raise ValueError(f"{self.label}: set_weights() needs {len(own)} arrays "
                             f"({shapes}{', ...' if len(own) > 8 else ''}); got {len(values)}."
                             + ("" if self.built else " The layer is not built: call it first."))
        tensors = [value.detach() if isinstance(value, torch.Tensor) else torch.as_tensor(np.asarray(value))
                   for value in values]
        for weight, value in zip(own, tensors):
            if tuple(weight.shape) != tuple(value.shape):
                raise ValueError(f"{self.label}: the weight "
                                 f"{getattr(weight, 'path', 'of a native module')!r} has shape "
                                 f"{tuple(weight.shape)}; set_weights() got {tuple(value.shape)}. "
                                 "No weight was changed.")
        with torch.no_grad():
            for weight, value in zip(own, tensors):
                weight.copy_(value)

    def _apply(self, fn, recurse=True):
        """Moves weights as torch does, then labels what torch replaced; the policy follows `.double()`."""
        labels = [(table, name, labels_of(weight), type(weight))
                  for table in (self._parameters, self._buffers)
                  for name, weight in table.items() if isinstance(weight, (Variable, StateVariable))]
        super()._apply(fn, recurse)
        for table, name, kept, cls in labels:
            if not isinstance(table[name], cls):
                weight = table[name]
                table[name] = cls._wrap(weight.detach(), weight.requires_grad)
            label(table[name], **kept)
        self._follow_dtype(fn)
        return self

    def _follow_dtype(self, fn):
        before = torch_dtype(self.variable_dtype)
        after = fn(torch.empty(0, dtype=before)).dtype
        if after != before:
            self._set_policy(DTypePolicy(dtype_name(after)))

    def convert_stored(self, arrays, version, backend=None):
        """Arrays of an older file as this layer's weights are today, learned ones first.

        Args:
            arrays: list of numpy arrays, in the file's order.
            version: the Keras that wrote them.
            backend: its backend, None where it is unknown.

        Errors:
            ValueError: arrays that are not what such a layer has.
        """
        return stored_weights.converted(self, arrays, stored_weights.Origin(version, backend))

    def take_stored(self, waiting, version, backend=None):
        """As `convert_stored`, for the learned weights alone; their arrays are taken out of the list."""
        return stored_weights.taken(self, waiting, stored_weights.Origin(version, backend))

    def save_own_variables(self, store):
        """Puts this layer's own weights (not those of inner layers) into `store` under '0', '1', ..."""
        for index, weight in enumerate(self._own_weights()):
            store[str(index)] = _to_numpy(weight)

    def load_own_variables(self, store):
        """Takes this layer's own weights from `store`; shapes are checked before anything changes."""
        own = self._own_weights()
        if len(store.keys()) != len(own):
            raise ValueError(f"{self.label} has {len(own)} weights of its own; the file holds "
                             f"{len(store.keys())}. It belongs to a model of another architecture.")
        values = [np.asarray(store[str(index)]) for index in range(len(own))]
        for weight, value in zip(own, values):
            if tuple(weight.shape) != tuple(value.shape):
                raise ValueError(f"{self.label}: the weight {weight.path!r} has shape {tuple(weight.shape)}; "
                                 f"the file holds {tuple(value.shape)}.")
        with torch.no_grad():
            for weight, value in zip(own, values):
                weight.copy_(torch.as_tensor(value))


def _collect(module, found):
    """Weights of a module (Keras's or native) and of its children, by id."""
    own = module._own_weights() if isinstance(module, LayerWeights) else \
        [w for w in module._parameters.values() if w is not None] + \
        [b for name, b in module._buffers.items()
         if b is not None and name not in module._non_persistent_buffers_set]
    for weight in own:
        found.setdefault(id(weight), weight)
    children = module._weight_sources() if isinstance(module, LayerWeights) else module._modules.values()
    for child in children:
        if child is not None:
            _collect(child, found)


def _to_numpy(weight):
    value = weight.detach().cpu().as_subclass(torch.Tensor)
    return (value.float() if value.dtype == torch.bfloat16 else value).numpy().copy()


def _initial_value(initializer, shape, dtype, device, layout):
    """The start value on its device; `layout='convolution'` orders the memory (out, k..., in)."""
    if is_house_class(type(initializer)):
        value = initializer.in_layout(layout)(shape, dtype=dtype, device=device)
    else:  # a user's function (shape, dtype)
        value = torch.as_tensor(initializer(shape, dtype=dtype), dtype=dtype, device=device)
    value = value.detach()
    if layout == "convolution":
        order = (len(shape) - 1, *range(len(shape) - 1))
        back = (*range(1, len(shape)), 0)
        value = value.permute(order).contiguous().permute(back)
    return value
