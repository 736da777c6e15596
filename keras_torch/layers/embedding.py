"""`Embedding`: a row of a table for each index."""

import numpy as np
import torch
from torch.nn import functional

from keras_torch.base.checks import Term, fraction_below_one, positive_int
from keras_torch.layers.layer import Layer


class Embedding(Layer):
    """Looks up a vector for each index: `embeddings[inputs]`.

    Args:
        input_dim: number of different indices: they go from 0 to input_dim - 1.
        output_dim: length of each vector.
        mask_zero: whether index 0 means "no step": those steps are masked for the layers that follow.
        weights: start values: a matrix (input_dim, output_dim), or a list with it.
        dropout: of Keras 1: fraction of the indices left out of each training batch, at all their places at
            once; the vectors of the others are scaled up.

    Shape:
        (batch, ...) integers -> (batch, ..., output_dim)

    Weights:
        embeddings (input_dim, output_dim)

    Errors:
        ValueError: an index outside the table, on the CPU. On a GPU the check would wait for the device at
            every step, so there torch's kernel stops with a device-side assertion.

    Source: Keras Embedding. `input_length` of Keras 1 and 2 fixes the number of steps of the input.
    In torch: nn.Embedding.

    >>> Embedding(10, 4)(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 4])
    """

    creates_masks = True
    vocabulary = {
        "input_dim": Term(positive_int, int, doc="number of different indices.", optional=False),
        "dropout": Term(fraction_below_one, optional=False, doc="fraction of the indices left out."),
    }

    def __init__(self, input_dim, output_dim, embeddings_initializer="uniform", embeddings_regularizer=None,
                 embeddings_constraint=None, mask_zero=False, dropout=0.0, **kwargs):
        weights = _as_list(kwargs.pop("weights", None))
        length = kwargs.pop("input_length", None)
        if length is not None and not any(name.endswith("input_shape") for name in kwargs):
            steps = tuple(length) if isinstance(length, (list, tuple)) else (length,)
            kwargs["batch_input_shape"] = (kwargs.pop("batch_size", None), *steps)
        super().__init__(autocast=False, weights=weights, **kwargs)  # float types would round large indices
        self.supports_masking = self.mask_zero
        self.__dict__["_makes_masks"] = self.mask_zero
        if weights is not None:
            self.build()

    def build(self, input_shape=None):
        self.embeddings = self.make_weight("embeddings", (self.input_dim, self.output_dim))

    def call(self, inputs, training=False):
        indices = inputs if inputs.dtype in (torch.int64, torch.int32) else inputs.to(torch.int64)
        try:
            vectors = functional.embedding(indices, self.embeddings)
        except IndexError as error:
            raise ValueError(f"{self.label}: indices must be from 0 to {self.input_dim - 1} (`input_dim` is "
                             f"{self.input_dim}); got {int(indices.min())} to {int(indices.max())}. "
                             "Raise `input_dim`, or check how the data was encoded.") from error
        return vectors * self._kept(indices, vectors) if training and self.dropout else vectors

    def _kept(self, indices, vectors):
        """0 at the indices that this batch leaves out, 1 / (1 - dropout) at the others."""
        kept = torch.rand(self.input_dim, device=vectors.device) >= self.dropout
        return (kept.to(vectors.dtype) / (1 - self.dropout))[indices].unsqueeze(-1)

    def get_config(self):
        """Arguments that rebuild this layer; `dropout` only where there is some."""
        config = super().get_config()
        if not config.get("dropout"):
            config.pop("dropout", None)
        return config

    def compute_mask(self, inputs, mask=None):
        """True where the index is not 0; None without `mask_zero`."""
        return torch.ne(inputs, 0) if self.mask_zero else None


def _as_list(weights):
    """The matrix in a list, as `set_weights` takes it."""
    if weights is None:
        return None
    is_list = isinstance(weights, (list, tuple)) and len(weights) == 1 and np.ndim(weights[0]) == 2
    return weights if is_list else [weights]
