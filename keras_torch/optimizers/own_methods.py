"""Methods of the user's own: which ones a subclass has, and updates that go by them.

Note [methods of the user's own]
    The update of a house optimizer goes straight from the gradients to one kernel for all variables. Keras
    lets a subclass step in on the way: `fit` calls `apply_gradients` (or `apply`), which clips, decays and
    calls `update_step` for each variable. `notice_own_methods` asks once which of these methods are the
    user's; only then is there anything to call, and a class without any keeps the straight way.
"""

import inspect
import warnings

import torch

from keras_torch.dialects.translator import behaviour
from keras_torch.optimizers.blocks import laid_out_like

ENTRIES = ("apply_gradients", "apply")
TRANSFORMS = ("_transform_unaggregated_gradients", "_aggregate_gradients", "_transform_gradients")
FROM_LOSS = ("minimize", "compute_gradients", "_compute_gradients", "_transform_loss")
OF_VARIABLES = ("update_step", "_resource_apply_dense", "_apply_weight_decay")
OTHERS = (
    "get_gradients",
    "get_updates",
    "scale_loss",
    "_clip_gradients",
    "_create_slots",
    "_use_weight_decay",
)
_FOR_EACH_VARIABLE = "Override update_step(self, gradient, variable, learning_rate)."
_FOR_ALL = "Override apply_gradients(self, grads_and_vars)."
REFUSED = {
    "_backend_apply_gradients": _FOR_ALL,
    "_backend_update_step": _FOR_EACH_VARIABLE,
    "_update_step": _FOR_EACH_VARIABLE,
    "_distributed_apply": _FOR_ALL,
    "_internal_apply_gradients": _FOR_ALL,
    "_distributed_apply_gradients_fn": _FOR_ALL,
    "_get_gradients": "Override compute_gradients().",
    "_update_model_variables_moving_average": "Use callbacks.SwapEMAWeights, or a callback of your own.",
    "_overwrite_model_variables_with_average_value": "Override finalize_variable_values().",
}
SPARSE = (
    "_resource_apply_sparse",
    "_resource_apply_sparse_duplicate_indices",
    "_apply_dense",
    "_apply_sparse",
)


class OwnMethods:
    """The part of `Optimizer` that calls what a subclass overrides. See there for the attributes."""

    _own = frozenset()  # names of the methods that are the user's
    _entry = None  # the one of them that a step begins with
    _by_variable = False  # whether variables are updated one by one
    _running = {}  # during an update one by one: id of a variable -> (block, rate)
    learns_from_loss = False  # whether a step is the user's from the loss on: fit hands it the loss

    def notice_own_methods(self):
        """Finds out which methods are the user's own; `fit` asks again, since objects can be patched.

        Errors:
            NotImplementedError: a method that would never be called here.
        """
        names = (*ENTRIES, *TRANSFORMS, *FROM_LOSS, *OF_VARIABLES, *OTHERS)
        own = self._own = frozenset(name for name in names if self._is_own(name))
        self._refuse_unheard(own)
        if "get_gradients" in own and behaviour("optimizer formulas") == "today":
            warnings.warn(
                f"{type(self).__name__}.get_gradients() is the user's own; training calls it in Keras 1 "
                "and 2, not in tf.keras and Keras 3. Override apply_gradients() there, or use a "
                "dialect of that time.",
                stacklevel=2,
            )
            own = self._own = own - {"get_gradients"}
        self._entry = (
            "apply_gradients"
            if own & {"apply_gradients", *TRANSFORMS}
            else "apply"
            if "apply" in own
            else None
        )
        self._by_variable = bool(own & set(OF_VARIABLES)) or type(self).rule is OwnMethods.rule
        self.learns_from_loss = bool(own & {*FROM_LOSS, "get_gradients", "get_updates"})
        self._each = self._caller_of_each(own)

    def _is_own(self, name):
        found = self.__dict__.get(name) or getattr(type(self), name, None)
        return found is not None and (getattr(found, "__module__", None) or "").split(".")[0] != "keras_torch"

    def _refuse_unheard(self, own):
        for name, way_out in REFUSED.items():
            if self._is_own(name):
                raise NotImplementedError(
                    f"{type(self).__name__}.{name}() is never called here, where updates "
                    f"go another way inside. {way_out}"
                )
        unheard = [name for name in SPARSE if self._is_own(name)]
        if unheard and not own & set(OF_VARIABLES):
            raise NotImplementedError(
                f"{type(self).__name__}.{unheard[0]}() is never called here: gradients "
                "are dense tensors. Override _resource_apply_dense() or update_step()."
            )

    def _caller_of_each(self, own):
        """Function (gradient, variable, rate, apply_state) that updates a variable the user's way."""
        if "_resource_apply_dense" in own and ("update_step" not in own or self._is_legacy):
            method = self._resource_apply_dense
            if "apply_state" in inspect.signature(method).parameters:
                return _with_state
            return _dense
        if "update_step" not in own:
            return _by_rule
        return _with_rate if len(inspect.signature(self.update_step).parameters) > 2 else _without_rate

    @property
    def scales_loss(self):
        """Whether the loss goes through `scale_loss` before its gradients are computed."""
        return self.loss_scale_factor is not None or "scale_loss" in self._own

    # From gradients.

    def update_by_own(self, parts):
        """`update`, by way of the user's own `apply_gradients` or `apply`; parts as there."""
        pairs = [(grad, param) for part in parts for grad, param in zip(part.grads, part.params)]
        pairs.sort(key=lambda pair: self._index_of(pair[1]))
        if not pairs:
            self._complain_about_no_gradients()
        entry, self._entry = self._entry, None  # what it calls in turn takes the straight way
        try:
            if entry == "apply":
                self.apply([grad for grad, _ in pairs], [param for _, param in pairs])
            else:
                self.apply_gradients(pairs)
        finally:
            self._entry = entry

    def _transform_unaggregated_gradients(self, grads_and_vars):
        return grads_and_vars

    def _aggregate_gradients(self, grads_and_vars):
        return grads_and_vars

    def _transform_gradients(self, grads_and_vars):
        """Clips, in OptimizerV2; a subclass's own one is all the clipping there is."""
        pairs = list(grads_and_vars)
        clipped = OwnMethods._clip_gradients(self, [grad for grad, _ in pairs])
        return [(grad, variable) for grad, (_, variable) in zip(clipped, pairs)]

    def _transformed(self, pairs):
        for name in TRANSFORMS:
            if name in self._own:
                pairs = list(getattr(self, name)(pairs))
        return pairs

    def _clip_gradients(self, grads):
        """Clipped gradients; a subclass may clip its own way, or change them otherwise."""
        found = iter(self._clip_lists([[grad] for grad in grads if grad is not None]))
        return [None if grad is None else next(found)[0] for grad in grads]

    def _clipped_by_own(self, parts):
        grads = iter(self._clip_gradients([grad for part in parts for grad in part.grads]))
        return [
            part._replace(grads=[laid_out_like(next(grads), param) for param in part.params])
            for part in parts
        ]

    # From the loss.

    def learn_from(self, loss):
        """One update from a loss, by the user's own `minimize` or what else of it is his."""
        params = [param for param in self._variables if param.requires_grad]
        if "get_updates" in self._own:
            return self._run_updates(loss, params)
        if self._own & set(FROM_LOSS):
            return self.minimize(loss, params, tape=Tape())
        grads = self.get_gradients(self.scale_loss(loss) if self.scales_loss else loss, params)
        self.apply_gradients(list(zip(grads, params)))

    def _transform_loss(self, loss):
        return loss

    def _compute_gradients(self, loss, var_list, grad_loss=None, tape=None):
        return self.compute_gradients(loss, var_list, tape, grad_loss)

    # Variable by variable.

    def rule(self, params, grads, rate, step, **slots):
        """The update of one block: lists of tensors, changed in place.

        Args:
            params: the weights.
            grads: their gradients; not to be changed.
            rate: learning rate of this step, a number or a tensor without axes.
            step: 1 in the first update; a number or a tensor without axes.
            slots: one list of tensors for each slot.

        Errors:
            NotImplementedError: the subclass has neither a rule nor an `update_step`.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no update. Write rule(self, params, grads, rate, step, **slots) "
            "over lists, or update_step(self, gradient, variable, learning_rate)."
        )

    def update_step(self, gradient, variable, learning_rate=None):
        """The update of one variable; overridden, it is called for each variable of a step.

        Args:
            gradient: the gradient, clipped.
            variable: one of the variables the optimizer was built on.
            learning_rate: number or tensor without axes; None for that of this step.

        Notes:
            A subclass may change what it is given and hand it on to this one, which has the update of the
            class. With `(self, gradient, variable)` it is called as in tf.keras.
        """
        self.update_step_of_rule(gradient, variable, learning_rate)

    def update_step_of_rule(self, gradient, variable, learning_rate=None):
        """The update of one variable by the class's rule, whatever is overridden; see `update_step`."""
        block, rate = self._now(variable)
        if learning_rate is not None:
            rate = _number(learning_rate)
        count = self._count if self._clock is None else self._clock.count
        slots = {name: [self._state[variable][name]] for name in block.slots}
        self.rule(
            [variable],
            [laid_out_like(gradient, variable)],
            rate,
            count // (self.gradient_accumulation_steps or 1) + 1,
            **slots,
        )

    def _now(self, variable):
        """(block, learning rate) of a variable in this step."""
        if id(variable) in self._running:
            return self._running[id(variable)]
        self._check_known([variable])
        block = next(block for block in self._blocks if any(each is variable for each in block.params))
        return block, self._rate_of_block(block, None, self._count)

    def _rate_of_block(self, block, scheduled, count):
        if scheduled is None and self._schedule is not None:
            scheduled = self._scheduled(count)
        rate = self._rate(block.group) if scheduled is None else scheduled
        return rate / (1 + self.decay * count) if self.decay else rate

    def _update_each(self, parts, scheduled, count):
        """Step 3 of `update`, variable by variable."""
        blocks = [(part, self._rate_of_block(part.block, scheduled, count)) for part in parts]
        self._running = {id(param): (part.block, rate) for part, rate in blocks for param in part.params}
        params = [param for part in parts for param in part.params]
        try:
            self._apply_weight_decay(params)
            state = self._prepare(params) if self._each is _with_state else None
            for part, rate in blocks:
                for param, grad in zip(part.params, part.grads):
                    self._each(self, grad, param, rate, state)
        finally:
            del self._running

    def _apply_weight_decay(self, variables):
        """Takes `weight_decay` times the rate from each of the variables that decay."""
        for variable in variables:
            block, rate = self._now(variable)
            decay = block.group[block.decay_key] if block.decay_key else 0.0
            if decay:
                variable.mul_(1 - decay * rate)

    def _use_weight_decay(self, variable):
        """Whether weight decay applies to a variable."""
        return self._decays(variable, getattr(variable, "path", None))


def _number(rate):
    """A learning rate as rules take it: tensors on the CPU become numbers."""
    return rate if isinstance(rate, torch.Tensor) and rate.device.type != "cpu" else float(rate)


# How variables are updated one by one: functions (optimizer, gradient, variable, rate, apply_state).


def _with_rate(optimizer, gradient, variable, rate, state):
    optimizer.update_step(gradient, variable, rate)


def _without_rate(optimizer, gradient, variable, rate, state):
    optimizer.update_step(gradient, variable)


def _by_rule(optimizer, gradient, variable, rate, state):
    optimizer.update_step_of_rule(gradient, variable)


def _dense(optimizer, gradient, variable, rate, state):
    optimizer._resource_apply_dense(gradient, variable)


def _with_state(optimizer, gradient, variable, rate, state):
    optimizer._resource_apply_dense(gradient, variable, apply_state=state)


class Tape:
    """What a `minimize` of tf.keras's form gets as `tape`: torch has recorded the loss already.

    >>> weight = torch.ones(2, requires_grad=True)
    >>> Tape().gradient(weight.sum(), [weight])
    [tensor([1., 1.])]
    """

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def watch(self, tensors):
        """Nothing to do: torch has recorded everything."""

    def gradient(self, target, sources, output_gradients=None):
        """Gradients of `target`, in the form of `sources`: a tensor or a list; None where there is none."""
        single = isinstance(sources, torch.Tensor)
        found = torch.autograd.grad(
            target,
            [sources] if single else list(sources),
            output_gradients,
            allow_unused=True,
            retain_graph=True,
        )
        return found[0] if single else list(found)
