"""What a model is trained for: losses and metrics, matched to the outputs once, at the first batch."""

import torch

from keras_torch import losses, metrics
from keras_torch.base import tree
from keras_torch.base.checks import fail
from keras_torch.base.configurable import is_house_class
from keras_torch.base.names import to_snake_case
from keras_torch.dialects.translator import behaviour
from keras_torch.losses import SparseCategoricalCrossentropy
from keras_torch.losses.loss import Loss
from keras_torch.metrics.gathering import Gathering
from keras_torch.metrics.metric import Metric
from keras_torch.metrics.reduction import MeanMetricWrapper
from keras_torch.training.function_metrics import FunctionMetric
from keras_torch.training.outputs import aligned, is_deep, names_of, paths_of, per_output


class Objectives:
    """Losses, loss weights and metrics of one compiled model.

    Args:
        loss: name, function, Loss, or list / dict of them by output; None where an output has none.
        loss_weights: list or dict of numbers by output.
        metric_specs: metrics without weights: list, or list of lists / dict by output.
        weighted_specs: metrics that use sample and class weights, in the same forms.

    Notes:
        Everything but the names of accuracies and cross-entropies is resolved at once, so that a wrong name
        is an error of compile().
    """

    def __init__(self, loss=None, loss_weights=None, metric_specs=None, weighted_specs=None):
        self.loss, self.loss_weights = loss, loss_weights
        self.metric_specs, self.weighted_specs = metric_specs, weighted_specs
        self.built = False
        self.single = None       # the loss of a model with one output and no weight on it
        self.known_names = None  # names of the outputs, when they are known before the first batch
        self.graph_names = None  # names of a functional model's outputs
        self.structure = None    # structure of the outputs where it is deep, a dict of lists for example
        self.loss_objects, self.weights = [], []
        self.plain_metrics, self.weighted_metrics = [], []
        self._lists_by_output = behaviour("flat list of metrics") == "by output"
        self._counts_batches = behaviour("output loss over batches") == "batches"
        self._gatherings = []  # batches on their way to the metrics without weights
        self.output_trackers = []
        self.names = []
        _resolve_all(loss, losses.as_loss)
        _check_loss_weights(loss_weights)
        for specs in (metric_specs, weighted_specs):
            _resolve_all(specs, _checked_metric)

    @property
    def has_metrics(self):
        """Whether compile() was given metrics."""
        return any(spec is not None and spec != [] for spec in (self.metric_specs, self.weighted_specs))

    # ------------------------------------------------------------------------------------------ building

    def expect(self, structure, graph_names):
        """Tells the outputs of a functional model before the first batch; checks what was given by output.

        Args:
            structure: structure of the outputs.
            graph_names: their names, flat.

        Errors:
            ValueError: losses, weights or metrics that do not fit.
        """
        self.graph_names = graph_names
        self._know(structure)
        names = self.known_names = names_of(structure, graph_names)
        for value, argument in ((self.loss, "loss"), (self.loss_weights, "loss_weights")):
            self._by_output(value, names, argument)
        for specs, argument in ((self.metric_specs, "metrics"), (self.weighted_specs, "weighted_metrics")):
            self._specs_by_output(specs, argument, names)

    def _know(self, structure):
        self.structure = tree.map_structure(lambda _: None, structure) if is_deep(structure) else None

    def build(self, names, y_true, y_pred):
        """Matches losses and metrics to the outputs of a first batch.

        Args:
            names: names of a functional model's outputs, or None.
            y_true: structure of targets (None when there are none).
            y_pred: structure of predictions.
        """
        flat_pred = tree.flatten(y_pred)
        graph_names = names or self.graph_names
        self._know(y_pred)
        self.names = names_of(y_pred, graph_names)
        flat_true = self.targets(y_true)
        specs = self._by_output(self.loss, self.names, "loss")
        self.loss_objects = [self._as_loss(spec, t, p) for spec, t, p in zip(specs, flat_true, flat_pred)]
        self.weights = self._weights()
        taken = set()
        loss_labels, self._prefixes = self._labels(y_pred, graph_names, specs)
        self.output_trackers = self._build_trackers(loss_labels, taken)
        self.plain_metrics = self._build_metrics(self.metric_specs, "metrics", flat_true, flat_pred, taken)
        self.weighted_metrics = self._build_metrics(
            self.weighted_specs, "weighted_metrics", flat_true, flat_pred, taken
        )
        self._find_columns()
        self._gatherings = self._gathered_by_output()
        self.single = self._single_loss()
        self.built = True

    def _gathered_by_output(self):
        """[(output index, Gathering of its metrics without weights)]."""
        by_output = {}
        for index, metric, _ in self.plain_metrics:
            by_output.setdefault(index, []).append(metric)
        return [(index, Gathering(listed)) for index, listed in by_output.items()]

    def _find_columns(self):
        """Which losses and metrics of the user's see targets (batch,) as columns beside outputs (batch, 1).

        Up to tf.keras all do; classes of our own bring ranks together by themselves.
        """
        self._columns = set()
        if behaviour("vectors of targets") == "columns":
            listed = [metric for _, metric, _ in self.plain_metrics + self.weighted_metrics]
            for thing in [*listed, *self.loss_objects]:
                function = isinstance(thing, FunctionMetric) or type(thing).__name__ == "LossFunctionWrapper"
                if thing is not None and (function or not is_house_class(type(thing))):
                    self._columns.add(id(thing))

    def _labels(self, y_pred, graph_names, specs):
        """(what the logs call the output of each loss, prefixes of metrics), in this generation's way."""
        graph = graph_names is not None and len(graph_names) == len(self.names)
        if behaviour("unnamed outputs") == "numbered":
            labels = prefixes = list(graph_names) if graph else self.names
        elif graph or self.structure is None and isinstance(y_pred, dict):
            labels = prefixes = self.names
        else:
            labels, prefixes = self._loss_labels(specs), [""] * len(self.names)
        if self.structure is not None and behaviour("unnamed outputs") != "numbered":
            labels = [
                "/".join([*map(str, path[:-1]), path[-1] if isinstance(path[-1], str) else str(label)])
                for path, label in zip(paths_of(y_pred), labels)
            ]
        alone = len(self.names) == 1
        return labels, ["" if alone or not prefix else f"{prefix}_" for prefix in prefixes]

    def _by_output(self, value, names, argument, allow_single=True):
        """One entry per output; nested as the outputs are where these are deep."""
        by_name = isinstance(value, dict) and value.keys() <= set(names)
        if self.structure is None or by_name:
            return per_output(value, names, argument, allow_single)
        return aligned(value, self.structure, argument)

    def takes_labels(self, names):
        """By output, whether the targets are class numbers: the loss is a sparse cross-entropy."""
        if self.built:
            return [isinstance(loss, SparseCategoricalCrossentropy) for loss in self.loss_objects]
        return [is_sparse(spec) for spec in self._by_output(self.loss, names, "loss")]

    def forget_outputs(self):
        """Undoes `build`: the batch it was made for turned out to be wrong."""
        self.built, self.single = False, None
        self.plain_metrics, self.weighted_metrics, self.output_trackers, self.names = [], [], [], []

    def _build_trackers(self, labels, taken):
        """Running means of the outputs' losses, when there are several; None where an output has no loss."""
        by_output = behaviour("unnamed outputs") == "numbered"  # up to tf.keras outputs count, not losses
        if sum(by_output or loss is not None for loss in self.loss_objects) < 2:
            return []
        return [
            None if loss is None else metrics.Mean(name=_free(f"{label}_loss", taken))
            for label, loss in zip(labels, self.loss_objects)
        ]

    def _loss_labels(self, specs):
        """What Keras 3 calls the losses of outputs without names: what the user called them."""
        return [
            spec if isinstance(spec, str) else loss and loss.name
            for spec, loss in zip(specs, self.loss_objects)
        ]

    def _single_loss(self):
        """The one loss of a model with one output and no weight on it, for the short way."""
        if len(self.names) == 1 and self.weights[0] is None and id(self.loss_objects[0]) not in self._columns:
            return self.loss_objects[0]
        return None

    def _weights(self):
        return self._by_output(self.loss_weights, self.names, "loss_weights", allow_single=False)

    @staticmethod
    def _as_loss(spec, y_true, y_pred):
        if isinstance(spec, str) and spec.lower() in ("crossentropy", "ce"):
            spec = losses.resolve_crossentropy(tuple(y_true.shape), tuple(y_pred.shape))
        return losses.as_loss(spec)

    def _build_metrics(self, specs, argument, flat_true, flat_pred, taken):
        """[(output index, metric, key in logs)] for one of the two lists of metrics."""
        found, weighted = [], behaviour("weighted metric key")
        for index, listed in enumerate(self._specs_by_output(specs, argument, self.names)):
            for spec in listed:
                metric = _as_metric(spec, flat_true[index], flat_pred[index], self.loss_objects[index])
                key = metric.name
                if behaviour("metric key") == "full name":
                    key = _full_name(spec, metric)
                prefix = self._prefixes[index]
                if argument == "weighted_metrics" and (weighted == "always weighted_" or (
                        weighted == "weighted_ beside another" and prefix + key in taken)):
                    key = "weighted_" + key
                found.append((index, metric, _free(prefix + key, taken)))
        return found

    def _specs_by_output(self, specs, argument, names):
        """A list of metric specs for each output."""
        if specs is None:
            return [[] for _ in names]
        if not isinstance(specs, (list, tuple, dict)):
            specs = [specs]
        if self.structure is not None and not (isinstance(specs, dict) and specs.keys() <= set(names)):
            listed = aligned(specs, self.structure, argument)
        elif isinstance(specs, dict):
            listed = per_output(specs, names, argument)
        elif len(names) == 1 and not (len(specs) == 1 and isinstance(specs[0], (list, tuple))):
            nested = (item if isinstance(item, (list, tuple)) else [item] for item in specs)
            listed = [[spec for item in nested for spec in item]]
        elif len(specs) == len(names) and (self._lists_by_output or _any_list(specs)):
            listed = list(specs)
        elif _any_list(specs):
            listed = per_output(specs, names, argument)
        else:  # up to tf.keras a flat list counts for every output
            listed = [list(specs) for _ in names]
        return [
            [] if item is None else list(item) if isinstance(item, (list, tuple)) else [item]
            for item in listed
        ]

    def targets(self, y_true):
        """Targets by output, in the order of the outputs; None where there are none."""
        names = self.names or self.known_names
        if names is None:
            return tree.flatten(y_true)
        if y_true is None:
            return [None] * len(names)
        if isinstance(y_true, dict) or self.structure is not None:
            return self._by_output(y_true, names, "y")
        flat = tree.flatten(y_true)
        if len(flat) != len(names):
            if len(names) == 1 and len(flat) > 1:
                return [y_true]
            trained = self._outputs_with_loss(names)
            if len(flat) == len(trained):  # up to Keras 2.3 outputs without a loss get no targets
                return [flat[trained.index(name)] if name in trained else None for name in names]
            raise ValueError(
                f"The model has {len(names)} output(s) {names}; got targets for {len(flat)}. "
                "Give one array per output, as a list or a dict by output name."
            )
        return flat

    def _outputs_with_loss(self, names):
        """Names of the outputs that have a loss."""
        specs = self._by_output(self.loss, names, "loss")
        return [name for name, spec in zip(names, specs) if spec is not None]

    # ------------------------------------------------------------------------------------------ computing

    def compute_loss(self, y_true, y_pred, sample_weight):
        """The weighted sum of the outputs' losses, or None when there is no loss.

        Shape:
            y_true, y_pred (batch, ...) per output; sample_weight (batch,) or (batch, steps) -> ()
        """
        if self.single is not None and isinstance(y_pred, torch.Tensor) and isinstance(y_true, torch.Tensor):
            return self.single(y_true, y_pred, sample_weight)
        flat_pred, flat_true = tree.flatten(y_pred), self.targets(y_true)
        flat_weight = self.sample_weights(sample_weight)
        total = None
        for index, (loss, weight) in enumerate(zip(self.loss_objects, self.weights)):
            if loss is None or flat_true[index] is None:
                continue
            true, weights = flat_true[index], flat_weight[index]
            if id(loss) in self._columns:
                true, weights = _as_column(true, flat_pred[index]), _as_column(weights, flat_pred[index])
            value = loss(true, flat_pred[index], weights)
            if self.output_trackers and self.output_trackers[index] is not None:
                samples = flat_pred[index].shape[0]
                self.output_trackers[index].update_state(value, 1 if self._counts_batches else samples)
            value = value if weight is None else value * weight
            total = value if total is None else total + value
        return total

    def sample_weights(self, sample_weight):
        """Sample weights by output; a single array counts for all."""
        names = self.names or self.known_names
        if names is None:
            return tree.flatten(sample_weight)
        if sample_weight is None:
            return [None] * len(names)
        trained = self._outputs_with_loss(names)
        if isinstance(sample_weight, (list, tuple)) and len(sample_weight) == len(trained) != len(names):
            return [sample_weight[trained.index(name)] if name in trained else None for name in names]
        return self._by_output(sample_weight, names, "sample_weight")

    def update_metrics(self, y_true, y_pred, sample_weight):
        """Adds a batch to all metrics."""
        if not self.plain_metrics and not self.weighted_metrics:
            return
        if len(self.names) == 1 and isinstance(y_pred, torch.Tensor) and isinstance(y_true, torch.Tensor):
            flat_pred, flat_true = (y_pred,), (y_true,)
        else:
            flat_pred, flat_true = tree.flatten(y_pred), self.targets(y_true)
        for index, gathering in self._gatherings:
            true, pred = flat_true[index], flat_pred[index]
            if true is None:
                continue
            for metric in gathering.put_aside(true, pred):
                metric.update_state(_as_column(true, pred) if id(metric) in self._columns else true, pred)
        if self.weighted_metrics:
            flat_weight = self.sample_weights(sample_weight)
            for index, metric, _ in self.weighted_metrics:
                true, pred, weight = flat_true[index], flat_pred[index], flat_weight[index]
                if id(metric) in self._columns:
                    true, weight = _as_column(true, pred), _as_column(weight, pred)
                if true is not None:
                    metric.update_state(true, pred, weight)

    # ------------------------------------------------------------------------------------------ results

    @property
    def all_metrics(self):
        """Trackers of the outputs' losses, then metrics, then weighted metrics."""
        return [tracker for tracker in self.output_trackers if tracker is not None] + [
            metric for _, metric, _ in self.plain_metrics + self.weighted_metrics
        ]

    def results(self):
        """Name -> value (device tensors) of output losses and metrics; dicts of metrics are spread."""
        found = {tracker.name: tracker.result() for tracker in self.output_trackers if tracker is not None}
        for _, metric, key in self.plain_metrics + self.weighted_metrics:
            value = metric.result()
            if isinstance(metric, FunctionMetric) and isinstance(value, dict):  # of Keras 1: by output
                prefix = key.removesuffix(metric.name)
                found.update((prefix + name, item) for name, item in value.items())
            elif isinstance(value, dict):
                found.update(value)
            else:
                found[key] = value
        return found

    def reset(self):
        """Sets all metrics back."""
        for metric in self.all_metrics:
            metric.reset_state()


class CompileMetrics(Metric):
    """The compiled metrics as one metric, the way Keras lists them in `model.metrics`.

    Args:
        objectives: the model's Objectives.
    """

    self_managed = Metric.self_managed | {"objectives"}

    def __init__(self, objectives, name="compile_metrics"):
        super().__init__(name=name)
        self.objectives = objectives

    @property
    def named_metrics(self):
        """Key in the logs -> metric; callbacks look up the direction (larger or smaller is better) here."""
        return {
            key: metric for _, metric, key in self.objectives.plain_metrics + self.objectives.weighted_metrics
        }

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch to every compiled metric."""
        if not self.objectives.built:
            self.objectives.build(None, y_true, y_pred)
        self.objectives.update_metrics(y_true, y_pred, sample_weight)

    def result(self):
        """Name -> value of every compiled metric."""
        return self.objectives.results()

    def reset_state(self):
        """Sets all compiled metrics back."""
        self.objectives.reset()


def _resolve_all(specs, resolve):
    """Resolves every name in a structure, so that unknown ones raise now."""
    if isinstance(specs, (list, tuple)):
        for item in specs:
            _resolve_all(item, resolve)
    elif isinstance(specs, dict) and "class_name" not in specs:
        for item in specs.values():
            _resolve_all(item, resolve)
    elif isinstance(specs, str) and specs.lower() not in ("accuracy", "acc", "crossentropy", "ce"):
        resolve(specs)
    elif specs is not None and not isinstance(specs, (str, dict, Loss, Metric)) and not callable(specs):
        fail(
            "compile()",
            "loss" if resolve is losses.as_loss else "metrics",
            specs,
            "a name, a function or an object",
            error=TypeError,
        )


def _checked_metric(name):
    if metrics.registry.find(name) is None:
        metrics.get(name)


def _check_loss_weights(loss_weights):
    for value in tree.flatten(loss_weights):
        if value is not None and not isinstance(value, (int, float, torch.Tensor)):
            fail("compile()", "loss_weights", loss_weights, "numbers, in a list or a dict by output name")


def _any_list(specs):
    return any(isinstance(item, (list, tuple)) for item in specs)


def _as_column(values, pred):
    """Targets or weights (batch,) beside an output (batch, units) as (batch, 1)."""
    if isinstance(values, torch.Tensor) and values.dim() == 1 and pred.dim() == 2:
        return values.unsqueeze(-1)
    return values


def _as_metric(spec, y_true, y_pred, loss):
    true_shape = None if y_true is None else tuple(y_true.shape)
    metric = metrics.as_metric(spec, true_shape, tuple(y_pred.shape), loss)
    if type(metric) is MeanMetricWrapper and metric is not spec:
        return FunctionMetric(metric.fn, metric.name)
    return metric


def is_sparse(spec):
    """Whether a loss as compile() takes it is a sparse cross-entropy, whose targets are class numbers.

    >>> is_sparse("sparse_categorical_crossentropy"), is_sparse("mse")
    (True, False)
    """
    return (
        isinstance(spec, SparseCategoricalCrossentropy)
        or spec is losses.sparse_categorical_crossentropy
        or isinstance(spec, str) and spec.lower().startswith("sparse")
    )


_SHORT = {"accuracy": "acc", "acc": "acc", "crossentropy": "ce", "ce": "ce"}
_FULL = {  # today's names of house functions -> those up to Keras 2.2
    "kl_divergence": "kullback_leibler_divergence",
    "cosine_similarity": "cosine_proximity",
    "log_cosh_error": "logcosh",
    "log_cosh": "logcosh",
    "f_beta_score": "fbeta_score",
}


def _full_name(spec, metric):
    """What Keras 1 and 2.2 log: 'acc', 'ce', and the full name of every other function."""
    if not isinstance(spec, str):
        return _FULL.get(metric.name, metric.name) if is_house_function(spec) else metric.name
    if spec.lower() in _SHORT:
        return _SHORT[spec.lower()]
    found = metrics.registry.find(spec)
    name = metric.name if found is None else to_snake_case(found.__name__)
    return _FULL.get(name, name)


def is_house_function(spec):
    """Whether a metric was given as one of our own functions.

    >>> is_house_function(metrics.mean_squared_error), is_house_function(len)
    (True, False)
    """
    return callable(spec) and str(getattr(spec, "__module__", "")).split(".")[0] == "keras_torch"


def _free(key, taken):
    free, count = key, 1
    while free in taken:
        free, count = f"{key}_{count}", count + 1
    taken.add(free)
    return free
