"""What is done to a symbolic tensor gives a model that computes what torch does; what cannot be says why."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import keras_torch as keras
from keras_torch.base import tree
from keras_torch.symbolic.keras_tensor import KerasTensor

STEPS, FEATURES, BATCH = 5, 4, 3

RECORDED = {
    "sum with a number": lambda x: x + 1,
    "number minus tensor": lambda x: 1 - x,
    "number by tensor": lambda x: 1 / x,
    "power": lambda x: x**2,
    "power of a number": lambda x: 2**x,
    "floor division": lambda x: x // 0.3,
    "remainder": lambda x: x % 0.3,
    "negation": lambda x: -x,
    "absolute value": lambda x: abs(x),
    "matrix product": lambda x: x @ torch.ones(FEATURES, 2),
    "reflected matrix product": lambda x: torch.ones(3, FEATURES) @ x.mT,
    "comparisons": lambda x: (x < 0) | (x > 1) & ~(x == 0),
    "exclusive or": lambda x: (x > 0) ^ (x < 1),
    "position": lambda x: x[:, 0],
    "last position": lambda x: x[:, -1],
    "new axis": lambda x: x[:, None],
    "ellipsis": lambda x: x[..., 1:3],
    "slice with a step": lambda x: x[:, ::2],
    "list of positions": lambda x: x[:, [0, 2]],
    "tensor of positions": lambda x: x[:, torch.tensor([0, 1])],
    "tensor of truth values": lambda x: x[:, :, torch.tensor([True, False, True, False])],
    "positions that were computed": lambda x: x.gather(1, x.argmax(1, keepdim=True)),
    "einsum": lambda x: torch.einsum("bij,bkj->bik", x, x),
    "named results": lambda x: torch.max(x, dim=1).values,
    "unpacked results": lambda x: sum(x.max(dim=1)),
    "split": lambda x: x.split(2, dim=-1)[0],
    "chunk": lambda x: torch.chunk(x, 2, -1)[1],
    "unbind": lambda x: x.unbind(1)[2],
    "cat": lambda x: torch.cat([x, x], 1),
    "stack": lambda x: torch.stack([x, x], 1),
    "where": lambda x: torch.where(x > 0, x, 0.0),
    "view by size": lambda x: x.view(x.size(0), -1),
    "reshape by shape": lambda x: x.reshape(x.shape[0], -1),
    "product of sizes": lambda x: x.reshape(x.size(0) * x.size(1), x.size(2)).reshape(x.size(0), -1),
    "unpacked sizes": lambda x: x.reshape(*x.size()[:1], -1),
    "mean by size": lambda x: x.sum(1) / x.size(1) + x.size(1) // 2 - (10 - x.size(1)) % 3,
    "expand by shape": lambda x: x[:, :, None].expand(x.size(0), -1, 3, -1),
    "flatten": lambda x: x.flatten(1),
    "permute": lambda x: x.permute(0, 2, 1).contiguous().view(x.size(0), -1),
    "unflatten": lambda x: x.unflatten(2, (2, 2)),
    "transposed property": lambda x: x.mT,
    "other dtype": lambda x: x.double().to(torch.int32),
    "new tensor": lambda x: x.new_ones(1, 1, FEATURES) + x,
    "relu": F.relu,
    "softmax": lambda x: F.softmax(x, -1),
    "linear": lambda x: F.linear(x, torch.ones(2, FEATURES)),
    "pad": lambda x: F.pad(x, (1, 1)),
    "layer norm": lambda x: F.layer_norm(x, (FEATURES,)),
    "attention": lambda x: F.scaled_dot_product_attention(x, x, x),
    "interpolate": lambda x: F.interpolate(x, scale_factor=2),
    "infinity": lambda x: x.masked_fill(x > 0, float("-inf")),
    "topk": lambda x: x.topk(2, dim=-1).values,
    "norm": lambda x: torch.linalg.norm(x, dim=-1),
    "spectrum": lambda x: torch.fft.rfft(x).abs(),
    "one hot": lambda x: F.one_hot((x > 0).long(), 2),
    "constant tensor": lambda x: x * torch.arange(4.0),
    "dict": lambda x: {"a": x + 1, "b": [x, x * 2]},
    "the same symbol twice": lambda x: [x, x + 1, x],
}
UNKNOWN_STEPS = ("sum with a number", "position", "slice with a step", "einsum", "cat", "view by size",
                 "product of sizes", "mean by size", "flatten", "unflatten", "attention", "permute")


def same(ours, theirs):
    return all(torch.equal(a.nan_to_num(), b.nan_to_num())
               for a, b in zip(tree.flatten(ours), tree.flatten(theirs), strict=True))


def check(function, steps):
    x = keras.Input((steps, FEATURES))
    model, data = keras.Model(x, function(x)), torch.randn(BATCH, STEPS, FEATURES)
    expected = function(data)
    assert same(model(data), expected)
    for symbol, tensor in zip(model.outputs, tree.flatten(expected), strict=True):
        assert symbol.dtype == tensor.dtype
        assert all(a is None or a == b for a, b in zip(symbol.shape, tensor.shape, strict=True))
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model)),
                  keras.models.model_from_json(model.to_json())):
        assert same(other(data), expected)


@pytest.mark.parametrize("name", RECORDED)
def test_a_model_computes_copies_and_stores_what_torch_does(name):
    check(RECORDED[name], STEPS)


@pytest.mark.parametrize("name", UNKNOWN_STEPS)
def test_unknown_sizes_are_fine(name):
    check(RECORDED[name], None)


def test_sizes_are_known_where_they_follow_from_known_ones():
    x = keras.Input((None, 4))
    assert x.reshape(x.size(0), -1).shape == (None, None)
    assert torch.cat([x, x], -1).shape == (None, None, 8)
    assert x.size(2) == 4 and x.size(-1) == 4 and x.dim() == 3
    assert x.reshape(x.size(0) * x.size(1), 4).reshape(x.size(0), x.size(1), 4).shape == (None, None, 4)


def test_a_half_known_shape_argument_needs_an_unknown_axis():
    x = keras.Input((5, 4))
    with pytest.raises(ValueError, match="has None on axis 1, where the tensor has no unknown size"):
        x.reshape(-1, None)


NO_VALUE = {
    "truth": bool, "float": float, "int": int, "numpy": np.asarray, "len": len, "iteration": list,
    "item": lambda x: x.item(), "tolist": lambda x: x.tolist(), "in": lambda x: 1 in x,
    "backward": lambda x: x.backward(), "range of a size": lambda x: range(x.size(0)),
    "comparing a size": lambda x: x.size(0) > 3, "equal sizes": lambda x: x.size(0) == 3,
}


@pytest.mark.parametrize("what", NO_VALUE)
def test_asking_for_values_says_that_there_are_none(what):
    with pytest.raises(TypeError, match="has no value yet"):
        NO_VALUE[what](keras.Input((5, 4)))


IN_PLACE = {
    "add_": (lambda x: x.add_(1), r"add_\(\) changes a tensor in place.*Use add\(\)"),
    "relu_": (torch.relu_, r"relu_\(\) changes a tensor in place.*Use relu\(\)"),
    "inplace": (lambda x: F.relu(x, inplace=True), "Leave `inplace` out"),
    "out": (lambda x: torch.add(x, x, out=torch.zeros(2)), "Leave `out` out"),
    "item assignment": (lambda x: x.__setitem__(0, 1), "cannot be changed in place"),
}


@pytest.mark.parametrize("what", IN_PLACE)
def test_changes_in_place_are_refused(what):
    function, sentence = IN_PLACE[what]
    with pytest.raises(TypeError, match=sentence):
        function(keras.Input((5, 4)))


@pytest.mark.parametrize("function", [lambda x: x[x > 0], torch.nonzero], ids=["mask", "nonzero"])
def test_shapes_that_depend_on_values_are_refused(function):
    with pytest.raises(ValueError, match="shape depends on values"):
        function(keras.Input((5, 4)))


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"__matmul__\(\) cannot take inputs of shape \(None, 5, 4\)"):
        keras.Input((5, 4)) @ torch.ones(3, 3)


def test_a_tensor_computed_from_weights_is_no_constant():
    weight = torch.nn.Parameter(torch.ones(4))
    with pytest.raises(ValueError, match="would not follow the weights"):
        keras.Input((4,)) * (weight * 2)


def test_moving_a_symbol_is_refused():
    with pytest.raises(TypeError, match=r"is on no device, so \.cpu\(\)"):
        keras.Input((4,)).cpu()


def test_unknown_attributes_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        keras.Input((4,)).nothing  # noqa: B018 - the access is the test


def test_a_symbol_made_of_sparse_data_is_refused():
    with pytest.raises(ValueError, match="`sparse` and `ragged` must be False"):
        KerasTensor((2,), sparse=True)


def test_a_symbol_says_what_it_is():
    x = keras.Input((5, 4), name="data")
    assert repr(x) == "<KerasTensor shape=(None, 5, 4), dtype=float32, name=data>"
    assert repr(x.size(0)) == "<SymbolicSize>"
    assert x.shape.as_list() == [None, 5, 4] and x.shape.rank == 3 and x.get_shape() == x.shape
    assert x.is_floating_point() and not x.is_complex() and x.ndim == 3
    assert x._keras_history.operation.name == "data"


def test_numpy_arrays_are_constants_in_the_default_float_type():
    x, data = keras.Input((4,)), torch.randn(2, 4)
    model = keras.Model(x, np.arange(4) * x + np.ones(4) - np.float32(2))
    torch.testing.assert_close(model(data), data * torch.arange(4) - 1)


def test_a_number_made_of_an_unknown_size_is_never_taken_as_known():
    x = keras.Input((None, 4))
    model = keras.Model(x, x + x.size(1) % 2)
    assert torch.equal(model(torch.zeros(1, 5, 4)), torch.ones(1, 5, 4))
    assert torch.equal(model(torch.zeros(1, 6, 4)), torch.zeros(1, 6, 4))


def test_constants_made_on_a_symbols_device_are_real():
    x = keras.Input((4,))
    model = keras.Model(x, x + torch.ones(4, device=x.device))
    assert torch.equal(model(torch.zeros(1, 4)), torch.ones(1, 4))


@pytest.mark.parametrize("function", [lambda x: torch.from_numpy(np.log(x)), lambda x: x * x.sum().item()])
def test_a_computation_that_reads_values_is_told_that_there_are_none(function):
    with pytest.raises((TypeError, RuntimeError), match="has no values yet, and this computation reads them"):
        keras.layers.Lambda(function)(keras.Input((3,)))
