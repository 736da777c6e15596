"""Class numbers as rows of a matrix, and vectors of length one."""

import numpy as np
import torch

from keras_torch.base.checks import positive_int, unknown_argument
from keras_torch.base.dtypes import torch_dtype
from keras_torch.dialects.translator import behaviour

_OLDER_NAMES = ("y", "nb_classes")


def _older(owner, x, num_classes, older):
    """`x` and `num_classes` of today from the names that older generations gave them."""
    for name in older:
        if name not in _OLDER_NAMES:
            unknown_argument(owner, name, ["x", "num_classes", "dtype"])
    if x is None and "y" not in older:
        raise TypeError(f"{owner} needs the class numbers. Write {owner[:-1]}x).")
    return older.get("y", x), older.get("nb_classes", num_classes)


def _as_classes(owner, x, num_classes):
    """Whole numbers without a last axis of size one, and the number of classes."""
    classes = x.long() if isinstance(x, torch.Tensor) else torch.from_numpy(np.array(x, dtype="int64"))
    if classes.dim() > 1 and classes.shape[-1] == 1:
        classes = classes.squeeze(-1)
    if num_classes is not None:
        positive_int(owner, "num_classes", num_classes)
    lowest, highest = (int(classes.min()), int(classes.max())) if classes.numel() else (0, -1)
    num_classes = highest + 1 if num_classes is None else int(num_classes)
    if lowest < 0 or highest >= num_classes:
        raise ValueError(f"{owner} was given classes from {lowest} to {highest}; they must be from 0 to "
                         f"{num_classes - 1}. Give a larger `num_classes`, or renumber the classes.")
    return classes, num_classes


def _answer(rows, x, dtype):
    """A tensor for a tensor, else a numpy array, in the type of the generation."""
    if isinstance(x, torch.Tensor):
        return rows.to(torch_dtype(dtype))
    return rows.numpy().astype(dtype or behaviour("to_categorical dtype"))


def to_categorical(x=None, num_classes=None, dtype=None, **older):
    """Class numbers as rows with a one in the column of the class.

    Args:
        x: whole numbers from 0 to num_classes - 1, of any shape; a last axis of size one is dropped.
        num_classes: number of columns; None means the largest class plus one.
        dtype: type of the result; None means that of the generation (Keras 3: float64; float32 for tensors).
        y: older name of `x`. nb_classes: older name of `num_classes`.

    Returns:
        numpy array, or a tensor when `x` is one, of shape (..., num_classes).

    Errors:
        ValueError: a class out of range. TypeError: an unknown argument.

    Source: Keras `utils.to_categorical`, which takes negative classes as counted from the end.

    >>> to_categorical([0, 2], num_classes=3)
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    x, num_classes = _older("to_categorical()", x, num_classes, older)
    classes, num_classes = _as_classes("to_categorical()", x, num_classes)
    rows = (classes.unsqueeze(-1) == torch.arange(num_classes, device=classes.device)).to(torch.uint8)
    return _answer(rows, x, dtype)


def to_ordinal(x=None, num_classes=None, dtype="float32", **older):
    """Class numbers as rows with as many leading ones as the number of the class.

    Args:
        x: whole numbers from 0 to num_classes - 1, of any shape; a last axis of size one is dropped.
        num_classes: number of classes; None means the largest class plus one.
        dtype: type of the result.

    Returns:
        numpy array, or a tensor when `x` is one, of shape (..., num_classes - 1).

    Errors:
        ValueError: a class out of range. TypeError: an unknown argument.

    Source: tf.keras `utils.to_ordinal`.

    >>> to_ordinal([0, 2], num_classes=3)
    array([[0., 0.],
           [1., 1.]], dtype=float32)
    """
    x, num_classes = _older("to_ordinal()", x, num_classes, older)
    classes, num_classes = _as_classes("to_ordinal()", x, num_classes)
    rows = torch.arange(num_classes - 1, device=classes.device) < classes.unsqueeze(-1)
    return _answer(rows.to(torch.uint8), x, dtype)


def normalize(x, axis=-1, order=2):
    """`x / norm(x)` along an axis; vectors of norm zero stay as they are.

    Args:
        x: array or tensor.
        axis: axis of the vectors.
        order: of the norm: 2 is Euclid's, 1 the sum of absolute values, `inf` the largest one.

    Returns:
        numpy array, or a tensor when `x` is one.

    Source: Keras `utils.normalize`, which takes axis 0 for the last one in arrays of two axes or more.

    >>> normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    if isinstance(x, torch.Tensor):
        norm = torch.linalg.vector_norm(x, ord=order, dim=axis, keepdim=True)
        return x / torch.where(norm == 0, 1, norm)
    x = np.asarray(x)
    norm = np.linalg.norm(x, order, axis, keepdims=True)
    return x / np.where(norm == 0, 1, norm)
