"""Sentiment of short reviews: Tokenizer, pad_sequences in front, Embedding(mask_zero=True), LSTM."""

import numpy as np
from tensorflow.keras.layers import LSTM, Dense, Embedding
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam
from tensorflow.keras.preprocessing.sequence import pad_sequences
from tensorflow.keras.preprocessing.text import Tokenizer
from tensorflow.keras.utils import set_random_seed

set_random_seed(3)
random = np.random.RandomState(3)
good = "good great lovely superb charming brilliant fine".split()
bad = "bad awful dull boring terrible weak poor".split()
neutral = "the film was a story with actors and music in it that we saw on monday".split()


def review():
    """A sentence of 4 to 12 words with one opinion in it; `not` before the opinion turns it around."""
    words = list(random.choice(neutral, size=random.randint(3, 11)))
    positive, turned = random.rand(2) < (0.5, 0.3)
    opinion = str(random.choice(good if positive else bad))
    place = random.randint(0, len(words) + 1)
    words[place:place] = ["not", opinion] if turned else [opinion]
    return " ".join(words), int(positive != turned)


texts, labels = zip(*(review() for _ in range(2000)))
labels = np.array(labels)
tokenizer = Tokenizer(num_words=60)
tokenizer.fit_on_texts(texts)
sequences = pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=14)
print("first review:", texts[0])
print("as numbers:", sequences[0])

model = Sequential(
    [
        Embedding(60, 16, mask_zero=True),
        LSTM(24),
        Dense(1, activation="sigmoid"),
    ]
)
model.compile(loss="binary_crossentropy", optimizer=Adam(0.01), metrics=["accuracy"])
model.fit(sequences[:1600], labels[:1600], batch_size=32, epochs=8, validation_split=0.1, verbose=2)
loss, accuracy = model.evaluate(sequences[1600:], labels[1600:], verbose=0)
print("test accuracy:", round(accuracy, 3))
assert accuracy > 0.9, accuracy

longer = pad_sequences(tokenizer.texts_to_sequences(texts[:5]), maxlen=20)
change = np.abs(model.predict(longer, verbose=0) - model.predict(sequences[:5], verbose=0)).max()
assert change < 1e-4, change
print("learned: opinions, and padding does not change them")
