"""Symbols, functions of them, variables and sessions."""

import numpy as np
import pytest
import torch

from keras_torch import backend as K
from keras_torch.layers import Dense, Dropout, Input, Lambda, Layer
from keras_torch.models import Model, Sequential


def test_function_takes_and_gives_lists_of_arrays():
    x, y = Input((2,)), K.placeholder((None, 2))
    together = K.function([x, y], [x + y, K.sum(x, axis=-1)])
    total, sums = together([np.ones((3, 2)), np.full((3, 2), 2.0)])
    assert isinstance(total, np.ndarray) and total.tolist() == [[3.0, 3.0]] * 3
    assert sums.tolist() == [2.0] * 3


def test_function_of_one_output_gives_one_array():
    x = Input((2,))
    assert K.function([x], x * 2)([np.ones((1, 2))]).tolist() == [[2.0, 2.0]]


def test_function_sees_inner_layers_and_values_of_variables():
    model = Sequential([Input((3,)), Dense(4, activation="relu"), Dense(2)])
    inner = K.function([model.input], [model.layers[0].output, model.layers[0].kernel])
    x = np.random.rand(5, 3)
    found, kernel = inner([x])
    assert np.allclose(found, model.layers[0](x.astype("float32")).detach().numpy(), atol=1e-6)
    K.set_value(model.layers[0].kernel, np.zeros((3, 4)))
    assert inner([x])[1].sum() == 0 and kernel.sum() != 0


def test_learning_phase_among_the_inputs_decides_about_dropout():
    x = Input((200,))
    outputs = K.function([x, K.learning_phase()], [Dropout(0.5)(x)])
    data = np.ones((1, 200))
    assert outputs([data, 0])[0].min() == 1.0
    assert outputs([data, 1])[0].min() == 0.0


def test_set_learning_phase_holds_until_the_session_is_cleared():
    model = Sequential([Input((200,)), Dropout(0.5)])
    data = np.ones((1, 200), "float32")
    K.set_learning_phase(1)
    assert float(model(data).min()) == 0.0 and K.learning_phase() == 1
    K.clear_session()
    assert float(model(data).min()) == 1.0 and K.learning_phase() == 0
    with K.learning_phase_scope(1):
        assert K.in_train_phase(lambda: "training", lambda: "evaluation") == "training"
        assert K.in_test_phase("evaluation", "training") == "training"


def test_a_layer_without_training_argument_asks_the_backend():
    class Noisy(Layer):
        def call(self, x, mask=None):
            return K.in_train_phase(x + 1.0, x)

    layer = Noisy()
    assert float(layer(torch.zeros(1))) == 0.0
    assert float(layer.train()(torch.zeros(1))) == 1.0


def test_in_train_phase_of_symbols_follows_the_model():
    x = Input((2,))
    model = Model(x, K.in_train_phase(x * 0.0, x))
    assert float(model(torch.ones(1, 2)).sum()) == 2.0
    assert float(model.train()(torch.ones(1, 2)).sum()) == 0.0
    assert float(model.eval()(torch.ones(1, 2), training=True).sum()) == 0.0


@pytest.mark.parametrize(
    "make",
    [
        lambda x: K.dot(x, K.ones((4, 5))),
        lambda x: K.batch_dot(x, x, axes=2),
        lambda x: K.batch_flatten(x),
        lambda x: K.mean(x, axis=[1, 2]),
        lambda x: K.concatenate([x, x]),
        lambda x: K.repeat_elements(x, 2, 1),
        lambda x: K.l2_normalize(x, axis=-1),
        lambda x: K.clip(x, 0.0, 1.0),
        lambda x: K.relu(x, alpha=0.1),
        lambda x: K.permute_dimensions(x, (0, 2, 1)),
        lambda x: K.temporal_padding(x),
        lambda x: K.cast(x, "int32"),
        lambda x: K.one_hot(K.argmax(x), 4),
        lambda x: K.reshape(x, (-1, K.int_shape(x)[1] * 4)),
        lambda x: K.switch(x > 0, x, -x),
        lambda x: K.sqrt(x) + K.epsilon(),
        lambda x: K.softmax(x),
        lambda x: K.gather(K.ones((3, 2)), K.cast(x * 0, "int32")),
        lambda x: K.conv1d(x, K.ones((2, 4, 3))),
        lambda x: K.rnn(lambda i, s: (i + s[0], [i + s[0]]), x, [x[:, 0] * 0])[0],
        lambda x: K.categorical_crossentropy(x, K.softmax(x)),
        lambda x: K.stop_gradient(x),
        lambda x: K.squeeze(x[:, :1], 1),
        lambda x: K.batch_normalization(x, K.zeros((4,)), K.ones((4,)), None, None),
        lambda x: K.tile(x, (1, 2, 1)),
        lambda x: K.stack([x, x], axis=1),
        lambda x: K.bias_add(x, K.ones((4,))),
        lambda x: K.identity(x),
    ],
)
def test_functions_record_themselves_on_symbols(make):
    x = Input((3, 4))
    data = torch.rand(2, 3, 4)
    eager = make(data).detach()
    model = Model(x, make(x))
    assert tuple(model.outputs[0].shape)[1:] == tuple(eager.shape)[1:]
    assert torch.allclose(model(data).detach().float(), eager.float(), atol=1e-6)
    inside = Model(x, Lambda(make)(x))
    assert torch.allclose(inside(data).detach().float(), eager.float(), atol=1e-6)


def test_random_numbers_in_a_lambda_take_their_sizes_from_the_batch():
    def sample(parts):
        mean, log_variance = parts
        noise = K.random_normal(shape=(K.shape(mean)[0], K.int_shape(mean)[1]))
        return mean + K.exp(log_variance / 2) * noise

    x = Input((3,))
    model = Model(x, Lambda(sample)([Dense(2)(x), Dense(2)(x)]))
    assert tuple(model(torch.rand(5, 3)).shape) == (5, 2)


def test_variables_change_at_once():
    weight = K.variable(np.ones((2,)), name="weight")
    assert weight.name == "weight" and K.is_variable(weight) and not K.is_variable(torch.zeros(1))
    K.update_add(weight, 1.0)
    K.update_sub(weight, 0.5)
    K.moving_average_update(weight, torch.zeros(2), 0.5)
    assert K.get_value(weight).tolist() == [0.75, 0.75]
    K.batch_set_value([(weight, [1.0, 2.0])])
    assert K.batch_get_value([weight])[0].tolist() == [1.0, 2.0]
    assert K.eval(weight * 2).tolist() == [2.0, 4.0]


def test_facts_about_tensors():
    x = K.placeholder(ndim=3)
    assert K.int_shape(x) == (None, None, None) and K.ndim(x) == 3 and K.is_keras_tensor(x)
    assert K.is_placeholder(x) and not K.is_placeholder(x * 2) and K.is_tensor(x)
    assert K.dtype(K.constant(1.0, shape=(2,))) == "float32" and K.count_params(K.zeros((2, 3))) == 6
    assert K.constant([1, 2, 3, 4], shape=(2, 2)).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert not K.is_sparse(torch.zeros(1)) and K.to_dense(torch.ones(1).to_sparse()).tolist() == [1.0]
    assert K.cast_to_floatx(torch.tensor([1])).dtype == torch.float32
    assert K.get_uid("x") == 1 and K.get_uid("x") == 2 and K.backend() == "torch"
    K.reset_uids()
    assert K.get_uid("x") == 1 and K.image_dim_ordering() == "tf"


@pytest.mark.parametrize(
    "call, error, sentence",
    [
        (lambda: K.get_session(), NotImplementedError, r"K\.get_session\(\) belongs to TensorFlow 1"),
        (lambda: K.set_session(None), NotImplementedError, r"K\.set_session\(\) belongs to TensorFlow 1"),
        (lambda: K.function([], [], updates=[1]), ValueError, "takes no `updates` here"),
        (lambda: K.function([], [], options=1), ValueError, "got options, options of a TensorFlow session"),
        (
            lambda: K.function([K.placeholder((2,))], [])([]),
            ValueError,
            r"takes 1 input\(s\) in one list; got 0",
        ),
        (lambda: K.placeholder(), ValueError, "needs `shape` or `ndim`; got neither"),
        (lambda: K.placeholder((1,), sparse=True), ValueError, "`sparse` must be False"),
        (
            lambda: K.set_value(torch.zeros(1), 1),
            TypeError,
            r"K\.set_value\(\) changes a variable; got Tensor",
        ),
        (lambda: K.set_learning_phase(2), ValueError, "`value` must be 0 or 1; got 2"),
        (lambda: K.learning_phase_scope(2).__enter__(), ValueError, "`value` must be 0 or 1; got 2"),
        (
            lambda: K.manual_variable_initialization(True),
            ValueError,
            "a variable has its value from the beginning",
        ),
        (lambda: K.get_value(Input((2,))), TypeError, "has no value yet"),
        (lambda: K.batch_dot(torch.ones(2), torch.ones(2, 2)), ValueError, "needs tensors with a batch axis"),
        (
            lambda: K.batch_dot(torch.ones(2, 2), torch.ones(2, 2), axes=0),
            ValueError,
            "axes other than 0, the batch",
        ),
        (
            lambda: K.batch_dot(torch.ones(2, 2), torch.ones(2, 2), axes="x"),
            ValueError,
            "an integer or two of them",
        ),
        (lambda: K.batch_dot(torch.ones(2, 2), torch.ones(2, 3)), ValueError, "must have one size"),
        (lambda: K.rnn(None, torch.ones(1, 0, 2), []), ValueError, "needs at least one step"),
        (
            lambda: K.rnn(None, torch.ones(1, 2, 2), [], input_length=3),
            ValueError,
            "`input_length` must be 2",
        ),
        (
            lambda: K.pool2d(torch.ones(1, 2, 2, 1), 2, pool_mode="sum"),
            ValueError,
            "`pool_mode` must be 'max' or 'avg'",
        ),
        (lambda: K.bias_add(torch.ones(1, 2), torch.ones(1), "NHWC"), ValueError, "`data_format` must be"),
        (lambda: K.bias_add(torch.ones(1, 2), torch.ones(1, 1, 1)), ValueError, "a vector or 1 axes"),
        (lambda: K.set_image_dim_ordering("up"), ValueError, "`dim_ordering` must be 'tf' or 'th'"),
        (
            lambda: K.conv2d(None, None, padding="same", border_mode="same"),
            TypeError,
            "two names of one argument",
        ),
        (
            lambda: K.ctc_label_dense_to_sparse([], []),
            NotImplementedError,
            "makes a TensorFlow sparse tensor",
        ),
    ],
)
def test_errors_tell_the_way_out(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()


def test_print_tensor_prints_and_gives_the_tensor_back(capsys):
    x = torch.arange(3.0)
    assert K.print_tensor(x, "x = ") is x
    assert capsys.readouterr().out == "x = [0. 1. 2.]\n"
