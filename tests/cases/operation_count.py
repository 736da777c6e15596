"""Counts the torch operations that run, so that speed is tested without a clock."""

from __future__ import annotations

from torch.utils._python_dispatch import TorchDispatchMode

VIEWS = {"view", "select", "slice", "permute", "squeeze", "unsqueeze", "expand", "t", "alias", "detach",
         "lift_fresh"}
READ_BACKS = {"_local_scalar_dense", "nonzero", "item", "equal"}


class CountOperations(TorchDispatchMode):
    """`with CountOperations() as counted: ...`, then `counted.kernels` and `counted.read_backs`."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.append(function.overloadpacket.__name__)
        return function(*args, **(kwargs or {}))

    @property
    def kernels(self) -> list[str]:
        """Names of the operations that compute (views cost the device nothing)."""
        return [name for name in self.names if name not in VIEWS]

    @property
    def read_backs(self) -> list[str]:
        """Names of the operations that wait for the device."""
        return [name for name in self.names if name in READ_BACKS]
