"""The atomic writer and the careful reader of HDF5 files."""

from __future__ import annotations

import os

import h5py
import numpy as np
import pytest

from keras_torch.base.files import atomic_write, open_h5_safely


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
    "group for dataset": (lambda file: file.dataset("group"), ValueError, "is a group; a dataset was "
                                                                          "expected"),
    "dataset for group": (lambda file: file.group("group/numbers"), ValueError, "is a dataset; a group was "
                                                                                "expected"),
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
