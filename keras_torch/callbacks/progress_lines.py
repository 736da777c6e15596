"""How a line of progress reads in each Keras generation; where it goes is `progress.py`'s matter.

verbose=1
    keras3      3/3 ━━━━━━━━━━━━━━━━━━━━ 0s 2ms/step - loss: 0.2508
    tf.keras    3/3 [==============================] - 0s 2ms/step - loss: 0.2508
    keras2.x    10/10 [==============================] - 0s 77us/step - loss: 0.2508
    keras1      10/10 [==============================] - 0s - loss: 0.2508
verbose=2
    keras3      3/3 - 0s - 2ms/step - loss: 0.2508
    tf.keras    3/3 - 0s - loss: 0.2508 - 6ms/epoch - 2ms/step
    keras2.x     - 0s - loss: 0.2508
    keras1      0s - loss: 0.2508
"""

import dataclasses

from keras_torch.dialects.translator import behaviour


def duration_text(seconds):
    """Seconds as '7s', '1:05' or '1:01:05'.

    >>> duration_text(7.2), duration_text(65), duration_text(3665)
    ('7s', '1:05', '1:01:05')
    """
    seconds = int(seconds)
    if seconds > 3600:
        return f"{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
    return f"{seconds // 60}:{seconds % 60:02d}" if seconds > 60 else f"{seconds}s"


def rate_text(seconds, unit="step"):
    """Seconds per step in a readable unit: '2s/step', '4ms/step', '85us/step'.

    >>> rate_text(0.0042), rate_text(85e-6)
    ('4ms/step', '85us/step')
    """
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s/{unit}"
    return f"{seconds * 1e3:.0f}ms/{unit}" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us/{unit}"


@dataclasses.dataclass
class Progress:
    """What a line tells.

    Args:
        current: steps done.
        target: steps to do, or None when unknown.
        elapsed: seconds since the start.
        seconds_per_step: seconds.
        unit: what a step is called.
        values: texts such as 'loss: 0.2508'.
        finished: whether this is the last line.
        mark: the character of a full bar of Keras 3.
        styled: whether colours can be shown.
    """

    current: int
    target: int | None
    elapsed: float
    seconds_per_step: float
    unit: str
    values: list
    finished: bool
    mark: str = "━"
    styled: bool = False

    @property
    def count(self):
        """Steps done and to do.

        >>> Progress(3, 10, 0.0, 0.0, "step", [], False).count
        ' 3/10'
        """
        if not self.target:
            return f"{self.current:7d}/Unknown"
        return f"{self.current:{len(str(self.target))}d}/{self.target}"

    @property
    def seconds_left(self):
        """Seconds until the target, or None when there is none left or nobody knows."""
        if not self.target or self.finished:
            return None
        return self.seconds_per_step * (self.target - self.current)


class LinesToday:
    """The lines of Keras 3.

    >>> done = Progress(3, 3, 0.2, 0.002, "step", ["loss: 0.2508"], True, mark="=")
    >>> lines = LinesToday()
    >>> lines.bar(done, 4) + lines.tail(done)
    '3/3 ==== 0s 2ms/step - loss: 0.2508'
    >>> lines.whole(done)
    '3/3 - 0s - 2ms/step - loss: 0.2508'
    """

    width = 20

    def bar(self, progress, width):
        """Steps and the bar."""
        count = f"\x1b[1m{progress.count}\x1b[0m" if progress.styled else progress.count
        if not progress.target:
            return count
        done = min(int(width * progress.current / progress.target), width)
        if not progress.styled:
            return f"{count} {progress.mark * done}{'.' * (width - done)}"
        left = progress.mark * (width - done)
        return f"{count} \x1b[32m{progress.mark * done}\x1b[0m\x1b[37m{left}\x1b[0m"

    def tail(self, progress, between=" "):
        """What follows the bar: time, time per step (parted by `between`) and values."""
        left = progress.seconds_left
        seconds = f"{progress.elapsed:.0f}s" if left is None else duration_text(left)
        if progress.styled:
            seconds = f"\x1b[1m{seconds}\x1b[0m"
        rate = rate_text(progress.seconds_per_step, progress.unit)
        return " " + " - ".join([f"{seconds}{between}{rate}", *progress.values])

    def whole(self, progress):
        """The line of `verbose=2`."""
        return f"{progress.count} -{self.tail(progress, between=' - ')}"


class LinesOfTensorFlow(LinesToday):
    """The lines of tf.keras.

    >>> done = Progress(3, 3, 0.006, 0.002, "step", ["loss: 0.2508"], True)
    >>> lines = LinesOfTensorFlow()
    >>> lines.bar(done, 4) + lines.tail(done)
    '3/3 [====] - 0s 2ms/step - loss: 0.2508'
    >>> lines.whole(done)
    '3/3 - 0s - loss: 0.2508 - 6ms/epoch - 2ms/step'
    """

    width = 30

    def bar(self, progress, width):
        """Steps and the bar."""
        if not progress.target:
            return progress.count
        done = min(int(width * progress.current / progress.target), width)
        head = "=" if progress.current >= progress.target else ">"
        full = "=" * (done - 1) + head if done else ""
        return f"{progress.count} [{full}{'.' * (width - done)}]"

    def tail(self, progress, between=" "):
        """What follows the bar: time and values."""
        left = progress.seconds_left
        time = self.time(progress) if left is None else f"ETA: {duration_text(left)}"
        return "".join(f" - {part}" for part in (time, *progress.values))

    def time(self, progress):
        """The time at the end."""
        return f"{progress.elapsed:.0f}s {rate_text(progress.seconds_per_step, progress.unit)}"

    def whole(self, progress):
        """The line of `verbose=2`."""
        per_step = rate_text(progress.elapsed / progress.target, progress.unit)
        times = [rate_text(progress.elapsed, "epoch"), per_step]
        return " - ".join([progress.count, f"{progress.elapsed:.0f}s", *progress.values, *times])


class LinesOfKeras2(LinesOfTensorFlow):
    """The lines of Keras 2, in which even a sample is called a step.

    >>> done = Progress(10, 10, 0.2, 0.002, "sample", ["loss: 0.2508"], True)
    >>> LinesOfKeras2().tail(done), LinesOfKeras2().whole(done)
    (' - 0s 2ms/step - loss: 0.2508', ' - 0s - loss: 0.2508')
    """

    def time(self, progress):
        """The time at the end."""
        return f"{progress.elapsed:.0f}s {rate_text(progress.seconds_per_step)}"

    def whole(self, progress):
        """The line of `verbose=2`."""
        return "".join(f" - {part}" for part in (f"{progress.elapsed:.0f}s", *progress.values))


class LinesOfKeras1(LinesOfKeras2):
    """The lines of Keras 1.

    >>> done = Progress(10, 10, 0.2, 0.002, "sample", ["loss: 0.2508"], True)
    >>> LinesOfKeras1().tail(done), LinesOfKeras1().whole(done)
    (' - 0s - loss: 0.2508', '0s - loss: 0.2508')
    """

    def time(self, progress):
        """The time at the end."""
        return f"{progress.elapsed:.0f}s"

    def whole(self, progress):
        """The line of `verbose=2`."""
        return super().whole(progress).removeprefix(" - ")


_LINES = {"Keras 1": LinesOfKeras1(), "Keras 2": LinesOfKeras2(), "tf.keras": LinesOfTensorFlow(),
          "Keras 3": LinesToday()}


def lines_in_force():
    """The lines of the generation in force.

    >>> lines_in_force().width
    20
    """
    return _LINES[behaviour("lines of progress")]
