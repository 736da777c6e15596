"""The one loop behind fit, evaluate and predict: batches of a source through a step, hooks around them."""

from keras_torch.callbacks.logs import Logs


class Feed:
    """Batches of a source, epoch by epoch, with a fixed number of steps when one is given.

    Args:
        source: the source.
        steps: batches per epoch asked for by the user; None takes a whole pass.
        owner: how errors call it.
        from_start: whether every epoch starts from the beginning, as validation does.

    Notes:
        With `steps` a pass goes on where the last epoch stopped and starts again at its end, as in Keras.
    """

    def __init__(self, source, steps, owner, from_start=False):
        self.source, self.steps, self.owner = source, steps, owner
        self.from_start = from_start and source.restarts
        self._running = None
        self.passes = 0
        source.draws = steps

    @property
    def expected(self):
        """Batches of an epoch, None when unknown."""
        return self.steps if self.steps is not None else self.source.steps

    def epoch(self):
        """The batches of one epoch.

        Errors:
            ValueError: a source that cannot start again has run dry before the first batch.
        """
        self.passes += 1
        self.source.begin_epoch()
        if self.steps is not None:
            yield from self._counted_steps()
        elif self.source.samples:  # arrays, which have at least one batch: nothing needs counting
            yield from self.source.batches()
        else:
            yield from self._whole_pass()
        self.source.end_epoch()

    def _counted_steps(self):
        if self.from_start:
            self.close()
        for number in range(self.steps):
            batch = self._next()
            if batch is None:
                self._complain(number)
            yield batch

    def close(self):
        """Ends a pass that is under way, and the threads that prepare its batches."""
        running, self._running = self._running, None
        if running is not None and self.source.restarts and hasattr(running, "close"):
            running.close()
        self.source.close()

    def _whole_pass(self):
        count = 0
        for batch in self.source.batches():
            count += 1
            yield batch
        if not count:
            self._complain(0)
        if self.source.steps is None and self.source.restarts:
            self.source.steps = count

    def _next(self):
        for _ in range(2):
            if self._running is None:
                self._running = self.source.batches()
            batch = next(self._running, None)
            if batch is not None:
                return batch
            self._running = None
            if not self.source.restarts:
                return None
        return None

    def _complain(self, number):
        wanted = self.steps if self.steps is not None else "at least 1"
        if self.steps is None and self.passes > 1:
            raise ValueError(
                f"{self.owner}: the generator gave all its batches in the first epoch and cannot start "
                "again. Let it yield forever and give steps_per_epoch, or give a PyDataset, a DataLoader or "
                "an iterable."
            )
        raise ValueError(
            f"{self.owner}: the data ran out after {number} batch(es) of this epoch; {wanted} were "
            "expected. Let the generator yield forever, give a dataset that can be iterated again, or "
            "lower the number of steps or epochs."
        )


def run_batches(batches, step, begin, end, logs, group, stopped):
    """One pass: each batch through `step`, with the hooks that somebody listens to.

    Args:
        batches: iterable of (x, y, sample_weight).
        step: function (x, y, sample_weight).
        begin: hook (batch number, logs) or None.
        end: hook (batch number, logs) or None.
        logs: function without arguments -> name -> value; called only when a hook looks.
        group: batches between two calls of the hooks (steps_per_execution).
        stopped: function -> whether to stop now; None when only a hook could want to, and there is none.

    Returns:
        int: number of batches.
    """
    count = 0
    if begin is None and end is None and stopped is None:
        for x, y, weight in batches:
            step(x, y, weight)
            count += 1
        return count
    if begin is None and end is None and group == 1:
        for x, y, weight in batches:
            step(x, y, weight)
            count += 1
            if stopped():
                break
        return count
    for x, y, weight in batches:
        if begin is not None and count % group == 0:
            begin(count, None)
        step(x, y, weight)
        count += 1
        if end is not None and count % group == 0:
            end(count - 1, Logs(logs))
        if stopped():
            return count
    if end is not None and count % group:
        end(count - 1, Logs(logs))
    return count
