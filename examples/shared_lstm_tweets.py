"""Do two tweets come from the same author? One LSTM with one set of weights reads both."""

import keras
import numpy as np
from keras.layers import LSTM, Dense, Input
from keras.models import Model

keras.utils.set_random_seed(1)
random = np.random.RandomState(1)
length, alphabet, authors = 24, 12, 2
habits = np.array([[3.0] * 6 + [1.0] * 6, [1.0] * 6 + [3.0] * 6])
habits /= habits.sum(axis=1, keepdims=True)


def tweets(writers):
    """One-hot encoded texts: every author prefers other characters."""
    letters = np.stack([random.choice(alphabet, size=length, p=habits[writer]) for writer in writers])
    return np.eye(alphabet, dtype="float32")[letters]


first, second = random.randint(0, authors, size=(2, 1500))
data_a, data_b = tweets(first), tweets(second)
labels = (first == second).astype("float32")

tweet_a = Input(shape=(length, alphabet))
tweet_b = Input(shape=(length, alphabet))
shared_lstm = LSTM(16)
encoded_a = shared_lstm(tweet_a)
encoded_b = shared_lstm(tweet_b)
merged_vector = keras.layers.concatenate([encoded_a, encoded_b], axis=-1)
hidden = Dense(16, activation="relu")(merged_vector)
predictions = Dense(1, activation="sigmoid")(hidden)
model = Model(inputs=[tweet_a, tweet_b], outputs=predictions)

assert len(shared_lstm.get_weights()) == 3
assert [layer.name for layer in model.layers].count(shared_lstm.name) == 1
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])
model.fit([data_a, data_b], labels, epochs=15, batch_size=32, validation_split=0.2, verbose=2)
loss, accuracy = model.evaluate([data_a[1200:], data_b[1200:]], labels[1200:], verbose=0)
print("accuracy on pairs it has not seen:", round(accuracy, 3))
assert accuracy > 0.8, accuracy
print("learned: to tell two authors apart")
