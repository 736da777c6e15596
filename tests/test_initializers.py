"""Initializers: spread and shape of the values, seeds, configs, names and errors."""

import math

import numpy as np
import pytest
import torch

from keras_torch import initializers

SHAPE = (3, 3, 64, 128)  # inputs 576, outputs 1152

# name -> variance of the values for SHAPE, by the papers' formulas
VARIANCES = {
    "glorot_uniform": 2 / (576 + 1152),
    "glorot_normal": 2 / (576 + 1152),
    "he_uniform": 2 / 576,
    "he_normal": 2 / 576,
    "lecun_uniform": 1 / 576,
    "lecun_normal": 1 / 576,
    "random_normal": 0.05**2,
    "random_uniform": 0.1**2 / 12,
    "truncated_normal": (0.05 * 0.87962566) ** 2,
    "variance_scaling": 1 / 576,
    "normal": 0.05**2,
    "uniform": 0.1**2 / 12,
}


@pytest.mark.parametrize("name", VARIANCES)
def test_variance_follows_the_formula(name):
    torch.manual_seed(0)
    values = initializers.get(name)(SHAPE)
    assert values.dtype == torch.float32 and tuple(values.shape) == SHAPE
    assert float(values.var()) == pytest.approx(
        VARIANCES[name], rel=0.03
    )  # 73 728 values: 3 % is 6 deviations
    assert float(values.mean()) == pytest.approx(0, abs=5 * math.sqrt(VARIANCES[name] / values.numel()))


@pytest.mark.parametrize("name", ["truncated_normal", "he_normal"])
def test_truncated_normal_ends_at_two_deviations(name):
    values = initializers.get(name)(SHAPE)
    stddev = 0.05 if name == "truncated_normal" else math.sqrt(2 / 576) / 0.87962566
    assert 1.95 * stddev < float(values.abs().max()) <= 2.0001 * stddev


def test_untruncated_normal_goes_farther():
    values = initializers.VarianceScaling(distribution="untruncated_normal", seed=1)(SHAPE)
    assert float(values.abs().max()) > 3 * math.sqrt(1 / 576)


def test_fan_out_counts_outputs():
    values = initializers.VarianceScaling(2.0, "fan_out", "uniform", seed=1)((10, 50))
    assert 0.9 < float(values.abs().max()) / math.sqrt(3 * 2 / 50) <= 1


def test_axes_choose_the_fans():
    assert initializers.compute_fans((2, 3, 5), input_axes=(0,), output_axes=(1, 2)) == (2, 15)
    assert initializers.compute_fans(()) == (1, 1)
    assert initializers.compute_fans((7,)) == (7, 7)
    assert initializers.compute_fans((3, 4)) == (3, 4)
    assert initializers.GlorotUniform(input_axes=0, output_axes=[1, 2]).output_axes == (1, 2)


@pytest.mark.parametrize(
    "make",
    [
        initializers.GlorotUniform,
        initializers.Orthogonal,
        initializers.RandomNormal,
        initializers.TruncatedNormal,
    ],
)
def test_one_seeded_object_repeats_its_values(make):
    first, other = make(seed=1), make(seed=2)
    assert torch.equal(first((4, 4)), first((4, 4)))
    assert torch.equal(first((4, 4)), make(seed=1)((4, 4)))
    assert not torch.equal(first((4, 4)), other((4, 4)))


def test_seeded_values_leave_the_default_generator_alone():
    before = torch.get_rng_state()
    initializers.HeNormal(seed=3)((4, 4))
    assert torch.equal(before, torch.get_rng_state())


def test_unseeded_values_are_fresh_and_follow_the_default_generator():
    initializer = initializers.HeNormal()
    torch.manual_seed(5)
    first, second = initializer((4, 4)), initializer((4, 4))
    torch.manual_seed(5)
    assert not torch.equal(first, second) and torch.equal(first, initializer((4, 4)))


def test_seed_may_be_a_generator_of_seeds():
    class Seeds:
        def next(self):
            self.count = getattr(self, "count", 0) + 1
            return torch.tensor([0, self.count])

    initializer = initializers.RandomUniform(seed=Seeds())
    assert not torch.equal(initializer((4,)), initializer((4,)))


@pytest.mark.parametrize("name", ["zeros", "glorot_uniform", "orthogonal", "truncated_normal", "identity"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_dtype_and_device_are_respected(name, dtype):
    values = initializers.get(name)((2, 2), dtype=dtype, device="cpu")
    assert values.dtype == getattr(torch, dtype) and values.device.type == "cpu"
    assert initializers.get(name)((2, 2), dtype=dtype, device="meta").device.type == "meta"


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (2, 3, 4)])
def test_orthogonal_rows_or_columns(shape):
    values = initializers.Orthogonal(gain=2.0, seed=1)(shape).reshape(-1, shape[-1])
    fewer = values if values.shape[0] <= values.shape[1] else values.T
    torch.testing.assert_close(fewer @ fewer.T, 4 * torch.eye(fewer.shape[0]), atol=1e-5, rtol=1e-5)


def test_constants():
    assert torch.equal(initializers.Zeros()((2,)), torch.zeros(2))
    assert torch.equal(initializers.Ones()((2,)), torch.ones(2))
    assert torch.equal(initializers.Constant([1, 2])((3, 2)), torch.tensor([[1.0, 2.0]] * 3))
    assert torch.equal(initializers.Identity(3.0)((2, 3)), 3 * torch.eye(2, 3))
    assert torch.equal(initializers.Constant(np.ones((2, 2)))((2, 2)), torch.ones(2, 2))


def test_arrays_and_tensors_serve_as_initializers():
    values = torch.rand(2, 3)
    made = initializers.get(values)((2, 3))
    assert torch.equal(made, values) and made.data_ptr() != values.data_ptr()


def test_stft_kernel_is_the_transform_of_its_frame():
    frame = torch.rand(8)
    window = torch.hann_window(8, periodic=False)
    expected = torch.fft.rfft(frame * window) / window.square().sum().sqrt()
    real = (initializers.STFT("real")((8, 1, 5))[:, 0] * frame[:, None]).sum(0)
    imaginary = (initializers.STFT("imag")((8, 1, 5))[:, 0] * frame[:, None]).sum(0)
    torch.testing.assert_close(real, expected.real, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(imaginary, expected.imag, atol=1e-6, rtol=1e-5)


def test_stft_scalings_and_windows():
    array = [1.0, 2.0, 2.0, 1.0]
    ratio = initializers.STFT(window=array, scaling=None)((4, 2, 3)) / initializers.STFT(
        window=array, scaling="spectrum"
    )((4, 2, 3))
    torch.testing.assert_close(ratio.nan_to_num(6.0), torch.full((4, 2, 3), 6.0), atol=1e-5, rtol=1e-5)
    plain = initializers.STFT(window=None, scaling=None)((4, 1, 3))
    torch.testing.assert_close(plain[:, 0, 0], torch.ones(4))


@pytest.mark.parametrize(
    "name, config",
    [
        ("Zeros", {}),
        ("Constant", {"value": 0.0}),
        ("Orthogonal", {"seed": None, "gain": 1.0}),
        ("GlorotUniform", {"seed": None, "input_axes": None, "output_axes": None}),
        ("TruncatedNormal", {"seed": None, "mean": 0.0, "stddev": 0.05}),
        (
            "VarianceScaling",
            {
                "seed": None,
                "scale": 1.0,
                "mode": "fan_in",
                "distribution": "truncated_normal",
                "input_axes": None,
                "output_axes": None,
            },
        ),
    ],
)
def test_configs_are_those_of_keras(name, config):
    initializer = initializers.get(name)
    assert initializer.get_config() == config
    again = initializers.deserialize(initializers.serialize(initializer))
    assert type(again) is type(initializer) and again.get_config() == config
    assert type(initializer.clone()) is type(initializer)


def test_names_of_all_generations():
    for name, cls in [
        ("zero", "Zeros"),
        ("one", "Ones"),
        ("normal", "RandomNormal"),
        ("uniform", "RandomUniform"),
        ("glorot_normal", "GlorotNormal"),
        ("HeUniform", "HeUniform"),
        ("orthogonal", "Orthogonal"),
        ("OrthogonalInitializer", "Orthogonal"),
        ("IdentityInitializer", "Identity"),
    ]:
        assert type(initializers.get(name)).__name__ == cls
    assert initializers.get(None) is None
    assert initializers.glorot_uniform(seed=1).seed == 1
    assert initializers.VarianceScaling(distribution="normal").distribution == "truncated_normal"


def test_dtype_in_configs_of_tf_keras_is_left_out():
    config = {"class_name": "GlorotUniform", "config": {"seed": 3, "dtype": "float32"}}
    assert initializers.deserialize(config).seed == 3


def test_functions_serve_as_initializers():
    def twos(shape, dtype=None):
        return torch.full(shape, 2.0)

    assert initializers.get(twos) is twos


class Doubling(initializers.Initializer):
    def __init__(self, factor=2.0):
        self.factor = factor

    def __call__(self, shape, dtype=None):
        return torch.full(shape, self.factor)


def test_users_own_class_has_a_config():
    assert Doubling(3.0).get_config() == {"factor": 3.0}
    assert float(Doubling.from_config({"factor": 4.0})((1,))) == 4.0


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: initializers.VarianceScaling(scale=-1.0), "`scale` must be a positive number"),
        (lambda: initializers.VarianceScaling(mode="fan"), "`mode` must be one of 'fan_in'"),
        (lambda: initializers.VarianceScaling(distribution="x"), "`distribution` must be one of"),
        (lambda: initializers.GlorotUniform(seed="a"), "`seed` must be an integer or a SeedGenerator"),
        (lambda: initializers.RandomUniform(1.0, 0.0), "`maxval` must be at least `minval`, which is 1.0"),
        (lambda: initializers.Identity()((2, 2, 2)), "Identity makes matrices only"),
        (lambda: initializers.Orthogonal()((2,)), "at least two axes"),
        (lambda: initializers.Constant([1, 2, 3])((2,)), "does not fit a weight of shape"),
        (lambda: initializers.STFT(side="left"), "`side` must be 'real' or 'imag'"),
        (lambda: initializers.STFT(window="round"), "`window` must be one of 'hann'"),
        (lambda: initializers.STFT(window=[1.0])((4, 1, 3)), "`window` must have 4 values"),
        (lambda: initializers.STFT()((4, 3)), "kernels of three axes"),
        (lambda: initializers.get("glorot_unifrom"), "No initializer is called .*'glorot_uniform'"),
    ],
)
def test_wrong_use_is_a_value_error(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_base_classes_say_what_to_write():
    with pytest.raises(NotImplementedError, match="Initializer lacks __call__"):
        initializers.Initializer()((2,))
    with pytest.raises(NotImplementedError, match="RandomInitializer has no fill"):
        initializers.RandomInitializer()((2,))
    with pytest.raises(TypeError, match="no argument `sede`.*'seed'"):
        initializers.GlorotUniform(sede=1)
