"""Choices and loops: `switch`, `map_fn`, `foldl`, `foldr` and `rnn`."""

import torch

from keras_torch.base import tree
from keras_torch.base.checks import fail
from keras_torch.base.dtypes import torch_dtype
from keras_torch.ops.core import as_tensor, one_node


def switch(condition, then_expression, else_expression):
    """Where the condition holds the first expression, elsewhere the second.

    Args:
        condition: one truth value, or a tensor of them; with fewer axes than the expressions, axes are added
            at its end.
        then_expression, else_expression: tensors, or functions without arguments.

    Returns:
        Tensor: for one truth value that is known, the chosen expression (the other function is not called).

    Source: Keras 2 `backend.switch`.

    >>> switch(torch.tensor([True, False]), torch.ones(2, 2), torch.zeros(2, 2))
    tensor([[1., 1.],
            [0., 0.]])
    """
    if isinstance(condition, bool) or (isinstance(condition, torch.Tensor) and condition.dim() == 0
                                       and not condition.is_meta):
        chosen = then_expression if condition else else_expression
        return chosen() if callable(chosen) else chosen
    first, second = (one() if callable(one) else one for one in (then_expression, else_expression))
    condition, first = as_tensor(condition), as_tensor(first)
    second = as_tensor(second, like=first)
    for _ in range(first.dim() - condition.dim()):
        condition = torch.unsqueeze(condition, -1)
    return torch.where(condition.bool(), first, second)


def _slices(elems):
    """The structure of slices for each position of axis 0, as a list."""
    elems = tree.map_structure(as_tensor, elems)
    count = tree.flatten(elems)[0].shape[0]
    return [tree.map_structure(lambda part, place=place: part[place], elems) for place in range(count)]


@one_node
def map_fn(fn, elems, name=None, dtype=None):
    """`fn` of each slice along axis 0, stacked.

    Args:
        fn: function of one slice (of a tuple or list of slices, when `elems` is one).
        elems: tensor, or tuple or list of them.
        dtype: number type of the result; None means what `fn` gives.

    >>> map_fn(lambda x: x * 2, torch.ones(3))
    tensor([2., 2., 2.])
    """
    results = [fn(part) for part in _slices(elems)]
    stacked = tree.map_structure(lambda *leaves: torch.stack([as_tensor(leaf) for leaf in leaves]), *results)
    return stacked if dtype is None else tree.map_structure(lambda leaf: leaf.to(torch_dtype(dtype)), stacked)


def _fold(fn, parts, initializer):
    total = initializer
    if total is None:
        total, parts = parts[0], parts[1:]
    for part in parts:
        total = fn(total, part)
    return as_tensor(total)


@one_node
def foldl(fn, elems, initializer=None, name=None):
    """`fn(... fn(fn(first, second), third) ..., last)` over axis 0.

    Args:
        fn: function of what has come together and the next slice.
        initializer: what to begin with; None means the first slice.

    >>> foldl(lambda total, x: total * 10 + x, torch.tensor([1, 2, 3]))
    tensor(123)
    """
    return _fold(fn, _slices(elems), initializer)


@one_node
def foldr(fn, elems, initializer=None, name=None):
    """As `foldl`, from the last slice to the first.

    >>> foldr(lambda total, x: total * 10 + x, torch.tensor([1, 2, 3]))
    tensor(321)
    """
    return _fold(fn, _slices(elems)[::-1], initializer)


@one_node
def rnn(step_function, inputs, initial_states, go_backwards=False, mask=None, constants=None, unroll=False,
        input_length=None, time_major=False, zero_output_for_mask=False, return_all_outputs=True):
    """Applies a function to one step after the other.

    Args:
        step_function: `(inputs, states) -> (outputs, new states)`; inputs (batch, ...), states a list.
        inputs: (batch, steps, ...), or a structure of such tensors.
        initial_states: list of tensors (batch, ...).
        go_backwards: whether to begin with the last step.
        mask: (batch, steps), or with an axis of size 1 behind; False skips a step: states stay, the output is
            that of the step before (0 before the first).
        constants: list of tensors, put behind the states in each step.
        unroll: makes no difference here: the loop is always unrolled.
        input_length: number of steps, known from the inputs.
        time_major: whether inputs, mask and outputs are (steps, batch, ...).
        zero_output_for_mask: whether the output of a skipped step is 0.
        return_all_outputs: whether the outputs of all steps are wanted, or only the last.

    Returns:
        (last output, outputs, last states): outputs (batch, steps, ...).

    Errors:
        ValueError: no step at all, or `input_length` is another number of steps.

    Source: Keras 2 `backend.rnn`.

    >>> add = lambda x, states: (states[0] + x, [states[0] + x])
    >>> rnn(add, torch.ones(1, 3, 2), [torch.zeros(1, 2)])[0]
    tensor([[3., 3.]])
    """
    steps = _steps_of(inputs, time_major, go_backwards)
    if not steps:
        raise ValueError("K.rnn() needs at least one step; the inputs have none.")
    if isinstance(input_length, int) and input_length != len(steps):
        fail("K.rnn()", "input_length", input_length, f"{len(steps)}, the number of steps of the inputs")
    valid = [None] * len(steps) if mask is None else _valid_steps(mask, time_major, go_backwards)
    states, outputs, constants = list(initial_states), [], list(constants or ())
    before = None
    for current, here in zip(steps, valid):
        output, new_states = step_function(current, states + constants)
        new_states = list(new_states)[:len(states)]
        if here is not None:
            nothing = tree.map_structure(torch.zeros_like, output)
            output = _chosen(here, output, nothing if before is None or zero_output_for_mask else before)
            new_states = _chosen(here, new_states, states)
        before, states = output, new_states
        outputs = [*outputs, output] if return_all_outputs else [output]
    axis = 0 if time_major else 1
    whole = tree.map_structure(lambda *leaves: torch.stack(leaves, axis), *outputs)
    return outputs[-1], whole, states


def _steps_of(inputs, time_major, go_backwards):
    flat = [part.unbind(0 if time_major else 1) for part in tree.flatten(inputs)]
    steps = [tree.pack(inputs, parts) for parts in zip(*flat)]
    return steps[::-1] if go_backwards else steps


def _valid_steps(mask, time_major, go_backwards):
    mask = mask.squeeze(-1) if mask.dim() == 3 else mask
    steps = list(mask.bool().unbind(0 if time_major else 1))
    return steps[::-1] if go_backwards else steps


def _chosen(here, new, old):
    """The new values in the rows where `here` is True, the old ones in the others."""
    def choose(one, other):
        return torch.where(here.reshape(-1, *[1] * (one.dim() - 1)), one, other)

    return tree.map_structure(choose, new, old)
