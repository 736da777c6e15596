"""`Trainer`: compile, fit, evaluate and predict for any `nn.Module` that mixes it in."""

from keras_torch.base.checks import fail
from keras_torch.callbacks import CallbackList
from keras_torch.callbacks.logs import Logs
from keras_torch.dialects.translator import behaviour
from keras_torch.symbolic import native
from keras_torch.training import arguments, callback_words, checking
from keras_torch.training.compiling import Compiling
from keras_torch.training.data import choosing
from keras_torch.training.data.sources import ArraySource
from keras_torch.training.evaluating import Evaluating, abandoning
from keras_torch.training.feeding import Feeding
from keras_torch.training.fit_state import FitState
from keras_torch.training.generator_methods import GeneratorMethods
from keras_torch.training.loop import Feed
from keras_torch.training.positions import in_order_of_generation
from keras_torch.training.single_batches import SingleBatches
from keras_torch.training.step_methods import StepMethods
from keras_torch.training.weighting import ClassWeights


class Trainer(Compiling, StepMethods, Feeding, Evaluating, SingleBatches, GeneratorMethods):
    """Mix-in with the training engine; the host is an `nn.Module` whose call maps inputs to predictions.

    Notes:
        The parts: `Compiling` (compile), `StepMethods` (train_step and the like), `Feeding` (data),
        `Evaluating` (evaluate, predict), `SingleBatches` (*_on_batch), `GeneratorMethods`, and `fit` here.

    >>> import torch
    >>> net = type("Net", (Trainer, torch.nn.Linear), {"label": "Net"})(3, 1)
    >>> net.compile("sgd", "mse")
    >>> net.fit(torch.ones(4, 3), torch.zeros(4, 1), verbose=0).epoch
    [0]
    """

    history = None
    stop_training = False
    fit_state = None  # inside fit: what callbacks store so that another process can go on

    @in_order_of_generation
    def fit(self, x=None, y=None, batch_size=None, epochs=None, verbose="auto", callbacks=None,
            validation_split=0.0, validation_data=None, shuffle=True, class_weight=None, sample_weight=None,
            initial_epoch=0, steps_per_epoch=None, validation_steps=None, validation_batch_size=None,
            validation_freq=1, workers=None, max_queue_size=None, use_multiprocessing=False, **kwargs):
        """Trains the model for a number of passes over the data.

        Args:
            x: arrays (numpy, torch, pandas, scipy rows, h5py, memory maps, lists or dicts of them), a torch
                Dataset or DataLoader, a PyDataset, a generator or any iterable of batches.
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
            steps_per_epoch: batches per epoch; default a whole pass. The next epoch goes on where the last
                one stopped.
            validation_steps: batches of a validation; default a whole pass.
            validation_batch_size: samples per validation batch; default `batch_size`.
            validation_freq: every how many epochs to validate, or a list of epochs.
            workers: threads (or processes) that prepare batches of a PyDataset.
            max_queue_size: batches prepared ahead.
            use_multiprocessing: whether workers are processes.

        Returns:
            History: `history.history` maps each name to its values per epoch.

        Errors:
            ValueError: anything wrong with arguments or data, before a weight has changed.
        """
        old = arguments.translated("fit()", kwargs, arguments.FIT)
        self._assert_compiled("fit()")
        self._assert_optimizer("fit()")
        verbose = callback_words.verbose_of("fit", verbose)
        given = arguments.FitArguments(
            batch_size, old.pop("epochs", epochs), verbose, callbacks, validation_split, validation_data,
            shuffle, class_weight, initial_epoch, steps_per_epoch, validation_steps, validation_batch_size,
            validation_freq, workers, max_queue_size, use_multiprocessing)
        if given.epochs is None:
            given.epochs = behaviour("fit epochs")
        given.settle()
        with native.paused_for(self), self._trainable_as_compiled():
            return self._fit(x, y, sample_weight, given)

    def _fit(self, x, y, sample_weight, given):
        """Sources, then checks, then the epochs: nothing has changed when a check raises."""
        validation_data = given.validation_data
        if given.validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = self._split(x, y, sample_weight, given.validation_split)
        source = self._source(
            x, y, sample_weight, given.batch_size, given.shuffle, "fit()", given.workers, given.ahead,
            given.use_multiprocessing,
        )
        source = self._prepare(source, "fit()")
        custom = self._has_own_step("train")
        checking.check_before_training(self, source, given.class_weight, "fit()", custom)
        validation = self._validation_source(validation_data, given)
        if validation is not None:
            validation = self._checked_validation(validation)
        self._build_optimizer()
        feed = Feed(source, given.steps_per_epoch, "fit()", most_passes=given.epochs)
        listeners = self._listeners(given, feed, validation)
        plan = _Plan(
            feed,
            None
            if validation is None
            else Feed(validation, given.validation_steps, "validation", from_start=True, most_passes=1),
            given,
            self._class_weight_of_steps(source, given.class_weight),
        )
        return self._run_epochs(listeners, plan, range(given.initial_epoch, given.epochs))

    def _class_weight_of_steps(self, source, class_weight):
        """The class weights that steps look up; None where they have gone into the weights of all samples."""
        objectives = self._objectives
        known = objectives is not None and (objectives.names or objectives.known_names)
        if class_weight is None or not known or not isinstance(source, ArraySource):
            return class_weight
        source.weigh(ClassWeights(class_weight, objectives).combined)
        return None

    def _listeners(self, given, feed, validation):
        """The callbacks of a fit; those of Keras 1 and 2 also know sizes, metrics and validation data."""
        params = callback_words.of_fit(self, given, feed, validation)
        listeners = CallbackList(
            given.callbacks, add_history=True, add_progbar=given.verbose != 0, model=self, **params
        )
        if listeners.progbar is not None:
            listeners.progbar.expect(feed.expected)
        if behaviour("callbacks know the data") and isinstance(validation, ArraySource):
            arrays = callback_words.validation_data(self, validation, feed)
            listeners.set_validation_data(arrays)
            if behaviour("words for callbacks") != "epochs, samples":
                self.__dict__["validation_data"] = arrays  # where the callbacks of Keras 1 look
        return listeners

    def _split(self, x, y, sample_weight, fraction):
        if choosing.has_no_arrays(x):
            fail(
                "fit()",
                "validation_split",
                fraction,
                "0 for data that are no arrays",
                "Give validation_data.",
            )
        first, last = choosing.split_off(self._arrays(x, y, sample_weight, "fit()"), fraction, "fit()")
        return first, tuple(last)

    def _validation_source(self, data, given):
        """The source of validation data, or None."""
        if data is None:
            return None
        owner, batch_size = "fit(validation_data=...)", given.validation_batch_size or given.batch_size
        if isinstance(data, (list, tuple)):
            if len(data) not in (2, 3):
                fail(
                    "fit()",
                    "validation_data",
                    f"a {type(data).__name__} of {len(data)}",
                    "(x, y), (x, y, sample_weight) or a dataset",
                )
            x, y, weight = (*data, None)[:3]
            return self._source(x, y, weight, batch_size, False, owner)
        if not choosing.has_no_arrays(data):
            fail(
                "fit()", "validation_data", type(data).__name__, "(x, y), (x, y, sample_weight) or a dataset"
            )
        own_batches = not choosing.is_sample_dataset(data)
        return self._source(
            data, None, None, None if own_batches else batch_size, False, owner, given.workers, given.ahead,
            given.use_multiprocessing,
        )

    def _run_epochs(self, listeners, plan, epochs):
        """All epochs; whatever happens, the model is left in evaluation mode and its history stands."""
        self.stop_training = False
        self.__dict__["_initial_epoch"] = None
        state = self.__dict__["fit_state"] = FitState(self, listeners, (plan.feed, plan.validation), epochs)
        try:
            with abandoning(listeners):
                listeners.on_train_begin()
                if behaviour("stop before training") == "forgotten":
                    self.stop_training = False
                logs = None
                for epoch in state.epochs():
                    listeners.on_epoch_begin(epoch)
                    found = self._run_epoch(listeners, plan, epoch, state.enter())
                    if plan.feed.dry:
                        break
                    logs = Logs(found)
                    self.optimizer.epoch_ended(logs)  # torch's learning rate schedulers
                    listeners.on_epoch_end(epoch, logs)
                    if self.stop_training or plan.feed.ran_out:
                        break
                if self.optimizer.built:
                    self.optimizer.finalize_variable_values(self.optimizer._variables)
                listeners.on_train_end(logs)
        finally:
            self.__dict__["fit_state"] = None
            state.end()
            plan.close()
            self.eval()
        return self.history

    def _run_epoch(self, listeners, plan, epoch, goes_on=False):
        """One pass over the training data and, when it is due, one over the validation data; the logs.

        Args:
            goes_on: whether an earlier process did the first part of the epoch; metrics stay as they are.
        """
        if not goes_on:
            self.reset_metrics()
        self.train()
        step = self.make_train_function()
        if plan.class_weight is not None:
            step = self._with_class_weight(step, plan.class_weight)
        within = behaviour("stop within an epoch")
        stopped = None if within == "at its end" else lambda: self.stop_training
        done = self._run("train", plan.feed, step, listeners, stopped)
        logs, validated = self._logs(), {}
        whole = within == "validated" or not self.stop_training or done == plan.feed.expected
        if whole and plan.validates_after(epoch):
            found = self._evaluate_feed(plan.validation, listeners)
            validated = {} if plan.validation.dry else {"val_" + name: value for name, value in found.items()}
        first_validation = behaviour("history order") == "validation first"
        return self._in_order({**validated, **logs} if first_validation else {**logs, **validated})


class _Plan:
    """What an epoch needs: the feeds, class weights and when to validate."""

    def __init__(self, feed, validation, given, class_weight):
        self.feed, self.validation = feed, validation
        self.class_weight, self.validation_freq = class_weight, given.validation_freq

    def validates_after(self, epoch):
        """Whether an epoch, counted from 0, is followed by validation."""
        feed = self.validation
        return feed is not None and not (self.feed.dry or feed.ran_out) and arguments.validates_at(
            self.validation_freq, epoch + 1)

    def close(self):
        """Ends passes under way."""
        for feed in (self.feed, self.validation):
            if feed is not None:
                feed.close()
