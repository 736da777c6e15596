"""K.gradients: visualisations of Keras 1 and 2 (class activation maps, deep dream, style) compute with it."""

from __future__ import annotations

import numpy as np
import torch

import keras_torch as keras
from keras_torch import backend as K
from keras_torch import layers

X = torch.linspace(-1, 1, 2 * 6 * 6 * 3).reshape(2, 6, 6, 3)


def convnet():
    return keras.Sequential([
        keras.Input((6, 6, 3)), layers.Conv2D(4, 3, activation="relu", name="last_conv"),
        layers.GlobalAveragePooling2D(), layers.Dense(5, name="scores")])  # fmt: skip


def test_gradients_of_values():
    x = K.variable([1.0, 2.0])
    assert K.gradients(K.sum(K.square(x)), x)[0].tolist() == [2.0, 4.0]


def test_gradients_for_the_input_of_a_model():
    model = convnet()
    loss = K.mean(model.output[:, 2])
    grads = K.gradients(loss, model.input)[0]
    assert grads.shape == (None, 6, 6, 3)
    iterate = K.function([model.input], [loss, grads])
    value, found = iterate([X])
    x = X.clone().requires_grad_()
    expected = model(x)[:, 2].mean()
    np.testing.assert_allclose(value, expected.item(), rtol=1e-6)
    np.testing.assert_allclose(found, torch.autograd.grad(expected, x)[0], rtol=1e-5, atol=1e-9)


def test_a_class_activation_map():
    """Gradients for the output of an inner layer, used together with that output."""
    model = convnet()
    last_conv = model.get_layer("last_conv")
    grads = K.gradients(model.output[:, 1], last_conv.output)[0]
    pooled = K.mean(grads, axis=(0, 1, 2))
    iterate = K.function([model.input], [pooled, last_conv.output[0]])
    weights, maps = iterate([X[:1]])
    features = last_conv(X[:1]).detach().requires_grad_()
    score = model.get_layer("scores")(features.mean((1, 2)))[:, 1].sum()
    expected = torch.autograd.grad(score, features)[0].mean((0, 1, 2))
    np.testing.assert_allclose(weights, expected, rtol=1e-5)
    np.testing.assert_allclose(maps, features.detach()[0], rtol=1e-6)


def test_normalized_gradients_climb():
    """Deep dream: steps along the gradient raise what the filter sees."""
    model = convnet()
    loss = K.mean(model.get_layer("last_conv").output[:, :, :, 0])
    grads = K.gradients(loss, model.input)[0]
    grads /= K.sqrt(K.mean(K.square(grads))) + 1e-5
    iterate = K.function([model.input], [loss, grads])
    image, values = X[:1].numpy(), []
    for _ in range(5):
        value, step = iterate([image])
        values.append(float(value))
        image = image + step * 0.5
    assert values == sorted(values) and values[-1] > values[0]


def test_gradients_for_weights():
    model = convnet()
    loss = K.sum(model.output)
    found = K.function([model.input], K.gradients(loss, model.trainable_weights))([X])
    expected = torch.autograd.grad(model(X).sum(), list(model.trainable_weights))
    for ours, theirs in zip(found, expected):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


def test_two_losses_and_two_inputs():
    a, b, unused = keras.Input((2,)), keras.Input((2,)), keras.Input((2,))
    found = K.gradients([a * b, K.square(a)], [a, b, unused])
    assert found[2] is None
    grads = K.function([a, b], found[:2])([[[1.0, 2.0]], [[3.0, 4.0]]])
    assert [grad.tolist() for grad in grads] == [[[5.0, 8.0]], [[1.0, 2.0]]]


def test_a_gradient_in_a_model_is_differentiated_again():
    x = keras.Input((1,))
    y = layers.Dense(1, kernel_initializer="ones", use_bias=False)(x)
    slope = K.gradients(y * y, x)[0]  # 2 w^2 x
    model = keras.Model(x, slope)
    weight = model.get_layer(index=1).kernel if model.layers[1:] else None
    assert model.predict(np.array([[3.0]]), verbose=0).tolist() == [[6.0]]
    grad = torch.autograd.grad(model(torch.tensor([[3.0]])).sum(), weight)[0] if weight is not None else None
    assert grad is None or grad.tolist() == [[12.0]]  # 4 w x
