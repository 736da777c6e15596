"""CallbackList: several callbacks called as one, which knows who listens to which batch hook."""

import inspect
import itertools
import sys

from keras_torch.callbacks.callback import Callback, is_empty
from keras_torch.callbacks.history import History
from keras_torch.callbacks.logs import SHOWN, Logs, as_logs
from keras_torch.callbacks.progbar_logger import ProgbarLogger
from keras_torch.dialects.translator import behaviour

KINDS = ("train", "test", "predict")
MOMENTS = ("begin", "end")


def _flat(callbacks):
    if callbacks is None:
        return []
    if isinstance(callbacks, CallbackList):
        return list(callbacks.callbacks)
    if isinstance(callbacks, (list, tuple)):
        return [inner for item in callbacks for inner in _flat(item)]
    return [callbacks]


def _is_ours(hook):
    """Whether a hook is written here: `idle_hooks` does not speak for what a user's subclass adds."""
    return (getattr(hook, "__module__", None) or "").startswith("keras_torch.")


def _listening(callback, kind, moment):
    """The hook of one callback for one batch moment, or None when it has none of its own."""
    name = f"on_{kind}_batch_{moment}"
    hook = getattr(callback, name, None)
    if name in getattr(callback, "idle_hooks", ()) and _is_ours(hook):
        return None
    if not is_empty(hook):
        return _taking_logs(hook)
    older = getattr(callback, f"on_batch_{moment}", None) if kind == "train" else None
    return None if is_empty(older) else _taking_logs(older)


def _taking_logs(hook):
    """A hook to be called as `hook(batch, logs)`, whether it takes `logs` by position or only by name.

    Notes:
        Keras gives batch hooks their logs by name, and so needs the name `logs`; here any name will do.
    """
    try:
        parameters = inspect.signature(hook).parameters.values()
    except (TypeError, ValueError):   # built-in functions without a signature
        return hook
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(places) > 1 or not any(p.name == "logs" or p.kind is p.VAR_KEYWORD for p in parameters):
        return hook
    return lambda batch, logs=None: hook(batch, logs=logs)


class CallbackList(Callback):
    """Calls the hooks of all its callbacks, in order.

    Args:
        callbacks: list of callbacks (nested lists are flattened), one callback, a `CallbackList`, or None.
        add_history: whether to add a `History` when there is none.
        add_progbar: whether to add a `ProgbarLogger` when there is none.
        model: the model, handed to every callback.
        **params: parameters of the run ('epochs', 'steps', 'verbose'), handed to every callback.

    Errors:
        TypeError: an item is not a callback object (for example a class that was not called).

    Notes:
        `history` and `progbar` are the callbacks of those kinds, or None.
        Batch hooks that nobody implements cost nothing: ask `wants_batch("train")` or take
        `batch_hook("train", "end")`, which is None when nobody listens.

    Source: Keras `callbacks.CallbackList`.

    >>> callbacks = CallbackList([Callback()], add_history=True)
    >>> callbacks.wants_batch("train"), callbacks.batch_hook("train", "end")
    (False, None)
    """

    def __init__(self, callbacks=None, add_history=False, add_progbar=False, model=None, **params):
        super().__init__()
        self.callbacks = _flat(callbacks)
        for callback in self.callbacks:
            _check_callback(callback)
        if add_history and not self._first(History):
            self.callbacks.append(History())
        if add_progbar and not self._first(ProgbarLogger):
            unit = "samples" if behaviour("callbacks know the data") else "steps"
            self.callbacks.append(ProgbarLogger(unit))
        self.history, self.progbar = self._first(History), self._first(ProgbarLogger)
        self._refresh()
        self.set_model(model)
        self.set_params(params)

    def _first(self, cls):
        return next((callback for callback in self.callbacks if isinstance(callback, cls)), None)

    def _refresh(self):
        """Works out who listens to which batch hook; hooks may have been replaced since the last run."""
        self._in_order = sorted(self.callbacks, key=lambda callback: getattr(callback, "comes_last", False))
        self._listeners, self._with_means = {}, {}
        for key in itertools.product(KINDS, MOMENTS):
            found = [(callback, hook) for callback in self._in_order
                     if (hook := _listening(callback, *key)) is not None]
            self._listeners[key] = [hook for _, hook in found]
            self._with_means[key] = [hook for callback, hook in found
                                     if getattr(callback, "shows_means", False)]

    def append(self, callback):
        """Adds a callback at the end.

        Errors:
            TypeError: not a callback object.
        """
        _check_callback(callback)
        self.callbacks.append(callback)
        self.history, self.progbar = self._first(History), self._first(ProgbarLogger)
        self._refresh()

    def set_params(self, params):
        """Hands the parameters of the run to every callback."""
        self.params = params
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def set_model(self, model):
        """Hands the model to every callback; the model gets the `History` as `model.history`."""
        if model is None:
            return
        self.model = model
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def abandon(self):
        """Ends live lines and closes files when an exception ends a run, instead of `on_train_end`.

        Notes:
            Calls `abandon()` of every callback that has it. When one of them fails, the exception that ended
            the run stays the one that is raised, and tells of it in a note.
        """
        reason = sys.exception()
        for callback in self._in_order:
            try:
                getattr(callback, "abandon", _nothing)()
            except Exception as failure:
                if reason is None:
                    raise
                reason.add_note(f"{type(callback).__name__}.abandon() failed too: {failure!r}")

    def state_dict(self):
        """What all callbacks remember, by class name, numbered: {'History': {...}, 'EarlyStopping': {...}}.

        >>> CallbackList(add_history=True).state_dict()
        {'History': {'history': {}, 'epoch': []}}
        """
        told = {key: callback.state_dict() for key, callback in self._by_key()}
        return {key: state for key, state in told.items() if state}

    def load_state_dict(self, state):
        """Hands back what `state_dict` told; a callback that was not there then starts afresh."""
        for key, callback in self._by_key():
            if key in state:
                callback.load_state_dict(state[key])

    def _by_key(self):
        """(class name, numbered where several are of one class; callback) of those that remember things."""
        counts = {}
        for callback in self.callbacks:
            if hasattr(callback, "state_dict") and hasattr(callback, "load_state_dict"):
                name = type(callback).__name__
                count = counts[name] = counts.get(name, -1) + 1
                yield (f"{name}_{count}" if count else name), callback

    def set_validation_data(self, arrays):
        """Gives every callback `validation_data`, the list of arrays that older generations put there."""
        self.validation_data = arrays
        for callback in self.callbacks:
            callback.validation_data = arrays

    def wants_batch(self, kind, moment=None):
        """Whether some callback listens to batches.

        Args:
            kind: 'train', 'test' or 'predict'.
            moment: 'begin' or 'end'; None means either.

        Errors:
            KeyError: another kind or moment.

        >>> CallbackList().wants_batch("predict")
        False
        """
        return any(self._listeners[kind, one] for one in ((moment,) if moment else MOMENTS))

    def wants_own_values(self, kind):
        """Whether somebody is to see a batch's own values: the generation tells them, and a callback listens.

        Args:
            kind: 'train', 'test' or 'predict'.

        >>> CallbackList(ProgbarLogger()).wants_own_values("train")
        False
        """
        return behaviour("logs of a batch") != "so far" and any(
            len(self._listeners[kind, moment]) > len(self._with_means[kind, moment]) for moment in MOMENTS)

    def batch_hook(self, kind, moment, show_means=None):
        """The function `(batch, logs=None)` that calls everybody who listens, or None when nobody does.

        Args:
            kind: 'train', 'test' or 'predict'.
            moment: 'begin' or 'end'.
            show_means: None, or a function without arguments after which the logs have the means so far:
                callbacks with `shows_means` are then called last, after that.

        >>> class Count(Callback):
        ...     def on_train_batch_end(self, batch, logs=None):
        ...         print(batch, logs)
        >>> CallbackList(Count()).batch_hook("train", "end")(3)
        3 {}
        """
        if not self._listeners[kind, moment]:
            return None
        if show_means is None or not (later := self._with_means[kind, moment]):
            return getattr(self, f"on_{kind}_batch_{moment}")
        first = [hook for hook in self._listeners[kind, moment] if hook not in later]

        def in_turn(batch, logs=None):
            again = logs.fresh() if isinstance(logs, Logs) else logs
            self._call(first, batch, logs)
            show_means()
            self._call(later, batch, again)

        return in_turn

    def _batch(self, kind, moment, batch, logs):
        self._call(self._listeners[kind, moment], batch, logs)

    @staticmethod
    def _call(hooks, batch, logs):
        logs = as_logs(logs)
        if not isinstance(logs, Logs):
            for hook in hooks:
                hook(batch, logs)
            return
        holders = sys.getrefcount(logs)
        SHOWN.logs.append(logs)
        try:
            for hook in hooks:
                hook(batch, logs)
        finally:
            SHOWN.logs.pop()
        if sys.getrefcount(logs) != holders:
            logs.freeze()  # somebody keeps `logs`, and the next step writes to the metrics

    def _all(self, hook, *args):
        if isinstance(args[-1], Logs):
            args[-1].settle()
        for callback in self._in_order:
            method = getattr(callback, hook, None)
            if not is_empty(method):
                method(*args)

    def on_train_begin(self, logs=None):
        self._refresh()
        self._all("on_train_begin", as_logs(logs))

    def on_train_end(self, logs=None):
        self._all("on_train_end", as_logs(logs))

    def on_test_begin(self, logs=None):
        self._refresh()
        self._all("on_test_begin", as_logs(logs))

    def on_test_end(self, logs=None):
        self._all("on_test_end", as_logs(logs))

    def on_predict_begin(self, logs=None):
        self._refresh()
        self._all("on_predict_begin", as_logs(logs))

    def on_predict_end(self, logs=None):
        self._all("on_predict_end", as_logs(logs))

    def on_epoch_begin(self, epoch, logs=None):
        self._all("on_epoch_begin", epoch, as_logs(logs))

    def on_epoch_end(self, epoch, logs=None):
        self._all("on_epoch_end", epoch, as_logs(logs))

    def on_train_batch_begin(self, batch, logs=None):
        self._batch("train", "begin", batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        self._batch("train", "end", batch, logs)

    def on_test_batch_begin(self, batch, logs=None):
        self._batch("test", "begin", batch, logs)

    def on_test_batch_end(self, batch, logs=None):
        self._batch("test", "end", batch, logs)

    def on_predict_batch_begin(self, batch, logs=None):
        self._batch("predict", "begin", batch, logs)

    def on_predict_batch_end(self, batch, logs=None):
        self._batch("predict", "end", batch, logs)

    on_batch_begin = on_train_batch_begin
    on_batch_end = on_train_batch_end


def _nothing():
    """What callbacks without `abandon` do."""


def _check_callback(callback):
    if isinstance(callback, type):
        raise TypeError(f"callbacks must be objects; got the class {callback.__name__}. "
                        f"Write {callback.__name__}(...).")
    if not hasattr(callback, "set_model") or not hasattr(callback, "set_params"):
        raise TypeError(f"callbacks must be Callback objects; got {callback!r}. "
                        "Derive its class from keras_torch.callbacks.Callback.")
