"""Gradient checkpointing: `remat(f)` and `RematScope`. What lies between is computed again for the gradients.

# Note [what a second run must not change]
The forward pass of a rematerialized part runs twice: once without keeping what the gradients need, and again
in `backward`. The second run must see what the first saw and leave no trace. torch keeps the state of its
default generators and the autocast context. Here the rest is kept: buffers (moving statistics, recurrent
states) are exchanged for copies of what they were, generators of single layers are set back for the time of
the run, the explicit phase is that of the first run, and neither metrics nor added losses count twice.
"""

import contextlib
import functools
import threading

import torch
from torch.utils.checkpoint import checkpoint

from keras_torch.base import tree
from keras_torch.base.checks import fail, is_integer, one_of
from keras_torch.base.scopes import explicit_phase, phase
from keras_torch.base.variable import StateVariable
from keras_torch.layers.added_losses import loss_layers
from keras_torch.layers.added_metrics import metrics_of, paused
from keras_torch.random.seed_generator import SeedGenerator
from keras_torch.symbolic.keras_tensor import KerasTensor

_MODES = ("full", "activations", "larger_than", "list_of_layers")


class _Scopes(threading.local):
    """The scopes that this thread is in, and whether it is inside a rematerialized part."""

    def __init__(self):
        self.stack, self.inside = [], False


_SCOPES = _Scopes()


class RematScope:
    """Layers made inside compute their outputs again for the gradients, instead of keeping what those need.

    Args:
        mode: 'full': every layer; 'activations': only the activation of layers that have one; 'larger_than':
            layers whose output is large; 'list_of_layers': layers by name; None: none, inside another scope.
        output_size_threshold: for 'larger_than': numbers in the output, batch included, above which it holds.
        layer_names: for 'list_of_layers': their names. A model may be named too; it counts as one part.

    Errors:
        ValueError: an unknown mode, a size below 0, or names that are none.

    Notes:
        Results and gradients are the same, dropout included. Memory is saved where a part keeps much inside
        and little at its ends, so name blocks of layers rather than single ones.

    Source: Keras 3 `RematScope`. In torch: `torch.utils.checkpoint`.

    >>> from keras_torch.layers import Dense
    >>> with RematScope(mode="list_of_layers", layer_names=["wide"]):
    ...     layer = Dense(8, name="wide")
    >>> layer(torch.ones(2, 4)).shape
    torch.Size([2, 8])
    """

    def __init__(self, mode="full", output_size_threshold=1024, layer_names=None):
        one_of(*_MODES, None)("RematScope", "mode", mode)
        if not is_integer(output_size_threshold) or output_size_threshold < 0:
            fail("RematScope", "output_size_threshold", output_size_threshold, "an integer of at least 0")
        names = [] if layer_names is None else layer_names
        if not isinstance(names, (list, tuple, set)) or not all(isinstance(name, str) for name in names):
            fail("RematScope", "layer_names", layer_names, "a list of names of layers")
        self.mode, self.output_size_threshold = mode, output_size_threshold
        self.layer_names = list(names)

    def __enter__(self):
        _SCOPES.stack.append(self)
        return self

    def __exit__(self, *_):
        _SCOPES.stack.pop()


def note_scope(layer):
    """Puts a new layer under the scope around it, if there is one; called when a layer is made."""
    if _SCOPES.stack and _SCOPES.stack[-1].mode is not None:
        layer.__dict__["forward"] = _ScopedCall(layer, _SCOPES.stack[-1])


def remat(f):
    """A function (or layer) that computes its inside again for the gradients, instead of keeping it.

    Args:
        f: function, method of a layer, or layer.

    Returns:
        function: with the same arguments, results and gradients.

    Errors:
        TypeError: nothing that can be called.

    Source: Keras 3 `remat`. In torch: `torch.utils.checkpoint.checkpoint`.

    >>> wide = remat(lambda x: (x * 2).tanh().exp())
    >>> wide(torch.zeros(2, requires_grad=True))
    tensor([1., 1.], grad_fn=<ExpBackward0>)
    """
    if not callable(f):
        fail("remat()", "f", f, "a function or a layer", error=TypeError)
    return Rematerialized(f)


class Rematerialized:
    """What `remat` gives.

    Args:
        function: what is computed twice.
        module: the module whose states it may change; default the one that the function belongs to.

    >>> Rematerialized(torch.tanh)(torch.zeros(1))
    tensor([0.])
    """

    def __init__(self, function, module=None):
        self.function = function
        owner = getattr(function, "__self__", function) if module is None else module
        self.module = owner if isinstance(owner, torch.nn.Module) else None
        functools.update_wrapper(self, function, ("__name__", "__qualname__", "__doc__"), ())

    def __call__(self, *args, **kwargs):
        if _SCOPES.inside or not torch.is_grad_enabled() or _without_numbers(args, kwargs) or \
                self.module is not None and _builds(self.module):
            return self.function(*args, **kwargs)
        run = functools.partial(_run_inside, self.function)
        rewinding = _Rewinding(self.module)
        return checkpoint(run, *args, use_reentrant=False, context_fn=rewinding.contexts, **kwargs)


def _run_inside(function, *args, **kwargs):
    """Runs a part as a whole: parts within it need not be computed a third time."""
    before, _SCOPES.inside = _SCOPES.inside, True
    try:
        return function(*args, **kwargs)
    finally:
        _SCOPES.inside = before


def _builds(module):
    """Whether a call of a module will make weights and states: they are to be made once, and known before."""
    return any(getattr(child, "built", True) is False for child in module.modules())


def _without_numbers(args, kwargs):
    """Whether shapes are being inferred or a graph is recorded."""
    leaves = tree.flatten((args, kwargs))
    return any(isinstance(leaf, KerasTensor) or getattr(leaf, "is_meta", False) for leaf in leaves)


class _ScopedCall:
    """A layer's computation under a `RematScope`; it stands in for `forward`.

    Args:
        layer: the layer.
        scope: the scope it was made in.
    """

    def __init__(self, layer, scope):
        self.layer, self.scope = layer, scope
        self._sizes = {}

    def __call__(self, *args, **kwargs):
        layer, mode = self.layer, self.scope.mode
        call = functools.partial(type(layer).forward, layer)
        if mode == "activations":
            return self._with_activation(call, args, kwargs)
        if not self._holds(args, kwargs):
            return call(*args, **kwargs)
        return Rematerialized(call, layer)(*args, **kwargs)

    def _holds(self, args, kwargs):
        """Whether the scope means this layer, given these inputs."""
        if self.scope.mode == "list_of_layers":
            return self.layer.name in self.scope.layer_names
        if hasattr(self.layer, "train_step"):  # a model: the layers in it are parts by themselves
            return False
        if self.scope.mode == "larger_than":
            return not _without_numbers(args, kwargs) and self._size(args) > self.scope.output_size_threshold
        return True

    def _size(self, args):
        """Numbers in the output for such inputs, inferred once for each shape of them."""
        shapes = tuple(tuple(leaf.shape) for leaf in tree.flatten(args) if isinstance(leaf, torch.Tensor))
        if shapes not in self._sizes:
            symbols = tree.map_structure(_symbol, args)
            outputs = tree.flatten(self.layer.compute_output_spec(*symbols))
            self._sizes[shapes] = sum(_numbers(output.shape) for output in outputs)
        return self._sizes[shapes]

    def _with_activation(self, call, args, kwargs):
        """Runs the layer with an activation that is computed twice."""
        own = self.layer.__dict__
        activation = own.get("activation")
        if activation is None:
            return call(*args, **kwargs)
        own["activation"] = Rematerialized(activation)
        try:
            return call(*args, **kwargs)
        finally:
            own["activation"] = activation


def _symbol(value):
    return KerasTensor(tuple(value.shape), value.dtype) if isinstance(value, torch.Tensor) else value


def _numbers(shape):
    return functools.reduce(lambda product, size: product * (size or 1), shape, 1)


class _Rewinding:
    """A context in which a part finds what it found first; see Note [what a second run must not change].

    Args:
        module: the module that the part belongs to, or None.

    Notes:
        It may be entered several times, one after the other: once for each `backward` through the part.
    """

    def __init__(self, module):
        self.phase = phase.training
        self.module = module
        children = [] if module is None else list(module.modules())
        self._buffers = [
            (child._buffers, name, _copied(value))
            for child in children
            for name, value in child._buffers.items()
            if value is not None
        ]
        self._generators = [
            (child.__dict__, name, None if value is None else _state(value))
            for child in children
            for name, value in _generators_of(child)
        ]

    def contexts(self):
        """(context of the first run, context of the second), as `torch.utils.checkpoint` asks for."""
        return contextlib.nullcontext(), self

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            if self.phase is not None:
                stack.enter_context(explicit_phase(self.phase))
            if self.module is not None:
                stack.enter_context(paused(metrics_of(self.module)))
                stack.enter_context(_losses_kept(self.module))
            stack.enter_context(_exchanged(self._buffers))
            stack.enter_context(_set_back(self._generators))
            self._entered = stack.pop_all()

    def __exit__(self, *error):
        return self._entered.__exit__(*error)


def _copied(value):
    copy = value.detach().as_subclass(torch.Tensor).clone()
    return StateVariable(copy, name=value.name) if isinstance(value, StateVariable) else copy


@contextlib.contextmanager
def _exchanged(buffers):
    """Inside, the buffers are copies of what they were: what is saved for the gradients stays untouched."""
    now = [table[name] for table, name, _ in buffers]
    for table, name, then in buffers:
        table[name] = _copied(then)
    try:
        yield
    finally:
        for (table, name, _), value in zip(buffers, now):
            table[name] = value


@contextlib.contextmanager
def _losses_kept(module):
    """What layers add in the second run was added in the first."""
    before = [(layer, list(layer._losses)) for layer in loss_layers(module)]
    try:
        yield
    finally:
        for layer, losses in before:
            layer._losses[:] = losses


def _generators_of(module):
    """(attribute, generator) of a module; `_generator` is listed where the first draw will make it."""
    found = [(name, value) for name, value in module.__dict__.items()
             if isinstance(value, (torch.Generator, SeedGenerator))]  # fmt: skip
    if hasattr(module, "generator_for") and "_generator" not in module.__dict__:
        found.append(("_generator", None))
    return found


def _state(generator):
    return generator.get_state() if isinstance(generator, torch.Generator) else generator.state_dict()


def _set_state(generator, state):
    set_state = generator.set_state if isinstance(generator, torch.Generator) else generator.load_state_dict
    set_state(state)


@contextlib.contextmanager
def _set_back(generators):
    """Inside, generators of single layers are where they were before the first run."""
    now = [(table, name, table.get(name)) for table, name, _ in generators]
    now = [(table, name, value, None if value is None else _state(value)) for table, name, value in now]
    for table, name, then in generators:
        if then is not None:
            _set_state(table[name], then)
        else:
            table.pop(name, None)
    try:
        yield
    finally:
        for table, name, value, state in now:
            if value is not None:
                table[name] = value
                _set_state(value, state)
