"""What callbacks that watch one quantity share: its value, its direction, and when it has improved."""

import math
import warnings

import numpy as np

from keras_torch import ops
from keras_torch.base.checks import number, string
from keras_torch.callbacks.callback import Callback
from keras_torch.callbacks.directions import direction_of, direction_of_name
from keras_torch.callbacks.logs import find_name
from keras_torch.callbacks.progress import epoch_text, say
from keras_torch.dialects.translator import behaviour

MODES = ("auto", "min", "max")


class MonitorCallback(Callback):
    """Base of callbacks that watch a value in `logs` and ask whether it has improved.

    Args:
        monitor: key of logs; names of other Keras generations ('val_acc') find their counterpart, with a
            warning.
        mode: 'min', 'max', or 'auto': the metric itself says which way is better. Another value means 'auto',
            with a warning.
        baseline: value to beat at first; None: the first value seen is an improvement.
        min_delta: the least change that counts, 0 or more (the sign is ignored, as in Keras).

    Errors:
        ValueError: an argument that is no number; or, when the first value arrives, 'auto' cannot tell the
            direction.

    Notes:
        A subclass may override `get_monitor_value` and `_is_improvement`, and may use and set `monitor_op`,
        `min_delta`, `best` and `mode`, as in Keras. Before Keras 3 `best` is infinite at first and
        `monitor_op` is `numpy.less` or `numpy.greater`; in Keras 3 they are None, and a function of `ops`
        that is found at the first value. From then on `min_delta` is negative when less is better.

    Source: Keras `MonitorCallback`; before Keras 3 each callback had these methods itself.

    >>> watch = MonitorCallback("loss")
    >>> watch.improved(0.5), watch.improved(0.4), watch.improved(0.6), watch.best
    (True, True, False, 0.4)
    """

    def __init__(self, monitor="val_loss", mode="auto", baseline=None, min_delta=0):
        super().__init__()
        owner = type(self).__name__
        string(owner, "monitor", monitor)
        number(owner, "min_delta", min_delta)
        if baseline is not None:
            number(owner, "baseline", baseline)
        if not isinstance(mode, str) or mode not in MODES:
            warnings.warn(f"{owner}: `mode` must be one of 'auto', 'min', 'max'; got {mode!r}, which is "
                          "taken as 'auto'.", stacklevel=3)
            mode = "auto"
        self.monitor, self.mode, self.min_delta = monitor, mode, abs(min_delta)
        self._warned = set()
        self._infinite = behaviour("best value at first") == "infinite"
        self._monitor_op = self._guess = None
        if self._infinite:
            self._take({"min": -1, "max": 1}.get(mode) or self._direction_by_name())
            self._guess = self._monitor_op
        self.best = self.best_at_first() if baseline is None else baseline

    @property
    def monitor_op(self):
        """The comparison `(value, best)`; in Keras 3 None until a model tells the direction. May be set."""
        if self._monitor_op is None and self.model is not None:
            self._set_monitor_op()
        return self._monitor_op

    @monitor_op.setter
    def monitor_op(self, function):
        self._monitor_op = function

    def best_at_first(self):
        """What `best` is before the first value: None, or before Keras 3 the worst number of all.

        >>> MonitorCallback("loss").best_at_first()
        """
        if not self._infinite:
            return None
        return math.inf if self._downward else -math.inf

    def get_monitor_value(self, logs):
        """The value watched, or None (with one warning that names what there is)."""
        logs = logs or {}
        name, owner = find_name(self.monitor, logs), type(self).__name__
        if name is None:
            way_out = ", or give fit() validation data." if self.monitor.startswith("val_") else "."
            self._warn_once(f"{owner} watches `{self.monitor}`, which is not available. Available metrics "
                            f"are: {', '.join(logs)}. Give one as `monitor`" + way_out)
            return None
        if name != self.monitor:
            self._warn_once(f"{owner} watches `{self.monitor}`, which is called `{name}` here. Write that "
                            "name: Keras finds nothing under the other.")
        return logs[name]

    def improved(self, value):
        """Whether `value` is better than the best so far; if so it is the best from now on."""
        self._settle_direction()
        if not self._is_improvement(value, self.best):
            return False
        self.best = value
        return True

    def _is_improvement(self, monitor_value, reference_value):
        """Whether a value beats another by more than `min_delta`; all beats None, any number beats nan."""
        if reference_value is None:
            return True
        if self._monitor_op is None:
            self._set_monitor_op()
        beats = self.monitor_op(monitor_value - self.min_delta, reference_value)
        return bool(beats) or bool(reference_value != reference_value and monitor_value == monitor_value)

    def _set_monitor_op(self):
        self._take(self._find_direction())

    def _take(self, direction):
        """Takes a direction, 1 or -1, into `monitor_op` and `min_delta`."""
        self._downward = direction < 0
        self.min_delta = abs(self.min_delta) * direction
        less, greater = (np.less, np.greater) if self._infinite else (ops.less, ops.greater)
        self._monitor_op = less if self._downward else greater

    def _settle_direction(self):
        """Before Keras 3 the direction is guessed by the name; once there are metrics, they know."""
        if self._monitor_op is None:
            self._set_monitor_op()
        if self._guess is None or self._guess != self._monitor_op or self.mode != "auto":
            return   # found already; or somebody has set another comparison
        self._guess, was_at_first = None, self.best == self.best_at_first()
        direction = self._direction_of_metric()
        if direction is not None and (direction < 0) != self._downward:
            self._take(direction)
            self.best = self.best_at_first() if was_at_first else self.best
        if self._goes_up_in_older_keras() == self._downward:
            words = ("less", "more") if self._downward else ("more", "less")
            self._warn_once(f"{type(self).__name__} takes {words[0]} of `{self.monitor}` as better; Keras of "
                            f"this generation takes {words[1]}, by its name. Give mode='max' or mode='min'.")

    def _find_direction(self):
        if self.mode != "auto":
            return {"min": -1, "max": 1}[self.mode]
        return self._direction_of_metric() or self._direction_by_name()

    def _direction_of_metric(self):
        metric = _metrics_by_key(self.model).get(self.monitor.removeprefix("val_"))
        return None if metric is None else direction_of(metric)

    def _direction_by_name(self):
        direction = direction_of_name(self.monitor.removeprefix("val_"))
        if direction is None and self._infinite:
            return 1 if self._goes_up_in_older_keras() else -1
        if direction is None:
            raise ValueError(f"{type(self).__name__} cannot tell whether more of `{self.monitor}` is better. "
                             "Give mode='max' or mode='min'.")
        return direction

    def _goes_up_in_older_keras(self):
        """What Keras before 3 takes a name for."""
        return "acc" in self.monitor or self.monitor.startswith("fmeasure")

    def _warn_once(self, message):
        if message not in self._warned:
            self._warned.add(message)
            warnings.warn(message, stacklevel=4)

    def _say(self, epoch, message):
        """Prints 'Epoch 1: ...', when `verbose` says so."""
        if self.verbose:
            say(f"{epoch_text(epoch)}: {message}")


def _metrics_by_key(model):
    """Metrics of a model by the key they have in logs; containers of metrics are opened."""
    found = {}
    for metric in getattr(model, "metrics", None) or []:
        found[getattr(metric, "name", None)] = metric
        found.update(getattr(metric, "named_metrics", {}))
    return found
