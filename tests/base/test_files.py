"""The atomic writer and the careful reader of HDF5 files."""

from __future__ import annotations

import errno
import io
import os
import pathlib
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from keras_torch.base.files import TEMPORARY, atomic_write, new_h5, open_h5_safely


def test_a_file_appears_only_when_it_is_complete(tmp_path):
    target = tmp_path / "a.txt"
    with atomic_write(target) as temporary:
        with open(temporary, "w") as file:
            file.write("new")
        assert not target.exists()
    assert target.read_text() == "new" and os.listdir(tmp_path) == ["a.txt"]


def test_an_error_leaves_the_old_file_and_no_rest(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic_write(target) as temporary:
        with open(temporary, "w") as file:
            file.write("half")
        raise KeyboardInterrupt
    assert target.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_permissions_of_the_replaced_file_are_kept(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    target.chmod(0o640)
    with atomic_write(target) as temporary, open(temporary, "w") as file:
        file.write("new")
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="the folder .* does not exist. Create it first"):
        with atomic_write(tmp_path / "no" / "a.txt"):
            pass


def _write(target, text, **arguments):
    with atomic_write(target, **arguments) as temporary:
        pathlib.Path(temporary).write_text(text)


def test_the_file_before_is_kept_where_asked_for(tmp_path):
    target, previous = tmp_path / "a.txt", tmp_path / "b.txt"
    for text in ("one", "two", "three"):
        _write(target, text, previous=previous)
    assert (target.read_text(), previous.read_text()) == ("three", "two")
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "b.txt"]


def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "a.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "disk" / "a.txt")
    _write(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink() and (tmp_path / "disk" / "a.txt").read_text() == "new"


def test_names_may_be_as_long_as_the_system_allows(tmp_path):
    target = tmp_path / ("a" * 250 + ".txt")
    _write(target, "new")
    assert target.read_text() == "new"


@pytest.mark.parametrize("error", [
    OSError(errno.ENOSPC, "No space left on device", "some other name"),
    RuntimeError("Can't decrement id ref count (unable to extend file properly, errno = 28, message = '')"),
])  # fmt: skip
def test_what_a_full_disk_says_is_told_with_the_name(error, tmp_path):
    with pytest.raises(OSError, match="No space left on device; the file was not written.*a.txt") as caught:
        with atomic_write(tmp_path / "a.txt"):
            raise error
    assert caught.value.errno == errno.ENOSPC and caught.value.__cause__ is error


def test_other_errors_of_a_writer_arrive_unchanged(tmp_path):
    for error in (ValueError("errno = 28"), RuntimeError("no reason"), FileNotFoundError(2, "no", "asset")):
        with pytest.raises(type(error)) as caught, atomic_write(tmp_path / "a.txt"):
            raise error
        assert caught.value is error
    assert os.listdir(tmp_path) == []


def test_unfinished_files_of_the_dead_are_removed_and_no_others(tmp_path):
    target = tmp_path / "a.txt"
    with atomic_write(target) as temporary:
        stem = temporary.removesuffix(TEMPORARY).rpartition(f"-{os.getpid()}.")[0]
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = {
        name: f"{stem}-{name}{TEMPORARY}"
        for name in (f"{dead.pid}.old", f"{dead.pid}.young", "1.alive", "x.y")
    }
    for name, path in names.items():
        pathlib.Path(path).write_text("half a file")
        age = 0 if "young" in name else 3600
        os.utime(path, (time.time() - age, time.time() - age))
    _write(target, "new")
    left = {name for name, path in names.items() if os.path.exists(path)}
    assert left == {f"{dead.pid}.young", "1.alive", "x.y"}


class Broken(io.BytesIO):
    """A disk on which one operation fails from the n-th call on."""

    def __init__(self, operation, calls, error):
        super().__init__()
        self._calls, self._error = calls, error
        setattr(self, operation, lambda *args: self._count(getattr(io.BytesIO, operation), args))

    def _count(self, method, args):
        self._calls -= 1
        if self._calls < 0:
            raise self._error
        return method(self, *args)


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt("now")])
@pytest.mark.parametrize("operation", ["write", "truncate", "flush"])
@pytest.mark.parametrize("calls", [0, 1, 2, 3, 5])
def test_hdf5_never_hears_of_a_failing_disk(operation, calls, error):
    file = Broken(operation, calls, error)
    try:
        with new_h5(file) as h5:
            for name in "abcdef":
                h5[f"group/{name}"] = np.zeros(5000)
    except (OSError, KeyboardInterrupt) as caught:
        assert caught is error
    else:
        assert file._calls >= 0
        with h5py.File(io.BytesIO(file.getvalue())) as h5:
            assert len(h5["group"]) == 6


def test_an_error_while_writing_arrives_and_the_file_is_closed(tmp_path):
    with pytest.raises(ValueError, match="mine"), new_h5(tmp_path / "a.h5") as file:
        file["x"] = [1.0]
        raise ValueError("mine")
    assert not file.id.valid


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["group/numbers"] = np.arange(3.0)
        file["soft"] = h5py.SoftLink("/group/numbers")
        file["outside"] = h5py.ExternalLink("b.h5", "/x")
        layout = h5py.VirtualLayout(shape=(3,), dtype="f8")
        layout[:] = h5py.VirtualSource(tmp_path / "b.h5", "x", shape=(3,))
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("external", shape=(3,), dtype="f8", external=[(str(tmp_path / "raw"), 0, 24)])
    return path


def test_numbers_are_read_by_path(stored):
    with open_h5_safely(stored) as file:
        assert file.group("group").read("numbers", (3,)).tolist() == [0, 1, 2]
        assert file.has("group") and not file.has("nobody")


REFUSED = {
    "soft link": (lambda file: file.dataset("soft"), ValueError, "is a link"),
    "external link": (lambda file: file.group("outside"), ValueError, "is a link"),
    "virtual dataset": (lambda file: file.dataset("virtual"), ValueError, "keeps its data in another file"),
    "external storage": (lambda file: file.dataset("external"), ValueError, "keeps its data in another file"),
    "group for dataset": (
        lambda file: file.dataset("group"),
        ValueError,
        "is a group; a dataset was expected",
    ),
    "dataset for group": (
        lambda file: file.group("group/numbers"),
        ValueError,
        "is a dataset; a group was expected",
    ),
    "missing": (lambda file: file.group("nobody"), KeyError, "has no child 'nobody'"),
    "other shape": (lambda file: file.group("group").read("numbers", (4,)), ValueError, r"has shape \(3,\)"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_could_read_other_files_or_does_not_fit_is_refused(what, stored):
    action, kind, sentence = REFUSED[what]
    with open_h5_safely(stored) as file, pytest.raises(kind, match=sentence):
        action(file)


def test_files_that_are_not_there_or_not_hdf5_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file"), open_h5_safely(tmp_path / "no.h5"):
        pass
    (tmp_path / "text.h5").write_text("text")
    with pytest.raises(ValueError, match="is not an HDF5 file"), open_h5_safely(tmp_path / "text.h5"):
        pass
