"""Several optimizers in one, each for its own variables."""

import re

import torch

from keras_torch.base.checks import Term, fail, nonnegative_number
from keras_torch.base.configurable import Configurable
from keras_torch.base.serialization import deserialize_value, serialize_value
from keras_torch.optimizers.clock import DeviceClock
from keras_torch.optimizers.loss_scale import LossScaleOptimizer
from keras_torch.optimizers.optimizer import Optimizer
from keras_torch.optimizers.state import VariableList


def _single(owner, argument, value):
    if not isinstance(value, Optimizer) or isinstance(value, (LossScaleOptimizer, MultiOptimizer)):
        fail(owner, argument, value, "an optimizer without loss scaling and no MultiOptimizer",
             "Put LossScaleOptimizer around the MultiOptimizer.")


def _mapping(owner, argument, value):
    if not isinstance(value, dict):
        fail(owner, argument, value, "a dictionary, path or regular expression -> optimizer")
    for key, optimizer in value.items():
        _single(owner, f"{argument}[{key!r}]", optimizer)


class OptimizerMap(Configurable):
    """Which optimizer a variable has, by its path.

    Args:
        default_optimizer: the optimizer of all other variables.
        optimizer_map: dict, path or regular expression that fits a whole path -> optimizer.

    Errors:
        ValueError: a key that is there already; a value that is no optimizer; a path that fits several keys.

    Source: Keras 3 `optimizers.OptimizerMap`.

    >>> from keras_torch.optimizers import SGD, Adam
    >>> chosen = OptimizerMap(SGD(), {"encoder/.*": Adam()})
    >>> chosen["encoder/kernel"].name, chosen["head/kernel"].name
    ('adam', 'sgd')
    """

    vocabulary = {
        "default_optimizer": Term(_single, doc="the optimizer of all other variables", optional=False),
        "optimizer_map": Term(_mapping, dict, "path or regular expression -> optimizer")}

    def __init__(self, default_optimizer, optimizer_map=None):
        self.optimizer_map = self.optimizer_map or {}

    def __getitem__(self, path):
        if path in self.optimizer_map:
            return self.optimizer_map[path]
        fitting = [key for key in self.optimizer_map if re.fullmatch(key, path)]
        if len(fitting) > 1:
            raise ValueError(f"OptimizerMap: {path!r} fits {len(fitting)} keys: {', '.join(fitting)}. Make "
                             "them exclude each other, or add the path itself.")
        return self.optimizer_map[fitting[0]] if fitting else self.default_optimizer

    def __setitem__(self, key, optimizer):
        if not isinstance(key, str):
            fail("OptimizerMap", "key", key, "a path or a regular expression")
        if key in self.optimizer_map:
            raise ValueError(f"OptimizerMap has an optimizer for {key!r} already. Delete it first.")
        _single("OptimizerMap", repr(key), optimizer)
        self.optimizer_map[key] = optimizer

    def __delitem__(self, key):
        del self.optimizer_map[key]

    def __len__(self):
        return len(self.optimizer_map)

    def __iter__(self):
        return iter(self.optimizer_map)

    def __contains__(self, key):
        return key in self.optimizer_map

    def values(self):
        """The optimizers of the keys."""
        return self.optimizer_map.values()

    def __call__(self, variable):
        """The optimizer of a variable."""
        return self[getattr(variable, "path", None) or ""]


def _map(owner, argument, value):
    if not callable(value):
        fail(owner, argument, value, "an OptimizerMap or a function (variable) -> optimizer")


class MultiOptimizer(Optimizer):
    """Several optimizers in one, each for its own variables.

    Args:
        optimizer_map: `OptimizerMap`, or a function that returns the optimizer of a variable.
        loss_scale_factor: what `scale_loss` multiplies the loss with; that of the inner optimizers is
            replaced by it.
        name: name; default 'multi_optimizer'.

    Errors:
        ValueError: the map gives something that is no plain optimizer.
        AttributeError: `learning_rate` is asked for; each of `optimizers` has its own.

    Notes:
        An inner optimizer whose variables all have no gradient in a step makes none. `state_dict` holds those
        of the inner optimizers, `param_groups` all their groups.

    Source: Keras 3 `optimizers.MultiOptimizer`.

    >>> from keras_torch.optimizers import SGD, Adam
    >>> MultiOptimizer(OptimizerMap(SGD(), {"encoder/.*": Adam()})).optimizers
    [Adam(name='adam', not built), SGD(name='sgd', not built)]
    """

    vocabulary = {"optimizer_map": Term(_map, doc="an OptimizerMap or a function", optional=False),
                  "loss_scale_factor": Term(nonnegative_number, doc="what the loss is multiplied with")}
    self_managed = frozenset({"loss_scale_factor"})

    def __init__(self, optimizer_map, loss_scale_factor=None, name=None):
        super().__init__(name=name)
        self.optimizers = []
        self._owners = {}  # id of a variable -> place of its optimizer
        self._own_count = 0
        self.loss_scale_factor = loss_scale_factor
        known = [*getattr(optimizer_map, "values", list)(), getattr(optimizer_map, "default_optimizer", None)]
        for optimizer in known:
            self._place_of(optimizer) if optimizer is not None else None

    def _place_of(self, optimizer):
        """The place among the inner optimizers, taken in when it is new."""
        _single(self._owner(), "optimizer_map", optimizer)
        for place, known in enumerate(self.optimizers):
            if known is optimizer:
                return place
        optimizer.loss_scale_factor = self.loss_scale_factor
        self.optimizers.append(optimizer)
        return len(self.optimizers) - 1

    def notice_own_methods(self):
        """See `Optimizer.notice_own_methods`.

        Errors:
            NotImplementedError: an inner optimizer computes its gradients from the loss by itself.
        """
        super().notice_own_methods()
        for optimizer in self.__dict__.get("optimizers", ()):
            optimizer.notice_own_methods()
            if optimizer.learns_from_loss:
                raise NotImplementedError(f"{self._owner()}: {type(optimizer).__name__} takes the loss in "
                                          "methods of its own and cannot have a share of the variables only. "
                                          "Override apply_gradients() there.")

    # What belongs to all.

    @property
    def loss_scale_factor(self):
        """What the loss is multiplied with; assigning sets it for all inner optimizers."""
        return self.__dict__.get("_loss_scale_factor")

    @loss_scale_factor.setter
    def loss_scale_factor(self, value):
        self._loss_scale_factor = value
        for optimizer in self.__dict__.get("optimizers", ()):
            optimizer.loss_scale_factor = value

    @property
    def learning_rate(self):
        """Not here.

        Errors:
            AttributeError: always.
        """
        raise AttributeError(f"{self._owner()} has no learning rate of its own. Read and set that of its "
                             "`optimizers`, such as multi.optimizers[0].learning_rate.")

    @learning_rate.setter
    def learning_rate(self, value):
        if "built" in self.__dict__:
            raise AttributeError(f"{self._owner()} has no learning rate of its own. Set that of its "
                                 "`optimizers`, such as multi.optimizers[0].learning_rate = 0.1.")
        self._schedule = self._shown_rate = None

    lr = learning_rate

    @property
    def param_groups(self):
        """All parameter groups of the inner optimizers."""
        if not self.__dict__.get("built"):
            groups = super().param_groups
            if not self.__dict__.get("built"):
                return groups
        return [group for optimizer in self._active() for group in optimizer.param_groups]

    @param_groups.setter
    def param_groups(self, groups):
        self._groups = groups

    @property
    def _blocks(self):
        return [block for optimizer in self._active() for block in optimizer._blocks]

    @_blocks.setter
    def _blocks(self, blocks):
        pass  # those of the inner optimizers

    def _active(self):
        return [optimizer for optimizer in self.__dict__.get("optimizers", ()) if optimizer.built]

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """See `Optimizer.exclude_from_weight_decay`."""
        for optimizer in self.optimizers:
            optimizer.exclude_from_weight_decay(var_list, var_names)

    def scheduled_by(self, scheduler, every=None, monitor=None):
        """Not here: give the schedulers to the inner optimizers.

        Errors:
            ValueError: always.
        """
        raise ValueError(f"{self._owner()} has no learning rate of its own. Call scheduled_by() of the inner "
                         "optimizer.")

    def epoch_ended(self, logs):
        """See `Optimizer.epoch_ended`."""
        for optimizer in self._active():
            optimizer.epoch_ended(logs)

    # Building and stepping.

    def add_param_group(self, param_group):
        """Hands each parameter to its optimizer."""
        if "built" not in self.__dict__:
            return
        params, names = self._members(param_group["params"])
        shares = {}
        for param, name in zip(params, names):
            place = self._place_of(self.optimizer_map(param))
            self._owners[id(param)] = place
            shares.setdefault(place, []).append(param if name is None else (name, param))
        self._variables += params
        for place, members in shares.items():
            group = {**param_group, "params": members}
            inner = self.optimizers[place]
            inner.add_param_group(group) if inner.built else inner.build([group])

    def update(self, parts):
        """One update of each inner optimizer that has gradients; see `Optimizer.update`."""
        if not any(part.grads for part in parts):
            self._complain_about_no_gradients()
        for optimizer in self._active():
            own = [part for part in parts if any(part.block is block for block in optimizer._blocks)]
            if any(part.grads for part in own):
                optimizer.update(own) if optimizer._entry is None else optimizer.update_by_own(own)
        self._count += 1
        if self._clock is not None:
            self._clock.count.add_(1)

    def _regroup(self):
        for optimizer in self._active():
            optimizer._regroup()

    def _parts_of(self, grads, variables):
        parts = []
        for place, optimizer in enumerate(self.optimizers):
            own = [(grad, variable) for grad, variable in zip(grads, variables)
                   if self._owners[id(variable)] == place]
            if optimizer.built:
                parts += optimizer._parts_of([grad for grad, _ in own], [variable for _, variable in own])
        return parts

    @property
    def capturable(self):
        """Always False: the inner optimizers count for themselves."""
        return False

    @property
    def skips_on_device(self):
        """Whether all inner optimizers can count on one device; see `Optimizer.skips_on_device`."""
        active = self._active()
        return all(optimizer.capturable for optimizer in active) and len(
            {block.device for block in self._blocks}) == 1

    def count_for_skipping(self):
        """Counts on the device, as the inner optimizers do then; see `Optimizer.count_for_skipping`."""
        for optimizer in self._active():
            optimizer.use_device_clock()
        if self._clock is None:
            self._clock = DeviceClock(self._blocks[0].device, self._count, {})

    def finalize_variable_values(self, var_list):
        """See `Optimizer.finalize_variable_values`."""
        self._check_known(var_list)
        for place, optimizer in enumerate(self.optimizers):
            own = [variable for variable in var_list if self._owners[id(variable)] == place]
            optimizer.finalize_variable_values(own) if own else None

    # State and config.

    @property
    def variables(self):
        """Own count and an unused rate, then the inner optimizers' variables, as in Keras 3's files."""
        inner = [variable for optimizer in self.optimizers for variable in optimizer.variables]
        return VariableList([self._raw_iterations(), _UnusedRate(0.0), *inner])

    weights = variables

    def _state_keepers(self):
        return self.optimizers

    def get_weights(self):
        """The values of `variables`."""
        with self.reading():
            return [variable.numpy() for variable in self.variables]

    def set_weights(self, weights):
        """Restores what `get_weights` gave.

        Errors:
            ValueError: not built, or another number or shapes of arrays.
        """
        if not self.built:
            raise ValueError(f"{self._owner()}: set_weights() needs a built optimizer. Call "
                             "build(variables) first.")
        with self.reading():
            sizes = [len(optimizer.variables) for optimizer in self.optimizers]
        if len(weights) != 2 + sum(sizes):
            raise ValueError(f"{self._owner()} has {2 + sum(sizes)} variables; {len(weights)} arrays were "
                             "given. Build an optimizer with the same map on the same variables.")
        start = 2
        for optimizer, size in zip(self.optimizers, sizes):
            if optimizer.built:
                store = {str(place): array for place, array in enumerate(weights[start:start + size])}
                optimizer.load_own_variables(store)
            start += size
        self.set_iterations_made(int(weights[0]))

    def load_own_variables(self, store):
        """Restores what `save_own_variables` wrote; see `set_weights`."""
        self.set_weights([store[key] for key in sorted(store.keys(), key=int)])

    def state_dict(self):
        """Those of the inner optimizers, as `optimizers`."""
        self._be_built()
        return {"iterations": self.iterations_made(),
                "optimizers": [optimizer.state_dict() if optimizer.built else None
                               for optimizer in self.optimizers]}

    def load_state_dict(self, state_dict):
        """Restores a `state_dict()`."""
        self._be_built()
        for optimizer, stored in zip(self.optimizers, state_dict["optimizers"]):
            optimizer.load_state_dict(stored) if stored is not None else None
        self.set_iterations_made(int(state_dict["iterations"]))

    def __setstate__(self, state):
        torch.optim.Optimizer.__setstate__(self, {**state, "_clock": None})
        self._owners = {id(variable): place for place, optimizer in enumerate(self.optimizers)
                        for variable in optimizer._variables}

    def get_config(self):
        """Arguments that rebuild this optimizer, without its state."""
        return {"optimizer_map": serialize_value(self.optimizer_map),
                "loss_scale_factor": self.loss_scale_factor, "name": self.name}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The optimizer that `get_config` described."""
        return cls(**{name: deserialize_value(value) for name, value in config.items()})


class _UnusedRate(float):
    """Keras's files have a learning rate of the MultiOptimizer, which nothing uses."""

    shape = ()
    name = path = "learning_rate"
    dtype = "float32"

    def numpy(self):
        """The number as a numpy scalar."""
        return torch.tensor(float(self)).numpy()

    def assign(self, value):
        """Nothing to do."""
        return self
