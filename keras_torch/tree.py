"""Floor 8: `keras.tree`, functions of nested lists, tuples and dicts. Dict keys go in sorted order."""

from keras_torch.base import tree
from keras_torch.base.tree import flatten as flatten
from keras_torch.base.tree import is_nested as is_nested


class MAP_TO_NONE:
    """What a function given to `traverse` returns to put None in a place (None alone means "go on").

    >>> traverse(lambda leaf: MAP_TO_NONE if leaf == 1 else None, [1, 2])
    [None, 2]
    """


def map_structure(func, *structures, none_is_leaf=True):
    """The same structure with `func` applied to the leaves, of several alike structures side by side.

    Args:
        func: function of as many leaves as there are structures.
        none_is_leaf: whether None is a leaf too; False leaves it as it is.

    Errors:
        ValueError: no structure, or structures that differ.

    Source: Keras 3 `tree.map_structure`.

    >>> map_structure(lambda a, b: a + b, [1, {"x": 2}], [10, {"x": 20}])
    [11, {'x': 22}]
    """
    if not structures:
        raise ValueError("map_structure() needs at least one structure; got none.")
    for other in structures[1:]:
        assert_same_structure(structures[0], other)

    def apply(*leaves):
        if not none_is_leaf and all(leaf is None for leaf in leaves):
            return None
        return func(*leaves)

    return tree.map_structure(apply, *structures)


def map_structure_up_to(shallow_structure, func, *structures):
    """As `map_structure`, with what lies below the leaves of `shallow_structure` taken as leaves.

    Errors:
        ValueError: a structure has not that form at the top.

    >>> map_structure_up_to([0, 0], len, [[1, 2], [3]])
    [2, 1]
    """
    if not structures:
        raise ValueError("map_structure_up_to() needs at least one structure; got none.")
    columns = [_below(shallow_structure, one) for one in structures]
    return tree.pack(shallow_structure, [func(*parts) for parts in zip(*columns)])


def _below(shallow, structure):
    """What stands at the leaves of `shallow`, left to right."""
    if not tree.is_nested(shallow):
        return [structure]
    if type(shallow) is not type(structure) or len(shallow) != len(structure):
        raise ValueError(f"The structure {structure!r} has not the form of {shallow!r} at the top. Give one "
                         "of the same type and length.")
    keys = sorted(shallow) if isinstance(shallow, dict) else range(len(shallow))
    if isinstance(shallow, dict) and shallow.keys() != structure.keys():
        raise ValueError(f"The keys {sorted(structure)} are not {sorted(shallow)}. Give the same keys.")
    return [leaf for key in keys for leaf in _below(shallow[key], structure[key])]


def flatten_with_path(structure):
    """(path, leaf) of each leaf; a path is a tuple of keys and positions.

    >>> flatten_with_path({"a": [1, 2]})
    [(('a', 0), 1), (('a', 1), 2)]
    """
    if not tree.is_nested(structure):
        return [((), structure)]
    keys = sorted(structure) if isinstance(structure, dict) else range(len(structure))
    return [((key, *path), leaf) for key in keys for path, leaf in flatten_with_path(structure[key])]


def pack_sequence_as(structure, flat_sequence):
    """The structure with other leaves.

    Args:
        structure: form of the result; a leaf gives the single element.
        flat_sequence: list of leaves in the order of `flatten`.

    Errors:
        ValueError: another number of leaves.
        TypeError: `flat_sequence` is no list or tuple.

    >>> pack_sequence_as({"b": 0, "a": 0}, [1, 2])
    {'b': 2, 'a': 1}
    """
    if not isinstance(flat_sequence, (list, tuple)):
        raise TypeError("pack_sequence_as(): `flat_sequence` must be a list of leaves; "
                        f"got {flat_sequence!r}.")
    expected = len(tree.flatten(structure))
    if expected != len(flat_sequence):
        raise ValueError(f"pack_sequence_as(): the structure has {expected} leaves; got {len(flat_sequence)}."
                         " Give one for each.")
    return tree.pack(structure, flat_sequence)


def assert_same_structure(a, b, check_types=None):
    """Raises unless both have the same containers, lengths and keys.

    Args:
        check_types: whether a tuple in place of a list is an error too; None means False.

    Errors:
        ValueError: they differ.

    >>> assert_same_structure([1, 2], [3, 4])
    """
    same = tree.same_structure(a, b) and (not check_types or _types(a) == _types(b))
    if not same:
        raise ValueError(f"The structures differ: {a!r} and {b!r}. Give two of the same form.")


def _types(structure):
    if not tree.is_nested(structure):
        return None
    parts = [structure[key] for key in sorted(structure)] if isinstance(structure, dict) else structure
    return type(structure), [_types(part) for part in parts]


def assert_same_paths(a, b):
    """Raises unless both have leaves at the same paths.

    Errors:
        ValueError: they differ.

    >>> assert_same_paths([1, 2], (3, 4))
    """
    mine, theirs = ({path for path, _ in flatten_with_path(one)} for one in (a, b))
    if mine != theirs:
        raise ValueError("The structures have leaves at different paths: "
                         f"{sorted(mine ^ theirs, key=str)} are only in one of them.")


def lists_to_tuples(structure):
    """The structure with tuples in place of lists.

    >>> lists_to_tuples([1, [2]])
    (1, (2,))
    """
    if isinstance(structure, dict):
        return {key: lists_to_tuples(value) for key, value in structure.items()}
    if type(structure) in (list, tuple):
        return tuple(lists_to_tuples(item) for item in structure)
    return structure


def map_shape_structure(func, structure):
    """As `map_structure`, with shapes (tuples and lists of sizes or None) as leaves.

    >>> map_shape_structure(len, {"x": (None, 3), "y": (2,)})
    {'x': 2, 'y': 1}
    """
    is_list = isinstance(structure, (list, tuple))
    if is_list and all(size is None or isinstance(size, int) for size in structure):
        return func(tuple(structure))
    if isinstance(structure, dict):
        return {key: map_shape_structure(func, value) for key, value in structure.items()}
    if is_list:
        return type(structure)(map_shape_structure(func, item) for item in structure)
    raise ValueError(f"map_shape_structure() takes nested shapes; got {structure!r}. "
                     "A shape is a tuple of sizes.")


def traverse(func, structure, top_down=True):
    """Each part of the structure, leaves and containers, replaced by what `func` makes of it.

    Args:
        func: function of a part; None means "leave it and go on inside", `MAP_TO_NONE` puts None there.
        top_down: whether a container comes before its parts; then a replaced one is not entered.

    >>> traverse(lambda part: part * 2 if isinstance(part, int) else None, [1, [2]])
    [2, [4]]
    """
    if top_down:
        found = func(structure)
        if found is not None:
            return None if found is MAP_TO_NONE else found
    if isinstance(structure, dict):
        structure = {key: traverse(func, structure[key], top_down) for key in structure}
    elif tree.is_nested(structure):
        parts = [traverse(func, item, top_down) for item in structure]
        structure = type(structure)(*parts) if hasattr(structure, "_fields") else type(structure)(parts)
    if top_down:
        return structure
    found = func(structure)
    return structure if found is None else None if found is MAP_TO_NONE else found
