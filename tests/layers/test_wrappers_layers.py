"""Bidirectional and TimeDistributed: numbers of real Keras, copies, masks, states, errors."""

from __future__ import annotations

import pytest
import torch
from cases.recurrent_cases import BIDIRECTIONAL, TIME_DISTRIBUTED
from contracts.recurrent_running import assert_equals_keras

import keras_torch
from keras_torch.layers import (
    GRU,
    LSTM,
    RNN,
    BatchNormalization,
    Bidirectional,
    Dense,
    Dropout,
    LSTMCell,
    SimpleRNN,
    TimeDistributed,
)

MASK = torch.tensor([[True, False, True, True, False], [False, False, True, False, False], [True] * 5])


@pytest.mark.parametrize("case", BIDIRECTIONAL, ids=lambda case: case.name)
def test_both_ways_and_their_gradients_equal_keras(case):
    assert_equals_keras(case)


@pytest.mark.parametrize("case", TIME_DISTRIBUTED, ids=lambda case: case.name)
def test_steps_and_their_gradients_equal_keras(case):
    assert_equals_keras(case)


# ------------------------------------------------------------------------------------------ Bidirectional


def test_both_layers_are_copies_with_names_of_their_own():
    inner = LSTM(3, name="memory")
    layer = Bidirectional(inner)
    assert (layer.forward_layer.name, layer.backward_layer.name) == ("forward_memory", "backward_memory")
    assert layer.backward_layer.go_backwards and not layer.forward_layer.go_backwards
    assert layer.layer is layer.forward_layer and layer.forward_layer is not inner
    layer(torch.zeros(1, 2, 3))
    assert not inner.built and len(layer.weights) == 6
    assert layer.weights[0].path.endswith("/forward_memory/lstm_cell/kernel")


def test_bidirectional_equals_torchs_layer():
    layer, theirs = Bidirectional(SimpleRNN(4, return_sequences=True)), torch.nn.RNN(
        3, 4, bidirectional=True, batch_first=True)
    inputs = torch.randn(2, 5, 3)
    layer.build(inputs.shape)
    weights = [parameter.detach() for parameter in theirs.parameters()]
    arrays = []
    for kernel, recurrent, bias, more in (weights[:4], weights[4:]):
        arrays += [kernel.t(), recurrent.t(), bias + more]
    layer.set_weights(arrays)
    torch.testing.assert_close(layer(inputs), theirs(inputs)[0])


def test_config_holds_both_layers():
    layer = Bidirectional(LSTM(3), backward_layer=GRU(2, go_backwards=True), merge_mode="concat")
    again = Bidirectional.from_config(layer.get_config())
    assert isinstance(again.backward_layer, GRU) and again.forward_layer.units == 3
    assert again.get_config() == layer.get_config() and "weights" not in layer.get_config()


def test_weights_may_be_given():
    first = Bidirectional(GRU(3))
    inputs = torch.randn(2, 4, 2)
    expected = first(inputs)
    torch.testing.assert_close(Bidirectional(GRU(3), weights=first.get_weights())(inputs), expected)


def test_initial_states_may_come_with_the_inputs():
    layer = Bidirectional(LSTM(2))
    inputs, states = torch.randn(3, 4, 2), [torch.randn(3, 2) for _ in range(4)]
    torch.testing.assert_close(layer([inputs, *states]), layer(inputs, initial_state=states))


def test_stateful_both_ways():
    layer = Bidirectional(LSTM(2, stateful=True))
    assert layer.stateful and layer.states is None
    inputs = torch.randn(3, 4, 2)
    first, second = layer(inputs), layer(inputs)
    assert len(layer.states) == 4 and not torch.allclose(first, second)
    layer.reset_states()
    torch.testing.assert_close(layer(inputs), first)


def test_masks_of_both_outputs():
    sequences = LSTM(2, return_sequences=True)
    assert Bidirectional(sequences).compute_mask(None, MASK) is MASK
    assert Bidirectional(sequences, merge_mode=None).compute_mask(None, MASK) == [MASK, MASK]
    assert Bidirectional(LSTM(2)).compute_mask(None, MASK) is None
    states = Bidirectional(LSTM(2, return_sequences=True, return_state=True))
    assert states.compute_mask(None, [MASK]) == [MASK, None, None, None, None]


def test_a_layer_of_any_cell_goes_both_ways():
    layer = Bidirectional(RNN(LSTMCell(3), return_sequences=True))
    twin = Bidirectional(LSTM(3, return_sequences=True))
    inputs = torch.randn(3, 5, 2)
    expected = layer(inputs, mask=MASK)
    twin.build((None, None, 2))
    twin.set_weights(layer.get_weights())
    torch.testing.assert_close(twin(inputs, mask=MASK), expected)


def test_bidirectional_errors():
    with pytest.raises(ValueError, match=r"`layer` must be a recurrent layer, such as LSTM\(32\)"):
        Bidirectional(Dense(3))
    with pytest.raises(ValueError, match=r"`merge_mode` must be one of 'concat', 'sum', 'ave', 'mul'"):
        Bidirectional(LSTM(2), merge_mode="add")
    with pytest.raises(ValueError, match=r"`backward_layer` must be a layer with go_backwards=True"):
        Bidirectional(LSTM(2), backward_layer=LSTM(2))
    with pytest.raises(ValueError, match=r"`backward_layer` must be a layer with return_sequences=False"):
        Bidirectional(LSTM(2), backward_layer=LSTM(2, go_backwards=True, return_sequences=True))
    with pytest.raises(ValueError, match=r"as many backward states; got 3 of them"):
        Bidirectional(LSTM(2))(torch.zeros(1, 3, 2), initial_state=[torch.zeros(1, 2)] * 3)


# ------------------------------------------------------------------------------------------ TimeDistributed


def test_all_steps_go_through_the_layer_in_one_call():
    calls = []

    class Counting(Dense):
        def call(self, inputs):
            calls.append(tuple(inputs.shape))
            return super().call(inputs)

    layer = TimeDistributed(Counting(3))
    inputs = torch.randn(2, 5, 4)
    outputs = layer(inputs)
    assert calls == [(10, 4)] and outputs.shape == (2, 5, 3)
    torch.testing.assert_close(outputs[:, 2], layer.layer(inputs[:, 2]))


def test_native_modules_and_models_and_symbols():
    assert TimeDistributed(torch.nn.Linear(4, 3))(torch.zeros(2, 5, 4)).shape == (2, 5, 3)
    inner = keras_torch.Sequential([keras_torch.Input((4,)), Dense(3), Dense(2)])
    layer = TimeDistributed(inner)
    symbol = layer(keras_torch.Input((None, 4)))
    assert tuple(symbol.shape) == (None, None, 2)
    assert len(layer.weights) == 4


def test_a_model_with_two_outputs_gives_two_sequences():
    inputs = keras_torch.Input((4,))
    layer = TimeDistributed(keras_torch.Model(inputs, [Dense(3)(inputs), Dense(2)(inputs)]))
    first, second = layer(torch.zeros(2, 5, 4))
    assert (first.shape, second.shape) == ((2, 5, 3), (2, 5, 2))


def test_a_mask_of_steps_goes_around_the_layer():
    layer = TimeDistributed(LSTM(3))
    inputs = torch.randn(3, 5, 4, 2)
    outputs = layer(inputs, mask=MASK)
    assert torch.equal(outputs._keras_mask, MASK)
    torch.testing.assert_close(outputs, layer(inputs))


def test_a_stateful_layer_sees_one_step_after_the_other():
    layer = TimeDistributed(LSTM(3, stateful=True))
    inputs = torch.randn(2, 3, 4, 2)
    outputs = layer(inputs)
    layer.reset_states()
    in_steps = torch.stack([layer.layer(inputs[:, step]) for step in range(3)], dim=1)
    torch.testing.assert_close(in_steps, outputs)


def test_the_phase_reaches_the_layer_inside():
    layer = TimeDistributed(Dropout(0.5))
    assert layer(torch.ones(2, 3, 50)).min() == 1
    assert layer(torch.ones(2, 3, 50), training=True).min() == 0
    normalizing = TimeDistributed(BatchNormalization())
    normalizing(torch.randn(4, 3, 2), training=True)
    assert normalizing.layer.moving_mean.abs().sum() > 0


def test_time_distributed_errors():
    with pytest.raises(ValueError, match=r"`layer` must be a layer, a model or a torch module"):
        TimeDistributed("dense")
    with pytest.raises(ValueError, match=r"at least three axes; got shape \(2, 3\)"):
        TimeDistributed(Dense(3))(torch.zeros(2, 3))
    with pytest.raises(ValueError, match=r"the mask must be .* \(3, 4\); got shape \(3, 5\)"):
        TimeDistributed(Dense(3))(torch.zeros(3, 4, 2), mask=MASK)
