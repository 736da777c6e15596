"""`Input` and `InputLayer`: where data enters a graph."""

from keras_torch.base.checks import fail
from keras_torch.base.dtypes import dtype_name
from keras_torch.base.names import unique_name
from keras_torch.base.shapes import as_shape
from keras_torch.dialects.translator import behaviour
from keras_torch.layers.layer import Layer
from keras_torch.symbolic.graph import Node
from keras_torch.symbolic.keras_tensor import KerasTensor
from keras_torch.symbolic.record import input_symbol


class InputLayer(Layer):
    """The layer that stands for one input of a model.

    Args:
        shape: sizes without the batch axis; None where unknown.
        batch_size: size of the batch axis; None for any.
        dtype: number type of the data; default `floatx()`.
        sparse: kept for Keras; only False, data are dense tensors.
        ragged: kept for Keras; only False.
        batch_shape: sizes with the batch axis; replaces `shape` and `batch_size`.
        input_tensor: an existing symbol: a model may begin here, and what begins before goes through.
        optional: kept for Keras 3; whether None may be given for this input.
        name: name; default automatic (`input_layer`; `input_1` up to tf.keras).

    Errors:
        ValueError: both or none of `shape` and `batch_shape`; `sparse` or `ragged`.

    Source: Keras InputLayer.

    >>> InputLayer((3,)).output.shape
    (None, 3)
    """

    self_managed = Layer.self_managed | {"shape", "batch_shape", "input_tensor", "batch_size"}

    def __init__(self, shape=None, batch_size=None, dtype=None, sparse=None, ragged=None, batch_shape=None,
                 input_tensor=None, optional=False, name=None, **kwargs):
        old = kwargs.pop("batch_input_shape", None)
        if "input_shape" in kwargs:
            shape = kwargs.pop("input_shape")
        super().__init__(name=name, **kwargs)
        if sparse or ragged:
            fail(self.label, "sparse" if sparse else "ragged", True, "False",
                 "torch layers take dense tensors: convert the data with .toarray() or .to_dense() first.")
        self._optional = bool(optional)
        self._symbol_dtype = dtype_name(dtype)
        self.batch_shape = self._full_shape(
            shape, batch_size, batch_shape if batch_shape is not None else old, input_tensor)
        if input_tensor is not None:
            self._stand_for(input_tensor)
        self.symbol()
        self._finish_build(self.batch_shape)

    def default_name(self):
        """`input_layer`, `input_layer_1`, ...; up to tf.keras `input_1`, `input_2`, ..."""
        prefix = behaviour("name of inputs")
        name = unique_name(prefix)
        return unique_name(prefix) if name == "input" else name  # tf.keras counts all other layers from 0

    def _stand_for(self, tensor):
        """Makes this the input of what follows a symbol; fed from elsewhere, the symbol gives the data."""
        if not isinstance(tensor, KerasTensor):
            fail(self.label, "input_tensor", type(tensor).__name__, "a symbolic tensor",
                 "Give values to the model's call, to fit() or to K.function().")
        self._symbol_dtype = dtype_name(tensor.dtype)
        if tensor.node is None:
            Node(self, (), {}, tensor)
        else:
            Node(self, (tensor,), {}, tensor.twin())

    def _full_shape(self, shape, batch_size, batch_shape, tensor):
        if tensor is not None:
            return tuple(getattr(tensor, "shape", ()))
        if (shape is None) == (batch_shape is None):
            raise ValueError(f"{self.label}: give either `shape` (without the batch axis) or `batch_shape`; "
                             f"got shape={shape!r} and batch_shape={batch_shape!r}.")
        if batch_shape is not None:
            return as_shape(batch_shape, self.label, "batch_shape")
        return (batch_size, *as_shape(shape, self.label, "shape"))

    def symbol(self):
        """The symbol of this input; a copied or unpickled layer makes a new one."""
        if not self._inbound_nodes:
            Node(self, (), {}, input_symbol(self.batch_shape, self._symbol_dtype, name=self.name))
        return self._inbound_nodes[0].output_tensors[0]

    @property
    def dtype(self):
        """Name of the data's number type."""
        return self._symbol_dtype

    @property
    def batch_size(self):
        """Size of the batch axis; None for any."""
        return self.batch_shape[0]

    def call(self, inputs):
        """The data, unchanged."""
        return inputs

    def get_config(self):
        """Shape, dtype and name."""
        return {"batch_shape": self.batch_shape, "dtype": self._symbol_dtype,
                "sparse": False, "ragged": False, "name": self.name,
                **({"optional": True} if self._optional else {})}


def Input(shape=None, batch_size=None, dtype=None, sparse=None, batch_shape=None, name=None, tensor=None,
          optional=False, ragged=None, batch_input_shape=None):
    """A symbolic tensor that stands for data.

    Args:
        shape: sizes without the batch axis, None where unknown; one integer counts as a tuple of one.
        batch_size: size of the batch axis; None for any.
        dtype: number type; default `floatx()`.
        sparse: only False: torch layers take dense tensors.
        batch_shape: sizes with the batch axis.
        name: name of the input.
        tensor: an existing symbol: a model may begin here, and what begins before goes through.
        optional: whether None may be given for this input.
        ragged: only False.
        batch_input_shape: Keras 2's name of `batch_shape`.

    Returns:
        KerasTensor: the symbol.

    Errors:
        ValueError: both or none of `shape` and `batch_shape`.

    Source: Keras Input.

    >>> Input((28, 28)).shape
    (None, 28, 28)
    """
    layer = InputLayer(shape=shape, batch_size=batch_size, dtype=dtype, sparse=sparse, ragged=ragged,
                       name=name, input_tensor=tensor, optional=optional,
                       batch_shape=batch_shape if batch_shape is not None else batch_input_shape)
    return layer.output
