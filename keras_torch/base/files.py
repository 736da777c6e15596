"""Files: the single atomic writer and the single careful HDF5 reader.

# Note [files are data]
A model file is read as data only. The HDF5 reader walks a path step by step and refuses links, external
storage and virtual datasets, because each of them lets a file bring in other files of this machine as
"weights". Declared shapes are compared with the expected ones before a byte is read.
"""

import contextlib
import errno
import os
import pathlib
import platform
import re
import tempfile
import time

from keras_torch.base.third_party import need


@contextlib.contextmanager
def atomic_write(path, previous=None):
    """A temporary path in the same folder that replaces `path` when the block ends without an error.

    Args:
        path: file to write; its folder must exist. A symbolic link stays one: the file it names is replaced.
        previous: path that the file there was before gets, if there was one; None lets it go.

    Notes:
        A kill, a full disk or an error inside the block leaves the old file as it was. What the block of a
        killed process left is removed when the same file is written again, a minute later or more.

    Errors:
        FileNotFoundError: the folder does not exist.
        OSError: the disk is full or failed, or the folder may not be written to; it names `path`.

    >>> target = pathlib.Path(tempfile.mkdtemp()) / "note.txt"
    >>> with atomic_write(target) as temporary:
    ...     _ = pathlib.Path(temporary).write_text("hello")
    >>> target.read_text()
    'hello'
    """
    given, path = path, pathlib.Path(os.path.realpath(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(f"Cannot write {str(given)!r}: the folder {str(path.parent)!r} does not "
                                "exist. Create it first.")
    with _disk_errors_of(given):
        temporary = _new_temporary(path)
    try:
        with _disk_errors_of(given):
            yield temporary
            _sync(temporary)
            os.chmod(temporary, _mode_for(path))
            _put_in_place(temporary, path, previous)
            _sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _put_in_place(temporary, path, previous):
    if previous is None or not path.exists():
        os.replace(temporary, path)
        return
    os.replace(path, previous)
    try:
        os.replace(temporary, path)
    except BaseException:
        os.replace(previous, path)
        raise


_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM)


@contextlib.contextmanager
def _disk_errors_of(path):
    """Turns what the disk refused, in whatever words a library told it, into an OSError that names `path`."""
    try:
        yield
    except Exception as error:
        number = _disk_error(error)
        if number is None:
            raise
        raise OSError(number, f"{os.strerror(number)}; the file was not written, and one that was there "
                              "before is as it was", os.fspath(path)) from error


def _disk_error(error):
    """The error number with which a disk refused to write, looked for behind an error; None for others."""
    while error is not None:
        number = getattr(error, "errno", None)
        if number is None and isinstance(error, (OSError, RuntimeError)):  # HDF5 tells it in a sentence
            told = re.search(r"errno = (\d+)", str(error))
            number = int(told[1]) if told else None
        if number in _DISK_ERRORS:
            return number
        error = error.__cause__ or error.__context__
    return None


def _new_temporary(path):
    """A new empty file beside `path`; its name tells whose it is, so that orphans can be told from others."""
    stem = f".{path.name[:100]}.{platform.node()[:50].replace('/', '_')}-"
    _remove_orphans(path.parent, stem)
    handle, temporary = tempfile.mkstemp(prefix=f"{stem}{os.getpid()}.", suffix=TEMPORARY, dir=path.parent)
    os.close(handle)
    return temporary


TEMPORARY = ".tmp"  # how names of unfinished files end
_ORPHAN_AGE = 60  # seconds without a byte written


def _remove_orphans(folder, stem):
    """Removes unfinished files of processes of this machine that are gone."""
    if os.name != "posix":  # elsewhere there is no harmless way to ask whether a process lives
        return
    for entry in os.scandir(folder):
        if not (entry.name.startswith(stem) and entry.name.endswith(TEMPORARY)):
            continue
        process = entry.name[len(stem):].partition(".")[0]
        with contextlib.suppress(FileNotFoundError):
            if process.isdigit() and not _lives(int(process)) and _age(entry) > _ORPHAN_AGE:
                os.unlink(entry.path)


def _age(entry):
    return time.time() - entry.stat().st_mtime


def _lives(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _mode_for(path):
    """Permissions of the file that is replaced, else what a plain open() would give."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync(name):
    descriptor = os.open(name, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder):
    if hasattr(os, "O_DIRECTORY"):  # Windows cannot open folders
        _sync(folder)


@contextlib.contextmanager
def new_h5(target):
    """A new HDF5 file, open for writing; what the disk refuses is raised when the block ends.

    Args:
        target: path, or an open binary file without a buffer.

    Notes:
        The HDF5 library crashes the whole process when a write fails while it closes a file. So it never
        hears of an error; nor of Ctrl-C, which may arrive while it calls Python to write.

    Errors:
        OSError: the disk is full or failed.

    >>> import io
    >>> with new_h5(io.BytesIO()) as file:
    ...     file["weights"] = [1.0, 2.0]
    """
    h5py = need("h5py", "to write weights")
    with contextlib.ExitStack() as stack:
        if isinstance(target, (str, os.PathLike)):
            target = stack.enter_context(open(target, "w+b", buffering=0))
        patient = _Patient(target)
        with h5py.File(patient, "w") as file:
            yield file
        if patient.error is not None:
            raise patient.error


class _Patient:
    """A file that keeps the first error to itself, and from then on only pretends to be written."""

    def __init__(self, file):
        self._file, self.error = file, None

    def _attempt(self, call, *args):
        if self.error is not None:
            return None
        try:
            return call(*args)
        except BaseException as error:  # Ctrl-C too: the caller is a C library
            self.error = error
            return None

    def write(self, data):
        """Writes all of the data."""
        self._attempt(self._write_all, memoryview(data).cast("B"))
        return len(data)

    def _write_all(self, data):
        while data:
            data = data[self._file.write(data):]

    def read(self, size=-1):
        """As of the file; h5py looks for it, and uses `readinto`."""
        return self._attempt(self._file.read, size) or b""

    def readinto(self, buffer):
        """Fills a buffer; with zeros beyond the end, and after an error."""
        view = memoryview(buffer).cast("B")
        count = self._attempt(self._file.readinto, view) or 0
        view[count:] = bytes(len(view) - count)
        return len(view)

    def seek(self, *args):
        """As of the file."""
        return self._attempt(self._file.seek, *args) or 0

    def tell(self):
        """As of the file."""
        return self._attempt(self._file.tell) or 0

    def truncate(self, *args):
        """As of the file."""
        return self._attempt(self._file.truncate, *args) or 0

    def flush(self):
        """As of the file."""
        self._attempt(self._file.flush)


@contextlib.contextmanager
def open_h5_safely(path):
    """Opens an HDF5 file for reading as a `SafeGroup`.

    Errors:
        FileNotFoundError: no such file.
        ValueError: not an HDF5 file.
    """
    h5py = need("h5py", "to read HDF5 files")
    if not os.path.isfile(path):
        raise FileNotFoundError(f"There is no file {str(path)!r}. Check the path and the working folder.")
    if not h5py.is_hdf5(path):
        raise ValueError(f"{str(path)!r} is not an HDF5 file. "
                         "Files of model.save_weights() end in .weights.h5.")
    with h5py.File(path, "r") as file:
        yield SafeGroup(file, h5py)


class SafeGroup:
    """A group of an HDF5 file in which every step is checked; see Note [files are data].

    Args:
        group: the group, or the open file.
        h5py: the module.
        label: what errors call the file; default its path.
    """

    def __init__(self, group, h5py, label=None):
        self._group = group
        self._h5py = h5py
        self.label = label or group.file.filename

    @property
    def attributes(self):
        """The group's attributes, a mapping."""
        return self._group.attrs

    def names(self):
        """Names of the direct children."""
        return list(self._group.keys())

    def _child(self, name):
        if "/" in name or name not in self._group:
            raise KeyError(f"{self._group.name} in {self.label} has no child {name!r}; "
                           f"it has {self.names()[:20]}.")
        link = self._group.get(name, getlink=True)
        if not isinstance(link, self._h5py.HardLink):
            raise ValueError(f"{self._group.name}/{name} in {self.label} is a link. Weight files must "
                             "hold their data themselves; links are refused because they can read other "
                             "files.")
        return self._group[name]

    def has(self, name):
        """Whether there is a direct child of that name."""
        return name in self._group

    def group(self, path):
        """The group at a path of names separated by '/'."""
        here = self
        for name in [part for part in path.split("/") if part]:
            child = here._child(name)
            if not isinstance(child, self._h5py.Group):
                raise ValueError(f"{child.name} in {self.label} is a dataset; a group was expected.")
            here = SafeGroup(child, self._h5py, self.label)
        return here

    def dataset(self, name):
        """The dataset of that name, not yet read.

        Errors:
            ValueError: a group, a virtual dataset or external storage.
        """
        child = self._child(name)
        if not isinstance(child, self._h5py.Dataset):
            raise ValueError(f"{child.name} in {self.label} is a group; a dataset was expected.")
        if child.is_virtual or child.external:
            raise ValueError(f"{child.name} in {self.label} keeps its data in another file. That is refused: "
                             "save the weights again into one file.")
        return child

    def read(self, name, shape):
        """The array of that name, which must have the expected shape.

        Errors:
            ValueError: another declared shape; nothing is read then.
        """
        dataset = self.dataset(name)
        if tuple(dataset.shape) != tuple(shape):
            raise ValueError(f"{dataset.name} in {self.label} has shape {tuple(dataset.shape)}; the model's "
                             f"weight has {tuple(shape)}. The file belongs to a model of another "
                             "architecture.")
        return dataset[()]
