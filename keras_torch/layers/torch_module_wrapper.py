"""Native torch modules as Keras layers."""

import torch

from keras_torch.base.checks import Term, fail
from keras_torch.base.names import to_snake_case, unique_name
from keras_torch.layers.layer import Layer, map_shapes
from keras_torch.symbolic import KerasTensor, native


def _module(owner, argument, value):
    if not isinstance(value, torch.nn.Module):
        fail(owner, argument, value, "a torch.nn.Module object", error=TypeError)


class TorchModuleWrapper(Layer):
    """A native module as a layer; its parameters and buffers are the layer's weights.

    Args:
        module: any `nn.Module`. It is put into evaluation mode, as all layers start in it.
        name: name; default automatic, from the module's class.
        output_shape: shape (or function of the input shape) of the output; None lets the module tell by
            running on meta tensors.

    Errors:
        TypeError: not a module.

    Notes:
        `nn.Linear(4, 2)(symbol)` makes this layer by itself. A config names the module only by its class,
        which must be registered: files never bring code.

    Source: Keras 3 TorchModuleWrapper.

    >>> TorchModuleWrapper(torch.nn.Linear(4, 2))(torch.zeros(3, 4)).shape
    torch.Size([3, 2])
    """

    vocabulary = {"module": Term(_module, optional=False, doc="any nn.Module.")}
    self_managed = Layer.self_managed | {"output_shape"}

    def __init__(self, module, name=None, output_shape=None, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(name=name, **kwargs)
        self._declared_shape = output_shape

    def default_name(self):
        """Name of the module's class in snake case, made unique."""
        return unique_name(to_snake_case(type(self.module).__name__))

    def call(self, *args, training=False, **kwargs):
        """Runs the module; an explicit phase that differs from the module's own holds for this call.

        A frozen module runs in evaluation mode, as a frozen BatchNormalization does in Keras.
        """
        training = training and self.trainable
        if training == self.training:
            return self.module(*args, **kwargs)
        self.module.train(training)
        try:
            return self.module(*args, **kwargs)
        finally:
            self.module.train(self.training)

    def compute_output_spec(self, *args, **kwargs):
        """The outputs as symbols."""
        if self._declared_shape is None:
            return super().compute_output_spec(*args, **kwargs)
        shape = tuple(args[0].shape)
        declared = self._declared_shape(shape) if callable(self._declared_shape) else self._declared_shape
        return map_shapes(lambda shape: KerasTensor(shape, args[0].dtype), declared)

    def get_config(self):
        """The wrapped module's registered class and the name."""
        raise NotImplementedError(
            f"{self.label} wraps a {type(self.module).__name__}, which has no config. Keep the weights with "
            "model.state_dict() or save_weights(), and rebuild the model by your own code.")


def record_native_call(module, args, kwargs):
    """Records a native module's call on symbols as a layer; the same module is the same layer again."""
    wrapper = module.__dict__.get("_keras_torch_layer")
    if wrapper is None:
        wrapper = TorchModuleWrapper(module)
        # A plain reference in __dict__: registering it as a child would make the module its own grandchild.
        module.__dict__["_keras_torch_layer"] = wrapper
    return wrapper(*args, **kwargs)


native.set_native_recorder(record_native_call)
