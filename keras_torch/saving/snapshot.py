"""Snapshots: nested Python values and tensors in one file that holds data only.

# Note [no pickle in snapshots]
A snapshot is an uncompressed zip of two members: `values.json` tells the structure, the plain values and the
number type and shape of each tensor; `tensors` holds their bytes, one after the other in the order of
mention. The sizes are compared with that of the file before anything is allocated, and both members have a
checksum, which is verified before anything is returned.
"""

import json
import math
import zipfile

import numpy as np
import torch

VALUES, TENSORS = "values.json", "tensors"
_DTYPES = {str(dtype).removeprefix("torch."): dtype for dtype in vars(torch).values()
           if isinstance(dtype, torch.dtype) and not str(dtype).startswith(("torch.q", "torch.bits"))}
_PLAIN = (bool, int, float, str, type(None))


class DamagedSnapshot(ValueError):
    """The file is no snapshot, or not a whole one."""


def write_snapshot(path, tree):
    """Writes a tree to a file; for a safe one give a path of `atomic_write`.

    Args:
        path: file to write.
        tree: dicts, lists and tuples of numbers, texts, None, tensors and numpy arrays of numbers.

    Errors:
        TypeError: something else in the tree; its place is named.

    >>> import io
    >>> write_snapshot(file := io.BytesIO(), {"weights": [torch.ones(2)], "epoch": 3})
    >>> read_snapshot(file)
    {'weights': [tensor([1., 1.])], 'epoch': 3}
    """
    tensors = []
    text = json.dumps(_encoded(tree, tensors, "snapshot"))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(VALUES, text)
        with archive.open(TENSORS, "w", force_zip64=True) as member:
            for tensor in tensors:
                member.write(_bytes_of(tensor))


def _encoded(value, tensors, place):
    """A tree as JSON takes it; tensors go into the list."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, torch.Tensor):
        tensors.append(value)
        return {"tensor": str(value.dtype).removeprefix("torch."), "shape": list(value.shape)}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        tensors.append(value)
        return {"array": value.dtype.str, "shape": list(value.shape)}
    if isinstance(value, (list, tuple)):
        items = [_encoded(item, tensors, f"{place}[{index}]") for index, item in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}
    if isinstance(value, dict):
        keys = [_encoded(key, tensors, f"{place} key") for key in value]
        items = [_encoded(item, tensors, f"{place}[{key!r}]") for key, item in value.items()]
        return {"dict": list(map(list, zip(keys, items)))}
    raise TypeError(f"{place} is a {type(value).__name__}, which a snapshot cannot hold. It holds numbers, "
                    "texts, None, tensors, arrays of numbers, and lists, tuples and dicts of these.")


def _bytes_of(value):
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value).data.cast("B") if value.size else b""
    value = value.detach().cpu().as_subclass(torch.Tensor).resolve_conj().resolve_neg().contiguous()
    value = torch.view_as_real(value) if value.is_complex() else value
    return value.reshape(-1).view(torch.uint8).numpy().data if value.numel() else b""


def read_snapshot(path):
    """The tree that `write_snapshot` wrote; tensors are on the CPU. Nothing in the file is executed.

    Errors:
        DamagedSnapshot: a ValueError: no snapshot, cut off, or a checksum that does not fit.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {member.filename: member for member in archive.infolist()}
            if set(members) != {VALUES, TENSORS} or any(m.compress_type for m in members.values()):
                raise DamagedSnapshot(f"it holds {', '.join(sorted(members)[:8]) or 'nothing'}; a snapshot "
                                      f"holds {VALUES} and {TENSORS}, uncompressed")
            described = json.loads(archive.read(VALUES))
            _check_size(described, members[TENSORS].file_size)
            with archive.open(TENSORS) as member:
                tree = _decoded(described, member)
                member.read(1)  # at the end the checksum is compared
                return tree
    except (zipfile.BadZipFile, EOFError, UnicodeDecodeError, json.JSONDecodeError, RecursionError, KeyError,
            TypeError, NotImplementedError) as error:
        raise DamagedSnapshot(f"{type(error).__name__}: {error}") from error


def _leaves(described):
    """The descriptions of tensors and arrays, in their order."""
    if isinstance(described, list):
        for item in described:
            yield from _leaves(item)
    elif isinstance(described, dict):
        if "shape" in described:
            yield described
        else:
            for item in described.values():
                yield from _leaves(item)


def _check_size(described, size):
    wanted = 0
    for leaf in _leaves(described):
        if not all(isinstance(axis, int) and axis >= 0 for axis in leaf["shape"]):
            raise DamagedSnapshot(f"it describes a shape {leaf['shape']!r}")
        wanted += _size_of(leaf)
    if wanted != size:
        raise DamagedSnapshot(f"it describes {wanted} bytes of tensors and holds {size}")


def _size_of(leaf):
    if "tensor" in leaf:
        if leaf["tensor"] not in _DTYPES:
            raise DamagedSnapshot(f"it describes a tensor of {leaf['tensor']!r}")
        item = _DTYPES[leaf["tensor"]].itemsize
    else:
        dtype = np.dtype(leaf["array"])
        if dtype.kind not in "biufc":
            raise DamagedSnapshot(f"it describes an array of {leaf['array']!r}")
        item = dtype.itemsize
    return math.prod(leaf["shape"]) * item


def _decoded(described, member):
    if isinstance(described, list):
        return [_decoded(item, member) for item in described]
    if not isinstance(described, dict):
        return described
    if "tuple" in described:
        return tuple(_decoded(item, member) for item in described["tuple"])
    if "dict" in described:
        return {_decoded(key, member): _decoded(item, member) for key, item in described["dict"]}
    data = bytearray(member.read(_size_of(described)))
    if "array" in described:
        return np.frombuffer(data, described["array"]).reshape(described["shape"])
    dtype = _DTYPES[described["tensor"]]
    if not data:
        return torch.empty(described["shape"], dtype=dtype)
    return torch.frombuffer(data, dtype=dtype).reshape(described["shape"])
