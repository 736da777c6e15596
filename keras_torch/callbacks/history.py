"""History: the record of all epochs that `fit` returns."""

from keras_torch.callbacks.callback import Callback


class History(Callback):
    """Records the logs of every epoch; `fit` returns it.

    Notes:
        `history`: dict of name -> list with one float per epoch; `epoch`: list of epoch numbers, from 0.
        A second `fit` with the same object goes on with `history` and begins `epoch` anew, as in Keras.

    Source: Keras `callbacks.History`.

    >>> history = History()
    >>> history.on_train_begin()
    >>> history.on_epoch_end(0, {"loss": 0.5})
    >>> history.history, history.epoch
    ({'loss': [0.5]}, [0])
    """

    stored_attributes = ("history", "epoch")

    def __init__(self):
        super().__init__()
        self.history = {}
        self.epoch = []

    def on_train_begin(self, logs=None):
        self.epoch = []

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        if self.model is not None:
            self.model.history = self
