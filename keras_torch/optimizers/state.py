"""What an optimizer remembers: its variables in Keras's order, torch's state dict, copies and pickles."""

import collections
import contextlib

import numpy as np
import torch

from keras_torch.base.dtypes import torch_dtype
from keras_torch.base.variable import StateVariable
from keras_torch.optimizers.older_styles import start_value

# Made again in a copy; `step` because torch's schedulers wrap it on the object.
_CACHES = ("_blocks", "_constrained", "_clock", "_places", "_model", "step")


class VariableList(list):
    """The optimizer's variables; callable, as `variables` is a method in old tf.keras optimizers.

    >>> VariableList([1])()
    [1]
    """

    def __call__(self):
        return self


class StoredState:
    """The part of `Optimizer` that stores and restores. See there for the attributes it works on."""

    _places = {}  # id of a variable -> its place among all variables
    _shown = False  # whether somebody may hold tensors of the state, and so sees what becomes of them

    @property
    def state(self):
        """torch's dictionary of the state: parameter -> slot -> tensor, the numbers that Keras has."""
        self.settle()
        self._shown = True
        return self._state

    @state.setter
    def state(self, state):
        self._state = state

    def settle(self):
        """Turns the state into Keras's numbers, where an optimizer keeps others between its steps."""

    @contextlib.contextmanager
    def reading(self):
        """`with optimizer.reading(): ...` promises that no tensor of the state is kept beyond the block."""
        keepers = self._state_keepers()
        shown = [keeper._shown for keeper in keepers]
        try:
            yield
        finally:
            for keeper, before in zip(keepers, shown):
                keeper._shown = before

    def _state_keepers(self):
        """The optimizers whose state is this one's."""
        return [self]

    @property
    def variables(self):
        """Count, learning rate (unless a schedule gives it), then the state, in the order of Keras 3's files.

        Returns:
            VariableList: the first two are numbers with `assign`; the others share memory with the state.
        """
        numbers = [self._raw_iterations()] + ([self.learning_rate] if self._schedule is None else [])
        return VariableList(numbers + self._state_variables() + self._added_variables())

    @property
    def weights(self):
        """`variables`; in Keras 1 and 2 a subclass assigns its own list in `get_updates`."""
        return self.__dict__.get("_listed_weights") or self.variables

    @weights.setter
    def weights(self, variables):
        self._listed_weights = list(variables)

    def _raw_iterations(self):
        steps = self.gradient_accumulation_steps or 1
        number = type(self.iterations)(self.iterations_made(), self)
        return number if steps == 1 else _RawIterations(number, self)

    def _ordered_slots(self):
        """(slot, variable) pairs in the order of Keras 3's files."""
        pairs = [(name, variable) for name in self.extra_slots() for variable in self._variables]
        for names in self.active_slots():
            pairs += [(name, variable) for variable in self._variables for name in names
                      if self.has_slot(name, variable)]
        return pairs

    def _state_variables(self):
        return [self._labelled(name, variable) for name, variable in self._ordered_slots()]

    def _labelled(self, name, variable):
        owner = (getattr(variable, "path", None) or f"variable_{self._index_of(variable)}").replace("/", "_")
        labelled = StateVariable(self.state[variable][name], name=f"{owner}_{name}")
        labelled._path = f"{self.name}/{owner}_{name}"
        return labelled

    def _index_of(self, variable):
        place = self._places.get(id(variable))
        if place is None:
            place = next(place for place, known in enumerate(self._variables) if known is variable)
        return place

    def _added_variables(self):
        return list(self.__dict__.get("_added", ()))

    # For subclasses that keep state as Keras's do.

    def add_variable(self, shape=(), initializer="zeros", dtype=None, aggregation="none", layout=None,
                     name=None):
        """State of a shape of your own, zeros unless `initializer` says otherwise.

        Args:
            shape: sizes.
            initializer: 'zeros', 'ones', a value, or a function (shape, dtype) -> tensor.
            dtype: number type; None for that of the variables.

        Returns:
            StateVariable: to be changed in place, for example with `assign`.
        """
        if aggregation not in ("none", None, "mean", "sum", "only_first_replica") or layout is not None:
            raise ValueError(f"{self._owner()}: add_variable() takes no `layout`; got {layout!r}.")
        if initializer is None or _is_dtype(initializer):  # tf.keras: (shape, dtype, initializer)
            initializer, dtype = dtype or "zeros", initializer
        reference = self._variables[0] if self._variables else torch.zeros(0)
        return self._add(reference, tuple(shape or ()), dtype, initializer, name)

    def add_variable_from_reference(self, reference_variable=None, name=None, initializer="zeros",
                                    initial_value=None, *, shape=None, model_variable=None,
                                    variable_name=None):
        """State in the shape of a variable, in the words of Keras 3 or of tf.keras.

        Args:
            reference_variable: the variable; in tf.keras `model_variable`.
            name: name; in tf.keras `variable_name`.
            initializer: 'zeros', 'ones', a value or a function (shape, dtype); the third of tf.keras is
                `shape`.
            initial_value: of tf.keras: the value it starts from.
            shape: of tf.keras: another shape.
        """
        if initializer is None or isinstance(initializer, (tuple, list)):
            shape, initializer = initializer, "zeros"
        variable = reference_variable if model_variable is None else model_variable
        name = name or variable_name or "var"
        path = getattr(variable, "path", None) or f"variable_{len(self._added_variables())}"
        start = initializer if initial_value is None else initial_value
        shape = variable.shape if shape is None else shape
        return self._add(variable, tuple(shape), None, start, f"{path.replace('/', '_')}_{name}")

    def add_optimizer_variables(self, trainable_variables, name, initializer="zeros"):
        """A list of state for each name, one for each variable; a single name gives a single list."""
        names = [name] if isinstance(name, str) else list(name)
        starts = initializer if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
        found = [[self.add_variable_from_reference(variable, key, start) for key, start in zip(names, starts)]
                 for variable in trainable_variables]
        lists = [list(column) for column in zip(*found)] or [[] for _ in names]
        return lists[0] if isinstance(name, str) else lists

    def _add(self, reference, shape, dtype, initializer, name):
        dtype = reference.dtype if dtype is None else torch_dtype(dtype)
        same = shape == tuple(reference.shape)
        value = (torch.zeros_like(reference, dtype=dtype, requires_grad=False) if same
                 else torch.zeros(shape, dtype=dtype, device=reference.device))
        if not (isinstance(initializer, str) and initializer == "zeros"):
            with torch.no_grad():
                value.copy_(start_value(self._owner(), initializer, shape, dtype))
        variable = StateVariable(value, name=name)
        variable._path = f"{self.name}/{name}"
        self.__dict__.setdefault("_added", []).append(variable)
        return variable

    def assign(self, variable, value):
        """Replaces a variable's value in place."""
        variable.copy_(torch.as_tensor(value))

    def assign_add(self, variable, value):
        """Adds to a variable in place."""
        variable.add_(value)

    def assign_sub(self, variable, value):
        """Subtracts from a variable in place."""
        variable.sub_(value)

    def _get_variable_index(self, variable):
        return self._index_of(variable)

    def _var_key(self, variable):
        return id(variable)

    @property
    def _index_dict(self):
        return {id(variable): place for place, variable in enumerate(self._variables)}

    # Keras's lists of arrays.

    def get_weights(self):
        """Count, then all first slots, then all second slots: the order of Keras 1, 2 and tf.keras.

        Returns:
            list: numpy arrays.
        """
        with self.reading():
            return [np.int64(self.iterations_made())] + [
                variable.numpy() for variable in self._grouped_state()]

    def _grouped_state(self):
        names = self.extra_slots() + [name for names in self.active_slots() for name in names]
        return [self._labelled(name, variable) for name in names for variable in self._variables
                if self.has_slot(name, variable)] + self._added_variables()

    def set_weights(self, weights):
        """Restores what `get_weights` gave, or the arrays of `variables` in their order; all or nothing.

        Args:
            weights: list of arrays. The length tells which order it is; a learning rate is there only in that
                of Keras 3. Keras 2's placeholders for amsgrad are passed over; a list of Keras 1 has no
                count, which begins at 0 then.

        Errors:
            ValueError: not built, or another number or shapes of arrays.
        """
        weights = [np.asarray(weight) for weight in weights]
        if not self.built and self._model is not None:
            self.build_on_model()
        if not self.built:
            raise ValueError(f"{self._owner()}: set_weights() needs a built optimizer. Call "
                             "build(variables) first.")
        with self.reading():
            self._set_weights(weights)

    def _set_weights(self, weights):
        ordered, grouped = list(self.variables), self._grouped_state()
        if len(weights) == len(ordered) and len(ordered) != len(grouped) + 1:
            return self._restore(weights, ordered[1:])
        if len(weights) == len(grouped) > 0 and weights[0].shape == tuple(grouped[0].shape):
            weights.insert(0, np.int64(0))
        while len(weights) > len(grouped) + 1 and weights[-1].size <= 1:
            weights.pop()
        return self._restore(weights, self._in_order_of(weights[1:], grouped))

    def _in_order_of(self, arrays, targets):
        """The targets as they come, or with the first one last: where Nadam's product is has changed."""
        if not self._added_variables() or len(arrays) != len(targets):
            return targets
        shapes = [tuple(array.shape) for array in arrays]
        orders = (targets, [*targets[1:], targets[0]], [targets[-1], *targets[:-1]])
        return next((order for order in orders if [tuple(each.shape) for each in order] == shapes), targets)

    def _restore(self, arrays, targets):
        """Checks count and all shapes, then writes the count and the targets."""
        if len(arrays) != len(targets) + 1:
            raise ValueError(f"{self._owner()} has {len(targets) + 1} state variables; {len(arrays)} arrays "
                             "were given. "
                             "Build an optimizer of the same class and arguments on the same variables.")
        for array, target in zip(arrays[1:], targets):
            if tuple(np.shape(array)) != tuple(target.shape):
                raise ValueError(f"{self._owner()}: state of shape {tuple(target.shape)} was given an array "
                                 "of shape "
                                 f"{tuple(np.shape(array))}. The variables of the file are others.")
        self.set_iterations_made(int(arrays[0]))
        for array, target in zip(arrays[1:], targets):
            if isinstance(target, torch.Tensor):
                target.copy_(torch.as_tensor(np.asarray(array)))
            else:
                target.assign(array)

    def set_iterations_made(self, count):
        """Sets the number of steps made, accumulating ones included."""
        self.iterations = 0
        self._count = count
        if self._clock is not None:
            self._clock.count.fill_(count)

    def expected_shapes(self):
        """Shapes of the variables that `load_own_variables` takes.

        Returns:
            set: tuples.
        """
        with self.reading():
            return {tuple(np.shape(variable)) for variable in self.variables}

    def save_own_variables(self, store):
        """Writes the variables into a store under "0", "1", ... in Keras 3's order.

        Args:
            store: dictionary or HDF5 group.
        """
        with self.reading():
            for place, variable in enumerate(self.variables):
                store[str(place)] = variable.numpy()

    def load_own_variables(self, store):
        """Restores what `save_own_variables` wrote, also without a learning rate (tf.keras); all or nothing.

        Args:
            store: dictionary or HDF5 group with the keys "0", "1", ...

        Errors:
            ValueError: another number or shapes of variables.
        """
        with self.reading():
            self._load([np.asarray(store[key]) for key in sorted(store.keys(), key=int)])

    def _load(self, arrays):
        targets = list(self.variables)[1:]
        rate = 1 if self._schedule is None else 0
        if len(arrays) <= 1 + rate:  # saved before the first step: there is no state but the count
            targets = targets[:len(arrays) - 1]
        elif len(arrays) == len(targets) + 1 - rate:
            targets = targets[rate:]
        elif len(arrays) == len(targets) + 2 and not rate:
            del arrays[1]  # the file has a learning rate, this optimizer a schedule
        if arrays:
            self._restore(arrays, targets)

    # torch's dictionaries.

    def state_dict(self):
        """As in torch: `state` and `param_groups`; a group also tells the steps made (`iterations`).

        Returns:
            dict: tensors and numbers only, so that `torch.load(weights_only=True)` reads it back.
        """
        self._be_built()
        for group in self._groups:
            group["iterations"] = self.iterations_made()
        stored = super().state_dict()
        for group in self._groups:
            del group["iterations"]
        if "_added" in self.__dict__:
            stored["added"] = [variable.value.as_subclass(torch.Tensor) for variable in self._added]
        if self._schedulers:
            stored["schedulers"] = self._scheduler_states()
        return stored

    def _be_built(self):
        if not self.built:
            self.build_on_model()

    def load_state_dict(self, state_dict):
        """Restores a `state_dict()`; the state keeps its memory, so that a captured step stays valid.

        Errors:
            ValueError: other parameter groups.
        """
        self._be_built()
        kept = {param: dict(self.state[param]) for param in self._variables}
        super().load_state_dict({key: state_dict[key] for key in ("state", "param_groups")})
        for param, slots in kept.items():
            for name, tensor in slots.items():
                tensor.copy_(self.state[param].get(name, tensor))
            self.state[param] = slots
        for variable, value in zip(self.__dict__.get("_added", ()), state_dict.get("added", ())):
            variable.copy_(value)
        if self._schedulers:
            self._load_scheduler_states(state_dict.get("schedulers", ()))
        count = [group.pop("iterations", 0) for group in self._groups]
        self.set_iterations_made(int(count[0]))
        self._shown_rate = None
        self._regroup()

    # Copies and pickles.

    def __getstate__(self):
        state = {key: value for key, value in self.__dict__.items()
                 if key not in _CACHES and not key.startswith("_optimizer_")}
        return {**state, "_count": self.iterations_made(), "_state": dict(self.state), "_shown": True}

    def __setstate__(self, state):
        if "built" not in state:  # torch's load_state_dict hands over groups and state by this door
            self._groups, self.state = state["param_groups"], state["state"]
            return
        super().__setstate__({**state, "_state": collections.defaultdict(dict, state["_state"]),
                              "_blocks": [], "_constrained": [], "_clock": None})
        self._regroup()


def _is_dtype(value):
    named = isinstance(value, str) and value.startswith(("float", "bfloat", "int"))
    return named or isinstance(value, torch.dtype)


class _RawIterations(int):
    """The count of steps with accumulating ones: what Keras's files hold."""

    shape = ()
    name = "iteration"
    dtype = "int64"

    def __new__(cls, value, owner):
        number = super().__new__(cls, value)
        number._owner = owner
        return number

    def numpy(self):
        return np.int64(int(self))

    def assign(self, value):
        self._owner.set_iterations_made(int(value))
        return self
