"""The learning rate and the step count as an optimizer shows them: numbers that can be assigned to.

They are Python numbers, so that a step on the CPU costs nothing for them and every log and format string
takes them.
"""

import numpy as np

from keras_torch.base.collected_updates import COLLECTING


class _NumberManners:
    """What Keras code does with the variable that stands here in Keras."""

    shape = ()
    ndim = 0
    trainable = False

    def __new__(cls, value, owner):
        number = super().__new__(cls, value)
        number._owner = owner
        return number

    @property
    def path(self):
        """Name with the optimizer's name in front."""
        return f"{self._owner.name}/{self.name}"

    @property
    def value(self):
        """The number itself, without a way back to the optimizer."""
        return self.__reduce__()[1][0]

    def numpy(self):
        """The number as a numpy scalar."""
        return np.dtype(self.dtype).type(self.value)

    def assign_add(self, value):
        """Adds to the optimizer's number; returns the new one."""
        return self.assign(self + value)

    def assign_sub(self, value):
        """Subtracts from the optimizer's number; returns the new one."""
        return self.assign(self - value)


class LearningRate(_NumberManners, float):
    """The learning rate of an optimizer at the moment it was read; `assign` sets a new one.

    Source: in Keras `optimizer.learning_rate` is a variable; this one is a snapshot.

    >>> import keras_torch
    >>> optimizer = keras_torch.optimizers.SGD(0.5)
    >>> optimizer.learning_rate.assign(0.25)
    0.25
    >>> optimizer.learning_rate
    0.25
    """

    name = "learning_rate"
    dtype = "float32"

    def assign(self, value):
        """Sets the optimizer's rate; returns it. The present one, rounded by a file, changes nothing."""
        rounded = getattr(value, "dtype", None) == np.float32 and np.float32(self) == value
        self._owner.learning_rate = float(self) if rounded else float(value)
        return self._owner.learning_rate

    def __reduce__(self):
        return float, (float(self),)


class Iterations(_NumberManners, int):
    """How many steps an optimizer has made at the moment it was read; `assign` sets the count.

    Source: in Keras `optimizer.iterations` is a variable; this one is a snapshot.

    >>> import keras_torch
    >>> optimizer = keras_torch.optimizers.SGD(0.5)
    >>> optimizer.iterations.assign(3).numpy()
    np.int64(3)
    """

    name = "iteration"
    dtype = "int64"

    def assign(self, value):
        """Sets the optimizer's count of steps; returns it."""
        if COLLECTING:
            return COLLECTING[-1].later(self, self.assign, value)
        self._owner.iterations = int(value)
        return self._owner.iterations

    def __reduce__(self):
        return int, (int(self),)
