"""Moving averages, kernels, masks, renormalization and errors. The contracts have more numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from keras_torch.layers.normalization import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    UnitNormalization,
)

STEPS = ((torch.arange(24) % 7 - 2).float()).reshape(4, 3, 2)


def trained(layer, *batches):
    """The layer and its last output after training calls."""
    for batch in batches:
        outputs = layer(batch, training=True)
    return layer, outputs


def weights_of(layer):
    return [weight.round(4).tolist() for weight in layer.get_weights()]


def test_moving_averages_after_two_steps_are_those_of_keras():
    layer, outputs = trained(BatchNormalization(momentum=0.9), STEPS, 2 * STEPS)
    # Real Keras 3.15, TensorFlow backend.
    np.testing.assert_allclose(layer.moving_mean.numpy(), [0.241667, 0.193333], rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), [2.919722, 2.633889], rtol=1e-5)
    np.testing.assert_allclose(outputs[0, 0].detach(), [-1.365433, -0.863840], rtol=1e-5)


@pytest.mark.parametrize("shape, axis", [
    ((6, 4), -1), ((5, 3, 4), -1), ((5, 3, 4), 1), ((2, 3, 5, 4), -1), ((2, 3, 5, 4), 1), ((2, 3, 5, 4), 2),
    ((2, 3, 2, 2, 4), -1)])
def test_the_kernel_gives_the_formula(shape, axis):
    inputs = torch.randn(shape)
    layer = BatchNormalization(axis, momentum=0.8)
    outputs = layer(inputs, training=True)
    reduced = [position for position in range(len(shape)) if position != axis % len(shape)]
    variance, mean = torch.var_mean(inputs, reduced, correction=0, keepdim=True)
    expected = (inputs - mean) / (variance + 1e-3).sqrt()
    torch.testing.assert_close(outputs, expected, rtol=1e-4, atol=1e-5)
    assert torch.allclose(layer.moving_variance.value, 0.8 + 0.2 * variance.flatten(), rtol=1e-5)
    torch.testing.assert_close(layer.moving_mean.value, 0.2 * mean.flatten(), rtol=1e-5, atol=1e-5)
    moving = layer(inputs)
    torch.testing.assert_close(layer.moving_mean.value, 0.2 * mean.flatten(), rtol=1e-5, atol=1e-5)
    assert not torch.allclose(moving, outputs)


def test_both_ways_give_the_same_gradients():
    inputs = torch.randn(6, 5, 3)
    gradients = []
    for mask in (None, torch.ones(6, 5, dtype=torch.bool)):
        layer, leaf = BatchNormalization(), inputs.clone().requires_grad_()
        layer(leaf, training=True, mask=mask).pow(3).sum().backward()
        gradients.append((leaf.grad, layer.gamma.grad, layer.beta.grad, layer.moving_variance.value))
    for fused, formula in zip(*gradients):
        torch.testing.assert_close(fused, formula, rtol=1e-4, atol=1e-4)


def test_two_calls_before_one_backward():
    layer = BatchNormalization()
    first, second = torch.randn(4, 3, requires_grad=True), torch.randn(4, 3, requires_grad=True)
    (layer(first, training=True) * layer(second, training=True)).sum().backward()
    assert first.grad is not None and second.grad is not None


def test_images_stay_in_channels_last_memory():
    layer, images = BatchNormalization(), torch.randn(2, 4, 5, 3)
    assert layer(images, training=True).is_contiguous()
    assert layer(images).is_contiguous()


def test_masked_cells_leave_the_statistics_alone():
    layer, mask = BatchNormalization(momentum=0.0), torch.tensor([[True, True, False]])
    layer(torch.tensor([[[1.0], [3.0], [float("nan")]]]), training=True, mask=mask)
    assert weights_of(layer)[2:] == [[2.0], [1.0]]


def test_a_mask_without_a_valid_cell():
    layer = BatchNormalization(momentum=0.5)
    outputs = layer(torch.ones(1, 3, 1), training=True, mask=torch.zeros(1, 3, dtype=torch.bool))
    assert outputs.isfinite().all()
    assert weights_of(layer)[2:] == [[0.0], [0.5]]


def test_a_batch_of_one_value_per_feature():
    layer, outputs = trained(BatchNormalization(momentum=0.5), torch.tensor([[3.0, -1.0]]))
    assert outputs.tolist() == [[0.0, 0.0]]
    assert weights_of(layer) == [[1.0, 1.0], [0.0, 0.0], [1.5, -0.5], [0.5, 0.5]]  # real Keras 3.15


def test_a_frozen_layer_is_in_inference_mode():
    layer, inputs = BatchNormalization(trainable=False), torch.randn(4, 3)
    torch.testing.assert_close(layer(inputs, training=True), layer(inputs))
    assert weights_of(layer)[2:] == [[0.0] * 3, [1.0] * 3]


def test_renormalization_is_that_of_keras():
    bounds = dict(rmin=0.5, rmax=2.0, dmax=1.0)
    layer = BatchNormalization(momentum=0.9, renorm=True, renorm_clipping=bounds, renorm_momentum=0.8)
    layer, outputs = trained(layer, STEPS, 2 * STEPS)
    # Real Keras 3.15: gamma, beta, moving mean, variance, deviation, renorm mean, deviation.
    expected = [[1, 1], [0, 0], [0.241667, 0.193333], [1.992119, 1.874626], [1.411779, 1.369535],
                [0.466667, 0.373333], [1.802053, 1.720479]]
    for ours, theirs in zip(layer.get_weights(), expected):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    np.testing.assert_allclose(outputs[0].detach()[0], [-1.730866, -0.727679], rtol=1e-5)


def test_renormalization_without_bounds_gamma_and_beta():
    layer = BatchNormalization(momentum=0.9, renorm=True, center=False, scale=False)
    layer, outputs = trained(layer, STEPS, 2 * STEPS)
    np.testing.assert_allclose(outputs[0, 0], [-3.965694, -1.988185], rtol=1e-5)  # real Keras 3.15


def test_synchronized_in_one_process_is_the_batch_alone():
    inputs = torch.randn(5, 3)
    plain, together = BatchNormalization(), BatchNormalization(synchronized=True)
    torch.testing.assert_close(together(inputs, training=True), plain(inputs, training=True))
    torch.testing.assert_close(together.moving_variance.value, plain.moving_variance.value)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("mask", [None, torch.ones(8, 5, dtype=torch.bool)], ids=["kernel", "formula"])
def test_mixed_precision_keeps_averages_in_float32(policy, mask):
    layer, inputs = BatchNormalization(dtype=policy, momentum=0.5), torch.randn(8, 5, 3)
    outputs = layer(inputs, training=True, mask=mask)
    assert outputs.dtype == getattr(torch, policy.removeprefix("mixed_"))
    assert {weight.dtype for weight in layer.weights} == {torch.float32}
    expected = 0.5 + 0.5 * inputs.var((0, 1), correction=0)
    torch.testing.assert_close(layer.moving_variance.value, expected, rtol=1e-2, atol=1e-2)


@pytest.mark.slow  # torch.compile
@pytest.mark.skipif(torch.__version__.startswith("2.11"), reason="its aot_eager refuses tensor subclasses")
def test_training_compiles_to_one_graph():
    layer, inputs = BatchNormalization(), torch.randn(4, 5, 5, 3)
    layer(inputs)
    compiled = torch.compile(layer.call, fullgraph=True, backend="aot_eager")
    outputs = compiled(inputs, training=True)
    again = BatchNormalization()
    torch.testing.assert_close(outputs, again(inputs, training=True), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(layer.moving_variance.value, again.moving_variance.value)


@pytest.mark.parametrize("axis, trailing", [
    (-1, (3,)), ([1, 2], (2, 3)), ([-2, -1], (2, 3)), (1, None), ([0, 2], None)])
def test_layer_normalization_gives_the_formula(axis, trailing):
    inputs, layer = torch.randn(4, 2, 3), LayerNormalization(axis)
    outputs = layer(inputs)
    variance, mean = torch.var_mean(inputs, axis, correction=0, keepdim=True)
    torch.testing.assert_close(outputs, (inputs - mean) / (variance + 1e-3).sqrt(), rtol=1e-5, atol=1e-5)
    assert layer.fused == (trailing is not None)
    if trailing:
        assert layer.gamma.shape == trailing


def test_layer_normalization_orders_weights_as_keras():
    layer = LayerNormalization(axis=(-1, 1))
    layer.build(STEPS.shape)
    layer.set_weights([np.arange(6).reshape(2, 3), np.zeros((2, 3))])
    expected = [[0.0, -0.87816], [-0.58544, 0.87816], [3.512638, 7.317996]]  # real Keras 3.15
    np.testing.assert_allclose(layer(STEPS)[0].detach(), expected, rtol=1e-5, atol=1e-6)


def test_rms_scaling_divides_by_the_deviation():
    layer = LayerNormalization(axis=[-1, 1], rms_scaling=True)
    expected = [[-1.170879, -0.58544], [0.0, 0.58544], [1.170879, 1.756319]]  # real Keras 3.15
    np.testing.assert_allclose(layer(STEPS)[0].detach(), expected, rtol=1e-5)
    assert layer.beta is None


def test_layer_normalization_of_half_precision_is_computed_in_float32():
    inputs = 1000 * torch.randn(4, 8)
    for axis in (-1, [0, 1]):
        outputs = LayerNormalization(axis, dtype="mixed_float16")(inputs)
        assert outputs.dtype == torch.float16
        assert outputs.isfinite().all()


@pytest.mark.parametrize("shape, axis", [((2, 6), -1), ((2, 5, 6), -1), ((2, 3, 4, 6), -1), ((2, 6, 4), 1)])
def test_group_normalization_gives_the_formula(shape, axis):
    inputs = torch.randn(shape)
    groups = inputs.movedim(axis, 1).reshape(2, 3, -1)
    variance, mean = torch.var_mean(groups, -1, correction=0, keepdim=True)
    shown = inputs.movedim(axis, 1).shape
    expected = ((groups - mean) / (variance + 1e-3).sqrt()).reshape(shown).movedim(1, axis)
    torch.testing.assert_close(GroupNormalization(3, axis)(inputs), expected, rtol=1e-5, atol=1e-5)


def test_a_group_per_channel():
    layer = GroupNormalization(groups=-1)
    outputs = layer(torch.randn(2, 50, 4))
    assert layer.groups == 4
    torch.testing.assert_close(outputs.mean(1), torch.zeros(2, 4), rtol=0, atol=1e-5)


@pytest.mark.parametrize("axis", [-1, 1, [1, 2], [0, 2]])
def test_rms_normalization_gives_the_formula(axis):
    inputs = torch.randn(4, 2, 3)
    expected = inputs / (inputs.square().mean(axis, keepdim=True) + 1e-6).sqrt()
    torch.testing.assert_close(RMSNormalization(axis)(inputs), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("axis", [-1, 1, [1, 2]])
def test_unit_normalization_makes_the_length_1(axis):
    lengths = torch.linalg.vector_norm(UnitNormalization(axis)(torch.randn(4, 2, 3)), dim=axis)
    torch.testing.assert_close(lengths, torch.ones_like(lengths))


def test_unit_normalization_of_zeros():
    assert UnitNormalization()(torch.zeros(2, 3)).tolist() == [[0.0] * 3] * 2


def test_unknown_sizes_stay_unknown():
    assert BatchNormalization().compute_output_shape((None, None, 3)) == (None, None, 3)
    assert LayerNormalization().compute_output_shape((None, None, 3)) == (None, None, 3)


ERRORS = [
    (lambda: BatchNormalization(axis=1.5), "`axis` must be an integer; got 1.5"),
    (lambda: BatchNormalization(momentum=2), "`momentum` must be a fraction from 0 to 1; got 2"),
    (lambda: BatchNormalization(epsilon=0), "`epsilon` must be a positive number; got 0"),
    (lambda: BatchNormalization(renorm_clipping={"max": 1}), "numbers under 'rmin', 'rmax', 'dmax'"),
    (lambda: BatchNormalization(renorm_clipping={"rmin": 3, "rmax": 1}), "'rmax' is not below its 'rmin'"),
    (lambda: BatchNormalization(renorm_clipping={"dmax": -1}), "'dmax' is at least 0"),
    (lambda: BatchNormalization(axis=3)(torch.zeros(2, 3)), "it has no axis 3"),
    (lambda: BatchNormalization().build((None, None)), "the last axis needs a size"),
    (lambda: BatchNormalization()(torch.zeros(2, 3, 4), training=True, mask=torch.ones(2, dtype=torch.bool)),
     r"a mask of shape \(2,\) for inputs of shape \(2, 3, 4\)"),
    (lambda: LayerNormalization(axis="last"), "`axis` must be an integer or a list of integers; got 'last'"),
    (lambda: LayerNormalization(axis=[]), "an integer or a list of integers"),
    (lambda: LayerNormalization(axis=[1, -2])(torch.zeros(2, 3, 4)), r"different axes of shape \(2, 3, 4\)"),
    (lambda: LayerNormalization().build((2, None)), "needs a size"),
    (lambda: GroupNormalization(0), "`groups` must be a positive integer, or -1"),
    (lambda: GroupNormalization(3)(torch.zeros(2, 4)), "`groups` must be a divisor of the 4 channels; got 3"),
    (lambda: GroupNormalization(2, axis=0)(torch.zeros(2, 4)), "another axis than the batch"),
]


@pytest.mark.parametrize("call, message", ERRORS, ids=[message for _, message in ERRORS])
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
