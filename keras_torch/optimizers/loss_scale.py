"""Dynamic loss scaling, for training in float16."""

import numpy as np
import torch

from keras_torch.base import checks
from keras_torch.base.checks import Term, fail
from keras_torch.base.serialization import deserialize_keras_object, serialize_keras_object
from keras_torch.base.third_party import foreach, unscale_and_check, update_loss_scale
from keras_torch.base.variable import StateVariable
from keras_torch.optimizers.native import NativeOptimizer
from keras_torch.optimizers.optimizer import Optimizer
from keras_torch.optimizers.state import VariableList


def _an_optimizer(owner, argument, value):
    if not isinstance(value, Optimizer) or isinstance(value, LossScaleOptimizer):
        fail(owner, argument, value, "an optimizer without loss scaling", "Write "
                                                                          "LossScaleOptimizer(Adam(1e-3)).")


class LossScaleOptimizer(Optimizer):
    """Multiplies the loss so that float16 gradients do not vanish; leaves out steps that overflow.

    The scale doubles after `dynamic_growth_steps` good steps and is halved by a bad one.

    Args:
        inner_optimizer: the optimizer that makes the updates.
        initial_scale: first scale of the loss; None for 2**15.
        dynamic_growth_steps: good steps after which the scale doubles; None for 2000.
        name: name; default the class name in snake_case.
        dynamic: of tf.keras: False keeps `initial_scale`, which must be given then; every step is made.

    Errors:
        ValueError: the inner optimizer scales losses by itself; a fixed scale without its number.

    Notes:
        On an accelerator nothing is read back: gradients are checked, the scale is changed and the update is
        left out on the device, and the inner optimizer counts there. Where it cannot (see
        `Optimizer.skips_on_device`), one number is read per step.

    Source: Keras 3 `optimizers.LossScaleOptimizer`. In torch: `torch.amp.GradScaler`.

    >>> weights = torch.nn.Parameter(torch.ones(2))
    >>> inner = Optimizer()
    >>> LossScaleOptimizer(inner, initial_scale=8.0).scale_loss(torch.tensor(2.0))
    tensor(16.)
    """

    vocabulary = {
        "inner_optimizer": Term(_an_optimizer, doc="the optimizer that makes the updates", optional=False),
        "initial_scale": Term(checks.positive_number, float, "first scale of the loss"),
        "dynamic_growth_steps": Term(checks.positive_int, doc="good steps after which the scale doubles"),
        "dynamic": Term(checks.boolean, bool, "whether the scale moves", optional=False),
    }

    def __init__(self, inner_optimizer, initial_scale=2.0 ** 15, dynamic_growth_steps=2000, name=None,
                 dynamic=True):
        super().__init__(name=name)
        if not dynamic and (initial_scale is None or dynamic_growth_steps not in (None, 2000)):
            fail(self._owner(), "dynamic", dynamic, "True where `initial_scale` is None or "
                 "`dynamic_growth_steps` is given", "A fixed scale has only its number: initial_scale=128.")
        if inner_optimizer.loss_scale_factor is not None:
            fail(self._owner(), "inner_optimizer", inner_optimizer.name, "an optimizer without "
                                                                         "`loss_scale_factor`",
                 "Leave one of the two out.")
        self.initial_scale = 2.0 ** 15 if self.initial_scale is None else self.initial_scale
        self.dynamic_growth_steps = self.dynamic_growth_steps or 2000
        self._unscaled = False  # whether get_unscaled_gradients() has divided the gradients of this step
        self.dynamic_scale = torch.tensor(self.initial_scale)
        self.step_counter = torch.tensor(0, dtype=torch.int32)
        self._bad = torch.zeros(1)

    # What belongs to the inner optimizer.

    @property
    def learning_rate(self):
        """The inner optimizer's learning rate."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        if "inner_optimizer" in self.__dict__ and "built" in self.__dict__:
            self.inner_optimizer.learning_rate = value
        self._schedule = None

    lr = learning_rate

    @property
    def iterations(self):
        """The inner optimizer's number of updates."""
        return self.inner_optimizer.iterations

    @iterations.setter
    def iterations(self, value):
        self.inner_optimizer.iterations = value

    @property
    def param_groups(self):
        """The inner optimizer's parameter groups."""
        if self.__dict__.get("built") is False:
            self.build_on_model()
        return self.inner_optimizer.param_groups if "built" in self.__dict__ else self._groups

    @param_groups.setter
    def param_groups(self, groups):
        self._groups = groups

    @property
    def state(self):
        """The inner optimizer's state."""
        return self.inner_optimizer.state

    @state.setter
    def state(self, value):
        pass  # torch's constructor makes one

    @property
    def _blocks(self):
        return self.inner_optimizer._blocks

    @_blocks.setter
    def _blocks(self, blocks):
        pass

    @property
    def _variables(self):
        return self.inner_optimizer._variables

    @_variables.setter
    def _variables(self, variables):
        pass

    def _decayed_lr(self, var_dtype=None):
        return self.inner_optimizer._decayed_lr(var_dtype)

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """See `Optimizer.exclude_from_weight_decay`."""
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def build(self, variables):
        """Builds the inner optimizer; see `Optimizer.build`."""
        self.inner_optimizer.build(variables)
        if not self.built:
            self.built = True
            device = self.inner_optimizer._blocks[0].device
            self.dynamic_scale = self.dynamic_scale.to(device)
            self.step_counter = self.step_counter.to(device)
            self._bad = self._bad.to(device)
        return self

    def scheduled_by(self, scheduler, every=None, monitor=None):
        """Lets a torch scheduler set the inner optimizer's rate; see `Optimizer.scheduled_by`."""
        self.inner_optimizer.scheduled_by(scheduler, every, monitor)
        return self

    def epoch_ended(self, logs):
        """See `Optimizer.epoch_ended`."""
        self.inner_optimizer.epoch_ended(logs)

    def add_param_group(self, param_group):
        """Adds parameters to the inner optimizer; see `Optimizer.add_param_group`."""
        if self.__dict__.get("built"):
            self.inner_optimizer.add_param_group(param_group)

    def zero_grad(self, set_to_none=True):
        """Forgets the gradients, as in torch."""
        self.inner_optimizer.zero_grad(set_to_none)

    def finalize_variable_values(self, var_list):
        """Puts the inner optimizer's moving average into the variables."""
        self.inner_optimizer.finalize_variable_values(var_list)

    # Scaling.

    scales_loss = True

    def notice_own_methods(self):
        """See `Optimizer.notice_own_methods`.

        Errors:
            NotImplementedError: the inner optimizer computes its gradients from the loss by itself.
        """
        super().notice_own_methods()
        inner = self.inner_optimizer
        inner.notice_own_methods()
        if inner.learns_from_loss:
            raise NotImplementedError(f"{self._owner()} cannot scale the loss for {type(inner).__name__}, "
                                      "which takes it in methods of its own. Override apply_gradients() "
                                      "there, or compile(auto_scale_loss=False).")

    def scale_loss(self, loss):
        """The loss to call `backward` on."""
        return loss * (self.dynamic_scale if loss.device == self.dynamic_scale.device else self.initial_scale)

    get_scaled_loss = scale_loss  # its name in tf.keras

    def get_unscaled_gradients(self, grads):
        """Gradients of the scaled loss divided by the scale, as tf.keras's custom loops ask for them.

        Args:
            grads: list of tensors or None; the next `apply_gradients` takes what came of it as it is.
        """
        self._unscaled = True
        return [None if grad is None else grad / self.dynamic_scale for grad in grads]

    @property
    def loss_scale(self):
        """The scale in force, as a tensor; its name in tf.keras."""
        return self.dynamic_scale

    def update(self, parts):
        """One update, or none when a gradient is not finite; see `Optimizer.update`."""
        parts = [part._replace(grads=foreach.mul(part.grads, 1.0)) for part in parts if part.grads]
        if not parts:
            self._complain_about_no_gradients()
        if not self.dynamic:
            return self._update_inner(parts if self._took_unscaled() else self._unscaled_parts(parts))
        self._bad.zero_()
        one = torch.ones_like(self.dynamic_scale)
        inverse = one if self._took_unscaled() else self.dynamic_scale.reciprocal()
        for part in parts:
            unscale_and_check(part.grads, self._bad, inverse)
        if not self._reads_back():
            self._update_unless_bad(parts)
        elif not self._bad.item():
            self._update_inner(parts)
        update_loss_scale(self.dynamic_scale, self.step_counter, self._bad, 2.0, 0.5,
                          self.dynamic_growth_steps)

    def _took_unscaled(self):
        """Whether the gradients of this step come from `get_unscaled_gradients`."""
        before, self._unscaled = self._unscaled, False
        return before

    def _unscaled_parts(self, parts):
        return [part._replace(grads=foreach.div(part.grads, self.initial_scale)) for part in parts]

    def _update_inner(self, parts):
        inner = self.inner_optimizer
        inner.update(parts) if inner._entry is None else inner.update_by_own(parts)

    def _reads_back(self):
        """Whether Python decides on the update: free on the CPU; needed where `inner` needs it."""
        return self._bad.device.type == "cpu" or not self.inner_optimizer.skips_on_device

    def _update_unless_bad(self, parts):
        """Makes the update and takes it back where it was bad, without knowing which it is."""
        inner = self.inner_optimizer
        if isinstance(inner, NativeOptimizer):
            return inner.step_unless(self._bad[0], parts)
        inner.count_for_skipping()
        keepers = [keeper for keeper in (inner, *inner._state_keepers()) if keeper.built]
        touched = list({id(keeper): keeper._clock.count for keeper in keepers}.values())
        for block in inner._blocks:  # all of them: averages of weights without a gradient move too
            touched += [*block.params, *(tensor for tensors in (*block.slots.values(), *block.extras.values())
                                         for tensor in tensors)]
        before = [tensor.clone(memory_format=torch.preserve_format) for tensor in touched]
        inner.update(parts)
        bad = self._bad[0] > 0
        for tensor, old in zip(touched, before):
            tensor.copy_(torch.where(bad, old, tensor))

    def _parts_of(self, grads, variables):
        return self.inner_optimizer._parts_of(grads, variables)

    def _regroup(self):
        self.inner_optimizer._regroup()

    # State and config.

    def _own_variables(self):
        """Keras's files begin with a count and a learning rate that are not used."""
        return [StateVariable(torch.tensor(0), name="iteration"), StateVariable(torch.tensor(0.0),
                                                                                name="learning_rate"),
                StateVariable(self.step_counter, name="step_counter"),
                StateVariable(self.dynamic_scale, name="dynamic_scale")]

    @property
    def variables(self):
        """Own state, then the inner optimizer's variables, as in Keras 3's files."""
        return VariableList(self._own_variables() + self.inner_optimizer.variables)

    def _state_keepers(self):
        return [self.inner_optimizer]

    def get_weights(self):
        """Own state and the inner optimizer's weights."""
        return [variable.numpy() for variable in self._own_variables()] + self.inner_optimizer.get_weights()

    def set_weights(self, weights):
        """Restores what `get_weights` gave."""
        self._be_built()
        self.inner_optimizer.set_weights(weights[4:])
        self._restore_own(weights)

    def load_own_variables(self, store):
        """Restores what `save_own_variables` wrote; see `Optimizer.load_own_variables`."""
        arrays = [store[key] for key in sorted(store.keys(), key=int)]
        self.inner_optimizer.load_own_variables({str(place): array for place, array in enumerate(arrays[4:])})
        self._restore_own(arrays)

    def _restore_own(self, arrays):
        for array, variable in zip(arrays, self._own_variables()):
            variable.assign(torch.as_tensor(np.asarray(array)))

    def state_dict(self):
        """The inner optimizer's, with `loss_scale` and `good_steps` beside it."""
        self._be_built()
        return {**self.inner_optimizer.state_dict(), "loss_scale": self.dynamic_scale.clone(),
                "good_steps": self.step_counter.clone()}

    def load_state_dict(self, state_dict):
        """Restores a `state_dict()`."""
        self._be_built()
        self.inner_optimizer.load_state_dict(state_dict)
        self.dynamic_scale.copy_(state_dict["loss_scale"])
        self.step_counter.copy_(state_dict["good_steps"])

    def __getstate__(self):
        return {key: value for key, value in self.__dict__.items()
                if key not in ("step", "_model") and not key.startswith("_optimizer_")}

    def __setstate__(self, state):
        torch.optim.Optimizer.__setstate__(self, state)

    def get_config(self):
        """Arguments that rebuild this optimizer, without its state."""
        config = {"name": self.name, "inner_optimizer": serialize_keras_object(self.inner_optimizer),
                  "initial_scale": self.initial_scale}
        if not self.dynamic:  # Keras 3 has no such argument
            return {**config, "dynamic": False}
        return {**config, "dynamic_growth_steps": self.dynamic_growth_steps}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The optimizer that `get_config` described."""
        inner = deserialize_keras_object(config["inner_optimizer"], custom_objects)
        return cls(**{**config, "inner_optimizer": inner})
