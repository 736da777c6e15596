"""RNN, LSTM, GRU, SimpleRNN and their cells: numbers of real Keras, states, dropout, paths, errors."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from cases.recurrent_cases import RECURRENT
from contracts.recurrent_running import assert_equals_keras

import keras_torch
from keras_torch.layers import (
    GRU,
    LSTM,
    RNN,
    Dense,
    GRUCell,
    LSTMCell,
    SimpleRNN,
    SimpleRNNCell,
    StackedRNNCells,
)
from keras_torch.ops import recurrence

LAYERS = [SimpleRNN, LSTM, GRU]
CELLS = [SimpleRNNCell, LSTMCell, GRUCell]
MASK = torch.tensor([[True, False, True, True, False], [False, False, True, False, False], [True] * 5])
every_layer = pytest.mark.parametrize("layer", LAYERS)
every_cell = pytest.mark.parametrize("cell", CELLS)


class AddingCell(keras_torch.layers.Layer):
    """A user's cell: the state is the output, and counts up by the input's projection."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="ones", name="kernel")

    def call(self, inputs, states):
        output = states[0] + inputs @ self.kernel
        return output, [output]


class PlainCell:
    """A cell that is no layer, with two states of different sizes."""

    state_size = (2, 3)

    def call(self, inputs, states):
        first, second = states
        return first + inputs[:, :2], (first + 1, second + inputs[:, :1])


@pytest.mark.parametrize("case", RECURRENT, ids=lambda case: case.name)
def test_numbers_gradients_and_states_equal_keras(case):
    assert_equals_keras(case)


# ---------------------------------------------------------------------------------------------- paths


@every_layer
def test_plain_layers_run_on_fused_kernels_with_and_without_masks(layer, monkeypatch):
    made = layer(4)
    assert made.kernel_path == "fused"
    monkeypatch.setattr("keras_torch.layers.recurrent.scan", None)
    made(torch.randn(3, 5, 2), mask=MASK)
    made(torch.randn(3, 5, 2))


@pytest.mark.parametrize(
    "made",
    [
        lambda: LSTM(4, activation="relu"),
        lambda: LSTM(4, recurrent_activation="hard_sigmoid"),
        lambda: GRU(4, reset_after=False),
        lambda: SimpleRNN(4, activation="sigmoid"),
        lambda: LSTM(4, use_cudnn=False),
        lambda: RNN(AddingCell(4)),
        lambda: RNN([LSTMCell(4), LSTMCell(4)]),
    ],
)
def test_what_has_no_fused_kernel_says_scan(made):
    assert made().kernel_path == "scan"


def test_recurrent_dropout_takes_the_scan_in_training_only():
    layer = LSTM(4, recurrent_dropout=0.5)
    assert layer.kernel_path == "fused"
    assert layer.train().kernel_path == "scan"


def test_a_layer_of_a_plain_cell_is_fused_and_of_a_changed_one_is_not():
    class Louder(LSTMCell):
        def call(self, inputs, states, training=False):
            output, states = super().call(inputs, states, training)
            return 2 * output, states

    assert RNN(LSTMCell(3)).kernel_path == "fused"
    layer = RNN(Louder(3))
    assert layer.kernel_path == "scan"
    inputs = torch.randn(2, 4, 3)
    twin = RNN(LSTMCell(3))
    twin.build((None, None, 3))
    layer.build((None, None, 3))
    twin.set_weights(layer.get_weights())
    torch.testing.assert_close(layer(inputs), 2 * twin(inputs))


@every_layer
def test_fused_equals_scan(layer):
    fused, scan = layer(4, return_state=True), layer(4, return_state=True, use_cudnn=False)
    inputs = torch.randn(3, 5, 2)
    expected = fused(inputs, mask=MASK)
    scan.build((None, None, 2))
    scan.set_weights(fused.get_weights())
    torch.testing.assert_close(scan(inputs, mask=MASK), expected)


# ---------------------------------------------------------------------------------------------- cells


@every_cell
def test_a_cell_goes_one_step_of_its_layer(cell):
    layer = RNN(cell(4), return_state=True)
    inputs = torch.randn(3, 1, 2)
    output, *states = layer(inputs)
    alone, new_states = layer.cell(inputs[:, 0], layer.cell.get_initial_state(3))
    torch.testing.assert_close(alone, output)
    torch.testing.assert_close(list(new_states), states)


def test_a_single_state_may_be_given_without_a_list():
    cell = GRUCell(4)
    output, state = cell(torch.randn(3, 2), torch.zeros(3, 4))
    assert state.shape == (3, 4) and torch.equal(output, state)


def test_stacked_cells_equal_stacked_layers():
    layer = RNN([LSTMCell(4), GRUCell(3)], return_sequences=True, return_state=True)
    inputs = torch.randn(3, 5, 2)
    outputs, lstm_states, gru_states = layer(inputs, mask=MASK)
    first = RNN(layer.cell.cells[0], return_sequences=True, return_state=True)
    second = RNN(layer.cell.cells[1], return_sequences=True, return_state=True)
    between, *expected_states = first(inputs, mask=MASK)
    expected, expected_state = second(between, mask=MASK)
    torch.testing.assert_close(outputs, expected)
    torch.testing.assert_close(lstm_states, expected_states)
    torch.testing.assert_close(gru_states[0], expected_state)


def test_stacked_cells_keep_states_when_stateful():
    layer = RNN([LSTMCell(4), GRUCell(3)], stateful=True)
    inputs = torch.randn(2, 6, 2)
    layer(inputs[:, :3])
    in_two = layer(inputs[:, 3:])
    layer.reset_states()
    torch.testing.assert_close(in_two, layer(inputs))
    assert [[tuple(s.shape) for s in own] for own in layer.states] == [[(2, 4), (2, 4)], [(2, 3)]]


def test_a_users_cell_with_masks_and_symbols():
    layer = RNN(AddingCell(2), return_sequences=True)
    outputs = layer(torch.ones(3, 5, 1), mask=MASK)
    assert outputs[0, :, 0].tolist() == [1, 1, 2, 3, 3]
    assert outputs[1, :, 0].tolist() == [0, 0, 1, 1, 1]
    symbol = RNN(AddingCell(2))(keras_torch.Input((None, 3)))
    assert tuple(symbol.shape) == (None, 2)


def test_a_cell_may_be_any_object_with_call_and_state_size():
    output, first, second = RNN(PlainCell(), return_state=True)(torch.ones(1, 4, 3))
    assert output.tolist() == [[4.0, 4.0]]
    assert first.shape == (1, 2) and second.tolist() == [[4.0, 4.0, 4.0]]


def test_forget_bias_starts_at_one():
    layer = LSTM(2)
    layer.build((None, None, 3))
    assert layer.cell.bias.tolist() == [0, 0, 1, 1, 0, 0, 0, 0]
    layer = LSTM(2, unit_forget_bias=False)
    layer.build((None, None, 3))
    assert layer.cell.bias.abs().sum() == 0


def test_arguments_are_those_of_the_cell():
    layer = GRU(3, activation=None, dropout=0.25, reset_after=False)
    assert (layer.units, layer.dropout, layer.reset_after) == (3, 0.25, False)
    assert layer.activation is layer.cell.activation
    with pytest.raises(AttributeError, match="`units` is computed and cannot be set"):
        layer.units = 4


def test_weight_paths_go_through_the_cell():
    layer = LSTM(2, name="memory")
    layer.build((None, None, 3))
    names = ["kernel", "recurrent_kernel", "bias"]
    assert [weight.path for weight in layer.weights] == [f"memory/lstm_cell/{name}" for name in names]
    assert [name for name, _ in layer.named_parameters()] == [f"cell.{name}" for name in names]


# ---------------------------------------------------------------------------------------------- states


@every_layer
def test_stateful_goes_on_where_it_stopped(layer):
    layer = layer(3, stateful=True)
    inputs = torch.randn(2, 6, 2)
    layer(inputs[:, :2])
    in_two = layer(inputs[:, 2:])
    layer.reset_state()
    torch.testing.assert_close(layer(inputs), in_two)


def test_states_are_no_weights_and_follow_the_layer():
    layer = LSTM(3, stateful=True)
    layer(torch.randn(2, 4, 2))
    assert len(layer.weights) == 3 and len(layer.state_dict()) == 3
    assert [state.shape for state in layer.states] == [(2, 3), (2, 3)]
    assert layer.double().states[0].dtype == torch.float64
    for again in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        torch.testing.assert_close(again.states, layer.states)


def test_stateful_layers_train_over_several_batches():
    layer = GRU(3, stateful=True)
    for _ in range(2):
        layer(torch.randn(2, 4, 2)).sum().backward()
    assert layer.cell.kernel.grad.abs().sum() > 0


def test_states_can_be_set():
    layer = LSTM(2, stateful=True)
    layer(torch.randn(3, 4, 2))
    values = [np.ones((3, 2), "float32"), np.full((3, 2), 2.0, "float32")]
    layer.reset_states(values)
    assert layer.states[0].tolist() == values[0].tolist() and layer.states[1].tolist() == values[1].tolist()


def test_initial_state_may_come_with_the_inputs():
    layer = LSTM(2)
    inputs, states = torch.randn(3, 4, 2), [torch.randn(3, 2), torch.randn(3, 2)]
    torch.testing.assert_close(layer([inputs, *states]), layer(inputs, initial_state=states))


def test_symbols_as_initial_states():
    encoder, decoder = keras_torch.Input((None, 3)), keras_torch.Input((None, 4))
    _, *states = LSTM(5, return_state=True)(encoder)
    outputs = LSTM(5, return_sequences=True)(decoder, initial_state=states)
    model = keras_torch.Model([encoder, decoder], Dense(2)(outputs))
    assert tuple(model.outputs[0].shape) == (None, None, 2)
    assert model([torch.randn(2, 3, 3), torch.randn(2, 6, 4)]).shape == (2, 6, 2)


def test_return_state_gives_a_tuple():
    outputs = LSTM(2, return_state=True)(torch.zeros(1, 3, 2))
    assert isinstance(outputs, tuple) and len(outputs) == 3


# ---------------------------------------------------------------------------------------------- masks


def test_a_mask_of_numbers_or_with_a_third_axis_is_the_same_mask():
    layer, inputs = GRU(3), torch.randn(3, 5, 2)
    expected = layer(inputs, mask=MASK)
    torch.testing.assert_close(layer(inputs, mask=MASK.int()), expected)
    torch.testing.assert_close(layer(inputs, mask=MASK[:, :, None]), expected)


def test_sequences_pass_the_mask_on_and_states_have_none():
    sequences = LSTM(2, return_sequences=True, return_state=True)
    assert sequences.compute_mask(None, MASK) == [MASK, None, None]
    assert LSTM(2, return_sequences=True).compute_mask(None, MASK) is MASK
    assert LSTM(2).compute_mask(None, MASK) is None
    outputs = LSTM(2, return_sequences=True)(torch.randn(3, 5, 2), mask=MASK)
    assert torch.equal(outputs._keras_mask, MASK)


def test_what_masked_steps_hold_does_not_matter():
    layer = LSTM(3, return_sequences=True)
    inputs = torch.randn(3, 5, 2)
    changed = torch.where(MASK[:, :, None], inputs, 1e3)
    torch.testing.assert_close(layer(changed, mask=MASK), layer(inputs, mask=MASK))


# ---------------------------------------------------------------------------------------------- dropout


def _dropped_inputs(layer):
    """Gradient by the inputs of one row: a step's features that were dropped have none."""
    inputs = torch.ones(1, 6, 40, requires_grad=True)
    layer(inputs, training=True).sum().backward()
    return inputs.grad[0] == 0


@pytest.mark.parametrize("arguments", [{}, {"use_cudnn": False}], ids=["fused", "scan"])
@every_layer
def test_dropout_drops_the_same_features_at_all_steps_and_others_each_time(layer, arguments):
    layer = layer(3, dropout=0.5, return_sequences=True, **arguments)
    first, second = _dropped_inputs(layer), _dropped_inputs(layer)
    assert 5 < first[0].sum() < 35
    assert (first == first[:1]).all() and not torch.equal(first, second)


@every_layer
def test_recurrent_dropout_changes_training_only(layer):
    layer = layer(8, recurrent_dropout=0.5)
    inputs = torch.randn(2, 5, 3)
    expected = layer(inputs)
    torch.testing.assert_close(layer(inputs), expected)
    assert not torch.allclose(layer(inputs, training=True), expected)


@every_layer
def test_with_a_seed_two_layers_drop_alike(layer):
    first = layer(4, dropout=0.3, recurrent_dropout=0.3, seed=7)
    inputs = torch.randn(2, 5, 3)
    outputs = first(inputs, training=True)
    second = layer(4, dropout=0.3, recurrent_dropout=0.3, seed=7)
    second.build((None, None, 3))
    second.set_weights(first.get_weights())
    torch.testing.assert_close(second(inputs, training=True), outputs)


@pytest.mark.parametrize("arguments", [{"implementation": 1}, {"recurrent_dropout": 0.2}])
def test_each_gate_has_its_own_pattern_without_implementation_2(arguments):
    cell = LSTMCell(2, dropout=0.5, **arguments)
    assert cell.get_dropout_mask(torch.ones(3, 5)).shape == (4, 3, 5)
    assert LSTMCell(2, dropout=0.5).get_dropout_mask(torch.ones(3, 5)).shape == (3, 5)


def test_a_cell_keeps_its_patterns_until_they_are_reset():
    cell = GRUCell(2, dropout=0.5, recurrent_dropout=0.5)
    one = torch.ones(30, 5)
    first = cell.get_dropout_mask(one)
    assert cell.get_dropout_mask(one) is first
    cell.reset_dropout_mask()
    assert not torch.equal(cell.get_dropout_mask(one), first)
    state = cell.get_recurrent_dropout_mask(one)
    cell.reset_recurrent_dropout_mask()
    assert not torch.equal(cell.get_recurrent_dropout_mask(one), state)


def test_dropout_equals_the_formula_with_its_own_patterns():
    cell = GRUCell(4, dropout=0.4, recurrent_dropout=0.4, reset_after=False)
    inputs, state = torch.randn(3, 2), torch.randn(3, 4)
    output, _ = cell(inputs, [state], training=True)
    seen, kept = cell.get_dropout_mask(inputs) * inputs, cell.get_recurrent_dropout_mask(state) * state
    kernels, recurrent = cell.kernel.chunk(3, dim=1), cell.recurrent_kernel.chunk(3, dim=1)
    update, reset = ((seen[g] @ kernels[g] + kept[g] @ recurrent[g]).sigmoid() for g in (0, 1))
    new = (seen[2] @ kernels[2] + (reset * kept[2]) @ recurrent[2]).tanh()
    torch.testing.assert_close(output, update * state + (1 - update) * new)


# ---------------------------------------------------------------------------------------------- configs


def test_config_holds_the_arguments_and_not_the_cell():
    config = LSTM(3, dropout=0.1, go_backwards=True).get_config()
    assert config["units"] == 3 and config["dropout"] == 0.1 and config["go_backwards"] is True
    assert "cell" not in config and "implementation" not in config and "use_cudnn" not in config
    assert LSTM.from_config(config).get_config() == config


def test_configs_of_tf_keras_are_read():
    config = {**LSTM(3).get_config(), "implementation": 2, "time_major": False}
    assert LSTM.from_config(config).units == 3
    assert SimpleRNN.from_config({**SimpleRNN(3).get_config(), "implementation": 0}).units == 3


def test_rnn_is_rebuilt_with_its_cells():
    layer = RNN([LSTMCell(3), GRUCell(2, reset_after=False)], return_state=True)
    again = RNN.from_config(layer.get_config())
    assert isinstance(again.cell, StackedRNNCells)
    assert again.cell.cells[1].get_config() == layer.cell.cells[1].get_config()


def test_a_frozen_layer_has_a_frozen_cell():
    layer = LSTM(3, trainable=False)
    layer.build((None, None, 2))
    assert layer.trainable_weights == [] and len(layer.non_trainable_weights) == 3


def test_regularizers_of_all_three_weights_count():
    layer = GRU(2, kernel_regularizer="l2", recurrent_regularizer="l1", bias_regularizer="l2")
    layer(torch.zeros(1, 3, 2))
    assert len(layer.losses) == 3


def test_unroll_changes_nothing_but_needs_the_number_of_steps():
    assert tuple(LSTM(2, unroll=True)(keras_torch.Input((5, 3))).shape) == (None, 2)
    with pytest.raises(ValueError, match=r"unroll=True and was given shape .*steps must be known"):
        LSTM(2, unroll=True)(keras_torch.Input((None, 3)))


# ---------------------------------------------------------------------------------------------- errors


def test_errors_name_the_way_out():
    with pytest.raises(ValueError, match=r"RNN: `cell` must be a cell: an object with `call"):
        RNN(Dense(3))
    with pytest.raises(ValueError, match=r"StackedRNNCells: `cells` must be a list of cells"):
        StackedRNNCells(LSTMCell(2))
    with pytest.raises(ValueError, match=r"`cell` must be a cell"):
        RNN([LSTMCell(2), 3])
    with pytest.raises(ValueError, match=r"takes \(batch, steps, features\); got shape \(2, 3\)"):
        LSTM(2)(torch.zeros(2, 3))
    with pytest.raises(ValueError, match=r"`units` must be a positive integer"):
        LSTM(0)
    with pytest.raises(ValueError, match=r"`implementation` must be one of 0, 1, 2"):
        SimpleRNN(2, implementation=3)
    with pytest.raises(ValueError, match=r"`time_major` must be False; got True. Swap the first two axes"):
        LSTM(2, time_major=True)
    with pytest.raises(ValueError, match=r"has 2 states; `initial_state` brought 1"):
        LSTM(2)(torch.zeros(1, 3, 2), initial_state=torch.zeros(1, 2))


def test_use_cudnn_true_insists_on_a_fused_kernel():
    assert LSTM(2, use_cudnn=True).kernel_path == "fused"
    by_gate = {"dropout": 0.1, "implementation": 1}
    for arguments in ({"activation": "relu"}, {"recurrent_dropout": 0.1}, by_gate):
        with pytest.raises(ValueError, match=r"`use_cudnn` must be 'auto' or False: these arguments have no"):
            LSTM(2, use_cudnn=True, **arguments)
    with pytest.raises(ValueError, match="`use_cudnn` must be one of 'auto', True, False"):
        GRU(2, use_cudnn="always")


def test_stateful_errors():
    layer = GRU(2, stateful=True)
    with pytest.raises(ValueError, match="keeps no states yet"):
        layer.reset_state([np.zeros((1, 2))])
    assert layer.states is None and layer.reset_states() is None
    with pytest.raises(ValueError, match=r"stateful and needs a fixed batch size"):
        layer(keras_torch.Input((3, 2)))
    layer = GRU(2, stateful=True)
    layer(torch.zeros(2, 3, 2))
    with pytest.raises(ValueError, match=r"stateful with batches of 2; got one of 3"):
        layer(torch.zeros(3, 3, 2))
    with pytest.raises(ValueError, match=r"keeps 1 states; reset_state\(\) was given 2"):
        layer.reset_state([np.zeros((2, 2))] * 2)


def test_old_names_of_the_arguments():
    layer = LSTM(output_dim=3, inner_activation="hard_sigmoid", dropout_W=0.2, dropout_U=0.1)
    assert (layer.units, layer.dropout, layer.recurrent_dropout) == (3, 0.2, 0.1)
    assert layer.recurrent_activation.__name__ == "hard_sigmoid"


def test_mixed_precision_reaches_the_kernel_in_its_type(monkeypatch):
    seen = []
    forms = recurrence._FORMS
    kernel = forms["lstm"].kernel

    def watched(sequence, states, parameters, *rest):
        seen.extend(tensor.dtype for tensor in (sequence, *states, *parameters))
        return kernel(sequence, states, parameters, *rest)

    monkeypatch.setitem(forms, "lstm", recurrence._Form(watched, forms["lstm"].parameters))
    outputs = LSTM(3, dtype="mixed_bfloat16")(torch.randn(2, 4, 3))
    assert outputs.dtype == torch.bfloat16 and set(seen) == {torch.bfloat16}
