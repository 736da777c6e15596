"""Layers around the mathematics: Lambda, Masking, Identity."""

import inspect

import torch

from keras_torch.base import custom_objects, tree
from keras_torch.base.checks import Term, fail, function, number
from keras_torch.base.serialization import resolve, serialize_value
from keras_torch.base.shapes import is_shape
from keras_torch.layers.layer import Layer, map_shapes
from keras_torch.symbolic.keras_tensor import KerasTensor


class Identity(Layer):
    """Passes its inputs on.

    Source: Keras Identity. In torch: nn.Identity.

    >>> Identity()(torch.ones(2))
    tensor([1., 1.])
    """

    supports_masking = True

    def call(self, inputs):
        return inputs


class Masking(Layer):
    """Masks the steps whose features all equal `mask_value`, and sets them to 0.

    Shape:
        (batch, steps, features) -> the same, with a mask (batch, steps)

    Source: Keras Masking.

    >>> Masking()(torch.tensor([[[1.0], [0.0]]]))._keras_mask
    tensor([[ True, False]])
    """

    supports_masking = True
    vocabulary = {"mask_value": Term(number, float, doc="what masked steps are filled with.", optional=False)}

    creates_masks = True

    def __init__(self, mask_value=0.0, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        return torch.where(self.compute_mask(inputs).unsqueeze(-1), inputs, 0.0)

    def compute_mask(self, inputs, mask=None):
        """True where some feature differs from `mask_value`."""
        return torch.any(torch.ne(inputs, self.mask_value), dim=-1)


def _is_code(config):
    """Whether the config holds a function's code, as Keras writes lambdas."""
    stored = config.get("function")
    return (config.get("function_type") == "lambda" or isinstance(stored, (list, tuple))
            or isinstance(stored, dict) and stored.get("class_name") == "__lambda__")


class Lambda(Layer):
    """Any function of tensors as a layer.

    Args:
        function: `(inputs, **arguments) -> outputs`; it may also take `mask` and `training`.
        output_shape: sizes of the output without the batch, or function from input shape to output shape.
            Needed only where the function cannot be run on tensors without values.
        mask: the output's mask: a tensor, or function `(inputs, mask) -> mask`. None: the output has none.
        arguments: dict of further arguments of the function.

    Errors:
        ValueError: rebuilt from a file that holds the function's code: code in files is never run.

    Source: Keras Lambda.

    >>> Lambda(lambda x: x * 2)(torch.ones(2))
    tensor([2., 2.])
    """

    vocabulary = {"function": Term(function, doc="the function to apply.", optional=False)}

    def __init__(self, function, output_shape=None, mask=None, arguments=None, **kwargs):
        super().__init__(**kwargs)
        self._given_shape = tuple(output_shape) if isinstance(output_shape, list) else output_shape
        self.arguments = dict(arguments or {})
        self.supports_masking = mask is not None
        self.__dict__["_makes_masks"] = mask is not None
        taken = _argument_names(function)
        self._takes_mask, self._takes_training = "mask" in taken, "training" in taken

    def call(self, inputs, mask=None, training=None):
        extras = dict(self.arguments)
        if self._takes_mask:
            extras["mask"] = mask
        if self._takes_training:
            extras["training"] = training
        return self.function(inputs, **extras)

    def compute_mask(self, inputs, mask=None):
        """What the argument `mask` says."""
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def compute_output_spec(self, inputs, **kwargs):
        """The outputs as symbols: by `output_shape` where it is given."""
        if self._given_shape is None:
            return super().compute_output_spec(inputs, **kwargs)
        shapes = self._shape_from(tree.map_structure(lambda symbol: tuple(symbol.shape), inputs))
        dtype = tree.flatten(inputs)[0].dtype
        return map_shapes(lambda shape: KerasTensor(shape, dtype), shapes)

    def compute_output_shape(self, input_shape):
        """By `output_shape` where it is given, else by running the function on tensors without values."""
        if self._given_shape is None:
            return super().compute_output_shape(input_shape)
        return self._shape_from(input_shape)

    def _shape_from(self, input_shape):
        if callable(self._given_shape):
            return self._given_shape(input_shape)
        batch = input_shape[0] if is_shape(input_shape) else input_shape[0][0]
        return map_shapes(lambda sizes: (batch, *sizes), self._given_shape)

    def config_value(self, name):
        """`output_shape` is kept under another name: the layer's own property is called so."""
        return serialize_value(self._given_shape) if name == "output_shape" else super().config_value(name)

    @classmethod
    def from_config(cls, config):
        """The layer that `get_config` described; a function stored as code is refused.

        Errors:
            ValueError: the function is stored as code; custom_objects can give it under the layer's name.
        """
        config = {key: value for key, value in config.items()
                  if key not in ("function_type", "output_shape_type", "module", "output_shape_module")}
        name, stored = config.get("name"), config["function"]
        given = custom_objects.lookup(name) if name is not None else None
        if given is not None:
            config["function"] = given
        elif _is_code(config):
            raise ValueError(f'Lambda "{name}" is stored with the code of its function, which is never run. '
                             f"Pass custom_objects={{{name!r}: your_function}}.")
        elif isinstance(stored, str):
            config["function"] = resolve(stored)
        if isinstance(config.get("output_shape"), (list, tuple)) and not is_shape(config["output_shape"]):
            fail(f'Lambda "{name}"', "output_shape", config["output_shape"], "a tuple of sizes",
                 "Code from files is never run: build the layer anew.")
        return super().from_config(config)


def _argument_names(function):
    try:
        return set(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # functions written in C do not always tell
        return set()
