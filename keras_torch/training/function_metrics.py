"""`FunctionMetric`: what a metric function given to compile() becomes."""

import torch

from keras_torch.base.checks import quote
from keras_torch.metrics.reduction import Mean, MeanMetricWrapper


class FunctionMetric(MeanMetricWrapper):
    """The mean of a function's values; a function that returns a dict, as in Keras 1, is a mean per key.

    A function with a count of its own, as Keras 2.2 has it (a layer with `stateful = True`, which
    `reset_states()` sets back), is asked for its last value instead.

    Args:
        fn: function (y_true, y_pred) -> values (batch, ...), one value, or a dict name -> such values.
        name: what history and logs call it; a dict brings its own names.
        dtype: number type of the states.

    Errors:
        TypeError: the function returns something that is no number or tensor.

    Source: Keras 1.0 `compile(metrics=[function])`; Keras 2.2 for metrics that count.

    >>> metric = FunctionMetric(lambda y_true, y_pred: {"low": y_pred.min(), "high": y_pred.max()})
    >>> metric.update_state(torch.zeros(2), torch.tensor([1.0, 3.0]))
    >>> metric.result()
    {'low': tensor(1.), 'high': tensor(3.)}
    """

    def __init__(self, fn, name=None, dtype=None):
        super().__init__(fn, name, dtype)
        self.keys, self.parts = None, []  # one mean per key, once the function has returned a dict
        self._checked = False
        self.counts = bool(getattr(fn, "stateful", False)) and hasattr(fn, "reset_states")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch."""
        values = self.values(y_true, y_pred)
        if isinstance(values, dict):
            self._update_parts(values, y_pred, sample_weight)
            return
        if not self._checked:
            self._refuse_non_numbers(values)
        if self.counts:
            self._take_last(values)
            return
        self._once = values
        super().update_state(y_true, y_pred, sample_weight)

    def _take_last(self, value):
        self.follow(value)
        self.total.copy_(value.mean(dtype=self.torch_dtype))
        self.count.fill_(1)

    def values(self, y_true, y_pred):
        """What the function returned; a value that was just computed is not computed again."""
        if self.__dict__.get("_once") is not None:
            values, self._once = self._once, None
            return values
        return super().values(y_true, y_pred)

    def _update_parts(self, values, y_pred, sample_weight):
        if self.keys is None:
            self.keys = list(values)
            self.parts = [MeanMetricWrapper(_given, key, self.dtype) for key in values]
        elif values.keys() != set(self.keys):
            raise TypeError(f'The metric function "{self.name}" returned {sorted(values)}, and before '
                            f"{sorted(self.keys)}. Return the same names for every batch.")
        for key, part in zip(self.keys, self.parts):
            part.update_state(values[key], y_pred, sample_weight)

    def _refuse_non_numbers(self, values):
        numbers = values if isinstance(values, (list, tuple)) else [values]
        if not numbers or not all(isinstance(v, (torch.Tensor, int, float)) or hasattr(v, "__array__")
                                  for v in numbers):
            raise TypeError(f'The metric function "{self.name}" returned {quote(values)}; it must return a '
                            "tensor of values computed from y_true and y_pred, or a dict of them.")
        self._checked = True

    def result(self):
        """The mean so far, or name -> mean."""
        if self.keys is None:
            return Mean.result(self)
        return {key: part.result() for key, part in zip(self.keys, self.parts)}

    def reset_state(self):
        """Forgets all batches."""
        super().reset_state()
        if self.counts:
            self.fn.reset_states()
        for part in self.parts:
            part.reset_state()


def _given(values, y_pred):
    return values
