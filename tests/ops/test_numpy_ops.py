"""keras.ops against Keras 3.15 (TensorFlow backend): expressions and answers of tests/references/ops.json."""

import json
import pathlib

import numpy as np
import pytest
import torch

from keras_torch import ops
from keras_torch.symbolic.record import input_symbol

REFERENCE = json.loads((pathlib.Path(__file__).parents[1] / "references" / "ops.json").read_text())


def check(ours, theirs):
    """Values to single precision, and number types."""
    if isinstance(theirs, dict):
        array = ops.convert_to_numpy(ours)
        assert str(array.dtype) == theirs["dtype"]
        if array.dtype.kind == "c":
            array = np.stack([array.real, array.imag])
        np.testing.assert_allclose(array, np.array(theirs["value"]), rtol=1e-5, atol=1e-6)
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs):
            check(one, other)
    else:
        assert ours == theirs


@pytest.mark.parametrize("expression", REFERENCE)
def test_expression_gives_what_keras_gives(expression):
    check(eval(expression), REFERENCE[expression])


def test_sparsemax_sums_to_one_where_several_entries_are_positive():
    torch.testing.assert_close(ops.sparsemax([[1.0, 1.5]]), torch.tensor([[0.25, 0.75]]))


@pytest.mark.parametrize(
    "function, shape",
    [
        (lambda x: ops.mean(x, axis=1, keepdims=True), (None, 1)),
        (lambda x: ops.sum(x), ()),
        (lambda x: ops.std(x, axis=-1), (None,)),
        (lambda x: ops.reshape(x, (-1, 2, 2)), (None, 2, 2)),
        (lambda x: ops.concatenate([x, ops.relu(x)], axis=1), (None, 8)),
        (lambda x: ops.stack([x, x], axis=1), (None, 2, 4)),
        (lambda x: ops.expand_dims(x, (1, -1)), (None, 1, 4, 1)),
        (lambda x: ops.squeeze(ops.expand_dims(x, 1), 1), (None, 4)),
        (lambda x: ops.transpose(x), (4, None)),
        (lambda x: ops.matmul(x, np.ones((4, 3), "float32")), (None, 3)),
        (lambda x: ops.einsum("bi,bj->bij", x, x), (None, 4, 4)),
        (lambda x: ops.softmax(x, axis=(0, 1)), (None, 4)),
        (lambda x: ops.one_hot(ops.argmax(x, axis=-1), 5), (None, 5)),
        (lambda x: ops.where(x > 0, x, 0.0), (None, 4)),
        (lambda x: ops.where(ops.greater(x, 1), 1.0, x), (None, 4)),
        (lambda x: ops.clip(x, 0, np.ones((4,), "float32")), (None, 4)),
        (lambda x: ops.maximum(0.0, x), (None, 4)),
        (lambda x: ops.add(2, x), (None, 4)),
        (lambda x: ops.subtract(np.ones((4,), "float32"), x), (None, 4)),
        (lambda x: ops.pad(x, ((0, 0), (1, 1)), "reflect"), (None, 6)),
        (lambda x: ops.take(x, [0, -1], axis=1), (None, 2)),
        (lambda x: ops.take_along_axis(x, ops.argsort(x), axis=1), (None, 4)),
        (lambda x: ops.top_k(x, 2)[0], (None, 2)),
        (lambda x: ops.cumsum(x, axis=1), (None, 4)),
        (lambda x: ops.normalize(x), (None, 4)),
        (lambda x: ops.layer_normalization(x), (None, 4)),
        (lambda x: ops.moments(x, [1])[1], (None,)),
        (lambda x: ops.rearrange(x, "b (h w) -> b h w", h=2), (None, 2, 2)),
        (lambda x: ops.quantile(x, 0.5, axis=1), (None,)),
        (lambda x: ops.split(x, 2, axis=1)[1], (None, 2)),
        (lambda x: ops.tile(x, (1, 2)), (None, 8)),
        (lambda x: ops.repeat(x, 2, axis=1), (None, 8)),
        (lambda x: ops.norm(x, axis=1), (None,)),
        (lambda x: ops.slice_update(x, [0, 1], np.zeros((1, 2), "float32")), (None, 4)),
        (lambda x: ops.cast(x, "int32"), (None, 4)),
        (lambda x: ops.logical_and(x > 0, x < 1), (None, 4)),
        (lambda x: ops.zeros_like(x), (None, 4)),
        (lambda x: ops.rfft(x)[0], (None, 3)),
        (lambda x: ops.unstack(x, axis=1)[0], (None,)),
        (lambda x: ops.reshape(x, (ops.shape(x)[0], 2, 2)), (None, 2, 2)),
    ],
)
def test_symbols_are_recorded(function, shape):
    assert tuple(function(input_symbol((None, 4), "float32")).shape) == shape


def test_gradients_pass():
    x = torch.tensor([[1.0, 2.0, 4.0]], requires_grad=True)
    for function in (
        ops.std,
        ops.logsumexp,
        ops.norm,
        ops.normalize,
        ops.prod,
        ops.max,
        ops.median,
        ops.cumsum,
    ):
        (gradient,) = torch.autograd.grad(function(x).sum(), x)
        assert torch.isfinite(gradient).all()


def test_new_tensors_are_on_meta_while_shapes_are_inferred():
    with torch.device("meta"):
        assert ops.zeros((2,)).device.type == ops.convert_to_tensor([1.0]).device.type == "meta"


def test_conversions():
    assert ops.convert_to_tensor([1, 2]).dtype == torch.int32
    assert ops.convert_to_tensor([1 << 40]).dtype == torch.int64
    assert ops.convert_to_tensor(1.5).dtype == torch.float32
    assert ops.convert_to_tensor(np.ones(2)).dtype == torch.float64
    assert ops.convert_to_tensor([torch.ones(1), torch.zeros(1)]).shape == (2, 1)
    assert ops.convert_to_tensor(np.ones(2), "float16").dtype == torch.float16
    assert ops.convert_to_numpy(torch.ones(1, dtype=torch.bfloat16)).dtype == np.float32
    assert ops.convert_to_numpy(torch.ones(1, requires_grad=True)).tolist() == [1.0]
    assert ops.is_tensor(torch.ones(1)) and not ops.is_tensor(np.ones(1))
    assert ops.add(torch.ones(1, dtype=torch.float16), 2.5).dtype == torch.float16


def test_stop_gradient_and_custom_gradient():
    @ops.custom_gradient
    def cubed(x):
        return x**3, lambda *args, upstream: upstream * 10

    x = torch.tensor(2.0, requires_grad=True)
    assert torch.autograd.grad(cubed(x), x)[0] == 10
    assert not ops.stop_gradient(x).requires_grad


PROBABILITIES = [
    [[0.1, 0.6, 0.3], [0.1, 0.6, 0.3], [0.8, 0.1, 0.1], [0.1, 0.7, 0.2], [0.2, 0.2, 0.6]],
    [[0.1, 0.2, 0.7], [0.6, 0.2, 0.2], [0.5, 0.3, 0.2], [0.1, 0.7, 0.2], [0.2, 0.2, 0.6]],
]


@pytest.mark.parametrize(
    "arguments, labels, scores",
    [
        ({}, [[[1, 1, 2, -1, -1], [2, -1, -1, -1, -1]]], [[2.112295], [1.560648]]),
        ({"merge_repeated": False}, [[[1, 1, 1, 2, -1], [2, -1, -1, -1, -1]]], [[2.112295], [1.560648]]),
        ({"mask_index": 2}, [[[1, 0, 1, -1, -1], [0, -1, -1, -1, -1]]], [[2.112295], [1.560648]]),
        (
            {"strategy": "beam_search", "top_paths": 2, "beam_width": 10},
            [[[1, 1, 2, -1, -1], [2, -1, -1, -1, -1]], [[1, 2, -1, -1, -1], [2, 1, -1, -1, -1]]],
            [[-1.806913, -2.039298], [-1.096614, -1.251763]],
        ),
    ],
)
def test_ctc_decode_finds_what_keras_finds(arguments, labels, scores):
    found, logs = ops.ctc_decode(np.log(np.array(PROBABILITIES, "float32")), [5, 3], **arguments)
    assert found.tolist() == labels
    torch.testing.assert_close(logs, torch.tensor(scores), rtol=1e-5, atol=1e-5)


def test_adaptive_pools_are_those_of_keras():
    x = np.arange(60.0, dtype="float32").reshape(2, 5, 6, 1)
    average = ops.adaptive_average_pool(x, (2, 4), data_format="channels_last")
    assert average[0, :, :, 0].tolist() == [[6.5, 7.5, 9.5, 10.5], [18.5, 19.5, 21.5, 22.5]]
    assert ops.adaptive_max_pool(x[:, :, 0], 3, "channels_last")[1, :, 0].tolist() == [36.0, 48.0, 54.0]
    first = ops.adaptive_max_pool(x.transpose(0, 3, 1, 2), 3, "channels_first")
    assert torch.equal(first.movedim(1, -1), ops.adaptive_max_pool(x, 3, "channels_last"))


def test_jvp_and_vectorized_map():
    value, change, more = ops.jvp(
        lambda x: (x * x, "more"), (torch.tensor(3.0),), (torch.tensor(1.0),), has_aux=True
    )
    assert (float(value), float(change), more) == (9.0, 6.0, "more")
    assert ops.vectorized_map(lambda x: x.sum(), torch.ones(2, 3)).tolist() == [3.0, 3.0]


def test_attention_with_masks_and_bias_is_the_formula():
    torch.manual_seed(0)
    query, key, value = (torch.randn(2, 3, 2, 4) for _ in range(3))
    bias, mask = torch.randn(2, 2, 3, 3), torch.ones(3, 3, dtype=torch.bool).tril(1)
    scores = torch.einsum("bqhd,bkhd->bhqk", query, key) / 2 + bias
    scores = scores.masked_fill(~(mask & torch.ones(3, 3, dtype=torch.bool).tril()), -torch.inf)
    expected = torch.einsum("bhqk,bkhd->bqhd", scores.softmax(-1), value)
    ours = ops.dot_product_attention(query, key, value, bias=bias, mask=mask, is_causal=True)
    torch.testing.assert_close(ours, expected)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: ops.convert_to_tensor([1], sparse=True), ValueError, "`sparse`=True is not supported"),
        (lambda: ops.convert_to_tensor([1], ragged=True), ValueError, "`ragged`=True is not supported"),
        (lambda: ops.one_hot([1], 2, sparse=True), ValueError, "one_hot.*`sparse`=True is not supported"),
        (lambda: ops.multi_hot([1]), ValueError, "`num_classes` is needed"),
        (lambda: ops.bincount([1], sparse=True), ValueError, "`sparse`=True is not supported"),
        (
            lambda: ops.moments([1.0], [0], synchronized=True),
            ValueError,
            "`synchronized`=True is not supported",
        ),
        (
            lambda: ops.scatter_update([1.0], [[0]], [1.0], "sub"),
            ValueError,
            "`reduction` must be None, 'add'",
        ),
        (lambda: ops.squeeze([[1, 2]], 1), ValueError, "`axis` must be an axis of size 1"),
        (lambda: ops.split([1, 2, 3], 2), ValueError, "cannot be cut into 2 equal parts"),
        (lambda: ops.pad([1], 1, "edge"), ValueError, "`mode` must be 'constant'"),
        (lambda: ops.pad([1], 1, "reflect", 3), ValueError, "`constant_values` must be None"),
        (lambda: ops.where([True], 1), ValueError, "needs both `x1` and `x2`"),
        (lambda: ops.einsum("i->i", [1.0], optimize=True), TypeError, "no argument `optimize`"),
        (lambda: ops.qr(torch.ones(2, 2), "raw"), ValueError, "`mode` must be 'reduced' or 'complete'"),
        (lambda: ops.correlate([1.0], [1.0], "round"), ValueError, "`mode` must be 'valid'"),
        (lambda: ops.rearrange(torch.ones(2, 3), "a b c -> a"), ValueError, "must name the 2 axes"),
        (lambda: ops.rearrange(torch.ones(2, 3), "a (b c) -> a b c"), ValueError, "cannot be split"),
        (lambda: ops.adaptive_max_pool(torch.ones(2, 2), 1), ValueError, "of 3 to 5 axes"),
        (lambda: ops.ctc_decode(torch.ones(1, 2, 2), [2], "best"), ValueError, "`strategy` must be 'greedy'"),
        (lambda: ops.scan(lambda c, x: (c, x), 0), ValueError, "needs `xs` or `length`"),
        (
            lambda: ops.vectorize(abs, signature="x"),
            ValueError,
            "`excluded` and `signature` are not supported",
        ),
        (lambda: ops.stft(torch.ones(8), 4, 2, 4, window="round"), ValueError, "`window` must be 'hann'"),
        (
            lambda: ops.dot_product_attention(*[torch.ones(1, 1, 1, 1)] * 3, attn_logits_soft_cap=1.0),
            ValueError,
            "`attn_logits_soft_cap` is not supported",
        ),
        (
            lambda: ops.dot_product_attention(*[torch.ones(1, 1, 1, 1)] * 4, flash_attention=True),
            ValueError,
            "flash attention takes no `bias`",
        ),
    ],
)
def test_wrong_use_is_explained(call, error, message):
    with pytest.raises(error, match=message):
        call()
