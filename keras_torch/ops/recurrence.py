"""Recurrent networks on torch's fused kernels, with masks: `fused("lstm", inputs, states, weights, mask)`.

Weights have Keras's shapes and gate order; torch's kernels see them transposed (the GRU's with two gates
swapped).

Note [masks without lengths]: a row's valid steps are gathered to the front, the kernel runs over all steps,
and every step looks up the output of the last valid step up to it. Steps behind the valid ones do not
influence them, so nothing is packed, no length is read back from the device, and the mask may have any
form. What the kernel leaves behind is the state after *all* steps. The right output state is looked up like
the outputs; the LSTM's carry, which the kernel does not show step by step, is held: each step behind the
valid ones carries a flag, one more input feature, whose weights close the input gate and open the forget
gate so far that the carry passes unchanged, bit for bit.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from keras_torch.base.third_party import VF

_SHUT = 1e4  # with it a gate is exactly 0 or 1 in every dtype, whatever sane numbers the other terms have


@dataclass(frozen=True)
class Walk:
    """How a recurrence goes over its steps, and what it gives back.

    Args:
        go_backwards: from the last step to the first; outputs come in that order.
        return_sequences: all outputs, (batch, steps, units); False: the last one, (batch, units).
        zero_output_for_mask: the output of a masked step is zero; False: it repeats the one before
            (zero at first).
        keep_carry: whether the returned carry of a masked LSTM will be used; False saves a little work,
            and that carry is then unspecified.

    >>> Walk(go_backwards=True).return_sequences
    True
    """

    go_backwards: bool = False
    return_sequences: bool = True
    zero_output_for_mask: bool = False
    keep_carry: bool = True


_FORWARD = Walk()


def fused(kind, inputs, states, weights, mask=None, walk=_FORWARD):
    """Runs one recurrent layer on torch's fused kernel.

    Args:
        kind: 'lstm', 'gru' (the one with `reset_after`), 'rnn_tanh' or 'rnn_relu'.
        inputs: (batch, steps, features).
        states: list of (batch, units): output and carry for an LSTM, else the output alone.
        weights: `(kernel, recurrent_kernel, bias)` in Keras's layout, bias None for none.
            kernel (features, gates * units), recurrent_kernel (units, gates * units), bias (gates * units,),
            for the GRU (2, gates * units). Gates: LSTM i, f, c, o; GRU z, r, h; else one.
        mask: bool (batch, steps), True = valid; or None.
        walk: direction, and what is given back.

    Returns:
        `(outputs, states)`: outputs (batch, steps, units) or (batch, units); states in the
        form they came in, after the last valid step of each row. A row without a valid step keeps its states,
        and its outputs are zero.

    Source: Keras LSTM, GRU, SimpleRNN. In torch: nn.LSTM, nn.GRU, nn.RNN, which know no mask.

    >>> kernel, recurrent = torch.ones(3, 8), torch.ones(2, 8)
    >>> states = [torch.zeros(1, 2), torch.zeros(1, 2)]
    >>> outputs, states = fused("lstm", torch.ones(1, 4, 3), states, (kernel, recurrent, None))
    >>> outputs.shape, len(states)
    (torch.Size([1, 4, 2]), 2)
    """
    device = "cpu" if inputs.is_meta else inputs.device.type
    if not torch.is_autocast_enabled(device):
        return _fused(kind, inputs, states, weights, mask, walk)
    # Autocast gives cuDNN's recurrent kernels float16 whatever type was asked for, and those of the CPU no
    # type at all: it is chosen here, once for everything, and autocast stays outside.
    inputs = inputs if inputs.dtype == torch.float64 else inputs.to(torch.get_autocast_dtype(device))
    with torch.autocast(device, enabled=False):
        return _fused(kind, inputs, states, weights, mask, walk)


def _fused(kind, inputs, states, weights, mask, walk):
    states = [state.to(inputs.dtype) for state in states]
    weights = [None if weight is None else weight.to(inputs.dtype) for weight in weights]
    if mask is not None:
        return _run_masked(kind, inputs, states, weights, mask, walk)
    sequence = inputs.transpose(0, 1)                         # (steps, batch, features)
    outputs, states = _run(kind, sequence.flip(0) if walk.go_backwards else sequence, states, weights)
    return outputs.transpose(0, 1) if walk.return_sequences else states[0], states


def _run_masked(kind, inputs, states, weights, mask, walk):
    """`fused` for a mask; see Note [masks without lengths]. Everything inside has the steps in front."""
    seen, order = _valid_steps_first(mask.t(), walk.go_backwards)
    count = seen.cumsum(0)                                    # (steps, batch): valid steps so far
    sequence = _take_steps(inputs.transpose(0, 1), order)     # (steps, batch, features)
    if kind == "lstm" and walk.keep_carry:
        sequence, weights = _with_flag(sequence, count[-1:], weights)
    compact, final = _run(kind, sequence, states, weights)
    last = _take_steps(compact, count[-1:].sub(1).clamp(min=0))[0]       # (batch, units)
    some = count[-1, :, None] > 0
    final = [torch.where(some, last, states[0]), *final[1:]]
    if not walk.return_sequences:
        shown = seen[-1, :, None] if walk.zero_output_for_mask else some
        return torch.where(shown, last, 0), final
    outputs = _take_steps(compact, count.sub(1).clamp(min=0))
    shown = seen if walk.zero_output_for_mask else count > 0
    return torch.where(shown[:, :, None], outputs, 0).transpose(0, 1), final


def _valid_steps_first(mask, go_backwards):
    """The mask (steps, batch) in walking order, and for each place the step of the input that goes there."""
    if not go_backwards:
        return mask, mask.logical_not().int().argsort(dim=0, stable=True)
    mask = mask.flip(0)
    order = mask.logical_not().int().argsort(dim=0, stable=True)
    return mask, mask.shape[0] - 1 - order


def _take_steps(sequence, index):
    """`sequence[index]` per row: (steps, batch, features), (places, batch) -> (places, batch, features)."""
    return sequence.gather(0, index[:, :, None].expand(-1, -1, sequence.shape[2]))


def _with_flag(sequence, length, weights):
    """Adds the feature that is 1 behind the valid steps, with weights; see Note [masks without lengths]."""
    kernel, recurrent_kernel, bias = weights
    units = recurrent_kernel.shape[0]
    places = torch.arange(sequence.shape[0], device=sequence.device)[:, None]
    flag = (places >= length).to(sequence.dtype)[:, :, None]             # (steps, batch, 1)
    shut = kernel.new_full((1, units), -_SHUT)
    row = torch.cat([shut, -shut, kernel.new_zeros(1, 2 * units)], dim=1)  # gates i, f, c, o
    return torch.cat([sequence, flag], dim=2), (torch.cat([kernel, row]), recurrent_kernel, bias)


def _run(kind, sequence, states, weights):
    """The fused kernel over (steps, batch, features), unmasked and forwards."""
    if sequence.is_meta:  # shapes only; torch would go through all the steps one by one
        outputs, states = _call_kernel(kind, sequence[:1], states, weights)
        return outputs.expand(sequence.shape[0], -1, -1), states
    return _call_kernel(kind, sequence, states, weights)


def _call_kernel(kind, sequence, states, weights):
    form = _FORMS[kind]
    parameters = form.parameters(*weights)
    if sequence.is_cuda:
        parameters = _in_one_chunk(parameters)
    hidden = [state.unsqueeze(0) for state in states]                    # (layers, batch, units), one layer
    outputs, *hidden = form.kernel(
        sequence, hidden if len(hidden) > 1 else hidden[0], parameters, len(parameters) == 4,
        1, 0.0, torch.is_grad_enabled(), False, False)  # layers, dropout, train, bidirectional, batch_first
    # Not squeeze(0): fake tensors of torch 2.11 have one axis too many here.
    return outputs, [state.reshape(first.shape) for state, first in zip(hidden, states)]


def _in_one_chunk(parameters):
    """The same numbers in one piece of memory, as cuDNN wants them; else it warns and copies them itself."""
    sizes = [parameter.numel() for parameter in parameters]
    pieces = torch.cat([parameter.reshape(-1) for parameter in parameters]).split(sizes)
    return [piece.view(parameter.shape) for piece, parameter in zip(pieces, parameters, strict=True)]


def _one_bias(kernel, recurrent_kernel, bias):
    """torch's parameters of an LSTM or a simple RNN: transposed, and a second bias of zeros."""
    matrices = [kernel.t(), recurrent_kernel.t()]
    return matrices if bias is None else [*matrices, bias, torch.zeros_like(bias)]


def _two_biases(kernel, recurrent_kernel, bias):
    """torch's parameters of a GRU: gates r, z, n where Keras has z, r, h."""
    matrices = [_swap_gates(kernel).t(), _swap_gates(recurrent_kernel).t()]
    return matrices if bias is None else [*matrices, *_swap_gates(bias)]


def _swap_gates(weight):
    update, reset, new = weight.chunk(3, dim=-1)
    return torch.cat([reset, update, new], dim=-1)


@dataclass(frozen=True)
class _Form:
    """A fused kernel, and how it wants Keras's weights."""

    kernel: Callable
    parameters: Callable


_FORMS = {
    "lstm": _Form(VF.lstm, _one_bias),
    "gru": _Form(VF.gru, _two_biases),
    "rnn_tanh": _Form(VF.rnn_tanh, _one_bias),
    "rnn_relu": _Form(VF.rnn_relu, _one_bias),
}
