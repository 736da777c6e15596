"""The one loop behind fit, evaluate and predict: batches of a source through a step, hooks around them."""

import math
import warnings

from keras_torch.base import tree
from keras_torch.dialects.translator import behaviour
from keras_torch.random.states import random_states, restore_random_states
from keras_torch.training.data.sources import StoppedByData
from keras_torch.training.data.streams import NumberedSource
from keras_torch.training.dataset_state import dataset_state, has_generators, plain_values, restore_dataset


class BatchesOfSamples(int):
    """A number of batches that stands for a number of samples, as Keras 1 counts what a generator gives.

    Args:
        samples: the number that is meant; an epoch has as many batches as it takes to reach it.
        size: samples of the first batch, from which the number of batches is estimated.

    >>> count = BatchesOfSamples(10, 4)
    >>> count, count.samples
    (3, 10)
    """

    def __new__(cls, samples, size):
        count = super().__new__(cls, math.ceil(samples / max(size, 1)))
        count.samples = samples
        return count


class Feed:
    """Batches of a source, epoch by epoch, with a fixed number of steps when one is given.

    Args:
        source: the source.
        steps: batches per epoch asked for by the user; None takes a whole pass; a `BatchesOfSamples` takes
            batches until they have that many samples.
        owner: how errors call it.
        from_start: whether every epoch starts from the beginning, as validation does.
        most_passes: passes over arrays that may begin, where the generation counts them (tf.keras makes one
            for each epoch); None for any number.

    Attributes:
        passes: epochs begun.
        samples: samples of an epoch, where they and not batches are counted.
        ran_out: whether the data ended within an epoch, and with it the training.
        dry: whether the epoch at hand found no batch at all.
        done: batches of the epoch at hand that an earlier process has done; see `restore`.

    Notes:
        With `steps` a pass goes on where the last epoch stopped. At its end the epoch ends too, with a
        warning; up to tf.keras the data start again and the epoch goes on. In tf.keras numbered batches start
        anew in each epoch. A generator that has run out ends the training; up to Keras 2.3 it is an error.
    """

    def __init__(self, source, steps, owner, from_start=False, most_passes=None):
        self.source, self.steps, self.owner = source, steps, owner
        self.from_start = from_start and source.restarts
        self.passes = self.done = 0
        self.samples = getattr(steps, "samples", None)
        self._anew = behaviour("part of a sequence") == "starts anew" and isinstance(source, NumberedSource)
        source.draws = steps
        beyond = behaviour("epoch longer than the data")
        self._ends_with_pass = beyond == "ends" or self._anew and beyond == "ends the training"
        arrays = source.restarts and source.samples is not None
        self._most_passes = most_passes if arrays and beyond == "ends the training" else None
        self._passes_left = self._most_passes
        self._ends_training, self.ran_out, self.dry = beyond == "ends the training", False, False
        self._tells_end = owner == "fit()" or behaviour("end of a pass without learning") == "told"
        self._may_run_out = behaviour("data that run out") == "end the training"
        self._running = None  # the pass under way when it may reach into the next epoch, or was restored
        self._drawn = 0       # batches taken from it; from a source that does not restart: all ever taken
        self._began = None    # the state of random numbers and data when it began
        self._plain = None    # plain values of the user's dataset when recording began

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
        if not self.done:
            self.source.draws = self.steps
            self.source.begin_epoch()
        if self.samples is not None:
            yield from self._counted_samples()
        elif self.steps is not None:
            yield from self._counted_steps()
        elif self.source.samples:  # arrays, which have at least one batch: nothing needs counting
            yield from self._taken_pass()
        else:
            yield from self._whole_pass()
        self.done = 0
        if self._tells_end:
            self.source.end_epoch()

    def _begin_pass(self):
        if self._plain is not None and (self.source.restarts or self._began is None):
            self._began = {"random": random_states(), "data": self._data_state()}
        if self.source.restarts:
            self._drawn = 0
        return self.source.batches()

    def _taken_pass(self):
        """A whole pass, or what is left of a restored one."""
        running, self._running = self._running, None
        return self._begin_pass() if running is None else running

    def _counted_steps(self):
        if self.from_start or self._anew and not self.done:
            self.close()
        if self.from_start:
            self._passes_left = self._most_passes
        for number in range(self.done, self.steps):
            batch = self._next(further=number == 0 or not self._ends_with_pass)
            if batch is None:
                if number and self.source.restarts:
                    self.ran_out = self._ends_training
                    return self._warn_of_short_epoch(number)
                return self._run_dry(number)
            yield batch

    def _counted_samples(self):
        seen = 0
        while seen < self.samples:
            batch = self._next(further=True)
            if batch is None:
                self._complain(seen)
            seen += len(tree.flatten(batch[0])[0])
            yield batch
        if seen > self.samples and self.owner.startswith("fit"):
            warnings.warn(
                f"{self.owner}: an epoch of {self.samples} samples took {seen}, as batches come whole. Give "
                "a number that the batches add up to.",
                stacklevel=2,
            )

    def close(self):
        """Ends a pass that is under way, and the threads that prepare its batches."""
        running, self._running = self._running, None
        if running is not None and self.source.restarts and hasattr(running, "close"):
            running.close()
        self.source.close()

    def _whole_pass(self):
        count = self.done
        for batch in self._taken_pass():
            count += 1
            self._drawn += 1
            yield batch
        if not count:
            self._run_dry(0)
        if self.source.steps is None and self.source.restarts:
            self.source.steps = count

    def _next(self, further):
        """The next batch; None at the end of the data, or of a pass when there is to be no further one."""
        for _ in range(2):
            if self._running is None:
                if self._passes_left == 0:
                    return None
                if self._passes_left is not None:
                    self._passes_left -= 1
                self._running = self._begin_pass()
            batch = next(self._running, None)
            if batch is not None:
                self._drawn += 1
                return batch
            self._running = None
            if not self.source.restarts or not further:
                return None
        return None

    def _warn_of_short_epoch(self, number):
        ended = "the training" if self.ran_out else "the epoch; the next one begins a new pass"
        warnings.warn(
            f"{self.owner}: the pass over the data ended after {number} of {self.steps} steps, and with it "
            f"{ended}. Leave the number of steps out for whole passes, or let the data repeat.",
            stacklevel=2,
        )

    def _run_dry(self, number):
        """Notes and tells that a source that cannot start again has no more batches.

        Errors:
            ValueError: it never had one, or this generation of Keras raises.
        """
        if not self._drawn or not self._may_run_out:
            self._complain(number)
        self.ran_out, self.dry = True, not number
        of = "" if self.steps is None else f" of {self.steps}"
        warnings.warn(
            f"{self.owner}: the data ran out after {number}{of} batch(es); {self._consequence()}. Let the "
            "generator yield forever, give a dataset that can be iterated again, or lower the number of "
            "steps or epochs.",
            stacklevel=2,
        )

    def _consequence(self):
        if self.owner == "validation":
            return "later epochs are not validated"
        return "the training ends here" if self.owner == "fit()" else "the result is that of these"

    # Standing somewhere, and going on from there.

    def record(self, exact):
        """Notes from now on what `state` needs; call it before the first epoch.

        Args:
            exact: whether `state` will be asked for in the middle of epochs.
        """
        self._plain = plain_values(self.source.dataset)
        self.source.exact = exact
        if exact and has_generators(self.source.dataset):
            self.source.habits.workers = 0  # batches made ahead would have moved its generators along

    def _data_state(self):
        return dataset_state(self.source.dataset, self._plain)

    def state(self, done):
        """Where the data stand, as plain values and tensors; None when every epoch starts in the same way.

        Args:
            done: batches done of the epoch under way; 0 between two epochs.
        """
        if self.from_start:
            return None
        whole_passes = (self.steps is None or self._anew) and self.source.restarts
        drawn = done if whole_passes else self._drawn
        under_way = drawn and (done or self._running is not None or not self.source.restarts)
        return {"data": self._data_state(), "drawn": drawn if under_way else 0,
                "began": self._began if under_way else None}  # fmt: skip

    def restore(self, state, done):
        """Goes on where `state` was told, after `done` batches of the epoch that comes next.

        Notes:
            The pass begins again with the random numbers that it began with, and so in the same order.
            Arrays and numbered batches then go to that place; other data are drawn and dropped up to it.
        """
        if state is None:
            return
        self.done = done
        if done:
            self.source.draws = None if self.steps is None else self.steps - done
            self.source.begin_epoch()
        if state["drawn"]:
            self._drawn, self._began = state["drawn"], state["began"]
            restore_dataset(self.source.dataset, self._began["data"])
            restore_random_states(self._began["random"])
            self._running = self.source.batches(self._drawn)
        if not state["drawn"] or isinstance(self.source, NumberedSource):  # others are there by drawing
            restore_dataset(self.source.dataset, state["data"])

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


def run_batches(batches, step, hooks, group, stopped, first=0):
    """One pass: each batch through `step`, with the hooks that somebody listens to.

    Args:
        batches: iterable of (x, y, sample_weight).
        step: function (x, y, sample_weight).
        hooks: a `batch_logs.Hooks`.
        group: batches between two calls of the hooks (steps_per_execution).
        stopped: function -> whether to stop now; None when only a hook could want to, and there is none.
        first: number of the first batch.

    Returns:
        int: number of the last batch + 1.
    """
    try:
        return _run_batches(batches, step, hooks, group, stopped, first)
    except StoppedByData as stop:
        raise stop.error from None


def _run_batches(batches, step, hooks, group, stopped, first):
    count, begin, end = first, hooks.begin, hooks.end
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
    x = None
    for x, y, weight in batches:
        if begin is not None and count % group == 0:
            hooks.begun(count, x)
        step(x, y, weight)
        count += 1
        if end is not None and count % group == 0:
            hooks.ended(count - 1, x)
        if stopped is not None and stopped():
            return count
    if end is not None and count % group:
        hooks.ended(count - 1, x)
    return count
