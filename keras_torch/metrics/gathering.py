"""Small batches wait, and the metrics that count take many of them in at once.

# Note [batches that wait]
Taking in 32 rows costs a metric what its kernels cost to start: 15 to 25 µs on a CPU, more on an accelerator.
`Gathering` copies predictions and targets of a batch aside, two small kernels for all metrics of an output
together, and hands them on 16 batches at a time, or when somebody looks: `result()` and the states settle
the metric first (`Metric.settle`).

Nothing else may change by that, not even the last bit, as a progress bar looks when the clock says so. So
only metrics whose states are counts take part (`Metric.counts_rows`): sums of whole numbers are exact in any
order. Means of errors, weighted updates, masked batches, metrics of the user's and batches of another size
than the last ones are taken in at once, as ever. So do metrics whose states were handed out (`variables`,
`metric.total`): what somebody holds is up to date after every batch.
"""

import weakref

import torch

from keras_torch.base.third_party import is_compiling
from keras_torch.losses.loss import is_plain_pair

BATCHES = 16  # that wait at most
LARGEST = {"cpu": 2**13}  # numbers in a batch; kernels on larger ones cost more than their start
LARGEST_ON_DEVICE = 2**18


class Gathering:
    """The waiting batches of one output.

    Args:
        metrics: all metrics of the output that take no weights.

    Notes:
        Metrics hold it weakly: it lives as long as what was compiled.

    >>> from keras_torch.metrics import CategoricalAccuracy
    >>> accuracy = CategoricalAccuracy()
    >>> gathering = Gathering([accuracy])
    >>> for _ in range(4):
    ...     for metric in gathering.put_aside(torch.eye(2), torch.eye(2)):
    ...         metric.update_state(torch.eye(2), torch.eye(2))
    >>> gathering.waiting, float(accuracy.count), gathering.waiting
    (2, 8.0, 0)
    """

    def __init__(self, metrics):
        self.metrics = list(metrics)
        self.waiting = 0
        self._key = self._last_key = self._slots = None
        self._taking_part, self._others = [], self.metrics

    def put_aside(self, y_true, y_pred):
        """Keeps a batch for the metrics that can wait.

        Returns:
            list: the metrics that take this batch in now.
        """
        if not is_plain_pair(y_true, y_pred) or hasattr(y_pred, "_keras_mask") or is_compiling():
            return self.metrics
        key = y_pred.shape, y_true.shape, y_pred.dtype, y_true.dtype, y_pred.device
        if key != self._key:
            self._notice(key, y_true, y_pred)
            return self.metrics
        if not self._taking_part:
            return self.metrics
        true, pred = self._slots[self.waiting]
        true.copy_(y_true)
        pred.copy_(y_pred.detach() if torch.is_grad_enabled() else y_pred)
        self.waiting += 1
        if self.waiting == BATCHES:
            self.flush()
        return self._others

    def _notice(self, key, y_true, y_pred):
        """Two batches alike, one after the other: further ones may wait."""
        if key == self._last_key:
            self.flush()
            self._key = key
            largest = LARGEST.get(y_pred.device.type, LARGEST_ON_DEVICE)
            fits = 0 < y_pred.numel() <= largest and y_true.numel() <= largest
            joined = [fits and self._joins(metric, y_true, y_pred) for metric in self.metrics]
            self._taking_part = [metric for metric, joins in zip(self.metrics, joined) if joins]
            self._others = [metric for metric, joins in zip(self.metrics, joined) if not joins]
            if self._taking_part:
                self._make_room(y_true, y_pred)
        self._last_key = key

    def _joins(self, metric, y_true, y_pred):
        return metric.counts_rows(y_true, y_pred) and metric.wait_for(self)

    def _make_room(self, y_true, y_pred):
        with torch.inference_mode(False):  # made during evaluation, the room is used in training too
            self._true, self._pred = (batch.new_empty((BATCHES, *batch.shape)) for batch in (y_true, y_pred))
            self._slots = list(zip(self._true.unbind(), self._pred.unbind()))

    def flush(self):
        """Hands the waiting batches to their metrics."""
        if not self.waiting:
            return
        count, self.waiting = self.waiting, 0
        true, pred = self._true[:count].flatten(0, 1), self._pred[:count].flatten(0, 1)
        for metric in self._taking_part:
            metric.update_state(true, pred)

    def leave(self, metric):
        """Takes a metric out, whose states somebody may hold on to."""
        self.flush()
        if any(member is metric for member in self._taking_part):
            self._taking_part = [member for member in self._taking_part if member is not metric]
            self._others = [*self._others, metric]

    def __getstate__(self):
        self.flush()
        return self.metrics

    def __setstate__(self, metrics):
        self.__init__(metrics)


class Membership:
    """The part of a `Metric` that may have batches waiting in a `Gathering`."""

    _gathering = None  # a weak reference
    _handed_out = False  # whether somebody may hold states, which then have to be up to date at any time
    _inside = False  # whether its own `result` reads the states now

    def counts_rows(self, y_true, y_pred):
        """Whether batches like these may be taken in together: the states are whole numbers, rows apart."""
        return False

    def wait_for(self, gathering):
        """Joins a gathering; False where it waits for another one, or where its states were handed out."""
        if self._handed_out:
            return False
        known = None if self._gathering is None else self._gathering()
        if known is None or known is gathering:
            self._gathering = weakref.ref(gathering)
            return True
        return False

    def hand_out(self):
        """Takes in what waits; from now on each batch is taken in at once, as states are in others' hands."""
        self.settle()
        if self._inside or self._handed_out:
            return
        self._handed_out = True
        gathering = None if self._gathering is None else self._gathering()
        if gathering is not None:
            gathering.leave(self)

    def take_in_waiting(self):
        """Takes in the batches that wait."""
        if self._gathering is not None:
            gathering = self._gathering()
            if gathering is not None and gathering.waiting:
                gathering.flush()

    def __getstate__(self):
        self.settle()
        return {key: value for key, value in self.__dict__.items() if key != "_gathering"}
