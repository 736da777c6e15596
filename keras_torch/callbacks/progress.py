"""The one home of terminal output: messages, and progress lines that are tqdm in Keras's clothes.

Where a line goes (`_choose_painter`):
    terminal   repainted in place, by tqdm
    notebook   a tqdm widget
    elsewhere  (file, pipe, log) whole lines: one a minute while running, and the last one

Nothing here raises because of the screen: a closed, missing or ASCII-only stdout must not end a training.
"""

import importlib.util
import logging
import math
import os
import shutil
import sys
import time

from tqdm import tqdm
from tqdm.utils import disp_trim

from keras_torch.base.checks import one_of
from keras_torch.base.download import report_with
from keras_torch.base.third_party import need
from keras_torch.callbacks.progress_lines import Progress, lines_in_force
from keras_torch.dialects.translator import behaviour

REPAINT_SECONDS = 0.1      # a repaint reads values back from the device, so it has its own pace
LOG_FILE_SECONDS = 60.0    # between lines of one epoch when the output is not a terminal
_VERBOSITIES = (0, 1, 2, "auto")
_switches = {"interactive": True, "speaks": True}
_logger = logging.getLogger("keras_torch")


def check_verbose(owner, argument, value):
    """A check for `verbose`: 0, 1, 2 or 'auto' (False and True count as 0 and 1).

    >>> check_verbose("fit()", "verbose", 2)
    """
    one_of(*_VERBOSITIES, False, True)(owner, argument, value)


class Screen:
    """The present `sys.stdout` as a stream that never raises.

    Source: new; tqdm and `print` end the program when stdout is closed or cannot encode a character.

    >>> Screen().write("hello\\n")
    hello
    """

    def __eq__(self, other):  # tqdm asks this to know which bars a message would run into
        return isinstance(other, Screen) or other is sys.stdout

    __hash__ = None

    @property
    def encoding(self):
        """Encoding of stdout; 'ascii' when unknown."""
        return getattr(sys.stdout, "encoding", None) or "ascii"

    def isatty(self):
        """Whether somebody watches a terminal."""
        try:
            return bool(sys.stdout.isatty())
        except (AttributeError, ValueError, OSError):  # replaced, closed or gone
            return False

    def write(self, text):
        """Writes what the stream can show; a lost stream is ignored."""
        try:
            try:
                sys.stdout.write(text)
            except UnicodeEncodeError:
                sys.stdout.write(text.encode("ascii", "replace").decode("ascii"))
        except (AttributeError, ValueError, OSError):  # None, closed, or a broken pipe: training goes on
            return

    def flush(self):
        """Flushes; a lost stream is ignored."""
        try:
            sys.stdout.flush()
        except (AttributeError, ValueError, OSError):
            return

    def can_show(self, text):
        """Whether the encoding knows every character of `text`."""
        try:
            text.encode(self.encoding)
        except (UnicodeEncodeError, LookupError):
            return False
        return True


def say(message):
    """Prints a line, above a live progress bar if there is one.

    Notes:
        After `disable_interactive_logging()` it goes to the logger 'keras_torch' instead.

    >>> say("Epoch 3: early stopping")
    Epoch 3: early stopping
    """
    if not _switches["speaks"]:
        return
    if not _switches["interactive"]:
        _logger.info(message.strip("\n"))
        return
    screen = Screen()
    with tqdm.external_write_mode(file=screen):
        screen.write(message + "\n")
        screen.flush()


def set_speaking(speaks):
    """Switches all output of this process on or off; in a distributed run only rank 0 speaks.

    >>> set_speaking(True)
    """
    _switches["speaks"] = bool(speaks)


def enable_interactive_logging():
    """Sends messages and progress to stdout (the default).

    Source: Keras `config.enable_interactive_logging`.

    >>> enable_interactive_logging()
    """
    _switches["interactive"] = True


def disable_interactive_logging():
    """Sends messages and the last progress line of each epoch to the logger 'keras_torch', level INFO.

    Source: Keras `config.disable_interactive_logging`, which uses absl's logger.

    >>> disable_interactive_logging()
    >>> is_interactive_logging_enabled()
    False
    >>> enable_interactive_logging()
    """
    _switches["interactive"] = False


def is_interactive_logging_enabled():
    """Whether output goes to stdout.

    >>> is_interactive_logging_enabled()
    True
    """
    return _switches["interactive"]


# How numbers look.

def epoch_text(epoch):
    """An epoch, counted from 0, as messages of the generation in force call it.

    >>> epoch_text(0)
    'Epoch 1'
    """
    return f"Epoch {epoch + behaviour('first epoch'):{behaviour('epoch in messages')}}"


def value_text(value):
    """A metric with four digits; small ones with an exponent.

    >>> value_text(0.91234), value_text(0.00002)
    ('0.9123', '2.0000e-05')
    """
    try:
        value = float(value)
    except (TypeError, ValueError):
        return str(value)
    return f"{value:.4f}" if abs(value) > 1e-3 or math.isnan(value) else f"{value:.4e}"


class _Pace:
    """Seconds per step; the first step is left out of the estimate, as it contains warm-up."""

    def __init__(self):
        self.start = time.perf_counter()
        self.after_first = None

    def elapsed(self):
        return time.perf_counter() - self.start

    def seconds_per_step(self, step):
        now = time.perf_counter()
        if step == 1:
            self.after_first = now
        if not step:
            return 0.0
        if step > 1 and self.after_first is not None:
            return (now - self.after_first) / (step - 1)
        return (now - self.start) / step


# Painters: where a line goes.

class _KerasBar(tqdm):
    """tqdm that shows `line`, made by us, where its own layout would be."""

    monitor_interval = 0   # no watching thread
    line = ""

    @property
    def format_dict(self):
        return {**super().format_dict, "line": self.line}


class _TerminalPainter:
    """Repaints one line in place; tqdm keeps it apart from other bars and from `say`."""

    seconds, styled = REPAINT_SECONDS, True

    def __init__(self, total):
        self._bar = _KerasBar(total=total, file=Screen(), bar_format="{line}", leave=True, delay=1e-9)

    def paint(self, line, step):
        self._bar.line = disp_trim(line, shutil.get_terminal_size().columns - 1)
        self._bar.refresh()

    def finish(self, line, step):
        self._bar.leave = False
        self._bar.close()
        screen = Screen()
        screen.write(line + "\n")
        screen.flush()

    def leave(self):
        self._bar.close()


class _NotebookPainter:
    """A widget: Keras's numbers around tqdm's bar."""

    seconds, styled = REPAINT_SECONDS, False

    def __init__(self, total):
        bar = need("tqdm.notebook", "to show progress in a notebook").tqdm
        self._bar = bar(total=total, bar_format="{n_fmt}/{total_fmt} {bar} {desc}", mininterval=0, leave=True)

    def paint(self, line, step):
        self._bar.n = step
        self._bar.set_description_str(line, refresh=False)
        self._bar.refresh()

    def finish(self, line, step):
        self._bar.total = step
        self.paint(line, step)
        self._bar.close()

    def leave(self):
        self._bar.close()


class _LinePainter:
    """Whole lines, for files, pipes and logs; no control characters."""

    seconds, styled = LOG_FILE_SECONDS, False

    def __init__(self, total):
        pass

    def paint(self, line, step):
        say(line)

    def finish(self, line, step):
        say(line)

    def leave(self):
        """Lines are whole already."""


def _in_notebook():
    """Whether we run in a Jupyter kernel that can show widgets."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    has_widgets = importlib.util.find_spec("ipywidgets") is not None
    return type(shell).__name__ == "ZMQInteractiveShell" and has_widgets


def _choose_painter(total):
    if not _switches["interactive"]:
        return _LinePainter(total)
    if _in_notebook():
        return _NotebookPainter(total)
    if not (Screen().isatty() or "PYCHARM_HOSTED" in os.environ):
        return _LinePainter(total)
    try:
        return _TerminalPainter(total)
    except (OSError, ValueError):   # tqdm flushes the real stdout, which may be gone
        return _LinePainter(total)


class Progbar:
    """A progress line: steps, bar, time left or taken, time per step, averaged values.

    Args:
        target: number of steps, or None when unknown.
        width: characters of the bar; None: 20, before Keras 3 30.
        verbose: 0 silent, 1 live line, 2 one line at the end.
        interval: seconds between two repaints, at the least.
        stateful_metrics: names whose values are shown as given; the others are averaged over the steps.
        stateless_metrics: names whose values are averaged; the others are shown as given.
        unit_name: what one step is called.

    Errors:
        ValueError: an unknown `verbose`, or both lists of names.

    Notes:
        When the output is not a terminal there is one line a minute and the last one, no control characters.

    Source: Keras `utils.Progbar`. Keras repaints into files too, with backspaces.

    >>> bar = Progbar(2, verbose=2)
    >>> bar.due()
    False
    """

    def __init__(self, target, width=None, verbose=1, interval=0.05, stateful_metrics=None,
                 stateless_metrics=None, unit_name="step"):
        check_verbose("Progbar", "verbose", verbose)
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("Progbar got `stateful_metrics` and `stateless_metrics`; give one of them: "
                             "the other names are the rest.")
        self._lines = lines_in_force()
        self.width = self._lines.width if width is None else width
        self.target, self.interval, self.unit_name = target, interval, unit_name
        self.verbose = 1 if verbose == "auto" else int(verbose)
        self._averaged = None if stateless_metrics is None else set(stateless_metrics)
        self._as_given = set(stateful_metrics or ())
        self._sums = {}          # name -> (sum over steps, steps); dicts keep the order of first appearance
        self._seen = 0
        self._pace = _Pace()
        self._painter, self._last_paint = None, -math.inf

    def due(self):
        """Whether the next `update` would repaint: only then are values worth reading."""
        if self.verbose != 1:
            return False
        self._prepare()
        return time.perf_counter() - self._last_paint >= max(self.interval, self._painter.seconds)

    def update(self, current, values=None, finalize=None):
        """Moves to step `current` and shows `values`.

        Args:
            current: steps done.
            values: list of (name, value of the last step), or a dict.
            finalize: whether this is the last line; None means when `current` reaches the target.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        self._take(current, dict(values or {}), finalize)
        seconds_per_step = self._pace.seconds_per_step(current)
        if self.verbose == 1 and (finalize or self.due()):
            self._show(current, seconds_per_step, finalize)
        elif self.verbose == 2 and finalize and self.target:
            say(self._lines.whole(self._progress(current, seconds_per_step, True)))

    def add(self, n, values=None):
        """Moves `n` steps on."""
        self.update(self._seen + n, values)

    def abandon(self):
        """Leaves a live line as it is and goes to the next one."""
        if self._painter is not None:
            self._painter.leave()
        self._painter = None

    def first_step_done(self):
        """Starts the clock of the time per step: the first step contains warm-up and does not count."""
        self._pace.seconds_per_step(1)

    def _prepare(self):
        if self._painter is None:
            self._painter = _choose_painter(self.target)
            log_file = self._painter.seconds > REPAINT_SECONDS   # gets no line before its first minute
            self._last_paint = time.perf_counter() if log_file else -math.inf

    def _take(self, current, values, finalize):
        steps = max(current - self._seen, 1)
        for name, value in values.items():
            averaged = name not in self._as_given if self._averaged is None else name in self._averaged
            if averaged and not finalize:
                total, count = self._sums.get(name, (0.0, 0))
                self._sums[name] = (total + value * steps, count + steps)
            else:
                self._sums[name] = (value, 1)
        self._seen = current

    def _show(self, current, seconds_per_step, finalize):
        self._prepare()
        progress = self._progress(current, seconds_per_step, finalize)
        line = self._lines.tail(progress)
        if isinstance(self._painter, _NotebookPainter):
            line = line.removeprefix(" - ").strip()
        else:
            line = self._lines.bar(progress, self.width) + line
        (self._painter.finish if finalize else self._painter.paint)(line, current)
        self._last_paint = time.perf_counter()
        if finalize:
            self._painter = None

    def _progress(self, current, seconds_per_step, finished):
        shown = [f"{name}: {self._shown(*pair)}" for name, pair in self._sums.items()]
        return Progress(current, self.target, self._pace.elapsed(), seconds_per_step, self.unit_name, shown,
                        finished, mark="━" if Screen().can_show("━") else "=",
                        styled=self._painter is not None and self._painter.styled)

    @staticmethod
    def _shown(total, count):
        return value_text(total / count if count != 1 else total)


report_with(say=say, bar=Progbar)
