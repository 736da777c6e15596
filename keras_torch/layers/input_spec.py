"""`InputSpec`: what a layer accepts (number of axes, sizes, dtype), checked when it is called."""

from keras_torch.base import tree


class InputSpec:
    """Number of axes and sizes that an input must have.

    Args:
        dtype: ignored by the check; inputs are cast.
        shape: full shape, None for any size.
        ndim: exact number of axes.
        max_ndim: largest number of axes.
        min_ndim: smallest number of axes.
        axes: dict, axis -> size that it must have.
        allow_last_axis_squeeze: whether an axis of size 1 may be missing.
        name: name of the expected input.
        optional: whether the input may be None.

    Source: Keras `InputSpec`.

    >>> InputSpec(min_ndim=2, axes={-1: 4}).axes
    {-1: 4}
    """

    def __init__(self, dtype=None, shape=None, ndim=None, max_ndim=None, min_ndim=None, axes=None,
                 allow_last_axis_squeeze=False, name=None, optional=False):
        self.dtype = dtype
        self.shape = tuple(shape) if shape is not None else None
        self.ndim = len(self.shape) if shape is not None else ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional

    def problem(self, shape):
        """A phrase that says what does not fit, or None."""
        rank = len(shape)
        if self.ndim is not None and rank != self.ndim and not (self.allow_last_axis_squeeze and
                                                                abs(rank - self.ndim) == 1):
            return f"{self.ndim} axes"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"at most {self.max_ndim} axes"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"at least {self.min_ndim} axes"
        wanted = {**self.axes, **dict(enumerate(self.shape or ()))}
        for axis, size in wanted.items():
            if size is not None and -rank <= axis < rank and shape[axis] not in (size, None):
                return f"size {size} on axis {axis}"
        return None


def check_inputs(label, spec, inputs):
    """Raises a ValueError naming the layer when the inputs do not fit the spec.

    >>> check_inputs("Dense", InputSpec(ndim=2), [])
    """
    specs = tree.flatten(spec)
    leaves = [leaf for leaf in tree.flatten(inputs) if hasattr(leaf, "shape")]
    if len(specs) != len(leaves):
        return
    for one, leaf in zip(specs, leaves):
        problem = one.problem(tuple(leaf.shape))
        if problem:
            raise ValueError(f"{label} expects an input with {problem}; got shape {tuple(leaf.shape)}.")
