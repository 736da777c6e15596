"""A training that breaks off goes on where it was: the end is exactly that of a training without a break."""

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

images, labels = load_digits(return_X_y=True)
images = images.astype("float32") / 16


class PowerCut(keras.callbacks.Callback):
    """Ends the training at a batch, as a kill would."""

    def __init__(self, batch):
        super().__init__()
        self.left = batch

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def train(*callbacks):
    """What a training script does from its first line to its last."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [keras.Input((64,)), layers.Dense(64, activation="relu"), layers.Dropout(0.3), layers.Dense(10)]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 300)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    stopping = keras.callbacks.EarlyStopping(patience=3)
    history = model.fit(
        images[:1400],
        labels[:1400],
        epochs=6,
        validation_split=0.1,
        verbose=0,
        callbacks=[stopping, *callbacks],
    )
    return model, history


def backup():
    """A backup every 25 batches; it is removed when training ends as planned."""
    return keras.callbacks.BackupAndRestore("backup_of_resume_training", save_freq=25)


for batch in (60, 90):  # the lights go out twice, in the middle of an epoch
    try:
        train(backup(), PowerCut(batch))
    except KeyboardInterrupt:
        print(f"broke off {batch} batches after its start")

resumed, resumed_history = train(backup())
undisturbed, history = train()

for name, values in history.history.items():
    assert resumed_history.history[name] == values, name
for ours, theirs in zip(resumed.get_weights(), undisturbed.get_weights()):
    np.testing.assert_array_equal(ours, theirs)
accuracy = resumed.evaluate(images[1400:], labels[1400:], verbose=0)[1]
print(f"test accuracy {accuracy:.3f}; weights and history equal those of a training without a break")
assert accuracy > 0.85, accuracy
print("learned: to go on where it was")
