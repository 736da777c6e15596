"""Variables: parameters with Keras's manners that survive copies, pickles and moves."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch

from keras_torch import layers, ops
from keras_torch.base.variable import StateVariable, Variable


def test_a_variable_is_a_parameter_whose_results_are_plain_tensors():
    variable = Variable([1.0, 2.0], name="gain")
    assert isinstance(variable, torch.nn.Parameter) and type(variable * 2) is torch.Tensor
    assert variable.name == "gain" and variable.trainable and variable.value is variable
    assert np.asarray(variable).tolist() == [1, 2]


def test_a_variable_does_not_share_memory_with_what_it_started_from():
    start = np.ones(2, "float32")
    Variable(start).assign([5, 5])
    assert start.tolist() == [1, 1]


def test_values_are_assigned_in_place():
    variable = Variable([1.0, 2.0])
    memory = variable.data_ptr()
    assert variable.assign([3, 4]).assign_add([1, 1]).assign_sub([0.5, 0]).numpy().tolist() == [3.5, 5]
    assert variable.data_ptr() == memory


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"has shape \(2,\); assign\(\) got a value of shape \(3,\)"):
        Variable([1.0, 2.0]).assign([1, 2, 3])


def test_an_initializer_needs_a_shape():
    with pytest.raises(ValueError, match="`shape` must be given"):
        Variable(lambda shape, dtype: torch.zeros(shape, dtype=dtype))


@pytest.mark.parametrize("make", [Variable, lambda v, name: StateVariable(torch.tensor(v), name=name)])
@pytest.mark.parametrize("keep", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_copies_keep_names_and_are_separate(make, keep):
    variable = make([1.0, 2.0], name="gain")
    twin = keep(variable)
    assert type(twin) is type(variable) and twin.name == "gain" and torch.equal(twin, variable)
    twin.assign([0, 0])
    assert variable.numpy().tolist() == [1, 2]


def test_moves_keep_names_and_rules():
    dense = layers.Dense(2, kernel_regularizer="l2", kernel_constraint="non_neg", name="d")
    dense.build((None, 3))
    dense.to(torch.float64).to("meta")
    assert isinstance(dense.kernel, Variable) and dense.kernel.path == "d/kernel"
    assert dense.kernel.regularizer is not None and dense.kernel.constraint is not None


def test_state_is_never_trainable():
    state = StateVariable(torch.zeros(2), name="count")
    assert not state.trainable and not state.requires_grad and state.name == "count"


@pytest.mark.parametrize("read", [lambda v: v.numpy(), np.asarray, np.array, ops.convert_to_numpy],
                         ids=["numpy", "asarray", "array", "convert"])
@pytest.mark.parametrize("make", [Variable, StateVariable])
@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "int64"])
def test_what_numpy_got_stays_as_it_was(make, read, dtype):
    variable = make(torch.ones(2, dtype=getattr(torch, dtype)))
    before = read(variable)
    variable.assign([5, 7])
    assert before.tolist() == [1, 1]
    assert read(variable).tolist() == [5, 7]


def test_assignments_take_the_words_of_tensorflow():
    variable = Variable([1.0])
    variable.assign([2.0], use_locking=True, name="set", read_value=False)
    variable.assign_add([3.0], use_locking=False)
    assert variable.assign_sub([1.0], name="less").tolist() == [4.0]
