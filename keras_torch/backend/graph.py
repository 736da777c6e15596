"""Functions of symbols, and what is left of TensorFlow's sessions and graphs."""

import numpy as np
import torch

from keras_torch.backend.phase import LearningPhase
from keras_torch.backend.values import get_value
from keras_torch.base import tree
from keras_torch.base.names import unique_name
from keras_torch.base.scopes import explicit_phase, phase
from keras_torch.models import Model
from keras_torch.symbolic import KerasTensor


class Function:
    """What `function` returns: call it with a list of arrays.

    Args:
        inputs: list of symbols; `learning_phase()` may stand among them.
        outputs: symbol or structure of symbols; variables and tensors give their value of the moment.
        name: name; default automatic.

    Errors:
        ValueError: an output depends on an input that is not among `inputs`.

    >>> from keras_torch.layers import Input
    >>> x = Input((2,))
    >>> Function([x], [x * 2])([torch.ones(1, 2)])
    [array([[2., 2.]], dtype=float32)]
    """

    def __init__(self, inputs, outputs, name=None):
        self.name = unique_name("function") if name is None else name
        self.inputs = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        self.outputs = outputs
        wanted = [leaf for leaf in tree.flatten(outputs) if isinstance(leaf, KerasTensor)]
        symbols = [symbol for symbol in self.inputs if not isinstance(symbol, int)]
        self.model = Model(symbols, wanted) if wanted else None

    def __call__(self, inputs=()):
        """The outputs as numpy arrays, in the structure of `outputs`.

        Errors:
            ValueError: another number of inputs.
        """
        values = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        if len(values) != len(self.inputs):
            raise ValueError(f"K.function {self.name!r} takes {len(self.inputs)} input(s) in one list; "
                             f"got {len(values)}.")
        pairs = list(zip(values, self.inputs))
        training = [bool(value) for value, place in pairs if isinstance(place, LearningPhase)]
        data = [value if isinstance(value, torch.Tensor) else np.asarray(value)
                for value, place in pairs if not isinstance(place, int)]
        with explicit_phase(training[0] if training else bool(phase.training)), torch.no_grad():
            results = iter(tree.flatten(self.model(data))) if self.model is not None else iter(())
        return tree.map_structure(
            lambda leaf: get_value(next(results) if isinstance(leaf, KerasTensor) else leaf), self.outputs)


def function(inputs, outputs, updates=None, name=None, **kwargs):
    """A function from arrays to arrays that computes symbols from symbols.

    Args:
        inputs: list of symbols; `learning_phase()` may stand among them, each call then gives it.
        outputs: symbol or list of symbols.
        updates: only none: `update` changes variables at once.
        name: name; default automatic.

    Returns:
        Function: takes a list of arrays, gives a list of numpy arrays (one array for one symbol).

    Errors:
        ValueError: `updates` or options of TensorFlow sessions are given.

    Source: Keras 2 `backend.function`. Today: `keras.Model(inputs, outputs)`.

    >>> from keras_torch.layers import Input
    >>> x = Input((2,))
    >>> double = function([x], [x * 2])
    >>> double([[[1.0, 2.0]]])[0].tolist()
    [[2.0, 4.0]]
    """
    if updates:
        raise ValueError("K.function() takes no `updates` here: K.update() changes a variable at once. "
                         "Call it after the function, or in a Layer's call().")
    if kwargs:
        raise ValueError(f"K.function() got {', '.join(kwargs)}, options of a TensorFlow session, which "
                         "torch does not have. Leave them out.")
    return Function(inputs, outputs, name)


def _no_sessions(what):
    raise NotImplementedError(f"K.{what}() belongs to TensorFlow 1, which computed in sessions; torch "
                              "computes at once. Remove the line: .to(device) chooses the device.")


def get_session(*_):
    """Refused: there are no sessions.

    >>> get_session()
    Traceback (most recent call last):
    ...
    NotImplementedError: K.get_session() belongs to TensorFlow 1...
    """
    _no_sessions("get_session")


def set_session(session):
    """Refused: there are no sessions.

    >>> set_session(None)
    Traceback (most recent call last):
    ...
    NotImplementedError: K.set_session() belongs to TensorFlow 1...
    """
    _no_sessions("set_session")


def manual_variable_initialization(value):
    """Accepts only False: variables have their values from the beginning.

    Errors:
        ValueError: True.

    >>> manual_variable_initialization(False)
    """
    if value:
        raise ValueError("K.manual_variable_initialization(True) is not possible: a variable has its value "
                         "from the beginning. Use K.set_value() to give it another one.")
