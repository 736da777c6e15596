"""Headlines and extra data in, a main and an auxiliary prediction out."""

import keras
import numpy as np
from keras.layers import LSTM, Dense, Embedding, Input
from keras.models import Model

keras.utils.set_random_seed(0)
np.random.seed(0)
vocabulary, words, samples = 200, 20, 1200

headline_data = np.random.randint(1, vocabulary, size=(samples, words))
additional_data = np.random.normal(size=(samples, 5)).astype("float32")
popular_words = (headline_data < 20).sum(axis=1)
labels = ((popular_words + additional_data[:, 0]) > 2).astype("float32").reshape(-1, 1)

main_input = Input(shape=(words,), dtype="int32", name="main_input")
x = Embedding(output_dim=32, input_dim=vocabulary)(main_input)
lstm_out = LSTM(32)(x)
auxiliary_output = Dense(1, activation="sigmoid", name="aux_output")(lstm_out)

auxiliary_input = Input(shape=(5,), name="aux_input")
x = keras.layers.concatenate([lstm_out, auxiliary_input])
x = Dense(64, activation="relu")(x)
x = Dense(64, activation="relu")(x)
main_output = Dense(1, activation="sigmoid", name="main_output")(x)

model = Model(inputs=[main_input, auxiliary_input], outputs=[main_output, auxiliary_output])
model.compile(
    optimizer="rmsprop",
    loss={"main_output": "binary_crossentropy", "aux_output": "binary_crossentropy"},
    loss_weights={"main_output": 1.0, "aux_output": 0.2},
    metrics={"main_output": ["accuracy"], "aux_output": ["accuracy"]},
)
model.summary()
inputs = {"main_input": headline_data, "aux_input": additional_data}
history = model.fit(
    inputs, {"main_output": labels, "aux_output": labels}, epochs=15, batch_size=32, verbose=0
)
curves = history.history
for name in ("loss", "main_output_loss", "aux_output_loss", "main_output_accuracy"):
    print(f"{name}: {curves[name][0]:.3f} -> {curves[name][-1]:.3f}")
total = curves["main_output_loss"][-1] + 0.2 * curves["aux_output_loss"][-1]
assert abs(total - curves["loss"][-1]) < 1e-3, (total, curves["loss"][-1])
assert curves["main_output_accuracy"][-1] > 0.9, curves["main_output_accuracy"][-1]
main, auxiliary = model.predict(inputs, verbose=0)
assert main.shape == auxiliary.shape == (samples, 1)
print("learned: which headlines spread")
