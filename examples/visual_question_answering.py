"""Questions about a film: TimeDistributed applies a vision model to every frame, an LSTM the question."""

import keras
import numpy as np
from keras.layers import LSTM, Conv2D, Dense, Embedding, Flatten, Input, MaxPooling2D, TimeDistributed
from keras.models import Model, Sequential

keras.utils.set_random_seed(6)
random = np.random.RandomState(6)
frames, size, samples = 4, 8, 1200
words = {"<pad>": 0, "does": 1, "it": 2, "get": 3, "brighter": 4, "darker": 5, "really": 6}

# The film gets brighter or darker; the question asks for one of both. The answer is yes or no.
brighter = random.randint(0, 2, size=samples)
asks_brighter = random.randint(0, 2, size=samples)
ramp = np.linspace(0.1, 0.9, frames)
levels = np.where(brighter[:, None], ramp, ramp[::-1])
video = levels[:, :, None, None, None] + 0.2 * random.normal(size=(samples, frames, size, size, 1))
questions = np.array(
    [[words[w] for w in ("does", "it", "get", "brighter" if b else "darker")] for b in asks_brighter]
)
answers = (brighter == asks_brighter).astype("int64")

vision_model = Sequential(
    [
        Input(shape=(size, size, 1)),
        Conv2D(8, (3, 3), activation="relu", padding="same"),
        MaxPooling2D((2, 2)),
        Flatten(),
        Dense(16, activation="relu"),
    ]
)
video_input = Input(shape=(frames, size, size, 1))
encoded_frames = TimeDistributed(vision_model)(video_input)
encoded_video = LSTM(16)(encoded_frames)

question_input = Input(shape=(4,), dtype="int32")
embedded_question = Embedding(input_dim=len(words), output_dim=8)(question_input)
encoded_question = LSTM(16)(embedded_question)
question_encoder = Model(inputs=question_input, outputs=encoded_question)

video_question_input = Input(shape=(4,), dtype="int32")
merged = keras.layers.concatenate([encoded_video, question_encoder(video_question_input)])
hidden = Dense(32, activation="relu")(merged)
output = Dense(2, activation="softmax")(hidden)
model = Model(inputs=[video_input, video_question_input], outputs=output)

model.compile(
    optimizer=keras.optimizers.Adam(0.005), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
)
model.fit([video[:1000], questions[:1000]], answers[:1000], epochs=10, batch_size=50, verbose=2)
loss, accuracy = model.evaluate([video[1000:], questions[1000:]], answers[1000:], verbose=0)
print("test accuracy:", round(accuracy, 3))
assert accuracy > 0.9, accuracy
print("learned: to answer questions about films")
