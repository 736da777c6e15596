"""`StepMethods`: the steps on one batch as methods that users override, and what the loop runs instead."""

import contextlib
import functools
import inspect

import torch

from keras_torch.base.checks import quote
from keras_torch.dialects.translator import behaviour
from keras_torch.layers.added_losses import clear_losses
from keras_torch.training import steps
from keras_torch.training.batch_functions import BatchFunction, Weighted, step_of
from keras_torch.training.batch_logs import hooks_of
from keras_torch.training.data.batch import unpack_x_y_sample_weight
from keras_torch.training.loop import run_batches


@functools.lru_cache(maxsize=256)
def _takes_training(compute_loss):
    """Whether a compute_loss has the argument `training`, which came with Keras 3."""
    parameters = inspect.signature(compute_loss).parameters.values()
    return any(p.name == "training" or p.kind is p.VAR_KEYWORD for p in parameters)


class _Function:
    """`train_function` and its kin: the built-in function of an iterator, unless one was assigned."""

    def __init__(self, kind):
        self.kind = kind

    def __get__(self, trainer, owner=None):
        if trainer is None or not trainer.compiled and self.kind != "predict":
            return None
        return trainer.__dict__.get(f"_own_{self.kind}_function") or BatchFunction(trainer, self.kind)

    def __set__(self, trainer, function):
        trainer.__dict__[f"_own_{self.kind}_function"] = function


class StepMethods:
    """Mix-in of `Trainer`: train_step, test_step, predict_step and how a pass runs them."""

    _step_logs = None
    train_function, test_function = _Function("train"), _Function("test")
    predict_function = _Function("predict")

    def train_step(self, data):
        """One update; override it to train your way (return logs as in Keras, or the loss as in torch)."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        optimizer = self.optimizer
        if not optimizer.built:
            optimizer, _ = steps.optimizer_in_force(self)
        optimizer.zero_grad()
        clear_losses(self)
        y_pred = self(x)
        loss = self._counted_loss(x, y, y_pred, sample_weight, True)
        loss = loss.sum() if loss.dim() else loss
        if optimizer.learns_from_loss:
            steps.learn(self, loss)
        else:
            steps.backward(self, optimizer.scale_loss(loss) if optimizer.scales_loss else loss)
            optimizer.step()
        with torch.no_grad():
            return self._metric_logs(x, y, y_pred, sample_weight)

    def test_step(self, data):
        """Loss and metrics of one batch; override it for evaluation of your own."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        clear_losses(self)
        y_pred = self(x)
        self._counted_loss(x, y, y_pred, sample_weight, False)
        return self._metric_logs(x, y, y_pred, sample_weight)

    def _metric_logs(self, x, y, y_pred, sample_weight):
        logs = self.compute_metrics(x, y, y_pred, sample_weight)
        if not isinstance(logs, dict):
            raise TypeError(f"{type(self).__name__}.compute_metrics() must return a dict, name -> value; got "
                            f"{quote(logs)}. End it with: return self.get_metrics_result().")
        return logs

    def _counted_loss(self, x, y, y_pred, sample_weight, training):
        """What compute_loss says, which the running mean of the loss has taken in (once)."""
        tracker, taken = self._loss_tracker, {"training": training}
        before = tracker.additions
        loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight,
                                 **(taken if _takes_training(type(self).compute_loss) else {}))  # fmt: skip
        steps.loss_tensor(self, loss, "compute_loss")
        if tracker.additions == before:  # up to tf.keras, Keras's own compute_loss counts it
            with torch.no_grad():
                tracker.add(loss.detach(), steps.batch_size_of(x))
        return loss

    def predict_step(self, data):
        """Predictions of one batch; override it for predictions of your own."""
        return self(unpack_x_y_sample_weight(data)[0])

    def _overrides(self, *names):
        return any(getattr(type(self), name) is not getattr(StepMethods, name) for name in names)

    def _has_own_step(self, kind):
        """Whether what happens to a batch in training ('train') or evaluation ('test') is the user's own."""
        return self._overrides(f"{kind}_step", "compute_loss", "compute_metrics")

    def make_train_function(self, force=False):
        """The function that draws a batch from an iterator, trains on it and returns logs.

        Args:
            force: whether a function assigned to `train_function` is left aside.

        Notes:
            Overridden, it returns such a function or assigns it to `train_function`; fit() then calls it for
            each batch.
        """
        return BatchFunction(self, "train") if force else self.train_function

    def make_test_function(self, force=False):
        """The same for evaluation, see `make_train_function`."""
        return BatchFunction(self, "test") if force else self.test_function

    def make_predict_function(self, force=False):
        """The same for predictions, see `make_train_function`."""
        return BatchFunction(self, "predict") if force else self.predict_function

    def _make_step(self, kind):
        """The step of one pass: the standard one, or one that calls the user's methods."""
        if kind == "predict":
            if self._overrides("predict_step"):
                return self._jitted(lambda x, y, weight: self.predict_step(self._as_data(x)))
            call = self._forward_function()
            return lambda x, y, weight: call(x)
        if self._has_own_step(kind):
            return self._jitted(steps.custom_step(self, f"{kind}_step"))
        standard = steps.standard_train_step if kind == "train" else steps.standard_test_step
        return standard(self)

    @staticmethod
    def _as_data(x):
        return (x,) if isinstance(x, (list, tuple)) else x

    def _jitted(self, step):
        """A step of the user's own, which calls the model itself: compiled there, where compile() says so."""
        if not self._compiles:
            return step
        compiled = self._jit_forward()

        def jitted(x, y, weight):
            self.__dict__["forward"] = compiled
            try:
                return step(x, y, weight)
            finally:
                del self.__dict__["forward"]

        return jitted

    def _jit_forward(self):
        if self.__dict__.get("_jit_method") is None:
            self.__dict__["_jit_method"] = torch.compile(self.forward)
        return self._jit_method

    @contextlib.contextmanager
    def _phase_of(self, kind):
        """Training or evaluation mode inside the block, with or without gradients."""
        mode = self.training
        self.train(kind == "train")
        self._step_logs = None
        try:
            with contextlib.nullcontext() if kind == "train" else torch.no_grad():
                yield
        finally:
            self.train(mode)

    def _take_logs(self, result, x, method):
        """Keeps what a step of the user's own returned: logs (Keras's habit) or the loss (torch's habit).

        Errors:
            TypeError: anything else.
        """
        if isinstance(result, dict):
            self._step_logs = steps.detached(result)
            return
        if not isinstance(result, torch.Tensor):
            raise TypeError(
                f"{type(self).__name__}.{method}() must return a dict of logs (Keras's habit) or the loss, a "
                f"tensor (torch's habit); got {quote(result)}."
            )
        with torch.no_grad():
            self._loss_tracker.add(result.detach(), steps.batch_size_of(x))
        self._step_logs = None

    def _forward_function(self):
        """What a pass calls for predictions: the model, or the shortest way that does the same."""
        if not self._compiles:
            return self._shortest_call()
        if self._jit_call is None:
            self.__dict__["_jit_call"] = torch.compile(self)
        return self._jit_call

    def _shortest_call(self):
        """The model itself; models made of a graph know a shorter way."""
        return self

    def _build_objectives(self, y, y_pred):
        self._objectives.build(self._known_output_names(), y, y_pred)

    def _known_output_names(self):
        """Names of the outputs of a model with a graph, else None."""
        return None if getattr(self, "_graph", None) is None else self.output_names

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The loss of a batch with all penalties; override it to train for something else.

        Args:
            x: inputs.
            y: targets.
            y_pred: predictions.
            sample_weight: weights per sample.
            training: kept for Keras 3; the phase is that of the module.

        Notes:
            Up to tf.keras it also takes the loss into the running mean that the logs show; from Keras 3 on
            train_step does that.
        """
        loss = steps.explained_loss(self, steps.regularized(self), y, y_pred, sample_weight)
        if behaviour("compute_loss") == "counts":
            with torch.no_grad():
                self._loss_tracker.add(loss.detach(), steps.batch_size_of(y_pred))
        return loss

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Adds a batch to the metrics and returns name -> value; override it for metrics of your own."""
        if y is not None and self._objectives is not None:
            if not self._objectives.built:
                self._build_objectives(y, y_pred)
            with torch.no_grad():
                self._objectives.update_metrics(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def _with_class_weight(self, function, class_weight):
        return Weighted(self, function, class_weight)

    def _has_step_of_its_own(self, kind):
        """Whether a batch is in the user's hands, by an overridden method or by a function of an iterator."""
        return self._has_own_step(kind) or self._overrides(f"make_{kind}_function") or (
            self.__dict__.get(f"_own_{kind}_function") is not None)

    def _run(self, kind, feed, function, listeners, stopped):
        """One pass over a feed; the number of batches done."""
        self._step_logs = None
        hooks, own = hooks_of(self, kind, listeners)
        step = step_of(self, kind, function)
        if own is not None:
            step = own.around(step)
        done = run_batches(feed.epoch(), step, hooks, self._steps_per_execution, stopped, feed.done)
        if own is not None:
            own.show_means()
        return done

    def _logs(self):
        """Name -> value now, in this generation's order: what a custom step returned, else the metrics."""
        if isinstance(self._step_logs, dict):
            return self._in_order(self._step_logs)
        logs = self.get_metrics_result()
        self.__dict__["_result_names"] = list(self._spread(logs))
        return self._in_order(logs)

    @staticmethod
    def _spread(logs):
        """Logs in which a dict, such as the result of the compiled metrics, is replaced by what it holds."""
        spread = {}
        for name, value in logs.items():
            spread.update(value if isinstance(value, dict) else {name: value})
        return spread

    @classmethod
    def _in_order(cls, logs):
        """Logs in this generation's order."""
        spread = cls._spread(logs)
        return dict(sorted(spread.items())) if behaviour("history order") == "sorted" else spread
