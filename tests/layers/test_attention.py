"""MultiHeadAttention and EinsumDense: numbers of real Keras, torch's own attention, masks, paths, errors."""

from __future__ import annotations

import pytest
import torch
from cases.recurrent_cases import ATTENTION, EINSUM
from contracts.recurrent_running import assert_equals_keras
from torch.nn import functional

import keras_torch
from keras_torch.layers import EinsumDense, Embedding, MultiHeadAttention

QUERY, VALUE = torch.linspace(-1, 1, 24).view(2, 3, 4), torch.linspace(-1, 2, 60).view(2, 5, 6)


@pytest.mark.parametrize("case", ATTENTION, ids=lambda case: case.name)
def test_attention_and_its_gradients_equal_keras(case):
    assert_equals_keras(case)


@pytest.mark.parametrize("case", EINSUM, ids=lambda case: case.name)
def test_einsum_dense_and_its_gradients_equal_keras(case):
    assert_equals_keras(case)


def test_attention_equals_torchs_layer():
    ours, theirs = MultiHeadAttention(2, 4), torch.nn.MultiheadAttention(8, 2, batch_first=True)
    inputs = torch.randn(3, 5, 8)
    ours.build(inputs.shape, inputs.shape)
    query, key, value = theirs.in_proj_weight.detach().chunk(3)
    arrays = []
    for weight in (query, key, value):
        arrays += [weight.t().reshape(8, 2, 4), torch.zeros(2, 4)]
    ours.set_weights([*arrays, theirs.out_proj.weight.detach().t().reshape(2, 4, 8), torch.zeros(8)])
    torch.testing.assert_close(ours(inputs, inputs), theirs(inputs, inputs, inputs)[0])


@pytest.mark.parametrize(
    "call",
    [
        {},
        {"use_causal_mask": True},
        {"attention_mask": torch.rand(2, 3, 5) < 0.7},
        {"use_causal_mask": True, "value_mask": torch.tensor([[True] * 5, [True, True, False, True, False]])},
    ],
)
def test_with_and_without_scores_outputs_are_the_same(call):
    layer = MultiHeadAttention(2, 3)
    fused = layer(QUERY, VALUE, **call)
    formula, scores = layer(QUERY, VALUE, return_attention_scores=True, **call)
    torch.testing.assert_close(fused, formula)
    assert scores.shape == (2, 2, 3, 5)
    torch.testing.assert_close(scores.sum(-1), torch.ones(2, 2, 3))


def test_without_scores_torchs_kernel_runs_and_a_causal_mask_alone_is_never_stored(monkeypatch):
    seen = []

    def watched(query, key, value, mask, dropout, causal, scale):
        seen.append((mask is None, causal))
        return functional.scaled_dot_product_attention(query, key, value, mask, dropout, causal, scale=scale)

    layer = MultiHeadAttention(2, 3)
    layer.build(QUERY.shape, VALUE.shape)
    watching = type("F", (), {"scaled_dot_product_attention": staticmethod(watched)})
    monkeypatch.setattr("keras_torch.layers.attention.functional", watching)
    layer(QUERY, VALUE)
    layer(QUERY, VALUE, use_causal_mask=True)
    layer(QUERY, VALUE, attention_mask=torch.ones(2, 3, 5, dtype=torch.bool), use_causal_mask=True)
    layer(QUERY, VALUE, return_attention_scores=True)
    assert seen == [(True, False), (True, True), (False, False)]


def test_a_place_that_may_look_nowhere_has_numbers_and_gradients():
    layer = MultiHeadAttention(2, 3)
    nowhere = torch.zeros(2, 3, 5, dtype=torch.bool)
    outputs = layer(QUERY, VALUE, attention_mask=nowhere)
    outputs.sum().backward()
    assert outputs.isfinite().all() and layer.value_dense.kernel.grad.isfinite().all()
    evenly = layer(torch.zeros_like(QUERY), VALUE)
    torch.testing.assert_close(outputs, evenly)
    assert layer(QUERY, VALUE, return_attention_scores=True, attention_mask=nowhere)[1].abs().max() == 0


def test_masks_of_embeddings_join_and_the_querys_goes_on():
    tokens = torch.tensor([[1, 2, 0, 0], [3, 1, 2, 0]])
    embedded = Embedding(4, 6, mask_zero=True)(tokens)
    layer = MultiHeadAttention(2, 3)
    outputs, scores = layer(embedded, embedded, return_attention_scores=True)
    assert torch.equal(outputs._keras_mask, tokens != 0)
    assert scores[0, :, :2, 2:].abs().max() == 0
    plain = embedded.detach().clone()
    mask = (tokens != 0)[:, :, None] & (tokens != 0)[:, None]
    given = layer(plain, plain, attention_mask=mask, return_attention_scores=True)
    torch.testing.assert_close(given, (outputs, scores))


def test_symbols_of_unknown_length():
    query, value = keras_torch.Input((None, 4)), keras_torch.Input((None, 6))
    outputs, scores = MultiHeadAttention(2, 3)(query, value, return_attention_scores=True)
    assert tuple(outputs.shape) == (None, None, 4) and tuple(scores.shape) == (None, 2, None, None)
    model = keras_torch.Model([query, value], [outputs, scores])
    assert [tuple(one.shape) for one in model([QUERY, VALUE])] == [(2, 3, 4), (2, 2, 3, 5)]


@pytest.mark.parametrize("arguments", [{}, {"seed": 3}])
def test_dropout_acts_in_training_only(arguments):
    layer = MultiHeadAttention(2, 3, dropout=0.5, **arguments)
    expected = layer(QUERY, VALUE)
    torch.testing.assert_close(layer(QUERY, VALUE), expected)
    assert not torch.allclose(layer(QUERY, VALUE, training=True), expected)
    _, scores = layer(QUERY, VALUE, training=True, return_attention_scores=True)
    torch.testing.assert_close(scores.sum(-1), torch.ones(2, 2, 3))  # the scores are those before dropout


def test_with_a_seed_two_layers_drop_alike():
    first, second = (MultiHeadAttention(2, 3, dropout=0.5, seed=3) for _ in range(2))
    outputs = first(QUERY, VALUE, training=True)
    second.build(QUERY.shape, VALUE.shape)
    second.set_weights(first.get_weights())
    torch.testing.assert_close(second(QUERY, VALUE, training=True), outputs)


@pytest.mark.parametrize("flash", [True, False])
def test_flash_attention_argument_chooses_the_kernel(flash):
    layer, free = MultiHeadAttention(2, 4, flash_attention=flash), MultiHeadAttention(2, 4)
    expected = free(QUERY, VALUE)
    layer.build(QUERY.shape, VALUE.shape)
    layer.set_weights(free.get_weights())
    torch.testing.assert_close(layer(QUERY, VALUE), expected)
    assert tuple(layer(keras_torch.Input((3, 4)), keras_torch.Input((5, 6))).shape) == (None, 3, 4)


def test_activity_regularizer_acts_on_the_four_projections():
    layer = MultiHeadAttention(2, 3, activity_regularizer="l2")
    layer(QUERY, VALUE)
    assert len(layer.losses) == 4
    assert MultiHeadAttention.from_config(layer.get_config()).get_config() == layer.get_config()


def test_weights_lie_under_the_projections():
    layer = MultiHeadAttention(2, 3, value_dim=5, name="look")
    layer(QUERY, VALUE)
    assert [name for name, _ in layer.named_parameters()][::2] == [
        f"{part}_dense.kernel" for part in ("query", "key", "value", "output")]
    assert layer.weights[0].path == "look/query/kernel"
    assert layer.weights[-1].path == "look/attention_output/bias"
    assert [tuple(weight.shape) for weight in layer.weights] == [
        (4, 2, 3), (2, 3), (6, 2, 3), (2, 3), (6, 2, 5), (2, 5), (2, 5, 4), (4,)]


def test_configs_of_tf_keras_bring_the_shapes():
    config = MultiHeadAttention(2, 3).get_config()
    assert "flash_attention" not in config
    layer = MultiHeadAttention.from_config(
        {**config, "query_shape": [None, 3, 4], "key_shape": [None, 5, 6], "value_shape": [None, 5, 7],
         "softmax_robust_masking": False})
    assert [tuple(part.kernel.shape) for part in (layer.query_dense, layer.key_dense, layer.value_dense)] == [
        (4, 2, 3), (6, 2, 3), (7, 2, 3)]


def test_einsum_dense_config_keeps_its_output_shape():
    layer = EinsumDense("abc,cd->abd", output_shape=(None, 4), bias_axes="d")
    assert layer.get_config()["output_shape"] == [None, 4]
    assert EinsumDense.from_config(layer.get_config()).get_config() == layer.get_config()
    assert tuple(layer(keras_torch.Input((None, 3))).shape) == (None, None, 4)


def test_einsum_dense_starts_at_the_scale_of_its_contraction():
    layer = EinsumDense("abcd,cde->abe", output_shape=(None, 50), kernel_initializer="lecun_normal")
    layer.build((None, 7, 20, 30))
    assert abs(layer.kernel.std().item() * 600**0.5 - 1) < 0.05


def test_attention_errors():
    with pytest.raises(ValueError, match=r"`num_heads` must be a positive integer"):
        MultiHeadAttention(0, 3)
    with pytest.raises(ValueError, match=r"`output_shape` must be a positive integer or a tuple"):
        MultiHeadAttention(2, 3, output_shape=(None, 2))
    with pytest.raises(ValueError, match=r"`attention_axes` must be an integer or a list of integers"):
        MultiHeadAttention(2, 3, attention_axes="last")
    with pytest.raises(ValueError, match=r"`flash_attention` must be None or False with dropout"):
        MultiHeadAttention(2, 3, dropout=0.1, flash_attention=True)
    with pytest.raises(ValueError, match=r"`flash_attention` must be True or False"):
        MultiHeadAttention(2, 3, flash_attention="yes")
    with pytest.raises(ValueError, match=r"flash attention never stores the scores"):
        MultiHeadAttention(2, 3, flash_attention=True)(QUERY, VALUE, return_attention_scores=True)
    with pytest.raises(ValueError, match=r"value and key must have the same length"):
        MultiHeadAttention(2, 3)(QUERY, VALUE, key=VALUE[:, :4])


def test_einsum_dense_errors():
    for equation in ("ab,bc", "ab->ac", "...ab,bc->ac", "...ab...,bc->...ac...", 3):
        with pytest.raises(ValueError, match=r"`equation` must be of the form 'ab,bc->ac'"):
            EinsumDense(equation, 4)
    with pytest.raises(ValueError, match=r"`output_shape` must be a positive integer, or a tuple"):
        EinsumDense("ab,bc->ac", "4")
    with pytest.raises(ValueError, match=r"does not fit inputs of shape \(2, 3, 4\): it names 2 axes"):
        EinsumDense("ab,bc->ac", 4)(torch.zeros(2, 3, 4))
    with pytest.raises(ValueError, match=r"says 7 for axis 'b'; the input of shape \(2, 3, 4\) says 3"):
        EinsumDense("abc,cd->abd", (7, 4))(torch.zeros(2, 3, 4))
    with pytest.raises(ValueError, match=r"the size of axis 'd' of 'abc,cd->abd' is not known"):
        EinsumDense("abc,cd->abd", (None, None))(torch.zeros(2, 3, 4))
    with pytest.raises(ValueError, match=r"`bias_axes` names 'z', which is not an axis of the output"):
        EinsumDense("ab,bc->ac", 4, bias_axes="z")(torch.zeros(2, 3))
