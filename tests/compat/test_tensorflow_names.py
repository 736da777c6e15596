"""The numeric functions of TensorFlow on torch; expected values are TensorFlow's, written out."""

import logging
import re

import numpy as np
import pytest
import torch

from keras_torch.compat.install import install_as_keras, uninstall
from keras_torch.compat.modules import make_module
from keras_torch.compat.tensorflow_names import ADVICE, NAMES

tf = make_module("tensorflow")


@pytest.fixture(autouse=True)
def alias():
    """`tf.math` and the like are modules, found by the alias."""
    install_as_keras()
    yield
    uninstall()


X = [[1.0, 2.0], [3.0, 4.0]]

CASES = [
    ("reduce_mean", (X,), {"axis": 0}, [2.0, 3.0]),
    ("reduce_sum", (X,), {"axis": 1, "keepdims": True}, [[3.0], [7.0]]),
    ("reduce_max", (X,), {}, 4.0),
    ("reduce_min", (), {"input_tensor": X}, 1.0),
    ("reduce_all", ([True, False],), {}, False),
    ("square", (X,), {}, [[1.0, 4.0], [9.0, 16.0]]),
    ("sqrt", ([4.0, 9.0],), {}, [2.0, 3.0]),
    ("abs", ([-1.0, 2.0],), {}, [1.0, 2.0]),
    ("exp", ([0.0],), {}, [1.0]),
    ("pow", ([2.0, 3.0], 2.0), {}, [4.0, 9.0]),
    ("maximum", ([1.0, 5.0], [3.0, 2.0]), {}, [3.0, 5.0]),
    ("matmul", (X, X), {}, [[7.0, 10.0], [15.0, 22.0]]),
    ("matmul", (X, X), {"transpose_b": True}, [[5.0, 11.0], [11.0, 25.0]]),
    ("argmax", (X,), {}, [1, 1]),
    ("argmax", ([[1.0, 5.0], [7.0, 2.0]],), {"axis": 1}, [1, 0]),
    ("concat", ([X, X],), {"axis": 1}, [[1.0, 2.0, 1.0, 2.0], [3.0, 4.0, 3.0, 4.0]]),
    ("stack", ([[1, 2], [3, 4]],), {"axis": 1}, [[1, 3], [2, 4]]),
    ("reshape", (X, [4]), {}, [1.0, 2.0, 3.0, 4.0]),
    ("transpose", (X,), {}, [[1.0, 3.0], [2.0, 4.0]]),
    ("expand_dims", ([1, 2], 0), {}, [[1, 2]]),
    ("squeeze", ([[[1.0]], [[2.0]]],), {}, [1.0, 2.0]),
    ("one_hot", ([1, 0], 3), {}, [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
    ("one_hot", ([1], 2), {"on_value": 5.0, "off_value": -1.0}, [[-1.0, 5.0]]),
    ("gather", ([10, 20, 30], [2, 0]), {}, [30, 10]),
    ("where", ([True, False], [1.0, 2.0], [3.0, 4.0]), {}, [1.0, 4.0]),
    ("clip_by_value", ([-1.0, 0.5, 9.0], 0.0, 1.0), {}, [0.0, 0.5, 1.0]),
    ("range", (3,), {}, [0, 1, 2]),
    ("range", (1, 7, 3), {}, [1, 4]),
    ("fill", ([2], 7.0), {}, [7.0, 7.0]),
    ("tile", ([1, 2], [2]), {}, [1, 2, 1, 2]),
    ("pad", ([1.0, 2.0], [[1, 1]]), {}, [0.0, 1.0, 2.0, 0.0]),
    ("norm", ([3.0, 4.0],), {}, 5.0),
    ("norm", ([[3.0, 4.0], [6.0, 8.0]],), {"axis": 1}, [5.0, 10.0]),
    ("norm", ([[1.0, 1.0], [1.0, 1.0]],), {}, 2.0),
    ("math.log", ([1.0],), {}, [0.0]),
    ("math.reduce_std", ([1.0, 3.0],), {}, 1.0),
    ("math.softplus", ([0.0],), {}, [np.log(2.0)]),
    ("nn.relu", ([-1.0, 1.0],), {}, [0.0, 1.0]),
    ("nn.softmax", ([0.0, 0.0],), {}, [0.5, 0.5]),
    ("nn.softmax", (), {"logits": [[0.0, 0.0]], "axis": -1}, [[0.5, 0.5]]),
    ("linalg.norm", ([3.0, 4.0],), {}, 5.0),
    ("constant", (7,), {"shape": (2,)}, [7, 7]),
    ("constant", ([1, 2, 3, 4],), {"shape": (2, 2), "dtype": "float32"}, [[1.0, 2.0], [3.0, 4.0]]),
    ("identity", ([1.0],), {}, [1.0]),
    ("reverse", ([1, 2, 3],), {"axis": [0]}, [3, 2, 1]),
    ("zeros", ([2],), {}, [0.0, 0.0]),
    ("ones_like", ([3.0],), {}, [1.0]),
    ("eye", (2,), {}, [[1.0, 0.0], [0.0, 1.0]]),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "expected"), CASES)
def test_function_gives_tensorflows_numbers(name, args, kwargs, expected):
    result = NAMES[name](*args, **kwargs)
    assert isinstance(result, torch.Tensor)
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-6)


def test_split_and_unstack_give_lists():
    assert [part.tolist() for part in tf.split([1, 2, 3, 4], 2)] == [[1, 2], [3, 4]]
    assert [part.tolist() for part in tf.split([1, 2, 3], [1, 2])] == [[1], [2, 3]]
    assert [part.tolist() for part in tf.unstack([[1, 2], [3, 4]], axis=1)] == [[1, 3], [2, 4]]
    with pytest.raises(ValueError, match="tf.split: `num_or_size_splits` must be a divisor of 3; got 2"):
        tf.split([1, 2, 3], 2)


def test_dtypes_are_torchs():
    assert tf.float32 is torch.float32 and tf.dtypes.int64 is torch.int64
    assert tf.cast([1.7], tf.int32).tolist() == [1]
    assert tf.constant([1.0, 2.0]).dtype is torch.float32


def test_variable_can_be_assigned():
    variable = tf.Variable([1.0, 2.0], name="v")
    variable.assign([3.0, 4.0])
    assert variable.numpy().tolist() == [3.0, 4.0] and isinstance(variable, torch.nn.Parameter)


def test_seeds_make_draws_repeatable():
    tf.random.set_seed(3)
    first = tf.random.normal([4])
    tf.random.set_seed(3)
    assert torch.equal(first, tf.random.normal([4]))
    assert torch.equal(tf.random.uniform((3,), seed=1), tf.random.uniform((3,), seed=1))
    assert sorted(tf.random.shuffle([1, 2, 3]).tolist()) == [1, 2, 3]


def test_uniform_integers_need_an_upper_end():
    assert 2 <= int(tf.random.uniform((), 2, 5, dtype=tf.int32)) < 5
    with pytest.raises(ValueError, match="`maxval` must be given for an integer dtype"):
        tf.random.uniform((2,), dtype="int32")


def test_function_decorator_returns_the_function():
    def double(x):
        return 2 * x

    assert tf.function(double) is double and tf.function()(double) is double
    with pytest.raises(TypeError, match="jit_compile"):
        tf.function(jit_compile=True)


def test_devices_can_be_listed():
    assert [device.name for device in tf.config.list_physical_devices("CPU")] == ["/physical_device:CPU:0"]
    assert repr(tf.config.list_physical_devices()[0]).startswith(
        "PhysicalDevice(name='/physical_device:CPU:0'"
    )
    assert len(tf.config.experimental.list_physical_devices("GPU")) == torch.cuda.device_count()
    assert tf.test.gpu_device_name() == ("/device:GPU:0" if torch.cuda.is_available() else "")
    tf.config.experimental.set_memory_growth(tf.config.list_physical_devices()[0], True)
    with pytest.raises(ValueError, match="`enable` must be True; got False. PyTorch always takes"):
        tf.config.experimental.set_memory_growth(tf.config.list_physical_devices()[0], False)


def test_small_things():
    assert tf.executing_eagerly() and tf.is_tensor(torch.ones(1)) and tf.rank(X) == 2
    assert tuple(tf.shape(X)) == (2, 2)
    assert isinstance(tf.get_logger(), logging.Logger)
    with pytest.raises(ValueError, match="too big"):
        tf.debugging.Assert([True, False], "too big")


@pytest.mark.parametrize("name", sorted(set(ADVICE) - {"compat", "contrib", "data"}))
def test_advice_is_given_for_names_that_are_missing(name):
    with pytest.raises(AttributeError, match=re.escape(ADVICE[name])):
        getattr(tf, name)


def test_advice_is_given_below_packages_that_lead_to_keras():
    with pytest.raises(AttributeError, match=re.escape(ADVICE["data"])):
        tf.data.TFRecordDataset  # noqa: B018
    with pytest.raises(AttributeError, match=re.escape(ADVICE["compat"])):
        tf.compat.v1.Session  # noqa: B018 - the access is the test
    with pytest.raises(AttributeError, match=re.escape(ADVICE["contrib"])):
        tf.contrib.rnn  # noqa: B018
