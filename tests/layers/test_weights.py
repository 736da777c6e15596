"""How layers list their weights."""

import numpy as np
import pytest

import keras_torch as keras
from keras_torch.base.variable import Variable


class Listing(keras.layers.Layer):
    """Keras 1's habit: variables made by hand, and a list of those that are learned."""

    def build(self, input_shape):
        self.kernel = Variable(np.ones((input_shape[-1], 2), "float32"), name="kernel")
        self.scale = Variable(np.ones(2, "float32"), name="scale")
        self.trainable_weights = [self.kernel]

    def call(self, inputs):
        return inputs @ self.kernel * self.scale


def test_a_layer_may_list_its_trainable_weights():
    layer = Listing()
    layer.build((None, 3))
    assert [weight.name for weight in layer.trainable_weights] == ["kernel"]
    assert [weight.name for weight in layer.non_trainable_weights] == ["scale"]


def test_a_listed_weight_is_learned_and_the_others_stay():
    model = keras.Sequential([keras.Input((3,)), Listing()])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 3)), np.zeros((4, 2)), verbose=0)
    kernel, scale = model.get_weights()
    assert not np.array_equal(kernel, np.ones((3, 2))) and np.array_equal(scale, np.ones(2))


def test_frozen_layers_keep_unlisted_weights_frozen_when_they_thaw():
    layer = Listing()
    layer.build((None, 3))
    layer.trainable = False
    assert layer.trainable_weights == []
    layer.trainable = True
    assert [weight.name for weight in layer.trainable_weights] == ["kernel"]


def test_a_weight_in_no_attribute_is_registered_by_the_list():
    layer = keras.layers.Layer()
    layer.trainable_weights = [Variable([1.0], name="gain")]
    assert [weight.name for weight in layer.weights] == ["gain"]


def test_appending_to_the_private_list_of_keras2_changes_nothing():
    layer = keras.layers.Dense(1)
    layer.build((None, 1))
    layer._trainable_weights.append(layer.kernel)
    assert len(layer.trainable_weights) == 2


def test_only_variables_may_be_listed():
    with pytest.raises(ValueError, match="`trainable_weights` must be a list of variables"):
        keras.layers.Layer(name="x").trainable_weights = [3.0]
