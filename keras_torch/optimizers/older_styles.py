"""What optimizers of the user's own call in tf.keras: numbers and slots by name, `_build_learning_rate`.

OptimizerV2 (`optimizers.legacy`)               tf.keras 2.11 and later
_set_hyper, _get_hyper, _decayed_lr             _build_learning_rate, _learning_rate
_create_slots, add_slot, get_slot               build, add_variable_from_reference (in `state.py`)
_resource_apply_dense, _prepare_local           update_step (in `own_methods.py`)
"""

import functools

import numpy as np
import torch

from keras_torch.base.checks import fail, is_number
from keras_torch.base.dtypes import torch_dtype
from keras_torch.base.serialization import serialize_value
from keras_torch.optimizers.vocabulary import check_rate

_OLD_SLOTS = {
    "m": "momentum",
    "v": "velocity",
    "vhat": "velocity_hat",
    "rms": "velocity",
    "mg": "average_gradient",
    "accum_grad": "accumulated_grad",
    "accum_var": "accumulated_delta_var",
}


class OlderStyles:
    """The part of `Optimizer` that knows the words of tf.keras's optimizers. See there for the attributes."""

    _use_locking = True
    _slot_places = {}  # (slot, place of the variable) -> state that `add_slot` made

    # Numbers by name.

    def _set_hyper(self, name, value):
        """Stores a hyperparameter, which is an attribute here."""
        setattr(self, name, value)

    @property
    def _initial_decay(self):
        return self.decay or 0.0

    @_initial_decay.setter
    def _initial_decay(self, value):
        self.decay = value

    def _get_hyper(self, name, dtype=None):
        """A hyperparameter: a schedule as it is, a number, or a tensor where a `dtype` is given."""
        value = self._learning_rate if name == "learning_rate" else getattr(self, name)
        if hasattr(value, "at"):  # a schedule
            return value
        value = value() if callable(value) else value
        return value if dtype is None else torch.as_tensor(value, dtype=torch_dtype(dtype))

    def _serialize_hyperparameter(self, hyperparameter):
        """The config of a hyperparameter: by its name (OptimizerV2), or of its value (2.11 and later)."""
        if not isinstance(hyperparameter, str):
            return float(hyperparameter) if is_number(hyperparameter) else serialize_value(hyperparameter)
        return self.config_value(hyperparameter)

    def _decayed_lr(self, var_dtype=None):
        """The learning rate of the next step, by schedule and `decay`, as a tensor without axes.

        >>> import keras_torch
        >>> keras_torch.optimizers.SGD(0.5, decay=1.0)._decayed_lr(torch.float32)
        tensor(0.5000)
        """
        rate = float(self.learning_rate) / (1 + (self.decay or 0.0) * self.iterations)
        return torch.tensor(rate, dtype=torch_dtype(var_dtype))

    @property
    def _learning_rate(self):
        return self.learning_rate if self._schedule is None else self._schedule

    @_learning_rate.setter
    def _learning_rate(self, value):
        self.learning_rate = value

    def _build_learning_rate(self, learning_rate):
        """The learning rate, checked; tf.keras makes a variable of it."""
        check_rate(self._owner(), "learning_rate", learning_rate)
        return learning_rate

    # State by name.

    def _create_slots(self, var_list):
        """Makes the slots of variables; a subclass calls `add_slot` here."""

    def _create_all_weights(self, var_list):
        """Makes all state, as scripts ask for before `set_weights`."""
        self.build(var_list)

    def add_slot(self, var, slot_name, initializer="zeros", shape=None):
        """State of a variable under a name, made when first asked for.

        Args:
            var: one of the variables the optimizer is built on.
            slot_name: name.
            initializer: 'zeros', 'ones', a value, or a function (shape, dtype) -> tensor.
            shape: its shape; None for that of the variable.
        """
        key = slot_name, self._index_of(var)
        if "_slot_places" not in self.__dict__:
            self._slot_places = {}
        if key not in self._slot_places:
            self._slot_places[key] = self.add_variable_from_reference(
                var, slot_name, initializer, shape=shape
            )
        return self._slot_places[key]

    def get_slot(self, var, slot_name):
        """The state that `add_slot` made, or that of the class, under its name of today or in tf.keras.

        Errors:
            ValueError: there is no such slot.
        """
        key = slot_name, self._index_of(var)
        if key in self._slot_places:
            return self._slot_places[key]
        known = self.state.get(var, {})
        found = slot_name if slot_name in known else _OLD_SLOTS.get(slot_name)
        if found not in known:
            fail(self._owner(), "slot_name", slot_name, f"one of {self.get_slot_names()}")
        return self._labelled(found, var)

    def get_slot_names(self):
        """Names of the slots, those of `add_slot` last."""
        own = [name for names in self.active_slots() for name in names]
        return list(dict.fromkeys([*own, *(name for name, _ in self._slot_places)]))

    def add_weight(
        self,
        name,
        shape=(),
        dtype=None,
        initializer="zeros",
        trainable=None,
        synchronization=None,
        aggregation=None,
    ):
        """State of a shape of your own; `trainable`, `synchronization` and `aggregation` are TensorFlow's."""
        if trainable:
            fail(self._owner(), "trainable", trainable, "None or False: state is not trained")
        return self.add_variable(shape, initializer, dtype, name=name)

    # What `_resource_apply_dense` is given.

    def _prepare(self, var_list):
        """apply_state: (device, dtype) -> numbers of this step that `_prepare_local` put there."""
        state = {}
        for key in dict.fromkeys((variable.device, variable.dtype) for variable in var_list):
            state[key] = {}
            self._prepare_local(*key, state)
        return state

    def _prepare_local(self, var_device, var_dtype, apply_state):
        """Puts the learning rate of this step into `apply_state`; a subclass adds its numbers."""
        apply_state[var_device, var_dtype]["lr_t"] = self._decayed_lr(var_dtype)

    def _fallback_apply_state(self, var_device, var_dtype):
        """The numbers of this step where no `apply_state` was handed over."""
        state = {(var_device, var_dtype): {}}
        self._prepare_local(var_device, var_dtype, state)
        return state[var_device, var_dtype]

    def _resource_apply_dense(self, grad, var, apply_state=None):
        """The update of one variable; overridden, it is called for each variable of a step."""
        _, rate = self._now(var)
        given = ((apply_state or {}).get((var.device, var.dtype)) or {}).get("lr_t")
        changed = given is not None and float(given) != float(torch.tensor(float(rate), dtype=given.dtype))
        self.update_step_of_rule(grad, var, given if changed else None)


def name_may_come_first(init):
    """A constructor that takes `super().__init__(name, ...)` of tf.keras as well as a learning rate."""
    names = init.house_signature.positional

    @functools.wraps(init)
    def __init__(self, *args, **kwargs):
        if args and isinstance(args[0], str):
            kwargs = {"name": args[0], **dict(zip(names[1:], args[1:])), **kwargs}
            args = ()
        init(self, *args, **kwargs)

    return __init__


def start_value(owner, initializer, shape, dtype):
    """What an initializer of state gives: 'zeros', 'ones', a value, or a function (shape, dtype).

    >>> start_value("SGD", "ones", (2,), torch.float32)
    tensor([1., 1.])
    """
    if isinstance(initializer, str):
        if initializer not in ("zeros", "ones"):
            raise ValueError(
                f"{owner}: `initializer` must be 'zeros', 'ones', a value or an initializer; got "
                f"{initializer!r}."
            )
        return torch.full(shape, float(initializer == "ones"), dtype=dtype)
    if callable(initializer) and not isinstance(initializer, torch.Tensor):
        return torch.as_tensor(initializer(shape, dtype=dtype))
    return torch.as_tensor(
        np.asarray(initializer) if not isinstance(initializer, torch.Tensor) else initializer
    )
