"""Small functions that only old generations had: against numbers of the real ones, and their errors."""

from __future__ import annotations

import hashlib
import importlib.util

import numpy as np
import pytest

from keras_torch import Input, Sequential, layers
from keras_torch.compat import old_utils


def test_lengths_of_windows():
    found = [old_utils.conv_output_length(10, 3, padding, 2, 2)
             for padding in ("valid", "same", "causal", "full")]
    assert found == [3, 5, 5, 7]  # as Keras 2.2.4 answers
    found = [old_utils.conv_input_length(5, 3, padding, 2) for padding in ("valid", "same", "full")]
    assert found == [11, 9, 7]
    assert old_utils.deconv_length(5, 2, 3, "valid", None) == 11
    assert old_utils.deconv_length(5, 2, 3, "full", 1) == 8
    lengths = (old_utils.conv_output_length, old_utils.conv_input_length, old_utils.deconv_length)
    assert [length(None, 3, "valid", 2) if length is not old_utils.deconv_length
            else length(None, 2, 3, "valid", None) for length in lengths] == [None] * 3


def test_lengths_refuse_an_unknown_padding():
    with pytest.raises(ValueError, match="`padding` must be one of"):
        old_utils.conv_output_length(10, 3, "around", 1)


def test_kernels_are_turned_and_turned_back():
    kernel = np.arange(2.0 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    turned = old_utils.convert_kernel(kernel)
    assert np.array_equal(turned[0, 0], kernel[1, 2])
    assert np.array_equal(old_utils.convert_kernel(turned), kernel)
    theano = np.moveaxis(kernel, (-1, -2), (0, 1))
    assert np.array_equal(old_utils.convert_kernel(theano, "th")[:, :, 0, 0], theano[:, :, 1, 2])
    with pytest.raises(ValueError, match="three to five axes"):
        old_utils.convert_kernel(np.zeros((2, 2)))


def test_all_kernels_of_a_model_are_turned():
    model = Sequential([Input((5, 5, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2)])
    before = model.get_weights()
    old_utils.convert_all_kernels_in_model(model)
    assert np.array_equal(model.get_weights()[0], before[0][::-1, ::-1])
    assert np.array_equal(model.get_weights()[2], before[2])


def test_a_dense_layer_follows_its_images_to_the_other_data_format():
    images = np.random.RandomState(0).rand(2, 3, 4, 5).astype("float32")  # channels last
    dense = layers.Dense(6)
    last = dense(images.reshape(2, -1)).detach()
    old_utils.convert_dense_weights_data_format(dense, (5, 3, 4), "channels_first")
    first = dense(np.moveaxis(images, -1, 1).reshape(2, -1)).detach()
    np.testing.assert_allclose(first, last, rtol=1e-5, atol=1e-6)
    old_utils.convert_dense_weights_data_format(dense, (3, 4, 5), "channels_last")
    np.testing.assert_allclose(dense(images.reshape(2, -1)).detach(), last, rtol=1e-5, atol=1e-6)


def test_tuples_of_sizes():
    with pytest.raises(ValueError, match="`strides` must be a tuple of 2 integers"):
        old_utils.normalize_tuple((1, 2, 3), 2, "strides")
    with pytest.raises(ValueError, match="`padding` must be one of"):
        old_utils.normalize_padding("full")


def test_names_in_a_module():
    with pytest.raises(ValueError, match="No thing is called 'no'"):
        old_utils.get_from_module("no", {}, "thing")
    assert old_utils.get_from_module({"name": "d", "a": 1}, {"d": dict}, "thing") == {"a": 1}
    assert old_utils.get_from_module(len, {}, "thing") is len


def test_rows_of_arrays():
    assert old_utils.slice_arrays(None) == [None]
    assert old_utils.slice_arrays(np.arange(4), [0, 3]).tolist() == [0, 3]
    assert old_utils.slice_arrays([np.arange(4)], 1, 3)[0].tolist() == [1, 2]


def test_files_are_checked_by_their_sum(tmp_path):
    (tmp_path / "file").write_bytes(b"keras")
    assert not old_utils.validate_file(tmp_path / "file", "0" * 32)
    assert old_utils.validate_file(tmp_path / "file", hashlib.sha256(b"keras").hexdigest())
    assert old_utils.validate_file(tmp_path / "file", hashlib.md5(b"keras").hexdigest(), chunk_size=2)


def test_the_question_before_overwriting_is_asked_again(monkeypatch):
    answers = iter(["what", "Y"])
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    assert old_utils.ask_to_proceed_with_overwrite("m.h5")


def test_several_gpus_are_refused_with_the_way_to_go():
    with pytest.raises(ValueError, match="multi_gpu_model.. is not provided; got gpus=2. .*torchrun"):
        old_utils.multi_gpu_model(None, gpus=2)


@pytest.mark.skipif(importlib.util.find_spec("yaml") is None, reason="PyYAML is not installed")
def test_yaml_of_old_keras_is_read_and_runs_nothing():
    text = ("backend: theano\nclass_name: Sequential\nconfig:\n- class_name: Dense\n  config:\n"
            "    units: 3\n    batch_input_shape: !!python/tuple [null, 4]\nkeras_version: 2.2.4\n")
    assert old_utils.model_from_yaml(text).output_shape == (None, 3)
    with pytest.raises(Exception, match="python/object"):
        old_utils.model_from_yaml("!!python/object/apply:os.getcwd []")


@pytest.mark.skipif(importlib.util.find_spec("yaml") is not None, reason="PyYAML is installed")
def test_yaml_asks_for_its_package():
    with pytest.raises(ImportError, match="pip install pyyaml"):
        old_utils.model_from_yaml("")


def test_scores_of_arrays():
    assert old_utils.count_total_params([]) == (0, 0)
    assert old_utils.probas_to_classes(np.array([[0.1, 0.9], [0.8, 0.2]])).tolist() == [1, 0]
    (x, y), (x_test, _) = old_utils.get_test_data(20, 5, (3,), (2,), classification=False)
    assert x.shape == (20, 3) and y.shape == (20, 2) and x_test.shape == (5, 3)
