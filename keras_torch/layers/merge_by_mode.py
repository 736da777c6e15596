"""`Merge`, Keras 1's one layer for all merging, whose `mode` tells how."""

import inspect

from keras_torch.base import custom_objects, settings, tree
from keras_torch.base.checks import Term, fail
from keras_torch.base.serialization import deserialize_keras_object, resolve, serialize_value
from keras_torch.layers.core_layers import Lambda
from keras_torch.layers.layer import Layer
from keras_torch.layers.merging import Add, Average, Concatenate, Dot, Maximum, Multiply

_PLAIN = {"sum": Add, "mul": Multiply, "ave": Average, "max": Maximum}
_MODES = (*_PLAIN, "concat", "dot", "cos")


def _mode(owner, argument, value):
    if not callable(value) and value not in _MODES:
        fail(owner, argument, value, f"one of {', '.join(map(repr, _MODES))} or a function")


class Merge(Layer):
    """Makes one tensor of several in the way that `mode` names.

    Args:
        layers: models (or connected layers) whose outputs are merged: the result is then a model from all
            their inputs to the merged output, for the start of a Sequential. None: a layer to be called.
        mode: 'sum', 'mul', 'ave', 'max', 'concat', 'dot', 'cos' (dot products over lengths), or a function
            of the list of tensors, which may take `mask`.
        concat_axis: axis of mode 'concat'.
        dot_axes: axis, or one for each input, of the modes 'dot' and 'cos'.
        output_shape: of a function: sizes without the batch, or a function of the list of shapes. None: it is
            found by running the function on tensors without values.
        output_mask: of a function: the output's mask, or a function of the list of masks.
        arguments: dict of further arguments of the function.
        node_indices, tensor_indices: only None; give the tensors themselves.

    Errors:
        ValueError: an unknown mode, or inputs that cannot be merged in it.

    Source: Keras 1 Merge; today Add, Multiply, Average, Maximum, Concatenate, Dot and Lambda.

    >>> import torch
    >>> Merge(mode="concat")([torch.ones(1, 2), torch.ones(1, 3)]).shape
    torch.Size([1, 5])
    """

    supports_masking = True
    vocabulary = {"mode": Term(_mode, optional=False), "output_shape": Term(None), "concat_axis": Term(None)}

    def __new__(cls, layers=None, *args, **kwargs):
        if layers is None:
            return super().__new__(cls)
        return _merged_model(layers, cls(None, *args, **kwargs))

    def __init__(self, layers=None, mode="sum", concat_axis=-1, dot_axes=-1, output_shape=None,
                 output_mask=None, arguments=None, node_indices=None, tensor_indices=None, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("node_indices", node_indices), ("tensor_indices", tensor_indices)):
            if value is not None:
                fail(self.label, name, value, "None", "Call the layer on the tensors themselves.")
        del self.layers  # only models have layers
        self.arguments = dict(arguments or {})
        self._given_mask = output_mask
        self._given_shape = tuple(output_shape) if isinstance(output_shape, list) else output_shape
        self._takes_mask = callable(mode) and "mask" in inspect.signature(mode).parameters
        self.__dict__["_way"] = self._chosen()
        self.__dict__["_makes_masks"] = output_mask is not None

    def _chosen(self):
        """The layer that merges so; for 'cos' the one that it divides."""
        if callable(self.mode):
            return Lambda(self.mode, output_shape=self._given_shape, arguments=self.arguments)
        if self.mode == "concat":
            return Concatenate(axis=self.concat_axis)
        if self.mode in ("dot", "cos"):
            return Dot(axes=self.dot_axes)
        return _PLAIN[self.mode]()

    def build(self, input_shape):
        if not callable(self.mode):
            self._way.build(input_shape)

    def call(self, inputs, mask=None):
        if self._takes_mask:
            return self.mode(inputs, mask=mask, **self.arguments)
        if self.mode != "cos":
            return self._way.call(inputs)
        x, y = inputs
        lengths = (self._way.call([x, x]) * self._way.call([y, y])).sqrt().clamp(min=settings.epsilon())
        return (self._way.call([x, y]) / lengths).unsqueeze(1)

    def compute_output_spec(self, inputs, **kwargs):
        """The output as a symbol; see `output_shape`."""
        if self.mode == "cos" or self._takes_mask:
            return super().compute_output_spec(inputs, **kwargs)
        return self._way.compute_output_spec(inputs)

    def compute_mask(self, inputs, mask=None):
        """The masks together; of a function, what `output_mask` says."""
        if callable(self.mode):
            return self._given_mask(mask) if callable(self._given_mask) else self._given_mask
        return self._way.compute_mask(inputs, mask)

    def config_value(self, name):
        """`output_shape` and `output_mask` are kept under other names: those are the layer's properties."""
        given = {"output_shape": self._given_shape, "output_mask": self._given_mask, "layers": None}
        return serialize_value(given[name]) if name in given else super().config_value(name)

    def get_config(self):
        """Arguments that rebuild this layer."""
        config = super().get_config()
        return {name: value for name, value in config.items()
                if name not in ("layers", "node_indices", "tensor_indices")}

    @classmethod
    def from_config(cls, config):
        """The layer that `get_config` described; a model for a config with branches (Keras 1's Sequential).

        Errors:
            ValueError: the function is stored as code; custom_objects can give it under the layer's name.
        """
        branches = config.get("layers")
        config = {name: value for name, value in config.items()
                  if name != "layers" and not name.endswith("_type")} | _functions(config)
        layer = super().from_config(config)
        return _merged_model(_made(branches), layer) if branches else layer


_FUNCTIONS = ("mode", "output_shape", "output_mask")


def _functions(config):
    """Functions that a config names, or that custom objects give for those stored as code."""
    found, name = {}, config.get("name")
    for argument in _FUNCTIONS:
        kind = config.get(f"{argument}_type", "raw")
        if kind == "function":
            found[argument] = resolve(config[argument])
        elif kind == "lambda" and argument == "mode":
            found[argument] = custom_objects.lookup(name)
            if found[argument] is None:
                raise ValueError(f'Merge "{name}" is stored with the code of its function, which is never '
                                 f"run. Pass custom_objects={{{name!r}: your_function}}.")
        elif kind == "lambda":
            found[argument] = None  # shapes are found by running `mode`, masks end here
    return found


def _made(branches):
    """The branches of a config, where layers of one name are one layer."""
    here = object()  # numbers of other merges in the same file are others

    def numbered(entry):
        config = entry["config"]
        if isinstance(config, list):
            return {**entry, "config": [numbered(one) for one in config]}
        return {**entry, "shared_object_id": (here, entry["class_name"], config.get("name"))}

    whole = {"class_name": "__tuple__", "items": [numbered(entry) for entry in branches], "config": {}}
    return deserialize_keras_object(whole)


def _merged_model(branches, layer):
    """A model from the inputs of all branches to their merged outputs."""
    if not isinstance(branches, (list, tuple)) or len(branches) < 2:
        fail(layer.label, "layers", branches, "a list of at least two models or connected layers")
    inputs = [symbol for branch in branches for symbol in tree.flatten(branch.input)]
    distinct = list({id(symbol): symbol for symbol in inputs}.values())
    outputs = layer([branch.output for branch in branches])
    return resolve("Model")(distinct, outputs, name=layer.name + "_branches")
