"""Fused recurrences equal a plain loop over the steps: every mask, direction, dtype, and their gradients."""

from __future__ import annotations

import warnings

import pytest
import torch

from keras_torch.ops.recurrence import Walk, fused
from keras_torch.ops.recurrence_scan import scan

BATCH, STEPS, FEATURES, UNITS = 5, 7, 3, 4
GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
KINDS = sorted(GATES)
MASKS = {
    "none": None,
    "all valid": ["1111111"] * 5,
    "back": ["1110000", "1111111", "1000000", "1111110", "1100000"],
    "front": ["0000111", "1111111", "0000001", "0111111", "0011111"],
    "middle": ["1011011", "0101010", "1000001", "1111111", "0010100"],
    "empty rows": ["0000000", "1100100", "0000000", "1111111", "0001000"],
    "nothing valid": ["0000000"] * 5,
}


def mask_of(kind):
    rows = MASKS[kind]
    return None if rows is None else torch.tensor([[step == "1" for step in row] for row in rows])


def make_problem(kind, use_bias=True, dtype=torch.float64):
    """Inputs, states and weights of one recurrence, all wanting gradients."""
    width = GATES[kind] * UNITS
    bias = (2, width) if kind == "gru" else (width,)
    shapes = [(BATCH, STEPS, FEATURES), (FEATURES, width), (UNITS, width), bias]
    shapes += [(BATCH, UNITS)] * (2 if kind == "lstm" else 1)
    inputs, kernel, recurrent, bias, *states = [
        torch.randn(shape, dtype=dtype).requires_grad_() for shape in shapes]
    return inputs, states, (kernel, recurrent, bias if use_bias else None)


def lstm_step(x, states, kernel, recurrent, bias):
    h, c = states
    i, f, g, o = (x @ kernel + h @ recurrent + (0 if bias is None else bias)).chunk(4, dim=1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()
    return h, [h, c]


def gru_step(x, states, kernel, recurrent, bias):
    h = states[0]
    into, back = (0, 0) if bias is None else bias
    xz, xr, xh = (x @ kernel + into).chunk(3, dim=1)
    hz, hr, hh = (h @ recurrent + back).chunk(3, dim=1)
    z = (xz + hz).sigmoid()
    h = z * h + (1 - z) * (xh + (xr + hr).sigmoid() * hh).tanh()
    return h, [h]


def simple_step(activation):
    def step(x, states, kernel, recurrent, bias):
        h = activation(x @ kernel + states[0] @ recurrent + (0 if bias is None else bias))
        return h, [h]
    return step


STEPS_OF = {"lstm": lstm_step, "gru": gru_step,
            "rnn_tanh": simple_step(torch.tanh), "rnn_relu": simple_step(torch.relu)}


def slow_fused(kind, inputs, states, weights, mask=None, walk=None):
    """What `fused` promises, written plainly: a loop over rows and steps."""
    walk = walk or Walk()
    rows = []
    for row in range(inputs.shape[0]):
        own = [state[row:row + 1] for state in states]
        output, outputs = torch.zeros_like(own[0]), []
        for t in reversed(range(STEPS)) if walk.go_backwards else range(STEPS):
            if mask is None or mask[row, t]:
                output, own = STEPS_OF[kind](inputs[row:row + 1, t], own, *weights)
                outputs.append(output)
            else:
                outputs.append(torch.zeros_like(output) if walk.zero_output_for_mask else output)
        rows.append((torch.cat(outputs), own))
    outputs = torch.stack([outputs for outputs, _ in rows])
    states = [torch.cat(parts) for parts in zip(*[own for _, own in rows])]
    return (outputs if walk.return_sequences else outputs[:, -1]), states


def gradients(outputs, states, sources):
    """Gradients of a sum in which every output and state number has its own factor."""
    total = sum((part * torch.linspace(-1, 2, part.numel(), dtype=part.dtype).view(part.shape)).sum()
                for part in [outputs, *states])
    return torch.autograd.grad(total, sources, allow_unused=True)


def sources_of(inputs, states, weights):
    return [inputs, *states, *[weight for weight in weights if weight is not None]]


def assert_alike(kind, run, mask, walk, use_bias=True):
    problem = make_problem(kind, use_bias)
    got, expected = run(kind, *problem, mask, walk), slow_fused(kind, *problem, mask, walk)
    torch.testing.assert_close(got, expected, rtol=1e-9, atol=1e-12)
    sources = sources_of(*problem)
    for mine, theirs in zip(gradients(*got, sources), gradients(*expected, sources)):
        theirs = 0 if theirs is None else theirs
        torch.testing.assert_close(mine, torch.zeros_like(mine) + theirs, rtol=1e-9, atol=1e-10)


def run_scan(kind, inputs, states, weights, mask, walk):
    return scan(lambda x, s: STEPS_OF[kind](x, s, *weights), inputs, states, mask, walk)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("kind", KINDS)
def test_fused_equals_a_loop_over_rows_and_steps(kind, mask):
    for go_backwards in (False, True):
        assert_alike(kind, fused, mask_of(mask), Walk(go_backwards=go_backwards))


@pytest.mark.parametrize("mask", ["none", "front", "middle", "empty rows"])
@pytest.mark.parametrize("kind", KINDS)
def test_last_output_and_zeroed_outputs(kind, mask):
    for sequences in (False, True):
        for backwards in (False, True):
            walk = Walk(backwards, sequences, zero_output_for_mask=True)
            assert_alike(kind, fused, mask_of(mask), walk)
    assert_alike(kind, fused, mask_of(mask), Walk(return_sequences=False), use_bias=False)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_scan_equals_a_loop_over_rows_and_steps(kind, mask):
    for zero in (False, True):
        assert_alike(kind, run_scan, mask_of(mask), Walk(go_backwards=zero, zero_output_for_mask=zero))
    assert_alike(kind, run_scan, mask_of(mask), Walk(return_sequences=False))


@pytest.mark.parametrize("kind", KINDS)
def test_single_precision_and_half_precision(kind):
    problem = make_problem(kind)
    mask = mask_of("middle")
    expected, _ = slow_fused(kind, *problem, mask)
    for dtype, tolerance in ((torch.float32, 1e-5), (torch.bfloat16, 5e-2)):
        inputs, states, weights = problem
        outputs, new_states = fused(kind, inputs.to(dtype), [state.to(dtype) for state in states],
                                    [weight.to(dtype) for weight in weights], mask)
        assert outputs.dtype == dtype and all(state.dtype == dtype for state in new_states)
        torch.testing.assert_close(outputs.double(), expected, rtol=tolerance, atol=tolerance)


def test_carry_is_held_bit_for_bit_behind_the_valid_steps():
    inputs, states, weights = make_problem("lstm", dtype=torch.float32)
    mask = mask_of("back")
    _, (_, carry) = fused("lstm", inputs, states, weights, mask)
    for row, length in enumerate(mask.sum(1).tolist()):
        _, (_, alone) = fused("lstm", inputs[row:row + 1, :length], [s[row:row + 1] for s in states], weights)
        torch.testing.assert_close(carry[row:row + 1], alone, rtol=1e-6, atol=1e-6)
    _, (_, unchanged) = fused("lstm", inputs, states, weights, mask_of("nothing valid"))
    assert torch.equal(unchanged, states[1])


def test_without_keep_carry_outputs_are_the_same():
    problem = make_problem("lstm")
    kept, _ = fused("lstm", *problem, mask_of("middle"))
    free, _ = fused("lstm", *problem, mask_of("middle"), Walk(keep_carry=False))
    torch.testing.assert_close(kept, free)


@pytest.mark.parametrize("mask", ["none", "middle"])
@pytest.mark.parametrize("kind", KINDS)
def test_meta_tensors_give_shapes_and_dtypes(kind, mask):
    inputs, states, weights = make_problem(kind, dtype=torch.bfloat16)
    mask = mask_of(mask)
    on_meta = (inputs.to("meta"), [s.to("meta") for s in states], [w.to("meta") for w in weights],
               None if mask is None else mask.to("meta"))
    for run in (fused, run_scan):
        for sequences in (True, False):
            walk = Walk(return_sequences=sequences)
            got, new_states = run(kind, *on_meta, walk)
            expected, _ = run(kind, inputs, states, weights, mask, walk)
            assert got.shape == expected.shape and got.dtype == expected.dtype
            assert [s.shape for s in new_states] == [s.shape for s in states]


def test_scan_takes_nested_states_and_images():
    def step(x, states):
        total = states["total"][0] + x
        return total, {"total": [total], "count": states["count"] + 1}

    inputs = torch.ones(2, 3, 4, 4, 1)
    states = {"total": [torch.zeros(2, 4, 4, 1)], "count": torch.zeros(2, 1)}
    mask = torch.tensor([[True, False, True], [False, False, False]])
    outputs, states = scan(step, inputs, states, mask)
    assert outputs[0, :, 0, 0, 0].tolist() == [1, 1, 2] and outputs[1].abs().sum() == 0
    assert states["count"].flatten().tolist() == [2, 0]


def test_scan_without_steps_says_so():
    with pytest.raises(ValueError, match=r"at least one step; got inputs of shape \(2, 0, 3\)"):
        scan(lambda x, s: (x, s), torch.zeros(2, 0, 3), [torch.zeros(2, 3)])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn_tanh"])
def test_fused_compiles_in_one_graph(kind):
    torch.compiler.reset()  # earlier tests count against the limit of recompilations
    inputs, states, weights = make_problem(kind)
    mask = mask_of("middle")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own deprecation notes while compiling
        compiled = torch.compile(fused, fullgraph=True, backend="aot_eager")
        torch.testing.assert_close(compiled(kind, inputs, states, weights, mask),
                                   fused(kind, inputs, states, weights, mask))
