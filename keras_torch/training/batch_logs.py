"""What callbacks are told of each batch: the values so far, or, up to Keras 2.3, the batch's own.

# Note [a batch's own values]
Up to Keras 2.2 the logs of a batch hold its own loss and metrics, in 2.3 its own loss; the epoch's are the
means weighted by the sizes of the batches. Metrics here gather the sums for that. When a callback listens to
batches in those generations, the sums are kept aside, every batch begins at zero, and is added afterwards.
That also keeps the epoch's values when a callback evaluates the model in the middle of it, as in those Keras.
Callbacks that show the progress get the means so far, as the progress bar of those Keras computes.
"""

import dataclasses
from collections.abc import Callable

import torch

from keras_torch.base.third_party import foreach
from keras_torch.callbacks.logs import Logs
from keras_torch.dialects.translator import behaviour
from keras_torch.metrics.reduction import Mean
from keras_torch.training.steps import batch_size_of


@dataclasses.dataclass(frozen=True)
class Hooks:
    """What happens around the batches of a pass.

    Args:
        begin: function (number, logs) or None, when nobody listens.
        end: function (number, logs) or None.
        values: function without arguments -> name -> value, called only when a hook looks.
        sized: whether logs also tell the number of the batch and its samples.
    """

    begin: Callable | None = None
    end: Callable | None = None
    values: Callable = dict
    sized: bool = False

    def begun(self, number, x):
        """Calls the hooks before a batch."""
        self.begin(number, self._facts(number, x) if self.sized else None)

    def ended(self, number, x):
        """Calls the hooks after a batch."""
        logs = Logs(self.values)
        if self.sized:
            for name, value in self._facts(number, x).items():
                logs[name] = value
        self.end(number, logs)

    @staticmethod
    def _facts(number, x):
        return {"batch": number, "size": batch_size_of(x)}


def hooks_of(trainer, kind, listeners):
    """(`Hooks`, `OwnValues` or None) of a pass.

    Args:
        trainer: the model.
        kind: 'train' or 'test'.
        listeners: its CallbackList.
    """
    own = own_values(trainer, kind) if listeners.wants_own_values(kind) else None
    show_means = None if own is None else own.show_means
    begin, end = (listeners.batch_hook(kind, moment, show_means) for moment in ("begin", "end"))
    return Hooks(begin, end, trainer._logs, behaviour("callbacks know the data")), own


def own_step(trainer, kind, step):
    """(step, `OwnValues` or None): the step, after which metrics show what is told of a batch."""
    own = own_values(trainer, kind)
    return (step, None) if own is None else (own.around(step), own)


def own_values(trainer, kind):
    """`OwnValues` for a model; None where logs tell the values so far, or the user's own step makes them."""
    if behaviour("logs of a batch") == "so far" or trainer._has_step_of_its_own(kind):
        return None
    return OwnValues(_metrics_with_own_values(trainer))


def _metrics_with_own_values(trainer):
    """Function -> the metrics whose logs are those of the batch in this generation."""
    if behaviour("logs of a batch") == "own loss":
        return lambda: [trainer._loss_tracker]

    def metrics():
        means = [metric for metric in trainer._objectives.all_metrics if isinstance(metric, Mean)]
        return [trainer._loss_tracker, *(mean for mean in means if not getattr(mean, "counts", False))]

    return metrics


class OwnValues:
    """Has metrics show the values of one batch, while their sums over the pass are kept aside.

    Args:
        metrics: function without arguments -> means; more may come with the first batch.

    >>> mean = Mean()
    >>> own = OwnValues(lambda: [mean])
    >>> step = own.around(lambda x, y, weight: mean.update_state(x))
    >>> step(torch.ones(2), None, None)
    >>> step(torch.zeros(2), None, None)
    >>> float(mean.result())
    0.0
    >>> own.show_means()
    >>> float(mean.result())
    0.5
    """

    def __init__(self, metrics):
        self._metrics, self._sums = metrics, {}
        self._keep()

    def around(self, step):
        """The step, before which metrics begin at zero, and whose values are added to the sums."""

        def own(x, y, weight):
            for metric, _ in self._sums.values():
                metric.reset_state()
            step(x, y, weight)
            self._keep()

        return own

    def _keep(self):
        with torch.no_grad():
            for metric in self._metrics():
                states = [variable.detach() for variable in metric.variables]
                _, sums = self._sums.setdefault(id(metric), (metric, []))
                if sums:
                    foreach.add_(sums, states[:len(sums)])
                sums.extend(state.clone() for state in states[len(sums):])  # made by the first batch

    def show_means(self):
        """Puts the sums of the pass into the metrics, whose results are the means so far."""
        with torch.no_grad():
            for metric, sums in self._sums.values():
                metric.reset_state()  # what waits in Python goes too
                foreach.copy_([variable.detach() for variable in metric.variables], sums)
