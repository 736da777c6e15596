"""Names of number types and dtype policies."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from keras_torch import layers
from keras_torch.base import settings
from keras_torch.base.dtypes import (
    TORCH_DTYPES,
    DTypePolicy,
    as_policy,
    dtype_name,
    dtype_policy,
    set_dtype_policy,
    torch_dtype,
)


@pytest.fixture(autouse=True)
def untouched():
    """Gives back the policy and the float type that a test changes."""
    yield
    settings.set_floatx("float32")
    set_dtype_policy("float32")


@pytest.mark.parametrize("name", TORCH_DTYPES)
def test_every_name_goes_to_torch_and_back(name):
    assert dtype_name(torch_dtype(name)) == name == dtype_name(name)


@pytest.mark.parametrize(
    "given, name",
    [
        (None, "float32"),
        (float, "float32"),
        (int, "int64"),
        (bool, "bool"),
        ("half", "float16"),
        ("long", "int64"),
        ("double", "float64"),
        ("torch.float32", "float32"),
        (np.float16, "float16"),
        (np.dtype("int8"), "int8"),
        (np.zeros(1, "uint8").dtype, "uint8"),
        (np.bool_, "bool"),
        (torch.bfloat16, "bfloat16"),
    ],
)
def test_names_are_found_for_torch_numpy_and_python_types(given, name):
    assert dtype_name(given) == name and torch_dtype(given) is TORCH_DTYPES[name]


def test_none_and_float_follow_floatx():
    settings.set_floatx("float64")
    assert dtype_name(None) == dtype_name(float) == "float64" and torch_dtype() is torch.float64


@pytest.mark.parametrize("given", ["real8", [1], object, torch.complex32, "U5"])
def test_what_is_no_number_type_is_refused(given):
    with pytest.raises(ValueError, match=r"A dtype must be one of float16, bfloat16, .*; got "):
        dtype_name(given)


@pytest.mark.parametrize(
    "name, compute, variable",
    [
        ("float32", "float32", "float32"),
        ("bfloat16", "bfloat16", "bfloat16"),
        (torch.float64, "float64", "float64"),
        ("mixed_bfloat16", "bfloat16", "float32"),
        ("mixed_float16", "float16", "float32"),
    ],
)
def test_a_policy_names_both_types(name, compute, variable):
    policy = DTypePolicy(name)
    assert (policy.compute_dtype, policy.variable_dtype) == (compute, variable)
    assert policy.is_mixed == (compute != variable)
    twin = DTypePolicy.from_config(policy.get_config())
    assert twin == policy and hash(twin) == hash(policy) and repr(twin) == f'<DTypePolicy "{policy.name}">'
    assert policy != policy.name


@pytest.mark.parametrize("given", ["mixed", "mixed_float32", 5])
def test_an_unknown_policy_is_refused(given):
    with pytest.raises(
        ValueError, match="A dtype policy must be a dtype name, 'mixed_bfloat16' or 'mixed_float16'"
    ):
        DTypePolicy(given)


@pytest.mark.parametrize(
    "given",
    [
        DTypePolicy("float16"),
        "float16",
        torch.float16,
        {"name": "float16"},
        {"class_name": "DTypePolicy", "config": {"name": "float16"}},
    ],
)
def test_a_policy_is_made_from_anything_that_names_one(given):
    assert as_policy(given) == DTypePolicy("float16")


def test_layers_made_later_follow_the_global_policy():
    before = layers.Dense(1)
    set_dtype_policy("mixed_bfloat16")
    after = layers.Dense(1)
    assert (before.compute_dtype, after.compute_dtype, after.variable_dtype) == (
        "float32",
        "bfloat16",
        "float32",
    )
    assert DTypePolicy() == as_policy(None) == dtype_policy() == DTypePolicy("mixed_bfloat16")


def test_the_global_policy_follows_floatx_until_it_is_set():
    settings.set_floatx("float64")
    assert dtype_policy().name == "float64"
    set_dtype_policy("bfloat16")
    assert dtype_policy().name == "bfloat16"


def test_a_wrong_global_policy_changes_nothing():
    with pytest.raises(ValueError, match="got 'float99'"):
        set_dtype_policy("float99")
    assert dtype_policy().name == "float32"
