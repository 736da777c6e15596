"""Optimizers written for torch, with Keras's face."""

import copy
import inspect

import numpy as np
import torch

from keras_torch.base import checks
from keras_torch.base.checks import Term
from keras_torch.optimizers.blocks import Block
from keras_torch.optimizers.clock import DeviceClock
from keras_torch.optimizers.optimizer import Optimizer


class NativeOptimizer(Optimizer):
    """Any `torch.optim.Optimizer` where Keras expects an optimizer; updates, state and groups are its own.

    Args:
        native: an optimizer, or a class or function that makes one of a list of parameters
            (`torch.optim.Adam`, `functools.partial(torch.optim.SGD, lr=0.1)`).
        name: name; default the native class's.

    Errors:
        ValueError: the optimizer holds none of the model's variables.

    Notes:
        `learning_rate` reads and sets the `lr` of its groups. Arguments of Keras such as `clipnorm` do not
        exist here.

    >>> weights = torch.nn.Parameter(torch.ones(2))
    >>> optimizer = NativeOptimizer(torch.optim.SGD([weights], lr=0.5))
    >>> optimizer.learning_rate = 0.25
    >>> optimizer.native.param_groups[0]["lr"]
    0.25
    """

    self_managed = frozenset({"native"})

    def __init__(self, native, name=None):
        super().__init__(name=name)
        made = isinstance(native, torch.optim.Optimizer)
        self.native = None
        self._maker = None if made else native
        if made:
            self._adopt(native)

    def default_name(self):
        """Name of the native class."""
        return "native_optimizer"

    def _adopt(self, native):
        self.native = native
        self.needs_closure = takes_closure_only(type(native))
        self._groups, self.state = native.param_groups, native.state
        self._variables = [param for group in native.param_groups for param in group["params"]]
        self.built = True
        self._regroup()

    def _regroup(self):
        """Blocks without slots, so that gradients can be gathered, unscaled and looked at."""
        found = {}
        for place, param in enumerate(self._variables):
            found.setdefault((param.device, param.dtype), []).append(place)
        self._blocks = [Block(self._groups[0], None, places, [self._variables[place] for place in places],
                              {}, {}) for places in found.values()]

    def update(self, parts):
        """One step of the native optimizer with the gradients of the parts; see `Optimizer.update`."""
        for param in self._variables:
            param.grad = None
        for part in parts:
            for param, grad in zip(part.params, part.grads):
                param.grad = grad
        self.step()

    def build(self, variables):
        """Makes the native optimizer of the variables, or checks that it has them; see `Optimizer.build`."""
        variables = [variable for variable in variables]
        if self.native is None:
            self._adopt(self._maker(variables))
        self._check_known(variables)
        self._make_schedulers()
        return self

    def _scheduled_object(self):
        return self.native

    def add_param_group(self, param_group):
        """Hands parameters to the native optimizer."""
        if self.__dict__.get("native") is not None:
            self.native.add_param_group(param_group)
            self._adopt(self.native)

    def step(self, closure=None):
        """One step of the native optimizer.

        Errors:
            RuntimeError: not built. TypeError: the optimizer evaluates the loss by itself and got no closure.
        """
        if self.native is None:
            self._complain_about_no_gradients()
        if closure is None and self.needs_closure:
            raise TypeError(f"{type(self.native).__name__} evaluates the loss several times in a step. Call "
                            "step(closure), where closure() zeroes the gradients, computes the loss, calls "
                            "backward and returns the loss. fit() does it for you.")
        loss = self.native.step() if closure is None else self.native.step(closure)
        self._count += 1
        if self._batch_schedulers:
            self._batch_ended()
        return loss

    def apply(self, grads, trainable_variables=None):
        """One step of the native optimizer from given gradients; see `Optimizer.apply`."""
        variables = self._variables_of(list(grads), trainable_variables)
        self.build(variables)
        self.update(self._parts_of(list(grads), variables))

    def zero_grad(self, set_to_none=True):
        """Forgets the gradients, as in torch."""
        self.native.zero_grad(set_to_none)

    @property
    def capturable(self):
        """Always False: what a native optimizer does in Python is not known here."""
        return False

    def notice_own_methods(self):
        """See `Optimizer.notice_own_methods`.

        Errors:
            NotImplementedError: a subclass has methods of its own, which torch's optimizer knows nothing of.
        """
        super().notice_own_methods()
        self._by_variable = False
        if self._own:
            raise NotImplementedError(f"{type(self).__name__}.{sorted(self._own)[0]}() is never called: the "
                                      "torch optimizer makes the update. Change the gradients in its step "
                                      "hooks, or subclass an optimizer of keras_torch.")

    @property
    def skips_on_device(self):
        """Whether the native optimizer leaves steps out by itself, as torch's fused ones do."""
        fused = getattr(self.native, "_step_supports_amp_scaling", False)
        one_device = len({block.device for block in self._blocks}) == 1
        return bool(fused and one_device and not self._batch_schedulers)

    def step_unless(self, bad, parts):
        """`update`, which the native kernel leaves out where `bad`, a tensor without axes, is not 0."""
        if self._clock is None:
            self._clock = DeviceClock(bad.device, self._count, {})
        self.native.grad_scale, self.native.found_inf = None, bad
        try:
            self.update(parts)
        finally:
            del self.native.grad_scale, self.native.found_inf
        self._clock.count.add_(1 - bad)

    def state_dict(self):
        """The native optimizer's, with the number of steps and the state of schedulers beside it."""
        self._be_built()
        stored = {**self.native.state_dict(), "iterations": self.iterations_made()}
        return {**stored, "schedulers": self._scheduler_states()} if self._schedulers else stored

    def load_state_dict(self, state_dict):
        """Restores the native optimizer, also from a dictionary of its own."""
        self._be_built()
        own = {key: value for key, value in state_dict.items() if key not in ("iterations", "schedulers")}
        self.native.load_state_dict(own)
        self.set_iterations_made(int(state_dict.get("iterations", 0)))
        if self._schedulers:
            self._load_scheduler_states(state_dict.get("schedulers", ()))
        self._adopt(self.native)

    def _ordered_slots(self):
        return [(name, variable) for variable in self._variables
                for name, value in self.state.get(variable, {}).items() if isinstance(value, torch.Tensor)]

    def expected_shapes(self):
        """See `Optimizer.expected_shapes`; those of a first step where there was none yet."""
        return {tuple(tensor.shape) for _, _, tensor in self._state_or_rehearsal()}

    def _state_or_rehearsal(self):
        """(name, variable, tensor) of all state; before the first step that of a step on a copy."""
        state = self.native.state
        if not any(state.values()) and not self.needs_closure:
            state = self._rehearsed()
        return [(name, variable, value) for variable in self._variables
                for name, value in state.get(variable, {}).items() if isinstance(value, torch.Tensor)]

    def _rehearsed(self):
        """The state after a step without gradients of a copy, by our variables."""
        other = copy.deepcopy(self.native)
        twins = [param for group in other.param_groups for param in group["params"]]
        for twin in twins:
            twin.grad = torch.zeros_like(twin)
        other.step()
        return {variable: other.state[twin] for variable, twin in zip(self._variables, twins)}

    def load_own_variables(self, store):
        """Restores what `save_own_variables` wrote, also before the first step; all or nothing.

        Errors:
            ValueError: another number or shapes of variables.
        """
        arrays = [np.asarray(store[key]) for key in sorted(store.keys(), key=int)]
        places = self._state_or_rehearsal() if len(arrays) > 2 else []
        shapes = [tuple(array.shape) for array in arrays[2:]]
        if shapes != [tuple(tensor.shape) for _, _, tensor in places]:
            raise ValueError(f"{self._owner()}: the state of {type(self.native).__name__} has {len(places)} "
                             f"tensors; {len(shapes)} arrays of other number or shapes were given.")
        self.set_iterations_made(int(arrays[0]))
        self.learning_rate.assign(arrays[1])
        for (name, variable, tensor), array in zip(places, arrays[2:]):
            self.native.state[variable][name] = torch.tensor(array).to(tensor)

    def __setstate__(self, state):
        torch.optim.Optimizer.__setstate__(self, {**state, "_clock": None, "_blocks": [], "_constrained": []})
        if self.native is not None:
            self._adopt(self.native)

    def get_config(self):
        """A native optimizer has no config.

        Errors:
            NotImplementedError: always; save its `state_dict()` instead.
        """
        raise NotImplementedError(f"{type(self.native or self._maker).__name__} is a torch optimizer and "
                                  "has no Keras "
                                  "config. Save its state_dict(), or use the Keras optimizer of that name.")


class TFOptimizer(NativeOptimizer):
    """An optimizer that was not written for Keras where Keras expects one; here a torch optimizer, or ours.

    Args:
        optimizer: what `NativeOptimizer` takes, or one of the optimizers here.
        iterations: number of updates made so far; None for 0.

    Source: Keras 2 `optimizers.TFOptimizer`, which wraps `tf.train` optimizers; there are none here.

    >>> TFOptimizer(torch.optim.SGD).iterations
    0
    """

    self_managed = frozenset({"native", "iterations"})
    vocabulary = {"iterations": Term(checks.nonnegative_int, doc="number of updates made")}

    def __init__(self, optimizer, iterations=None):
        ours = isinstance(optimizer, Optimizer)
        super().__init__(optimizer.build if ours and not optimizer.built else optimizer)
        self.iterations = iterations or 0

    def default_name(self):
        """Name of the class."""
        return "tf_optimizer"


def takes_closure_only(cls):
    """Whether the `step` of an optimizer class cannot do without a closure.

    >>> takes_closure_only(torch.optim.LBFGS), takes_closure_only(torch.optim.SGD)
    (True, False)
    """
    parameters = list(inspect.signature(inspect.unwrap(cls.step)).parameters.values())
    closure = next((parameter for parameter in parameters if parameter.name == "closure"), None)
    return closure is not None and closure.default is closure.empty


def is_native(value):
    """Whether something is a torch optimizer, or a class or partial that makes one, and not one of ours.

    >>> is_native(torch.optim.SGD), is_native(Optimizer)
    (True, False)
    """
    maker = getattr(value, "func", value)
    if inspect.isclass(maker):
        return issubclass(maker, torch.optim.Optimizer) and not issubclass(maker, Optimizer)
    return isinstance(value, torch.optim.Optimizer) and not isinstance(value, Optimizer)
