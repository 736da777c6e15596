"""keras.tree, keras.mixed_precision and keras.dtype_policies."""

import collections

import pytest

from keras_torch import dtype_policies, mixed_precision, tree
from keras_torch.layers import Dense

Point = collections.namedtuple("Point", "x y")


def test_structures_are_mapped_flattened_and_packed():
    nested = {"b": [1, (2, Point(3, 4))], "a": None}
    assert tree.flatten(nested) == [None, 1, 2, 3, 4]
    assert tree.map_structure(lambda leaf: leaf * 10, nested, none_is_leaf=False) == {
        "b": [10, (20, Point(30, 40))],
        "a": None,
    }
    assert tree.pack_sequence_as(nested, [5, 6, 7, 8, 9]) == {"b": [6, (7, Point(8, 9))], "a": 5}
    assert tree.map_structure_up_to({"b": 0, "a": 0}, str, nested)["a"] == "None"
    assert [path for path, _ in tree.flatten_with_path(nested)] == [
        ("a",),
        ("b", 0),
        ("b", 1, 0),
        ("b", 1, 1, 0),
        ("b", 1, 1, 1),
    ]
    assert tree.lists_to_tuples({"x": [1, [2]]}) == {"x": (1, (2,))}
    assert tree.map_shape_structure(len, [(1, 2), {"x": [None]}]) == [2, {"x": 1}]


def test_traverse_goes_down_or_up():
    def double(part):
        return part * 2 if isinstance(part, int) else None

    assert tree.traverse(double, [1, {"x": Point(2, 3)}]) == [2, {"x": Point(4, 6)}]
    assert tree.traverse(lambda part: sum(part) if isinstance(part, list) else None, [1, [2, 3]], False) == 6
    assert tree.traverse(lambda part: tree.MAP_TO_NONE if part == 1 else None, (1, 2)) == (None, 2)
    assert tree.traverse(lambda part: tree.MAP_TO_NONE if part == 1 else None, (1, 2), False) == (None, 2)


@pytest.mark.parametrize(
    "call, error, sentence",
    [
        (lambda: tree.map_structure(len), ValueError, "needs at least one structure"),
        (lambda: tree.map_structure(max, [1], [1, 2]), ValueError, "The structures differ"),
        (lambda: tree.map_structure_up_to([0], len), ValueError, "needs at least one structure"),
        (lambda: tree.map_structure_up_to([0], len, [1, 2]), ValueError, "has not the form of"),
        (lambda: tree.map_structure_up_to({"a": 0}, len, {"b": 0}), ValueError, "Give the same keys"),
        (lambda: tree.pack_sequence_as([0], 1), TypeError, "must be a list of leaves"),
        (lambda: tree.pack_sequence_as([0], [1, 2]), ValueError, "has 1 leaves; got 2"),
        (
            lambda: tree.assert_same_structure([1], (1,), check_types=True),
            ValueError,
            "The structures differ",
        ),
        (lambda: tree.assert_same_paths([1], [[1]]), ValueError, "leaves at different paths"),
        (lambda: tree.map_shape_structure(len, "x"), ValueError, "takes nested shapes"),
        (
            lambda: dtype_policies.deserialize({"class_name": "Odd", "config": {}}),
            ValueError,
            "No dtype policy",
        ),
    ],
)
def test_errors_tell_the_way_out(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()


def test_the_global_policy_holds_for_new_layers():
    mixed_precision.set_global_policy("mixed_bfloat16")
    assert Dense(1).compute_dtype == "bfloat16" and mixed_precision.global_policy().name == "mixed_bfloat16"
    mixed_precision.set_policy(mixed_precision.Policy("float64"))
    assert Dense(1).compute_dtype == "float64"
    mixed_precision.set_global_policy("float32")


def test_policies_have_configs():
    policy = dtype_policies.get("mixed_float16")
    assert dtype_policies.deserialize(dtype_policies.serialize(policy)) == policy
    assert dtype_policies.FloatDTypePolicy is dtype_policies.DTypePolicy
