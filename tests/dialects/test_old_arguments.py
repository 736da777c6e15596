"""Arguments of older generations: names, order, packed sizes, values, and those that are gone."""

import numpy as np
import pytest

import keras_torch as keras
from keras_torch import callbacks, initializers, layers, losses, metrics, optimizers
from keras_torch.dialects import dialect


def made(generation, make):
    with dialect(generation):
        return make()


ORTHOGONAL1 = initializers.Orthogonal(gain=1.1)  # what "orthogonal" is in Keras 1

# generation, old way of writing, today's way of writing
SAME = [
    (
        "keras1",
        lambda: layers.Dense(4, "uniform", "tanh"),
        lambda: layers.Dense(4, "tanh", kernel_initializer="uniform"),
    ),
    (
        "keras1",
        lambda: layers.Dense(output_dim=4, init="zero", bias=False),
        lambda: layers.Dense(4, kernel_initializer="zeros", use_bias=False),
    ),
    (
        "keras1",
        lambda: layers.Convolution2D(8, 3, 5, border_mode="same", subsample=(2, 1)),
        lambda: layers.Conv2D(8, (3, 5), padding="same", strides=(2, 1)),
    ),
    (
        "keras1",
        lambda: layers.Convolution2D(nb_filter=8, nb_row=3, nb_col=5, dim_ordering="th", activation="relu"),
        lambda: layers.Conv2D(8, (3, 5), data_format="channels_first", activation="relu"),
    ),
    (
        "keras1",
        lambda: layers.Convolution2D(8, (3, 3), border_mode="same"),
        lambda: layers.Conv2D(8, (3, 3), padding="same"),
    ),
    (
        "keras1",
        lambda: layers.Convolution3D(8, 1, 2, 3, "he_normal"),
        lambda: layers.Conv3D(8, (1, 2, 3), kernel_initializer="he_normal"),
    ),
    (
        "keras1",
        lambda: layers.Convolution1D(8, 3, "he_normal", "relu", subsample_length=2),
        lambda: layers.Conv1D(8, 3, 2, activation="relu", kernel_initializer="he_normal"),
    ),
    ("keras1", lambda: layers.MaxPooling1D(pool_length=3, stride=2), lambda: layers.MaxPooling1D(3, 2)),
    (
        "keras1",
        lambda: layers.MaxPooling2D((2, 2), (1, 1), "same", "th"),
        lambda: layers.MaxPooling2D((2, 2), (1, 1), "same", "channels_first"),
    ),
    (
        "keras1",
        lambda: layers.LSTM(4, "uniform", "orthogonal", "one", "tanh", "sigmoid", consume_less="gpu"),
        lambda: layers.LSTM(
            4, kernel_initializer="uniform", recurrent_initializer=ORTHOGONAL1, implementation=2
        ),
    ),
    (
        "keras1",
        lambda: layers.LSTM(4, forget_bias_init="zero", inner_activation="sigmoid", consume_less="gpu"),
        lambda: layers.LSTM(4, unit_forget_bias=False, recurrent_initializer=ORTHOGONAL1),
    ),
    (
        "keras1",
        lambda: layers.GRU(4, inner_activation="sigmoid", dropout_W=0.1, dropout_U=0.2, consume_less="mem"),
        lambda: layers.GRU(
            4,
            reset_after=False,
            dropout=0.1,
            recurrent_dropout=0.2,
            implementation=1,
            recurrent_initializer=ORTHOGONAL1,
        ),
    ),
    (
        "keras1",
        lambda: layers.SimpleRNN(4, "uniform", "identity", "relu"),
        lambda: layers.SimpleRNN(4, "relu", kernel_initializer="uniform", recurrent_initializer="identity"),
    ),
    (
        "keras1",
        lambda: layers.BatchNormalization(1e-5, 0, 1, 0.9),
        lambda: layers.BatchNormalization(1, 0.9, 1e-5),
    ),
    (
        "keras1",
        lambda: layers.Embedding(9, 4, "normal", W_constraint="nonneg"),
        lambda: layers.Embedding(9, 4, "normal", embeddings_constraint="nonneg"),
    ),
    ("keras1", lambda: layers.Dropout(p=0.25), lambda: layers.Dropout(0.25)),
    ("keras1", lambda: layers.GaussianNoise(sigma=0.25), lambda: layers.GaussianNoise(0.25)),
    ("keras1", lambda: layers.PReLU(init="one"), lambda: layers.PReLU(alpha_initializer="ones")),
    (
        "keras2.2",
        lambda: layers.Conv2D(8, 3, 2, "same", None, 1, "relu"),
        lambda: layers.Conv2D(8, 3, 2, "same", activation="relu"),
    ),
    (
        "keras2.3",
        lambda: layers.Conv1D(8, 3, 1, "same", "channels_last", 2, "relu", False),
        lambda: layers.Conv1D(8, 3, 1, "same", dilation_rate=2, activation="relu", use_bias=False),
    ),
    (
        "tf.keras",
        lambda: layers.Embedding(9, 4, "normal", None, None, None, True),
        lambda: layers.Embedding(9, 4, "normal", mask_zero=True),
    ),
    (
        "tf.keras",
        lambda: layers.BatchNormalization(fused=True, virtual_batch_size=None, dynamic=False),
        layers.BatchNormalization,
    ),
    ("tf.keras", lambda: layers.LeakyReLU(alpha=0.1), lambda: layers.LeakyReLU(0.1)),
    (
        "keras1",
        lambda: optimizers.SGD(0.1, 0.9, 1e-6, True),
        lambda: optimizers.SGD(0.1, 0.9, decay=1e-6, nesterov=True),
    ),
    (
        "keras2.2",
        lambda: optimizers.Adam(0.1, 0.8, 0.9, 1e-5, 0.01, True),
        lambda: optimizers.Adam(0.1, 0.8, 0.9, 1e-5, decay=0.01, amsgrad=True),
    ),
    (
        "keras2.2",
        lambda: optimizers.RMSprop(lr=0.1, rho=0.8, epsilon=1e-5, decay=0.0),
        lambda: optimizers.legacy.RMSprop(0.1, 0.8, epsilon=1e-5, decay=0.0),
    ),
    (
        "keras2.2",
        lambda: optimizers.Nadam(0.1, 0.8, 0.9, 1e-5, 0.004),
        lambda: optimizers.Nadam(0.1, 0.8, 0.9, 1e-5, schedule_decay=0.004),
    ),
    ("tf.keras", lambda: optimizers.Adam(0.1, jit_compile=True), lambda: optimizers.Adam(0.1)),
]


@pytest.mark.parametrize("generation, old, today", SAME, ids=[str(index) for index in range(len(SAME))])
def test_an_old_way_of_writing_makes_the_same_object(generation, old, today):
    expected = today()
    before, after = made(generation, old).get_config(), expected.get_config()
    before.pop("name"), after.pop("name")
    for config in (before, after):  # the arguments are the same, the formula may be that of its time
        config.pop("is_legacy_optimizer", None)
    assert before == after


def test_an_input_length_by_position_fixes_the_input():
    layer = made("keras1", lambda: layers.Embedding(9, 4, "uniform", 7))
    assert layer._batch_input_shape == (None, 7)


def test_the_order_of_today_holds_in_the_present_generation():
    assert layers.Dense(4, "relu").activation is keras.activations.relu


def test_a_subclass_of_the_user_gets_the_defaults_of_its_generation():
    class Mine(layers.LSTM):
        pass

    made_then = made("keras2.2", lambda: Mine(4))
    assert made_then.get_config()["recurrent_activation"].startswith("hard_sigmoid")


def test_a_subclass_of_the_user_may_pass_old_names_on():
    class Mine(layers.Dense):
        def __init__(self, width, **kwargs):
            super().__init__(width, "uniform", "relu", **kwargs)

    layer = made("keras1", lambda: Mine(4, W_regularizer="l2"))
    assert layer.activation is keras.activations.relu and layer.kernel_regularizer is not None


def test_names_and_losses_of_metrics_come_first_up_to_tf_keras():
    class Mine(keras.metrics.Metric):
        def __init__(self, name="mine", dtype=None):
            super().__init__(name, dtype)

        def update_state(self, y_true, y_pred, sample_weight=None):
            pass

    assert made("tf.keras", Mine).name == "mine"


def test_an_argument_under_two_names_is_refused():
    with pytest.raises(TypeError, match="`output_dim` and `units`, two names of one argument"):
        layers.Dense(units=3, output_dim=3)


def test_an_argument_by_old_position_and_by_name_is_refused():
    with pytest.raises(TypeError, match="got `init` twice, by position and by name"):
        made("keras1", lambda: layers.Dense(3, "uniform", init="zero"))


def test_an_argument_that_is_gone_is_refused_with_the_way_out():
    with pytest.raises(
        ValueError, match="`virtual_batch_size`, an argument of Keras up to tf.keras, cannot be 2. Statistics"
    ):
        made("tf.keras", lambda: layers.BatchNormalization(virtual_batch_size=2))


def test_values_of_old_arguments_that_mean_nothing_today_are_refused():
    with pytest.raises(ValueError, match="`implementation` must be"):
        made("keras1", lambda: layers.LSTM(3, consume_less="all"))


def test_kernel_sizes_of_keras1_make_the_same_kernel():
    layer = made("keras1", lambda: layers.Convolution2D(2, 3, 5, input_shape=(8, 8, 1)))
    layer.build((None, 8, 8, 1))
    assert tuple(layer.kernel.shape) == (3, 5, 1, 2)
    assert np.prod(layer.compute_output_shape((None, 8, 8, 1))[1:]) == 6 * 4 * 2


def test_losses_and_metrics_of_one_name_have_an_order_each():
    with dialect("keras2.3"):
        assert losses.BinaryCrossentropy(True, 0.1, "sum").reduction == "sum"
        assert losses.SparseCategoricalCrossentropy(True, "sum", "mine").name == "mine"
        assert metrics.BinaryCrossentropy("mine", None, True).from_logits is True
        assert metrics.SparseCategoricalCrossentropy("mine", None, True, 1).axis == 1
    assert losses.BinaryCrossentropy(True, 0.1, 1, "sum").axis == 1


def test_cells_and_depthwise_convolutions_by_position():
    with dialect("keras2.2"):
        cell = layers.GRUCell(3, "tanh", "sigmoid", True, *["zeros"] * 3, *[None] * 6, 0.1, 0.2, 1, True)
        assert (cell.dropout, cell.recurrent_dropout, cell.reset_after) == (0.1, 0.2, True)
        depthwise = layers.DepthwiseConv2D(3, (1, 1), "same", 2, "channels_first", "relu")
    assert depthwise.data_format == "channels_first" and depthwise.dilation_rate == (1, 1)
    assert depthwise.get_config()["activation"] == "relu"


def test_a_name_is_the_second_argument_of_an_old_sequential():
    with dialect("keras2.3"):
        model = keras.Sequential([layers.Dense(2)], "mine")
    assert model.name == "mine" and model.trainable


def test_the_last_argument_of_an_old_checkpoint_is_its_period():
    with dialect("keras2.2"):
        saved = callbacks.ModelCheckpoint("w.h5", "loss", 0, True, False, "min", 3)
    assert (saved.period, saved.save_freq) == (3, "epoch")
    assert callbacks.ModelCheckpoint("w.keras", "loss", 0, True, False, "min", 3).save_freq == 3
