"""Automatic names, as each Keras generation counts them."""

from __future__ import annotations

import threading

import pytest

from keras_torch import layers
from keras_torch.base.names import reset_names, to_snake_case, unique_name
from keras_torch.dialects import dialect


def test_the_second_of_a_kind_has_number_1():
    assert [layers.Dense(1).name for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    assert layers.Conv2D(1, 1).name == "conv2d"


def test_names_start_again_after_a_reset():
    unique_name("dense")
    reset_names()
    assert unique_name("dense") == "dense"


@pytest.mark.parametrize("generation", ["keras1", "keras2.2", "keras2.3"])
def test_keras_1_and_2_count_from_1(generation):
    with dialect(generation):
        assert [layers.Dense(1).name for _ in range(2)] == ["dense_1", "dense_2"]


@pytest.mark.parametrize("generation", ["tf.keras", "keras3"])
def test_tf_keras_and_keras_3_leave_out_the_first_number(generation):
    with dialect(generation):
        assert [layers.Dense(1).name for _ in range(2)] == ["dense", "dense_1"]


def test_a_given_name_is_kept_and_not_counted():
    assert layers.Dense(1, name="head").name == "head"
    assert layers.Dense(1).name == "dense"


@pytest.mark.parametrize(
    "name, snake",
    [
        ("Dense", "dense"),
        ("Conv2D", "conv2d"),
        ("Conv2DTranspose", "conv2d_transpose"),
        ("LSTM", "lstm"),
        ("LayerNormalization", "layer_normalization"),
        ("ConvLSTM2D", "conv_lstm2d"),
        ("PReLU", "p_re_lu"),
        ("SimpleRNN", "simple_rnn"),
        ("my layer", "mylayer"),
    ],
)
def test_class_names_become_snake_case_as_keras_spells_them(name, snake):
    assert to_snake_case(name) == snake


def test_threads_never_get_the_same_name():
    names = []
    threads = [
        threading.Thread(target=lambda: names.extend(unique_name("a") for _ in range(50))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 200
