"""`Feeding`: from what the user gave as data to a source of batches, with weights made for it."""

import contextlib
import functools

import torch

from keras_torch.base import settings, tree
from keras_torch.base.checks import fail
from keras_torch.base.dtypes import torch_dtype
from keras_torch.training import checking
from keras_torch.training.data import choosing
from keras_torch.training.data.sources import ArraySource, Source
from keras_torch.training.data.streams import Queue, RowsSource
from keras_torch.training.data.workers import in_worker_thread


class Feeding:
    """Mix-in of `Trainer`: sources, devices, and the first build of models and optimizers."""

    _evaluations = 0  # how often the model was put into evaluation mode

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

    def _float_dtype(self):
        """The type that float data get, if not `floatx()`: that of a model in double or half precision."""
        policy = getattr(self, "dtype_policy", None)
        if policy is None or policy.is_mixed or not policy.compute_dtype.startswith(("float", "bfloat")):
            return None
        return torch_dtype(policy.compute_dtype)

    def _source(self, x, y, sample_weight, batch_size, shuffle, owner, workers=None, ahead=None,
                use_multiprocessing=False):
        """The source for the data of one method; arrays are checked here, before the first step."""
        queue = Queue(workers, ahead, use_multiprocessing)
        x, y, sample_weight = choosing.opened(x, y, sample_weight)
        if choosing.has_no_arrays(x):
            for name, value in (("y", y), ("sample_weight", sample_weight)):
                if value is not None:
                    fail(
                        owner,
                        name,
                        type(value).__name__,
                        f"left out when `x` is a {type(x).__name__}",
                        "The dataset must yield it: (x, y) or (x, y, sample_weight).",
                    )
            source = choosing.batch_source(x, batch_size, shuffle, self._device(), owner, queue)
            source.habits.uses_of_model = lambda: self._evaluations
            source.preparation.floats = self._float_dtype()
            source.preparation.pairs = not (owner.startswith("predict") or self._has_own_step(
                "test" if owner.startswith(("evaluate", "fit(validation")) else "train"))
            return source
        if x is None or isinstance(x, str) or callable(x) and not choosing.is_array_like(x):
            hint = "Call the function: it makes the generator." if callable(x) else ""
            fail(owner, "x", x, "data: arrays, a dataset, a DataLoader, a PyDataset or a generator", hint)
        x, y, sample_weight = self._arrays(x, y, sample_weight, owner)
        source = choosing.array_source(x, y, sample_weight, batch_size, shuffle, self._device(), owner, queue)
        if isinstance(source, RowsSource) and not owner.startswith("predict"):
            source.nan_free = functools.partial(self._nan_free_parts, owner)
        return source

    def _nan_free_parts(self, owner):
        """Names of the parts of the data in which NaN is a mistake; see `checking.check_batch`."""
        if self._has_own_step("test" if owner.startswith("evaluate") else "train"):
            return ()
        objectives = self._objectives
        losses = objectives.loss_objects if objectives is not None and objectives.built else ()
        checkable = bool(losses) and all(loss is None or checking.is_checkable(loss) for loss in losses)
        return ("x", "y", "sample_weight") if checkable else ("x", "sample_weight")

    def _arrays(self, x, y, sample_weight, owner):
        """All three as tensors, in the structure of the model's inputs."""
        floats = self._float_dtype()
        x = choosing.tensors(self._structured(x), owner, "x", self._input_dtypes(), floats)
        y = choosing.tensors(self._targets_for(y, owner), owner, "y", floats=floats)
        for leaf in tree.flatten(x):
            if leaf is None:
                fail(owner, "x", x, "arrays; one of them is None", "Give an array for each input.")
        return x, y, choosing.tensors(sample_weight, owner, "sample_weight")

    def _targets_for(self, y, owner):
        """The targets given, or those that compile() was given."""
        own = None if owner.startswith(("predict", "fit(validation")) else getattr(self, "_targets", None)
        if y is not None and own is not None:
            fail(owner, "y", type(y).__name__, "left out: compile() was given `target_tensors`",
                 "Compile without them to train on other targets.")
        return own if y is None else y

    def _structured(self, x):
        """A dict of arrays by input name, in the structure of the graph's inputs."""
        graph = getattr(self, "_graph", None)
        if isinstance(x, dict) and graph is not None and not isinstance(graph.inputs, dict):
            return graph._by_name(x, self.label)
        return x

    def _prepare(self, source, owner):
        """Makes sure the weights exist: an unbuilt model runs once on a first batch, without learning."""
        if getattr(self, "built", True) and not self._lazy_children():
            return source
        first = source.peek(owner)
        with self._evaluating(torch.no_grad):
            self._run_once(first[0])
        return source

    def _checked_validation(self, source):
        """Validation data, checked now and not after a long first epoch: a dataset shows its first batch."""
        owner = "fit(validation_data=...)"
        custom = self._has_own_step("test")
        if custom or isinstance(source, ArraySource):
            checking.check_before_training(self, source, None, owner, custom, only_now=True)
            return source
        first = source.peek(owner)
        checking.check_batch(self, first[0], first[1], None, f"{owner}, first batch")
        return source

    def _run_once(self, x):
        """Builds the weights; a model that only has a step of its own (a GAN) builds them there."""
        try:
            self(x)
        except NotImplementedError:
            if not self._overrides("train_step", "test_step", "predict_step"):
                raise

    @contextlib.contextmanager
    def _evaluating(self, context):
        """Evaluation mode inside the block, under a torch context such as no_grad.

        Errors:
            RuntimeError: a thread that prepares batches asks a model that is in training.
        """
        self.__dict__["_evaluations"] = self._evaluations + 1
        training = [module for module in self.modules() if module.training]
        if training:
            if in_worker_thread():
                raise RuntimeError(
                    f"{self.label} was asked to predict by its own data, in a thread that prepares batches, "
                    "while it is in training. Give workers=0 to fit(): batches are then made between steps."
                )
            self.eval()
        try:
            with context():
                yield
        finally:
            for module in training:
                module.training = True

    def _no_gradients(self):
        """inference_mode, but no_grad for stateful models: what they keep may meet gradients later."""
        return torch.no_grad if getattr(self, "stateful", False) else torch.inference_mode

    def _lazy_children(self):
        return getattr(self, "_graph", None) is None and any(
            getattr(child, "built", True) is False for child in self.modules()
        )

    def _build_optimizer(self):
        """Hands all trainable weights to the optimizer, also those of layers thawed since the last fit."""
        variables = [weight for weight in self.parameters() if weight.requires_grad]
        ordered = {id(weight): weight for weight in getattr(self, "trainable_weights", variables)}
        variables = list(ordered.values())
        if not self.optimizer.built:
            if variables:  # a train_step of the user's own may make its layers only when it runs
                self.optimizer.build(variables)
            return
        known = {id(variable) for group in self.optimizer.param_groups for variable in group["params"]}
        fresh = [variable for variable in variables if id(variable) not in known]
        if fresh:  # layers that were frozen (or not there) at the last compile()
            self.optimizer.add_param_group({"params": fresh})


class OneBatch(Source):
    """A source of one batch that is there already."""

    steps = 1

    def __init__(self, batch):
        self.batch = batch

    def batches(self, first=0):
        """The batch."""
        return iter([self.batch][first:])
