"""`MultiHeadAttention`: each place of one sequence looks at all places of another, with several heads."""

import functools
import math

import torch
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from keras_torch.base.checks import Term, boolean, fail, is_integer, one_of, positive_int
from keras_torch.base.scopes import name_scope
from keras_torch.layers.einsum_dense import EinsumDense
from keras_torch.layers.layer import Layer
from keras_torch.layers.own_generator import OwnGenerator

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WITHOUT_FLASH = [SDPBackend.CUDNN_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]


def _axes(owner, argument, value):
    if not is_integer(value) and not (isinstance(value, (list, tuple)) and all(map(is_integer, value))):
        fail(owner, argument, value, "an integer or a list of integers")


def _sizes(owner, argument, value):
    values = value if isinstance(value, (list, tuple)) else [value]
    if not all(is_integer(size) and size > 0 for size in values):
        fail(owner, argument, value, "a positive integer or a tuple of them")


def _as_tuple(value):
    return (value,) if is_integer(value) else tuple(value)


class MultiHeadAttention(OwnGenerator, Layer):
    """Attention with several heads: `softmax(query @ key / sqrt(key_dim)) @ value`, between four projections.

    Args:
        num_heads: number of heads.
        key_dim: size of each head for query and key.
        value_dim: size of each head for value; None is `key_dim`.
        dropout: fraction of the attention weights dropped in training.
        output_shape: sizes of the output's last axes; None is the query's last axis.
        attention_axes: axes over which attention goes; None is all but the first and the last.
        sliding_window: a place sees only those less than this many places away; None sees all.
        flash_attention: True insists on the flash kernel (no dropout, no scores, no masks, on a GPU half
            precision); False does without it; None lets torch choose.
        use_gate: whether the heads' output is multiplied with `sigmoid` of one more projection of the query.
        seed: integer for the dropout; None uses torch's default generator.

    Shape:
        query (batch, to..., features), value and key (batch, from..., features)
        -> (batch, to..., output_shape); with `return_attention_scores` also (batch, heads, to..., from...)

    Weights:
        query_dense, key_dense: kernel (features, heads, key_dim), bias (heads, key_dim)
        gate_dense, value_dense: kernel (features, heads, value_dim), bias (heads, value_dim); gate with
            `use_gate`
        output_dense: kernel (heads, value_dim, *output_shape), bias (*output_shape,)

    Errors:
        ValueError: value and key of different lengths; flash attention with dropout or scores.

    Notes:
        Calls: `layer(query, value, key=None, attention_mask=None, use_causal_mask=False,
        return_attention_scores=False)`; `attention_mask` is bool (batch, to..., from...), True = may look.
        Masks of query, value and key join it. A place that may look nowhere looks everywhere evenly or, where
        the scores are returned, has zeros; both as in Keras.

    Source: Vaswani et al., 2017; Keras MultiHeadAttention. In torch: nn.MultiheadAttention.

    >>> layer = MultiHeadAttention(num_heads=2, key_dim=4)
    >>> layer(torch.zeros(1, 5, 6), torch.zeros(1, 7, 3)).shape
    torch.Size([1, 5, 6])
    """

    vocabulary = {
        "num_heads": Term(positive_int, int, optional=False, doc="number of heads."),
        "key_dim": Term(positive_int, int, optional=False, doc="size of each head for query and key."),
        "value_dim": Term(positive_int, int, doc="size of each head for value; None is key_dim."),
        "output_shape": Term(_sizes, _as_tuple, doc="sizes of the output's last axes."),
        "attention_axes": Term(_axes, _as_tuple, doc="axes over which attention goes."),
        "sliding_window": Term(positive_int, int, doc="how far a place sees."),
        "flash_attention": Term(one_of(True, False), doc="whether the flash kernel is a must, or forbidden."),
        "use_gate": Term(boolean, bool, doc="whether the output is gated by the query."),
    }
    supports_masking = True

    def __init__(self, num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None,
                 attention_axes=None, sliding_window=None, flash_attention=None,
                 kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None,
                 bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
                 bias_constraint=None, use_gate=False, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.value_dim = value_dim or key_dim
        self._last_shape = output_shape
        self._parts_regularizer = activity_regularizer
        self.activity_regularizer = None  # it acts on the four projections, not on the output again
        if flash_attention and dropout:
            fail(self.label, "flash_attention", True, "None or False with dropout: the kernel has none")

    def config_value(self, name):
        """Today's value of one constructor argument."""
        own = {"output_shape": "_last_shape", "activity_regularizer": "_parts_regularizer"}
        return super().config_value(own.get(name, name))

    def get_config(self):
        """Arguments that rebuild this layer; `flash_attention` only where it is not the default."""
        config = super().get_config()
        if config["flash_attention"] is None:
            del config["flash_attention"]
        return config

    @classmethod
    def from_config(cls, config):
        """The layer that `get_config` described; those of tf.keras also hold the shapes it was built for."""
        names = ("query_shape", "value_shape", "key_shape")
        shapes = [config.get(name) for name in names]
        foreign = (*names, "softmax_robust_masking")  # ours never makes NaN
        layer = super().from_config({name: value for name, value in config.items() if name not in foreign})
        if shapes[0] is not None and shapes[1] is not None:
            layer.build(*(None if shape is None else tuple(shape) for shape in shapes))
        return layer

    # ------------------------------------------------------------------------------------------ weights

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        if tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
            raise ValueError(f"{self.label}: value and key must have the same length; got value "
                             f"{tuple(value_shape)} and key {tuple(key_shape)}.")
        self._arrange_axes(len(query_shape))
        heads, with_values = (self.num_heads, self.key_dim), (self.num_heads, self.value_dim)
        self.query_dense = self._projection("query", query_shape, heads)
        self.key_dense = self._projection("key", key_shape, heads)
        if self.use_gate:
            self.gate_dense = self._projection("gate", query_shape, with_values, activation="sigmoid")
        self.value_dense = self._projection("value", value_shape, with_values)
        last = self._last_shape or (self.known_size(query_shape, -1),)
        self.output_dense = self._projection(
            "attention_output", (*query_shape[:-1], *with_values), last, bound=2)

    def _arrange_axes(self, rank):
        """Which axes are attended over, and the order (others, heads, attended, channels) that is needed."""
        given = self.attention_axes or range(1, rank - 1)
        self.attended = tuple(axis % rank for axis in given)
        others = [axis for axis in range(rank - 1) if axis not in self.attended]
        self.axis_order = (*others, rank - 1, *self.attended, rank)    # of (batch, ..., heads, channels)
        self.order_back = tuple(sorted(range(rank + 1), key=self.axis_order.__getitem__))

    def _projection(self, name, shape, sizes, bound=1, activation=None):
        """A layer that mixes the last `bound` axes into axes of the given sizes."""
        free, end = len(shape) - bound, len(shape)
        old, new = _LETTERS[free:end], _LETTERS[end:end + len(sizes)]
        layer = EinsumDense(
            f"{_LETTERS[:end]},{old}{new}->{_LETTERS[:free]}{new}",
            output_shape=[*[None] * (free - 1), *sizes], activation=activation,
            bias_axes=new if self.use_bias else None, name=name, dtype=self.dtype_policy,
            trainable=self.trainable,
            activity_regularizer=self._parts_regularizer,
            **{rule: getattr(self, rule) for rule in (
                "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer",
                "kernel_constraint", "bias_constraint")})
        with name_scope(self.name):
            layer._build_for({"inputs": tuple(shape)}, self._build_device)
        return layer

    # ------------------------------------------------------------------------------------------ computation

    def call(self, query, value, key=None, query_mask=None, value_mask=None, key_mask=None,
             attention_mask=None, return_attention_scores=False, training=False, use_causal_mask=False):
        """Attends.

        Args:
            query: (batch, to..., features).
            value: (batch, from..., features).
            key: (batch, from..., features); None is `value`.
            query_mask, value_mask, key_mask: bool (batch, steps), True = valid.
            attention_mask: bool (batch, to..., from...), True = may look; or with heads, (batch, heads, ...).
            return_attention_scores: whether the attention weights are returned too.
            use_causal_mask: whether a place sees only those up to itself.
        """
        if self.flash_attention and return_attention_scores:
            raise ValueError(f"{self.label}: flash attention never stores the scores. Leave "
                             "return_attention_scores or flash_attention=True out.")
        key = value if key is None else key
        masks = [None if query_mask is None else query_mask.bool()[..., None],
                 *(None if mask is None else mask.bool()[..., None, :] for mask in (value_mask, key_mask)),
                 None if attention_mask is None else attention_mask.bool()]
        mask = _all_of(masks)
        parts = ((self.query_dense, query), (self.key_dense, key), (self.value_dense, value))
        heads = [dense(_unmasked(part)).permute(self.axis_order) for dense, part in parts]
        outputs, scores = self._attend(*heads, mask, use_causal_mask, return_attention_scores, training)
        if self.use_gate:
            outputs = outputs * self.gate_dense(_unmasked(query))
        outputs = self.output_dense(outputs)
        return (outputs, scores) if return_attention_scores else outputs

    def _attend(self, query, key, value, mask, causal, wants_scores, training):
        """Outputs as the projections came, (batch, to..., heads, channels), and the scores if wanted."""
        count = len(self.attended)
        to_sizes, from_sizes = query.shape[-1 - count:-1], key.shape[-1 - count:-1]
        query, key, value = (part.flatten(-1 - count, -2) for part in (query, key, value))  # (..., T, C)
        dropout = self.dropout if training else 0.0
        by_formula = wants_scores or bool(dropout and self.seed is not None)  # the kernel takes no generator
        alone = causal and mask is None and self.sliding_window is None and not by_formula
        mask = None if alone else self._whole_mask(mask, causal, query, to_sizes, from_sizes)
        if by_formula:
            outputs, scores = self._with_scores(query, key, value, mask, dropout)
        else:
            outputs, scores = self._in_one(query, key, value, mask, alone, dropout), None
        outputs = outputs.unflatten(-2, to_sizes).permute(self.order_back)
        if wants_scores:
            scores = scores.unflatten(-1, from_sizes).unflatten(-1 - count, to_sizes)
        return outputs, scores

    def _whole_mask(self, mask, causal, query, to_sizes, from_sizes):
        """The mask, positions included, broadcasting to (..., heads, T, S); or None."""
        count, lengths = len(to_sizes), (math.prod(to_sizes), math.prod(from_sizes))
        if mask is not None:
            for _ in range(query.dim() - 2 + 2 * count - mask.dim()):
                mask = mask.unsqueeze(-2 * count - 1)
            mask = mask.expand(*mask.shape[:-2 * count], *to_sizes, *from_sizes)
            mask = mask.reshape(*mask.shape[:-2 * count], *lengths)
        return _all_of([mask, *self._position_masks(causal, *lengths, query.device)])

    def _position_masks(self, causal, to_length, from_length, device):
        """Masks (T, S) that depend on positions only."""
        if not causal and self.sliding_window is None:
            return []
        ahead = torch.arange(from_length, device=device) - torch.arange(to_length, device=device)[:, None]
        window = [] if self.sliding_window is None else [ahead.abs() < self.sliding_window]
        return window + ([ahead <= 0] if causal else [])

    def _in_one(self, query, key, value, mask, causal, dropout):
        """Attention without the scores ever being stored."""
        if mask is not None:
            # A place that may look nowhere would see NaN. As in Keras it looks everywhere evenly, as a query
            # of zeros does, and neither query nor key learn from it. (A huge negative number instead of -inf
            # gives wrong gradients: kernels keep log-sum-exp, in which the count's logarithm is then lost.)
            somewhere = mask.any(-1, keepdim=True)
            query, mask = torch.where(somewhere, query, 0), mask | ~somewhere
        parts, scale = (query, key, value, mask, dropout, causal), 1 / math.sqrt(self.key_dim)
        if self.flash_attention is None or query.is_meta:
            return functional.scaled_dot_product_attention(*parts, scale=scale)
        with sdpa_kernel([SDPBackend.FLASH_ATTENTION] if self.flash_attention else _WITHOUT_FLASH):
            return functional.scaled_dot_product_attention(*parts, scale=scale)

    def _with_scores(self, query, key, value, mask, dropout):
        """Attention by its formula, which shows the scores (before dropout)."""
        scores = query / math.sqrt(self.key_dim) @ key.transpose(-2, -1)      # (..., heads, T, S)
        if mask is None:
            scores = scores.softmax(dim=-1)
        else:  # a place that may look nowhere has zeros
            lowest = torch.finfo(scores.dtype).min
            scores = torch.where(mask, torch.where(mask, scores, lowest).softmax(dim=-1), 0)
        kept = scores * self.dropout_pattern(scores, scores.shape, dropout) if dropout else scores
        return kept @ value, scores


def _unmasked(tensor):
    """The same values without the mask they carry: the projections have no use for it, and would say so."""
    return tensor if getattr(tensor, "_keras_mask", None) is None else tensor.view_as(tensor)


def _all_of(masks):
    """The masks that are there, joined by 'and'; None when there is none."""
    masks = [mask for mask in masks if mask is not None]
    return functools.reduce(torch.logical_and, masks) if masks else None
