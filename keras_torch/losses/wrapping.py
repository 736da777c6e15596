"""`LossFunctionWrapper`: a loss made of any function."""

import torch

from keras_torch.base.checks import Term, function
from keras_torch.losses.loss import Loss, match_ranks


class LossFunctionWrapper(Loss):
    """Makes a `Loss` of any function (y_true, y_pred, **kwargs) -> a value per sample.

    Args:
        fn: the function.
        reduction: see `Loss`.
        name: what history and logs call it.
        dtype: see `Loss`.
        **kwargs: handed to the function at every call.

    Source: Keras 3 `LossFunctionWrapper`.

    >>> LossFunctionWrapper(lambda y_true, y_pred: (y_true - y_pred).abs())(torch.ones(3), torch.zeros(3))
    tensor(1.)
    """

    vocabulary = {"fn": Term(function, doc="the function", optional=False)}

    def __init__(self, fn, reduction="sum_over_batch_size", name=None, dtype=None, **kwargs):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.keeps_labels = getattr(fn, "keeps_labels", False)
        self.fn_kwargs = kwargs

    def default_name(self):
        """The function's own name, once the function is known."""
        fn = self.__dict__.get("fn")
        return None if fn is None else getattr(fn, "__name__", type(fn).__name__)

    def call(self, y_true, y_pred):
        """The function's values."""
        if isinstance(y_true, torch.Tensor) and isinstance(y_pred, torch.Tensor):
            y_true, y_pred = match_ranks(y_true, y_pred)
        return self.fn(y_true, y_pred, **self.fn_kwargs)

    def label(self):
        """What errors call it."""
        return f'Loss function "{self.name}"'

    def get_config(self):
        """Arguments that rebuild this object, the function's own included."""
        return {**super().get_config(), **self.fn_kwargs}
