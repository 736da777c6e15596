"""Products of matrices and their kin: matmul, einsum, norms, factorizations, linear equations."""

import functools
import math
import re

import torch

from keras_torch.base.checks import fail
from keras_torch.ops.core import as_tensor, one_node, pair


def _alike(x1, x2):
    """Both in one number type, as products need."""
    x1, x2 = pair(x1, x2)
    if x1.dtype == x2.dtype:
        return x1, x2
    common = torch.promote_types(x1.dtype, x2.dtype)
    return x1.to(common), x2.to(common)


def matmul(x1, x2):
    """The matrix product of the last two axes; axes before are broadcast.

    >>> matmul([[1.0, 2.0]], [[3.0], [4.0]])
    tensor([[11.]])
    """
    return torch.matmul(*_alike(x1, x2))


def dot(x1, x2):
    """The sum of products over the last axis of `x1` and the last but one (of vectors: the only one) of `x2`.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    tensor(11.)
    """
    x1, x2 = _alike(x1, x2)
    if x1.dim() == 0 or x2.dim() == 0:
        return x1 * x2
    return torch.tensordot(x1, x2, dims=([x1.dim() - 1], [max(x2.dim() - 2, 0)]))


def inner(x1, x2):
    """The sum of products over the last axes.

    >>> inner([1.0, 2.0], [3.0, 4.0])
    tensor(11.)
    """
    return torch.inner(*_alike(x1, x2))


def outer(x1, x2):
    """All products of the values of two flattened tensors.

    >>> outer([1.0, 2.0], [3.0, 4.0])
    tensor([[3., 4.],
            [6., 8.]])
    """
    x1, x2 = _alike(x1, x2)
    return torch.outer(torch.reshape(x1, (-1,)), torch.reshape(x2, (-1,)))


def vdot(x1, x2):
    """The sum of the products of all values, the first ones conjugated.

    >>> vdot([1.0, 2.0], [3.0, 4.0])
    tensor(11.)
    """
    x1, x2 = _alike(x1, x2)
    return torch.sum(torch.conj(torch.reshape(x1, (-1,))) * torch.reshape(x2, (-1,)))


def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The cross product of vectors of three (or, with third component 0, two) components.

    Args:
        axisa, axisb: axis of the components in `x1` and `x2`.
        axisc: axis of the components in the result.
        axis: all three at once.

    >>> cross([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    tensor([0., 0., 1.])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x1, x2 = _alike(x1, x2)
    x1, x2 = torch.movedim(x1, axisa, -1), torch.movedim(x2, axisb, -1)
    flat = x1.shape[-1] == x2.shape[-1] == 2
    x1, x2 = (torch.nn.functional.pad(x, (0, 3 - x.shape[-1])) for x in (x1, x2))
    product = torch.linalg.cross(*torch.broadcast_tensors(x1, x2))
    return product[..., 2] if flat else torch.movedim(product, -1, axisc)


def tensordot(x1, x2, axes=2):
    """The sum of products over the last `axes` axes of `x1` and the first of `x2`, or over given pairs.

    >>> tensordot(torch.ones(2, 3), torch.ones(3, 4), 1).shape
    torch.Size([2, 4])
    """
    return torch.tensordot(*_alike(x1, x2), dims=axes)


def einsum(subscripts, *operands, **kwargs):
    """Sums of products in Einstein's notation, such as 'ij,jk->ik'.

    Errors:
        TypeError: further named arguments; torch chooses the order of products itself.

    >>> einsum("ij,jk->ik", torch.ones(2, 3), torch.ones(3, 4)).shape
    torch.Size([2, 4])
    """
    if kwargs:
        raise TypeError(f"einsum() takes no argument `{next(iter(kwargs))}`; torch orders the products "
                        "itself. Leave it out.")
    tensors = [as_tensor(operand) for operand in operands]
    common = functools.reduce(torch.promote_types, (x.dtype for x in tensors))
    return torch.einsum(subscripts, *(x if x.dtype == common else x.to(common) for x in tensors))


def kron(x1, x2):
    """The Kronecker product.

    >>> kron([1, 2], [1, 1])
    tensor([1, 1, 2, 2], dtype=torch.int32)
    """
    return torch.kron(*_alike(x1, x2))


def norm(x, ord=None, axis=None, keepdims=False):
    """The length of vectors, or a norm of matrices.

    Args:
        ord: None: the root of the sum of squares; for vectors a number (inf too); for matrices 'fro', 'nuc',
            1, -1, 2, -2, inf or -inf.
        axis: None: all values (with `ord`, `x` is a vector or matrix); an integer: vectors; a pair: matrices.

    >>> norm([3.0, 4.0])
    tensor(5.)
    """
    x = as_tensor(x)
    x = x if x.is_floating_point() or x.is_complex() else x.float()
    axis = tuple(axis) if isinstance(axis, list) else axis
    if isinstance(axis, tuple) and len(axis) == 1:
        axis = axis[0]
    as_matrix = isinstance(axis, tuple) or axis is None and x.dim() == 2
    if ord is not None and as_matrix:
        return torch.linalg.matrix_norm(x, ord, (-2, -1) if axis is None else axis, keepdims)
    return torch.linalg.vector_norm(x, 2 if ord is None else ord, axis, keepdims)


def det(x):
    """The determinant.

    >>> det([[2.0, 0.0], [0.0, 3.0]])
    tensor(6.)
    """
    return torch.linalg.det(as_tensor(x))


def slogdet(x):
    """(sign, logarithm of the size) of the determinant.

    >>> [float(part) for part in slogdet([[1.0, 0.0], [0.0, 1.0]])]
    [1.0, 0.0]
    """
    return tuple(torch.linalg.slogdet(as_tensor(x)))


def logdet(x):
    """The logarithm of the determinant of a positive definite matrix.

    >>> logdet([[1.0, 0.0], [0.0, 1.0]])
    tensor(0.)
    """
    return torch.logdet(as_tensor(x))


def inv(x):
    """The inverse matrix.

    >>> inv([[2.0]])
    tensor([[0.5000]])
    """
    return torch.linalg.inv(as_tensor(x))


def pinv(x, rcond=None):
    """The pseudo-inverse; singular values below `rcond` times the greatest count as 0.

    >>> pinv([[2.0]])
    tensor([[0.5000]])
    """
    return torch.linalg.pinv(as_tensor(x), rtol=rcond)


def solve(a, b):
    """The `x` with `a @ x = b`.

    >>> solve([[2.0]], [[6.0]])
    tensor([[3.]])
    """
    return torch.linalg.solve(*_alike(a, b))


def solve_triangular(a, b, lower=False):
    """The `x` with `a @ x = b`, `a` being triangular.

    >>> solve_triangular([[2.0]], [[6.0]])
    tensor([[3.]])
    """
    a, b = _alike(a, b)
    is_vector = b.dim() == a.dim() - 1
    x = torch.linalg.solve_triangular(a, b.unsqueeze(-1) if is_vector else b, upper=not lower)
    return x.squeeze(-1) if is_vector else x


def lstsq(a, b, rcond=None):
    """The `x` that brings `a @ x` nearest to `b`.

    >>> lstsq([[1.0], [1.0]], [[1.0], [3.0]])
    tensor([[2.0000]])
    """
    a, b = _alike(a, b)
    is_vector = b.dim() == a.dim() - 1
    x = torch.linalg.pinv(a, rtol=rcond) @ (b.unsqueeze(-1) if is_vector else b)
    return x.squeeze(-1) if is_vector else x


def cholesky(x, upper=False):
    """The triangular factor of a positive definite matrix: `x = L @ L.T`, or `U.T @ U` with `upper`.

    >>> cholesky([[4.0]])
    tensor([[2.]])
    """
    return torch.linalg.cholesky(as_tensor(x), upper=upper)


def cholesky_inverse(x, upper=False):
    """The inverse of the matrix whose triangular factor is `x`.

    >>> cholesky_inverse([[2.0]])
    tensor([[0.2500]])
    """
    return torch.cholesky_inverse(as_tensor(x), upper=upper)


def qr(x, mode="reduced"):
    """(q, r): an orthogonal and a triangular factor.

    Errors:
        ValueError: `mode` is neither 'reduced' nor 'complete'.

    >>> [tuple(part.shape) for part in qr(torch.ones(3, 2))]
    [(3, 2), (2, 2)]
    """
    if mode not in ("reduced", "complete"):
        fail("qr()", "mode", mode, "'reduced' or 'complete'")
    return tuple(torch.linalg.qr(as_tensor(x), mode))


def svd(x, full_matrices=True, compute_uv=True):
    """(u, s, vh): `x = u @ diag(s) @ vh`; only the singular values `s` without `compute_uv`.

    >>> svd([[3.0]], compute_uv=False)
    tensor([3.])
    """
    if not compute_uv:
        return torch.linalg.svdvals(as_tensor(x))
    return tuple(torch.linalg.svd(as_tensor(x), full_matrices))


def eig(x):
    """(values, vectors) of a square matrix, complex.

    >>> eig([[2.0]])[0]
    tensor([2.+0.j])
    """
    return tuple(torch.linalg.eig(as_tensor(x)))


def eigh(x):
    """(values, vectors) of a symmetric matrix, values rising.

    >>> eigh([[2.0]])[0]
    tensor([2.])
    """
    return tuple(torch.linalg.eigh(as_tensor(x)))


def lu_factor(x):
    """(factors, pivots): both triangular factors in one matrix, and the row exchanges, counted from 0.

    >>> lu_factor([[2.0]])[0]
    tensor([[2.]])
    """
    factors, pivots = torch.linalg.lu_factor(as_tensor(x))
    return factors, pivots - 1


def matrix_rank(x, tol=None):
    """The number of singular values greater than `tol`, as int32.

    >>> matrix_rank([[1.0, 0.0], [0.0, 1.0]])
    tensor(2, dtype=torch.int32)
    """
    return torch.linalg.matrix_rank(as_tensor(x), atol=tol).int()


def cdist(x, y):
    """The distance of each row of `x` from each row of `y`.

    >>> cdist([[0.0, 0.0]], [[3.0, 4.0]])
    tensor([[5.]])
    """
    return torch.cdist(*_alike(x, y))


def corrcoef(x):
    """The correlations of the rows of a matrix.

    >>> corrcoef([[1.0, 2.0], [2.0, 4.0]])
    tensor([[1., 1.],
            [1., 1.]])
    """
    return torch.corrcoef(as_tensor(x))


def correlate(x1, x2, mode="valid"):
    """Sums of products of `x1` with the shifted `x2`.

    Args:
        mode: 'valid': only where `x2` lies inside; 'same': as many as `x1` has; 'full': all that touch.

    Errors:
        ValueError: another mode.

    >>> correlate([1.0, 2.0, 3.0], [0.0, 1.0, 0.5], "same")
    tensor([2.0000, 3.5000, 3.0000])
    """
    if mode not in ("valid", "same", "full"):
        fail("correlate()", "mode", mode, "'valid', 'same' or 'full'")
    x1, x2 = _alike(x1, x2)
    x1, x2 = (x if x.is_floating_point() else x.float() for x in (x1, x2))
    size = x2.shape[0]
    margins = {"valid": (0, 0), "same": (size // 2, (size - 1) // 2), "full": (size - 1, size - 1)}
    padded = torch.nn.functional.pad(x1, margins[mode])
    return torch.nn.functional.conv1d(padded.view(1, 1, -1), x2.view(1, 1, -1)).view(-1)


def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The area below the polygon through `y`, at places `x` or `dx` apart.

    >>> trapezoid([1.0, 2.0, 3.0])
    tensor(4.)
    """
    y = as_tensor(y)
    if x is None:
        return torch.trapezoid(y, dx=dx, dim=axis)
    return torch.trapezoid(y, as_tensor(x, like=y), dim=axis)


_TOKEN = re.compile(r"\(|\)|\.\.\.|\w+")


@one_node
def rearrange(tensor, pattern, **axes_lengths):
    """Axes split, joined and reordered by a pattern such as 'b (h w) c -> b h w c'.

    Args:
        pattern: names of axes, "->", their new order; parentheses hold axes that are one.
        axes_lengths: sizes of axes inside parentheses on the left; one of each group may be missing.

    Errors:
        ValueError: both sides do not name the same axes, or not as many as the tensor has.

    >>> rearrange(torch.zeros(2, 6, 3), "b (h w) c -> b h w c", h=2).shape
    torch.Size([2, 2, 3, 3])
    """
    tensor = as_tensor(tensor)
    left, right = (_groups(side) for side in pattern.split("->"))
    names = [name for group in left for name in group]
    if sorted(names) != sorted(name for group in right for name in group) or len(left) != tensor.dim():
        raise ValueError(f"rearrange(): the pattern {pattern!r} must name the {tensor.dim()} axes of the "
                         f"shape {tuple(tensor.shape)}, each once on both sides.")
    sizes = _sizes_of(left, tensor.shape, dict(axes_lengths))
    tensor = tensor.reshape([sizes[name] for name in names])
    tensor = tensor.permute([names.index(name) for group in right for name in group])
    return tensor.reshape([math.prod(sizes[name] for name in group) for group in right])


def _groups(side):
    """'a (b c)' as [['a'], ['b', 'c']]."""
    groups, inside = [], False
    for token in _TOKEN.findall(side):
        if token in "()":
            inside = token == "("
            if inside:
                groups.append([])
        elif inside:
            groups[-1].append(token)
        else:
            groups.append([token])
    return groups


def _sizes_of(groups, shape, sizes):
    """Size of each named axis; the missing one of a group is what is left."""
    for group, whole in zip(groups, shape):
        missing = [name for name in group if name not in sizes]
        known = math.prod(sizes[name] for name in group if name in sizes)
        if len(missing) > 1 or (missing and whole % known) or (not missing and known != whole):
            raise ValueError(f"rearrange(): an axis of size {whole} cannot be split into {group} with sizes "
                             f"{sizes}. Give the sizes of all but one.")
        if missing:
            sizes[missing[0]] = whole // known
    return sizes
