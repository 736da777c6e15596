"""`Optimizer`: Keras's face on a `torch.optim.Optimizer`; a subclass only writes its update rule."""

import re
import weakref

import torch

from keras_torch.base.configurable import Configurable, is_house_class, owner_label
from keras_torch.base.serialization import is_object_config, serialize_value
from keras_torch.base.third_party import foreach, optimizer_hooks, set_grad_enabled_now
from keras_torch.dialects.state import current_dialect
from keras_torch.dialects.translator import behaviour
from keras_torch.optimizers.applying import KerasCalls, name_of
from keras_torch.optimizers.blocks import Block
from keras_torch.optimizers.older_styles import OlderStyles, name_may_come_first
from keras_torch.optimizers.own_methods import OwnMethods
from keras_torch.optimizers.scalars import Iterations, LearningRate
from keras_torch.optimizers.schedules import deserialize as deserialize_schedule
from keras_torch.optimizers.scheduling import Scheduling
from keras_torch.optimizers.state import StoredState
from keras_torch.optimizers.update import Update
from keras_torch.optimizers.vocabulary import VOCABULARY, as_rate, check_rate, refuse_parameters


class Optimizer(Update, OwnMethods, OlderStyles, KerasCalls, Scheduling, StoredState, Configurable,
                torch.optim.Optimizer):
    """Changes weights along their gradients: Keras's face on a `torch.optim.Optimizer`.

    Args:
        learning_rate: step size: a number, a `LearningRateSchedule`, or a function without arguments.
        weight_decay: fraction taken from each weight per unit of learning rate, before the update; None for
            none.
        clipnorm: largest Euclidean norm of each gradient.
        clipvalue: largest absolute value in a gradient.
        global_clipnorm: largest Euclidean norm over all gradients.
        use_ema: keep a moving average of the weights; `finalize_variable_values` puts it into the weights.
        ema_momentum: share of the old average, 0..1.
        ema_overwrite_frequency: steps after which the weights take their average; None for only at the end.
        loss_scale_factor: what `scale_loss` multiplies the loss with; gradients are divided by it.
        gradient_accumulation_steps: steps whose mean gradient makes one update; None for one.
        name: name; default the class name in snake_case.
        decay: of Keras 1 and 2: learning_rate / (1 + decay * iterations).

    Errors:
        ValueError: two clip arguments at once; values out of range; no gradient at all in a step; a variable
            that the optimizer was not built on.

    Notes:
        Made before the weights are known, it is ready after `build(variables)`; `fit` and `apply_gradients`
        build it. From then on it is a torch optimizer: `zero_grad`, `step`, `state_dict`,
        `param_groups[i]["lr"]`, schedulers, step hooks. A subclass gives `slots`, `optional_slots` (slot ->
        argument that switches it on) and `rule`; or, as in Keras, `build` and
        `update_step(gradient, variable, learning_rate)`.

        In the generations before Keras 3 some formulas differ (`docs/optimizers.md` lists them); an optimizer
        keeps those of the generation it was made in. `optimizers.legacy` has those of old tf.keras.

    Source: Keras 3 `optimizers.Optimizer`. In torch: `torch.optim.Optimizer`. Ours accepts `decay`, and a
        number may replace a schedule.

    >>> from keras_torch.optimizers import SGD
    >>> weights = torch.nn.Parameter(torch.ones(2))
    >>> optimizer = SGD(0.5).build([weights])
    >>> weights.sum().backward()
    >>> optimizer.step(); weights.data
    tensor([0.5000, 0.5000])
    """

    vocabulary = VOCABULARY
    _initial_rate = 0.0
    slots = ()
    optional_slots = {}
    needs_closure = False  # whether `step` evaluates the loss by itself, as torch's LBFGS does
    formula_has_changed = False  # whether the rule was another one before tf.keras 2.11
    _model = None  # weak reference to the model that was compiled with it
    _is_legacy = False  # whether the formulas are those before tf.keras 2.11
    _old_form = None  # the class of `optimizers.legacy` of the same name
    rule_decays = False  # whether the rule takes `decay=` and applies weight decay on the way

    def __new__(cls, *args, **kwargs):
        if (args or kwargs) and is_house_class(cls):
            refuse_parameters(cls, args, kwargs)
        return super().__new__(cls)

    def __init__(self, learning_rate=0.001, weight_decay=None, clipnorm=None, clipvalue=None,
                 global_clipnorm=None, use_ema=False, ema_momentum=0.99, ema_overwrite_frequency=None,
                 loss_scale_factor=None, gradient_accumulation_steps=None, name=None, decay=None):
        self._follow_generation()
        self._count = 0
        self._clock = None
        self._blocks = []
        self._variables = []
        self._paths = []  # for each variable, its name or path, or None
        self._decaying = []  # for each variable, whether weight decay applies
        self._constrained = []
        self._excluded = (frozenset(), None)
        self.notice_own_methods()
        self._make_torch_optimizer()
        self.built = False

    def _make_torch_optimizer(self):
        # torch refuses an empty list, and its constructor is the one place that knows all its attributes.
        torch.optim.Optimizer.__init__(self, [torch.zeros(0)], {"lr": 0.0, "weight_decay": 0.0})

    def _follow_generation(self):
        """Keeps the meanings of the generation in force."""
        self._clips_all = not self._is_legacy and behaviour("clipnorm") == "all gradients"
        self._is_legacy = self._is_legacy or behaviour("optimizer formulas") == "legacy"
        self._averages_start_with_weights = behaviour("moving average of weights") == "from the start"
        limits = [key for key in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(self, key)]
        if len(limits) > 1 and not (self._is_legacy and "clipvalue" in limits and len(limits) == 2):
            raise ValueError(f"{self._owner()}: only one of `clipnorm`, `clipvalue` and `global_clipnorm` "
                             f"may be set; got {' and '.join(limits)}. Keep one of them.")

    def _patch_step_function(self):
        """torch would wrap `step` in a profiler range, as costly as a small update; hooks run in `step`."""
        self._zero_grad_profile_name = f"Optimizer.zero_grad#{type(self).__name__}.zero_grad"

    def _owner(self):
        return owner_label(type(self), self.name)

    def __repr__(self):
        return super().__repr__() if self.built else f"{type(self).__name__}(name={self.name!r}, not built)"

    # What users set at any time.

    @property
    def learning_rate(self):
        """The learning rate of the next step; a number, a schedule or a function may be assigned at any time.

        With several parameter groups: that of the first; assigning sets all.
        """
        if self._schedule is not None:
            return LearningRate(float(self._scheduled(self.iterations_made())), self)
        return LearningRate(float(self._groups[0]["lr"] if self._groups else self._initial_rate), self)

    @learning_rate.setter
    def learning_rate(self, value):
        check_rate(owner_label(type(self)), "learning_rate", value)
        value = as_rate(value)
        self._schedule = value if callable(value) else None
        self._shown_rate = None
        if self._schedule is None:
            self._initial_rate = value
            for group in self.__dict__.get("_groups", ()):
                _set_rate(group, value)

    lr = learning_rate

    @property
    def weight_decay(self):
        """Fraction taken from each weight per unit of learning rate; assigning sets all parameter groups."""
        return self._weight_decay

    @weight_decay.setter
    def weight_decay(self, value):
        self._weight_decay = value
        for group in self.__dict__.get("_groups", ()):
            group["weight_decay"] = value or 0.0

    @property
    def iterations(self):
        """Number of updates made; an update may take several steps (`gradient_accumulation_steps`)."""
        return Iterations(self.iterations_made() // (self.gradient_accumulation_steps or 1), self)

    @iterations.setter
    def iterations(self, value):
        self._count = int(value) * (self.gradient_accumulation_steps or 1)
        if self._clock is not None:
            self._clock.count.fill_(self._count)

    def iterations_made(self):
        """Number of steps made, accumulating ones included (read from the device if counted there)."""
        return self._count if self._clock is None else int(self._clock.count)

    @property
    def param_groups(self):
        """torch's parameter groups: dictionaries with `params`, `lr` and `weight_decay`.

        Errors:
            RuntimeError: the optimizer is not built yet, and no compiled model has it whose weights are made.
        """
        if self.__dict__.get("built") is False:
            self.build_on_model()
        return self._groups

    @param_groups.setter
    def param_groups(self, groups):
        self._groups = groups

    # Building.

    def belongs_to(self, model):
        """Tells the model that was compiled with this optimizer, so that `build_on_model` can ask it."""
        self._model = weakref.ref(model)

    def build_on_model(self):
        """Builds the optimizer on the trainable weights of the model it was compiled for.

        Errors:
            RuntimeError: there is no such model, or its weights are not made yet.
        """
        model = None if self._model is None else self._model()
        weights = [] if model is None else getattr(model, "trainable_weights", None) or model.parameters()
        weights = [weight for weight in weights if weight.requires_grad]
        if weights:
            self.build(weights)
        elif not self.built:
            self._complain_about_no_gradients()

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Keeps weight decay away from some variables.

        Args:
            var_list: variables.
            var_names: regular expressions searched for in a variable's path, such as ['bias'].

        Errors:
            ValueError: the optimizer is built already.
        """
        if self.built:
            raise ValueError(f"{self._owner()}: exclude_from_weight_decay() comes before build(); it is "
                             "built already.")
        pattern = re.compile("|".join(var_names)) if var_names else None
        self._excluded = (frozenset(id(variable) for variable in var_list or ()), pattern)

    def build(self, variables):
        """Makes the state for these variables. On a built optimizer: checks that it knows them.

        Args:
            variables: list of variables or parameters, or what torch takes: an iterator, (name, parameter)
                pairs, or dictionaries with `params` and, if wished, their own `lr` and `weight_decay`.

        Returns:
            Optimizer: itself.
        """
        variables = list(variables)
        if self.built:
            self._check_known([v for v in variables if isinstance(v, torch.Tensor)])
            return self
        self.built = True
        groups = variables if variables and isinstance(variables[0], dict) else [{"params": variables}]
        for group in groups:
            self.add_param_group(dict(group))
        self._make_schedulers()
        return self

    def add_param_group(self, param_group):
        """Adds parameters to a built optimizer; as in torch.

        Args:
            param_group: dictionary with `params` and, if wished, `lr`, `weight_decay`.

        Errors:
            ValueError: an option that belongs to the whole optimizer.
            TypeError: something that is no parameter.
        """
        # torch's own method is not called: it imports torch._dynamo first, which takes a second.
        if "built" not in self.__dict__:
            return  # torch's constructor with its stand-in
        unknown = set(param_group) - {"params", "lr", "weight_decay", "param_names", "initial_lr"}
        if unknown:
            raise ValueError(f"{self._owner()}: a parameter group may have its own `lr` and `weight_decay`; "
                             f"got {sorted(unknown)}. Other options are arguments of the optimizer.")
        params, names = self._members(param_group["params"])
        rate = self._initial_rate if self._schedule is None else float(self.learning_rate)
        group = {"lr": rate, "weight_decay": self.weight_decay or 0.0, **param_group, "params": params}
        if any(names):
            group["param_names"] = names
        self._groups.append(group)
        self._variables += params
        paths = [name or getattr(param, "path", None) for param, name in zip(params, names)]
        self._paths += paths
        own = "_use_weight_decay" in self._own
        self._decaying += [self._use_weight_decay(param) if own else self._decays(param, path)
                           for param, path in zip(params, paths)]
        self._regroup()
        self._create_slots(params)

    def _members(self, given):
        """Parameters and names of a group, each parameter once: a shared weight is updated once."""
        given = [given] if isinstance(given, torch.Tensor) else list(given)
        known, seen, params, names = {id(variable) for variable in self._variables}, set(), [], []
        for member in given:
            name, param = member if isinstance(member, tuple) else (None, member)
            if not isinstance(param, torch.Tensor) or not (param.is_leaf or param.retains_grad):
                raise TypeError(f"{self._owner()} changes parameters, tensors that no operation made; "
                                f"got {type(param).__name__}. Pass model.parameters().")
            if id(param) in known:
                raise ValueError(f"{self._owner()} has {name_of(param)} already. "
                                 "A parameter is in one group.")
            if id(param) not in seen:
                seen.add(id(param))
                params.append(param)
                names.append(name)
        return params, names

    def active_slots(self):
        """Slot names in the order of Keras's files: a tuple's slots alternate from variable to variable."""
        switched_on = [(name,) for name, argument in self.optional_slots.items() if getattr(self, argument)]
        return ([self.slots] if self.slots else []) + switched_on

    def extra_slots(self):
        """Names of the state that every optimizer may have, in the order of Keras's files."""
        accumulator = ["gradient_accumulator"] if self.gradient_accumulation_steps else []
        return (["average"] if self.use_ema else []) + accumulator

    def decay_key(self, param):
        """Name of the weight decay of a variable in its parameter group."""
        return "weight_decay"

    def has_slot(self, name, param):
        """Whether a variable needs that slot; a subclass may have variables of several kinds."""
        return True

    def new_slot(self, name, param):
        """The first value of a slot: zeros in the shape and memory order of the parameter."""
        return torch.zeros_like(param, requires_grad=False)

    def _slots_of(self, param):
        return tuple(name for names in self.active_slots() for name in names if self.has_slot(name, param))

    def _regroup(self):
        """Sorts the parameters into blocks and brings their state to where they are."""
        self.settle()
        self._places = places = {id(param): place for place, param in enumerate(self._variables)}
        found = {}
        for number, group in enumerate(self._groups):
            for param in group["params"]:
                place = places[id(param)]
                slots = self._slots_of(param)
                self._follow(param, slots)
                decay = self.decay_key(param) if self._decaying[place] else None
                key = number, param.device, param.dtype, decay, slots
                found.setdefault(key, []).append(place)
        self._blocks = [self._new_block(self._groups[number], decay, members, slots)
                        for (number, _, _, decay, slots), members in found.items()]
        self._constrained = [(param, param.constraint) for param in self._variables
                             if getattr(param, "constraint", None) is not None]

    def _new_block(self, group, decay_key, places, names):
        params = [self._variables[place] for place in places]

        def lists(names):
            return {name: [self._state[param][name] for param in params] for name in names}

        return Block(group, decay_key, places, params, lists(names), lists(self.extra_slots()))

    def _follow(self, param, slots):
        """Makes missing state; the rest goes where its parameter went (`model.to(...)` after `build`)."""
        state = self._state[param]
        for name in (*self.extra_slots(), *slots):
            value = state.get(name)
            if value is None:
                state[name] = self._first_average(param) if name == "average" else self.new_slot(name, param)
                continue
            model = param.detach() if value.shape == param.shape else value
            if (value.device, value.dtype, value.stride()) != (param.device, param.dtype, model.stride()):
                state[name] = torch.empty_like(model, dtype=param.dtype, device=param.device).copy_(value)

    def _first_average(self, param):
        start = param.detach() if self._averages_start_with_weights else torch.zeros_like(param.detach())
        return start.clone(memory_format=torch.preserve_format)

    def _decays(self, param, name):
        excluded, pattern = self._excluded
        return id(param) not in excluded and not (pattern is not None and pattern.search(name or ""))

    # Stepping.

    def zero_grad(self, set_to_none=True):
        """Forgets the gradients (or sets them to zero), as in torch."""
        if not set_to_none:
            foreach.zero_([param.grad for param in self._variables if param.grad is not None])
            return
        for param in self._variables:
            param.grad = None

    def step(self, closure=None):
        """One update from the gradients that `backward` left on the parameters.

        Args:
            closure: function that computes the loss again, as in torch.

        Returns:
            What the closure returned, else None.

        Errors:
            RuntimeError: not built. ValueError: no parameter has a gradient.
        """
        if self._optimizer_step_pre_hooks or self._optimizer_step_post_hooks or any(optimizer_hooks):
            return self._step_with_hooks(closure)
        return self._step(closure)

    def _step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        before = torch.is_grad_enabled()
        set_grad_enabled_now(False)
        try:
            parts = [block.gather() for block in self._blocks]
            if None in parts:  # the model went to another device, number type or memory order
                self._regroup()
                parts = [block.gather() for block in self._blocks]
            self.update(parts) if self._entry is None else self.update_by_own(parts)
        finally:
            set_grad_enabled_now(before)
        return loss

    def _step_with_hooks(self, closure):
        args, kwargs = ((self,) if closure is None else (self, closure)), {}
        for hook in (*optimizer_hooks[0].values(), *self._optimizer_step_pre_hooks.values()):
            changed = hook(self, args, kwargs)
            if changed is not None:
                args, kwargs = changed
        loss = self._step(*args[1:], **kwargs)
        for hook in (*self._optimizer_step_post_hooks.values(), *optimizer_hooks[1].values()):
            hook(self, args, kwargs)
        return loss

    # Config.

    def config_value(self, name):
        """Today's value of one constructor argument."""
        if name == "learning_rate":
            return float(self.learning_rate) if self._schedule is None else serialize_value(self._schedule)
        return super().config_value(name)

    def get_config(self):
        """Arguments that rebuild this optimizer, without its state.

        Returns:
            dict: argument name -> value; `decay` and `is_legacy_optimizer` only where they mean something,
                since Keras 3 has no such arguments.
        """
        config = super().get_config()
        if not config.get("decay"):
            config.pop("decay", None)
        if self._clips_all and self.clipnorm is not None:
            config.update(clipnorm=None, global_clipnorm=self.clipnorm)
        differs = self.formula_has_changed or (self.clipvalue and (self.clipnorm or self.global_clipnorm))
        if differs and (self._is_legacy or "decay" in config):
            config["is_legacy_optimizer"] = self._is_legacy
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The optimizer that `get_config` described, of any Keras generation.

        Args:
            config: dictionary; it is left unchanged.
            custom_objects: dict, name -> class or function, for a schedule of your own.

        Notes:
            Formulas are those before tf.keras 2.11 where the config says so (`is_legacy_optimizer`) or has
            words of that time (`lr`, `decay`), or where tf.keras is in force and the config says nothing.
        """
        config = dict(config)
        config.pop("jit_compile", None)
        words_of_old = "lr" in config or "decay" in config or current_dialect() == "tf.keras"
        is_old = config.pop("is_legacy_optimizer", words_of_old and bool(config))
        if is_object_config(config.get("learning_rate")):
            config["learning_rate"] = deserialize_schedule(config["learning_rate"], custom_objects)
        limits = [key for key in ("clipnorm", "clipvalue", "global_clipnorm") if config.get(key)]
        differs = cls._old_form is not None and (cls.formula_has_changed or len(limits) > 1)
        return (cls._old_form if is_old and differs else cls)._rebuilt(config)

    @classmethod
    def _rebuilt(cls, config):
        return super().from_config(config)


Optimizer.__init__ = name_may_come_first(Optimizer.__init__)


def _set_rate(group, value):
    if isinstance(group["lr"], torch.Tensor):
        group["lr"].fill_(value)
    else:
        group["lr"] = value
