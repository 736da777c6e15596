"""One update in the order of Keras, and where it is counted."""

import torch

from keras_torch.base.third_party import foreach
from keras_torch.optimizers import clipping
from keras_torch.optimizers.clock import DeviceClock
from keras_torch.optimizers.schedules import LearningRateSchedule
from keras_torch.optimizers.steps import mix


class Update:
    """The part of `Optimizer` that changes weights. See there for the attributes it works on."""

    def update(self, parts):
        """One update of the gathered parts; runs with gradients switched off and reads nothing back.

        Args:
            parts: list of `Part`; those without a gradient may be empty.
        """
        parts = given = [part for part in parts if part.grads]
        if not parts:
            self._complain_about_no_gradients()
        # 1. Undo the loss scale.
        if self.loss_scale_factor is not None:
            parts = [part._replace(grads=foreach.div(part.grads, self.loss_scale_factor)) for part in parts]
        # 2. Accumulate: no parts are left in a step that makes no update.
        if self.gradient_accumulation_steps is not None:
            parts = self._accumulated(parts)
        # 3. Clip, decay, update.
        if parts:
            self._update_weights(self._clipped(parts))
        # 4. Average the weights.
        if self.use_ema:
            self._average_weights()
        # 5. Constrain the weights that had a gradient.
        if self._constrained:
            self._constrain(given)
        # 6. Count.
        self._count += 1
        if self._clock is not None:
            self._clock.count.add_(1)
        # 7. Let torch's schedulers go on that step with every batch.
        if self._batch_schedulers:
            self._batch_ended()

    def _update_weights(self, parts):
        count = self._count if self._clock is None else self._clock.count
        step = count // (self.gradient_accumulation_steps or 1) + 1
        scheduled = None if self._schedule is None else self._next_scheduled(count)
        if self._by_variable:
            return self._update_each(parts, scheduled, count)
        for part in parts:
            block = part.block
            rate = self._rate(block.group) if scheduled is None else scheduled
            if self.decay:
                rate = rate / (1 + self.decay * count)
            weight_decay = block.group[block.decay_key] if block.decay_key else 0.0
            if weight_decay and self.rule_decays and self._clock is None:
                self.rule(part.params, part.grads, rate, step, decay=weight_decay * rate, **part.slots)
                continue
            if weight_decay:
                foreach.mul_(part.params, 1 - weight_decay * rate)
            self.rule(part.params, part.grads, rate, step, **part.slots)

    def _constrain(self, parts):
        touched = {id(param) for part in parts for param in part.params}
        for param, constraint in self._constrained:
            if id(param) in touched:
                param.copy_(constraint(param))

    def _rate(self, group):
        return group["lr"] if self._clock is None else self._clock.rate(id(group), float(group["lr"]))

    def _next_scheduled(self, count):
        """The rate of this step by the schedule; shown in the parameter groups, as torch's schedulers do."""
        rate = self._scheduled(count)
        for group in self._groups:
            if self._shown_rate is not None and group["lr"] != self._shown_rate:
                raise ValueError(
                    f"{self._owner()} has a schedule, and param_groups' `lr` was set to {group['lr']} "
                    "beside it. Keep one: a number as learning_rate with a torch scheduler, or the schedule.")
            if self._clock is None:
                group["lr"] = rate
        self._shown_rate = self._groups[0]["lr"]
        return rate

    def _scheduled(self, count):
        """The learning rate of a schedule or function: a float for an int, a tensor for a tensor."""
        if not isinstance(self._schedule, LearningRateSchedule):
            rate = float(self._schedule())
            return rate if self._clock is None else self._clock.rate("function", rate)
        return self._schedule.at(count)

    def _clipped(self, parts):
        if self._own and "_clip_gradients" in self._own:
            return self._clipped_by_own(parts)
        if self._own and "_transform_gradients" in self._own:
            return parts  # clipped there
        if self.clipnorm is None and self.clipvalue is None and self.global_clipnorm is None:
            return parts
        clipped = self._clip_lists([part.grads for part in parts])
        return [part._replace(grads=grads) for part, grads in zip(parts, clipped)]

    def _clip_lists(self, lists):
        """Lists of gradients, each on one device, clipped; new tensors where a limit is set.

        There is more than one limit only in the older generations: tf.keras clips values first, Keras 1 and 2
        clip them last.
        """
        values = self.clipvalue is not None
        if values and not self._clips_all:
            lists = [clipping.clip_values(grads, self.clipvalue) for grads in lists]
        if self.clipnorm is not None and not self._clips_all:
            lists = [clipping.clip_each_norm(grads, self.clipnorm) for grads in lists]
        limit = self.clipnorm if self._clips_all and self.clipnorm else self.global_clipnorm
        if limit is not None:
            scale = clipping.global_scale([grad for grads in lists for grad in grads], limit)
            lists = [foreach.mul(grads, scale.to(grads[0].device)) for grads in lists]
        if values and self._clips_all:
            lists = [clipping.clip_values(grads, self.clipvalue) for grads in lists]
        return lists

    def _accumulated(self, parts):
        """Adds the gradients up; when enough are there, the parts with their mean, else no parts."""
        for part in parts:
            foreach.add_(part.extras["gradient_accumulator"], part.grads)
        if (self._count + 1) % self.gradient_accumulation_steps:
            return []
        parts = [part._replace(grads=foreach.div(part.extras["gradient_accumulator"],
                                                 self.gradient_accumulation_steps)) for part in parts]
        for block in self._blocks:
            foreach.zero_(block.extras["gradient_accumulator"])
        return parts

    def _average_weights(self):
        if self._clock is not None:
            return self._average_weights_on_device()
        step = self._count // (self.gradient_accumulation_steps or 1)
        overwrite = self.ema_overwrite_frequency and (step + 1) % self.ema_overwrite_frequency == 0
        starts = step == 0 and not self._averages_start_with_weights
        for block in self._blocks:
            averages = block.extras["average"]
            if starts:
                foreach.copy_(averages, block.params)
            else:
                foreach.lerp_(averages, block.params, 1 - self.ema_momentum)
            if overwrite:
                foreach.copy_(block.params, averages)

    def _average_weights_on_device(self):
        step, every = self._clock.count, self.ema_overwrite_frequency
        keep = torch.full_like(step, self.ema_momentum)
        if not self._averages_start_with_weights:
            keep = torch.where(step == 0, 0.0, keep)
        for block in self._blocks:
            averages = block.extras["average"]
            mix(averages, block.params, keep)
            if every:
                overwrite = (step + 1) % every == 0
                foreach.copy_(block.params, [torch.where(overwrite, average, param)
                                             for average, param in zip(averages, block.params)])

    def finalize_variable_values(self, var_list):
        """Puts the moving average into the variables, if there is one; `fit` calls it at the end.

        Args:
            var_list: the variables.
        """
        if self.use_ema:
            self._check_known(var_list)
            with torch.no_grad():
                for variable in var_list:
                    variable.copy_(self._state[variable]["average"])

    def _complain_about_no_gradients(self):
        if not self.built:
            raise RuntimeError(f"{self._owner()} has no parameters yet. "
                               "Call build(model.parameters()) first, or hand it to compile() of a model "
                               "whose weights are made (it has an Input, or has seen data).")
        raise ValueError(f"{self._owner()}: no variable has a gradient. "
                         "Call loss.backward() before step(); the loss must depend on the variables.")

    # Counting on the device. See Note [two clocks] in clock.py.

    @property
    def capturable(self):
        """Whether `step` may be captured in a graph after `use_device_clock()`."""
        return not (self.gradient_accumulation_steps or self._own or self._by_variable
                    or self._batch_schedulers
                    or len({block.device for block in self._blocks}) > 1)

    @property
    def skips_on_device(self):
        """Whether an update can be taken back on the device without telling Python (`LossScaleOptimizer`)."""
        return self.capturable

    def use_device_clock(self):
        """Counts steps and keeps learning rates on the device from now on, so that `step` can be captured.

        Errors:
            RuntimeError: this optimizer needs Python between its steps (see `capturable`).
        """
        if not self.built or not self.capturable:
            raise RuntimeError(f"{self._owner()} cannot count on the device: it must be built, on one "
                               "device, without gradient_accumulation_steps, torch schedulers of batches "
                               "and methods of its own such as update_step.")
        self.settle()
        if self._clock is None:
            self._clock = DeviceClock(self._blocks[0].device, self._count, self._frozen_numbers())
            self.refresh_clock()

    def count_for_skipping(self):
        """Counts where an update is taken back, see `skips_on_device`."""
        self.use_device_clock()

    def use_host_clock(self):
        """Counts in Python again (reads the count from the device once)."""
        if self._clock is not None:
            self._count, self._clock = self.iterations_made(), None

    def refresh_clock(self):
        """Carries changed learning rates to the device; call it before each replay of a captured step.

        Returns:
            bool: False when something changed that a captured graph has frozen, such as a clip value: capture
                again.
        """
        if self._clock is None:
            return True
        for group in self._groups:
            if self._schedule is None:
                self._clock.rate(id(group), float(group["lr"]))
        if self._schedule is not None and not isinstance(self._schedule, LearningRateSchedule):
            self._clock.rate("function", float(self._schedule()))
        frozen = self._frozen_numbers()
        unchanged, self._clock.frozen = frozen == self._clock.frozen, frozen
        return unchanged

    def _frozen_numbers(self):
        numbers = {key: value for key, value in self.get_config().items() if key != "learning_rate"}
        return numbers | {"groups": [group["weight_decay"] for group in self._groups],
                          "schedule": id(self._schedule)}
