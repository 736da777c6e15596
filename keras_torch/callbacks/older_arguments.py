"""Arguments of older Keras generations, for callbacks: the rows of the dialect table on a constructor."""

import functools

from keras_torch.base.checks import unknown_argument
from keras_torch.base.configurable import Signature
from keras_torch.dialects.translator import translate


def of_every_generation(init):
    """A constructor that also takes the names and the order of arguments that older generations had.

    Args:
        init: the `__init__` of a callback, with all its arguments by name.

    Errors:
        TypeError: an argument that no generation has, or one given under two names (when called).

    >>> class Wait(dict):
    ...     @of_every_generation
    ...     def __init__(self, patience=0):
    ...         print(patience)
    >>> _ = Wait(patience=3)
    3
    """
    signature = Signature(init)

    @functools.wraps(init)
    def __init__(self, *args, **kwargs):
        args, kwargs = translate(type(self), signature, args, kwargs)
        for name in kwargs:
            if name not in signature.names and not signature.open:
                unknown_argument(type(self).__name__, name, signature.names)
        init(self, *args, **kwargs)

    __init__.house_signature = signature   # how the translator knows which constructor is running
    return __init__
