"""`HDF5Matrix`: a dataset in an HDF5 file as an array that is read piece by piece."""

import numpy as np

from keras_torch.base.checks import is_integer
from keras_torch.base.third_party import need


class HDF5Matrix:
    """Part of a dataset in an HDF5 file, usable as `x` or `y` of fit, evaluate and predict.

    Args:
        datapath: path of the file.
        dataset: name of the dataset in it.
        start: first row.
        end: row behind the last one; None means all.
        normalizer: function applied to what is read.

    Errors:
        IndexError: rows outside of it.
        KeyError: no dataset of that name.
        ValueError: `start` and `end` that leave no rows.

    Notes:
        A batch is read when it is needed. With `shuffle='batch'` that is one piece of the file. With
        `shuffle=True`, which Keras 2 could not do, the rows of a batch are read in their order in the file.

    Source: Keras 2 `utils.io_utils.HDF5Matrix`.
    """

    def __init__(self, datapath, dataset, start=0, end=None, normalizer=None):
        h5py = need("h5py", "to read HDF5 files")
        self._file = h5py.File(datapath, "r")
        if dataset not in self._file:
            raise KeyError(f"HDF5Matrix: {datapath} has no dataset {dataset!r}; it has {sorted(self._file)}.")
        self.data = self._file[dataset]
        rows = self.data.shape[0]
        self.start, self.end = start, rows if end is None else end
        if not 0 <= self.start < self.end <= rows:
            raise ValueError(
                f"HDF5Matrix: {dataset!r} has {rows} rows; `start`={start} and `end`={end} leave none."
            )
        self.normalizer = normalizer
        shown = self.data[:0] if normalizer is None else normalizer(self.data[self.start : self.start + 1])
        self._dtype, self._row_shape = shown.dtype, shown.shape[1:]

    def __len__(self):
        return self.end - self.start

    def __getitem__(self, key):
        found = self.data[self._in_file(key)]
        return found if self.normalizer is None else self.normalizer(found)

    def _in_file(self, key):
        """A row number, a slice or rising row numbers as those of the dataset."""
        if isinstance(key, slice):
            first, stop, step = key.indices(len(self))
            return slice(first + self.start, stop + self.start, step)
        numbers = np.asarray(key)
        if numbers.dtype.kind not in "iu":
            raise IndexError(f"HDF5Matrix takes row numbers and slices; got {key!r}.")
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < len(self):
            raise IndexError(f"HDF5Matrix has rows 0 to {len(self) - 1}; got {key!r}.")
        return key + self.start if is_integer(key) else numbers + self.start

    @property
    def shape(self):
        """(rows, ...), after the normalizer."""
        return (len(self), *self._row_shape)

    @property
    def dtype(self):
        """numpy dtype, after the normalizer."""
        return self._dtype

    @property
    def ndim(self):
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self):
        """Number of values."""
        return int(np.prod(self.shape))
