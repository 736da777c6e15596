"""Embedding: masks, start values, index ranges, types of indices."""

import numpy as np
import pytest
import torch

from keras_torch.layers.embedding import Embedding

MATRIX = np.arange(6.0, dtype="float32").reshape(3, 2)


@pytest.mark.parametrize(
    "indices",
    [
        torch.tensor([[0, 2]]),
        torch.tensor([[0, 2]], dtype=torch.int32),
        torch.tensor([[0.0, 2.0]]),
        torch.tensor([[0, 2]], dtype=torch.uint8),
        np.array([[0, 2]]),
        [[0, 2]],
    ],
)
def test_indices_of_any_type_look_up_rows(indices):
    assert Embedding(3, 2, weights=[MATRIX])(indices).tolist() == [[[0.0, 1.0], [4.0, 5.0]]]


@pytest.mark.parametrize("weights", [MATRIX, [MATRIX], MATRIX.tolist(), [torch.tensor(MATRIX)]])
def test_start_values_may_be_given(weights):
    layer = Embedding(3, 2, weights=weights)
    assert layer.built and np.array_equal(layer.get_weights()[0], MATRIX)
    assert "weights" not in layer.get_config()


def test_mask_zero_masks_index_zero():
    outputs = Embedding(3, 2, mask_zero=True)(torch.tensor([[1, 0]]))
    assert outputs._keras_mask.tolist() == [[True, False]]
    assert getattr(Embedding(3, 2)(torch.tensor([[1, 0]])), "_keras_mask", None) is None


def test_large_indices_survive_short_float_types():
    layer = Embedding(1000, 1, embeddings_initializer="zeros", dtype="mixed_bfloat16")
    layer(torch.tensor([[0.0]]))
    layer.set_weights([np.arange(1000.0)[:, None]])
    outputs = layer(torch.tensor([[513.0]]))
    assert outputs.dtype == torch.bfloat16
    assert outputs.detach().item() == 512.0  # the value is rounded, the index is not


def test_gradient_reaches_the_rows_that_were_used():
    layer = Embedding(3, 2)
    layer(torch.tensor([[1, 1]])).sum().backward()
    assert layer.embeddings.grad.tolist() == [[0.0, 0.0], [2.0, 2.0], [0.0, 0.0]]


def test_config_is_that_of_keras():
    config = Embedding(3, 2, mask_zero=True, name="words").get_config()
    assert {name: config[name] for name in ("input_dim", "output_dim", "mask_zero", "name")} == {
        "input_dim": 3,
        "output_dim": 2,
        "mask_zero": True,
        "name": "words",
    }
    assert Embedding.from_config(config).get_config() == config


def test_input_length_of_keras1_and_2_is_the_number_of_steps():
    assert Embedding(3, 2, input_length=5)._batch_input_shape == (None, 5)
    assert Embedding(3, 2, input_length=(5, 4))._batch_input_shape == (None, 5, 4)


def test_empty_batches_pass():
    assert Embedding(3, 2)(torch.zeros(0, 4, dtype=torch.int64)).shape == (0, 4, 2)


@pytest.mark.parametrize("index", [3, -1])
def test_index_out_of_range_names_the_range(index):
    with pytest.raises(ValueError, match=r'Embedding "words": indices must be from 0 to 2 .* got -?\d to \d'):
        Embedding(3, 2, name="words")(torch.tensor([[0, index]]))


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Embedding(0, 2), "`input_dim` must be a positive integer; got 0"),
        (lambda: Embedding(3, None), "`output_dim` must be a positive integer; got None"),
        (lambda: Embedding(None, 2), "`input_dim` must be a positive integer; got None"),
        (
            lambda: Embedding(3, 2, weights=[np.zeros((2, 2))]),
            r"has shape \(3, 2\); set_weights\(\) got \(2, 2\)",
        ),
        (lambda: Embedding(3, 2, mask_zero="yes"), "`mask_zero` must be True or False"),
    ],
)
def test_wrong_use_is_explained(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_dropout_leaves_out_indices_wherever_they_stand():
    torch.manual_seed(0)
    layer = Embedding(50, 2, embeddings_initializer="ones", dropout=0.5)
    indices = torch.arange(50).repeat(3, 1)
    vectors = layer(indices, training=True)
    assert sorted(set(vectors.flatten().tolist())) == [0.0, 2.0]
    assert torch.equal(vectors[0], vectors[1]) and torch.equal(vectors[..., 0], vectors[..., 1])
    assert torch.equal(layer(indices), torch.ones(3, 50, 2))


def test_dropout_stands_in_the_config_only_where_there_is_some():
    assert "dropout" not in Embedding(5, 2).get_config()
    assert Embedding.from_config(Embedding(5, 2, dropout=0.25).get_config()).dropout == 0.25


def test_dropout_must_be_a_fraction():
    with pytest.raises(ValueError, match="`dropout` must be"):
        Embedding(5, 2, dropout=1.5)
