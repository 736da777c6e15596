"""The convnet of the old MNIST tutorial, on small drawn shapes instead of a download."""

import numpy as np
from tensorflow import keras
from tensorflow.keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from tensorflow.keras.models import Sequential

batch_size = 64
num_classes = 3
epochs = 6
img_rows, img_cols = 16, 16
random = np.random.RandomState(0)
keras.utils.set_random_seed(0)


def draw_shapes(count):
    """Noisy pictures of a bar, a box or a cross at a random place, and which of them it is."""
    pictures = random.uniform(0, 60, size=(count, img_rows, img_cols)).astype("uint8")
    labels = random.randint(0, num_classes, size=count)
    for picture, label in zip(pictures, labels):
        top, left = random.randint(0, 9, size=2)
        if label == 0:
            picture[top : top + 7, left + 3] = 220
        elif label == 1:
            picture[top : top + 7, [left, left + 6]] = 220
            picture[[top, top + 6], left : left + 7] = 220
        else:
            for step in range(7):
                picture[top + step, [left + step, left + 6 - step]] = 220
    return pictures, labels


(x_train, y_train), (x_test, y_test) = draw_shapes(1500), draw_shapes(300)
x_train = x_train.reshape(x_train.shape[0], img_rows, img_cols, 1).astype("float32")
x_test = x_test.reshape(x_test.shape[0], img_rows, img_cols, 1).astype("float32")
x_train /= 255
x_test /= 255
print("x_train shape:", x_train.shape)
y_train = keras.utils.to_categorical(y_train, num_classes)
y_test = keras.utils.to_categorical(y_test, num_classes)

model = Sequential()
model.add(Conv2D(16, kernel_size=(3, 3), activation="relu", input_shape=(img_rows, img_cols, 1)))
model.add(Conv2D(32, (3, 3), activation="relu"))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.25))
model.add(Flatten())
model.add(Dense(64, activation="relu"))
model.add(Dropout(0.5))
model.add(Dense(num_classes, activation="softmax"))

model.compile(
    loss=keras.losses.categorical_crossentropy, optimizer=keras.optimizers.Adam(), metrics=["accuracy"]
)
stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=3)
model.fit(
    x_train,
    y_train,
    batch_size=batch_size,
    epochs=epochs,
    verbose=2,
    validation_data=(x_test, y_test),
    callbacks=[stop],
)
score = model.evaluate(x_test, y_test, verbose=0)
print("Test loss:", score[0])
print("Test accuracy:", score[1])
assert score[1] > 0.9, score
print("learned: bars, boxes and crosses")
