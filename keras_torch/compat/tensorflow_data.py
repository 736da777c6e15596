"""`tf.data.Dataset` as Keras scripts use it: a pipeline of Python iterators over torch tensors.

# Note [rows by number]
A dataset made of arrays, and what shuffles, repeats or takes part of it, is a stream of row numbers. Only
`batch` touches the arrays: one indexing operation for a whole batch, as `fit` does with arrays, where taking
and stacking single rows would cost some 5 us each. Whatever needs the rows themselves (`map`, `filter`) gets
them one by one.
"""

import collections.abc
import functools
import itertools
import math

import numpy as np
import torch

from keras_torch.base import tree
from keras_torch.base.checks import fail, nonnegative_int, positive_int

AUTOTUNE, INFINITE, UNKNOWN = -1, -1, -2


class Dataset(collections.abc.Iterable):
    """A sequence of elements (tensors or structures of them) that can be iterated again and again.

    Notes:
        Made by `from_tensor_slices`, `from_tensors`, `from_generator`, `range` and `zip`; each method gives a
        new dataset. `prefetch`, `cache` and the numbers of parallel calls are hints for speed: `fit` prepares
        batches in the background itself. Elements are torch tensors; text stays Python strings.

    Source: `tf.data.Dataset`.

    >>> data = Dataset.from_tensor_slices(([1.0, 2.0, 3.0], [0, 1, 0])).batch(2)
    >>> [(x.tolist(), y.tolist()) for x, y in data]
    [([1.0, 2.0], [0, 1]), ([3.0], [0])]
    """

    def __init__(self, stream, size=UNKNOWN):
        self._stream, self._size = stream, size

    # ---------------------------------------------------------------------------------------- sources

    @staticmethod
    def from_tensor_slices(tensors, name=None):
        """One element for each row of the arrays, which may be a tuple, a list of rows, or a dict."""
        return _Rows(_arrays(tensors))

    @staticmethod
    def from_tensors(tensors, name=None):
        """A single element: the arrays themselves."""
        element = _arrays(tensors)
        return Dataset(lambda: iter((element,)), 1)

    @staticmethod
    def from_generator(generator, output_types=None, output_shapes=None, args=None, output_signature=None,
                       name=None):
        """The elements that a generator function yields; it is called anew for each pass.

        Args:
            generator: function that returns an iterator.
            output_types: dtype or structure of dtypes that the elements are cast to.
            output_shapes: kept for TensorFlow; elements have the shapes they have.
            args: arguments of the function.
            output_signature: TensorSpec or structure of them, in place of `output_types`.
        """
        if not callable(generator):
            fail("from_generator()", "generator", generator, "a function that returns an iterator",
                 "Pass the function, not what it returns.", error=TypeError)
        types = _types_of(output_signature) if output_signature is not None else output_types
        return Dataset(lambda: (_typed(_arrays(item), types) for item in generator(*(args or ()))))

    @staticmethod
    def range(*args, name=None, output_type=None):
        """Whole numbers, as Python's `range` counts them."""
        numbers = torch.arange(*args)
        return _Rows(numbers if output_type is None else numbers.to(output_type))

    @staticmethod
    def zip(*datasets, name=None):
        """Elements of several datasets side by side, in their structure, to the end of the shortest."""
        structure = datasets[0] if len(datasets) == 1 else datasets
        parts = tree.flatten(structure)
        sizes = [part._size for part in parts]
        known = [size for size in sizes if size >= 0]
        size = UNKNOWN if UNKNOWN in sizes else min(known, default=INFINITE)
        return Dataset(lambda: (tree.pack(structure, list(row)) for row in zip(*parts)), size)

    # ---------------------------------------------------------------------------------------- passing over

    def __iter__(self):
        return self._stream()

    def as_numpy_iterator(self):
        """The elements with numpy arrays in place of tensors."""
        return (tree.map_structure(_numpy, item) for item in self)

    def cardinality(self, name=None):
        """Number of elements; -1 for an endless dataset, -2 when unknown."""
        return self._size

    def __len__(self):
        if self._size < 0:
            raise TypeError(f"The dataset is {'endless' if self._size == INFINITE else 'of unknown length'}.")
        return self._size

    @property
    def element_spec(self):
        """`TensorSpec` of the first element's parts."""
        return tree.map_structure(lambda leaf: TensorSpec(tuple(leaf.shape), leaf.dtype), next(iter(self)))

    def reduce(self, initial_state, reduce_func, name=None):
        """Folds the elements into a state: reduce_func(state, element) -> state."""
        state = initial_state
        for item in self:
            state = reduce_func(state, item)
        return state

    # ---------------------------------------------------------------------------------------- one by one

    def map(self, map_func, num_parallel_calls=None, deterministic=None, name=None):
        """`map_func` of each element; the parts of a tuple are separate arguments."""
        return Dataset(lambda: (_arrays(_apply(map_func, item)) for item in self), self._size)

    def filter(self, predicate, name=None):
        """The elements for which `predicate` is true."""
        return Dataset(lambda: (item for item in self if bool(_apply(predicate, item))))

    def flat_map(self, map_func, name=None):
        """All elements of the datasets that `map_func` makes of the elements, one dataset after the other."""
        return Dataset(lambda: itertools.chain.from_iterable(_apply(map_func, item) for item in self))

    def enumerate(self, start=0, name=None):
        """(number, element) pairs."""
        return Dataset(lambda: ((torch.tensor(i), item) for i, item in enumerate(self, start)), self._size)

    # ---------------------------------------------------------------------------------------- order, number

    def shuffle(self, buffer_size, seed=None, reshuffle_each_iteration=None, name=None):
        """Elements in random order, drawn from a buffer of that many; a new order for each pass."""
        positive_int("Dataset.shuffle()", "buffer_size", buffer_size)
        again = reshuffle_each_iteration in (None, True)
        generator = torch.Generator()
        first = seed if seed is not None else int(torch.randint(2**62, ()))
        generator.manual_seed(first)

        def shuffled(items):
            if not again:
                generator.manual_seed(first)
            return _shuffled(items, buffer_size, generator)

        return self._with(shuffled, self._size)

    def repeat(self, count=None, name=None):
        """The elements again and again: `count` times, or without end."""
        endless = count is None or count == -1
        if not endless:
            nonnegative_int("Dataset.repeat()", "count", count)
        size = INFINITE if endless else self._size * count if self._size >= 0 else self._size

        def repeated():
            passes = itertools.count() if endless else range(count)
            return itertools.chain.from_iterable(self._stream() for _ in passes)

        return self._of(repeated, size)

    def take(self, count, name=None):
        """The first elements; all for -1."""
        if count == -1:
            return self
        size = count if self._size == INFINITE else min(count, self._size)
        return self._with(lambda items: itertools.islice(items, count), size)

    def skip(self, count, name=None):
        """All but the first elements; none for -1."""
        if count == -1:
            return self.take(0)
        size = max(0, self._size - count) if self._size >= 0 else self._size
        return self._with(lambda items: itertools.islice(items, count, None), size)

    def shard(self, num_shards, index, name=None):
        """Every `num_shards`-th element, from `index` on."""
        size = math.ceil((self._size - index) / num_shards) if self._size >= 0 else self._size
        return self._with(lambda items: itertools.islice(items, index, None, num_shards), size)

    def concatenate(self, dataset, name=None):
        """These elements, then those of another dataset."""
        sizes = (self._size, dataset._size)
        size = sum(sizes) if min(sizes) >= 0 else (INFINITE if INFINITE in sizes else UNKNOWN)
        return Dataset(lambda: itertools.chain(self, dataset), size)

    def _with(self, change, size):
        """A dataset whose elements are chosen or ordered anew: `change` maps an iterator to an iterator."""
        return self._of(lambda: change(self._stream()), size)

    def _of(self, stream, size):
        """A dataset of this kind of another stream."""
        return Dataset(stream, size)

    # ---------------------------------------------------------------------------------------- batches

    def batch(self, batch_size, drop_remainder=False, num_parallel_calls=None, deterministic=None, name=None):
        """Elements stacked along a new first axis; the last batch may be smaller unless it is dropped."""
        positive_int("Dataset.batch()", "batch_size", batch_size)
        size = self._size
        if size >= 0:
            size = size // batch_size if drop_remainder else math.ceil(size / batch_size)
        return Dataset(self._groups(batch_size, drop_remainder), size)

    def _groups(self, batch_size, drop_remainder):
        return lambda: (_stacked(group) for group in _in_groups(iter(self), batch_size, drop_remainder))

    def unbatch(self, name=None):
        """The rows of the elements, one by one."""
        return Dataset(lambda: itertools.chain.from_iterable(_Rows(item) for item in self))

    # ---------------------------------------------------------------------------------------- hints

    def prefetch(self, buffer_size=None, name=None):
        """This dataset: `fit` prepares batches ahead itself."""
        return self

    def cache(self, filename="", name=None):
        """The elements of the first whole pass, kept in memory.

        Errors:
            ValueError: a file name: elements are kept in memory only.
        """
        if filename:
            fail("Dataset.cache()", "filename", filename, "left out: elements are kept in memory")
        kept = []

        def elements():
            if not kept:
                kept.extend(self)
            return iter(kept)

        return Dataset(elements, self._size)

    def with_options(self, options, name=None):
        """This dataset: TensorFlow's options say how to compute, not what."""
        return self

    def apply(self, transformation_func):
        """What the function makes of this dataset."""
        return transformation_func(self)


class _Rows(Dataset):
    """Rows of arrays, chosen by a stream of their numbers; see Note [rows by number].

    Args:
        arrays: structure of tensors (numpy arrays of text) with the same number of rows.
        numbers: function -> iterator over row numbers; default all in order.
        size: how many numbers there are.
    """

    def __init__(self, arrays, numbers=None, size=None):
        counts = {len(leaf) for leaf in tree.flatten(arrays)}
        if len(counts) != 1:
            fail("from_tensor_slices()", "tensors", f"arrays with {sorted(counts)} rows",
                 "arrays with the same number of rows")
        count = counts.pop()
        self._arrays = arrays
        super().__init__(numbers or (lambda: iter(range(count))), count if size is None else size)

    def __iter__(self):
        return (self._selected(number) for number in self._stream())

    def _selected(self, index):
        return tree.map_structure(lambda leaf: leaf[index], self._arrays)

    def _of(self, stream, size):
        return _Rows(self._arrays, stream, size)

    def _groups(self, batch_size, drop_remainder):
        index = torch.tensor if _all_tensors(self._arrays) else np.asarray
        groups = functools.partial(_in_groups, size=batch_size, drop_remainder=drop_remainder)
        return lambda: (self._selected(index(group)) for group in groups(self._stream()))


def _all_tensors(arrays):
    return all(isinstance(leaf, torch.Tensor) for leaf in tree.flatten(arrays))


def _arrays(structure):
    """Tuples and dicts of tensors; a list is one array, as TensorFlow takes it."""
    if isinstance(structure, dict):
        return {key: _arrays(value) for key, value in structure.items()}
    if isinstance(structure, tuple):
        return tuple(_arrays(value) for value in structure)
    if isinstance(structure, torch.Tensor):
        return structure.detach()
    if hasattr(structure, "to_numpy") and hasattr(structure, "iloc"):  # pandas
        structure = structure.to_numpy()
    array = np.asarray(structure)
    if array.dtype.kind in "OUS":
        return array
    if array.dtype == np.float64 and not isinstance(structure, np.ndarray):
        array = array.astype("float32")  # numbers of Python are float32 and int32 in TensorFlow
    elif array.dtype == np.int64 and not isinstance(structure, (np.ndarray, np.generic)):
        array = array.astype("int32")
    return torch.from_numpy(np.array(array)) if array.ndim else torch.tensor(array[()])


def _numpy(leaf):
    return leaf.numpy() if isinstance(leaf, torch.Tensor) else leaf


def _apply(function, item):
    return function(*item) if isinstance(item, tuple) else function(item)


def _stacked(items):
    """Several elements as one, along a new first axis."""
    return tree.map_structure(
        lambda *leaves: torch.stack(leaves) if isinstance(leaves[0], torch.Tensor) else np.asarray(leaves),
        *items)


def _in_groups(items, size, drop_remainder):
    while group := list(itertools.islice(items, size)):
        if len(group) == size or not drop_remainder:
            yield group


def _shuffled(items, size, generator):
    """Draws from a buffer of `size` items that is filled up again from the others."""
    buffer = list(itertools.islice(items, size))
    rest = next(items, items)
    if rest is items:  # all fit into the buffer: one permutation
        yield from (buffer[i] for i in torch.randperm(len(buffer), generator=generator).tolist())
        return
    for item in itertools.chain((rest,), items):
        place = int(torch.randint(len(buffer), (), generator=generator))
        yield buffer[place]
        buffer[place] = item
    yield from (buffer[i] for i in torch.randperm(len(buffer), generator=generator).tolist())


def _types_of(signature):
    return tree.map_structure(lambda spec: getattr(spec, "dtype", spec), signature)


def _typed(item, types):
    if types is None:
        return item
    leaves, wanted = tree.flatten(item), tree.flatten(types)
    cast = [leaf.to(dtype) if isinstance(leaf, torch.Tensor) and isinstance(dtype, torch.dtype) else leaf
            for leaf, dtype in zip(leaves, wanted)]
    return tree.pack(item, cast) if isinstance(item, (tuple, dict)) else cast[0]


class Options:
    """Options of a pipeline: attributes may be set, and say nothing here.

    >>> Options().deterministic = True
    """


class TensorSpec:
    """Shape and dtype of a tensor, as `from_generator` takes them.

    Args:
        shape: sizes, None where unknown.
        dtype: number type.
        name: kept for TensorFlow.

    >>> TensorSpec((None, 2), torch.float32).shape
    (None, 2)
    """

    def __init__(self, shape, dtype=torch.float32, name=None):
        self.shape, self.dtype, self.name = shape, dtype, name
