"""Progress looks like Keras's, reads values at its own pace, and never ends a training."""

import io
import logging
import re
import sys

import numpy as np
import pytest
import torch

from keras_torch.callbacks import CallbackList, ProgbarLogger, progress
from keras_torch.callbacks.logs import Logs
from keras_torch.callbacks.progress import Progbar, say
from keras_torch.callbacks.progress_lines import duration_text
from keras_torch.dialects import dialect
from keras_torch.layers import Dense
from keras_torch.models import Sequential

LINE = r"{count} {bar} \d+s \d+(us|ms|s)/step{values}\n"
FULL = "━" * 20


class Terminal(io.StringIO):
    """A stdout that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


class Narrow(io.TextIOWrapper):
    """A stdout that knows only ASCII."""

    def __init__(self):
        super().__init__(io.BytesIO(), encoding="ascii")


class Broken(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, text):
        raise BrokenPipeError("gone")

    def flush(self):
        raise BrokenPipeError("gone")


def _plain(text):
    return re.sub(r"\x1b\[\d*m", "", text)


def _fit(steps=3, known=True, epochs=2, verbose=1, **logs):
    callbacks = CallbackList(add_progbar=True, epochs=epochs, steps=steps if known else None, verbose=verbose)
    callbacks.on_train_begin()
    for epoch in range(epochs):
        callbacks.on_epoch_begin(epoch)
        for batch in range(steps):
            callbacks.on_train_batch_end(batch, Logs(dict(logs)))
        callbacks.on_test_begin()
        callbacks.on_test_batch_end(0, {"loss": 9.0})
        callbacks.on_test_end({"loss": 9.0})
        callbacks.on_epoch_end(epoch, Logs(logs))
    callbacks.on_train_end()
    return callbacks


@pytest.mark.parametrize("verbose", [1, "auto", True])
def test_lines_of_a_fit_in_a_file(verbose, capsys):
    _fit(verbose=verbose, accuracy=torch.tensor(0.91234), loss=torch.tensor(1e-5))
    line = LINE.format(count="3/3", bar=FULL, values=" - accuracy: 0.9123 - loss: 1.0000e-05")
    assert re.fullmatch(f"Epoch 1/2\n{line}Epoch 2/2\n{line}", capsys.readouterr().out)


def test_an_unknown_number_of_steps_is_known_at_the_end(capsys):
    _fit(known=False, epochs=1)
    assert re.fullmatch(LINE.format(count="3/3", bar=FULL, values=""), capsys.readouterr().out)


def test_verbose_2_is_one_line_per_epoch_and_listens_to_no_batch(capsys):
    callbacks = _fit(steps=12, verbose=2, epochs=1, loss=0.5)
    assert re.fullmatch(r"12/12 - 0s - \d+(us|ms)/step - loss: 0.5000\n", capsys.readouterr().out)
    assert not callbacks.wants_batch("train")


def test_verbose_0_is_silent(capsys):
    _fit(verbose=0, loss=0.5)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("kind, values", [("test", " - loss: 0.5000"), ("predict", "")])
def test_evaluate_and_predict_show_progress(kind, values, capsys):
    callbacks = CallbackList(add_progbar=True, steps=2, verbose=1)
    getattr(callbacks, f"on_{kind}_begin")()
    for batch in range(2):
        getattr(callbacks, f"on_{kind}_batch_end")(batch, {"loss": 0.5})
    getattr(callbacks, f"on_{kind}_end")({"loss": 0.5})
    assert re.fullmatch(LINE.format(count="2/2", bar=FULL, values=values), capsys.readouterr().out)


def test_a_terminal_is_repainted_in_place(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal())
    bar = Progbar(20, interval=0)
    monkeypatch.setattr(progress._TerminalPainter, "seconds", 0)
    bar.update(5, [("loss", 1.0)])
    say("hello")
    bar.update(20, [("loss", 0.5)])
    text = _plain(sys.stdout.getvalue())
    assert re.search(r"\r 5/20 " + FULL + r" 0s \d+us/step - loss: 1.0000\r +\rhello\n", text)
    assert re.search(r"\r20/20 " + FULL + r" 0s \d+us/step - loss: 0.5000\n$", text)
    assert "\x1b[32m━━━━━\x1b[0m" in sys.stdout.getvalue()   # a quarter of the bar is green


def test_an_abandoned_line_stays_and_the_next_text_begins_a_new_one(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal())
    logger = ProgbarLogger()
    logger.set_params({"verbose": 1, "epochs": 1, "steps": 4})
    logger.on_epoch_begin(0)
    logger.on_train_batch_end(0, {"loss": 1.0})
    logger.abandon()
    say("Traceback")
    assert re.search(r"\r1/4 .* - loss: 1.0000\nTraceback\n$", _plain(sys.stdout.getvalue()))


def test_a_long_line_is_cut_to_the_terminal_while_running(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys, "stdout", Terminal())
    bar = Progbar(2)
    bar.update(1, [(f"metric_{number}", 1.0) for number in range(9)])
    assert len(_plain(sys.stdout.getvalue()).strip("\r")) <= 40
    bar.update(2)
    assert "metric_8: 1.0000\n" in sys.stdout.getvalue()


def test_values_are_read_only_for_a_repaint(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal())
    reads = []
    callbacks = CallbackList(add_progbar=True, epochs=1, steps=50, verbose=1)
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(0)
    for batch in range(50):   # far less than a tenth of a second
        callbacks.on_train_batch_end(batch, Logs(lambda: reads.append(1) or {"loss": torch.tensor(1.0)}))
    assert len(reads) <= 2
    callbacks.on_epoch_end(0, {"loss": 1.0})


def test_nothing_is_read_for_a_file():
    callbacks = CallbackList(add_progbar=True, epochs=1, steps=5, verbose=1)
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(0)
    for batch in range(5):
        callbacks.on_train_batch_end(batch, Logs(lambda: pytest.fail("read")))


def test_a_file_gets_a_line_a_minute(monkeypatch, capsys):
    clock = [0.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: clock[0])
    bar = Progbar(100)
    for step in range(1, 101):
        clock[0] += 1
        bar.update(step)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f" 61/100 {'━' * 12}{'.' * 8} 39s 1s/step", f"100/100 {FULL} 100s 1s/step"]


def _closed():
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [Narrow, Broken, lambda: None, _closed],
                         ids=["ascii", "broken", "none", "closed"])
@pytest.mark.parametrize("verbose", [1, 2])
def test_a_bad_stdout_does_not_end_training(stream, verbose, monkeypatch):
    out = stream()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        _fit(verbose=verbose, loss=0.5)
        say("é ━")
    if isinstance(out, Narrow):
        text = out.buffer.getvalue().decode("ascii")
        assert text.endswith("? ?\n") and "loss: 0.5000" in text


def test_a_bad_terminal_does_not_end_training(monkeypatch):
    class BrokenTerminal(Broken):
        encoding = "utf-8"

        def isatty(self):
            return True

    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", BrokenTerminal())
        _fit(loss=0.5)


def test_output_can_go_to_the_logger_or_nowhere(capsys, caplog):
    caplog.set_level(logging.INFO, logger="keras_torch")
    progress.disable_interactive_logging()
    try:
        _fit(epochs=1, loss=0.5)
    finally:
        progress.enable_interactive_logging()
    assert "loss: 0.5000" in caplog.text and capsys.readouterr().out == ""
    progress.set_speaking(False)
    try:
        _fit(loss=0.5)
    finally:
        progress.set_speaking(True)
    assert capsys.readouterr().out == ""


def test_a_notebook_gets_a_widget(monkeypatch):
    made = []

    class Widget:
        def __init__(self, **arguments):
            self.arguments, self.n, self.text, self.open = arguments, 0, "", True
            made.append(self)

        def set_description_str(self, text, refresh):
            self.text = text

        def refresh(self):
            assert self.open

        def close(self):
            self.open = False

    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    monkeypatch.setattr(progress, "need", lambda module, purpose: type("module", (), {"tqdm": Widget}))
    _fit(epochs=1, loss=0.5)
    assert made[0].n == 3 and not made[0].open and re.fullmatch(r"0s \d+us/step - loss: 0.5000", made[0].text)


def test_this_is_no_notebook():
    assert not progress._in_notebook()


def test_progbar_averages_what_is_not_stateful(capsys):
    bar = Progbar(4, verbose=2, stateful_metrics=["auc"])
    bar.update(1, [("loss", 1.0), ("auc", 0.5)])
    bar.add(2, [("loss", 2.5), ("auc", 0.75)])
    bar.update(4, finalize=True)
    assert capsys.readouterr().out.endswith("- loss: 2.0000 - auc: 0.7500\n")


def test_progbar_with_the_averaged_names_listed(capsys):
    bar = Progbar(2, verbose=2, stateless_metrics=["loss"])
    bar.update(1, {"loss": 1.0, "name": "x"})
    bar.update(2, {"auc": 0.5})
    assert capsys.readouterr().out.endswith("- loss: 1.0000 - name: x - auc: 0.5000\n")


def test_samples_are_counted_for_the_older_generations(capsys):
    logger = ProgbarLogger(count_mode="samples", stateful_metrics=["auc"])
    logger.set_params({"verbose": 1, "epochs": 1, "steps": 3, "samples": 10, "batch_size": 4})
    logger.on_epoch_begin(0)
    for batch in range(3):
        logger.on_train_batch_end(batch, {})
    logger.on_epoch_end(0, {})
    assert re.match("10/10 ━+ 0s .*/sample", capsys.readouterr().out)


@pytest.mark.parametrize("seconds, text", [(0, "0s"), (60, "60s"), (61, "1:01"), (3600, "60:00"),
                                           (3601, "1:00:01")])
def test_durations(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize("make, message", [
    (lambda: Progbar(3, verbose=4), "Progbar: `verbose` must be"),
    (lambda: Progbar(3, stateful_metrics=[], stateless_metrics=[]), "Progbar got `stateful_metrics` and"),
    (lambda: ProgbarLogger("batches"), "ProgbarLogger: `count_mode` must be 'steps' or 'samples'; got"),
    (lambda: ProgbarLogger().set_params({"verbose": "loud"}), "ProgbarLogger: `verbose` must be"),
])
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_keras1_counts_samples_of_generators(capsys):
    def batches():
        while True:
            yield np.ones((4, 3), "float32"), np.ones((4, 1), "float32")

    with dialect("keras1"):
        model = Sequential([Dense(1, input_shape=(3,))])
        model.compile("sgd", "mse")
        model.fit_generator(batches(), samples_per_epoch=12, nb_epoch=1, verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Epoch 1/1" and re.match(r"12/12 \[={30}\] - \d+s - loss: ", lines[1])
