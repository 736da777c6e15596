"""How data behave, learned from the first items: what they cost, and which random numbers they draw.

# Note [when batches are prepared ahead]
A thread that prepares the next batch pays when a batch costs more than the handing over, some 30 µs. So the
first items are made in turn and timed; from then on a thread prepares, when it pays. Asked-for workers
(`workers` above 1, `use_multiprocessing=True`) are taken without a trial; `workers=0` forbids them.

# Note [data that draw random numbers]
When the run is seeded (`seeds.is_seeded`), it must come out the same again. The first items tell which of the
global generators the data draw from:

- torch's: dropout and the like draw from it at the same time, so these items are always made in turn.
- numpy's or Python's: one thread makes the items, in their order. Where somebody stores the state of the
  random numbers in the middle of an epoch (`Source.exact`), they are made in turn.
- none: any number of threads.

Data that use the model itself (a generator that calls its `predict`) are made in turn too: in a thread they
would switch the model to evaluation in the middle of a step.

Batches with a number (PyDataset) start from a seed of their own, that of the pass and their number, so it
does not matter who makes them. Processes do that always, and need none of this.
"""

import time

from keras_torch.training.data import seeds

_LOOKS = 2  # items looked at for random numbers
_TRIAL = 3  # items timed at least
_WORTH = 100e-6  # seconds per item from which a thread pays


class Habits:
    """What is known of the data so far.

    Args:
        workers: threads or processes asked for.
        processes: whether they are processes.
        draws: whether the data can draw random numbers at all.
        judges_first: whether the first item counts; in data that begin anew with each pass it is made in turn
            always, so that drawing an order there (a DataLoader) does no harm.
        seed_of: function job -> seed, for data with numbered batches.

    Attributes:
        uses_of_model: function -> how often the model was asked to evaluate or predict so far.
    """

    uses_of_model = staticmethod(lambda: 0)

    def __init__(self, workers, processes, draws=True, judges_first=True, seed_of=None):
        self.workers, self.processes = workers, processes
        self._judges_first, self._seed_of = judges_first, seed_of
        self._looks = _LOOKS if draws and not processes else 0
        self._made, self._spent = 0, 0.0
        self.drawn = set()
        self._uses_model = False

    @property
    def count(self):
        """Workers to hire: one when the order of drawing matters."""
        return 1 if self.drawn else max(1, self.workers)

    def in_turn(self, at_start, exact):
        """Whether the next item is made in turn; see the Notes above.

        Args:
            at_start: whether it is the first item of a pass.
            exact: whether the state of the random numbers must be right at each batch.
        """
        if self.workers == 0 or self._uses_model:
            return True
        if self.processes:
            return False
        if self._looks and seeds.is_seeded():
            return at_start and not self._judges_first or self._made < _LOOKS or self._must_be_in_turn(exact)
        return self._on_trial()

    def _must_be_in_turn(self, exact):
        return "torch" in self.drawn or bool(self.drawn) and exact or self._on_trial()

    def _on_trial(self):
        if self.workers > 1:
            return False
        return self._made < _TRIAL or self._spent < _WORTH * self._made

    def watched(self, make, job, at_start=False):
        """Makes an item in turn and learns from it."""
        start, uses = time.perf_counter(), self.uses_of_model()
        if self._made < self._looks and seeds.is_seeded():
            item = self._looked_at(make, job, self._judges_first or not at_start)
        else:
            item = self.made(make, job)
        self._spent += time.perf_counter() - start
        self._uses_model = self._uses_model or self.uses_of_model() != uses
        self._made += 1
        return item

    def _looked_at(self, make, job, counts):
        before = start = seeds.states()
        if self._seed_of is not None:
            seeds.seed_all(self._seed_of(job))
            start = seeds.states()
        try:
            item = make(job)
            if counts:
                self.drawn |= seeds.drawn_between(start, seeds.states())
        finally:
            if self._seed_of is not None:
                seeds.restore(before)
        return item

    def made(self, make, job):
        """Makes an item; one with a number, that draws, from its own seed."""
        if not self.drawn or self._seed_of is None:
            return make(job)
        with seeds.seeded(self._seed_of(job), self.drawn):
            return make(job)
