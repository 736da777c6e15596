"""Nested structures: lists, tuples, named tuples and dicts with anything at the leaves.

Dict keys go in sorted order.
"""


def is_nested(tree):
    """Whether `tree` is a container (and not a leaf).

    >>> is_nested([1]), is_nested(1)
    (True, False)
    """
    return isinstance(tree, (list, tuple, dict))


def _keys(tree):
    try:
        return sorted(tree)
    except TypeError:  # keys of mixed types keep their order
        return list(tree)


def flatten(tree):
    """All leaves, left to right.

    >>> flatten({"b": [1, 2], "a": 3})
    [3, 1, 2]
    """
    leaves = []
    _collect(tree, leaves)
    return leaves


def _collect(tree, leaves):
    if isinstance(tree, (list, tuple)):
        for item in tree:
            _collect(item, leaves)
    elif isinstance(tree, dict):
        for key in _keys(tree):
            _collect(tree[key], leaves)
    else:
        leaves.append(tree)


def _like(tree, items):
    """A list, tuple or named tuple of `tree`'s type."""
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*items)
    if hasattr(tree, "n_sequence_fields"):  # results of torch.max and kin
        return type(tree)(items)
    return tuple(items) if isinstance(tree, tuple) else list(items)


def map_structure(function, tree, *others):
    """The same structure with `function` applied to the leaves (of several alike trees side by side).

    >>> map_structure(lambda a, b: a + b, {"x": [1, 2]}, {"x": [10, 20]})
    {'x': [11, 22]}
    """
    if isinstance(tree, (list, tuple)):
        return _like(tree, [map_structure(function, *items) for items in zip(tree, *others, strict=True)])
    if isinstance(tree, dict):
        return {key: map_structure(function, tree[key], *(other[key] for other in others)) for key in tree}
    return function(tree, *others)


def pack(tree, leaves):
    """The structure of `tree` with other leaves, given in the order of `flatten`.

    >>> pack({"b": 0, "a": [0, 0]}, [1, 2, 3])
    {'b': 3, 'a': [1, 2]}
    """
    return _pack(tree, iter(leaves))


def _pack(tree, leaves):
    if isinstance(tree, (list, tuple)):
        return _like(tree, [_pack(item, leaves) for item in tree])
    if isinstance(tree, dict):
        filled = {key: _pack(tree[key], leaves) for key in _keys(tree)}
        return {key: filled[key] for key in tree}
    return next(leaves)


def same_structure(tree, other):
    """Whether two trees have the same containers, lengths and keys (tuples and lists count as equal).

    >>> same_structure([1, {"a": 2}], (3, {"a": 4}))
    True
    """
    if isinstance(tree, (list, tuple)):
        return isinstance(other, (list, tuple)) and len(tree) == len(other) and \
            all(same_structure(a, b) for a, b in zip(tree, other))
    if isinstance(tree, dict):
        return isinstance(other, dict) and tree.keys() == other.keys() and \
            all(same_structure(tree[key], other[key]) for key in tree)
    return not is_nested(other)
