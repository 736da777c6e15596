"""LambdaCallback: a callback made of functions."""

from keras_torch.base.checks import fail, unknown_argument
from keras_torch.callbacks.callback import Callback
from keras_torch.callbacks.older_arguments import of_every_generation

HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))


class LambdaCallback(Callback):
    """Calls the functions given, at the moments they are named after.

    Args:
        on_epoch_begin, on_epoch_end: functions (epoch, logs).
        on_train_begin, on_train_end: functions (logs).
        on_train_batch_begin, on_train_batch_end: functions (batch, logs).
        **kwargs: functions for the other hooks of `Callback`, by name.

    Notes:
        Before Keras 3 the third and fourth positional arguments were on_batch_begin and on_batch_end; so
        they are when such a generation is in force.

    Errors:
        ValueError: a value is no function. TypeError: there is no hook of that name.

    Source: Keras `callbacks.LambdaCallback`.

    >>> LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs)).on_epoch_end(0, {"loss": 0.5})
    0 {'loss': 0.5}
    """

    @of_every_generation
    def __init__(self, on_epoch_begin=None, on_epoch_end=None, on_train_begin=None, on_train_end=None,
                 on_train_batch_begin=None, on_train_batch_end=None, **kwargs):
        super().__init__()
        hooks = {"on_epoch_begin": on_epoch_begin, "on_epoch_end": on_epoch_end,
                 "on_train_begin": on_train_begin, "on_train_end": on_train_end,
                 "on_train_batch_begin": on_train_batch_begin,
                 "on_train_batch_end": on_train_batch_end, **kwargs}
        for name, hook in hooks.items():
            if name not in HOOKS:
                unknown_argument("LambdaCallback", name, HOOKS)
            if hook is None:
                continue
            if not callable(hook):
                fail("LambdaCallback", name, hook, "a function")
            setattr(self, name, hook)
