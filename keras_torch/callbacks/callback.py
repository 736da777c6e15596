"""Callback: an object whose hooks fit, evaluate and predict call at fixed moments."""


def does_nothing(hook):
    """Marks a hook as empty, so that the loops need not call it.

    >>> is_empty(does_nothing(lambda batch, logs: None))
    True
    """
    hook.does_nothing = True
    return hook


def is_empty(hook):
    """Whether a hook is missing (None) or marked by `does_nothing`.

    >>> is_empty(Callback().on_batch_end), is_empty(print)
    (True, False)
    """
    return hook is None or getattr(hook, "does_nothing", False)


class Callback:
    """Base of callbacks: override the hooks you need; the others cost nothing.

    Notes:
        `model` (the model in training), `params` (dict with 'verbose', 'epochs', 'steps', ...) and
        `validation_data` (arrays in the older generations, else None) are set before the first hook.
        Ask for the end of training with `self.model.stop_training = True`.
        `logs` is a dict of floats: metric values up to now; at the end of an epoch also validation values,
        under 'val_...'. A value written into it reaches the callbacks that follow, and `History`.
        A subclass need not call `super().__init__()`.
        What a callback remembers from epoch to epoch survives a kill (see `BackupAndRestore`) when it is
        named in `stored_attributes`, or told by `state_dict` and taken back by `load_state_dict`.

    Source: Keras `callbacks.Callback`.

    >>> class Announce(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print("epoch", epoch, logs)
    >>> Announce().on_epoch_end(0, {"loss": 0.5})
    epoch 0 {'loss': 0.5}
    """

    params = None
    model = None
    validation_data = None
    idle_hooks = frozenset()  # names of batch hooks that, as written here, do nothing as configured
    comes_last = False        # True: each hook is called after those of all other callbacks
    shows_means = False       # True: batch hooks get means so far, also where Keras tells each batch's own
    stored_attributes = ()    # names of attributes that `state_dict` tells

    def __init__(self):
        self.params = None
        self.model = None
        self.validation_data = None

    def set_params(self, params):
        """Stores the parameters of the run: 'verbose', 'epochs', 'steps', ..."""
        self.params = params

    def set_model(self, model):
        """Stores the model."""
        self.model = model

    def state_dict(self):
        """What the callback remembers: numbers, texts, tensors, arrays, and lists and dicts of these.

        >>> class Count(Callback):
        ...     stored_attributes = ("seen",)
        ...     seen = 3
        >>> Count().state_dict()
        {'seen': 3}
        """
        return {name: getattr(self, name) for name in self.stored_attributes}

    def load_state_dict(self, state):
        """Takes back what `state_dict` told, in another process; called after `on_train_begin`.

        Notes:
            In the middle of an epoch it is called a second time, after `on_epoch_begin`.
        """
        for name in self.stored_attributes:
            if name in state:
                setattr(self, name, state[name])

    @does_nothing
    def on_train_begin(self, logs=None):
        """Called once before the first epoch."""

    @does_nothing
    def on_train_end(self, logs=None):
        """Called once after the last epoch; `logs` are those of the last epoch."""

    @does_nothing
    def on_epoch_begin(self, epoch, logs=None):
        """Called before each epoch of `fit`; `epoch` counts from 0."""

    @does_nothing
    def on_epoch_end(self, epoch, logs=None):
        """Called after each epoch of `fit`, validation included; `epoch` counts from 0."""

    @does_nothing
    def on_batch_begin(self, batch, logs=None):
        """Older name of `on_train_batch_begin`."""

    @does_nothing
    def on_batch_end(self, batch, logs=None):
        """Older name of `on_train_batch_end`."""

    @does_nothing
    def on_train_batch_begin(self, batch, logs=None):
        """Called before each batch of `fit`; `batch` counts from 0 in each epoch.

        Notes:
            With `steps_per_execution=n` it is called for every n-th batch only, as are the other batch hooks.
        """
        self.on_batch_begin(batch, logs=logs)

    @does_nothing
    def on_train_batch_end(self, batch, logs=None):
        """Called after each batch of `fit`; `logs` are the metrics of the epoch up to now.

        Notes:
            Up to Keras 2.2 they are those of the batch alone, in 2.3 so is the loss; and the logs of every
            batch hook tell the number of the batch and its samples, as 'batch' and 'size'.
        """
        self.on_batch_end(batch, logs=logs)

    @does_nothing
    def on_test_begin(self, logs=None):
        """Called before evaluation, and before validation inside `fit`."""

    @does_nothing
    def on_test_end(self, logs=None):
        """Called after evaluation or validation."""

    @does_nothing
    def on_test_batch_begin(self, batch, logs=None):
        """Called before each batch of evaluation or validation."""

    @does_nothing
    def on_test_batch_end(self, batch, logs=None):
        """Called after each batch of evaluation or validation."""

    @does_nothing
    def on_predict_begin(self, logs=None):
        """Called before `predict`."""

    @does_nothing
    def on_predict_end(self, logs=None):
        """Called after `predict`."""

    @does_nothing
    def on_predict_batch_begin(self, batch, logs=None):
        """Called before each batch of `predict`."""

    @does_nothing
    def on_predict_batch_end(self, batch, logs=None):
        """Called after each batch of `predict`; `logs['outputs']` holds the batch of predictions."""
