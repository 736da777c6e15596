"""A residual connection on a convolution layer, and a small network of such blocks."""

import keras
import numpy as np
from keras import layers
from keras.layers import Conv2D, Input
from sklearn.datasets import load_digits

keras.utils.set_random_seed(5)

x = Input(shape=(32, 32, 3))
y = Conv2D(3, (3, 3), padding="same")(x)
z = keras.layers.add([x, y])
block = keras.models.Model(x, z)
assert tuple(z.shape) == (None, 32, 32, 3), z.shape
picture = np.random.rand(2, 32, 32, 3).astype("float32")
block.layers[1].set_weights([np.zeros((3, 3, 3, 3), "float32"), np.zeros(3, "float32")])
np.testing.assert_allclose(block.predict(picture, verbose=0), picture)  # a block that adds nothing


def residual(inputs, filters):
    """conv - norm - relu - conv - norm, plus the way around."""
    out = layers.Conv2D(filters, 3, padding="same", use_bias=False)(inputs)
    out = layers.BatchNormalization(momentum=0.9)(out)
    out = layers.ReLU()(out)
    out = layers.Conv2D(filters, 3, padding="same", use_bias=False)(out)
    out = layers.BatchNormalization(momentum=0.9)(out)
    shortcut = inputs if inputs.shape[-1] == filters else layers.Conv2D(filters, 1)(inputs)
    return layers.ReLU()(layers.Add()([out, shortcut]))


inputs = keras.Input((8, 8, 1))
hidden = layers.Conv2D(16, 3, padding="same", activation="relu")(inputs)
hidden = residual(hidden, 16)
hidden = layers.MaxPooling2D()(hidden)
hidden = residual(hidden, 32)
hidden = layers.GlobalAveragePooling2D()(hidden)
model = keras.Model(inputs, layers.Dense(10)(hidden), name="residual_digits")

images, labels = load_digits(return_X_y=True)
images = images.reshape(-1, 8, 8, 1).astype("float32") / 16
model.compile(
    optimizer=keras.optimizers.Adam(3e-3),
    metrics=["accuracy"],
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
)
model.fit(images[:1400], labels[:1400], batch_size=64, epochs=8, verbose=2)
loss, accuracy = model.evaluate(images[1400:], labels[1400:], verbose=0)
print("test accuracy:", round(accuracy, 3))
assert accuracy > 0.85, accuracy
print("learned: digits with residual blocks")
