"""One case in fifty is positive: class weights, an initial bias, counts of successes, early stopping."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(5)
random = np.random.default_rng(5)
features = random.normal(size=(12000, 12)).astype("float32")
score = features[:, 0] + 0.7 * features[:, 1] * features[:, 2] + 0.3 * random.normal(size=12000)
labels = (score > np.quantile(score, 0.98)).astype("float32")
train, validation, test = slice(0, 8000), slice(8000, 10000), slice(10000, None)
negative, positive = np.bincount(labels[train].astype(int))
print(f"{positive} of {negative + positive} training samples are positive")

METRICS = [
    keras.metrics.TruePositives(name="tp"),
    keras.metrics.FalsePositives(name="fp"),
    keras.metrics.TrueNegatives(name="tn"),
    keras.metrics.FalseNegatives(name="fn"),
    keras.metrics.BinaryAccuracy(name="accuracy"),
    keras.metrics.Precision(name="precision"),
    keras.metrics.Recall(name="recall"),
    keras.metrics.AUC(name="auc"),
    keras.metrics.AUC(name="prc", curve="PR"),
]


def make_model(metrics=METRICS, output_bias=None):
    if output_bias is not None:
        output_bias = tf.keras.initializers.Constant(output_bias)
    model = keras.Sequential(
        [
            keras.layers.Dense(16, activation="relu", input_shape=(features.shape[-1],)),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(1, activation="sigmoid", bias_initializer=output_bias),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=5e-3),
        loss=keras.losses.BinaryCrossentropy(),
        metrics=metrics,
    )
    return model


model = make_model(output_bias=[np.log(positive / negative)])
first_loss = model.evaluate(features[train], labels[train], verbose=0)[0]
expected = -(positive * np.log(positive / 8000) + negative * np.log(negative / 8000)) / 8000
print(f"loss at the start: {first_loss:.3f}; that of guessing the share of positives: {expected:.3f}")

early_stopping = keras.callbacks.EarlyStopping(
    monitor="val_prc", verbose=1, patience=6, mode="max", restore_best_weights=True
)
model.fit(
    features[train],
    labels[train],
    batch_size=256,
    epochs=30,
    callbacks=[early_stopping],
    validation_data=(features[validation], labels[validation]),
    class_weight={0: 8000 / (2 * negative), 1: 8000 / (2 * positive)},
    verbose=0,
)
results = model.evaluate(features[test], labels[test], verbose=0, return_dict=True)
print({name: round(float(value), 3) for name, value in results.items()})
assert results["tp"] + results["fn"] == labels[test].sum()
assert results["auc"] > 0.9 and results["recall"] > 0.75, results
print("learned: to find the rare class")
