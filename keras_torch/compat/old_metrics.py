"""Metric functions as older generations gave their values: one number a batch, or one a sample.

The formulas are today's. Up to Keras 1 a metric function gave the mean over everything; later ones, up to
tf.keras, the mean over the last axis where today's `binary_accuracy` gives every value.
"""

import functools

WHOLE_IN_KERAS1 = (
    "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "top_k_categorical_accuracy",
    "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error", "hinge", "squared_hinge", "categorical_crossentropy",
    "sparse_categorical_crossentropy", "binary_crossentropy", "kullback_leibler_divergence", "poisson",
    "cosine_proximity", "mse", "MSE", "mae", "MAE", "mape", "MAPE", "msle", "MSLE", "cosine",
)


def whole(function):
    """The mean over everything that a metric function gives.

    >>> from keras_torch.metrics import mean_squared_error
    >>> whole(mean_squared_error)([[0.0, 2.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]])
    tensor(1.)
    """

    @functools.wraps(function)
    def mean_of_all(*args, **kwargs):
        return function(*args, **kwargs).mean()

    return mean_of_all


def per_sample(function):
    """The mean over the last axis of what a metric function gives.

    >>> from keras_torch.metrics import binary_accuracy
    >>> per_sample(binary_accuracy)([[1.0, 0.0]], [[1.0, 1.0]])
    tensor([0.5000])
    """

    @functools.wraps(function)
    def mean_of_last(*args, **kwargs):
        return function(*args, **kwargs).mean(-1)

    return mean_of_last
