"""Unpacking of archives that may be hostile, and numpy files that hold lists.

# Note [archives are data]
Nothing may be written outside of the folder, no link may point anywhere, the sizes are summed up before a
byte is unpacked, and the folder appears whole or not at all. Pickles inside of numpy files may rebuild numpy
arrays and nothing else: every other name is refused.
"""

import io
import os
import pathlib
import pickle
import shutil
import tarfile
import tempfile
import zipfile

import numpy as np

from keras_torch.base.checks import fail

FORMATS = ("tar", "zip")
_ARRAY_PARTS = frozenset([("numpy", "ndarray"), ("numpy", "dtype"), ("numpy.core.multiarray", "_reconstruct"),
                          ("numpy._core.multiarray", "_reconstruct")])


def extract_archive(path, folder, archive_format="auto"):
    """Unpacks a tar or zip file into a folder.

    Args:
        path: the archive.
        folder: where to; made when it is not there. Files of the same names are replaced.
        archive_format: 'tar', 'zip', a list of these, or 'auto' for both.

    Errors:
        ValueError: no such archive, a member that leaves the folder, a link, or more bytes than the disk has.
    """
    formats = FORMATS if archive_format == "auto" else archive_format
    formats = (formats,) if isinstance(formats, str) else tuple(formats or ())
    for one in formats:
        if one not in FORMATS:
            fail("get_file()", "archive_format", archive_format, "'auto', 'tar', 'zip' or a list of these")
    folder = pathlib.Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpacking.", dir=folder.parent) as temporary:
        if "tar" in formats and tarfile.is_tarfile(path):
            _unpack_tar(path, temporary)
        elif "zip" in formats and zipfile.is_zipfile(path):
            _unpack_zip(path, temporary)
        else:
            asked = ", ".join(formats) or "none"
            raise ValueError(f"{path} is not an archive of the kinds asked for ({asked}).")
        _move_into(temporary, folder)


def _check_members(path, members, folder):
    """Refuses names that leave the folder and sums that the disk cannot hold. `members`: (name, bytes)."""
    total = 0
    for name, size in members:
        parts = pathlib.PurePosixPath(name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in name or "\0" in name:
            raise ValueError(f"{path} holds {name!r}, which would be written outside of the folder. "
                             "It was not unpacked.")
        total += size
    free = shutil.disk_usage(folder).free
    if total > free:
        raise ValueError(f"{path} would unpack to {total} bytes; the disk has {free}. It was not unpacked.")


def _unpack_tar(path, folder):
    with tarfile.open(path) as archive:
        members = archive.getmembers()
        for member in members:
            if not (member.isfile() or member.isdir()):
                raise ValueError(f"{path} holds {member.name!r}, a link or a device. It was not unpacked.")
        _check_members(path, [(member.name, member.size) for member in members], folder)
        for member in members:
            target = os.path.join(folder, member.name)
            if member.isdir():
                os.makedirs(target, exist_ok=True)
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with archive.extractfile(member) as source, open(target, "wb") as file:
                shutil.copyfileobj(source, file)


def _unpack_zip(path, folder):
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        for member in members:
            if member.external_attr >> 28 == 0o12:
                raise ValueError(f"{path} holds {member.filename!r}, a link or a device. "
                                 "It was not unpacked.")
        _check_members(path, [(member.filename, member.file_size) for member in members], folder)
        archive.extractall(folder)


def _move_into(source, folder):
    """Puts what was unpacked in its place: as a whole when the place is free, else file by file."""
    if not folder.exists():
        os.replace(source, folder)
        os.makedirs(source)   # for the one who made the temporary folder and will remove it
        return
    for inner, _, names in os.walk(source):
        place = folder / os.path.relpath(inner, source)
        place.mkdir(parents=True, exist_ok=True)
        for name in names:
            os.replace(os.path.join(inner, name), place / name)


class ArrayUnpickler(pickle.Unpickler):
    """Reads pickles that rebuild numpy arrays, lists, numbers and texts; everything else is refused."""

    def find_class(self, module, name):
        if (module, name) not in _ARRAY_PARTS:
            raise pickle.UnpicklingError(f"The file asks for {module}.{name}. Files of data sets hold arrays "
                                         "only, so it is damaged or hostile, and was not read.")
        return super().find_class(module, name)


def load_npz(path):
    """The arrays of a .npz file by name, lists of numbers included; nothing in the file is executed.

    Errors:
        pickle.UnpicklingError: the file asks for something else than arrays.
    """
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".npy"):
                arrays[name.removesuffix(".npy")] = _read_npy(io.BytesIO(archive.read(name)))
    return arrays


def _read_npy(file):
    formats = np.lib.format
    version = formats.read_magic(file)
    read_header = formats.read_array_header_1_0 if version == (1, 0) else formats.read_array_header_2_0
    _, _, dtype = read_header(file)
    if dtype.hasobject:
        return ArrayUnpickler(file, encoding="bytes").load()
    file.seek(0)
    return formats.read_array(file, allow_pickle=False)
