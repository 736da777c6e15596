"""CallbackList calls everybody in order, and knows who listens to batches."""

import json

import pytest
import torch

import keras_torch
from keras_torch.callbacks import (
    Callback,
    CallbackList,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    ModelCheckpoint,
    ProgbarLogger,
    TerminateOnNaN,
)
from keras_torch.callbacks.logs import Logs
from keras_torch.dialects import dialect

HOOKS = [name for name in vars(Callback) if name.startswith("on_")]


class Recorder(Callback):
    """Notes every hook that is called."""

    def __init__(self, calls):
        self.calls = calls   # on purpose without super().__init__()


def _recording(name):
    def hook(self, *args):
        self.calls.append((name, *args))
    return hook


for _name in HOOKS:
    setattr(Recorder, _name, _recording(_name))


class EveryEnd(Callback):
    """Listens to the end of training batches."""

    def on_train_batch_end(self, batch, logs=None):
        self.last = logs


class OlderEnd(Callback):
    """Listens under the older name."""

    def __init__(self):
        super().__init__()
        self.batches = []

    def on_batch_end(self, batch, logs={}):  # noqa: B006  (older scripts are written so)
        self.batches.append(batch)


def test_hooks_of_the_base_do_nothing():
    callback = Callback()
    for name in HOOKS:
        arguments = (0,) if "batch" in name or "epoch" in name else ()
        assert getattr(callback, name)(*arguments) is None


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_reaches_every_callback_in_order(hook):
    calls = []
    callbacks = CallbackList([Recorder(calls), [Recorder(calls)]])
    arguments = (3,) if "batch" in hook or "epoch" in hook else ()
    getattr(callbacks, hook)(*arguments, {"loss": 1.0})
    name = hook.replace("on_batch", "on_train_batch")
    assert calls == [(name, *arguments, {"loss": 1.0})] * 2


def test_nobody_listens_means_no_batch_hook():
    callbacks = CallbackList([Callback(), EarlyStopping(), ModelCheckpoint("x.keras")], add_history=True)
    for kind in ("train", "test", "predict"):
        assert not callbacks.wants_batch(kind)
        assert callbacks.batch_hook(kind, "begin") is None and callbacks.batch_hook(kind, "end") is None


LISTENERS = [EveryEnd(), OlderEnd(), TerminateOnNaN(), ProgbarLogger(),
             ModelCheckpoint("x.keras", save_freq=1), LambdaCallback(on_train_batch_end=print),
             LambdaCallback(on_batch_end=print)]


@pytest.mark.parametrize("callback", LISTENERS, ids=lambda callback: type(callback).__name__)
def test_listeners_to_the_end_of_training_batches_are_found(callback):
    callbacks = CallbackList(callback)
    assert callbacks.wants_batch("train") and callbacks.wants_batch("train", "end")
    assert callable(callbacks.batch_hook("train", "end")) and not callbacks.wants_batch("train", "begin")


def test_only_listeners_are_called_for_batches():
    listener = OlderEnd()
    callbacks = CallbackList([Callback(), listener])
    callbacks.on_train_batch_end(0)
    callbacks.on_batch_end(1)
    callbacks.on_test_batch_end(2)
    assert listener.batches == [0, 1]


def test_super_call_of_a_train_hook_reaches_the_older_hook():
    class Both(OlderEnd):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)

    both = Both()
    CallbackList(both).on_train_batch_end(5)
    assert both.batches == [5]


def test_a_hook_replaced_after_construction_is_noticed_when_training_begins():
    late, seen = Callback(), []
    callbacks = CallbackList(late)
    late.on_train_batch_end = lambda batch, logs=None: seen.append(batch)
    callbacks.on_train_begin()
    callbacks.on_train_batch_end(4)
    assert seen == [4]


def test_checkpoint_subclasses_that_listen_are_called():
    class Mine(ModelCheckpoint):
        def on_train_batch_end(self, batch, logs=None):
            self.seen = batch

    mine = Mine("x.keras")
    CallbackList(mine).on_train_batch_end(2)
    assert mine.seen == 2


def test_defaults_are_added_once(model):
    mine = History()
    callbacks = CallbackList([mine], add_history=True, add_progbar=True, model=model, epochs=2, verbose=0)
    assert callbacks.history is mine and model.history is mine and mine.model is model
    assert isinstance(callbacks.progbar, ProgbarLogger) and mine.params == {"epochs": 2, "verbose": 0}
    assert [type(callback) for callback in callbacks.callbacks] == [History, ProgbarLogger]


def test_a_list_in_the_place_of_callbacks_is_opened(fitted):
    listener = OlderEnd()
    history = fitted.fit(torch.ones(4, 2), torch.ones(4, 1), batch_size=2, verbose=0,
                         callbacks=CallbackList([listener], add_history=True))
    assert listener.batches == [0, 1] and listener.model is fitted and list(history.history) == ["loss"]


def test_append_and_validation_data():
    callbacks = CallbackList()
    callbacks.append(EveryEnd())
    callbacks.set_validation_data([1, 2])
    assert callbacks.wants_batch("train") and callbacks.callbacks[0].validation_data == [1, 2]
    assert CallbackList(None).callbacks == [] and callbacks.model is None


def test_one_logs_object_is_shared_by_all():
    def add(epoch, logs):
        logs["learning_rate"] = 0.5

    callbacks = CallbackList([LambdaCallback(on_epoch_end=add)], add_history=True)
    callbacks.on_train_begin()
    callbacks.on_epoch_end(0, {"loss": torch.tensor(1.0)})
    assert callbacks.history.history == {"loss": [1.0], "learning_rate": [0.5]}


def test_logs_kept_by_a_callback_show_the_value_of_their_batch():
    state, keeper = [1.0], EveryEnd()
    CallbackList(keeper).on_train_batch_end(0, Logs(lambda: {"loss": torch.tensor(state[0])}))
    state[0] = 2.0
    assert keeper.last["loss"] == 1.0


def test_logs_kept_by_a_callback_are_safe_from_later_steps():
    state, keeper = {"seen": torch.tensor(1.0), "per_class": torch.ones(2)}, EveryEnd()
    CallbackList(keeper).on_train_batch_end(0, Logs(lambda: state))
    for tensor in state.values():
        tensor.add_(1)
    assert keeper.last["seen"] == 1.0 and keeper.last["per_class"].tolist() == [1.0, 1.0]


def test_an_abandoned_run_closes_files_and_lines(tmp_path, model):
    listed = [CSVLogger(tmp_path / "log.csv"), Callback()]
    callbacks = CallbackList(listed, add_progbar=True, model=model, verbose=1)
    callbacks.abandon()
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(0)
    file = callbacks.callbacks[0].csv_file
    callbacks.abandon()
    assert file.closed


def test_callbacks_of_others_get_logs_that_json_can_write():
    written = []
    hooks = {name: lambda number, logs: written.append(json.dumps(logs)) for name in
             ("on_train_batch_end", "on_epoch_end")}
    callbacks = CallbackList(LambdaCallback(**hooks))
    callbacks.on_train_batch_end(0, Logs(lambda: {"loss": torch.tensor(1.0)}))
    callbacks.on_epoch_end(0, Logs(lambda: {"loss": torch.tensor(2.0)}))
    assert written == ['{"loss": 1.0}', '{"loss": 2.0}']


def test_logs_are_not_computed_for_callbacks_that_do_not_look(model):
    callbacks = CallbackList([ModelCheckpoint("x.keras", save_freq=100)], model=model)
    callbacks.on_train_batch_end(0, Logs(lambda: pytest.fail("nobody looked")))


def test_logs_are_not_computed_for_users_callbacks_that_do_not_look():
    callbacks = CallbackList(OlderEnd())
    callbacks.on_train_batch_end(0, Logs(lambda: pytest.fail("nobody looked")))


def test_logs_are_settled_before_a_callback_changes_the_metrics(fitted):
    """An earlier callback tries a batch and evaluates; a later one still sees the loss of the training."""
    seen, expected = [], []
    tries = LambdaCallback(on_train_batch_end=lambda batch, logs: (
        fitted.test_on_batch(torch.zeros(1, 2), torch.ones(1, 1)),
        fitted.evaluate(torch.zeros(1, 2), torch.ones(1, 1), verbose=0)))
    last = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    only = LambdaCallback(on_train_batch_end=lambda batch, logs: expected.append(logs["loss"]))
    weights = fitted.get_weights()
    for callbacks in ([only], [tries, last]):
        fitted.set_weights(weights)
        fitted.fit(torch.ones(2, 2), torch.zeros(2, 1), verbose=0, callbacks=callbacks)
    assert seen == expected


@pytest.fixture
def fitted():
    """A small compiled model."""
    model = keras_torch.Sequential([keras_torch.Input((2,)), keras_torch.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("generation, batch_logs", [
    ("keras2.2", [["batch", "size", "loss"], 0, 3, 1, 2]), ("keras3", [["loss"], None, None, None, None])])
def test_batches_of_older_generations_tell_their_number_and_size(generation, batch_logs, fitted):
    told = []
    with dialect(generation):
        note = LambdaCallback(on_train_batch_end=lambda batch, logs: told.append(dict(logs)))
        fitted.fit(torch.ones(5, 2), torch.ones(5, 1), batch_size=3, verbose=0, callbacks=[note])
    numbers = [logs.get(name) for logs in told for name in ("batch", "size")]
    assert [list(told[0]), *numbers] == batch_logs


def test_sizes_of_every_pass_are_told(fitted):
    told = []
    hooks = {f"on_{kind}_batch_begin": lambda batch, logs: told.append(tuple(logs.items()))
             for kind in ("train", "test", "predict")}
    with dialect("keras2.3"):
        data = torch.ones(5, 2), torch.ones(5, 1)
        fitted.fit(*data, batch_size=3, verbose=0, callbacks=[LambdaCallback(**hooks)],
                   validation_data=(data[0][:2], data[1][:2]))
        fitted.predict(data[0][:4], batch_size=3, callbacks=[LambdaCallback(**hooks)])
    sizes = [size for (_, _), (_, size) in told]
    assert sizes == [3, 2, 2, 3, 1] and {names for (names, _), _ in told} == {"batch"}


def test_means_so_far_are_shown_after_the_values_of_a_batch():
    seen, total = [], [1.0]
    own = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(("own", logs["loss"])))
    means = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(("mean", logs["loss"])))
    means.shows_means = True
    with dialect("keras2.2"):
        callbacks = CallbackList([means, own])
        assert callbacks.wants_own_values("train") and not callbacks.wants_own_values("test")
        hook = callbacks.batch_hook("train", "end", lambda: total.append(5.0))
        hook(0, Logs(lambda: {"loss": total[-1]}))
    assert seen == [("own", 1.0), ("mean", 5.0)]


def test_a_loop_of_ones_own(capsys, model):
    """As people write it: values are tensors and floats, the list adds History and the progress line."""
    params = {"epochs": 2, "steps": 2, "verbose": 2}
    callbacks = CallbackList(None, add_history=True, add_progbar=True, model=model, **params)
    callbacks.on_train_begin()
    for epoch in range(2):
        callbacks.on_epoch_begin(epoch)
        for batch in range(2):
            callbacks.on_train_batch_begin(batch)
            callbacks.on_train_batch_end(batch, {"loss": torch.tensor(0.5), "acc": 0.25})
        callbacks.on_epoch_end(epoch, {"loss": torch.tensor(0.5), "acc": 0.25})
    callbacks.on_train_end()
    assert callbacks.history.history == {"acc": [0.25] * 2, "loss": [0.5] * 2}
    assert model.history is callbacks.history
    assert capsys.readouterr().out.count("2/2 - 0s - ") == 2


def test_exceptions_of_callbacks_arrive_unchanged():
    def stop(batch, logs):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        CallbackList(LambdaCallback(on_train_batch_end=stop)).on_train_batch_end(0)


def test_a_class_instead_of_an_object_is_refused():
    with pytest.raises(TypeError, match=r"got the class History. Write History\(\.\.\.\)"):
        CallbackList([History])


def test_something_else_is_refused():
    with pytest.raises(TypeError, match="callbacks must be Callback objects; got 3"):
        CallbackList([3])
    with pytest.raises(TypeError, match="callbacks must be Callback objects; got 'x'"):
        CallbackList().append("x")


class ByName(Callback):
    """Takes logs by name alone, in batch hooks."""

    def __init__(self):
        self.seen = []

    def on_train_batch_end(self, b, *, logs):
        self.seen.append(("train", b, dict(logs)))

    def on_test_batch_end(self, batch, **words):
        self.seen.append(("test", batch, dict(words["logs"])))


class ByOtherNames(Callback):
    """Calls the logs as it likes."""

    def __init__(self):
        self.seen = []

    def on_batch_end(self, batch, l):  # noqa: E741 - as a user wrote it
        self.seen.append(("train", batch, dict(l)))

    def on_test_batch_end(self, *both):
        self.seen.append(("test", both[0], dict(both[1])))


@pytest.mark.parametrize("kind", [ByName, ByOtherNames])
def test_batch_hooks_take_logs_by_any_name(kind):
    callback = kind()
    callbacks = CallbackList([callback])
    callbacks.on_train_batch_end(0, {"loss": 1.0})
    callbacks.batch_hook("train", "end")(1, {"loss": 2.0})
    callbacks.batch_hook("test", "end")(0, {"loss": 3.0})
    seen = [("train", 0, {"loss": 1.0}), ("train", 1, {"loss": 2.0}), ("test", 0, {"loss": 3.0})]
    assert callback.seen == seen


def test_a_logger_that_takes_logs_by_name_is_called_once_after_the_means():
    class Named(ProgbarLogger):
        def on_train_batch_end(self, batch, *, logs):
            seen.append((batch, dict(logs)))

    seen = []
    hook = CallbackList([Named()]).batch_hook("train", "end", show_means=lambda: seen.append("means"))
    hook(0, {"loss": 1.0})
    assert seen == ["means", (0, {"loss": 1.0})]
