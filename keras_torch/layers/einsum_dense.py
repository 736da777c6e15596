"""`EinsumDense`: a kernel applied to any axes, named by an einsum equation."""

import re

import torch
from torch.nn import functional

from keras_torch.base.checks import Term, fail, is_integer
from keras_torch.initializers import VarianceScaling
from keras_torch.layers.layer import Layer

_EQUATION = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


def _sizes(owner, argument, value):
    values = value if isinstance(value, (list, tuple)) else [value]
    if not all(size is None or (is_integer(size) and size > 0) for size in values):
        fail(owner, argument, value, "a positive integer, or a tuple of them, None for sizes of the input")


def _equation(owner, argument, value):
    match = _EQUATION.fullmatch(value.replace(" ", "")) if isinstance(value, str) else None
    dots = match and (match[1], match[3])
    if match is None or all(dots) or dots != (match[5], match[7]):
        fail(owner, argument, value, "of the form 'ab,bc->ac', '...ab,bc->...ac' or 'ab...,bc->ac...'")


class EinsumDense(Layer):
    """Mixes any axes with a kernel: `activation(einsum(equation, inputs, kernel) + bias)`.

    Args:
        equation: 'input,kernel->output', one letter per axis; '...' first or last stands for more axes.
        output_shape: sizes of the output without the batch (and '...') axes; None for those the input tells.
        bias_axes: letters of the output axes that the bias has; None means no bias.

    Shape:
        as the equation says

    Weights:
        kernel: one axis per letter
        bias: absent when `bias_axes` is None; has size 1 on axes behind the first of `bias_axes` that it
            lacks

    Errors:
        ValueError: an equation of another form; a letter whose size neither input nor `output_shape` tells.

    Source: Keras EinsumDense. In torch: torch.einsum.

    >>> EinsumDense("abc,cd->abd", output_shape=(None, 4), bias_axes="d")(torch.zeros(2, 7, 3)).shape
    torch.Size([2, 7, 4])
    """

    vocabulary = {
        "equation": Term(_equation, lambda value: value.replace(" ", ""), optional=False,
                         doc="'input,kernel->output', one letter per axis."),
        "output_shape": Term(_sizes, lambda value: (value,) if is_integer(value) else tuple(value),
                             optional=False, doc="sizes of the output without the batch axis."),
    }
    math_input = True

    def __init__(self, equation, output_shape, activation=None, bias_axes=None,
                 kernel_initializer="glorot_uniform", bias_initializer="zeros",
                 kernel_regularizer=None, bias_regularizer=None, kernel_constraint=None, bias_constraint=None,
                 **kwargs):
        super().__init__(**kwargs)
        self.partial_output_shape = output_shape

    def config_value(self, name):
        """Today's value of one constructor argument."""
        if name == "output_shape":  # the attribute of that name is the shape of the layer's output
            return list(self.partial_output_shape)
        return super().config_value(name)

    def build(self, input_shape):
        left, inputs, right, kernel, _, outputs, _ = _EQUATION.fullmatch(self.equation).groups()
        sizes = self._sizes_by_letter(input_shape, inputs, outputs, bool(left), bool(right))
        self.kernel = self._make_kernel(kernel, inputs, [self._size_of(letter, sizes) for letter in kernel])
        self.bias = None
        if self.bias_axes:
            extra = len(input_shape) - len(inputs) if right else 0
            self.bias = self.make_weight("bias", self._bias_shape(outputs, sizes, extra))
        self.contracted = _contracted(inputs, kernel, outputs, bool(right))

    def _sizes_by_letter(self, shape, inputs, outputs, left, right):
        """Letter -> size, from the input's shape and from `output_shape`, aligned at the last letters."""
        extra = len(shape) - len(inputs)
        if extra < 0 or (extra and not left and not right):
            raise ValueError(f"{self.label}: the equation {self.equation!r} does not fit inputs of shape "
                             f"{tuple(shape)}: it names {len(inputs)} axes.")
        sizes = dict(zip(inputs, shape[extra:] if left else shape))
        for letter, size in zip(reversed(outputs), reversed(self.partial_output_shape)):
            if size is not None and sizes.get(letter) not in (None, size):
                raise ValueError(f"{self.label}: `output_shape` {self.partial_output_shape} says {size} for "
                                 f"axis {letter!r}; the input of shape {tuple(shape)} says {sizes[letter]}.")
            sizes[letter] = sizes.get(letter) if size is None else size
        return sizes

    def _size_of(self, letter, sizes):
        if sizes.get(letter) is None:
            raise ValueError(f"{self.label}: the size of axis {letter!r} of {self.equation!r} is not known. "
                             "Give it in `output_shape`, or in the shape of the input.")
        return sizes[letter]

    def _make_kernel(self, kernel, inputs, shape):
        """The kernel; its scale comes from the axes that the equation contracts and makes."""
        initializer = self.kernel_initializer
        if isinstance(initializer, VarianceScaling) and initializer.input_axes is None:
            axes = {"input_axes": [axis for axis, letter in enumerate(kernel) if letter in inputs],
                    "output_axes": [axis for axis, letter in enumerate(kernel) if letter not in inputs]}
            initializer = type(initializer).from_config({**initializer.get_config(), **axes})
        return self.add_weight(shape=shape, initializer=initializer, name="kernel",
                               regularizer=self.kernel_regularizer, constraint=self.kernel_constraint)

    def _bias_shape(self, outputs, sizes, extra):
        unknown = [letter for letter in self.bias_axes if letter not in outputs]
        if unknown:
            raise ValueError(f"{self.label}: `bias_axes` names {unknown[0]!r}, which is not an axis of "
                             f"the output in {self.equation!r}.")
        first = min(outputs.index(letter) for letter in self.bias_axes)
        shape = [self._size_of(letter, sizes) if letter in self.bias_axes else 1
                 for letter in outputs[first:]]
        return (*shape, *[1] * extra)

    def call(self, inputs):
        kernel = self.kernel
        if self.contracted:  # the usual case is one plain matrix product
            made = kernel.shape[self.contracted:]
            matrix = kernel.reshape(-1, made.numel())
            flat = inputs.flatten(-self.contracted) if self.contracted > 1 else inputs
            whole = self.bias is not None and self.bias.shape == made
            outputs = functional.linear(flat, matrix.t(), self.bias.flatten() if whole else None)
            outputs = outputs.unflatten(-1, made) if len(made) > 1 else outputs
            return self.activation(outputs if whole or self.bias is None else outputs + self.bias)
        outputs = torch.einsum(self.equation, inputs, kernel)
        return self.activation(outputs if self.bias is None else outputs + self.bias)


def _contracted(inputs, kernel, outputs, right):
    """How many last axes of the input are the kernel's first, its others being last in the output; else 0."""
    count = sum(letter in inputs for letter in kernel)
    old, new = kernel[:count], kernel[count:]
    plain = not right and new and inputs.endswith(old) and outputs == inputs.removesuffix(old) + new
    return count if plain else 0
