"""An autoencoder for digits: encoder and decoder are models that share their layers with the whole."""

import keras
import numpy as np
from keras import layers, regularizers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(4)
images = load_digits().data.astype("float32") / 16
x_train, x_test = images[:1400], images[1400:]
encoding_dim = 12

input_img = keras.Input(shape=(64,))
encoded = layers.Dense(48, activation="relu")(input_img)
code = layers.Dense(encoding_dim, activation="relu", activity_regularizer=regularizers.L1(1e-6))(encoded)
decoded = layers.Dense(48, activation="relu")(code)
restored = layers.Dense(64, activation="sigmoid")(decoded)
autoencoder = keras.Model(input_img, restored, name="autoencoder")

encoder = keras.Model(input_img, code, name="encoder")
encoded_input = keras.Input(shape=(encoding_dim,))
decoder = keras.Model(
    encoded_input, autoencoder.layers[-1](autoencoder.layers[-2](encoded_input)), name="decoder"
)

autoencoder.compile(optimizer="adam", loss="mse")
untrained = autoencoder.evaluate(x_test, x_test, verbose=0)
autoencoder.fit(
    x_train, x_train, epochs=25, batch_size=32, shuffle=True, validation_data=(x_test, x_test), verbose=0
)
trained = autoencoder.evaluate(x_test, x_test, verbose=0)

codes = encoder.predict(x_test, verbose=0)
again = decoder.predict(codes, verbose=0)
np.testing.assert_allclose(again, autoencoder.predict(x_test, verbose=0), atol=1e-5)
mean_image_error = float(np.mean((x_test - x_train.mean(axis=0)) ** 2))
print(
    f"error: untrained {untrained:.4f}, trained {trained:.4f}, always the mean image {mean_image_error:.4f}"
)
assert trained < mean_image_error / 2, trained
print(f"learned: 64 pixels in {encoding_dim} numbers")
