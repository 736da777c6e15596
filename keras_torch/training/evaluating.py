"""`Evaluating`: passes over data without learning: evaluate and predict."""

import contextlib

import numpy as np
import torch

from keras_torch.base import tree
from keras_torch.base.checks import quote
from keras_torch.callbacks import CallbackList
from keras_torch.callbacks.logs import Logs
from keras_torch.dialects.translator import behaviour
from keras_torch.symbolic import native
from keras_torch.training import arguments, callback_words, checking
from keras_torch.training.batch_functions import step_of
from keras_torch.training.batch_logs import Hooks
from keras_torch.training.loop import Feed, run_batches
from keras_torch.training.positions import in_order_of_generation


class Evaluating:
    """Mix-in of `Trainer`: evaluate, predict, and Keras 1's predict_classes and predict_proba."""

    stop_evaluating = stop_predicting = False

    @in_order_of_generation
    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, steps=None,
                 callbacks=None, return_dict=False, workers=None, max_queue_size=None,
                 use_multiprocessing=False, **kwargs):
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
        arguments.translated("evaluate()", kwargs, arguments.EVALUATE)
        verbose = callback_words.verbose_of("evaluate", verbose)
        self._assert_compiled("evaluate()")
        batch_size, steps, verbose = _settled("evaluate()", batch_size, steps, verbose)
        arguments.check_queue("evaluate()", workers, max_queue_size, use_multiprocessing)
        with native.paused_for(self):
            source = self._source(
                x, y, sample_weight, batch_size, False, "evaluate()", workers, max_queue_size,
                use_multiprocessing,
            )
            source = self._prepare(source, "evaluate()")
            custom = self._has_own_step("test")
            checking.check_before_training(self, source, None, "evaluate()", custom)
            feed = Feed(source, steps, "evaluate()", most_passes=1)
            listeners = self._pass_listeners(callbacks, verbose, feed, batch_size)
            with contextlib.closing(feed), abandoning(listeners):
                logs = self._evaluate_feed(feed, listeners)
        return self._as_result(Logs(logs), return_dict)

    def _pass_listeners(self, callbacks, verbose, feed, batch_size):
        """The callbacks of one pass without learning."""
        params = callback_words.of_pass(self, batch_size, verbose, feed)
        listeners = CallbackList(callbacks, add_progbar=verbose != 0, model=self, **params)
        if listeners.progbar is not None:
            listeners.progbar.expect(feed.expected)
        return listeners

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
        """What evaluate and *_on_batch return for these logs: the loss first, then the others."""
        values = {name: value for name, value in logs.items()}
        if return_dict:
            return values
        order = self._result_names if self._step_logs is None else self.get_metrics_result()
        order = [name for name in order if name in values]
        order += [name for name in values if name not in order]
        found = [values[name] for name in order]
        return found[0] if len(found) == 1 else found

    @in_order_of_generation
    def predict(
        self,
        x,
        batch_size=None,
        verbose="auto",
        steps=None,
        callbacks=None,
        workers=None,
        max_queue_size=None,
        use_multiprocessing=False,
        **kwargs,
    ):
        """Predictions for data, as numpy arrays in the structure of the outputs.

        Args:
            x, batch_size, verbose, callbacks: as in fit; targets in the data are left aside.
            steps: batches to predict; default all.

        Returns:
            numpy array (samples, ...), or a structure of them.

        Errors:
            ValueError: anything wrong with arguments or data.
        """
        arguments.translated("predict()", kwargs, arguments.PREDICT)
        verbose = callback_words.verbose_of("predict", verbose)
        batch_size, steps, verbose = _settled("predict()", batch_size, steps, verbose)
        arguments.check_queue("predict()", workers, max_queue_size, use_multiprocessing)
        with native.paused_for(self):
            source = self._source(x, None, None, batch_size, False, "predict()", workers, max_queue_size,
                                  use_multiprocessing)
            source = self._prepare(source, "predict()")
            feed = Feed(source, steps, "predict()", most_passes=1)
            listeners = self._pass_listeners(callbacks, verbose, feed, batch_size)
            return self._predict_feed(feed, listeners)

    def _predict_feed(self, feed, listeners):
        self.stop_predicting = False
        outputs, group = [], self.__dict__.get("_steps_per_execution", 1)
        context = torch.no_grad if self._overrides("predict_step") else self._no_gradients()
        with contextlib.closing(feed), abandoning(listeners), self._evaluating(context):
            listeners.on_predict_begin()
            hooks = Hooks(
                listeners.batch_hook("predict", "begin"),
                listeners.batch_hook("predict", "end"),
                lambda: {"outputs": _joined(outputs[(len(outputs) - 1) // group * group:])},
                behaviour("callbacks know the data"),
            )
            listened = hooks.begin is not None or hooks.end is not None
            run_batches(feed.epoch(), self._collecting_step(outputs.append), hooks, group,
                        (lambda: self.stop_predicting) if listened else None)
            listeners.on_predict_end()
        return tree.map_structure(
            lambda *leaves: (
                as_numpy(torch.cat(leaves))
                if leaves[0].dim()
                else np.array([as_numpy(leaf) for leaf in leaves])
            ),
            *outputs,
        )

    def _collecting_step(self, collect):
        """The step of predict, which hands its results to `collect`; one frame less where nothing is own."""
        own = self.__dict__.get("_own_predict_function") is not None
        if own or self._overrides("predict_step", "make_predict_function"):
            step = step_of(self, "predict", self.make_predict_function())
            return lambda x, y, weight: collect(self._as_predictions(step(x, y, weight)))
        call = self._forward_function()
        return lambda x, y, weight: collect(call(x))

    def _as_predictions(self, result):
        """What a predict_step of the user's own returned, as tensors.

        Errors:
            TypeError: something else than tensors and arrays.
        """

        def convert(leaf):
            if isinstance(leaf, torch.Tensor):
                return leaf
            if not isinstance(leaf, (np.ndarray, np.generic, int, float)):
                raise TypeError(f"{type(self).__name__}.predict_step() must return predictions, tensors or "
                                f"arrays in any structure; got {quote(leaf)}.")
            return torch.as_tensor(leaf)

        return tree.map_structure(convert, result)

    def predict_classes(self, x, batch_size=32, verbose=0):
        """Class numbers predicted for data (Keras 1 and 2)."""
        scores = self.predict(x, batch_size=batch_size, verbose=verbose)
        return scores.argmax(-1) if scores.shape[-1] > 1 else (scores > 0.5).astype("int32")

    def predict_proba(self, x, batch_size=32, verbose=0):
        """As predict (Keras 1 and 2)."""
        return self.predict(x, batch_size=batch_size, verbose=verbose)


def _settled(owner, batch_size, steps, verbose):
    """The arguments that evaluate and predict share, checked; whole numbers become ints."""
    batch_size = None if batch_size is None else arguments.whole(owner, "batch_size", batch_size)
    steps = None if steps is None else arguments.step_count(owner, "steps", steps)
    return batch_size, steps, arguments.verbosity(owner, verbose)


def _joined(outputs):
    """The outputs of several batches as those of one."""
    if len(outputs) == 1:
        return outputs[0]
    return tree.map_structure(lambda *leaves: torch.cat(leaves) if leaves[0].dim() else leaves[-1], *outputs)


@contextlib.contextmanager
def abandoning(listeners):
    """Ends progress lines and closes files of callbacks when the block ends by an exception."""
    try:
        yield
    except BaseException:
        listeners.abandon()
        raise


def as_numpy(tensor):
    """A tensor as numpy array; bfloat16, which numpy does not know, as float32.

    >>> as_numpy(torch.ones(2)).dtype
    dtype('float32')
    """
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
