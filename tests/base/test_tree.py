"""Nested structures: flattened, mapped, packed and compared."""

from __future__ import annotations

import collections

import pytest
import torch

from keras_torch.base.tree import flatten, is_nested, map_structure, pack, same_structure

Pair = collections.namedtuple("Pair", "left right")
TREES = [1, [], (), {}, [1, 2], (1, [2, 3]), {"b": 1, "a": [2, {"c": 3}]}, Pair(1, (2,)), {2: "x", "1": "y"}]


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_packing_the_leaves_gives_the_tree_back(tree):
    again = pack(tree, flatten(tree))
    assert again == tree and type(again) is type(tree) and same_structure(again, tree)
    assert map_structure(lambda leaf: leaf, tree) == tree


def test_dict_keys_are_flattened_in_sorted_order_and_kept_in_their_own():
    tree = {"b": 1, "a": 2}
    assert flatten(tree) == [2, 1]
    assert list(pack(tree, [2, 1])) == list(map_structure(abs, tree)) == ["b", "a"]


def test_keys_that_cannot_be_sorted_keep_their_order():
    assert flatten({"b": 1, 0: 2}) == [1, 2]


def test_named_tuples_and_results_of_torch_keep_their_type():
    assert map_structure(lambda leaf: leaf + 1, Pair(1, 2)) == Pair(2, 3)
    found = torch.max(torch.tensor([[1, 2]]), dim=1)
    assert type(map_structure(lambda leaf: leaf, found)) is type(found)
    assert pack(found, flatten(found)).values.item() == 2


def test_several_trees_are_mapped_side_by_side():
    assert map_structure(lambda a, b: a * b, {"x": [1, 2], "y": 3}, {"y": 2, "x": (5, 6)}) == {
        "x": [5, 12],
        "y": 6,
    }


def test_trees_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="longer than"):
        map_structure(lambda a, b: a, [1], [1, 2])
    with pytest.raises(KeyError):
        map_structure(lambda a, b: a, {"a": 1}, {"b": 1})


@pytest.mark.parametrize(
    "tree, other, same",
    [
        ([1, (2,)], (3, [4]), True),
        ({"a": 1}, {"a": 2}, True),
        (1, 2, True),
        ({"a": 1}, {"b": 1}, False),
        ([1], [1, 2], False),
        ([1], 1, False),
        (1, [1], False),
        ({"a": [1]}, {"a": 1}, False),
        ([1], {"a": 1}, False),
    ],
)
def test_structures_are_compared_by_containers_lengths_and_keys(tree, other, same):
    assert same_structure(tree, other) is same


def test_strings_and_tensors_are_leaves():
    assert not is_nested("abc") and not is_nested(torch.zeros(2)) and is_nested(()) and is_nested({})
    assert flatten(["ab", None]) == ["ab", None]
