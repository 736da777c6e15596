"""How Keras code asks for an update: gradients and variables by hand."""

import inspect
import warnings

import torch

from keras_torch.base.collected_updates import COLLECTING, CollectedUpdates


class KerasCalls:
    """The part of `Optimizer` that takes gradients as arguments instead of from `backward`."""

    def apply_gradients(self, grads_and_vars, name=None, skip_gradients_aggregation=None,
                        experimental_aggregate_gradients=None, global_step=None):
        """One update from (gradient, variable) pairs; builds the optimizer when needed.

        Args:
            grads_and_vars: pairs; a gradient may be None.
            name: of tf.keras: names the operation in a graph, of which there is none here.
            skip_gradients_aggregation: of tf.keras; True only where one process trains: see Errors.
            experimental_aggregate_gradients: of older tf.keras; False only where one process trains.
            global_step: of `tf.train`; must be None: `iterations` counts.

        Returns:
            Iterations: the number of updates made.

        Errors:
            ValueError: no pairs with a gradient; aggregation is to be switched off where several processes
                train, whose gradients are averaged during `backward` here; a `global_step`.
        """
        if (skip_gradients_aggregation or experimental_aggregate_gradients is False) and _processes() > 1:
            raise ValueError(f"{self._owner()}: apply_gradients() takes gradients as they are; it never sums "
                             "over processes, torch's DistributedDataParallel does during backward(). Leave "
                             "`skip_gradients_aggregation` out.")
        if global_step is not None:
            raise ValueError(f"{self._owner()}: `global_step` must be None; `iterations` counts updates.")
        if name is not None and not isinstance(name, str):
            raise ValueError(f"{self._owner()}: `name` must be a string or None; got {name!r}.")
        pairs = list(grads_and_vars)
        if self._own:
            pairs = self._transformed(pairs)
        self.apply([grad for grad, _ in pairs], [variable for _, variable in pairs])
        return self.iterations

    def apply(self, grads, trainable_variables=None):
        """One update from a list of gradients.

        Args:
            grads: tensors, None where a variable has no gradient.
            trainable_variables: the variables they belong to; None for those the optimizer was built on.

        Errors:
            ValueError: not built and no variables given; unknown variables; another number of gradients; no
                gradient.
        """
        grads = list(grads)
        if not grads:
            return
        variables = self._variables_of(grads, trainable_variables)
        if self.built:
            self._check_known(variables)
        else:
            self.build(variables)
        missing = [name_of(variable) for variable, grad in zip(variables, grads) if grad is None]
        if missing and len(missing) < len(grads):
            warnings.warn(f"{self._owner()}: no gradient reaches {', '.join(missing)}; they stay as they "
                          "are. Leave them out of the variables, or use them in the loss.", stacklevel=2)
        with torch.no_grad():
            self.update(self._parts_of(grads, variables))

    def _variables_of(self, grads, variables):
        if variables is None:
            if not self.built:
                raise ValueError(f"{self._owner()}: apply() without variables needs a built optimizer. Call "
                                 "build(variables) first, or pass the variables too.")
            variables = self._variables
        variables = list(variables)
        if len(grads) != len(variables):
            raise ValueError(f"{self._owner()}: apply() got {len(grads)} gradients for {len(variables)} "
                             "variables. "
                             "Give one for each, None where there is none.")
        return variables

    def _parts_of(self, grads, variables):
        of_variable = {id(variable): grad for variable, grad in zip(variables, grads)}
        aligned = [of_variable.get(id(variable)) for variable in self._variables]
        for variable, grad in zip(self._variables, aligned):
            if grad is not None and grad.shape != variable.shape:
                raise ValueError(f"{self._owner()}: the gradient of {name_of(variable)} has shape "
                                 f"{tuple(grad.shape)}, the variable {tuple(variable.shape)}. "
                                 "Give gradients and variables in the same order.")
        if any(block.has_moved() for block in self._blocks):
            self._regroup()
        return [block.part([aligned[place] for place in block.positions]) for block in self._blocks]

    def _check_known(self, variables):
        known = {id(variable) for variable in self._variables}
        for variable in variables:
            if id(variable) not in known:
                raise ValueError(f"{self._owner()} was built on other variables: {name_of(variable)} is "
                                 "unknown to it. "
                                 "Make a new optimizer for it, or use add_param_group().")

    def minimize(self, loss, var_list, tape=None, grad_loss=None, name=None):
        """Computes gradients of the loss and makes one update.

        Args:
            loss: scalar tensor, or a function without arguments that returns one.
            var_list: the variables, or a function that returns them.
            tape: None, since torch records gradients by itself; or the GradientTape of a TensorFlow script.
            grad_loss: gradient of what follows with regard to the loss; None for 1.
            name: of tf.keras, see `apply_gradients`.

        Returns:
            Iterations: the number of updates made.

        Errors:
            ValueError: the loss depends on none of the variables; a `tape` that is none.
        """
        if "_compute_gradients" in self._own:
            pairs = self._compute_gradients(loss, var_list=var_list, grad_loss=grad_loss, tape=tape)
        elif grad_loss is None:
            pairs = self.compute_gradients(loss, var_list, tape)
        else:
            pairs = self.compute_gradients(loss, var_list, tape, grad_loss)
        return self.apply_gradients(pairs) if name is None else self.apply_gradients(pairs, name=name)

    def compute_gradients(self, loss, var_list, tape=None, grad_loss=None):
        """(gradient, variable) pairs of a loss; arguments as in `minimize`."""
        if tape is not None and not hasattr(tape, "gradient"):
            raise ValueError(f"{self._owner()}: `tape` must be None or a GradientTape; torch records "
                             "gradients by itself.")
        if callable(loss) and not isinstance(loss, torch.Tensor):
            with torch.enable_grad():
                loss = loss()
        if "_transform_loss" in self._own:
            loss = self._transform_loss(loss)
        variables = list(var_list() if callable(var_list) else var_list)
        if tape is not None:
            found = tape.gradient(self.scale_loss(loss), variables, grad_loss)
        else:
            found = torch.autograd.grad(self.scale_loss(loss), variables, grad_outputs=grad_loss,
                                        allow_unused=True)
        return list(zip(found, variables))

    def get_gradients(self, loss, params):
        """The gradients of a loss, clipped, as Keras 1 and 2 give them.

        Args:
            loss: scalar tensor.
            params: the variables.

        Returns:
            list: one tensor for each variable.

        Errors:
            ValueError: the loss does not depend on one of the variables.
        """
        params = list(params)
        found = torch.autograd.grad(loss, params, allow_unused=True, retain_graph=True)
        for grad, param in zip(found, params):
            if grad is None:
                raise ValueError(f"{self._owner()}: the loss does not depend on {name_of(param)}, so it "
                                 "has no gradient. Leave it out of `params`.")
        with torch.no_grad():
            return list(self._clip_lists([list(found)])[0])

    def get_updates(self, *args, **kwargs):
        """The update of the class as one entry of a subclass's own `get_updates`; not here otherwise.

        Errors:
            NotImplementedError: not called by a subclass's own method within fit; tells what to write.

        Notes:
            `get_updates(self, loss, params)` of Keras 2 or `(self, params, constraints, loss)` of Keras 1 in
            a subclass is called for each step. Variables it makes are made in the first; its assignments are
            made when it is done, each from what was there before the step, as in a graph.
        """
        if not COLLECTING:
            raise NotImplementedError(f"{self._owner()}: get_updates() lists operations of a graph, and "
                                      "torch has no such graph. Write loss.backward() and optimizer.step(), "
                                      "or optimizer.minimize(loss, params).")
        loss, params = kwargs.get("loss"), kwargs.get("params")
        for given in args:
            if isinstance(given, torch.Tensor):
                loss = given
            elif isinstance(given, (list, tuple)):
                params = given
        grads = self.get_gradients(loss, params)
        return [COLLECTING[-1].later(self, self.apply, grads, list(params))]

    def _run_updates(self, loss, params):
        """One update by the user's own `get_updates`."""
        words = inspect.signature(self.get_updates).parameters
        constraints = {param: param.constraint for param in params if getattr(param, "constraint", None)}
        given = {"loss": loss, "params": params, "constraints": constraints}
        by_name = {name: value for name, value in given.items() if name in words}
        known = self.__dict__.setdefault("_added", [])
        self.updates = []
        with torch.no_grad(), CollectedUpdates(f"{type(self).__name__}.get_updates()", known) as collected:
            listed = self.get_updates(**by_name) if len(by_name) > 1 else self.get_updates(loss, params)
            for update in listed or ():
                if isinstance(update, tuple):
                    collected.later(None, update[0].assign, update[1])
        with torch.no_grad():
            collected.run()
        self.updates = []
        if self._batch_schedulers:
            self._batch_ended()

    def stateless_apply(self, optimizer_variables, grads, trainable_variables):
        """What an update would give, with everything as it was afterwards.

        Args:
            optimizer_variables: values of `variables`, in their order.
            grads: list of gradients.
            trainable_variables: values of the variables the optimizer was built on, in their order.

        Returns:
            tuple: (new values of the trainable variables, new values of the optimizer's variables), lists of
                tensors.

        Errors:
            ValueError: not built, or lists of another length.
        """
        own = list(self.variables)
        if not self.built or len(own) != len(optimizer_variables) \
                or len(self._variables) != len(trainable_variables):
            raise ValueError(f"{self._owner()}: stateless_apply() needs a built optimizer, a value for each "
                             f"of its {len(own)} variables and for each of its {len(self._variables)} "
                             f"trainable variables; got {len(optimizer_variables)} and "
                             f"{len(trainable_variables)}. Call build(trainable_variables) first.")
        before = self._values_of(own), self._values_of(self._variables)
        try:
            self._put(optimizer_variables, trainable_variables)
            self.apply(list(grads))
            return self._values_of(self._variables), self._values_of(self.variables)
        finally:
            self._put(*before)

    @staticmethod
    def _values_of(variables):
        return [torch.as_tensor(variable.numpy() if not isinstance(variable, torch.Tensor) else variable)
                .detach().clone().as_subclass(torch.Tensor) for variable in variables]

    def _put(self, own, trained):
        self.load_own_variables({str(place): value.cpu() if isinstance(value, torch.Tensor) else value
                                  for place, value in enumerate(own)})
        with torch.no_grad():
            for variable, value in zip(self._variables, trained):
                variable.copy_(value)

    def scale_loss(self, loss):
        """The loss to call `backward` on: multiplied with `loss_scale_factor` if there is one."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor


def _processes():
    """How many processes train together."""
    distributed = torch.distributed
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def name_of(variable):
    """How errors call a variable: its path, or its shape when it has none.

    >>> name_of(torch.zeros(2))
    "'tensor of shape (2,)'"
    """
    return repr(getattr(variable, "path", None) or f"tensor of shape {tuple(variable.shape)}")
