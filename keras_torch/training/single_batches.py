"""`SingleBatches`: train_on_batch, test_on_batch and predict_on_batch."""

import torch

from keras_torch.base import tree
from keras_torch.base.checks import fail
from keras_torch.callbacks.logs import Logs, settle_shown
from keras_torch.training import checking
from keras_torch.training.batch_functions import step_of
from keras_torch.training.batch_logs import own_step
from keras_torch.training.data import choosing
from keras_torch.training.data.batch import to_device
from keras_torch.training.evaluating import as_numpy
from keras_torch.training.feeding import OneBatch
from keras_torch.training.positions import in_order_of_generation
from keras_torch.training.weighting import settled_class_weight


class SingleBatches:
    """Mix-in of `Trainer`: the methods that take one batch."""

    def _batch(self, x, y, sample_weight, owner):
        source = self._source(x, y, sample_weight, None, False, owner) if choosing.has_no_arrays(x) else None
        if source is not None:
            fail(owner, "x", x, "one batch of arrays", "For generators use fit().")
        data = self._arrays(x, y, sample_weight, owner)
        choosing.count_samples(owner, x=data[0], y=data[1], sample_weight=data[2])
        return tuple(to_device(part, self._device(), owner) for part in data)

    @in_order_of_generation
    def train_on_batch(
        self, x, y=None, sample_weight=None, class_weight=None, reset_metrics=True, return_dict=False
    ):
        """One update on one batch.

        Args:
            x, y, sample_weight, class_weight: as in fit.
            reset_metrics: whether metrics start anew, so that the result is that of this batch (up to Keras
                2.3 the loss always is).
            return_dict: whether a dict by name is returned.

        Returns:
            float (only a loss), list, or dict of the loss and metrics.
        """
        self._assert_compiled("train_on_batch()")
        self._assert_optimizer("train_on_batch()")
        class_weight = settled_class_weight(class_weight, "train_on_batch()")
        batch = self._batch(x, y, sample_weight, "train_on_batch()")
        self._prepare(OneBatch(batch), "train_on_batch()")
        self._check_single(batch, class_weight, "train_on_batch()", "train")
        if reset_metrics:
            self.reset_metrics()
        with self._trainable_as_compiled():
            self._build_optimizer()
            function = self.make_train_function()
            if class_weight is not None:
                function = self._with_class_weight(function, class_weight)
            return self._single_batch("train", function, batch, return_dict, reset_metrics)

    @in_order_of_generation
    def test_on_batch(self, x, y=None, sample_weight=None, reset_metrics=True, return_dict=False):
        """Loss and metrics of one batch; arguments and result as in train_on_batch."""
        self._assert_compiled("test_on_batch()")
        batch = self._batch(x, y, sample_weight, "test_on_batch()")
        self._prepare(OneBatch(batch), "test_on_batch()")
        self._check_single(batch, None, "test_on_batch()", "test")
        if reset_metrics:
            self.reset_metrics()
        with torch.no_grad():
            return self._single_batch("test", self.make_test_function(), batch, return_dict, reset_metrics)

    def _check_single(self, batch, class_weight, owner, kind):
        self.__dict__["_pending_check"] = None
        if not self._has_own_step(kind):
            checking.check_batch(self, batch[0], batch[1], class_weight, owner, weight=batch[2])

    def _single_batch(self, kind, function, batch, return_dict, alone):
        """Result of a step; `alone`: whether the metrics hold nothing but this batch."""
        mode = self.training
        self.train(kind == "train")
        try:
            self._step_logs = None
            settle_shown()
            step = step_of(self, kind, function)
            step, own = (step, None) if alone else own_step(self, kind, step)
            step(*batch)
            logs = Logs(self._logs())
            if own is not None:
                logs.freeze()
                own.show_means()
        finally:
            self.train(mode)
        return self._as_result(logs, return_dict)

    def predict_on_batch(self, x):
        """Predictions of one batch, as numpy arrays."""
        if x is None:
            fail("predict_on_batch()", "x", None, "one batch of arrays")
        x = choosing.tensors(self._structured(x), "predict_on_batch()", "x", self._input_dtypes(),
                             self._float_dtype())
        x = to_device(x, self._device(), "predict_on_batch()")
        self._prepare(OneBatch((x, None, None)), "predict_on_batch()")
        with self._evaluating(self._no_gradients()):
            outputs = step_of(self, "predict", self.make_predict_function())(x, None, None)
        return tree.map_structure(as_numpy, self._as_predictions(outputs))
