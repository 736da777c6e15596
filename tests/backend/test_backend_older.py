"""Keras 1's names and orders of arguments."""

import pytest
import torch

from keras_torch import backend as K
from keras_torch import dialects


def test_keras1_gives_the_output_before_the_target():
    target, output = torch.tensor([[0.0, 1.0]]), torch.tensor([[0.25, 0.75]])
    value = float(K.categorical_crossentropy(target, output))
    with dialects.dialect("keras1"):
        assert float(K.categorical_crossentropy(output, target)) == value
        assert float(K.sparse_categorical_crossentropy(output, torch.tensor([1]))) == pytest.approx(value)
        assert float(K.binary_crossentropy(output, target).sum()) == pytest.approx(2 * value)


def test_by_name_output_and_target_are_what_they_are_called():
    target, output = torch.tensor([[0.0, 1.0]]), torch.tensor([[0.25, 0.75]])
    value = float(K.categorical_crossentropy(target, output))
    with dialects.dialect("keras1"):
        assert float(K.categorical_crossentropy(target=target, output=output)) == value
        assert float(K.categorical_crossentropy(output, target=target)) == value
        with pytest.raises(TypeError, match="got `output` twice, .* the output comes first"):
            K.categorical_crossentropy(target, output=output)


def test_hints_for_theano_change_nothing_and_names_of_a_pair_are_x_and_y():
    image, kernel = torch.rand(1, 4, 4, 2), torch.rand(3, 3, 2, 5)
    hinted = K.conv2d(image, kernel, border_mode="valid", image_shape=(1, 4, 4, 2), filter_shape=(3, 3, 2, 5))
    assert torch.equal(hinted, K.conv2d(image, kernel))
    assert K.conv1d(torch.ones(1, 6, 2), torch.ones(3, 2, 4), stride=2, border_mode="same").shape == (1, 3, 4)
    assert bool(K.equal(x=torch.tensor(1), y=torch.tensor(1))) and float(K.maximum(x=1.0, y=2.0)) == 2.0
    assert K.expand_dims(torch.ones(2), dim=0).shape == (1, 2)
    assert float(K.random_uniform((1,), low=2.0, high=3.0)) >= 2.0
    with pytest.raises(TypeError, match="got `x` and `x1`, two names of one argument"):
        K.equal(x=1, x1=1, y=2)


def test_convolutions_under_their_names_of_keras1():
    image, kernel = torch.rand(1, 7, 7, 2), torch.rand(3, 3, 2, 4)
    assert torch.equal(K.atrous_conv2d(image, kernel, 2, dim_ordering="tf"), K.conv2d(image, kernel,
                                                                                     dilation_rate=(2, 2)))
    assert K.deconv2d(image, torch.rand(3, 3, 4, 2), (1, 9, 9, 4), border_mode="valid").shape == (1, 9, 9, 4)


def test_graphs_of_keras_2_3_are_entered_and_left_without_effect():
    assert K.symbolic(abs) is abs and K.eager(abs) is abs
    with K.control_dependencies([]):
        assert float(K.square(2.0)) == 4.0
    before = K.epsilon()
    K.set_epsilon(e=1e-5)
    assert K.epsilon() == 1e-5
    K.set_epsilon(before)


def test_an_ignored_class_counts_as_zero():
    values = K.sparse_categorical_crossentropy(
        torch.tensor([1, -1]), torch.full((2, 2), 0.5), ignore_class=-1
    )
    assert values.tolist() == pytest.approx([0.6931472, 0.0])


def test_arguments_of_keras1():
    image = torch.rand(1, 3, 4, 4)
    today = K.pool2d(image, (2, 2), padding="same", data_format="channels_first")
    assert torch.equal(K.pool2d(image, (2, 2), border_mode="same", dim_ordering="th"), today)
    assert K.one_hot([1], nb_classes=3).tolist() == [[0.0, 1.0, 0.0]]
    assert K.random_normal((2,), mean=1.0, std=0.0).tolist() == [1.0, 1.0]
    assert K.resize_images(image, 2, 2, "th").shape == (1, 3, 8, 8)
    assert K.spatial_2d_padding(image, (1, 2), dim_ordering="th").shape == (1, 3, 6, 8)
    assert K.asymmetric_spatial_2d_padding(image, 1, 0, 0, 1, dim_ordering="th").shape == (1, 3, 5, 5)
    assert K.temporal_padding(torch.ones(1, 2, 1), 2).shape == (1, 6, 1)
    assert K.batch_normalization(torch.ones(1, 1), *torch.zeros(2, 1), None, None, 0.25).tolist() == [[2.0]]


def test_names_of_keras1():
    assert K.lesser(torch.tensor(1), torch.tensor(2)) and K.pack([torch.ones(1)]).shape == (1, 1)
    assert K.get_variable_shape(K.zeros((2,))) == (2,)
    K.set_image_dim_ordering("th")
    assert K.image_data_format() == "channels_first" and K.image_dim_ordering() == "th"
    K.set_image_dim_ordering("tf")


def test_random_variables_and_draws():
    assert K.random_uniform_variable((3,), 1.0, 2.0).numpy().min() >= 1.0
    assert K.random_normal_variable((3,), 5.0, 0.0).numpy().tolist() == [5.0] * 3
    assert K.random_binomial((4,), p=1.0).tolist() == [1.0] * 4 and K.random_bernoulli(
        (1,), p=0.0
    ).tolist() == [0.0]
    assert float(K.truncated_normal((1000,), seed=1).abs().max()) <= 2.0
    assert torch.equal(K.random_uniform((3,), seed=3), K.random_uniform((3,), seed=3))
    assert K.random_uniform((50,), 0, 3, dtype="int32").max() <= 2
    dropped = K.dropout(torch.ones(1000), 0.25)
    assert 0.6 < float((dropped > 0).float().mean()) < 0.9 and float(dropped.max()) == pytest.approx(4 / 3)


def test_switch_with_functions_calls_only_the_chosen_one():
    assert K.switch(torch.tensor(True), lambda: 1, lambda: 1 / 0) == 1
    assert K.switch(torch.tensor([True, False]), torch.ones(2, 2), torch.zeros(2, 2)).tolist() == [
        [1, 1],
        [0, 0],
    ]


def test_ctc_decode_finds_the_labels():
    y_pred = torch.full((1, 4, 3), 0.1)
    y_pred[0, [0, 1, 2, 3], [0, 2, 1, 1]] = 0.8
    for greedy in (True, False):
        labels, scores = K.ctc_decode(y_pred / y_pred.sum(-1, keepdim=True), [4], greedy=greedy)
        assert labels[0].tolist() == [[0, 1]] and scores.shape == (1, 1)
