"""Files: the single atomic writer and the single careful HDF5 reader.

# Note [files are data]
A model file is read as data only. The HDF5 reader walks a path step by step and refuses links, external
storage and virtual datasets, because each of them lets a file bring in other files of this machine as
"weights". Declared shapes are compared with the expected ones before a byte is read.
"""

import contextlib
import os
import pathlib
import tempfile

from keras_torch.base.third_party import need


@contextlib.contextmanager
def atomic_write(path):
    """A temporary path in the same folder that replaces `path` when the block ends without an error.

    Args:
        path: file to write; its folder must exist.

    Notes:
        A kill, a full disk or an error inside the block leaves the old file as it was.

    Errors:
        FileNotFoundError: the folder does not exist.

    >>> target = pathlib.Path(tempfile.mkdtemp()) / "note.txt"
    >>> with atomic_write(target) as temporary:
    ...     _ = pathlib.Path(temporary).write_text("hello")
    >>> target.read_text()
    'hello'
    """
    path = pathlib.Path(os.fspath(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(f"Cannot write {str(path)!r}: the folder {str(path.parent)!r} does not "
                                "exist. Create it first.")
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    os.close(handle)
    try:
        yield temporary
        _sync(temporary)
        os.chmod(temporary, _mode_for(path))
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


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
