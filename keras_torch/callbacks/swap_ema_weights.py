"""SwapEMAWeights: evaluates with the moving average of the weights."""

import torch

from keras_torch.base.checks import boolean
from keras_torch.callbacks.callback import Callback


class SwapEMAWeights(Callback):
    """Puts the optimizer's moving average into the weights for evaluation, and the weights back after it.

    Args:
        swap_on_epoch: whether to swap at the end of an epoch too, so that callbacks listed after this one
            (such as `ModelCheckpoint`) see the average; swapped back before the next epoch.

    Errors:
        ValueError: the optimizer keeps no average (`use_ema=True`).

    Notes:
        Before the first step there is no average, and nothing is swapped. While swapped, the own values
        of the weights take memory too; the average stays untouched, so an interrupted training loses neither.

    Source: Keras `callbacks.SwapEMAWeights`.

    >>> SwapEMAWeights().swap_on_epoch
    False
    """

    def __init__(self, swap_on_epoch=False):
        super().__init__()
        boolean("SwapEMAWeights", "swap_on_epoch", swap_on_epoch)
        self.swap_on_epoch = swap_on_epoch
        self._own = None   # pairs of weight and its own value, while the weights hold the average

    def _put_average(self):
        if self._own is not None:
            return
        optimizer = self.model.optimizer
        if not getattr(optimizer, "use_ema", False):
            raise ValueError("SwapEMAWeights needs an optimizer that keeps a moving average of the weights. "
                             "Make it with use_ema=True.")
        averages = self._averages()
        with torch.no_grad():
            self._own = [(weight, weight.detach().clone()) for weight, _ in averages]
            for weight, average in averages:
                weight.copy_(average)

    def _averages(self):
        """Pairs of weight and average, of those that have one."""
        pairs = [(weight, self.model.optimizer.state.get(weight, {}).get("average"))
                 for weight in self.model.trainable_variables]
        return [(weight, average) for weight, average in pairs if average is not None]

    def state_dict(self):
        """The own values of the weights, while the weights hold the average."""
        return {"own": None if self._own is None else [own for _, own in self._own]}

    def load_state_dict(self, state):
        """Takes the own values back."""
        weights = [weight for weight, _ in self._averages()]
        self._own = None if state["own"] is None else [
            (weight, own.to(weight.device)) for weight, own in zip(weights, state["own"], strict=True)]

    def _put_back(self):
        with torch.no_grad():
            for weight, own in self._own or ():
                weight.copy_(own)
        self._own = None

    def on_epoch_begin(self, epoch, logs=None):
        if self.swap_on_epoch:
            self._put_back()

    def on_epoch_end(self, epoch, logs=None):
        if self.swap_on_epoch:
            self._put_average()

    def on_train_end(self, logs=None):
        self._own = None   # fit ends with the average in the weights

    def on_test_begin(self, logs=None):
        self._put_average()

    def on_test_end(self, logs=None):
        self._put_back()

    def on_predict_begin(self, logs=None):
        self._put_average()

    def on_predict_end(self, logs=None):
        self._put_back()
