"""`K.gradients`: of tensors at once, of symbols as further symbols whose values autograd computes later."""

import torch

from keras_torch.base import tree
from keras_torch.models import Model
from keras_torch.symbolic import KerasTensor
from keras_torch.symbolic.graph import FunctionCall, Node

Tensor = torch.Tensor


def gradients(loss, variables):
    """The gradients of a tensor with respect to tensors, as a list.

    Args:
        loss: tensor, symbol, or list of them; all values are summed.
        variables: tensor, weight or symbol that `loss` was computed from, or list of them.

    Returns:
        list: as `variables`; None for what `loss` does not depend on. Gradients of symbols are symbols: use
        them in `K.function`, a Model or further arithmetic.

    Source: Keras 2 `backend.gradients`. In torch: `torch.autograd.grad`.

    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> gradients(x * x, [x])[0].item()
    6.0
    """
    parts = list(variables) if isinstance(variables, (list, tuple)) else [variables]
    losses = list(loss) if isinstance(loss, (list, tuple)) else [loss]
    if any(isinstance(one, KerasTensor) for one in losses):
        return _of_symbols(losses, parts)
    total = sum(one.sum() for one in losses)
    return list(torch.autograd.grad(total, parts, create_graph=True, allow_unused=True))


def _of_symbols(losses, parts):
    """One node that computes all the gradients from the values of the symbols and of the graph's inputs."""
    roots = _roots(losses, parts)
    reached = {id(symbol) for symbol in roots}
    symbols = [part for part in parts if isinstance(part, KerasTensor) and id(part) in reached]
    inputs = [symbol for symbol in roots if all(symbol is not other for other in symbols)]
    weights = [part for part in parts if not isinstance(part, KerasTensor)]
    compute = _Gradients(Model([*symbols, *inputs], losses), len(symbols), weights)
    outputs = [KerasTensor(tuple(part.shape), part.dtype) for part in (*symbols, *weights)]
    Node(FunctionCall(compute, "gradients"), (*symbols, *inputs), {}, outputs)
    found = {id(part): output for part, output in zip((*symbols, *weights), outputs)}
    return [found.get(id(part)) for part in parts]


def _roots(losses, stops):
    """The symbols at which a walk from the losses ends: what is differentiated for, and the inputs."""
    known, seen, found = {id(stop) for stop in stops}, set(), []
    pending = [loss for loss in losses if isinstance(loss, KerasTensor)]
    while pending:
        symbol = pending.pop()
        if id(symbol) in seen:
            continue
        seen.add(id(symbol))
        if id(symbol) in known or symbol.node is None or symbol.node.is_input:
            found.append(symbol)
        else:
            pending.extend(symbol.node.needed_symbols)
    return found


class _Gradients:
    """The function behind a node of gradients: runs the part of the graph that leads to the loss, and back.

    Args:
        model: from values to the losses.
        count: how many of its first inputs are differentiated for.
        weights: weights to differentiate for as well.
    """

    def __init__(self, model, count, weights):
        self.model, self.count, self.weights = model, count, weights

    def __call__(self, *values):
        """Gradients of the sum of the losses; zeros where nothing depends on a value."""
        further = torch.is_grad_enabled()  # somebody may differentiate the gradients again
        with torch.inference_mode(False), torch.enable_grad():
            values = [value.clone() if value.is_inference() else value for value in values]
            wanted = [self._leaf(value, further) for value in values[: self.count]]
            results = tree.flatten(self.model([*wanted, *values[self.count:]]))
            total = sum(result.sum() for result in results)
            sources = [*wanted, *self.weights]
            found = torch.autograd.grad(total, sources, create_graph=further, allow_unused=True)
        return [torch.zeros_like(x) if grad is None else grad for x, grad in zip(sources, found)]

    @staticmethod
    def _leaf(value, further):
        return value if further and value.requires_grad else value.detach().requires_grad_()
