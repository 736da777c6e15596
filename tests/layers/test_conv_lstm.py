"""Convolutional LSTMs: states, masks, dropout, configs, files, errors. Numbers: the rows of old Kerases."""

import numpy as np
import pytest
import torch

import keras_torch
from keras_torch import layers
from keras_torch.dialects import dialect

FILMS = torch.rand(2, 3, 4, 5, 2, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_all_ranks_and_formats(rank, data_format):
    layer = getattr(layers, f"ConvLSTM{rank}D")(4, 3, padding="same", data_format=data_format)
    sizes = (4, 5, 3)[:rank]
    ends = (*sizes, 2) if data_format == "channels_last" else (2, *sizes)
    wanted = (*sizes, 4) if data_format == "channels_last" else (4, *sizes)
    assert layer(torch.zeros(2, 3, *ends)).shape == (2, *wanted)
    assert layer.compute_output_shape((None, None, *ends)) == (None, *wanted)


def test_a_cell_step_by_step_is_the_layer():
    layer = layers.ConvLSTM2D(4, 3, strides=2, return_sequences=True)
    found, states = layer(FILMS), None
    states = layer.cell.get_initial_state(2)
    for step in range(3):
        output, states = layer.cell(FILMS[:, step], states)
        assert torch.allclose(output, found[:, step], atol=1e-6)


def test_states_come_out_and_go_in_again():
    layer = layers.ConvLSTM2D(4, 3, return_state=True)
    whole, *states = layer(FILMS)
    _, *half = layer(FILMS[:, :2])
    again, *rest = layer(FILMS[:, 2:], initial_state=half)
    assert torch.allclose(whole, again, atol=1e-6) and torch.allclose(states[1], rest[1], atol=1e-6)


def test_a_stateful_layer_goes_on_where_it_stopped():
    plain = layers.ConvLSTM2D(4, 3)
    whole = plain(FILMS)
    layer = layers.ConvLSTM2D(4, 3, stateful=True)
    layer(FILMS[:, :2])
    layer.set_weights(plain.get_weights())
    layer.reset_states()
    layer(FILMS[:, :2])
    assert torch.allclose(layer(FILMS[:, 2:]), whole, atol=1e-6)


def test_masked_steps_are_skipped():
    layer = layers.ConvLSTM2D(4, 3)
    mask = torch.tensor([[True, True, False], [True, True, True]])
    found = layer(FILMS, mask=mask)
    assert torch.allclose(found[0], layer(FILMS[:, :2])[0]) and torch.allclose(found[1], layer(FILMS)[1])


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_dropout_acts_in_training_alone(data_format):
    layer = layers.ConvLSTM2D(4, 3, dropout=0.5, recurrent_dropout=0.5, data_format=data_format, seed=1)
    films = FILMS if data_format == "channels_last" else FILMS.movedim(-1, 2)
    assert torch.equal(layer(films), layer(films))
    assert not torch.equal(layer(films, training=True), layer(films))


def test_a_model_trains_and_its_file_brings_it_back(tmp_path):
    model = keras_torch.Sequential([layers.Input((3, 4, 5, 2)), layers.ConvLSTM2D(2, 3), layers.Flatten()])
    model.compile("adam", "mse")
    model.fit(FILMS.numpy(), np.zeros((2, 12)), verbose=0)
    for name in ("m.keras", "m.h5"):
        model.save(tmp_path / name)
        again = keras_torch.models.load_model(tmp_path / name)
        assert np.array_equal(again.predict(FILMS, verbose=0), model.predict(FILMS, verbose=0))


def test_the_recurrent_activation_is_that_of_the_generation():
    one = torch.ones(())
    assert float(layers.ConvLSTM2D(2, 3).recurrent_activation(one)) == pytest.approx(0.731, abs=1e-3)
    with dialect("tf.keras"):
        assert float(layers.ConvLSTM2D(2, 3).recurrent_activation(one)) == pytest.approx(0.7)


def test_another_number_of_axes_is_refused():
    with pytest.raises(ValueError, match=r"takes 5 axes, \(batch, steps, ...\); got shape \(2, 3, 4\)"):
        layers.ConvLSTM2D(2, 3)(torch.zeros(2, 3, 4))


def test_states_of_unknown_sizes_are_refused():
    layer = layers.ConvLSTM2D(2, 3)
    layer(keras_torch.Input((None, None, None, 2)))
    with pytest.raises(ValueError, match="states need known sizes"):
        layer.get_initial_state(2)
