"""torch's learning rate schedulers beside an optimizer: when they step and what they watch."""

import inspect

import torch

from keras_torch.base.checks import fail, one_of
from keras_torch.dialects.state import current_dialect

LRScheduler = torch.optim.lr_scheduler.LRScheduler
ReduceLROnPlateau = torch.optim.lr_scheduler.ReduceLROnPlateau
OF_BATCHES = (torch.optim.lr_scheduler.OneCycleLR, torch.optim.lr_scheduler.CyclicLR)


class TorchScheduler:
    """One torch scheduler: made now or when its optimizer is built, stepped by `fit`.

    Args:
        scheduler: a scheduler, or a class or function that makes one of an optimizer.
        every: 'batch' or 'epoch'; None for what the class is made for.
        monitor: key of the logs that ReduceLROnPlateau watches; None for 'val_loss', else 'loss'.

    >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    >>> TorchScheduler(torch.optim.lr_scheduler.StepLR(optimizer, 2)).every
    'epoch'
    """

    def __init__(self, scheduler, every=None, monitor=None):
        self.made = scheduler if isinstance(scheduler, LRScheduler) else None
        self._make = None if self.made is not None else scheduler
        self.monitor = monitor
        self._every = every

    @property
    def every(self):
        """'batch' or 'epoch'."""
        return self._every or ("batch" if _is_of_batches(self.made or self._make) else "epoch")

    def make(self, optimizer):
        """Makes the scheduler of a built optimizer, unless it was given ready."""
        if self.made is not None:
            return
        try:
            made = self._make(optimizer)
        except ValueError as error:
            if "cycle_momentum" not in str(error):
                raise
            raise ValueError(f"{type(optimizer).__name__} has one momentum for all parameter groups, which a "
                             "scheduler cannot cycle. Give the scheduler cycle_momentum=False.") from error
        if not isinstance(made, LRScheduler):
            fail(type(optimizer).__name__, "scheduler", made, "a scheduler of torch.optim.lr_scheduler, "
                 "or a class or function that makes one of an optimizer")
        self.made = made

    def step(self, logs=None):
        """One step of the scheduler; `logs` is the dictionary of the epoch.

        Errors:
            ValueError: the value to watch is not in the logs.
        """
        if not isinstance(self.made, ReduceLROnPlateau):
            return self.made.step()
        keys = [self.monitor] if self.monitor else ["val_loss", "loss"]
        found = next((key for key in keys if key in logs), None)
        if found is None:
            fail("ReduceLROnPlateau", "monitor", self.monitor, f"one of {sorted(logs)}")
        return self.made.step(float(logs[found]))


def _is_of_batches(scheduler):
    """Whether a scheduler, class or partial is made to step with every batch, or contains one that is."""
    inner = getattr(scheduler, "_schedulers", ())  # of SequentialLR and ChainedScheduler
    made = getattr(scheduler, "func", scheduler)  # of functools.partial
    found = issubclass(made, OF_BATCHES) if inspect.isclass(made) else isinstance(made, OF_BATCHES)
    return found or any(_is_of_batches(each) for each in inner)


class Scheduling:
    """The part of `Optimizer` that lets torch's schedulers set the learning rate. See there."""

    _schedulers = ()
    _batch_schedulers = ()

    def scheduled_by(self, scheduler, every=None, monitor=None):
        """Lets a torch scheduler set the learning rate during `fit`.

        Args:
            scheduler: a scheduler, or a class or function that makes one of an optimizer, such as
                `functools.partial(torch.optim.lr_scheduler.StepLR, step_size=10)`.
            every: 'epoch' or 'batch'; None for 'batch' with OneCycleLR and CyclicLR, else 'epoch'.
            monitor: key of the logs that ReduceLROnPlateau watches; None for 'val_loss', else 'loss'.

        Returns:
            Optimizer: itself, so that it can be written in `compile(optimizer=...)`. Several schedulers may
                be given one after the other; they step in that order.

        Errors:
            ValueError: something that is no scheduler; a scheduler of another optimizer; a Keras schedule
                beside it; ReduceLROnPlateau with 'batch'.

        Notes:
            The learning rate of each epoch is put into its logs.

        >>> import functools, keras_torch
        >>> halving = functools.partial(torch.optim.lr_scheduler.StepLR, step_size=1, gamma=0.5)
        >>> optimizer = keras_torch.optimizers.SGD(1.0).scheduled_by(halving)
        >>> _ = optimizer.build([torch.nn.Parameter(torch.zeros(1))])
        >>> optimizer.epoch_ended({}); optimizer.learning_rate
        0.5
        """
        owner = self._owner()
        one_of("epoch", "batch", None)(owner, "every", every)
        if not isinstance(scheduler, LRScheduler) and not callable(scheduler):
            fail(owner, "scheduler", scheduler, "a scheduler of torch.optim.lr_scheduler, or a class or "
                 "function that makes one of an optimizer")
        if self._schedule is not None:
            fail(owner, "learning_rate", self._schedule, "a number when a torch scheduler sets it")
        added = TorchScheduler(scheduler, every, monitor)
        if added.made is not None and added.made.optimizer not in (self, self._scheduled_object()):
            fail(owner, "scheduler", type(scheduler).__name__, "a scheduler of this optimizer",
                 "Give the class or a functools.partial of it; it is made with the right optimizer then.")
        self._schedulers = (*self._schedulers, added)
        self._make_schedulers()
        return self

    def _scheduled_object(self):
        """The torch optimizer whose groups schedulers change."""
        return self

    def _make_schedulers(self):
        if not self.built:
            return
        for scheduler in self._schedulers:
            scheduler.make(self._scheduled_object())
        self._batch_schedulers = tuple(each for each in self._schedulers if each.every == "batch")
        for scheduler in self._batch_schedulers:
            if isinstance(scheduler.made, ReduceLROnPlateau):
                fail(self._owner(), "every", "batch", "'epoch' for ReduceLROnPlateau, which watches the logs")

    def _batch_ended(self):
        self._scheduled_object()._opt_called = True  # apply() is a step too, which torch does not see
        for scheduler in self._batch_schedulers:
            scheduler.step()

    def epoch_ended(self, logs):
        """Lets the schedulers of epochs step; `fit` calls it with the logs of the epoch.

        Args:
            logs: dictionary; gets 'learning_rate' ('lr' before Keras 3), the rate the epoch ended with.
        """
        if not self._schedulers or not self.built:
            return
        logs["learning_rate" if current_dialect() == "keras3" else "lr"] = float(self.learning_rate)
        self._scheduled_object()._opt_called = True
        for scheduler in self._schedulers:
            if scheduler not in self._batch_schedulers:
                scheduler.step(logs)

    def _scheduler_states(self):
        return [scheduler.made.state_dict() for scheduler in self._schedulers]

    def _load_scheduler_states(self, states):
        if len(states) != len(self._schedulers):
            raise ValueError(f"{self._owner()} has {len(self._schedulers)} torch schedulers; the state holds "
                             f"{len(states)}. Give the optimizer the same schedulers with scheduled_by().")
        for scheduler, state in zip(self._schedulers, states):
            scheduler.made.load_state_dict(state)


def is_scheduler(value):
    """Whether something is one of torch's learning rate schedulers.

    >>> is_scheduler(0.5)
    False
    """
    return isinstance(value, LRScheduler)
