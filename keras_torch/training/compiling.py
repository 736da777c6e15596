"""`Compiling`: what `compile` settles, and what a compiled model knows about its loss and metrics."""

import contextlib
import warnings

from keras_torch import optimizers
from keras_torch.base import tree
from keras_torch.base.checks import boolean, one_of, positive_int, unknown_argument
from keras_torch.callbacks.logs import settle_shown
from keras_torch.dialects.translator import behaviour
from keras_torch.layers.added_metrics import metrics_of
from keras_torch.training import checking, steps
from keras_torch.training.freezing import CompiledTrainability
from keras_torch.training.objectives import CompileMetrics, Objectives
from keras_torch.training.outputs import own_targets, per_output
from keras_torch.training.positions import in_order_of_generation
from keras_torch.training.weighting import check_modes

_ARGUMENTS = ("optimizer", "loss", "metrics", "loss_weights", "weighted_metrics", "run_eagerly",
              "steps_per_execution", "jit_compile", "auto_scale_loss", "sample_weight_mode")  # fmt: skip


class Compiling:
    """Mix-in of `Trainer`: compile() and everything that follows from it."""

    optimizer = None
    _objectives = None
    _loss_tracker = None
    _compile_metrics = None
    _jit = False
    _jit_call = _jit_method = None
    _sample_weight_mode = None
    _compile_config = None
    _compiled_trainability = None
    _targets = None
    compiled = False
    run_eagerly = False

    @in_order_of_generation
    def compile(self, optimizer="rmsprop", loss=None, metrics=None, loss_weights=None, weighted_metrics=None,
                run_eagerly=False, steps_per_execution=1, jit_compile="auto", auto_scale_loss=True,
                sample_weight_mode=None, target_tensors=None, **kwargs):
        """Says how to train: optimizer, loss and metrics.

        Args:
            optimizer: name, config, Keras or torch optimizer (object or class), or a torch learning rate
                scheduler, whose optimizer is taken and which steps during fit().
            loss: name, function (y_true, y_pred) -> values, Loss, or list / dict of them by output.
            metrics: list of names, functions or metrics; by output as list of lists or dict.
            loss_weights: list or dict of numbers by output.
            weighted_metrics: metrics that use sample and class weights.
            run_eagerly: True also leaves out the compiling that `jit_compile` asks for; may be set on the
                model later.
            steps_per_execution: batches between two calls of the callbacks' batch hooks.
            jit_compile: True compiles the forward pass with torch.compile; 'auto' and False run eagerly.
            auto_scale_loss: whether the loss is scaled dynamically under mixed_float16.
            sample_weight_mode: None, 'temporal' or 'samplewise' (or those by output): the weights and
                targets that come must have, or must not have, a step axis. None: the weights' shape decides.
            target_tensors: tensors or arrays (by output as list or dict) that are the targets where fit(),
                evaluate() and train_on_batch() get no `y`. Symbols (placeholders) stand for that `y`.

        Errors:
            ValueError: an unknown name (the nearest known are given), or a value out of range.
            TypeError: an unknown argument.
        """
        if kwargs:
            unknown_argument("compile()", next(iter(kwargs)), _ARGUMENTS)
        self._check_compile(run_eagerly, steps_per_execution, jit_compile, sample_weight_mode)
        targets = own_targets(target_tensors)
        if run_eagerly and jit_compile is True:
            warnings.warn("compile(): run_eagerly=True leaves jit_compile=True without effect. Give one of "
                          "them.", stacklevel=2)  # fmt: skip
        optimizer = self._scaled(optimizers.get(optimizer), auto_scale_loss)
        objectives = Objectives(
            self._bound_to_graph(loss), loss_weights, self._bound_to_graph(metrics), weighted_metrics
        )
        graph = getattr(self, "_graph", None)
        if graph is not None:
            objectives.expect(graph.outputs, self.output_names)
            per_output(sample_weight_mode, objectives.known_names, "sample_weight_mode")
        config = {"optimizer": optimizer, "loss": loss, "loss_weights": loss_weights, "metrics": metrics,
                  "weighted_metrics": weighted_metrics}  # fmt: skip
        state = self._fresh_state(optimizer, objectives)
        state.update(loss=loss, _steps_per_execution=int(steps_per_execution), _jit=jit_compile is True,
                     run_eagerly=bool(run_eagerly), _sample_weight_mode=sample_weight_mode, _targets=targets,
                     _compile_config=config)  # fmt: skip
        if optimizer is not None:
            optimizer.belongs_to(self)
        self.__dict__.update(state)  # all at once: an error above leaves an earlier compile() in force

    def _scaled(self, optimizer, auto_scale_loss):
        """The optimizer, with a dynamic scale of the loss where the policy is mixed_float16."""
        mixed_half = getattr(getattr(self, "dtype_policy", None), "name", None) == "mixed_float16"
        scaled = optimizer is None or isinstance(optimizer, optimizers.LossScaleOptimizer)
        return (
            optimizers.LossScaleOptimizer(optimizer)
            if auto_scale_loss and mixed_half and not scaled
            else optimizer
        )

    def _fresh_state(self, optimizer, objectives):
        """Attributes that begin anew with each compile()."""
        at_compile = behaviour("trainable") == "at compile"
        return {
            "optimizer": optimizer,
            "compiled": True,
            "stop_training": False,
            "_objectives": objectives,
            "_loss_tracker": steps.LossMean(),
            "_compile_metrics": CompileMetrics(objectives),
            "_seen_outputs": None,
            "_jit_call": None,
            "_jit_method": None,
            **{f"_own_{kind}_function": None for kind in ("train", "test", "predict")},
            "_compiled_trainability": CompiledTrainability(self) if at_compile else None,
        }

    @staticmethod
    def _check_compile(run_eagerly, steps_per_execution, jit_compile, sample_weight_mode):
        boolean("compile()", "run_eagerly", run_eagerly) if run_eagerly is not None else None
        positive_int("compile()", "steps_per_execution", steps_per_execution)
        one_of(True, False, "auto", None)("compile()", "jit_compile", jit_compile)
        check_modes(sample_weight_mode)

    @property
    def jit_compile(self):
        """Whether the forward pass goes through torch.compile; may be set after compile()."""
        return self._jit

    @jit_compile.setter
    def jit_compile(self, value):
        one_of(True, False, "auto", None)(self.label, "jit_compile", value)
        self.__dict__.update(_jit=value is True, _jit_call=None, _jit_method=None)

    @property
    def _compiles(self):
        return self._jit and not self.run_eagerly

    def _bound_to_graph(self, specs):
        """Losses or metrics that find values of the model's graph around them; models with a graph do it."""
        return specs

    def _trainable_as_compiled(self):
        """A context in which the layers learn that learned at compile time, where the generation says so."""
        compiled = self._compiled_trainability
        return contextlib.nullcontext() if compiled is None else compiled.in_force()

    def _assert_compiled(self, method):
        if not self.compiled:
            raise ValueError(
                f"{self.label} must be compiled before {method}. "
                "Call model.compile(optimizer='adam', loss=...) first."
            )

    def _assert_optimizer(self, method):
        if self.optimizer is None:
            raise ValueError(
                f"{self.label} was compiled with optimizer=None, so {method} cannot train it. Call "
                "model.compile(optimizer='adam', ...)."
            )

    @property
    def metrics(self):
        """The metrics of training, as the generation in force lists them.

        Notes:
            Keras 3: the loss tracker, the compiled metrics as one, the trackers of the outputs' losses.
            tf.keras: all of them one by one, none before the first batch. Keras 2.3: the compiled metrics
            alone; before it, what compile() was given.
        """
        if not self.compiled:
            return []
        objectives, listed = self._objectives, behaviour("metrics of a model")
        if listed == "as given":
            return tree.flatten(objectives.metric_specs)
        if listed == "compiled":
            return self._compiled_metrics()
        if listed == "one by one":
            return [self._loss_tracker, *objectives.all_metrics] if objectives.built else []
        trackers = [tracker for tracker in objectives.output_trackers if tracker is not None]
        compiled = [self._compile_metrics] if objectives.has_metrics else []
        return [self._loss_tracker, *compiled, *trackers]

    def _compiled_metrics(self):
        objectives = self._known_objectives()
        return [metric for _, metric, _ in objectives.plain_metrics + objectives.weighted_metrics]

    def _known_objectives(self):
        """The objectives; before the first batch, where there is a graph, such as know their names."""
        objectives = self._objectives
        return checking.rehearsed(self) if not objectives.built and objectives.known_names else objectives

    def _names_of_results(self):
        objectives = self._known_objectives()
        return objectives.results() if objectives.built else ()

    @property
    def metrics_names(self):
        """Names of what evaluate() returns, in its order."""
        if not self.compiled:
            return []
        if steps.lists_own(self, "metrics"):
            return list(self._results_of_own_list(self._known_objectives()))
        return ["loss", *self._names_of_results(), *self._kept_results()]

    def _kept_results(self):
        """Name -> value of the metrics that the model and its layers keep."""
        found = {}
        for metric in metrics_of(self):
            value = metric.result()
            found.update(value if isinstance(value, dict) else {metric.name: value})
        return found

    @property
    def compiled_loss(self):
        """Function (y_true, y_pred, sample_weight, regularization_losses) -> loss, as tf.keras has it."""

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
        """The compiled metrics as one: update_state(y_true, y_pred, ...), result(), reset_state()."""
        return self._compile_metrics

    def get_metrics_result(self):
        """Name -> value (device tensors) of the loss and all metrics."""
        if self.compiled and steps.lists_own(self, "metrics"):
            return self._results_of_own_list(self._objectives)
        found = {}
        if self.compiled:
            found["loss"] = self._loss_tracker.result()
            found.update(self._objectives.results() if self._objectives.built else {})
        found.update(self._kept_results())
        return found

    def _results_of_own_list(self, objectives):
        """Name -> value of the metrics that the model's own `metrics` lists."""
        found = {}
        for metric in self.metrics:
            if metric is self._compile_metrics:
                value = objectives.results() if objectives.built else {}
            else:
                value = metric.result()
            found.update(value if isinstance(value, dict) else {metric.name: value})
        return found

    def reset_metrics(self):
        """Sets the loss and all metrics back to their start."""
        settle_shown()
        own = [self._loss_tracker, self._compile_metrics] if self.compiled else []
        for metric in self.metrics if steps.lists_own(self, "metrics") else [*own, *metrics_of(self)]:
            metric.reset_state()
