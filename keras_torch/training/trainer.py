"""`Trainer`: compile, fit, evaluate and predict for any `nn.Module` that mixes it in."""

import contextlib

import numpy as np
import torch

from keras_torch import optimizers
from keras_torch.base import settings, tree
from keras_torch.base.checks import boolean, fail, one_of, positive_int, unknown_argument
from keras_torch.callbacks import CallbackList
from keras_torch.callbacks.logs import Logs
from keras_torch.dialects.translator import behaviour
from keras_torch.layers.layer import LOSSES
from keras_torch.symbolic import native
from keras_torch.training import arguments, checking, steps
from keras_torch.training.data import choosing
from keras_torch.training.data.batch import to_device, unpack_x_y_sample_weight
from keras_torch.training.loop import Feed, run_batches
from keras_torch.training.objectives import CompileMetrics, Objectives
from keras_torch.training.weighting import combined

_FIT_ARGUMENTS = ("x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data", "shuffle",
                  "class_weight", "sample_weight", "initial_epoch", "steps_per_epoch", "validation_steps",
                  "validation_batch_size", "validation_freq", "workers", "max_queue_size", "use_multiprocessing")


class Trainer:
    """Mix-in with the training engine; the host is an `nn.Module` whose call maps inputs to predictions."""

    optimizer = None
    stop_training = stop_evaluating = stop_predicting = False
    _objectives = None
    _loss_tracker = None
    _compile_metrics = None
    _step_logs = None
    _scales_loss = False
    _jit_call = None
    _compile_config = None
    compiled = False
    history = None

    # ------------------------------------------------------------------------------------------ compile

    def compile(self, optimizer="rmsprop", loss=None, metrics=None, loss_weights=None, weighted_metrics=None,
                run_eagerly=False, steps_per_execution=1, jit_compile="auto", auto_scale_loss=True,
                sample_weight_mode=None, target_tensors=None, **kwargs):
        """Says how to train: optimizer, loss and metrics.

        Args:
            optimizer: name, Keras or torch optimizer (object or class).
            loss: name, function (y_true, y_pred) -> values, Loss, or list / dict of them by output.
            metrics: list of names, functions or metrics; by output as list of lists or dict.
            loss_weights: list or dict of numbers by output.
            weighted_metrics: metrics that use sample and class weights.
            run_eagerly: True or False; both run eagerly, as torch does.
            steps_per_execution: batches between two calls of the callbacks' batch hooks.
            jit_compile: True compiles the forward pass with torch.compile; 'auto' and False run eagerly.
            auto_scale_loss: whether the loss is scaled dynamically under mixed_float16.
            sample_weight_mode: None or 'temporal' (or those by output); the shape of the weights decides.
            target_tensors: only None: torch has no placeholders.

        Errors:
            ValueError: an unknown name (the nearest known are given), or a value out of range.
            TypeError: an unknown argument.
        """
        if kwargs:
            unknown_argument("compile()", next(iter(kwargs)), ["optimizer", "loss", "metrics", "loss_weights",
                             "weighted_metrics", "run_eagerly", "steps_per_execution", "jit_compile",
                             "auto_scale_loss", "sample_weight_mode"])
        self._check_compile(run_eagerly, steps_per_execution, jit_compile, sample_weight_mode, target_tensors)
        optimizer = optimizers.get(optimizer)
        objectives = Objectives(loss, loss_weights, metrics, weighted_metrics)
        mixed_half = getattr(getattr(self, "dtype_policy", None), "name", None) == "mixed_float16"
        if auto_scale_loss and mixed_half and not isinstance(optimizer, optimizers.LossScaleOptimizer):
            optimizer = optimizers.LossScaleOptimizer(optimizer)
        state = {"optimizer": optimizer, "_objectives": objectives, "compiled": True, "_steps_per_execution":
                 int(steps_per_execution), "loss": loss, "stop_training": False,
                 "_loss_tracker": steps.LossMean(), "_compile_metrics": CompileMetrics(objectives),
                 "_scales_loss": isinstance(optimizer, optimizers.LossScaleOptimizer)
                 or getattr(optimizer, "loss_scale_factor", None) is not None,
                 "_jit_call": None, "_jit": jit_compile is True,
                 "_compile_config": {"optimizer": optimizer, "loss": loss, "loss_weights": loss_weights,
                                     "metrics": metrics, "weighted_metrics": weighted_metrics}}
        self.__dict__.update(state)  # all at once: an error above leaves an earlier compile() in force

    @staticmethod
    def _check_compile(run_eagerly, steps_per_execution, jit_compile, sample_weight_mode, target_tensors):
        boolean("compile()", "run_eagerly", run_eagerly) if run_eagerly is not None else None
        positive_int("compile()", "steps_per_execution", steps_per_execution)
        one_of(True, False, "auto", None)("compile()", "jit_compile", jit_compile)
        for mode in tree.flatten(sample_weight_mode):
            one_of(None, "temporal", "samplewise")("compile()", "sample_weight_mode", mode)
        if target_tensors is not None:
            fail("compile()", "target_tensors", target_tensors, "None: torch has no placeholders",
                 "Give the targets to fit().")

    def _assert_compiled(self, method):
        if not self.compiled:
            raise ValueError(f"{self.label} must be compiled before {method}. "
                             "Call model.compile(optimizer='adam', loss=...) first.")

    @property
    def metrics(self):
        """The loss tracker, the compiled metrics as one, and the trackers of the outputs' losses."""
        if not self.compiled:
            return []
        trackers = [tracker for tracker in self._objectives.output_trackers if tracker is not None]
        return [self._loss_tracker, self._compile_metrics, *trackers]

    @property
    def metrics_names(self):
        """Names of what evaluate() returns, in its order."""
        if not self.compiled:
            return []
        if self._objectives.built:
            return ["loss", *self._objectives.results()]
        return ["loss"]

    @property
    def compiled_loss(self):
        """Function (y_true, y_pred, sample_weight=None, regularization_losses=None) -> loss, as tf.keras has it."""
        def loss(y_true, y_pred, sample_weight=None, regularization_losses=None):
            if not self._objectives.built:
                self._build_objectives(y_true, y_pred)
            value = self._objectives.compute_loss(y_true, y_pred, sample_weight)
            for extra in regularization_losses or []:
                value = value + extra
            self._loss_tracker.add(value.detach(), steps.batch_size_of(y_pred))
            return value

        return loss

    @property
    def compiled_metrics(self):
        """The compiled metrics as one: update_state(y_true, y_pred, sample_weight), result(), reset_state()."""
        return self._compile_metrics

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
            with torch.no_grad():
                self._objectives.update_metrics(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def get_metrics_result(self):
        """Name -> value (device tensors) of the loss and all metrics."""
        found = {}
        if self.compiled:
            found["loss"] = self._loss_tracker.result()
            found.update(self._objectives.results() if self._objectives.built else {})
        for metric in self.__dict__.get("_tracked_metrics", ()):
            value = metric.result()
            found.update(value if isinstance(value, dict) else {metric.name: value})
        return found

    def reset_metrics(self):
        """Sets the loss and all metrics back to their start."""
        for metric in self.metrics:
            metric.reset_state()

    # ------------------------------------------------------------------------------------------ steps

    def train_step(self, data):
        """One update; override it for training of your own (Keras's habit: return a dict; torch's: the loss)."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        self.optimizer.zero_grad()
        if LOSSES.added:
            steps.clear_losses(self)
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
        if LOSSES.added:
            steps.clear_losses(self)
        y_pred = self(x)
        loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=False)
        self._loss_tracker.add(loss.detach(), steps.batch_size_of(x))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data):
        """Predictions of one batch; override it for predictions of your own."""
        return self(unpack_x_y_sample_weight(data)[0])

    def _overrides(self, *names):
        return any(getattr(type(self), name) is not getattr(Trainer, name) for name in names)

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
        if not self.__dict__.get("_jit"):
            return self
        if self._jit_call is None:
            self.__dict__["_jit_call"] = torch.compile(self)
        return self._jit_call

    def _build_objectives(self, y, y_pred):
        names = self.output_names if getattr(self, "_graph", None) is not None else None
        self._objectives.build(names, y, y_pred)

    # ------------------------------------------------------------------------------------------ sources

    def _device(self):
        for weight in self.parameters():
            return weight.device
        return settings.default_device()

    def _input_dtypes(self):
        """dtype of each float input of the graph (None where integers stay), or None without a graph."""
        graph = getattr(self, "_graph", None)
        if graph is None:
            return None
        return [symbol.dtype if symbol.dtype.is_floating_point else None for symbol in graph.flat_inputs]

    def _source(self, x, y, sample_weight, batch_size, shuffle, owner, workers=None, ahead=None):
        """The source for the data of one method; arrays are checked here, before the first step."""
        if choosing.has_no_arrays(x):
            for name, value in (("y", y), ("sample_weight", sample_weight)):
                if value is not None:
                    fail(owner, name, type(value).__name__, f"left out when `x` is a {type(x).__name__}",
                         "The dataset must yield it: (x, y) or (x, y, sample_weight).")
            return choosing.batch_source(x, batch_size, shuffle, self._device(), owner, workers, ahead)
        if x is None:
            fail(owner, "x", None, "data: arrays, a dataset, a DataLoader, a PyDataset or a generator")
        x, y, sample_weight = self._arrays(x, y, sample_weight, owner)
        return choosing.array_source(x, y, sample_weight, batch_size, shuffle, self._device(), owner)

    def _arrays(self, x, y, sample_weight, owner):
        """All three as tensors, in the structure of the model's inputs."""
        x = choosing.tensors(self._structured(x), owner, "x", self._input_dtypes())
        y = choosing.tensors(y, owner, "y")
        return x, y, choosing.tensors(sample_weight, owner, "sample_weight")

    def _structured(self, x):
        """A dict of arrays by input name, in the structure of the graph's inputs."""
        graph = getattr(self, "_graph", None)
        if isinstance(x, dict) and graph is not None and not isinstance(graph.inputs, dict):
            return graph._by_name(x, self.label)
        return x

    def _prepare(self, source, owner):
        """Makes sure the weights exist: an unbuilt model runs once on a first batch, without learning from it."""
        if getattr(self, "built", True) and not self._lazy_children():
            return source
        batches = source.batches()
        first = next(iter(batches), None)
        if first is None:
            raise ValueError(f"{owner}: the data are empty. Give at least one batch.")
        with self._evaluating(torch.no_grad):
            self(first[0])
        return source if source.restarts else _Chained(first, batches, source)

    @contextlib.contextmanager
    def _evaluating(self, context):
        """Evaluation mode inside the block, under a torch context such as no_grad."""
        mode = self.training
        self.eval()
        try:
            with context():
                yield
        finally:
            self.train(mode)

    def _no_gradients(self):
        """inference_mode, but no_grad for stateful models: what they keep may meet gradients later."""
        return torch.no_grad if getattr(self, "stateful", False) else torch.inference_mode

    def _lazy_children(self):
        return getattr(self, "_graph", None) is None and any(
            getattr(child, "built", True) is False for child in self.modules())

    def _build_optimizer(self):
        variables = [weight for weight in self.parameters() if weight.requires_grad]
        ordered = {id(weight): weight for weight in getattr(self, "trainable_weights", variables)}
        variables = list(ordered.values())
        if not self.optimizer.built:
            self.optimizer.build(variables)
            return
        known = {id(variable) for group in self.optimizer.param_groups for variable in group["params"]}
        fresh = [variable for variable in variables if id(variable) not in known]
        if fresh:  # layers that were frozen (or not there) at the last compile()
            self.optimizer.add_param_group({"params": fresh})

    # ------------------------------------------------------------------------------------------ fit

    def fit(self, x=None, y=None, batch_size=None, epochs=None, verbose="auto", callbacks=None, validation_split=0.0,
            validation_data=None, shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0,
            steps_per_epoch=None, validation_steps=None, validation_batch_size=None, validation_freq=1, workers=None,
            max_queue_size=None, use_multiprocessing=False, **kwargs):
        """Trains the model for a number of passes over the data.

        Args:
            x: arrays (numpy, torch, lists or dicts of them), a torch Dataset or DataLoader, a PyDataset, a generator or
                any iterable of batches.
            y: targets, when `x` is arrays.
            batch_size: samples per batch, default 32; only for arrays and torch Datasets.
            epochs: index of the last epoch; with `initial_epoch` the first one.
            verbose: 0 silent, 1 progress bar, 2 a line per epoch, 'auto'.
            callbacks: list of callbacks.
            validation_split: fraction of the samples, taken from the end, for validation.
            validation_data: (x, y), (x, y, sample_weight) or a dataset.
            shuffle: True (samples), 'batch' (order of batches) or False.
            class_weight: dict class -> weight (or such dicts by output).
            sample_weight: weights (samples,) or (samples, steps), by output as list or dict.
            steps_per_epoch: batches per epoch; default a whole pass.
            validation_steps: batches of a validation; default a whole pass.
            validation_batch_size: samples per validation batch; default `batch_size`.
            validation_freq: every how many epochs to validate, or a list of epochs.
            workers: threads that prepare batches of a PyDataset.
            max_queue_size: batches prepared ahead.
            use_multiprocessing: only False.

        Returns:
            History: `history.history` maps each name to its values per epoch.

        Errors:
            ValueError: anything wrong with arguments or data, before a weight has changed.
        """
        old = arguments.translated("fit()", kwargs, _FIT_ARGUMENTS)
        epochs = old.pop("epochs", epochs)
        epochs = behaviour("fit epochs") if epochs is None else epochs
        self._assert_compiled("fit()")
        arguments.check_fit(batch_size, epochs, verbose, validation_split, shuffle, class_weight, initial_epoch,
                            steps_per_epoch, validation_steps, validation_batch_size, validation_freq)
        choosing.check_multiprocessing("fit()", use_multiprocessing)
        with native.interception_paused():
            return self._fit(x, y, sample_weight, batch_size, epochs, verbose, callbacks, validation_split,
                             validation_data, shuffle, class_weight, initial_epoch, steps_per_epoch, validation_steps,
                             validation_batch_size, validation_freq, workers, max_queue_size)

    def _fit(self, x, y, sample_weight, batch_size, epochs, verbose, callbacks, validation_split, validation_data,
             shuffle, class_weight, initial_epoch, steps_per_epoch, validation_steps, validation_batch_size,
             validation_freq, workers, ahead):
        if validation_split and validation_data is None:
            if choosing.has_no_arrays(x):
                fail("fit()", "validation_split", validation_split, "0 for data that are no arrays",
                     "Give validation_data.")
            parts = choosing.split_off(self._arrays(x, y, sample_weight, "fit()"), validation_split, "fit()")
            (x, y, sample_weight), validation_data = parts[0], tuple(parts[1])
        source = self._source(x, y, sample_weight, batch_size, shuffle, "fit()", workers, ahead)
        source = self._prepare(source, "fit()")
        validation = self._validation(validation_data, validation_batch_size or batch_size, workers, ahead)
        checking.check_before_training(self, source, class_weight, "fit()")
        if validation is not None:
            checking.check_before_training(self, validation, None, "fit(validation_data=...)")
        self._build_optimizer()
        feed = Feed(source, steps_per_epoch, "fit()")
        listeners = CallbackList(callbacks, add_history=True, add_progbar=verbose != 0, model=self, verbose=verbose,
                                 epochs=epochs, steps=feed.expected, batch_size=batch_size, samples=source.samples,
                                 do_validation=validation is not None)
        plan = _Plan(feed, None if validation is None else Feed(validation, validation_steps, "validation", from_start=True),
                     class_weight, validation_freq)
        return self._run_epochs(listeners, plan, range(initial_epoch, epochs))

    def _validation(self, data, batch_size, workers, ahead):
        """The source of validation data, or None."""
        if data is None:
            return None
        if isinstance(data, (list, tuple)) and not choosing.has_no_arrays(data):
            if len(data) not in (2, 3):
                fail("fit()", "validation_data", f"a {type(data).__name__} of {len(data)}",
                     "(x, y), (x, y, sample_weight) or a dataset")
            x, y, weight = (*data, None)[:3]
            return self._source(x, y, weight, batch_size, False, "fit(validation_data=...)")
        own_batches = choosing.has_no_arrays(data) and not isinstance(data, torch.utils.data.Dataset)
        return self._source(data, None, None, None if own_batches else batch_size, False, "fit(validation_data=...)",
                            workers, ahead)

    def _run_epochs(self, listeners, plan, epochs):
        """All epochs; whatever happens, the model is left in evaluation mode and its history stands."""
        self.stop_training = False
        try:
            with _abandoning(listeners):
                listeners.on_train_begin()
                for epoch in epochs:
                    listeners.on_epoch_begin(epoch)
                    listeners.on_epoch_end(epoch, Logs(self._run_epoch(listeners, plan, epoch)))
                    if self.stop_training:
                        break
                self.optimizer.finalize_variable_values(self.optimizer._variables)
                listeners.on_train_end()
        finally:
            self.eval()
        return self.history

    def _run_epoch(self, listeners, plan, epoch):
        """One pass over the training data and, when it is due, one over the validation data; returns the logs."""
        self.reset_metrics()
        self.train()
        step = self.make_train_function()
        if plan.class_weight is not None:
            step = self._with_class_weight(step, plan.class_weight)
        self._run("train", plan.feed, step, listeners, lambda: self.stop_training)
        logs = self._logs()
        if plan.validation is not None and arguments.validates_at(plan.validation_freq, epoch + 1):
            validated = self._evaluate_feed(plan.validation, listeners)
            logs.update({"val_" + name: value for name, value in validated.items()})
        plan.feed.source.end_epoch()
        return logs

    def _with_class_weight(self, step, class_weight):
        objectives = self._objectives

        def targets_of(y):
            return objectives.targets(y) if objectives.built else tree.flatten(y)

        def weighted(x, y, weight):
            step(x, y, combined(weight, class_weight, y, objectives.names or ["output"], targets_of))

        return weighted

    def _run(self, kind, feed, step, listeners, stopped):
        self._step_logs = None
        return run_batches(feed.epoch(), step, listeners.batch_hook(kind, "begin"), listeners.batch_hook(kind, "end"),
                           self._logs, self._steps_per_execution, stopped)

    def _logs(self):
        """Name -> value now, in this generation's order: what a custom step returned, else the metrics."""
        logs = dict(self._step_logs) if isinstance(self._step_logs, dict) else self.get_metrics_result()
        if behaviour("history order") == "sorted":
            return dict(sorted(logs.items()))
        return logs

    # ------------------------------------------------------------------------------------------ evaluate and predict

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, steps=None, callbacks=None,
                 return_dict=False, workers=None, max_queue_size=None, use_multiprocessing=False, **kwargs):
        """Loss and metrics on data, in evaluation mode.

        Args:
            x, y, sample_weight, batch_size, callbacks, verbose: as in fit.
            steps: batches to evaluate; default all.
            return_dict: whether a dict by name is returned.

        Returns:
            float (only a loss), list in the order of `metrics_names`, or dict.

        Errors:
            ValueError: anything wrong with arguments or data.
        """
        arguments.translated("evaluate()", kwargs, ())
        self._assert_compiled("evaluate()")
        self._check_pass("evaluate()", batch_size, steps, verbose)
        choosing.check_multiprocessing("evaluate()", use_multiprocessing)
        with native.interception_paused():
            source = self._source(x, y, sample_weight, batch_size, False, "evaluate()", workers, max_queue_size)
            source = self._prepare(source, "evaluate()")
            checking.check_before_training(self, source, None, "evaluate()")
            feed = Feed(source, steps, "evaluate()")
            listeners = CallbackList(callbacks, add_progbar=verbose != 0, model=self, verbose=verbose, epochs=1,
                                     steps=feed.expected, batch_size=batch_size, samples=source.samples)
            with _abandoning(listeners):
                logs = self._evaluate_feed(feed, listeners)
        return self._as_result(Logs(logs), return_dict)

    @staticmethod
    def _check_pass(owner, batch_size, steps, verbose):
        for name, value in (("batch_size", batch_size), ("steps", steps)):
            if value is not None:
                positive_int(owner, name, value)
        arguments.check_verbose(owner, verbose)

    def _evaluate_feed(self, feed, listeners):
        """Name -> device value over the batches of a feed; the model is in evaluation mode meanwhile."""
        self.stop_evaluating = False
        with self._evaluating(torch.no_grad):
            self.reset_metrics()
            listeners.on_test_begin()
            self._run("test", feed, self.make_test_function(), listeners, lambda: self.stop_evaluating)
            logs = self._logs()
            listeners.on_test_end(Logs(dict(logs)))
        return logs

    def _as_result(self, logs, return_dict):
        """What evaluate and *_on_batch return for these logs: the loss first, then the rest in metrics' order."""
        values = {name: value for name, value in logs.items()}
        if return_dict:
            return values
        order = [name for name in self.get_metrics_result() if name in values]
        order += [name for name in values if name not in order]
        found = [values[name] for name in order]
        return found[0] if len(found) == 1 else found

    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None, workers=None, max_queue_size=None,
                use_multiprocessing=False, **kwargs):
        """Predictions for data, as numpy arrays in the structure of the outputs.

        Args:
            x, batch_size, verbose, callbacks: as in fit; targets in the data are left aside.
            steps: batches to predict; default all.

        Returns:
            numpy array (samples, ...), or a structure of them.

        Errors:
            ValueError: anything wrong with arguments or data.
        """
        arguments.translated("predict()", kwargs, ())
        self._check_pass("predict()", batch_size, steps, verbose)
        choosing.check_multiprocessing("predict()", use_multiprocessing)
        with native.interception_paused():
            source = self._source(x, None, None, batch_size, False, "predict()", workers, max_queue_size)
            source = self._prepare(source, "predict()")
            feed = Feed(source, steps, "predict()")
            listeners = CallbackList(callbacks, add_progbar=verbose != 0, model=self, verbose=verbose, epochs=1,
                                     steps=feed.expected, batch_size=batch_size, samples=source.samples)
            return self._predict_feed(feed, listeners)

    def _predict_feed(self, feed, listeners):
        self.stop_predicting = False
        outputs, function = [], self.make_predict_function()
        with _abandoning(listeners), self._evaluating(self._no_gradients()):
            listeners.on_predict_begin()
            run_batches(feed.epoch(), lambda x, y, w: outputs.append(function(x, y, w)),
                        listeners.batch_hook("predict", "begin"), listeners.batch_hook("predict", "end"),
                        lambda: {"outputs": outputs[-1]}, self.__dict__.get("_steps_per_execution", 1),
                        lambda: self.stop_predicting)
            listeners.on_predict_end()
        return tree.map_structure(lambda *leaves: _numpy(torch.cat(leaves)) if leaves[0].dim() else
                                  np.array([_numpy(leaf) for leaf in leaves]), *outputs)

    # ------------------------------------------------------------------------------------------ single batches

    def _batch(self, x, y, sample_weight, owner):
        source = self._source(x, y, sample_weight, None, False, owner) if choosing.has_no_arrays(x) else None
        if source is not None:
            fail(owner, "x", x, "one batch of arrays", "For generators use fit().")
        data = self._arrays(x, y, sample_weight, owner)
        choosing.count_samples(owner, x=data[0], y=data[1], sample_weight=data[2])
        return tuple(to_device(part, self._device(), owner) for part in data)

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, reset_metrics=None, return_dict=False):
        """One update on one batch.

        Args:
            x, y, sample_weight, class_weight: as in fit.
            reset_metrics: whether metrics start anew; default as the Keras generation in force does.
            return_dict: whether a dict by name is returned.

        Returns:
            float (only a loss), list, or dict of the running metrics.
        """
        self._assert_compiled("train_on_batch()")
        arguments.check_class_weight(class_weight)
        batch = self._batch(x, y, sample_weight, "train_on_batch()")
        self._prepare(_OneBatch(batch), "train_on_batch()")
        checking.check_before_training(self, _OneBatch(batch), class_weight, "train_on_batch()")
        self._build_optimizer()
        self._maybe_reset(reset_metrics)
        step = self.make_train_function()
        if class_weight is not None:
            step = self._with_class_weight(step, class_weight)
        return self._single_batch(step, batch, True, return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, reset_metrics=None, return_dict=False):
        """Loss and metrics of one batch; arguments and result as in train_on_batch."""
        self._assert_compiled("test_on_batch()")
        batch = self._batch(x, y, sample_weight, "test_on_batch()")
        self._prepare(_OneBatch(batch), "test_on_batch()")
        checking.check_before_training(self, _OneBatch(batch), None, "test_on_batch()")
        self._maybe_reset(reset_metrics)
        with torch.no_grad():
            return self._single_batch(self.make_test_function(), batch, False, return_dict)

    def _single_batch(self, step, batch, training, return_dict):
        mode = self.training
        self.train(training)
        try:
            self._step_logs = None
            step(*batch)
            logs = self._logs()
        finally:
            self.train(mode)
        return self._as_result(Logs(logs), return_dict)

    def _maybe_reset(self, reset_metrics):
        if behaviour("train_on_batch resets") if reset_metrics is None else reset_metrics:
            self.reset_metrics()

    def predict_on_batch(self, x):
        """Predictions of one batch, as numpy arrays."""
        x = choosing.tensors(self._structured(x), "predict_on_batch()", "x", self._input_dtypes())
        x = to_device(x, self._device(), "predict_on_batch()")
        self._prepare(_OneBatch((x, None, None)), "predict_on_batch()")
        with self._evaluating(self._no_gradients()):
            outputs = self.make_predict_function()(x, None, None)
        return tree.map_structure(_numpy, outputs)

    def predict_classes(self, x, batch_size=32, verbose=0):
        """Class numbers predicted for data (Keras 1 and 2)."""
        scores = self.predict(x, batch_size=batch_size, verbose=verbose)
        return scores.argmax(-1) if scores.shape[-1] > 1 else (scores > 0.5).astype("int32")

    def predict_proba(self, x, batch_size=32, verbose=0):
        """As predict (Keras 1 and 2)."""
        return self.predict(x, batch_size=batch_size, verbose=verbose)

    # ------------------------------------------------------------------------------------------ generators

    def fit_generator(self, generator, steps_per_epoch=None, epochs=None, verbose=1, callbacks=None, validation_data=None,
                      validation_steps=None, validation_freq=1, class_weight=None, max_queue_size=10, workers=1,
                      use_multiprocessing=False, shuffle=True, initial_epoch=0, **kwargs):
        """Keras 2's `fit` for generators; arguments as there."""
        old = arguments.translated("fit_generator()", kwargs, _FIT_ARGUMENTS)
        return self.fit(generator, epochs=old.pop("epochs", epochs), verbose=verbose, callbacks=callbacks,
                        validation_data=validation_data, shuffle=shuffle, class_weight=class_weight,
                        initial_epoch=initial_epoch, steps_per_epoch=steps_per_epoch, validation_steps=validation_steps,
                        validation_freq=validation_freq, workers=workers, max_queue_size=max_queue_size,
                        use_multiprocessing=use_multiprocessing)

    def evaluate_generator(self, generator, steps=None, callbacks=None, max_queue_size=10, workers=1,
                           use_multiprocessing=False, verbose=0):
        """Keras 2's `evaluate` for generators; arguments as there."""
        return self.evaluate(generator, steps=steps, callbacks=callbacks, verbose=verbose, workers=workers,
                             max_queue_size=max_queue_size, use_multiprocessing=use_multiprocessing)

    def predict_generator(self, generator, steps=None, callbacks=None, max_queue_size=10, workers=1,
                          use_multiprocessing=False, verbose=0):
        """Keras 2's `predict` for generators; arguments as there."""
        return self.predict(generator, steps=steps, callbacks=callbacks, verbose=verbose, workers=workers,
                            max_queue_size=max_queue_size, use_multiprocessing=use_multiprocessing)


@contextlib.contextmanager
def _abandoning(listeners):
    """Ends progress lines and closes files of callbacks when the block ends by an exception."""
    try:
        yield
    except BaseException:
        listeners.abandon()
        raise


class _Plan:
    """What an epoch needs: the feeds, class weights and when to validate."""

    def __init__(self, feed, validation, class_weight, validation_freq):
        self.feed, self.validation = feed, validation
        self.class_weight, self.validation_freq = class_weight, validation_freq


class _OneBatch:
    """A source of one batch that is there already."""

    restarts, steps, samples = True, 1, None

    def __init__(self, batch):
        self.batch = batch

    def batches(self):
        yield self.batch


class _Chained:
    """A source that cannot start again, with the batch that was already taken from it put back in front."""

    restarts = False

    def __init__(self, first, rest, source):
        self._first, self._rest, self._source = first, rest, source
        self.steps, self.samples = source.steps, source.samples

    def batches(self):
        if self._first is not None:
            first, self._first = self._first, None
            yield first
        yield from self._rest

    def end_epoch(self):
        self._source.end_epoch()


def _numpy(tensor):
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


