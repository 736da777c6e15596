"""Where an optimizer counts its steps and keeps its learning rates.

Note [two clocks]
    By default count and learning rate are Python numbers: the step is then free of any work for them, on the
    CPU and on an accelerator. A captured graph would freeze such numbers, and a step that is skipped on the
    device (dynamic loss scaling) is not known to Python. `Optimizer.use_device_clock()` therefore switches to
    tensors without axes on the device. Update rules and schedules are written so that both kinds of number
    are right. Before each replay, `Optimizer.refresh_clock()` carries changed learning rates over; the count
    goes on by itself. Everything else that a graph freezes (clip values, betas, weight decay) is compared
    there: a change asks for a new capture.
"""

import torch


class DeviceClock:
    """Count and learning rates of an optimizer as tensors on one device.

    Args:
        device: torch.device.
        count: steps made so far.
        frozen: dict of the numbers that a captured graph would freeze.

    >>> clock = DeviceClock(torch.device("cpu"), 3, {})
    >>> clock.rate("group 0", 0.5), clock.count
    (tensor(0.5000), tensor(3.))
    """

    def __init__(self, device, count, frozen):
        self.device = device
        self.count = torch.tensor(float(count), device=device)  # float32 counts exactly up to 16 million
        self.frozen = frozen
        self._rates = {}
        self._written = {}

    def rate(self, key, value):
        """The tensor that holds the rate of that key, made when first asked for."""
        if key not in self._rates:
            self._rates[key] = torch.zeros((), device=self.device)
        if self._written.get(key) != value:
            self._rates[key].fill_(value)
            self._written[key] = value
        return self._rates[key]
