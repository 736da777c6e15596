"""A profile of some training batches, for TensorBoard's page 'PyTorch Profiler'."""

import warnings

import torch

from keras_torch.base.checks import fail, is_integer

_EXPECTED = "0, a number of a batch (from 1), or a pair (first, last)"


def batches_to_profile(value):
    """The first and the last batch to profile, counted from 1; None for 0, which profiles none.

    Args:
        value: 0, a number, a pair of numbers, or the text of these ('10,20').

    Errors:
        ValueError: anything else.

    >>> batches_to_profile("10,20"), batches_to_profile(5), batches_to_profile(0)
    ((10, 20), (5, 5), None)
    """
    pair = value
    if isinstance(value, str):
        pair = [int(part) if part.strip().isdigit() else None for part in value.split(",")]
    if is_integer(pair):
        pair = (pair, pair)
    if isinstance(pair, (tuple, list)) and len(pair) == 1:
        pair = (pair[0], pair[0])
    if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not all(map(is_integer, pair)):
        fail("TensorBoard", "profile_batch", value, _EXPECTED)
    first, last = pair
    if first < 0 or last < first:
        fail("TensorBoard", "profile_batch", value, _EXPECTED)
    return None if last == 0 else (max(first, 1), last)


class StepProfile:
    """Profiles the batches from `first` to `last` of a training, once.

    Args:
        first, last: batches, counted from 1 over all epochs.
        folder: where '<host>.<time>.pt.trace.json' is written.

    Notes:
        When another profiler runs already, there is a warning and no profile.

    >>> StepProfile(2, 3, "logs/train").is_over
    False
    """

    def __init__(self, first, last, folder):
        self.first, self.last, self.folder = first, last, folder
        self._profiler = None
        self.is_over = False

    def before(self, batch):
        """Begins when `batch` (from 1) is the first one."""
        if self.is_over or self._profiler is not None or batch < self.first:
            return
        self._profiler = torch.profiler.profile(
            on_trace_ready=torch.profiler.tensorboard_trace_handler(self.folder), acc_events=True)
        try:
            self._profiler.start()
        except RuntimeError as error:
            self._profiler, self.is_over = None, True
            warnings.warn(f"TensorBoard cannot profile batch {batch}: {error}. Training goes on.",
                          stacklevel=2)

    def after(self, batch):
        """Ends and writes the profile when `batch` is the last one."""
        if batch >= self.last:
            self.end()

    def end(self):
        """Ends and writes a profile that is under way."""
        profiler, self._profiler = self._profiler, None
        if profiler is not None:
            self.is_over = True
            profiler.stop()
