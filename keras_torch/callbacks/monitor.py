"""What callbacks that watch one quantity share: its value, its direction, and when it has improved."""

import math
import warnings

from keras_torch.base.checks import number, one_of, string
from keras_torch.callbacks.callback import Callback
from keras_torch.callbacks.directions import direction_of, direction_of_name
from keras_torch.callbacks.logs import find_name
from keras_torch.dialects import current_dialect


class MonitorCallback(Callback):
    """Base of callbacks that watch a value in `logs` and ask whether it has improved.

    Args:
        monitor: key of logs; names of other Keras generations ('val_acc') find their counterpart.
        mode: 'min', 'max', or 'auto': the metric itself says which way is better.
        baseline: value to beat at first; None: the first value seen is an improvement.
        min_delta: the least change that counts, 0 or more (the sign is ignored, as in Keras).

    Errors:
        ValueError: an unknown `mode`; or, when the first value arrives, 'auto' cannot tell the direction.

    Source: Keras `MonitorCallback`. Keras warns and falls back to 'auto' when `mode` is misspelt.

    >>> watch = MonitorCallback("loss")
    >>> watch.improved(0.5), watch.is_better(0.4, than=0.5)
    (True, True)
    """

    def __init__(self, monitor="val_loss", mode="auto", baseline=None, min_delta=0):
        super().__init__()
        owner = type(self).__name__
        string(owner, "monitor", monitor)
        one_of("auto", "min", "max")(owner, "mode", mode)
        number(owner, "min_delta", min_delta)
        if baseline is not None:
            number(owner, "baseline", baseline)
        self.monitor, self.mode, self.best = monitor, mode, baseline
        self.min_delta = abs(min_delta)
        self._direction = {"min": -1, "max": 1}.get(mode)
        self._has_warned = False

    def monitored(self, logs):
        """The value watched, or None (with one warning that names what there is)."""
        logs = logs or {}
        name = find_name(self.monitor, logs)
        if name is not None:
            return logs[name]
        if not self._has_warned:
            self._has_warned = True
            way_out = ", or give fit() validation data." if self.monitor.startswith("val_") else "."
            warnings.warn(f"{type(self).__name__} watches `{self.monitor}`, which is not available. "
                          f"Available metrics are: {', '.join(logs)}. Give one as `monitor`" + way_out,
                          stacklevel=3)
        return None

    def is_better(self, value, than):
        """Whether `value` beats `than` by more than `min_delta`; all beats None, any number beats nan."""
        if than is None:
            return True
        if self._direction is None:
            self._direction = self._find_direction()
        shifted = value - self._direction * self.min_delta
        beats = shifted > than if self._direction > 0 else shifted < than
        return bool(beats or (math.isnan(than) and not math.isnan(value)))

    def improved(self, value):
        """Whether `value` is better than the best so far; if so it is the best from now on."""
        if not self.is_better(value, than=self.best):
            return False
        self.best = value
        return True

    def _find_direction(self):
        name = self.monitor.removeprefix("val_")
        metric = _metrics_by_key(self.model).get(name)
        direction = None if metric is None else direction_of(metric)
        direction = direction or direction_of_name(name)
        if direction is None and current_dialect() != "keras3":
            return -1   # what the older generations assume of every other name
        if direction is None:
            raise ValueError(f"{type(self).__name__} cannot tell whether more of `{self.monitor}` is better. "
                             "Give mode='max' or mode='min'.")
        return direction


def _metrics_by_key(model):
    """Metrics of a model by the key they have in logs; containers of metrics are opened."""
    found = {}
    for metric in getattr(model, "metrics", None) or []:
        found[getattr(metric, "name", None)] = metric
        found.update(getattr(metric, "named_metrics", {}))
    return found
