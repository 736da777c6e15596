"""Recurrent networks step by step, for what has no fused kernel: `scan(step, inputs, states, mask)`."""

import torch

from keras_torch.base import tree
from keras_torch.ops.recurrence import Walk

_FORWARD = Walk()


def scan(step, inputs, states, mask=None, walk=_FORWARD):
    """Applies `step` to one step of the input after the other.

    Args:
        step: function `(input, states) -> (output, states)`; input (batch, ...) is one step.
        inputs: (batch, steps, ...).
        states: nested structure of tensors (batch, ...).
        mask: bool (batch, steps), True = valid; or None. A masked step leaves the states
            of its row as they are.
        walk: direction, and what is given back.

    Returns:
        `(outputs, states)`: outputs (batch, steps, ...) or, without `return_sequences`, (batch, ...).

    Errors:
        ValueError: there is not a single step.

    Notes:
        On meta tensors one step is run for all: shapes do not change on the way.

    >>> total = lambda x, states: (states[0] + x, [states[0] + x])
    >>> outputs, states = scan(total, torch.ones(1, 3, 2), [torch.zeros(1, 2)])
    >>> outputs[0, :, 0], states[0]
    (tensor([1., 2., 3.]), tensor([[3., 3.]]))
    """
    steps = _in_order(inputs[:, :1] if inputs.is_meta else inputs, walk)
    if not steps:
        raise ValueError("A recurrent layer needs at least one step; "
                         f"got inputs of shape {tuple(inputs.shape)}.")
    if mask is None:
        outputs, states = _scan_all(step, steps, states, walk)
    else:
        outputs, states = _scan_valid(step, steps, states, _in_order(mask, walk), walk)
    if not walk.return_sequences:
        return outputs[-1], states
    if inputs.is_meta:
        outputs = outputs * inputs.shape[1]
    return torch.stack(outputs, dim=1), states


def _in_order(sequence, walk):
    """The steps of (batch, steps, ...) as a list, in walking order."""
    steps = list(sequence.unbind(1))
    return steps[::-1] if walk.go_backwards else steps


def _scan_all(step, steps, states, walk):
    outputs = []
    for current in steps:
        output, states = step(current, states)
        if not walk.return_sequences:
            outputs.clear()
        outputs.append(output)
    return outputs, states


def _scan_valid(step, steps, states, valid, walk):
    """`_scan_all` where each row skips its masked steps."""
    outputs, before = [], None
    for current, here in zip(steps, valid, strict=False):
        output, new_states = step(current, states)
        before = _choose(here, output, 0 if before is None or walk.zero_output_for_mask else before)
        states = tree.map_structure(lambda new, old, here=here: _choose(here, new, old), new_states, states)
        if not walk.return_sequences:
            outputs.clear()
        outputs.append(before)
    return outputs, states


def _choose(here, new, old):
    """`new` in the rows where `here` is True, `old` in the others."""
    return torch.where(here.reshape(here.shape[0], *[1] * (new.dim() - 1)), new, old)
