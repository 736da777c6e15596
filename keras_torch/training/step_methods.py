"""`StepMethods`: the steps on one batch as methods that users override, and what the loop runs instead."""

import torch

from keras_torch.base import tree
from keras_torch.dialects.translator import behaviour
from keras_torch.layers.added_losses import clear_losses
from keras_torch.training import steps
from keras_torch.training.data.batch import unpack_x_y_sample_weight
from keras_torch.training.loop import run_batches
from keras_torch.training.weighting import combined


class StepMethods:
    """Mix-in of `Trainer`: train_step, test_step, predict_step and how a pass runs them."""

    _step_logs = None

    def train_step(self, data):
        """One update; override it to train your way (return logs as in Keras, or the loss as in torch)."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        self.optimizer.zero_grad()
        clear_losses(self)
        y_pred = self(x)
        loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)
        (self.optimizer.scale_loss(loss) if self._scales_loss else loss).backward()
        self.optimizer.step()
        with torch.no_grad():
            self._loss_tracker.add(loss.detach(), steps.batch_size_of(x))
            return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data):
        """Loss and metrics of one batch; override it for evaluation of your own."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        clear_losses(self)
        y_pred = self(x)
        loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=False)
        self._loss_tracker.add(loss.detach(), steps.batch_size_of(x))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data):
        """Predictions of one batch; override it for predictions of your own."""
        return self(unpack_x_y_sample_weight(data)[0])

    def _overrides(self, *names):
        return any(getattr(type(self), name) is not getattr(StepMethods, name) for name in names)

    def make_train_function(self, force=False):
        """The function that trains on one batch (x, y, sample_weight); `force` is kept for Keras."""
        if self._overrides("train_step", "compute_loss", "compute_metrics"):
            return steps.custom_step(self, self.train_step)
        return steps.standard_train_step(self)

    def make_test_function(self, force=False):
        """The function that evaluates one batch (x, y, sample_weight); `force` is kept for Keras."""
        if self._overrides("test_step", "compute_loss", "compute_metrics"):
            return steps.custom_step(self, self.test_step)
        return steps.standard_test_step(self)

    def make_predict_function(self, force=False):
        """The function that predicts one batch; `force` is kept for Keras."""
        if self._overrides("predict_step"):
            return lambda x, y, weight: self.predict_step((x,) if isinstance(x, (list, tuple)) else x)
        call = self._forward_function()
        return lambda x, y, weight: call(x)

    def _forward_function(self):
        """What a pass calls for predictions: the model, or the shortest way that does the same."""
        if not self.__dict__.get("_jit"):
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
        graph = getattr(self, "_graph", None)
        if graph is None:
            return None
        return sorted(graph.outputs) if isinstance(graph.outputs, dict) else self.output_names

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The loss of a batch with all penalties; override it to train for something else.

        Args:
            x: inputs.
            y: targets.
            y_pred: predictions.
            sample_weight: weights per sample.
            training: kept for Keras 3; the phase is that of the module.
        """
        return steps.total_loss(self, steps.regularized(self), x, y, y_pred, sample_weight)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Adds a batch to the metrics and returns name -> value; override it for metrics of your own."""
        if y is not None and self._objectives is not None:
            if not self._objectives.built:
                self._build_objectives(y, y_pred)
            with torch.no_grad():
                self._objectives.update_metrics(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def _with_class_weight(self, step, class_weight):
        objectives = self._objectives

        names = objectives.names or self._known_output_names() or ["output"]

        def targets_of(y):
            return objectives.targets(y) if objectives.built else tree.flatten(y)

        def weighted(x, y, weight):
            step(x, y, combined(weight, class_weight, y, objectives.names or names, targets_of))

        return weighted

    def _run(self, kind, feed, step, listeners, stopped):
        self._step_logs = None
        return run_batches(
            feed.epoch(),
            step,
            listeners.batch_hook(kind, "begin"),
            listeners.batch_hook(kind, "end"),
            self._logs,
            self._steps_per_execution,
            stopped,
            feed.done,
        )

    def _logs(self):
        """Name -> value now, in this generation's order: what a custom step returned, else the metrics."""
        logs = self._step_logs if isinstance(self._step_logs, dict) else self.get_metrics_result()
        return self._in_order(logs)

    @staticmethod
    def _in_order(logs):
        """Logs in this generation's order; a dict inside them (the result of compiled metrics) is spread."""
        spread = {}
        for name, value in logs.items():
            spread.update(value if isinstance(value, dict) else {name: value})
        return dict(sorted(spread.items())) if behaviour("history order") == "sorted" else spread
