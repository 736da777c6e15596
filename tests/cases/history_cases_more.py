"""Rows about particular things: class weights of generators, nested outputs, losses and metrics of layers."""

from __future__ import annotations

from cases.arrays import array, floats, whole
from cases.history_case import (
    BATCH_SIZE,
    SAMPLES,
    Build,
    Fitting,
    class_data,
    math_of,
    number_data,
    one_hot,
    sample_weights,
    small_model,
)
from cases.history_cases_weighting import (
    CLASS_WEIGHT,
    STEPS,
    masked_labels,
    masked_sequence,
    sequence_model,
    two_headed_model,
    two_targets,
    words,
)

SPARSE = {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy", "weighted_metrics": ["accuracy"]}


# ------------------------------------------------------------------------------------------ weighting


def _classifier(keras, label, **fit):
    x, labels = class_data(label, 3)
    data = {"x": x, "y": labels, "class_weight": CLASS_WEIGHT, **fit}
    return Fitting(small_model(keras, 3, "softmax"), SPARSE, data)


def _class_weight_of_a_column(keras):
    fitting = _classifier(keras, "column")
    fitting.fit["y"] = fitting.fit["y"][:, None]
    return fitting


def _class_weight_with_a_class_missing(keras):
    return _classifier(keras, "missing", class_weight={1: 2.0})


def _pieces(x, y):
    while True:
        for start in range(0, SAMPLES, BATCH_SIZE):
            yield x[start : start + BATCH_SIZE], y[start : start + BATCH_SIZE]


def _class_weight_of_a_generator(keras):
    fitting = _classifier(keras, "generated", steps_per_epoch=3, batch_size=None)
    x, y = fitting.fit["x"], fitting.fit.pop("y")
    fitting.fit["x"] = _pieces(x, y)
    fitting.evaluate, fitting.predict = {"x": x, "y": y}, x
    return fitting


def _class_weight_of_a_sequence(keras):
    class Pages(getattr(keras.utils, "PyDataset", None) or keras.utils.Sequence):
        """Three batches by number."""

        def __init__(self, *data):
            super().__init__()
            self.data = data

        def __len__(self):
            return 3

        def __getitem__(self, index):
            return tuple(part[index * BATCH_SIZE : (index + 1) * BATCH_SIZE] for part in self.data)

    fitting = _classifier(keras, "pages with classes", batch_size=None)
    x, y = fitting.fit["x"], fitting.fit.pop("y")
    fitting.fit["x"] = Pages(x, y)
    fitting.evaluate, fitting.predict = {"x": x, "y": y}, x
    return fitting


def _per_step(keras, label, one_hot_rows):
    x, labels = words(label), array(whole(3, (SAMPLES, STEPS)), f"{label}/y")
    loss = "categorical_crossentropy" if one_hot_rows else "sparse_categorical_crossentropy"
    targets = one_hot(labels, 3) if one_hot_rows else labels[..., None]
    setup = {"optimizer": keras.optimizers.SGD(0.2), "loss": loss}
    model = sequence_model(keras, 3, "softmax", mask_zero=False)
    return Fitting(model, setup, {"x": x, "y": targets, "class_weight": CLASS_WEIGHT})


def _class_weight_per_step(keras):
    return _per_step(keras, "classes per step", one_hot_rows=False)


def _one_hot_class_weight_per_step(keras):
    return _per_step(keras, "rows per step", one_hot_rows=True)


def _masked_sum(keras):
    fitting = masked_sequence(keras)
    fitting.compile["loss"] = keras.losses.MeanSquaredError(reduction="sum")
    fitting.compile["optimizer"] = keras.optimizers.SGD(0.01)
    fitting.fit["sample_weight"] = sample_weights("masked sum", SAMPLES, STEPS)
    return fitting


def _masked_and_weighted_labels(keras):
    fitting = masked_labels(keras)
    fitting.compile["weighted_metrics"] = ["accuracy", "sparse_categorical_crossentropy"]
    fitting.fit["sample_weight"] = sample_weights("masked labels", SAMPLES, STEPS)
    return fitting


def _zero_temporal_weight(keras):
    fitting = masked_sequence(keras)
    weights = sample_weights("zero steps", SAMPLES, STEPS)
    weights[:, 2:] = 0.0
    fitting.fit["sample_weight"] = weights
    return fitting


def _masked_validation(keras):
    fitting = masked_sequence(keras)
    x, y = words("masked validation"), array(floats(SAMPLES, STEPS, 2), "masked validation/y")
    fitting.fit["validation_data"] = (x, y, sample_weights("masked validation", SAMPLES, STEPS))
    return fitting


def _weighted_validation_of_two_outputs(keras):
    x, numbers, labels = two_targets("two validated")
    x2, numbers2, labels2 = two_targets("two validated 2")
    weights = [sample_weights("two validated 0"), sample_weights("two validated 1")]
    setup = {
        "optimizer": "adam",
        "loss": ["mse", "sparse_categorical_crossentropy"],
        "loss_weights": [0.7, 1.3],
        "weighted_metrics": [["mae"], ["accuracy"]],
    }
    fit = {"x": x, "y": [numbers, labels], "sample_weight": weights}
    fit["validation_data"] = (x2, [numbers2, labels2], weights[::-1])
    return Fitting(two_headed_model(keras), setup, fit)


WEIGHTING: dict[str, Build] = {
    "class weight of a column": _class_weight_of_a_column,
    "class weight of a sequence": _class_weight_of_a_sequence,
    "masked and weighted sum": _masked_sum,
    "masked and weighted labels": _masked_and_weighted_labels,
    "zero temporal weight": _zero_temporal_weight,
    "masked and weighted validation": _masked_validation,
    "weighted validation of two outputs": _weighted_validation_of_two_outputs,
}

# ------------------------------------------------------------------------------------------ structures


def _deep_model(keras):
    layers = keras.layers
    x = keras.Input((4,))
    hidden = layers.Dense(5, activation="tanh")(x)
    first, second = layers.Dense(2, name="a1")(hidden), layers.Dense(2, name="a2")(hidden)
    return keras.Model(x, {"a": [first, second], "b": layers.Dense(1, name="cc")(hidden)})


def _deep_targets(label):
    x, y = number_data(label, outputs=5)
    return x, {"a": [y[:, :2], y[:, 2:4]], "b": y[:, 4:]}


def _nested_outputs(keras):
    x, y = _deep_targets("deep")
    setup = {
        "optimizer": "sgd",
        "loss": {"a": ["mse", "mae"], "b": "mse"},
        "metrics": {"a": ["mae", "mse"], "b": ["mae"]},
    }
    return Fitting(_deep_model(keras), setup, {"x": x, "y": y})


def _weighted_nested_outputs(keras):
    x, y = _deep_targets("deep weights")
    setup = {
        "optimizer": "sgd",
        "loss": {"a": ["mse", "mae"], "b": "mse"},
        "loss_weights": {"a": [0.5, 2.0], "b": 1.5},
        "weighted_metrics": {"a": [["mse"], ["mae"]], "b": ["mse"]},
    }
    weights = {"a": [sample_weights("deep 0"), sample_weights("deep 1")], "b": sample_weights("deep 2")}
    return Fitting(_deep_model(keras), setup, {"x": x, "y": y, "sample_weight": weights})


def _recurrent_activity(keras):
    layers, regularizers = keras.layers, keras.regularizers
    model = keras.Sequential(
        [keras.Input((5, 3)), layers.GRU(3, activity_regularizer=regularizers.L2(0.1)), layers.Dense(1)]
    )
    x, y = number_data("recurrent activity", (5, 3))
    return Fitting(model, {"optimizer": keras.optimizers.SGD(0.1), "loss": "mse"}, {"x": x, "y": y})


def _kept_metrics(keras):
    class Keeps(keras.layers.Layer):
        """Passes its inputs on and keeps two metrics of them."""

        def __init__(self):
            super().__init__()
            self.mean, self.total = keras.metrics.Mean(name="kept_mean"), keras.metrics.Sum(name="kept_sum")

        def call(self, inputs):
            self.mean.update_state(inputs)
            self.total.update_state(inputs)
            return inputs

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), Keeps(), keras.layers.Dense(1)])
    x, y = number_data("kept metrics")
    setup = {"optimizer": "sgd", "loss": "mse", "metrics": ["mae"]}
    return Fitting(model, setup, {"x": x, "y": y, "validation_split": 0.3})


def _own_metric(keras):
    math = math_of(keras)

    class Ends(keras.metrics.Metric):
        """Two results from two states, weighted or not."""

        def __init__(self, name="ends", **kwargs):
            super().__init__(name=name, **kwargs)
            self.total = self.add_weight(name="total", initializer="zeros")
            self.weight = self.add_weight(name="weight", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            error = math.mean(math.square(y_true - y_pred), axis=-1)
            weight = math.ones_like(error) if sample_weight is None else math.cast(sample_weight, error.dtype)
            self.total.assign_add(math.sum(error * weight))
            self.weight.assign_add(math.sum(weight))

        def result(self):
            return {"own_total": self.total + 0.0, "own_mean": self.total / (self.weight + 1e-9)}

    x, y = number_data("own metric", outputs=2)
    setup = {"optimizer": "sgd", "loss": "mse", "weighted_metrics": [Ends()]}
    fit = {"x": x, "y": y, "sample_weight": sample_weights("own metric")}
    return Fitting(small_model(keras, 2), setup, fit)


def _own_test_step(keras):
    """`test_step` returns one thing of its own; training is as usual."""
    math = math_of(keras)

    class Tested(keras.Model):
        """A functional model that is evaluated by its largest error."""

        def test_step(self, data):
            x, y = data
            return {"largest": math.max(math.abs(y - self(x, training=False)))}

    inputs = keras.Input((4,))
    model = Tested(inputs, keras.layers.Dense(1)(inputs))
    x, y = number_data("own test step", samples=4)
    fit = {"x": x, "y": y, "validation_data": number_data("own test step 2", samples=4)}
    return Fitting(model, {"optimizer": "sgd", "loss": "mse"}, fit, evaluate={"x": x, "y": y})


STRUCTURES: dict[str, Build] = {
    "nested outputs": _nested_outputs,
    "weighted nested outputs": _weighted_nested_outputs,
    "activity regularizer of a recurrent layer": _recurrent_activity,
    "metrics kept by a layer": _kept_metrics,
    "own metric with two results": _own_metric,
    "own test_step": _own_test_step,
}

# ------------------------------------------------------------------------------------------ loops


def _steps_per_execution(keras):
    x, y = number_data("execution")
    setup = {"optimizer": "sgd", "loss": "mse", "metrics": ["mae"], "steps_per_execution": 2}
    return Fitting(small_model(keras), setup, {"x": x, "y": y})


def _stateful_with_mask(keras):
    """Masked steps in batches that go on where the last ones stopped; the user forgets the states."""

    class Reset(keras.callbacks.Callback):
        """Forgets the states after each epoch and before each validation."""

        def on_epoch_end(self, epoch, logs=None):
            self._reset()

        def on_test_begin(self, logs=None):
            self._reset()

        def _reset(self):
            for layer in self.model.layers:
                if getattr(layer, "stateful", False):
                    layer.reset_states()

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(2, 4, 3)),
            layers.Masking(),
            layers.GRU(4, stateful=True),
            layers.Dense(1),
        ]
    )
    x, y = number_data("stateful mask", (4, 3))
    x = x * (array(whole(3, (SAMPLES, 4)), "stateful mask/steps") != 0)[..., None]
    x = x.astype("float32")
    fit = {"x": x, "y": y, "batch_size": 2, "callbacks": [Reset()], "validation_data": (x[:4], y[:4])}
    setup = {"optimizer": keras.optimizers.SGD(0.1), "loss": "mse"}
    evaluate = {"x": x, "y": y, "batch_size": 2, "callbacks": [Reset()]}
    return Fitting(model, setup, fit, evaluate=evaluate, predict=x[:2])


def _on_batches(keras):
    """Two updates on single batches with weights, and a test, after an epoch."""
    x, labels = class_data("batches", 3)
    weights = sample_weights("batches")
    calls = [
        ("train_on_batch", {"x": x, "y": labels, "class_weight": CLASS_WEIGHT}),
        ("train_on_batch", {"x": x[:5], "y": labels[:5], "sample_weight": weights[:5]}),
        ("test_on_batch", {"x": x, "y": labels, "sample_weight": weights}),
    ]
    fit = {"x": x, "y": labels, "epochs": 1}
    fitting = Fitting(small_model(keras, 3, "softmax"), {**SPARSE, "optimizer": "adam"}, fit)
    fitting.on_batches = calls
    return fitting


LOOPS: dict[str, Build] = {
    "steps per execution": _steps_per_execution,
    "stateful with mask and validation": _stateful_with_mask,
    "on batches": _on_batches,
}

# ------------------------------------------------------------------------- only in one of the two generations


def _reduction_none(keras):
    x, y = number_data("none", outputs=2)
    loss = keras.losses.MeanSquaredError(reduction="none")
    setup = {"optimizer": keras.optimizers.SGD(0.02), "loss": loss, "metrics": ["mae"]}
    fit = {"x": x, "y": y, "sample_weight": sample_weights("none")}
    return Fitting(small_model(keras, 2), setup, fit)


def _vector_added_loss(keras):
    class Spread(keras.layers.Layer):
        """Adds one value per sample."""

        def call(self, inputs):
            self.add_loss(0.01 * math_of(keras).mean(math_of(keras).square(inputs), axis=-1))
            return inputs

    layers = keras.layers
    model = keras.Sequential([keras.Input((4,)), layers.Dense(5), Spread(), layers.Dense(1)])
    x, y = number_data("vector loss")
    return Fitting(model, {"optimizer": "sgd", "loss": "mse"}, {"x": x, "y": y})


def _added_function(keras):
    layers = keras.layers
    model = keras.Sequential([keras.Input((4,)), layers.Dense(5, activation="tanh"), layers.Dense(1)])
    first = model.layers[0]
    first.add_loss(lambda: 0.1 * math_of(keras).sum(math_of(keras).square(first.kernel)))
    x, y = number_data("loss function without arguments")
    return Fitting(model, {"optimizer": "sgd", "loss": "mse"}, {"x": x, "y": y})


def _side_model(keras):
    layers = keras.layers
    inputs = keras.Input((4,))
    hidden = layers.Dense(5, activation="tanh")(inputs)
    return keras.Model(inputs, layers.Dense(1)(hidden)), hidden


def _added_symbol(keras):
    model, hidden = _side_model(keras)
    model.add_loss(0.1 * math_of(keras).mean(math_of(keras).square(hidden)))
    x, y = number_data("added symbol")
    return Fitting(model, {"optimizer": "sgd", "loss": "mse"}, {"x": x, "y": y})


def _added_metric(keras):
    class Shown(keras.layers.Layer):
        """Passes its inputs on and shows two values of them."""

        def call(self, inputs):
            self.add_metric(math_of(keras).sum(inputs), name="shown_sum", aggregation="mean")
            self.add_metric(inputs[:, 0], name="shown_first")
            return inputs

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), Shown(), keras.layers.Dense(1)])
    x, y = number_data("added metric")
    setup = {"optimizer": "sgd", "loss": "mse", "metrics": ["mae"]}
    return Fitting(model, setup, {"x": x, "y": y, "validation_split": 0.3})


def _added_metric_symbol(keras):
    model, hidden = _side_model(keras)
    model.add_metric(math_of(keras).sum(hidden), name="hidden_sum", aggregation="mean")
    model.add_metric(hidden, name="hidden")
    x, y = number_data("added metric symbol")
    return Fitting(model, {"optimizer": "sgd", "loss": "mse", "metrics": ["mae"]}, {"x": x, "y": y})


def _running_metrics_on_batches(keras):
    fitting = _on_batches(keras)
    fitting.on_batches = [(method, {**given, "reset_metrics": False}) for method, given in fitting.on_batches]
    return fitting


KERAS3_ONLY: dict[str, Build] = {
    "class weight with a class missing": _class_weight_with_a_class_missing,
    "reduction none": _reduction_none,
    "vector added loss": _vector_added_loss,
}

TF_KERAS_ONLY: dict[str, Build] = {
    "class weight of a generator": _class_weight_of_a_generator,
    "class weight per step": _class_weight_per_step,
    "one-hot class weight per step": _one_hot_class_weight_per_step,
    "added function": _added_function,
    "added symbol": _added_symbol,
    "added metric": _added_metric,
    "added metric symbol": _added_metric_symbol,
    "running metrics on batches": _running_metrics_on_batches,
}

# tf_keras 2.21 does not know the first two, and answers NaN to the third.
NOT_IN_TF_KERAS = {"accumulation", "reduction mean with sample weight", "sparse crossentropy ignored class"}
