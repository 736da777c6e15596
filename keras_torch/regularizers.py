"""Penalties on weights or outputs, added to the loss: `regularizer(tensor)` gives one number as a tensor."""

import torch

from keras_torch.base import settings
from keras_torch.base.checks import Term, fail, is_number, one_of
from keras_torch.base.configurable import Configurable
from keras_torch.base.registry import Registry
from keras_torch.dialects.translator import behaviour


def _strength(owner, argument, value):
    if not is_number(value) or not 0 <= value < float("inf"):
        fail(owner, argument, value, "a finite number of at least 0")


class Regularizer(Configurable):
    """Base of all regularizers: write `__call__(self, x)`.

    Source: Keras Regularizer.

    >>> Regularizer()(torch.ones(2))
    0.0
    """

    vocabulary = {
        "l1": Term(_strength, convert=float, doc="factor on the sum of sizes."),
        "l2": Term(_strength, convert=float, doc="factor on the sum of squares."),
    }

    def __call__(self, x):
        """The penalty of tensor `x`."""
        return 0.0


class L1(Regularizer):
    """`l1 * sum(|x|)`.

    >>> L1(0.5)(torch.ones(2))
    tensor(1.)
    """

    def __init__(self, l1=0.01):
        self.l1 = 0.01 if l1 is None else l1

    def __call__(self, x):
        return self.l1 * torch.sum(torch.abs(x))


class L2(Regularizer):
    """`l2 * sum(x**2)`.

    >>> L2(0.5)(torch.ones(2))
    tensor(1.)
    """

    def __init__(self, l2=0.01):
        self.l2 = 0.01 if l2 is None else l2

    def __call__(self, x):
        return self.l2 * torch.sum(torch.square(x))


class L1L2(Regularizer):
    """`l1 * sum(|x|) + l2 * sum(x**2)`.

    Source: Keras L1L2. The function `l1_l2` of older generations has 0.01 as both defaults.

    >>> L1L2(l1=0.5, l2=1.0)(torch.ones(2))
    tensor(3.)
    """

    def __init__(self, l1=0.0, l2=0.0):
        self.l1, self.l2 = l1 or 0.0, l2 or 0.0

    def __call__(self, x):
        penalty = torch.zeros((), dtype=x.dtype, device=x.device)
        if self.l1:
            penalty = penalty + self.l1 * torch.sum(torch.abs(x))
        if self.l2:
            penalty = penalty + self.l2 * torch.sum(torch.square(x))
        return penalty


class OrthogonalRegularizer(Regularizer):
    """`factor` times the mean size of the cosines between pairs of rows (or columns) of a matrix.

    Args:
        factor: number of at least 0.
        mode: 'rows' or 'columns'.

    Errors:
        ValueError: the tensor is not a matrix.

    >>> OrthogonalRegularizer(1.0)(torch.eye(2))
    tensor(0.)
    """

    vocabulary = {"factor": Term(_strength, convert=float), "mode": Term(one_of("rows", "columns"))}

    def __init__(self, factor=0.01, mode="rows"):
        pass

    def __call__(self, x):
        if x.dim() != 2:
            raise ValueError(f"OrthogonalRegularizer takes matrices only; got shape {tuple(x.shape)}.")
        rows = x if self.mode == "rows" else x.T
        rows = rows / torch.linalg.vector_norm(rows, dim=1, keepdim=True).clamp(min=settings.epsilon())
        cosines = rows @ rows.T
        count = rows.shape[0]
        pairs = count * (count - 1) / 2
        others = torch.sum(torch.abs(cosines - torch.diag(torch.diagonal(cosines))))
        return self.factor * 0.5 * others / max(pairs, 1)


class EigenvalueRegularizer(Regularizer):
    """`k` times the largest singular value of a matrix, found by nine steps of the power method.

    Args:
        k: number of at least 0.

    Errors:
        ValueError: the tensor is not a matrix.

    Source: Keras 1 EigenvalueRegularizer.

    >>> EigenvalueRegularizer(0.5)(4.0 * torch.eye(2))
    tensor(2.)
    """

    vocabulary = {"k": Term(_strength, convert=float, doc="factor on the largest singular value.")}
    steps = 9

    def __init__(self, k):
        pass

    def __call__(self, x):
        if x.dim() != 2:
            raise ValueError(f"EigenvalueRegularizer takes matrices only; got shape {tuple(x.shape)}.")
        covariance = x.T @ x
        vector = covariance.sum(1, keepdim=True)
        for _ in range(self.steps - 1):
            vector = covariance @ vector
        eigenvalue = ((covariance @ vector).T @ vector) / (vector.T @ vector)
        return self.k * eigenvalue.sqrt().sum()


def l1_l2_both(l1=0.01, l2=0.01):
    """`L1L2` with the defaults that the function `l1_l2` had up to tf.keras (in Keras 1: `l1l2`).

    >>> l1_l2_both(l1=0.5).get_config()
    {'l1': 0.5, 'l2': 0.01}
    """
    return L1L2(l1, l2)


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer
l1l2 = L1L2  # name of Keras 1
_BOTH = ("l1_l2", "l1l2")

registry = Registry(
    "regularizer",
    {
        "Regularizer": Regularizer,
        "L1": L1,
        "L2": L2,
        "L1L2": L1L2,
        "OrthogonalRegularizer": OrthogonalRegularizer,
        "EigenvalueRegularizer": EigenvalueRegularizer,
        "l1_l2": L1L2,
        "l1l2": L1L2,
    },
)
for _name in ("L1L2Regularizer", "WeightRegularizer", "ActivityRegularizer"):  # Keras 1
    registry.alias(_name, L1L2)


def get(identifier):
    """The regularizer of a name, config, class, object or function; None stays None.

    Errors:
        ValueError: an unknown name; the message gives the nearest known ones.

    Notes:
        Up to tf.keras 'l1_l2' (and 'l1l2') means a strength of 0.01 for both; in Keras 3 of 0.

    >>> get("l2").l2
    0.01
    """
    if isinstance(identifier, str) and identifier in _BOTH and behaviour("l1_l2") == "0.01 each":
        return l1_l2_both()
    return registry.get(identifier)


def serialize(regularizer):
    """The config of a regularizer.

    >>> serialize(L2(0.5))["config"]
    {'l2': 0.5}
    """
    return registry.serialize(regularizer)


def deserialize(config, custom_objects=None):
    """The regularizer that a config describes.

    Args:
        custom_objects: dict from name to class or function, searched first.

    >>> deserialize({"class_name": "L1", "config": {"l1": 0.5}}).l1
    0.5
    """
    return registry.deserialize(config, custom_objects)
