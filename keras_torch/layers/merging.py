"""Layers that make one tensor of several: sums, products, means, extremes, joining, dot products."""

import functools

import torch

from keras_torch.base.checks import Term, boolean, fail, integer, is_integer
from keras_torch.base.shapes import is_shape
from keras_torch.dialects.translator import behaviour
from keras_torch.layers import calling
from keras_torch.layers.layer import Layer
from keras_torch.ops.arrays import concatenate as join
from keras_torch.ops.nn import normalize
from keras_torch.symbolic.keras_tensor import KerasTensor


class Merging(Layer):
    """Base of layers that take a list of tensors: write `merge(self, inputs)`, or `call`.

    Notes:
        Sizes are broadcast as in numpy; inputs with fewer axes get new ones after the batch.
        The output is masked where all inputs are masked; it has no mask when one of them has none. Up to
        tf.keras it is masked where one of them is masked, and inputs without a mask do not count.

    Errors:
        ValueError: not a list of tensors, or shapes that do not go together.

    >>> Merging.supports_masking
    True
    """

    supports_masking = True
    count = None  # how many inputs there must be; None: at least one

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._masks_joined = behaviour("merged masks")

    def build(self, input_shape):
        if is_shape(input_shape) or not input_shape or not all(is_shape(shape) for shape in input_shape):
            raise ValueError(f"{self.label} takes a list of tensors; got one of shape {input_shape}. "
                             f"Write {type(self).__name__}()([a, b]).")
        if self.count is not None and len(input_shape) != self.count:
            raise ValueError(f"{self.label} takes {self.count} inputs; got {len(input_shape)}, of shapes "
                             f"{_listed(input_shape)}. Give it {self.count}.")
        self.check_shapes([tuple(shape) for shape in input_shape])

    def check_shapes(self, shapes):
        """Raises when inputs of these shapes (None = unknown size) cannot be merged."""
        for sizes in zip(*_aligned(shapes)):
            if len({size for size in sizes if size not in (1, None)}) > 1:
                self._refuse(shapes, "Sizes must be equal, or 1")

    def compute_output_shape(self, input_shape):
        """The broadcast shape of a list of shapes (None = unknown size)."""
        shapes = [tuple(shape) for shape in input_shape]
        self.check_shapes(shapes)
        return tuple(_broadcast(sizes) for sizes in zip(*_aligned(shapes)))

    def compute_output_spec(self, inputs, **kwargs):
        """The output as a symbol; trying it out would fail where an unknown size meets a known one."""
        if not all(x.is_floating_point() for x in inputs):
            return calling.infer_outputs(self, (inputs,), kwargs)
        return KerasTensor(self.compute_output_shape([x.shape for x in inputs]), self.compute_dtype)

    def _refuse(self, shapes, rule):
        raise ValueError(f"{self.label} cannot merge inputs of shapes {_listed(shapes)}. {rule}.")

    def _explain(self, args, error):
        """Says which shapes did not go together."""
        if isinstance(args[0], (list, tuple)):
            self.check_shapes([tuple(x.shape) for x in args[0]])

    def call(self, inputs):
        return self.merge(_of_one_rank(inputs))

    def merge(self, inputs):
        """One tensor of a list of tensors with equal numbers of axes."""
        raise NotImplementedError(f"{type(self).__name__} has no merge(self, inputs). Write one.")

    def compute_mask(self, inputs, mask=None):
        """True where some input is valid; None when an input has no mask; see the notes."""
        joins = torch.logical_and if self._masks_joined == "all" else torch.logical_or
        known = [one for one in mask or () if one is not None]
        if not known or joins is torch.logical_or and len(known) < len(mask):
            return None
        return functools.reduce(joins, known)


def _aligned(shapes):
    """The shapes with sizes of 1 after the batch, so that all have the same number of axes."""
    rank = max(len(shape) for shape in shapes)
    return [(*shape[:1], *[1] * (rank - len(shape)), *shape[1:]) for shape in shapes]


def _broadcast(sizes):
    """The size that several become: the known one that is not 1, else None if one is unknown."""
    known = [size for size in sizes if size not in (1, None)]
    return known[0] if known else None if None in sizes else 1


def _listed(shapes):
    return ", ".join(str(tuple(shape)) for shape in shapes)


def _of_one_rank(inputs):
    """New axes of size 1 after the batch for the inputs that have fewer."""
    rank = max(x.dim() for x in inputs)
    if all(x.dim() == rank for x in inputs):
        return inputs
    return [x[(slice(None), *[None] * (rank - x.dim()))] for x in inputs]


class Add(Merging):
    """The sum of the inputs.

    >>> Add()([torch.ones(1, 2), torch.ones(1, 2)])
    tensor([[2., 2.]])
    """

    def merge(self, inputs):
        """Their sum."""
        total = inputs[0]
        for x in inputs[1:]:
            total = total + x
        return total


class Subtract(Merging):
    """The first of two inputs minus the second.

    >>> Subtract()([torch.ones(1, 2), torch.ones(1, 2)])
    tensor([[0., 0.]])
    """

    count = 2

    def merge(self, inputs):
        """Their difference."""
        return inputs[0] - inputs[1]


class Multiply(Merging):
    """The product of the inputs, value by value.

    >>> Multiply()([torch.ones(1, 2), torch.ones(1, 2)])
    tensor([[1., 1.]])
    """

    def merge(self, inputs):
        """Their product."""
        product = inputs[0]
        for x in inputs[1:]:
            product = product * x
        return product


class Average(Add):
    """The mean of the inputs.

    >>> Average()([torch.ones(1, 2), torch.zeros(1, 2)])
    tensor([[0.5000, 0.5000]])
    """

    def merge(self, inputs):
        """Their mean."""
        return super().merge(inputs) / len(inputs)


class _Extreme(Merging):
    """Base of Maximum and Minimum: at masked steps, the values of the inputs that are not masked count.

    Up to tf.keras all values do.
    """

    def call(self, inputs, mask=None):
        inputs = _of_one_rank(inputs)
        masks = [None] * len(inputs) if mask is None or self._masks_joined == "all" else mask
        result, valid = inputs[0], _spread(masks[0], inputs[0])
        for x, other in zip(inputs[1:], masks[1:]):
            other = _spread(other, x)
            x = x if other is None else torch.where(other, x, result)
            result = result if valid is None else torch.where(valid, result, x)
            valid = None if valid is None or other is None else valid | other
            result = self.extreme(result, x)
        return result


def _spread(mask, x):
    """The mask over the features too."""
    return None if mask is None else mask.unsqueeze(-1).expand(x.shape)


class Maximum(_Extreme):
    """The greatest of the inputs, value by value.

    >>> Maximum()([torch.ones(1, 2), torch.zeros(1, 2)])
    tensor([[1., 1.]])
    """

    extreme = staticmethod(torch.maximum)


class Minimum(_Extreme):
    """The smallest of the inputs, value by value.

    >>> Minimum()([torch.ones(1, 2), torch.zeros(1, 2)])
    tensor([[0., 0.]])
    """

    extreme = staticmethod(torch.minimum)


class Concatenate(Merging):
    """The inputs one after the other along an axis.

    Args:
        axis: axis along which they are joined; the batch is 0.

    Shape:
        a list of (batch, ..., features) -> (batch, ..., sum of features) for axis=-1

    Errors:
        ValueError: the other axes differ in size.

    Source: Keras Concatenate.

    >>> Concatenate()([torch.ones(1, 2), torch.ones(1, 3)]).shape
    torch.Size([1, 5])
    """

    vocabulary = {"axis": Term(integer, int, doc="axis along which the inputs are joined.", optional=False)}

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)

    def check_shapes(self, shapes):
        """All axes but the joined one must have equal sizes."""
        rank = len(shapes[0])
        if any(len(shape) != rank for shape in shapes) or not -rank <= self.axis < rank:
            self._refuse(shapes, f"All need the same number of axes, axis {self.axis} among them")
        for axis, sizes in enumerate(zip(*shapes)):
            if axis != self.axis % rank and len(set(sizes) - {None}) > 1:
                self._refuse(shapes, f"All axes but {self.axis} must have equal sizes")

    def compute_output_shape(self, input_shape):
        """The shape of the inputs, with the sizes along `axis` added up."""
        shapes = [tuple(shape) for shape in input_shape]
        self.check_shapes(shapes)
        columns = list(zip(*shapes))
        joined = [_broadcast(sizes) for sizes in columns]
        along = columns[self.axis]
        joined[self.axis] = None if None in along else sum(along)
        return tuple(joined)

    def call(self, inputs):
        return join(inputs, self.axis)

    def compute_mask(self, inputs, mask=None):
        """The masks joined as the inputs are; an input without one counts as valid everywhere."""
        if mask is None or all(one is None for one in mask):
            return None
        parts = []
        for x, one in zip(inputs, mask):
            if one is None:
                one = torch.ones_like(x, dtype=torch.bool)
            elif one.dim() < x.dim():
                one = one.unsqueeze(-1).expand(x.shape)
            parts.append(one)
        joins = torch.all if self._masks_joined == "all" else torch.any
        return joins(torch.cat(parts, self.axis), dim=-1)


def _two_axes(owner, argument, value):
    if not is_integer(value) and not (isinstance(value, (list, tuple)) and len(value) == 2 and
                                      all(is_integer(axis) for axis in value)):
        fail(owner, argument, value, "an integer or a pair of integers")


def _as_tuple(value):
    return value if is_integer(value) else tuple(value)


class Dot(Merging):
    """The dot product of two inputs along an axis of each, sample by sample.

    Args:
        axes: the axis of both, or a pair with one for each; the batch is 0.
        normalize: whether both are divided by their length along that axis first: cosine similarity.

    Shape:
        (batch, a..., d), (batch, d, b...) -> (batch, a..., b...); (batch, 1) when nothing else is left

    Errors:
        ValueError: the two axes differ in size, or one is the batch.

    Source: Keras Dot.

    >>> Dot(axes=1)([torch.ones(2, 3), torch.ones(2, 3)])
    tensor([[3.],
            [3.]])
    """

    count = 2
    vocabulary = {"axes": Term(_two_axes, _as_tuple, optional=False), "normalize": Term(boolean, bool)}

    def __init__(self, axes, normalize=False, **kwargs):
        super().__init__(**kwargs)

    def check_shapes(self, shapes):
        """The two axes must exist, have the same size and not be the batch."""
        first, second = self._axes(*(len(shape) for shape in shapes))
        if not 0 < first < len(shapes[0]) or not 0 < second < len(shapes[1]):
            self._refuse(shapes, f"`axes` {self.axes} must be axes of them other than the batch")
        sizes = shapes[0][first], shapes[1][second]
        if None not in sizes and sizes[0] != sizes[1]:
            self._refuse(shapes, f"Axis {first} of the first ({sizes[0]}) must be as long as axis {second} "
                                 f"of the second ({sizes[1]})")

    def compute_output_shape(self, input_shape):
        """The other axes of the first, then those of the second."""
        shapes = [tuple(shape) for shape in input_shape]
        self.check_shapes(shapes)
        (first, second), (x, y) = self._axes(*(len(shape) for shape in shapes)), shapes
        rest = (*x[1:first], *x[first + 1:], *y[1:second], *y[second + 1:])
        return (_broadcast((x[0], y[0])), *(rest or (1,)))

    def _axes(self, *ranks):
        axes = (self.axes, self.axes) if is_integer(self.axes) else self.axes
        return tuple(axis + rank if axis < 0 else axis for axis, rank in zip(axes, ranks))

    def call(self, inputs):
        x, y = inputs
        first, second = self._axes(x.dim(), y.dim())
        if self.normalize:
            x, y = normalize(x, axis=first), normalize(y, axis=second)
        x, y = torch.movedim(x, first, -1), torch.movedim(y, second, 1)   # (batch, a..., d), (batch, d, b...)
        sizes = (*x.shape[1:-1], *y.shape[2:])
        product = torch.bmm(x.reshape(x.shape[0], -1, x.shape[-1]) if x.dim() > 2 else x.unsqueeze(1),
                            y.reshape(*y.shape[:2], -1) if y.dim() > 2 else y.unsqueeze(2))
        return product.reshape(x.shape[0], *(sizes or (1,)))

    def compute_mask(self, inputs, mask=None):
        """A dot product has no steps."""
        return None


def add(inputs, **kwargs):
    """`Add()(inputs)`.

    >>> add([torch.ones(1), torch.ones(1)])
    tensor([2.])
    """
    return Add(**kwargs)(inputs)


def subtract(inputs, **kwargs):
    """`Subtract()(inputs)`.

    >>> subtract([torch.ones(1), torch.ones(1)])
    tensor([0.])
    """
    return Subtract(**kwargs)(inputs)


def multiply(inputs, **kwargs):
    """`Multiply()(inputs)`.

    >>> multiply([torch.ones(1), torch.ones(1)])
    tensor([1.])
    """
    return Multiply(**kwargs)(inputs)


def average(inputs, **kwargs):
    """`Average()(inputs)`.

    >>> average([torch.ones(1), torch.ones(1)])
    tensor([1.])
    """
    return Average(**kwargs)(inputs)


def maximum(inputs, **kwargs):
    """`Maximum()(inputs)`.

    >>> maximum([torch.ones(1), torch.ones(1)])
    tensor([1.])
    """
    return Maximum(**kwargs)(inputs)


def minimum(inputs, **kwargs):
    """`Minimum()(inputs)`.

    >>> minimum([torch.ones(1), torch.ones(1)])
    tensor([1.])
    """
    return Minimum(**kwargs)(inputs)


def concatenate(inputs, axis=-1, **kwargs):
    """`Concatenate(axis)(inputs)`.

    >>> concatenate([torch.ones(1), torch.ones(1)])
    tensor([1., 1.])
    """
    return Concatenate(axis, **kwargs)(inputs)


def dot(inputs, axes=-1, normalize=False, **kwargs):
    """`Dot(axes, normalize)(inputs)`.

    >>> dot([torch.ones(1, 2), torch.ones(1, 2)])
    tensor([[2.]])
    """
    return Dot(axes, normalize, **kwargs)(inputs)
