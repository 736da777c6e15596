"""`Attention` and `AdditiveAttention`: one head, without projections."""

import torch

from keras_torch.base.checks import Term, boolean, fraction_below_one, nonnegative_int, one_of
from keras_torch.layers.layer import Layer
from keras_torch.layers.own_generator import OwnGenerator


class OneHeadAttention(OwnGenerator, Layer):
    """Base of the two: `softmax(scores) @ value`. A subclass writes `scores(query, key)`.

    Shape:
        [(batch, to, features), (batch, from, channels)] -> (batch, to, channels); a third input is the key,
        if it is not the value.

    Notes:
        Masks: a place that is no valid one of `value` is not looked at; at one that is no valid one of
        `query` the output is 0.

    >>> OneHeadAttention.supports_masking
    True
    """

    supports_masking = True
    vocabulary = {"use_scale": Term(boolean, bool, "whether scores are scaled by a weight.", optional=False),
                  "dropout": Term(fraction_below_one, float, "fraction of the attention dropped in training.",
                                  optional=False),
                  "seed": Term(nonnegative_int, doc="of this layer's own random numbers; None: torch's.")}

    def scores(self, query, key):
        """How well each place of `query` fits each of `key`: (batch, to, from)."""
        raise NotImplementedError(f"{type(self).__name__} has no scores(self, query, key). Write one.")

    def call(self, inputs, mask=None, training=False, return_attention_scores=False, use_causal_mask=False):
        """Attends.

        Args:
            inputs: [query, value] or [query, value, key].
            mask: masks of the inputs, bool (batch, steps), True = valid; None for one that has none.
            return_attention_scores: whether the attention weights (batch, to, from) are returned too.
            use_causal_mask: whether a place sees only those up to itself.
        """
        query, value, key = self._three(inputs)
        query_mask, value_mask = mask[:2] if mask is not None else (None, None)
        weights = self._weights(self.scores(query, key), value_mask, use_causal_mask)
        kept = weights
        if training and self.dropout:
            kept = weights * self.dropout_pattern(weights, weights.shape, self.dropout)
        outputs = kept @ value
        if query_mask is not None:
            outputs = outputs * query_mask.bool()[..., None]
        return (outputs, weights) if return_attention_scores else outputs

    def _three(self, inputs):
        """(query, value, key), the key being the value where none is given."""
        if not isinstance(inputs, (list, tuple)) or len(inputs) not in (2, 3):
            count = len(inputs) if isinstance(inputs, (list, tuple)) else "one tensor"
            raise ValueError(f"{self.label} takes a list [query, value] or [query, value, key]; got {count}.")
        return (*inputs, inputs[1]) if len(inputs) == 2 else tuple(inputs)

    def _weights(self, scores, value_mask, causal):
        """Softmax of the scores over the places that may be looked at."""
        forbidden = None if value_mask is None else ~value_mask.bool()[:, None, :]
        if causal:
            ahead = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
            forbidden = ahead if forbidden is None else forbidden | ahead
        if forbidden is not None:  # not -inf: a place that may look nowhere looks everywhere, and not at NaN
            scores = scores.masked_fill(forbidden, torch.finfo(scores.dtype).min * 0.5)
        return torch.softmax(scores, -1)

    def compute_mask(self, inputs, mask=None):
        """The mask of the query."""
        return None if mask is None else mask[0]


class Attention(OneHeadAttention):
    """Attention with products as scores (Luong et al., 2015): `softmax(query @ key) @ value`.

    Args:
        use_scale: whether the scores are multiplied by a weight.
        score_mode: 'dot' for `query @ key`; 'concat' for `weight * sum(tanh(query + key))`.
        dropout: fraction of the attention weights dropped in training.
        seed: of this layer's own random numbers; None: torch's.

    Weights:
        scale (): with `use_scale`.
        concat_score_weight (): with score_mode='concat'.

    Source: Keras Attention. In torch: `nn.functional.scaled_dot_product_attention` with scale=1.

    >>> Attention()([torch.ones(1, 2, 4), torch.ones(1, 3, 4)]).shape
    torch.Size([1, 2, 4])
    """

    vocabulary = {"score_mode": Term(one_of("dot", "concat"), doc="how query and key become scores.",
                                     optional=False)}

    def __init__(self, use_scale=False, score_mode="dot", dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.make_weight("scale", (), initializer="ones")
        if self.score_mode == "concat":
            self.make_weight("concat_score_weight", (), initializer="ones")

    def scores(self, query, key):
        """`query @ key`, or the sum of `tanh(query + key)`."""
        if self.score_mode == "dot":
            scores = query @ key.transpose(-2, -1)
            return scores if self.scale is None else scores * self.scale
        both = query[..., :, None, :] + key[..., None, :, :]     # (batch, to, from, features)
        both = both if self.scale is None else both * self.scale
        return self.concat_score_weight * torch.tanh(both).sum(-1)


class AdditiveAttention(OneHeadAttention):
    """Attention with sums as scores (Bahdanau et al., 2015): `sum(scale * tanh(query + key))`.

    Args:
        use_scale: whether each feature has a weight.
        dropout: fraction of the attention weights dropped in training.
        seed: of this layer's own random numbers; None: torch's.

    Weights:
        scale (features,): with `use_scale`.

    Source: Keras AdditiveAttention.

    >>> AdditiveAttention()([torch.ones(1, 2, 4), torch.ones(1, 3, 4)]).shape
    torch.Size([1, 2, 4])
    """

    def __init__(self, use_scale=True, dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.scale = None
        if self.use_scale:
            self.make_weight("scale", (self.known_size(input_shape[0], axis=-1),),
                             initializer="glorot_uniform")

    def scores(self, query, key):
        """`sum(scale * tanh(query + key))` for each pair of places."""
        both = torch.tanh(query[..., :, None, :] + key[..., None, :, :])     # (batch, to, from, features)
        return (both if self.scale is None else both * self.scale).sum(-1)
