"""Arrays whose rows are read batch by batch and never whole: files, memory maps, sparse matrices."""

import mmap

import numpy as np
import torch

from keras_torch.training.data.batch import as_array, as_tensor


class Column:
    """The rows of an array that lies elsewhere; behaves like a tensor as far as shapes and dtypes go.

    Args:
        array: the array.
        read: function (array, slice or rising row numbers) -> those rows, dense.
        owner: how errors call it, such as 'fit(): `x`'.

    Attributes:
        shape: tuple, the first number being that of the rows.
        dtype: torch.dtype of the batches.

    Notes:
        A slice of it is another such object; nothing is read for it. Numbers are converted batch by batch.

    >>> column = Column(np.ones((4, 2)), _dense, "fit(): `x`")[1:]
    >>> column.shape, column.dtype, column.rows((0, 2))
    ((3, 2), torch.float32, tensor([[1., 1.],
            [1., 1.]]))
    """

    def __init__(self, array, read, owner, first=0, stop=None, dtype=None):
        self._array, self._read, self.owner, self._first = array, read, owner, first
        stop = array.shape[0] if stop is None else stop
        self.shape = (stop - first, *array.shape[1:])
        self._wanted = dtype
        self.dtype = dtype or _converted_dtype(array, owner)

    @property
    def ndim(self):
        """Number of axes."""
        return len(self.shape)

    def dim(self):
        """Number of axes."""
        return len(self.shape)

    def __len__(self):
        return self.shape[0]

    def is_floating_point(self):
        """Whether batches hold floats."""
        return self.dtype.is_floating_point

    def is_complex(self):
        """Whether batches hold complex numbers."""
        return self.dtype.is_complex

    def to(self, dtype):
        """The same rows as another type of numbers."""
        return Column(self._array, self._read, self.owner, self._first, self._first + len(self), dtype)

    def __getitem__(self, part):
        start, stop, step = part.indices(len(self))
        if step != 1:
            raise ValueError(f"{self.owner}: rows are taken one after the other; got a step of {step}.")
        return Column(self._array, self._read, self.owner, self._first + start,
                      self._first + max(start, stop), self._wanted)  # fmt: skip

    def rows(self, place):
        """A tensor of some rows.

        Args:
            place: (start, length), or a tensor of row numbers in any order.
        """
        if isinstance(place, tuple):
            start = self._first + place[0]
            found = self._read(self._array, slice(start, start + place[1]))
        else:
            # Rows are read in rising order, as h5py wants it and disks like it, then put in order.
            rising, back = np.unique(place.numpy(), return_inverse=True)
            found = self._read(self._array, rising + self._first)[back]
        tensor = as_tensor(found, self.owner)
        return tensor if self._wanted is None else tensor.to(self._wanted)

    def whole(self):
        """All rows."""
        return self.rows((0, len(self)))


def rows_of(leaf, place):
    """Some rows of a `Column` or a tensor.

    >>> rows_of(torch.arange(4), (1, 2))
    tensor([1, 2])
    """
    if isinstance(leaf, Column):
        return leaf.rows(place)
    if isinstance(place, tuple):
        return leaf.narrow(0, *place)
    return leaf.index_select(0, place.to(leaf.device))


def _converted_dtype(array, owner):
    """dtype that batches of an array get; raises for what holds no numbers."""
    if isinstance(array, torch.Tensor):
        return as_tensor(array[:0], owner).dtype
    as_array(np.broadcast_to(np.zeros((), array.dtype), array.shape), owner)
    return as_tensor(np.zeros((1,), array.dtype), owner).dtype


def _dense(array, rows):
    return np.array(array[rows])  # a copy: a view of a memory map would be read later, by the training thread


def _dense_from_sparse(matrix, rows):
    return matrix[rows].toarray()


def _dense_tensor(tensor, rows):
    return tensor[rows].clone() if isinstance(rows, slice) else tensor[torch.from_numpy(rows)]


def column_of(value, owner):
    """The `Column` for an array that is not to be read whole, None for all others.

    Args:
        value: h5py dataset, HDF5Matrix, memory map (numpy or torch), scipy sparse matrix, or anything with a
            shape, a dtype and slices that is no array in memory.
        owner: how errors call it.

    >>> column_of(np.zeros(3), "fit(): `x`") is None
    True
    """
    if isinstance(value, Column):
        return value
    if isinstance(value, torch.Tensor):
        return Column(value, _dense_tensor, owner) if _is_mapped_tensor(value) else None
    if isinstance(value, np.ndarray):
        return Column(value, _dense, owner) if value.ndim and _is_mapped(value) else None
    if hasattr(value, "tocsr") and hasattr(value, "toarray"):
        return Column(value.tocsr(), _dense_from_sparse, owner) if len(value.shape) > 1 else None
    return Column(value, _dense, owner) if _lies_elsewhere(value) else None


def _is_mapped(array):
    """Whether an array, or what it is a view of, is mapped from a file."""
    while array is not None:
        if isinstance(array, (np.memmap, mmap.mmap)):
            return True
        array = array.base if isinstance(array, np.ndarray) else getattr(array, "obj", None)
    return False


def _is_mapped_tensor(tensor):
    return tensor.layout == torch.strided and tensor.device.type == "cpu" and tensor.dim() > 0 \
        and tensor.untyped_storage().filename is not None  # fmt: skip


_IN_MEMORY = ("__array_interface__", "__array_struct__", "__dlpack__", "numpy", "iloc")


def _lies_elsewhere(value):
    """Whether it has a shape and slices, and no memory of its own to show: h5py, HDF5Matrix, zarr, dask."""
    needed = ("shape", "dtype", "__getitem__", "__len__")
    return all(hasattr(value, name) for name in needed) and len(value.shape) > 0 and \
        not any(hasattr(value, name) for name in _IN_MEMORY)  # fmt: skip
