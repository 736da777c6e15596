"""Attention with one head: formula, masks, dropout, errors."""

import numpy as np
import pytest
import torch

from keras_torch.layers import AdditiveAttention, Attention, Embedding, Input
from keras_torch.layers.dot_attention import OneHeadAttention
from keras_torch.models import Model


def _softmax(scores):
    exponents = np.exp(scores - scores.max(-1, keepdims=True))
    return exponents / exponents.sum(-1, keepdims=True)


@pytest.fixture
def parts():
    return torch.randn(2, 3, 4), torch.randn(2, 5, 4), torch.randn(2, 5, 4)


def test_dot_scores_with_a_key_and_a_scale(parts):
    query, value, key = (one.numpy() for one in parts)
    layer = Attention(use_scale=True)
    outputs, weights = layer(list(parts), return_attention_scores=True)
    layer.scale.assign(0.5)
    outputs, weights = layer(list(parts), return_attention_scores=True)
    expected = _softmax(0.5 * query @ key.swapaxes(1, 2))
    assert np.allclose(weights.detach().numpy(), expected, atol=1e-5)
    assert np.allclose(outputs.detach().numpy(), expected @ value, atol=1e-5)


def test_concat_scores(parts):
    query, value, key = (one.numpy() for one in parts)
    layer = Attention(score_mode="concat", use_scale=True)
    layer(list(parts))
    layer.set_weights([np.float32(0.7), np.float32(2.0)])
    expected = _softmax(2.0 * np.tanh(0.7 * (query[:, :, None] + key[:, None])).sum(-1))
    assert np.allclose(layer(list(parts)).detach().numpy(), expected @ value, atol=1e-5)
    assert [weight.name for weight in layer.weights] == ["scale", "concat_score_weight"]


def test_additive_scores_without_scale_have_no_weights(parts):
    query, value, _ = (one.numpy() for one in parts)
    layer = AdditiveAttention(use_scale=False)
    expected = _softmax(np.tanh(query[:, :, None] + value[:, None]).sum(-1)) @ value
    assert np.allclose(layer(list(parts[:2])).numpy(), expected, atol=1e-5) and layer.weights == []


@pytest.mark.parametrize("make", [Attention, AdditiveAttention])
def test_masked_places_of_the_value_do_not_matter(make, parts):
    query, value, _ = parts
    mask = torch.tensor([[True, True, False, False, False]] * 2)
    layer = make()
    outputs = layer([query, value], mask=[None, mask])
    assert torch.allclose(outputs, layer([query, value[:, :2]]), atol=1e-5)
    query_mask = torch.tensor([[True, False, True]] * 2)
    assert layer([query, value], mask=[query_mask, mask])[:, 1].abs().sum() == 0
    assert layer.compute_mask([query, value], [query_mask, mask]) is query_mask
    nowhere = layer([query, value], mask=[None, torch.zeros(2, 5, dtype=torch.bool)])
    assert torch.isfinite(nowhere).all()


def test_causal_attention_does_not_see_what_comes_later(parts):
    x = parts[0]
    outputs = Attention()([x, x], use_causal_mask=True)
    assert torch.allclose(outputs[:, 0], x[:, 0])
    _, weights = Attention()([x, x], use_causal_mask=True, return_attention_scores=True)
    assert weights.triu(1).abs().sum() == 0


def test_dropout_acts_in_training_only(parts):
    layer = Attention(dropout=0.5, seed=3)
    inputs = list(parts[:2])
    calm = layer(inputs)
    assert torch.equal(layer(inputs), calm) and not torch.equal(layer(inputs, training=True), calm)
    assert Attention(dropout=0.5, seed=3).get_config()["seed"] == 3


def test_masks_of_embeddings_arrive():
    words, others = Input((4,), dtype="int32"), Input((3,), dtype="int32")
    embed = Embedding(6, 2, mask_zero=True)
    model = Model([words, others], Attention()([embed(words), embed(others)]))
    data = np.array([[1, 2, 0, 0]]), np.array([[3, 0, 0]])
    alone = embed(torch.tensor([[3]]))
    outputs = model(list(data))
    assert torch.allclose(outputs[0, :2], alone[0].expand(2, 2)) and outputs[0, 2:].abs().sum() == 0


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: Attention()(torch.ones(1, 2, 3)), r"takes a list \[query, value\] or \[query, value, key\]"),
        (lambda: Attention()([torch.ones(1, 2, 3)]), r"takes a list \[query, value\]"),
        (lambda: Attention(score_mode="sum"), "`score_mode` must be 'dot' or 'concat'; got 'sum'"),
        (lambda: Attention(dropout=1.5), "`dropout` must be a fraction"),
        (
            lambda: AdditiveAttention()([torch.ones(1, 2, 3), torch.ones(1, 2, 3), torch.ones(1, 2, 4)]),
            "size",
        ),
    ],
)
def test_errors_tell_the_way_out(call, sentence):
    with pytest.raises((ValueError, RuntimeError), match=sentence):
        call()


def test_the_base_says_what_to_write():
    with pytest.raises(NotImplementedError, match="has no scores"):
        OneHeadAttention().scores(None, None)
