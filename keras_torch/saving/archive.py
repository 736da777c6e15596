"""The zip of a `.keras` file: written as Keras 3 does, read only after its table of contents was checked.

# Note [zip files are data]
The table of contents is believed only after these checks: known names only (nothing that leaves the
archive, nothing twice), no encryption, and for each member a limit on its size before anything is unpacked.
That of the weights comes from the size of the archive on the disk.
"""

import contextlib
import json
import os
import posixpath
import shutil
import tempfile
import zipfile
import zlib

from keras_torch.base.files import SafeGroup, new_h5
from keras_torch.base.third_party import need

CONFIG, METADATA, WEIGHTS, ASSETS = "config.json", "metadata.json", "model.weights.h5", "assets/"
_MEBIBYTE = 2 ** 20
_LARGEST = {CONFIG: 64 * _MEBIBYTE, METADATA: _MEBIBYTE}
_LARGEST_ASSETS = 1024 * _MEBIBYTE
_EXPANSION = 20  # HDF5 files of numbers shrink by less; more than this is a bomb
_CHUNK = _MEBIBYTE
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError)


def write_archive(path, documents, write_weights, assets):
    """Writes the zip to `path`.

    Args:
        path: file to write; the weights lie unnamed in the same folder until they are in the zip.
        documents: dict, member name -> text.
        write_weights: function that is given an open h5py.File.
        assets: iterable of (path of an object, function that writes its files into a folder).
    """
    folder = os.path.dirname(path)
    with zipfile.ZipFile(path, "w") as archive, tempfile.TemporaryFile(dir=folder, buffering=0) as copy:
        for name, text in documents.items():
            archive.writestr(name, text)
        with new_h5(copy) as file:
            write_weights(file)
        copy.seek(0)
        with archive.open(WEIGHTS, "w", force_zip64=True) as member:
            shutil.copyfileobj(copy, member, _CHUNK)
        for where, write_files in assets:
            _write_assets(archive, f"{ASSETS}{where}", write_files)


def _write_assets(archive, where, write_files):
    with tempfile.TemporaryDirectory() as folder:
        write_files(folder)
        for name in sorted(os.listdir(folder)):
            archive.write(os.path.join(folder, name), f"{where}/{name}")


class Archive:
    """A `.keras` file opened for reading; see Note [zip files are data].

    Args:
        path: the file.

    Errors:
        ValueError: not a zip, members that do not belong there, or sizes out of bounds.
    """

    def __init__(self, path):
        self.path = os.fspath(path)
        try:
            self._zip = zipfile.ZipFile(self.path)
        except zipfile.BadZipFile as error:
            raise ValueError(f"{self.path!r} is no .keras file: it is not a zip archive ({error}). "
                             "It may be cut off, or another format under this name.") from error
        self._members = {}
        try:
            for member in self._zip.infolist():
                self._check(member)
            for name in (CONFIG, WEIGHTS):
                if name not in self._members:
                    raise ValueError(f"{self.path!r} is no .keras file: it holds no {name}; it holds "
                                     f"{', '.join(sorted(self._members)[:8]) or 'nothing'}.")
        except ValueError:
            self._zip.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._zip.close()

    def _check(self, member):
        name = member.filename
        if name in self._members:
            self._refuse(f"holds {name!r} twice")
        if name not in (CONFIG, METADATA, WEIGHTS) and not _is_asset(name):
            self._refuse(f"holds {name!r}; only {CONFIG}, {METADATA}, {WEIGHTS} and {ASSETS} belong there")
        if member.flag_bits & 1:
            self._refuse(f"keeps {name!r} encrypted")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            self._refuse(f"compresses {name!r} by a method other than deflate")
        if member.file_size > self._largest(member):
            self._refuse(f"declares {member.file_size} bytes for {name!r}, more than the "
                         f"{self._largest(member)} that are allowed")
        self._members[name] = member

    def _largest(self, member):
        if member.filename in _LARGEST:
            return _LARGEST[member.filename]
        largest = min(member.compress_size, os.path.getsize(self.path)) * _EXPANSION + _MEBIBYTE
        return min(largest, _LARGEST_ASSETS) if _is_asset(member.filename) else largest

    def _refuse(self, reason):
        raise ValueError(f"{self.path!r} is refused: it {reason}. Files of Keras and keras_torch do not.")

    @property
    def weights_size(self):
        """Bytes of the weights' HDF5 file."""
        return self._members[WEIGHTS].file_size

    def document(self, name):
        """The JSON value of a member; {} for metadata that are missing.

        Errors:
            ValueError: damaged, or no JSON.
        """
        if name == METADATA and name not in self._members:
            return {}
        try:
            return json.loads(self._zip.read(self._members[name]).decode("utf-8"))
        except RecursionError:
            self._refuse(f"nests {name} too deeply")
        except (*_DAMAGE, ValueError) as error:
            raise ValueError(f"{self.path!r} is damaged: {name} cannot be read ({error}). Save the model "
                             "again.") from error

    @contextlib.contextmanager
    def weights(self):
        """The weights, unpacked into an unnamed temporary file, as a `SafeGroup`.

        Errors:
            ValueError: damaged (the checksum is verified), or no HDF5 file.
        """
        h5py = need("h5py", "to read the weights of a .keras file")
        with tempfile.TemporaryFile() as copy:
            self._unpack(WEIGHTS, copy)
            copy.seek(0)
            try:
                file = h5py.File(copy, "r")
            except OSError as error:
                raise ValueError(f"{self.path!r} is damaged: {WEIGHTS} is no HDF5 file ({error}).") from error
            with file:
                yield SafeGroup(file, h5py, f"{WEIGHTS} of {self.path!r}")

    def _unpack(self, name, target):
        try:
            with self._zip.open(self._members[name]) as source:  # never gives more than the declared size
                shutil.copyfileobj(source, target, _CHUNK)
        except _DAMAGE as error:
            raise ValueError(f"{self.path!r} is damaged: {name} cannot be read ({error}). Save the model "
                             "again.") from error

    def assets(self, where, folder):
        """Unpacks the assets of one object (its path in the object tree) into a folder; returns how many.

        Args:
            where: path such as 'layers/text_vectorization'.
            folder: existing folder.
        """
        prefix, found = f"{ASSETS}{where}/", 0
        for name in self._members:
            inner = name.removeprefix(prefix)
            if name.startswith(prefix) and inner and "/" not in inner:
                found += 1
                with open(os.path.join(folder, inner), "wb") as target:
                    self._unpack(name, target)
        return found


def _is_asset(name):
    """Whether a member may be an asset: a plain relative path below assets/."""
    return (name.startswith(ASSETS) and posixpath.normpath(name) == name.rstrip("/")
            and not any(sign in name for sign in ("\\", ":", "\x00")))
