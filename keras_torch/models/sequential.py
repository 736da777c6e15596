"""`Sequential`: layers one after the other."""

import torch

from keras_torch.base import tree
from keras_torch.base.checks import fail
from keras_torch.base.dtypes import dtype_name
from keras_torch.layers import calling
from keras_torch.layers.input_layer import Input, InputLayer
from keras_torch.layers.layer import Layer
from keras_torch.layers.torch_module_wrapper import TorchModuleWrapper
from keras_torch.models import cloning
from keras_torch.models.graph_model import ModelGraph
from keras_torch.models.model import Model
from keras_torch.symbolic.keras_tensor import KerasTensor


class Sequential(Model):
    """Layers one after the other; each has one input and one output.

    Args:
        layers: list of layers, models and native modules; more can be added with `add`.
        trainable: whether training changes the weights.
        name: name; default automatic (`sequential`).

    Errors:
        TypeError: something that is no layer.
        ValueError: two layers of one name; a layer with several outputs.

    Notes:
        With an input shape (`Input`, `input_shape=`, `input_dim=`) the layers are built at once; without, at
        the first call on data.

    Source: Keras Sequential. In torch: nn.Sequential.

    >>> from keras_torch.layers import Dense
    >>> model = Sequential([Input((3,)), Dense(4, activation="relu"), Dense(2)])
    >>> model.output_shape
    (None, 2)
    """

    self_managed = Model.self_managed | {"layers"}

    def __init__(self, layers=None, trainable=True, name=None, **kwargs):
        if layers is not None and not isinstance(layers, (list, tuple)):
            fail("Sequential", "layers", layers, "a list of layers",
                 f"Write Sequential([{type(layers).__name__}(...)]).",
                 error=TypeError)
        super().__init__(trainable=trainable, name=name, **kwargs)
        self.__dict__.update(_stack=[], _symbols=[], _input_layer=None, _first_dtype=None)
        for layer in layers or []:
            self.add(layer, rebuild=False)
        self._rebuild()

    def add(self, layer, rebuild=True):
        """Adds a layer at the end.

        Args:
            layer: layer, model, native module, or the symbol of an Input.
            rebuild: whether the graph is made anew at once (False while several layers are added).
        """
        if isinstance(layer, KerasTensor):
            layer = layer.node.operation
        if isinstance(layer, torch.nn.Module) and not isinstance(layer, Layer):
            layer = TorchModuleWrapper(layer)
        if not isinstance(layer, Layer):
            fail(self.label, "layer", layer, "a layer, a model or a torch.nn.Module", error=TypeError)
        if isinstance(layer, InputLayer):
            if self._stack or self._input_layer is not None:
                raise ValueError(f"{self.label}: an Input must come first and only once; {layer.name!r} came "
                                 f"after "
                                 f"{len(self._stack)} layer(s).")
            self.__dict__["_input_layer"] = layer
        else:
            if any(other.name == layer.name for other in self._stack):
                raise ValueError(f"{self.label}: two layers are called {layer.name!r}. All layer names must "
                                 f"be unique: "
                                 "give one of them another `name`.")
            self._stack_append(layer)
        if rebuild:
            self._rebuild()

    def _stack_append(self, layer):
        self.__dict__["_stack"] = [*self._stack, layer]
        self._modules[layer.name.replace(".", "_")] = layer
        layer.train(self.training)
        if not self._trainable:
            layer.trainable = False

    def pop(self, rebuild=True):
        """Removes the last layer and returns it.

        Errors:
            TypeError: there is no layer.
        """
        if not self._stack:
            raise TypeError(f"{self.label} has no layers; there is nothing to pop.")
        layer = self._stack[-1]
        self.__dict__["_stack"] = self._stack[:-1]
        self._modules.pop(layer.name.replace(".", "_"), None)
        if rebuild:
            self._rebuild()
        return layer

    def _start_symbol(self):
        """The input's symbol when the shape is known, else None."""
        if self._input_layer is not None:
            return self._input_layer.symbol()
        if not self._stack:
            return None
        first = self._stack[0]
        if first._batch_input_shape is not None:
            dtype = first._batch_input_dtype or ("float32" if first.math_input else None)
            symbol = Input(batch_shape=first._batch_input_shape, dtype=dtype, name=f"{first.name}_input")
            self.__dict__["_input_layer"] = symbol.node.operation
            return symbol
        if isinstance(first, Model) and first._graph is not None:
            source = first._graph.inputs
            if tree.is_nested(source):  # Keras 1's Merge: a start with several inputs
                same = self._symbols and tree.is_nested(self._symbols[0])
                return self._symbols[0] if same else tree.map_structure(_like, source)
            symbol = _like(source)
            self.__dict__["_input_layer"] = symbol.node.operation
            return symbol
        return None

    def _rebuild(self):
        """Makes the graph from the input and the layers, if both are there; kept layers keep symbols."""
        self.__dict__.update(_graph=None, _forward=None, built=False, _plain_dtype=None)
        symbol = self._start_symbol()
        if symbol is None or not self._stack:
            self.__dict__["_symbols"] = []
            return
        kept, before = [symbol], self._symbols
        known = len(before) > 0 and before[0] is symbol
        for position, layer in enumerate(self._stack):
            if known and position + 1 < len(before) and before[position + 1].node.operation is layer:
                symbol = before[position + 1]
            else:
                known, symbol = False, self._applied(layer, symbol)
            kept.append(symbol)
        self.__dict__["_symbols"] = kept
        self._adopt(ModelGraph(kept[0], kept[-1], self.label))

    def _applied(self, layer, symbol):
        output = layer(symbol)
        if not isinstance(output, KerasTensor) and layer is not self._stack[-1]:
            raise ValueError(f"{self.label}: {layer.label} returns {len(tree.flatten(output))} outputs, and "
                             f"a "
                             "Sequential passes on just one. Use Model(inputs, outputs).")
        return output

    def build(self, input_shape=None):
        """Builds all layers for an input shape with the batch axis; does nothing when they are built.

        Errors:
            ValueError: no layers, or no shape.
        """
        if self._graph is not None:
            return
        if not self._stack:
            raise ValueError(f"{self.label} has no layers. Add some before you build it.")
        if input_shape is None:
            fail(f"{self.label}.build()", "input_shape", None,
                 "a shape with the batch axis, such as (None, 28)")
        self._build_on(tuple(input_shape), None)

    def _build_on(self, shape, dtype):
        self.__dict__["_input_layer"] = InputLayer(batch_shape=shape, dtype=dtype)
        self._rebuild()

    def _build_for(self, shapes, device=None):
        """A first call on data: the shape (any batch size) is taken from it."""
        shape = next(iter(shapes.values()))
        self.__dict__["_build_device"] = device
        self._build_on((None, *shape[1:]), self._first_dtype)
        self.__dict__["_build_device"] = None

    def _outermost_call(self, args, kwargs):
        if self._graph is None and args:
            if not self._stack:
                raise ValueError(f"{self.label} has no layers. Add some before you call it.")
            inputs = calling.as_tensors(self, args[0])
            if tree.is_nested(inputs):
                raise ValueError(f"{self.label} takes one tensor; got a {type(inputs).__name__} of "
                                 f"{len(inputs)}. Use Model(inputs, outputs) for several inputs.")
            self.__dict__["_first_dtype"] = dtype_name(inputs.dtype) if hasattr(inputs, "dtype") else None
            if hasattr(inputs, "shape"):
                self._build_for({"inputs": tuple(inputs.shape)}, getattr(inputs, "device", None))
            args = (inputs, *args[1:])
        return super()._outermost_call(args, kwargs)

    @property
    def layers(self):
        """The layers, without the input."""
        return list(self._stack)

    def compute_output_shape(self, input_shape):
        """Output shape for an input shape, layer by layer."""
        for layer in self._stack:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def _weight_sources(self):
        return list(self._stack)

    def __getstate__(self):
        return {**super().__getstate__(), "_symbols": [], "_graph": None}

    def __setstate__(self, state):
        super().__setstate__(state)
        if state.get("built"):
            self._rebuild()

    def get_config(self):
        """Name, layers and the shape that the model was built for."""
        if type(self).__init__ is not Sequential.__init__:
            return super().get_config()
        return cloning.sequential_config(self)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The model that `get_config` described; a bare list of layers (Keras 1 and 2) is understood."""
        if isinstance(config, dict) and "layers" not in config:
            return super().from_config(config)
        return cloning.sequential_from_config(cls, config, custom_objects)


def _like(symbol):
    """A new input for data like that of another input."""
    return Input(batch_shape=tuple(symbol.shape), dtype=dtype_name(symbol.dtype))
