"""Values of a model's graph that its losses and metrics need besides the outputs.

Up to tf.keras, a loss could be a symbol, `model.add_loss(kl)`, or a function that reads symbols around it, as
that of nearly every variational autoencoder does; `model.add_metric(kl, name="kl")` shows one. Such a model
runs a larger graph, which has these symbols as outputs too.
"""

import dis
import types

from keras_torch.base import tree
from keras_torch.symbolic.keras_tensor import KerasTensor


class SideValues:
    """The symbols and, after each call of the model, their values.

    Args:
        make: function (inputs, outputs) -> functional model.
        graph: the model's own graph.
    """

    def __init__(self, make, graph):
        self._make, self._graph = make, graph
        self._losses, self._means, self._symbols, self._values = [], [], [], {}
        self.model = None

    def add(self, symbols, as_losses=False, mean=None):
        """Has these symbols computed from now on; as losses, they are added to the model's in each call.

        Args:
            symbols: list of symbols.
            as_losses: whether each counts in the model's loss.
            mean: a `Mean` that takes in their values.
        """
        known = {id(symbol) for symbol in self._symbols}
        self._symbols += [symbol for symbol in symbols if id(symbol) not in known]
        self._losses += symbols if as_losses else []
        self._means += [(symbol, mean) for symbol in symbols if mean is not None]
        self.model = self._make(self._graph.inputs, [self._graph.outputs, list(self._symbols)])

    def run(self, owner, inputs):
        """The outputs for these inputs; the other values are kept until the next call."""
        self.model.training = owner.training
        outputs, values = self.model.call(inputs)
        self._values = {id(symbol): value for symbol, value in zip(self._symbols, values)}
        for symbol in self._losses:
            owner.add_loss(self._values[id(symbol)].mean())
        for symbol, mean in self._means:
            mean.update_state(self._values[id(symbol)])
        return outputs

    def value(self, symbol):
        """The value of a symbol in the last call."""
        return self._values[id(symbol)]


def symbols_read(function):
    """Name -> symbol for the symbols that a function finds around it: in its closure or among its globals.

    >>> symbols_read(lambda y_true, y_pred: y_pred)
    {}
    """
    if not isinstance(function, types.FunctionType):
        return {}
    around = {name: function.__globals__.get(name) for name in _globals_read(function.__code__)}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        around[name] = _content(cell)
    return {name: value for name, value in around.items() if isinstance(value, KerasTensor)}


def _globals_read(code):
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _globals_read(constant)


def _content(cell):
    try:
        return cell.cell_contents
    except ValueError:  # a variable that is not bound yet
        return None


class BoundFunction:
    """A loss or metric function in which the symbols around it have their values of the last call.

    Args:
        function: the user's function (y_true, y_pred).
        symbols: name -> symbol, see `symbols_read`.
        side: the model's `SideValues`.
    """

    def __init__(self, function, symbols, side):
        self.function, self.symbols, self.side = function, symbols, side
        self.__name__, self.__doc__ = function.__name__, function.__doc__

    def __call__(self, y_true, y_pred):
        function, values = self.function, {name: self.side.value(s) for name, s in self.symbols.items()}
        cells = tuple(
            types.CellType(values[name]) if name in values else cell
            for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ())
        )
        bound = types.FunctionType(
            function.__code__,
            {**function.__globals__, **values},
            function.__name__,
            function.__defaults__,
            cells or None,
        )
        bound.__kwdefaults__ = function.__kwdefaults__
        return bound(y_true, y_pred)


def bound(specs, side):
    """Losses or metrics as compile() takes them, each function that reads symbols bound to the graph.

    Args:
        specs: string, object, function, or list or dict of them.
        side: function without arguments -> the model's `SideValues`.
    """

    def bind(spec):
        symbols = symbols_read(spec)
        if not symbols:
            return spec
        side().add(list(symbols.values()))
        return BoundFunction(spec, symbols, side())

    return tree.map_structure(bind, specs)
