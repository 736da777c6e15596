"""A torchvision network inside a functional Keras model: frozen trunk, Keras head, plain fit."""

import keras
import numpy as np
import torch
import torchvision
from keras import layers

keras.utils.set_random_seed(10)
trunk = torchvision.models.resnet18(weights=None, norm_layer=lambda channels: torch.nn.GroupNorm(8, channels))
trunk.fc = torch.nn.Identity()
for weight in trunk.parameters():
    weight.requires_grad = False

images = keras.Input(shape=(32, 32, 3), name="images")
channels_first = torch.permute(images, (0, 3, 1, 2))  # torch functions work on symbolic tensors
features = trunk(channels_first)  # and so do native modules
hidden = layers.Dense(32, activation="relu")(features)
model = keras.Model(images, layers.Dense(2, activation="softmax")(hidden), name="trunk_and_head")
model.summary()

random = np.random.RandomState(0)
labels = random.randint(0, 2, size=200)
pictures = random.uniform(0, 0.4, size=(200, 32, 32, 3)).astype("float32")
pictures[labels == 1, 8:24, 8:24, 0] += 0.6  # a red square

before = [weight.clone() for weight in trunk.parameters()]
model.compile(
    optimizer=keras.optimizers.Adam(0.005), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
)
model.fit(pictures[:160], labels[:160], batch_size=32, epochs=8, verbose=2)
loss, accuracy = model.evaluate(pictures[160:], labels[160:], verbose=0)
print("test accuracy:", round(accuracy, 3))
assert accuracy > 0.9, accuracy
assert all(torch.equal(old, new) for old, new in zip(before, trunk.parameters())), (
    "the frozen trunk has moved"
)
assert isinstance(model, torch.nn.Module) and sum(p.numel() for p in model.parameters()) > 11_000_000
print("learned: red squares, on features of a native network")
