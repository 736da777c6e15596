"""Snapshots: what comes back is what went in, and a file that is not whole is refused."""

from __future__ import annotations

import io
import json
import math
import zipfile

import numpy as np
import pytest
import torch

from keras_torch.base.variable import StateVariable, Variable
from keras_torch.saving.snapshot import DamagedSnapshot, read_snapshot, write_snapshot

DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int8, torch.uint8,
          torch.bool, torch.complex64, torch.float8_e5m2]  # fmt: skip


def _round_trip(tree):
    write_snapshot(file := io.BytesIO(), tree)
    return read_snapshot(file)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_tensors_come_back_bit_for_bit(dtype, shape):
    value = (torch.rand(shape) * 5 - 2).to(dtype)
    found = _round_trip([value])[0]
    assert found.dtype == dtype and found.shape == shape
    same = torch.view_as_real(found) if dtype.is_complex else found
    given = torch.view_as_real(value) if dtype.is_complex else value
    assert torch.equal(same.reshape(-1).view(torch.uint8), given.reshape(-1).view(torch.uint8))


@pytest.mark.parametrize("value", [
    None, True, 3, 2**100, 0.1, math.inf, "naïve\n", [], (), {}, [1, [2, (3, None)]],
    {1: "a", "b": {(1, 2): 3}},
    {"tensor": "float32", "shape": [1]}, {"dict": []}, {"tuple": [1]},
])  # fmt: skip
def test_plain_values_keep_their_types(value):
    found = _round_trip({"value": value})["value"]
    assert found == value and type(found) is type(value)


def test_nan_and_numpy_numbers():
    found = _round_trip([math.nan, np.float32(0.5), np.int64(3), np.bool_(True)])
    assert math.isnan(found[0]) and found[1:] == [0.5, 3, True]


@pytest.mark.parametrize("dtype", ["float32", "uint32", "bool", "complex128", ">i4"])
def test_arrays_come_back_and_can_be_written_to(dtype):
    value = np.arange(6).reshape(2, 3).astype(dtype)[:, ::-1]
    found = _round_trip([value, np.zeros((0, 2))])[0]
    assert found.dtype == value.dtype and np.array_equal(found, value)
    found[0] = 1


def test_weights_and_views_are_stored_by_value():
    weight, state = Variable([1.0, 2.0]), StateVariable(torch.ones(2))
    kernel = torch.arange(6.0).reshape(2, 3)
    found = _round_trip([weight, state, kernel.T, kernel[:, 1]])
    assert [type(each) for each in found] == [torch.Tensor] * 4
    assert (
        torch.equal(found[2], kernel.T)
        and found[3].tolist() == [1.0, 4.0]
        and found[0].tolist() == [1.0, 2.0]
    )


@pytest.mark.parametrize("value, message", [
    ({"a": [1, object()]}, r"snapshot\['a'\]\[1\] is a object, which a snapshot cannot hold"),
    (np.array(["a"]), "snapshot is a ndarray"),
    ({"a": print}, "is a builtin_function_or_method"),
])  # fmt: skip
def test_what_cannot_be_stored_is_named_by_its_place(value, message):
    with pytest.raises(TypeError, match=message):
        write_snapshot(io.BytesIO(), value)


@pytest.fixture
def whole():
    write_snapshot(file := io.BytesIO(), {"weights": [torch.ones(100)], "epoch": 3})
    return file.getvalue()


def test_every_cut_and_every_changed_byte_is_noticed(whole):
    expected = repr(read_snapshot(io.BytesIO(whole)))
    for place in range(0, len(whole) - 1, 7):
        with pytest.raises(ValueError):
            read_snapshot(io.BytesIO(whole[:place]))
        changed = bytearray(whole)
        changed[place] ^= 255
        try:
            assert repr(read_snapshot(io.BytesIO(changed))) == expected  # a date, a hint for other programs
        except DamagedSnapshot:
            pass


def _archive(values, tensors=b"", **extra):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("values.json", values if isinstance(values, str) else json.dumps(values))
        archive.writestr("tensors", tensors)
        for name, data in extra.items():
            archive.writestr(name, data)
    return file


@pytest.mark.parametrize("file, message", [
    (_archive({"tensor": "float32", "shape": [10**12]}), "describes 4000000000000 bytes of tensors and"),
    (_archive({"tensor": "float32", "shape": [-1]}), r"describes a shape \[-1\]"),
    (_archive({"tensor": "save", "shape": [1]}, b"1234"), "a tensor of 'save'"),
    (_archive({"array": "|O", "shape": [1]}, b"12345678"), "an array of"),
    (_archive({"array": "nonsense", "shape": [1]}, b"12345678"), "TypeError"),
    (_archive({"shape": [1]}, b"1"), "KeyError"),
    (_archive({"unknown": 3}), "KeyError"),
    (_archive("[" * 100_000), "RecursionError"),
    (_archive("no json"), "JSONDecodeError"),
    (_archive({}, b"", other=b""), "it holds other, tensors, values.json; a snapshot holds"),
    (io.BytesIO(b"cos\nsystem\n(S'true'\ntR."), "BadZipFile"),
])  # fmt: skip
def test_files_of_something_else_are_refused(file, message):
    with pytest.raises(DamagedSnapshot, match=message):
        read_snapshot(file)


def test_compressed_files_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("values.json", "[]")
        archive.writestr("tensors", bytes(10**6))
    with pytest.raises(DamagedSnapshot, match="uncompressed"):
        read_snapshot(tmp_path / "bomb")
