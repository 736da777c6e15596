"""`Metric`: numbers gathered over many batches. States are tensors on the device, updated in place."""

import contextlib
import functools
import operator

import torch

from keras_torch.base import settings
from keras_torch.base.checks import Term, fail, one_of, string
from keras_torch.base.configurable import Configurable
from keras_torch.base.dtypes import TORCH_DTYPES, as_policy, torch_dtype
from keras_torch.base.names import to_snake_case, unique_name
from keras_torch.base.serialization import resolve
from keras_torch.base.variable import StateVariable
from keras_torch.metrics.gathering import Membership

_DTYPE_NAMES = {*TORCH_DTYPES, "mixed_bfloat16", "mixed_float16", "half", "float", "double", "int", "long"}
MERGES = {"sum": operator.add, "max": torch.maximum, "min": torch.minimum}
_FILLS = {None: 0, "zeros": 0, "zero": 0, "ones": 1, "one": 1}


def _without_gradient(update_state):
    """`update_state` that never records a gradient: a state that did would keep every batch's graph alive."""

    @functools.wraps(update_state)
    def guarded(self, *args, **kwargs):
        if not torch.is_grad_enabled():
            return update_state(self, *args, **kwargs)
        with torch.no_grad():
            return update_state(self, *args, **kwargs)

    return guarded


def _as_snapshot(result):
    """`result` that never hands out a state itself: the next batch would change a value already logged."""

    @functools.wraps(result)
    def copied(self):
        inside, self._inside = self._inside, True
        try:
            value = result(self)
        finally:
            self._inside = inside
        if isinstance(value, dict):
            return {name: _plain(item) for name, item in value.items()}
        return _plain(value)

    return copied


def _plain(value):
    return value.detach().clone().as_subclass(torch.Tensor) if isinstance(value, StateVariable) else value


def _first_value(initializer, shape, dtype):
    """The tensor that a state starts from."""
    if isinstance(initializer, str) and initializer not in _FILLS:
        initializer = resolve(initializer, module="keras.initializers")
    initializer = initializer() if isinstance(initializer, type) else initializer
    if callable(initializer):
        return initializer(tuple(shape), dtype=dtype)
    fill = _FILLS.get(initializer, initializer)
    return torch.full(tuple(shape), fill, dtype=torch_dtype(dtype), device=settings.default_device())


class LazyState:
    """A state whose last additions may still wait elsewhere: reading it settles the metric first.

    >>> class Late(Metric):
    ...     seen = LazyState()
    ...     def settle(self):
    ...         self.seen = 3
    >>> Late().seen
    3
    """

    def __set_name__(self, owner, name):
        self.name, self.slot = name, f"_settled_{name}"

    def __get__(self, metric, owner=None):
        if metric is None:
            return self
        metric.hand_out()
        state = getattr(metric, self.slot, None)
        if state is None:
            raise AttributeError(f'{type(metric).__name__} "{metric.name}" keeps no state `{self.name}`.')
        return state

    def __set__(self, metric, state):
        setattr(metric, self.slot, state)


class Metric(Membership, Configurable):
    """Base of all metrics: states, an update per batch, a result at any time.

    Args:
        dtype: number type of the states; None means `floatx()`.
        name: what history and logs call it; default the class name in snake case, numbered.

    Notes:
        House form: `add_state(name, ...)` in the constructor, then `self.name.add_(...)`. Keras's form works
        too: `self.total = self.add_weight(name="total")`, `self.total.assign_add(...)`.
        `update_state` must not read values back (`.item()`, `float()`); it runs without recording gradients.
        Result may be a tensor or a dict of tensors, on the device.

    Source: Keras 3 `metrics.Metric`.

    >>> class Count(Metric):
    ...     def __init__(self, name="count", **kwargs):
    ...         super().__init__(name=name, **kwargs)
    ...         self.total = self.add_weight(name="total")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.total.assign_add(y_pred.shape[0])
    ...     def result(self):
    ...         return self.total
    >>> float(Count()(torch.zeros(3), torch.zeros(3)))
    3.0
    """

    _account_on_device = False
    self_managed = frozenset({"dtype"})
    vocabulary = {"name": Term(string, doc="name in history and logs")}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "update_state" in cls.__dict__:
            cls.update_state = _without_gradient(cls.__dict__["update_state"])
        if "result" in cls.__dict__:
            cls.result = _as_snapshot(cls.__dict__["result"])

    def __init__(self, dtype=None, name=None):
        if isinstance(dtype, str) and dtype not in _DTYPE_NAMES:  # Metric(name, dtype) up to tf.keras
            self.name, dtype = dtype, None
        self.dtype = as_policy(dtype or settings.floatx()).compute_dtype
        self.torch_dtype = torch_dtype(self.dtype)
        self._states = {}
        self._merges = {}
        self._fills = {}

    def default_name(self):
        """`auc`, then `auc_1`: two metrics of one model must not share a key in the logs."""
        return unique_name(to_snake_case(type(self).__name__))

    # --- states ---

    def add_state(self, name, shape=(), merge="sum", initializer="zeros", dtype=None):
        """Makes a state and stores it as `self.<name>`.

        Args:
            name: attribute and variable name.
            shape: tuple of sizes.
            merge: how the states of two processes become one: 'sum', 'max' or 'min'.
            initializer: 'zeros', 'ones', a number, or an initializer; `reset_state` returns to it.
            dtype: number type; None means the metric's.

        Returns:
            StateVariable: also reachable as `self.<name>`.

        Errors:
            ValueError: an unknown `merge`.
        """
        state = self._make_state(name, shape, merge, initializer, dtype)
        fixed = callable(initializer) or (isinstance(initializer, str) and initializer not in _FILLS)
        self._fills[name] = state.value.clone() if fixed else _FILLS.get(initializer, initializer)
        setattr(self, name, state)
        return state

    def add_variable(self, shape=(), initializer="zeros", dtype=None, aggregation="sum", name=None):
        """Keras's form of `add_state`: the caller stores the variable. `reset_state` sets it to 0, as in
        Keras.

        Args:
            aggregation: how the states of two processes become one: 'sum', 'max' or 'min'.

        Source: Keras 3 `Metric.add_variable`.
        """
        initializer = "zeros" if initializer is None else initializer
        return self._make_state(name or f"state_{len(self._states)}", shape, aggregation, initializer, dtype)

    def add_weight(self, *args, **kwargs):
        """The same as `add_variable`; where the first argument is a name, those of the older form follow.

        Source: Keras `Metric.add_weight`: `(shape, initializer, dtype, name)`, and in keras2 and tf.keras
        `(name, shape, initializer, dtype)`.
        """
        if args and isinstance(args[0], str):
            kwargs["name"], args = args[0], args[1:]
        return self.add_variable(*args, **kwargs)

    def _make_state(self, name, shape, merge, initializer, dtype):
        if "_states" not in self.__dict__:
            raise RuntimeError(f"{type(self).__name__} made a state before it was set up. Call "
                               "super().__init__() first in its constructor.")
        one_of(*MERGES)(f'{type(self).__name__} "{self.name}"', "merge", merge)
        name = name if name not in self._states else f"{name}_{len(self._states)}"
        state = StateVariable(_first_value(initializer, shape, dtype or self.dtype), name=name)
        self._states[name] = state
        self._merges[name] = merge
        return state

    @property
    def variables(self):
        """All states, those of metrics kept as attributes included."""
        self.hand_out()
        own = list(self.__dict__.get("_states", {}).values())
        return own + [variable for metric in self._inner_metrics() for variable in metric.variables]

    def _inner_metrics(self):
        for value in self.__dict__.values():
            for item in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(item, Metric):
                    yield item

    def merges(self):
        """list of (state, 'sum' | 'max' | 'min'): what a group of processes reduces, and how."""
        self.hand_out()
        own = [(state, self._merges[name]) for name, state in self._states.items()]
        return own + [pair for metric in self._inner_metrics() for pair in metric.merges()]

    def keep_account_on_device(self):
        """From now on an update leaves nothing to Python, which a captured graph would not run again."""
        self.settle()
        self._account_on_device = True
        for metric in self._inner_metrics():
            metric.keep_account_on_device()

    def settle(self):
        """Brings the states up to date, where batches wait or part of the account is kept in Python."""
        self.take_in_waiting()

    def to(self, device):
        """Moves the states to a device, in place; returns itself."""
        self.settle()
        for state in self._states.values():
            if state.device != torch.device(device):
                state.data = state.data.to(device)
        for metric in self._inner_metrics():
            metric.to(device)
        return self

    def follow(self, tensor):
        """Moves the states to where `tensor` is; house metrics call it in `update_state`."""
        for state in self._states.values():
            if state.device != tensor.device:
                self.to(tensor.device)
            return

    # --- life ---

    def update_state(self, *args, **kwargs):
        """Takes in one batch: (y_true, y_pred, sample_weight=None); to be written by subclasses.

        Errors:
            NotImplementedError: the subclass has not written it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no update_state(). Write "
                                  "update_state(self, y_true, y_pred, sample_weight=None).")

    def result(self):
        """The metric so far, a tensor on the device; to be written by subclasses.

        Errors:
            NotImplementedError: the subclass has not written it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no result(). Write one that returns a tensor.")

    def reset_state(self):
        """Forgets all batches."""
        if type(self).reset_states is not Metric.reset_states:  # a class of keras2 that wrote the old name
            return self.reset_states()
        self.take_in_waiting()
        self._restart()

    def reset_states(self):
        """The name of `reset_state` up to tf.keras."""
        if type(self).reset_state is not Metric.reset_state:
            return self.reset_state()
        self.take_in_waiting()
        self._restart()

    def _restart(self):
        with torch.no_grad():
            for name, state in self._states.items():
                fill = self._fills.get(name, 0)
                state.copy_(fill) if isinstance(fill, torch.Tensor) else state.fill_(fill)
        for metric in self._inner_metrics():
            metric.reset_state()

    def stateless_update_state(self, metric_variables, *args, **kwargs):
        """`update_state` on given values of the states; the metric itself stays as it is.

        Args:
            metric_variables: list of values, in the order of `variables`.
            *args: what `update_state` takes.
            **kwargs: what `update_state` takes.

        Returns:
            list of tensors: the new values.

        Errors:
            ValueError: another number of values.

        Source: Keras 3 `Metric.stateless_update_state`.
        """
        with self._standing_in(metric_variables):
            self.update_state(*args, **kwargs)
            return self._values()

    def stateless_result(self, metric_variables):
        """`result` of given values of the states.

        Source: Keras 3 `Metric.stateless_result`.
        """
        with self._standing_in(metric_variables):
            return self.result()

    def stateless_reset_state(self):
        """list of tensors: what the states start from.

        Source: Keras 3 `Metric.stateless_reset_state`.
        """
        with self._standing_in(self._values()):
            self.reset_state()
            return self._values()

    def _values(self):
        return [state.detach().clone().as_subclass(torch.Tensor) for state in self.variables]

    @contextlib.contextmanager
    def _standing_in(self, values):
        """Inside, the states have the given values."""
        own = self._values()
        if len(values) != len(own):
            fail(f'{type(self).__name__} "{self.name}"', "metric_variables", values,
                 f"{len(own)} values, one for each of `variables`")
        try:
            self._assign(values)
            yield
        finally:
            self._assign(own)

    @torch.no_grad()
    def _assign(self, values):
        for state, value in zip(self.variables, values):
            state.copy_(torch.as_tensor(value))

    @property
    def weights(self):
        """The same as `variables`; its name up to tf.keras, where a metric was a layer."""
        return self.variables

    @torch.no_grad()
    def merge_state(self, metrics):
        """Takes in what other metrics of the same class have gathered.

        Args:
            metrics: list of metrics, alike in class and arguments.

        Errors:
            ValueError: a metric with other states.

        Source: tf.keras `Metric.merge_state`.
        """
        mine = self.merges()
        for metric in metrics:
            theirs = metric.variables
            if [tuple(state.shape) for state, _ in mine] != [tuple(state.shape) for state in theirs]:
                fail(f'{type(self).__name__} "{self.name}"', "metrics", metric, "metrics with equal states",
                     "Make them with the same class and arguments, and update each once before merging.")
            for (state, merge), other in zip(mine, theirs):
                state.copy_(MERGES[merge](state, other.to(state.device)))

    def __call__(self, *args, **kwargs):
        """`update_state`, then `result`."""
        self.update_state(*args, **kwargs)
        return self.result()

    def __repr__(self):
        return f'<{type(self).__name__} "{self.name}">'
