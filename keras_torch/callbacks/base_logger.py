"""BaseLogger: averages what batches report over the samples of an epoch."""

from keras_torch.callbacks.callback import Callback
from keras_torch.callbacks.logs import NOT_METRICS


class BaseLogger(Callback):
    """Adds the averages of the epoch's batches to its logs, weighted by the batches' `size`.

    Args:
        stateful_metrics: names of values that are averages already; the last one counts.

    Notes:
        For loops of your own, in which every batch reports its own values:
        `logs = {"size": 32, "loss": ...}`. The logs of `fit` hold the epoch's averages already; what is
        there is left as it is.
        `params["metrics"]`, where given, says which names are averaged.

    Source: Keras 2.3 `callbacks.BaseLogger`, which `fit` itself needed.

    >>> logger, logs = BaseLogger(), {}
    >>> logger.on_epoch_begin(0)
    >>> logger.on_batch_end(0, {"size": 3, "loss": 1.0})
    >>> logger.on_batch_end(1, {"size": 1, "loss": 2.0})
    >>> logger.on_epoch_end(0, logs)
    >>> logs
    {'loss': 1.25}
    """

    def __init__(self, stateful_metrics=None):
        super().__init__()
        self.stateful_metrics = set(stateful_metrics or ())
        self.seen, self.totals = 0, {}

    def on_epoch_begin(self, epoch, logs=None):
        self.seen, self.totals = 0, {}

    def on_batch_end(self, batch, logs=None):
        logs = logs or {}
        size = logs.get("size", 0) * logs.get("num_steps", 1)
        self.seen += size
        for name, value in logs.items():
            if name in self.stateful_metrics:
                self.totals[name] = value
            else:
                self.totals[name] = self.totals.get(name, 0) + value * size

    def on_epoch_end(self, epoch, logs=None):
        if logs is None:
            return
        for name in (self.params or {}).get("metrics", self._names()):
            if name in self.totals and name not in logs:
                stateful = name in self.stateful_metrics
                logs[name] = self.totals[name] if stateful else self.totals[name] / max(self.seen, 1)

    def _names(self):
        return [name for name in self.totals if name not in NOT_METRICS]
