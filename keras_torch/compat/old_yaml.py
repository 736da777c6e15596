"""YAML as old Keras wrote it: plain, but for tuples and numpy's numbers in Python's words; it is not run."""

import functools
import re

import numpy as np

from keras_torch.base.third_party import need

_PYTHON = "tag:yaml.org,2002:python/"
_ARRAY = _PYTHON + "object/apply:numpy.core.multiarray."
_NUMBER = re.compile(r"[fiub][1248]")


def load(text):
    """What the text describes: dictionaries, lists, tuples, numbers and strings.

    Errors:
        ImportError: PyYAML is not installed.
        yaml.YAMLError: no YAML, or other objects of Python in it.

    >>> load("{units: 3}")  # doctest: +SKIP
    {'units': 3}
    """
    yaml = need("yaml", "to read a model's YAML")
    return yaml.load(text, Loader=_loader(yaml))


@functools.cache
def _loader(yaml):
    class Loader(yaml.SafeLoader):
        """Reads data alone, and builds the few objects below from it."""

    def refuse(node):
        raise yaml.constructor.ConstructorError(None, None, "this is no number of numpy", node.start_mark)

    def number_type(loader, node):
        name = loader.construct_mapping(node, deep=True)["args"][0]
        return np.dtype(name) if isinstance(name, str) and _NUMBER.fullmatch(name) else refuse(node)

    def scalar(loader, node):
        kind, data = loader.construct_sequence(node, deep=True)
        return np.frombuffer(data, kind)[0].item() if isinstance(kind, np.dtype) else refuse(node)

    def array(loader, node):
        _, shape, kind, _, data = loader.construct_mapping(node, deep=True)["state"]
        if not isinstance(kind, np.dtype):
            refuse(node)
        return np.frombuffer(data, kind).reshape(shape).tolist()

    for tag, constructor in (
        (_PYTHON + "tuple", lambda loader, node: tuple(loader.construct_sequence(node, deep=True))),
        (_PYTHON + "name:numpy.ndarray", lambda loader, node: "ndarray"),
        (_PYTHON + "object/apply:numpy.dtype", number_type),
        (_ARRAY + "scalar", scalar),
        (_ARRAY + "_reconstruct", array),
    ):
        Loader.add_constructor(tag, constructor)
    return Loader
