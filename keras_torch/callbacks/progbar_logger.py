"""ProgbarLogger: the callback that draws the progress of fit, evaluate and predict."""

from keras_torch.base.checks import one_of
from keras_torch.callbacks.callback import Callback
from keras_torch.callbacks.logs import NOT_METRICS
from keras_torch.callbacks.progress import REPAINT_SECONDS, Progbar, check_verbose, say
from keras_torch.dialects.translator import behaviour

_BATCH_HOOKS = frozenset(["on_train_batch_end", "on_test_batch_end", "on_predict_batch_end"])


class ProgbarLogger(Callback):
    """Shows the progress of fit, evaluate and predict; `fit` adds it unless `verbose=0`.

    Args:
        count_mode: 'steps' or, as the older generations, 'samples' (when the run knows its batch size).
        stateful_metrics: names given by the older generations; every value is shown as given anyway.

    Errors:
        ValueError: another `count_mode`.

    Notes:
        Lines read as in the generation in force. Up to Keras 2.3 `evaluate` shows no values, and nothing at
        all with `verbose=2`.
        Metrics are read back from the device when the line is repainted, at most ten times a second.

    Source: Keras `callbacks.ProgbarLogger`.

    >>> ProgbarLogger().count_mode
    'steps'
    """

    shows_means = True

    def __init__(self, count_mode="steps", stateful_metrics=None):
        super().__init__()
        one_of("steps", "samples")("ProgbarLogger", "count_mode", count_mode)
        self.count_mode = count_mode
        self.stateful_metrics = set(stateful_metrics or ())
        self.verbose, self.epochs, self.target = 1, 1, None
        self.seen, self.progbar = 0, None
        self._in_fit = False
        self._samples_per_step, self._samples = 1, None
        self._as_before = behaviour("lines of progress") in ("Keras 1", "Keras 2")

    @property
    def use_steps(self):
        """Whether steps are counted, not samples: what `count_mode` is called before Keras 3."""
        return self.count_mode == "steps"

    def set_params(self, params):
        """Takes 'verbose', 'epochs' and 'steps' from the parameters of the run."""
        super().set_params(params)
        verbose = params.get("verbose", 1)
        check_verbose("ProgbarLogger", "verbose", verbose)
        self.verbose, self.target = 1 if verbose == "auto" else int(verbose), None
        self.epochs = params.get("epochs", params.get("nb_epoch")) or 1  # the latter in Keras 1
        samples = params.get("samples", params.get("nb_sample"))
        size = params.get("batch_size")   # not of a generator, whose samples Keras 1 knows all the same
        if self.count_mode == "samples" and samples and (size or "nb_sample" in params):
            self._samples, self._samples_per_step = samples, size
        self.expect(params.get("steps"))

    def expect(self, steps):
        """Says how many batches a pass has, where `params` do not tell; None when nobody knows."""
        self.target = steps if self.target is None else self.target
        if self._samples and self.target and not self._samples_per_step:
            self._samples_per_step = self._samples / self.target
        if self.verbose != 1 and self.target:
            self.idle_hooks = _BATCH_HOOKS   # nothing is shown before the end

    def on_train_begin(self, logs=None):
        self._in_fit = True
        if self.verbose and self._samples and self.validation_data:
            say(f"Train on {self._samples} samples, validate on {len(self.validation_data[0])} samples")

    def on_train_end(self, logs=None):
        self._in_fit = False

    def on_epoch_begin(self, epoch, logs=None):
        if self.verbose and (self.epochs > 1 or self._as_before):
            say(f"Epoch {epoch + 1}/{self.epochs}")
        self._begin()

    def on_epoch_end(self, epoch, logs=None):
        self._end(logs)

    def on_test_begin(self, logs=None):
        if not self._in_fit:
            self._begin()

    def on_test_end(self, logs=None):
        if not self._in_fit:
            self._end(logs)

    def on_predict_begin(self, logs=None):
        self._begin()

    def on_predict_end(self, logs=None):
        self._end(None)

    def on_train_batch_end(self, batch, logs=None):
        self._step(batch, logs)

    def on_test_batch_end(self, batch, logs=None):
        if not self._in_fit:
            self._step(batch, logs)

    def on_predict_batch_end(self, batch, logs=None):
        self._step(batch, None)

    def abandon(self):
        """Ends a live line, so that an error message begins on a line of its own."""
        self._in_fit = False
        if self.progbar is not None:
            self.progbar.abandon()

    def _begin(self):
        unit = "sample" if self._samples else "step"
        self.seen = 0
        self.progbar = Progbar(self._samples or self.target, verbose=self.verbose, interval=REPAINT_SECONDS,
                               stateless_metrics=(), unit_name=unit)

    def _step(self, batch, logs):
        self.seen = batch + 1   # a local count costs nothing; values are looked at when a repaint is due
        if self.seen == 1:
            self.progbar.first_step_done()
        if self.progbar.due():
            self.progbar.update(self._shown_steps(), self._shown(logs), finalize=False)

    def _end(self, logs):
        if self.progbar.target is None:
            self.progbar.target = self._shown_steps()
        if self._in_fit or not self._as_before or self.progbar.verbose == 1:
            self.progbar.update(self.progbar.target, self._shown(logs), finalize=True)

    def _shown(self, logs):
        """What is shown: all there is; up to Keras 2.3 the metrics of `fit` in their order, and no others."""
        logs = {name: value for name, value in (logs or {}).items() if name not in NOT_METRICS}
        if not self._as_before:
            return logs
        names = (self.params or {}).get("metrics", logs) if self._in_fit else ()
        return {name: logs[name] for name in names if name in logs}

    def _shown_steps(self):
        steps = int(self.seen * (self._samples_per_step or 1))
        return min(steps, self._samples) if self._samples else steps
