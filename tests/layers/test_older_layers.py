"""What is special in layers that only old generations had. Numbers: the rows of old Kerases."""

import pytest
import torch

import keras_torch
from keras_torch import layers, models
from keras_torch.dialects import dialect
from keras_torch.layers.stored_weights import Origin, converted

A, B = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 5.0]])


def difference(pair):
    """A named function for Merge."""
    return pair[0] - pair[1]


def test_locally_connected_layers_refuse_what_they_do_not_know():
    with pytest.raises(ValueError, match="`padding` must be 'valid'; got 'same'. Pad with a ZeroPadding"):
        layers.LocallyConnected1D(2, 3, padding="same")
    with pytest.raises(ValueError, match="`implementation` must be 1; got 2"):
        layers.LocallyConnected2D(2, 3, implementation=2)
    with pytest.raises(ValueError, match="axis 1 needs a size"):
        layers.LocallyConnected1D(2, 3)(keras_torch.Input((None, 2)))


def test_a_wanted_output_shape_must_be_possible():
    layer = layers.Conv2DTranspose(2, 3, strides=2, output_shape=(None, 20, 9, 2))
    with pytest.raises(ValueError, match="one with spatial sizes from 9 to 10 for inputs of 4 cells"):
        layer(torch.zeros(1, 4, 4, 2))
    with pytest.raises(ValueError, match="`output_shape` must be a shape of 4 sizes; got 9"):
        layers.Conv2DTranspose(2, 3, output_shape=9)(torch.zeros(1, 4, 4, 2))


def test_a_wanted_output_shape_stays_in_the_config():
    layer = layers.Conv2DTranspose(2, 3, strides=2, padding="same", output_shape=(None, 7, 7, 2))
    again = type(layer).from_config(layer.get_config())
    assert again(torch.zeros(1, 4, 4, 2)).shape == (1, 7, 7, 2)


def test_ends_of_padding_have_names_in_keras_1():
    with pytest.raises(ValueError, match="`padding` must be an integer"):
        layers.ZeroPadding2D({"upper": 1})
    assert layers.ZeroPadding2D((1, 2, 3, 4)).margins == ((1, 2), (3, 4))


def test_merge_by_a_function_comes_back_by_its_layers_name():
    with dialect("keras1"):
        inputs = [layers.Input((2,)), layers.Input((2,))]
        model = models.Model(inputs, layers.Merge(mode=difference, name="less")(inputs))
    config = model.get_layer("less").get_config()
    stored = {**config, "mode": ["code", None, None], "mode_type": "lambda", "output_shape": ["code"],
              "output_shape_type": "lambda", "output_mask": None, "output_mask_type": "raw"}
    with pytest.raises(ValueError, match="stored with the code of its function, which is never run"):
        layers.Merge.from_config(stored)
    with keras_torch.saving.CustomObjectScope({"less": difference}):
        assert torch.equal(layers.Merge.from_config(stored)([A, B]), A - B)


def test_merge_takes_models_or_tensors_and_no_numbers_of_nodes():
    with pytest.raises(ValueError, match="`node_indices` must be None"):
        layers.Merge(node_indices=[0, 0])
    with pytest.raises(ValueError, match="a list of at least two models"):
        layers.Merge([models.Sequential([layers.Input((2,)), layers.Dense(1)])])


def test_merge_joins_masks_and_functions_say_theirs():
    mask = torch.tensor([[True, False]])
    assert layers.Merge(mode="sum").compute_mask([A, B], [mask, mask]).tolist() == [[True, False]]
    second = layers.Merge(mode=difference, output_mask=lambda masks: masks[1])
    assert second.compute_mask([A, B], [None, mask]) is mask
    masked = layers.Merge(mode=lambda pair, mask: pair[0] if mask is None else pair[1])
    assert torch.equal(masked([A, B]), A)


@pytest.mark.parametrize("generation, expected", [("keras1", [1, 0, 0]), ("tf.keras", [1, 0, 0]),
                                                  ("keras3", [1, 1, 0])])  # fmt: skip
def test_masks_of_merged_inputs_are_those_of_the_generation(generation, expected):
    masks = [torch.tensor([[True, True, False]]), torch.tensor([[True, False, False]])]
    steps = [torch.zeros(1, 3, 2), torch.ones(1, 3, 2)]
    with dialect(generation):
        made = [layers.Add(), layers.Concatenate(), layers.Maximum(), layers.Merge(mode="sum")]
    for layer in made:
        layer.build([(None, 3, 2)] * 2)
        assert layer.compute_mask(steps, masks).int().tolist() == [expected]
    alone = made[0].compute_mask(steps, [masks[0], None])
    assert alone is None if generation == "keras3" else torch.equal(alone, masks[0])


def test_the_greatest_looks_at_masks_in_keras_3_alone():
    steps = [torch.zeros(1, 1, 2), torch.ones(1, 1, 2)]
    mask = [torch.tensor([[True]]), torch.tensor([[False]])]
    assert layers.Maximum()(steps, mask=mask).tolist() == [[[0, 0]]]
    with dialect("tf.keras"):
        assert layers.Maximum()(steps, mask=mask).tolist() == [[[1, 1]]]


def test_layers_of_one_name_in_two_branches_are_one():
    def branch(name):
        first = {"units": 2, "name": name, "batch_input_shape": [None, 3]}
        entries = [{"class_name": "Dense", "config": one} for one in (first, {"units": 2, "name": "same"})]
        return {"class_name": "Sequential", "config": entries}

    config = {"mode": "sum", "layers": [branch("left"), branch("right")]}
    model = layers.deserialize({"class_name": "Merge", "config": config})
    assert len(model.trainable_weights) == 6 and len(model.inputs) == 2


def test_a_frozen_normalization_is_that_of_its_generation():
    x = torch.tensor([[0.0], [2.0]])
    for generation, expected in (("keras2.3", [-1, 1]), ("keras3", [0, 2])):
        with dialect(generation):
            layer = layers.BatchNormalization(trainable=False)
        assert layer(x, training=True).round().flatten().tolist() == expected
        assert float(layer.moving_mean) == 0


def test_the_moving_averages_of_keras_2_2_start_with_the_first_batch():
    x = torch.tensor([[0.0], [2.0], [4.0]])
    with dialect("keras2.2"):
        layer = layers.BatchNormalization()
    layer(x, training=True)
    assert float(layer.moving_mean) == pytest.approx(2.0)
    assert float(layer.moving_variance) == pytest.approx(8 / 3 * 3 / (3 - 1 - 1e-3))
    layer(x + 1, training=True)
    assert float(layer.moving_mean) == pytest.approx((0.99 * 0.01 * 2 + 0.01 * 3) / (1 - 0.99**2))


def test_arrays_that_no_layer_of_the_kind_has_are_refused():
    layer = layers.Dense(2, name="head")
    layer.build((None, 3))
    kernel, bias = layer.get_weights()
    with pytest.raises(ValueError, match='1 array.s. fewer than Dense "head" has weights'):
        converted(layer, [kernel], Origin("1"))
    with pytest.raises(ValueError, match='1 array.s. more than Dense "head" has weights'):
        converted(layer, [kernel, bias, bias], Origin("1"))


@pytest.mark.parametrize(
    "generation, sizes", [("keras1", (3, 2)), ("keras2.2", (3, 2)), ("tf.keras", (3, 3))]
)
def test_two_sizes_by_position_are_a_window_until_keras_2(generation, sizes):
    with dialect(generation):
        assert layers.Conv2D(4, 3, 2).kernel_size == sizes


class Decay(layers.Recurrent):
    """A layer of one's own as in Keras 1: attributes before the base's constructor, weights in build."""

    def __init__(self, output_dim, **kwargs):
        self.output_dim = output_dim
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.states = [None]
        self.W = self.add_weight((input_shape[-1], self.output_dim), initializer="ones", name="W")

    def get_constants(self, x):
        return [torch.tensor(0.5)]

    def step(self, x, states):
        state, factor = states
        output = factor * state + x @ self.W
        return output, [output]


def test_a_recurrent_layer_of_ones_own():
    steps = torch.ones(2, 3, 1)
    assert Decay(2)(steps)[0].tolist() == [1.75, 1.75]
    assert Decay(1, return_sequences=True)(steps)[0].flatten().tolist() == [1.0, 1.5, 1.75]
    mask = torch.tensor([[True, True, False], [True, True, True]])
    assert Decay(1)(steps, mask=mask).flatten().tolist() == [1.5, 1.75]
    model = models.Sequential([layers.Input((None, 1)), Decay(4)])
    assert model.output_shape == (None, 4)
    with pytest.raises(NotImplementedError, match="Recurrent has no step"):
        layer = layers.Recurrent()
        layer.output_dim, layer.states = 2, [None]
        layer(steps)


def test_a_stateful_recurrent_layer_of_ones_own_goes_on():
    layer, steps = Decay(1, stateful=True), torch.ones(1, 1, 1)
    assert [layer(steps).item(), layer(steps).item()] == [1.0, 1.5]
    layer.reset_states()
    assert layer(steps).item() == 1.0


@pytest.mark.parametrize("cls, plain", [(layers.CuDNNLSTM, layers.LSTM), (layers.CuDNNGRU, layers.GRU)])
def test_layers_that_asked_for_cudnn(cls, plain):
    x = torch.rand(2, 4, 3, generator=torch.Generator().manual_seed(0))
    with dialect("keras2.2"):
        layer = cls(5, return_sequences=True, kernel_regularizer="l2")
    same = plain(5, return_sequences=True)
    outputs = layer(x)
    same(x)
    same.set_weights(layer.get_weights())
    assert torch.allclose(outputs, same(x)) and len(layer.losses) == 1
    again = cls.from_config(layer.get_config())
    assert again.get_config() == layer.get_config() and again.kernel_path == "fused"


def test_a_wrapper_of_ones_own_builds_and_saves_the_layer_inside():
    class Twice(layers.Wrapper):
        def call(self, inputs):
            return 2 * self.layer(inputs)

    layer = Twice(layers.Dense(2, kernel_initializer="ones"))
    assert layer(A).tolist() == [[6.0, 6.0]] and len(layer.trainable_weights) == 2
    assert Twice.from_config(layer.get_config()).layer.units == 2
    with pytest.raises(ValueError, match="`layer` must be a layer, a model or a torch module; got 3"):
        layers.Wrapper(3)
