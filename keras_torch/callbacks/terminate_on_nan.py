"""TerminateOnNaN: ends training when the loss is no longer a finite number."""

import math

from keras_torch.base.checks import boolean
from keras_torch.callbacks.callback import Callback
from keras_torch.callbacks.progress import say


class TerminateOnNaN(Callback):
    """Ends training after the batch whose loss is nan or infinite.

    Args:
        raise_error: whether to raise instead of ending the training quietly.

    Errors:
        RuntimeError: the loss is not finite and `raise_error` is True.

    Notes:
        The loss of every batch is read back from the device.

    Source: Keras `callbacks.TerminateOnNaN`.

    >>> TerminateOnNaN().on_batch_end(0, {"loss": 0.5})
    """

    def __init__(self, raise_error=False):
        super().__init__()
        boolean("TerminateOnNaN", "raise_error", raise_error)
        self.raise_error = raise_error

    def on_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"TerminateOnNaN: the loss of batch {batch} is {loss}. Lower the learning "
                               "rate, or look for nan in the data.")
        say(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
