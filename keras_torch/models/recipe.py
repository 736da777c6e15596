"""`Recipe`: a model's graph without symbols, so that it can be copied, pickled and cloned."""

import dataclasses

import torch

from keras_torch.base import tree
from keras_torch.symbolic.graph import FunctionCall, MaskCall
from keras_torch.symbolic.keras_tensor import RECORDER, KerasTensor


@dataclasses.dataclass(frozen=True)
class Ref:
    """Stands for the `index`-th symbol of the graph (or for its mask)."""

    index: int
    of_mask: bool = False


@dataclasses.dataclass
class Step:
    """One call: the operation (a layer, or a function with its name), arguments, number of results."""

    operation: object
    function_name: str | None
    args: tuple
    kwargs: dict
    results: int

    def __getstate__(self):
        """Methods of tensors by name: some of them cannot be pickled."""
        name = self.function_name
        is_method = name is not None and getattr(torch.Tensor, name, None) is self.operation
        return {**self.__dict__, "operation": _Method(name)} if is_method else dict(self.__dict__)

    def __setstate__(self, state):
        operation = state["operation"]
        self.__dict__.update(state)
        if isinstance(operation, _Method):
            self.operation = getattr(torch.Tensor, operation.name)


@dataclasses.dataclass(frozen=True)
class _Method:
    """The name of a method of torch.Tensor, in a pickled step."""

    name: str


@dataclasses.dataclass
class Recipe:
    """Inputs, steps and outputs of a graph; symbols are numbered in the order in which they appear."""

    input_layers: list
    inputs: object
    steps: list
    outputs: object

    @classmethod
    def of(cls, graph, captured=None):
        """The recipe of a ModelGraph.

        Args:
            graph: the graph.
            captured: today's values of `graph.constants`: tensors move with the model; default those
                recorded.
        """
        numbers, mask_numbers = {}, {}
        today = {id(old): new for old, new in zip(graph.constants, captured or graph.constants)}

        def number(symbol):
            numbers[id(symbol)] = len(numbers)
            if symbol._keras_mask is not None:
                mask_numbers.setdefault(id(symbol._keras_mask), numbers[id(symbol)])

        def ref(leaf):
            if isinstance(leaf, slice):
                return slice(ref(leaf.start), ref(leaf.stop), ref(leaf.step))
            if not isinstance(leaf, KerasTensor):
                return today.get(id(leaf), leaf)
            if id(leaf) in numbers:
                return Ref(numbers[id(leaf)])
            return Ref(mask_numbers[id(leaf)], of_mask=True)

        for symbol in graph.flat_inputs:
            number(symbol)
        steps = []
        for node in graph.nodes:
            if isinstance(node.operation, MaskCall):
                continue
            is_function = isinstance(node.operation, FunctionCall)
            steps.append(Step(node.operation.function if is_function else node.operation,
                              node.operation.function_name if is_function else None,
                              tree.map_structure(ref, node.args), tree.map_structure(ref, node.kwargs),
                              len(node.output_tensors)))
            for symbol in node.output_tensors:
                number(symbol)
        return cls(list(graph.input_layers), tree.map_structure(ref, graph.inputs), steps,
                   tree.map_structure(ref, graph.outputs))

    def perform(self, replace=None, inputs=None):
        """Records the graph again; returns (inputs, outputs) as structures of new symbols.

        Args:
            replace: function old layer -> layer to use instead; default the same.
            inputs: flat list of symbols to start from; default those of the input layers.
        """
        replace = replace or (lambda layer: layer)
        symbols = list(inputs) if inputs is not None else [replace(layer).symbol()
                                                           for layer in self.input_layers]

        def symbol(leaf):
            if isinstance(leaf, slice):
                return slice(symbol(leaf.start), symbol(leaf.stop), symbol(leaf.step))
            if not isinstance(leaf, Ref):
                return leaf
            return symbols[leaf.index]._keras_mask if leaf.of_mask else symbols[leaf.index]

        for step in self.steps:
            args, kwargs = tree.map_structure(symbol, step.args), tree.map_structure(symbol, step.kwargs)
            if step.function_name is not None:
                results = RECORDER.record(step.operation, args, kwargs, name=step.function_name)
            else:
                results = replace(step.operation)(*args, **kwargs)
            symbols.extend(leaf for leaf in tree.flatten(results) if isinstance(leaf, KerasTensor))
        return tree.map_structure(symbol, self.inputs), tree.map_structure(symbol, self.outputs)
