"""New tensors: constants, ranges, grids, identity matrices and smoothing windows."""

import torch

from keras_torch.base.dtypes import torch_dtype
from keras_torch.ops.core import as_tensor, convert_to_tensor, current_device, one_node


def _sizes(shape):
    return (shape,) if isinstance(shape, int) else tuple(shape)


def zeros(shape, dtype=None):
    """A tensor of zeros.

    >>> zeros((2,))
    tensor([0., 0.])
    """
    return torch.zeros(_sizes(shape), dtype=torch_dtype(dtype), device=current_device())


def ones(shape, dtype=None):
    """A tensor of ones.

    >>> ones((2,))
    tensor([1., 1.])
    """
    return torch.ones(_sizes(shape), dtype=torch_dtype(dtype), device=current_device())


def empty(shape, dtype=None):
    """A tensor of arbitrary values, to be overwritten.

    >>> empty((2,)).shape
    torch.Size([2])
    """
    return torch.empty(_sizes(shape), dtype=torch_dtype(dtype), device=current_device())


def full(shape, fill_value, dtype=None):
    """A tensor of one value.

    >>> full((2,), 7)
    tensor([7., 7.])
    """
    value = convert_to_tensor(fill_value, torch_dtype(dtype))
    return torch.broadcast_to(value, _sizes(shape)).clone()


def zeros_like(x, dtype=None):
    """Zeros in the shape of `x`.

    >>> zeros_like([1.0, 2.0])
    tensor([0., 0.])
    """
    return torch.zeros_like(as_tensor(x), dtype=None if dtype is None else torch_dtype(dtype))


def ones_like(x, dtype=None):
    """Ones in the shape of `x`.

    >>> ones_like([1.0, 2.0])
    tensor([1., 1.])
    """
    return torch.ones_like(as_tensor(x), dtype=None if dtype is None else torch_dtype(dtype))


def empty_like(x, dtype=None):
    """Arbitrary values in the shape of `x`.

    >>> empty_like([1.0, 2.0]).shape
    torch.Size([2])
    """
    return torch.empty_like(as_tensor(x), dtype=None if dtype is None else torch_dtype(dtype))


def full_like(x, fill_value, dtype=None):
    """One value in the shape of `x`.

    >>> full_like([1.0, 2.0], 7)
    tensor([7., 7.])
    """
    return torch.full_like(as_tensor(x), fill_value, dtype=None if dtype is None else torch_dtype(dtype))


def array(x, dtype=None):
    """A new tensor with the values of `x`.

    >>> array([1.0])
    tensor([1.])
    """
    return convert_to_tensor(x, dtype).clone()


def arange(start, stop=None, step=None, dtype=None):
    """Numbers from `start` (0 when only one argument is given) to below `stop`, `step` apart.

    Args:
        dtype: None means int32 for whole numbers, `floatx()` otherwise.

    >>> arange(3)
    tensor([0, 1, 2], dtype=torch.int32)
    """
    if stop is None:
        start, stop = 0, start
    step = 1 if step is None else step
    if dtype is None:
        dtype = torch_dtype() if any(isinstance(part, float) for part in (start, stop, step)) else torch.int32
    return torch.arange(start, stop, step, dtype=torch_dtype(dtype), device=current_device())


@one_node
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """`num` evenly spaced numbers from `start` to `stop`.

    Args:
        endpoint: whether `stop` itself is the last one.
        retstep: whether to return (numbers, step).
        axis: where the new axis goes, when `start` or `stop` are tensors.

    >>> linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    dtype = torch_dtype(dtype)
    start, stop = torch.broadcast_tensors(convert_to_tensor(start, dtype), convert_to_tensor(stop, dtype))
    step = (stop - start) / max(1, num - 1 if endpoint else num)
    count = torch.arange(num, dtype=dtype, device=start.device).view(-1, *[1] * start.dim())
    numbers = start + count * step
    if endpoint and num > 1:
        numbers[-1] = stop  # exact, where the product has rounding
    numbers = torch.movedim(numbers, 0, axis)
    return (numbers, step) if retstep else numbers


def logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0):
    """`base` to the power of evenly spaced numbers.

    >>> logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    return torch.pow(float(base), linspace(start, stop, num, endpoint, axis=axis)).to(torch_dtype(dtype))


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """Numbers from `start` to `stop`, each the same multiple of the one before.

    >>> geomspace(1, 4, 3).round(decimals=3)
    tensor([1., 2., 4.])
    """
    logs = (torch.log2(convert_to_tensor(value, torch_dtype())) for value in (start, stop))
    return torch.exp2(linspace(*logs, num, endpoint, axis=axis)).to(torch_dtype(dtype))


def eye(N, M=None, k=0, dtype=None):
    """Ones on the `k`-th diagonal of an (N, M) matrix, zeros elsewhere.

    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    columns = N if M is None else M
    if k == 0:
        return torch.eye(N, columns, dtype=torch_dtype(dtype), device=current_device())
    below = torch.ones(N, columns, dtype=torch_dtype(dtype), device=current_device())
    return torch.triu(torch.tril(below, k), k)


def identity(n, dtype=None):
    """The (n, n) identity matrix.

    >>> identity(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    return eye(n, dtype=dtype)


def tri(N, M=None, k=0, dtype=None):
    """Ones at and below the `k`-th diagonal of an (N, M) matrix, zeros above.

    >>> tri(2)
    tensor([[1., 0.],
            [1., 1.]])
    """
    whole = torch.ones(N, N if M is None else M, dtype=torch_dtype(dtype), device=current_device())
    return torch.tril(whole, k)


def meshgrid(*x, indexing="xy"):
    """Coordinates of a grid spanned by vectors: one tensor for each.

    Args:
        indexing: 'xy' varies the first vector along axis 1, 'ij' along axis 0.

    >>> [part.shape for part in meshgrid([1, 2], [3, 4, 5])]
    [torch.Size([3, 2]), torch.Size([3, 2])]
    """
    return list(torch.meshgrid(*(as_tensor(part) for part in x), indexing=indexing))


def vander(x, N=None, increasing=False):
    """Powers of a vector as columns, the highest first unless `increasing`.

    >>> vander([1, 2])
    tensor([[1, 1],
            [2, 1]])
    """
    return torch.vander(as_tensor(x), N, increasing)


def _window(name):
    return lambda length, **options: getattr(torch.signal.windows, name)(
        int(length), sym=True, dtype=torch_dtype(), device=current_device(), **options
    )


def bartlett(x):
    """The Bartlett window (a triangle) of `x` values.

    >>> bartlett(3)
    tensor([0., 1., 0.])
    """
    return _window("bartlett")(x)


def blackman(x):
    """The Blackman window of `x` values.

    >>> blackman(3).round(decimals=3).abs()
    tensor([0., 1., 0.])
    """
    return _window("blackman")(x)


def hamming(x):
    """The Hamming window of `x` values.

    >>> hamming(3)
    tensor([0.0800, 1.0000, 0.0800])
    """
    return _window("hamming")(x)


def hanning(x):
    """The Hann window of `x` values.

    >>> hanning(3)
    tensor([0., 1., 0.])
    """
    return _window("hann")(x)


def kaiser(x, beta):
    """The Kaiser window of `x` values and shape `beta`.

    >>> kaiser(3, 0.0)
    tensor([1., 1., 1.])
    """
    return torch.kaiser_window(int(x), False, float(beta), dtype=torch_dtype(), device=current_device())
