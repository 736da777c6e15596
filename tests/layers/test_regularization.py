"""Layers that disturb or penalize: how strong the noise is, where it is equal, seeds, masks, errors."""

import copy
import pickle

import pytest
import torch

from keras_torch.layers.regularization import (
    ActivityRegularization,
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    Noise,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)

RANDOM = [Dropout(0.5), SpatialDropout1D(0.5), GaussianNoise(0.5), GaussianDropout(0.5), AlphaDropout(0.5)]
name_of = pytest.mark.parametrize("layer", RANDOM, ids=lambda layer: type(layer).__name__)


@name_of
def test_noise_is_only_in_training(layer):
    x = torch.ones(2, 3, 4)
    assert torch.equal(layer(x), x)
    assert not torch.equal(layer(x, training=True), x)
    layer.train()
    assert not torch.equal(layer(x), x) and torch.equal(layer(x, training=False), x)
    layer.eval()


@name_of
def test_the_default_generator_is_used_without_a_seed(layer):
    x = torch.ones(2, 3, 4)
    torch.manual_seed(1)
    first = layer(x, training=True)
    torch.manual_seed(1)
    assert torch.equal(layer(x, training=True), first)


@pytest.mark.parametrize("make", [Dropout, SpatialDropout1D, GaussianNoise, GaussianDropout, AlphaDropout])
def test_a_seed_repeats_the_sequence_in_another_layer_and_in_a_copy(make):
    x, layer = torch.ones(2, 3, 4), make(0.5, seed=3)
    first, second = layer(x, training=True), layer(x, training=True)
    assert not torch.equal(first, second)
    for other in (make(0.5, seed=3), copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(other(x, training=True), first)


def test_dropout_keeps_the_mean():
    outputs = Dropout(0.25)(torch.ones(100, 100), training=True)
    assert sorted(outputs.unique().tolist()) == pytest.approx([0.0, 4 / 3])
    assert float(outputs.mean()) == pytest.approx(1, abs=0.03)  # five deviations
    seeded = Dropout(0.25, seed=1)(torch.ones(100, 100), training=True)
    assert float((seeded == 0).float().mean()) == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("seed", [None, 1])
def test_dropout_of_everything_is_zero(seed):
    assert Dropout(1, seed=seed)(torch.ones(3), training=True).tolist() == [0.0, 0.0, 0.0]


def test_noise_shape_repeats_the_pattern():
    outputs = Dropout(0.5, noise_shape=(None, 1, 4))(torch.ones(8, 5, 4), training=True)
    assert torch.equal(outputs, outputs[:, :1].expand_as(outputs))
    assert 0 < outputs.mean() < 2


@pytest.mark.parametrize(
    "layer, shape, spatial",
    [
        (SpatialDropout1D(0.5), (8, 5, 4), (1,)),
        (SpatialDropout2D(0.5), (8, 3, 3, 4), (1, 2)),
        (SpatialDropout2D(0.5, data_format="channels_first"), (8, 4, 3, 3), (2, 3)),
        (SpatialDropout3D(0.5), (8, 2, 2, 2, 4), (1, 2, 3)),
        (SpatialDropout3D(0.5, "channels_first"), (8, 4, 2, 2, 2), (2, 3, 4)),
    ],
)
def test_spatial_dropout_drops_whole_channels(layer, shape, spatial):
    outputs = layer(torch.ones(shape), training=True)
    assert float(outputs.std(spatial).max()) == 0 and set(outputs.unique().tolist()) == {0.0, 2.0}


def test_gaussian_noise_and_dropout_have_their_strength():
    x = torch.ones(200, 200)
    assert float(GaussianNoise(0.3)(x, training=True).std()) == pytest.approx(0.3, rel=0.03)
    outputs = GaussianDropout(0.2)(x * 2, training=True)
    assert float(outputs.std()) == pytest.approx(2 * (0.2 / 0.8) ** 0.5, rel=0.03)
    assert float(outputs.mean()) == pytest.approx(2, rel=0.03)


def test_alpha_dropout_keeps_mean_and_variance():
    outputs = AlphaDropout(0.3)(torch.randn(300, 300), training=True)
    assert float(outputs.mean()) == pytest.approx(0, abs=0.03) and float(outputs.std()) == pytest.approx(
        1, abs=0.03
    )
    pattern = AlphaDropout(0.5, noise_shape=(4, 1))(torch.ones(4, 6), training=True)
    assert torch.equal(pattern, pattern[:, :1].expand_as(pattern))


def test_activity_regularization_adds_its_penalty():
    layer = ActivityRegularization(l1=0.5, l2=0.25)
    x = torch.tensor([[1.0, -2.0]])
    assert torch.equal(layer(x), x)
    assert [float(loss) for loss in layer.losses] == [0.5 * 3 + 0.25 * 5]
    assert ActivityRegularization.from_config(layer.get_config()).get_config() == layer.get_config()


def test_masks_go_through():
    x = torch.ones(1, 2, 3)
    x._keras_mask = torch.tensor([[True, False]])
    for layer in (Dropout(0.5), GaussianNoise(0.1), ActivityRegularization(l1=0.1)):
        assert layer(x)._keras_mask is x._keras_mask


def test_names_of_keras1_are_translated():
    assert Dropout(p=0.25).rate == GaussianDropout(p=0.25).rate == SpatialDropout2D(p=0.25).rate == 0.25
    assert GaussianNoise(sigma=0.25).stddev == 0.25


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Dropout(1.5), "`rate` must be a fraction from 0 to 1; got 1.5"),
        (lambda: Dropout(0.5, noise_shape="x"), "`noise_shape` must be a tuple of positive integers"),
        (lambda: Dropout(0.5, noise_shape=(0, 1)), "`noise_shape` must be a tuple of positive integers"),
        (
            lambda: Dropout(0.5, noise_shape=(2, 1))(torch.ones(4, 4), training=True),
            r"does not fit inputs of shape \(4, 4\)",
        ),
        (lambda: Dropout(0.5, seed="a"), "`seed` must be an integer"),
        (lambda: SpatialDropout1D(0.5)(torch.ones(2, 2)), r"takes 3 axes; got shape \(2, 2\)"),
        (lambda: SpatialDropout2D(0.5, data_format="last"), "`data_format` must be"),
        (lambda: GaussianNoise(-1.0), "`stddev` must be a number of at least 0; got -1.0"),
        (lambda: GaussianDropout(1.0), "`rate` must be a fraction from 0 to below 1; got 1.0"),
        (lambda: AlphaDropout(1.0), "`rate` must be a fraction from 0 to below 1; got 1.0"),
        (lambda: ActivityRegularization(l1=-1), "`l1` must be a number of at least 0; got -1"),
        (lambda: ActivityRegularization(l2="x"), "`l2` must be a number of at least 0; got 'x'"),
    ],
)
def test_wrong_use_is_explained(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_base_class_says_what_to_write():
    with pytest.raises(NotImplementedError, match="Noise has no disturbed"):
        Noise().disturbed(torch.ones(1))
