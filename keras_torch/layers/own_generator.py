"""Random numbers for layers that take `seed`."""

import torch


class OwnGenerator:
    """Mix-in of layers with an argument `seed`: a generator of their own, or torch's default one.

    Notes:
        A seed tensor on the device would be read back at every use; a generator lives on the host. A copy of
        the layer starts its random numbers anew.

    >>> OwnGenerator.seed is None
    True
    """

    seed = None

    def generator_for(self, values):
        """This layer's own generator on the device of `values`; None for torch's default one."""
        if self.seed is None or values.device.type == "meta":
            return None
        own = self.__dict__.get("_generator")
        if own is None or own.device != values.device:
            own = self.__dict__["_generator"] = torch.Generator(values.device).manual_seed(self.seed)
        return own

    def dropout_pattern(self, values, shape, rate):
        """0 with probability `rate`, else `1 / (1 - rate)`, in the given shape and the dtype of `values`."""
        numbers = torch.empty(shape, device=values.device).uniform_(generator=self.generator_for(values))
        return (numbers >= rate).to(values.dtype) / (1 - rate)

    def __getstate__(self):
        return {name: value for name, value in super().__getstate__().items() if name != "_generator"}
